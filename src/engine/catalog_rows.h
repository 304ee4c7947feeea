/* The function tavana_fixed('pg_type'): rows of PostgreSQL's catalog that are the same in every database
 * (sql/catalog_rows.h), with all their columns. Of a relation without such rows it gives the columns. */
#ifndef TAVANA_ENGINE_CATALOG_ROWS_H
#define TAVANA_ENGINE_CATALOG_ROWS_H

#include "engine/engine_priv.h"

/* Once a database, behind catalog_types_register. */
int catalog_rows_register(struct engine_conn *c, struct err *e);
/* The chunks of those rows, which stay as long as the process; NULL, 0: none. */
const duckdb_data_chunk *catalog_rows_chunks(const char *relation, size_t *nchunks, size_t *nrows);

#endif
