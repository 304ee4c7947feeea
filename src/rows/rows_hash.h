/* A hash over rows as they were sent, message by message: what a gateway and a worker compare before a result
 * goes on elsewhere. XXH3, 64 bits (xxhash.com). One thread at a time. */
#ifndef TAVANA_ROWS_ROWS_HASH_H
#define TAVANA_ROWS_ROWS_HASH_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rows_hash;

/* NULL: no memory. */
struct rows_hash *rows_hash_new(void);
/* NULL is fine. */
void rows_hash_free(struct rows_hash *h);
/* The next n bytes. */
void rows_hash_add(struct rows_hash *h, const void *p, size_t n);
/* So far. */
uint64_t rows_hash_value(const struct rows_hash *h);
/* ST_ERR, 40001: so many rows, made again, have another one. */
int rows_hash_differs(uint64_t rows, struct err *e);

#endif
