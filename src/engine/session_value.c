/* The connection is found when the call is bound, by its number in the statement's context, and outlives its
 * statements. NULL on a connection that is no session's. */
#include "engine/session_value.h"

#include "engine/catalog_snapshot.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/nulls.h"

#include <assert.h>
#include <string.h>

static void *same(void *p)
{
    return p;
}

static void bind(duckdb_bind_info info)
{
    struct engine *en = duckdb_scalar_function_bind_get_extra_info(info);
    duckdb_client_context context;
    struct engine_conn *c = NULL;
    assert(en);
    duckdb_scalar_function_get_client_context(info, &context);
    bool found = catalog_slot_need(en, context, SQL_LISTS_MAX, &c);
    duckdb_destroy_client_context(&context);
    if (!found)
        duckdb_scalar_function_bind_set_error(info, "this connection is no session's");
    duckdb_scalar_function_set_bind_data(info, c, NULL);
    duckdb_scalar_function_set_bind_data_copy(info, same);
}

static void give(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    const struct engine_conn *c = duckdb_scalar_function_get_bind_data(info);
    duckdb_vector names = duckdb_data_chunk_get_vector(in, 0);
    const struct engine_string *name = duckdb_vector_get_data(names);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++) {
        const struct str asked = {engine_string_data(&name[row]), name[row].len};
        const char *value = !c                               ? NULL
                            : str_eq(asked, STR("user"))     ? c->user
                            : str_eq(asked, STR("database")) ? c->database
                                                             : NULL;
        if (value)
            duckdb_vector_assign_string_element_len(out, row, value, strlen(value));
        else
            put_null(out, row);
    }
}

int session_value_register(struct engine_conn *c, struct err *e)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(f, "tavana_of_session");
    duckdb_scalar_function_add_parameter(f, text);
    duckdb_scalar_function_set_return_type(f, text);
    duckdb_scalar_function_set_extra_info(f, c->engine, NULL);
    duckdb_scalar_function_set_bind(f, bind);
    duckdb_scalar_function_set_function(f, give);
    bool ok = duckdb_register_scalar_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&f);
    duckdb_destroy_logical_type(&text);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register tavana_of_session");
}
