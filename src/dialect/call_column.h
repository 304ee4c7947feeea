/* What the column of a user's function is called that stands in FROM. Of dialect/ alone. Source:
 * PostgreSQL 15 manual, 7.2.1.4, Table Functions. */
#ifndef TAVANA_DIALECT_CALL_COLUMN_H
#define TAVANA_DIALECT_CALL_COLUMN_H

#include "dialect/chain.h"

#include <stddef.h>

/* FROM f(…) AS r, where f is a user's and gives one value: r is the column's name, too, unless an OUT
 * argument says another. end: behind the call. */
int call_name_column(struct rewriter *r, const struct chain *c, size_t end);

#endif
