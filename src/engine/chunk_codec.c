/* Chunks of the engine as bytes, for the spool and for pieces of the pipeline: vectors copied nearly as they
 * lie, so that encoding costs little more than memcpy. Of this process and its host alone: integers in the
 * host's order, no version. chunk_codec_priv.h has the layout. */
#include "engine/chunk_codec.h"

#include "engine/chunk_codec_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <assert.h>
#include <string.h>

size_t chunk_value_bytes(const struct engine_column_type *t)
{
    switch (t->type) {
    case ENGINE_NULL: /* nothing reads it; a byte a row keeps a segment's rows bounded by its bytes */
    case ENGINE_BOOL:
    case ENGINE_INT8:
    case ENGINE_UINT8: return 1;
    case ENGINE_INT16:
    case ENGINE_UINT16: return 2;
    case ENGINE_INT32:
    case ENGINE_UINT32:
    case ENGINE_FLOAT:
    case ENGINE_DATE: return 4;
    case ENGINE_INT64:
    case ENGINE_UINT64:
    case ENGINE_DOUBLE:
    case ENGINE_TIME:
    case ENGINE_TIME_NS:
    case ENGINE_TIME_TZ:
    case ENGINE_TIMESTAMP_S:
    case ENGINE_TIMESTAMP_MS:
    case ENGINE_TIMESTAMP:
    case ENGINE_TIMESTAMP_NS:
    case ENGINE_TIMESTAMP_TZ: return 8;
    case ENGINE_DECIMAL: return t->width <= 4 ? 2 : t->width <= 9 ? 4 : t->width <= 18 ? 8 : 16;
    case ENGINE_ENUM: return t->enum_bytes;
    case ENGINE_STRUCT:
    case ENGINE_ARRAY:
    case ENGINE_UNION:
    case ENGINE_OTHER: return 0;
    default: return 16; /* int128, UUID, interval, strings, list entries */
    }
}

/* The rows of a vector that are meant: sel[0 … n) or, without sel, from … from + n. */
struct rows {
    const uint64_t *sel;
    uint64_t from;
    size_t n;
};

/* The vector's row that is the i-th of those meant. */
static inline uint64_t row_at(const struct rows *r, size_t i)
{
    return r->sel ? r->sel[i] : r->from + i;
}

/* ---- size ---- */

/* Where the elements of the rows' lists lie in the child: [lo, hi), `total` of them counted a list each.
 * Without gaps they are copied as they lie; else they are gathered: what is in a gap is nobody's, perhaps was
 * never written, and a filter may have left most of a child behind. */
struct span {
    uint64_t lo, hi, total;
    bool gaps;
};

static struct span list_span(const struct column_view *v, const struct rows *r)
{
    const struct engine_list_entry *entries = v->data;
    struct span s = {0};
    for (size_t i = 0; i < r->n; i++) {
        uint64_t row = row_at(r, i);
        if (!column_view_valid(v, row) || entries[row].length == 0)
            continue;
        uint64_t from = entries[row].offset, to = from + entries[row].length;
        if (s.total == 0)
            s.lo = s.hi = from;
        s.gaps |= from < s.lo || from > s.hi;
        s.hi = to > s.hi ? to : s.hi;
        s.total += entries[row].length;
    }
    return s;
}

/* Equal neighbours (a constant) share their bytes, as they do in the engine. */
static inline bool shares(const struct engine_string *a, const struct engine_string *before)
{
    return before && a->value.pointer.ptr == before->value.pointer.ptr && a->len == before->len;
}

static size_t heap_bytes(const struct column_view *v, uint64_t from, size_t n)
{
    const struct engine_string *s = (const struct engine_string *)v->data + from;
    const struct engine_string *last = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (!column_view_valid(v, from + i) || s[i].len <= STRING_INLINED || shares(&s[i], last))
            continue;
        last = &s[i];
        bytes += s[i].len;
    }
    return bytes;
}

static size_t vector_size(const struct column_view *v, uint64_t from, size_t n);

