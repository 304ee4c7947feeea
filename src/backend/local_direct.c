/* Rows encoded inside the engine's pipeline (engine/sink.h): for a result that is fetched whole, in formats
 * that are known before it starts, and that will be long, so that a second plan pays. What will be long is
 * guessed from the text the first time, and known from then on. */
#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "engine/sink.h"
#include "sql/selects_all.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum { LONG_BYTES = 4 * 1024 * 1024 }; /* of a result that another plan pays for */

/* Encoded rows of a chunk; a large one has several. */
struct made {
    struct made *next; /* another chunk's */
    struct made *more; /* the rest of this one */
    int64_t ticket;
    uint64_t rows; /* of the chunk: those of batch, and those that err was in the way of */
    struct row_batch batch;
    struct err *err; /* why the row after those of batch cannot be sent; NULL: it has all */
};

struct local_direct {
    struct engine_sink base;
    _Atomic unsigned refs;             /* the portal, and each state */
    const struct local_portal *portal; /* of begin alone */
    struct encode_settings settings;
    struct sql_rewritten text; /* the wrapped statement, of arena */
    struct arena arena;
    size_t at; /* bytes that were taken of `current` */
    struct made *current;

    pthread_mutex_t lock; /* of what follows: the engine's threads put, the session takes */
    struct made *full, *spare;
    int64_t tickets;
    struct err err; /* why rows could not be taken at all */
};

DEFINE_CLEANUP(struct local_direct, local_direct_unref)

/* ---- long or not ---- */

static _Atomic uint64_t *verdict_of(struct local *l, uint64_t hash)
{
    return &l->verdicts[(hash >> 8) % LOCAL_VERDICTS];
}

void local_direct_learn(struct local *l, const struct local_stmt *st, uint64_t bytes)
{
    uint64_t hash = local_hash(st->sql);
    atomic_store_explicit(verdict_of(l, hash), (hash & ~(uint64_t)1) | (bytes >= LONG_BYTES),
                          memory_order_relaxed);
}

static bool will_be_long(struct local *l, const struct local_stmt *st)
{
    uint64_t hash = local_hash(st->sql);
    uint64_t known = atomic_load_explicit(verdict_of(l, hash), memory_order_relaxed);
    return (known ^ hash) >> 1 == 0 ? known & 1 : sql_selects_all(st->sql);
}

/* ---- the engine's threads ---- */

static void chunk_free(struct made *m)
{
    while (m) {
        struct made *more = m->more;
        row_batch_release(&m->batch);
        mem_free(m->err);
        mem_free(m);
        m = more;
    }
}

static void made_free(struct made *m)
{
    while (m) {
        struct made *next = m->next;
        chunk_free(m);
        m = next;
    }
}

static void sink_failed(struct local_direct *d, const struct err *e)
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

static int encoding_new(struct encoding **out, struct local_direct *d,
                        const struct engine_column_type *const *types, size_t n, struct err *e)
{
    if (!local_fits(d->portal->stmt, types, n))
        return local_changed_type(e);
    struct encoding *state = mem_calloc(1, sizeof *state);
    if (!state)
        return err_oom(e);
    if (encoder_new(&state->encoder, types, n, d->portal->base.whole_formats, &d->settings, e) < 0) {
        mem_free(state);
        return ST_ERR;
    }
    state->direct = d;
    (void)atomic_fetch_add(&d->refs, 1);
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
        sink_failed(d, &e);
    return state;
}

static void sink_end(void *p)
{
    struct encoding *state = p;
    encoder_free(state->encoder);
    local_direct_unref(state->direct);
    mem_free(state);
}

static struct made *take_spare(struct local_direct *d)
{
    (void)pthread_mutex_lock(&d->lock);
    struct made *m = d->spare;
    if (m)
        d->spare = m->next;
    (void)pthread_mutex_unlock(&d->lock);
    if (m)
        row_batch_clear(&m->batch);
    else
        m = mem_calloc(1, sizeof *m);
    return m;
}

/* An error belongs behind the rows before it. */
static int keep_error(struct made *m, uint64_t rows_left, struct err *e)
{
    m->err = mem_alloc(sizeof *m->err);
    if (!m->err)
        return err_oom(e);
    *m->err = *e;
    m->rows += rows_left;
    return ST_OK;
}

static int encode_chunk(struct local_direct *d, struct encoder *enc, const struct chunk_view *rows,
                        struct made **out, struct err *e)
{
    size_t row = 0;
    int st;
    do {
        struct made *m = take_spare(d);
        if (!m)
            return err_oom(e);
        m->next = m->more = NULL;
        *out = m;
        out = &m->more;
        st = encode_rows(enc, rows, &row, UINT64_MAX, ROW_BATCH_MAX, &m->batch, e);
        m->rows = m->batch.nrows;
        if (st < 0)
            return keep_error(m, rows->nrows - row, e);
    } while (st == ST_AGAIN);
    return ST_OK;
}

static int64_t sink_chunk(void *p, const struct chunk_view *rows)
{
    struct encoding *state = p;
    struct local_direct *d = state->direct;
    struct made *made = NULL;
    struct err e;
    err_init(&e);
    if (encode_chunk(d, state->encoder, rows, &made, &e) < 0) {
        sink_failed(d, &e);
        chunk_free(made);
        return -1;
    }
    assert(made);
    (void)pthread_mutex_lock(&d->lock);
    int64_t ticket = d->tickets++;
    for (struct made *m = made; m; m = m->more)
        m->ticket = ticket;
    made->next = d->full;
    d->full = made;
    (void)pthread_mutex_unlock(&d->lock);
    return ticket;
}

static const struct engine_sink_ops sink_ops = {.begin = sink_begin, .chunk = sink_chunk, .end = sink_end};

/* ---- the session ---- */

