/* PostgreSQL keeps numerics in groups of four decimal digits, and reckons a quotient's digits from the first
 * group of each operand and from where those stand. */
#include "engine/quotient.h"

#include <assert.h>

typedef unsigned __int128 wide;

enum { GROUP = 4, SIGNIFICANT = 16, STEP = 9, STEP_POWER = 1000000000 };

static wide power_of_10(unsigned n)
{
    static const uint64_t small[] = {1ULL,
                                     10ULL,
                                     100ULL,
                                     1000ULL,
                                     10000ULL,
                                     100000ULL,
                                     1000000ULL,
                                     10000000ULL,
                                     100000000ULL,
                                     1000000000ULL,
                                     10000000000ULL,
                                     100000000000ULL,
                                     1000000000000ULL,
                                     10000000000000ULL,
                                     100000000000000ULL,
                                     1000000000000000ULL,
                                     10000000000000000ULL,
                                     100000000000000000ULL,
                                     1000000000000000000ULL,
                                     10000000000000000000ULL};
    assert(n <= QUOTIENT_DIGITS_MAX);
    return n < 20 ? small[n] : (wide)small[19] * small[n - 19];
}

static wide magnitude(__int128 v)
{
    return v < 0 ? -(wide)v : (wide)v;
}

static int digits_of(wide v)
{
    int n = 1;
    while (n <= QUOTIENT_DIGITS_MAX && v >= power_of_10((unsigned)n))
        n++;
    return n;
}

/* Where the first group of four digits stands, counted from the point, and what it is. */
static int first_group(wide v, int scale, int *group)
{
    *group = 0;
    if (v == 0)
        return 0;
    int digits = digits_of(v), exponent = digits - 1 - scale;
    int weight = exponent >= 0 ? exponent / GROUP : -((GROUP - 1 - exponent) / GROUP);
    int taken = exponent - GROUP * weight + 1; /* decimal digits of the first group, without zeros */
    *group = taken >= digits ? (int)(v * power_of_10((unsigned)(taken - digits)))
                             : (int)(v / power_of_10((unsigned)(digits - taken)));
    return weight;
}

/* How many digits of its fraction an operand shows, where that matters: above `least`. */
static int shown(struct quotient_operand x, int least)
{
    int scale = x.scale;
    wide v = magnitude(x.value);
    for (; x.trims && scale > least && v % 10 == 0; scale--)
        v /= 10;
    return scale;
}

int quotient_shown(struct quotient_operand x)
{
    return shown(x, 0);
}

int quotient_scale(struct quotient_operand a, struct quotient_operand b)
{
    int group_a, group_b;
    int weight_a = first_group(magnitude(a.value), a.scale, &group_a);
    int weight_b = first_group(magnitude(b.value), b.scale, &group_b);
    int weight = weight_a - weight_b - (group_a <= group_b);
    int digits = SIGNIFICANT - weight * GROUP;
    if (digits < 0)
        digits = 0;
    if (a.scale > digits && shown(a, digits) > digits)
        digits = shown(a, digits);
    if (b.scale > digits && shown(b, digits) > digits)
        digits = shown(b, digits);
    return digits;
}

/* The next digit of rest / b behind the point; rest < b < 10^38, ten times which need not fit. */
static wide next_digit(wide *rest, wide b)
{
    wide digit = 0, sum = 0;
    if (*rest <= ~(wide)0 / 10) {
        digit = *rest * 10 / b;
        *rest = *rest * 10 % b;
        return digit;
    }
    for (int i = 0; i < 10; i++) {
        sum += *rest;
        if (sum >= b) {
            sum -= b;
            digit++;
        }
    }
    *rest = sum;
    return digit;
}

/* a * 10^digits / b to the nearest, half away from zero. */
static bool divide(wide a, wide b, unsigned digits, wide *out)
{
    const wide limit = power_of_10(QUOTIENT_DIGITS_MAX);
    wide whole = a / b, rest = a % b;
    assert(digits <= 2 * QUOTIENT_DIGITS_MAX);
    while (digits > 0) {
        if (digits >= STEP && rest <= ~(wide)0 / STEP_POWER && whole < limit / STEP_POWER) {
            whole = whole * STEP_POWER + rest * STEP_POWER / b;
            rest = rest * STEP_POWER % b;
            digits -= STEP;
            continue;
        }
        if (whole >= limit / 10)
            return false;
        whole = whole * 10 + next_digit(&rest, b);
        digits--;
    }
    if (rest >= b - rest)
        whole++;
    *out = whole;
    return whole < limit;
}

/* The same where the last digit that is wanted stands before the point: a / (b * 10^places). */
static wide divide_short(wide a, wide b, unsigned places)
{
    wide whole = a / b, unit = power_of_10(places), rest = whole % unit;
    return whole / unit + (rest >= unit - rest);
}

bool quotient_of(struct quotient_operand a, struct quotient_operand b, struct quotient_digits d,
                 __int128 *out)
{
    assert(b.value != 0 && d.scale < d.width && d.width <= QUOTIENT_DIGITS_MAX);
    int wanted = quotient_scale(a, b);
    if (wanted > d.scale)
        wanted = d.scale;
    int shift = wanted + b.scale - a.scale;
    wide q = 0;
    if (shift < -QUOTIENT_DIGITS_MAX)
        q = 0;
    else if (shift < 0)
        q = divide_short(magnitude(a.value), magnitude(b.value), (unsigned)-shift);
    else if (!divide(magnitude(a.value), magnitude(b.value), (unsigned)shift, &q))
        return false;
    assert(wanted >= 0 && wanted <= d.scale);
    wide zeros = power_of_10((unsigned)(d.scale - wanted));
    if (q >= power_of_10(d.width) / zeros)
        return false;
    q *= zeros;
    *out = (a.value < 0) != (b.value < 0) ? -(__int128)q : (__int128)q;
    return true;
}
