/* Integers, decimals and numerics. */
#include "encode/number.h"

#include "base/cleanup.h"
#include "encode/encode_priv.h"

#include <assert.h>
#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t v)
{
    unsigned n = 1;
    for (;;) {
        if (v < 10)
            return n;
        if (v < 100)
            return n + 1;
        if (v < 1000)
            return n + 2;
        if (v < 10000)
            return n + 3;
        v /= 10000;
        n += 4;
    }
}

/* Exactly n digits, zeros in front. */
static uint8_t *fixed_digits(uint8_t *p, uint64_t v, unsigned n)
{
    uint8_t *end = p + n;
    uint8_t *at = end;
    while (n >= 2) {
        uint64_t q = v / 100;
        memcpy(at -= 2, pairs + 2 * (v - q * 100), 2);
        v = q;
        n -= 2;
    }
    if (n)
        *--at = (uint8_t)('0' + v % 10);
    return end;
}

uint8_t *text_u64(uint8_t *p, uint64_t v)
{
    return fixed_digits(p, v, count_digits(v));
}

uint8_t *text_i64(uint8_t *p, int64_t v)
{
    uint64_t u = (uint64_t)v;
    if (v < 0) {
        *p++ = '-';
        u = 0 - u;
    }
    return text_u64(p, u);
}

enum { CHUNK_DIGITS = 19 };
#define CHUNK UINT64_C(10000000000000000000) /* 10^19 */

uint8_t *text_u128(uint8_t *p, unsigned __int128 v)
{
    if (v <= UINT64_MAX)
        return text_u64(p, (uint64_t)v);
    unsigned __int128 high = v / CHUNK;
    uint64_t low = (uint64_t)(v - high * CHUNK);
    p = text_u128(p, high);
    return fixed_digits(p, low, CHUNK_DIGITS);
}

