/* What to_date and to_timestamp read from a text, pattern by pattern, before it becomes a moment. Pure. */
#ifndef TAVANA_PGFUNC_DATE_FIELDS_H
#define TAVANA_PGFUNC_DATE_FIELDS_H

#include "base/err.h"
#include "base/str.h"
#include "pgfunc/date_template.h"

#include <stdbool.h>
#include <stdint.h>

/* As they stand in the text; 0: not there. */
struct date_fields {
    enum date_convention convention;
    int year, year_digits, month, day, day_of_year, day_of_week, week, week_of_month, century, julian;
    int hour, minute, second, milliseconds, micros, second_of_day;
    int zone_sign, zone_hour, zone_minute; /* sign 0: no zone */
    int precision;                         /* of FF1 to FF6; 0: there is none */
    bool is_12_hours;
    int is_pm, is_bc;
};

/* 22007 for what does not match the template, 22008 for numbers beyond 32 bits, 0A000 for TZ and OF. What of
 * the text is left behind the template does not matter, nor what of the template behind the text. */
int date_fields_read(struct date_fields *f, struct str text, struct date_template template, struct err *e);

#endif
