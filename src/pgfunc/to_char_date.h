/* to_char of dates, timestamps and intervals. Lines of the list in format.c. */
#ifndef TAVANA_PGFUNC_TO_CHAR_DATE_H
#define TAVANA_PGFUNC_TO_CHAR_DATE_H

#include "pgfunc/function.h"

/* Each NULL for an empty template and for infinity; 22007 for a pattern that an interval has no value for. */
pg_function_fn to_char_date, to_char_timestamp, to_char_timestamptz, to_char_time, to_char_interval;

#endif
