/* Arrays as PostgreSQL shows them. Pure. Any thread. Source: PostgreSQL 15 manual, 8.15.6. */
#ifndef TAVANA_PGFUNC_LISTS_H
#define TAVANA_PGFUNC_LISTS_H

#include "pgfunc/function.h"

extern const struct pg_function pg_list_functions[];

#endif
