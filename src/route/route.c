/* Sessions: where they are, and what becomes of them when that worker is lost. */
#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "route/gate.h"
#include "route/route_blame.h"
#include "route/route_calls.h"
#include "route/route_copy.h"
#include "route/route_fetch.h"
#include "route/route_portal.h"
#include "route/route_stmt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

DEFINE_CLEANUP(struct route, route_free)

/* ---- moving ---- */

/* What it has on its worker goes before the session there does. */
static void leave(struct route_session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    struct backend_session *on = TAKE_PTR(s->on);
    (void)pthread_mutex_unlock(&s->lock);
    if (!on)
        return;
    for (struct list *l = s->portals.next; l != &s->portals; l = l->next)
        route_portal_leave(list_entry(l, struct route_portal, link));
    for (struct list *l = s->stmts.next; l != &s->stmts; l = l->next) {
        struct route_stmt *st = list_entry(l, struct route_stmt, link);
        if (st->inner)
            s->route->inner->stmt_free(TAKE_PTR(st->inner));
    }
    if (s->copy)
        s->route->inner->copy_close(TAKE_PTR(s->copy->inner));
    on->ops->session_close(on);
    workers_leave(s->route->workers, TAKE_PTR(s->at));
    s->started = 0;
    s->base.goes = false;
}

static int bring_along(struct route_session *s, struct backend_session *on, struct err *e)
{
    const struct backend_ops *ops = s->route->inner;
    if (s->has_settings)
        TRY(ops->apply_settings(on, &s->settings, e));
    if (s->path)
        TRY(ops->set_search_path(on, s->path, e));
    return s->in_tx ? ops->tx(on, s->begun, e) : ST_OK;
}

/* Which process it is on: another one may come to its address. */
static void know_worker(struct route_session *s)
{
    struct rpc_report report;
    rpc_client_report(worker_client(s->at), &report);
    (void)snprintf(s->worker, sizeof s->worker, "%s", report.worker);
    s->ran_since_us = clock_now_us();
    if (poison_is_about(s->route->poison))
        poison_seat_is_on(s->route->poison, s, s->worker);
}

/* Takes over the caller's hold of n. */
static int open_on(struct route_session *s, struct worker_node *n, struct err *e)
{
    const struct backend_identity who = {s->user, s->database, s->application_name};
    struct backend_session *on = NULL;
    int st = s->route->inner->session_open(rpc_client_backend(worker_client(n)), &who, &on, e);
    if (st == ST_OK && (st = bring_along(s, on, e)) != ST_OK)
        s->route->inner->session_close(on);
    if (st != ST_OK) {
        workers_leave(s->route->workers, n);
        return st;
    }
    (void)pthread_mutex_lock(&s->lock);
    s->on = on;
    (void)pthread_mutex_unlock(&s->lock);
    s->at = n;
    know_worker(s);
    if (s->entered > 0 && s->ticket.on != n)
        workers_move(s->route->workers, &s->ticket, n);
    return ST_OK;
}

static int open_somewhere(struct route_session *s, struct err *e)
{
    int st = ST_ERR;
    for (int i = 0; i < ROUTE_TRIES && st != ST_OK; i++) {
        struct worker_node *n;
        err_init(e);
        TRY(workers_choose(s->route->workers, &s->ticket, &n, e));
        st = open_on(s, n, e);
    }
    return st;
}

static bool worker_goes(const struct route_session *s)
{
    struct rpc_report report;
    rpc_client_report(worker_client(s->at), &report);
    return report.draining || !report.there;
}

/* It has nothing there that would be lost. */
static bool is_clean(const struct route_session *s)
{
    return !s->in_tx && !s->pinned && s->started == 0;
}

void route_begin(struct route_session *s)
{
    s->tries = s->spared = 0;
    s->stmt = NULL;
    s->portal = NULL;
    atomic_store(&s->ticket.cancelled,
                 false); /* one that is for this call is asked again: session/monitor.c */
}

int route_settle(struct route_session *s, struct err *e)
{
    if (s->tx_lost)
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    if (s->on && is_clean(s) &&
        (rpc_session_has_ended(s->on) || (worker_goes(s) && workers_are_several(s->route->workers))))
        leave(s);
    return s->on ? ST_OK : open_somewhere(s, e);
}

