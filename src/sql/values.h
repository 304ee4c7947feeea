/* Whether a statement is INSERT … VALUES without a query in it, which is planned the same whatever the data.
 * Pure. Any thread. */
#ifndef TAVANA_SQL_VALUES_H
#define TAVANA_SQL_VALUES_H

#include "sql/token.h"

#include <stdbool.h>

/* Whether it is such a statement. */
bool sql_inserts_values(struct sql_tokens sql);

#endif
