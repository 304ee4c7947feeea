/* Connections of the engine. Each is known to two lists beside the engine's own: that of the sinks
 * (sink.h) and that of the guard (guard_conns.h), which find out whose a statement is by the engine's
 * context of it. */
#include "engine/connection.h"

#include "engine/engine_priv.h"

#include "base/alloc.h"
#include "engine/guard_conns.h"
#include "engine/guard_fatal.h"
#include "engine/guard_plan.h"
#include "engine/lake_lock.h"
#include "engine/sink_priv.h"

#include <assert.h>

int engine_connect(struct engine *en, struct engine_conn **out, struct err *e)
{
    struct engine_conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    c->engine = en;
    if (duckdb_connect(en->db, &c->conn) != DuckDBSuccess) {
        mem_free(c);
        return err_set(e, SQLSTATE_INSUFFICIENT_RESOURCES, "the engine gives no further connection");
    }
    sink_add(c);
    guard_add(c);
    /* The engine counts string headers only, so its own lookahead is kept at a chunk; ours is counted in
     * bytes. It cannot be set for all connections at once. */
    if (engine_exec(c, "SET streaming_buffer_size = '1KB'", e) != ST_OK) {
        engine_disconnect(c);
        return ST_ERR;
    }
    *out = c;
    return ST_OK;
}

void engine_disconnect(struct engine_conn *c)
{
    if (!c)
        return;
    assert(!c->sink); /* whoever set one takes it away before its memory goes */
    engine_catalog_forget(c);
    guard_remove(c);
    sink_remove(c);
    duckdb_disconnect(&c->conn);
    mem_free(c);
}

void engine_set_owner(struct engine_conn *c, uint64_t owner)
{
    assert(c->guard.owner == 0 ||
           c->guard.owner == owner); /* a connection does not pass from session to session */
    c->guard.owner = owner;
}

void engine_set_session(struct engine_conn *c, const char *user, const char *database,
                        struct sequence_values *sequences)
{
    assert(!c->user && user && database && sequences);
    c->user = user;
    c->database = database;
    c->sequences = sequences;
}

void engine_interrupt(struct engine_conn *c)
{
    duckdb_interrupt(c->conn);
}

static int exec_text(struct engine_conn *c, const char *sql, struct err *e)
{
    struct helped_call call;
    duckdb_result r = {0}; /* without memory the engine leaves it as it is */
    int st = ST_OK;
    guard_statement(c, sql, false);
    helpers_call_begin(c->engine->helpers, &call);
    duckdb_state state = duckdb_query(c->conn, sql, &r);
    helpers_call_end(c->engine->helpers, &call);
    if (state != DuckDBSuccess)
        st = engine_error(e, duckdb_result_error(&r), sql);
    duckdb_destroy_result(&r);
    return st;
}

int engine_exec(struct engine_conn *c, const char *sql, struct err *e)
{
    bool locked = lake_lock_enter(c->engine);
    int st = exec_text(c, sql, e);
    lake_lock_leave(c->engine, locked);
    return st;
}

/* Without the lock: a COMMIT looks at nothing that its transaction has not seen, and may take long. */
int engine_end_transaction(struct engine_conn *c, const char *sql, struct err *e)
{
    guard_critical(true);
    int st = exec_text(c, sql, e);
    guard_critical(false);
    return st;
}

/* The engine's parser tells how many statements a text has, not where they lie: local_split.c finds that. */
int engine_count_statements(struct engine_conn *c, struct str sql, size_t *n, struct err *e)
{
    char *text = mem_strndup(sql.p, sql.n);
    if (!text)
        return err_oom(e);
    duckdb_extracted_statements parts = NULL;
    struct guard_plan was;
    guard_plan_begin(&was, c, sql.n);
    *n = duckdb_extract_statements(c->conn, text, &parts);
    guard_plan_end(&was);
    const char *why = parts ? duckdb_extract_statements_error(parts) : NULL;
    int st = *n == 0 && why ? engine_error(e, why, text) : ST_OK;
    duckdb_destroy_extracted(&parts);
    mem_free(text);
    return st;
}
