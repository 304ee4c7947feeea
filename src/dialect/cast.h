/* Casts to types that the engine does not know: what may stand at the current token; each call goes on
 * behind it. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_CAST_H
#define TAVANA_DIALECT_CAST_H

#include "base/str.h"

struct rewriter;
struct sql_token;
struct sql_type;

/* At a ::, with its type. */
int walk_typecast(struct rewriter *r);
/* At the AS of a CAST or TRY_CAST, with its type and closing bracket. */
int walk_cast(struct rewriter *r);
/* At a word: date '…', timestamp(3) with time zone '…', interval '…' day. ST_AGAIN: it is none. */
int walk_typed_literal(struct rewriter *r);
/* '{a,b}' becomes the list literal [a,b]. */
int walk_list_literal(struct rewriter *r, const struct sql_token *t);

/* *out: the engine's SQL for an operand's cast to a type, which stands at its place in the statement. */
int walk_cast_of(struct rewriter *r, const struct sql_type *type, struct str operand, struct str *out);

#endif
