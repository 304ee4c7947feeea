#include "route/poison_keys.h"

#include "sql/shape.h"

#include <stdbool.h>

/* FNV-1a, 64 bits. */
static const uint64_t FNV_BASIS = UINT64_C(0xcbf29ce484222325), FNV_PRIME = UINT64_C(0x100000001b3);

static uint64_t hash_on(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * FNV_PRIME;
    return h;
}

struct poison_keys poison_keys_of(struct str sql)
{
    struct sql_shape shape;
    sql_shape(sql_tokens_of(sql), &shape);
    size_t n = sql.n < SQL_SHAPE_BYTES_MAX ? sql.n : SQL_SHAPE_BYTES_MAX;
    return (struct poison_keys){shape.fingerprint, hash_on(FNV_BASIS, sql.p, n)};
}

void poison_keys_add(struct poison_keys *k, const void *value, size_t n)
{
    bool is_null = value == NULL;
    k->exact = hash_on(k->exact, &is_null, sizeof is_null);
    k->exact = hash_on(k->exact, &n, sizeof n);
    if (value)
        k->exact = hash_on(k->exact, value, n < SQL_SHAPE_BYTES_MAX ? n : SQL_SHAPE_BYTES_MAX);
}
