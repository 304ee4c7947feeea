/* A client as a task of the pool: run for as long as there are messages, parked, ended. */
#include "front/run.h"

#include "base/clock.h"
#include "base/metric.h"
#include "front/front_priv.h"
#include "front/messages.h"
#include "session/cursor.h"
#include "session/engine.h"
#include "session/left.h"
#include "session/login.h"
#include "session/notice.h"

#include <assert.h>
#include <poll.h>

enum { LAST_READS_MAX = 64 }; /* chunks of input that are read and dropped before a socket is closed */

static void fatal(struct pg_client *c, const struct err *e)
{
    session_report(&c->session, REPLY_FATAL, e);
    pg_client_ends(c);
}

static void fatal_terminated(struct pg_client *c)
{
    struct err e;
    err_init(&e);
    (void)session_terminated(&c->session, &e);
    fatal(c, &e);
}

static void fatal_text(struct pg_client *c, enum sqlstate code, const char *text)
{
    struct err e;
    err_init(&e);
    (void)err_set(&e, code, "%s", text);
    fatal(c, &e);
}

static bool leaves_when_idle(const struct pg_client *c)
{
    return atomic_load(&c->session.shared.interrupts) & INT_TERMINATE ||
           (server_is_draining(c->session.server) && !tx_is_block(&c->session));
}

/* Its place is another connection's. Who has not said anything, or waits for TLS, is told nothing. */
static void login_was_dropped(struct pg_client *c)
{
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    pg_client_ends(c);
    if (c->startup.phase == PHASE_SASL_FIRST || c->startup.phase == PHASE_SASL_FINAL)
        fatal_text(c, SQLSTATE_TOO_MANY_CONNECTIONS, "too many connections that have not logged in");
}

/* Whoever wanted attention while the session was parked. */
static void on_wake(struct pg_client *c)
{
    bool in_tx = tx_is_block(&c->session);
    if (c->woken_by == LOT_WOKEN)
        session_engine_look_up(&c->session);
    if (atomic_load(&c->session.shared.interrupts) & INT_LOGIN_DROPPED)
        login_was_dropped(c);
    else if (atomic_load(&c->session.shared.interrupts) & INT_TERMINATE ||
             (server_is_draining(c->session.server) && !in_tx && c->startup.phase == PHASE_READY))
        fatal_terminated(c);
    else if (c->woken_by == LOT_TIMEOUT && c->startup.phase == PHASE_READY &&
             clock_now_us() < c->idle_deadline_us)
        cursors_sweep(&c->session, true);
    else if (c->woken_by == LOT_TIMEOUT && c->startup.phase != PHASE_READY) {
        metric_add(METRIC_SESSIONS_REFUSED, 1);
        pg_client_ends(c); /* as PostgreSQL: without a word */
    } else if (c->woken_by == LOT_TIMEOUT && in_tx)
        fatal_text(c, SQLSTATE_IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                   "terminating connection due to idle-in-transaction timeout");
    else if (c->woken_by == LOT_TIMEOUT)
        fatal_text(c, SQLSTATE_IDLE_SESSION_TIMEOUT, "terminating connection due to idle-session timeout");
}

/* Looking after its cursors is not what a session's idle time limits wait for. */
static int64_t park_deadline(struct pg_client *c)
{
    if (c->startup.phase != PHASE_READY)
        return c->startup.deadline_us;
    bool in_tx = tx_is_block(&c->session);
    int64_t limit =
        settings_duration_us(&c->session.settings, in_tx ? SET_IDLE_TX_TIMEOUT : SET_IDLE_SESSION_TIMEOUT);
    if (c->woken_by == LOT_READABLE || c->idle_deadline_us == 0)
        c->idle_deadline_us = limit ? clock_now_us() + limit : CLOCK_NEVER;
    return c->idle_deadline_us < c->session.portals.sweep_us ? c->idle_deadline_us
                                                             : c->session.portals.sweep_us;
}

/* What the client is told is sent; then unread input is read, or the kernel would answer it with a reset that
 * takes our last words with it. */
