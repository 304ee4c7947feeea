/* COPY. Pure. Any thread. Source: PostgreSQL manual, COPY. */
#ifndef TAVANA_SQL_COPY_H
#define TAVANA_SQL_COPY_H

#include "base/str.h"

#include <stdbool.h>

/* Whether a COPY's other end is the client: TO STDOUT or FROM STDIN outside brackets. Otherwise it is a file
 * or another database and the engine's business. */
bool sql_copy_is_client(struct str sql);

#endif
