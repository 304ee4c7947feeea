#include "engine/view.h"
#include "engine/flat.h"

#include <assert.h>

/* The type of a child vector. A map's one child is a struct of key and value, a union's first its tag: types
 * that the map or union itself has not, made beside it once. */
static const struct engine_column_type map_entry_type = {.type = ENGINE_STRUCT};
static const struct engine_column_type union_tag_type = {.type = ENGINE_UINT8};

static size_t child_vectors(const struct engine_column_type *t)
{
    switch (t->type) {
    case ENGINE_LIST:
    case ENGINE_ARRAY:
    case ENGINE_MAP: return 1;
    case ENGINE_STRUCT: return t->nchildren;
    case ENGINE_UNION: return t->nchildren + 1; /* the tag first */
    default: return 0;
    }
}

static int view_children(struct arena *a, const struct engine_column_type *t, struct column_view *v,
                         struct err *e)
{
    size_t n = child_vectors(t);
    struct column_view *children = arena_calloc(a, n, sizeof *children);
    if (!children)
        return err_oom(e);
    v->children = children;
    v->nchildren = n;
    if (t->type == ENGINE_MAP) {
        struct engine_column_type *entry = arena_alloc(a, sizeof *entry);
        if (!entry)
            return err_oom(e);
        *entry = map_entry_type;
        entry->nchildren = 2;
        entry->children = t->children;
        return engine_view_new(a, entry, &children[0], e);
    }
    size_t skip = t->type == ENGINE_UNION;
    if (skip)
        children[0].type = &union_tag_type;
    for (size_t i = skip; i < n; i++)
        TRY(engine_view_new(a, &t->children[i - skip], &children[i], e));
    return ST_OK;
}

int engine_view_new(struct arena *a, const struct engine_column_type *t, struct column_view *v, struct err *e)
{
    *v = (struct column_view){.type = t};
    return child_vectors(t) ? view_children(a, t, v, e) : ST_OK;
}

void engine_view_point(struct column_view *v, duckdb_vector vector, size_t n)
{
    enum engine_type type = v->type->type;
    bool list = type == ENGINE_LIST || type == ENGINE_MAP;
    size_t inside = list                   ? duckdb_list_vector_get_size(vector)
                    : type == ENGINE_ARRAY ? n * v->type->array_size
                                           : n;
    assert(v->nchildren == child_vectors(v->type)); /* engine_view_new made it for this type */
    v->validity = duckdb_vector_get_validity(vector);
    v->data = type == ENGINE_STRUCT || type == ENGINE_ARRAY || type == ENGINE_UNION
                  ? NULL
                  : duckdb_vector_get_data(vector);
    for (size_t i = 0; i < v->nchildren; i++) {
        duckdb_vector child = list                   ? duckdb_list_vector_get_child(vector)
                              : type == ENGINE_ARRAY ? duckdb_array_vector_get_child(vector)
                                                     : duckdb_struct_vector_get_child(vector, i);
        flatten(child, inside);
        engine_view_point(engine_view_child(v, i), child, inside);
    }
}
