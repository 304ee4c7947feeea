/* The bytes of a value end by themselves, so that what follows needs no length. */
#include "pgtype/range_key.h"

#include "base/bytes.h"
#include "pgtype/oid.h"

#include <assert.h>
#include <string.h>

enum numeric_class { MINUS_INFINITY, NEGATIVE, ZERO, POSITIVE, INFINITY_, NAN_, CLASSES };

enum { SHORT = 4, LONG = 8, EXPONENT = 4, EXPONENT_BIAS = 1 << 30, EXPONENT_LIMIT = 1 << 20, BASE = 10 };

size_t range_key_size(uint32_t subtype)
{
    switch (subtype) {
    case PGTYPE_INT4:
    case PGTYPE_DATE: return SHORT;
    case PGTYPE_NUMERIC: return 0;
    default: return LONG;
    }
}

void range_key_put_int(struct buf *b, uint32_t subtype, int64_t v)
{
    assert(range_key_size(subtype) > 0);
    if (range_key_size(subtype) == SHORT)
        buf_put_be32(b, (uint32_t)v ^ UINT32_C(1) << 31);
    else
        buf_put_be64(b, (uint64_t)v ^ UINT64_C(1) << 63);
}

int64_t range_key_int(struct str key)
{
    const uint8_t *p = (const uint8_t *)key.p;
    assert(key.n == SHORT || key.n == LONG);
    return key.n == SHORT ? (int32_t)(get_be32(p) ^ UINT32_C(1) << 31)
                          : (int64_t)(get_be64(p) ^ UINT64_C(1) << 63);
}

/* ---- numeric ---- */

/* The digits from the first to the last that is not zero, and the power of ten of the first one plus one. */
static void put_digits(struct buf *b, struct str s, bool negative)
{
    const uint8_t flip = negative ? 0xff : 0;
    const char *point = memchr(s.p, '.', s.n);
    size_t whole = point ? (size_t)(point - s.p) : s.n, first = 0, end = s.n;
    while (first < s.n && (s.p[first] == '0' || s.p[first] == '.'))
        first++;
    while (end > first && (s.p[end - 1] == '.' || (point && s.p[end - 1] == '0') || s.p[end - 1] == '0'))
        end--;
    int64_t power = first < whole ? (int64_t)(whole - first) : -(int64_t)(first - whole - 1);
    buf_put_be32(b, (uint32_t)(power + EXPONENT_BIAS) ^ (negative ? UINT32_MAX : 0));
    for (size_t i = first; i < end; i++)
        if (s.p[i] != '.')
            buf_put_u8(b, (uint8_t)(s.p[i] - '0' + 1) ^ flip);
    buf_put_u8(b, flip);
}

static bool is_zero(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '0' && s.p[i] != '.')
            return false;
    return true;
}

void range_key_put_numeric(struct buf *b, struct str digits)
{
    bool negative = digits.n > 0 && digits.p[0] == '-';
    struct str s = {digits.p + negative, digits.n - negative};
    if (str_eq(s, STR("NaN"))) {
        buf_put_u8(b, NAN_);
    } else if (str_eq(s, STR("Infinity"))) {
        buf_put_u8(b, negative ? MINUS_INFINITY : INFINITY_);
    } else if (is_zero(s)) {
        buf_put_u8(b, ZERO);
    } else {
        buf_put_u8(b, negative ? NEGATIVE : POSITIVE);
        put_digits(b, s, negative);
    }
}

static size_t numeric_length(struct str bytes)
{
    if (bytes.n == 0 || (uint8_t)bytes.p[0] >= CLASSES)
        return 0;
    bool negative = bytes.p[0] == NEGATIVE;
    const uint8_t flip = negative ? 0xff : 0;
    if (!negative && bytes.p[0] != POSITIVE)
        return 1;
    if (bytes.n < 1 + EXPONENT + 2) /* a digit and the end */
        return 0;
    uint32_t biased = get_be32((const uint8_t *)bytes.p + 1) ^ (negative ? UINT32_MAX : 0);
    int64_t power = (int64_t)biased - EXPONENT_BIAS;
    if (power < -EXPONENT_LIMIT || power > EXPONENT_LIMIT)
        return 0;
    for (size_t i = 1 + EXPONENT; i < bytes.n; i++) {
        uint8_t digit = (uint8_t)bytes.p[i] ^ flip;
        if (digit == 0)
            return i > 1 + EXPONENT ? i + 1 : 0;
        if (digit > BASE)
            return 0;
    }
    return 0;
}

struct range_numeric range_key_numeric(struct str key)
{
    static const char *const words[CLASSES] = {
        [MINUS_INFINITY] = "-Infinity", [ZERO] = "0", [INFINITY_] = "Infinity", [NAN_] = "NaN"};
    assert(numeric_length(key) == key.n);
    struct range_numeric out = {.word = words[(uint8_t)key.p[0]], .negative = key.p[0] == NEGATIVE};
    if (out.word)
        return out;
    out.flip = out.negative ? 0xff : 0;
    out.digits = (const uint8_t *)key.p + 1 + EXPONENT;
    out.ndigits = key.n - 1 - EXPONENT - 1;
    uint32_t biased = get_be32((const uint8_t *)key.p + 1) ^ (out.negative ? UINT32_MAX : 0);
    out.power = (int32_t)((int64_t)biased - EXPONENT_BIAS);
    return out;
}

void range_key_numeric_text(struct buf *b, struct str key)
{
    const struct range_numeric v = range_key_numeric(key);
    if (v.word) {
        buf_put(b, v.word, strlen(v.word));
        return;
    }
    if (v.negative)
        buf_put_u8(b, '-');
    if (v.power <= 0)
        buf_put(b, "0.", 2);
    for (int32_t i = v.power; i < 0; i++)
        buf_put_u8(b, '0');
    for (size_t i = 0; i < v.ndigits; i++) {
        if (v.power > 0 && i == (size_t)v.power)
            buf_put_u8(b, '.');
        buf_put_u8(b, (uint8_t)('0' + (v.digits[i] ^ v.flip) - 1));
    }
    for (size_t i = v.ndigits; v.power > 0 && i < (size_t)v.power; i++)
        buf_put_u8(b, '0');
}

size_t range_key_length(uint32_t subtype, struct str bytes)
{
    size_t size = range_key_size(subtype);
    if (size == 0)
        return numeric_length(bytes);
    return bytes.n >= size ? size : 0;
}
