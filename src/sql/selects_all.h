/* Whether a statement is SELECT … FROM … of whole tables: no condition, limit, group, set operation or
 * function, so that its result is as long as what it reads. A guess, by tokens. Pure. Any thread. */
#ifndef TAVANA_SQL_SELECTS_ALL_H
#define TAVANA_SQL_SELECTS_ALL_H

#include "sql/token.h"

#include <stdbool.h>

enum { SQL_SELECTS_ALL_MAX = 16 * 1024 }; /* bytes of text; a longer one is none */

/* Whether it is such a statement. */
bool sql_selects_all(struct sql_tokens sql);

#endif
