/* The guard's hooks are the process's and are called with a context of the engine, from which the C
 * API leads to no connection. So each connection keeps the address of its context from its opening
 * on, and a hook searches one list for it. What a statement may do is written by the thread that is
 * about to run it; what the engine's helpers read of that meanwhile is atomic. Whether any engine is
 * guarded is told without the lock. */
#include "engine/guard_conns.h"

#include "engine/engine_priv.h"
#include "engine/sink.h"

#include <assert.h>
#include <string.h>

/* Of the process, since the hooks are: they are called with a context and have to find out whose it is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all = {&all, &all};
static unsigned nclosed; /* engines that are guarded */
static uint64_t gone;    /* connections that there were */

/* The C API hands out an object of its own that holds the address of the engine's. */
static const void *context_of(struct engine_conn *c)
{
    duckdb_client_context wrapper;
    duckdb_connection_get_client_context(c->conn, &wrapper);
    const void *context = *(const void *const *)(const void *)wrapper;
    duckdb_destroy_client_context(&wrapper);
    return context;
}

void guard_add(struct engine_conn *c)
{
    c->guard.context = context_of(c);
    (void)pthread_mutex_lock(&lock);
    assert(c->guard.context); /* or no statement of it could be told from the engine's own */
    list_append(&all, &c->guard.link);
    (void)pthread_mutex_unlock(&lock);
}

void guard_remove(struct engine_conn *c)
{
    (void)pthread_mutex_lock(&lock);
    list_remove(&c->guard.link);
    (void)__atomic_fetch_add(&gone, 1, __ATOMIC_RELEASE);
    (void)pthread_mutex_unlock(&lock);
}

uint64_t guard_conns_gone(void)
{
    return __atomic_load_n(&gone, __ATOMIC_ACQUIRE);
}

void guard_statement(struct engine_conn *c, const char *sql, bool is_query)
{
    c->guard.own = false;
    __atomic_store_n(&c->guard.makes_no_secret, is_query, __ATOMIC_RELAXED); /* helpers read it */
    bool sinks = strncmp(sql, ENGINE_SINK_START, sizeof ENGINE_SINK_START - 1) == 0;
    c->guard.sink_calls = sinks ? GUARD_SINK_LOOKUPS : 0;
}

void guard_own_statement(struct engine_conn *c)
{
    c->guard.own = true;
}

struct engine_conn *guard_conn_of(const void *context)
{
    struct engine_conn *found = NULL;
    (void)pthread_mutex_lock(&lock);
    list_for_each (link, &all) {
        struct engine_conn *c = list_entry(link, struct engine_conn, guard.link);
        if (c->guard.context == context && c->engine->guarded)
            found = c;
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

bool guard_owner_is_here(const struct engine *en, uint64_t owner)
{
    bool found = false;
    (void)pthread_mutex_lock(&lock);
    list_for_each (link, &all) {
        const struct engine_conn *c = list_entry(link, struct engine_conn, guard.link);
        found |= c->engine == en && c->guard.owner == owner;
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

void guard_count(int by)
{
    unsigned before = __atomic_fetch_add(&nclosed, (unsigned)by, __ATOMIC_RELEASE);
    assert(by > 0 || before > 0); /* opened as often as closed */
}

bool guard_is_closed(void)
{
    return __atomic_load_n(&nclosed, __ATOMIC_ACQUIRE) > 0;
}

bool guard_is_allowed(const struct engine *en, struct str name)
{
    for (size_t i = 0; i < en->nallowed; i++)
        if (str_ieq(name, str_of(en->allowed[i])))
            return true;
    return false;
}
