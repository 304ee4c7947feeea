/* The C API's vector is the engine's own. */
#include "engine/flat.h"

void vector_flatten(duckdb_vector v, idx_t n) __asm__("_ZN6duckdb6Vector7FlattenEm");

void flatten(duckdb_vector v, idx_t n)
{
    vector_flatten(v, n);
}

duckdb_vector flat_elements(duckdb_vector list)
{
    duckdb_vector child = duckdb_list_vector_get_child(list);
    vector_flatten(child, duckdb_list_vector_get_size(list));
    return child;
}
