/* The connection is found when the call is bound, by its number in the statement's context, and outlives its
 * statements. NULL on a connection that is no session's. */
#include "engine/session_value.h"

#include "engine/catalog_snapshot.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/nulls.h"
#include "engine/sequence_values.h"

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

/* ---- values of sequences ---- */

/* NULL: the connection is no session's. */
static struct sequence_values *sequences_of(duckdb_function_info info)
{
    const struct engine_conn *c = duckdb_scalar_function_get_bind_data(info);
    return c ? c->sequences : NULL;
}

static void put_number(duckdb_vector out, idx_t row, bool known, int64_t value)
{
    if (known)
        ((int64_t *)duckdb_vector_get_data(out))[row] = value;
    else
        put_null(out, row);
}

/* tavana_of_sequence(oid): NULL when the session has taken no value of it. */
static void give_value(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct sequence_values *v = sequences_of(info);
    const int64_t *oids = duckdb_vector_get_data(duckdb_data_chunk_get_vector(in, 0));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++) {
        int64_t value = 0;
        bool known = v && sequence_values_find(v, oids[row], &value);
        put_number(out, row, known, value);
    }
}

/* tavana_of_last_sequence() */
static void give_last(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct sequence_values *v = sequences_of(info);
    int64_t value = 0;
    bool known = v && sequence_values_last(v, &value);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++)
        put_number(out, row, known, value);
}

/* tavana_of_same_sequence(from, to): the second was made in the place of the first. */
static void give_same(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct sequence_values *v = sequences_of(info);
    const int64_t *from = duckdb_vector_get_data(duckdb_data_chunk_get_vector(in, 0));
    const int64_t *to = duckdb_vector_get_data(duckdb_data_chunk_get_vector(in, 1));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++) {
        if (v)
            sequence_values_same(v, from[row], to[row]);
        put_number(out, row, true, to[row]);
    }
}

/* tavana_of_no_sequence(): forgets them. */
static void give_none(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct sequence_values *v = sequences_of(info);
    if (v)
        sequence_values_forget(v);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++)
        put_null(out, row);
}

/* All arguments are of the type of the result. What tells of sequences is asked anew for each row. */
static int add(struct engine_conn *c, const char *name, duckdb_type type, unsigned narguments,
               duckdb_scalar_function_t gives, struct err *e)
{
    duckdb_logical_type t = duckdb_create_logical_type(type);
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(f, name);
    for (unsigned i = 0; i < narguments; i++)
        duckdb_scalar_function_add_parameter(f, t);
    duckdb_scalar_function_set_return_type(f, t);
    if (type == DUCKDB_TYPE_BIGINT)
        duckdb_scalar_function_set_volatile(f);
    duckdb_scalar_function_set_extra_info(f, c->engine, NULL);
    duckdb_scalar_function_set_bind(f, bind);
    duckdb_scalar_function_set_function(f, gives);
    bool ok = duckdb_register_scalar_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&f);
    duckdb_destroy_logical_type(&t);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register %s", name);
}

int session_value_register(struct engine_conn *c, struct err *e)
{
    TRY(add(c, "tavana_of_session", DUCKDB_TYPE_VARCHAR, 1, give, e));
    TRY(add(c, "tavana_of_sequence", DUCKDB_TYPE_BIGINT, 1, give_value, e));
    TRY(add(c, "tavana_of_last_sequence", DUCKDB_TYPE_BIGINT, 0, give_last, e));
    TRY(add(c, "tavana_of_same_sequence", DUCKDB_TYPE_BIGINT, 2, give_same, e));
    return add(c, "tavana_of_no_sequence", DUCKDB_TYPE_BIGINT, 0, give_none, e);
}
