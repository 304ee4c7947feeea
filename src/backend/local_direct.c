/* A row_source: rows encoded inside the engine's pipeline (engine/sink.h), for a result whose fetches will
 * most likely want the formats that are known before it starts, and that will be long, so that a second
 * plan pays. What will be long is guessed from the text the first time, and known from then on.
 *
 * When a fetch wants other formats after all, or the rows are put down, the source is made typed: the
 * pipeline goes on with typed rows, and what it had encoded by then is decoded.
 *
 * The thread of the session; the engine's threads come in by the sink alone. */
#include "backend/local_direct.h"

#include "backend/local_cache.h"
#include "backend/local_direct_pieces.h"
#include "backend/local_direct_sink.h"
#include "backend/local_priv.h"
#include "backend/local_types.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "encode/row_decoder.h"
#include "engine/chunk_codec.h"
#include "pgtype/tz.h"
#include "pgwire/message.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LONG_BYTES = 4 * 1024 * 1024, /* of a result that another plan pays for */
    CUT_FROM = 3,                 /* of a piece's rows a third at least is exchanged, the rest copied */
};

DEFINE_CLEANUP(struct local_direct, local_direct_unref)

/* ---- long or not ---- */

/* A table without chains: a text takes the place of another one whose hash falls there. A verdict that is
 * lost or wrong costs a plan, never a row, so no lock is needed. The last bit of an entry is the verdict, the
 * rest the hash that it is about. */
static _Atomic uint64_t *verdict_of(struct local *l, uint64_t hash)
{
    return &l->verdicts[(hash >> 8) % LOCAL_VERDICTS];
}

void local_direct_learn(struct local *l, const struct local_stmt *st, uint64_t bytes)
{
    uint64_t hash = hash_text(st->sql);
    atomic_store_explicit(verdict_of(l, hash), (hash & ~(uint64_t)1) | (bytes >= LONG_BYTES),
                          memory_order_relaxed);
}

static bool will_be_long(struct local *l, const struct local_stmt *st)
{
    uint64_t hash = hash_text(st->sql);
    uint64_t known = atomic_load_explicit(verdict_of(l, hash), memory_order_relaxed);
    return (known ^ hash) >> 1 == 0 ? known & 1 : st->whole_tables;
}

bool local_direct_wanted(const struct local_stmt *st, const struct backend_portal *p)
{
    const struct local_session *s = st->session;
    return p->expects_formats && !p->scroll && st->direct &&
           (p->takes_all ||
            (st->decodes && s->encode.extra_float_digits >= 1 && style_is_plain(tz_style(s->encode.zone)))) &&
           will_be_long(s->local, st);
}

/* ---- life ---- */

/* SELECT tavana_rows(c0, c1) FROM (…) AS tavana(c0, c1) */
static int wrap(struct local_direct *d, size_t ncolumns, struct str inner, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    buf_printf(&b, ENGINE_SINK_START);
    for (size_t i = 0; i < ncolumns; i++)
        buf_printf(&b, i ? ", c%zu" : "c%zu", i);
    buf_printf(&b, ") FROM (");
    buf_put(&b, inner.p, inner.n);
    buf_printf(&b, "\n) AS tavana(");
    for (size_t i = 0; i < ncolumns; i++)
        buf_printf(&b, i ? ", c%zu" : "c%zu", i);
    buf_printf(&b, ")");
    const char *copy = buf_ok(&b) ? arena_strndup(&d->arena, (const char *)b.data, b.len) : NULL;
    if (!copy)
        return err_oom(e);
    d->text.text = (struct str){copy, b.len};
    return ST_OK;
}

static int copy_formats(struct local_direct *d, const int16_t *formats, size_t n, struct err *e)
{
    if (!formats)
        return ST_OK;
    int16_t *copy = arena_calloc(&d->arena, n + 1, sizeof *copy);
    if (!copy)
        return err_oom(e);
    memcpy(copy, formats, n * sizeof *copy);
    d->formats = copy;
    return ST_OK;
}

static const struct row_source_ops source_ops;

