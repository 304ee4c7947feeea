/* Types as PostgreSQL writes them, and what the engine has for them: the one place that knows. Of dialect/
 * alone. */
#ifndef TAVANA_DIALECT_TYPE_H
#define TAVANA_DIALECT_TYPE_H

#include "dialect/walk.h"

#include <stdbool.h>
#include <stdint.h>

struct sql_type;

/* PostgreSQL's OID of the scalar, whatever its modifiers; 0: a type of the engine's, or nobody's. */
uint32_t walk_type_oid(const struct sql_type *t);
/* How the engine is told the scalar, from t->at to t->scalar_end, or the array that _int4 is; p NULL: as it
 * is written. 22023: the modifiers are out of range. 0A000: the engine has no such precision. */
int walk_engine_type(struct rewriter *r, const struct sql_type *t, struct str *out);

/* CREATE … TABLE and ALTER TABLE in the first words of a statement. A composite type is defined as a table
 * is. */
enum ddl walk_ddl(struct sql_tokens sql);
/* At the name of a column that is defined, in CREATE TABLE and ALTER TABLE ADD, or at TYPE in ALTER TABLE:
 * whether it is one. */
bool walk_is_column(struct rewriter *r);
/* There: goes on behind its type. */
int walk_column(struct rewriter *r);

#endif
