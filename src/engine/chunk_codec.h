/* Rows of a chunk as one contiguous segment of bytes, typed, and back. No I/O.
 *
 * A segment, in the machine's byte order, each part padded to 8 bytes: u32 magic, u32 columns, u64 rows; then
 * every vector, a parent before its children: u64 whether a validity follows, u64 n; validity, bit i of row
 * i; values. n: of strings the bytes of the heap that follows (pointers are offsets in it), of lists the rows
 * of the child (entries count from 0). Types and ENUM names are not in it: whoever reads holds them. What
 * decoding is given is checked for its bounds (XX001), since it may come back from a damaged file: every
 * length, offset, ENUM index and union tag lies inside. Other values are whatever the bytes are; the spool
 * keeps a checksum for that. */
#ifndef TAVANA_ENGINE_CHUNK_CODEC_H
#define TAVANA_ENGINE_CHUNK_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "engine/chunk_decoder.h"
#include "engine/column_view.h"

#include <stddef.h>

/* About the bytes that chunk_encode makes of rows [from, to): exact, but with lists that do not lie in order.
 */
size_t chunk_encoded_size(const struct chunk_view *c, size_t from, size_t to);
/* How many rows from `from` on to encode so that a segment has at most `bytes`: at least one, at most
 * to - from. */
size_t chunk_rows_within(const struct chunk_view *c, size_t from, size_t to, size_t bytes);
/* Appends the segment of rows [from, to), from <= to <= nrows, to out, whose length is a multiple of 8 before
 * and after. 54000 beyond out->max, 53200; out is then as long as before. */
int chunk_encode(const struct chunk_view *c, size_t from, size_t to, struct buf *out, struct err *e);

#endif
