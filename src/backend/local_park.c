/* Portals that go on without the engine: the rest of their rows is put down. And who has to, when a statement
 * needs the connection that a portal streams on. */
#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "engine/sink.h"

#include <assert.h>

/* ---- putting down ---- */

void local_stream_end(struct local_portal *p)
{
    struct local_session *s = p->session;
    encoder_free(p->encoder); /* its types are the result's */
    p->encoder = NULL;
    p->chunk = NULL;
    if (!p->fetch.portal) /* else it has rows on their way */
        row_batch_release(&p->batch);
    if (p->direct)
        engine_set_sink(p->detached ? p->detached->conn : s->main->conn, NULL);
    engine_result_free(p->result);
    p->result = NULL;
    local_direct_unref(TAKE_PTR(p->direct));
    if (s->streaming == p)
        s->streaming = NULL;
    if (!p->detached)
        return;
    list_remove(&p->by_use);
    s->ndetached--;
    (void)__atomic_fetch_sub(&s->local->streams, 1, __ATOMIC_RELAXED);
    if (s->running == p->detached->conn) /* a cancel must not find it any more */
        local_running_on(s, NULL);
    local_conn_free(p->detached);
    p->detached = NULL;
}

/* What was pulled and not yet read is the first of the rest. */
int local_keep_rows(struct local_portal *p, struct err *e)
{
    size_t n;
    const struct engine_column_type *const *types = local_types(p, &n);
    TRY(local_rows_new(&p->rows, types, n, &p->session->local->rows, e));
    p->rows_from = p->base.position;
    local_portal_become(p, LOCAL_STREAMS_KEPT);
    if (!p->chunk || p->base.position == p->base.rows)
        return ST_OK;
    assert(p->base.position >= p->chunk_from);
    return local_rows_put(p->rows, p->chunk, (size_t)(p->base.position - p->chunk_from), p->chunk->nrows, e);
}

static int put_all(struct local_portal *p, int64_t until_us, struct err *e)
{
    int st;
    if (p->state == LOCAL_STREAMS_TYPED)
        TRY(local_keep_rows(p, e));
    while ((st = local_pull(p, e)) == ST_OK)
        if (until_us != CLOCK_NEVER && clock_now_us() >= until_us)
            return ST_AGAIN;
    TRY(st);
    return local_rows_end(p->rows, e);
}

static int put_down_until(struct local_portal *p, int64_t until_us, struct err *e)
{
    struct err why;
    if (!local_state_streams(p->state))
        return ST_OK;
    err_init(&why);
    local_running_on(p->session, p->detached ? p->detached : p->session->main);
    int st = local_make_typed(p, &why);
    if (st == ST_EOF)
        return ST_OK;
    if (st == ST_OK)
        st = put_all(p, until_us, &why);
    if (st == ST_AGAIN)
        return st;
    if (st != ST_OK) {
        *e = why;
        return local_portal_fail(p, &why);
    }
    local_stream_end(p);
    local_portal_become(p, LOCAL_PUT_DOWN);
    metric_add(METRIC_STREAMS_PARKED, 1);
    metric_observe(METRIC_PORTAL_BUFFER_ROWS, (int64_t)local_rows_count(p->rows));
    return ST_OK;
}

int local_put_down(struct local_portal *p, struct err *e)
{
    return put_down_until(p, CLOCK_NEVER, e);
}

int local_park(struct backend_portal *bp, int64_t until_us, struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    assert(p->state != LOCAL_NEW && !p->fetch.portal);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    local_enter(p->session, NULL);
    int st = put_down_until(p, until_us, e);
    (void)local_leave(p->session);
    return st;
}

/* ---- pieces ---- */

static int take_row(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n, uint64_t *taken,
                    struct err *e)
{
    int st = local_locate(p, at, e);
    if (st != ST_OK)
        return st;
    size_t from = (size_t)(at - p->chunk_from);
    *taken = p->chunk->nrows - from < n ? p->chunk->nrows - from : n;
    return local_rows_put(to, p->chunk, from, from + (size_t)*taken, e);
}

static int take_backward(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n,
                         struct err *e)
{
    p->base.position = at;
    for (uint64_t taken; n > 0 && at > 0; n--) {
        TRY(take_row(to, p, --at, 1, &taken, e));
        p->base.position = at;
    }
    return ST_OK;
}

