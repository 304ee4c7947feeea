/* Prepared statements: what they take and what they give, without running them. */
#include "engine/statement.h"

#include "engine/engine_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "engine/composite_types.h"
#include "engine/guard_conns.h"
#include "engine/guard_plan.h"
#include "engine/lake_lock.h"
#include "engine/literal_zone.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)

static enum engine_kind kind_of(duckdb_statement_type t)
{
    switch (t) {
    case DUCKDB_STATEMENT_TYPE_SELECT: return ENGINE_STMT_SELECT;
    case DUCKDB_STATEMENT_TYPE_INSERT: return ENGINE_STMT_INSERT;
    case DUCKDB_STATEMENT_TYPE_UPDATE: return ENGINE_STMT_UPDATE;
    case DUCKDB_STATEMENT_TYPE_DELETE: return ENGINE_STMT_DELETE;
    case DUCKDB_STATEMENT_TYPE_MERGE_INTO: return ENGINE_STMT_MERGE;
    case DUCKDB_STATEMENT_TYPE_EXPLAIN: return ENGINE_STMT_EXPLAIN;
    case DUCKDB_STATEMENT_TYPE_CREATE:
    case DUCKDB_STATEMENT_TYPE_CREATE_FUNC: return ENGINE_STMT_CREATE;
    case DUCKDB_STATEMENT_TYPE_DROP: return ENGINE_STMT_DROP;
    case DUCKDB_STATEMENT_TYPE_ALTER: return ENGINE_STMT_ALTER;
    case DUCKDB_STATEMENT_TYPE_TRANSACTION: return ENGINE_STMT_TRANSACTION;
    case DUCKDB_STATEMENT_TYPE_COPY: return ENGINE_STMT_COPY;
    case DUCKDB_STATEMENT_TYPE_VARIABLE_SET:
    case DUCKDB_STATEMENT_TYPE_SET: return ENGINE_STMT_SET;
    case DUCKDB_STATEMENT_TYPE_PRAGMA: return ENGINE_STMT_PRAGMA;
    case DUCKDB_STATEMENT_TYPE_CALL: return ENGINE_STMT_CALL;
    case DUCKDB_STATEMENT_TYPE_PREPARE: return ENGINE_STMT_PREPARE;
    case DUCKDB_STATEMENT_TYPE_EXECUTE: return ENGINE_STMT_EXECUTE;
    case DUCKDB_STATEMENT_TYPE_ANALYZE:
    case DUCKDB_STATEMENT_TYPE_VACUUM: return ENGINE_STMT_VACUUM;
    case DUCKDB_STATEMENT_TYPE_ATTACH: return ENGINE_STMT_ATTACH;
    case DUCKDB_STATEMENT_TYPE_DETACH: return ENGINE_STMT_DETACH;
    case DUCKDB_STATEMENT_TYPE_LOAD:
    case DUCKDB_STATEMENT_TYPE_UPDATE_EXTENSIONS: return ENGINE_STMT_LOAD;
    case DUCKDB_STATEMENT_TYPE_EXPORT: return ENGINE_STMT_EXPORT;
    case DUCKDB_STATEMENT_TYPE_COPY_DATABASE: return ENGINE_STMT_COPY_DATABASE;
    default: return ENGINE_STMT_OTHER;
    }
}

/* The engine takes values by number only where all numbers from 1 are used, and lets parameters have names.
 */
static int check_param(const struct engine_stmt *st, size_t number, struct err *e)
{
    char *name = (char *)(uintptr_t)duckdb_parameter_name(st->prepared, number);
    int64_t n = 0;
    bool used = name != NULL;
    bool numbered = used && str_to_i64(str_of(name), (int64_t)number, (int64_t)number, &n);
    duckdb_free(name);
    if (!used)
        return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE, "could not determine data type of parameter $%zu",
                       number);
    if (!numbered)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "parameters must be numbered: $1, $2 …");
    return ST_OK;
}

static int read_params(struct engine_stmt *st, struct err *e)
{
    st->info.nparams = duckdb_nparams(st->prepared);
    if (st->info.nparams > ENGINE_PARAMS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a statement can have at most %d parameters",
                       ENGINE_PARAMS_MAX);
    const struct engine_column_type **types = arena_calloc(&st->arena, st->info.nparams, sizeof(void *));
    if (!types)
        return err_oom(e);
    st->info.params = types;
    for (size_t i = 0; i < st->info.nparams; i++) {
        TRY(check_param(st, i + 1, e));
        if (duckdb_param_type(st->prepared, i + 1) == DUCKDB_TYPE_INVALID)
            continue;
        duckdb_logical_type type = duckdb_param_logical_type(st->prepared, i + 1);
        if (!type)
            continue;
        int status = engine_type_new(&st->arena, type, &types[i], e);
        duckdb_destroy_logical_type(&type);
        TRY(status);
    }
    return ST_OK;
}

/* One column without a type is how the engine says that it does not know any before all parameters have
 * types. */