int local_direct_new(struct local_direct **out, const struct local_stmt *st, const struct backend_portal *p,
                     struct str text, struct err *e)
{
    CLEANUP(local_direct_unrefp) struct local_direct *d = mem_calloc(1, sizeof *d);
    if (!d)
        return err_oom(e);
    assert(st->direct && !st->wrap); /* it was asked whether its rows can be encoded that way */
    size_t n = st->base.info.desc->ncolumns;
    d->base.ops = &local_direct_sink_ops;
    d->source.ops = &source_ops;
    atomic_store(&d->refs, 1);
    d->stmt = st;
    d->settings = st->session->encode;
    (void)tz_ref(d->settings.zone);
    d->decodes = !p->takes_all;
    d->piece_bytes = p->expected_bytes ? p->expected_bytes : ROW_BATCH_MAX;
    d->ready_end = &d->ready;
    err_init(&d->err);
    err_init(&d->end_err);
    arena_init(&d->arena, LOCAL_STATEMENT_MEMORY);
    arena_init(&d->type_arena, LOCAL_STATEMENT_MEMORY);
    (void)pthread_mutex_init(&d->lock, NULL);
    TRY(copy_formats(d, p->expected_formats, n, e));
    TRY(wrap(d, n, text, e));
    *out = TAKE_PTR(d);
    return ST_OK;
}

const struct sql_rewritten *local_direct_text(const struct local_direct *d)
{
    return &d->text;
}

void local_direct_attach(struct local_direct *d, struct engine_conn *c)
{
    assert(!d->conn && !d->result); /* a sink serves one run, on one connection */
    d->conn = c;
    engine_set_sink(c, &d->base);
}

struct row_source *local_direct_open(struct local_direct *d, struct engine_result *tickets)
{
    assert(d->conn && !d->result);
    d->result = tickets;
    return &d->source;
}

/* First the connection forgets the sink, so that no task begins with it any more; then the result goes,
 * which ends the tasks that have begun. Those may outlive both on their way out: they have references of
 * their own. */
void local_direct_close(struct local_direct *d)
{
    if (!d)
        return;
    if (d->conn)
        engine_set_sink(d->conn, NULL);
    d->conn = NULL;
    engine_result_free(TAKE_PTR(d->result));
    local_direct_unref(d);
}

static struct local_direct *direct_of(struct row_source *s)
{
    return list_entry(s, struct local_direct, source);
}

static void direct_close(struct row_source *s)
{
    local_direct_close(direct_of(s));
}

/* ---- pieces, in order ---- */

/* The pieces of a ticket. The engine's threads add theirs in any order; the tickets come in the order of the
 * rows. The list is short: as long as there are chunks under way between the pipeline and the stream. */
static struct direct_piece *take_full(struct local_direct *d, int64_t ticket)
{
    (void)pthread_mutex_lock(&d->lock);
    struct direct_piece **link = &d->full;
    while (*link && (*link)->ticket != ticket)
        link = &(*link)->next;
    struct direct_piece *p = *link;
    if (p)
        *link = p->next;
    (void)pthread_mutex_unlock(&d->lock);
    return p;
}

static int mixed_up(struct err *e)
{
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine has mixed encoded rows up");
}

/* The first row of a chunk has come, and with it all the others are as good as there. */
static int begin_chunk(struct local_direct *d, int64_t ticket, struct err *e)
{
    struct direct_piece *p = take_full(d, ticket);
    if (!p)
        return mixed_up(e);
    assert(d->last_rows == 0); /* the chunk before has come to its end */
    d->last = ticket;
    while (p) {
        struct direct_piece *more = TAKE_PTR(p->more);
        p->next = NULL;
        *d->ready_end = p;
        d->ready_end = &p->next;
        d->ready_bytes += p->batch.len + p->segment.len;
        d->last_rows += p->rows + p->err_rows;
        p = more;
    }
    return ST_OK;
}

/* The engine may have put pieces of its chunks together, and cut them anew, but their order stays. */
static int collect(struct local_direct *d, const struct chunk_view *chunk, struct err *e)
{
    const int64_t *tickets = chunk->columns[0].data;
    for (size_t i = 0, n; i < chunk->nrows; i += n) {
        if (d->last_rows == 0)
            TRY(begin_chunk(d, tickets[i], e));
        n = chunk->nrows - i < d->last_rows ? chunk->nrows - i : (size_t)d->last_rows;
        if (n == 0 || tickets[i] != d->last || tickets[i + n - 1] != d->last)
            return mixed_up(e);
        d->last_rows -= n;
    }
    return ST_OK;
}

static bool sink_error(struct local_direct *d, struct err *e)
{
    (void)pthread_mutex_lock(&d->lock);
    bool is_failed = err_is_set(&d->err);
    if (is_failed)
        *e = d->err;
    (void)pthread_mutex_unlock(&d->lock);
    return is_failed;
}

