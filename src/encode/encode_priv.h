/* What the files of this room share: a cell is one value of one column in one format. */
#ifndef TAVANA_ENCODE_ENCODE_PRIV_H
#define TAVANA_ENCODE_ENCODE_PRIV_H

#include "base/buf.h"
#include "base/bytes.h"
#include "encode/encoder.h"
#include "pgtype/oid.h"

enum {
    NUMERIC_DIGITS_MAX = 39, /* of 128 bits */
    /* Longest text forms, in bytes. */
    TEXT_INT16 = 6,
    TEXT_INT32 = 11,
    TEXT_INT64 = 20,
    TEXT_INT128 = 40,
    TEXT_DECIMAL = 43, /* sign, "0.", 38 digits and some */
    TEXT_FLOAT = 40,   /* also with 17 and more digits of extra_float_digits */
    TEXT_DATE = 24,
    TEXT_TIME = 16,
    TEXT_TIMETZ = 32,
    TEXT_TIMESTAMP = 48,
    TEXT_INTERVAL = 128,
    TEXT_STYLED = 192, /* a date, timestamp or interval in a style of the session's */
    TEXT_UUID = 36,
    BINARY_NUMERIC = 8 + 2 * 12,
};

/* How a cell is stored; decided once a column. */
enum cell_op {
    CELL_NULL,
    /* text */
    T_BOOL,
    T_INT8,
    T_INT16,
    T_INT32,
    T_INT64,
    T_UINT8,
    T_UINT16,
    T_UINT32,
    T_UINT64,
    T_INT128,
    T_UINT128,
    T_FLOAT,
    T_DOUBLE,
    T_DECIMAL,
    T_BYTES_HEX,
    T_BYTES_ESCAPE,
    T_DATE,
    T_TIME,
    T_TIME_NS,
    T_TIMETZ,
    T_TIMESTAMP,
    T_TIMESTAMPTZ,
    T_INTERVAL,
    T_STYLED, /* one of those above, but for times, in another style than PostgreSQL's default */
    T_UUID,
    /* the same in both formats */
    C_STRING,
    C_ENUM,
    /* binary */
    B_BOOL,
    B_INT8,
    B_INT16,
    B_INT32,
    B_INT64,
    B_UINT8,
    B_UINT16,
    B_UINT32,
    B_UINT64,
    B_INT128,
    B_UINT128,
    B_FLOAT,
    B_DOUBLE,
    B_DECIMAL,
    B_BYTES,
    B_DATE,
    B_TIME,
    B_TIME_NS,
    B_TIMETZ,
    B_TIMESTAMP,
    B_INTERVAL,
    B_UUID,
    B_BIT,
    /* rendered to scratch first, because nothing cheaper tells their length */
    S_BIT,
    S_BIGNUM,
    S_BIGNUM_BINARY,
    S_DIGITS_BINARY,
    S_ARRAY,
    S_ARRAY_BINARY,
    S_JSON,
    S_RECORD,
    S_RECORD_BINARY,
    S_CATALOG,
};

struct cell {
    enum cell_op op;
    uint32_t oid;                         /* of this value's type */
    uint32_t bound;                       /* bytes with the length word; 0: ask cell_bound */
    uint8_t scale;                        /* DECIMAL */
    uint8_t stored;                       /* DECIMAL: bytes of a value: 2, 4, 8, 16 */
    bool trims;                           /* DECIMAL: without zeros at its end: a numeric without precision */
    bool computed;                        /* DECIMAL: with the digits that numeric_computed says */
    int64_t to_micros_mul, to_micros_div; /* TIMESTAMP_* */
    const struct engine_column_type *type;
    const struct encode_settings *settings;
    uint8_t catalog;            /* S_CATALOG: an enum catalog_form */
    bool binary;                /* the format */
    const struct cell *element; /* arrays: of the innermost type; records: of each member */
    const uint32_t *members;    /* records: types of the members */
    int ndims;                  /* arrays: levels of lists */
};

struct arena;
/* A value is stored with up to so many bytes beyond its end. */
enum { CELL_SLACK = 32 };
/* Room for a value that is not NULL, with its length word and slack. Not of S_ ones. */
size_t cell_bound(const struct cell *c, const struct column_view *v, size_t row);
/* Stores length word and value; NULL: e says why. Not of S_ ones. */
uint8_t *cell_put(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row, struct err *e);
/* Appends the value (no length word) to scratch: any cell. */
int cell_render(struct buf *scratch, const struct cell *c, const struct column_view *v, size_t row,
                struct err *e);

static inline bool cell_is_scratch(const struct cell *c)
{
    return c->op >= S_BIT;
}

#endif
