/* Column vectors to DataRows. What a column needs is decided once (cell.h); then rows are made 64 at a time:
 * first their room, column by column, then short values of each column into slots (lane.h), then the rows,
 * which only copy. Fewer rows, and values that have to be rendered first, go cell by cell. */
#include "encode/encoder.h"

#include "base/alloc.h"
#include "encode/cell.h"
#include "encode/describe.h"
#include "encode/encoder_priv.h"
#include "pgtype/tz.h"
#include "pgwire/message.h"

#include <assert.h>

enum {
    ROWS_AT_ONCE =
        LANE_ROWS,        /* their room is looked after once, their short values are made column by column */
    LANES_FROM_ROWS = 16, /* fewer rows together are put down cell by cell */
};

void encoder_free(struct encoder *enc)
{
    if (!enc)
        return;
    arena_release(&enc->arena);
    buf_release(&enc->scratch);
    tz_unref(enc->settings.zone);
    mem_free(enc);
}

static int init_cells(struct encoder *enc, const struct engine_column_type *const *types,
                      const int16_t *formats, int16_t format, struct err *e)
{
    enc->scratch_ends = arena_calloc(&enc->arena, enc->ncolumns, sizeof *enc->scratch_ends);
    enc->unbounded = arena_calloc(&enc->arena, enc->ncolumns, sizeof *enc->unbounded);
    if (!enc->scratch_ends || !enc->unbounded)
        return err_oom(e);
    enc->fixed_bound = DATA_ROW_HEAD + CELL_SLACK;
    for (size_t i = 0; i < enc->ncolumns; i++) {
        struct cell *c = &enc->cells[i];
        TRY(cell_init(c, types[i], formats ? formats[i] : format, &enc->settings, &enc->arena, e));
        enc->fixed_bound += c->bound ? c->bound : 4;
        if (!c->bound)
            enc->unbounded[enc->nunbounded++] = (uint32_t)i;
        enc->renders |= cell_is_scratch(c);
    }
    return ST_OK;
}

int encoder_make(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                 const int16_t *formats, int16_t format, const struct encode_settings *settings,
                 struct err *e)
{
    struct encoder *enc = mem_calloc(1, sizeof *enc + ncolumns * sizeof *enc->cells);
    if (!enc)
        return err_oom(e);
    enc->message = 'D';
    enc->ncolumns = ncolumns;
    enc->settings = *settings;
    (void)tz_ref(enc->settings.zone);
    arena_init(&enc->arena, ENCODER_MEMORY);
    buf_init(&enc->scratch, MESSAGE_MAX);
    int rc = init_cells(enc, types, formats, format, e);
    if (rc < 0) {
        encoder_free(enc);
        return rc;
    }
    *out = enc;
    return ST_OK;
}

int encoder_new(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                const int16_t *formats, const struct encode_settings *settings, struct err *e)
{
    return encoder_make(out, types, ncolumns, formats, 0, settings, e);
}

int encoder_row_too_large(struct err *e)
{
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a row is larger than a message can be (%d bytes)",
                   MESSAGE_MAX);
}

int encoder_name_column(size_t column, struct err *e)
{
    err_detail(e, "Column %zu of the result.", column + 1);
    return ST_ERR;
}

/* Renders what has to be rendered first; returns in *extra what the row needs beside fixed_bound. */
static int measure_row(struct encoder *enc, const struct chunk_view *chunk, size_t row, size_t *extra,
                       struct err *e)
{
    *extra = 0;
    buf_clear(&enc->scratch);
    for (size_t i = 0; i < enc->nunbounded; i++) {
        size_t column = enc->unbounded[i];
        const struct cell *c = &enc->cells[column];
        const struct column_view *v = &chunk->columns[column];
        if (column_view_valid(v, row)) {
            if (!cell_is_scratch(c))
                *extra += cell_bound(c, v, row);
            else if (cell_render(&enc->scratch, c, v, row, e) < 0)
                return encoder_name_column(column, e);
        }
        enc->scratch_ends[column] = enc->scratch.len;
    }
    *extra += enc->scratch.len;
    if (!buf_ok(&enc->scratch) || *extra > MESSAGE_MAX - enc->fixed_bound)
        return encoder_row_too_large(e);
    return ST_OK;
}

/* A cell that is not rendered first, with its length word; NULL: it has no form on the wire. */
static inline uint8_t *store_cell(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row,
                                  struct err *e)
{
    if (!column_view_valid(v, row) || c->op == CELL_NULL)
        return put_be32(p, UINT32_MAX);
    uint8_t *end = cell_store(p + 4, c, v, row, e);
    if (end)
        (void)put_be32(p, (uint32_t)(end - p - 4));
    return end;
}

