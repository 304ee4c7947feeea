/* Bounds are rendered as values of their type are, and then put in quotes where they need them. */
#include "encode/range.h"

#include "encode/encode_priv.h"
#include "encode/time.h"
#include "pgtype/range.h"
#include "pgtype/range_key.h"

#include <assert.h>
#include <inttypes.h>

enum range_flags {
    FLAG_EMPTY = 0x01,
    FLAG_LOWER_INCLUSIVE = 0x02,
    FLAG_UPPER_INCLUSIVE = 0x04,
    FLAG_LOWER_INFINITE = 0x08,
    FLAG_UPPER_INFINITE = 0x10,
};

static int no_range(struct err *e)
{
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "a range is damaged");
}

/* ---- text ---- */

static int value_text(struct buf *out, uint32_t subtype, struct str key, const struct tz *zone, struct err *e)
{
    if (subtype == PGTYPE_NUMERIC) {
        range_key_numeric_text(out, key);
        return ST_OK;
    }
    int64_t v = range_key_int(key);
    if (subtype == PGTYPE_INT4 || subtype == PGTYPE_INT8) {
        buf_printf(out, "%" PRId64, v);
        return ST_OK;
    }
    uint8_t *p = buf_reserve(out, TEXT_TIMESTAMP + CELL_SLACK);
    if (!p)
        return err_oom(e);
    uint8_t *end = subtype == PGTYPE_DATE        ? text_date(p, (int32_t)v, e)
                   : subtype == PGTYPE_TIMESTAMP ? text_timestamp(p, v, e)
                                                 : text_timestamptz(p, v, zone, e);
    if (!end)
        return ST_ERR;
    buf_commit(out, (size_t)(end - p));
    return ST_OK;
}

/* Only dates and moments have anything that needs quotes, a blank, and nothing in them is escaped. */
static int bound_text(struct buf *out, const struct range_type *t, const struct range_bound *b,
                      const struct tz *zone, struct err *e)
{
    size_t mark = out->len;
    if (b->infinite)
        return ST_OK;
    TRY(value_text(out, t->subtype, b->value, zone, e));
    if (!buf_ok(out) || !memchr(out->data + mark, ' ', out->len - mark))
        return ST_OK;
    buf_put(out, "\"\"", 2);
    if (!buf_ok(out))
        return err_oom(e);
    memmove(out->data + mark + 1, out->data + mark, out->len - mark - 2);
    out->data[mark] = '"';
    out->data[out->len - 1] = '"';
    return ST_OK;
}

static int one_text(struct buf *out, const struct range_type *t, const struct range *r, const struct tz *zone,
                    struct err *e)
{
    if (r->empty) {
        buf_put(out, "empty", 5);
        return ST_OK;
    }
    buf_put_u8(out, r->lower.inclusive ? '[' : '(');
    TRY(bound_text(out, t, &r->lower, zone, e));
    buf_put_u8(out, ',');
    TRY(bound_text(out, t, &r->upper, zone, e));
    buf_put_u8(out, r->upper.inclusive ? ']' : ')');
    return ST_OK;
}

int range_text(struct buf *out, uint32_t oid, struct str bytes, const struct tz *zone, struct err *e)
{
    bool multi;
    const struct range_type *t = range_type_find(oid, &multi);
    struct range r;
    assert(t);
    if (!multi) {
        if (!range_next(t, &bytes, &r) || bytes.n)
            return no_range(e);
        TRY(one_text(out, t, &r, zone, e));
        return buf_ok(out) ? ST_OK : err_oom(e);
    }
    buf_put_u8(out, '{');
    for (bool first = true; bytes.n > 1; first = false) {
        if (!first)
            buf_put_u8(out, ',');
        if (!range_next(t, &bytes, &r) || r.empty)
            return no_range(e);
        TRY(one_text(out, t, &r, zone, e));
    }
    buf_put_u8(out, '}');
    return bytes.n != 1 ? no_range(e) : buf_ok(out) ? ST_OK : err_oom(e);
}

/* ---- binary ---- */

