/* Who is here: slots, cancel keys, limits. */
#include "session/registry.h"

#include "auth/digest.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <assert.h>
#include <poll.h>
#include <string.h>

bool registry_claim(struct session *s, unsigned share)
{
    struct session_server *v = s->server;
    struct login_dropped dropped = {0};
    (void)pthread_mutex_lock(&v->lock);
    bool room = login_make_room(v, &dropped);
    if (room) {
        assert(v->nfree > 0);
        s->place.slot = v->free_slots[--v->nfree];
        assert(s->place.slot < v->capacity && !v->slots[s->place.slot]);
        /* A pid names one session: another generation of the slot has another pid, as long as 31 bits reach.
         */
        uint32_t generations = (uint32_t)INT32_MAX / v->capacity;
        s->place.pid = 1 + s->place.slot + v->capacity * (v->generations[s->place.slot]++ % generations);
        v->slots[s->place.slot] = s;
        if (v->slots_end <= s->place.slot)
            v->slots_end = s->place.slot + 1;
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
    assert(s->magic == SESSION_MAGIC && v->slots[s->place.slot] == s);
    v->slots[s->place.slot] = NULL;
    v->free_slots[v->nfree++] = s->place.slot;
    login_remove(&v->logins, s);
    assert(!s->place.left || !s->place.counted);
    if (s->place.left) {
        v->nleft--;
        metric_gauge_add(METRIC_THREADS_STUCK, -1);
    }
    if (s->place.counted) {
        v->counted--;
        metric_gauge_add(METRIC_SESSIONS, -1);
    }
    struct thread_pool *pool = v->wiring.pool;
    memory_leave_pool(&s->memory); /* what it still has goes with it */
    struct session_user *gone = users_leave(TAKE_PTR(s->place.user), s->place.counted);
    (void)pthread_cond_broadcast(&v->changed);
    (void)pthread_cond_signal(&v->room);
    (void)pthread_mutex_unlock(&v->lock);
    if (gone && pool)
        thread_pool_release_owner(pool, session_user_threads(gone));
    else
        session_user_free(gone);
}

void registry_leave_behind(struct session *s)
{
    struct session_server *v = s->server;
    assert(!s->place.left && v->slots[s->place.slot] == s);
    s->place.left = true;
    v->nleft++;
    metric_gauge_add(METRIC_THREADS_STUCK, 1);
    if (s->place.counted) {
        v->counted--;
        metric_gauge_add(METRIC_SESSIONS, -1);
        users_discount(s->place.user);
    }
    s->place.counted = false;
    (void)pthread_cond_broadcast(&v->changed);
}

void registry_set_key(struct session *s, const uint8_t *key, size_t n)
{
    struct session_server *v = s->server;
    assert(n > 0 && n <= sizeof s->place.key && s->place.key_len == 0);
    (void)pthread_mutex_lock(&v->lock); /* a CancelRequest may look now */
    memcpy(s->place.key, key, n);
    s->place.key_len = (uint8_t)n;
    (void)pthread_mutex_unlock(&v->lock);
}

int registry_refuse(struct err *e)
{
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    return err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
}

/* With the lock. Who was dropped meanwhile has lost its place. */
static int count_in(struct session_server *v, struct session *s, struct err *e)
{
    if (!s->place.logging_in || v->counted >= session_config(s)->max_connections)
        return registry_refuse(e);
    if (users_enter(&v->users, s->user, &s->place.user, e) < 0) {
        metric_add(METRIC_SESSIONS_REFUSED, 1);
        return ST_ERR;
    }
    if (s->place.user)
        account_join(&s->memory.all, session_user_memory(s->place.user));
    v->counted++;
    assert(!s->place.counted);
    s->place.counted = true;
    login_remove(&v->logins, s);
    (void)pthread_cond_signal(&v->room);
    metric_gauge_add(METRIC_SESSIONS, 1);
    metric_add(METRIC_SESSIONS_TOTAL, 1);
    return ST_OK;
}

int registry_count_in(struct session *s, struct err *e)
{
    struct session_server *v = s->server;
    (void)pthread_mutex_lock(&v->lock);
    int st = count_in(v, s, e);
    (void)pthread_mutex_unlock(&v->lock);
    return st;
}

struct task_owner *session_task_owner(const struct session *s)
{
    return session_user_threads(s->place.user);
}

struct admission_share *session_share(const struct session *s)
{
    return session_user_results(s->place.user);
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
    bool found =
        s && s->place.pid == pid && n > 0 && n == s->place.key_len && digest_equal(key, s->place.key, n);
    if (found)
        session_interrupt(s, INT_CANCEL);
    (void)pthread_mutex_unlock(&v->lock);
    return found;
}

/* With the server's lock; NULL: nobody. */
static struct session *by_pid(struct session_server *v, int64_t pid)
{
    struct session *s = pid > 0 && pid <= UINT32_MAX ? v->slots[(pid - 1) % v->capacity] : NULL;
    return s && s->place.pid == pid && s->place.counted ? s : NULL;
}

enum registry_signal registry_signal(struct session *by, int64_t pid, bool terminate)
{
    struct session_server *v = by->server;
    enum registry_signal st = REGISTRY_NOBODY;
    assert(by->magic == SESSION_MAGIC);
    (void)pthread_mutex_lock(&v->lock);
    struct session *s = by_pid(v, pid);
    if (s && strcmp(s->user, by->user) != 0)
        st = REGISTRY_FOREIGN;
    else if (s)
        st = REGISTRY_SIGNALLED;
    if (st == REGISTRY_SIGNALLED) {
        session_interrupt(s, terminate ? INT_TERMINATE : INT_CANCEL);
        s->client->ops->wake(s->client);
    }
    (void)pthread_mutex_unlock(&v->lock);
    return st;
}

bool registry_wait_gone(struct session *by, uint32_t pid, int64_t deadline_us)
{
    enum { LOOK_US = 10 * 1000 };
    struct session_server *v = by->server;
    for (;;) {
        (void)pthread_mutex_lock(&v->lock);
        bool gone = !by_pid(v, pid);
        (void)pthread_mutex_unlock(&v->lock);
        if (gone || atomic_load(&by->shared.interrupts) || clock_now_us() >= deadline_us)
            return gone;
        struct waker *waker = &by->shared.worker->waker;
        struct pollfd bell = {.fd = waker_fd(waker), .events = POLLIN};
        if (poll(&bell, 1, clock_poll_ms(clock_now_us() + LOOK_US)) > 0)
            waker_clear(waker);
    }
}

void registry_wake_all(struct session_server *v, enum interrupt why)
{
    for (unsigned i = 0; i < v->slots_end; i++) {
        struct session *s = v->slots[i];
        if (!s)
            continue;
        if (why)
            session_interrupt(s, why);
        s->client->ops->wake(s->client);
    }
}

const struct session_config *session_config(const struct session *s)
{
    return atomic_load_explicit(&s->server->config, memory_order_acquire);
}

bool server_is_draining(const struct session_server *v)
{
    return atomic_load(&v->draining);
}

struct admission *server_admission(struct session_server *v)
{
    return &v->admission;
}

bool server_forwards(const struct session_server *v)
{
    return v->wiring.backend->forwards;
}
