/* A materialized view is a table of the engine's whose comment keeps its query, behind a record separator:
 * "comment RS M p query", with u for p when it has not been populated. The query is kept as the engine got
 * it, so that a search path that changes does not change it … as far as names in it are whole. */
#include "session/matview.h"

#include "session/sequence.h"
#include "session/session_priv.h"
#include "sql/matview.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MARK "\x1eM"

/* Whatever relation has the name. Its comment is looked at by mark_of. */
static int look_up(struct session *s, struct str text, struct relation *out, struct err *e)
{
    struct relation_name name;
    char *copy = arena_strndup(&s->message_arena, text.p, text.n);
    if (!copy)
        return err_oom(e);
    TRY(sequence_read_name(copy, &name, e));
    return relation_find(s, &name, "rvSi", out, e);
}

/* Where its query is kept, when it is a materialized view; NULL: it is none. */
static const char *mark_of(const struct relation *r)
{
    return r->found && r->kind == 'r' && r->comment ? strstr(r->comment, MARK) : NULL;
}

/* One that is there, with its query. other: what it is when it is another object. */
static int find(struct session *s, struct str text, enum sqlstate other, bool *there, struct relation *out,
                struct err *e)
{
    TRY(look_up(s, text, out, e));
    *there = mark_of(out) != NULL;
    if (*there)
        return ST_OK;
    if (out->found)
        return err_set(e, other, "\"%s\" is not a materialized view", out->name);
    return ST_OK;
}

/* Writes the query down, behind the comment that clients see. */
static int put_mark(struct session *s, const struct relation *r, bool populated, const char *query,
                    struct err *e)
{
    assert(r->found && r->kind == 'r' && query);
    const char *comment = r->comment ? r->comment : "";
    const char *text = step_text(s, "%.*s" MARK "%c%s", (int)strcspn(comment, "\x1e"), comment,
                                 populated ? 'p' : 'u', query);
    text = text ? step_literal(s, text) : NULL;
    return text ? step_run(s, step_text(s, "COMMENT ON TABLE %s IS %s", r->full, text), e) : err_oom(e);
}

/* "name (a, b)", as sent. */
static const char *named(struct session *s, const struct sql_matview *m)
{
    return step_text(s, "%.*s%.*s", (int)m->names[0].n, m->names[0].p, (int)m->columns.n,
                     m->columns.n ? m->columns.p : "");
}

/* A table of the query's rows, or an empty one of its columns, that knows its query. */
static int create(struct session *s, const struct sql_matview *m, struct command_result *r, struct err *e)
{
    struct relation relation;
    struct str led;
    TRY(look_up(s, m->names[0], &relation, e));
    if (relation.found && m->exists_is_fine) {
        session_notice(s, REPLY_NOTICE, SQLSTATE_DUPLICATE_TABLE, "relation \"%s\" already exists, skipping",
                       relation.name);
        (void)snprintf(r->tag, sizeof r->tag, "CREATE MATERIALIZED VIEW");
        return ST_OK;
    }
    const char *query = step_text(s, "%.*s", (int)m->query.n, m->query.p), *name = named(s, m);
    if (!query || !name)
        return err_oom(e);
    TRY(step_run_sent(
        s, step_text(s, "CREATE TABLE %s AS %s%s", name, query, m->no_data ? " WITH NO DATA" : ""), e));
    TRY(session_lead(s, str_of(query), &led, e));
    TRY(look_up(s, m->names[0], &relation, e));
    assert(relation.found);
    TRY(put_mark(s, &relation, !m->no_data, led.p, e));
    (void)snprintf(r->tag, sizeof r->tag, m->no_data ? "CREATE MATERIALIZED VIEW" : "SELECT");
    return ST_OK;
}

/* The rows alone are new: what refers to the table, and its indexes, stay. */
static int refresh(struct session *s, const struct sql_matview *m, struct command_result *r, struct err *e)
{
    struct relation relation;
    bool there;
    TRY(find(s, m->names[0], SQLSTATE_FEATURE_NOT_SUPPORTED, &there, &relation, e));
    if (!there)
        return err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%.*s\" does not exist", (int)m->names[0].n,
                       m->names[0].p);
    assert(relation.kind == 'r' && relation.full);
    const char *query = mark_of(&relation) + sizeof MARK;
    TRY(step_run(s, step_text(s, "DELETE FROM %s", relation.full), e));
    if (!m->no_data)
        TRY(step_run(s, step_text(s, "INSERT INTO %s %s", relation.full, query), e));
    TRY(put_mark(s, &relation, !m->no_data, query, e));
    (void)snprintf(r->tag, sizeof r->tag, "REFRESH MATERIALIZED VIEW");
    return ST_OK;
}

/* All that are named, or none: an error rolls back those before it. */
static int drop(struct session *s, const struct sql_matview *m, struct command_result *r, struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        struct relation relation;
        bool there;
        TRY(find(s, m->names[i], SQLSTATE_WRONG_OBJECT_TYPE, &there, &relation, e));
        if (!there && !m->exists_is_fine)
            return err_set(e, SQLSTATE_UNDEFINED_TABLE, "materialized view \"%.*s\" does not exist",
                           (int)m->names[i].n, m->names[i].p);
        if (!there)
            session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                           "materialized view \"%.*s\" does not exist, skipping", (int)m->names[i].n,
                           m->names[i].p);
        else
            TRY(step_run(s, step_text(s, "DROP TABLE %s%s", relation.full, m->cascade ? " CASCADE" : ""), e));
    }
    (void)snprintf(r->tag, sizeof r->tag, "DROP MATERIALIZED VIEW");
    return ST_OK;
}

/* The tag of a command that has made a table tells how many rows it has. */
static int count_rows(struct session *s, struct str name, struct command_result *r, struct err *e)
{
    struct relation relation;
    struct ask_rows rows;
    TRY(look_up(s, name, &relation, e));
    assert(relation.found);
    const char *sql = step_text(s, "SELECT count(*) FROM %s", relation.full);
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    (void)snprintf(r->tag, sizeof r->tag, "SELECT %s", ask_text(&rows, 0, 0));
    return ST_OK;
}

int matview_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_MATVIEW);
    TRY(statement_parse(s, st, e));
    const struct sql_matview *m = &st->sql.parsed->matview;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    switch (m->what) {
    case SQL_MATVIEW_CREATE:
        TRY(create(s, m, r, e));
        return strcmp(r->tag, "SELECT") == 0 ? count_rows(s, m->names[0], r, e) : ST_OK;
    case SQL_MATVIEW_REFRESH: return refresh(s, m, r, e);
    case SQL_MATVIEW_DROP: return drop(s, m, r, e);
    case SQL_MATVIEW_INTO: break;
    }
    TRY(step_run_sent(s,
                      step_text(s, "CREATE %sTABLE %.*s AS %.*s", m->temporary ? "TEMPORARY " : "",
                                (int)m->names[0].n, m->names[0].p, (int)m->query.n, m->query.p),
                      e));
    return count_rows(s, m->names[0], r, e);
}
