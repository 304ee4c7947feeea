/* A segment's parts, as chunk_codec.c writes and chunk_decoder.c reads them. Nobody else includes this. */
#ifndef TAVANA_ENGINE_CHUNK_CODEC_PRIV_H
#define TAVANA_ENGINE_CHUNK_CODEC_PRIV_H

#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SEGMENT_MAGIC = 0x31746754, /* "Tgt1" */
    ALIGN = 8,
    STRING_INLINED = sizeof((struct engine_string *)0)->value.inlined,
};

struct segment_head {
    uint32_t magic, ncolumns;
    uint64_t nrows;
};

struct vector_head {
    uint64_t has_validity;
    uint64_t n; /* strings: bytes of the heap; lists: rows of the child; else 0 */
};

/* Bytes of a value in its vector; 0: all of it is in the children. */
size_t chunk_value_bytes(const struct engine_column_type *t);

static inline bool is_string(const struct engine_column_type *t)
{
    return t->type >= ENGINE_VARCHAR && t->type <= ENGINE_GEOMETRY;
}

static inline bool is_list(const struct engine_column_type *t)
{
    return t->type == ENGINE_LIST || t->type == ENGINE_MAP;
}

static inline size_t padded(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static inline size_t validity_bytes(size_t n)
{
    return (n + 63) / 64 * sizeof(uint64_t);
}

#endif
