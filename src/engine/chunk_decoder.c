/* A segment is read once, from front to back, in the order of columns and their children. Vectors stay where
 * they are and views point at them; of strings the slots are copied, since they hold offsets in a segment and
 * pointers in a vector. A segment comes back from a file that may be damaged: each length is compared with
 * what is left before it is used, and offsets of strings and lists, values of enums and tags of unions are
 * looked at before anybody follows them. The recursion is as deep as the types are. */
#include "engine/chunk_decoder.h"

#include "engine/chunk_codec_priv.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "engine/view.h"

#include <assert.h>
#include <string.h>

enum { DECODER_TYPES_MAX = 64 * 1024 * 1024 }; /* bytes of views; as the types' own bound */

/* A string vector's slots, with pointers again; kept from segment to segment. */
struct slots {
    struct engine_string *strings;
    size_t cap;
};

struct chunk_decoder {
    struct arena arena; /* views */
    struct chunk_view view;
    struct column_view *columns;
    struct slots *slots; /* one a string vector, in the order of the segment */
    size_t nslots;
    const uint8_t *at, *end; /* of the segment that is being read */
    size_t slot;
};

DEFINE_CLEANUP(struct chunk_decoder, chunk_decoder_free)

static size_t string_vectors(const struct column_view *v)
{
    size_t n = is_string(v->type);
    for (size_t i = 0; i < v->nchildren; i++)
        n += string_vectors(&v->children[i]);
    return n;
}

int chunk_decoder_new(struct chunk_decoder **out, const struct engine_column_type *const *types,
                      size_t ntypes, struct err *e)
{
    CLEANUP(chunk_decoder_freep) struct chunk_decoder *d = mem_calloc(1, sizeof *d);
    if (!d)
        return err_oom(e);
    arena_init(&d->arena, DECODER_TYPES_MAX);
    d->columns = arena_calloc(&d->arena, ntypes, sizeof *d->columns);
    if (!d->columns)
        return err_oom(e);
    for (size_t i = 0; i < ntypes; i++) {
        TRY(engine_view_new(&d->arena, types[i], &d->columns[i], e));
        d->nslots += string_vectors(&d->columns[i]);
    }
    d->slots = arena_calloc(&d->arena, d->nslots, sizeof *d->slots);
    if (!d->slots) {
        d->nslots = 0;
        return err_oom(e);
    }
    d->view = (struct chunk_view){.columns = d->columns, .ncolumns = ntypes};
    *out = TAKE_PTR(d);
    return ST_OK;
}

static int damaged(struct err *e, const char *what)
{
    (void)err_set(e, SQLSTATE_DATA_CORRUPTED, "rows that were put aside are damaged");
    err_detail(e, "%s.", what);
    return ST_ERR;
}

/* The next n values of `width` bytes, and their padding. */
static int take(struct chunk_decoder *d, size_t n, size_t width, const void **out, struct err *e)
{
    size_t left = (size_t)(d->end - d->at); /* a multiple of ALIGN */
    if (n > left / width)
        return damaged(e, "A segment ends too early");
    *out = d->at;
    d->at += padded(n * width);
    return ST_OK;
}

static int read_strings(struct chunk_decoder *d, struct column_view *v, size_t n, uint64_t nheap,
                        struct err *e)
{
    const void *in, *heap;
    assert(d->slot < d->nslots); /* one a string vector of the types, which the segment cannot have more of */
    struct slots *s = &d->slots[d->slot++];
    TRY(take(d, n, sizeof *s->strings, &in, e));
    TRY(take(d, nheap, 1, &heap, e));
    if (n > s->cap) {
        struct engine_string *strings = mem_alloc(n * sizeof *strings);
        if (!strings)
            return err_oom(e);
        mem_free(s->strings);
        s->strings = strings;
        s->cap = n;
    }
    const struct engine_string *from = in;
    bool inside = true;
    for (size_t i = 0; i < n; i++) {
        struct engine_string one = from[i];
        if (one.len > STRING_INLINED) {
            uint64_t at = (uintptr_t)one.value.pointer.ptr;
            inside &= one.len <= nheap && at <= nheap - one.len;
            one.value.pointer.ptr = (const char *)((uintptr_t)heap + at);
        }
        s->strings[i] = one;
    }
    v->data = s->strings;
    return inside ? ST_OK : damaged(e, "A string lies outside of its segment");
}

static int read_vector(struct chunk_decoder *d, struct column_view *v, size_t n, struct err *e);

