/* date_part and extract, as pg_date_part and pg_extract, since the engine has others. */
#ifndef TAVANA_PGFUNC_DATE_PART_H
#define TAVANA_PGFUNC_DATE_PART_H

#include "pgfunc/function.h"

extern const struct pg_function pg_date_part_functions[];

#endif
