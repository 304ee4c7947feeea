/* A batch is handed on when it is full, when the fetch has its rows, or when it is the first: the first row
 * shall not wait for others. An end or an error that comes behind rows waits for the next call. */
#include "backend/local_fetch.h"

#include "backend/local_call.h"
#include "backend/local_direct.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_pull.h"
#include "base/clock.h"
#include "encode/copy_encoder.h"
#include "rows/pace.h"

#include <assert.h>

/* ---- rows ---- */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool batch_is_full(const struct local_fetch *f)
{
    const struct row_batch *b = &f->portal->reader.batch;
    return b->len >= f->pace.bytes || (f->batch_rows && b->nrows >= f->batch_rows);
}

/* So many rows were made or passed over. */
static void advance(struct local_fetch *f, uint64_t n)
{
    f->next = f->backward ? f->next - n : f->next + n;
    if (f->left != UINT64_MAX)
        f->left -= n;
    f->portal->base.position = f->next;
}

/* Encodes what the chunk, the batch and the fetch allow, from row `at` on. ST_AGAIN: hand the batch on. */
static int encode_some(struct local_fetch *f, uint64_t at, struct err *e)
{
    struct local_reader *r = &f->portal->reader;
    uint64_t before = r->batch.nrows;
    uint64_t rows = f->batch_rows ? min_u64(f->left, f->batch_rows - before) : f->left;
    size_t row = (size_t)(at - r->chunk_from);
    int st = encode_rows(r->encoder, r->chunk, &row, f->backward ? 1 : rows, f->pace.bytes, &r->batch, e);
    advance(f, r->batch.nrows - before);
    if (st != ST_OK)
        return st;
    return f->left == 0 || batch_is_full(f) || (f->first && r->batch.nrows && !f->backward) ? ST_AGAIN
                                                                                            : ST_OK;
}

/* Fills the batch. ST_AGAIN: hand it on; ST_EOF: there are no more rows this way, the batch has the last. */
static int fill(struct local_fetch *f, struct err *e)
{
    for (;;) {
        if (f->backward && f->next == 0)
            return ST_EOF;
        uint64_t at = f->backward ? f->next - 1 : f->next;
        int st = local_locate(f->portal, at, e);
        if (st == ST_OK)
            st = encode_some(f, at, e);
        if (st != ST_OK)
            return st;
    }
}

/* As fill, of rows that the engine's pipeline has encoded. */
static int fill_encoded(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    struct row_batch *b = &p->reader.batch;
    struct row_source *from = p->stream.source;
    for (;;) {
        uint64_t rows = 0, most = f->batch_rows ? min_u64(f->left, f->batch_rows - b->nrows) : f->left;
        int st = ST_OK;
        if (!from->ops->encoded->ready(from))
            st = local_pull_encoded(p, e);
        if (st != ST_OK)
            return st;
        st = from->ops->encoded->take(from, most, b, &rows, e);
        local_portal_count_rows(p, rows);
        advance(f, rows);
        if (st != ST_OK)
            return st;
        if (f->left == 0 || f->first || batch_is_full(f))
            return ST_AGAIN;
    }
}

/* Rows that are known to be there are passed over at once, others as chunks come. As fill. */
static int pass_over(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    uint64_t known = f->backward ? f->next : p->base.rows > f->next ? p->base.rows - f->next : 0;
    if (known == 0) {
        int st = f->backward ? ST_EOF : local_locate(p, f->next, e);
        if (st != ST_OK)
            return st;
        known = p->base.rows - f->next;
    }
    uint64_t n = min_u64(known, f->left);
    p->reader.batch.nrows = n;
    advance(f, n);
    return ST_AGAIN;
}

/* Rows for COPY, with what stands around them. */
static int fill_copy(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    if (f->first)
        TRY(copy_put_names(&p->reader.batch, f->copy, p->base.desc, e));
    int st = fill(f, e);
    f->any_rows |= p->reader.batch.nrows > 0;
    if (st == ST_EOF)
        TRY(copy_put_end(&p->reader.batch, f->copy, f->any_rows, e));
    return st;
}

/* What was encoded before an end or an error goes out first; the end or error comes with the next call. */
static int hand_on(struct local_fetch *f, int st, struct row_batch **out, const struct err *e)
{
    struct local_portal *p = f->portal;
    struct row_batch *b = &p->reader.batch;
    if (st == ST_EOF)
        f->left = 0;
    else if (st == ST_ERR)
        (void)local_portal_fail(p, e);
    if (b->nrows == 0 && b->len == 0)
        return st;
    f->first = false;
    p->sent += b->len;
    if (pace_batch_may_grow(&f->pace, b->len))
        pace_batch_filled(&f->pace, clock_now_us());
    *out = b;
    return ST_OK;
}

/* What lies ready, when this fetch begins with it. */
static bool take_ahead(struct local_fetch *f, struct row_batch **out)
{
    struct local_reader *r = &f->portal->reader;
    uint64_t n = local_reader_take_ahead(r, f->next, f->left);
    if (n == 0 || f->backward || f->skip || f->copy)
        return false;
    advance(f, n);
    f->first = false;
    *out = &r->batch;
    return true;
}

