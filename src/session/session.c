/* A session's life: made from a socket, run for as long as there are messages, parked, ended. */
#include "session/session_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/metric.h"
#include "pgwire/frontend.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LAST_READS_MAX = 64 }; /* chunks of input that are read and dropped before a socket is closed */

char session_peek_message(struct session *s, size_t after)
{
    size_t n;
    const uint8_t *in = conn_input(s->conn, &n);
    if (n > after)
        return (char)in[after];
    return 0;
}

void session_label(struct session *s, const char *label)
{
    (void)snprintf(s->statement_label, sizeof s->statement_label, "%s", label);
}

static void log_statement(struct session *s, char type, const struct err *e)
{
    const bool runs_something = type == 'Q' || type == 'E';
    if (!runs_something && !err_is_set(e))
        return;
    int64_t us = clock_now_us() - s->statement_start_us;
    if (runs_something) {
        metric_add(METRIC_STATEMENTS, 1);
        metric_observe(METRIC_STATEMENT_SECONDS, us);
    }
    if (!session_config(s)->log_statements)
        return;
    char user[LOG_QUOTE_MAX], database[LOG_QUOTE_MAX], application[LOG_QUOTE_MAX], label[LOG_QUOTE_MAX];
    log_line(LOG_INFO, "statement",
             "pid=%u user=%s database=%s application=%s message=%c statement=%s ms=%.3f rows=%llu bytes=%llu "
             "sqlstate=%s",
             s->pid, log_quote(user, s->user), log_quote(database, s->database),
             log_quote(application, settings_get(&s->settings, SET_APPLICATION_NAME)), type,
             log_quote(label, s->statement_label), (double)us / 1e3, (unsigned long long)s->statement_rows,
             (unsigned long long)s->statement_bytes, sqlstate_code(e->code));
}

/* 08006 of a worker's connection is a statement's error as any other. */
static bool is_client_gone(const struct session *s, const struct err *e)
{
    return e->code == SQLSTATE_CONNECTION_FAILURE &&
           (s->closing || atomic_load(&s->interrupts) & INT_CLIENT_GONE);
}

/* Errors that leave no session behind them. */
static bool is_fatal(const struct session *s, const struct err *e)
{
    return s->closing || e->code == SQLSTATE_ADMIN_SHUTDOWN || e->code == SQLSTATE_CRASH_SHUTDOWN ||
           is_client_gone(s, e);
}

static void count_statement_end(const struct session *s, const struct err *e)
{
    if (e->code == SQLSTATE_QUERY_CANCELED)
        metric_add(METRIC_CANCELS, 1);
    else if (is_client_gone(s, e))
        metric_add(METRIC_CLIENTS_GONE, 1);
}

/* Tells the client and brings the transaction to where an error brings it. */
static void statement_failed(struct session *s, struct err *e)
{
    session_name_cancel(s, e); /* the engine does not know whose idea it was */
    if (session_is_left(s)) {  /* somebody else has told its client, and counted */
        s->closing = true;
        return;
    }
    count_statement_end(s, e);
    memory_name_limit(s, e);
    if (is_fatal(s, e)) {
        if (!is_client_gone(s, e))
            session_report(s, REPLY_FATAL, e);
        s->closing = true;
    } else {
        session_report(s, REPLY_ERROR, e);
    }
    session_statement_over(s);
    tx_failed(s);
}

static void ready_for_query(struct session *s)
{
    uint64_t reports = settings_take_reports(&s->settings);
    for (size_t i = 0; reports && i < SETTINGS_COUNT; i++)
        if (reports >> i & 1)
            be_parameter_status(&s->output.bytes, settings_name(&s->settings, i),
                                settings_get(&s->settings, i));
    be_ready_for_query(&s->output.bytes, tx_status(s));
    session_answer_is_due(s);
}

static int on_query(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_query m;
    TRY(fe_query_decode(f->payload, f->len, &m, e));
    return simple_query(s, m.sql, e);
}

static int on_sync(struct session *s, const struct frame *f, struct err *e)
{
    TRY(fe_empty_decode(f->len, e));
    return extended_sync(s, e);
}

/* In a pipeline they wait for those of what is here already, or for as much as is written at once. */
static void send_answers(struct session *s, bool answers_ready)
{
    size_t more;
    struct err e;
    err_init(&e);
    (void)conn_input(s->conn, &more);
    bool now = answers_ready && more <= s->message_bytes;
    if ((now ? session_flush(s, &e) : session_flush_full(s, &e)) < 0 && !is_client_gone(s, &e))
        session_report(s, REPLY_FATAL, &e);
}