static int read_lists(struct chunk_decoder *d, struct column_view *v, size_t n, uint64_t nchild,
                      struct err *e)
{
    TRY(take(d, n, sizeof(struct engine_list_entry), &v->data, e));
    const struct engine_list_entry *entries = v->data;
    bool inside = true;
    for (size_t i = 0; i < n; i++)
        inside &= entries[i].length <= nchild && entries[i].offset <= nchild - entries[i].length;
    if (!inside)
        return damaged(e, "A list lies outside of its segment");
    return read_vector(d, engine_view_child(v, 0), nchild, e);
}

static bool names_exist(const struct column_view *v, size_t n)
{
    bool exist = true;
    for (size_t i = 0; i < n; i++) {
        if (!column_view_valid(v, i))
            continue;
        uint64_t k = v->type->enum_bytes == 1   ? ((const uint8_t *)v->data)[i]
                     : v->type->enum_bytes == 2 ? ((const uint16_t *)v->data)[i]
                                                : ((const uint32_t *)v->data)[i];
        exist &= k < v->type->nnames;
    }
    return exist;
}

static bool members_exist(const struct column_view *u, size_t n)
{
    const struct column_view *tag = &u->children[0];
    bool exist = true;
    for (size_t i = 0; i < n; i++)
        exist &= !column_view_valid(u, i) || !column_view_valid(tag, i) ||
                 ((const uint8_t *)tag->data)[i] < u->type->nchildren;
    return exist;
}

static int read_children(struct chunk_decoder *d, struct column_view *v, size_t n, struct err *e)
{
    size_t each = n;
    if (v->type->type == ENGINE_ARRAY && __builtin_mul_overflow(n, v->type->array_size, &each))
        return damaged(e, "A segment has too many rows");
    for (size_t i = 0; i < v->nchildren; i++)
        TRY(read_vector(d, engine_view_child(v, i), each, e));
    if (v->type->type == ENGINE_UNION && !members_exist(v, n))
        return damaged(e, "A union has no such member");
    return ST_OK;
}

static int read_body(struct chunk_decoder *d, struct column_view *v, size_t n, uint64_t more, struct err *e)
{
    const struct engine_column_type *t = v->type;
    if (is_string(t))
        return read_strings(d, v, n, more, e);
    if (is_list(t))
        return read_lists(d, v, n, more, e);
    if (more)
        return damaged(e, "A vector is of another type");
    size_t width = chunk_value_bytes(t);
    if (!width)
        return read_children(d, v, n, e);
    TRY(take(d, n, width, &v->data, e));
    if (t->type == ENGINE_ENUM && !names_exist(v, n))
        return damaged(e, "An enum has no such value");
    return ST_OK;
}

static int read_vector(struct chunk_decoder *d, struct column_view *v, size_t n, struct err *e)
{
    const void *p;
    TRY(take(d, 1, sizeof(struct vector_head), &p, e));
    const struct vector_head *head = p;
    if (n > (size_t)(d->end - d->at)) /* each takes a byte at least */
        return damaged(e, "A segment has too many rows");
    v->validity = NULL;
    if (head->has_validity) {
        TRY(take(d, validity_bytes(n), 1, &p, e));
        v->validity = p;
    }
    return read_body(d, v, n, head->n, e);
}

int chunk_decode(struct chunk_decoder *d, const void *bytes, size_t n, const struct chunk_view **out,
                 struct err *e)
{
    const void *p;
    assert((uintptr_t)bytes % ALIGN == 0);
    d->at = bytes;
    d->end = d->at + n;
    d->slot = 0;
    if (n % ALIGN)
        return damaged(e, "A segment has an odd length");
    TRY(take(d, 1, sizeof(struct segment_head), &p, e));
    const struct segment_head *head = p;
    if (head->magic != SEGMENT_MAGIC || head->ncolumns != d->view.ncolumns)
        return damaged(e, "A segment is not of this result");
    d->view.nrows = head->nrows;
    for (size_t i = 0; i < d->view.ncolumns; i++)
        TRY(read_vector(d, &d->columns[i], head->nrows, e));
    if (d->at != d->end)
        return damaged(e, "A segment ends too late");
    *out = &d->view;
    return ST_OK;
}

void chunk_decoder_free(struct chunk_decoder *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->nslots; i++)
        mem_free(d->slots[i].strings);
    arena_release(&d->arena);
    mem_free(d);
}
