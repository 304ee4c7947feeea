/* What stands in front of a name: the schema public, which is the engine's main, and the session's database.
 * Of dialect/ alone. */
#ifndef TAVANA_DIALECT_SCHEMAS_H
#define TAVANA_DIALECT_SCHEMAS_H

#include "dialect/chain.h"
#include "sql/type.h"

#include <stdbool.h>

/* At a name. *did: it begins with a schema or a database, or is one, and is passed. 0A000: DROP SCHEMA
 * public, and the catalog of another database; 42P06: CREATE SCHEMA public. */
int walk_schema(struct rewriter *r, const struct chain *c, bool *did);

/* The schema of a type, if one is written: pg_catalog goes. */
int walk_type_schema(struct rewriter *r, const struct sql_type *type);
/* At nextval: the sequence that is named by a string as PostgreSQL reads it, perhaps with
 * ::regclass behind it. *did: the call is passed up to its closing bracket. */
int walk_sequence(struct rewriter *r, const struct chain *c, bool *did);

#endif