static int pull(struct local_direct *d, struct err *e)
{
    const struct chunk_view *tickets;
    if (d->end == ST_OK) {
        d->end = engine_result_next(d->result, &tickets, &d->end_err);
        if (d->end == ST_OK)
            d->end = collect(d, tickets, &d->end_err);
        else if (d->end == ST_ERR)
            (void)sink_error(d, &d->end_err);
    }
    if (d->end == ST_ERR)
        *e = d->end_err;
    return d->end;
}

static int encoded_pull(struct row_source *s, struct err *e)
{
    return pull(direct_of(s), e);
}

static bool encoded_ready(struct row_source *s)
{
    return direct_of(s)->ready != NULL;
}

static size_t encoded_ready_bytes(struct row_source *s)
{
    return direct_of(s)->ready_bytes;
}

/* The first piece has been used up. */
static void next_piece(struct local_direct *d)
{
    struct direct_piece *p = d->ready;
    assert(!p->err); /* an error stays at the front: every later call finds it there */
    d->ready = p->next;
    if (!d->ready)
        d->ready_end = &d->ready;
    d->at = 0;
    d->lent = false;
    (void)pthread_mutex_lock(&d->lock);
    p->next = d->spare;
    d->spare = p;
    (void)pthread_mutex_unlock(&d->lock);
}

static int piece_error(const struct direct_piece *p, struct err *e)
{
    *e = *p->err;
    return ST_ERR;
}

/* ---- encoded ---- */

/* The furthest mark that is not beyond row `end` nor `room` bytes from `at`; *row is its row. */
static size_t last_mark(const struct direct_piece *p, size_t at, uint64_t end, size_t room, uint64_t *row)
{
    for (size_t i = p->nmarks; i > 0; i--) {
        uint64_t marked = (uint64_t)i * DIRECT_MARK_ROWS;
        if (marked <= p->cut_rows + *row)
            break;
        marked -= p->cut_rows;
        size_t to = p->marks[i - 1] - p->cut_bytes;
        if (marked > end || to - at > room)
            continue;
        *row = marked;
        return to;
    }
    return at;
}

/* Bytes of so many whole rows, or of as many as there are room for, but one at least. */
static size_t rows_within(const struct direct_piece *p, size_t at, uint64_t most, size_t room, uint64_t *rows)
{
    uint64_t first = p->batch.nrows - p->rows, row = first;
    size_t to = last_mark(p, at, first + most, room, &row);
    for (; row < first + most; row++) {
        size_t len = message_size(p->batch.data + to);
        if (to > at && to + len - at > room)
            break;
        to += len;
    }
    *rows = row - first;
    assert(to <= p->batch.len && *rows <= p->rows);
    return to - at;
}

static int copy_some(struct local_direct *d, struct row_batch *out, uint64_t most, uint64_t *rows,
                     struct err *e)
{
    struct direct_piece *p = d->ready;
    size_t room = d->piece_bytes - (out->len < d->piece_bytes ? out->len : d->piece_bytes);
    size_t n = p->batch.len - d->at;
    *rows = p->rows;
    if (n > room || most < p->rows)
        n = rows_within(p, d->at, most < p->rows ? most : p->rows, room, rows);
    TRY(row_batch_reserve(out, n, e));
    assert(n <= p->batch.len - d->at && n <= d->ready_bytes);
    memcpy(out->data + out->len, p->batch.data + d->at, n);
    row_batch_commit(out, out->data + out->len + n, *rows);
    d->at += n;
    d->ready_bytes -= n;
    return ST_OK;
}

/* The batch gets the piece's memory with its first rows, the piece the batch's with a copy of the others. */
static int exchange(struct local_direct *d, struct row_batch *out, size_t n, uint64_t rows, struct err *e)
{
    struct direct_piece *p = d->ready;
    assert(out->len == 0 && d->at == 0 && n <= p->batch.len); /* else rows would be overwritten */
    size_t left = p->batch.len - n;
    if (left > 0) {
        TRY(row_batch_reserve(out, left, e));
        memcpy(out->data, p->batch.data + n, left);
    }
    struct row_batch rest = *out;
    rest.len = left;
    rest.nrows = p->batch.nrows - rows;
    *out = p->batch;
    out->len = n;
    out->nrows = rows;
    p->batch = rest;
    p->cut_rows += rows;
    p->cut_bytes += n;
    d->ready_bytes -= n;
    return ST_OK;
}