static size_t list_children_size(const struct column_view *v, uint64_t from, size_t n)
{
    struct span s = list_span(v, &(struct rows){.from = from, .n = n});
    if (!s.gaps)
        return vector_size(v->children, s.lo, s.hi - s.lo);
    const struct engine_list_entry *entries = v->data;
    size_t bytes = 0;
    for (uint64_t row = from; row < from + n; row++)
        if (column_view_valid(v, row))
            bytes += vector_size(v->children, entries[row].offset, entries[row].length);
    return bytes;
}

static size_t vector_size(const struct column_view *v, uint64_t from, size_t n)
{
    const struct engine_column_type *t = v->type;
    size_t bytes = sizeof(struct vector_head) + (v->validity ? validity_bytes(n) : 0);
    bytes += padded(n * chunk_value_bytes(t));
    if (is_string(t))
        return bytes + padded(heap_bytes(v, from, n));
    if (is_list(t))
        return bytes + list_children_size(v, from, n);
    if (t->type == ENGINE_ARRAY)
        return bytes + vector_size(v->children, from * t->array_size, n * t->array_size);
    for (size_t i = 0; i < v->nchildren; i++)
        bytes += vector_size(&v->children[i], from, n);
    return bytes;
}

size_t chunk_encoded_size(const struct chunk_view *c, size_t from, size_t to)
{
    assert(from <= to && to <= c->nrows);
    size_t bytes = sizeof(struct segment_head);
    for (size_t i = 0; i < c->ncolumns; i++)
        bytes += vector_size(&c->columns[i], from, to - from);
    return bytes;
}

size_t chunk_rows_within(const struct chunk_view *c, size_t from, size_t to, size_t bytes)
{
    assert(from < to);
    size_t n = to - from;
    while (n > 1 && chunk_encoded_size(c, from, from + n) > bytes)
        n /= 2;
    return n;
}

/* ---- encoding ---- */

static int too_large(const struct buf *out, struct err *e)
{
    (void)err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "rows are too large to be put aside");
    err_detail(e, "A segment of rows can have at most %zu bytes.", out->max);
    return ST_ERR;
}

/* Room for n bytes and their padding, which is zeroed. */
static uint8_t *room(struct buf *out, size_t n, struct err *e)
{
    size_t need = padded(n);
    if (need < n || need > out->max - out->len) {
        (void)too_large(out, e);
        return NULL;
    }
    uint8_t *p = buf_reserve(out, need);
    if (!p) {
        err_oom(e);
        return NULL;
    }
    if (need > n)
        memset(p + need - ALIGN, 0, ALIGN);
    return p;
}

/* Up to 64 bits from bit `at` on; reads no word beyond them. */
static uint64_t bits_at(const uint64_t *bits, uint64_t at, size_t n)
{
    unsigned shift = (unsigned)(at % 64);
    uint64_t word = bits[at / 64] >> shift;
    if (shift + n > 64)
        word |= bits[at / 64 + 1] << (64 - shift);
    return n == 64 ? word : word & (((uint64_t)1 << n) - 1);
}

static uint64_t validity_word(const uint64_t *bits, const struct rows *r, size_t at, size_t n)
{
    if (!r->sel)
        return bits_at(bits, r->from + at, n);
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= bits_at(bits, r->sel[at + i], 1) << i;
    return word;
}

/* Nothing is written when all rows have a value. */
static int put_validity(struct buf *out, const struct column_view *v, const struct rows *r, bool *has,
                        struct err *e)
{
    *has = false;
    if (!v->validity)
        return ST_OK;
    uint64_t *words = (uint64_t *)(void *)room(out, validity_bytes(r->n), e);
    if (!words)
        return ST_ERR;
    for (size_t at = 0; at < r->n; at += 64) {
        size_t n = r->n - at < 64 ? r->n - at : 64;
        words[at / 64] = validity_word(v->validity, r, at, n);
        *has |= words[at / 64] != (n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1);
    }
    if (*has)
        buf_commit(out, validity_bytes(r->n));
    return ST_OK;
}

#define GATHER(type)                                                                                         \
    do {                                                                                                     \
        const type *from_ = v->data;                                                                         \
        type *to_ = (type *)(void *)p;                                                                       \
        for (size_t i = 0; i < r->n; i++)                                                                    \
            to_[i] = from_[r->sel[i]];                                                                       \
    } while (0)

