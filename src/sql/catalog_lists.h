/* What the engine says of a database, as lists that are read once and kept until it changes: each is a
 * SELECT over the engine's own functions, or over other lists. The engine hands them out by its function
 * tavana_list (engine/catalog_list.c). */
#ifndef TAVANA_SQL_CATALOG_LISTS_H
#define TAVANA_SQL_CATALOG_LISTS_H

#include "sql/catalog_rows.h"

enum sql_catalog_list_number {
    SQL_LIST_NAMES,       /* relations by number and by name, with what a search path shows of them */
    SQL_LIST_TYPES,       /* number, name, is_array, base, sql_name */
    SQL_LIST_CONSTRAINTS, /* number first, in each of these */
    SQL_LIST_INDEXES,
    SQL_LIST_VIEWS,
    SQL_LIST_FUNCTIONS,
    SQL_LIST_COMMENTS, /* its number is that of the object * 65536 + that of the column, or pg.described() */
    SQL_LIST_SCHEMAS,
    SQL_LIST_OTHERS, /* the rest is known by name alone */
    SQL_LISTS_MAX = 64,
};

struct sql_catalog_list {
    const char *name;
    const struct sql_catalog_column *columns; /* NULL: those of sql_catalog_rows, whose rows come first */
    size_t ncolumns;
    const char *from; /* the macro that makes its rows */
};

extern const struct sql_catalog_list sql_catalog_lists[]; /* name NULL ends it; fewer than SQL_LISTS_MAX */

#endif
