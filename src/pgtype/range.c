/* A bound stands at its value, just before it or just behind it; values are compared by their bytes. */
#include "pgtype/range.h"

#include "base/arena.h"
#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/range_key.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY = 0, RANGE = 1, LOWER_UNBOUNDED = 0, BOUNDED = 1, UPPER_UNBOUNDED = 2, MULTIRANGE_END = 0 };

const struct range_type range_types[RANGE_TYPES] = {
    {PGTYPE_INT4RANGE, PGTYPE_INT4MULTIRANGE, PGTYPE_INT4, "int4range", "int4multirange", "pg_int4range",
     "pg_int4multirange", true},
    {PGTYPE_INT8RANGE, PGTYPE_INT8MULTIRANGE, PGTYPE_INT8, "int8range", "int8multirange", "pg_int8range",
     "pg_int8multirange", true},
    {PGTYPE_NUMRANGE, PGTYPE_NUMMULTIRANGE, PGTYPE_NUMERIC, "numrange", "nummultirange", "pg_numrange",
     "pg_nummultirange", false},
    {PGTYPE_DATERANGE, PGTYPE_DATEMULTIRANGE, PGTYPE_DATE, "daterange", "datemultirange", "pg_daterange",
     "pg_datemultirange", true},
    {PGTYPE_TSRANGE, PGTYPE_TSMULTIRANGE, PGTYPE_TIMESTAMP, "tsrange", "tsmultirange", "pg_tsrange",
     "pg_tsmultirange", false},
    {PGTYPE_TSTZRANGE, PGTYPE_TSTZMULTIRANGE, PGTYPE_TIMESTAMPTZ, "tstzrange", "tstzmultirange",
     "pg_tstzrange", "pg_tstzmultirange", false},
};

const struct range_type *range_type_find(uint32_t oid, bool *multi)
{
    for (size_t i = 0; i < RANGE_TYPES; i++)
        if (range_types[i].oid == oid || range_types[i].multi_oid == oid) {
            *multi = range_types[i].multi_oid == oid;
            return &range_types[i];
        }
    return NULL;
}

/* ---- bytes ---- */

static bool take_byte(struct str *in, uint8_t *out)
{
    if (in->n == 0)
        return false;
    *out = (uint8_t)in->p[0];
    *in = (struct str){in->p + 1, in->n - 1};
    return true;
}

static bool take_value(uint32_t subtype, struct str *in, struct range_bound *b)
{
    size_t n = range_key_length(subtype, *in);
    b->value = (struct str){in->p, n};
    *in = (struct str){in->p + n, in->n - n};
    return n > 0;
}

bool range_next(const struct range_type *t, struct str *in, struct range *out)
{
    uint8_t kind, bound;
    *out = (struct range){0};
    if (!take_byte(in, &kind) || kind > RANGE)
        return false;
    if (kind == EMPTY) {
        out->empty = true;
        return true;
    }
    if (!take_byte(in, &bound) || bound > BOUNDED)
        return false;
    out->lower.infinite = bound == LOWER_UNBOUNDED;
    if (!out->lower.infinite) {
        if (!take_value(t->subtype, in, &out->lower) || !take_byte(in, &bound) || bound > 1)
            return false;
        out->lower.inclusive = bound == 0;
    }
    if (!take_byte(in, &bound) || (bound != BOUNDED && bound != UPPER_UNBOUNDED))
        return false;
    out->upper.infinite = bound == UPPER_UNBOUNDED;
    if (!out->upper.infinite) {
        if (!take_value(t->subtype, in, &out->upper) || !take_byte(in, &bound) || bound > 1)
            return false;
        out->upper.inclusive = bound == 1;
    }
    return true;
}

static int no_range(const struct range_type *t, bool multi, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "these bytes are no %s",
                   multi ? t->multi_name : t->name);
}

int range_set_read(struct arena *a, const struct range_type *t, bool multi, struct str in,
                   struct range_set *out, struct err *e)
{
    enum { LEAST = 3 }; /* bytes of a range that is not empty */
    size_t most = in.n / LEAST + 1, n = 0;
    struct range *items = arena_alloc(a, most * sizeof *items);
    if (!items)
        return err_oom(e);
    if (!multi) {
        if (!range_next(t, &in, &items[0]) || in.n)
            return no_range(t, multi, e);
        n = !items[0].empty;
    } else {
        while (in.n > 1) {
            assert(n < most);
            if (!range_next(t, &in, &items[n]) || items[n].empty)
                return no_range(t, multi, e);
            n++;
        }
        if (in.n != 1 || in.p[0] != MULTIRANGE_END)
            return no_range(t, multi, e);
    }
    *out = (struct range_set){items, n};
    return ST_OK;
}