static int put_values(struct buf *out, const struct column_view *v, const struct rows *r, struct err *e)
{
    size_t width = chunk_value_bytes(v->type), n = r->n * width;
    uint8_t *p = room(out, n, e);
    if (!p)
        return ST_ERR;
    if (v->type->type == ENGINE_NULL)
        memset(p, 0, n);
    else if (!r->sel && n)
        memcpy(p, (const uint8_t *)v->data + r->from * width, n);
    else if (width == 1)
        GATHER(uint8_t);
    else if (width == 2)
        GATHER(uint16_t);
    else if (width == 4)
        GATHER(uint32_t);
    else if (width == 8)
        GATHER(uint64_t);
    else if (width == 16)
        GATHER(struct engine_int128);
    buf_commit(out, padded(n));
    return ST_OK;
}

/* n bytes, more than fit a slot; short ones by two overlapping halves instead of a call. */
static inline uint8_t *put_long(uint8_t *to, const char *from, size_t n)
{
    if (n <= 16) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n <= 32) {
        memcpy(to, from, 16);
        memcpy(to + n - 16, from + n - 16, 16);
    } else {
        memcpy(to, from, n);
    }
    return to + n;
}

/* The slots with offsets in place of pointers; what the heap will need. */
static size_t put_slots(struct engine_string *slots, const struct column_view *v, const struct rows *r)
{
    const struct engine_string *strings = v->data;
    const struct engine_string *last = NULL;
    size_t heap = 0, last_at = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t row = row_at(r, i);
        if (!column_view_valid(v, row)) {
            slots[i] = (struct engine_string){0}; /* the engine's is whatever was there */
            continue;
        }
        slots[i] = strings[row];
        if (slots[i].len <= STRING_INLINED)
            continue;
        if (!shares(&strings[row], last)) {
            last = &strings[row];
            last_at = heap;
            heap += slots[i].len;
        }
        slots[i].value.pointer.ptr = (const char *)last_at;
    }
    return heap;
}

static int put_strings(struct buf *out, const struct column_view *v, const struct rows *r, uint64_t *nheap,
                       struct err *e)
{
    size_t at = out->len, bytes = r->n * sizeof(struct engine_string);
    struct engine_string *slots = (struct engine_string *)(void *)room(out, bytes, e);
    if (!slots)
        return ST_ERR;
    size_t heap = put_slots(slots, v, r);
    assert(out->len % ALIGN == 0);
    buf_commit(out, bytes);
    *nheap = heap;
    uint8_t *begin = room(out, heap, e), *p = begin;
    if (!begin)
        return ST_ERR;
    slots = (struct engine_string *)(void *)(out->data + at);
    const struct engine_string *strings = v->data;
    for (size_t i = 0; i < r->n; i++)
        if (slots[i].len > STRING_INLINED && (uintptr_t)slots[i].value.pointer.ptr == (size_t)(p - begin))
            p = put_long(p, strings[row_at(r, i)].value.pointer.ptr, slots[i].len);
    buf_commit(out, padded(heap));
    return ST_OK;
}

static int put_vector(struct buf *out, const struct column_view *v, const struct rows *r, struct err *e);

/* Numbers of n rows of a child, each of which will take a byte at least. */
static uint64_t *selection(const struct buf *out, size_t n, struct err *e)
{
    if (n > out->max - out->len) {
        (void)too_large(out, e);
        return NULL;
    }
    uint64_t *sel = mem_calloc(n, sizeof *sel);
    if (!sel)
        (void)err_oom(e);
    return sel;
}

/* The elements' rows in the child, each list's after the other's. */
static uint64_t *gathered(const struct buf *out, const struct column_view *v, const struct rows *r,
                          uint64_t total, struct err *e)
{
    const struct engine_list_entry *entries = v->data;
    uint64_t *sel = selection(out, total, e), *p = sel;
    if (!sel)
        return NULL;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t row = row_at(r, i);
        if (column_view_valid(v, row))
            for (uint64_t k = 0; k < entries[row].length; k++)
                *p++ = entries[row].offset + k;
    }
    assert(p == sel + total); /* list_span counted the same rows */
    return sel;
}

