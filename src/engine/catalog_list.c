/* A scan hands on the vectors of a snapshot's chunks, as that of catalog_rows.c does. */
#include "engine/catalog_list.h"

#include "base/alloc.h"
#include "engine/catalog_rows.h"
#include "engine/catalog_snapshot.h"
#include "engine/catalog_type_make.h"

#include <assert.h>

struct bound {
    struct engine_conn *conn;
    size_t list, ncolumns;
    const duckdb_data_chunk *fixed;
    size_t nfixed;
};

struct scan {
    struct catalog_snapshot *snapshot;
    const struct catalog_list *list;
    size_t next, ncolumns;
    idx_t columns[CATALOG_COLUMNS_MAX];
};

static void scan_free(void *p)
{
    struct scan *s = p;
    if (s)
        catalog_snapshot_unref(s->snapshot);
    mem_free(s);
}

static size_t named_list(duckdb_bind_info info)
{
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    char *name = duckdb_get_varchar(value);
    size_t list = name ? catalog_list_find(name) : SQL_LISTS_MAX;
    duckdb_free(name);
    duckdb_destroy_value(&value);
    return list;
}

/* The connection that the statement is bound on. */
static bool need(duckdb_bind_info info, size_t list, struct engine_conn **out)
{
    duckdb_client_context context;
    duckdb_table_function_get_client_context(info, &context);
    bool found = catalog_slot_need(duckdb_bind_get_extra_info(info), context, list, out);
    duckdb_destroy_client_context(&context);
    return found;
}

/* The rows need not be there yet: the bind notes that the statement needs the list, and tells the engine's
 * planner how many rows it had when it was read last. */
static void bind_list(duckdb_bind_info info)
{
    size_t list = named_list(info), nfixed = 0;
    struct bound *b = mem_calloc(1, sizeof *b);
    if (!b || list == SQL_LISTS_MAX || !need(info, list, &b->conn)) {
        duckdb_bind_set_error(info, b ? "there is no such list" : "out of memory");
        mem_free(b);
        return;
    }
    b->list = list;
    const struct sql_catalog_column *columns = catalog_list_columns(list, &b->ncolumns);
    for (size_t i = 0; i < b->ncolumns; i++) {
        duckdb_logical_type type = catalog_types_make(columns[i].type);
        duckdb_bind_add_result_column(info, columns[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
    if (!sql_catalog_lists[list].columns)
        b->fixed = catalog_rows_chunks(sql_catalog_lists[list].name, &b->nfixed, &nfixed);
    duckdb_bind_set_cardinality(info, nfixed + catalog_list_rows(list), false);
    duckdb_bind_set_bind_data(info, b, mem_free);
}

/* The scan holds a reference to the snapshot, so that the rows stay even if the connection forgets it
 * while the statement runs. */
static void start_list(duckdb_init_info info)
{
    const struct bound *b = duckdb_init_get_bind_data(info);
    struct scan *s = mem_calloc(1, sizeof *s);
    assert(b && b->conn);
    if (!s) {
        duckdb_init_set_error(info, "out of memory");
        return;
    }
    s->snapshot = catalog_slot_take(b->conn);
    s->list = catalog_snapshot_list(s->snapshot, b->list);
    if (!s->list) {
        scan_free(s);
        duckdb_init_set_error(info, "the catalog was not read before the statement");
        return;
    }
    s->ncolumns = duckdb_init_get_column_count(info);
    assert(s->ncolumns <= CATALOG_COLUMNS_MAX);
    for (size_t i = 0; i < s->ncolumns; i++)
        s->columns[i] = duckdb_init_get_column_index(info, i);
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, s, scan_free);
}

static void give_list(duckdb_function_info info, duckdb_data_chunk out)
{
    const struct bound *b = duckdb_function_get_bind_data(info);
    struct scan *s = duckdb_function_get_init_data(info);
    assert(b && s && s->list);
    if (s->next == b->nfixed + s->list->own.nchunks) {
        duckdb_data_chunk_set_size(out, 0);
        return;
    }
    duckdb_data_chunk in = s->next < b->nfixed ? b->fixed[s->next] : s->list->own.chunks[s->next - b->nfixed];
    s->next++;
    for (size_t i = 0; i < s->ncolumns; i++)
        if (s->columns[i] < b->ncolumns) /* the others are not read: count(*) */
            duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                           duckdb_data_chunk_get_vector(in, s->columns[i]));
    duckdb_data_chunk_set_size(out, duckdb_data_chunk_get_size(in));
}

int catalog_list_register(struct engine_conn *c, struct err *e)
{
    duckdb_table_function f = duckdb_create_table_function();
    duckdb_logical_type name = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_table_function_set_name(f, "tavana_list");
    duckdb_table_function_set_extra_info(f, c->engine, NULL);
    duckdb_table_function_add_parameter(f, name);
    duckdb_table_function_set_bind(f, bind_list);
    duckdb_table_function_set_init(f, start_list);
    duckdb_table_function_set_function(f, give_list);
    duckdb_table_function_supports_projection_pushdown(f, true);
    duckdb_state state = duckdb_register_table_function(c->conn, f);
    duckdb_destroy_logical_type(&name);
    duckdb_destroy_table_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register function tavana_list");
}
