/* Whether a query that is run again on the same data can be expected to give the same rows: by its text, so
 * what lies inside views and macros is not seen. No names of functions that give something else each time,
 * nor of time, nor a sample. Pure. Any thread. */
#ifndef TAVANA_SQL_REPEATS_H
#define TAVANA_SQL_REPEATS_H

#include "sql/token.h"

#include <stdbool.h>

/* Whether it is such a query. */
bool sql_repeats(struct sql_tokens sql);

#endif