static int work_on(struct session *s, const struct frame *f, struct err *e)
{
    switch (f->type) {
    case 'd': /* of a COPY that has ended: dropped, as in PostgreSQL */
    case 'c':
    case 'f': return ST_OK;
    default: break;
    }
    if (session_is_too_late(s))
        return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to statement timeout");
    switch (f->type) {
    case 'Q': return on_query(s, f, e);
    case 'S': return on_sync(s, f, e);
    case 'F':
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "function calls through the protocol are not supported");
    default: return extended_message(s, f, e);
    }
}

/* One whole message. After an error of the extended protocol all but Sync and Terminate is skipped. */
static void dispatch(struct session *s, const struct frame *f)
{
    struct err e;
    err_init(&e);
    if (f->type == 'X') {
        s->closing = true;
        return;
    }
    if (s->skip_to_sync && f->type != 'S')
        return;
    s->idle_deadline_us = 0; /* from its end on */
    memory_begin(&s->memory, session_config(s)->memory_max);
    if (s->sweep_us != CLOCK_NEVER && clock_now_us() >= s->sweep_us)
        s->sweep_us = cursors_sweep(s, false);
    session_statement_begin(s, f->type);
    bool answers_ready = f->type == 'Q' || f->type == 'S' || f->type == 'F';
    if (f->type == 'S')
        s->skip_to_sync = false;
    if (work_on(s, f, &e) < 0) {
        statement_failed(s, &e);
        s->skip_to_sync = !answers_ready;
    }
    if (answers_ready || s->completed)
        s->timeout_us = 0;
    log_statement(s, f->type, &e);
    session_statement_end(s);
    s->query = (struct str){0};
    if (s->closing)
        return;
    if (answers_ready)
        ready_for_query(s);
    send_answers(s, answers_ready);
}

static void fatal(struct session *s, const struct err *e)
{
    session_report(s, REPLY_FATAL, e);
    s->closing = true;
}

static void fatal_terminated(struct session *s)
{
    struct err e;
    err_init(&e);
    (void)session_terminated(s, &e);
    fatal(s, &e);
}

static void fatal_text(struct session *s, enum sqlstate code, const char *text)
{
    struct err e;
    err_init(&e);
    (void)err_set(&e, code, "%s", text);
    fatal(s, &e);
}

/* The client has a page to read: rows of the next one are made meanwhile. */
static void look_ahead(struct session *s)
{
    struct backend_portal *p = TAKE_PTR(s->ahead);
    if (p)
        while (s->engine->ops->ahead(p) == ST_AGAIN && !session_is_wanted(s))
            ;
}

/* Drops what has come of a CopyData that came too late. */
static void skip_input(struct session *s)
{
    size_t n;
    (void)conn_input(s->conn, &n);
    if (n > s->skip_input)
        n = s->skip_input;
    conn_consume(s->conn, n);
    s->skip_input -= n;
}

/* A message that the session has no room for: it is told so, and what has still to come of it is dropped. */
static void pass_over(struct session *s, char type, size_t total)
{
    size_t n;
    struct err e;
    err_init(&e);
    (void)conn_input(s->conn, &n);
    conn_consume(s->conn, n);
    s->skip_input = total - n;
    s->message_bytes = 0;
    bool of_copy = type == 'd' || type == 'c' || type == 'f';
    if (of_copy || s->skip_to_sync)
        return;
    s->memory.all.refused = true;
    (void)err_oom(&e);
    statement_failed(s, &e);
    s->skip_to_sync = type != 'Q';
    if (type == 'Q')
        ready_for_query(s);
    send_answers(s, type == 'Q');
}

/* The message whose beginning is there is not. ST_OK: it may be once there is more of it. */
static int check_size(struct session *s, char type, size_t total, struct err *e)
{
    size_t max = session_config(s)->message_max + FRAME_HEADER;
    if (total > max)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "message of %zu bytes is larger than the limit of %zu", total, max);
    if (total > memory_input_max(s))
        pass_over(s, type, total);
    return ST_OK;
}

int session_fill(struct session *s, bool soon, struct err *e)
{
    size_t max = session_config(s)->message_max + FRAME_HEADER;
    size_t room = memory_input_max(s);
    if (room < max)
        max = room;
    int st = soon ? conn_fill_soon(s->conn, max, e) : conn_fill(s->conn, max, e);
    memory_count_input(s);
    return st;
}

