/* The engine asks casts that are registered before its own, so that these take their place, in statements of
 * any dialect: they take more words than the engine's, and read none otherwise. */
#include "engine/text_casts.h"

#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024 };

/* TRY_CAST makes NULL of what is wrong; else the statement ends. Whether it goes on. */
static bool is_tried(duckdb_function_info info, duckdb_vector out, size_t row, const struct err *e)
{
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e->code), e->message);
    if (duckdb_cast_function_get_cast_mode(info) != DUCKDB_CAST_TRY) {
        duckdb_cast_function_set_error(info, text);
        return false;
    }
    duckdb_cast_function_set_row_error(info, text, row, out);
    return true;
}

static bool to_bool(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    bool *values = duckdb_vector_get_data(out), ok = true;
    CLEANUP(arena_release) struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct pg_value v;
        struct err e;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        err_init(&e);
        if (pg_value_decode(&scratch, PGTYPE_BOOL, 0, (const uint8_t *)engine_string_data(&strings[i]),
                            (int32_t)strings[i].len, tz_utc(), &v, &e) < 0) {
            ok = false;
            if (!is_tried(info, out, i, &e))
                return false;
            continue;
        }
        assert(v.kind == PG_BOOL);
        values[i] = v.v.b;
        arena_clear(&scratch);
    }
    return ok;
}

int text_casts_register(struct engine_conn *c, struct err *e)
{
    enum { NEVER = -1 };
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type target = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    duckdb_cast_function cast = duckdb_create_cast_function();
    duckdb_cast_function_set_source_type(cast, text);
    duckdb_cast_function_set_target_type(cast, target);
    duckdb_cast_function_set_implicit_cast_cost(cast, NEVER);
    duckdb_cast_function_set_function(cast, to_bool);
    bool ok = duckdb_register_cast_function(c->conn, cast) == DuckDBSuccess;
    duckdb_destroy_cast_function(&cast);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&target);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the cast of text to boolean");
}
