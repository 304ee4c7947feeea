/* Rows of a chunk into a batch, as DataRow or in the format of a COPY, whichever the encoder is for. */
#ifndef TAVANA_ENCODE_ENCODE_ROWS_H
#define TAVANA_ENCODE_ENCODE_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct chunk_view;
struct encoder;
struct err;
struct row_batch;

/* Rows [*row, chunk->nrows) until max_rows, or until the batch holds batch_bytes or more. Advances *row.
 * ST_OK all of the chunk or max_rows; ST_AGAIN the batch is full, call again with an empty one;
 * ST_ERR 22003, 22008, 54000 …: a value that has no form on the wire; the rows before it are in the batch. */
int encode_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, uint64_t max_rows,
                size_t batch_bytes, struct row_batch *batch, struct err *e);

#endif
