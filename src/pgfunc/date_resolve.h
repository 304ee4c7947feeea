/* The moment that the fields of to_date and to_timestamp say. Pure. */
#ifndef TAVANA_PGFUNC_DATE_RESOLVE_H
#define TAVANA_PGFUNC_DATE_RESOLVE_H

#include "pgfunc/date_fields.h"

struct date_moment {
    int64_t days;   /* since 1970 */
    int64_t micros; /* of the day */
    int precision;  /* digits of a second's fraction that count; 0: all */
    bool has_zone;
    int32_t offset; /* seconds east */
};

/* The moment that they say. 22007 for fields that say none, 22008 and 22009 beyond their ranges; text is for
 * the words of errors. */
int date_fields_resolve(const struct date_fields *f, struct str text, struct date_moment *m, struct err *e);

#endif
