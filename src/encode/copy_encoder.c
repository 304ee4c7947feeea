/* COPY TO's rows, one a CopyData message. Binary rows are laid out as DataRows are, so that encoder.c
 * makes them; text and csv are made here. For each column it is decided once whether its text can hold a
 * byte that has to be escaped: digits never do, so that most columns are stored as they are. */
#include "encode/copy_encoder.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "encode/cell.h"
#include "encode/copy_escape.h"
#include "encode/encoder_priv.h"
#include "pgwire/message.h"

#include <assert.h>

enum {
    BINARY_TRAILER = 2,
    QUOTES = 2,
    ROWS_AT_ONCE = 64, /* room is looked after once for so many */
};

/* How a column's values come into the text; decided once. */
enum copy_form {
    FORM_PLAIN,  /* as they are: their text never holds a special byte, nor is ever the NULL string */
    FORM_STRING, /* escaped from where they lie */
    FORM_HEX,    /* text format: one backslash to double, in front */
    FORM_RENDER, /* made in scratch, then escaped */
};

struct copy_cell {
    enum copy_form form;
    bool force; /* csv: quotes in any case */
};

struct copy_cells {
    struct copy_options options;
    struct copy_escaper escaper;
    bool header; /* binary: still to come */
    bool looks;  /* some values have to be looked at, or rendered, to know their room */
    struct copy_cell cells[];
};

/* ---- what a type's text is made of ---- */

#define DIGITS "0123456789"
#define HEX    DIGITS "abcdef"
#define STAMP  DIGITS "-:. BCinfty"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"

/* NULL: anything. */
static const char *charset(enum cell_op op)
{
    switch (op) {
    case CELL_NULL: return "";
    case T_BOOL: return "tf";
    case T_INT8:
    case T_INT16:
    case T_INT32:
    case T_INT64:
    case T_UINT8:
    case T_UINT16:
    case T_UINT32:
    case T_UINT64:
    case T_INT128:
    case T_UINT128:
    case S_BIGNUM: return "-" DIGITS;
    case T_DECIMAL: return "-." DIGITS;
    case T_FLOAT:
    case T_DOUBLE: return "+-." DIGITS "eINafinty";
    case T_BYTES_HEX: return "\\x" HEX;
    case T_DATE:
    case T_TIME:
    case T_TIME_NS:
    case T_TIMESTAMP: return STAMP;
    case T_TIMETZ:
    case T_TIMESTAMPTZ: return "+" STAMP;
    case T_INTERVAL: return "+-:. " DIGITS LOWER;
    case T_UUID: return "-" HEX;
    default: return NULL;
    }
}

