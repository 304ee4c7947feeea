/* Running a portal: rows to the client as they are made, then what ends the answer. */
#include "session/execute.h"

#include "session/session_priv.h"

#include <assert.h>

/* As PostgreSQL: what ends a Query is committed before its client is told that it is done. */
static int complete(struct session *s, const struct execution *how, const char *tag, bool with_count,
                    uint64_t count, struct err *e)
{
    char text[96];
    size_t n = str_copy(str_of(tag), text, sizeof text - 1 - U64_DIGITS_MAX);
    if (how->ends_query)
        TRY(tx_implicit_commit(s, e));
    if (with_count) {
        text[n++] = ' ';
        u64_digits(count, text + n);
    }
    session_note_tag(s, tag);
    s->reply->ops->tag(s->reply, text);
    session_statement_completed(s);
    return ST_OK;
}

static int cannot_run(const struct portal *p, struct err *e)
{
    return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"%s\" cannot be run", p->name);
}

static int execute_engine(struct session *s, struct portal *p, const struct execution *how, struct err *e)
{
    const uint64_t max_rows = how->max_rows ? how->max_rows : PORTAL_ALL;
    if (p->ran && !p->returns_rows)
        return cannot_run(p, e);
    if (!p->writes)
        portal_tell(s, p);
    if (!p->engine->started && p->returns_rows && !p->writes)
        portal_expect(s, p, p->formats, max_rows == PORTAL_ALL);
    TRY(portal_begin(s, p, how->more_follows, e));
    if (!p->returns_rows) {
        portal_runs(p);
        return complete(s, how, p->tag, p->tag_count, p->engine->rows_affected, e);
    }
    uint64_t rows;
    TRY(portal_run(s, p, &(struct portal_run){.count = max_rows, .to = RUN_SEND, .reader = p}, &rows, e));
    if (p->at_end)
        return complete(s, how, p->tag, p->tag_count, rows, e);
    s->reply->ops->suspended(s->reply);
    return ST_OK;
}

static bool counts_rows(const struct sql_statement *sql)
{
    return sql->kind == SQL_FETCH || sql->kind == SQL_SET_CONFIG || sql->kind == SQL_CALLS ||
           (sql->kind == SQL_CALL && sql->parsed && sql->parsed->call.selects);
}

static int execute_command(struct session *s, struct portal *p, const struct execution *how, struct err *e)
{
    const uint64_t max_rows = how->max_rows ? how->max_rows : PORTAL_ALL;
    uint64_t rows = 0;
    if (p->ran && !p->returns_rows)
        return cannot_run(p, e);
    if (p->sql.kind == SQL_FETCH && p->returns_rows && !p->ran && max_rows == PORTAL_ALL) {
        portal_runs(p); /* all that it takes goes to the client as it comes */
        TRY(cursor_pass_on(s, p, &rows, e));
    } else {
        TRY(portal_begin(s, p, false, e));
        if (p->returns_rows)
            TRY(portal_run(s, p, &(struct portal_run){.count = max_rows, .to = RUN_SEND, .reader = p}, &rows,
                           e));
    }
    if (!p->returns_rows || p->at_end)
        return complete(s, how, p->result.tag, p->returns_rows && counts_rows(&p->sql), rows, e);
    s->reply->ops->suspended(s->reply);
    return ST_OK;
}

/* Nobody can stop a transaction's end, so it is not refused for being asked to either: a pool that cancels
 * what it gives up, and then rolls back, has rolled back. */
static bool can_be_stopped(const struct portal *p)
{
    return p->sql.kind != SQL_COMMIT && p->sql.kind != SQL_ROLLBACK;
}

int portal_execute(struct session *s, struct portal *p, const struct execution *how, struct err *e)
{
    assert(p->kind != PORTAL_ENGINE || p->engine);
    struct portal *outer = portals_run_in(s, p);
    if (!s->message.is_query && (p->is_cursor || p->statement))
        activity_begin(s, p->is_cursor ? (struct str){p->source, p->source_len} : p->statement->source);
    int st = can_be_stopped(p) ? session_check_interrupts(s, e) : ST_OK;
    if (st == ST_OK && p->failed)
        st = cannot_run(p, e);
    if (st == ST_OK && p->kind == PORTAL_EMPTY)
        s->reply->ops->empty(s->reply);
    else if (st == ST_OK && p->kind == PORTAL_ENGINE)
        st = execute_engine(s, p, how, e);
    else if (st == ST_OK)
        st = execute_command(s, p, how, e);
    struct portal *inner = portals_run_in(s, outer);
    assert(inner == p);
    if (st < 0) {
        p->failed = true;
        session_name_cancel(s, e);
    }
    if (p->doomed)
        portal_drop(s, p);
    return st;
}
