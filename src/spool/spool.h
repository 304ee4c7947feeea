/* Rows put down in order and taken up again by their number: segments (opaque bytes, a number of rows each),
 * the first ones in memory up to a bound, the later ones in a store (segment_store.h).
 * One thread at a time a spool; the home of stores is shared. A failed append changes nothing: what was put
 * down before can still be read. */
#ifndef TAVANA_SPOOL_SPOOL_H
#define TAVANA_SPOOL_SPOOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_home;
struct spool;

struct spool_options {
    uint64_t memory_bytes;           /* of segments; the index comes on top: 24 bytes a segment */
    uint64_t memory_rows;            /* 0: no bound of its own */
    const struct segment_home *home; /* lent, outlives the spool; NULL: none, 53100 beyond memory */
};

/* A segment as read: lent until the next read, append or free. */
struct spool_segment {
    const void *bytes; /* at a multiple of 16 */
    size_t nbytes;
    uint64_t first_row; /* from 0 */
    uint64_t nrows;
};

struct spool_stats {
    uint64_t memory_bytes, stored_bytes; /* of segments */
    uint64_t memory_rows;
};

enum { SPOOL_SEGMENT_MAX = 1 << 30 }; /* bytes of one segment */

/* An empty spool. The caller's, for spool_free. */
int spool_new(struct spool **out, const struct spool_options *o, struct err *e);
/* 1 <= nbytes <= SPOOL_SEGMENT_MAX, 1 <= nrows. 53100 without room, 53200, 58030. */
int spool_append(struct spool *s, const void *bytes, size_t nbytes, uint64_t nrows, struct err *e);
/* How many were appended. */
uint64_t spool_rows(const struct spool *s);
/* How many there are. */
size_t spool_segments(const struct spool *s);
/* The segment that a row is in; row < spool_rows. */
size_t spool_find(const struct spool *s, uint64_t row);
/* Segment i < spool_segments. Reading the one read last again costs nothing. 58030; XX001 when the bytes are
 * not those that were put down; 53200. */
int spool_read(struct spool *s, size_t i, struct spool_segment *out, struct err *e);
/* How much lies where; a copy. */
void spool_stats(const struct spool *s, struct spool_stats *out);
/* Gives memory and store back. NULL is fine. */
void spool_free(struct spool *s);

#endif
