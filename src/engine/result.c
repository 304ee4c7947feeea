/* Running a statement and reading its chunks. The streaming entry points of the C API are marked deprecated
 * without a replacement; this file is the only one that calls them. */
#include "engine/result.h"

#include "engine/engine_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "engine/guard_conns.h"
#include "engine/guard_plan.h"
#include "engine/lake_lock.h"
#include "engine/view.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

struct engine_result {
    duckdb_result result;
    bool has_result;
    char *sql;
    duckdb_data_chunk chunk;
    struct chunk_view view;
    struct column_view *columns; /* of view */
    struct engine_result_info info;
    struct arena arena; /* types, names, the columns' views */
    struct engine_conn *conn;
    bool ended; /* if by a failure, the engine's result keeps it */
};

DEFINE_CLEANUP(struct engine_result, engine_result_free)

/* ---- what is left before its end ---- */

/* The engine keeps a statement that was begun until the next one begins on its connection, and then works
 * its tasks off: to their end, however long that takes, unless they find that they are interrupted. */
static void leave(struct engine_conn *c)
{
    c->begun = NULL;
    duckdb_interrupt(c->conn);
}

/* ---- running ---- */

/* CREATE TABLE … AS answers "nothing" and yet has a row with its count. */
static uint64_t hidden_count(struct engine_result *r)
{
    const char *name = duckdb_column_count(&r->result) == 1 ? duckdb_column_name(&r->result, 0) : NULL;
    uint64_t count = 0;
    if (!name || strcmp(name, "Count") != 0 || duckdb_column_type(&r->result, 0) != DUCKDB_TYPE_BIGINT)
        return 0;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(r->result);
    if (!chunk)
        return 0;
    if (duckdb_data_chunk_get_size(chunk) == 1)
        count = *(const uint64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    duckdb_destroy_data_chunk(&chunk);
    return count;
}

/* A view a column is made once; each chunk only points it at its vectors. */
static int describe(struct engine_result *r, struct err *e)
{
    switch (duckdb_result_return_type(r->result)) {
    case DUCKDB_RESULT_TYPE_CHANGED_ROWS:
        r->info.answer = ENGINE_CHANGED;
        r->info.changed = duckdb_rows_changed(&r->result);
        return ST_OK;
    case DUCKDB_RESULT_TYPE_QUERY_RESULT: r->info.answer = ENGINE_ROWS; break;
    default:
        r->info.answer = ENGINE_NOTHING;
        r->info.changed = hidden_count(r);
        return ST_OK;
    }
    size_t n = duckdb_column_count(&r->result);
    const struct engine_column_type **types = arena_calloc(&r->arena, n, sizeof(void *));
    const char **names = arena_calloc(&r->arena, n, sizeof(void *));
    r->columns = arena_calloc(&r->arena, n, sizeof *r->columns);
    if (!types || !names || !r->columns)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        const char *name = duckdb_column_name(&r->result, i);
        if (!name || !(names[i] = arena_strndup(&r->arena, name, strcspn(name, SQL_NAME_MARK))))
            return err_oom(e);
        duckdb_logical_type type = duckdb_column_logical_type(&r->result, i);
        int st = engine_type_new(&r->arena, type, &types[i], e);
        duckdb_destroy_logical_type(&type);
        TRY(st);
        TRY(engine_view_new(&r->arena, types[i], &r->columns[i], e));
    }
    r->info.names = names;
    r->info.types = types;
    r->info.ncolumns = n;
    r->view.columns = r->columns;
    r->view.ncolumns = n;
    return ST_OK;
}

/* An interrupt counts from here on: starting a statement has reset the engine's flag. */
static int execute(struct engine_result *r, duckdb_pending_result pending, const bool *cancelled,
                   struct err *e)
{
    if (cancelled && __atomic_load_n(cancelled, __ATOMIC_SEQ_CST))
        return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
    r->has_result = true;
    struct helped_call call;
    helpers_call_begin(r->conn->engine->helpers, &call);
    duckdb_state state = duckdb_execute_pending(pending, &r->result);
    helpers_call_end(r->conn->engine->helpers, &call);
    if (state == DuckDBSuccess)
        return ST_OK;
    const char *why = duckdb_result_error(&r->result);
    return engine_error(e, why ? why : duckdb_pending_error(pending), r->sql);
}

/* Looked at between the start of a statement, which takes its snapshot, and its first work. */
struct condition {
    bool (*good)(void *arg); /* NULL: none */
    void *arg;
};

