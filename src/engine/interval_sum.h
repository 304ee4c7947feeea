/* Sums of lists of intervals, which the engine has not, and of numbers: pg_sum. Of engine/ alone. Source:
 * duckdb.h, "Scalar Functions". */
#ifndef TAVANA_ENGINE_INTERVAL_SUM_H
#define TAVANA_ENGINE_INTERVAL_SUM_H

#include "base/err.h"

struct engine_conn;

/* pg_sum of an interval is one; of integer it is a bigint, of bigint the engine's hugeint, of double
 * precision the same, of other numbers a numeric with ten digits behind the point. pg_sum_wide, which is
 * divided by a count, is a hugeint of integer, too. 22008 and 22003 beyond their ranges. Once for a
 * database. XX000 */
int interval_sum_register(struct engine_conn *c, struct err *e);

#endif
