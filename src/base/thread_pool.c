/* Threads that come as tasks need them and go when they have been idle. Normal tasks (sessions) never
 * have the last `reserve` threads: those are for urgent ones (cancels, log-ins, health), which would
 * otherwise wait for as long as readers are slow. */
#include "base/thread_pool.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>

enum { NAME_MAX_BYTES = 16, LANES = 2 };

/* One thread. `task` is handed over directly to an idle one, so a woken thread never finds that another was
 * faster. */
struct pool_thread {
    struct worker worker;
    struct thread_pool *pool;
    struct list link; /* in pool->idle, newest first */
    pthread_cond_t wake;
    struct task *task;
    enum thread_pool_lane lane;
};

/* Everything here is guarded by `lock`. Lock order: whoever submits may hold locks of his own; tasks run with
 * none held. */
struct thread_pool {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* threads has become 0 */
    struct list idle;     /* last in, first out: the others can then end */
    struct list lines[LANES];
    unsigned queued[LANES];
    unsigned threads;  /* all, those being started too */
    unsigned starting; /* of them, not yet looking for work */
    unsigned nidle;
    unsigned normal; /* threads that run a normal task now */
    unsigned held;   /* tasks that wait for others of their owner */
    bool stopping;
    pthread_t last_ended; /* joined by the next one that ends: at most one waits for it */
    bool has_last_ended;
    struct thread_pool_options o;
    char name[NAME_MAX_BYTES];
};

static bool may_run(const struct thread_pool *p, enum thread_pool_lane lane)
{
    return lane == THREAD_POOL_URGENT || p->normal < p->o.max - p->o.reserve;
}

/* The next task that may run now; counts it as running. */
static struct task *take(struct thread_pool *p, enum thread_pool_lane *lane)
{
    static const enum thread_pool_lane order[LANES] = {THREAD_POOL_URGENT, THREAD_POOL_NORMAL};
    for (size_t i = 0; i < LANES; i++) {
        *lane = order[i];
        if (p->queued[*lane] == 0 || !may_run(p, *lane))
            continue;
        assert(!list_is_empty(&p->lines[*lane])); /* the count says so */
        struct task *t = list_entry(p->lines[*lane].next, struct task, link);
        list_remove(&t->link);
        p->queued[*lane]--;
        p->normal += *lane == THREAD_POOL_NORMAL;
        return t;
    }
    return NULL;
}

/* ---- owners ---- */

/* Whether the owner has too many already; the task then waits until one of these has ended. */
static bool holds_back(struct thread_pool *p, struct task *t, enum thread_pool_lane lane)
{
    struct task_owner *o = t->owner;
    if (!o || lane != THREAD_POOL_NORMAL)
        return false;
    assert(!o->released && o->admitted <= o->max);
    if (o->admitted == o->max) {
        list_append(&o->waiting, &t->link);
        p->held++;
        return true;
    }
    o->admitted++;
    return false;
}

/* One of its tasks has ended: the next one joins the line. Returns the owner when it is to be freed. */
static struct task_owner *let_go(struct thread_pool *p, struct task_owner *o)
{
    if (!o)
        return NULL;
    assert(o->admitted > 0);
    if (list_is_empty(&o->waiting)) {
        o->admitted--;
        return o->released && o->admitted == 0 ? o : NULL;
    }
    struct list *next = o->waiting.next;
    list_remove(next);
    assert(p->held > 0);
    p->held--;
    list_append(&p->lines[THREAD_POOL_NORMAL], next);
    p->queued[THREAD_POOL_NORMAL]++;
    return NULL;
}

void task_owner_init(struct task_owner *o, unsigned max, void (*free)(struct task_owner *o))
{
    assert(max > 0);
    *o = (struct task_owner){.max = max, .free = free};
    list_init(&o->waiting);
}

void thread_pool_release_owner(struct thread_pool *p, struct task_owner *o)
{
    (void)pthread_mutex_lock(&p->lock);
    assert(!o->released && list_is_empty(&o->waiting));
    o->released = true;
    bool last = o->admitted == 0;
    (void)pthread_mutex_unlock(&p->lock);
    if (last)
        o->free(o);
}

