/* What operators become that no function of the engine stands for: dialect/operators.c calls them. Pure. Any
 * thread. Source: PostgreSQL 15 manual, 9.3, 9.7.2. */
#ifndef TAVANA_PGFUNC_OPERATORS_H
#define TAVANA_PGFUNC_OPERATORS_H

#include "pgfunc/function.h"

extern const struct pg_function pg_operator_functions[];

#endif
