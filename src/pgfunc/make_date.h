/* make_date and its kin, under names of their own: pg_make_date …, since the engine has others. */
#ifndef TAVANA_PGFUNC_MAKE_DATE_H
#define TAVANA_PGFUNC_MAKE_DATE_H

#include "pgfunc/function.h"

extern const struct pg_function pg_make_functions[];

#endif