/* ---- threads ---- */

/* The one that was idle last: its stack and caches are warm. */
static struct pool_thread *pop_idle(struct thread_pool *p)
{
    if (list_is_empty(&p->idle))
        return NULL;
    struct pool_thread *t = list_entry(p->idle.prev, struct pool_thread, link);
    list_remove(&t->link);
    p->nidle--;
    return t;
}

/* Waits for a task; NULL when this thread is to end. Called and returns with the lock held. */
static struct task *next_task(struct pool_thread *self)
{
    struct thread_pool *p = self->pool;
    self->task = take(p, &self->lane);
    if (self->task)
        return self->task;
    list_append(&p->idle, &self->link);
    p->nidle++;
    int64_t until = clock_now_us() + (int64_t)p->o.idle_ms * 1000;
    struct timespec ts = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    /* The reserve and one more stay, so that tasks always find a thread, also when the system gives no new
     * one. */
    while (!self->task && !p->stopping) {
        int err = p->threads > p->o.reserve + 1 ? pthread_cond_timedwait(&self->wake, &p->lock, &ts)
                                                : pthread_cond_wait(&self->wake, &p->lock);
        if (err == ETIMEDOUT && !self->task && p->threads > p->o.reserve + 1)
            break;
    }
    if (!self->task) {
        list_remove(&self->link);
        p->nidle--;
    }
    return self->task;
}

static void pool_thread_free(struct pool_thread *t)
{
    if (!t)
        return;
    waker_release(&t->worker.waker);
    (void)pthread_cond_destroy(&t->wake);
    mem_free(t);
}
DEFINE_CLEANUP(struct pool_thread, pool_thread_free)

/* The last act of a thread, with the lock held, which it gives back. The one that ends a quiet time's
 * shrinking gives the heap's free pages back too: glibc keeps an arena for each few threads and trims none
 * but the main one (300 tasks of 1.6 MB each left 31 to 47 MB behind, 6 MB with this). */
static void end_thread(struct thread_pool *p)
{
    assert(p->threads > p->starting + p->nidle); /* this one is neither */
    pthread_t before = p->last_ended;
    bool join = p->has_last_ended;
    bool quiet = !p->stopping && p->threads == p->o.reserve + 2;
    p->last_ended = pthread_self();
    p->has_last_ended = true;
    p->threads--;
    if (p->threads == 0)
        (void)pthread_cond_signal(&p->ended);
    (void)pthread_mutex_unlock(&p->lock);
    if (join)
        (void)pthread_join(before, NULL);
    if (quiet)
        (void)malloc_trim(0);
}

static void *run_thread(void *arg)
{
    struct pool_thread *self = arg;
    struct thread_pool *p = self->pool;
    struct task *t;
    thread_set_name(p->name);
    (void)pthread_mutex_lock(&p->lock);
    p->starting--;
    while ((t = next_task(self))) {
        (void)pthread_mutex_unlock(&p->lock);
        waker_clear(&self->worker.waker); /* a ring for the task before this one means nothing here */
        struct task_owner *owner = self->lane == THREAD_POOL_NORMAL ? t->owner : NULL;
        t->run(t, &self->worker);
        (void)pthread_mutex_lock(&p->lock);
        assert(self->lane != THREAD_POOL_NORMAL || p->normal > 0);
        p->normal -= self->lane == THREAD_POOL_NORMAL;
        self->task = NULL;
        struct task_owner *gone = let_go(p, owner);
        if (gone) {
            (void)pthread_mutex_unlock(&p->lock);
            gone->free(gone);
            (void)pthread_mutex_lock(&p->lock);
        }
    }
    pool_thread_free(self);
    end_thread(p);
    return NULL;
}

static int pool_thread_new(struct pool_thread **out, struct thread_pool *p, struct err *e)
{
    struct pool_thread *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_oom(e);
    t->pool = p;
    list_init(&t->link);
    thread_cond_init(&t->wake);
    if (waker_init(&t->worker.waker, e) < 0) {
        pool_thread_free(t);
        return ST_ERR;
    }
    *out = t;
    return ST_OK;
}

