/* UPDATE … SET (a, b) = (SELECT …): the engine sets each of the columns to the whole query. Pure. Any thread.
 * Source: PostgreSQL 15 manual, UPDATE. */
#ifndef TAVANA_SQL_SET_QUERY_H
#define TAVANA_SQL_SET_QUERY_H

#include "base/err.h"
#include "sql/edits.h"
#include "sql/token.h"

#include <stdbool.h>

/* Each such assignment becomes one for each of its columns, whose value is that column of the query. *any:
 * there are some. The engine refuses a query of another number of columns as it refuses one within a UNION.
 * 0A000 for (a, b) = (1), 53200 */
int sql_set_query_put(struct sql_tokens sql, struct edits *edits, bool *any, struct err *e);

#endif
