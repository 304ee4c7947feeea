/* Source: PostgreSQL manual, 8.5.2 and 8.5.5, and its answers. */
#include "encode/styled.h"

#include "encode/encode_priv.h"
#include "encode/time.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MICROS_A_SECOND CALENDAR_MICROS_A_SECOND

enum { SECONDS_A_DAY = 86400, DATE_INFINITY = INT32_MAX };

/* Text that is written behind what is there already; never more than TEXT_STYLED, by what goes in. */
struct text {
    char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(t->at, (size_t)(t->end - t->at), format, ap);
    va_end(ap);
    assert(n >= 0 && n < t->end - t->at);
    t->at += n;
}

static struct text text_at(uint8_t *p)
{
    return (struct text){(char *)p, (char *)p + TEXT_STYLED};
}

/* ---- dates ---- */

struct day {
    unsigned long long year; /* as shown */
    bool bc;
    unsigned month, day, weekday;
};

static struct day day_of(int64_t days)
{
    enum { WEEK = 7, THURSDAY = 4 };
    struct day d = {0};
    int64_t year;
    civil_from_days(days, &year, &d.month, &d.day);
    d.bc = year <= 0;
    d.year = (unsigned long long)(d.bc ? 1 - year : year);
    d.weekday = (unsigned)(((days + THURSDAY) % WEEK + WEEK) % WEEK);
    return d;
}

static void put_date(struct text *t, const struct day *d, struct style s)
{
    const bool day_first = s.order == DATES_DMY;
    const unsigned first = day_first ? d->day : d->month, second = day_first ? d->month : d->day;
    switch ((enum date_style)s.dates) {
    case DATES_ISO: put(t, "%04llu-%02u-%02u", d->year, d->month, d->day); break;
    case DATES_SQL: put(t, "%02u/%02u/%04llu", first, second, d->year); break;
    case DATES_GERMAN: put(t, "%02u.%02u.%04llu", d->day, d->month, d->year); break;
    case DATES_POSTGRES: put(t, "%02u-%02u-%04llu", first, second, d->year); break;
    }
}

uint8_t *styled_date(uint8_t *p, int32_t days, const struct tz *zone, struct err *e)
{
    if (days == DATE_INFINITY || days == -DATE_INFINITY || days < CALENDAR_FIRST_DAY ||
        days > CALENDAR_LAST_DAY)
        return text_date(p, days, e);
    struct text t = text_at(p);
    const struct day d = day_of(days);
    put_date(&t, &d, tz_style(zone));
    put(&t, "%s", d.bc ? " BC" : "");
    return (uint8_t *)t.at;
}

/* ---- timestamps ---- */

/* :SS and as many digits of a second as there are. */
static void put_seconds(struct text *t, int64_t seconds, int64_t micros)
{
    put(t, "%02lld", (long long)seconds);
    if (!micros)
        return;
    put(t, ".%06lld", (long long)micros);
    while (t->at[-1] == '0')
        t->at--;
}

static void put_clock(struct text *t, int64_t seconds, int64_t micros)
{
    assert(seconds >= 0 && seconds <= 86400);
    put(t, "%02lld:%02lld:", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
    put_seconds(t, seconds % 60, micros);
}

static void put_zone(struct text *t, const struct tz *zone, int64_t seconds, int32_t offset, bool postgres)
{
    enum { ABBREVIATION_SHOWN = 10 };
    char name[TZ_ABBREVIATION_MAX];
    tz_abbreviation_at(zone, seconds, name);
    if (name[0]) {
        put(t, " %.*s", ABBREVIATION_SHOWN, name);
        return;
    }
    const int s = abs(offset);
    put(t, "%s%c%02d", postgres ? " " : "", offset < 0 ? '-' : '+', s / 3600);
    if (s % 3600)
        put(t, ":%02d", s / 60 % 60);
    if (s % 60)
        put(t, ":%02d", s % 60);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    assert(b > 0);
    return a / b - (a % b < 0);
}

/* Wed Feb 29 13:14:15 2024 */
static void put_in_words(struct text *t, const struct day *d, bool day_first, int64_t seconds, int64_t micros)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (day_first)
        put(t, "%s %02u %s ", days[d->weekday], d->day, months[d->month - 1]);
    else
        put(t, "%s %s %02u ", days[d->weekday], months[d->month - 1], d->day);
    put_clock(t, seconds, micros);
    put(t, " %04llu", d->year);
}

uint8_t *styled_timestamp(uint8_t *p, int64_t micros, const struct tz *zone, bool has_zone, struct err *e)
{
    if (micros == INT64_MAX || micros == -INT64_MAX || micros < CALENDAR_FIRST_TIMESTAMP)
        return text_timestamp(p, micros, e);
    struct text t = text_at(p);
    const struct style style = tz_style(zone);
    const int64_t utc = floor_div(micros, MICROS_A_SECOND), fraction = micros - utc * MICROS_A_SECOND;
    const int32_t offset = has_zone ? tz_offset_at(zone, utc) : 0;
    const int64_t days = floor_div(utc + offset, SECONDS_A_DAY),
                  seconds = utc + offset - days * SECONDS_A_DAY;
    const struct day d = day_of(days);
    const bool in_words = style.dates == DATES_POSTGRES;
    if (in_words) {
        put_in_words(&t, &d, style.order == DATES_DMY, seconds, fraction);
    } else {
        put_date(&t, &d, style);
        put(&t, " ");
        put_clock(&t, seconds, fraction);
    }
    if (has_zone)
        put_zone(&t, zone, utc, offset, in_words);
    put(&t, "%s", d.bc ? " BC" : "");
    return (uint8_t *)t.at;
}

/* ---- intervals ---- */

