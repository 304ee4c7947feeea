/* The digits that the scale keeps are read into 128 bits one by one, and the first one behind them rounds:
 * that costs a multiplication a digit, and no division. */
#include "engine/decimal_text.h"

#include "engine/number_view.h"
#include "pgtype/number_parts.h"

#include <assert.h>

enum { BITS_OF_SCALE = 8 };

void *decimal_type_pack(struct decimal_type t)
{
    assert(t.width >= 1 && t.width <= DECIMAL_WIDTH_MAX && t.scale <= t.width);
    return (void *)(uintptr_t)((unsigned)t.width << BITS_OF_SCALE | t.scale);
}

struct decimal_type decimal_type_unpack(const void *packed)
{
    const uintptr_t n = (uintptr_t)packed;
    return (struct decimal_type){(uint8_t)(n >> BITS_OF_SCALE), (uint8_t)n};
}

/* 10^width is the first number that does not fit. */
static bool fits(unsigned __int128 n, uint8_t width)
{
    unsigned __int128 limit = 1;
    for (uint8_t i = 0; i < width; i++)
        limit *= 10;
    return n < limit;
}

/* What PostgreSQL passes over around a number. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str without_blanks(struct str s)
{
    while (s.n && is_blank(*s.p))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

enum decimal_read decimal_read(struct str text, struct decimal_type t, __int128 *out)
{
    struct number_parts x;
    assert(t.width >= 1 && t.width <= DECIMAL_WIDTH_MAX && t.scale <= t.width);
    if (!number_parts_of(without_blanks(text), &x))
        return DECIMAL_NO_NUMBER;
    unsigned __int128 n = 0;
    int64_t left = (int64_t)x.whole.n + x.exponent + t.scale; /* digits that are kept */
    unsigned kept = 0; /* … without zeros before the first other one */
    bool up = false;
    for (size_t i = 0; i < x.whole.n + x.fraction.n && left >= 0; i++) {
        char c = i < x.whole.n ? x.whole.p[i] : x.fraction.p[i - x.whole.n];
        if (left-- == 0) {
            up = c >= '5';
            break;
        }
        kept += kept > 0 || c > '0';
        if (kept > t.width)
            return DECIMAL_TOO_LARGE;
        n = n * 10 + (unsigned)(c - '0');
    }
    for (; left > 0 && n > 0; left--, n *= 10)
        if (++kept > t.width)
            return DECIMAL_TOO_LARGE;
    n += up;
    if (up && kept >= t.width && !fits(n, t.width))
        return DECIMAL_TOO_LARGE;
    *out = x.negative ? -(__int128)n : (__int128)n;
    return DECIMAL_READ;
}

void decimal_store(void *values, size_t row, struct decimal_type t, __int128 v)
{
    if (t.width <= 4)
        ((int16_t *)values)[row] = (int16_t)v;
    else if (t.width <= 9)
        ((int32_t *)values)[row] = (int32_t)v;
    else if (t.width <= 18)
        ((int64_t *)values)[row] = (int64_t)v;
    else
        ((number_wide *)values)[row] = v;
}
