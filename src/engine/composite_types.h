/* Composite types as the engine's: a STRUCT with an alias that says its number (pgtype/composite_type.h).
 * Only the engine's API gives a type an alias, so a statement that makes one says it by a last member,
 *   CREATE TYPE "db"."schema"."name" AS STRUCT("a" INTEGER, "b" VARCHAR, "pg_composite_536870912" BOOLEAN)
 * and becomes another that has it, in the transaction that there is. Of engine/ alone. */
#ifndef TAVANA_ENGINE_COMPOSITE_TYPES_H
#define TAVANA_ENGINE_COMPOSITE_TYPES_H

#include "base/err.h"

struct engine_conn;

/* Before a statement is prepared. *sql is of mem_alloc, and another then. What the engine says of its
 * members' types, 53200. */
int composite_types_prepare(struct engine_conn *c, char **sql, struct err *e);
/* Those that are in the database already, once it is open. */
int composite_types_register(struct engine_conn *c, struct err *e);

#endif
