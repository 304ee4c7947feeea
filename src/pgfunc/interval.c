/* Intervals made regular, and moments put into bins of one. Source: PostgreSQL 15 manual, table 9.33. */
#include "pgfunc/interval.h"

#include "pgtype/calendar.h"

#include <assert.h>

enum { MONTH_DAYS = 30 };

/* Wide enough for what carries over. */
struct span {
    int64_t months, days, micros;
};

static int store(struct pg_call *call, struct span s)
{
    if (s.months != (int32_t)s.months || s.days != (int32_t)s.days)
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval out of range");
    call->result.interval = (struct pg_interval){(int32_t)s.months, (int32_t)s.days, s.micros};
    return ST_OK;
}

static struct span span_of(const struct pg_call *call)
{
    const struct pg_interval *i = &call->args[0].interval;
    return (struct span){i->months, i->days, i->micros};
}

static void carry_days(struct span *s)
{
    s->months += s->days / MONTH_DAYS;
    s->days %= MONTH_DAYS;
}

static void carry_hours(struct span *s)
{
    s->days += s->micros / CALENDAR_MICROS_A_DAY;
    s->micros %= CALENDAR_MICROS_A_DAY;
}

/* Days get the sign of the months; time counts as a piece of a day where there is none. */
static void align_days(struct span *s, int64_t piece)
{
    if (s->months > 0 && (s->days < 0 || (s->days == 0 && piece < 0))) {
        s->days += MONTH_DAYS;
        s->months--;
    } else if (s->months < 0 && (s->days > 0 || (s->days == 0 && piece > 0))) {
        s->days -= MONTH_DAYS;
        s->months++;
    }
}

static void align_time(struct span *s)
{
    if (s->days > 0 && s->micros < 0) {
        s->micros += CALENDAR_MICROS_A_DAY;
        s->days--;
    } else if (s->days < 0 && s->micros > 0) {
        s->micros -= CALENDAR_MICROS_A_DAY;
        s->days++;
    }
}

static int justify_days(struct pg_call *call)
{
    struct span s = span_of(call);
    carry_days(&s);
    align_days(&s, 0);
    return store(call, s);
}

static int justify_hours(struct pg_call *call)
{
    struct span s = span_of(call);
    carry_hours(&s);
    align_time(&s);
    return store(call, s);
}

static int justify_interval(struct pg_call *call)
{
    struct span s = span_of(call);
    carry_hours(&s);
    carry_days(&s);
    align_days(&s, s.micros);
    align_time(&s);
    return store(call, s);
}

static bool is_infinite(int64_t micros)
{
    return micros == INT64_MAX || micros == -INT64_MAX;
}

/* The begin of the bin that a moment is in: stride, moment, and a moment at which one begins. */
static int date_bin(struct pg_call *call)
{
    assert(call->nargs == 3);
    const struct pg_interval *stride = &call->args[0].interval;
    const int64_t moment = call->args[1].integer, origin = call->args[2].integer;
    int64_t width, from;
    if (is_infinite(moment)) {
        call->result.integer = moment;
        return ST_OK;
    }
    if (is_infinite(origin))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "origin out of range");
    if (stride->months != 0)
        return err_set(call->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "timestamps cannot be binned into intervals containing months or years");
    if (__builtin_mul_overflow(stride->days, CALENDAR_MICROS_A_DAY, &width) ||
        __builtin_add_overflow(width, stride->micros, &width) ||
        __builtin_sub_overflow(moment, origin, &from))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval out of range");
    if (width <= 0)
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "stride must be greater than zero");
    int64_t rest = from % width;
    if (__builtin_sub_overflow(moment, rest < 0 ? rest + width : rest, &call->result.integer))
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    return ST_OK;
}

static int is_finite(struct pg_call *call)
{
    call->result.boolean = true;
    return ST_OK;
}

const struct pg_function pg_interval_functions[] = {
    {.name = "justify_days", .args = {PG_INTERVAL}, .result = PG_INTERVAL, .call = justify_days},
    {.name = "justify_hours", .args = {PG_INTERVAL}, .result = PG_INTERVAL, .call = justify_hours},
    {.name = "justify_interval", .args = {PG_INTERVAL}, .result = PG_INTERVAL, .call = justify_interval},
    {.name = "date_bin",
     .args = {PG_INTERVAL, PG_TIMESTAMP, PG_TIMESTAMP},
     .result = PG_TIMESTAMP,
     .call = date_bin},
    {.name = "date_bin",
     .args = {PG_INTERVAL, PG_TIMESTAMPTZ, PG_TIMESTAMPTZ},
     .result = PG_TIMESTAMPTZ,
     .call = date_bin},
    {.name = "isfinite", .args = {PG_INTERVAL}, .result = PG_BOOL, .call = is_finite},
    {.name = NULL},
};
