/* Names of the units that date_part, extract and date_trunc take. Pure.
 * Source: PostgreSQL 15 manual, 9.9.1 and 9.9.2. */
#ifndef TAVANA_PGFUNC_DATE_UNIT_H
#define TAVANA_PGFUNC_DATE_UNIT_H

#include "base/str.h"
#include "pgfunc/function.h"

enum date_unit {
    UNIT_UNKNOWN,
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM,
    /* Of date_part and extract alone. */
    UNIT_DAY_OF_WEEK,
    UNIT_ISO_DAY_OF_WEEK,
    UNIT_DAY_OF_YEAR,
    UNIT_ISO_YEAR,
    UNIT_JULIAN,
    UNIT_EPOCH,
    UNIT_ZONE,
    UNIT_ZONE_HOUR,
    UNIT_ZONE_MINUTE,
};

/* What the call's first argument names, in any case; ten characters of a name count. Most calls name the same
 * unit in each row: what was found last is kept for the next row. */
enum date_unit date_unit_of(struct pg_call *call);

/* The call's first argument is no unit at all. 22023 */
int date_unit_unknown(struct pg_call *call, const char *type);
/* It is one that the type has not. 0A000 */
int date_unit_unsupported(struct pg_call *call, const char *type);

#endif
