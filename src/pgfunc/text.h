/* Functions of text. Pure. Any thread. Source: PostgreSQL 15 manual, 9.4 String Functions and Operators. */
#ifndef TAVANA_PGFUNC_TEXT_H
#define TAVANA_PGFUNC_TEXT_H

#include "pgfunc/function.h"

extern const struct pg_function pg_text_functions[];

#endif
