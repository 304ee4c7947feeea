/* The type is BLOB under a name of its own, so that its casts are its own: it keeps the string as it is
 * written, which is copied where text is wanted and read as PostgreSQL reads a bytea where a BLOB is, and a
 * moment where a TIMESTAMP is. Beside
 * a BLOB the engine takes both for BLOBs, beside a VARCHAR for text; were it a VARCHAR underneath, the engine
 * would compare a column of bytes with it as text. Only statements name it: dialect/ puts it around literals
 * that the two read differently. */
#include "engine/unknown.h"

#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>

enum { TEXT_COST = 1, BYTES_COST = 2, MOMENT_COST = 3, SCRATCH_MAX = 512 * 1024 * 1024 };

static bool to_text(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    (void)info;
    for (size_t i = 0; i < n; i++)
        if (is_null(validity, i))
            put_null(out, i);
        else
            duckdb_vector_assign_string_element_len(out, i, engine_string_data(&strings[i]), strings[i].len);
    return true;
}

static bool fail(duckdb_function_info info, const struct err *e)
{
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e->code), e->message);
    duckdb_cast_function_set_error(info, text);
    return false;
}

static bool to_bytes(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    CLEANUP(arena_release) struct arena scratch;
    struct err e;
    err_init(&e);
    arena_init(&scratch, SCRATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct pg_value v;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        if (pg_value_decode(&scratch, PGTYPE_BYTEA, 0, (const uint8_t *)engine_string_data(&strings[i]),
                            (int32_t)strings[i].len, tz_utc(), &v, &e) < 0)
            return fail(info, &e);
        assert(v.kind == PG_BYTES);
        duckdb_vector_assign_string_element_len(out, i, v.v.text.n ? v.v.text.p : "", v.v.text.n);
        arena_clear(&scratch);
    }
    return true;
}

/* Only moments that say their offset are given the type (dialect/literal.c): no zone is asked for. */
static bool read_moment(const struct engine_string *string, uint32_t oid, int64_t *out, struct err *e)
{
    CLEANUP(arena_release) struct arena scratch;
    struct pg_value v;
    assert(oid == PGTYPE_TIMESTAMP || oid == PGTYPE_TIMESTAMPTZ);
    arena_init(&scratch, SCRATCH_MAX);
    if (pg_value_decode(&scratch, oid, 0, (const uint8_t *)engine_string_data(string), (int32_t)string->len,
                        tz_utc(), &v, e) < 0)
        return false;
    if (v.kind != PG_TIMESTAMP &&
        v.kind != PG_TIMESTAMPTZ) { /* left to the engine, which reads it no better */
        (void)err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
                      oid == PGTYPE_TIMESTAMPTZ ? "timestamp with time zone" : "timestamp", (int)string->len,
                      engine_string_data(string));
        return false;
    }
    *out = v.v.i;
    return true;
}

static bool to_moment(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out, uint32_t oid)
{
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    int64_t *moments = duckdb_vector_get_data(out);
    struct err e;
    err_init(&e);
    for (size_t i = 0; i < n; i++)
        if (is_null(validity, i))
            put_null(out, i);
        else if (!read_moment(&strings[i], oid, &moments[i], &e))
            return fail(info, &e);
    return true;
}

static bool to_timestamptz(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return to_moment(info, n, in, out, PGTYPE_TIMESTAMPTZ);
}

static bool to_timestamp(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return to_moment(info, n, in, out, PGTYPE_TIMESTAMP);
}

/* The day that is written. */
static bool to_date(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    static const int64_t day = 86400000000;
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    int32_t *days = duckdb_vector_get_data(out);
    struct err e;
    err_init(&e);
    for (size_t i = 0; i < n; i++) {
        int64_t moment;
        if (is_null(validity, i))
            put_null(out, i);
        else if (!read_moment(&strings[i], PGTYPE_TIMESTAMP, &moment, &e))
            return fail(info, &e);
        else
            days[i] = (int32_t)(moment / day - (moment % day < 0));
    }
    return true;
}

static bool add_cast(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type target,
                     int64_t cost, duckdb_cast_function_t function)
{
    duckdb_cast_function cast = duckdb_create_cast_function();
    duckdb_cast_function_set_source_type(cast, from);
    duckdb_cast_function_set_target_type(cast, target);
    duckdb_cast_function_set_implicit_cast_cost(cast, cost);
    duckdb_cast_function_set_function(cast, function);
    bool ok = duckdb_register_cast_function(c->conn, cast) == DuckDBSuccess;
    duckdb_destroy_cast_function(&cast);
    return ok;
}

int unknown_register(struct engine_conn *c, struct err *e)
{
    enum { NEVER = -1 };
    duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type bytes = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    duckdb_logical_type zoned = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    duckdb_logical_type plain = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    duckdb_logical_type date = duckdb_create_logical_type(DUCKDB_TYPE_DATE);
    duckdb_logical_type_set_alias(type, ENGINE_UNKNOWN_TYPE);
    bool ok = duckdb_register_logical_type(c->conn, type, NULL) == DuckDBSuccess &&
              add_cast(c, text, type, NEVER, to_text) && add_cast(c, type, text, TEXT_COST, to_text) &&
              add_cast(c, type, bytes, BYTES_COST, to_bytes) &&
              add_cast(c, type, zoned, MOMENT_COST, to_timestamptz) &&
              add_cast(c, type, plain, MOMENT_COST + 1, to_timestamp) &&
              add_cast(c, type, date, MOMENT_COST + 2, to_date);
    duckdb_destroy_logical_type(&type);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&bytes);
    duckdb_destroy_logical_type(&zoned);
    duckdb_destroy_logical_type(&plain);
    duckdb_destroy_logical_type(&date);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register type %s", ENGINE_UNKNOWN_TYPE);
}
