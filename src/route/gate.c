/* Which statement runs where, and when: a worker runs no more than it says that it can. */
#include "route/gate.h"

#include "route/workers_priv.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/metric.h"
#include "base/thread.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_AGAIN_US = 100 * 1000, /* at what workers report */
    MOVE_MARGIN = 2,            /* a session goes elsewhere for so many statements less */
};

/* ---- users ---- */

int worker_user_get(struct workers *w, const char *name, struct worker_user **out, struct err *e)
{
    struct worker_user *found = NULL;
    (void)pthread_mutex_lock(&w->lock);
    list_for_each (l, &w->users) {
        struct worker_user *u = list_entry(l, struct worker_user, link);
        if (strcmp(u->name, name) == 0) {
            found = u;
            break;
        }
    }
    if (!found && (found = mem_calloc(1, sizeof *found))) {
        list_append(&w->users, &found->link);
        found->name = mem_strdup(name);
    }
    if (found)
        found->refs++;
    (void)pthread_mutex_unlock(&w->lock);
    if (found && !found->name) {
        worker_user_put(w, found);
        found = NULL;
    }
    *out = found;
    return found ? ST_OK : err_oom(e);
}

void worker_user_put(struct workers *w, struct worker_user *u)
{
    if (!u)
        return;
    (void)pthread_mutex_lock(&w->lock);
    assert(u->refs > 0);
    bool last = --u->refs == 0;
    assert(!last || u->running == 0);
    if (last)
        list_remove(&u->link);
    (void)pthread_mutex_unlock(&w->lock);
    if (!last)
        return;
    mem_free(u->name);
    mem_free(u);
}

/* ---- with the lock ---- */

static bool has_room(const struct worker_node *n, const struct rpc_report *report)
{
    return report->streams_max == 0 || worker_load(n, report) < report->streams_max;
}

/* Where it has to run. A worker that is gone counts as one with room: the statement is sent there, fails, and
 * its error says what has happened. */
static struct worker_node *place_bound(const struct worker_ticket *t)
{
    struct rpc_report report;
    rpc_client_report(t->on->client, &report);
    return !report.there || has_room(t->on, &report) ? t->on : NULL;
}

/* The best one, or where it is while that is not much worse. *none: there is no worker at all to wait for. */
static struct worker_node *place_free(const struct workers *w, const struct worker_ticket *t, bool *none)
{
    struct worker_node *best = NULL;
    struct rpc_report report, of_best = {0};
    bool stays = false;
    unsigned load = 0;
    *none = true;
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (!worker_serves(n, &report))
            continue;
        *none = false;
        bool room = has_room(n, &report);
        if (room && t->on && n == t->on) {
            stays = true;
            load = worker_load(n, &report);
        }
        if (room && (!best || worker_is_better(n, &report, best, &of_best))) {
            best = n;
            of_best = report;
        }
    }
    return stays && load < worker_load(best, &of_best) + MOVE_MARGIN ? t->on : best;
}

/* NULL: it waits, or *none. */
static struct worker_node *place(const struct workers *w, const struct worker_ticket *t, bool *none)
{
    *none = false;
    if (t->bound && t->on)
        return place_bound(t);
    struct worker_node *n = place_free(w, t, none);
    if (!*none)
        return n;
    n = t->on ? t->on : worker_any(w); /* what is tried there says what is wrong */
    *none = n == NULL;
    return n;
}

/* What has begun and has rows to come goes first: until it is read it holds memory on its worker. */
static bool goes_before(const struct worker_ticket *a, const struct worker_ticket *b)
{
    return a->begun != b->begun ? a->begun : a->user->running < b->user->running;
}

/* A place is counted at the worker, where it is a hold as well, and at the user, for fair shares. */
static void count_on(struct worker_ticket *t, struct worker_node *n)
{
    assert(n && t->user);
    t->on = n;
    n->refs++;
    n->running++;
    t->user->running++;
}

static void count_off(struct worker_ticket *t)
{
    assert(t->granted && t->on->running > 0 && t->on->refs > 0);
    assert(t->user->running > 0);
    t->on->running--;
    t->on->refs--;
    t->user->running--;
}

static void let_in(struct worker_ticket *t, struct worker_node *n)
{
    assert(!t->granted);
    list_remove(&t->link);
    t->granted = true;
    count_on(t, n);
    (void)pthread_cond_signal(&t->changed);
}

