/* All sessions of a process: made, reconfigured, drained. */
#include "session/server.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

/* Old configurations stay until the end: sessions may still be looking at them. A reload is a rare thing. */
struct config_copy {
    struct session_config config;
    struct list link;
};

static void config_copy_free(struct config_copy *copy)
{
    if (!copy)
        return;
    mem_free((void *)(uintptr_t)copy->config.default_database);
    mem_free((void *)(uintptr_t)copy->config.version);
    mem_free(copy);
}

int session_server_set_config(struct session_server *v, const struct session_config *c, struct err *e)
{
    struct config_copy *copy = mem_calloc(1, sizeof *copy);
    if (!copy)
        return err_oom(e);
    copy->config = *c;
    copy->config.default_database = mem_strdup(c->default_database ? c->default_database : "");
    copy->config.version = mem_strdup(c->version ? c->version : "");
    if (!copy->config.default_database || !copy->config.version) {
        config_copy_free(copy);
        return err_oom(e);
    }
    const struct session_config *now = atomic_load(&v->config);
    if (now)
        copy->config.max_connections = now->max_connections;
    assert(v->magic == SESSION_SERVER_MAGIC);
    (void)pthread_mutex_lock(&v->lock);
    list_append(&v->old_configs, &copy->link);
    atomic_store_explicit(&v->config, &copy->config, memory_order_release);
    (void)pthread_mutex_unlock(&v->lock);
    return ST_OK;
}

int session_server_new(struct session_server **out, const struct session_wiring *w,
                       const struct session_config *c, struct err *e)
{
    struct session_server *v = mem_calloc(1, sizeof *v);
    if (!v)
        return err_oom(e);
    v->magic = SESSION_SERVER_MAGIC;
    v->wiring = *w;
    list_init(&v->old_configs);
    (void)pthread_mutex_init(&v->lock, NULL);
    thread_cond_init(&v->changed);
    thread_cond_init(&v->room);
    admission_init(&v->admission, c->stream_memory, c->user_stream_memory);
    translations_init(&v->translations);
    advisory_init(&v->advisory);
    notify_init(&v->notify);
    v->memory.max = c->client_memory ? c->client_memory : SIZE_MAX;
    const struct users_limits of_one = {.sessions = c->user_connections,
                                        .threads = c->user_threads,
                                        .memory = c->user_client_memory,
                                        .all_memory = &v->memory};
    users_init(&v->users, &of_one);
    v->capacity = c->max_connections + c->logins_max + SESSION_ENDING_CONNECTIONS;
    v->slots = mem_calloc(v->capacity, sizeof(struct session *));
    v->generations = mem_calloc(v->capacity, sizeof *v->generations);
    v->free_slots = mem_calloc(v->capacity, sizeof *v->free_slots);
    bool room = v->slots && v->generations && v->free_slots;
    int rc = room ? ST_OK : err_oom(e);
    uint8_t secret[LOGIN_SECRET];
    if (rc == ST_OK && getrandom(secret, sizeof secret, 0) != sizeof secret)
        rc = err_set(e, SQLSTATE_SYSTEM_ERROR, "could not generate random bytes");
    logins_init(&v->logins, c->logins_max, secret);
    if (rc == ST_OK)
        rc = session_server_set_config(v, c, e);
    if (!room || rc < 0) {
        session_server_free(v);
        return rc;
    }
    for (unsigned i = 0; i < v->capacity; i++) /* the lowest is taken first */
        v->free_slots[v->nfree++] = v->capacity - 1 - i;
    *out = v;
    return ST_OK;
}

int session_server_start(struct session_server *v, struct err *e)
{
    return monitor_start(v, e);
}

void session_server_drain(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    v->draining = true;
    registry_wake_all(v, (enum interrupt)0);
    (void)pthread_mutex_unlock(&v->lock);
}

void session_server_terminate(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    v->draining = true;
    registry_wake_all(v, INT_TERMINATE);
    (void)pthread_mutex_unlock(&v->lock);
}

void session_server_crash(struct session_server *v)
{
    atomic_store(&v->crashed, true);
    session_server_terminate(v);
}

bool session_server_wait(struct session_server *v, int64_t deadline_us)
{
    struct timespec until = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    (void)pthread_mutex_lock(&v->lock);
    while (v->nfree + v->nleft < v->capacity && clock_now_us() < deadline_us)
        (void)pthread_cond_timedwait(&v->changed, &v->lock, &until);
    bool none = v->nfree + v->nleft == v->capacity;
    (void)pthread_mutex_unlock(&v->lock);
    return none;
}

void session_server_free(struct session_server *v)
{
    if (!v)
        return;
    assert(v->magic == SESSION_SERVER_MAGIC);
    assert(v->nfree == v->capacity || v->nfree == 0); /* 0: it was never made whole */
    monitor_stop(v);
    while (!list_is_empty(&v->old_configs)) {
        struct config_copy *copy = list_entry(v->old_configs.next, struct config_copy, link);
        list_remove(&copy->link);
        config_copy_free(copy);
    }
    mem_free(v->slots);
    mem_free(v->generations);
    mem_free(v->free_slots);
    (void)pthread_cond_destroy(&v->changed);
    (void)pthread_cond_destroy(&v->room);
    admission_release(&v->admission);
    translations_release(&v->translations);
    advisory_release(&v->advisory);
    notify_release(&v->notify);
    assert(atomic_load(&v->memory.used) == 0);
    (void)pthread_mutex_destroy(&v->lock);
    v->magic = 0;
    mem_free(v);
}

struct session_counts session_server_counts(struct session_server *v)
{
    (void)pthread_mutex_lock(&v->lock);
    struct session_counts counts = {
        .sessions = v->counted, .running = atomic_load(&v->running), .left = v->nleft};
    counts.memory = atomic_load(&v->memory.used);
    (void)pthread_mutex_unlock(&v->lock);
    return counts;
}