/* All of one sign, or zero, as PostgreSQL takes an interval apart. */
struct parts {
    long long years, months, days, hours, minutes, seconds, micros;
};

static struct parts parts_of(const struct engine_interval *i)
{
    const int64_t seconds = i->micros / MICROS_A_SECOND;
    return (struct parts){.years = i->months / 12,
                          .months = i->months % 12,
                          .days = i->days,
                          .hours = seconds / 3600,
                          .minutes = seconds / 60 % 60,
                          .seconds = seconds % 60,
                          .micros = i->micros % MICROS_A_SECOND};
}

static bool has_negative(const struct parts *v)
{
    return v->years < 0 || v->months < 0 || v->days < 0 || v->hours < 0 || v->minutes < 0 || v->seconds < 0 ||
           v->micros < 0;
}

static bool has_positive(const struct parts *v)
{
    return v->years > 0 || v->months > 0 || v->days > 0 || v->hours > 0 || v->minutes > 0 || v->seconds > 0 ||
           v->micros > 0;
}

/* Without a sign, and without a leading zero unless filled. */
static void put_interval_seconds(struct text *t, const struct parts *v, bool filled)
{
    if (filled) {
        put_seconds(t, llabs(v->seconds), llabs(v->micros));
        return;
    }
    put(t, "%lld", llabs(v->seconds));
    if (!v->micros)
        return;
    put(t, ".%06lld", llabs(v->micros));
    while (t->at[-1] == '0')
        t->at--;
}

/* "@ 1 year 2 mons -3 days ago": the first field that is not zero says whether it is all "ago". */
struct verbose {
    struct text *text;
    bool is_zero, is_before;
};

static void put_verbose(struct verbose *w, long long value, const char *unit)
{
    if (!value)
        return;
    if (w->is_zero)
        w->is_before = value < 0;
    const long long shown = w->is_before ? -value : value;
    put(w->text, " %lld %s%s", shown, unit, shown == 1 ? "" : "s");
    w->is_zero = false;
}

static void put_verbose_seconds(struct verbose *w, const struct parts *v)
{
    const bool negative = v->seconds < 0 || v->micros < 0;
    if (!v->seconds && !v->micros)
        return;
    if (w->is_zero)
        w->is_before = negative;
    put(w->text, " %s", negative != w->is_before ? "-" : "");
    put_interval_seconds(w->text, v, false);
    put(w->text, " sec%s", llabs(v->seconds) != 1 || v->micros ? "s" : "");
    w->is_zero = false;
}

static void interval_verbose(struct text *t, const struct parts *v)
{
    struct verbose w = {.text = t, .is_zero = true};
    put(t, "@");
    put_verbose(&w, v->years, "year");
    put_verbose(&w, v->months, "mon");
    put_verbose(&w, v->days, "day");
    put_verbose(&w, v->hours, "hour");
    put_verbose(&w, v->minutes, "min");
    put_verbose_seconds(&w, v);
    put(t, "%s%s", w.is_zero ? " 0" : "", w.is_before ? " ago" : "");
}

static void put_designator(struct text *t, long long value, char letter)
{
    if (value)
        put(t, "%lld%c", value, letter);
}

static void interval_iso(struct text *t, const struct parts *v)
{
    if (!has_negative(v) && !has_positive(v)) {
        put(t, "PT0S");
        return;
    }
    put(t, "P");
    put_designator(t, v->years, 'Y');
    put_designator(t, v->months, 'M');
    put_designator(t, v->days, 'D');
    if (v->hours || v->minutes || v->seconds || v->micros)
        put(t, "T");
    put_designator(t, v->hours, 'H');
    put_designator(t, v->minutes, 'M');
    if (!v->seconds && !v->micros)
        return;
    put(t, "%s", v->seconds < 0 || v->micros < 0 ? "-" : "");
    put_interval_seconds(t, v, false);
    put(t, "S");
}

/* Years and months, or days and a clock, with one sign in front; what is neither has a sign for each part. */
static void interval_sql(struct text *t, const struct parts *v)
{
    const bool negative = has_negative(v), positive = has_positive(v);
    const bool long_part = v->years || v->months;
    const bool clock = v->hours || v->minutes || v->seconds || v->micros, short_part = v->days || clock;
    if (!negative && !positive) {
        put(t, "0");
        return;
    }
    if ((negative && positive) || (long_part && short_part)) {
        const bool clock_negative = v->hours < 0 || v->minutes < 0 || v->seconds < 0 || v->micros < 0;
        put(t, "%c%lld-%lld %c%lld %c%lld:%02lld:", v->years < 0 || v->months < 0 ? '-' : '+',
            llabs(v->years), llabs(v->months), v->days < 0 ? '-' : '+', llabs(v->days),
            clock_negative ? '-' : '+', llabs(v->hours), llabs(v->minutes));
        put_interval_seconds(t, v, true);
        return;
    }
    put(t, "%s", negative ? "-" : "");
    if (long_part) {
        put(t, "%lld-%lld", llabs(v->years), llabs(v->months));
        return;
    }
    if (v->days)
        put(t, "%lld ", llabs(v->days));
    put(t, "%lld:%02lld:", llabs(v->hours), llabs(v->minutes));
    put_interval_seconds(t, v, true);
}

uint8_t *styled_interval(uint8_t *p, const struct engine_interval *i, const struct tz *zone)
{
    struct text t = text_at(p);
    const struct parts v = parts_of(i);
    switch ((enum interval_style)tz_style(zone).intervals) {
    case INTERVALS_POSTGRES: return text_interval(p, i);
    case INTERVALS_VERBOSE: interval_verbose(&t, &v); break;
    case INTERVALS_SQL: interval_sql(&t, &v); break;
    case INTERVALS_ISO_8601: interval_iso(&t, &v); break;
    }
    return (uint8_t *)t.at;
}
