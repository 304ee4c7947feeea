/* real with a whole number or a numeric is double precision to PostgreSQL, and real to the engine.
 * dialect/ leads +, - and * here where it sees that an operand is cast to real. Of engine/ alone. Source:
 * PostgreSQL 15 manual, 10.2. */
#ifndef TAVANA_ENGINE_REAL_ARITHMETIC_H
#define TAVANA_ENGINE_REAL_ARITHMETIC_H

#include "base/err.h"

struct engine_conn;

/* Makes pg_real_add, pg_real_subtract and pg_real_multiply known; once for a database. XX000 */
int real_arithmetic_register(struct engine_conn *c, struct err *e);

#endif