/* Groups of four digits around the point: count, weight of the first one, sign, digits that are shown. */
static void numeric_binary(struct buf *out, struct str key)
{
    enum {
        GROUP = 4,
        SIGN_NEGATIVE = 0x4000,
        SIGN_NAN = 0xC000,
        SIGN_INFINITY = 0xD000,
        SIGN_MINUS = 0xF000
    };
    const struct range_numeric v = range_key_numeric(key);
    unsigned sign = v.negative ? SIGN_NEGATIVE : 0;
    if (v.word)
        sign = v.word[0] == 'N'   ? SIGN_NAN
               : v.word[0] == 'I' ? SIGN_INFINITY
               : v.word[0] == '-' ? SIGN_MINUS
                                  : 0;
    if (v.word) {
        buf_put_be32(out, 0);
        buf_put_be16(out, (uint16_t)sign);
        buf_put_be16(out, 0);
        return;
    }
    int32_t high = v.power - 1,
            last = v.power - (int32_t)v.ndigits; /* powers of ten of the first, the last digit */
    int32_t weight = high >= 0 ? high / GROUP : -((GROUP - 1 - high) / GROUP);
    int32_t least = last >= 0 ? last / GROUP : -((GROUP - 1 - last) / GROUP);
    buf_put_be16(out, (uint16_t)(weight - least + 1));
    buf_put_be16(out, (uint16_t)weight);
    buf_put_be16(out, (uint16_t)sign);
    buf_put_be16(out, (uint16_t)(last < 0 ? -last : 0));
    for (int32_t group = weight; group >= least; group--) {
        unsigned digits = 0;
        for (int32_t power = GROUP * group + GROUP - 1; power >= GROUP * group; power--) {
            bool there = power <= high && power >= last;
            digits = 10 * digits + (there ? (v.digits[high - power] ^ v.flip) - 1U : 0U);
        }
        buf_put_be16(out, (uint16_t)digits);
    }
}

static int value_binary(struct buf *out, uint32_t subtype, struct str key, struct err *e)
{
    if (subtype == PGTYPE_NUMERIC) {
        numeric_binary(out, key);
        return ST_OK;
    }
    int64_t v = range_key_int(key);
    uint8_t *p = buf_reserve(out, 8 + CELL_SLACK), *end = NULL;
    if (!p)
        return err_oom(e);
    switch (subtype) {
    case PGTYPE_INT4: end = put_be32(p, (uint32_t)v); break;
    case PGTYPE_INT8: end = put_be64(p, (uint64_t)v); break;
    case PGTYPE_DATE: end = binary_date(p, (int32_t)v, e); break;
    default: end = binary_timestamp(p, v, e); break;
    }
    if (!end)
        return ST_ERR;
    buf_commit(out, (size_t)(end - p));
    return ST_OK;
}

/* Behind its length, which is known only then. */
static int bound_binary(struct buf *out, const struct range_type *t, const struct range_bound *b,
                        struct err *e)
{
    size_t mark = out->len;
    buf_put_be32(out, 0);
    TRY(value_binary(out, t->subtype, b->value, e));
    if (buf_ok(out))
        (void)put_be32(out->data + mark, (uint32_t)(out->len - mark - 4));
    return ST_OK;
}

static int one_binary(struct buf *out, const struct range_type *t, const struct range *r, struct err *e)
{
    unsigned flags = r->empty ? FLAG_EMPTY
                              : (r->lower.infinite ? FLAG_LOWER_INFINITE : 0U) |
                                    (r->lower.inclusive ? FLAG_LOWER_INCLUSIVE : 0U) |
                                    (r->upper.infinite ? FLAG_UPPER_INFINITE : 0U) |
                                    (r->upper.inclusive ? FLAG_UPPER_INCLUSIVE : 0U);
    buf_put_u8(out, (uint8_t)flags);
    if (!r->empty && !r->lower.infinite)
        TRY(bound_binary(out, t, &r->lower, e));
    if (!r->empty && !r->upper.infinite)
        TRY(bound_binary(out, t, &r->upper, e));
    return ST_OK;
}

int range_binary(struct buf *out, uint32_t oid, struct str bytes, struct err *e)
{
    bool multi;
    const struct range_type *t = range_type_find(oid, &multi);
    struct range r;
    uint32_t n = 0;
    size_t mark = out->len;
    assert(t);
    if (!multi) {
        if (!range_next(t, &bytes, &r) || bytes.n)
            return no_range(e);
        TRY(one_binary(out, t, &r, e));
        return buf_ok(out) ? ST_OK : err_oom(e);
    }
    buf_put_be32(out, 0);
    for (; bytes.n > 1; n++) {
        size_t start = out->len;
        if (!range_next(t, &bytes, &r) || r.empty)
            return no_range(e);
        buf_put_be32(out, 0);
        TRY(one_binary(out, t, &r, e));
        if (buf_ok(out))
            (void)put_be32(out->data + start, (uint32_t)(out->len - start - 4));
    }
    if (!buf_ok(out))
        return err_oom(e);
    (void)put_be32(out->data + mark, n);
    return bytes.n == 1 ? ST_OK : no_range(e);
}
