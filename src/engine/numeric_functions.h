/* sqrt, exp, ln, log and power of numerics as numerics, with PostgreSQL's digits: what dialect/ calls
 * where the result is what a client is sent (dialect/outputs.h). Other numbers make doubles, as they do to
 * PostgreSQL. Of engine/ alone. Source: PostgreSQL 15 manual, 9.3. */
#ifndef TAVANA_ENGINE_NUMERIC_FUNCTIONS_H
#define TAVANA_ENGINE_NUMERIC_FUNCTIONS_H

#include "base/err.h"

struct engine_conn;

/* Makes pg_sqrt_sent, pg_exp_sent, pg_ln_sent, pg_log_sent and pg_power_sent known; once for a database.
 * XX000 */
int numeric_functions_register(struct engine_conn *c, struct err *e);

#endif
