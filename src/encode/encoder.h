/* Column views → DataRow messages. Everything about a column is decided once in encoder_new; then, row by
 * row, a bound is reserved and bytes are stored. A row is there whole or not at all. One thread at a time.
 * Source: PostgreSQL manual, 55.7 (DataRow); the text forms of chapter 8. */
#ifndef TAVANA_ENCODE_ENCODER_H
#define TAVANA_ENCODE_ENCODER_H

#include "base/err.h"
#include "encode/encode_rows.h"
#include "engine/column_view.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"

#include <stdint.h>

struct encoder;
struct tz;

struct encode_settings {
    const struct tz *zone; /* of timestamptz text */
    int extra_float_digits;
    bool bytea_escape;
};

/* PostgreSQL's description of an engine column: OID, size, typmod. Types without a counterpart are text or
 * json, as docs/types.md says. */
void encode_describe(const struct engine_column_type *t, struct column_desc *out);
/* Whether its values can be read: neither it nor what lies in it is ENGINE_OTHER. */
bool encode_reads(const struct engine_column_type *t);

/* formats: one a column, 0 text or 1 binary; NULL: all text. types must outlive the encoder; settings are
 * copied. 0A000 for a column that has no binary form is not an error that happens: all have one. */
int encoder_new(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                const int16_t *formats, const struct encode_settings *settings, struct err *e);
/* NULL is fine. */
void encoder_free(struct encoder *enc);

#endif
