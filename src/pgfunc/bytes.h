/* Functions of bytea. Pure. Any thread. Source: PostgreSQL 15 manual, 9.5 Binary String Functions. */
#ifndef TAVANA_PGFUNC_BYTES_H
#define TAVANA_PGFUNC_BYTES_H

#include "pgfunc/function.h"

extern const struct pg_function pg_bytes_functions[];

#endif
