/* Weeks, weekdays and Julian days, as templates name them. Years are astronomical: 0 is 1 BC. Pure. */
#ifndef TAVANA_PGFUNC_CALENDAR_H
#define TAVANA_PGFUNC_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define JULIAN_OF_1970 INT64_C(2440588)

static inline bool is_leap_year(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* 0 is Sunday; days count from 1970-01-01. */
static inline int weekday_of(int64_t days)
{
    return (int)(((days + 4) % 7 + 7) % 7);
}

/* Days since 1970-01-01 of months from -11 on and any day, as an interval has them: years begin in March
 * here, and the months before go on in the pattern of those behind. */
int64_t days_of(int64_t year, int64_t month, int64_t day);
/* The Monday that the year's first ISO week begins with: the one that has its January 4th. */
int64_t iso_year_start(int64_t year);
/* The ISO year that a day is in, given its calendar year. */
int64_t iso_year_of(int64_t days, int64_t year);

#endif
