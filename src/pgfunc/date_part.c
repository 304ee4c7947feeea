/* date_part, which answers double precision, and extract, which answers numeric. */
#include "pgfunc/date_part.h"

#include "pgfunc/calendar.h"
#include "pgfunc/date_unit.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <math.h>

/* v / 10^digits, exactly, or an infinity. */
struct part {
    __int128 v;
    int digits;
    int infinity; /* its sign; 0: none */
    bool null, fails;
};

static struct part whole(int64_t v)
{
    return (struct part){.v = v};
}

/* ---- what a unit is of a moment ---- */

/* There is no year 0, and what groups years counts from 1 BC backwards. */
static int64_t year_part(enum date_unit unit, int64_t year)
{
    switch (unit) {
    case UNIT_DECADE: return year >= 0 ? year / 10 : -((9 - year) / 10);
    case UNIT_CENTURY: return year > 0 ? (year + 99) / 100 : -((100 - year) / 100);
    case UNIT_MILLENNIUM: return year > 0 ? (year + 999) / 1000 : -((1000 - year) / 1000);
    default: return year > 0 ? year : year - 1;
    }
}

static struct part day_part(enum date_unit unit, int64_t days)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_DAY: return whole(day);
    case UNIT_MONTH: return whole(month);
    case UNIT_QUARTER: return whole((month - 1) / 3 + 1);
    case UNIT_WEEK: return whole((days - iso_year_start(iso_year_of(days, year))) / 7 + 1);
    case UNIT_DAY_OF_WEEK: return whole(weekday_of(days));
    case UNIT_ISO_DAY_OF_WEEK: return whole((weekday_of(days) + 6) % 7 + 1);
    case UNIT_DAY_OF_YEAR: return whole(days - days_from_civil(year, 1, 1) + 1);
    case UNIT_ISO_YEAR: return whole(year_part(UNIT_YEAR, iso_year_of(days, year)));
    case UNIT_YEAR:
    case UNIT_DECADE:
    case UNIT_CENTURY:
    case UNIT_MILLENNIUM: return whole(year_part(unit, year));
    default: return (struct part){.fails = true};
    }
}

/* Of microseconds within a day, or of an interval. */
static struct part time_part(enum date_unit unit, int64_t micros)
{
    int64_t of_minute = micros % (60 * CALENDAR_MICROS_A_SECOND),
            minutes = micros / (60 * CALENDAR_MICROS_A_SECOND);
    switch (unit) {
    case UNIT_MICROSECOND: return whole(of_minute);
    case UNIT_MILLISECOND: return (struct part){.v = of_minute, .digits = 3};
    case UNIT_SECOND: return (struct part){.v = of_minute, .digits = 6};
    case UNIT_MINUTE: return whole(minutes % 60);
    case UNIT_HOUR: return whole(minutes / 60);
    default: return (struct part){.fails = true};
    }
}

/* Day 0 begins at noon of PostgreSQL's own count: a day and its fraction, to the digits of a numeric. */
static struct part julian_part(int64_t days, int64_t of_day)
{
    __int128 unit = 1;
    for (int i = 0; i < PG_NUMERIC_SCALE; i++)
        unit *= 10;
    __int128 fraction = (of_day * unit + CALENDAR_MICROS_A_DAY / 2) / CALENDAR_MICROS_A_DAY;
    return (struct part){.v = (days + JULIAN_OF_1970) * unit + fraction, .digits = PG_NUMERIC_SCALE};
}

static struct part moment_part(enum date_unit unit, int64_t micros)
{
    int64_t days = micros / CALENDAR_MICROS_A_DAY, of_day = micros % CALENDAR_MICROS_A_DAY;
    if (of_day < 0) {
        days--;
        of_day += CALENDAR_MICROS_A_DAY;
    }
    if (unit == UNIT_JULIAN)
        return julian_part(days, of_day);
    if (unit == UNIT_EPOCH)
        return (struct part){.v = micros, .digits = 6};
    struct part p = time_part(unit, of_day);
    return p.fails ? day_part(unit, days) : p;
}

static struct part zone_part(enum date_unit unit, int32_t offset)
{
    switch (unit) {
    case UNIT_ZONE: return whole(offset);
    case UNIT_ZONE_HOUR: return whole(offset / 3600);
    default: return whole(offset % 3600 / 60);
    }
}

/* Those that grow with time are infinite; the others are not known. */
static struct part infinite_part(enum date_unit unit, int sign)
{
    switch (unit) {
    case UNIT_YEAR:
    case UNIT_DECADE:
    case UNIT_CENTURY:
    case UNIT_MILLENNIUM:
    case UNIT_ISO_YEAR:
    case UNIT_JULIAN:
    case UNIT_EPOCH: return (struct part){.infinity = sign};
    default: return (struct part){.null = true};
    }
}

