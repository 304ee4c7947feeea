/* What stands in front of a name: the schema public, which is the engine's main, and the session's database.
 * Of dialect/ alone. */
#ifndef TAVANA_DIALECT_SCHEMAS_H
#define TAVANA_DIALECT_SCHEMAS_H

#include "dialect/chain.h"

#include <stdbool.h>

/* At a name. *did: it begins with a schema or a database, or is one, and is passed. 0A000: DROP SCHEMA
 * public, and the catalog of another database; 42P06: CREATE SCHEMA public. */
int walk_schema(struct rewriter *r, const struct chain *c, bool *did);

#endif
