/* Parameters: what a client bound, decoded from PostgreSQL's text or binary format into a value that the
 * engine can take. Bytes in, struct out. Errors: 22P02 bad text, 22P03 bad binary, 22007/22008 dates, 22003
 * range, 22021 UTF-8, 0A000 a type that we have no decoder for. Source: PostgreSQL's *_in and *_recv
 * functions as its manual (chapter 8) and measurements describe them. */
#ifndef TAVANA_PGTYPE_VALUE_H
#define TAVANA_PGTYPE_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_value_kind {
    PG_NULL,
    PG_BOOL,
    PG_INT64, /* int2, int4, int8, oid */
    PG_FLOAT,
    PG_DOUBLE,
    PG_NUMERIC, /* text: canonical decimal digits, or "NaN", "Infinity" */
    PG_TEXT,    /* text, varchar, char, name, json, jsonb, inet, unknown … */
    PG_BYTES,   /* bytea; ranges and multiranges as range.h has them */
    PG_DATE,    /* int: days since 1970; INT32_MAX, -INT32_MAX infinity */
    PG_TIME,
    PG_TIMETZ, /* µs; offset: seconds east */
    PG_TIMESTAMP,
    PG_TIMESTAMPTZ, /* µs since 1970 (UTC); INT64_MAX, -INT64_MAX infinity */
    PG_INTERVAL,
    PG_UUID,
    PG_BIT, /* text of 0 and 1 */
    PG_ARRAY,
    PG_RECORD, /* in binary: array, of one dimension, with items of types of their own */
};

struct pg_value {
    enum pg_value_kind kind;
    uint32_t oid; /* the type it was decoded as; of an array: the element's */
    union {
        bool b;
        int64_t i;
        float f;
        double d;
        struct str text; /* lent from the input or of the arena */
        struct {
            int64_t micros;
            int32_t offset_s;
        } time;
        struct {
            int32_t months, days;
            int64_t micros;
        } interval;
        uint8_t uuid[16];
        struct {
            size_t n;
            const struct pg_value *items;
            int ndims;
            int32_t dims[6];
        } array; /* items in row-major order */
    } v;
};

struct tz; /* pgtype/tz.h: the session's zone, for timestamptz text without an offset */

/* A parameter's value from its text (format 0) or binary (1) form; len -1: NULL. Text is lent from p, what
 * is made lies in the arena. 22P02, 22P03, 22003, 22007, 22008, 0A000 for a type that is not read, 53200. */
int pg_value_decode(struct arena *a, uint32_t oid, int16_t format, const uint8_t *p, int32_t len,
                    const struct tz *zone, struct pg_value *out, struct err *e);

#endif
