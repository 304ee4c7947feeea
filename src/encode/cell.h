/* One cell's bytes: the switch of the row path, inlined into the row loop and called from arrays and JSON. */
#ifndef TAVANA_ENCODE_CELL_H
#define TAVANA_ENCODE_CELL_H

#include "encode/encode_priv.h"

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

uint8_t *put_bytes_hex(uint8_t *p, const uint8_t *bytes, size_t n);
uint8_t *put_bytes_escape(uint8_t *p, const uint8_t *bytes, size_t n);
uint8_t *put_uuid_text(uint8_t *p, const struct engine_int128 *u);
uint8_t *put_uuid_binary(uint8_t *p, const struct engine_int128 *u);
uint8_t *put_bits_binary(uint8_t *p, const struct engine_string *s);
uint8_t *timestamp_text_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e);
uint8_t *timestamp_binary_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e);
int64_t time_ns_to_micros(int64_t ns);
int nul_in_string(struct err *e);

#define AT(type) (((const type *)v->data)[row])

/* Stores a value without its length word. */
static inline uint8_t *cell_store(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row,
                                  struct err *e)
{
    switch (c->op) {
    case T_BOOL: return put_u8(p, AT(uint8_t) ? 't' : 'f');
    case T_INT8: return text_i64(p, AT(int8_t));
    case T_INT16: return text_i64(p, AT(int16_t));
    case T_INT32: return text_i64(p, AT(int32_t));
    case T_INT64: return text_i64(p, AT(int64_t));
    case T_UINT8: return text_u64(p, AT(uint8_t));
    case T_UINT16: return text_u64(p, AT(uint16_t));
    case T_UINT32: return text_u64(p, AT(uint32_t));
    case T_UINT64: return text_u64(p, AT(uint64_t));
    case T_INT128: return text_decimal(p, (__int128)u128_at(v, row), 0);
    case T_UINT128: return text_u128(p, u128_at(v, row));
    case T_FLOAT: return text_float(p, AT(float), c->settings->extra_float_digits);
    case T_DOUBLE: return text_double(p, AT(double), c->settings->extra_float_digits);
    case T_DECIMAL: return text_decimal(p, decimal_at(c->type, v->data, row), c->scale);
    case T_DATE: return text_date(p, AT(int32_t), e);
    case T_TIME: return text_time(p, AT(int64_t));
    case T_TIME_NS: return text_time(p, time_ns_to_micros(AT(int64_t)));
    case T_TIMETZ: return text_timetz(p, AT(uint64_t));
    case T_TIMESTAMP: return timestamp_text_of(p, c, AT(int64_t), e);
    case T_TIMESTAMPTZ: return text_timestamptz(p, AT(int64_t), c->settings->zone, e);
    case T_INTERVAL: return text_interval(p, &AT(struct engine_interval));
    case T_UUID: return put_uuid_text(p, &AT(struct engine_int128));
    case T_BYTES_HEX: {
        const struct engine_string *s = string_at(v, row);
        return put_bytes_hex(p, (const uint8_t *)engine_string_data(s), s->len);
    }
    case T_BYTES_ESCAPE: {
        const struct engine_string *s = string_at(v, row);
        return put_bytes_escape(p, (const uint8_t *)engine_string_data(s), s->len);
    }
    case C_STRING: {
        const struct engine_string *s = string_at(v, row);
        const char *text = engine_string_data(s);
        if (__builtin_expect(memchr(text, 0, s->len) != NULL, 0)) {
            (void)nul_in_string(e);
            return NULL;
        }
        memcpy(p, text, s->len);
        return p + s->len;
    }
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
    case B_DECIMAL: return binary_numeric(p, decimal_at(c->type, v->data, row), c->scale);
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
    case S_ARRAY:
    case S_ARRAY_BINARY:
    case S_JSON: break;
    }
    (void)err_set(e, SQLSTATE_INTERNAL_ERROR, "a value of this type is not stored directly");
    return NULL;
}

#undef AT

#endif
