/* Floats as PostgreSQL prints them: the fewest digits that read back as the same value, fixed or with an
 * exponent by the thresholds of its shortest-decimal output; rounded with %g for extra_float_digits below
 * one. Source: PostgreSQL manual, 8.1.3 and 20.11.2 (extra_float_digits). */
#include "encode/encode_priv.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOUBLE_FIXED_BELOW = 15, /* decimal exponents from here on are written as such */
    FLOAT_FIXED_BELOW = 6,
    FIXED_FROM = -4,
    DIGITS_MAX = 17,
};

/* d.ddd × 10^exponent */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int n;
    int exponent;
};

static uint8_t *put_special(uint8_t *p, double v)
{
    const char *word = isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
    size_t n = strlen(word);
    memcpy(p, word, n);
    return p + n;
}

/* From "d.ddde±xx". */
static void parse_scientific(const char *text, struct decimal *d)
{
    d->n = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && d->n < DIGITS_MAX)
            d->digits[d->n++] = *p;
    d->exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    while (d->n > 1 && d->digits[d->n - 1] == '0')
        d->n--;
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

static uint8_t *put_decimal(uint8_t *p, const struct decimal *d, int fixed_below)
{
    if (d->exponent < FIXED_FROM || d->exponent >= fixed_below) {
        *p++ = (uint8_t)d->digits[0];
        if (d->n > 1) {
            *p++ = '.';
            memcpy(p, d->digits + 1, (size_t)d->n - 1);
            p += d->n - 1;
        }
        return put_exponent(p, d->exponent);
    }
    if (d->exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > d->exponent; i--)
            *p++ = '0';
        memcpy(p, d->digits, (size_t)d->n);
        return p + d->n;
    }
    for (int i = 0; i <= d->exponent; i++)
        *p++ = i < d->n ? (uint8_t)d->digits[i] : '0';
    if (d->n > d->exponent + 1) {
        *p++ = '.';
        memcpy(p, d->digits + d->exponent + 1, (size_t)(d->n - d->exponent - 1));
        p += d->n - d->exponent - 1;
    }
    return p;
}

static uint8_t *put_rounded(uint8_t *p, double v, int digits)
{
    return p + snprintf((char *)p, TEXT_FLOAT, "%.*g", digits < 1 ? 1 : digits, v);
}

uint8_t *text_double(uint8_t *p, double v, int extra_float_digits)
{
    if (!isfinite(v))
        return put_special(p, v);
    if (extra_float_digits < 1)
        return put_rounded(p, v, DBL_DIG + extra_float_digits);
    if (signbit(v)) {
        *p++ = '-';
        v = -v;
    }
    if (v < 1e15 && v == (double)(int64_t)v) /* whole numbers that are written out */
        return text_u64(p, (uint64_t)v);
    char text[40];
    struct decimal d = {0};
    for (int digits = DBL_DIG; digits <= DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof text, "%.*e", digits - 1, v);
        if (digits == DIGITS_MAX || strtod(text, NULL) == v)
            break;
    }
    parse_scientific(text, &d);
    return put_decimal(p, &d, DOUBLE_FIXED_BELOW);
}

uint8_t *text_float(uint8_t *p, float v, int extra_float_digits)
{
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
    char text[40];
    struct decimal d = {0};
    enum { FLOAT_DIGITS_MAX = 9 };
    for (int digits = FLT_DIG; digits <= FLOAT_DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof text, "%.*e", digits - 1, (double)v);
        if (digits == FLOAT_DIGITS_MAX || strtof(text, NULL) == v)
            break;
    }
    parse_scientific(text, &d);
    return put_decimal(p, &d, FLOAT_FIXED_BELOW);
}