static void say_goodbye(struct pg_client *c)
{
    struct err ignored;
    if (session_is_left(&c->session))
        return;
    err_init(&ignored);
    if (output_drain(c, &ignored) == ST_OK)
        (void)output_flush(c, &ignored);
    for (int i = 0; i < LAST_READS_MAX; i++) {
        size_t n;
        (void)conn_input(c->conn, &n);
        conn_consume(c->conn, n);
        err_init(&ignored);
        if (conn_fill(c->conn, CONN_READ_CHUNK, &ignored) != ST_OK)
            break;
    }
}

static void end(struct pg_client *c)
{
    session_stop_hearing(&c->session); /* whoever left it behind has done with its connection */
    say_goodbye(c);
    session_close(&c->session);
    output_release(&c->output);
    pg_reply_trim(&c->reply);
    startup_forget(c);
    lot_remove(c->front->wiring.lot, &c->parked);
    struct conn *conn = c->conn;
    const bool lingers = c->session.place.counted; /* who has not logged in holds no thread for it */
    session_rests(&c->session);
    /* The last thing that touches the server; conn goes after it, since the monitor looks at it while it
     * holds the registry. */
    registry_release(&c->session);
    pg_client_free(c);
    if (lingers)
        conn_end(conn);
    else
        conn_free(conn);
}

static void park(struct pg_client *c, short events)
{
    struct lot *lot = c->front->wiring.lot;
    assert(!c->closing);
    arena_release(&c->session.message_arena);
    output_trim(c);
    pg_reply_trim(&c->reply);
    input_trim(c);
    int64_t deadline = park_deadline(c);
    session_rests(&c->session);
    if (leaves_when_idle(c))
        deadline = 0;                            /* asked while it ran: leave at once */
    lot_park(lot, &c->parked, events, deadline); /* from here on it may run elsewhere */
}

/* It has logged in on one of the threads that are kept for that, which run no statements: what the client
 * sent behind its start-up packet or its password waits in line with the others' messages. */
static void logged_in(struct pg_client *c)
{
    if (!conn_has_buffered(c->conn)) {
        park(c, POLLIN);
        return;
    }
    struct thread_pool *pool = c->front->wiring.pool;
    c->woken_by = LOT_READABLE;
    session_rests(&c->session);
    thread_pool_submit(pool, &c->task, THREAD_POOL_NORMAL); /* from here on it may run elsewhere */
}

void pg_client_run(struct task *t, struct worker *w)
{
    struct pg_client *c = list_entry(t, struct pg_client, task);
    assert(c->magic == PG_CLIENT_MAGIC);
    session_runs(&c->session, w);
    struct err e;
    err_init(&e);
    short events = POLLIN;
    int st = ST_OK;
    enum phase before = c->startup.phase;
    on_wake(c);
    if (before == PHASE_READY && !c->closing)
        st = messages_run(c, &e);
    while (c->startup.phase != PHASE_READY && st == ST_OK && !c->closing)
        st = startup_step(c, &events, &e);
    if (st < 0 && err_is_set(&e) && e.code != SQLSTATE_CONNECTION_FAILURE)
        fatal(c, &e);
    if (c->startup.phase != before && c->startup.phase != PHASE_READY)
        login_heard(&c->session);
    if (st == ST_OK && !c->closing)
        logged_in(c);
    else if (st == ST_AGAIN && !c->closing && output_drain(c, &e) == ST_OK)
        park(c, c->startup.phase == PHASE_TLS_HANDSHAKE ? events : POLLIN);
    else
        end(c);
}

void pg_client_on_leave(struct parked *p, enum lot_reason why)
{
    struct pg_client *c = list_entry(p, struct pg_client, parked);
    assert(c->magic == PG_CLIENT_MAGIC);
    c->woken_by = why;
    /* Log-ins and cancels have threads of their own, so that slow readers cannot lock anybody out. */
    thread_pool_submit(c->front->wiring.pool, &c->task,
                       c->startup.phase == PHASE_READY ? THREAD_POOL_NORMAL : THREAD_POOL_URGENT);
}