/* SELECT tavana_rows(c0, c1) FROM (…) AS tavana(c0, c1) */
static int wrap(struct local_direct *d, size_t ncolumns, struct str inner, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    buf_printf(&b, "SELECT " ENGINE_SINK_FUNCTION "(");
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

bool local_direct_wanted(const struct local_portal *p)
{
    return p->base.whole && !p->base.scroll && p->stmt->direct && will_be_long(p->session->local, p->stmt);
}

int local_direct_new(struct local_direct **out, const struct local_portal *p, struct str text, struct err *e)
{
    CLEANUP(local_direct_unrefp) struct local_direct *d = mem_calloc(1, sizeof *d);
    if (!d)
        return err_oom(e);
    d->base.ops = &sink_ops;
    atomic_store(&d->refs, 1);
    d->portal = p;
    d->settings = p->session->encode;
    err_init(&d->err);
    arena_init(&d->arena, LOCAL_STATEMENT_MEMORY);
    (void)pthread_mutex_init(&d->lock, NULL);
    TRY(wrap(d, p->stmt->base.info.desc->ncolumns, text, e));
    *out = TAKE_PTR(d);
    return ST_OK;
}

void local_direct_unref(struct local_direct *d)
{
    if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
        return;
    chunk_free(d->current);
    made_free(d->full);
    made_free(d->spare);
    (void)pthread_mutex_destroy(&d->lock);
    arena_release(&d->arena);
    mem_free(d);
}

const struct sql_rewritten *local_direct_text(const struct local_direct *d)
{
    return &d->text;
}

struct engine_sink *local_direct_sink(struct local_direct *d)
{
    return &d->base;
}

bool local_direct_error(struct local_direct *d, struct err *e)
{
    (void)pthread_mutex_lock(&d->lock);
    bool failed = err_is_set(&d->err);
    if (failed)
        *e = d->err;
    (void)pthread_mutex_unlock(&d->lock);
    return failed;
}

static struct made *take_full(struct local_direct *d, int64_t ticket)
{
    (void)pthread_mutex_lock(&d->lock);
    struct made **link = &d->full;
    while (*link && (*link)->ticket != ticket)
        link = &(*link)->next;
    struct made *m = *link;
    if (m) {
        *link = m->next;
        m->next = NULL;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return m;
}

/* `current` becomes that of the ticket in row `at`; *n: so many rows of the chunk are its. The engine may
 * have put pieces of its chunks together, and cut them anew, but their order stays. */
static int find_made(struct local_direct *d, const struct chunk_view *chunk, size_t at, uint64_t *n,
                     struct err *e)
{
    const int64_t *tickets = chunk->columns[0].data;
    size_t end = at + 1;
    while (end < chunk->nrows && tickets[end] == tickets[at])
        end++;
    *n = end - at;
    if (!d->current) {
        d->current = take_full(d, tickets[at]);
        d->at = 0;
    }
    if (!d->current || d->current->ticket != tickets[at])
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine has mixed encoded rows up");
    return ST_OK;
}

/* All of it has been taken. */
static void next_piece(struct local_direct *d)
{
    struct made *m = d->current;
    d->current = TAKE_PTR(m->more);
    d->at = 0;
    (void)pthread_mutex_lock(&d->lock);
    m->next = d->spare;
    d->spare = m;
    (void)pthread_mutex_unlock(&d->lock);
}

/* Bytes of so many whole rows, or of as many as there are room for, but one at least. */
static size_t rows_within(const uint8_t *p, uint64_t most, size_t room, uint64_t *rows)
{
    size_t at = 0;
    for (*rows = 0; *rows < most; ++*rows) {
        size_t len = 1 + (size_t)get_be32(p + at + 1);
        if (at > 0 && at + len > room)
            break;
        at += len;
    }
    return at;
}

static int copy_some(struct local_direct *d, struct row_batch *out, uint64_t most, uint64_t *rows,
                     struct err *e)
{
    struct row_batch *from = &d->current->batch;
    size_t room = ROW_BATCH_MAX - (out->len < ROW_BATCH_MAX ? out->len : ROW_BATCH_MAX);
    size_t n = from->len - d->at;
    *rows = from->nrows;
    if (n > room || most < from->nrows)
        n = rows_within(from->data + d->at, most < from->nrows ? most : from->nrows, room, rows);
    TRY(row_batch_reserve(out, n, e));
    memcpy(out->data + out->len, from->data + d->at, n);
    row_batch_commit(out, out->data + out->len + n, *rows);
    d->at += n;
    from->nrows -= *rows;
    return ST_OK;
}

/* Puts rows of `current` into the batch, at most so many; by exchange where it can have all. */
static int move_some(struct local_direct *d, struct row_batch *out, uint64_t most, uint64_t *rows,
                     struct err *e)
{
    struct row_batch *from = &d->current->batch;
    if (from->nrows == 0)
        return ST_OK;
    if (out->len > 0 || d->at > 0 || most < from->nrows)
        return copy_some(d, out, most, rows, e);
    struct row_batch empty = *out;
    *out = *from;
    *from = empty;
    from->len = from->nrows = 0;
    *rows = out->nrows;
    return ST_OK;
}

int local_direct_take(struct local_direct *d, const struct chunk_view *chunk, size_t at,
                      struct row_batch *out, uint64_t *rows, struct err *e)
{
    uint64_t most;
    *rows = 0;
    TRY(find_made(d, chunk, at, &most, e));
    TRY(move_some(d, out, most, rows, e));
    struct made *m = d->current;
    m->rows -= *rows;
    if (m->err && m->batch.nrows == 0 && *rows < most) {
        *e = *m->err;
        return ST_ERR;
    }
    if (m->rows == 0)
        next_piece(d);
    return ST_OK;
}
