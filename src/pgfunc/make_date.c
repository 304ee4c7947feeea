/* Dates and times put together from their parts. Source: PostgreSQL 15 manual, table 9.33. */
#include "pgfunc/make_date.h"

#include "base/alloc.h"
#include "pgfunc/calendar.h"
#include "pgfunc/to_date.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Days since 1970. Years below 0 are BC; there is no year 0. */
static int make_days(struct pg_call *call, int64_t *days)
{
    assert(call->nargs >= 3);
    const int64_t year = call->args[0].integer, month = call->args[1].integer, day = call->args[2].integer;
    bool ok = year != 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
    if (ok) {
        int64_t astronomical = year < 0 ? year + 1 : year;
        int64_t next = month == 12 ? days_from_civil(astronomical + 1, 1, 1)
                                   : days_from_civil(astronomical, (unsigned)month + 1, 1);
        *days = days_from_civil(astronomical, (unsigned)month, (unsigned)day);
        ok = *days < next;
    }
    if (!ok)
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW,
                       "date field value out of range: %lld-%02lld-%02lld", (long long)year, (long long)month,
                       (long long)day);
    if (*days < CALENDAR_FIRST_DAY || *days > CALENDAR_LAST_DAY)
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date out of range: %lld-%02lld-%02lld",
                       (long long)year, (long long)month, (long long)day);
    return ST_OK;
}

/* Microseconds of the day, from three arguments. 60 seconds and the day's last moment, 24:00, are taken. */
static int make_micros(struct pg_call *call, const struct pg_value *args, int64_t *micros)
{
    const int64_t hour = args[0].integer, minute = args[1].integer;
    const double fraction = rint(args[2].real * (double)CALENDAR_MICROS_A_SECOND);
    if (hour >= 0 && hour <= 24 && minute >= 0 && minute < 60 && fraction >= 0 &&
        fraction <= 60.0 * (double)CALENDAR_MICROS_A_SECOND) {
        *micros = (hour * 60 + minute) * 60 * CALENDAR_MICROS_A_SECOND + (int64_t)fraction;
        if (*micros <= CALENDAR_MICROS_A_DAY)
            return ST_OK;
    }
    return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW,
                   "time field value out of range: %lld:%02lld:%02g", (long long)hour, (long long)minute,
                   args[2].real);
}

static int make_date(struct pg_call *call)
{
    return make_days(call, &call->result.integer);
}

static int make_time(struct pg_call *call)
{
    return make_micros(call, call->args, &call->result.integer);
}

static int timestamp_out_of_range(struct pg_call *call)
{
    const struct pg_value *a = call->args;
    return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW,
                   "timestamp out of range: %lld-%02lld-%02lld %lld:%02lld:%02g", (long long)a[0].integer,
                   (long long)a[1].integer, (long long)a[2].integer, (long long)a[3].integer,
                   (long long)a[4].integer, a[5].real);
}

static int make_timestamp(struct pg_call *call)
{
    assert(call->nargs >= 6);
    int64_t days = 0, micros = 0, sum;
    TRY(make_days(call, &days));
    TRY(make_micros(call, call->args + 3, &micros));
    if (__builtin_mul_overflow(days, CALENDAR_MICROS_A_DAY, &sum) ||
        __builtin_add_overflow(sum, micros, &sum) || sum == INT64_MAX)
        return timestamp_out_of_range(call);
    call->result.integer = sum;
    return ST_OK;
}

static int in_zone(struct pg_call *call, const struct tz *zone)
{
    TRY(make_timestamp(call));
    int64_t local = call->result.integer, micros = local % CALENDAR_MICROS_A_SECOND, sum;
    if (micros < 0)
        micros += CALENDAR_MICROS_A_SECOND;
    int64_t utc = tz_local_to_utc(zone, (local - micros) / CALENDAR_MICROS_A_SECOND);
    if (__builtin_mul_overflow(utc, CALENDAR_MICROS_A_SECOND, &sum) ||
        __builtin_add_overflow(sum, micros, &sum) || sum < CALENDAR_FIRST_TIMESTAMP || sum == INT64_MAX)
        return timestamp_out_of_range(call);
    call->result.integer = sum;
    return ST_OK;
}

static int make_timestamptz(struct pg_call *call)
{
    return in_zone(call, call->zone);
}

