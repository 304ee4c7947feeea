/* variance and stddev of lists, where they are what a client is sent: of whole numbers and numerics with
 * PostgreSQL's digits, of reals summed in PostgreSQL's way. Of engine/ alone. Source: Youngs and Cramer,
 * "Some results relevant to choice of sum and sum-of-product algorithms". */
#ifndef TAVANA_ENGINE_DEVIATION_H
#define TAVANA_ENGINE_DEVIATION_H

#include "base/err.h"

struct engine_conn;

/* pg_var_samp, pg_var_pop, pg_stddev_samp, pg_stddev_pop: a double of reals, digits (ENGINE_DIGITS_TYPE) of
 * other numbers. 22003 where those are more than 38. Once for a database. XX000 */
int deviation_register(struct engine_conn *c, struct err *e);

#endif