static void put_entries(struct engine_list_entry *to, const struct column_view *v, const struct rows *r,
                        const struct span *s)
{
    const struct engine_list_entry *entries = v->data;
    uint64_t next = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t row = row_at(r, i);
        to[i] = (struct engine_list_entry){0};
        if (!column_view_valid(v, row) || entries[row].length == 0)
            continue;
        to[i].length = entries[row].length;
        to[i].offset = s->gaps ? next : entries[row].offset - s->lo;
        next += to[i].length;
    }
}

static int put_lists(struct buf *out, const struct column_view *v, const struct rows *r, uint64_t *nchild,
                     struct err *e)
{
    size_t bytes = r->n * sizeof(struct engine_list_entry);
    struct engine_list_entry *entries = (struct engine_list_entry *)(void *)room(out, bytes, e);
    if (!entries)
        return ST_ERR;
    struct span s = list_span(v, r);
    put_entries(entries, v, r, &s);
    buf_commit(out, bytes);
    CLEANUP(mem_freep) uint64_t *sel = s.gaps ? gathered(out, v, r, s.total, e) : NULL;
    if (s.gaps && !sel)
        return ST_ERR;
    *nchild = s.gaps ? s.total : s.hi - s.lo;
    return put_vector(out, v->children, &(struct rows){.sel = sel, .from = s.lo, .n = *nchild}, e);
}

static int put_array(struct buf *out, const struct column_view *v, const struct rows *r, struct err *e)
{
    size_t size = v->type->array_size, n = r->n * size;
    if (!r->sel)
        return put_vector(out, v->children, &(struct rows){.from = r->from * size, .n = n}, e);
    CLEANUP(mem_freep) uint64_t *sel = selection(out, n, e);
    if (!sel)
        return ST_ERR;
    for (size_t i = 0; i < n; i++)
        sel[i] = r->sel[i / size] * size + i % size;
    return put_vector(out, v->children, &(struct rows){.sel = sel, .n = n}, e);
}

static int put_body(struct buf *out, const struct column_view *v, const struct rows *r, uint64_t *n,
                    struct err *e)
{
    const struct engine_column_type *t = v->type;
    if (t->type == ENGINE_OTHER)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "values of this type cannot be put aside");
    if (is_string(t))
        return put_strings(out, v, r, n, e);
    if (is_list(t))
        return put_lists(out, v, r, n, e);
    if (t->type == ENGINE_ARRAY)
        return put_array(out, v, r, e);
    if (chunk_value_bytes(t))
        return put_values(out, v, r, e);
    for (size_t i = 0; i < v->nchildren; i++)
        TRY(put_vector(out, &v->children[i], r, e));
    return ST_OK;
}

static int put_vector(struct buf *out, const struct column_view *v, const struct rows *r, struct err *e)
{
    struct vector_head head = {0};
    size_t at = out->len;
    bool has;
    if (!room(out, sizeof head, e))
        return ST_ERR;
    buf_commit(out, sizeof head);
    TRY(put_validity(out, v, r, &has, e));
    assert(at % ALIGN == 0); /* the decoder reads words where they lie */
    head.has_validity = has;
    TRY(put_body(out, v, r, &head.n, e));
    memcpy(out->data + at, &head, sizeof head);
    return ST_OK;
}

static int put_chunk(struct buf *out, const struct chunk_view *c, const struct rows *r, struct err *e)
{
    struct segment_head head = {.magic = SEGMENT_MAGIC, .ncolumns = (uint32_t)c->ncolumns, .nrows = r->n};
    uint8_t *p = room(out, sizeof head, e);
    if (!p)
        return ST_ERR;
    memcpy(p, &head, sizeof head);
    buf_commit(out, sizeof head);
    for (size_t i = 0; i < c->ncolumns; i++)
        TRY(put_vector(out, &c->columns[i], r, e));
    return ST_OK;
}

int chunk_encode(const struct chunk_view *c, size_t from, size_t to, struct buf *out, struct err *e)
{
    assert(from <= to && to <= c->nrows && out->len % ALIGN == 0);
    size_t before = out->len;
    int st = put_chunk(out, c, &(struct rows){.from = from, .n = to - from}, e);
    if (st != ST_OK) {
        out->len = before;
        out->failed = false;
    }
    return st;
}