/* CREATE TABLE … AS counts its rows, CREATE SECRET does not. */
static bool is_query(const struct engine_stmt_info *info)
{
    switch (info->kind) {
    case ENGINE_STMT_SELECT:
    case ENGINE_STMT_INSERT:
    case ENGINE_STMT_UPDATE:
    case ENGINE_STMT_DELETE:
    case ENGINE_STMT_MERGE:
    case ENGINE_STMT_COPY: return true;
    case ENGINE_STMT_CREATE: return info->ncolumns == 1 && strcmp(info->names[0], "Count") == 0;
    default: return false;
    }
}

static int run_if_good(struct engine_result *r, struct engine_stmt *st, enum engine_mode mode,
                       const bool *cancelled, const struct condition *c, struct err *e)
{
    duckdb_pending_result pending = NULL;
    guard_statement(st->conn, st->sql, is_query(&st->info));
    bool locked = lake_lock_enter(st->conn->engine), lists = locked && lake_lock_lists_objects(st->sql);
    struct guard_plan was;
    guard_plan_begin(&was, st->conn, strlen(st->sql));
    duckdb_state state = mode == ENGINE_STREAM ? duckdb_pending_prepared_streaming(st->prepared, &pending)
                                               : duckdb_pending_prepared(st->prepared, &pending);
    guard_plan_end(&was);
    if (!lists)
        lake_lock_leave(st->conn->engine, locked);
    int status;
    st->conn->begun = state == DuckDBSuccess ? r : NULL;
    if (state != DuckDBSuccess)
        status = engine_error(e, pending ? duckdb_pending_error(pending) : NULL, r->sql);
    else
        status = c->good && !c->good(c->arg) ? ST_AGAIN : execute(r, pending, cancelled, e);
    if (status != ST_OK && st->conn->begun)
        leave(st->conn);
    if (mode != ENGINE_STREAM)
        st->conn->begun = NULL;
    if (lists)
        lake_lock_leave(st->conn->engine, locked);
    duckdb_destroy_pending(&pending);
    return status;
}

int engine_run(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
               struct engine_result **out, struct err *e)
{
    return engine_run_if(st, mode, cancelled, NULL, NULL, out, e);
}

int engine_run_if(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
                  bool (*good)(void *arg), void *arg, struct engine_result **out, struct err *e)
{
    CLEANUP(engine_result_freep) struct engine_result *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_oom(e);
    arena_init(&r->arena, ENGINE_TYPES_MAX);
    r->conn = st->conn;
    r->sql = mem_strdup(st->sql);
    if (!r->sql)
        return err_oom(e);
    int status = run_if_good(r, st, mode, cancelled, &(struct condition){good, arg}, e);
    if (status != ST_OK)
        return status;
    TRY(describe(r, e));
    assert(r->has_result);
    *out = TAKE_PTR(r);
    return ST_OK;
}

const struct engine_result_info *engine_result_info(const struct engine_result *r)
{
    return &r->info;
}

/* ---- reading ---- */

/* The chunk that was lent last: its vectors go with it. */
static void drop_chunk(struct engine_result *r)
{
    if (r->chunk)
        duckdb_destroy_data_chunk(&r->chunk);
    r->chunk = NULL;
    r->view.nrows = 0;
}

/* No chunk is the end only when there is no error text either. */
static int end_of(struct engine_result *r, struct err *e)
{
    const char *why = duckdb_result_error(&r->result);
    r->ended = true;
    if (r->conn->begun == r)
        r->conn->begun = NULL;
    if (!why || !*why)
        return ST_EOF;
    return engine_error(e, why, r->sql);
}

int engine_result_next(struct engine_result *r, const struct chunk_view **out, struct err *e)
{
    drop_chunk(r);
    if (r->info.answer != ENGINE_ROWS)
        return ST_EOF;
    if (r->ended)
        return end_of(r, e);
    do {
        drop_chunk(r);
        struct helped_call call;
        helpers_call_begin(r->conn->engine->helpers, &call);
        r->chunk = duckdb_fetch_chunk(r->result);
        helpers_call_end(r->conn->engine->helpers, &call);
        if (!r->chunk)
            return end_of(r, e);
        assert(duckdb_data_chunk_get_column_count(r->chunk) ==
               r->view.ncolumns); /* else views point nowhere */
        r->view.nrows = duckdb_data_chunk_get_size(r->chunk);
    } while (r->view.nrows == 0);
    for (size_t i = 0; i < r->view.ncolumns; i++)
        engine_view_point(&r->columns[i], duckdb_data_chunk_get_vector(r->chunk, i), r->view.nrows);
    *out = &r->view;
    return ST_OK;
}

void engine_result_free(struct engine_result *r)
{
    if (!r)
        return;
    drop_chunk(r);
    if (r->conn->begun == r)
        leave(r->conn);
    if (r->has_result)
        duckdb_destroy_result(&r->result);
    arena_release(&r->arena);
    mem_free(r->sql);
    mem_free(r);
}
