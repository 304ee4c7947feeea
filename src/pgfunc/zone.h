/* AT TIME ZONE with an interval. Pure. Any thread. Source: PostgreSQL 15 manual, 9.9.4 AT TIME ZONE. */
#ifndef TAVANA_PGFUNC_ZONE_H
#define TAVANA_PGFUNC_ZONE_H

#include "pgfunc/function.h"

extern const struct pg_function pg_zone_functions[];

#endif
