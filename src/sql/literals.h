/* Whether a statement is SELECT of nothing but literals (`select 1`, `select 'x' as a, null`), whose one row
 * is the same whenever it runs: what connection pools ask to see whether a connection lives. No operator, no
 * cast, no function: those may depend on settings. Pure. Any thread. */
#ifndef TAVANA_SQL_LITERALS_H
#define TAVANA_SQL_LITERALS_H

#include "sql/token.h"

#include <stdbool.h>

enum { SQL_LITERALS_MAX = 1024 }; /* bytes of text; a longer one is none */

/* Whether it is such a statement. */
bool sql_selects_literals(struct sql_tokens sql);

/* Whether the text is DEFAULT and one value, or nothing. */
bool sql_is_default_constant(struct str text);

#endif
