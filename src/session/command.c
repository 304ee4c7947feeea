/* Statements that the session answers itself: transactions, settings, prepared statements; and those that
 * PostgreSQL has and the engine has not, which say so. */
#include "session/command.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "session/deferred.h"
#include "session/exists.h"
#include "session/session_priv.h"
#include "session/table_like.h"
#include "sql/copy.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The number of a type that was made, by the name that the client says. */
static int made_oid(struct session *s, const char *type, uint32_t *out, struct err *e)
{
    struct ask_rows rows;
    int64_t oid = 0;
    const char *literal = step_literal(s, type);
    const char *sql =
        literal ? step_text(s, "SELECT tavana_catalog.pg.to_regtype(%s)::BIGINT", literal) : NULL;
    struct err why;
    err_init(&why);
    int st = sql ? session_ask(s, sql, &rows, &why) : err_oom(&why);
    bool none = st < 0 && why.code == SQLSTATE_UNDEFINED_TABLE; /* an engine without a catalog of ours */
    if (st < 0 && !none) {
        *e = why;
        return st;
    }
    const char *number = !none && rows.n ? ask_value(&rows, 0, 0) : NULL;
    if (!number || !str_to_i64(str_of(number), 1, UINT32_MAX, &oid))
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", type);
    *out = (uint32_t)oid;
    return ST_OK;
}

static int prepare_oids(struct session *s, const struct sql_prepare *p, uint32_t **out, struct err *e)
{
    uint32_t *oids = arena_calloc(&s->message_arena, p->ntypes, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < p->ntypes; i++) {
        oids[i] = pgtype_by_name(str_of(p->types[i]));
        if (!oids[i])
            TRY(made_oid(s, p->types[i], &oids[i], e));
    }
    *out = oids;
    return ST_OK;
}

static int run_prepare(struct session *s, struct statement *command, struct err *e)
{
    uint32_t *oids = NULL;
    TRY(statement_parse(s, command, e));
    const struct sql_prepare *p = &command->sql.parsed->prepare;
    TRY(prepare_oids(s, p, &oids, e));
    if (statement_find(s, p->name))
        return err_set(e, SQLSTATE_DUPLICATE_PREPARED_STATEMENT, "prepared statement \"%s\" already exists",
                       p->name);
    struct statement *st;
    const struct sql_tokens whole = sql_statement_tokens(&command->sql);
    TRY(statement_new(s, p->name, sql_tokens_part(&whole, p->query), oids, p->ntypes, &st, e));
    int rc = ST_OK;
    if (!st->engine) /* as PostgreSQL: only what plans; DDL is allowed here, since the engine plans it */
        rc = err_set(e, SQLSTATE_SYNTAX_ERROR, "%s cannot be prepared", st->sql.word);
    if (rc == ST_OK)
        rc = statement_set_source(st, s->message.query, e);
    if (rc == ST_OK)
        rc = statement_add(s, st, e);
    if (rc < 0)
        statement_free(st);
    else
        st->from_sql = true;
    return rc;
}

static int run_deallocate(struct session *s, struct statement *command, struct command_result *r,
                          struct err *e)
{
    TRY(statement_parse(s, command, e));
    const char *name = command->sql.parsed->name.name;
    (void)snprintf(r->tag, sizeof r->tag, name ? "DEALLOCATE" : "DEALLOCATE ALL");
    if (!name) {
        statements_drop_all(s);
        return ST_OK;
    }
    struct statement *st = statement_find(s, name);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                       name);
    statement_drop(s, st);
    return ST_OK;
}

static int discard_all(struct session *s, struct err *e)
{
    if (s->tx.state != TX_IDLE)
        return err_set(e, SQLSTATE_ACTIVE_SQL_TRANSACTION,
                       "DISCARD ALL cannot run inside a transaction block");
    portals_drop_all(s);
    statements_drop_all(s);
    advisory_unlock_all(s);
    TRY(notify_unlisten(s, NULL, e));
    notify_committed(s);
    TRY(settings_reset_all(&s->settings, false, e));
    TRY(session_engine_reset(s, e));
    return session_apply_settings(s, e);
}

/* Views first: they are of tables. What is in a macro stays: PostgreSQL has no temporary functions. */
static int discard_temp(struct session *s, struct err *e)
{
    struct ask_rows rows;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, false, e));
    TRY(session_ask(
        s,
        "SELECT system.main.format('DROP {} temp.main.\"{}\" CASCADE', kind, system.main.replace(name, '\"', "
        "'\"\"')) FROM (SELECT 1 AS n, 'VIEW' AS kind, view_name AS name, view_oid AS oid FROM "
        "system.main.duckdb_views() WHERE database_name = 'temp' AND NOT internal UNION ALL SELECT 2, "
        "'TABLE', "
        "table_name, table_oid FROM system.main.duckdb_tables() WHERE database_name = 'temp' AND NOT "
        "internal "
        "UNION ALL SELECT 3, 'SEQUENCE', sequence_name, sequence_oid FROM system.main.duckdb_sequences() "
        "WHERE "
        "database_name = 'temp') ORDER BY n, oid DESC",
        &rows, e));
    if (rows.n == 0)
        return ST_OK;
    TRY(portals_start_readers(s, s->portals.running, e));
    tx_writes(s);
    for (size_t i = 0; i < rows.n; i++)
        TRY(step_run(s, ask_text(&rows, i, 0), e));
    return ST_OK;
}