/* The row path: room was seen to, so there are only stores. NULL: a value has no form on the wire. */
static uint8_t *store_row(uint8_t *start, const struct encoder *enc, const struct chunk_view *chunk,
                          size_t row, struct err *e)
{
    uint8_t *p = data_row_open(start, (uint16_t)enc->ncolumns);
    size_t scratch_at = 0;
    for (size_t i = 0; i < enc->ncolumns; i++) {
        const struct cell *c = &enc->cells[i];
        const struct column_view *v = &chunk->columns[i];
        if (cell_is_scratch(c) && column_view_valid(v, row)) {
            size_t n = enc->scratch_ends[i] - scratch_at;
            p = put_be32(p, (uint32_t)n);
            if (n) /* or there may be no scratch */
                memcpy(p, enc->scratch.data + scratch_at, n);
            scratch_at = enc->scratch_ends[i];
            p += n;
            continue;
        }
        p = store_cell(p, c, v, row, e);
        if (!p) {
            (void)encoder_name_column(i, e);
            return NULL;
        }
    }
    return message_close(start, enc->message, p);
}

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* ---- many rows ---- */

static int see_to_lanes(struct encoder *enc, struct err *e)
{
    if (enc->lanes)
        return ST_OK;
    struct lane *lanes = arena_calloc(&enc->arena, enc->ncolumns, sizeof *lanes);
    if (!lanes)
        return err_oom(e);
    for (size_t i = 0; i < enc->ncolumns; i++)
        TRY(lane_init(&lanes[i], &enc->cells[i], &enc->arena, e));
    enc->lanes = lanes;
    return ST_OK;
}

static inline uint8_t *store_string(uint8_t *p, const struct engine_string *s, struct err *e)
{
    (void)put_be32(p, s->len);
    return cell_copy_text(p + 4, s, e);
}

/* Row `row` of the chunk, the one numbered `at` of the lanes. */
static uint8_t *store_lanes(uint8_t *start, const struct encoder *enc, const struct chunk_view *chunk,
                            size_t row, size_t at, struct err *e)
{
    uint8_t *p = data_row_open(start, (uint16_t)enc->ncolumns);
    const struct lane *l = enc->lanes;
    for (size_t i = 0; i < enc->ncolumns; i++, l++) {
        switch (l->kind) {
        case LANE_NARROW:
            memcpy(p, l->slots + at * LANE_NARROW_BYTES, LANE_NARROW_BYTES);
            p += l->widths[at];
            continue;
        case LANE_WIDE:
            memcpy(p, l->slots + at * LANE_WIDE_BYTES, LANE_WIDE_BYTES);
            p += l->widths[at];
            continue;
        case LANE_STRING: p = store_string(p, l->strings + at, e); break;
        case LANE_CELL: p = store_cell(p, &enc->cells[i], &chunk->columns[i], row, e); break;
        }
        if (__builtin_expect(!p, 0)) {
            (void)encoder_name_column(i, e);
            return NULL;
        }
    }
    return message_close(start, enc->message, p);
}

/* The only column, of short values: a row is a header of known bytes and a slot. How many, of n at most,
 * begin within the room. */
static size_t store_only_lane(uint8_t **end, uint8_t message, const struct lane *l, size_t n, size_t room)
{
    enum { LENGTH_BYTE = 4, COLUMNS_BYTE = 6 }; /* the low ones of big-endian numbers */
    assert(l->kind == LANE_NARROW && n <= LANE_ROWS);
    uint8_t *p = *end;
    const uint8_t *const full = p + room;
    const uint64_t header = message | UINT64_C(1) << 8 * COLUMNS_BYTE;
    size_t i = 0;
    for (; i < n && p < full; i++) {
        uint64_t length = DATA_ROW_HEAD - 1 + (uint64_t)l->widths[i],
                 first = header | length << 8 * LENGTH_BYTE;
        memcpy(p, &first, sizeof first);
        memcpy(p + DATA_ROW_HEAD, l->slots + i * LANE_NARROW_BYTES, LANE_NARROW_BYTES);
        p += DATA_ROW_HEAD + l->widths[i];
    }
    *end = p;
    return i;
}

/* Rows that there is room for, until the batch is full. */
static int store_many(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t rows,
                      size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    assert(rows > 0 && rows <= ROWS_AT_ONCE && *row + rows <= chunk->nrows && batch->len < batch_bytes);
    uint8_t *start = batch->data + batch->len, *p = start;
    const size_t room = batch_bytes - batch->len; /* there is some, or nobody would have asked */
    size_t i = 0;
    if (rows < LANES_FROM_ROWS) {
        for (uint8_t *end; i < rows && (size_t)(p - start) < room; p = end, i++)
            if (!(end = store_row(p, enc, chunk, *row + i, e)))
                break;
    } else {
        TRY(see_to_lanes(enc, e));
        for (size_t c = 0; c < enc->ncolumns; c++)
            lane_make(&enc->lanes[c], &enc->cells[c], &chunk->columns[c], *row, rows);
        if (enc->ncolumns == 1 && enc->lanes->kind == LANE_NARROW)
            i = store_only_lane(&p, enc->message, enc->lanes, rows, room);
        for (uint8_t *end; i < rows && (size_t)(p - start) < room; p = end, i++)
            if (!(end = store_lanes(p, enc, chunk, *row + i, i, e)))
                break;
    }
    row_batch_commit(batch, p, i);
    *row += i;
    return i < rows && (size_t)(p - start) < room ? ST_ERR : ST_OK;
}

