/* Decoded parameters into values of the engine. Threads: the statement's. */
#ifndef TAVANA_ENGINE_BIND_H
#define TAVANA_ENGINE_BIND_H

#include "base/err.h"
#include "engine/column_view.h"

#include <stddef.h>

struct engine_stmt;
struct pg_value;

/* Parameter $number, from 1. What a value is bound as follows the parameter's resolved type where the two are
 * of one family, else the value's own. The bytes are copied. 22003 for a numeric that the engine cannot hold.
 */
int engine_bind(struct engine_stmt *st, size_t number, const struct pg_value *v, struct err *e);
/* The smallest DECIMAL(width, scale) that holds a numeric, or all numeric items of an array, exactly.
 * ENGINE_DECIMAL; ENGINE_DOUBLE when one is infinite or NaN; ENGINE_NULL without any value; ENGINE_OTHER when
 * the engine has no room for it. */
enum engine_type engine_numeric_shape(const struct pg_value *v, unsigned *width, unsigned *scale);

#endif
