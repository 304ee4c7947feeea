/* Base64 with padding, strict: no blanks, no bits left over, so that a value has one spelling. Source:
 * RFC 4648, section 4. Not in constant time: what is secret here is salted and hashed. */
#include "auth/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(char *out, const uint8_t *in, size_t n)
{
    char *to = out;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group = (uint32_t)in[i] << 16;
        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *to++ = left > 2 ? alphabet[group & 63] : '=';
    }
    *to = '\0';
    return (size_t)(to - out);
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct str in, uint8_t *out, size_t room, size_t *n)
{
    *n = 0;
    if (in.n % 4 != 0)
        return false;
    for (size_t i = 0; i < in.n; i += 4) {
        const char *p = in.p + i;
        size_t pad = 0;
        if (i + 4 == in.n && p[3] == '=')
            pad = p[2] == '=' ? 2 : 1;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            int d = k < 4 - pad ? digit(p[k]) : 0;
            if (d < 0)
                return false;
            group = group << 6 | (uint32_t)d;
        }
        size_t bytes = 3 - pad;
        bool bits_left_over = (group & ((1U << 8 * pad) - 1)) != 0;
        if (bits_left_over || bytes > room - *n)
            return false;
        for (size_t k = 0; k < bytes; k++)
            out[(*n)++] = (uint8_t)(group >> (16 - 8 * k));
    }
    return true;
}