/* Rows whose width is bounded: room for many at once. */
static int encode_bounded(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                          size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    while (*row < end) {
        if (batch->len >= batch_bytes)
            return ST_AGAIN;
        size_t rows = least(end - *row, ROWS_AT_ONCE);
        size_t fit = batch->len < ROW_BATCH_MAX ? (ROW_BATCH_MAX - batch->len) / enc->fixed_bound : 0;
        if (fit == 0 && batch->len > 0)
            return ST_AGAIN;
        if (rows > fit)
            rows = fit ? fit : 1;
        TRY(row_batch_reserve(batch, rows * enc->fixed_bound, e));
        TRY(store_many(enc, chunk, row, rows, batch_bytes, batch, e));
    }
    return ST_OK;
}

/* The room that the cells of these rows need whose width depends on the value. */
static size_t measure_rows(const struct encoder *enc, const struct chunk_view *chunk, size_t row, size_t rows)
{
    size_t need = 0;
    for (size_t i = 0; i < enc->nunbounded; i++) {
        const struct cell *c = &enc->cells[enc->unbounded[i]];
        const struct column_view *v = &chunk->columns[enc->unbounded[i]];
        bool plain = (c->op == C_STRING || c->op == B_BYTES) && !v->validity;
        for (size_t at = row; plain && at < row + rows; at++)
            need += 4 + (size_t)string_at(v, at)->len;
        for (size_t at = row; !plain && at < row + rows; at++)
            need += column_view_valid(v, at) ? cell_bound(c, v, at) : 4;
    }
    return need;
}

/* As many rows as have room in the batch together; 1 when there is none even for one. */
static size_t rows_at_once(const struct encoder *enc, const struct chunk_view *chunk, size_t row, size_t end,
                           const struct row_batch *batch, size_t *need)
{
    size_t rows = least(end - row, ROWS_AT_ONCE);
    for (;; rows /= 2) {
        *need = rows * enc->fixed_bound + measure_rows(enc, chunk, row, rows);
        if (rows == 1 || (batch->len <= ROW_BATCH_MAX && *need <= ROW_BATCH_MAX - batch->len))
            return rows;
    }
}

/* Rows whose width is bounded by their strings' lengths: these are added up, nothing is rendered. */
static int encode_strings(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                          size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    while (*row < end) {
        if (batch->len >= batch_bytes)
            return ST_AGAIN;
        size_t need, rows = rows_at_once(enc, chunk, *row, end, batch, &need);
        if (need > MESSAGE_MAX)
            return encoder_row_too_large(e);
        if (rows == 1 && batch->len > 0 && batch->len + need > ROW_BATCH_MAX)
            return ST_AGAIN;
        TRY(row_batch_reserve(batch, need, e));
        TRY(store_many(enc, chunk, row, rows, batch_bytes, batch, e));
    }
    return ST_OK;
}

/* Rows with values that have to be rendered before their width is known (arrays, json, numerics without
 * bound): one at a time. */
static int encode_unbounded(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                            size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    while (*row < end) {
        if (batch->len >= batch_bytes)
            return ST_AGAIN;
        size_t extra;
        TRY(measure_row(enc, chunk, *row, &extra, e));
        size_t need = enc->fixed_bound + extra;
        if (batch->len > 0 && batch->len + need > ROW_BATCH_MAX)
            return ST_AGAIN;
        TRY(row_batch_reserve(batch, need, e));
        uint8_t *p = store_row(batch->data + batch->len, enc, chunk, *row, e);
        if (!p)
            return ST_ERR;
        row_batch_commit(batch, p, 1);
        ++*row;
    }
    if (enc->scratch.cap > SCRATCH_KEEP)
        buf_release(&enc->scratch);
    return ST_OK;
}

int encoder_store_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                       size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    assert(*row <= end && end <= chunk->nrows && chunk->ncolumns == enc->ncolumns);
    if (enc->nunbounded && !enc->renders)
        return encode_strings(enc, chunk, row, end, batch_bytes, batch, e);
    return enc->nunbounded ? encode_unbounded(enc, chunk, row, end, batch_bytes, batch, e)
                           : encode_bounded(enc, chunk, row, end, batch_bytes, batch, e);
}
