/* The gateway's side: rows. */
#include "rpc/client_fetch.h"

#include "rpc/client_priv.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "copy/options.h"
#include "rows/pace.h"
#include "rpc/batch.h"
#include "rpc/channel_stream.h"
#include "rpc/client_session.h"

static int put_copy(struct arena *a, const struct rpc_portal *p, const struct backend_fetch *how,
                    Tavana__V1__CopyFormat **out, struct err *e)
{
    Tavana__V1__CopyFormat *m = arena_calloc(a, 1, sizeof *m);
    if (!m)
        return err_oom(e);
    tavana__v1__copy_format__init(m);
    m->format = (int32_t)how->copy->format;
    m->header = (int32_t)how->copy->header;
    m->delimiter = (uint8_t)how->copy->delimiter;
    m->quote = (uint8_t)how->copy->quote;
    m->escape = (uint8_t)how->copy->escape;
    union {
        const char *in;
        uint8_t *out;
    } null = {.in = how->copy->null.p};
    m->null = (ProtobufCBinaryData){how->copy->null.n, null.out};
    if (how->copy_force_quote) {
        protobuf_c_boolean *marks = arena_calloc(a, p->base.desc->ncolumns, sizeof *marks);
        if (p->base.desc->ncolumns && !marks)
            return err_oom(e);
        for (size_t i = 0; i < p->base.desc->ncolumns; i++)
            marks[i] = how->copy_force_quote[i];
        m->n_force_quote = p->base.desc->ncolumns;
        m->force_quote = marks;
    }
    *out = m;
    return ST_OK;
}

int rpc_formats_put(struct arena *a, const struct backend_portal *p, const int16_t *formats, size_t *n,
                    int32_t **out, struct err *e)
{
    if (!formats || !p->desc)
        return ST_OK;
    int32_t *copy = arena_calloc(a, p->desc->ncolumns + 1, sizeof *copy);
    if (!copy)
        return err_oom(e);
    for (size_t i = 0; i < p->desc->ncolumns; i++)
        copy[i] = formats[i];
    *n = p->desc->ncolumns;
    *out = copy;
    return ST_OK;
}

int rpc_fetch_request(struct arena *a, const struct rpc_portal *p, const struct backend_fetch *how,
                      Tavana__V1__FetchRequest *out, struct err *e)
{
    tavana__v1__fetch_request__init(out);
    out->session = p->session->id;
    out->portal = p->id;
    out->from = how->from;
    out->max_rows = how->max_rows;
    out->backward = how->backward;
    out->skip = how->skip;
    out->batch_bytes = how->batch_bytes;
    out->batch_rows = how->batch_rows;
    out->passed_rows = how->passed_rows;
    out->passed_hash = how->passed_hash;
    if (how->copy)
        return put_copy(a, p, how, &out->copy, e);
    return rpc_formats_put(a, &p->base, how->formats, &out->n_formats, &out->formats, e);
}

/* ---- the stream ---- */

static int ended(struct rpc_fetch *f, int status, const struct err *e)
{
    f->ended = true;
    f->status = status;
    if (status == ST_ERR)
        f->err = *e;
    return status;
}

static int take_trailer(struct rpc_fetch *f, const Tavana__V1__Trailer *m, struct err *e)
{
    TRY(rpc_session_error(f->portal->session, m->error, e));
    if (rpc_check_trailer(m, &f->before, &f->how, f->rows, e) != ST_OK)
        return rpc_session_lied(f->portal->session, e);
    rpc_state_take(m->state, &f->portal->base);
    return ST_EOF;
}

/* Rows that were just read, behind `len` bytes and nrows that are known to be right. */
static int check_rows(struct rpc_fetch *f, size_t len, uint64_t nrows, bool last, struct err *e)
{
    const struct row_batch *batch = &f->portal->batch;
    const uint64_t rows = batch->nrows - nrows;
    if (f->last)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "rows have come behind the last");
    TRY(rpc_check_rows(batch->data + len, batch->len - len, rows, &f->shape, e));
    f->rows += rows;
    f->shape.left -= rows;
    f->last = last;
    return ST_OK;
}

static int take_message(struct rpc_fetch *f, grpc_byte_buffer *b, struct err *e)
{
    Tavana__V1__FetchReply *reply = NULL;
    struct rpc_portal *p = f->portal;
    const size_t len = p->batch.len;
    const uint64_t nrows = p->batch.nrows;
    bool last;
    int st = rpc_batch_read(b, &p->batch, &last, &reply, e);
    grpc_byte_buffer_destroy(b);
    if (st == ST_EOF) {
        st = take_trailer(f, reply->trailer, e);
        rpc_message_free(&reply->base);
        return st;
    }
    if (st == ST_OK)
        st = check_rows(f, len, nrows, last, e);
    if (st == ST_OK)
        p->base.complete |= last;
    return st == ST_ERR && e->code == SQLSTATE_PROTOCOL_VIOLATION ? rpc_session_lied(p->session, e) : st;
}

