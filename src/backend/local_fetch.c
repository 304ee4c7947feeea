/* A fetch: chunks, of the engine or put down before, become batches of DataRows, one at a time, when the
 * reader asks. Between fetches the half-read chunk stays where it is; what else stays, local_rows.h has. */
#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "encode/copy_encoder.h"

#include <assert.h>
#include <string.h>

/* ---- encoder ---- */

bool local_same_settings(const struct encode_settings *a, const struct encode_settings *b)
{
    return a->zone == b->zone && a->extra_float_digits == b->extra_float_digits &&
           a->bytea_escape == b->bytea_escape;
}

const struct engine_column_type *const *local_types(const struct local_portal *p, size_t *n)
{
    *n = 0;
    if (p->rows)
        return local_rows_types(p->rows, n);
    if (p->stmt && p->stmt->kept)
        return local_literals_types(p->stmt->kept, n);
    if (!p->result)
        return NULL;
    if (p->direct)
        return local_direct_types(p->direct, n);
    const struct engine_result_info *r = engine_result_info(p->result);
    *n = r->ncolumns;
    return r->types;
}

/* One encoder serves all fetches that want the same. */
static int see_to_encoder(struct local_portal *p, const int16_t *formats, struct err *e)
{
    const struct encode_settings *settings = &p->session->encode;
    if (p->encoder && row_desc_same_formats(p->base.desc, p->formats, formats) &&
        local_same_settings(&p->encoded_with, settings))
        return ST_OK;
    size_t n;
    const struct engine_column_type *const *types = local_types(p, &n);
    int16_t *copy = NULL;
    if (formats) {
        copy = mem_calloc(n, sizeof *copy);
        if (!copy)
            return err_oom(e);
        memcpy(copy, formats, n * sizeof *copy);
    }
    encoder_free(p->encoder);
    p->encoder = NULL;
    p->ahead = 0;
    mem_free(p->formats);
    p->formats = copy;
    p->encoded_with = *settings;
    return encoder_new(&p->encoder, types, n, p->formats, settings, e);
}

/* COPY's encoder serves one fetch. */
static int make_copy_encoder(struct local_portal *p, const struct backend_fetch *how, struct err *e)
{
    size_t n;
    const struct engine_column_type *const *types = local_types(p, &n);
    encoder_free(p->encoder);
    p->encoder = NULL;
    p->ahead = 0;
    return copy_encoder_new(&p->encoder, types, n, how->copy, how->copy_force_quote, &p->session->encode, e);
}

/* ---- rows ---- */

static bool is_encoded(const struct local_portal *p)
{
    return p->state == LOCAL_STREAMS_ENCODED;
}

static int next_chunk(struct local_portal *p, struct err *e)
{
    p->chunk = NULL;
    if (!p->direct)
        return engine_result_next(p->result, &p->chunk, e);
    if (is_encoded(p))
        return local_direct_pull(p->direct, p->result, e);
    for (;;) {
        int st = local_direct_chunk(p->direct, &p->chunk, e);
        if (st == ST_AGAIN)
            st = local_direct_pull(p->direct, p->result, e);
        if (st != ST_OK || p->chunk)
            return st;
    }
}

int local_pull(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    int st = next_chunk(p, e);
    bool cancelled = __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST);
    if (cancelled && st == ST_OK)
        return local_cancelled(e);
    if (!cancelled && st == ST_ERR && e->code == SQLSTATE_QUERY_CANCELED)
        return local_learn_error(p, e);
    if (st != ST_OK || !p->chunk)
        return st;
    if (p->base.rows == 0 && p->stmt->literals)
        local_literals_keep(s->local, p->stmt, engine_result_info(p->result), p->chunk);
    p->chunk_from = p->base.rows;
    p->base.rows += p->chunk->nrows;
    return p->state == LOCAL_STREAMS_KEPT ? local_rows_put(p->rows, p->chunk, 0, p->chunk->nrows, e) : ST_OK;
}

