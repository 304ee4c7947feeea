/* What a statement is known again by: its shape, which is its words without the literals, and its very text
 * with the values of its parameters. Pure: any thread. */
#ifndef TAVANA_ROUTE_POISON_KEYS_H
#define TAVANA_ROUTE_POISON_KEYS_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* 0, 0: nothing that a worker could die of. */
struct poison_keys {
    uint64_t shape, exact;
};

/* Of a text without parameters. At most SQL_SHAPE_BYTES_MAX bytes of it count. */
struct poison_keys poison_keys_of(struct str sql);
/* One value more (NULL, 0: it is null): the exact key goes on with it. Of it, too, only so many bytes
 * count. */
void poison_keys_add(struct poison_keys *k, const void *value, size_t n);

#endif
