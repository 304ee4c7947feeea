/* One cell's bytes: the switch of the row path, inlined into the row loop and called from arrays and JSON. */
#ifndef TAVANA_ENCODE_CELL_H
#define TAVANA_ENCODE_CELL_H

#include "encode/digits.h"

#include "encode/time.h"

#include "encode/number.h"

#include "encode/encode_priv.h"
#include "encode/float.h"

#include <string.h>

static inline const struct engine_string *string_at(const struct column_view *v, size_t row)
{
    return (const struct engine_string *)v->data + row;
}

static inline struct str enum_at(const struct cell *c, const struct column_view *v, size_t row)
{
    uint32_t i = c->type->enum_bytes == 1   ? ((const uint8_t *)v->data)[row]
                 : c->type->enum_bytes == 2 ? ((const uint16_t *)v->data)[row]
                                            : ((const uint32_t *)v->data)[row];
    return i < c->type->nnames ? c->type->names[i] : (struct str){"", 0};
}

static inline unsigned __int128 u128_at(const struct column_view *v, size_t row)
{
    const struct engine_int128 *i = (const struct engine_int128 *)v->data + row;
    return (unsigned __int128)(uint64_t)i->upper << 64 | i->lower;
}

/* \x and two digits a byte. */
uint8_t *put_bytes_hex(uint8_t *p, const uint8_t *bytes, size_t n);
/* bytea_output = escape: bytes beyond printable ASCII as \ooo, a backslash doubled. */
uint8_t *put_bytes_escape(uint8_t *p, const uint8_t *bytes, size_t n);
/* 36 characters. */
uint8_t *put_uuid_text(uint8_t *p, const struct engine_int128 *u);
/* 16 bytes. */
uint8_t *put_uuid_binary(uint8_t *p, const struct engine_int128 *u);
/* The number of bits in four bytes, then the bits. */
uint8_t *put_bits_binary(uint8_t *p, const struct engine_string *s);
/* A timestamp of the column's unit; NULL: e says why. */
uint8_t *timestamp_text_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e);
/* What T_STYLED stores; NULL: e says why. */
uint8_t *styled_text_of(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row,
                        struct err *e);
/* A timestamp in binary. */
uint8_t *timestamp_binary_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e);
/* Rounded, as the engine casts. */
int64_t time_ns_to_micros(int64_t ns);
/* XX000: a value that is rendered instead. NULL. */
uint8_t *cell_is_not_stored(struct err *e);
/* 22021: PostgreSQL's text has no NUL. Returns ST_ERR. */
int nul_in_string(struct err *e);

typedef uint8_t cell_vector __attribute__((vector_size(16), aligned(1), may_alias));

enum { CELL_INLINED = sizeof((struct engine_string *)0)->value.inlined };

static inline bool cell_has_zero(uint64_t v)
{
    return ((v - UINT64_C(0x0101010101010101)) & ~v & UINT64_C(0x8080808080808080)) != 0;
}

/* Bytes of a string that is not inlined (13 and more), and whether none of them is zero. The last step covers
 * bytes that an earlier one has copied: no length needs a loop over single bytes. */
static inline bool cell_copy_long(uint8_t *p, const char *text, size_t n)
{
    const size_t step = sizeof(cell_vector);
    if (n <= step) {
        uint64_t first, last;
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + n - sizeof last, sizeof last);
        memcpy(p, &first, sizeof first);
        memcpy(p + n - sizeof last, &last, sizeof last);
        return !cell_has_zero(first) && !cell_has_zero(last);
    }
    cell_vector v = *(const cell_vector *)(const void *)text;
    cell_vector last = *(const cell_vector *)(const void *)(text + n - step);
    cell_vector zeros = (cell_vector)(v == 0) | (cell_vector)(last == 0);
    *(cell_vector *)(void *)p = v;
    for (size_t i = step; i + step < n; i += step) {
        v = *(const cell_vector *)(const void *)(text + i);
        zeros |= (cell_vector)(v == 0);
        *(cell_vector *)(void *)(p + i) = v;
    }
    *(cell_vector *)(void *)(p + n - step) = last;
    uint64_t halves[2];
    memcpy(halves, &zeros, sizeof halves);
    return !(halves[0] | halves[1]);
}

