/* The engine's types as trees of engine_column_type, which outlive what they were read from. */
#ifndef TAVANA_ENGINE_TYPE_H
#define TAVANA_ENGINE_TYPE_H

#include "base/err.h"
#include "engine/column_view.h"

#include <stddef.h>

struct arena;

/* Types that outlive their statement or result: a copy in the arena, names included. 53200 */
int engine_types_copy(struct arena *a, const struct engine_column_type *const *types, size_t n,
                      const struct engine_column_type *const **out, struct err *e);

#endif
