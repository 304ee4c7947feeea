/* to_char of numbers. Lines of the list in format.c. */
#ifndef TAVANA_PGFUNC_TO_CHAR_NUMBER_H
#define TAVANA_PGFUNC_TO_CHAR_NUMBER_H

#include "pgfunc/function.h"

/* Each: 42601 for a template that goes together with itself badly, 22003 for what V or RN makes too large. */
pg_function_fn to_char_int4, to_char_int8, to_char_hugeint, to_char_float4, to_char_float8, to_char_numeric;

#endif