/* Whether the bytes of an inlined string, zeros beyond its length, have a zero within it. */
static inline bool cell_inlined_has_zero(uint64_t first, uint32_t last, uint32_t len)
{
    uint64_t low = first | (len < 8 ? UINT64_MAX << (8 * len) : 0);
    uint64_t high = last | (len <= 8 ? UINT64_MAX : UINT64_MAX << (8 * (len - 8)));
    return cell_has_zero(low) || cell_has_zero(high);
}

/* All twelve bytes are copied, those beyond the length are written over. */
static inline bool cell_copy_inlined(uint8_t *p, const struct engine_string *s)
{
    uint64_t first;
    uint32_t last;
    memcpy(&first, s->value.inlined, sizeof first);
    memcpy(&last, s->value.inlined + sizeof first, sizeof last);
    memcpy(p, &first, sizeof first);
    memcpy(p + sizeof first, &last, sizeof last);
    return !cell_inlined_has_zero(first, last, s->len);
}

/* NULL: a zero among them. */
static inline __attribute__((always_inline)) uint8_t *
cell_copy_text(uint8_t *p, const struct engine_string *s, struct err *e)
{
    bool clean =
        s->len <= CELL_INLINED ? cell_copy_inlined(p, s) : cell_copy_long(p, s->value.pointer.ptr, s->len);
    if (__builtin_expect(clean, 1))
        return p + s->len;
    (void)nul_in_string(e);
    return NULL;
}

/* Of up to 18 digits. */
static inline int64_t decimal_short(const struct cell *c, const void *data, size_t row)
{
    return c->stored == 2   ? ((const int16_t *)data)[row]
           : c->stored == 4 ? ((const int32_t *)data)[row]
                            : ((const int64_t *)data)[row];
}

static inline uint8_t *cell_numeric(uint8_t *p, const struct cell *c, const void *data, size_t row)
{
    if (c->stored < 16)
        return binary_numeric_i64(p, decimal_short(c, data, row), c->scale);
    __int128 v = decimal_at(c->type, data, row);
    if (c->computed) {
        uint8_t shown = numeric_computed(&v, c->scale);
        return binary_numeric(p, v, shown);
    }
    return c->trims ? binary_numeric_trimmed(p, v, c->scale) : binary_numeric(p, v, c->scale);
}

static inline uint8_t *cell_decimal(uint8_t *p, const struct cell *c, const void *data, size_t row)
{
    if (c->computed) {
        __int128 v = decimal_at(c->type, data, row);
        uint8_t shown = numeric_computed(&v, c->scale);
        return text_decimal(p, v, shown);
    }
    if (c->stored == 16) {
        uint8_t *end = text_decimal(p, decimal_at(c->type, data, row), c->scale);
        return c->trims ? text_without_zeros(end) : end;
    }
    int64_t v = decimal_short(c, data, row);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (__builtin_expect(u >= DIGITS_8 || c->scale - 1u > 6, 0))
        return text_decimal(p, v, c->scale);
    *p = '-';
    return digits_decimal(p + (v < 0), (uint32_t)u, c->scale);
}

#define AT(type) (((const type *)v->data)[row])

static inline uint8_t *bytes_hex_of(uint8_t *p, const struct engine_string *s)
{
    return put_bytes_hex(p, (const uint8_t *)engine_string_data(s), s->len);
}

