/* The engine asks casts that are registered before its own, so that these take their place, in statements of
 * any dialect: they take more words than the engine's, and read none otherwise than PostgreSQL. A cast knows
 * nothing of its session: dates are read month first, and the time zone is UTC. */
#include "engine/text_casts.h"

#include "base/cleanup.h"
#include "engine/cast.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/quick.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <string.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024, SHOWN_MAX = 256 };

/* ---- what each type stores ---- */

/* The texts that are read at once. false: left to pg_value_decode. */
typedef bool read_fn(struct str text, void *values, size_t row);
/* What pg_value_decode made of a text. false: nothing that is of the type. */
typedef bool store_fn(const struct pg_value *v, void *values, size_t row);

static bool store_bool(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_BOOL)
        return false;
    ((bool *)values)[row] = v->v.b;
    return true;
}

static bool read_int2(struct str text, void *values, size_t row)
{
    int64_t v;
    if (!quick_int(text, &v) || v != (int16_t)v)
        return false;
    ((int16_t *)values)[row] = (int16_t)v;
    return true;
}

static bool store_int2(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_INT64)
        return false;
    ((int16_t *)values)[row] = (int16_t)v->v.i;
    return true;
}

static bool read_int4(struct str text, void *values, size_t row)
{
    int64_t v;
    if (!quick_int(text, &v) || v != (int32_t)v)
        return false;
    ((int32_t *)values)[row] = (int32_t)v;
    return true;
}

static bool store_int4(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_INT64 && v->kind != PG_DATE)
        return false;
    ((int32_t *)values)[row] = (int32_t)v->v.i;
    return true;
}

static bool read_int8(struct str text, void *values, size_t row)
{
    return quick_int(text, (int64_t *)values + row);
}

static bool store_int8(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_INT64 && v->kind != PG_TIMESTAMP)
        return false;
    ((int64_t *)values)[row] = v->v.i;
    return true;
}

static bool read_float(struct str text, void *values, size_t row)
{
    return quick_float(text, (float *)values + row);
}

static bool store_float(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_FLOAT)
        return false;
    ((float *)values)[row] = v->v.f;
    return true;
}

static bool read_double(struct str text, void *values, size_t row)
{
    return quick_double(text, (double *)values + row);
}

static bool store_double(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_DOUBLE)
        return false;
    ((double *)values)[row] = v->v.d;
    return true;
}

static bool read_date(struct str text, void *values, size_t row)
{
    return quick_date(text, (int32_t *)values + row);
}

static bool read_time(struct str text, void *values, size_t row)
{
    return quick_time(text, (int64_t *)values + row);
}

static bool store_time(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_TIME)
        return false;
    ((int64_t *)values)[row] = v->v.time.micros;
    return true;
}

static bool read_timestamp(struct str text, void *values, size_t row)
{
    return quick_timestamp(text, (int64_t *)values + row);
}

static bool store_interval(const struct pg_value *v, void *values, size_t row)
{
    if (v->kind != PG_INTERVAL)
        return false;
    ((duckdb_interval *)values)[row] =
        (duckdb_interval){v->v.interval.months, v->v.interval.days, v->v.interval.micros};
    return true;
}

/* ---- the casts ---- */

static const struct text_cast {
    duckdb_type target;
    uint32_t oid;
    const char *name;
    read_fn *read; /* NULL: none */
    store_fn *store;
    enum sqlstate wrong; /* of a text that no form of the type is */
} casts[] = {
    {DUCKDB_TYPE_BOOLEAN, PGTYPE_BOOL, "boolean", NULL, store_bool, SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_SMALLINT, PGTYPE_INT2, "smallint", read_int2, store_int2,
     SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_INTEGER, PGTYPE_INT4, "integer", read_int4, store_int4,
     SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_BIGINT, PGTYPE_INT8, "bigint", read_int8, store_int8, SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_FLOAT, PGTYPE_FLOAT4, "real", read_float, store_float, SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_DOUBLE, PGTYPE_FLOAT8, "double precision", read_double, store_double,
     SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {DUCKDB_TYPE_DATE, PGTYPE_DATE, "date", read_date, store_int4, SQLSTATE_INVALID_DATETIME_FORMAT},
    {DUCKDB_TYPE_TIME, PGTYPE_TIME, "time", read_time, store_time, SQLSTATE_INVALID_DATETIME_FORMAT},
    {DUCKDB_TYPE_TIMESTAMP, PGTYPE_TIMESTAMP, "timestamp", read_timestamp, store_int8,
     SQLSTATE_INVALID_DATETIME_FORMAT},
    {DUCKDB_TYPE_INTERVAL, PGTYPE_INTERVAL, "interval", NULL, store_interval,
     SQLSTATE_INVALID_DATETIME_FORMAT},
};

/* The engine writes 0044-03-15 (BC), and dates in statements are spelled so, too: without the brackets it is
 * PostgreSQL's. 53200 */
static int without_brackets(struct arena *scratch, struct str *text, struct err *e)
{
    static const struct str engine = {"(BC)", 4};
    const char *at =
        text->n > engine.n && text->n < SHOWN_MAX ? memmem(text->p, text->n, engine.p, engine.n) : NULL;
    if (!at)
        return ST_OK;
    char *copy = arena_alloc(scratch, text->n);
    if (!copy)
        return err_oom(e);
    memcpy(copy, text->p, text->n);
    copy[at - text->p] = copy[at - text->p + 3] = ' ';
    text->p = copy;
    return ST_OK;
}

static int read_any(const struct text_cast *t, struct arena *scratch, struct str text, void *values,
                    size_t row, struct err *e)
{
    struct pg_value v;
    struct str read = text;
    arena_clear(scratch);
    if (t->wrong == SQLSTATE_INVALID_DATETIME_FORMAT)
        TRY(without_brackets(scratch, &read, e));
    TRY(pg_value_decode(scratch, t->oid, 0, (const uint8_t *)read.p, (int32_t)read.n, tz_utc(), &v, e));
    if (t->store(&v, values, row))
        return ST_OK;
    return err_set(e, t->wrong, "invalid input syntax for type %s: \"%.*s\"", t->name,
                   (int)str_cut(text, SHOWN_MAX), text.p);
}

static bool on_rows(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct text_cast *t = duckdb_cast_function_get_extra_info(info);
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    void *values = duckdb_vector_get_data(out);
    bool ok = true;
    CLEANUP(arena_release) struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct err e;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        const struct str text = {engine_string_data(&strings[i]), strings[i].len};
        if (t->read && t->read(text, values, i))
            continue;
        err_init(&e);
        if (read_any(t, &scratch, text, values, i, &e) < 0) {
            ok = false;
            if (!cast_refuse(info, out, i, &e))
                return false;
        }
    }
    return ok;
}

static bool add(struct engine_conn *c, const struct text_cast *t)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type target = duckdb_create_logical_type(t->target);
    bool ok = cast_add(c, &(struct cast_spec){.from = text,
                                              .to = target,
                                              .cost = CAST_EXPLICIT,
                                              .call = on_rows,
                                              .extra = (void *)(uintptr_t)t});
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&target);
    return ok;
}

int text_casts_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
        if (!add(c, &casts[i]))
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the cast of text to %s",
                           casts[i].name);
    return ST_OK;
}
