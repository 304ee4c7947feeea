/* What enums have for a number, for the rows of pg_type. Pure. Any thread. */
#ifndef TAVANA_PGFUNC_ENUMS_H
#define TAVANA_PGFUNC_ENUMS_H

#include "pgfunc/function.h"

extern const struct pg_function pg_enum_functions[];

#endif
