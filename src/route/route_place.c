/* Leaving closes all that the session has on its worker, portals first and its session there last. Coming
 * opens a session on another worker and tells it settings, search_path and BEGIN, so that it is what the last
 * one was. A statement that is about to run waits for a place first (gate.c), and may get it on another
 * worker than the session is on: then the session moves. A cancel comes from another thread and reads s->on,
 * which therefore changes under s->lock, and only here. */
#include "route/route_place.h"

#include "route/route_priv.h"

#include "base/cleanup.h"
#include "route/gate.h"

#include <assert.h>
#include <stdio.h>

/* ---- leaving ---- */

bool route_portal_can_move(const struct route_portal *p)
{
    if (!route_reads(p))
        return false;
    return !p->base.started || ((p->handed == 0 || p->hash) && p->base.position == p->handed);
}

void route_leave_portal(struct route_portal *p)
{
    row_stream_close(TAKE_PTR(p->fetch.inner));
    if (p->inner)
        p->session->route->inner->portal_close(TAKE_PTR(p->inner));
    if (p->tied)
        route_ties_drop_portal(&p->session->ties);
    p->tied = false;
}

/* A session of the seam outlives what was made in it, so portals, statements and a COPY are closed before it.
 * The lock is held for the pointer alone: a cancel that comes later finds nobody to cancel. */
void route_leave(struct route_session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    struct backend_session *on = TAKE_PTR(s->on);
    (void)pthread_mutex_unlock(&s->lock);
    assert(!on == !s->at);
    if (!on)
        return;
    for (struct list *l = s->portals.next; l != &s->portals; l = l->next)
        route_leave_portal(list_entry(l, struct route_portal, link));
    for (struct list *l = s->stmts.next; l != &s->stmts; l = l->next) {
        struct route_stmt *st = list_entry(l, struct route_stmt, link);
        if (st->inner)
            s->route->inner->stmt_free(TAKE_PTR(st->inner));
    }
    if (s->copy)
        s->route->inner->copy_close(TAKE_PTR(s->copy->inner));
    on->ops->session_close(on);
    workers_leave(s->route->workers, TAKE_PTR(s->at));
    assert(s->ties.portals == 0);
    s->base.draining = false;
}

/* ---- coming ---- */

/* What a session has wherever it is: its settings, and the transaction that has only read so far. */
static int bring_along(struct route_session *s, struct backend_session *on, struct err *e)
{
    const struct backend_ops *ops = s->route->inner;
    if (s->has_settings)
        TRY(ops->apply_settings(on, &s->settings, e));
    if (s->path)
        TRY(ops->set_search_path(on, s->path, e));
    return route_ties_in_tx(&s->ties) ? ops->tx(on, s->ties.begun, e) : ST_OK;
}

/* The id of the process that serves there now: another one may come to the same address later, and would be
 * blamed for what this one died of. */
static void know_worker(struct route_session *s)
{
    struct rpc_report report;
    rpc_client_report(worker_client(s->at), &report);
    (void)snprintf(s->worker, sizeof s->worker, "%s", report.worker);
    route_runs_on(s);
}

/* Opens a session on n and makes it what the session was elsewhere. Takes over the caller's hold of n. The
 * statement that has entered runs on n from here on, so its place is moved along. */
static int open_on(struct route_session *s, struct worker_node *n, struct err *e)
{
    const struct backend_identity who = {s->user, s->database, s->application_name};
    struct backend_session *on = NULL;
    assert(!s->on && !s->at && route_ties_can_move(&s->ties));
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

/* Whichever worker has the least to do. One that fails to open a session may just have gone, so that another
 * one is asked. */
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

int route_settle(struct route_session *s, struct err *e)
{
    if (s->ties.tx == ROUTE_TX_LOST)
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    if (s->on && route_ties_are_none(&s->ties) &&
        (rpc_session_has_ended(s->on) || (worker_goes(s) && workers_are_several(s->route->workers))))
        route_leave(s);
    return s->on ? ST_OK : open_somewhere(s, e);
}

/* ---- a statement that runs ---- */

/* The worker that the statement was let in at is not the one that the session is on. Nothing ties the
 * session, so it is opened anew. */
static int move_to(struct route_session *s, struct worker_node *n, struct err *e)
{
    struct err ignored;
    err_init(&ignored);
    route_leave(s);
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
    assert(s->on && s->at);
    t->on = s->at;
    t->bound = begun || !route_ties_are_none(&s->ties);
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
    assert(s->at);
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

/* ---- a worker that goes ---- */

void route_leave_what_goes(struct route_session *s)
{
    if (!s->on || s->entered > 0 || s->copy || !worker_goes(s) || !workers_are_several(s->route->workers))
        return;
    bool moves = route_ties_can_move(&s->ties);
    for (struct list *l = s->portals.next; l != &s->portals && moves; l = l->next)
        moves = route_portal_can_move(list_entry(l, struct route_portal, link));
    if (moves)
        route_leave(s);
    s->base.draining = !moves;
}

void route_look_up(struct backend_session *bs)
{
    struct route_session *s = (struct route_session *)bs;
    if (s->on && route_ties_are_none(&s->ties) && worker_goes(s))
        route_leave(s); /* also when it is the only one: without sessions it ends, and is back, sooner */
    route_leave_what_goes(s);
}

void route_cancel(struct backend_session *bs)
{
    struct route_session *s = (struct route_session *)bs;
    (void)pthread_mutex_lock(&s->lock);
    if (s->on)
        s->on->ops->cancel(s->on);
    (void)pthread_mutex_unlock(&s->lock);
    workers_cancel(s->route->workers, &s->ticket);
}
