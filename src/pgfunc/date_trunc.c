/* date_trunc. */
#include "pgfunc/date_trunc.h"

#include "pgfunc/calendar.h"
#include "pgfunc/date_unit.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>

/* Names that other functions take are known only where they are units of length too. */
static int find_unit(struct pg_call *call, const char *type, enum date_unit *unit)
{
    assert(call->nargs == 2 || call->nargs == 3);
    *unit = date_unit_of(call);
    if (*unit == UNIT_UNKNOWN || (*unit > UNIT_MILLENNIUM && *unit < UNIT_ZONE))
        return date_unit_unknown(call, type);
    return *unit > UNIT_MILLENNIUM ? date_unit_unsupported(call, type) : ST_OK;
}

/* The first of the years that a unit takes together; astronomical. */
static int64_t first_year(enum date_unit unit, int64_t year)
{
    switch (unit) {
    case UNIT_DECADE: return year >= 0 ? year / 10 * 10 : -((9 - year) / 10) * 10;
    case UNIT_CENTURY: return year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - year) / 100) * 100 + 1;
    case UNIT_MILLENNIUM:
        return year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - year) / 1000) * 1000 + 1;
    default: return year;
    }
}

static int64_t first_day(enum date_unit unit, int64_t days)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_DAY: return days;
    case UNIT_WEEK: return days - (weekday_of(days) + 6) % 7;
    case UNIT_MONTH: return days - (int64_t)day + 1;
    case UNIT_QUARTER: return days_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    default: return days_from_civil(first_year(unit, year), 1, 1);
    }
}

static int64_t micros_of(enum date_unit unit)
{
    switch (unit) {
    case UNIT_MICROSECOND: return 1;
    case UNIT_MILLISECOND: return 1000;
    case UNIT_SECOND: return CALENDAR_MICROS_A_SECOND;
    case UNIT_MINUTE: return 60 * CALENDAR_MICROS_A_SECOND;
    default: return 3600 * CALENDAR_MICROS_A_SECOND;
    }
}

static int64_t floor_to(int64_t v, int64_t unit)
{
    assert(unit > 0);
    int64_t rest = v % unit, down;
    bool under = __builtin_sub_overflow(v, rest < 0 ? rest + unit : rest, &down);
    return under ? INT64_MIN : down;
}

static int out_of_range(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
}

/* The day's number before it is multiplied: all that the engine has fits, its units' first days may not. */
static int days_to_micros(struct pg_call *call, int64_t days, int64_t *micros)
{
    if (days < CALENDAR_FIRST_DAY || __builtin_mul_overflow(days, CALENDAR_MICROS_A_DAY, micros))
        return out_of_range(call);
    return ST_OK;
}

static bool is_infinite(int64_t micros)
{
    return micros == INT64_MAX || micros == -INT64_MAX;
}

static int trunc_timestamp(struct pg_call *call)
{
    const int64_t micros = call->args[1].integer;
    enum date_unit unit;
    call->result.integer = micros;
    if (is_infinite(micros)) /* whatever the unit is called */
        return ST_OK;
    TRY(find_unit(call, "timestamp without time zone", &unit));
    if (unit >= UNIT_DAY)
        return days_to_micros(
            call, first_day(unit, floor_to(micros, CALENDAR_MICROS_A_DAY) / CALENDAR_MICROS_A_DAY),
            &call->result.integer);
    call->result.integer = floor_to(micros, micros_of(unit));
    return ST_OK;
}

