/* Called by the engine's threads that scan, several at once, each with a state whose encoder is its own;
 * shared, under the lock of local_direct, are the list of pieces, the types and the first error. A chunk
 * is encoded before the lock is taken, so that threads meet for a few stores alone. An error in a row
 * travels in a piece, behind the rows before it; one of memory ends the statement. The ticket that a
 * chunk gets is what the engine passes on in place of each of its rows, in the order of the result: by it
 * the session finds the piece. */
#include "backend/local_direct_sink.h"

#include "backend/local_direct_pieces.h"
#include "backend/local_types.h"
#include "base/alloc.h"
#include "encode/row_decoder.h"
#include "engine/chunk_codec.h"

#include <assert.h>

static void failed(struct local_direct *d, const struct err *e)
{
    (void)pthread_mutex_lock(&d->lock);
    if (!err_is_set(&d->err))
        d->err = *e;
    (void)pthread_mutex_unlock(&d->lock);
}

/* Of one of the engine's threads. */
struct encoding {
    struct local_direct *direct;
    struct encoder *encoder;
};

static int learn_types(struct local_direct *d, const struct engine_column_type *const *types, size_t n,
                       struct err *e)
{
    int st = ST_OK;
    (void)pthread_mutex_lock(&d->lock);
    assert(!d->types || d->ntypes == n); /* local_fits has seen to it */
    if (!d->types)
        st = engine_types_copy(&d->type_arena, types, n, &d->types, e);
    d->ntypes = n;
    (void)pthread_mutex_unlock(&d->lock);
    return st;
}

/* The plan of the wrapped statement has to give the columns that the client was told of. */
static int encoding_new(struct encoding **out, struct local_direct *d,
                        const struct engine_column_type *const *types, size_t n, struct err *e)
{
    if (!local_fits(d->stmt, types, n) || (d->decodes && !row_decoder_takes(types, n)))
        return local_changed_type(e);
    TRY(learn_types(d, types, n, e));
    struct encoding *state = mem_calloc(1, sizeof *state);
    if (!state)
        return err_oom(e);
    if (encoder_new(&state->encoder, types, n, d->formats, &d->settings, e) < 0) {
        mem_free(state);
        return ST_ERR;
    }
    state->direct = local_direct_ref(d);
    *out = state;
    return ST_OK;
}

static void *sink_begin(struct engine_sink *s, const struct engine_column_type *const *types, size_t n)
{
    struct local_direct *d = (struct local_direct *)s;
    struct encoding *state = NULL;
    struct err e;
    err_init(&e);
    if (encoding_new(&state, d, types, n, &e) < 0)
        failed(d, &e);
    return state;
}

static void sink_end(void *p)
{
    struct encoding *state = p;
    assert(state->direct); /* sink_begin gave no other */
    encoder_free(state->encoder);
    local_direct_unref(state->direct);
    mem_free(state);
}

/* A piece that was used up, with its memory, or a new one. */
static struct direct_piece *take_spare(struct local_direct *d)
{
    (void)pthread_mutex_lock(&d->lock);
    struct direct_piece *p = d->spare;
    if (p)
        d->spare = p->next;
    (void)pthread_mutex_unlock(&d->lock);
    if (p) {
        assert(!p->err && !p->more); /* taken apart before it came here */
        row_batch_clear(&p->batch);
        buf_clear(&p->segment);
        p->rows = p->err_rows = 0;
        p->nmarks = 0;
        p->cut_rows = 0;
        p->cut_bytes = 0;
        p->next = NULL;
        return p;
    }
    p = mem_calloc(1, sizeof *p);
    if (p)
        buf_init(&p->segment, MESSAGE_MAX);
    return p;
}

/* An error belongs behind the rows before it. */
static int keep_error(struct direct_piece *p, uint64_t rows_left, struct err *e)
{
    p->err = mem_alloc(sizeof *p->err);
    if (!p->err)
        return err_oom(e);
    *p->err = *e;
    p->err_rows = rows_left;
    return ST_OK;
}

/* For one whose pages may end within it, with marks. */
static int encode_piece(const struct local_direct *d, struct encoder *enc, const struct chunk_view *rows,
                        size_t *row, struct direct_piece *p, struct err *e)
{
    int st = ST_OK;
    while (st == ST_OK && d->decodes && p->nmarks < DIRECT_MARKS && *row + DIRECT_MARK_ROWS < rows->nrows) {
        st = encode_rows(enc, rows, row, DIRECT_MARK_ROWS, d->piece_bytes, &p->batch, e);
        if (st == ST_OK)
            p->marks[p->nmarks++] = (uint32_t)p->batch.len;
    }
    return st == ST_OK ? encode_rows(enc, rows, row, UINT64_MAX, d->piece_bytes, &p->batch, e) : st;
}

/* As many pieces as the chunk needs: a batch is handed on whole, so a piece has at most a batch's bytes. */
static int encode_chunk(struct local_direct *d, struct encoder *enc, const struct chunk_view *rows,
                        struct direct_piece **out, struct err *e)
{
    size_t row = 0;
    int st;
    do {
        struct direct_piece *p = take_spare(d);
        if (!p)
            return err_oom(e);
        *out = p;
        out = &p->more;
        st = encode_piece(d, enc, rows, &row, p, e);
        p->rows = p->batch.nrows;
        if (st < 0)
            return keep_error(p, rows->nrows - row, e);
    } while (st == ST_AGAIN);
    return ST_OK;
}

/* The same of rows that are wanted typed: as segments, which are decoded where they lie. */
static int copy_chunk(struct local_direct *d, const struct chunk_view *rows, struct direct_piece **out,
                      struct err *e)
{
    for (size_t row = 0; row < rows->nrows;) {
        struct direct_piece *p = take_spare(d);
        if (!p)
            return err_oom(e);
        *out = p;
        out = &p->more;
        p->rows = chunk_rows_within(rows, row, rows->nrows, ROW_BATCH_MAX);
        TRY(chunk_encode(rows, row, row + (size_t)p->rows, &p->segment, e));
        row += (size_t)p->rows;
    }
    return ST_OK;
}

static int64_t sink_chunk(void *state, const struct chunk_view *rows)
{
    struct encoding *encoding = state;
    struct local_direct *d = encoding->direct;
    struct direct_piece *made = NULL;
    struct err e;
    if (rows->nrows == 0)
        return 0; /* no row will have the ticket */
    err_init(&e);
    int st = atomic_load(&d->typed) ? copy_chunk(d, rows, &made, &e)
                                    : encode_chunk(d, encoding->encoder, rows, &made, &e);
    if (st < 0) {
        failed(d, &e);
        direct_chunk_free(made);
        return -1;
    }
    assert(made);
    (void)pthread_mutex_lock(&d->lock);
    int64_t ticket = d->tickets++; /* in the order of arrival: it says which chunk, not where its rows are */
    made->ticket = ticket;
    made->next = d->full;
    d->full = made;
    (void)pthread_mutex_unlock(&d->lock);
    return ticket;
}

const struct engine_sink_ops local_direct_sink_ops = {
    .begin = sink_begin, .chunk = sink_chunk, .end = sink_end};
