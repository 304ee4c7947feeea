/* Segments of chunk_codec.h as chunks again. What is given is checked for its bounds (XX001). No I/O. */
#ifndef TAVANA_ENGINE_CHUNK_DECODER_H
#define TAVANA_ENGINE_CHUNK_DECODER_H

#include "base/err.h"
#include "engine/column_view.h"

#include <stddef.h>

struct chunk_decoder;

/* types[i] of column i, as of chunks that are encoded; they outlive the decoder. One thread at a time. */
int chunk_decoder_new(struct chunk_decoder **out, const struct engine_column_type *const *types,
                      size_t ntypes, struct err *e);
/* *out points into bytes (at an address that is a multiple of 8; never written to) and into the decoder: lent
 * until the next call, or until bytes go. XX001, 53200. Holds at most 16 bytes a string beside them. */
int chunk_decode(struct chunk_decoder *d, const void *bytes, size_t n, const struct chunk_view **out,
                 struct err *e);
/* NULL is fine. */
void chunk_decoder_free(struct chunk_decoder *d);

#endif
