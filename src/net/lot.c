#include "net/lot.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "base/waker.h"

enum { EVENTS_MAX = 256, LOT_STACK = 128 * 1024, NONE = UINT32_MAX };

/* In place of the time that the thread sleeps until. */
#define AWAKE INT64_MIN

/* The bell's place in the epoll set; no slot has it. */
static const uint64_t bell = UINT64_MAX;

/* An epoll event names a slot and its generation, not a record: one that was fetched before its record was
 * removed must not touch freed memory, nor wake the next record of that slot. */
struct slot {
    struct parked *p; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct timer {
    int64_t deadline_us;
    struct parked *p;
};

/* All but the constants (epoll, capacity) is guarded by `lock`. Lock order: the lot's is the last one taken
 * by its callers, and leave() runs without it. */
struct lot {
    int epoll;
    uint32_t capacity;
    pthread_t thread;
    bool has_thread;
    struct waker waker;
    pthread_mutex_t lock;
    pthread_cond_t left; /* a leave() has returned while somebody waits for that */
    struct slot *slots;
    uint32_t free_slot;
    struct timer *heap; /* a binary heap, soonest first */
    uint32_t nheap;
    struct list leaving;
    struct parked *in_leave; /* whose leave() runs now; compared, never followed */
    unsigned waiting;        /* threads in lot_remove for it */
    unsigned count;
    int64_t sleeps_until; /* the thread's next deadline: an earlier one has to ring; or AWAKE */
    bool rung, stopping;
};

/* ---- the heap of deadlines ---- */

static void heap_put(struct lot *l, uint32_t i, struct timer t)
{
    l->heap[i] = t;
    t.p->heap_index = i;
}

/* t goes to place i, or above it as far as it is sooner than what lies there. */
static void heap_up(struct lot *l, uint32_t i, struct timer t)
{
    while (i > 0 && l->heap[(i - 1) / 2].deadline_us > t.deadline_us) {
        heap_put(l, i, l->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(l, i, t);
}

/* t goes to place i, or below it as far as it is later than what lies there. */
static void heap_down(struct lot *l, uint32_t i, struct timer t)
{
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= l->nheap)
            break;
        if (child + 1 < l->nheap && l->heap[child + 1].deadline_us < l->heap[child].deadline_us)
            child++;
        if (l->heap[child].deadline_us >= t.deadline_us)
            break;
        heap_put(l, i, l->heap[child]);
        i = child;
    }
    heap_put(l, i, t);
}

static void heap_add(struct lot *l, struct parked *p)
{
    assert(l->nheap < l->capacity);
    heap_up(l, l->nheap++, (struct timer){p->deadline_us, p});
}

static void heap_remove(struct lot *l, struct parked *p)
{
    uint32_t i = p->heap_index;
    if (i == NONE)
        return;
    assert(i < l->nheap && l->heap[i].p == p); /* heap_put keeps both sides */
    p->heap_index = NONE;
    struct timer last = l->heap[--l->nheap];
    if (i == l->nheap)
        return;
    if (i > 0 && l->heap[(i - 1) / 2].deadline_us > last.deadline_us)
        heap_up(l, i, last);
    else
        heap_down(l, i, last);
}

/* ---- leaving; all with the lock held ---- */

/* Only for a thread that sleeps: awake, it looks at everything once more before it does. */
static void ring(struct lot *l)
{
    if (l->rung || l->sleeps_until == AWAKE)
        return;
    l->rung = true;
    waker_ring(&l->waker);
}

/* Puts the record on the list of those that leave. A second reason before it has left replaces the first,
 * but it leaves once. */
static void begin_leave(struct lot *l, struct parked *p, enum lot_reason why)
{
    p->why = why;
    if (p->leaving)
        return;
    p->leaving = true;
    heap_remove(l, p);
    list_append(&l->leaving, &p->link);
}

static void wake(struct lot *l, struct parked *p)
{
    if (!p->in_lot) {
        p->wake_pending = true;
        return;
    }
    begin_leave(l, p, LOT_WOKEN);
    ring(l);
}

static void see_event(struct lot *l, uint64_t data)
{
    if (data == bell) {
        waker_clear(&l->waker);
        l->rung = false;
        return;
    }
    assert((data & UINT32_MAX) < l->capacity); /* name_of made it */
    struct slot *s = &l->slots[data & UINT32_MAX];
    if (s->generation != data >> 32 || !s->p)
        return;
    /* Not parked: the event is spent (one shot), but lot_park arms it anew and sees what is there then. */
    if (s->p->in_lot && !s->p->leaving)
        begin_leave(l, s->p, LOT_READABLE);
}

static void see_deadlines(struct lot *l)
{
    if (l->nheap == 0)
        return;
    int64_t now = clock_now_us();
    while (l->nheap > 0 && l->heap[0].deadline_us <= now)
        begin_leave(l, l->heap[0].p, LOT_TIMEOUT);
}

/* The record belongs to leave() from the moment the lock is given up: it may be parked again, or removed by
 * another thread, which then waits for in_leave to change. */
static void let_leave(struct lot *l)
{
    while (!list_is_empty(&l->leaving)) {
        struct parked *p = list_entry(l->leaving.next, struct parked, link);
        enum lot_reason why = p->why;
        assert(p->in_lot && p->leaving && p->heap_index == NONE && l->count > 0);
        list_remove(&p->link);
        p->leaving = p->in_lot = false;
        l->count--;
        l->in_leave = p;
        (void)pthread_mutex_unlock(&l->lock);
        p->leave(p, why);
        (void)pthread_mutex_lock(&l->lock);
        l->in_leave = NULL;
        if (l->waiting)
            (void)pthread_cond_broadcast(&l->left);
    }
}

/* The lot's thread. When it will wake is written down before the lock is given up, so that whoever parks a
 * record with an earlier deadline rings the bell; a ring before epoll_wait() has begun ends it at once. */
static void *run(void *arg)
{
    struct lot *l = arg;
    struct epoll_event events[EVENTS_MAX];
    thread_set_name("lot");
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        l->sleeps_until = l->nheap > 0 ? l->heap[0].deadline_us : CLOCK_NEVER;
        int ms = clock_poll_ms(l->sleeps_until);
        (void)pthread_mutex_unlock(&l->lock);
        int n = epoll_wait(l->epoll, events, EVENTS_MAX, ms);
        assert(n >= 0 || errno == EINTR);
        (void)pthread_mutex_lock(&l->lock);
        l->sleeps_until = AWAKE;
        for (int i = 0; i < n; i++)
            see_event(l, events[i].data.u64);
        see_deadlines(l);
        let_leave(l);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- life ---- */

DEFINE_CLEANUP(struct lot, lot_free)

static int start_watching(struct lot *l, struct err *e)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0)
        return err_errno(e, errno, "make an epoll set");
    TRY(waker_init(&l->waker, e));
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = bell};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, waker_fd(&l->waker), &ev) < 0)
        return err_errno(e, errno, "add to an epoll set");
    int err = thread_start(&l->thread, LOT_STACK, run, l);
    if (err)
        return err_errno(e, err, "start a thread");
    l->has_thread = true;
    return ST_OK;
}

