#include "pgfunc/date_resolve.h"

#include "base/status.h"
#include "pgfunc/calendar.h"
#include "pgtype/calendar.h"

#include <assert.h>

/* The date as it comes together, and which parts of it are known. */
struct day_parts {
    int64_t year, month, day;
    bool has_year, has_month, has_day;
};

static int overflow(struct str text, struct err *e)
{
    return err_set(e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%.*s\"",
                   (int)text.n, text.p);
}

/* Two digits or fewer are a year of a century that is given as well. */
static int64_t year_of_century(const struct date_fields *f)
{
    int64_t century = f->is_bc ? -(int64_t)f->century : f->century, year = f->year % 100;
    if (year == 0)
        return century * 100 + (century >= 0 ? 0 : 1);
    return century >= 0 ? year + (century - 1) * 100 : (century + 1) * 100 - year + 1;
}

static void resolve_year(const struct date_fields *f, struct day_parts *p)
{
    if (f->year != 0 && f->century != 0 && f->year_digits <= 2) {
        p->year = year_of_century(f);
    } else if (f->year != 0) {
        p->year = f->is_bc ? -(int64_t)f->year : f->year;
        p->year += p->year < 0;   /* there is no year 0 */
    } else if (f->century != 0) { /* its first year */
        int64_t century = f->is_bc ? -(int64_t)f->century : f->century;
        p->year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
    }
    p->has_year = f->year != 0 || f->century != 0;
}

static void set_date(struct day_parts *p, int64_t days)
{
    unsigned month, day;
    civil_from_days(days, &p->year, &month, &day);
    p->month = month;
    p->day = day;
    p->has_year = p->has_month = p->has_day = true;
}

/* The week's Monday, or a day of it. */
static void resolve_iso_week(const struct date_fields *f, struct day_parts *p)
{
    int64_t days = iso_year_start(p->year) + ((int64_t)f->week - 1) * 7;
    if (f->day_of_week != 0)
        days += f->day_of_week > 1 ? f->day_of_week - 2 : 6; /* Sunday is 1, and the week's last day */
    set_date(p, days);
}

static int resolve_day_of_year(const struct date_fields *f, int64_t day_of_year, struct day_parts *p,
                               struct err *e)
{
    if (p->year == 0 && !f->is_bc)
        return err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT,
                       "cannot calculate day of year without year information");
    if (f->convention == DATE_ISO) {
        set_date(p, iso_year_start(p->year) + day_of_year - 1);
        return ST_OK;
    }
    struct day_parts found = {0};
    int64_t last = is_leap_year(p->year) ? 366 : 365; /* what is beyond it is in a thirteenth month */
    if (day_of_year < 1) {
        found.month = 1;
        found.day = day_of_year;
    } else if (day_of_year > last) {
        found.month = 13;
        found.day = day_of_year - last;
    } else {
        set_date(&found, days_from_civil(p->year, 1, 1) + day_of_year - 1);
    }
    if (p->month <= 1)
        p->month = found.month;
    if (p->day <= 1)
        p->day = found.day;
    p->has_month = p->has_day = true;
    return ST_OK;
}

static int resolve_day(const struct date_fields *f, struct day_parts *p, struct err *e)
{
    int64_t day_of_year = f->day_of_year, day = f->day;
    resolve_year(f, p);
    if (f->julian != 0)
        set_date(p, f->julian - JULIAN_OF_1970);
    if (f->week != 0 && f->convention == DATE_ISO)
        resolve_iso_week(f, p);
    else if (f->week != 0)
        day_of_year = ((int64_t)f->week - 1) * 7 + 1;
    if (f->week_of_month != 0)
        day = ((int64_t)f->week_of_month - 1) * 7 + 1;
    if (day != 0) {
        p->day = day;
        p->has_day = true;
    }
    if (f->month != 0) {
        p->month = f->month;
        p->has_month = true;
    }
    if (day_of_year != 0 && (p->month <= 1 || p->day <= 1))
        return resolve_day_of_year(f, day_of_year, p, e);
    return ST_OK;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    assert(month >= 1 && month <= 12);
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year));
}

static bool day_is_valid(const struct day_parts *p)
{
    if ((p->has_month && (p->month < 1 || p->month > 12)) || (p->has_day && (p->day < 1 || p->day > 31)))
        return false;
    return !(p->has_year && p->has_month && p->has_day) || p->day <= days_in_month(p->year, p->month);
}

struct time_parts {
    int64_t hour, minute, second, fraction;
};

static int resolve_time(const struct date_fields *f, struct time_parts *p, struct err *e)
{
    *p = (struct time_parts){f->hour, f->minute, f->second, (int64_t)f->milliseconds * 1000 + f->micros};
    if (f->second_of_day != 0) {
        p->hour = p->hour ? p->hour : f->second_of_day / 3600;
        p->minute = p->minute ? p->minute : f->second_of_day % 3600 / 60;
        p->second = p->second ? p->second : f->second_of_day % 60;
    }
    if (!f->is_12_hours)
        return ST_OK;
    if (p->hour < 1 || p->hour > 12) {
        (void)err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT, "hour \"%d\" is invalid for the 12-hour clock",
                      (int)p->hour);
        err_hint(e, "Use the 24-hour clock, or give an hour between 1 and 12.");
        return ST_ERR;
    }
    p->hour = p->hour % 12 + (f->is_pm ? 12 : 0);
    return ST_OK;
}

static bool time_is_valid(const struct time_parts *p)
{
    return p->hour >= 0 && p->hour < 24 && p->minute >= 0 && p->minute < 60 && p->second >= 0 &&
           p->second < 60 && p->fraction >= 0 && p->fraction < CALENDAR_MICROS_A_SECOND;
}

int date_fields_resolve(const struct date_fields *f, struct str text, struct date_moment *m, struct err *e)
{
    enum { ZONE_HOURS_MAX = 15 };
    struct day_parts p = {.month = 1, .day = 1};
    struct time_parts t;
    TRY(resolve_time(f, &t, e));
    TRY(resolve_day(f, &p, e));
    if (!day_is_valid(&p) || !time_is_valid(&t))
        return overflow(text, e);
    *m = (struct date_moment){
        .days = days_from_civil(p.year, (unsigned)p.month, 1) + p.day - 1,
        .micros = (t.hour * 3600 + t.minute * 60 + t.second) * CALENDAR_MICROS_A_SECOND + t.fraction,
        .precision = f->precision,
        .has_zone = f->zone_sign != 0,
    };
    if (!m->has_zone)
        return ST_OK;
    if (f->zone_hour < 0 || f->zone_hour > ZONE_HOURS_MAX || f->zone_minute < 0 || f->zone_minute >= 60)
        return err_set(e, SQLSTATE_INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
                       "time zone displacement out of range: \"%.*s\"", (int)text.n, text.p);
    m->offset = f->zone_sign * (f->zone_hour * 3600 + f->zone_minute * 60);
    return ST_OK;
}
