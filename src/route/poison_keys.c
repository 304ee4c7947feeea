#include "route/poison_keys.h"

#include "base/hash.h"
#include "sql/shape.h"

#include <stdbool.h>

struct poison_keys poison_keys_of(struct str sql)
{
    struct sql_shape shape;
    sql_shape(sql_tokens_of(sql), &shape);
    size_t n = sql.n < SQL_SHAPE_BYTES_MAX ? sql.n : SQL_SHAPE_BYTES_MAX;
    return (struct poison_keys){shape.fingerprint, hash_bytes(HASH_BEGIN, sql.p, n)};
}

void poison_keys_add(struct poison_keys *k, const void *value, size_t n)
{
    bool is_null = value == NULL;
    k->exact = hash_bytes(k->exact, &is_null, sizeof is_null);
    k->exact = hash_bytes(k->exact, &n, sizeof n);
    if (value)
        k->exact = hash_bytes(k->exact, value, n < SQL_SHAPE_BYTES_MAX ? n : SQL_SHAPE_BYTES_MAX);
}