int lot_new(struct lot **out, unsigned capacity, struct err *e)
{
    assert(capacity > 0 && capacity < NONE);
    CLEANUP(lot_freep) struct lot *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_oom(e);
    l->epoll = l->waker.fd = -1;
    l->capacity = capacity;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->left, NULL);
    list_init(&l->leaving);
    l->slots = mem_calloc(capacity, sizeof *l->slots);
    l->heap = mem_calloc(capacity, sizeof *l->heap);
    if (!l->slots || !l->heap)
        return err_oom(e);
    for (uint32_t i = 0; i < capacity; i++)
        l->slots[i].next_free = i + 1 < capacity ? i + 1 : NONE;
    TRY(start_watching(l, e));
    *out = TAKE_PTR(l);
    return ST_OK;
}

void lot_free(struct lot *l)
{
    if (!l)
        return;
    if (l->has_thread) {
        (void)pthread_mutex_lock(&l->lock);
        assert(l->count == 0);
        l->stopping = true;
        ring(l);
        (void)pthread_mutex_unlock(&l->lock);
        (void)pthread_join(l->thread, NULL);
    }
    waker_release(&l->waker);
    if (l->epoll >= 0)
        (void)close(l->epoll);
    (void)pthread_cond_destroy(&l->left);
    (void)pthread_mutex_destroy(&l->lock);
    mem_free(l->slots);
    mem_free(l->heap);
    mem_free(l);
}

