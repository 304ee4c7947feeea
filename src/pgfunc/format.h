/* Formatting functions: to_char, to_date, to_timestamp, to_number. */
#ifndef TAVANA_PGFUNC_FORMAT_H
#define TAVANA_PGFUNC_FORMAT_H

#include "pgfunc/function.h"

extern const struct pg_function pg_format_functions[];

#endif