static const uint64_t powers[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* Digits of v as text, at least `least` of them. */
static uint8_t *wide_digits(uint8_t *p, unsigned __int128 v, unsigned least)
{
    uint8_t digits[NUMERIC_DIGITS_MAX + 1];
    unsigned n = (unsigned)(text_u128(digits, v) - digits);
    for (; n < least; least--)
        *p++ = '0';
    memcpy(p, digits, n);
    return p + n;
}

static uint8_t *text_decimal_wide(uint8_t *p, unsigned __int128 v, uint8_t scale)
{
    uint8_t digits[2 * NUMERIC_DIGITS_MAX];
    unsigned n = (unsigned)(wide_digits(digits, v, scale + 1u) - digits);
    memcpy(p, digits, n - scale);
    p += n - scale;
    *p++ = '.';
    memcpy(p, digits + (n - scale), scale);
    return p + scale;
}

uint8_t *text_decimal(uint8_t *p, __int128 v, uint8_t scale)
{
    unsigned __int128 u = (unsigned __int128)v;
    if (v < 0) {
        *p++ = '-';
        u = 0 - u;
    }
    if (scale == 0)
        return text_u128(p, u);
    if (u > UINT64_MAX || scale > CHUNK_DIGITS)
        return text_decimal_wide(p, u, scale);
    uint64_t whole = (uint64_t)u / powers[scale];
    uint64_t fraction = (uint64_t)u - whole * powers[scale];
    p = text_u64(p, whole);
    *p++ = '.';
    return fixed_digits(p, fraction, scale);
}

__int128 decimal_at(const struct engine_column_type *t, const void *data, size_t row)
{
    if (t->width <= 4)
        return ((const int16_t *)data)[row];
    if (t->width <= 9)
        return ((const int32_t *)data)[row];
    if (t->width <= 18)
        return ((const int64_t *)data)[row];
    const struct engine_int128 *v = (const struct engine_int128 *)data + row;
    return (__int128)((unsigned __int128)(uint64_t)v->upper << 64 | v->lower);
}

enum { NUMERIC_POSITIVE = 0x0000, NUMERIC_NEGATIVE = 0x4000 };

/* Base-10000 digits from decimal ones; `whole` of n come before the point. Leading and trailing zero digits
 * go, as PostgreSQL strips them. Returns how many; *weight is the first one's. */
static size_t group_digits(uint16_t *out, const uint8_t *digits, size_t n, size_t whole, int *weight)
{
    size_t lead = (4 - whole % 4) % 4; /* zeros in front, so that groups meet the point */
    size_t groups = (lead + n + 3) / 4, count = 0;
    *weight = (int)((lead + whole) / 4) - 1;
    for (size_t g = 0; g < groups; g++) {
        unsigned value = 0;
        for (size_t i = 4 * g; i < 4 * g + 4; i++)
            value = value * 10 + (i >= lead && i - lead < n ? (unsigned)(digits[i - lead] - '0') : 0U);
        if (count == 0 && value == 0)
            --*weight;
        else
            out[count++] = (uint16_t)value;
    }
    while (count > 0 && out[count - 1] == 0)
        count--;
    if (count == 0)
        *weight = 0;
    return count;
}

static uint8_t *put_numeric(uint8_t *p, const uint16_t *groups, size_t n, int weight, bool negative,
                            unsigned dscale)
{
    p = put_be16(p, (uint16_t)n);
    p = put_be16(p, (uint16_t)weight);
    p = put_be16(p, n && negative ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    p = put_be16(p, (uint16_t)dscale);
    for (size_t i = 0; i < n; i++)
        p = put_be16(p, groups[i]);
    return p;
}

uint8_t *binary_numeric_u128(uint8_t *p, unsigned __int128 magnitude, bool negative, uint8_t scale)
{
    uint8_t digits[2 * NUMERIC_DIGITS_MAX];
    uint16_t groups[NUMERIC_DIGITS_MAX / 2];
    int weight;
    size_t n = (size_t)(wide_digits(digits, magnitude, scale + 1u) - digits);
    size_t count = group_digits(groups, digits, n, n - scale, &weight);
    return put_numeric(p, groups, count, weight, negative, scale);
}

/* In groups of four digits from the point on both ways: the value in the unit of its last group. */
uint8_t *binary_numeric_i64(uint8_t *p, int64_t v, uint8_t scale)
{
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    const uint64_t shift = powers[(4 - scale % 4) % 4];
    if (u > UINT64_MAX / 1000)
        return binary_numeric_u128(p, u, v < 0, scale);
    uint16_t groups[5]; /* of 2^64, the last one first */
    unsigned n = 0, zeros = 0;
    for (u *= shift; u; u /= 10000)
        groups[n++] = (uint16_t)(u % 10000);
    while (zeros < n && groups[zeros] == 0)
        zeros++;
    int weight = n ? (int)n - 1 - (scale + 3) / 4 : 0;
    p = put_be16(p, (uint16_t)(n - zeros));
    p = put_be16(p, (uint16_t)weight);
    p = put_be16(p, v < 0 ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    p = put_be16(p, scale);
    while (n > zeros)
        p = put_be16(p, groups[--n]);
    return p;
}

uint8_t *binary_numeric(uint8_t *p, __int128 v, uint8_t scale)
{
    unsigned __int128 u = (unsigned __int128)v;
    return binary_numeric_u128(p, v < 0 ? 0 - u : u, v < 0, scale);
}

/* floor(a / b) for any sign of a */
static int floor_div(int a, int b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/* Sixteen significant digits in groups of four from the point on. Operands that begin with equal groups
 * make four more: always where the quotient is a power of 10,000, and it can only be so between that and
 * its double. */
static int quotient_digits(unsigned __int128 u, int exponent, int zeros, int scale)
{
    int weight = floor_div(exponent, 4), digits = 16 - 4 * weight;
    bool power = exponent == 4 * weight && zeros == scale + exponent;
    for (int i = 0; power && i < zeros; i++)
        u /= 10;
    power = power && u == 1;
    return u == 0 ? 20 : power || scale - zeros > digits ? digits + 4 : digits;
}

/* By the place of the first digit that is not zero, 10^exponent. */
static int computed_digits(unsigned __int128 u, int exponent, int zeros, int scale)
{
    switch (scale) {
    case ENGINE_VARIANCE_SCALE: return u == 0 ? 0 : quotient_digits(u, exponent, zeros, scale);
    case ENGINE_DEVIATION_SCALE: return u == 0 ? 0 : 16 - 4 * floor_div(exponent, 2);
    case ENGINE_POWER_SCALE:
        if (scale - zeros <= 8) /* so short a fraction is that of a power by a whole number */
            return 16;
        return 16 - (u == 0 ? 0 : exponent < 0 ? exponent + 1 : exponent);
    case ENGINE_ROOT_SCALE: return 15 - (u == 0 ? 0 : 2 * floor_div(exponent, 2));
    case ENGINE_LOGARITHM_SCALE: return 16 - (u == 0 || exponent == -1 ? 0 : exponent);
    default: return quotient_digits(u, exponent, zeros, scale);
    }
}

uint8_t numeric_computed(__int128 *v, uint8_t scale)
{
    unsigned __int128 u = *v < 0 ? 0 - (unsigned __int128)*v : (unsigned __int128)*v;
    int digits = 0, zeros = 0;
    for (unsigned __int128 rest = u; rest; rest /= 10)
        digits++;
    for (unsigned __int128 rest = u; rest && rest % 10 == 0; rest /= 10)
        zeros++;
    assert(zeros <= digits);
    int least = u ? scale - zeros : 0;
    int shown = computed_digits(u, digits - 1 - scale, zeros, scale);
    shown = shown < least ? least : shown;
    shown = shown < 0 ? 0 : shown > scale ? scale : shown;
    for (int i = shown; i < scale; i++)
        *v /= 10;
    return (uint8_t)shown;
}

enum { ZEROS = 8 }; /* that are taken off at a time */

uint8_t *binary_numeric_trimmed(uint8_t *p, __int128 v, uint8_t scale)
{
    for (__int128 q;
         scale >= ZEROS && v != (int64_t)v && (q = v / (int64_t)powers[ZEROS]) * (int64_t)powers[ZEROS] == v;
         v = q)
        scale -= ZEROS;
    for (__int128 q; scale > 0 && v != (int64_t)v && (q = v / 10) * 10 == v; v = q)
        scale--;
    if (v != (int64_t)v)
        return binary_numeric(p, v, scale);
    int64_t narrow = (int64_t)v;
    for (unsigned zeros = ZEROS; zeros > 0; zeros /= 2)
        while (scale >= zeros && narrow % (int64_t)powers[zeros] == 0) {
            if (narrow == 0)
                return binary_numeric_i64(p, 0, 0);
            narrow /= (int64_t)powers[zeros];
            scale -= (uint8_t)zeros;
        }
    return binary_numeric_i64(p, narrow, scale);
}

enum {
    BIGNUM_HEADER = 3,
    BIGNUM_DIGITS_MAX = 131072, /* as many as PostgreSQL's numeric has before its point */
    BIGNUM_BYTES_MAX = 54428,   /* of those digits */
    LIMB_DIGITS = 9,
};

int binary_numeric_text(struct buf *out, const char *digits, size_t n, struct err *e)
{
    bool negative = n && digits[0] == '-';
    if (negative)
        digits++, n--;
    size_t count = n / 4 + 2;
    if (n > BIGNUM_DIGITS_MAX) /* whose groups the 16 bits of a weight count */
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    /* Groups are put straight into the buffer, behind a header that is known afterwards. */
    uint8_t *p = buf_reserve(out, 8 + 4 * count);
    if (!p)
        return err_oom(e);
    uint16_t *groups = (uint16_t *)(void *)(p + 8 + 2 * count);
    uint16_t *aligned = (uint16_t *)(void *)((uintptr_t)groups & ~(uintptr_t)1);
    int weight;
    size_t used = group_digits(aligned, (const uint8_t *)digits, n, n, &weight);
    buf_commit(out, (size_t)(put_numeric(p, aligned, used, weight, negative, 0) - p));
    return ST_OK;
}

int binary_digits(struct buf *out, const struct engine_string *s, struct err *e)
{
    enum { DIGITS_MAX = 38 };
    const char *p = engine_string_data(s);
    bool negative = s->len > 0 && p[0] == '-';
    __int128 v = 0;
    unsigned digits = 0, scale = 0;
    bool point = false;
    for (size_t i = negative; i < s->len && digits <= DIGITS_MAX; i++) {
        if (p[i] == '.') {
            point = true;
            continue;
        }
        v = v * 10 + (p[i] - '0');
        scale += point;
        digits += v != 0;
    }
    if (digits > DIGITS_MAX || scale > DIGITS_MAX)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "a numeric has more digits than are sent");
    uint8_t *at = buf_reserve(out, BINARY_NUMERIC + CELL_SLACK);
    if (!at)
        return err_oom(e);
    buf_commit(out, (size_t)(binary_numeric(at, negative ? -v : v, (uint8_t)scale) - at));
    return ST_OK;
}

#define LIMB UINT32_C(1000000000)

/* Digits from big-endian bytes, four at a time: limbs of 10^9, the least first. Returns how many there are.
 */
static size_t limbs_from_bytes(uint32_t *limbs, const uint8_t *bytes, size_t n, uint8_t flip)
{
    size_t count = 1;
    limbs[0] = 0;
    for (size_t at = 0, take = n % 4 ? n % 4 : 4; at < n; at += take, take = 4) {
        uint64_t carry = 0;
        for (size_t i = 0; i < take; i++)
            carry = carry << 8 | (uint8_t)(bytes[at + i] ^ flip);
        for (size_t i = 0; i < count; i++) {
            carry += (uint64_t)limbs[i] << (8 * take);
            limbs[i] = (uint32_t)(carry % LIMB);
            carry /= LIMB;
        }
        for (; carry; carry /= LIMB)
            limbs[count++] = (uint32_t)(carry % LIMB);
    }
    return count;
}

static int put_limbs(struct buf *out, const uint32_t *limbs, size_t count, bool negative, struct err *e)
{
    uint8_t *p = buf_reserve(out, 1 + LIMB_DIGITS * count), *start = p;
    if (!p)
        return err_oom(e);
    unsigned first = count_digits(limbs[count - 1]);
    if (first + LIMB_DIGITS * (count - 1) > BIGNUM_DIGITS_MAX)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    if (negative)
        *p++ = '-';
    p = fixed_digits(p, limbs[count - 1], first);
    for (size_t i = count - 1; i-- > 0;)
        p = fixed_digits(p, limbs[i], LIMB_DIGITS);
    buf_commit(out, (size_t)(p - start));
    return ST_OK;
}

/* DuckDB's bignum: three header bytes (top bit: not negative; then the length; all inverted for negative
 * numbers), then the magnitude, big-endian (inverted for negative numbers). */
int bignum_text(struct buf *out, const struct engine_string *s, struct err *e)
{
    const uint8_t *bytes = (const uint8_t *)engine_string_data(s);
    if (s->len <= BIGNUM_HEADER || s->len - BIGNUM_HEADER > BIGNUM_BYTES_MAX)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    bool negative = !(bytes[0] & 0x80);
    size_t n = s->len - BIGNUM_HEADER;
    CLEANUP(mem_freep) uint32_t *limbs = mem_calloc(n / 3 + 2, sizeof *limbs); /* 3.7 bytes make a limb */
    if (!limbs)
        return err_oom(e);
    size_t count = limbs_from_bytes(limbs, bytes + BIGNUM_HEADER, n, negative ? 0xff : 0);
    return put_limbs(out, limbs, count, negative, e);
}
