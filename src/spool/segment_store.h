/* Where a spool's segments go that find no room in memory: a file today, an object store can be another. One
 * store a spool, one thread at a time. */
#ifndef TAVANA_SPOOL_SEGMENT_STORE_H
#define TAVANA_SPOOL_SEGMENT_STORE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct segment_store;

/* append:  the n bytes follow those written before; all of them are there, or none. 53100 when there is no
 *          room, 58030; a store that failed once may be tried again
 * read:    n bytes from offset `at`, that were appended. 58030, XX001 when the store has lost them
 * release: gives all of it back; never fails */
struct segment_store_ops {
    int (*append)(struct segment_store *s, const void *bytes, size_t n, struct err *e);
    int (*read)(struct segment_store *s, uint64_t at, void *to, size_t n, struct err *e);
    void (*release)(struct segment_store *s);
};

struct segment_store {
    const struct segment_store_ops *ops;
};

/* How a spool gets one, when it first needs it. Any thread. */
struct segment_home {
    int (*open)(const struct segment_home *h, struct segment_store **out, struct err *e);
};

#endif