/* All that find room, the user with the fewest statements first, then the oldest. */
static void let_all_in(struct workers *w)
{
    struct worker_ticket *first;
    do {
        struct worker_node *at = NULL;
        first = NULL;
        list_for_each (l, &w->waiting) {
            struct worker_ticket *t = list_entry(l, struct worker_ticket, link);
            bool none;
            if (first && !goes_before(t, first))
                continue;
            struct worker_node *n = place(w, t, &none);
            if (!n)
                continue;
            first = t;
            at = n;
        }
        if (first)
            let_in(first, at);
    } while (first && !list_is_empty(&w->waiting));
}

/* ---- for sessions ---- */

void worker_ticket_init(struct worker_ticket *t)
{
    memset(t, 0, sizeof *t);
    list_init(&t->link);
    thread_cond_init(&t->changed);
}

void worker_ticket_release(struct worker_ticket *t)
{
    assert(list_is_empty(&t->link));
    (void)pthread_cond_destroy(&t->changed);
}

static int too_many(int64_t wait_us, struct err *e)
{
    (void)err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many statements run at once");
    err_detail(e, "All workers that this one could run on run as many as they can; it has waited for %lld s.",
               (long long)(wait_us / 1000000));
    err_hint(e, "Try again later, start more workers, or raise worker_capacity or stream_wait.");
    metric_add(METRIC_ROUTE_REFUSED, 1);
    return ST_ERR;
}

/* Until the ticket is told of something, or that time. With the lock. */
static void wait_until(struct workers *w, struct worker_ticket *t, int64_t us)
{
    const struct timespec at = {us / 1000000, us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&t->changed, &w->lock, &at);
}

static void wait_a_while(struct workers *w, struct worker_ticket *t, int64_t until_us)
{
    int64_t us = clock_now_us() + LOOK_AGAIN_US;
    wait_until(w, t, us < until_us ? us : until_us);
}

/* One of those that wait looks for all of them. */
static void look_again(struct workers *w)
{
    int64_t now = clock_now_us();
    if (now < w->looked_us + LOOK_AGAIN_US)
        return;
    w->looked_us = now;
    let_all_in(w);
}

/* In line, with the lock. */
static int stand_in_line(struct workers *w, struct worker_ticket *t, int64_t wait_us, struct err *e)
{
    const int64_t begun = clock_now_us(), until = begun + wait_us;
    int st = ST_OK;
    metric_gauge_add(METRIC_ROUTE_WAITING, 1);
    while (!t->granted && st == ST_OK) {
        bool none;
        if (!place(w, t, &none) && none)
            st = workers_none(e);
        else if (atomic_load(&t->cancelled))
            st = worker_ticket_cancelled(e);
        else if (clock_now_us() >= until)
            st = too_many(wait_us, e);
        else
            wait_a_while(w, t, until);
        if (!t->granted && st == ST_OK)
            look_again(w);
    }
    metric_gauge_add(METRIC_ROUTE_WAITING, -1);
    metric_observe(METRIC_ROUTE_WAIT_SECONDS, clock_now_us() - begun);
    list_remove(&t->link);
    return t->granted ? ST_OK : st;
}

int workers_enter(struct workers *w, struct worker_ticket *t, int64_t wait_us, struct err *e)
{
    int st = ST_OK;
    (void)pthread_mutex_lock(&w->lock);
    assert(!t->granted && list_is_empty(&t->link));
    list_append(&w->waiting, &t->link);
    let_all_in(w);
    if (!t->granted)
        st = stand_in_line(w, t, wait_us, e);
    (void)pthread_mutex_unlock(&w->lock);
    return st;
}

void workers_exit(struct workers *w, struct worker_ticket *t)
{
    (void)pthread_mutex_lock(&w->lock);
    count_off(t);
    t->granted = false;
    let_all_in(w);
    (void)pthread_mutex_unlock(&w->lock);
}

void workers_move(struct workers *w, struct worker_ticket *t, struct worker_node *n)
{
    (void)pthread_mutex_lock(&w->lock);
    assert(n != t->on);
    count_off(t);
    count_on(t, n);
    let_all_in(w);
    (void)pthread_mutex_unlock(&w->lock);
}

int workers_pause(struct workers *w, struct worker_ticket *t, int64_t us, struct err *e)
{
    const int64_t until = clock_now_us() + us;
    (void)pthread_mutex_lock(&w->lock);
    while (!atomic_load(&t->cancelled) && clock_now_us() < until)
        wait_until(w, t, until);
    bool cancelled = atomic_load(&t->cancelled);
    (void)pthread_mutex_unlock(&w->lock);
    return cancelled ? worker_ticket_cancelled(e) : ST_OK;
}

void workers_cancel(struct workers *w, struct worker_ticket *t)
{
    (void)pthread_mutex_lock(&w->lock);
    atomic_store(&t->cancelled, true);
    (void)pthread_cond_signal(&t->changed);
    (void)pthread_mutex_unlock(&w->lock);
}
