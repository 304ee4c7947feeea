/* A fetch: chunks of the engine become batches of DataRows, one at a time, when the reader asks. Between
 * fetches the half-read chunk stays where it is; nothing else is kept. */
#include "backend/local_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

/* ---- encoder ---- */

static bool same_settings(const struct encode_settings *a, const struct encode_settings *b)
{
    return a->zone == b->zone && a->extra_float_digits == b->extra_float_digits &&
           a->bytea_escape == b->bytea_escape;
}

static bool same_formats(const struct local_portal *p, const int16_t *formats)
{
    if (!p->formats || !formats)
        return !p->formats && !formats;
    return memcmp(p->formats, formats, p->base.desc->ncolumns * sizeof *formats) == 0;
}

/* One encoder serves all fetches that want the same. */
static int see_to_encoder(struct local_portal *p, const int16_t *formats, struct err *e)
{
    const struct encode_settings *settings = &p->session->encode;
    if (p->encoder && same_formats(p, formats) && same_settings(&p->encoded_with, settings))
        return ST_OK;
    const struct engine_result_info *r = engine_result_info(p->result);
    int16_t *copy = NULL;
    if (formats) {
        copy = mem_calloc(r->ncolumns, sizeof *copy);
        if (!copy)
            return err_oom(e);
        memcpy(copy, formats, r->ncolumns * sizeof *copy);
    }
    encoder_free(p->encoder);
    p->encoder = NULL;
    mem_free(p->formats);
    p->formats = copy;
    p->encoded_with = *settings;
    return encoder_new(&p->encoder, r->types, r->ncolumns, p->formats, settings, e);
}

/* ---- rows ---- */

/* The next chunk; cancel reaches the engine meanwhile. ST_OK, ST_EOF, ST_ERR */
static int next_chunk(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    local_enter(s, p->detached ? p->detached : s->main);
    p->chunk = NULL;
    p->row = 0;
    int st = engine_result_next(p->result, &p->chunk, e);
    bool cancelled = local_leave(s);
    if (cancelled && st == ST_OK)
        st = local_cancelled(e);
    if (!cancelled && st == ST_ERR && e->code == SQLSTATE_QUERY_CANCELED)
        return local_learn_error(p, e);
    return st;
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

/* Encodes what the chunk, the batch and the fetch allow. ST_AGAIN: the batch is to be handed on. */
static int encode_some(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    uint64_t before = p->batch.nrows;
    uint64_t rows = f->batch_rows ? min_u64(f->left, f->batch_rows - before) : f->left;
    int st = encode_rows(p->encoder, p->chunk, &p->row, rows, f->batch_bytes, &p->batch, e);
    if (f->left != UINT64_MAX)
        f->left -= p->batch.nrows - before;
    if (st != ST_OK)
        return st;
    return f->left == 0 || batch_is_full(f) || (f->first && p->batch.nrows) ? ST_AGAIN : ST_OK;
}

/* Fills the batch. ST_AGAIN: hand it on; ST_EOF: the result is over, the batch has the last rows. */
static int fill(struct local_fetch *f, struct err *e)
{
    struct local_portal *p = f->portal;
    for (;;) {
        if (!p->chunk || p->row >= p->chunk->nrows) {
            int st = next_chunk(p, e);
            if (st != ST_OK)
                return st;
        }
        int st = encode_some(f, e);
        if (st != ST_OK)
            return st;
    }
}

static int repeat_error(const struct local_portal *p, struct err *e)
{
    *e = *p->err;
    return ST_ERR;
}

/* What was encoded before an end or an error goes out first; the end or error comes with the next call. */
static int hand_on(struct local_fetch *f, int st, struct row_batch **out, const struct err *e)
{
    struct local_portal *p = f->portal;
    if (st == ST_EOF) {
        p->base.complete = true;
        local_portal_finish(p);
    } else if (st == ST_ERR) {
        (void)local_portal_fail(p, e);
    }
    if (p->batch.nrows == 0)
        return st;
    f->first = false;
    *out = &p->batch;
    return ST_OK;
}

static int fetch_next(struct row_stream *rs, struct row_batch **out, struct err *e)
{
    struct local_fetch *f = (struct local_fetch *)rs;
    struct local_portal *p = f->portal;
    if (p->err)
        return repeat_error(p, e);
    row_batch_clear(&p->batch);
    if (p->base.complete || f->left == 0)
        return ST_EOF;
    if (!p->result)
        return err_set(e, SQLSTATE_OUT_OF_MEMORY, "the portal has failed before");
    struct err why;
    err_init(&why);
    int st = fill(f, &why);
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
    row_batch_release(&f->portal->batch);
    f->portal->fetch.portal = NULL;
}

static const struct row_stream_ops fetch_ops = {
    .next = fetch_next, .cancel = fetch_cancel, .close = fetch_close};

int local_fetch(struct backend_portal *bp, const struct backend_fetch *how, struct row_stream **out,
                struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    assert(bp->started && !p->fetch.portal);
    if (p->err)
        return repeat_error(p, e);
    if (p->result)
        TRY(see_to_encoder(p, how->formats, e));
    p->fetch = (struct local_fetch){
        .base = {.ops = &fetch_ops},
        .portal = p,
        .left = how->max_rows ? how->max_rows : UINT64_MAX,
        .batch_bytes = how->batch_bytes ? how->batch_bytes : 1,
        .batch_rows = how->batch_rows,
        .first = true,
    };
    *out = &p->fetch.base;
    return ST_OK;
}
