/* jsonb's operators and functions, and those of json that need its text. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 9.16. */
#ifndef TAVANA_PGFUNC_JSONB_H
#define TAVANA_PGFUNC_JSONB_H

#include "pgfunc/function.h"

extern const struct pg_function pg_jsonb_functions[];

#endif