/* A zone by its name, or an offset with its sign. */
static int make_timestamptz_in(struct pg_call *call)
{
    assert(call->nargs == 7);
    const struct str name = call->args[6].text;
    char text[TZ_NAME_MAX];
    struct err ignored;
    const struct tz *zone = NULL;
    if (name.n > 0 && name.p[0] >= '0' && name.p[0] <= '9') {
        (void)err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                      "invalid input syntax for type numeric time zone: \"%.*s\"", (int)name.n, name.p);
        err_hint(call->e, "Numeric time zones must have \"-\" or \"+\" as first character.");
        return ST_ERR;
    }
    err_init(&ignored);
    size_t n = str_copy(name, text, sizeof text);
    if (text[0] == '+' || text[0] == '-') /* here a number counts east, where names of zones count west */
        text[0] = text[0] == '+' ? '-' : '+';
    if (n < name.n || tz_find(&zone, text, &ignored) < 0)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone \"%.*s\" not recognized",
                       (int)name.n, name.p);
    int st = in_zone(call, zone);
    tz_unref(zone);
    return st;
}

/* Seconds since 1970. */
static int to_timestamp_of_real(struct pg_call *call)
{
    const double v = call->args[0].real, micros = rint(v * (double)CALENDAR_MICROS_A_SECOND);
    if (isnan(v))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN");
    if (isinf(v)) {
        call->result.integer = v > 0 ? INT64_MAX : -INT64_MAX;
        return ST_OK;
    }
    if (!(micros >= (double)CALENDAR_FIRST_TIMESTAMP && micros < (double)INT64_MAX))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range: \"%g\"", v);
    call->result.integer = (int64_t)micros;
    return ST_OK;
}

static int interval_out_of_range(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval out of range");
}

/* years, months, weeks, days, hours, minutes, seconds */
static int make_interval(struct pg_call *call)
{
    const struct pg_value *a = call->args;
    assert(call->nargs == 7);
    int64_t months = a[0].integer * 12 + a[1].integer, days = a[2].integer * 7 + a[3].integer;
    int64_t micros = (a[4].integer * 60 + a[5].integer) * 60 * CALENDAR_MICROS_A_SECOND;
    double seconds = rint(a[6].real * (double)CALENDAR_MICROS_A_SECOND);
    if (!(fabs(seconds) < 9.2e18) || __builtin_add_overflow(micros, (int64_t)seconds, &micros) ||
        months != (int32_t)months || days != (int32_t)days)
        return interval_out_of_range(call);
    call->result.interval = (struct pg_interval){(int32_t)months, (int32_t)days, micros};
    return ST_OK;
}

#define CLOCK PG_INT4, PG_INT4, PG_FLOAT8

const struct pg_function pg_make_functions[] = {
    {.name = "pg_make_date", .args = {PG_INT4, PG_INT4, PG_INT4}, .result = PG_DATE, .call = make_date},
    {.name = "pg_make_time", .args = {CLOCK}, .result = PG_TIME, .call = make_time},
    {.name = "pg_make_timestamp",
     .args = {PG_INT4, PG_INT4, PG_INT4, CLOCK},
     .result = PG_TIMESTAMP,
     .call = make_timestamp},
    {.name = "pg_make_timestamptz",
     .args = {PG_INT4, PG_INT4, PG_INT4, CLOCK},
     .result = PG_TIMESTAMPTZ,
     .call = make_timestamptz,
     .needs_zone = true},
    {.name = "pg_make_timestamptz",
     .args = {PG_INT4, PG_INT4, PG_INT4, CLOCK, PG_TEXT},
     .result = PG_TIMESTAMPTZ,
     .call = make_timestamptz_in},
    {.name = "pg_make_interval",
     .args = {PG_INT4, PG_INT4, PG_INT4, PG_INT4, CLOCK},
     .result = PG_INTERVAL,
     .call = make_interval},
    {.name = "pg_to_timestamp", .args = {PG_FLOAT8}, .result = PG_TIMESTAMPTZ, .call = to_timestamp_of_real},
    {.name = "pg_to_timestamp",
     .args = {PG_TEXT, PG_TEXT},
     .result = PG_TIMESTAMPTZ,
     .call = to_timestamp,
     .forget = mem_free,
     .needs_zone = true},
    {.name = NULL},
};