static int fetch_next(struct row_stream *rs, struct row_batch **out, struct err *e)
{
    struct local_fetch *f = (struct local_fetch *)rs;
    struct local_portal *p = f->portal;
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    if (f->first && take_ahead(f, out))
        return ST_OK;
    row_batch_clear(&p->reader.batch);
    if (f->left == 0)
        return ST_EOF;
    struct err why;
    err_init(&why);
    int st = f->skip                             ? pass_over(f, &why)
             : f->copy                           ? fill_copy(f, &why)
             : p->state == LOCAL_STREAMS_ENCODED ? fill_encoded(f, &why)
                                                 : fill(f, &why);
    int handed = hand_on(f, st, out, &why);
    if (handed == ST_ERR)
        *e = why;
    return handed;
}

static void fetch_cancel(struct row_stream *rs)
{
    local_call_cancel(((struct local_fetch *)rs)->portal->session);
}

static void fetch_close(struct row_stream *rs)
{
    struct local_fetch *f = (struct local_fetch *)rs;
    struct local_portal *p = f->portal;
    p->batch_bytes = f->pace.bytes;
    if (p->stmt && p->stmt->direct && !f->copy && !f->skip)
        local_direct_learn(p->session->local, p->stmt, p->sent);
    if (!local_state_streams(p->state)) /* of a stream that goes on the memory stays, as the engine's does */
        row_batch_release(&p->reader.batch);
    if (f->copy)
        local_reader_end_copy(&p->reader);
    p->fetch.portal = NULL;
}

static const struct row_stream_ops fetch_ops = {
    .next = fetch_next, .cancel = fetch_cancel, .close = fetch_close};

/* ---- ahead ---- */

/* Pieces that are there stay, whatever is wanted then; an end or an error waits behind them. */
static int pull_ahead(struct local_portal *p)
{
    struct row_source *from = p->stream.source;
    struct err reported_later;
    err_init(&reported_later);
    if (from->ops->encoded->ready_bytes(from) >= PACE_AHEAD)
        return ST_OK;
    local_enter(p->session, p->user.conn);
    int st = from->ops->encoded->pull(from, &reported_later);
    (void)local_leave(p->session);
    return st == ST_OK ? ST_AGAIN : ST_OK;
}

/* Of chunks only the rest of the one that is there: the engine is not asked for more. */
int local_ahead(struct backend_portal *bp)
{
    struct local_portal *p = (struct local_portal *)bp;
    if (!local_state_streams(p->state) || p->fetch.portal || p->batch_bytes < PACE_GROW_FROM)
        return ST_OK;
    if (p->state == LOCAL_STREAMS_ENCODED)
        return pull_ahead(p);
    local_reader_make_ahead(&p->reader, bp->position, PACE_AHEAD);
    return ST_OK;
}

/* ---- the beginning ---- */

static struct pace_batch pace_of(const struct local_portal *p, const struct backend_fetch *how)
{
    return pace_batch_for(&(struct pace_fetch){.bytes = how->batch_bytes,
                                               .most = how->batch_most,
                                               .before = p->batch_bytes,
                                               .is_page = how->max_rows > 0,
                                               .is_encoded = p->state == LOCAL_STREAMS_ENCODED});
}

/* Rows that are encoded already are of use for this fetch, or they are made typed. */
static int see_to_rows(struct local_portal *p, const struct backend_fetch *how, struct err *e)
{
    struct row_source *from = p->stream.source;
    if (p->state != LOCAL_STREAMS_ENCODED)
        return ST_OK;
    bool onward = !how->backward && !how->skip && !how->copy && how->from <= p->base.position;
    bool suits = onward && from->ops->encoded->suits(from, how->formats, &p->session->encode);
    return suits ? ST_OK : local_see_to_typed(p, e);
}

static int see_to_encoder(struct local_portal *p, const struct backend_fetch *how, struct err *e)
{
    const struct encode_settings *settings = &p->session->encode;
    size_t n;
    const struct engine_column_type *const *types = local_portal_types(p, &n);
    if (!types || how->skip || p->state == LOCAL_STREAMS_ENCODED)
        return ST_OK;
    return how->copy ? local_reader_encode_copy(&p->reader, types, n, how, settings, e)
                     : local_reader_encode_rows(&p->reader, types, n, how->formats, settings, e);
}

int local_fetch(struct backend_portal *bp, const struct backend_fetch *how, struct row_stream **out,
                struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    assert(p->state != LOCAL_NEW && !p->fetch.portal && (!how->backward || bp->scroll) &&
           how->passed_rows == 0);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    TRY(see_to_rows(p, how, e));
    TRY(see_to_encoder(p, how, e));
    bool again = p->base.scroll || how->from > p->base.position;
    p->fetch = (struct local_fetch){
        .base = {.ops = &fetch_ops},
        .portal = p,
        .next = again ? how->from : p->base.position,
        .backward = how->backward,
        .skip = how->skip,
        .copy = how->copy,
        .left = how->max_rows && !how->copy ? how->max_rows : UINT64_MAX,
        .pace = pace_of(p, how),
        .batch_rows = how->batch_rows,
        .first = true,
    };
    if (p->base.scroll)
        p->base.position = how->from;
    *out = &p->fetch.base;
    return ST_OK;
}
