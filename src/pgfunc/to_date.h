/* to_date and to_timestamp by a template. Lines of the list in format.c. */
#ifndef TAVANA_PGFUNC_TO_DATE_H
#define TAVANA_PGFUNC_TO_DATE_H

#include "pgfunc/function.h"

/* Both: what date_fields.h says, and 22008 for what the type does not hold. */
pg_function_fn to_date, to_timestamp;

#endif
