/* COPY FROM STDIN: CopyInResponse, then the client's CopyData to the backend as it comes, however its
 * messages are cut, until CopyDone or CopyFail. What is read is used at once: no message has to fit in
 * memory. Flush and Sync are passed over; any other message ends the session, since what it was meant for is
 * lost. After an error the client goes on sending: dispatch drops that (simple protocol), or all up to Sync.
 * Source: PostgreSQL manual, 55.2.6; its errors as measured. */
#include "session/copy_in.h"

#include "base/bytes.h"
#include "base/log.h"
#include "base/metric.h"
#include "pgwire/frontend.h"
#include "session/session_priv.h"
#include "sql/copy.h"

#include <stdio.h>

struct copy_in {
    struct session *session;
    const char *table;
    bool binary;
    struct backend_copy *backend;
    size_t left;    /* bytes of a CopyData that are still to come */
    bool unsettled; /* some have come since the last settle */
};

enum { PAUSE_US = 100 * 1000 }; /* without input, after which the rows so far go in */

static size_t message_max(const struct session *s)
{
    return session_config(s)->message_max + FRAME_HEADER;
}

/* Where in the file the session found fault; the backend has said so itself. */
static void add_line(const struct copy_in *c, struct err *e)
{
    if (!e->context[0])
        err_context(e, "COPY %s, line %llu", c->table, (unsigned long long)c->backend->line);
}

/* All that has come is in the table, or what is wrong with it is told: before the session ends the COPY
 * itself, the data has the first word. */
static int settle(struct copy_in *c, struct err *e)
{
    c->unsettled = false;
    return c->session->engine->ops->copy_settle(c->backend, e);
}

/* Like a reader that takes nothing for as long, it holds a thread. */
static int stalled(struct session *s, int64_t since_us, struct err *e)
{
    s->closing = true;
    metric_add(METRIC_FLUSH_TIMEOUTS, 1);
    log_line(LOG_WARNING, "client_cut_off", "pid=%u peer=%s stalled_s=%.1f", s->pid, conn_peer_name(s->conn),
             (double)(clock_now_us() - since_us) / 1e6);
    return err_set(e, SQLSTATE_IDLE_SESSION_TIMEOUT,
                   "terminating connection: COPY FROM STDIN got no data for too long (flush_timeout)");
}

/* Nothing has come since since_us. A client that pauses is told what is wrong with its rows so far. */
static int wait_for_input(struct copy_in *c, int64_t since_us, struct err *e)
{
    struct session *s = c->session;
    int64_t limit = session_config(s)->flush_timeout_us;
    int64_t end = limit ? since_us + limit : CLOCK_NEVER;
    int64_t pause = c->unsettled ? since_us + PAUSE_US : CLOCK_NEVER;
    int st = conn_wait_readable(s->conn, &s->worker->waker, pause < end ? pause : end, e);
    if (st < 0)
        s->closing = true;
    if (st != ST_AGAIN)
        return st;
    int64_t now = clock_now_us();
    if (now >= end)
        return stalled(s, since_us, e);
    return now >= pause ? settle(c, e) : ST_OK;
}

/* Waits until there is more input than before. */
static int read_more(struct copy_in *c, struct err *e)
{
    struct session *s = c->session;
    int64_t since_us = clock_now_us();
    int st;
    TRY(session_check_interrupts(s, e));
    while ((st = session_fill(s, false, e)) == ST_AGAIN) {
        TRY(wait_for_input(c, since_us, e));
        TRY(session_check_interrupts(s, e));
    }
    if (st == ST_EOF)
        st = err_set(e, SQLSTATE_CONNECTION_FAILURE,
                     "unexpected EOF on client connection with an open transaction");
    if (st < 0)
        s->closing = true;
    return st;
}

/* What comes cannot be told from CopyData any more. */
static int lost_in_messages(struct copy_in *c, uint8_t type, struct err *e)
{
    struct session *s = c->session;
    struct err first;
    err_init(&first);
    if (settle(c, &first) == ST_OK)
        (void)err_set(&first, SQLSTATE_PROTOCOL_VIOLATION,
                      "unexpected message type 0x%02X during COPY from stdin", type);
    add_line(c, &first);
    session_report(s, REPLY_ERROR, &first);
    s->closing = true;
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                   "terminating connection because protocol synchronization was lost");
}

static int failed_by_client(struct copy_in *c, const struct frame *f, struct err *e)
{
    const char *why;
    TRY(fe_copy_fail_decode(f->payload, f->len, &why, e));
    TRY(settle(c, e));
    return err_set(e, SQLSTATE_QUERY_CANCELED, "COPY from stdin failed: %s", why);
}