static int move_to(struct route_session *s, struct worker_node *n, struct err *e)
{
    struct err ignored;
    err_init(&ignored);
    leave(s);
    workers_stay(s->route->workers, n);
    if (open_on(s, n, &ignored) == ST_OK)
        return ST_OK;
    return open_somewhere(s, e); /* it has gone meanwhile: wherever there is a place */
}

int route_enter(struct route_session *s, bool begun, struct err *e)
{
    struct worker_ticket *t = &s->ticket;
    if (s->entered > 0) {
        s->entered++;
        return ST_OK;
    }
    if (!begun)
        TRY(route_settle(s, e));
    t->on = s->at;
    t->bound = begun || !is_clean(s);
    t->begun = begun;
    TRY(workers_enter(s->route->workers, t, atomic_load(&s->route->wait_us), e));
    s->entered = 1;
    if (t->on == s->at)
        return ST_OK;
    int st = move_to(s, t->on, e);
    if (st != ST_OK)
        route_exit(s);
    return st;
}

void route_exit(struct route_session *s)
{
    if (s->entered > 0 && --s->entered == 0)
        workers_exit(s->route->workers, &s->ticket);
}

int route_may_write(const struct route_session *s, struct err *e)
{
    struct rpc_report report;
    if (!workers_are_several(s->route->workers))
        return ST_OK;
    rpc_client_report(worker_client(s->at), &report);
    if (!report.own_writes)
        return ST_OK; /* the engine there refuses what is not shared */
    (void)err_set(e, SQLSTATE_READ_ONLY_SQL_TRANSACTION,
                  "cannot write while several workers serve that keep what is written to themselves");
    err_hint(e, "Start workers with read_only, and attach a catalog that all of them share; temporary tables "
                "can be made with CREATE TEMP TABLE AS.");
    return ST_ERR;
}

/* ---- a worker is lost ---- */

/* Whether another worker can take over what the session has. */
static bool can_move(const struct route_session *s)
{
    bool plain = s->begun == BACKEND_TX_BEGIN || s->begun == BACKEND_TX_BEGIN_READ_ONLY;
    return !s->pinned && (!s->in_tx || (!s->wrote && plain));
}

static void look_up(struct backend_session *bs)
{
    struct route_session *s = (struct route_session *)bs;
    if (s->on && is_clean(s) && worker_goes(s))
        leave(s); /* also from the only one: it comes back the sooner */
    route_leave_what_goes(s);
}

void route_leave_what_goes(struct route_session *s)
{
    if (!s->on || s->entered > 0 || s->copy || !worker_goes(s) || !workers_are_several(s->route->workers))
        return;
    bool moves = can_move(s);
    for (struct list *l = s->portals.next; l != &s->portals && moves; l = l->next)
        moves = route_portal_can_move(list_entry(l, struct route_portal, link));
    if (moves)
        leave(s);
    s->base.goes = !moves;
}

const char route_pinned_is_gone[] = "Temporary objects and variables of this session are gone.";

static void say_what_is_gone(const struct route_session *s, struct err *e)
{
    e->detail[0] = '\0';
    if (s->in_tx && s->pinned)
        err_detail(e, "The transaction has been rolled back. %s", route_pinned_is_gone);
    else if (s->in_tx)
        err_detail(e, "The transaction has been rolled back.");
    else if (s->pinned)
        err_detail(e, "%s", route_pinned_is_gone);
}

/* Whether it has been tried often enough. Who is to blame for a death is looked into apart. */
static bool is_tired(struct route_session *s, bool died)
{
    return died ? ++s->spared > ROUTE_SPARED : ++s->tries > ROUTE_TRIES;
}

/* The session has left; what died of itself is told why, what did not may have to wait for its turn. */
static bool admit_again(struct route_session *s, bool died, struct err *e)
{
    const struct timespec settle = {0, (long)POISON_SETTLE_MS * 1000000};
    if (died)
        (void)nanosleep(&settle, NULL);
    err_init(e);
    if (route_admit(s, e) != ST_OK)
        return false;
    metric_add(METRIC_STATEMENTS_RETRIED, 1);
    return true;
}

