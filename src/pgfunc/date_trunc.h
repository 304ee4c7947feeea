/* date_trunc, as pg_date_trunc, since the engine has another. */
#ifndef TAVANA_PGFUNC_DATE_TRUNC_H
#define TAVANA_PGFUNC_DATE_TRUNC_H

#include "pgfunc/function.h"

extern const struct pg_function pg_date_trunc_functions[];

#endif
