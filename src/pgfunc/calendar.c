#include "pgfunc/calendar.h"

#include "pgtype/calendar.h"

#include <assert.h>

int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    assert(month >= -11 && month <= 12);
    int64_t from_march = month > 2 ? month - 3 : month + 9, of_year = 153 * from_march + 2;
    return days_from_civil(month > 2 ? year : year - 1, 3, 1) + of_year / 5 - (of_year % 5 < 0) + day - 1;
}

int64_t iso_year_start(int64_t year)
{
    int64_t fourth = days_from_civil(year, 1, 4);
    return fourth - (weekday_of(fourth) + 6) % 7;
}

int64_t iso_year_of(int64_t days, int64_t year)
{
    if (days < iso_year_start(year))
        return year - 1;
    return days >= iso_year_start(year + 1) ? year + 1 : year;
}
