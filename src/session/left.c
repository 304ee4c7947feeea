/* Sessions that are left behind: their thread is in the engine, which plans and hears no interrupt. */
#include "session/left.h"

#include "base/log.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <assert.h>

/* How long anybody waits for a thread that has not heard of its end. A session that could have gone on is
 * given more time: on a machine that is busy a plan may wait for its turn. */
enum { GIVE_UP_US = 500 * 1000, GIVE_UP_SESSION_US = 3 * 1000 * 1000 };

bool session_is_left(const struct session *s)
{
    return backend_is_left(s->engine);
}

static void count(struct session *s, const struct err *why)
{
    registry_leave_behind(s);
    if (why->code == SQLSTATE_CONNECTION_FAILURE)
        metric_add(METRIC_CLIENTS_GONE, 1);
    else
        metric_error(why->code);
    if (why->code == SQLSTATE_QUERY_CANCELED)
        metric_add(METRIC_CANCELS, 1);
}

void left_judge(struct session *s, int64_t now_us, struct left_behind *left)
{
    struct err why;
    assert(s->magic == SESSION_MAGIC);
    if (s->shared.interrupted_us == 0)
        s->shared.interrupted_us = now_us;
    bool ends = atomic_load(&s->shared.interrupts) & (INT_TERMINATE | INT_CLIENT_GONE);
    int64_t patience_us = ends ? GIVE_UP_US : GIVE_UP_SESSION_US;
    if (now_us - s->shared.interrupted_us < patience_us || !s->shared.cancel_target ||
        !backend_leave_behind(s->shared.cancel_target))
        return;
    err_init(&why);
    (void)session_check_interrupts(s, &why);
    const bool hears = why.code != SQLSTATE_CONNECTION_FAILURE;
    if (hears)
        err_detail(&why, "The engine plans the statement and cannot be stopped; the session ends instead.");
    s->client->ops->hang_up(s->client, hears ? &why : NULL, now_us);
    count(s, &why);
    *left = (struct left_behind){.n = left->n + 1, .pid = s->place.pid, .why = why.code};
}

void left_log(struct left_behind *left)
{
    assert(left->n > 0);
    log_line(LOG_WARNING, "session_left_behind", "sessions=%u pid=%u sqlstate=%s", left->n, left->pid,
             sqlstate_code(left->why));
    left->n = 0;
}
