/* COPY TO: column views → CopyData messages, one a row, as PostgreSQL sends them. What is made here is an
 * encoder as any other (encoder.h: encode_rows, encoder_free). Whether a column's text can hold a byte that
 * has to be escaped is decided once a column. One thread at a time. Source: PostgreSQL 15 manual, COPY (File
 * Formats), 55.2.6; where the messages are cut as measured: clients parse a binary row a message. */
#ifndef TAVANA_ENCODE_COPY_ENCODER_H
#define TAVANA_ENCODE_COPY_ENCODER_H

#include "copy/options.h"
#include "encode/encoder.h"

/* force_quote: of COPY_CSV, one a column; NULL: none. Types must outlive the encoder, as the NULL string. In
 * COPY_BINARY the file's header goes into the message of the first row. */
int copy_encoder_new(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                     const struct copy_options *options, const bool *force_quote,
                     const struct encode_settings *settings, struct err *e);

/* What comes before the rows in a message of its own: the line of names. Nothing without HEADER. */
int copy_put_names(struct row_batch *batch, const struct copy_options *options, const struct row_desc *desc,
                   struct err *e);
/* What comes after them: the trailer of COPY_BINARY, with the header where there were no rows. */
int copy_put_end(struct row_batch *batch, const struct copy_options *options, bool any_rows, struct err *e);

#endif
