/* Portals: on the worker that the session is on; when that is lost, run again elsewhere if they only read. */
#include "route/route_portal.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/route_blame.h"
#include "route/route_fetch.h"
#include "route/route_stmt.h"
#include "rows/row_desc.h"

#include <string.h>

static const struct backend_ops *inner_ops(const struct route_portal *p)
{
    return p->session->route->inner;
}

static bool reads(const struct route_portal *p)
{
    return p->stmt && p->stmt->base.info.effect == BACKEND_READS;
}

static void uncount(struct route_portal *p)
{
    if (p->counted && p->session->started > 0)
        p->session->started--;
    p->counted = false;
}

void route_portal_leave(struct route_portal *p)
{
    row_stream_close(TAKE_PTR(p->fetch.inner));
    if (p->inner)
        inner_ops(p)->portal_close(TAKE_PTR(p->inner));
    p->counted = false;
}

void route_portal_close(struct backend_portal *bp)
{
    struct route_portal *p = (struct route_portal *)bp;
    if (!p)
        return;
    list_remove(&p->link);
    if (p->session->portal == p)
        p->session->portal = NULL;
    uncount(p);
    route_portal_leave(p);
    row_desc_unref(bp->desc);
    rows_hash_free(p->hash);
    for (size_t i = 0; p->params && i < p->nparams; i++)
        mem_free((void *)(uintptr_t)p->params[i].data);
    mem_free(p->params);
    account_give(p->memory, p->kept);
    mem_free(p->formats);
    if (p->stmt)
        route_stmt_free(&p->stmt->base);
    mem_free(p);
}

static void portal_closep(struct route_portal **p)
{
    if (*p)
        route_portal_close(&(*p)->base);
}

static struct route_portal *portal_new(struct route_session *s)
{
    struct route_portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->session = s;
    p->memory = s->base.memory;
    list_append(&s->portals, &p->link);
    return p;
}

void route_portal_learn(struct route_portal *p)
{
    const struct backend_portal *inner = p->inner;
    p->base.started = inner->started;
    p->base.rows_affected = inner->rows_affected;
    p->base.complete = inner->complete;
    p->base.rows = inner->rows;
    p->base.position = inner->position;
    if (p->base.desc == inner->desc)
        return;
    row_desc_unref(p->base.desc);
    p->base.desc = inner->desc ? row_desc_ref(inner->desc) : NULL;
}

/* ---- open, start ---- */

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

static int open_inner(struct route_portal *p, struct err *e)
{
    struct route_session *s = p->session;
    TRY(route_stmt_settle(p->stmt, e));
    if (p->inner)
        return ST_OK;
    TRY(s->on->ops->open(s->on, p->stmt->inner, p->params, p->nparams, &p->inner, e));
    p->inner->scroll = p->base.scroll;
    return ST_OK;
}

/* The expected formats were lent for the first start; from the first fetch on they are known. */
static void pass_on_expected(struct route_portal *p)
{
    p->inner->expects_formats = p->base.expects_formats && (!p->base.started || p->has_formats);
    p->inner->expected_formats = p->has_formats ? p->formats : p->base.expected_formats;
    p->inner->whole = p->base.whole;
}

static int start_inner(struct route_portal *p, struct err *e)
{
    TRY(open_inner(p, e));
    p->inner->scroll = p->base.scroll;
    if (p->inner->started)
        return ST_OK;
    pass_on_expected(p);
    TRY(inner_ops(p)->start(p->inner, e));
    if (p->inner->desc && !p->inner->complete && !p->counted) {
        p->counted = true;
        p->session->started++;
    }
    return ST_OK;
}

static int cannot_go_on(const struct route_portal *p, struct err *e)
{
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the rows that were left were lost with their worker");
    if (p->stmt && p->handed > 0)
        err_detail(
            e, "%llu rows were sent before, and it cannot be told whether the same rows would come again.",
            (unsigned long long)p->handed);
    return ST_ERR;
}

struct poison_keys route_portal_keys(struct route_portal *p)
{
    if (!p->stmt)
        return (struct poison_keys){0};
    struct poison_keys k = route_stmt_keys(p->stmt);
    for (size_t i = 0; i < p->nparams; i++)
        poison_keys_add(&k, p->params[i].data, p->params[i].len < 0 ? 0 : (size_t)p->params[i].len);
    return k;
}

