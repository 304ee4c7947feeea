/* What macros ask of an operand's type while a statement is planned, by the engine's name of it (its typeof).
 * An answer over a constant is a constant, so that one branch of a CASE stays. Pure. Any thread.
 *   pg_is_shown(t)    its text is PostgreSQL's by pg_show (engine/shown.h), not by the engine's cast
 *   pg_joins_shown(t) the same of x || 'literal'; 0A000 and 22P02 where PostgreSQL reads that as x's type
 *   pg_casts(t, to)   true; 42846: PostgreSQL has no such cast
 * Source: PostgreSQL 15's pg_cast; manual, 9.4. */
#ifndef TAVANA_PGFUNC_OPERANDS_H
#define TAVANA_PGFUNC_OPERANDS_H

#include "pgfunc/function.h"

extern const struct pg_function pg_operand_functions[];

#endif
