#include "engine/cast.h"

#include "base/cleanup.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"

#include <assert.h>
#include <stdio.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024 };

bool cast_add(struct engine_conn *c, const struct cast_spec *spec)
{
    assert(c && spec->call && (spec->extra || !spec->destroy));
    duckdb_cast_function f = duckdb_create_cast_function();
    duckdb_cast_function_set_source_type(f, spec->from);
    duckdb_cast_function_set_target_type(f, spec->to);
    duckdb_cast_function_set_implicit_cast_cost(f, spec->cost);
    duckdb_cast_function_set_function(f, spec->call);
    duckdb_cast_function_set_extra_info(f, spec->extra, spec->destroy);
    bool ok = duckdb_register_cast_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_cast_function(&f);
    return ok;
}

/* An error in the words that the engine hands back unchanged. */
struct words {
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
};

static const char *words_of(const struct err *e, struct words *w)
{
    assert(err_is_set(e));
    (void)snprintf(w->text, sizeof w->text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e->code), e->message);
    return w->text;
}

bool cast_fail(duckdb_function_info info, const struct err *e)
{
    struct words w;
    duckdb_cast_function_set_error(info, words_of(e, &w));
    return false;
}

bool cast_refuse(duckdb_function_info info, duckdb_vector out, idx_t row, const struct err *e)
{
    struct words w;
    if (duckdb_cast_function_get_cast_mode(info) != DUCKDB_CAST_TRY)
        return cast_fail(info, e);
    duckdb_cast_function_set_row_error(info, words_of(e, &w), row, out);
    return true;
}

bool cast_strings(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out,
                  cast_value *value, void *arg)
{
    const struct engine_string *from = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    CLEANUP(arena_release) struct arena scratch;
    bool all = true;
    arena_init(&scratch, SCRATCH_MAX);
    for (idx_t i = 0; i < count; i++) {
        struct err e;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        err_init(&e);
        arena_clear(&scratch);
        if (value(arg, &from[i], &scratch, out, i, &e) == ST_OK)
            continue;
        all = false;
        if (!cast_refuse(info, out, i, &e))
            break;
    }
    return all;
}

bool cast_hand_on(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    (void)info;
    (void)count;
    duckdb_vector_reference_vector(out, in);
    return true;
}