/* The next message, its rows behind those of the batch. */
static int take_next(struct rpc_fetch *f, struct err *e)
{
    grpc_byte_buffer *b;
    int st = rpc_stream_next(f->stream, &b, e);
    int64_t now = clock_now_us();
    f->fast = now - f->came_us < PACE_FAST_US ? f->fast + 1 : 0;
    f->came_us = now;
    if (st == ST_EOF)
        (void)err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "rows have ended without their trailer");
    if (st != ST_OK)
        return rpc_session_failed(f->portal->session, e);
    if (rpc_session_is_void(f->portal->session)) { /* what comes of a worker that was thrown out */
        grpc_byte_buffer_destroy(b);
        return rpc_session_lost(f->portal->session, e);
    }
    uint64_t before = f->portal->batch.nrows;
    st = take_message(f, b, e);
    if (st == ST_OK)
        f->portal->base.position += f->portal->batch.nrows - before;
    return st;
}

/* Of a stream that comes fast two messages go together. Rows go before what ends the stream, be that an
 * error. */
static void gather(struct rpc_fetch *f, const struct row_batch *batch)
{
    struct err e;
    err_init(&e);
    if (!pace_joins_messages(f->fast) || f->portal->base.complete || batch->len > RPC_BATCH_MAX ||
        !rpc_stream_comes_within(f->stream, PACE_JOIN_MS))
        return;
    struct row_batch *both = &f->portal->batch;
    const size_t len = both->len;
    const uint64_t nrows = both->nrows;
    int st = take_next(f, &e);
    if (st == ST_ERR) { /* nothing of a message that was not taken whole */
        both->len = len;
        both->nrows = nrows;
    }
    if (st != ST_OK)
        (void)ended(f, st, &e);
}

static int fetch_next(struct row_stream *rs, struct row_batch **out, struct err *e)
{
    struct rpc_fetch *f = (struct rpc_fetch *)rs;
    struct row_batch *batch = &f->portal->batch;
    if (f->ended) {
        if (f->status == ST_ERR)
            *e = f->err;
        return f->status;
    }
    row_batch_clear(batch);
    int st = take_next(f, e);
    if (st != ST_OK)
        return ended(f, st, e);
    gather(f, batch);
    *out = batch;
    return ST_OK;
}

static void fetch_cancel(struct row_stream *rs)
{
    struct rpc_session *s = ((struct rpc_fetch *)rs)->portal->session;
    s->base.ops->cancel(&s->base);
}

/* Of a stream that is left before its end the worker tells how far it got only by what was taken of it: it
 * stops, and the portal stands where the last batch ended. */
static void fetch_close(struct row_stream *rs)
{
    struct rpc_fetch *f = (struct rpc_fetch *)rs;
    rpc_stream_close(f->stream);
    f->portal = NULL;
}

static const struct row_stream_ops fetch_ops = {
    .next = fetch_next, .cancel = fetch_cancel, .close = fetch_close};

int rpc_fetch(struct backend_portal *bp, const struct backend_fetch *how, struct row_stream **out,
              struct err *e)
{
    struct rpc_portal *p = rpc_portal_to_fetch(bp);
    Tavana__V1__FetchRequest request;
    struct arena a;
    if (rpc_session_is_void(p->session))
        return rpc_session_lost(p->session, e);
    arena_init(&a, RPC_REQUEST_MEMORY);
    int st = rpc_fetch_request(&a, p, how, &request, e);
    p->fetch = (struct rpc_fetch){.base = {.ops = &fetch_ops}, .before = *bp, .how = *how};
    p->fetch.shape = (struct rpc_rows_shape){
        .kind = how->skip   ? 0
                : how->copy ? 'd'
                            : 'D',
        .ncolumns = bp->desc ? bp->desc->ncolumns : 0,
        .left = how->max_rows && !how->copy ? how->max_rows : INT64_MAX,
    };
    if (st == ST_OK) {
        rpc_session_begin(p->session);
        st = rpc_stream_open(&p->fetch.stream, p->session->client->channel, RPC_FETCH, &request.base,
                             &p->session->give_up, e);
    }
    arena_release(&a);
    if (st != ST_OK)
        return st;
    p->fetch.portal = p;
    bp->position += how->passed_rows;
    *out = &p->fetch.base;
    return ST_OK;
}

/* The worker's batches on their way are ahead enough. */
int rpc_ahead(struct backend_portal *p)
{
    (void)p;
    return ST_OK;
}
