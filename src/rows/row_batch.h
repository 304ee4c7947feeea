/* Encoded rows: whole messages one after the other (DataRow, later CopyData), ready for the socket.
 * Made in encode/, forwarded as bytes by everybody else. Row boundaries: each message carries its length.
 * At most ROW_BATCH_MAX bytes, or one larger row (up to MESSAGE_MAX). One thread at a time. */
#ifndef TAVANA_ROWS_ROW_BATCH_H
#define TAVANA_ROWS_ROW_BATCH_H

#include "base/err.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROW_BATCH_MAX = 1024 * 1024,
    ROW_BATCH_KEPT =
        2 * ROW_BATCH_MAX,    /* memory: what is reserved for the last rows goes beyond their bytes */
    MESSAGE_MAX = 0x3fffffff, /* PostgreSQL's own bound of one message, 1 GB - 1 */
};

struct row_batch {
    uint8_t *data;
    size_t len;
    size_t cap;
    uint64_t nrows;
};

/* An empty batch without memory. */
void row_batch_init(struct row_batch *b);
/* Gives the memory back; the batch is empty then and may be used again. */
void row_batch_release(struct row_batch *b);
/* Empty; memory beyond ROW_BATCH_KEPT (of one large row) is given back. */
void row_batch_clear(struct row_batch *b);
/* Sees to cap >= len + n; 54000 beyond MESSAGE_MAX, 53200 without memory. */
int row_batch_reserve(struct row_batch *b, size_t n, struct err *e);
static inline size_t row_batch_room(const struct row_batch *b)
{
    return b->cap - b->len;
}
/* Rows were stored from data + len up to `end`. */
static inline void row_batch_commit(struct row_batch *b, const uint8_t *end, uint64_t nrows)
{
    assert(end >= b->data + b->len && end <= b->data + b->cap);
    b->len = (size_t)(end - b->data);
    b->nrows += nrows;
}

#endif