/* Most clients send their next message at once: waiting for it here costs less than parking and another
 * thread. Not while others wait in line for this one. */
static int fill_or_linger(struct session *s, struct err *e)
{
    if (thread_pool_stats(s->server->wiring.pool).queued > 0)
        return ST_AGAIN;
    if (!s->output.writer)
        return session_fill(s, true, e);
    TRY(conn_wait_readable(s->conn, &s->worker->waker, clock_now_us() + PACE_LINGER_US, e));
    return session_fill(s, false, e);
}

/* Works on messages until none is whole. ST_AGAIN park; ST_EOF the peer has gone. */
static int run_messages(struct session *s, struct err *e)
{
    bool answered = false;
    while (!s->closing) {
        struct frame f;
        size_t n, need = 0;
        if (s->skip_input)
            skip_input(s);
        const uint8_t *in = conn_input(s->conn, &n);
        int st = s->skip_input ? ST_AGAIN : frame_next(in, n, &f, &need, e);
        if (st == ST_AGAIN && !s->skip_input && n >= FRAME_HEADER)
            TRY(check_size(s, (char)in[0], need, e));
        if (st == ST_AGAIN) {
            TRY(session_flush_due(s, e));
            look_ahead(s);
            /* Once for each message worked on; a read at once would most likely be too early. */
            st = answered ? fill_or_linger(s, e) : session_fill(s, false, e);
            answered = false;
            if (st != ST_OK)
                return st;
            continue;
        }
        TRY(st);
        s->message_type = f.type;
        s->message_bytes = f.total;
        dispatch(s, &f);
        answered = true;
        conn_consume(s->conn, s->message_bytes);
        arena_clear(&s->message_arena);
    }
    return ST_OK;
}

static bool in_block(const struct session *s)
{
    return s->tx == TX_BLOCK || s->tx == TX_FAILED;
}

static bool leaves_when_idle(const struct session *s)
{
    return atomic_load(&s->interrupts) & INT_TERMINATE || (atomic_load(&s->server->draining) && !in_block(s));
}

/* Its place is another connection's. Who has not said anything, or waits for TLS, is told nothing. */
static void login_was_dropped(struct session *s)
{
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    s->closing = true;
    if (s->phase == PHASE_SASL_FIRST || s->phase == PHASE_SASL_FINAL)
        fatal_text(s, SQLSTATE_TOO_MANY_CONNECTIONS, "too many connections that have not logged in");
}

/* Whoever wanted attention while the session was parked. */
static void on_wake(struct session *s)
{
    bool in_tx = s->tx == TX_BLOCK || s->tx == TX_FAILED;
    if (s->woken_by == LOT_WOKEN && s->engine && s->engine->ops->look_up)
        s->engine->ops->look_up(s->engine);
    if (atomic_load(&s->interrupts) & INT_LOGIN_DROPPED)
        login_was_dropped(s);
    else if (atomic_load(&s->interrupts) & INT_TERMINATE ||
             (s->server->draining && !in_tx && s->phase == PHASE_READY))
        fatal_terminated(s);
    else if (s->woken_by == LOT_TIMEOUT && s->phase == PHASE_READY && clock_now_us() < s->idle_deadline_us)
        s->sweep_us = cursors_sweep(s, true);
    else if (s->woken_by == LOT_TIMEOUT && s->phase != PHASE_READY) {
        metric_add(METRIC_SESSIONS_REFUSED, 1);
        s->closing = true; /* as PostgreSQL: without a word */
    } else if (s->woken_by == LOT_TIMEOUT && in_tx)
        fatal_text(s, SQLSTATE_IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                   "terminating connection due to idle-in-transaction timeout");
    else if (s->woken_by == LOT_TIMEOUT)
        fatal_text(s, SQLSTATE_IDLE_SESSION_TIMEOUT, "terminating connection due to idle-session timeout");
}

/* Looking after its cursors is not what a session's idle time limits wait for. */
static int64_t park_deadline(struct session *s)
{
    if (s->phase != PHASE_READY)
        return s->auth_deadline_us;
    bool in_tx = in_block(s);
    int64_t limit =
        settings_duration_us(&s->settings, in_tx ? SET_IDLE_TX_TIMEOUT : SET_IDLE_SESSION_TIMEOUT);
    if (s->woken_by == LOT_READABLE || s->idle_deadline_us == 0)
        s->idle_deadline_us = limit ? clock_now_us() + limit : CLOCK_NEVER;
    return s->idle_deadline_us < s->sweep_us ? s->idle_deadline_us : s->sweep_us;
}

