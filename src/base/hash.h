/* FNV-1a, 64 bits (Fowler, Noll, Vo): of short texts, for tables and to know them again. Whoever wants to can
 * find two texts with one hash, so nothing may depend on there being none. */
#ifndef TAVANA_BASE_HASH_H
#define TAVANA_BASE_HASH_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* h: HASH_BEGIN, or of the bytes before these. */
static inline uint64_t hash_byte(uint64_t h, unsigned char b)
{
    return (h ^ b) * UINT64_C(0x100000001b3);
}

static inline uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        h = hash_byte(h, b[i]);
    return h;
}

static inline uint64_t hash_text(struct str text)
{
    return hash_bytes(HASH_BEGIN, text.p, text.n);
}

#endif
