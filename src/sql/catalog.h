/* PostgreSQL's catalog over the engine's: the statements that set it up, and the names that are in it.
 *
 * The engine runs sql_catalog_setup in order, once per database start (about 0.1 s) and before its
 * configuration is locked, in a database of the name SQL_CATALOG_DATABASE, which is for reading alone from
 * then on. In it schema "pg" stands for pg_catalog and "info" for information_schema. Relations are table
 * macros, so they do not show up among the user's views, and those that name the session's user or database
 * take them as arguments. dialect_translate (rewrite.h) leads statements there. What is there:
 * docs/catalog.md. Source: PostgreSQL 15 manual, part VII (System Catalogs), chapter 37 (Information Schema).
 */
#ifndef TAVANA_SQL_CATALOG_H
#define TAVANA_SQL_CATALOG_H

#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

#define SQL_CATALOG_DATABASE "tavana_catalog"

extern const char *const sql_catalog_setup[]; /* NULL ends it */

enum sql_catalog_space { SQL_CATALOG_PG, SQL_CATALOG_INFO };

enum sql_catalog_kind {
    SQL_CATALOG_RELATION,
    SQL_CATALOG_FUNCTION,
    SQL_CATALOG_VALUE,  /* of the session: current_user, version() … */
    SQL_CATALOG_ENGINE, /* a function that the engine has under another name */
};

struct sql_catalog_name {
    const char *name;
    enum sql_catalog_kind kind;
    /* RELATION: its arguments: d database, u user, p process id, v server version,
     * c cursors, s prepared statements, g settings. FUNCTION: "u": the user
     * goes first; "g": settings are all that it takes. VALUE: the session's name for it. ENGINE: the
     * other name. */
    const char *detail;
};

/* Letters alike in either case. NULL: none of that name. */
const struct sql_catalog_name *sql_catalog_find(enum sql_catalog_space space, struct str name);
/* A space's relations, or what else it has, sorted. */
const struct sql_catalog_name *sql_catalog_names(enum sql_catalog_space space, bool relations, size_t *n);

struct sql_catalog_hint {
    bool any;     /* the text may contain something to rewrite */
    bool catalog; /* … a name of the catalog */
};

/* The engine's name for PostgreSQL's schemas public (main) and pg_temp (the database temp), terminated;
 * {NULL, 0}: it is another. */
struct str sql_engine_schema(const struct sql_token *schema);

/* One pass over the bytes; false alarms are possible (strings, comments), misses are not. */
struct sql_catalog_hint sql_catalog_hint(struct str sql);

#endif
