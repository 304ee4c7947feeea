/* Memory of encoded rows. A batch goes from the encoder to the writer's thread and back as memory that
 * changes hands, so it is worth keeping: up to ROW_BATCH_KEPT bytes, which no usual batch exceeds. */
#include "rows/row_batch.h"

#include "base/alloc.h"

enum { ROW_BATCH_FIRST = 1024 }; /* of the sizes that the heap keeps for a thread; a short answer fits */

void row_batch_init(struct row_batch *b)
{
    *b = (struct row_batch){0};
}

void row_batch_release(struct row_batch *b)
{
    mem_free(b->data);
    row_batch_init(b);
}

void row_batch_clear(struct row_batch *b)
{
    if (b->cap > ROW_BATCH_KEPT) {
        row_batch_release(b);
        return;
    }
    b->len = 0;
    b->nrows = 0;
}

/* Doubles, so that a batch is filled in few steps; a row larger than a batch gets what it needs and no more.
 */
static size_t grown_cap(size_t cap, size_t need)
{
    if (cap < ROW_BATCH_FIRST)
        cap = ROW_BATCH_FIRST;
    while (cap < need && cap < ROW_BATCH_KEPT)
        cap *= 2;
    return cap < need ? need : cap;
}

int row_batch_reserve(struct row_batch *b, size_t n, struct err *e)
{
    if (n <= row_batch_room(b))
        return ST_OK;
    if (n > MESSAGE_MAX || b->len > MESSAGE_MAX - n)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a row of more than %d bytes cannot be sent",
                       MESSAGE_MAX);
    assert(b->len <= b->cap);
    size_t cap = grown_cap(b->cap, b->len + n);
    uint8_t *data = mem_realloc(b->data, cap);
    if (!data)
        return err_oom(e);
    b->data = data;
    b->cap = cap;
    return ST_OK;
}
