/* Two loops pull: a fetch, one chunk at a time and each in a call of its own (local_locate,
 * local_pull_encoded), and whoever puts a portal down, inside a call that somebody else began
 * (local_put_down). Both count the rows here, and both end a stream here. */
#include "backend/local_pull.h"

#include "backend/local_call.h"
#include "backend/local_literals.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_rows.h"
#include "base/clock.h"
#include "base/metric.h"

#include <assert.h>

/* ---- what streams ---- */

/* The stream goes first: the statement runs once more on the connection that it is on. */
static int learn_error(struct local_portal *p, struct err *e)
{
    bool has_moved = p->user.owns;
    (void)local_portal_fail(p, e);
    return local_learn_error(p, has_moved, e);
}

/* A chunk has come: it is the reader's, and counts. */
static int take_chunk(struct local_portal *p, struct err *e)
{
    struct local_reader *r = &p->reader;
    if (p->base.rows == 0 && p->stmt->literals)
        local_literals_keep(p->session->local, p->stmt, p->stream.source, r->chunk);
    r->chunk_from = p->base.rows;
    local_portal_count_rows(p, r->chunk->nrows);
    return p->state == LOCAL_STREAMS_KEPT ? local_rows_put(p->rows, r->chunk, 0, r->chunk->nrows, e) : ST_OK;
}

/* Inside a call: the next chunk, or when they are encoded maybe more rows. ST_ERR: the portal has to fail. */
static int pull(struct local_portal *p, struct err *e)
{
    struct row_source *from = p->stream.source;
    bool is_encoded = p->state == LOCAL_STREAMS_ENCODED;
    p->reader.chunk = NULL;
    local_plans_begin(p->session); /* as deaf as one that plans, in the middle of a value */
    int st = is_encoded ? from->ops->encoded->pull(from, e) : row_source_next(from, &p->reader.chunk, e);
    local_plans_end(p->session);
    bool cancelled = local_is_cancelled(p->session);
    if (cancelled && st == ST_OK)
        return local_cancelled(e);
    if (!cancelled && st == ST_ERR && e->code == SQLSTATE_QUERY_CANCELED)
        return learn_error(p, e);
    return st != ST_OK || is_encoded ? st : take_chunk(p, e);
}

/* The result has ended. ST_ERR: the portal has to fail. */
static int stream_is_over(struct local_portal *p, struct err *e)
{
    bool keeps = p->state == LOCAL_STREAMS_KEPT;
    if (keeps)
        TRY(local_rows_end(p->rows, e));
    local_portal_end_stream(p);
    local_portal_become(p, keeps ? LOCAL_PUT_DOWN : LOCAL_COMPLETE);
    return ST_OK;
}

static int pull_in_call(struct local_portal *p, struct err *e)
{
    local_enter_for(p->session, p->stmt, p->user.conn);
    int st = pull(p, e);
    if (st == ST_EOF && stream_is_over(p, e) != ST_OK)
        st = ST_ERR;
    /* A cancel may have come since the pull looked: the engine would say so at the next one. */
    if (local_leave(p->session) && st == ST_OK)
        st = local_cancelled(e);
    return st == ST_ERR ? local_portal_fail(p, e) : st;
}

int local_pull_encoded(struct local_portal *p, struct err *e)
{
    assert(p->state == LOCAL_STREAMS_ENCODED);
    return pull_in_call(p, e);
}

int local_locate(struct local_portal *p, uint64_t at, struct err *e)
{
    struct local_reader *r = &p->reader;
    if (local_reader_holds(r, at))
        return ST_OK;
    if (p->kept) {
        r->chunk = NULL;
        int st = row_source_at(p->kept, at, &r->chunk, &r->chunk_from, e);
        if (st != ST_EOF)
            return st;
    }
    while (!local_reader_holds(r, at)) {
        if (!local_state_streams(p->state))
            return local_state_is_over(p->state) ? ST_EOF : local_portal_repeat_error(p, e);
        int st = pull_in_call(p, e);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* ---- typed ---- */

static int make_typed(struct local_portal *p, struct err *e)
{
    struct row_source *from = p->stream.source;
    if (p->state != LOCAL_STREAMS_ENCODED)
        return ST_OK;
    int st = from->ops->encoded->make_typed(from, e);
    if (st == ST_EOF)
        return stream_is_over(p, e);
    if (st == ST_OK)
        local_portal_become(p, LOCAL_STREAMS_TYPED);
    return st;
}

int local_see_to_typed(struct local_portal *p, struct err *e)
{
    if (p->state != LOCAL_STREAMS_ENCODED)
        return ST_OK;
    local_enter(p->session, p->user.conn);
    int st = make_typed(p, e);
    if (local_leave(p->session) && st != ST_ERR)
        st = local_cancelled(e);
    return st == ST_ERR ? local_portal_fail(p, e) : ST_OK;
}

/* ---- putting down ---- */

int local_keep_rows(struct local_portal *p, struct err *e)
{
    const struct local_reader *r = &p->reader;
    uint64_t from = p->base.position;
    size_t n;
    const struct engine_column_type *const *types = local_portal_types(p, &n);
    TRY(local_portal_new_rows(p, from, types, n, e));
    local_portal_become(p, LOCAL_STREAMS_KEPT);
    if (!r->chunk || from == p->base.rows)
        return ST_OK;
    assert(from >= r->chunk_from);
    return local_rows_put(p->rows, r->chunk, (size_t)(from - r->chunk_from), r->chunk->nrows, e);
}

static int put_all(struct local_portal *p, int64_t until_us, struct err *e)
{
    int st;
    if (p->state == LOCAL_STREAMS_TYPED)
        TRY(local_keep_rows(p, e));
    while ((st = pull(p, e)) == ST_OK)
        if (until_us != CLOCK_NEVER && clock_now_us() >= until_us)
            return ST_AGAIN;
    if (st == ST_EOF)
        return stream_is_over(p, e);
    return st;
}

int local_put_down(struct local_portal *p, int64_t until_us, struct err *e)
{
    struct err why;
    if (!local_state_streams(p->state))
        return ST_OK;
    err_init(&why);
    local_running_on(p->session, p->user.conn);
    int st = make_typed(p, &why);
    if (st == ST_OK && p->state == LOCAL_COMPLETE)
        return ST_OK;
    if (st == ST_OK)
        st = put_all(p, until_us, &why);
    if (st == ST_ERR) {
        *e = why;
        return local_portal_fail(p, &why);
    }
    if (st == ST_OK) {
        metric_add(METRIC_STREAMS_PARKED, 1);
        metric_observe(METRIC_PORTAL_BUFFER_ROWS, (int64_t)local_rows_count(p->rows));
    }
    return st;
}