static int take_forward(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n, struct err *e)
{
    int st = ST_OK;
    for (uint64_t taken; n > 0; n -= taken, at += taken) {
        st = take_row(to, p, at, n, &taken, e);
        if (st != ST_OK)
            break;
        p->base.position = at + taken;
    }
    return st < 0 ? st : ST_OK;
}

static int shape_of(struct local_portal *p, struct local_rows **out, struct err *e)
{
    const struct local_rows_options *o = &p->session->local->rows;
    size_t n;
    const struct engine_column_type *const *types = local_types(p, &n);
    return local_rows_new(out, types, n, o, e);
}

/* The piece's rows, when p has any to give: one that has none any more has no types either. */
static int fill_piece(struct local_portal *piece, struct local_portal *p, const struct backend_fetch *how,
                      struct err *e)
{
    uint64_t n = how->max_rows ? how->max_rows : UINT64_MAX;
    uint64_t from = p->base.scroll || how->from > p->base.position ? how->from : p->base.position;
    size_t ntypes;
    TRY(local_see_to_typed(p, e));
    if (!local_types(p, &ntypes))
        return ST_OK;
    TRY(shape_of(p, &piece->rows, e));
    TRY(how->backward ? take_backward(piece->rows, p, from, n, e) : take_forward(piece->rows, p, from, n, e));
    TRY(local_rows_end(piece->rows, e));
    piece->base.rows = local_rows_count(piece->rows);
    return ST_OK;
}

int local_slice(struct backend_portal *bp, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    struct local_portal *piece = NULL;
    assert(p->state != LOCAL_NEW && !p->fetch.portal && !how->skip);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    TRY(local_portal_new(p->session, p->base.desc, &piece, e));
    int st = fill_piece(piece, p, how, e);
    if (st != ST_OK) {
        local_portal_close(&piece->base);
        return st;
    }
    local_portal_become(piece, piece->rows ? LOCAL_PUT_DOWN : LOCAL_COMPLETE);
    *out = &piece->base;
    return ST_OK;
}

/* ---- making room ---- */

/* Another connection would show the session the same: it reads committed data, and nothing of its own is to
 * be seen on this one alone. */
static bool may_detach(const struct local_session *s)
{
    return !s->pinned && (s->tx == LOCAL_TX_NONE || (!s->wrote && !s->one_snapshot));
}

/* Whether one more stream may have a connection; the session's idlest gives up its own for it. */
static bool may_have_connection(struct local_session *s)
{
    struct err ignored;
    err_init(&ignored); /* told by the portal that it happened to */
    bool full = __atomic_load_n(&s->local->streams, __ATOMIC_RELAXED) >= s->local->streams_max;
    if (s->ndetached > 0 && (full || s->ndetached >= LOCAL_STREAMS_MAX)) {
        (void)local_put_down(list_entry(s->detached.next, struct local_portal, by_use), &ignored);
        return true;
    }
    return !full;
}

int local_put_down_all(struct local_session *s, struct err *e)
{
    while (s->ndetached > 0) {
        struct err ignored; /* told by the portal that it happened to */
        err_init(&ignored);
        (void)local_put_down(list_entry(s->detached.next, struct local_portal, by_use), &ignored);
    }
    return __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST) ? local_cancelled(e) : ST_OK;
}

static int detach(struct local_session *s, struct local_portal *p, struct err *e)
{
    struct local_conn *taken = TAKE_PTR(s->main);
    if (local_connect(s, e) != ST_OK) {
        s->main = taken;
        return ST_ERR;
    }
    local_cache_clear(taken); /* an open result needs its plan no longer from there */
    p->detached = taken;
    s->streaming = NULL;
    list_append(&s->detached, &p->by_use);
    s->ndetached++;
    (void)__atomic_fetch_add(&s->local->streams, 1, __ATOMIC_RELAXED);
    return ST_OK;
}

int local_make_room(struct local_session *s, struct err *e)
{
    struct local_portal *p = s->streaming;
    struct err ignored;
    err_init(&ignored);
    bool detached = may_detach(s) && may_have_connection(s) && detach(s, p, &ignored) == ST_OK;
    if (!detached)
        (void)local_put_down(p, &ignored);
    return __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST) ? local_cancelled(e) : ST_OK;
}
