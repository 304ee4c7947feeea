/* to_number. Lines of the list in format.c. */
#ifndef TAVANA_PGFUNC_TO_NUMBER_H
#define TAVANA_PGFUNC_TO_NUMBER_H

#include "pgfunc/function.h"

/* NULL for an empty template; 22P02 where the text has no digits for it; 22003 for more digits than it has
 * places, or than a numeric has here; 0A000 for RN and EEEE; 42601 as to_char. */
pg_function_fn to_number;

#endif
