/* justify_days and its kin, date_bin, isfinite of intervals. */
#ifndef TAVANA_PGFUNC_INTERVAL_H
#define TAVANA_PGFUNC_INTERVAL_H

#include "pgfunc/function.h"

extern const struct pg_function pg_interval_functions[];

#endif