/* A day's begin has the offset that holds there; what is shorter keeps the moment's own. */
static int in_zone(struct pg_call *call, int64_t micros, const struct tz *zone)
{
    enum date_unit unit;
    call->result.integer = micros;
    if (is_infinite(micros))
        return ST_OK;
    TRY(find_unit(call, "timestamp with time zone", &unit));
    int64_t second = floor_to(micros, CALENDAR_MICROS_A_SECOND) / CALENDAR_MICROS_A_SECOND, local;
    int64_t offset = tz_offset_at(zone, second);
    if (__builtin_add_overflow(micros, offset * CALENDAR_MICROS_A_SECOND, &local))
        return out_of_range(call);
    if (unit < UNIT_DAY)
        return __builtin_sub_overflow(floor_to(local, micros_of(unit)), offset * CALENDAR_MICROS_A_SECOND,
                                      &call->result.integer)
                   ? out_of_range(call)
                   : ST_OK;
    int64_t days = first_day(unit, floor_to(local, CALENDAR_MICROS_A_DAY) / CALENDAR_MICROS_A_DAY);
    int64_t utc = tz_local_to_utc(zone, days * 86400);
    if (days < CALENDAR_FIRST_DAY ||
        __builtin_mul_overflow(utc, CALENDAR_MICROS_A_SECOND, &call->result.integer))
        return out_of_range(call);
    return ST_OK;
}

static int trunc_timestamptz(struct pg_call *call)
{
    return in_zone(call, call->args[1].integer, call->zone);
}

/* A date is its midnight in the session's zone. */
static int trunc_date(struct pg_call *call)
{
    const int64_t days = call->args[1].integer;
    int64_t micros;
    if (days == INT32_MAX || days == -INT32_MAX)
        return in_zone(call, days > 0 ? INT64_MAX : -INT64_MAX, call->zone);
    if (__builtin_mul_overflow(tz_local_to_utc(call->zone, days * 86400), CALENDAR_MICROS_A_SECOND, &micros))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date out of range for timestamp");
    return in_zone(call, micros, call->zone);
}

static int trunc_in(struct pg_call *call)
{
    const struct str name = call->args[2].text;
    char text[TZ_NAME_MAX];
    struct err ignored;
    const struct tz *zone = NULL;
    err_init(&ignored);
    if (str_copy(name, text, sizeof text) < name.n || tz_find(&zone, text, &ignored) < 0)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone \"%.*s\" not recognized",
                       (int)name.n, name.p);
    int st = in_zone(call, call->args[1].integer, zone);
    tz_unref(zone);
    return st;
}

static int trunc_interval(struct pg_call *call)
{
    const struct pg_interval *i = &call->args[1].interval;
    struct pg_interval *r = &call->result.interval;
    enum date_unit unit;
    TRY(find_unit(call, "interval", &unit));
    *r = (struct pg_interval){.months = i->months};
    switch (unit) {
    case UNIT_WEEK:
        (void)date_unit_unsupported(call, "interval");
        err_detail(call->e, "Months usually have fractional weeks.");
        return ST_ERR;
    case UNIT_DAY: r->days = i->days; break;
    case UNIT_MONTH: break;
    case UNIT_QUARTER: r->months -= i->months % 3; break;
    case UNIT_YEAR: r->months -= i->months % 12; break;
    case UNIT_DECADE: r->months -= i->months % 120; break;
    case UNIT_CENTURY: r->months -= i->months % 1200; break;
    case UNIT_MILLENNIUM: r->months -= i->months % 12000; break;
    default:
        r->days = i->days;
        r->micros = i->micros - i->micros % micros_of(unit);
        break;
    }
    return ST_OK;
}

#define TRUNC(kind, returns, function, ...)                                                                  \
    {                                                                                                        \
        .name = "pg_date_trunc", .args = {PG_TEXT, kind}, .result = returns, .call = function, __VA_ARGS__   \
    }

const struct pg_function pg_date_trunc_functions[] = {
    TRUNC(PG_TIMESTAMP, PG_TIMESTAMP, trunc_timestamp, ),
    TRUNC(PG_TIMESTAMPTZ, PG_TIMESTAMPTZ, trunc_timestamptz, .needs_zone = true),
    TRUNC(PG_DATE, PG_TIMESTAMPTZ, trunc_date, .needs_zone = true),
    TRUNC(PG_INTERVAL, PG_INTERVAL, trunc_interval, ),
    {.name = "pg_date_trunc",
     .args = {PG_TEXT, PG_TIMESTAMPTZ, PG_TEXT},
     .result = PG_TIMESTAMPTZ,
     .call = trunc_in},
    {.name = NULL},
};
