/* One face for both encoders: whoever fills a batch need not know which he has. */
#include "encode/encode_rows.h"

#include "encode/encoder_priv.h"

#include <assert.h>

int encode_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, uint64_t max_rows,
                size_t batch_bytes, struct row_batch *batch, struct err *e)
{
    assert(chunk->ncolumns == enc->ncolumns && *row <= chunk->nrows);
    uint64_t left = chunk->nrows - *row;
    size_t end = *row + (size_t)(max_rows < left ? max_rows : left);
    if (enc->copy)
        return copy_encode_rows(enc, chunk, row, end, batch_bytes, batch, e);
    return encoder_store_rows(enc, chunk, row, end, batch_bytes, batch, e);
}