/* Rows of the first piece; by exchange where that copies less. */
static int move_some(struct local_direct *d, struct row_batch *out, uint64_t most, uint64_t *rows,
                     struct err *e)
{
    struct direct_piece *p = d->ready;
    if (out->len > 0 || d->at > 0 || most < p->rows / CUT_FROM)
        return copy_some(d, out, most, rows, e);
    size_t n = p->batch.len;
    *rows = p->rows;
    if (most < p->rows)
        n = rows_within(p, 0, most, SIZE_MAX, rows);
    return exchange(d, out, n, *rows, e);
}

static int encoded_take(struct row_source *s, uint64_t most, struct row_batch *out, uint64_t *rows,
                        struct err *e)
{
    struct local_direct *d = direct_of(s);
    struct direct_piece *p = d->ready;
    *rows = 0;
    assert(p && (p->rows > 0 || p->err) && !atomic_load(&d->typed));
    if (p->rows > 0)
        TRY(move_some(d, out, most, rows, e));
    p->rows -= *rows;
    if (p->rows > 0)
        return ST_OK;
    if (p->err && *rows < most)
        return piece_error(p, e);
    if (!p->err)
        next_piece(d);
    return ST_OK;
}

/* ---- typed ---- */

static bool encoded_suits(struct row_source *s, const int16_t *formats,
                          const struct encode_settings *settings)
{
    const struct local_direct *d = direct_of(s);
    return row_desc_same_formats(d->stmt->base.info.desc, d->formats, formats) &&
           local_same_settings(&d->settings, settings);
}

static const struct engine_column_type *const *direct_types(struct row_source *s, size_t *n)
{
    struct local_direct *d = direct_of(s);
    (void)pthread_mutex_lock(&d->lock);
    const struct engine_column_type *const *types = d->types;
    *n = types ? d->ntypes : 0;
    (void)pthread_mutex_unlock(&d->lock);
    return types;
}

/* The types are known with the first chunk that the pipeline encodes: until then it is pulled. What is
 * encoded by then, and what threads that have not yet seen `typed` still encode, is decoded value by value.
 * */
static int encoded_make_typed(struct row_source *s, struct err *e)
{
    struct local_direct *d = direct_of(s);
    const struct engine_column_type *const *types;
    size_t n;
    if (!d->decodes)
        return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "encoded rows cannot be put aside");
    while (!(types = direct_types(s, &n)))
        if (pull(d, e) != ST_OK)
            return d->end;
    if (!d->rows_decoder)
        TRY(row_decoder_new(&d->rows_decoder, types, n, d->formats, d->settings.zone, e));
    if (!d->segment_decoder)
        TRY(chunk_decoder_new(&d->segment_decoder, types, n, e));
    atomic_store(&d->typed, true);
    return ST_OK;
}

/* ST_AGAIN: no rows are ready. */
static int ready_chunk(struct local_direct *d, const struct chunk_view **out, struct err *e)
{
    if (d->lent && d->ready->err)
        return piece_error(d->ready, e);
    if (d->lent)
        next_piece(d);
    struct direct_piece *p = d->ready;
    if (!p)
        return ST_AGAIN;
    if (p->rows == 0)
        return piece_error(p, e); /* what has neither rows nor an error is not made */
    assert(!d->lent && (p->segment.len == 0) != (p->batch.len == 0)); /* typed or encoded, never both */
    d->lent = true;
    if (p->segment.len) {
        d->ready_bytes -= p->segment.len;
        return chunk_decode(d->segment_decoder, p->segment.data, p->segment.len, out, e);
    }
    d->ready_bytes -= p->batch.len - d->at;
    return row_decode(d->rows_decoder, p->batch.data + d->at, p->batch.len - d->at, (size_t)p->rows, out, e);
}

static int direct_next(struct row_source *s, const struct chunk_view **out, struct err *e)
{
    struct local_direct *d = direct_of(s);
    assert(atomic_load(&d->typed));
    for (;;) {
        int st = ready_chunk(d, out, e);
        if (st != ST_AGAIN)
            return st;
        st = pull(d, e);
        if (st != ST_OK)
            return st;
    }
}

static const struct encoded_source_ops encoded_ops = {.pull = encoded_pull,
                                                      .ready = encoded_ready,
                                                      .ready_bytes = encoded_ready_bytes,
                                                      .take = encoded_take,
                                                      .suits = encoded_suits,
                                                      .make_typed = encoded_make_typed};

static const struct row_source_ops source_ops = {
    .types = direct_types, .next = direct_next, .encoded = &encoded_ops, .close = direct_close};