/* Starts a thread that is counted already (threads, starting); takes the count back when it cannot. Without
 * the lock: making a thread takes as long as many tasks. */
static int start_counted(struct thread_pool *p, struct err *e)
{
    CLEANUP(pool_thread_freep) struct pool_thread *t = NULL;
    pthread_t id;
    int st = pool_thread_new(&t, p, e);
    if (st == ST_OK) {
        int err = thread_start(&id, p->o.stack_size, run_thread, t);
        if (err)
            st = err_errno(e, err, "start a thread");
    }
    if (st < 0) {
        (void)pthread_mutex_lock(&p->lock);
        p->starting--;
        if (--p->threads == 0)
            (void)pthread_cond_signal(&p->ended);
        (void)pthread_mutex_unlock(&p->lock);
        return st;
    }
    (void)TAKE_PTR(t); /* the thread's own now */
    return ST_OK;
}

static int start_first(struct thread_pool *p, struct err *e)
{
    for (unsigned i = 0; i < p->o.reserve + 1; i++) {
        (void)pthread_mutex_lock(&p->lock);
        p->threads++;
        p->starting++;
        (void)pthread_mutex_unlock(&p->lock);
        TRY(start_counted(p, e));
    }
    return ST_OK;
}
DEFINE_CLEANUP(struct thread_pool, thread_pool_free)

int thread_pool_new(struct thread_pool **out, const struct thread_pool_options *o, struct err *e)
{
    assert(o->max > o->reserve);
    CLEANUP(thread_pool_freep) struct thread_pool *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    p->o = *o;
    if (o->name)
        memcpy(p->name, o->name, strnlen(o->name, sizeof p->name - 1));
    p->o.name = p->name;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->ended, NULL);
    list_init(&p->idle);
    for (size_t i = 0; i < LANES; i++)
        list_init(&p->lines[i]);
    TRY(start_first(p, e));
    *out = TAKE_PTR(p);
    return ST_OK;
}

/* Whether more tasks could run than threads are on their way to take them. */
static bool wants_thread(const struct thread_pool *p)
{
    assert(p->normal <= p->o.max - p->o.reserve && p->threads >= p->starting);
    unsigned room = p->o.max - p->o.reserve - p->normal;
    unsigned normal = p->queued[THREAD_POOL_NORMAL] < room ? p->queued[THREAD_POOL_NORMAL] : room;
    return p->threads < p->o.max && p->queued[THREAD_POOL_URGENT] + normal > p->starting;
}

void thread_pool_submit(struct thread_pool *p, struct task *t, enum thread_pool_lane lane)
{
    bool start = false;
    (void)pthread_mutex_lock(&p->lock);
    if (holds_back(p, t, lane)) {
        (void)pthread_mutex_unlock(&p->lock);
        return;
    }
    struct pool_thread *idle = p->queued[lane] == 0 && may_run(p, lane) ? pop_idle(p) : NULL;
    if (idle) {
        assert(!idle->task); /* it would have left the list with it */
        idle->task = t;
        idle->lane = lane;
        list_init(&t->link);
        p->normal += lane == THREAD_POOL_NORMAL;
        (void)pthread_cond_signal(&idle->wake);
    } else {
        list_append(&p->lines[lane], &t->link);
        p->queued[lane]++;
        start = wants_thread(p);
        p->threads += start;
        p->starting += start;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (start) {
        struct err e; /* no thread to be had: the task waits for one of those that are there */
        err_init(&e);
        (void)start_counted(p, &e);
    }
}

struct thread_pool_stats thread_pool_stats(struct thread_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    struct thread_pool_stats s = {
        .threads = p->threads, .idle = p->nidle, .queued = p->queued[0] + p->queued[1] + p->held};
    (void)pthread_mutex_unlock(&p->lock);
    return s;
}

void thread_pool_free(struct thread_pool *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    list_for_each (link, &p->idle)
        (void)pthread_cond_signal(&list_entry(link, struct pool_thread, link)->wake);
    while (p->threads > 0)
        (void)pthread_cond_wait(&p->ended, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
    if (p->has_last_ended)
        (void)pthread_join(p->last_ended, NULL);
    (void)pthread_cond_destroy(&p->ended);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}
