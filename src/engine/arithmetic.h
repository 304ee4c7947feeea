/* PostgreSQL's / and % for the engine's numbers, a vector at a time: whole numbers divide to whole numbers,
 * and division by zero is 22012. Of engine/ alone. Source: PostgreSQL 15 manual, 9.3. */
#ifndef TAVANA_ENGINE_ARITHMETIC_H
#define TAVANA_ENGINE_ARITHMETIC_H

#include "base/err.h"

struct engine_conn;

/* Makes pg_divide and pg_modulo known; once for a database. XX000 */
int arithmetic_register(struct engine_conn *c, struct err *e);

#endif
