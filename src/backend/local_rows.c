/* Chunks are encoded one behind the other into a segment, which goes to the spool when it is large enough: a
 * read gets a whole segment, so one of half a megabyte serves many fetches. Row numbers are the portal's;
 * the spool counts from its first row. */
#include "backend/local_rows.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/chunk_codec.h"
#include "engine/engine.h"
#include "spool/spool.h"

#include <assert.h>
#include <string.h>

enum { TYPES_MAX = 64 * 1024 * 1024 };

/* In a segment, in front of each chunk. */
struct piece {
    uint64_t nbytes, nrows;
};

struct local_rows {
    struct row_source source;
    uint64_t first; /* the number of the first row */
    struct local_rows_options options;
    struct arena arena; /* of types */
    const struct engine_column_type *const *types;
    size_t ntypes;
    struct spool *spool;
    struct chunk_decoder *decoder;
    struct buf gathered; /* the next segment */
    uint64_t gathered_rows;
};

DEFINE_CLEANUP(struct local_rows, local_rows_free)

static const struct row_source_ops rows_ops;

int local_rows_new(struct local_rows **out, uint64_t first, const struct engine_column_type *const *types,
                   size_t ntypes, const struct local_rows_options *o, struct err *e)
{
    CLEANUP(local_rows_freep) struct local_rows *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_oom(e);
    r->source.ops = &rows_ops;
    r->first = first;
    r->options = *o;
    r->ntypes = ntypes;
    arena_init(&r->arena, TYPES_MAX);
    buf_init(&r->gathered, SPOOL_SEGMENT_MAX);
    const struct spool_options so = {
        .memory_bytes = LOCAL_MEMORY_BYTES, .memory_rows = o->memory_rows, .home = o->home};
    TRY(engine_types_copy(&r->arena, types, ntypes, &r->types, e));
    TRY(spool_new(&r->spool, &so, e));
    TRY(chunk_decoder_new(&r->decoder, r->types, ntypes, e));
    *out = TAKE_PTR(r);
    return ST_OK;
}

/* ---- putting ---- */

static int put_down(struct local_rows *r, struct err *e)
{
    if (r->gathered_rows == 0)
        return ST_OK;
    TRY(spool_append(r->spool, r->gathered.data, r->gathered.len, r->gathered_rows, e));
    if (r->gathered.cap > 4 * (size_t)LOCAL_SEGMENT_BYTES) /* grown by one large row */
        buf_release(&r->gathered);
    buf_clear(&r->gathered);
    r->gathered_rows = 0;
    return ST_OK;
}

static int gather(struct local_rows *r, const struct chunk_view *c, size_t from, size_t to, struct err *e)
{
    size_t at = r->gathered.len;
    struct piece piece = {.nrows = to - from};
    buf_put(&r->gathered, &piece, sizeof piece);
    if (!buf_ok(&r->gathered))
        return err_oom(e);
    if (chunk_encode(c, from, to, &r->gathered, e) != ST_OK) {
        r->gathered.len = at;
        return ST_ERR;
    }
    piece.nbytes = r->gathered.len - at - sizeof piece;
    memcpy(r->gathered.data + at, &piece, sizeof piece);
    r->gathered_rows += piece.nrows;
    return ST_OK;
}

int local_rows_put(struct local_rows *r, const struct chunk_view *c, size_t from, size_t to, struct err *e)
{
    while (from < to) {
        uint64_t room_rows = r->options.batch_rows - r->gathered_rows;
        size_t room = r->gathered.len < LOCAL_SEGMENT_BYTES ? LOCAL_SEGMENT_BYTES - r->gathered.len : 0;
        size_t end = to - from > room_rows ? from + (size_t)room_rows : to;
        size_t n = chunk_rows_within(c, from, end, room ? room : 1);
        if (r->gathered_rows && chunk_encoded_size(c, from, from + n) > room) {
            TRY(put_down(r, e));
            continue;
        }
        assert(n > 0 && from + n <= to); /* a row larger than the room goes alone */
        TRY(gather(r, c, from, from + n, e));
        from += n;
        if (r->gathered_rows >= r->options.batch_rows || r->gathered.len >= LOCAL_SEGMENT_BYTES)
            TRY(put_down(r, e));
    }
    return ST_OK;
}

int local_rows_end(struct local_rows *r, struct err *e)
{
    TRY(put_down(r, e));
    assert(r->gathered_rows == 0);
    buf_release(&r->gathered);
    return ST_OK;
}

/* ---- getting ---- */

uint64_t local_rows_count(const struct local_rows *r)
{
    return spool_rows(r->spool) + r->gathered_rows;
}

/* Segments come back from a disk, so what they say of themselves is checked. */
static int damaged(struct err *e)
{
    return err_set(e, SQLSTATE_DATA_CORRUPTED, "rows that were put aside are damaged");
}

static int get(struct local_rows *r, uint64_t row, const struct chunk_view **chunk, uint64_t *first,
               struct err *e)
{
    struct spool_segment segment;
    assert(row < local_rows_count(r));
    if (row >= spool_rows(r->spool))
        TRY(put_down(r, e));
    TRY(spool_read(r->spool, spool_find(r->spool, row), &segment, e));
    const uint8_t *p = segment.bytes, *end = p + segment.nbytes;
    for (uint64_t at = segment.first_row;;) {
        struct piece piece;
        if ((size_t)(end - p) < sizeof piece)
            return damaged(e);
        memcpy(&piece, p, sizeof piece);
        p += sizeof piece;
        if (piece.nbytes > (size_t)(end - p))
            return damaged(e);
        if (row - at < piece.nrows) {
            *first = at;
            TRY(chunk_decode(r->decoder, p, piece.nbytes, chunk, e));
            return (*chunk)->nrows == piece.nrows ? ST_OK : damaged(e);
        }
        at += piece.nrows;
        p += piece.nbytes;
    }
}

static int rows_at(struct row_source *s, uint64_t row, const struct chunk_view **out, uint64_t *first,
                   struct err *e)
{
    struct local_rows *r = (struct local_rows *)s;
    if (row < r->first || row - r->first >= local_rows_count(r))
        return ST_EOF;
    TRY(get(r, row - r->first, out, first, e));
    *first += r->first;
    return ST_OK;
}

static const struct engine_column_type *const *rows_types(struct row_source *s, size_t *n)
{
    const struct local_rows *r = (struct local_rows *)s;
    *n = r->ntypes;
    return r->types;
}

void local_rows_free(struct local_rows *r)
{
    if (!r)
        return;
    chunk_decoder_free(r->decoder);
    spool_free(r->spool);
    buf_release(&r->gathered);
    arena_release(&r->arena);
    mem_free(r);
}

static void rows_close(struct row_source *s)
{
    local_rows_free((struct local_rows *)s);
}

static const struct row_source_ops rows_ops = {.types = rows_types, .at = rows_at, .close = rows_close};

struct row_source *local_rows_source(struct local_rows *r)
{
    return &r->source;
}
