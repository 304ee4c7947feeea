/* One thread that looks at the statements that run: time limits, clients that are gone. Their own threads
 * cannot: they are inside the engine. */
#include "session/monitor.h"

#include "base/thread.h"
#include "session/session_priv.h"

#include <assert.h>

enum { TICK_BUSY_MS = 20, TICK_IDLE_MS = 100 };

/* Judged under the lock: what is due to one statement must not reach the one after it. */
static void look_at(struct session *s, int64_t now, bool check_peer, struct left_behind *left)
{
    if (atomic_load(&s->shared.active_since_us) == 0)
        return;
    assert(s->magic == SESSION_MAGIC);
    (void)pthread_mutex_lock(&s->shared.lock);
    if (s->shared.active) {
        /* Asked again at each tick: the first time may have come just before the engine began. */
        unsigned why = atomic_load(&s->shared.interrupts);
        if (now >= atomic_load(&s->shared.deadline_us))
            why |= INT_STATEMENT_TIMEOUT;
        bool old = now - atomic_load(&s->shared.active_since_us) > session_config(s)->client_check_us;
        if (check_peer && old && s->client->ops->is_gone(s->client))
            why |= INT_CLIENT_GONE;
        if (why) {
            session_interrupt_locked(s, why);
            left_judge(s, now, left);
        }
        s->client->ops->send_held(s->client, now);
    }
    (void)pthread_mutex_unlock(&s->shared.lock);
}

static void *monitor_main(void *arg)
{
    struct session_server *v = arg;
    thread_set_name("monitor");
    int64_t next_check = 0;
    struct left_behind left = {0};
    struct backend *backend = v->wiring.backend;
    (void)pthread_mutex_lock(&v->lock);
    while (!v->monitor_stop) {
        int64_t now = clock_now_us();
        if (atomic_load(&v->running) > 0) {
            bool check_peer = now >= next_check;
            if (check_peer)
                next_check = now + atomic_load(&v->config)->client_check_us;
            for (unsigned i = 0; i < v->slots_end; i++)
                if (v->slots[i])
                    look_at(v->slots[i], now, check_peer, &left);
        }
        if (left.n) {
            (void)pthread_mutex_unlock(&v->lock);
            left_log(&left);
            (void)pthread_mutex_lock(&v->lock);
        }
        if (atomic_load(&backend->look_ups) != v->backend_calls) {
            v->backend_calls = atomic_load(&backend->look_ups);
            registry_wake_all(v, (enum interrupt)0);
        }
        int64_t tick_ms = atomic_load(&v->running) ? TICK_BUSY_MS : TICK_IDLE_MS;
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += tick_ms * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        (void)pthread_cond_timedwait(&v->changed, &v->lock, &until);
    }
    (void)pthread_mutex_unlock(&v->lock);
    return NULL;
}

int monitor_start(struct session_server *v, struct err *e)
{
    v->backend_calls = atomic_load(&v->wiring.backend->look_ups); /* those before the thread runs count */
    assert(v->magic == SESSION_SERVER_MAGIC && !v->monitor_started);
    int rc = thread_start(&v->monitor, 0, monitor_main, v);
    if (rc)
        return err_errno(e, rc, "could not start the monitor's thread");
    v->monitor_started = true;
    return ST_OK;
}

void monitor_stop(struct session_server *v)
{
    if (!v->monitor_started)
        return;
    (void)pthread_mutex_lock(&v->lock);
    v->monitor_stop = true;
    (void)pthread_cond_broadcast(&v->changed);
    (void)pthread_mutex_unlock(&v->lock);
    (void)pthread_join(v->monitor, NULL);
    v->monitor_started = false;
}
