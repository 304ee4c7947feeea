/* Sessions that are left behind: their thread is in the engine, which plans and hears no interrupt. What
 * the thread had put into s->output.bytes is whole messages, and stays as it is from then on; they go out
 * before the last word, and only while no writer is at the socket. */
#include "session/left.h"

#include "base/log.h"
#include "base/metric.h"
#include "session/session_priv.h"

/* How long anybody waits for a thread that has not heard of its end. A session that could have gone on is
 * given more time: on a machine that is busy a plan may wait for its turn. */
enum { GIVE_UP_US = 500 * 1000, GIVE_UP_SESSION_US = 3 * 1000 * 1000 };

bool session_is_left(const struct session *s)
{
    return backend_is_left(s->engine);
}

/* What was about to be sent, and why nothing follows it. What the socket does not take at once is lost. */
static void tell(struct session *s, int64_t now_us, const struct err *why)
{
    struct buf last;
    struct err ignored;
    size_t done = 0;
    if (!buf_ok(&s->output.bytes) || (s->output.writer && !writer_idle(s->output.writer)))
        return;
    err_init(&ignored);
    buf_init(&last, OUT_MAX);
    buf_put(&last, s->output.bytes.data, s->output.bytes.len);
    be_report(&last, BE_FATAL, why);
    if (buf_ok(&last))
        (void)conn_write(s->conn, NULL, last.data, last.len, &done, now_us, NULL, &ignored);
    metric_add(METRIC_BYTES_SENT, done);
    buf_release(&last);
}

static void count(struct session *s, const struct err *why)
{
    struct session_server *v = s->server;
    s->left = true;
    v->nleft++;
    metric_gauge_add(METRIC_THREADS_STUCK, 1);
    if (s->counted) {
        v->counted--;
        metric_gauge_add(METRIC_SESSIONS, -1);
    }
    s->counted = false;
    if (why->code == SQLSTATE_CONNECTION_FAILURE)
        metric_add(METRIC_CLIENTS_GONE, 1);
    else
        metric_error(why->code);
    if (why->code == SQLSTATE_QUERY_CANCELED)
        metric_add(METRIC_CANCELS, 1);
    (void)pthread_cond_broadcast(&v->changed);
}

void left_judge(struct session *s, int64_t now_us, struct left_behind *left)
{
    struct err why;
    if (s->interrupted_us == 0)
        s->interrupted_us = now_us;
    bool ends = atomic_load(&s->interrupts) & (INT_TERMINATE | INT_CLIENT_GONE);
    int64_t patience_us = ends ? GIVE_UP_US : GIVE_UP_SESSION_US;
    if (now_us - s->interrupted_us < patience_us || !s->cancel_target ||
        !backend_leave_behind(s->cancel_target))
        return;
    err_init(&why);
    (void)session_check_interrupts(s, &why);
    if (why.code != SQLSTATE_CONNECTION_FAILURE) {
        err_detail(&why, "The engine plans the statement and cannot be stopped; the session ends instead.");
        tell(s, now_us, &why);
    }
    conn_shutdown(s->conn);
    count(s, &why);
    *left = (struct left_behind){.n = left->n + 1, .pid = s->pid, .why = why.code};
}

void left_log(struct left_behind *left)
{
    log_line(LOG_WARNING, "session_left_behind", "sessions=%u pid=%u sqlstate=%s", left->n, left->pid,
             sqlstate_code(left->why));
    left->n = 0;
}
