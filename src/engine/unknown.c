/* The type is BLOB under a name of its own, so that its casts are its own: it keeps the string as it is
 * written, which is copied where text is wanted and read as PostgreSQL reads a bytea where a BLOB is, and a
 * moment where a TIMESTAMP is. Beside
 * a BLOB the engine takes both for BLOBs, beside a VARCHAR for text; were it a VARCHAR underneath, the engine
 * would compare a column of bytes with it as text. Only statements name it: dialect/ puts it around literals
 * that the two read differently. */
#include "engine/unknown.h"

#include "engine/cast.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>

enum { TEXT_COST = 1, BYTES_COST = 2, MOMENT_COST = 3 };

static int one_to_text(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e)
{
    (void)arg;
    (void)scratch;
    (void)e;
    duckdb_vector_assign_string_element_len(out, row, engine_string_data(from), from->len);
    return ST_OK;
}

static bool to_text(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, n, in, out, one_to_text, NULL);
}

static int one_to_bytes(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                        idx_t row, struct err *e)
{
    struct pg_value v;
    (void)arg;
    TRY(pg_value_decode(scratch, PGTYPE_BYTEA, 0, (const uint8_t *)engine_string_data(from),
                        (int32_t)from->len, tz_utc(), &v, e));
    assert(v.kind == PG_BYTES);
    duckdb_vector_assign_string_element_len(out, row, v.v.text.n ? v.v.text.p : "", v.v.text.n);
    return ST_OK;
}

static bool to_bytes(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, n, in, out, one_to_bytes, NULL);
}

/* Only moments that say their offset are given the type (dialect/literal.c): no zone is asked for. */
static int read_moment(struct arena *scratch, const struct engine_string *string, uint32_t oid, int64_t *out,
                       struct err *e)
{
    struct pg_value v;
    assert(oid == PGTYPE_TIMESTAMP || oid == PGTYPE_TIMESTAMPTZ);
    TRY(pg_value_decode(scratch, oid, 0, (const uint8_t *)engine_string_data(string), (int32_t)string->len,
                        tz_utc(), &v, e));
    if (v.kind != PG_TIMESTAMP && v.kind != PG_TIMESTAMPTZ) /* left to the engine, which reads it no better */
        return err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
                       oid == PGTYPE_TIMESTAMPTZ ? "timestamp with time zone" : "timestamp", (int)string->len,
                       engine_string_data(string));
    *out = v.v.i;
    return ST_OK;
}

static int one_to_moment(void *oid, const struct engine_string *from, struct arena *scratch,
                         duckdb_vector out, idx_t row, struct err *e)
{
    int64_t *moments = duckdb_vector_get_data(out);
    return read_moment(scratch, from, *(const uint32_t *)oid, &moments[row], e);
}

static bool to_timestamptz(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    uint32_t oid = PGTYPE_TIMESTAMPTZ;
    return cast_strings(info, n, in, out, one_to_moment, &oid);
}

static bool to_timestamp(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    uint32_t oid = PGTYPE_TIMESTAMP;
    return cast_strings(info, n, in, out, one_to_moment, &oid);
}

/* The day that is written. */
static int one_to_date(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e)
{
    static const int64_t day = 86400000000;
    int64_t moment;
    (void)arg;
    TRY(read_moment(scratch, from, PGTYPE_TIMESTAMP, &moment, e));
    ((int32_t *)duckdb_vector_get_data(out))[row] = (int32_t)(moment / day - (moment % day < 0));
    return ST_OK;
}

static bool to_date(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, n, in, out, one_to_date, NULL);
}

static bool add(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type to, int64_t cost,
                duckdb_cast_function_t call)
{
    return cast_add(c, &(struct cast_spec){.from = from, .to = to, .cost = cost, .call = call});
}

int unknown_register(struct engine_conn *c, struct err *e)
{
    duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type bytes = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    duckdb_logical_type zoned = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    duckdb_logical_type plain = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    duckdb_logical_type date = duckdb_create_logical_type(DUCKDB_TYPE_DATE);
    duckdb_logical_type_set_alias(type, ENGINE_UNKNOWN_TYPE);
    bool ok = duckdb_register_logical_type(c->conn, type, NULL) == DuckDBSuccess &&
              add(c, text, type, CAST_EXPLICIT, to_text) && add(c, type, text, TEXT_COST, to_text) &&
              add(c, type, bytes, BYTES_COST, to_bytes) && add(c, type, zoned, MOMENT_COST, to_timestamptz) &&
              add(c, type, plain, MOMENT_COST + 1, to_timestamp) &&
              add(c, type, date, MOMENT_COST + 2, to_date);
    duckdb_destroy_logical_type(&type);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&bytes);
    duckdb_destroy_logical_type(&zoned);
    duckdb_destroy_logical_type(&plain);
    duckdb_destroy_logical_type(&date);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register type %s", ENGINE_UNKNOWN_TYPE);
}
