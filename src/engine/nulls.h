/* NULLs of the engine's vectors, for functions and casts of ours. Of engine/ alone. Any thread that has the
 * vector. Source: duckdb.h, "Validity Mask Functions". */
#ifndef TAVANA_ENGINE_NULLS_H
#define TAVANA_ENGINE_NULLS_H

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a vector's validity; NULL: no row of it is NULL. */
static inline bool is_null(const uint64_t *validity, size_t row)
{
    return validity && !(validity[row / 64] >> row % 64 & 1);
}

static inline void put_null(duckdb_vector out, size_t row)
{
    duckdb_vector_ensure_validity_writable(out);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(out), row);
}

#endif