static int pull(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    local_enter_for(s, p->stmt, p->detached ? p->detached : s->main);
    int st = local_pull(p, e);
    if (st == ST_EOF) {
        bool keeps = p->state == LOCAL_STREAMS_KEPT;
        if (keeps && local_rows_end(p->rows, e) != ST_OK)
            st = ST_ERR;
        else {
            local_stream_end(p);
            local_portal_become(p, keeps ? LOCAL_PUT_DOWN : LOCAL_COMPLETE);
        }
    }
    /* A cancel may have come since the pull looked: the engine would say so at the next one. */
    if (local_leave(s) && st == ST_OK)
        st = local_cancelled(e);
    return st == ST_ERR ? local_portal_fail(p, e) : st;
}

static bool holds(const struct local_portal *p, uint64_t at)
{
    return p->chunk && at >= p->chunk_from && at - p->chunk_from < p->chunk->nrows;
}

int local_locate(struct local_portal *p, uint64_t at, struct err *e)
{
    if (holds(p, at))
        return ST_OK;
    if (p->rows && at >= p->rows_from && at - p->rows_from < local_rows_count(p->rows)) {
        p->chunk = NULL;
        TRY(local_rows_get(p->rows, at - p->rows_from, &p->chunk, &p->chunk_from, e));
        p->chunk_from += p->rows_from;
        return ST_OK;
    }
    while (!holds(p, at)) {
        if (!local_state_streams(p->state))
            return local_state_is_over(p->state) ? ST_EOF : local_portal_repeat_error(p, e);
        int st = pull(p, e);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool batch_is_full(const struct local_fetch *f)
{
    const struct row_batch *b = &f->portal->batch;
    return b->len >= f->batch_bytes || (f->batch_rows && b->nrows >= f->batch_rows);
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
    struct local_portal *p = f->portal;
    uint64_t before = p->batch.nrows;
    uint64_t rows = f->batch_rows ? min_u64(f->left, f->batch_rows - before) : f->left;
    size_t row = (size_t)(at - p->chunk_from);
    int st = encode_rows(p->encoder, p->chunk, &row, f->backward ? 1 : rows, f->batch_bytes, &p->batch, e);
    advance(f, p->batch.nrows - before);
    if (st != ST_OK)
        return st;
    return f->left == 0 || batch_is_full(f) || (f->first && p->batch.nrows && !f->backward) ? ST_AGAIN
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
    for (;;) {
        uint64_t rows = 0, most = f->batch_rows ? min_u64(f->left, f->batch_rows - p->batch.nrows) : f->left;
        int st = ST_OK;
        if (!local_direct_ready(p->direct))
            st = pull(p, e);
        if (st != ST_OK)
            return st;
        st = local_direct_take(p->direct, most, &p->batch, &rows, e);
        p->base.rows += rows;
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
    p->batch.nrows = n;
    advance(f, n);
    return ST_AGAIN;
}

/* Rows for COPY, with what stands around them. */
static int fill_copy(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    if (f->first)
        TRY(copy_put_names(&p->batch, f->copy, p->base.desc, e));
    int st = fill(f, e);
    f->any_rows |= p->batch.nrows > 0;
    if (st == ST_EOF)
        TRY(copy_put_end(&p->batch, f->copy, f->any_rows, e));
    return st;
}

enum {
    GATHER_PAGE = 512 * 1024,   /* of a page: one batch is made while another is written */
    GATHER_DIRECT = 256 * 1024, /* of rows that lie there already: more would have to be copied together */
    AHEAD_BYTES = 512 * 1024,   /* of rows that are made before they are asked for */
    GATHER_FROM = 64 * 1024,    /* a caller that wants less shall have it */
    GATHER_WITHIN_US = 20000,   /* rows wait for no more than some of these */
};

/* A stream that fills its batches quickly fills larger ones: a quarter of the writes and of the handing over.
 */
static void gather_more(struct local_fetch *f)
{
    if (f->batch_bytes < GATHER_FROM || f->batch_bytes >= f->batch_max ||
        f->portal->batch.len < f->batch_bytes)
        return;
    int64_t now = clock_now_us();
    if (now - f->full_us < GATHER_WITHIN_US)
        f->batch_bytes = f->batch_bytes < f->batch_max / 2 ? 2 * f->batch_bytes : f->batch_max;
    f->full_us = now;
}

/* What was encoded before an end or an error goes out first; the end or error comes with the next call. */
static int hand_on(struct local_fetch *f, int st, struct row_batch **out, const struct err *e)
{
    struct local_portal *p = f->portal;
    if (st == ST_EOF)
        f->left = 0;
    else if (st == ST_ERR)
        (void)local_portal_fail(p, e);
    if (p->batch.nrows == 0 && p->batch.len == 0)
        return st;
    f->first = false;
    p->sent += p->batch.len;
    gather_more(f);
    *out = &p->batch;
    return ST_OK;
}

/* What lies ready, when this fetch begins with it. */
static bool take_ahead(struct local_fetch *f, struct row_batch **out)
{
    struct local_portal *p = f->portal;
    uint64_t n = p->ahead;
    p->ahead = 0;
    if (n == 0 || p->ahead_from != f->next || n > f->left || f->backward || f->skip || f->copy)
        return false;
    advance(f, n);
    f->first = false;
    *out = &p->batch;
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
    row_batch_clear(&p->batch);
    if (f->left == 0)
        return ST_EOF;
    struct err why;
    err_init(&why);
    int st = f->skip         ? pass_over(f, &why)
             : f->copy       ? fill_copy(f, &why)
             : is_encoded(p) ? fill_encoded(f, &why)
                             : fill(f, &why);
    int handed = hand_on(f, st, out, &why);
    if (handed == ST_ERR)
        *e = why;
    return handed;
}

static void fetch_cancel(struct row_stream *rs)
{
    struct local_session *s = ((struct local_fetch *)rs)->portal->session;
    s->base.ops->cancel(&s->base);
}

static void fetch_close(struct row_stream *rs)
{
    struct local_fetch *f = (struct local_fetch *)rs;
    struct local_portal *p = f->portal;
    p->gathered = f->batch_bytes;
    if (p->stmt && p->stmt->direct && !f->copy && !f->skip)
        local_direct_learn(p->session->local, p->stmt, p->sent);
    if (!local_state_streams(p->state)) /* of a stream that goes on the memory stays, as the engine's does */
        row_batch_release(&p->batch);
    if (f->copy) {
        encoder_free(p->encoder);
        p->encoder = NULL;
    }
    p->fetch.portal = NULL;
}

static const struct row_stream_ops fetch_ops = {
    .next = fetch_next, .cancel = fetch_cancel, .close = fetch_close};

/* Pieces that are there stay, whatever is wanted then; an end or an error waits behind them. */
static int pull_ahead(struct local_portal *p)
{
    struct err told_later;
    err_init(&told_later);
    if (local_direct_ready_bytes(p->direct) >= AHEAD_BYTES)
        return ST_OK;
    local_enter(p->session, p->detached ? p->detached : p->session->main);
    int st = local_direct_pull(p->direct, p->result, &told_later);
    (void)local_leave(p->session);
    return st == ST_OK ? ST_AGAIN : ST_OK;
}

/* Of chunks only the rest of the one that is there: the engine is not asked for more. What is not wanted
 * then, or fails, is made again from the chunk. */
int local_ahead(struct backend_portal *bp)
{
    struct local_portal *p = (struct local_portal *)bp;
    struct err ignored;
    uint64_t from = bp->position;
    if (!local_state_streams(p->state) || p->fetch.portal || p->gathered < GATHER_FROM)
        return ST_OK;
    if (is_encoded(p))
        return pull_ahead(p);
    if (!p->encoder || p->ahead || !holds(p, from))
        return ST_OK;
    err_init(&ignored);
    row_batch_clear(&p->batch);
    size_t row = (size_t)(from - p->chunk_from);
    if (encode_rows(p->encoder, p->chunk, &row, UINT64_MAX, AHEAD_BYTES, &p->batch, &ignored) != ST_OK)
        return ST_OK;
    p->ahead = p->batch.nrows;
    p->ahead_from = from;
    return ST_OK;
}

static size_t batch_max(const struct backend_fetch *how)
{
    size_t most = how->max_rows ? GATHER_PAGE : ROW_BATCH_MAX;
    return how->batch_most && how->batch_most < most ? how->batch_most : most;
}

static size_t encoded_max(const struct backend_fetch *how)
{
    size_t half = how->batch_most / 2;
    return half && half < GATHER_DIRECT ? half : GATHER_DIRECT;
}

static size_t batch_bytes(const struct local_portal *p, const struct backend_fetch *how)
{
    size_t wanted = how->batch_bytes, most = batch_max(how);
    if (wanted >= GATHER_FROM && p->gathered > wanted)
        wanted = p->gathered < GATHER_PAGE ? p->gathered : GATHER_PAGE;
    return wanted == 0 ? 1 : wanted < most ? wanted : most;
}

int local_make_typed(struct local_portal *p, struct err *e)
{
    if (!is_encoded(p))
        return ST_OK;
    int st = local_direct_make_typed(p->direct, p->result, e);
    if (st == ST_EOF)
        local_stream_end(p);
    if (st != ST_ERR)
        local_portal_become(p, st == ST_EOF ? LOCAL_COMPLETE : LOCAL_STREAMS_TYPED);
    return st;
}

int local_see_to_typed(struct local_portal *p, struct err *e)
{
    if (!is_encoded(p))
        return ST_OK;
    local_enter(p->session, p->detached ? p->detached : p->session->main);
    int st = local_make_typed(p, e);
    if (local_leave(p->session) && st != ST_ERR)
        st = local_cancelled(e);
    return st == ST_ERR ? local_portal_fail(p, e) : ST_OK;
}

/* Whether rows that are encoded already are of use for this fetch. */
static int see_to_rows(struct local_portal *p, const struct backend_fetch *how, struct err *e)
{
    if (!is_encoded(p))
        return ST_OK;
    bool onward = !how->backward && !how->skip && !how->copy && how->from <= p->base.position;
    bool suits = onward && local_direct_suits(p->direct, how->formats, &p->session->encode);
    return suits ? ST_OK : local_see_to_typed(p, e);
}

int local_fetch(struct backend_portal *bp, const struct backend_fetch *how, struct row_stream **out,
                struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    assert(p->state != LOCAL_NEW && !p->fetch.portal && (!how->backward || bp->scroll) &&
           how->passed_rows == 0);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    size_t n;
    TRY(see_to_rows(p, how, e));
    if (local_types(p, &n) && !how->skip && !is_encoded(p))
        TRY(how->copy ? make_copy_encoder(p, how, e) : see_to_encoder(p, how->formats, e));
    bool again = p->base.scroll || how->from > p->base.position;
    p->fetch = (struct local_fetch){
        .base = {.ops = &fetch_ops},
        .portal = p,
        .next = again ? how->from : p->base.position,
        .backward = how->backward,
        .skip = how->skip,
        .copy = how->copy,
        .left = how->max_rows && !how->copy ? how->max_rows : UINT64_MAX,
        .batch_bytes = batch_bytes(p, how),
        .batch_max = is_encoded(p) ? encoded_max(how) : batch_max(how),
        .batch_rows = how->batch_rows,
        .first = true,
    };
    if (p->base.scroll)
        p->base.position = how->from;
    *out = &p->fetch.base;
    return ST_OK;
}