/* A CopyData begins: its bytes are used as they come. */
static int begin_data(struct copy_in *c, const uint8_t *in, size_t n, struct err *e)
{
    struct frame f;
    size_t total = 0;
    struct session *s = c->session;
    int st = frame_next(in, n, &f, &total, e);
    if (st == ST_OK)
        total = f.total;
    if (st >= 0 && total > message_max(s))
        st = err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                     "message of %zu bytes is larger than the limit of %zu", total, message_max(s));
    if (st < 0) {
        s->closing = true;
        return st;
    }
    if (n < FRAME_HEADER)
        return read_more(c, e);
    conn_consume(s->conn, FRAME_HEADER);
    c->left = total - FRAME_HEADER;
    return ST_OK;
}

/* The next message, or the beginning of it. ST_EOF: CopyDone. */
static int next_message(struct copy_in *c, struct err *e)
{
    struct session *s = c->session;
    struct frame f;
    size_t n, need;
    const uint8_t *in = conn_input(s->conn, &n);
    if (n == 0)
        return read_more(c, e);
    if (in[0] == 'd')
        return begin_data(c, in, n, e);
    if (in[0] != 'c' && in[0] != 'f' && in[0] != 'H' && in[0] != 'S')
        return lost_in_messages(c, in[0], e);
    int st = frame_next(in, n, &f, &need, e);
    if (st < 0)
        s->closing = true;
    if (st != ST_OK)
        return st < 0 ? st : read_more(c, e);
    conn_consume(s->conn, f.total); /* stays readable until the next read */
    switch (f.type) {
    case 'c': TRY(fe_empty_decode(f.len, e)); return ST_EOF;
    case 'f': return failed_by_client(c, &f, e);
    default: return ST_OK;
    }
}

static int use_data(struct copy_in *c, struct err *e)
{
    struct session *s = c->session;
    size_t n;
    const uint8_t *in = conn_input(s->conn, &n);
    if (n == 0)
        return read_more(c, e);
    if (n > c->left)
        n = c->left;
    c->left -= n;
    c->unsettled = true;
    s->statement_bytes += n;
    int st = s->engine->ops->copy_data(c->backend, in, n, e);
    conn_consume(s->conn, n);
    return st;
}

static int receive(struct copy_in *c, struct err *e)
{
    int st;
    do {
        TRY(session_check_interrupts(c->session, e));
        st = c->left ? use_data(c, e) : next_message(c, e);
    } while (st == ST_OK);
    return st == ST_EOF ? ST_OK : st;
}

/* ---- the statement ---- */

static int begin(struct copy_in *c, const struct sql_copy *copy, struct err *e)
{
    struct session *s = c->session;
    const struct backend_copy_in in = {
        .table = copy->source,
        .name = copy->table,
        .ncolumns = copy->ncolumns,
        .columns = copy->columns,
        .options = &copy->options,
        .statement = copy,
    };
    TRY(tx_before_statement(s, !s->tx_read_only, e));
    TRY(portals_start_readers(s, s->running, e));
    session_engine_counts(s->engine, &s->memory.all); /* a line that does not end */
    TRY(s->engine->ops->copy_open(s->engine, &in, &c->backend, e));
    if (s->tx_read_only) /* told only when there is nothing else to tell */
        return err_set(e, SQLSTATE_READ_ONLY_SQL_TRANSACTION,
                       "cannot execute COPY FROM in a read-only transaction");

    s->reply->ops->copy_begins(s->reply, REPLY_COPY_IN, c->binary, c->backend->ncolumns);
    return s->reply->ops->flush(s->reply, e);
}

/* The message that the statement came in gives way to what the client sends next. */
static void let_go_of_message(struct session *s)
{
    conn_consume(s->conn, s->message_bytes);
    s->message_bytes = 0;
}

static int transfer(struct copy_in *c, uint64_t *rows, struct err *e)
{
    struct session *s = c->session;
    let_go_of_message(s);
    int st = receive(c, e);
    if (st == ST_OK)
        st = s->engine->ops->copy_finish(c->backend, rows, e);
    s->skip_input = c->left;
    if (st < 0 && !s->closing)
        add_line(c, e);
    return st;
}

static int run(struct session *s, const struct sql_copy *copy, uint64_t *rows, struct err *e)
{
    struct copy_in c = {.session = s, .table = copy->table, .binary = copy->options.format == COPY_BINARY};
    int st = begin(&c, copy, e);
    if (st == ST_OK)
        st = transfer(&c, rows, e);
    if (s->engine)
        s->engine->ops->copy_close(c.backend);
    return st;
}

int copy_in_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e)
{
    struct backend_session *engine;
    uint64_t rows = 0;
    TRY(session_engine(s, &engine, e));
    TRY(tx_implicit_begin(s, e)); /* a row that fails takes those before it along */
    TRY(run(s, copy, &rows, e));
    s->statement_rows = rows;
    metric_add(METRIC_ROWS_LOADED, rows);
    (void)snprintf(r->tag, sizeof r->tag, "COPY %llu", (unsigned long long)rows);
    return ST_OK;
}
