/* Who is here: slots, cancel keys, limits, and the things that a reload replaces. */
#include "session/registry.h"

#include "auth/digest.h"
#include "base/alloc.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

bool registry_claim(struct session *s, unsigned share)
{
    struct session_server *v = s->server;
    struct login_dropped dropped = {0};
    (void)pthread_mutex_lock(&v->lock);
    bool room = login_make_room(v, &dropped);
    if (room) {
        s->slot = v->free_slots[--v->nfree];
        /* A pid names one session: another generation of the slot has another pid, as long as 31 bits reach.
         */
        uint32_t generations = (uint32_t)INT32_MAX / v->capacity;
        s->pid = 1 + s->slot + v->capacity * (v->generations[s->slot]++ % generations);
        v->slots[s->slot] = s;
        login_add(&v->logins, s, share);
    }
    (void)pthread_mutex_unlock(&v->lock);
    login_log_dropped(v, &dropped);
    return room;
}

void registry_release(struct session *s)
{
    struct session_server *v = s->server;
    (void)pthread_mutex_lock(&v->lock);
    assert(v->slots[s->slot] == s);
    v->slots[s->slot] = NULL;
    v->free_slots[v->nfree++] = s->slot;
    login_remove(&v->logins, s);
    if (s->left) {
        v->nleft--;
        metric_gauge_add(METRIC_THREADS_STUCK, -1);
    }
    if (s->counted) {
        v->counted--;
        metric_gauge_add(METRIC_SESSIONS, -1);
    }
    (void)pthread_cond_broadcast(&v->changed);
    (void)pthread_cond_signal(&v->room);
    (void)pthread_mutex_unlock(&v->lock);
    /* Nobody can find it any more, and whoever had found it held the lock. */
    (void)pthread_mutex_destroy(&s->lock);
    s->magic = 0;
    mem_free(s);
}

bool registry_count_in(struct session *s)
{
    struct session_server *v = s->server;
    (void)pthread_mutex_lock(&v->lock);
    /* Who was dropped meanwhile has lost its place. */
    bool room = s->logging_in && v->counted < session_config(s)->max_connections;
    if (room) {
        v->counted++;
        s->counted = true;
        login_remove(&v->logins, s);
        (void)pthread_cond_signal(&v->room);
    }
    (void)pthread_mutex_unlock(&v->lock);
    if (room) {
        metric_gauge_add(METRIC_SESSIONS, 1);
        metric_add(METRIC_SESSIONS_TOTAL, 1);
    }
    return room;
}

bool registry_is_full(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    bool full = v->counted >= atomic_load(&v->config)->max_connections;
    (void)pthread_mutex_unlock(&v->lock);
    return full;
}

bool registry_cancel(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n)
{
    (void)pthread_mutex_lock(&v->lock);
    struct session *s = pid ? v->slots[(pid - 1) % v->capacity] : NULL;
    bool found = s && s->pid == pid && s->phase == PHASE_READY && n == s->cancel_key_len &&
                 digest_equal(key, s->cancel_key, n);
    if (found)
        session_interrupt(s, INT_CANCEL);
    (void)pthread_mutex_unlock(&v->lock);
    return found;
}

void registry_wake_all(struct session_server *v, enum interrupt why)
{
    for (unsigned i = 0; i < v->capacity; i++) {
        struct session *s = v->slots[i];
        if (!s)
            continue;
        if (why)
            session_interrupt(s, why);
        lot_wake(v->wiring.lot, &s->parked);
    }
}

struct user_file *server_users(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    struct user_file *users = v->users ? user_file_ref(v->users) : NULL;
    (void)pthread_mutex_unlock(&v->lock);
    return users;
}

struct tls_context *server_tls(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    struct tls_context *tls = v->tls ? tls_context_ref(v->tls) : NULL;
    (void)pthread_mutex_unlock(&v->lock);
    return tls;
}

const struct session_config *session_config(const struct session *s)
{
    return atomic_load_explicit(&s->server->config, memory_order_acquire);
}