/* currval and lastval know nothing from here on. */
static int discard_sequences(struct session *s, struct err *e)
{
    struct ask_rows ignored;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, false, e));
    return session_ask(s, "SELECT system.main.tavana_of_no_sequence()", &ignored, e);
}

static int run_discard(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    TRY(statement_parse(s, st, e));
    enum sql_discard what = st->sql.parsed->discard;
    static const char *const tags[] = {
        [SQL_DISCARD_ALL] = "DISCARD ALL",
        [SQL_DISCARD_PLANS] = "DISCARD PLANS",
        [SQL_DISCARD_SEQUENCES] = "DISCARD SEQUENCES",
        [SQL_DISCARD_TEMP] = "DISCARD TEMP",
    };
    (void)snprintf(r->tag, sizeof r->tag, "%s", tags[what]);
    switch (what) {
    case SQL_DISCARD_ALL: return discard_all(s, e);
    case SQL_DISCARD_PLANS: return ST_OK; /* plans are made anew when they are stale */
    case SQL_DISCARD_SEQUENCES: return discard_sequences(s, e);
    case SQL_DISCARD_TEMP: return discard_temp(s, e);
    }
    return ST_OK;
}

static int run_close(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_name *n = &st->sql.parsed->name;
    (void)snprintf(r->tag, sizeof r->tag, n->name ? "CLOSE CURSOR" : "CLOSE CURSOR ALL");
    if (!n->name) {
        portals_drop_all(s);
        return ST_OK;
    }
    if (!*n->name)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "invalid cursor name: must not be empty");
    struct portal *p = portal_find(s, n->name);
    if (!p)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", n->name);
    if (p == s->portals.running)
        return err_set(e, SQLSTATE_INVALID_CURSOR_STATE, "cannot drop active portal \"%s\"", n->name);
    portal_drop(s, p);
    return ST_OK;
}

static int run_notify(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_name *n = &st->sql.parsed->name;
    (void)snprintf(r->tag, sizeof r->tag, "%s", st->sql.word);
    TRY(tx_implicit_begin(s, e)); /* it counts from its end on */
    switch (st->sql.kind) {
    case SQL_LISTEN: return notify_listen(s, n->name, e);
    case SQL_UNLISTEN: return notify_unlisten(s, n->name, e);
    default: return notify_send(s, n->name, n->payload, e);
    }
}

/* A command that may name domains, with what they are made of. */
static int run_spelled(struct session *s, struct statement *st,
                       int (*run)(struct session *, struct statement *, struct command_result *,
                                  struct err *),
                       struct command_result *r, struct err *e)
{
    struct sql_rewritten spelled;
    struct statement *made;
    if (!means_postgres(s))
        return run(s, st, r, e);
    TRY(domains_spell(s, &s->message_arena, sql_statement_tokens(&st->sql), &spelled, e));
    if (spelled.nedits == 0)
        return run(s, st, r, e);
    TRY(statement_new(s, "", sql_tokens_of(spelled.text), NULL, 0, &made, e));
    int rc = run(s, made, r, e);
    statement_free(made);
    if (rc < 0 && e->position)
        e->position = sql_rewrite_position(&spelled, st->sql.text, e->position);
    return rc;
}

int command_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    bool done;
    switch (st->sql.kind) {
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT:
    case SQL_PREPARE_TRANSACTION: return tx_command(s, st, r, e);
    case SQL_SET:
    case SQL_RESET: return set_run(s, st, r, e);
    case SQL_SHOW: return show_run(s, st, r, e);
    case SQL_DISCARD: return run_discard(s, st, r, e);
    case SQL_PREPARE: (void)snprintf(r->tag, sizeof r->tag, "PREPARE"); return run_prepare(s, st, e);
    case SQL_DEALLOCATE: return run_deallocate(s, st, r, e);
    case SQL_CLOSE: return run_close(s, st, r, e);
    case SQL_LISTEN:
    case SQL_UNLISTEN:
    case SQL_NOTIFY: return run_notify(s, st, r, e);
    case SQL_COPY: return copy_run(s, st, r, e);
    case SQL_TABLE:
        TRY(table_like_run(s, st, command_run, r, &done, e));
        if (done)
            return ST_OK;
        TRY(exists_tell(s, st->sql.text, e));
        TRY(run_spelled(s, st, table_run, r, e));
        deferred_tell(s, &st->sql);
        return ST_OK;
    case SQL_ALTER:
        TRY(run_spelled(s, st, alter_run, r, e));
        deferred_tell(s, &st->sql);
        return ST_OK;
    case SQL_INDEX: return index_run(s, st, r, e);
    case SQL_SEVERAL: TRY(exists_tell(s, st->sql.text, e)); return several_run(s, st, r, e);
    case SQL_SET_CONFIG: return set_config_run(s, st, r, e);
    case SQL_MATVIEW: return matview_run(s, st, r, e);
    case SQL_FUNCTION: return function_run(s, st, r, e);
    case SQL_TYPE: return types_run(s, st, r, e);
    case SQL_DOMAIN: return domains_run(s, st, r, e);
    case SQL_UTILITY: TRY(exists_tell(s, st->sql.text, e)); return utility_run(s, st, r, e);
    case SQL_EMPTY:
    case SQL_ENGINE:
    case SQL_EXECUTE:
    case SQL_DECLARE:
    case SQL_CALL:
    case SQL_DO:
    case SQL_CALLS:
    case SQL_EXPLAIN:
    case SQL_FETCH: break; /* never come here: see execute.c */
    }
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "%s is not a command of the session", st->sql.word);
}
