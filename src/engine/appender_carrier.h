/* What a column's vector holds on its way in. Pure. Of engine/ alone. */
#ifndef TAVANA_ENGINE_APPENDER_CARRIER_H
#define TAVANA_ENGINE_APPENDER_CARRIER_H

#include "engine/column_view.h"

#include <duckdb.h>

struct arena;
struct err;

/* What a column's vector holds: the column's own type where we can fill it, else text or bytes that the
 * INSERT casts. */
enum engine_type append_carrier(const struct engine_column_type *t);
/* The same as the engine's type, the caller's. own: the column's. NULL without memory. */
duckdb_logical_type append_carrier_type(const struct engine_column_type *t, duckdb_logical_type own);
/* Columns of composite types come as json. "JSON", "JSON[]" …, NULL: no cast needed. */
int append_cast_name(struct arena *a, const struct engine_column_type *t, const char **out, struct err *e);

#endif
