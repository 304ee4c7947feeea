/* Values made to fit a type with a modifier: what sql/assign.h puts around them. The list is the room's. */
#ifndef TAVANA_PGFUNC_FIT_H
#define TAVANA_PGFUNC_FIT_H

#include "pgfunc/function.h"

extern const struct pg_function pg_fit_functions[];

#endif
