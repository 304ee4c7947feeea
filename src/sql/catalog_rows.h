/* What PostgreSQL's catalog has in every database: its relations with their columns, and the rows that are
 * always the same. tools/catalog reads them from a PostgreSQL 15 and writes the lists. The engine hands them
 * out by its function tavana_fixed (engine/catalog_rows.c). */
#ifndef TAVANA_SQL_CATALOG_ROWS_H
#define TAVANA_SQL_CATALOG_ROWS_H

#include <stddef.h>

struct sql_catalog_column {
    const char *name,
        *type; /* type: the engine's name for it, "pg_name" (pgtype/catalog_type.h), "BIGINT[]" */
};

struct sql_catalog_rows {
    const char *name; /* "pg_class"; those of information_schema begin with "info_" */
    const struct sql_catalog_column *columns;
    size_t ncolumns;
    const char *const
        *rows; /* as COPY writes them: tabs between values, \N for NULL; NULL ends them, or none */
};

extern const struct sql_catalog_rows sql_catalog_rows[]; /* name NULL ends it */

#endif
