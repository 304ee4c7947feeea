/* Sessions that are left behind: their thread is in the engine, which hears no interrupt. It looks up from
 * its planning only here and there, and from a function not before its value is made. */
#include "session/left.h"

#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "session/session_priv.h"

#include <assert.h>

/* How long anybody waits for a thread that has not heard of its end. A session that could have gone on is
 * given more time, and that is counted in what its thread takes of a processor: planning and the making of
 * values are its thread's own work. One that takes less than that waits, for a lock that the engine holds
 * while another session's commit is written to the disk, or for its turn on a busy machine, and goes on when
 * it has its turn; only after GIVE_UP_WAITING_US it is left behind all the same, whatever it waits for. */
enum {
    GIVE_UP_US = 500 * 1000,
    GIVE_UP_SESSION_US = 3 * 1000 * 1000,
    PLANNED_US = GIVE_UP_SESSION_US / 6, /* on a processor: what a machine gives on which six want each */
    GIVE_UP_WAITING_US = 30 * 1000 * 1000,
};

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

/* With the session's lock: its thread exists while it is active. */
static bool is_long_enough(const struct session_shared *sh, int64_t now_us)
{
    const int64_t waited_us = now_us - sh->interrupted_us;
    if (atomic_load(&sh->interrupts) & (INT_TERMINATE | INT_CLIENT_GONE))
        return waited_us >= GIVE_UP_US;
    if (waited_us < GIVE_UP_SESSION_US)
        return false;
    return waited_us >= GIVE_UP_WAITING_US || thread_cpu_us(sh->thread) - sh->cpu_us >= PLANNED_US;
}

void left_judge(struct session *s, int64_t now_us, struct left_behind *left)
{
    struct err why;
    struct session_shared *sh = &s->shared;
    assert(s->magic == SESSION_MAGIC && sh->active);
    if (sh->interrupted_us == 0) {
        sh->interrupted_us = now_us;
        sh->cpu_us = thread_cpu_us(sh->thread);
    }
    if (!is_long_enough(sh, now_us) || !sh->cancel_target || !backend_leave_behind(sh->cancel_target))
        return;
    err_init(&why);
    (void)session_check_interrupts(s, &why);
    const bool hears = why.code != SQLSTATE_CONNECTION_FAILURE;
    if (hears)
        err_detail(&why, "The engine cannot be stopped in what it does; the session ends instead.");
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