void range_put(struct buf *b, const struct range *r)
{
    buf_put_u8(b, r->empty ? EMPTY : RANGE);
    if (r->empty)
        return;
    buf_put_u8(b, r->lower.infinite ? LOWER_UNBOUNDED : BOUNDED);
    if (!r->lower.infinite) {
        buf_put(b, r->lower.value.p, r->lower.value.n);
        buf_put_u8(b, !r->lower.inclusive);
    }
    buf_put_u8(b, r->upper.infinite ? UPPER_UNBOUNDED : BOUNDED);
    if (!r->upper.infinite) {
        buf_put(b, r->upper.value.p, r->upper.value.n);
        buf_put_u8(b, r->upper.inclusive);
    }
}

void range_set_put(struct buf *b, const struct range_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        range_put(b, &s->items[i]);
    buf_put_u8(b, MULTIRANGE_END);
}

/* ---- order ---- */

static int compare_values(struct str x, struct str y)
{
    size_t n = x.n < y.n ? x.n : y.n;
    int c = memcmp(x.p, y.p, n);
    return c ? c : (x.n > y.n) - (x.n < y.n);
}

/* Where a bound stands beside its value: just before it, at it, just behind it. */
static int side(const struct range_bound *b, bool lower)
{
    return b->inclusive ? 0 : lower ? 1 : -1;
}

int range_bound_compare(const struct range_bound *x, bool x_lower, const struct range_bound *y, bool y_lower)
{
    if (x->infinite && y->infinite)
        return x_lower == y_lower ? 0 : x_lower ? -1 : 1;
    if (x->infinite)
        return x_lower ? -1 : 1;
    if (y->infinite)
        return y_lower ? 1 : -1;
    int c = compare_values(x->value, y->value);
    return c ? c : side(x, x_lower) - side(y, y_lower);
}

/* ---- canonical form ---- */

static int next_value(struct arena *a, const struct range_type *t, struct range_bound *b, struct err *e)
{
    enum { ROOM = 16 };
    int64_t v = range_key_int(b->value);
    bool date = t->subtype == PGTYPE_DATE;
    if (date && (v == INT32_MAX || v == -INT32_MAX))
        return ST_OK; /* infinity */
    if (date && v >= CALENDAR_LAST_DAY)
        return err_set(e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date out of range");
    if (v == (t->subtype == PGTYPE_INT8 ? INT64_MAX : INT32_MAX))
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range",
                       t->subtype == PGTYPE_INT8 ? "bigint" : "integer");
    struct buf out;
    buf_init(&out, ROOM);
    range_key_put_int(&out, t->subtype, v + 1);
    const char *p = buf_ok(&out) ? arena_strndup(a, (const char *)out.data, out.len) : NULL;
    b->value = (struct str){p, out.len};
    buf_release(&out);
    b->inclusive = !b->inclusive;
    return p ? ST_OK : err_oom(e);
}

int range_canonical(struct arena *a, const struct range_type *t, struct range *r, struct err *e)
{
    if (r->empty)
        return ST_OK;
    r->lower.inclusive &= !r->lower.infinite;
    r->upper.inclusive &= !r->upper.infinite;
    for (int round = 0; round < 2; round++) {
        if (!r->lower.infinite && !r->upper.infinite) {
            int c = compare_values(r->lower.value, r->upper.value);
            if (c > 0)
                return err_set(e, SQLSTATE_DATA_EXCEPTION,
                               "range lower bound must be less than or equal to range upper bound");
            if (c == 0 && !(r->lower.inclusive && r->upper.inclusive)) {
                *r = (struct range){.empty = true};
                return ST_OK;
            }
        }
        if (!t->discrete || round > 0)
            break;
        if (!r->lower.infinite && !r->lower.inclusive)
            TRY(next_value(a, t, &r->lower, e));
        if (!r->upper.infinite && r->upper.inclusive)
            TRY(next_value(a, t, &r->upper, e));
    }
    return ST_OK;
}

static int by_bounds(const void *x, const void *y)
{
    const struct range *a = x, *b = y;
    int c = range_bound_compare(&a->lower, true, &b->lower, true);
    return c ? c : range_bound_compare(&a->upper, false, &b->upper, false);
}

/* Whether nothing lies between an upper bound and a lower one behind it. */
static bool touches(const struct range_bound *upper, const struct range_bound *lower)
{
    if (upper->infinite || lower->infinite)
        return true;
    int c = compare_values(upper->value, lower->value);
    return c > 0 || (c == 0 && (upper->inclusive || lower->inclusive));
}

struct range_set range_set_of(struct range *ranges, size_t n)
{
    size_t filled = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!ranges[i].empty)
            ranges[filled++] = ranges[i];
    if (filled > 1)
        qsort(ranges, filled, sizeof *ranges, by_bounds);
    for (size_t i = 0; i < filled; i++) {
        if (kept > 0 && touches(&ranges[kept - 1].upper, &ranges[i].lower)) {
            if (range_bound_compare(&ranges[i].upper, false, &ranges[kept - 1].upper, false) > 0)
                ranges[kept - 1].upper = ranges[i].upper;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return (struct range_set){ranges, kept};
}
