/* Casts of types that are kept as bytes under a name of ours: what those of ranges and of packed.h share.
 * Of engine/ alone. Any thread. */
#ifndef TAVANA_ENGINE_BYTES_CASTS_H
#define TAVANA_ENGINE_BYTES_CASTS_H

#include <duckdb.h>

struct engine_column_type;
struct engine_text_ops;
struct err;
struct pg_value;

/* The texts of a vector of any type's values. What ops say, 53200; XX000 without ops. */
int values_show(const struct engine_text_ops *ops, const struct engine_column_type *type, idx_t count,
                duckdb_vector in, duckdb_vector out, struct err *e);
/* The same of such bytes, whose type is called alias. */
int bytes_show(const struct engine_text_ops *ops, const char *alias, idx_t count, duckdb_vector in,
               duckdb_vector out, struct err *e);
/* Puts an array of one dimension, PG_ARRAY of PG_BYTES, in the row of a list. 0A000 for several, 53200. */
int bytes_append_items(duckdb_vector list, idx_t row, const struct pg_value *v, struct err *e);

#endif
