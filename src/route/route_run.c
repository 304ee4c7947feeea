/* Whether a call may be made twice depends on what the statement does. Opening a portal changes nothing, and
 * is always tried again. Starting is, where the statement reads; one that writes outside a transaction may
 * have been committed by a worker that was lost, and is answered with 08007. Each try of a start takes a
 * place on its worker, and gives it back. */
#include "route/route_run.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/route_again.h"
#include "route/route_place.h"
#include "route/route_portal.h"
#include "rows/row_desc.h"

#include <assert.h>
#include <string.h>

static void portal_closep(struct route_portal **p)
{
    if (*p)
        route_portal_close(&(*p)->base);
}

/* ---- open ---- */

/* Values of a Bind are lent for its call, and are needed again whenever the portal is opened on another
 * worker. */
static int keep_params(struct route_portal *p, const struct backend_param *params, size_t n, struct err *e)
{
    size_t bytes = sizeof *p + n * sizeof *params;
    for (size_t i = 0; i < n; i++)
        bytes += params[i].len > 0 ? (size_t)params[i].len : 0;
    TRY(route_count(p->memory, &p->kept, bytes, e));
    p->params = mem_calloc(n + 1, sizeof *p->params);
    if (!p->params)
        return err_oom(e);
    p->nparams = n;
    for (size_t i = 0; i < n; i++) {
        p->params[i].len = params[i].len;
        p->params[i].format = params[i].format;
        if (params[i].len < 0)
            continue;
        uint8_t *copy = mem_alloc((size_t)params[i].len + 1);
        if (!copy)
            return err_oom(e);
        memcpy(copy, params[i].data, (size_t)params[i].len);
        p->params[i].data = copy;
    }
    return ST_OK;
}

static int ask_to_open(struct route_session *s, void *arg, struct err *e)
{
    (void)s;
    return route_portal_open(arg, e);
}

int route_open(struct backend_session *bs, struct backend_stmt *bst, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    CLEANUP(portal_closep) struct route_portal *p = route_portal_new(s);
    if (!p)
        return err_oom(e);
    p->stmt = (struct route_stmt *)bst;
    p->stmt->refs++;
    p->base.desc = bst->info.desc ? row_desc_ref(bst->info.desc) : NULL;
    TRY(keep_params(p, params, nparams, e));
    route_begin(s, NULL, NULL);
    TRY(route_ask(s, ask_to_open, p, e));
    route_portal_learn(p);
    *out = &TAKE_PTR(p)->base;
    return ST_OK;
}

/* ---- start ---- */

/* A statement that changes something, outside a transaction, may have been committed before its worker was
 * lost. Inside one nothing of it is left, which the error of the loss says already. */
static int in_doubt(const struct route_portal *p, bool lost, struct err *e)
{
    if (!lost || p->session->ties.tx == ROUTE_TX_LOST || p->stmt->base.info.effect != BACKEND_WRITES)
        return ST_ERR;
    err_init(e);
    (void)err_set(e, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN, "the worker was lost while the statement ran");
    err_detail(e, "Nobody can tell whether it was done.");
    return ST_ERR;
}

/* One try, with a place on the worker. ST_AGAIN: the worker was lost before anything came of it that
 * matters; the place is given back and taken anew, since the next worker is another one. Nothing was
 * changed before the portal starts, so that whatever it is, it may be opened again. */
static int try_start(struct route_portal *p, struct err *e)
{
    struct route_session *s = p->session;
    enum backend_effect effect = p->stmt->base.info.effect;
    int st = route_settle(s, e);
    if (st == ST_OK)
        st = route_portal_open(p, e);
    if (st != ST_OK)
        return st == ST_ERR && route_try_again(s, true, e) ? ST_AGAIN : st;
    if (effect == BACKEND_WRITES) {
        TRY(route_may_write(s, e));
        route_ties_wrote(&s->ties);
    }
    st = route_portal_start(p, e);
    bool lost = st != ST_OK && s->on && rpc_session_is_lost(s->on);
    if (st == ST_OK)
        return ST_OK;
    return route_try_again(s, route_reads(p), e) ? ST_AGAIN : in_doubt(p, lost, e);
}

int route_start(struct backend_portal *bp, struct err *e)
{
    struct route_portal *p = (struct route_portal *)bp;
    struct route_session *s = p->session;
    int st;
    if (bp->started)
        return ST_OK;
    assert(p->stmt);
    route_begin(s, NULL, p);
    TRY(route_admit(s, e));
    do {
        TRY(route_enter(s, false, e));
        st = try_start(p, e);
        route_exit(s);
    } while (st == ST_AGAIN);
    TRY(st);
    if (p->stmt->base.info.effect == BACKEND_SESSION)
        route_ties_pin(&s->ties);
    route_portal_learn(p);
    if (!p->base.desc || p->base.complete)
        route_ended(s);
    return ST_OK;
}

/* ---- the rest ---- */

int route_park(struct backend_portal *bp, int64_t until_us, struct err *e)
{
    struct route_portal *p = (struct route_portal *)bp;
    if (!p->inner) /* it costs nothing, and comes again with its next fetch */
        return route_portal_can_move(p) ? ST_OK : route_portal_cannot_go_on(p, e);
    int st = p->session->route->inner->park(p->inner, until_us, e);
    if (st == ST_ERR)
        (void)route_try_again(p->session, false, e);
    else
        route_portal_learn(p);
    return st;
}

int route_slice(struct backend_portal *bp, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e)
{
    struct route_portal *p = (struct route_portal *)bp;
    assert(bp->started);
    CLEANUP(portal_closep) struct route_portal *piece = route_portal_new(p->session);
    if (!piece)
        return err_oom(e);
    int st = route_portal_come_again(p, e);
    if (st == ST_OK)
        st = p->session->route->inner->slice(p->inner, how, &piece->inner, e);
    if (st != ST_OK) {
        (void)route_try_again(p->session, false, e);
        return st;
    }
    rows_hash_free(TAKE_PTR(p->hash));
    p->handed += piece->inner->rows;
    route_portal_learn(p);
    route_portal_learn(piece);
    route_portal_tie(piece);
    *out = &TAKE_PTR(piece)->base;
    return ST_OK;
}

int route_ahead(struct backend_portal *bp)
{
    struct route_portal *p = (struct route_portal *)bp;
    return p->inner ? p->session->route->inner->ahead(p->inner) : ST_OK;
}
