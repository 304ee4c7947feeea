/* PostgreSQL's catalog spelled for the engine, made on tokens, so that comments and strings are safe.
 * Pure. Any thread. */
#ifndef TAVANA_SQL_CATALOG_REWRITE_H
#define TAVANA_SQL_CATALOG_REWRITE_H

#include "sql/rewrite.h"
#include "sql/token.h"

/* PostgreSQL's catalog spelled for the engine: relations and functions of pg_catalog become their
 * counterparts in the schema that catalog.h's statements set up, casts to regclass, regtype and friends,
 * which the engine does not know, become function calls, and functions about the session become literals.
 * value NULL: those stay as they are. Text without a hint of any of it ("pg_", "::reg", "current_" …) is
 * handed back at once. */
int sql_rewrite_catalog(struct arena *a, struct sql_tokens sql, sql_session_value_fn *value, void *arg,
                        struct sql_rewritten *out, struct err *e);

#endif
