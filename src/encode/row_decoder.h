/* Encoded rows back to a chunk: for rows that were encoded ahead of what a client asked for, and are wanted
 * in another form now. Rare and at its own pace, value by value (pgtype/value.h). Only of types whose text
 * and binary forms say all that the engine has. Pure but for memory. */
#ifndef TAVANA_ENCODE_ROW_DECODER_H
#define TAVANA_ENCODE_ROW_DECODER_H

#include "base/err.h"
#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_decoder;
struct tz;

/* Whether both forms of each column's values come back as the same values (of FLOAT and DOUBLE the shortest
 * text, which extra_float_digits from 1 on gives). */
bool row_decoder_takes(const struct engine_column_type *const *types, size_t ncolumns);

/* Of columns that it takes. formats as for the encoder (copied); types outlive the decoder. */
int row_decoder_new(struct row_decoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                    const int16_t *formats, const struct tz *zone, struct err *e);
/* nrows DataRow messages that encode_rows has made. *out is lent until the next call, or until the messages
 * go: strings point into them. XX000 for a message that was not made so, 53200. */
int row_decode(struct row_decoder *d, const uint8_t *rows, size_t nbytes, size_t nrows,
               const struct chunk_view **out, struct err *e);
/* NULL is fine. */
void row_decoder_free(struct row_decoder *d);

#endif
