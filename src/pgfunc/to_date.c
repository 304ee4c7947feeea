#include "pgfunc/to_date.h"

#include "pgfunc/date_resolve.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>

static int read_moment(struct pg_call *call, struct date_moment *m)
{
    assert(call->nargs == 2);
    struct date_fields f;
    const struct str text = call->args[0].text;
    TRY(date_fields_read(&f, text, date_template_of(call->args[1].text, call->kept), call->e));
    return date_fields_resolve(&f, text, m, call->e);
}

static int out_of_range(struct pg_call *call, const char *what)
{
    const struct str text = call->args[0].text;
    return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "%s out of range: \"%.*s\"", what, (int)text.n,
                   text.p);
}

int to_date(struct pg_call *call)
{
    struct date_moment m;
    TRY(read_moment(call, &m));
    if (m.days < CALENDAR_FIRST_DAY || m.days > CALENDAR_LAST_DAY)
        return out_of_range(call, "date");
    call->result.integer = m.days;
    return ST_OK;
}

/* To so many digits of a second, half of them away from the year 2000. */
static int rounded(struct pg_call *call, int64_t micros, int precision)
{
    assert(precision >= 0 && precision <= 6);
    int64_t unit = 1, v = micros - CALENDAR_MICROS_TO_2000;
    for (int i = precision; i < 6 && precision > 0; i++)
        unit *= 10;
    v = (v + (v < 0 ? -unit / 2 : unit / 2)) / unit * unit;
    call->result.integer = v + CALENDAR_MICROS_TO_2000;
    return ST_OK;
}

int to_timestamp(struct pg_call *call)
{
    struct date_moment m;
    int64_t micros;
    TRY(read_moment(call, &m));
    if (m.days < CALENDAR_FIRST_DAY || m.days > CALENDAR_LAST_DAY)
        return out_of_range(call, "timestamp");
    int64_t seconds = m.days * 86400 + m.micros / CALENDAR_MICROS_A_SECOND;
    int64_t utc = m.has_zone ? seconds - m.offset : tz_local_to_utc(call->zone, seconds);
    if (__builtin_mul_overflow(utc, CALENDAR_MICROS_A_SECOND, &micros) ||
        __builtin_add_overflow(micros, m.micros % CALENDAR_MICROS_A_SECOND, &micros) ||
        micros < CALENDAR_FIRST_TIMESTAMP || micros > INT64_MAX - CALENDAR_MICROS_A_SECOND)
        return err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    return rounded(call, micros, m.precision);
}
