/* What encode/ may see of the engine's vectors: types without duckdb.h, and plain pointers lent until the
 * next chunk. Layouts are DuckDB's (C API documentation, "Vectors"; DUCKDB types): flat vectors, validity one
 * bit a row. Lists: data is engine_list_entry[], children[0] the elements. Arrays: children[0] has array_size
 * elements a row. Structs: a child a field. Maps: a list of structs {key, value}. Unions: children[0] the tag
 * (uint8), then the members. */
#ifndef TAVANA_ENGINE_COLUMN_VIEW_H
#define TAVANA_ENGINE_COLUMN_VIEW_H

#include "base/bytes.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string that is text or bytea, as it is used: unknown.h. */
#define ENGINE_UNKNOWN_TYPE "pg_unknown"

/* A numeric as a string of its digits: of results alone that are sent to a client, and go nowhere else. */
#define ENGINE_DIGITS_TYPE "pg_digits"

/* What PostgreSQL computes as a numeric whose digits follow from its value is a decimal of 37 digits here, a
 * width that nobody declares; its scale tells the rule by which its digits are counted (encode/number.h). */
enum {
    ENGINE_COMPUTED_WIDTH = 37,
    ENGINE_WHOLE_QUOTIENT_SCALE = 16, /* of a sum of bigints, which need the room before the point */
    ENGINE_VARIANCE_SCALE = 17,
    ENGINE_DEVIATION_SCALE = 18,
    ENGINE_POWER_SCALE = 19,
    ENGINE_QUOTIENT_SCALE = 20,
    ENGINE_ROOT_SCALE = 21,
    ENGINE_LOGARITHM_SCALE = 22,
};

enum engine_type {
    ENGINE_NULL, /* the type of a bare NULL; data is not read */
    ENGINE_BOOL, /* uint8 */
    ENGINE_INT8,
    ENGINE_INT16,
    ENGINE_INT32,
    ENGINE_INT64,
    ENGINE_UINT8,
    ENGINE_UINT16,
    ENGINE_UINT32,
    ENGINE_UINT64,
    ENGINE_INT128,
    ENGINE_UINT128, /* { uint64 lower; int64/uint64 upper } */
    ENGINE_FLOAT,
    ENGINE_DOUBLE,
    ENGINE_DECIMAL,  /* int16/32/64/128 by width: up to 4, 9, 18, 38 digits */
    ENGINE_VARCHAR,  /* engine_string; with alias "JSON", "INET" … */
    ENGINE_BLOB,     /* engine_string */
    ENGINE_BIT,      /* engine_string: first byte the number of padding bits (set), then the bits */
    ENGINE_BIGNUM,   /* engine_string: 3 bytes header, then the magnitude (see DuckDB's bignum) */
    ENGINE_GEOMETRY, /* engine_string: WKB */
    ENGINE_DATE,     /* int32 days since 1970; INT32_MAX, -INT32_MAX infinities */
    ENGINE_TIME,     /* int64 µs of the day, up to 24:00:00 */
    ENGINE_TIME_NS,  /* int64 ns of the day */
    ENGINE_TIME_TZ, /* uint64: 40 bits µs, 24 bits offset: 24-bit value = 57599 - offset seconds (16h - 1s) */
    ENGINE_TIMESTAMP_S,
    ENGINE_TIMESTAMP_MS,
    ENGINE_TIMESTAMP,
    ENGINE_TIMESTAMP_NS, /* int64 since 1970; ±INT64_MAX infinities */
    ENGINE_TIMESTAMP_TZ, /* int64 µs since 1970, UTC */
    ENGINE_INTERVAL,     /* { int32 months, days; int64 µs } */
    ENGINE_UUID,         /* int128 with the top bit flipped */
    ENGINE_ENUM,         /* uint8/16/32 by number of names */
    ENGINE_LIST,
    ENGINE_ARRAY,
    ENGINE_STRUCT,
    ENGINE_MAP,
    ENGINE_UNION,
    ENGINE_OTHER, /* VARIANT and whatever is new: the engine casts such a column to VARCHAR before we see it
                   */
};