/* Each unit is asked of the field that holds it, and nothing is carried: 30 hours have no day, and 40 days no
 * month. */
static struct part interval_part(enum date_unit unit, const struct pg_interval *i)
{
    const int64_t year_quarters = 1461, day_seconds = 86400;
    int64_t years = i->months / 12, months = i->months % 12;
    switch (unit) {
    case UNIT_DAY: return whole(i->days);
    case UNIT_MONTH: return whole(months);
    case UNIT_QUARTER: return whole(months / 3 + 1);
    case UNIT_YEAR: return whole(years);
    case UNIT_DECADE: return whole(years / 10);
    case UNIT_CENTURY: return whole(years / 100);
    case UNIT_MILLENNIUM: return whole(years / 1000);
    case UNIT_EPOCH: /* a year has 365.25 days, a month 30 */
        return (struct part){.v = ((__int128)years * year_quarters * (day_seconds / 4) +
                                   ((__int128)months * 30 + i->days) * day_seconds) *
                                      CALENDAR_MICROS_A_SECOND +
                                  i->micros,
                             .digits = 6};
    default: return time_part(unit, i->micros);
    }
}

/* ---- the functions ---- */

static int store_real(struct pg_call *call, struct part p)
{
    call->result.is_null = p.null;
    call->result.real = p.infinity      ? (double)p.infinity * HUGE_VAL
                        : p.digits == 0 ? (double)p.v
                                        : (double)p.v / pow(10, p.digits);
    return ST_OK;
}

/* PostgreSQL's numeric has infinities and the engine's has none, so that extract fails where date_part, whose
 * answer is a double, gives one. */
static int store_numeric(struct pg_call *call, struct part p)
{
    if (p.infinity)
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "infinity is not supported in a numeric");
    static const int64_t tens[PG_NUMERIC_SCALE + 1] = {
        10000000000, 1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    assert(p.digits <= PG_NUMERIC_SCALE);
    call->result.is_null = p.null;
    call->result.wide = p.v * tens[p.digits];
    return ST_OK;
}

typedef int store_fn(struct pg_call *call, struct part p);

static int is_infinite(int64_t v, int64_t infinity)
{
    return v == infinity ? 1 : v == -infinity ? -1 : 0;
}

static int of_timestamp(struct pg_call *call, int64_t micros, store_fn *store)
{
    static const char type[] = "timestamp without time zone";
    assert(call->nargs == 2);
    enum date_unit unit = date_unit_of(call);
    if (unit == UNIT_UNKNOWN)
        return date_unit_unknown(call, type);
    int sign = is_infinite(micros, INT64_MAX);
    if (sign)
        return store(call, infinite_part(unit, sign));
    return unit >= UNIT_ZONE ? date_unit_unsupported(call, type) : store(call, moment_part(unit, micros));
}

/* Units are those of the session's zone, but for epoch, which is the same in all zones. */
static int of_timestamptz(struct pg_call *call, store_fn *store)
{
    const int64_t micros = call->args[1].integer;
    assert(call->nargs == 2);
    enum date_unit unit = date_unit_of(call);
    if (unit == UNIT_UNKNOWN)
        return date_unit_unknown(call, "timestamp with time zone");
    int sign = is_infinite(micros, INT64_MAX);
    if (sign)
        return store(call, infinite_part(unit, sign));
    if (unit == UNIT_EPOCH)
        return store(call, moment_part(unit, micros));
    int64_t second = micros / CALENDAR_MICROS_A_SECOND - (micros % CALENDAR_MICROS_A_SECOND < 0), local;
    int32_t offset = tz_offset_at(call->zone, second);
    if (unit >= UNIT_ZONE)
        return store(call, zone_part(unit, offset));
    if (__builtin_add_overflow(micros, offset * CALENDAR_MICROS_A_SECOND, &local))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    return store(call, moment_part(unit, local));
}

static int of_interval(struct pg_call *call, store_fn *store)
{
    static const char type[] = "interval";
    assert(call->nargs == 2);
    enum date_unit unit = date_unit_of(call);
    if (unit == UNIT_UNKNOWN)
        return date_unit_unknown(call, type);
    struct part p = interval_part(unit, &call->args[1].interval);
    return p.fails ? date_unit_unsupported(call, type) : store(call, p);
}

