/* One thread that looks at the statements that run: time limits, clients that are gone. Their own threads
 * cannot: they are inside the engine. */
#include "base/thread.h"
#include "session/session_priv.h"

enum { TICK_BUSY_MS = 20, TICK_IDLE_MS = 100 };

static void look_at(struct session *s, int64_t now, bool check_peer)
{
    int64_t since = atomic_load(&s->active_since_us);
    if (since == 0)
        return;
    if (now >= atomic_load(&s->statement_deadline_us))
        session_interrupt(s, INT_STATEMENT_TIMEOUT);
    /* Asked again at each tick: the first time may have come just before the engine began. */
    unsigned asked = atomic_load(&s->interrupts);
    if (asked)
        session_interrupt(s, (enum interrupt)asked);
    if (check_peer && now - since > session_config(s)->client_check_us && conn_peer_gone(s->conn))
        session_interrupt(s, INT_CLIENT_GONE);
}

static void *monitor_main(void *arg)
{
    struct session_server *v = arg;
    thread_set_name("monitor");
    int64_t next_check = 0;
    (void)pthread_mutex_lock(&v->lock);
    while (!v->monitor_stop) {
        int64_t now = clock_now_us();
        if (atomic_load(&v->running) > 0) {
            bool check_peer = now >= next_check;
            if (check_peer)
                next_check = now + atomic_load(&v->config)->client_check_us;
            for (unsigned i = 0; i < v->capacity; i++)
                if (v->slots[i])
                    look_at(v->slots[i], now, check_peer);
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
