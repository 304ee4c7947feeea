/* Segments, as a damaged file would give them back: an error, or a view whose every value lies inside, which
 * can be encoded and decoded again. The first byte says of which columns. */
#include "engine/chunk_codec.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 8, OUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TYPE(name, ...) static const struct engine_column_type name = {__VA_ARGS__}
static const struct str names[] = {{"a", 1}, {"b", 1}, {"c", 1}};
TYPE(int64_type, .type = ENGINE_INT64);
TYPE(bool_type, .type = ENGINE_BOOL);
TYPE(null_type, .type = ENGINE_NULL);
TYPE(decimal_type, .type = ENGINE_DECIMAL, .width = 30);
TYPE(text_type, .type = ENGINE_VARCHAR);
TYPE(enum_type, .type = ENGINE_ENUM, .enum_bytes = 2, .nnames = 3, .names = names);
static const struct engine_column_type pair[] = {
    {.type = ENGINE_VARCHAR}, {.type = ENGINE_ENUM, .enum_bytes = 1, .nnames = 3, .names = names}};
TYPE(struct_type, .type = ENGINE_STRUCT, .nchildren = 2, .children = pair);
TYPE(union_type, .type = ENGINE_UNION, .nchildren = 2, .children = pair);
TYPE(map_type, .type = ENGINE_MAP, .nchildren = 2, .children = pair);
TYPE(list_type, .type = ENGINE_LIST, .nchildren = 1, .children = &text_type);
TYPE(array_type, .type = ENGINE_ARRAY, .array_size = 3, .nchildren = 1, .children = &list_type);
TYPE(deep_type, .type = ENGINE_LIST, .nchildren = 1, .children = &array_type);
TYPE(huge_type, .type = ENGINE_ARRAY, .array_size = (uint64_t)1 << 61, .nchildren = 1,
     .children = &bool_type);

static const struct engine_column_type *const columns[] = {
    &int64_type, &bool_type, &null_type, &decimal_type, &text_type, &enum_type, &struct_type,
    &union_type, &map_type,  &list_type, &array_type,   &deep_type, &huge_type};
enum { NCOLUMNS = sizeof columns / sizeof *columns };

static volatile uint8_t seen;

static void look(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        seen ^= p[i];
}

/* Every value that is there, once each vector: lists may share their elements. */
static void walk(const struct column_view *v, size_t n)
{
    size_t child = n;
    const struct engine_list_entry *entries = v->data;
    if (v->type->type == ENGINE_VARCHAR)
        for (size_t i = 0; i < n; i++)
            look((const uint8_t *)engine_string_data((const struct engine_string *)v->data + i),
                 ((const struct engine_string *)v->data)[i].len & 0xFFF);
    else if (v->type->type == ENGINE_ENUM)
        for (size_t i = 0; i < n; i++)
            if (column_view_valid(v, i) &&
                (v->type->enum_bytes == 1 ? ((const uint8_t *)v->data)[i] : ((const uint16_t *)v->data)[i]) >=
                    v->type->nnames)
                abort();
    if (v->type->type == ENGINE_LIST || v->type->type == ENGINE_MAP) {
        child = 0;
        for (size_t i = 0; i < n; i++)
            child =
                entries[i].offset + entries[i].length > child ? entries[i].offset + entries[i].length : child;
    } else if (v->type->type == ENGINE_ARRAY) {
        child = n * v->type->array_size;
    }
    for (size_t i = 0; i < n; i++)
        seen ^= column_view_valid(v, i);
    for (size_t i = 0; i < v->nchildren; i++)
        walk(&v->children[i], child);
}

static void check(int st, const struct err *e)
{
    if ((st == ST_OK) == err_is_set(e))
        abort();
}

static void encode_again(const struct chunk_view *c, struct chunk_decoder *d)
{
    struct buf out;
    struct err e;
    const struct chunk_view *again;
    size_t from = c->nrows / 3, n = c->nrows - from;
    err_init(&e);
    buf_init(&out, OUT_MAX);
    int st = chunk_encode(c, from, c->nrows, &out, &e);
    check(st, &e);
    if (st == ST_OK && (chunk_decode(d, out.data, out.len, &again, &e) != ST_OK || again->nrows != n))
        abort();
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chunk_decoder *d = NULL;
    const struct chunk_view *c = NULL;
    struct err e;
    if (size < HEADER)
        return 0;
    const struct engine_column_type *types[2];
    size_t ntypes = data[0] & 0x80 ? 2 : 1;
    types[0] = columns[(data[0] & 0x7F) % NCOLUMNS];
    types[1] = columns[data[1] % NCOLUMNS];
    size_t n = size - HEADER;
    uint8_t *bytes = malloc(n ? n : 1); /* malloc's alignment, and the end where a read beyond it is seen */
    if (!bytes)
        return 0;
    memcpy(bytes, data + HEADER, n);
    err_init(&e);
    if (chunk_decoder_new(&d, types, ntypes, &e) != ST_OK)
        abort();
    int st = chunk_decode(d, bytes, n, &c, &e);
    check(st, &e);
    if (st == ST_OK) {
        for (size_t i = 0; i < c->ncolumns; i++)
            walk(&c->columns[i], c->nrows);
        encode_again(c, d);
    }
    chunk_decoder_free(d);
    free(bytes);
    return 0;
}
