/* From an accepted socket to a session that waits in the lot for its first packet. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <poll.h>
#include <unistd.h>

enum { LOG_EVERY_US = 10 * 1000 * 1000 }; /* lines about connections that could not be taken */

static void init_limits(struct session *s)
{
    const struct session_config *c = session_config(s);
    s->sweep_us = CLOCK_NEVER;
    s->opened_us = clock_now_us();
    s->auth_deadline_us = s->opened_us + c->authentication_timeout_us;
    atomic_store(&s->statement_deadline_us, CLOCK_NEVER);
    memory_init(&s->memory, c->memory_max);
    settings_init(&s->settings, &s->memory.named);
    arena_init_of(&s->message_arena, SIZE_MAX, &s->memory.all);
}

/* Whole before anybody can find it: whoever does may wake it at once. */
static int session_init(struct session *s, struct session_server *v, int fd, struct err *e)
{
    s->magic = SESSION_MAGIC;
    s->server = v;
    s->task.run = session_run;
    list_init(&s->task.link);
    list_init(&s->statements);
    list_init(&s->portals);
    list_init(&s->savepoints);
    buf_init(&s->output.bytes, OUT_MAX);
    pg_reply_init(&s->pg);
    s->reply = &s->pg.base;
    init_limits(s);
    (void)pthread_mutex_init(&s->lock, NULL);
    parked_init(&s->parked, fd, session_on_leave);
    TRY(conn_new(&s->conn, fd, e));
    const struct session_config *c = session_config(s);
    struct conn_keepalive k = {c->keepalive_idle_s, c->keepalive_interval_s, c->keepalive_count,
                               c->tcp_user_timeout_ms};
    return conn_set_keepalive(s->conn, &k, e);
}

static void accept_failed(const struct err *e)
{
    static struct log_limit limit;
    char message[LOG_QUOTE_MAX];
    unsigned left_out;
    if (log_limit_passes(&limit, LOG_EVERY_US, &left_out))
        log_line(LOG_ERROR, "accept_failed", "sqlstate=%s message=%s lines_left_out=%u",
                 sqlstate_code(e->code), log_quote(message, e->message), left_out);
}

/* Of a session that never ran. */
static void session_refuse(struct session *s, bool claimed)
{
    struct conn *conn = s->conn;
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    arena_release(&s->message_arena);
    if (claimed) {
        registry_release(s);
    } else {
        (void)pthread_mutex_destroy(&s->lock);
        mem_free(s);
    }
    conn_free(conn);
}

void session_accept(struct session_server *v, int fd)
{
    struct err e;
    err_init(&e);
    unsigned share = login_share(&v->logins, fd);
    struct session *s = mem_calloc(1, sizeof *s);
    if (!s) {
        (void)err_oom(&e);
        accept_failed(&e);
        metric_add(METRIC_SESSIONS_REFUSED, 1);
        (void)close(fd);
        return;
    }
    bool whole = session_init(s, v, fd, &e) == ST_OK;
    bool claimed = whole && registry_claim(s, share);
    if (claimed && lot_add(v->wiring.lot, &s->parked, &e) == ST_OK) {
        lot_park(v->wiring.lot, &s->parked, POLLIN, s->auth_deadline_us);
        return;
    }
    if (err_is_set(&e))
        accept_failed(&e);
    session_refuse(s, claimed);
}
