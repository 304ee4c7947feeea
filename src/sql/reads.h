/* What the query of a view reads, as far as its tokens tell. Pure. Any thread. */
#ifndef TAVANA_SQL_READS_H
#define TAVANA_SQL_READS_H

#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

/* Whether the relation stands where the query takes its rows from. schema: as the engine calls it;
 * bare: a name without a schema is that relation's. A name of the query's own WITH is not. */
bool sql_reads_relation(struct sql_tokens query, struct str schema, struct str name, bool bare);
/* Whether a query of that relation may use this column of it: it names one of that name, or all with a
 * star. */
bool sql_reads_column(struct sql_tokens query, struct str relation, struct str column);

#endif