void parked_init(struct parked *p, int fd, void (*leave)(struct parked *p, enum lot_reason why))
{
    memset(p, 0, sizeof *p);
    list_init(&p->link);
    p->heap_index = p->slot = NONE;
    p->fd = fd;
    p->leave = leave;
}

static uint64_t name_of(const struct lot *l, const struct parked *p)
{
    return (uint64_t)l->slots[p->slot].generation << 32 | p->slot;
}

/* With a new generation, events that the kernel still has for the old record no longer fit the slot. */
static void give_slot_back(struct lot *l, struct parked *p)
{
    struct slot *s = &l->slots[p->slot];
    assert(s->p == p);
    s->p = NULL;
    s->generation++;
    s->next_free = l->free_slot;
    l->free_slot = p->slot;
    p->slot = NONE;
}

int lot_add(struct lot *l, struct parked *p, struct err *e)
{
    assert(!p->registered);
    int st = ST_OK;
    (void)pthread_mutex_lock(&l->lock);
    if (l->free_slot == NONE) {
        (void)pthread_mutex_unlock(&l->lock);
        return err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "more than %u connections", (unsigned)l->capacity);
    }
    p->slot = l->free_slot;
    assert(!l->slots[p->slot].p);
    l->free_slot = l->slots[p->slot].next_free;
    l->slots[p->slot].p = p;
    struct epoll_event ev = {.events = EPOLLONESHOT, .data.u64 = name_of(l, p)};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, p->fd, &ev) < 0) {
        st = err_set(e, SQLSTATE_INSUFFICIENT_RESOURCES, "could not watch a connection: %s",
                     strerrordesc_np(errno));
        give_slot_back(l, p);
    } else {
        p->registered = true;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return st;
}

void lot_remove(struct lot *l, struct parked *p)
{
    if (!p->registered)
        return;
    assert(!pthread_equal(pthread_self(), l->thread)); /* leave() would wait for itself */
    (void)pthread_mutex_lock(&l->lock);
    assert(!p->in_lot);
    l->waiting++;
    while (l->in_leave == p)
        (void)pthread_cond_wait(&l->left, &l->lock);
    l->waiting--;
    (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, p->fd, NULL);
    give_slot_back(l, p);
    p->registered = false;
    (void)pthread_mutex_unlock(&l->lock);
}

/* Armed with the lock held: an event then waits for the lock and finds the record parked, and no leave() can
 * come between that would let the descriptor be closed under epoll_ctl. */
void lot_park(struct lot *l, struct parked *p, short events, int64_t deadline_us)
{
    struct epoll_event ev = {.events = EPOLLONESHOT | (events & POLLIN ? (uint32_t)EPOLLIN : 0u) |
                                       (events & POLLOUT ? (uint32_t)EPOLLOUT : 0u)};
    (void)pthread_mutex_lock(&l->lock);
    assert(p->registered && !p->in_lot);
    p->in_lot = true;
    p->deadline_us = deadline_us;
    l->count++;
    if (p->wake_pending) {
        p->wake_pending = false;
        wake(l, p);
        (void)pthread_mutex_unlock(&l->lock);
        return;
    }
    ev.data.u64 = name_of(l, p);
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, p->fd, &ev) < 0) { /* reading will tell what is wrong with it */
        begin_leave(l, p, LOT_READABLE);
        ring(l);
    } else if (deadline_us != CLOCK_NEVER) {
        heap_add(l, p);
        if (deadline_us < l->sleeps_until)
            ring(l);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void lot_wake(struct lot *l, struct parked *p)
{
    (void)pthread_mutex_lock(&l->lock);
    wake(l, p);
    (void)pthread_mutex_unlock(&l->lock);
}

void lot_wake_all(struct lot *l)
{
    (void)pthread_mutex_lock(&l->lock);
    for (uint32_t i = 0; i < l->capacity; i++)
        if (l->slots[i].p)
            wake(l, l->slots[i].p);
    (void)pthread_mutex_unlock(&l->lock);
}

unsigned lot_count(struct lot *l)
{
    (void)pthread_mutex_lock(&l->lock);
    unsigned n = l->count;
    (void)pthread_mutex_unlock(&l->lock);
    return n;
}
