/* Eight groups of sixteen bits. */
#include "pgtype/ipv6.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, V4_BYTES = 4, GROUP_DIGITS = 4 };

static int hex(char c)
{
    char low = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* 1.2.3.4 up to the end: at most three digits each, none of them a leading zero. What is left out behind the
 * second is zero, as PostgreSQL has it. */
static bool read_v4(const char *p, const char *end, uint8_t *out)
{
    memset(out, 0, V4_BYTES);
    for (size_t i = 0; i < V4_BYTES; i++) {
        unsigned v = 0, digits = 0;
        for (; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
            v = v * 10 + (unsigned)(*p - '0');
            if (v > 255 || (digits > 0 && v < 10))
                return false;
        }
        if (digits == 0)
            return false;
        out[i] = (uint8_t)v;
        if (p == end && i > 0)
            return true;
        if (p == end || (i + 1 < V4_BYTES && *p++ != '.'))
            return false;
    }
    return p == end;
}

bool ipv6_read(struct str text, uint8_t out[static IPV6_BYTES])
{
    const char *p = text.p, *end = text.p + text.n;
    uint8_t bytes[IPV6_BYTES];
    size_t n = 0, gap = SIZE_MAX;
    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        const char *from = p;
        unsigned v = 0;
        if (n > IPV6_BYTES - 2)
            return false;
        for (; p < end && hex(*p) >= 0 && p - from < GROUP_DIGITS; p++)
            v = v * 16 + (unsigned)hex(*p);
        if (p < end && *p == '.') {
            if (n > IPV6_BYTES - V4_BYTES || !read_v4(from, end, bytes + n))
                return false;
            n += V4_BYTES;
            break;
        }
        if (p == from || (p < end && *p++ != ':'))
            return false;
        bytes[n++] = (uint8_t)(v >> 8);
        bytes[n++] = (uint8_t)v;
        if (p < end && *p == ':') {
            if (gap != SIZE_MAX)
                return false;
            gap = n;
            p++;
        } else if (p == end && p[-1] == ':') {
            return false;
        }
    }
    if (gap == SIZE_MAX ? n != IPV6_BYTES : n > IPV6_BYTES - 2)
        return false;
    size_t front = gap == SIZE_MAX ? n : gap;
    memset(out, 0, IPV6_BYTES);
    memcpy(out, bytes, front);
    memcpy(out + IPV6_BYTES - (n - front), bytes + front, n - front);
    return true;
}

static unsigned group(const uint8_t *in, size_t i)
{
    return (unsigned)in[2 * i] << 8 | in[2 * i + 1];
}

/* The longest run of zero groups, at least two; *n 0: there is none. */
static size_t longest_run(const uint8_t *in, size_t *n)
{
    size_t best = 0;
    *n = 0;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t run = 0;
        while (i + run < GROUPS && group(in, i + run) == 0)
            run++;
        if (run > 1 && run > *n) {
            *n = run;
            best = i;
        }
        i += run;
    }
    return best;
}

size_t ipv6_write(const uint8_t in[static IPV6_BYTES], char out[static IPV6_TEXT_MAX])
{
    size_t zeros, at = longest_run(in, &zeros), n = 0;
    bool v4 = zeros && at == 0 && (zeros == 6 || (zeros == 5 && group(in, 5) == 0xFFFF));
    for (size_t i = 0; i < GROUPS; i++) {
        assert(n < IPV6_TEXT_MAX - 6); /* a group has its room */
        if (zeros && i == at) {
            n += (size_t)snprintf(out + n, IPV6_TEXT_MAX - n, "::");
            i += zeros - 1;
            continue;
        }
        if (i > 0 && out[n - 1] != ':')
            out[n++] = ':';
        if (v4 && i == 6) {
            const uint8_t *b = in + IPV6_BYTES - V4_BYTES;
            return n + (size_t)snprintf(out + n, IPV6_TEXT_MAX - n, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        }
        n += (size_t)snprintf(out + n, IPV6_TEXT_MAX - n, "%x", group(in, i));
    }
    return n;
}