/* Stores a value without its length word. */
static inline uint8_t *cell_store(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row,
                                  struct err *e)
{
    switch (c->op) {
    case T_BOOL: return put_u8(p, AT(uint8_t) ? 't' : 'f');
    case T_INT8: return digits_i64(p, AT(int8_t));
    case T_INT16: return digits_i64(p, AT(int16_t));
    case T_INT32: return digits_i64(p, AT(int32_t));
    case T_INT64: return digits_i64(p, AT(int64_t));
    case T_UINT8: return digits_u64(p, AT(uint8_t));
    case T_UINT16: return digits_u64(p, AT(uint16_t));
    case T_UINT32: return digits_u64(p, AT(uint32_t));
    case T_UINT64: return digits_u64(p, AT(uint64_t));
    case T_INT128: return text_decimal(p, (__int128)u128_at(v, row), 0);
    case T_UINT128: return text_u128(p, u128_at(v, row));
    case T_FLOAT: return text_float(p, AT(float), c->settings->extra_float_digits);
    case T_DOUBLE: return text_double(p, AT(double), c->settings->extra_float_digits);
    case T_DECIMAL: return cell_decimal(p, c, v->data, row);
    case T_DATE: {
        int32_t days = AT(int32_t);
        return days >= DIGITS_FIRST_DAY && days <= DIGITS_LAST_DAY ? digits_date(p, days)
                                                                   : text_date(p, days, e);
    }
    case T_TIME: return text_time(p, AT(int64_t));
    case T_TIME_NS: return text_time(p, time_ns_to_micros(AT(int64_t)));
    case T_TIMETZ: return text_timetz(p, AT(uint64_t));
    case T_TIMESTAMP: return timestamp_text_of(p, c, AT(int64_t), e);
    case T_TIMESTAMPTZ: return text_timestamptz(p, AT(int64_t), c->settings->zone, e);
    case T_INTERVAL: return text_interval(p, &AT(struct engine_interval));
    case T_STYLED: return styled_text_of(p, c, v, row, e);
    case T_UUID: return put_uuid_text(p, &AT(struct engine_int128));
    case T_BYTES_HEX: return bytes_hex_of(p, string_at(v, row));
    case T_BYTES_ESCAPE: {
        const struct engine_string *s = string_at(v, row);
        return put_bytes_escape(p, (const uint8_t *)engine_string_data(s), s->len);
    }
    case C_STRING: return cell_copy_text(p, string_at(v, row), e);
    case C_ENUM: {
        struct str name = enum_at(c, v, row);
        memcpy(p, name.p, name.n);
        return p + name.n;
    }
    case B_BOOL: return put_u8(p, AT(uint8_t) != 0);
    case B_INT8: return put_be16(p, (uint16_t)AT(int8_t));
    case B_UINT8: return put_be16(p, AT(uint8_t));
    case B_INT16: return put_be16(p, AT(uint16_t));
    case B_UINT16: return put_be32(p, AT(uint16_t));
    case B_INT32: return put_be32(p, AT(uint32_t));
    case B_UINT32: return put_be64(p, AT(uint32_t));
    case B_INT64: return put_be64(p, AT(uint64_t));
    case B_UINT64: return binary_numeric_u128(p, AT(uint64_t), false, 0);
    case B_INT128: return binary_numeric(p, (__int128)u128_at(v, row), 0);
    case B_UINT128: return binary_numeric_u128(p, u128_at(v, row), false, 0);
    case B_FLOAT: return put_be32(p, AT(uint32_t));
    case B_DOUBLE: return put_be64(p, AT(uint64_t));
    case B_DECIMAL: return cell_numeric(p, c, v->data, row);
    case B_BYTES: {
        const struct engine_string *s = string_at(v, row);
        memcpy(p, engine_string_data(s), s->len);
        return p + s->len;
    }
    case B_DATE: return binary_date(p, AT(int32_t), e);
    case B_TIME: return put_be64(p, AT(uint64_t));
    case B_TIME_NS: return put_be64(p, (uint64_t)time_ns_to_micros(AT(int64_t)));
    case B_TIMETZ: return binary_timetz(p, AT(uint64_t));
    case B_TIMESTAMP: return timestamp_binary_of(p, c, AT(int64_t), e);
    case B_INTERVAL: {
        const struct engine_interval *i = &AT(struct engine_interval);
        p = put_be64(p, (uint64_t)i->micros);
        p = put_be32(p, (uint32_t)i->days);
        return put_be32(p, (uint32_t)i->months);
    }
    case B_UUID: return put_uuid_binary(p, &AT(struct engine_int128));
    case B_BIT: return put_bits_binary(p, string_at(v, row));
    case CELL_NULL:
    case S_BIT:
    case S_BIGNUM:
    case S_BIGNUM_BINARY:
    case S_DIGITS_BINARY:
    case S_ARRAY:
    case S_ARRAY_BINARY:
    case S_JSON:
    case S_RECORD:
    case S_RECORD_BINARY:
    case S_CATALOG: break;
    }
    return cell_is_not_stored(e);
}

#undef AT

#endif