static int of_time(struct pg_call *call, store_fn *store)
{
    static const char type[] = "time without time zone";
    assert(call->nargs == 2);
    enum date_unit unit = date_unit_of(call);
    const int64_t micros = call->args[1].integer;
    if (unit == UNIT_UNKNOWN)
        return date_unit_unknown(call, type);
    if (unit == UNIT_EPOCH)
        return store(call, (struct part){.v = micros, .digits = 6});
    struct part p = time_part(unit, micros);
    return p.fails ? date_unit_unsupported(call, type) : store(call, p);
}

/* A date is its midnight … */
static int part_of_date(struct pg_call *call)
{
    int64_t days = call->args[1].integer, micros;
    if (is_infinite(days, INT32_MAX))
        micros = days > 0 ? INT64_MAX : -INT64_MAX;
    else if (__builtin_mul_overflow(days, CALENDAR_MICROS_A_DAY, &micros))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date out of range for timestamp");
    return of_timestamp(call, micros, store_real);
}

/* … but to extract, which takes no hour of one. */
static int extract_of_date(struct pg_call *call)
{
    const int64_t days = call->args[1].integer;
    assert(call->nargs == 2);
    enum date_unit unit = date_unit_of(call);
    if (unit == UNIT_UNKNOWN)
        return date_unit_unknown(call, "date");
    int sign = is_infinite(days, INT32_MAX);
    if (unit <= UNIT_HOUR || unit >= UNIT_ZONE)
        return date_unit_unsupported(call, "date");
    if (sign)
        return store_numeric(call, infinite_part(unit, sign));
    if (unit == UNIT_JULIAN)
        return store_numeric(call, whole(days + JULIAN_OF_1970));
    return store_numeric(call, unit == UNIT_EPOCH ? whole(days * 86400) : day_part(unit, days));
}

static int part_of_timestamp(struct pg_call *call)
{
    return of_timestamp(call, call->args[1].integer, store_real);
}

static int extract_of_timestamp(struct pg_call *call)
{
    return of_timestamp(call, call->args[1].integer, store_numeric);
}

static int part_of_timestamptz(struct pg_call *call)
{
    return of_timestamptz(call, store_real);
}

static int extract_of_timestamptz(struct pg_call *call)
{
    return of_timestamptz(call, store_numeric);
}

static int part_of_interval(struct pg_call *call)
{
    return of_interval(call, store_real);
}

static int extract_of_interval(struct pg_call *call)
{
    return of_interval(call, store_numeric);
}

static int part_of_time(struct pg_call *call)
{
    return of_time(call, store_real);
}

static int extract_of_time(struct pg_call *call)
{
    return of_time(call, store_numeric);
}

#define PART(kind, function, ...)                                                                            \
    {                                                                                                        \
        .name = "pg_date_part", .args = {PG_TEXT, kind}, .result = PG_FLOAT8, .call = function, __VA_ARGS__  \
    }
#define EXTRACT(kind, function, ...)                                                                         \
    {                                                                                                        \
        .name = "pg_extract", .args = {PG_TEXT, kind}, .result = PG_NUMERIC, .call = function, __VA_ARGS__   \
    }

/* Of what has digits of a second: they are all shown. */
#define EXTRACT_6(kind, function, ...)                                                                       \
    {                                                                                                        \
        .name = "pg_extract_6", .args = {PG_TEXT, kind}, .result = PG_NUMERIC_6, .call = function,           \
        __VA_ARGS__                                                                                          \
    }

const struct pg_function pg_date_part_functions[] = {
    PART(PG_TIMESTAMP, part_of_timestamp, ),
    PART(PG_TIMESTAMPTZ, part_of_timestamptz, .needs_zone = true),
    PART(PG_DATE, part_of_date, ),
    PART(PG_INTERVAL, part_of_interval, ),
    PART(PG_TIME, part_of_time, ),
    EXTRACT(PG_TIMESTAMP, extract_of_timestamp, ),
    EXTRACT(PG_TIMESTAMPTZ, extract_of_timestamptz, .needs_zone = true),
    EXTRACT(PG_DATE, extract_of_date, ),
    EXTRACT(PG_INTERVAL, extract_of_interval, ),
    EXTRACT(PG_TIME, extract_of_time, ),
    EXTRACT_6(PG_TIMESTAMP, extract_of_timestamp, ),
    EXTRACT_6(PG_TIMESTAMPTZ, extract_of_timestamptz, .needs_zone = true),
    {.name = "pg_extract_6", .args = {PG_TEXT, PG_DATE}, .result = PG_NUMERIC, .call = extract_of_date},
    EXTRACT_6(PG_INTERVAL, extract_of_interval, ),
    EXTRACT_6(PG_TIME, extract_of_time, ),
    {.name = NULL},
};
