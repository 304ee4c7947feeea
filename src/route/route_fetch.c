/* A fetch opens a stream on the session's worker and hands its batches on; each is counted and, where its
 * rows may have to be told again, hashed as the bytes that the client gets. When the worker is lost the
 * stream is opened on the next one, with number and hash of the rows so far, and this side never sees those
 * rows twice. The place on a worker is held from the opening of the stream to its close or its loss. */
#include "route/route_fetch.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "route/route_again.h"
#include "route/route_place.h"
#include "route/route_portal.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"

#include <assert.h>
#include <string.h>

/* From the first fetch on rows are hashed as the client gets them, so the formats have to stay what they
 * are. A statement that may give other rows each time is not hashed: it could never go on elsewhere. */
static int keep_formats(struct route_portal *p, const int16_t *formats, struct err *e)
{
    p->has_formats = true;
    if (p->session->settings.resume && p->stmt->base.info.repeats) {
        p->hash = rows_hash_new();
        if (!p->hash)
            return err_oom(e);
    }
    if (!formats)
        return ST_OK;
    size_t n = p->base.desc->ncolumns;
    p->formats = mem_calloc(n + 1, sizeof *formats);
    if (!p->formats)
        return err_oom(e);
    memcpy(p->formats, formats, n * sizeof *formats);
    return ST_OK;
}

/* Whether what the fetch hands on follows what was handed on, in the same shape. */
static bool follows(const struct route_portal *p, const struct backend_fetch *how)
{
    return !how->skip && !how->backward && !how->copy && how->from <= p->handed &&
           row_desc_same_formats(p->base.desc, p->formats, how->formats) &&
           (!p->base.scroll || how->from == p->handed);
}

/* Rows can be told again as long as they were all handed on once, in order and in one shape. */
static int see_to_hash(struct route_portal *p, const struct backend_fetch *how, struct err *e)
{
    if (!route_reads(p))
        return ST_OK;
    if (!p->has_formats)
        TRY(keep_formats(p, how->formats, e));
    if (follows(p, how))
        return ST_OK;
    if (p->hash && p->handed > 0)
        TRY(route_portal_come_again(p, e)); /* from here on the rows before cannot be told any more */
    rows_hash_free(TAKE_PTR(p->hash));
    return ST_OK;
}

static void leave_worker(struct route_fetch *f)
{
    if (f->entered)
        route_exit(f->portal->session);
    f->entered = false;
}

/* A stream that goes on elsewhere asks from the first row on and tells the worker how many rows to pass over,
 * and their hash: the worker compares, and only the rows that follow cross the network. */
static int open_stream(struct route_fetch *f, struct err *e)
{
    struct route_portal *p = f->portal;
    if (!f->entered)
        TRY(route_enter(p->session, p->inner && p->base.started, e));
    f->entered = true;
    bool moved = p->base.started && !p->inner;
    TRY(route_portal_settle(p, e));
    struct backend_fetch how = f->how;
    if (moved && p->handed > 0) {
        how.from = 0;
        how.passed_rows = p->handed;
        how.passed_hash = rows_hash_value(p->hash);
        metric_add(METRIC_STREAMS_RESUMED, 1);
    }
    if (how.max_rows)
        how.max_rows -= f->taken;
    return p->session->route->inner->fetch(p->inner, &how, &f->inner, e);
}

/* Whether the stream, cut off, can go on. */
static bool go_on(struct route_fetch *f, struct err *e)
{
    struct route_portal *p = f->portal;
    bool comes_again = route_reads(p) && (p->handed == 0 || p->hash) && !f->how.copy;
    bool again = route_try_again(p->session, comes_again, e);
    if (again)
        leave_worker(f);
    return again;
}

static int next_of(struct route_fetch *f, struct row_batch **out, struct err *e)
{
    if (!f->inner)
        TRY(open_stream(f, e));
    return row_stream_next(f->inner, out, e);
}

static void took(struct route_fetch *f, const struct row_batch *b)
{
    struct route_portal *p = f->portal;
    assert(p->inner);
    route_came_on(p->session);
    f->taken += b->nrows;
    p->handed += b->nrows;
    route_went_on(p);
    if (p->hash)
        rows_hash_add(p->hash, b->data, b->len);
    p->base.complete = p->inner->complete;
    p->base.position = p->inner->position;
}

static int fetch_next(struct row_stream *rs, struct row_batch **out, struct err *e)
{
    struct route_fetch *f = (struct route_fetch *)rs;
    struct route_portal *p = f->portal;
    int st;
    do {
        if (f->how.max_rows && f->taken == f->how.max_rows && !f->inner)
            return ST_EOF; /* cut off behind its last row */
        st = next_of(f, out, e);
    } while (st == ST_ERR && go_on(f, e));
    if (st == ST_OK) {
        took(f, *out);
        return st;
    }
    if (p->inner)
        route_portal_learn(p);
    if (st == ST_EOF && p->base.complete)
        route_ended(p->session);
    return st;
}

static void fetch_cancel(struct row_stream *rs)
{
    struct route_session *s = ((struct route_fetch *)rs)->portal->session;
    s->base.ops->cancel(&s->base);
}

static void fetch_close(struct row_stream *rs)
{
    struct route_fetch *f = (struct route_fetch *)rs;
    assert(f->portal);
    row_stream_close(TAKE_PTR(f->inner));
    leave_worker(f);
    f->portal = NULL;
}

static const struct row_stream_ops fetch_ops = {
    .next = fetch_next, .cancel = fetch_cancel, .close = fetch_close};

/* The first fetch goes where the portal has just been started. */
static void count_route(struct route_portal *p)
{
    if (p->fetched)
        metric_add(p->inner ? METRIC_CURSOR_ROUTE_HITS : METRIC_CURSOR_ROUTE_MISSES, 1);
    p->fetched = true;
}

int route_fetch(struct backend_portal *bp, const struct backend_fetch *how, struct row_stream **out,
                struct err *e)
{
    struct route_portal *p = (struct route_portal *)bp;
    assert(bp->started && !p->fetch.portal);
    p->fetch = (struct route_fetch){.base = {.ops = &fetch_ops}, .portal = p, .how = *how};
    route_begin(p->session, NULL, p);
    route_leave_what_goes(p->session);
    count_route(p);
    int st = p->inner ? ST_OK : route_admit(p->session, e);
    if (st == ST_OK)
        st = see_to_hash(p, how, e);
    while (st == ST_OK && (st = open_stream(&p->fetch, e)) == ST_ERR && go_on(&p->fetch, e))
        st = ST_OK;
    if (st != ST_OK) {
        leave_worker(&p->fetch);
        p->fetch.portal = NULL;
        return st;
    }
    *out = &p->fetch.base;
    return ST_OK;
}
