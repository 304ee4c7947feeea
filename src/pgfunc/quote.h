/* Names and literals as SQL spells them, and format. Pure. Any thread. Source: PostgreSQL 15 manual, 9.4. */
#ifndef TAVANA_PGFUNC_QUOTE_H
#define TAVANA_PGFUNC_QUOTE_H

#include "pgfunc/function.h"

extern const struct pg_function pg_quote_functions[];

#endif