/* What the client is told is sent; then unread input is read, or the kernel would answer it with a reset that
 * takes our last words with it. */
static void say_goodbye(struct session *s)
{
    struct err ignored;
    if (session_is_left(s))
        return;
    err_init(&ignored);
    if (session_drain(s, &ignored) == ST_OK)
        (void)session_flush(s, &ignored);
    for (int i = 0; i < LAST_READS_MAX; i++) {
        size_t n;
        (void)conn_input(s->conn, &n);
        conn_consume(s->conn, n);
        err_init(&ignored);
        if (conn_fill(s->conn, CONN_READ_CHUNK, &ignored) != ST_OK)
            break;
    }
}

static void session_end(struct session *s)
{
    (void)pthread_mutex_lock(&s->lock); /* whoever left it behind has done with its connection */
    s->active = false;
    (void)pthread_mutex_unlock(&s->lock);
    say_goodbye(s);
    writer_free(TAKE_PTR(s->output.writer));
    portals_drop_all(s);
    statements_drop_all(s);
    tx_release_savepoints(s);
    (void)pthread_mutex_lock(&s->lock);
    s->cancel_target = NULL;
    s->worker = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    if (s->engine)
        s->engine->ops->session_close(s->engine);
    startup_forget(s);
    settings_release(&s->settings);
    arena_release(&s->message_arena);
    buf_release(&s->output.bytes);
    lot_remove(s->server->wiring.lot, &s->parked);
    struct conn *conn = s->conn;
    const bool lingers = s->counted; /* who has not logged in holds no thread for it */
    mem_free(s->user);
    mem_free(s->database);
    atomic_fetch_sub(&s->server->running, 1);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, -1);
    /* The last thing that touches the server, which may go with its last session; conn goes after it, since
     * the monitor looks at it while it holds the registry. */
    registry_release(s);
    if (lingers)
        conn_end(conn);
    else
        conn_free(conn);
}

static void park(struct session *s, short events)
{
    struct session_server *v = s->server;
    arena_release(&s->message_arena);
    buf_trim(&s->output.bytes); /* answers that wait for Sync */
    writer_free(TAKE_PTR(s->output.writer));
    conn_trim(s->conn);
    memory_count_input(s);
    int64_t deadline = park_deadline(s);
    (void)pthread_mutex_lock(&s->lock);
    s->worker = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    atomic_fetch_sub(&v->running, 1);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, -1);
    if (leaves_when_idle(s))
        deadline = 0;                                      /* asked while it ran: leave at once */
    lot_park(v->wiring.lot, &s->parked, events, deadline); /* from here on it may run elsewhere */
}

void session_run(struct task *t, struct worker *w)
{
    struct session *s = list_entry(t, struct session, task);
    assert(s->magic == SESSION_MAGIC);
    atomic_fetch_add(&s->server->running, 1);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, 1);
    (void)pthread_mutex_lock(&s->lock);
    s->worker = w;
    (void)pthread_mutex_unlock(&s->lock);
    struct err e;
    err_init(&e);
    short events = POLLIN;
    int st = ST_OK;
    enum phase before = s->phase;
    on_wake(s);
    while (st == ST_OK && !s->closing)
        st = s->phase == PHASE_READY ? run_messages(s, &e) : startup_step(s, &events, &e);
    if (st < 0 && err_is_set(&e) && e.code != SQLSTATE_CONNECTION_FAILURE)
        fatal(s, &e);
    if (s->phase != before && s->phase != PHASE_READY)
        login_heard(s);
    if (st == ST_AGAIN && !s->closing && session_drain(s, &e) == ST_OK)
        park(s, s->phase == PHASE_TLS_HANDSHAKE ? events : POLLIN);
    else
        session_end(s);
}

void session_on_leave(struct parked *p, enum lot_reason why)
{
    struct session *s = list_entry(p, struct session, parked);
    s->woken_by = why;
    /* Log-ins and cancels have threads of their own, so that slow readers cannot lock anybody out. */
    thread_pool_submit(s->server->wiring.pool, &s->task,
                       s->phase == PHASE_READY ? THREAD_POOL_NORMAL : THREAD_POOL_URGENT);
}
