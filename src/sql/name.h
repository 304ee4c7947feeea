/* Names as SQL writes them: in double quotes, where a double quote is doubled, or plain, where letters are
 * folded. Pure. Any thread. */
#ifndef TAVANA_SQL_NAME_H
#define TAVANA_SQL_NAME_H

#include "base/str.h"
#include "sql/token.h"

#include <stddef.h>

struct buf;

/* In a name that a statement gives the engine: what follows keeps it apart from another of the same name, and
 * nobody is shown it. */
#define SQL_NAME_MARK "\001"

/* Appends a name in quotes, whatever is in it. */
void sql_name_put(struct buf *b, struct str name);
/* The name that a token writes: without its quotes, each doubled one as one; a plain one in lower case, of
 * ASCII letters. out: room for the token's bytes; how many were used. */
size_t sql_name_read(const struct sql_token *t, char *out);
/* The same without copying, lent: doubled quotes and letters stay as they are. For names that are compared
 * with ones that have no quotes in them, letters alike in either case. */
struct str sql_name_bare(const struct sql_token *t);

#endif
