/* Text as pointer and length. Letters are those of ASCII: identifiers of SQL are compared without the
 * locale. */
#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool cstr_ieq(const char *a, const char *b)
{
    for (; lower(*a) == lower(*b); a++, b++)
        if (!*a)
            return true;
    return false;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\n'))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\n'))
        s.n--;
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s.p++, s.n--;
    if (s.n == 0)
        return false;
    int64_t v = 0; /* kept negative: that side reaches one further */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
        return false;
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}

/* Length of the well-formed sequence at p, 0 when it is malformed. Source: Unicode 15, table 3-7. */
size_t u64_digits(uint64_t n, char *to)
{
    char backward[U64_DIGITS_MAX];
    size_t digits = 0;
    do
        backward[digits++] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    for (size_t i = 0; i < digits; i++)
        to[i] = backward[digits - 1 - i];
    to[digits] = '\0';
    return digits;
}

static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return c ? 1 : 0;
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || left < len)
        return 0;
    unsigned char lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* Whether all eight bytes are ASCII, none of them 0: the subtraction borrows into the high bit of a byte that
 * was 0. Nearly all text is ASCII, so eight bytes at a time are worth their own look. */
static bool is_ascii_text(uint64_t w)
{
    return !((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080));
}

static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t w = 0;
    memcpy(&w, p, n);
    return w;
}

/* The same of the n bytes at p, by words that may overlap; p has n0 ≥ n bytes, of which n are left. */
static bool ends_in_ascii(const unsigned char *p, size_t n0, size_t n)
{
    const unsigned char *end = p + n0;
    if (n0 >= 8)
        return is_ascii_text(load(end - 8, 8));
    if (n >= 4)
        return is_ascii_text(load(end - n, 4) | load(end - 4, 4) << 32);
    const uint64_t rest = UINT64_C(0x0101010101000000);
    return is_ascii_text(end[-(ptrdiff_t)n] | (uint64_t)end[-(ptrdiff_t)(n / 2 + 1)] << 8 |
                         (uint64_t)end[-1] << 16 | rest);
}

bool utf8_valid(const char *p, size_t n, size_t *at)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t i = 0;
    while (i < n) {
        if (n - i >= sizeof(uint64_t) && is_ascii_text(load(u + i, sizeof(uint64_t)))) {
            i += sizeof(uint64_t);
            continue;
        }
        if (n - i < sizeof(uint64_t) && ends_in_ascii(u, n, n - i))
            return true;
        size_t len = utf8_sequence(u + i, n - i);
        if (len == 0) {
            *at = i;
            return false;
        }
        i += len;
    }
    return true;
}

void utf8_mend(char *p, size_t n)
{
    size_t at;
    while (!utf8_valid(p, n, &at)) {
        p[at++] = '?';
        p += at;
        n -= at;
    }
}
