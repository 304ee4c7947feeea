/* Literals beside columns of enums. To PostgreSQL a literal is of the type of what it is compared with; the
 * engine compares the texts of both, and so in another order. Pure. Any thread. */
#ifndef TAVANA_SQL_ENUM_LITERALS_H
#define TAVANA_SQL_ENUM_LITERALS_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/rewrite.h"
#include "sql/token.h"

/* The type of the column that these tokens name, as SQL, lent; NULL: it is no enum, or nobody can tell.
 * qualifier: what stands in front of its name; kind END: nothing. */
typedef const char *sql_enum_of_fn(void *arg, const struct sql_token *column,
                                   const struct sql_token *qualifier);

/* Strings and parameters that are compared with such a column, alone on their side, are cast to its type:
 * c = '…', '…' < c, c [NOT] IN ('…', '…'), c [NOT] BETWEEN '…' AND '…', c IS [NOT] DISTINCT FROM '…'. The
 * original when there are none. 53200 */
int sql_enum_literals(struct arena *a, struct sql_tokens sql, sql_enum_of_fn *of, void *arg,
                      struct sql_rewritten *out, struct err *e);

#endif