bool route_try_again(struct route_session *s, bool reads, struct err *e)
{
    if (!s->on || !rpc_session_is_lost(s->on)) {
        route_failed(s);
        return false;
    }
    metric_add(METRIC_WORKERS_LOST, 1);
    const bool died = rpc_session_has_died(s->on);
    if (died)
        route_blame(s);
    bool again = reads && can_move(s) && e->code != SQLSTATE_QUERY_CANCELED && !rpc_session_has_lied(s->on);
    if (again && is_tired(s, died)) {
        e->detail[0] = '\0';
        err_detail(e, "It has been tried on %u workers.", s->tries + s->spared);
        again = false;
    } else if (!again)
        say_what_is_gone(s, e);
    s->tx_lost = s->in_tx && !can_move(s);
    s->pinned = false;
    leave(s);
    return again && admit_again(s, died, e);
}

/* ---- the session's calls ---- */

static void session_free(struct route_session *s)
{
    if (!s)
        return;
    leave(s);
    poison_leave_seat(s->route->poison, s);
    worker_user_put(s->route->workers, s->ticket.user);
    worker_ticket_release(&s->ticket);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s->user);
    mem_free(s->database);
    mem_free(s->application_name);
    mem_free(s->path);
    mem_free(s);
}

DEFINE_CLEANUP(struct route_session, session_free)

static int session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                        struct err *e)
{
    CLEANUP(session_freep) struct route_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    (void)pthread_mutex_init(&s->lock, NULL);
    list_init(&s->stmts);
    list_init(&s->portals);
    worker_ticket_init(&s->ticket);
    s->base.ops = b->ops;
    s->route = (struct route *)b;
    s->user = mem_strdup(who->user ? who->user : "");
    s->database = mem_strdup(who->database ? who->database : "");
    s->application_name = mem_strdup(who->application_name ? who->application_name : "");
    if (!s->user || !s->database || !s->application_name)
        return err_oom(e);
    TRY(worker_user_get(s->route->workers, s->user, &s->ticket.user, e));
    *out = &TAKE_PTR(s)->base;
    return ST_OK;
}

static void session_close(struct backend_session *bs)
{
    session_free((struct route_session *)bs);
}

int route_count(struct account *memory, size_t *counted, size_t n, struct err *e)
{
    if (!account_take(memory, n))
        return err_oom(e);
    *counted += n;
    return ST_OK;
}

static void session_cancel(struct backend_session *bs)
{
    struct route_session *s = (struct route_session *)bs;
    (void)pthread_mutex_lock(&s->lock);
    if (s->on)
        s->on->ops->cancel(s->on);
    (void)pthread_mutex_unlock(&s->lock);
    workers_cancel(s->route->workers, &s->ticket);
}

/* ---- the backend ---- */

static const struct backend_ops ops = {
    .session_open = session_open,
    .session_close = session_close,
    .split = route_split,
    .prepare = route_prepare,
    .stmt_free = route_stmt_free,
    .open = route_open,
    .start = route_start,
    .fetch = route_fetch,
    .ahead = route_ahead,
    .park = route_park,
    .slice = route_slice,
    .portal_close = route_portal_close,
    .copy_open = route_copy_open,
    .copy_data = route_copy_data,
    .copy_settle = route_copy_settle,
    .copy_finish = route_copy_finish,
    .copy_close = route_copy_close,
    .tx = route_tx,
    .apply_settings = route_apply_settings,
    .set_search_path = route_set_search_path,
    .reset = route_reset,
    .look_up = look_up,
    .cancel = session_cancel,
};

int route_new(struct route **out, const struct route_options *o, struct err *e)
{
    CLEANUP(route_freep) struct route *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_oom(e);
    r->base.ops = &ops;
    r->base.forwards = true;
    r->inner = rpc_client_ops();
    route_set_wait(r, o->wait_us);
    struct workers_options workers = o->workers;
    workers.client.goes = &r->base.calls;
    TRY(poison_new(&r->poison, e));
    TRY(workers_new(&r->workers, &workers, e));
    *out = TAKE_PTR(r);
    return ST_OK;
}

void route_free(struct route *r)
{
    if (!r)
        return;
    workers_free(r->workers);
    poison_free(r->poison);
    mem_free(r);
}

struct backend *route_backend(struct route *r)
{
    return &r->base;
}

unsigned route_refused(struct route *r)
{
    return poison_refused(r->poison);
}

struct workers *route_workers(struct route *r)
{
    return r->workers;
}

void route_set_wait(struct route *r, int64_t wait_us)
{
    atomic_store(&r->wait_us, wait_us);
}
