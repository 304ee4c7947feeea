/* Running a portal: rows to the client as they are made, then what ends the answer. */
#include "base/metric.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <stdio.h>

/* A limit on one statement's result: rows or bytes beyond it end the statement. */
static int check_result_limits(const struct session *s, struct err *e)
{
    const struct session_config *c = session_config(s);
    const char *what = NULL;
    uint64_t limit = 0;
    if (c->max_result_rows && s->statement_rows > c->max_result_rows)
        what = "rows (max_result_rows)", limit = c->max_result_rows;
    else if (c->max_result_bytes && s->statement_bytes > c->max_result_bytes)
        what = "bytes (max_result_bytes)", limit = c->max_result_bytes;
    if (!what)
        return ST_OK;
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "the result is larger than the limit of %llu %s",
                   (unsigned long long)limit, what);
}

static int send_batch(struct session *s, struct row_batch *batch, struct err *e)
{
    s->statement_rows += batch->nrows;
    s->statement_bytes += batch->len;
    TRY(check_result_limits(s, e));
    TRY(session_send_batch(s, batch, e));
    if (!s->first_row_seen) {
        s->first_row_seen = true;
        metric_observe(METRIC_FIRST_ROW_SECONDS, clock_now_us() - s->statement_start_us);
    }
    metric_add(METRIC_ROWS_SENT, batch->nrows);
    return ST_OK;
}

int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e)
{
    struct row_stream *stream;
    TRY(s->engine->ops->fetch(engine, how, &stream, e));
    metric_gauge_add(METRIC_STREAMS, 1);
    struct row_batch *batch;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        st = send_batch(s, batch, e);
        if (st == ST_OK && !engine->complete)
            st = session_flush(s, e);
        if (st == ST_OK)
            st = session_check_interrupts(s, e);
        if (st < 0)
            break;
        *rows += batch->nrows;
    }
    metric_gauge_add(METRIC_STREAMS, -1);
    row_stream_close(stream);
    TRY(st);
    return session_drain(s, e);
}

static void complete(struct session *s, const char *tag, bool with_count, uint64_t count)
{
    char text[96];
    (void)snprintf(text, sizeof text, with_count ? "%s %llu" : "%s", tag, (unsigned long long)count);
    be_command_complete(&s->out, text);
}

static int cannot_run(const struct portal *p, struct err *e)
{
    return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"%s\" cannot be run", p->name);
}

static int start_engine(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    if (p->engine->started)
        return ST_OK;
    if (p->writes && s->tx == TX_IDLE && more_follows)
        TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, p->changes_data, e));
    if (p->writes)
        TRY(portals_start_readers(s, p, e));
    return s->engine->ops->start(p->engine, e);
}

static int run_command(struct session *s, struct portal *p, struct err *e)
{
    if (p->ran)
        return ST_OK;
    if (!tx_allows(s, p->sql.kind))
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    p->ran = true;
    switch (p->sql.kind) {
    case SQL_DECLARE: return cursor_declare(s, p, e);
    case SQL_FETCH: return cursor_take(s, p, e);
    default: return command_run(s, &p->sql, &p->result, e);
    }
}

int portal_begin(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    switch (p->kind) {
    case PORTAL_ENGINE: return start_engine(s, p, more_follows, e);
    case PORTAL_COMMAND: return run_command(s, p, e);
    case PORTAL_EMPTY: break;
    }
    return ST_OK;
}

static int execute_engine(struct session *s, struct portal *p, uint64_t max_rows, bool more_follows,
                          struct err *e)
{
    if (p->ran && !p->returns_rows)
        return cannot_run(p, e);
    if (!p->writes)
        portal_tell(s, p);
    TRY(start_engine(s, p, more_follows, e));
    if (!p->returns_rows) {
        p->ran = true;
        complete(s, p->tag, p->tag_count, p->engine->rows_affected);
        return ST_OK;
    }
    uint64_t rows;
    TRY(portal_run(s, p, &(struct portal_run){.count = max_rows, .to = RUN_SEND, .reader = p}, &rows, e));
    if (p->at_end)
        complete(s, p->tag, p->tag_count, rows);
    else
        be_portal_suspended(&s->out);
    return ST_OK;
}

static bool counts_rows(enum sql_kind command)
{
    return command == SQL_FETCH || command == SQL_SET_CONFIG;
}

static int execute_command(struct session *s, struct portal *p, uint64_t max_rows, struct err *e)
{
    uint64_t rows = 0;
    if (p->ran && !p->returns_rows)
        return cannot_run(p, e);
    if (p->sql.kind == SQL_FETCH && p->returns_rows && !p->ran && max_rows == PORTAL_ALL) {
        p->ran = true; /* all that it takes goes to the client as it comes */
        TRY(cursor_pass_on(s, p, &rows, e));
    } else {
        TRY(run_command(s, p, e));
        if (p->returns_rows)
            TRY(portal_run(s, p, &(struct portal_run){.count = max_rows, .to = RUN_SEND, .reader = p}, &rows,
                           e));
    }
    if (p->returns_rows && !p->at_end)
        be_portal_suspended(&s->out);
    else
        complete(s, p->result.tag, p->returns_rows && counts_rows(p->sql.kind), rows);
    return ST_OK;
}

int portal_execute(struct session *s, struct portal *p, int32_t max_rows, bool more_follows, struct err *e)
{
    uint64_t max = max_rows > 0 ? (uint64_t)max_rows : PORTAL_ALL;
    struct portal *outer = s->running;
    s->running = p;
    int st = session_check_interrupts(s, e);
    if (st == ST_OK && p->failed)
        st = cannot_run(p, e);
    if (st == ST_OK && p->kind == PORTAL_EMPTY)
        be_empty_query_response(&s->out);
    else if (st == ST_OK && p->kind == PORTAL_ENGINE)
        st = execute_engine(s, p, max, more_follows, e);
    else if (st == ST_OK)
        st = execute_command(s, p, max, e);
    s->running = outer;
    if (st < 0) {
        p->failed = true;
        session_name_cancel(s, e);
    }
    if (p->doomed)
        portal_drop(s, p);
    return st;
}
