/* Settings and search_path are kept once the worker has taken them, so that a value that was refused is not
 * carried to the next one; that is told all of it before anything runs there (route_place.c). BEGIN may be
 * asked of several workers. COMMIT may not: where something was written, and the worker is lost before it
 * answers, the client hears 08007, because nobody knows. */
#include "route/route_calls.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/route_again.h"
#include "route/route_priv.h"

#include <assert.h>
#include <string.h>

/* ---- transactions ---- */

/* The transaction is over with its worker; its end is what the client still owes. */
static int end_lost(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    route_ties_over(&s->ties);
    return op == BACKEND_TX_ROLLBACK
               ? ST_OK
               : err_set(e, SQLSTATE_CONNECTION_FAILURE, "the transaction was lost with its worker");
}

/* A COMMIT whose worker is lost on the way may have been done or not, if there was something to commit. A
 * ROLLBACK, or a COMMIT of what was only read, has come to its end either way. */
static int end_tx(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    assert(s->on && !s->copy);
    bool wrote = s->ties.tx == ROUTE_TX_WROTE && op == BACKEND_TX_COMMIT, pinned = s->ties.pinned;
    int st = s->on->ops->tx(s->on, op, e);
    bool lost = st != ST_OK && rpc_session_is_lost(s->on);
    route_ties_over(&s->ties);
    if (!lost)
        return st;
    (void)route_try_again(s, false, e);
    err_init(e);
    if (wrote) {
        (void)err_set(e, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN, "the worker was lost during COMMIT");
        err_detail(e, "Nobody can tell whether the transaction was committed.%s%s", pinned ? " " : "",
                   pinned ? route_pinned_is_gone : "");
        return ST_ERR;
    }
    if (!pinned) /* nothing of it stayed, which is what was asked for, or makes no difference */
        return ST_OK;
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the worker was lost with what the session had there");
    err_detail(e, "%s", route_pinned_is_gone);
    return ST_ERR;
}

static int ask_to_begin(struct route_session *s, void *arg, struct err *e)
{
    const enum backend_tx_op *op = arg;
    return s->on->ops->tx(s->on, *op, e);
}

static int begin_tx(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    route_begin(s, NULL, NULL);
    TRY(route_ask(s, ask_to_begin, &op, e));
    route_ties_begun(&s->ties, op);
    return ST_OK;
}

int route_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    if (op != BACKEND_TX_COMMIT && op != BACKEND_TX_ROLLBACK)
        return begin_tx(s, op, e);
    if (s->ties.tx == ROUTE_TX_LOST)
        return end_lost(s, op, e);
    if (s->on)
        return end_tx(s, op, e);
    route_ties_over(&s->ties); /* it has left its worker, with nothing to end there */
    return ST_OK;
}

/* ---- settings ---- */

static int ask_to_apply(struct route_session *s, void *arg, struct err *e)
{
    return s->on->ops->apply_settings(s->on, arg, e);
}

/* A session that is on no worker needs none for this: the next one is told first (bring_along). */
int route_apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    size_t n = strlen(settings->time_zone);
    if (n >= sizeof s->time_zone)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "invalid value for parameter \"TimeZone\": \"%.100s\"", settings->time_zone);
    struct backend_settings copy = *settings;
    if (s->on) {
        route_begin(s, NULL, NULL);
        TRY(route_ask(s, ask_to_apply, &copy, e));
    }
    memcpy(s->time_zone, settings->time_zone, n + 1);
    s->settings = *settings;
    s->settings.time_zone = s->time_zone;
    s->has_settings = true;
    return ST_OK;
}

static int ask_to_set_path(struct route_session *s, void *arg, struct err *e)
{
    return s->on->ops->set_search_path(s->on, arg, e);
}

/* Only a worker knows whether a schema exists, so this one cannot be kept unasked: the error would come with
 * every statement from then on, and not with the SET. */
int route_set_search_path(struct backend_session *bs, const char *path, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    CLEANUP(mem_freep) char *copy = mem_strdup(path);
    if (!copy)
        return err_oom(e);
    route_begin(s, NULL, NULL);
    TRY(route_ask(s, ask_to_set_path, copy, e));
    mem_free(s->path);
    s->path = TAKE_PTR(copy);
    return ST_OK;
}

static int ask_to_reset(struct route_session *s, void *arg, struct err *e)
{
    (void)arg;
    return s->on->ops->reset(s->on, e);
}

int route_reset(struct backend_session *bs, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    route_begin(s, NULL, NULL);
    TRY(route_ask(s, ask_to_reset, NULL, e));
    route_ties_unpin(&s->ties);
    s->has_settings = false;
    mem_free(TAKE_PTR(s->path));
    return ST_OK;
}