static bool holds(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Whether a value of these characters may be the NULL string. */
static bool may_be_null(const char *set, struct str null)
{
    for (size_t i = 0; i < null.n; i++)
        if (!holds(set, null.p[i]))
            return false;
    return null.n > 0;
}

/* Whether values of this column can be stored without looking at their bytes. In csv a value that equals
 * the NULL string has to be quoted, so the type's characters must not be able to spell it. */
static bool is_plain(const struct cell *c, const struct copy_options *o)
{
    const char *set = charset(c->op);
    if (!set || holds(set, o->delimiter))
        return false;
    if (o->format == COPY_TEXT)
        return !holds(set, '\\');
    return !holds(set, o->quote) && !holds(set, o->escape) && !may_be_null(set, o->null);
}

static enum copy_form form_of(const struct cell *c, const struct copy_options *o)
{
    if (is_plain(c, o))
        return cell_is_scratch(c) ? FORM_RENDER : FORM_PLAIN;
    if (c->op == C_STRING || c->op == C_ENUM)
        return FORM_STRING;
    if (c->op == T_BYTES_HEX && o->format == COPY_TEXT && !holds("x" HEX, o->delimiter))
        return FORM_HEX;
    return FORM_RENDER;
}

/* ---- making ---- */

/* Bounds are of the longest that a value or the NULL string becomes, with the delimiter behind it. */
static void plan(struct encoder *enc)
{
    struct copy_cells *cc = enc->copy;
    enc->nunbounded = 0;
    cc->looks = false;
    enc->fixed_bound = MESSAGE_HEAD + COPY_SLACK + CELL_SLACK + 1;
    for (size_t i = 0; i < enc->ncolumns; i++) {
        const struct cell *c = &enc->cells[i];
        bool bounded = cc->cells[i].form == FORM_PLAIN && c->bound;
        size_t bound = bounded ? c->bound : 0;
        if (bound < cc->options.null.n)
            bound = cc->options.null.n;
        enc->fixed_bound += bound + QUOTES + 1;
        if (bounded)
            continue;
        enc->unbounded[enc->nunbounded++] = (uint32_t)i;
        cc->looks |= c->op != C_STRING || cc->cells[i].form != FORM_STRING;
    }
}

static int make_cells(struct encoder *enc, const struct copy_options *o, const bool *force_quote,
                      struct err *e)
{
    size_t n = enc->ncolumns;
    struct copy_cells *cc = arena_calloc(&enc->arena, 1, sizeof *cc + n * sizeof *cc->cells);
    if (!cc)
        return err_oom(e);
    cc->options = *o;
    cc->header = o->format == COPY_BINARY;
    enc->copy = cc;
    enc->message = 'd';
    if (o->format == COPY_BINARY)
        return ST_OK;
    copy_escaper_init(&cc->escaper, &cc->options, n);
    for (size_t i = 0; i < n; i++) {
        cc->cells[i].form = form_of(&enc->cells[i], o);
        cc->cells[i].force = o->format == COPY_CSV && force_quote && force_quote[i];
    }
    plan(enc);
    return ST_OK;
}

DEFINE_CLEANUP(struct encoder, encoder_free)

int copy_encoder_new(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                     const struct copy_options *options, const bool *force_quote,
                     const struct encode_settings *settings, struct err *e)
{
    CLEANUP(encoder_freep) struct encoder *enc = NULL;
    int16_t format = options->format == COPY_BINARY;
    TRY(encoder_make(&enc, types, ncolumns, NULL, format, settings, e));
    TRY(make_cells(enc, options, force_quote, e));
    *out = TAKE_PTR(enc);
    return ST_OK;
}

/* ---- text and csv ---- */

static struct str string_of(const struct cell *c, const struct column_view *v, size_t row)
{
    if (c->op == C_ENUM)
        return enum_at(c, v, row);
    const struct engine_string *s = string_at(v, row);
    return (struct str){engine_string_data(s), s->len};
}

static struct str scratch_of(const struct encoder *enc, size_t column, size_t at)
{
    const char *p = (const char *)enc->scratch.data;
    return (struct str){p ? p + at : "", enc->scratch_ends[column] - at};
}

/* The value's own bytes, unescaped; FORM_RENDER's are made now. */
static int value_size(struct encoder *enc, size_t column, const struct column_view *v, size_t row,
                      size_t *size, struct err *e)
{
    const struct cell *c = &enc->cells[column];
    size_t before = enc->scratch.len;
    switch (enc->copy->cells[column].form) {
    case FORM_STRING: *size = string_of(c, v, row).n; return ST_OK;
    case FORM_RENDER:
        if (cell_render(&enc->scratch, c, v, row, e) < 0)
            return encoder_name_column(column, e);
        *size = enc->scratch.len - before;
        return ST_OK;
    default: *size = cell_bound(c, v, row); return ST_OK;
    }
}

/* Renders what has to be rendered first; *extra: what the row needs at most beside fixed_bound. */
static int measure_row(struct encoder *enc, const struct chunk_view *chunk, size_t row, size_t *extra,
                       struct err *e)
{
    *extra = 0;
    buf_clear(&enc->scratch);
    for (size_t i = 0; i < enc->nunbounded; i++) {
        size_t column = enc->unbounded[i], size = 0;
        const struct column_view *v = &chunk->columns[column];
        if (column_view_valid(v, row))
            TRY(value_size(enc, column, v, row, &size, e));
        enc->scratch_ends[column] = enc->scratch.len;
        bool escaped =
            enc->copy->cells[column].form == FORM_STRING || enc->copy->cells[column].form == FORM_RENDER;
        *extra += escaped ? 2 * size : size;
    }
    return buf_ok(&enc->scratch) ? ST_OK : encoder_row_too_large(e);
}

static size_t escaped_size(const struct encoder *enc, size_t column, struct str s)
{
    const struct copy_cells *cc = enc->copy;
    return cc->options.format == COPY_CSV ? copy_csv_size(&cc->escaper, s.p, s.n, cc->cells[column].force)
                                          : copy_text_size(&cc->escaper, s.p, s.n);
}

/* Of a row too large for doubling what may have to be escaped: looked at byte by byte. After measure_row. */
static size_t measure_exactly(const struct encoder *enc, const struct chunk_view *chunk, size_t row)
{
    size_t extra = 0, scratch_at = 0;
    for (size_t i = 0; i < enc->nunbounded; i++) {
        size_t column = enc->unbounded[i];
        const struct cell *c = &enc->cells[column];
        const struct column_view *v = &chunk->columns[column];
        enum copy_form form = enc->copy->cells[column].form;
        if (!column_view_valid(v, row))
            continue;
        if (form == FORM_STRING)
            extra += escaped_size(enc, column, string_of(c, v, row));
        else if (form == FORM_RENDER)
            extra += escaped_size(enc, column, scratch_of(enc, column, scratch_at));
        else
            extra += cell_bound(c, v, row);
        scratch_at = enc->scratch_ends[column];
    }
    return extra;
}

static uint8_t *put_escaped(uint8_t *p, const struct copy_cells *cc, bool force, struct str s, struct err *e)
{
    if (cc->options.format == COPY_CSV)
        p = copy_csv(p, &cc->escaper, s.p, s.n, force);
    else
        p = copy_text(p, &cc->escaper, s.p, s.n);
    if (!p)
        (void)nul_in_string(e);
    return p;
}

/* A string that lies in its vector's slot, most of the time: one step. */
static inline uint8_t *put_string(uint8_t *p, const struct copy_cells *cc, bool force,
                                  const struct engine_string *s, struct err *e)
{
    const char *text = engine_string_data(s);
    bool csv = cc->options.format == COPY_CSV;
    if (!csv || !copy_csv_odd(&cc->escaper, s->len, force)) {
        if (s->len > sizeof s->value.inlined) {
            if (__builtin_expect(copy_run(p, &cc->escaper.marks, text, s->len) == s->len, 1))
                return p + s->len;
        } else {
            copy_vector v = *(const copy_unaligned *)(const void *)s;
            v = __builtin_shufflevector(v, v, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
            if (__builtin_expect(copy_short(p, &cc->escaper.marks, v, s->len), 1))
                return p + s->len;
        }
    }
    return put_escaped(p, cc, force, (struct str){text, s->len}, e);
}

/* Plain values: nothing to escape but perhaps quotes to put. */
static inline uint8_t *put_plain(uint8_t *p, const struct encoder *enc, size_t column,
                                 const struct column_view *v, size_t row, struct err *e)
{
    const struct copy_cells *cc = enc->copy;
    bool quotes = cc->cells[column].force;
    if (quotes)
        *p++ = (uint8_t)cc->options.quote;
    p = cell_store(p, &enc->cells[column], v, row, e);
    if (quotes && p)
        *p++ = (uint8_t)cc->options.quote;
    return p;
}

static inline uint8_t *put_value(uint8_t *p, const struct encoder *enc, size_t column,
                                 const struct column_view *v, size_t row, size_t *scratch_at, struct err *e)
{
    const struct copy_cells *cc = enc->copy;
    const struct cell *c = &enc->cells[column];
    switch (cc->cells[column].form) {
    case FORM_PLAIN: return put_plain(p, enc, column, v, row, e);
    case FORM_STRING:
        if (c->op == C_STRING)
            return put_string(p, cc, cc->cells[column].force, string_at(v, row), e);
        return put_escaped(p, cc, cc->cells[column].force, enum_at(c, v, row), e);
    case FORM_HEX: {
        struct str s = string_of(c, v, row);
        *p++ = '\\';
        return put_bytes_hex(p, (const uint8_t *)s.p, s.n);
    }
    case FORM_RENDER: {
        struct str s = scratch_of(enc, column, *scratch_at);
        *scratch_at = enc->scratch_ends[column];
        return put_escaped(p, cc, cc->cells[column].force, s, e);
    }
    }
    return NULL;
}

/* Stores without asking for room: whoever calls has reserved the most that the row can take. NULL: a value
 * cannot be written, and nothing of the row counts. */
static uint8_t *store_row(uint8_t *start, const struct encoder *enc, const struct chunk_view *chunk,
                          size_t row, struct err *e)
{
    const struct copy_options *o = &enc->copy->options;
    uint8_t *p = start + MESSAGE_HEAD;
    size_t scratch_at = 0;
    for (size_t i = 0; i < enc->ncolumns; i++) {
        const struct column_view *v = &chunk->columns[i];
        if (i)
            *p++ = (uint8_t)o->delimiter;
        if (!column_view_valid(v, row) || enc->cells[i].op == CELL_NULL) {
            memcpy(p, o->null.p, o->null.n);
            p += o->null.n;
            continue;
        }
        p = put_value(p, enc, i, v, row, &scratch_at, e);
        if (!p) {
            (void)encoder_name_column(i, e);
            return NULL;
        }
    }
    *p++ = '\n';
    return message_close(start, 'd', p);
}

/* Of a row that is looked at alone: it may be larger than a batch, or has values to render. */
static int reserve_one(struct encoder *enc, const struct chunk_view *chunk, size_t row,
                       struct row_batch *batch, struct err *e)
{
    size_t extra = 0;
    if (enc->nunbounded)
        TRY(measure_row(enc, chunk, row, &extra, e));
    if (enc->fixed_bound + extra > ROW_BATCH_MAX)
        extra = measure_exactly(enc, chunk, row);
    if (extra > MESSAGE_MAX - enc->fixed_bound)
        return encoder_row_too_large(e);
    size_t need = enc->fixed_bound + extra;
    if (batch->len > 0 && batch->len + need > ROW_BATCH_MAX)
        return ST_AGAIN;
    return row_batch_reserve(batch, need, e);
}

/* How many rows of strings and bounded values have room in the batch together, and how much they need. */
static size_t rows_at_once(const struct encoder *enc, const struct chunk_view *chunk, size_t row, size_t end,
                           const struct row_batch *batch, size_t *need)
{
    size_t rows = 0, most = end - row < ROWS_AT_ONCE ? end - row : ROWS_AT_ONCE;
    size_t room = batch->len < ROW_BATCH_MAX ? ROW_BATCH_MAX - batch->len : 0;
    for (*need = 0; rows < most; rows++) {
        size_t one = enc->fixed_bound;
        for (size_t i = 0; i < enc->nunbounded; i++) {
            const struct column_view *v = &chunk->columns[enc->unbounded[i]];
            if (column_view_valid(v, row + rows))
                one += 2 * (size_t)string_at(v, row + rows)->len;
        }
        if (one > room - *need)
            break;
        *need += one;
    }
    return rows;
}

static int encode_text(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                       size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    while (*row < end) {
        if (batch->len >= batch_bytes)
            return ST_AGAIN;
        size_t need = 0, rows = 0;
        if (!enc->copy->looks)
            rows = rows_at_once(enc, chunk, *row, end, batch, &need);
        int st = rows ? row_batch_reserve(batch, need, e) : reserve_one(enc, chunk, *row, batch, e);
        if (st != ST_OK)
            return st;
        for (size_t i = 0; i < (rows ? rows : 1) && batch->len < batch_bytes; i++) {
            uint8_t *p = store_row(batch->data + batch->len, enc, chunk, *row, e);
            if (!p)
                return ST_ERR;
            row_batch_commit(batch, p, 1); /* which sees that the room was enough */
            ++*row;
        }
    }
    if (enc->scratch.cap > SCRATCH_KEEP)
        buf_release(&enc->scratch);
    return ST_OK;
}

/* ---- binary ---- */

static uint8_t *put_binary_header(uint8_t *p)
{
    memcpy(p, COPY_BINARY_SIGNATURE, COPY_BINARY_SIGNATURE_LEN);
    return put_be32(put_be32(p + COPY_BINARY_SIGNATURE_LEN, 0), 0);
}

/* The header goes into the message of the row that is alone in the batch. */
static int insert_header(struct row_batch *batch, struct err *e)
{
    size_t n = batch->len;
    assert(batch->nrows == 1 && message_size(batch->data) == n);
    if (n > MESSAGE_MAX - COPY_BINARY_HEADER)
        return encoder_row_too_large(e);
    TRY(row_batch_reserve(batch, COPY_BINARY_HEADER, e));
    uint8_t *p = batch->data + MESSAGE_HEAD;
    memmove(p + COPY_BINARY_HEADER, p, n - MESSAGE_HEAD);
    (void)put_binary_header(p);
    row_batch_commit(batch, message_close(batch->data, 'd', batch->data + n + COPY_BINARY_HEADER), 0);
    return ST_OK;
}

static int encode_first(struct encoder *enc, const struct chunk_view *chunk, size_t *row,
                        struct row_batch *batch, struct err *e)
{
    TRY(encoder_store_rows(enc, chunk, row, *row + 1, SIZE_MAX, batch, e));
    if (insert_header(batch, e) != ST_OK) {
        row_batch_clear(batch);
        --*row;
        return ST_ERR;
    }
    enc->copy->header = false;
    return ST_OK;
}

int copy_encode_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                     size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    struct copy_cells *cc = enc->copy;
    if (cc->options.format != COPY_BINARY)
        return encode_text(enc, chunk, row, end, batch_bytes, batch, e);
    if (cc->header && *row < end) {
        if (batch->len > 0)
            return ST_AGAIN;
        TRY(encode_first(enc, chunk, row, batch, e));
    }
    return encoder_store_rows(enc, chunk, row, end, batch_bytes, batch, e);
}

/* ---- around the rows ---- */

int copy_put_names(struct row_batch *batch, const struct copy_options *options, const struct row_desc *desc,
                   struct err *e)
{
    struct copy_escaper x;
    if (options->format == COPY_BINARY || options->header == COPY_HEADER_NONE)
        return ST_OK;
    copy_escaper_init(&x, options, desc->ncolumns);
    size_t need = MESSAGE_HEAD + 1 + COPY_SLACK;
    for (size_t i = 0; i < desc->ncolumns; i++)
        need += 2 * strlen(desc->columns[i].name) + QUOTES + 1;
    TRY(row_batch_reserve(batch, need, e));
    uint8_t *start = batch->data + batch->len, *p = start + MESSAGE_HEAD;
    for (size_t i = 0; i < desc->ncolumns; i++) {
        const char *name = desc->columns[i].name;
        if (i)
            *p++ = (uint8_t)options->delimiter;
        p = options->format == COPY_CSV ? copy_csv(p, &x, name, strlen(name), false)
                                        : copy_text(p, &x, name, strlen(name));
    }
    *p++ = '\n';
    row_batch_commit(batch, message_close(start, 'd', p), 0);
    return ST_OK;
}

/* Only the binary format has an end mark. A COPY without rows has had no message for the header to go
 * into, so it comes with the mark. */
int copy_put_end(struct row_batch *batch, const struct copy_options *options, bool any_rows, struct err *e)
{
    if (options->format != COPY_BINARY)
        return ST_OK;
    TRY(row_batch_reserve(batch, MESSAGE_HEAD + COPY_BINARY_HEADER + BINARY_TRAILER, e));
    uint8_t *start = batch->data + batch->len, *p = start + MESSAGE_HEAD;
    if (!any_rows)
        p = put_binary_header(p);
    p = put_be16(p, UINT16_MAX);
    row_batch_commit(batch, message_close(start, 'd', p), 0);
    return ST_OK;
}
