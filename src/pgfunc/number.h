/* Functions of numbers: div, gcd, lcm, sign, exp and kin, with PostgreSQL's types and errors. Pure.
 * Any thread. Source: PostgreSQL 15 manual, 9.3. */
#ifndef TAVANA_PGFUNC_NUMBER_H
#define TAVANA_PGFUNC_NUMBER_H

#include "pgfunc/function.h"

extern const struct pg_function pg_number_functions[];

#endif
