/* Floats as PostgreSQL prints them: the fewest digits that lie strictly between the value's two neighbours'
 * midpoints and, of those, the closest; fixed or with an exponent by the thresholds of its shortest-decimal
 * output; rounded with %g for extra_float_digits below one. Source: R. Giulietti, "The Schubfach way to
 * render doubles" (2020), with the ends of the interval left out, as PostgreSQL leaves them; PostgreSQL
 * manual, 8.1.3 and 20.11.2 (extra_float_digits). */
#include "encode/float.h"

#include "encode/encode_priv.h"
#include "encode/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOUBLE_FIXED_BELOW = 15, /* decimal exponents from here on are written as such */
    FLOAT_FIXED_BELOW = 6,
    FIXED_FROM = -4,
    POW10_FIRST = -324,
};

/* g(k) of the paper: 10^-k, scaled to 126 bits and rounded up, as two words of 63 bits. */
static const uint64_t pow10_table[][2] = {
#include "encode/pow10.inc"
};

/* digits × 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* floor(e × log10 2), floor(log10(3/4 × 2^e)), floor(e × log2 10); exact for the exponents of doubles. */
static int floor_log10_pow2(int e)
{
    return (int)(e * INT64_C(661971961083) >> 41);
}

static int floor_log10_three_quarters_pow2(int e)
{
    return (int)((e * INT64_C(661971961083) - INT64_C(274743187321)) >> 41);
}

static int floor_log2_pow10(int e)
{
    return (int)(e * INT64_C(913124641741) >> 38);
}

/* g × c / 2^127, rounded to odd: what is cut off survives as the lowest bit. */
static uint64_t round_to_odd(const uint64_t g[2], uint64_t c)
{
    unsigned __int128 high = (unsigned __int128)g[0] * c, low = (unsigned __int128)g[1] * c;
    uint64_t middle = ((uint64_t)high >> 1) + (uint64_t)(low >> 64);
    uint64_t top = (uint64_t)(high >> 64) + (middle >> 63);
    return top | ((middle & INT64_MAX) != 0);
}

/* c × 2^q, c > 0; regular: the neighbour below is as far as the one above. */
static struct decimal shortest(uint64_t c, int q, bool regular)
{
    int k = regular ? floor_log10_pow2(q) : floor_log10_three_quarters_pow2(q);
    int h = q + floor_log2_pow10(-k) + 2;
    const uint64_t *g = pow10_table[k - POW10_FIRST];
    uint64_t value = round_to_odd(g, (4 * c) << h); /* all three in quarters of 10^k */
    uint64_t below = round_to_odd(g, (4 * c - (regular ? 2 : 1)) << h);
    uint64_t above = round_to_odd(g, (4 * c + 2) << h);
    uint64_t s = value / 4;
    if (s >= 10) { /* one digit less, where just one such lies inside */
        uint64_t down = s / 10 * 10, up = down + 10;
        bool down_inside = below < 4 * down, up_inside = 4 * up < above;
        if (down_inside != up_inside)
            return (struct decimal){down_inside ? down : up, k};
    }
    bool down_inside = below < 4 * s, up_inside = 4 * (s + 1) < above;
    if (down_inside != up_inside)
        return (struct decimal){down_inside ? s : s + 1, k};
    uint64_t middle = 4 * s + 2;
    bool up = value > middle || (value == middle && s % 2 == 1);
    return (struct decimal){s + up, k};
}

static uint8_t *put_special(uint8_t *p, double v)
{
    const char *word = isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
    size_t n = strlen(word);
    memcpy(p, word, n);
    return p + n;
}

static uint8_t *put_exponent(uint8_t *p, int exponent)
{
    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    unsigned v = (unsigned)abs(exponent);
    if (v < 10)
        *p++ = '0';
    return text_u64(p, v);
}

static uint8_t *put_fixed(uint8_t *p, const uint8_t *digits, int n, int exponent)
{
    if (exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > exponent; i--)
            *p++ = '0';
        memcpy(p, digits, (size_t)n);
        return p + n;
    }
    for (int i = 0; i <= exponent; i++)
        *p++ = i < n ? digits[i] : '0';
    if (n <= exponent + 1)
        return p;
    *p++ = '.';
    memcpy(p, digits + exponent + 1, (size_t)(n - exponent - 1));
    return p + (n - exponent - 1);
}

static uint8_t *put_decimal(uint8_t *p, struct decimal d, int fixed_below)
{
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    uint8_t digits[TEXT_INT64];
    int n = (int)(text_u64(digits, d.digits) - digits);
    int exponent = d.exponent + n - 1; /* of the first digit */
    if (exponent >= FIXED_FROM && exponent < fixed_below)
        return put_fixed(p, digits, n, exponent);
    *p++ = digits[0];
    if (n > 1) {
        *p++ = '.';
        memcpy(p, digits + 1, (size_t)n - 1);
        p += n - 1;
    }
    return put_exponent(p, exponent);
}

/* For extra_float_digits below one: digits that may not read back as the same number, as asked for. */
static uint8_t *put_rounded(uint8_t *p, double v, int digits)
{
    return p + snprintf((char *)p, TEXT_FLOAT, "%.*g", digits < 1 ? 1 : digits, v);
}

uint8_t *text_double(uint8_t *p, double v, int extra_float_digits)
{
    enum { FRACTION_BITS = DBL_MANT_DIG - 1, BIAS = 1075 };
    uint64_t bits;
    if (!isfinite(v))
        return put_special(p, v);
    if (extra_float_digits < 1)
        return put_rounded(p, v, DBL_DIG + extra_float_digits);
    if (signbit(v)) {
        *p++ = '-';
        v = -v;
    }
    if (v < 1e15 && v == (double)(int64_t)v) /* whole numbers that are written out, zero among them */
        return text_u64(p, (uint64_t)v);
    memcpy(&bits, &v, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS);
    uint64_t c = exponent ? fraction | UINT64_C(1) << FRACTION_BITS : fraction;
    bool regular = fraction != 0 || exponent <= 1;
    return put_decimal(p, shortest(c, (exponent ? exponent : 1) - BIAS, regular), DOUBLE_FIXED_BELOW);
}

uint8_t *text_float(uint8_t *p, float v, int extra_float_digits)
{
    enum { FRACTION_BITS = FLT_MANT_DIG - 1, BIAS = 150 };
    uint32_t bits;
    if (!isfinite(v))
        return put_special(p, (double)v);
    if (extra_float_digits < 1)
        return put_rounded(p, (double)v, FLT_DIG + extra_float_digits);
    if (signbit(v)) {
        *p++ = '-';
        v = -v;
    }
    if (v < 1e6F && v == (float)(int32_t)v)
        return text_u64(p, (uint64_t)v);
    memcpy(&bits, &v, sizeof bits);
    uint32_t fraction = bits & ((UINT32_C(1) << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS);
    uint64_t c = exponent ? fraction | UINT32_C(1) << FRACTION_BITS : fraction;
    bool regular = fraction != 0 || exponent <= 1;
    return put_decimal(p, shortest(c, (exponent ? exponent : 1) - BIAS, regular), FLOAT_FIXED_BELOW);
}
