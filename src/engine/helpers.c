#include "engine/helpers.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/thread.h"
#include "engine/engine_priv.h"

#include <assert.h>
#include <time.h>

struct helpers {
    duckdb_task_state state;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t begun; /* a call has begun, and the watcher dozes */
    pthread_cond_t late;  /* the oldest call is late */
    struct list calls;    /* the oldest first */
    uint64_t next, seen;  /* number of the next call; of the last one that an earlier tick has seen */
    bool dozes, stop;
    unsigned nthreads;
    pthread_t threads[]; /* the watcher first */
};

DEFINE_CLEANUP(struct helpers, helpers_free)

/* The oldest call was under way at the tick before this one already. */
static bool is_late(const struct helpers *h)
{
    return !list_is_empty(&h->calls) &&
           list_entry(h->calls.next, struct helped_call, link)->number <= h->seen;
}

static void sleep_us(long us)
{
    const struct timespec t = {.tv_nsec = us * 1000};
    (void)nanosleep(&t, NULL);
}

/* Between two calls the watcher must not wake the processor 500 times a second. */
static void doze(struct helpers *h)
{
    h->dozes = true;
    while (list_is_empty(&h->calls) && !h->stop)
        (void)pthread_cond_wait(&h->begun, &h->lock);
    h->dozes = false;
}

/* Looks each tick whether a call is late. Ticks grow further apart while calls begin and end between them, as
 * those of a stream do: then nobody is late, and each tick would only cost a switch of threads. */
static void *watch(void *arg)
{
    struct helpers *h = arg;
    thread_set_name("engine watcher");
    (void)pthread_mutex_lock(&h->lock);
    long tick_us = HELPERS_TICK_US;
    for (unsigned quiet = 0; !h->stop;) {
        quiet = list_is_empty(&h->calls) ? quiet + 1 : 0;
        if (quiet > HELPERS_DOZE_TICKS) {
            doze(h);
            quiet = 0;
            tick_us = HELPERS_TICK_US;
        }
        if (is_late(h)) {
            (void)pthread_cond_broadcast(&h->late);
            tick_us = HELPERS_TICK_US;
        } else if (tick_us < HELPERS_TICK_MAX_US && h->next - 1 > h->seen) {
            tick_us += HELPERS_TICK_US / 8;
        }
        h->seen = h->next - 1;
        (void)pthread_mutex_unlock(&h->lock);
        sleep_us(tick_us);
        (void)pthread_mutex_lock(&h->lock);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Tasks of any statement until there are none for some time. */
static void work(struct helpers *h)
{
    for (unsigned polls = 0; polls < HELPERS_POLLS && !duckdb_task_state_is_finished(h->state); polls++)
        if (duckdb_execute_n_tasks_state(h->state, 1) > 0)
            polls = 0;
        else
            sleep_us(HELPERS_POLL_US);
}

static void *help(void *arg)
{
    struct helpers *h = arg;
    thread_set_name("engine helper");
    (void)pthread_mutex_lock(&h->lock);
    while (!h->stop) {
        (void)pthread_cond_wait(&h->late, &h->lock);
        if (!h->stop && is_late(h)) {
            (void)pthread_mutex_unlock(&h->lock);
            work(h);
            (void)pthread_mutex_lock(&h->lock);
        }
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}

int helpers_new(struct helpers **out, struct engine *en, unsigned threads, struct err *e)
{
    *out = NULL;
    if (threads <= 1)
        return ST_OK;
    CLEANUP(helpers_freep)
    struct helpers *h = mem_calloc(1, sizeof *h + threads * sizeof h->threads[0]);
    if (!h)
        return err_oom(e);
    list_init(&h->calls);
    h->next = 1;
    (void)pthread_mutex_init(&h->lock, NULL); /* cannot fail without attributes */
    (void)pthread_cond_init(&h->begun, NULL);
    (void)pthread_cond_init(&h->late, NULL);
    h->state = duckdb_create_task_state(en->db);
    if (!h->state)
        return err_oom(e);
    for (; h->nthreads < threads; h->nthreads++)
        if (thread_start(&h->threads[h->nthreads], THREAD_ENGINE_STACK, h->nthreads ? help : watch, h) != 0)
            return err_set(e, SQLSTATE_INSUFFICIENT_RESOURCES, "could not start a thread of the engine");
    *out = TAKE_PTR(h);
    return ST_OK;
}

void helpers_free(struct helpers *h)
{
    if (!h)
        return;
    (void)pthread_mutex_lock(&h->lock);
    assert(list_is_empty(&h->calls));
    h->stop = true;
    if (h->state)
        duckdb_finish_execution(h->state);
    (void)pthread_cond_broadcast(&h->begun);
    (void)pthread_cond_broadcast(&h->late);
    (void)pthread_mutex_unlock(&h->lock);
    for (unsigned i = 0; i < h->nthreads; i++)
        (void)pthread_join(h->threads[i], NULL);
    if (h->state)
        duckdb_destroy_task_state(h->state);
    (void)pthread_cond_destroy(&h->begun);
    (void)pthread_cond_destroy(&h->late);
    (void)pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

void helpers_call_begin(struct helpers *h, struct helped_call *call)
{
    if (!h)
        return;
    (void)pthread_mutex_lock(&h->lock);
    assert(h->next > h->seen && !h->stop); /* numbers grow, and nobody calls an engine that is being closed */
    call->number = h->next++;
    list_append(&h->calls, &call->link);
    if (h->dozes)
        (void)pthread_cond_signal(&h->begun);
    (void)pthread_mutex_unlock(&h->lock);
}

void helpers_call_end(struct helpers *h, struct helped_call *call)
{
    if (!h)
        return;
    (void)pthread_mutex_lock(&h->lock);
    list_remove(&call->link);
    (void)pthread_mutex_unlock(&h->lock);
}
