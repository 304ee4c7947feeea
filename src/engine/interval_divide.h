/* An interval divided by a number. Of engine/ alone. Any thread that has the vectors.
 * Source: PostgreSQL 15 manual, 9.9, interval / double precision; its rounding as measured. */
#ifndef TAVANA_ENGINE_INTERVAL_DIVIDE_H
#define TAVANA_ENGINE_INTERVAL_DIVIDE_H

#include <duckdb.h>

/* A scalar function of an INTERVAL and any number. 22012, 22008, 42883 */
void interval_divide(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output);

#endif
