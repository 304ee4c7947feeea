/* The router itself, the making and the end of its sessions, and the table of their calls. The layers below
 * it, each of which calls only those under it:
 *
 *   route_calls  route_copy  route_fetch  route_run     the calls of the seam
 *   route_portal  route_stmt                            what a session has, on whichever worker
 *   route_again                                         a call that is cut off: tried again, or told why not
 *   route_place                                         where the session is: coming, entering, leaving
 *   route_blame  route_ties                             what workers die of; what keeps a session where it is
 *   gate  workers  poison                               of all sessions
 */
#include "route/route.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/gate.h"
#include "route/route_calls.h"
#include "route/route_copy.h"
#include "route/route_fetch.h"
#include "route/route_place.h"
#include "route/route_portal.h"
#include "route/route_run.h"
#include "route/route_stmt.h"

#include <assert.h>

DEFINE_CLEANUP(struct route, route_free)

/* ---- sessions ---- */

static void session_free(struct route_session *s)
{
    if (!s)
        return;
    assert(list_is_empty(&s->stmts) && list_is_empty(&s->portals) && !s->copy);
    route_leave(s);
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
    .look_up = route_look_up,
    .cancel = route_cancel,
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
    workers.client.goes = &r->base.look_ups;
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
