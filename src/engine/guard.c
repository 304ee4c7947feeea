/* What SQL may not do, though the engine's own locks do not hold it back (guard_hooks.c has how). Closing the
 * guard tries each hook with a statement that has to be refused: with an engine library that is laid out in
 * another way the server does not start. */
#include "engine/guard.h"

#include "base/alloc.h"
#include "engine/guard_conns.h"
#include "engine/guard_files.h"
#include "engine/guard_hooks.h"
#include "engine/guard_owners.h"
#include "engine/guard_plan.h"
#include "engine/guard_priv.h"
#include "engine/guard_sequences.h"

#include <string.h>

int guard_init(struct err *e)
{
    TRY(guard_plan_init(e));
    return guard_hooks_init(e);
}

/* ---- what there is ---- */

/* The first column of a query, a string a row. */
static int for_each_name(struct engine_conn *c, const char *sql,
                         int (*take)(struct engine_conn *c, const char *name, struct err *e), struct err *e)
{
    duckdb_result r;
    int st = ST_OK;
    if (duckdb_query(c->conn, sql, &r) != DuckDBSuccess)
        st = engine_error(e, duckdb_result_error(&r), NULL);
    for (idx_t row = 0; st == ST_OK && row < duckdb_row_count(&r); row++) {
        char *name = duckdb_value_varchar(&r, 0, row);
        st = name ? take(c, name, e) : ST_OK;
        duckdb_free(name);
    }
    duckdb_destroy_result(&r);
    return st;
}

static int operators_own(struct engine_conn *c, enum guard_object kind, const char *name, struct err *e)
{
    if (guard_owners_put(c->engine, kind, str_of(name), 0))
        return ST_OK;
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "the name \"%s\" is too long to be kept", name);
}

static int own_catalog(struct engine_conn *c, const char *name, struct err *e)
{
    return operators_own(c, GUARD_CATALOG, name, e);
}

static int own_secret(struct engine_conn *c, const char *name, struct err *e)
{
    return operators_own(c, GUARD_SECRET, name, e);
}

static int protect_database(struct engine_conn *c, const char *path, struct err *e)
{
    return guard_files_add_database(c->engine, path, e);
}

static int take_stock(struct engine_conn *c, struct err *e)
{
    TRY(for_each_name(c, "SELECT database_name FROM duckdb_databases()", own_catalog, e));
    TRY(for_each_name(c, "SELECT name FROM duckdb_secrets()", own_secret, e));
    return for_each_name(c, "SELECT path FROM duckdb_databases() WHERE path IS NOT NULL AND type = 'duckdb'",
                         protect_database, e);
}

/* ---- closing ---- */

/* What has to be refused, by the hook that does it. */
static const struct {
    const char *sql;
    enum guard_hook hook;
} trials[] = {
    {"FROM system.main.query('SELECT 1')", GUARD_HOOK_LOOKUP},
    {"FROM read_blob('/proc/self/mem')", GUARD_HOOK_FILE},
    {"ATTACH ':memory:' AS tavana_trial", GUARD_HOOK_ATTACH},
    {"DETACH system", GUARD_HOOK_DETACH},
    {"SELECT list_sort(1::VARIANT)", GUARD_HOOK_BIND},
};

static int not_held_back(enum guard_hook hook, struct err *e)
{
    return err_set(e, SQLSTATE_INTERNAL_ERROR,
                   "this engine library is not held back from what SQL may not do: %s",
                   guard_hook_names[hook]);
}

static int try_hooks(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct err why;
        err_init(&why);
        uint64_t before = guard_hooks_reached(trials[i].hook);
        int st = engine_exec(c, trials[i].sql, &why);
        if (st == ST_OK || why.code != SQLSTATE_INSUFFICIENT_PRIVILEGE ||
            guard_hooks_reached(trials[i].hook) == before)
            return not_held_back(trials[i].hook, e);
    }
    return ST_OK;
}

/* A catalog that nobody is known to have attached is not found, though it is the database itself. */
static int try_catalog(struct engine_conn *c, const char *name, struct err *e)
{
    struct err why;
    err_init(&why);
    guard_owners_drop(c->engine, GUARD_CATALOG, str_of(name));
    guard_look_closely(true);
    (void)engine_exec(c, "FROM tavana_trial", &why);
    guard_look_closely(false);
    TRY(operators_own(c, GUARD_CATALOG, name, e));
    return guard_hooks_reached(GUARD_HOOK_DATABASE) > 0 ? ST_OK : not_held_back(GUARD_HOOK_DATABASE, e);
}

static int keep_allowed(struct engine *en, const char *const *allowed, size_t n, struct err *e)
{
    en->allowed = mem_calloc(n + 1, sizeof *en->allowed);
    if (!en->allowed)
        return err_oom(e);
    for (; en->nallowed < n; en->nallowed++)
        if (!(en->allowed[en->nallowed] = mem_strdup(allowed[en->nallowed])))
            return err_oom(e);
    return ST_OK;
}

int guard_close(struct engine_conn *c, const char *const *protect, size_t nprotect,
                const char *const *allowed, size_t nallowed, struct err *e)
{
    struct engine *en = c->engine;
    TRY(take_stock(c, e));
    for (size_t i = 0; i < nprotect; i++)
        TRY(guard_files_add(en, protect[i], e));
    en->guarded = true;
    guard_count(1);
    TRY(try_hooks(c, e));
    TRY(guard_sequences_try(c, e));
    TRY(for_each_name(c, "SELECT current_database()", try_catalog, e));
    return keep_allowed(en, allowed, nallowed, e);
}

void guard_open(struct engine *en)
{
    if (en->guarded)
        guard_count(-1);
    en->guarded = false;
    guard_files_remove(en);
    guard_owners_forget(en);
    for (size_t i = 0; i < en->nallowed; i++)
        mem_free(en->allowed[i]);
    mem_free(en->allowed);
}
