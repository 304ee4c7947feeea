/* Days and dates of the proleptic Gregorian calendar, astronomical years (0 is 1 BC). Source: Euclidean
 * affine functions as in H. Hinnant, "chrono-compatible low-level date algorithms". */
#ifndef TAVANA_PGTYPE_CALENDAR_H
#define TAVANA_PGTYPE_CALENDAR_H

#include <stdint.h>

enum { CALENDAR_ERA_DAYS = 146097, CALENDAR_ERA_YEARS = 400, CALENDAR_1970_FROM_MARCH_0 = 719468 };

/* PostgreSQL counts from 2000-01-01, the engine from 1970-01-01. */
enum { CALENDAR_DAYS_TO_2000 = 10957 };
#define CALENDAR_MICROS_A_SECOND INT64_C(1000000)
#define CALENDAR_MICROS_A_DAY    (86400 * CALENDAR_MICROS_A_SECOND)
#define CALENDAR_MICROS_TO_2000  (CALENDAR_DAYS_TO_2000 * CALENDAR_MICROS_A_DAY)

/* PostgreSQL's ranges, in days and microseconds since 1970. Both begin on 4714-11-24 BC, Julian day 0. Dates
 * end with 5874897-12-31; its timestamps end with the year 294276, later than the engine's 64 bits, so that
 * every later timestamp of the engine has a form in PostgreSQL. */
#define CALENDAR_FIRST_DAY       INT64_C(-2440588)
#define CALENDAR_LAST_DAY        INT64_C(2145042905)
#define CALENDAR_FIRST_TIMESTAMP (CALENDAR_FIRST_DAY * CALENDAR_MICROS_A_DAY)

/* Days since 1970-01-01; the month is 1 to 12. */
static inline int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2; /* years begin in March, so that the leap day is the last */
    int64_t era = (year >= 0 ? year : year - (CALENDAR_ERA_YEARS - 1)) / CALENDAR_ERA_YEARS;
    unsigned of_era = (unsigned)(year - era * CALENDAR_ERA_YEARS);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * CALENDAR_ERA_DAYS + (int64_t)day_of_era - CALENDAR_1970_FROM_MARCH_0;
}

static inline void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += CALENDAR_1970_FROM_MARCH_0;
    int64_t era = (days >= 0 ? days : days - (CALENDAR_ERA_DAYS - 1)) / CALENDAR_ERA_DAYS;
    unsigned of_era = (unsigned)(days - era * CALENDAR_ERA_DAYS);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int64_t)year_of_era + era * CALENDAR_ERA_YEARS + (*month <= 2);
}

#endif
