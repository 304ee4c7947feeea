/* round, trunc, ceil and floor to whole numbers with PostgreSQL's types: numerics stay numerics, all other
 * numbers become double precision; round takes a double half way between two to the even one. Of engine/
 * alone. Source: PostgreSQL 15 manual, 9.3. */
#ifndef TAVANA_ENGINE_ROUNDING_H
#define TAVANA_ENGINE_ROUNDING_H

#include "base/err.h"

struct engine_conn;

/* Makes pg_round, pg_trunc, pg_ceil and pg_floor of one argument known; once for a database. XX000 */
int rounding_register(struct engine_conn *c, struct err *e);

#endif