static int read_columns(struct engine_stmt *st, struct err *e)
{
    size_t n = duckdb_prepared_statement_column_count(st->prepared);
    if (n == 1 && duckdb_prepared_statement_column_type(st->prepared, 0) == DUCKDB_TYPE_INVALID) {
        st->info.unresolved = true;
        return ST_OK;
    }
    if (n > ENGINE_RESULT_COLUMNS_MAX)
        return err_set(e, SQLSTATE_TOO_MANY_COLUMNS, "target lists can have at most %d entries",
                       ENGINE_RESULT_COLUMNS_MAX);
    const struct engine_column_type **types = arena_calloc(&st->arena, n, sizeof(void *));
    const char **names = arena_calloc(&st->arena, n, sizeof(void *));
    if (!types || !names)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        char *name = (char *)(uintptr_t)duckdb_prepared_statement_column_name(st->prepared, i);
        names[i] = name ? arena_strndup(&st->arena, name, strcspn(name, SQL_NAME_MARK)) : NULL;
        duckdb_free(name);
        if (!names[i])
            return err_oom(e);
        duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(st->prepared, i);
        int status = engine_type_new(&st->arena, type, &types[i], e);
        duckdb_destroy_logical_type(&type);
        TRY(status);
    }
    st->info.names = names;
    st->info.types = types;
    st->info.ncolumns = n;
    return ST_OK;
}

static int stmt_new(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e)
{
    struct engine_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    arena_init(&st->arena, ENGINE_TYPES_MAX);
    st->conn = c;
    st->sql = mem_strndup(sql.p, sql.n);
    if (!st->sql) {
        engine_stmt_free(st);
        return err_oom(e);
    }
    *out = st;
    return ST_OK;
}

static int describe(struct engine_stmt *st, duckdb_state prepared, struct err *e)
{
    if (prepared != DuckDBSuccess)
        return engine_error(e, st->prepared ? duckdb_prepare_error(st->prepared) : NULL, st->sql);
    st->info.kind = kind_of(duckdb_prepared_statement_type(st->prepared));
    TRY(read_params(st, e));
    return read_columns(st, e);
}

int engine_prepare(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *st = NULL;
    TRY(stmt_new(c, sql, &st, e));
    TRY(composite_types_prepare(c, &st->sql, e));
    guard_statement(c, st->sql, true);
    c->catalog_needs = 0;
    bool locked = lake_lock_enter(c->engine);
    literal_zone_of(c);
    struct guard_plan was;
    guard_plan_begin(&was, c, sql.n);
    duckdb_state state = duckdb_prepare(c->conn, st->sql, &st->prepared);
    guard_plan_end(&was);
    literal_zone_of(NULL);
    lake_lock_leave(c->engine, locked);
    TRY(describe(st, state, e));
    st->info.catalog = c->catalog_needs;
    *out = TAKE_PTR(st);
    return ST_OK;
}

/* ---- statements that the engine expands ----
 * PIVOT without a list of values becomes two statements: one makes a temporary type of the values that there
 * are, the other uses it. The first is run here, each time, since its values may have changed. */

/* One that goes before the last: it makes a temporary type. */
static int run_part(struct engine_stmt *st, duckdb_extracted_statements parts, size_t i, struct err *e)
{
    duckdb_prepared_statement part = NULL;
    duckdb_result r = {0};
    int status = ST_OK;
    if (duckdb_prepare_extracted_statement(st->conn->conn, parts, i, &part) != DuckDBSuccess) {
        status = engine_error(e, part ? duckdb_prepare_error(part) : NULL, st->sql);
    } else if (duckdb_prepared_statement_type(part) != DUCKDB_STATEMENT_TYPE_CREATE) {
        status = err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                         "the engine would run this statement in several steps");
        err_hint(e, "List the values of PIVOT with IN (…).");
    } else {
        struct helpers *h = st->conn->engine->helpers;
        struct helped_call call;
        helpers_call_begin(h, &call);
        duckdb_state state = duckdb_execute_prepared(part, &r);
        helpers_call_end(h, &call);
        if (state != DuckDBSuccess)
            status = engine_error(e, duckdb_result_error(&r), st->sql);
        duckdb_destroy_result(&r);
    }
    duckdb_destroy_prepare(&part);
    return status;
}

static int run_parts(struct engine_stmt *st, duckdb_extracted_statements parts, size_t n, struct err *e)
{
    if (n == 0)
        return engine_error(e, duckdb_extract_statements_error(parts), st->sql);
    assert(!st->prepared); /* describe is for the last part alone */
    for (size_t i = 0; i + 1 < n; i++)
        TRY(run_part(st, parts, i, e));
    TRY(describe(st, duckdb_prepare_extracted_statement(st->conn->conn, parts, n - 1, &st->prepared), e));
    if (st->info.kind != ENGINE_STMT_SELECT)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "the engine would run this statement in several steps");
    return ST_OK;
}

int engine_prepare_expanded(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *st = NULL;
    TRY(stmt_new(c, sql, &st, e));
    guard_statement(c, st->sql, true);
    c->catalog_needs = 0;
    duckdb_extracted_statements parts = NULL;
    struct guard_plan was;
    guard_plan_begin(&was, c, sql.n);
    size_t n = duckdb_extract_statements(c->conn, st->sql, &parts);
    bool locked = lake_lock_enter(c->engine);
    int status = run_parts(st, parts, n, e);
    lake_lock_leave(c->engine, locked);
    duckdb_destroy_extracted(&parts);
    guard_plan_end(&was);
    TRY(status);
    st->info.catalog = c->catalog_needs;
    *out = TAKE_PTR(st);
    return ST_OK;
}

const struct engine_stmt_info *engine_stmt_info(const struct engine_stmt *st)
{
    return &st->info;
}

void engine_stmt_free(struct engine_stmt *st)
{
    if (!st)
        return;
    duckdb_destroy_prepare(&st->prepared);
    arena_release(&st->arena);
    mem_free(st->sql);
    mem_free(st);
}
