/* Dates, times and intervals in binary: counts from 2000-01-01, offsets west. Source: the layouts as
 * PostgreSQL's *_send functions write them, measured. */
#include "pgtype/value_time_binary.h"

#include "base/bytes.h"
#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/value_priv.h"

enum { DATE_INFINITY = INT32_MAX, OFFSET_END = 16 * 3600 };

static int out_of_span(const struct decode *d, const char *what)
{
    return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "%s out of range", what);
}

static int date_from_binary(const struct decode *d)
{
    int32_t v = (int32_t)get_be32((const uint8_t *)d->in.p);
    d->out->kind = PG_DATE;
    if (v == INT32_MAX || v == INT32_MIN) {
        d->out->v.i = v > 0 ? DATE_INFINITY : -DATE_INFINITY;
        return ST_OK;
    }
    d->out->v.i = (int64_t)v + CALENDAR_DAYS_TO_2000;
    return d->out->v.i >= CALENDAR_FIRST_DAY && d->out->v.i <= CALENDAR_LAST_DAY ? ST_OK
                                                                                 : out_of_span(d, "date");
}

static int timestamp_from_binary(const struct decode *d)
{
    int64_t v = (int64_t)get_be64((const uint8_t *)d->in.p), *micros = &d->out->v.i;
    d->out->kind = d->oid == PGTYPE_TIMESTAMPTZ ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    if (v == INT64_MAX || v == INT64_MIN) {
        *micros = v > 0 ? INT64_MAX : -INT64_MAX;
        return ST_OK;
    }
    /* INT64_MAX itself would be the engine's infinity */
    if (__builtin_add_overflow(v, CALENDAR_MICROS_TO_2000, micros) || *micros == INT64_MAX ||
        *micros < CALENDAR_FIRST_TIMESTAMP)
        return out_of_span(d, "timestamp");
    return ST_OK;
}

static int time_from_binary(const struct decode *d)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    bool zoned = d->oid == PGTYPE_TIMETZ;
    int64_t micros = (int64_t)get_be64(p);
    int32_t west = zoned ? (int32_t)get_be32(p + 8) : 0;
    if (micros < 0 || micros > CALENDAR_MICROS_A_DAY)
        return out_of_span(d, "time");
    if (west <= -OFFSET_END || west >= OFFSET_END)
        return err_set(d->e, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone displacement out of range");
    d->out->kind = zoned ? PG_TIMETZ : PG_TIME;
    d->out->v.time.micros = micros;
    d->out->v.time.offset_s = -west;
    return ST_OK;
}

int datetime_from_binary(const struct decode *d)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    const struct pgtype_info *info = pgtype_find(d->oid);
    if (!info || d->in.n != (size_t)info->len)
        return bad_size(d, info ? (size_t)info->len : 0);
    switch (d->oid) {
    case PGTYPE_DATE: return date_from_binary(d);
    case PGTYPE_TIME:
    case PGTYPE_TIMETZ: return time_from_binary(d);
    case PGTYPE_INTERVAL:
        d->out->kind = PG_INTERVAL;
        d->out->v.interval.micros = (int64_t)get_be64(p);
        d->out->v.interval.days = (int32_t)get_be32(p + 8);
        d->out->v.interval.months = (int32_t)get_be32(p + 12);
        return ST_OK;
    default: return timestamp_from_binary(d);
    }
}
