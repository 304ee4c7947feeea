/* Elements of lists, arrays and structs, as flat vectors. The engine flattens what it hands to a function or
 * a cast, and a result's columns, but not what lies in them: the child of a list that TRY_CAST made is one
 * NULL that stands for all, and reading it as a flat vector reads beyond its end. Of engine/ alone. The
 * thread that has the vector. Source: duckdb/common/types/vector.hpp of the version that tools/engine.version
 * pins; its C API has no such call. */
#ifndef TAVANA_ENGINE_FLAT_H
#define TAVANA_ENGINE_FLAT_H

#include <duckdb.h>

/* Makes a vector of n values flat in place; one that is flat already is left. */
void flatten(duckdb_vector v, idx_t n);
/* The elements of a list's (or map's) vector. */
duckdb_vector flat_elements(duckdb_vector list);

#endif
