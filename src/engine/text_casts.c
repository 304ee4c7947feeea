/* The engine asks casts that are registered before its own, so that these take their place, in statements of
 * any dialect: they take more words than the engine's, and read none otherwise. */
#include "engine/text_casts.h"

#include "engine/cast.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>

static int to_bool(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                   idx_t row, struct err *e)
{
    struct pg_value v;
    (void)arg;
    TRY(pg_value_decode(scratch, PGTYPE_BOOL, 0, (const uint8_t *)engine_string_data(from),
                        (int32_t)from->len, tz_utc(), &v, e));
    assert(v.kind == PG_BOOL);
    ((bool *)duckdb_vector_get_data(out))[row] = v.v.b;
    return ST_OK;
}

static bool bools(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, n, in, out, to_bool, NULL);
}

int text_casts_register(struct engine_conn *c, struct err *e)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type target = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    bool ok =
        cast_add(c, &(struct cast_spec){.from = text, .to = target, .cost = CAST_EXPLICIT, .call = bools});
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&target);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the cast of text to boolean");
}
