/* The shape of a column's view, made once a result and filled for each chunk. Of engine/ alone. */
#ifndef TAVANA_ENGINE_VIEW_H
#define TAVANA_ENGINE_VIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "engine/column_view.h"

#include <duckdb.h>

/* v and its children get their types; data and validity are still NULL. All of the arena. */
int engine_view_new(struct arena *a, const struct engine_column_type *t, struct column_view *v,
                    struct err *e);
/* The data and validity of a flat vector of n values, and of what lies in them, which is made flat. */
void engine_view_point(struct column_view *v, duckdb_vector vector, size_t n);
/* column_view's children are const for readers; those of a view made here are ours. */
static inline struct column_view *engine_view_child(const struct column_view *v, size_t i)
{
    return (struct column_view *)(uintptr_t)&v->children[i];
}

#endif
