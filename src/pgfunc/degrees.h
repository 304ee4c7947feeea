/* Trigonometry of degrees, exact where an angle is a multiple of 30 or 45, and hyperbolic functions with
 * their domains. Pure. Any thread. Source: PostgreSQL 15 manual, table 9.6. */
#ifndef TAVANA_PGFUNC_DEGREES_H
#define TAVANA_PGFUNC_DEGREES_H

#include "pgfunc/function.h"

extern const struct pg_function pg_degree_functions[];

#endif
