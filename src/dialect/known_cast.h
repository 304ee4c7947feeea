/* Casts that only the engine has, of what is told by its text: x::json, (x::uuid), true. Of dialect/ alone.
 * Source: PostgreSQL 15's pg_cast. */
#ifndef TAVANA_DIALECT_KNOWN_CAST_H
#define TAVANA_DIALECT_KNOWN_CAST_H

#include "dialect/walk.h"
#include "sql/type.h"

#include <stdint.h>

/* At the sign of a cast, behind its operand: 42846 where PostgreSQL has none of its type to that. */
int known_cast_check(const struct rewriter *r, const struct sql_type *type, uint32_t oid);

#endif
