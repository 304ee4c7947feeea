/* Running a portal: rows to the client as they are made, then what ends the answer. */
#include "session/execute.h"

#include "base/metric.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <poll.h>
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

static int send_batch(struct session *s, struct row_batch *batch, bool is_last, struct err *e)
{
    s->statement_rows += batch->nrows;
    s->statement_bytes += batch->len;
    TRY(check_result_limits(s, e));
    TRY(s->reply->ops->rows(s->reply, batch, is_last, e));
    if (!s->first_row_seen) {
        s->first_row_seen = true;
        metric_observe(METRIC_FIRST_ROW_SECONDS, clock_now_us() - s->statement_start_us);
    }
    metric_add(METRIC_ROWS_SENT, batch->nrows);
    return ST_OK;
}

/* ---- memory for a result ---- */

/* In line, with everything that may end the wait. */
static int stand_in_line(struct session *s, struct admission_ticket *t, struct err *e)
{
    struct admission *a = &s->server->admission;
    int64_t deadline = clock_now_us() + session_config(s)->stream_wait_us;
    while (!admission_granted(a, t)) {
        TRY(session_check_interrupts(s, e));
        if (clock_now_us() >= deadline) {
            (void)err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many results are being sent at once");
            err_detail(e, "They take all of stream_memory (%llu MB); this one has waited for %lld s.",
                       (unsigned long long)(a->limit >> 20),
                       (long long)(session_config(s)->stream_wait_us / 1000000));
            err_hint(e, "Try again later, or raise stream_memory or stream_wait.");
            return ST_ERR;
        }
        struct pollfd bell = {.fd = waker_fd(t->bell), .events = POLLIN};
        if (poll(&bell, 1, clock_poll_ms(deadline)) > 0)
            waker_clear(t->bell);
    }
    return ST_OK;
}

static int admit(struct session *s, struct err *e)
{
    struct admission *a = &s->server->admission;
    if (admission_try(a, ADMISSION_STREAM, false))
        return ST_OK;
    TRY(s->reply->ops->flush(s->reply, e));
    struct admission_ticket t = {.bell = &s->worker->waker, .bytes = ADMISSION_STREAM};
    admission_queue(a, &t);
    int st = stand_in_line(s, &t, e);
    bool granted = admission_unqueue(a, &t);
    if (st < 0) {
        if (granted)
            admission_give_back(a, ADMISSION_STREAM);
        metric_add(METRIC_STREAMS_REFUSED, 1);
    }
    return st;
}

/* ---- its rows ---- */

static int send_rows(struct session *s, struct backend_portal *engine, struct row_stream *stream,
                     uint64_t *rows, struct err *e)
{
    struct row_batch *batch;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        st = send_batch(s, batch, engine->complete, e);
        if (st == ST_OK && !engine->complete) /* else it is done, and is too late to be cancelled */
            st = session_check_interrupts(s, e);
        if (st < 0)
            break;
        *rows += batch->nrows;
    }
    return st;
}

int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e)
{
    struct row_stream *stream;
    TRY(admit(s, e));
    metric_gauge_add(METRIC_STREAMS, 1);
    int st = s->engine->ops->fetch(engine, how, &stream, e);
    if (st == ST_OK) {
        const bool is_page = how->max_rows > 0;
        s->reply->ops->rows_begin(s->reply, is_page);
        st = send_rows(s, engine, stream, rows, e);
        st = s->reply->ops->rows_end(s->reply, st, e);
        row_stream_close(stream);
        bool looks = st == ST_OK && is_page && pace_makes_ahead(s->statement_bytes);
        s->ahead = looks && !engine->complete ? engine : NULL;
    }
    metric_gauge_add(METRIC_STREAMS, -1);
    admission_give_back(&s->server->admission, ADMISSION_STREAM);
    return st;
}

/* As PostgreSQL: what ends a Query is committed before its client is told that it is done. */
static int complete(struct session *s, const char *tag, bool with_count, uint64_t count, struct err *e)
{
    char text[96];
    if (s->ends_query)
        TRY(tx_implicit_commit(s, e));
    (void)snprintf(text, sizeof text, with_count ? "%s %llu" : "%s", tag, (unsigned long long)count);
    s->reply->ops->tag(s->reply, text);
    s->completed = true;
    return ST_OK;
}

static int cannot_run(const struct portal *p, struct err *e)
{
    return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"%s\" cannot be run", p->name);
}

static int start_engine(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    if (p->engine->started)
        return ST_OK;
    /* Rows that it returns go out before it is committed, so that a cancel meanwhile undoes it. */
    if (p->writes && s->tx == TX_IDLE && (more_follows || p->returns_rows))
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

enum { PIECES_LEAST = 64 * 1024 };

/* Whoever wants its rows in smaller pieces than the engine makes them gets them by the ordinary way. */
void portal_expect(const struct session *s, struct portal *p, const int16_t *formats, bool whole)
{
    const struct session_config *c = session_config(s);
    p->engine->expects_formats = c->flush_bytes >= PIECES_LEAST && c->flush_rows == 0;
    p->engine->expected_formats = formats;
    p->engine->whole = whole;
}

static int execute_engine(struct session *s, struct portal *p, uint64_t max_rows, bool more_follows,
                          struct err *e)
{
    if (p->ran && !p->returns_rows)
        return cannot_run(p, e);
    if (!p->writes)
        portal_tell(s, p);
    if (!p->engine->started && p->returns_rows && !p->writes)
        portal_expect(s, p, p->formats, max_rows == PORTAL_ALL);
    TRY(start_engine(s, p, more_follows, e));
    if (!p->returns_rows) {
        p->ran = true;
        return complete(s, p->tag, p->tag_count, p->engine->rows_affected, e);
    }
    uint64_t rows;
    TRY(portal_run(s, p, &(struct portal_run){.count = max_rows, .to = RUN_SEND, .reader = p}, &rows, e));
    if (p->at_end)
        return complete(s, p->tag, p->tag_count, rows, e);
    s->reply->ops->suspended(s->reply);
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
    if (!p->returns_rows || p->at_end)
        return complete(s, p->result.tag, p->returns_rows && counts_rows(p->sql.kind), rows, e);
    s->reply->ops->suspended(s->reply);
    return ST_OK;
}

/* Nobody can stop a transaction's end, so it is not refused for being asked to either: a pool that cancels
 * what it gives up, and then rolls back, has rolled back. */
static bool can_be_stopped(const struct portal *p)
{
    return p->sql.kind != SQL_COMMIT && p->sql.kind != SQL_ROLLBACK;
}

int portal_execute(struct session *s, struct portal *p, int32_t max_rows, bool more_follows, struct err *e)
{
    uint64_t max = max_rows > 0 ? (uint64_t)max_rows : PORTAL_ALL;
    struct portal *outer = s->running;
    s->running = p;
    int st = can_be_stopped(p) ? session_check_interrupts(s, e) : ST_OK;
    if (st == ST_OK && p->failed)
        st = cannot_run(p, e);
    if (st == ST_OK && p->kind == PORTAL_EMPTY)
        s->reply->ops->empty(s->reply);
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