struct engine_column_type {
    enum engine_type type;
    uint8_t width, scale; /* DECIMAL */
    uint8_t enum_bytes;   /* ENUM: 1, 2, 4 */
    const char *alias;    /* "JSON", "INET" …; NULL without */
    uint64_t array_size;  /* ARRAY */
    size_t nnames;        /* ENUM: values; STRUCT, UNION: members' names */
    const struct str *names;
    size_t nchildren; /* LIST, ARRAY 1; STRUCT n; MAP 2 (key, value); UNION n members */
    const struct engine_column_type *children;
};

/* 16 bytes: the length, then up to 12 bytes inline, or 4 of them and a pointer to all. Packed, since the
 * union would else be moved up to the pointer's alignment. */
struct engine_string {
    uint32_t len;
    union __attribute__((packed, aligned(4))) {
        char inlined[12];
        struct __attribute__((packed, aligned(4))) {
            char prefix[4];
            const char *ptr;
        } pointer;
    } value;
};
_Static_assert(sizeof(struct engine_string) == 16, "as in the engine");

static inline const char *engine_string_data(const struct engine_string *s)
{
    return s->len <= sizeof s->value.inlined ? s->value.inlined : s->value.pointer.ptr;
}

struct engine_list_entry {
    uint64_t offset, length;
};

struct engine_int128 {
    uint64_t lower;
    int64_t upper;
};

struct engine_interval {
    int32_t months, days;
    int64_t micros;
};

/* Values into flat vectors, in the width that the type has there; they fit. */
static inline void engine_put_int(const struct engine_column_type *t, void *data, size_t row, int64_t v)
{
    switch (t->type) {
    case ENGINE_INT8:
    case ENGINE_UINT8: ((uint8_t *)data)[row] = (uint8_t)v; break;
    case ENGINE_INT16:
    case ENGINE_UINT16: ((uint16_t *)data)[row] = (uint16_t)v; break;
    case ENGINE_INT32:
    case ENGINE_UINT32: ((uint32_t *)data)[row] = (uint32_t)v; break;
    default: ((int64_t *)data)[row] = v; break;
    }
}

static inline void engine_put_int128(void *data, size_t row, __int128 v)
{
    ((struct engine_int128 *)data)[row] = (struct engine_int128){(uint64_t)v, (int64_t)(v >> 64)};
}

static inline void engine_put_decimal(const struct engine_column_type *t, void *data, size_t row, __int128 v)
{
    if (t->width <= 4)
        ((int16_t *)data)[row] = (int16_t)v;
    else if (t->width <= 9)
        ((int32_t *)data)[row] = (int32_t)v;
    else if (t->width <= 18)
        ((int64_t *)data)[row] = (int64_t)v;
    else
        engine_put_int128(data, row, v);
}

/* 16 bytes, as they are written. */
static inline void engine_put_uuid(void *data, size_t row, const uint8_t *bytes)
{
    uint64_t upper = get_be64(bytes) ^ UINT64_C(1) << 63;
    ((struct engine_int128 *)data)[row] =
        (struct engine_int128){get_be64(bytes + sizeof upper), (int64_t)upper};
}

struct column_view {
    const struct engine_column_type *type;
    const void *data;         /* nrows values; NULL for STRUCT and ARRAY */
    const uint64_t *validity; /* bit i set: row i has a value; NULL: all have */
    size_t nchildren; /* of the vector: MAP has one child (the list's struct with two), UNION tag + members */
    const struct column_view *children;
};

static inline bool column_view_valid(const struct column_view *v, size_t row)
{
    return !v->validity || (v->validity[row / 64] >> (row % 64) & 1);
}

struct chunk_view {
    size_t nrows;
    size_t ncolumns;
    const struct column_view *columns;
};

#endif
