/* Decoded values into vectors of the engine: every type and form, at its own pace. Of engine/ alone.
 * Threads: the appender's. */
#ifndef TAVANA_ENGINE_APPENDER_VALUE_H
#define TAVANA_ENGINE_APPENDER_VALUE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct append_column;
struct engine_appender;
struct engine_column_type;
struct err;

/* Decodes a field and stores it. */
int append_value(struct engine_appender *ap, struct append_column *c, size_t row, struct str field,
                 struct err *e);
/* magnitude × 10^by, rounded half away from nought. false: it overflows. */
bool append_scale(unsigned __int128 *v, int by);
/* Stores a decimal's digits in the width that the engine keeps it in. false: it has too many. */
bool append_put_decimal(const struct engine_column_type *t, void *data, size_t row, __int128 v);
/* v is within the range of an integer type. */
bool append_int_fits(const struct engine_column_type *t, int64_t v);

#endif
