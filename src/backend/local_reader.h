/* Where a portal is in its rows, and how they become a batch: the chunk that is being read, the encoder for
 * it, the batch that is being filled. It asks no source itself: the portal gives it chunks. One thread. */
#ifndef TAVANA_BACKEND_LOCAL_READER_H
#define TAVANA_BACKEND_LOCAL_READER_H

#include "encode/encoder.h"
#include "engine/column_view.h"
#include "rows/row_batch.h"

struct backend_fetch;

struct local_reader {
    const struct chunk_view *chunk; /* lent by a source; NULL: none */
    uint64_t chunk_from;            /* the number of its first row */
    struct encoder *encoder;        /* for the source's types; NULL: none yet */
    int16_t *formats;               /* that it was made for; NULL: all text */
    struct encode_settings encoded_with;
    struct row_batch batch;
    uint64_t ahead, ahead_from; /* so many rows, from ahead_from on, are in batch before a fetch wants them */
};

void local_reader_init(struct local_reader *r);
/* Nothing is left, the batch neither. */
void local_reader_release(struct local_reader *r);

/* Whether row `at` is in the chunk. */
static inline bool local_reader_holds(const struct local_reader *r, uint64_t at)
{
    return r->chunk && at >= r->chunk_from && at - r->chunk_from < r->chunk->nrows;
}

/* The source of the chunk is about to go, and the types that the encoder was made for with it. The batch
 * stays, since it may be lent. */
void local_reader_leave_source(struct local_reader *r);

/* An encoder of DataRows for n columns of these types, which live until local_reader_leave_source. One that
 * was made for the same formats (NULL: all text) and settings serves again. 53200 */
int local_reader_encode_rows(struct local_reader *r, const struct engine_column_type *const *types, size_t n,
                             const int16_t *formats, const struct encode_settings *settings, struct err *e);
/* One of COPY's rows, for a single fetch: local_reader_end_copy. 53200 */
int local_reader_encode_copy(struct local_reader *r, const struct engine_column_type *const *types, size_t n,
                             const struct backend_fetch *how, const struct encode_settings *settings,
                             struct err *e);
void local_reader_end_copy(struct local_reader *r);

/* Rows from `from` on that the chunk still has go into the empty batch, up to `bytes`;
 * local_reader_take_ahead finds them there. What fails is made again by the fetch that wants it. */
void local_reader_make_ahead(struct local_reader *r, uint64_t from, size_t bytes);
/* How many rows from `from` on, at most `most`, lie ready in the batch; 0: none, or others. They are ready no
 * longer. */
uint64_t local_reader_take_ahead(struct local_reader *r, uint64_t from, uint64_t most);

#endif