bool route_portal_can_move(const struct route_portal *p)
{
    if (!reads(p))
        return false;
    return !p->base.started || ((p->handed == 0 || p->hash) && p->base.position == p->handed);
}

int route_portal_settle(struct route_portal *p, struct err *e)
{
    if (p->inner)
        return ST_OK;
    if (!route_portal_can_move(p))
        return cannot_go_on(p, e);
    return p->base.started ? start_inner(p, e) : open_inner(p, e);
}

int route_open(struct backend_session *bs, struct backend_stmt *bst, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    CLEANUP(portal_closep) struct route_portal *p = portal_new(s);
    if (!p)
        return err_oom(e);
    p->stmt = (struct route_stmt *)bst;
    p->stmt->refs++;
    p->base.desc = bst->info.desc ? row_desc_ref(bst->info.desc) : NULL;
    TRY(keep_params(p, params, nparams, e));
    int st;
    route_begin(s);
    do
        st = open_inner(p, e);
    while (st == ST_ERR && route_try_again(s, true, e));
    TRY(st);
    route_portal_learn(p);
    *out = &TAKE_PTR(p)->base;
    return ST_OK;
}

/* Of a statement that changes something nobody knows what became of it. */
static int in_doubt(const struct route_portal *p, bool lost, struct err *e)
{
    if (!lost || p->session->tx_lost || p->stmt->base.info.effect != BACKEND_WRITES)
        return ST_ERR;
    err_init(e);
    (void)err_set(e, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN, "the worker was lost while the statement ran");
    err_detail(e, "Nobody can tell whether it was done.");
    return ST_ERR;
}

/* ST_AGAIN: its worker was lost, and nothing else. */
static int try_start(struct route_portal *p, struct err *e)
{
    struct route_session *s = p->session;
    enum backend_effect effect = p->stmt->base.info.effect;
    int st = open_inner(p, e);
    if (st != ST_OK)
        return st == ST_ERR && route_try_again(s, true, e) ? ST_AGAIN : st;
    if (effect == BACKEND_WRITES)
        TRY(route_may_write(s, e));
    s->wrote |= s->in_tx && effect == BACKEND_WRITES;
    st = start_inner(p, e);
    bool lost = st != ST_OK && s->on && rpc_session_is_lost(s->on);
    if (st == ST_OK)
        return ST_OK;
    return route_try_again(s, reads(p), e) ? ST_AGAIN : in_doubt(p, lost, e);
}

int route_start(struct backend_portal *bp, struct err *e)
{
    struct route_portal *p = (struct route_portal *)bp;
    struct route_session *s = p->session;
    int st;
    if (bp->started)
        return ST_OK;
    route_begin(s);
    s->portal = p;
    TRY(route_admit(s, e));
    do {
        TRY(route_enter(s, false, e));
        st = try_start(p, e);
        route_exit(s);
    } while (st == ST_AGAIN);
    TRY(st);
    if (p->stmt->base.info.effect == BACKEND_SESSION)
        s->pinned = true;
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
        return route_portal_can_move(p) ? ST_OK : cannot_go_on(p, e);
    int st = inner_ops(p)->park(p->inner, until_us, e);
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
    CLEANUP(portal_closep) struct route_portal *piece = portal_new(p->session);
    if (!piece)
        return err_oom(e);
    int st = route_portal_come_again(p, e);
    if (st == ST_OK)
        st = inner_ops(p)->slice(p->inner, how, &piece->inner, e);
    if (st != ST_OK) {
        (void)route_try_again(p->session, false, e);
        return st;
    }
    rows_hash_free(TAKE_PTR(p->hash));
    p->handed += piece->inner->rows;
    route_portal_learn(p);
    route_portal_learn(piece);
    piece->counted = true;
    p->session->started++;
    *out = &TAKE_PTR(piece)->base;
    return ST_OK;
}

int route_ahead(struct backend_portal *bp)
{
    struct route_portal *p = (struct route_portal *)bp;
    return p->inner ? inner_ops(p)->ahead(p->inner) : ST_OK;
}
