/* Logical types of the engine by our names for them. Any thread; what they return is the caller's. */
#ifndef TAVANA_ENGINE_CATALOG_TYPE_MAKE_H
#define TAVANA_ENGINE_CATALOG_TYPE_MAKE_H

#include "pgtype/catalog_type.h"

#include <duckdb.h>

/* The type of a column: "pg_name", "BIGINT", "VARCHAR[]". NULL: there is none of that name. */
duckdb_logical_type catalog_types_make(const char *name);
/* What a type of the catalog is made of. */
duckdb_logical_type catalog_types_base(enum catalog_base base);

#endif
