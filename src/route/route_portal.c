/* A portal has two halves: base is what the client was told, inner what the worker has, and NULL when that
 * was lost or has not been asked for. After a call base learns from inner. To bring inner back takes the same
 * steps as the first time: the statement is prepared, the portal opened and started; then the rows that were
 * handed on are made again, here for calls that are no fetch, else as a part of the fetch. */
#include "route/route_portal.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "route/route_place.h"
#include "route/route_stmt.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"

#include <assert.h>

struct route_portal *route_portal_new(struct route_session *s)
{
    struct route_portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->session = s;
    p->memory = s->base.memory;
    list_append(&s->portals, &p->link);
    return p;
}

void route_portal_close(struct backend_portal *bp)
{
    struct route_portal *p = (struct route_portal *)bp;
    if (!p)
        return;
    list_remove(&p->link);
    route_suspect_no_more(p->session, p);
    route_leave_portal(p);
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

void route_portal_learn(struct route_portal *p)
{
    const struct backend_portal *inner = p->inner;
    assert(inner);
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

void route_portal_tie(struct route_portal *p)
{
    assert(p->inner);
    if (!p->tied)
        route_ties_add_portal(&p->session->ties);
    p->tied = true;
}

/* ---- what it has on the worker ---- */

int route_portal_open(struct route_portal *p, struct err *e)
{
    struct route_session *s = p->session;
    assert(s->on && p->stmt && p->stmt->session == s);
    TRY(route_stmt_settle(p->stmt, e));
    if (p->inner)
        return ST_OK;
    TRY(s->on->ops->open(s->on, p->stmt->inner, p->params, p->nparams, &p->inner, e));
    p->inner->scroll = p->base.scroll;
    return ST_OK;
}

/* The formats that the session expects were lent for the first start. When the portal is started again on
 * another worker, those that were fetched are known, and are what it goes on with. */
static void pass_on_expected(struct route_portal *p)
{
    p->inner->expects_formats = p->base.expects_formats && (!p->base.started || p->has_formats);
    p->inner->expected_formats = p->has_formats ? p->formats : p->base.expected_formats;
    p->inner->takes_all = p->base.takes_all;
}

int route_portal_start(struct route_portal *p, struct err *e)
{
    TRY(route_portal_open(p, e));
    p->inner->scroll = p->base.scroll;
    if (p->inner->started)
        return ST_OK;
    pass_on_expected(p);
    TRY(p->session->route->inner->start(p->inner, e));
    if (p->inner->desc && !p->inner->complete)
        route_portal_tie(p);
    return ST_OK;
}

int route_portal_cannot_go_on(const struct route_portal *p, struct err *e)
{
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the rows that were left were lost with their worker");
    if (p->stmt && p->handed > 0)
        err_detail(
            e, "%llu rows were sent before, and it cannot be told whether the same rows would come again.",
            (unsigned long long)p->handed);
    return ST_ERR;
}

int route_portal_settle(struct route_portal *p, struct err *e)
{
    if (p->inner)
        return ST_OK;
    if (!route_portal_can_move(p))
        return route_portal_cannot_go_on(p, e);
    TRY(route_settle(p->session, e));
    return p->base.started ? route_portal_start(p, e) : route_portal_open(p, e);
}

/* ---- rows that have to come again ---- */

/* The rows that were handed on are made once more and thrown away: only their hash and number count. */
static int read_again(struct route_portal *p, struct rows_hash *hash, uint64_t *rows, struct err *e)
{
    const struct backend_fetch how = {
        .max_rows = p->handed, .formats = p->formats, .batch_bytes = ROW_BATCH_MAX};
    struct row_stream *stream;
    struct row_batch *batch;
    int st = p->session->route->inner->fetch(p->inner, &how, &stream, e);
    if (st != ST_OK)
        return st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        rows_hash_add(hash, batch->data, batch->len);
        *rows += batch->nrows;
    }
    row_stream_close(stream);
    return st == ST_EOF ? ST_OK : st;
}

static int come_again(struct route_portal *p, struct err *e)
{
    uint64_t rows = 0;
    TRY(route_portal_settle(p, e));
    if (p->handed == 0)
        return ST_OK;
    assert(p->hash); /* else it could not have moved */
    struct rows_hash *hash = rows_hash_new();
    if (!hash)
        return err_oom(e);
    int st = read_again(p, hash, &rows, e);
    if (st == ST_OK && (rows != p->handed || rows_hash_value(hash) != rows_hash_value(p->hash)))
        st = rows_hash_differs(p->handed, e);
    rows_hash_free(hash);
    if (st == ST_OK)
        metric_add(METRIC_STREAMS_RESUMED, 1);
    else
        route_leave_portal(p); /* what has come of it is not to be taken for the same */
    return st;
}

int route_portal_come_again(struct route_portal *p, struct err *e)
{
    if (p->inner || !p->base.started)
        return route_portal_settle(p, e);
    TRY(route_enter(p->session, false, e));
    int st = come_again(p, e);
    route_exit(p->session);
    return st;
}
