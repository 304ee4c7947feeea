#include "pgfunc/to_char_date.h"

#include "pgfunc/calendar.h"
#include "pgfunc/date_template.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What patterns show, of a moment or an interval. */
struct parts {
    int64_t year, month, day; /* astronomical; an interval's years and months, and days */
    int64_t hour, minute, second, micros;
    int64_t day_of_year;
    bool is_interval;
    int32_t offset; /* seconds east */
    const char *zone;
};

/* ---- pieces of output ---- */

/* At least so many characters, of which a minus is one, with zeros in front. */
static void put_digits(struct buf *out, int64_t v, int width)
{
    char text[U64_DIGITS_MAX + 1];
    int n = (int)u64_digits(v < 0 ? -(uint64_t)v : (uint64_t)v, text), zeros = width - n - (v < 0);
    uint8_t *p = buf_reserve(out, (size_t)n + (zeros > 0 ? (size_t)zeros : 0) + 1);
    if (!p)
        return;
    uint8_t *begin = p;
    if (v < 0)
        *p++ = '-';
    for (; zeros > 0; zeros--)
        *p++ = '0';
    memcpy(p, text, (size_t)n);
    buf_commit(out, (size_t)(p - begin) + (size_t)n);
}

/* At least so many characters; FM takes what it has. */
static void put_number(struct buf *out, int64_t v, int digits, const struct date_node *n)
{
    put_digits(out, v, n->fill ? 0 : digits);
}

/* 1st, 2nd and 3rd, but 11th, 12th and 13th. */
static const char *ordinal_of(int64_t v)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    int64_t last = llabs(v) % 100;
    return endings[last / 10 != 1 && last % 10 < 4 ? last % 10 : 0];
}

static void put_ordinal(struct buf *out, int64_t v, const struct date_node *n)
{
    if (!n->ordinal)
        return;
    const char *s = ordinal_of(v);
    for (; *s; s++)
        buf_put_u8(out, (uint8_t)(n->ordinal_lower ? *s : *s - 'a' + 'A'));
}

/* A name in the pattern's case, with blanks behind it up to width. */
static void put_name(struct buf *out, const char *name, size_t length, size_t width,
                     const struct date_node *n)
{
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (n->letters == CASE_LOWER && c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        else if (n->letters == CASE_UPPER && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        buf_put_u8(out, (uint8_t)c);
    }
    for (size_t i = length; i < width && !n->fill; i++)
        buf_put_u8(out, ' ');
}

enum { NAME_WIDTH = 9 };

static void put_full_name(struct buf *out, const char *name, const struct date_node *n)
{
    put_name(out, name, strlen(name), n->localized ? 0 : NAME_WIDTH, n);
}

/* ---- patterns ---- */

static int64_t pow10_of(int digits)
{
    assert(digits >= 0 && digits <= 6);
    int64_t v = 1;
    while (digits-- > 0)
        v *= 10;
    return v;
}

/* Years before Christ are shown without a sign, so that only the pattern BC or AD tells them apart. */
static int64_t shown_year(const struct parts *p, int64_t year)
{
    return p->is_interval || year > 0 ? year : 1 - year;
}

static int64_t days_of_parts(const struct parts *p)
{
    return days_of(p->year, p->month, p->day);
}

static int64_t iso_day_of_year(const struct parts *p)
{
    int64_t days = days_of_parts(p);
    return days - iso_year_start(iso_year_of(days, p->year)) + 1;
}

static void put_year(struct buf *out, const struct parts *p, const struct date_node *n)
{
    int64_t year = n->pattern == DATE_YEAR ? p->year : iso_year_of(days_of_parts(p), p->year);
    int64_t shown = shown_year(p, year);
    if (n->digits < 4)
        shown %= pow10_of(n->digits);
    put_number(out, shown, n->digits + (n->digits > 1 && shown_year(p, p->year) < 0), n);
    put_ordinal(out, shown, n);
}

static void put_year_comma(struct buf *out, const struct parts *p, const struct date_node *n)
{
    int64_t shown = shown_year(p, p->year), thousands = shown / 1000;
    buf_printf(out, "%lld,%03lld", (long long)thousands, (long long)(shown - thousands * 1000));
    put_ordinal(out, shown, n);
}

/* The 21st century began with 2001, and there is no century 0. An interval has whole hundreds of years. */
static int64_t century_of(const struct parts *p)
{
    if (p->is_interval)
        return p->year / 100;
    return p->year > 0 ? (p->year - 1) / 100 + 1 : p->year / 100 - 1;
}

static void put_era(struct buf *out, const struct parts *p, const struct date_node *n)
{
    const char *name = n->pattern == DATE_ERA ? (p->year > 0 ? "AD" : "BC") : p->year > 0 ? "A.D." : "B.C.";
    put_name(out, name, strlen(name), 0, n);
}

static void put_meridiem(struct buf *out, const struct parts *p, const struct date_node *n)
{
    bool after = p->hour % 24 >= 12;
    const char *name = n->pattern == DATE_MERIDIEM ? (after ? "PM" : "AM") : after ? "P.M." : "A.M.";
    put_name(out, name, strlen(name), 0, n);
}

/* A month of 0 is none; those of a negative interval count from the end of the year. */
static void put_roman_month(struct buf *out, const struct parts *p, const struct date_node *n)
{
    enum { ROMAN_WIDTH = 4 };
    if (p->month == 0 && p->year == 0)
        return;
    int64_t month = p->month > 0 ? p->month - 1 : p->month < 0 ? 12 + p->month : p->year >= 0 ? 11 : 0;
    assert(month >= 0 && month < 12);
    const char *name = roman_months[month];
    put_name(out, name, strlen(name), ROMAN_WIDTH, n);
}

static void put_offset(struct buf *out, const struct parts *p, const struct date_node *n)
{
    int32_t seconds = abs(p->offset);
    buf_printf(out, "%c%0*d", p->offset >= 0 ? '+' : '-', n->fill ? 0 : 2, seconds / 3600);
    if (seconds % 3600 != 0)
        buf_printf(out, ":%02d", seconds % 3600 / 60);
}

static void put_zone(struct buf *out, const struct parts *p, const struct date_node *n)
{
    switch (n->pattern) {
    case DATE_OFFSET: put_offset(out, p, n); break;
    case DATE_ZONE_HOUR: buf_printf(out, "%c%02d", p->offset >= 0 ? '+' : '-', abs(p->offset) / 3600); break;
    case DATE_ZONE_MINUTE: buf_printf(out, "%02d", abs(p->offset) % 3600 / 60); break;
    default:
        for (const char *z = p->zone; z && *z; z++)
            buf_put_u8(out,
                       (uint8_t)(n->letters == CASE_LOWER && *z >= 'A' && *z <= 'Z' ? *z - 'A' + 'a' : *z));
    }
}

/* The number that a pattern shows, and in how many characters at least, of which the sign is one in some.
 * False: it shows something else. */
static bool number_of(const struct parts *p, const struct date_node *n, int64_t *v, int *digits)
{
    int64_t hour12 = p->hour % 12 == 0 ? 12 : p->hour % 12;
    bool negative = false;
    *digits = 2;
    switch (n->pattern) {
    case DATE_HOUR_12: *v = hour12, negative = p->hour < 0; break;
    case DATE_HOUR_24: *v = p->hour, negative = *v < 0; break;
    case DATE_MINUTE: *v = p->minute, negative = *v < 0; break;
    case DATE_SECOND: *v = p->second, negative = *v < 0; break;
    case DATE_MONTH: *v = p->month, negative = *v < 0; break;
    case DATE_DAY: *v = p->day; break;
    case DATE_DAY_OF_YEAR: *v = p->day_of_year, *digits = 3; break;
    case DATE_ISO_DAY_OF_YEAR: *v = iso_day_of_year(p), *digits = 3; break;
    case DATE_ISO_WEEK: *v = (iso_day_of_year(p) - 1) / 7 + 1; break;
    case DATE_WEEK: *v = (p->day_of_year - 1) / 7 + 1; break;
    case DATE_DAY_OF_WEEK: *v = weekday_of(days_of_parts(p)) + 1, *digits = 0; break;
    case DATE_ISO_DAY_OF_WEEK: *v = (weekday_of(days_of_parts(p)) + 6) % 7 + 1, *digits = 0; break;
    case DATE_WEEK_OF_MONTH: *v = (p->day - 1) / 7 + 1, *digits = 0; break;
    case DATE_SECOND_OF_DAY: *v = p->hour * 3600 + p->minute * 60 + p->second, *digits = 0; break;
    case DATE_JULIAN: *v = days_of_parts(p) + JULIAN_OF_1970, *digits = 0; break;
    case DATE_CENTURY: *v = century_of(p), *digits = *v >= -99 && *v <= 99 ? 2 : 0, negative = *v < 0; break;
    default: return false;
    }
    *digits += negative;
    return true;
}

static void put_quarter(struct buf *out, const struct parts *p, const struct date_node *n)
{
    if (p->month == 0)
        return;
    int64_t quarter = (p->month - 1) / 3 + 1;
    put_number(out, quarter, 0, n);
    put_ordinal(out, quarter, n);
}

/* FF1 to FF6, MS and US have their zeros whatever FM says. */
static void put_fraction(struct buf *out, const struct parts *p, const struct date_node *n)
{
    int digits = n->pattern == DATE_MILLISECOND ? 3 : n->digits;
    int64_t v = p->micros / pow10_of(6 - digits);
    put_digits(out, v, digits);
    put_ordinal(out, v, n);
}

static void put_day_name(struct buf *out, const struct parts *p, const struct date_node *n)
{
    put_full_name(out, day_names[weekday_of(days_of_parts(p))], n);
}

static void put_pattern(struct buf *out, const struct parts *p, const struct date_node *n)
{
    int64_t number;
    int digits;
    assert(p->is_interval || (p->month >= 1 && p->month <= 12));
    if (number_of(p, n, &number, &digits)) {
        put_number(out, number, digits, n);
        put_ordinal(out, number, n);
        return;
    }
    switch (n->pattern) {
    case DATE_ERA:
    case DATE_ERA_DOTTED: put_era(out, p, n); break;
    case DATE_MERIDIEM:
    case DATE_MERIDIEM_DOTTED: put_meridiem(out, p, n); break;
    case DATE_DAY_NAME: put_day_name(out, p, n); break;
    case DATE_DAY_SHORT: put_name(out, day_names[weekday_of(days_of_parts(p))], SHORT_NAME, 0, n); break;
    case DATE_MONTH_NAME: put_full_name(out, month_names[p->month - 1], n); break;
    case DATE_MONTH_SHORT: put_name(out, month_names[p->month - 1], SHORT_NAME, 0, n); break;
    case DATE_MONTH_ROMAN: put_roman_month(out, p, n); break;
    case DATE_QUARTER: put_quarter(out, p, n); break;
    case DATE_FRACTION:
    case DATE_MILLISECOND: put_fraction(out, p, n); break;
    case DATE_YEAR:
    case DATE_ISO_YEAR: put_year(out, p, n); break;
    case DATE_YEAR_COMMA: put_year_comma(out, p, n); break;
    case DATE_OFFSET:
    case DATE_ZONE:
    case DATE_ZONE_HOUR:
    case DATE_ZONE_MINUTE: put_zone(out, p, n); break;
    default: break; /* FX */
    }
}

/* Patterns that need a day of the calendar or a zone. PostgreSQL refuses them for an interval. */
static bool is_of_a_day(enum date_pattern p)
{
    switch (p) {
    case DATE_ERA:
    case DATE_ERA_DOTTED:
    case DATE_DAY_NAME:
    case DATE_DAY_SHORT:
    case DATE_DAY_OF_WEEK:
    case DATE_ISO_DAY_OF_WEEK:
    case DATE_MONTH_NAME:
    case DATE_MONTH_SHORT:
    case DATE_OFFSET:
    case DATE_ZONE:
    case DATE_ZONE_HOUR:
    case DATE_ZONE_MINUTE: return true;
    default: return false;
    }
}

static int put_all(struct pg_call *call, const struct parts *p)
{
    assert(call->nargs == 2);
    struct date_template t = date_template_of(call->args[1].text, call->kept);
    for (;;) {
        struct date_node n = date_template_next(&t);
        if (n.kind == TEMPLATE_END)
            return ST_OK;
        if (n.kind != TEMPLATE_PATTERN) {
            buf_put(call->out, n.text.p, n.text.n);
            continue;
        }
        if (p->is_interval && is_of_a_day(n.pattern)) {
            (void)err_set(call->e, SQLSTATE_INVALID_DATETIME_FORMAT,
                          "invalid format specification for an interval value");
            err_hint(call->e, "Intervals are not tied to specific calendar dates.");
            return ST_ERR;
        }
        put_pattern(call->out, p, &n);
    }
}

/* ---- the functions ---- */

static int null_result(struct pg_call *call)
{
    call->result.is_null = true;
    return ST_OK;
}

static void set_day(struct parts *p, int64_t days)
{
    unsigned month, day;
    civil_from_days(days, &p->year, &month, &day);
    p->month = month;
    p->day = day;
    p->day_of_year = days - days_from_civil(p->year, 1, 1) + 1;
}

static void set_time(struct parts *p, int64_t seconds)
{
    p->hour = seconds / 3600;
    p->minute = seconds / 60 % 60;
    p->second = seconds % 60;
}

static void set_second(struct parts *p, int64_t seconds)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    set_day(p, days);
    set_time(p, seconds - days * 86400);
}

static bool is_infinite_timestamp(int64_t micros)
{
    return micros == INT64_MAX || micros == -INT64_MAX;
}

/* The second that a moment is in, and *micros behind it. */
static int64_t second_of(int64_t moment, int64_t *micros)
{
    *micros = moment % CALENDAR_MICROS_A_SECOND;
    int64_t second = moment / CALENDAR_MICROS_A_SECOND;
    if (*micros >= 0)
        return second;
    *micros += CALENDAR_MICROS_A_SECOND;
    return second - 1;
}

int to_char_timestamp(struct pg_call *call)
{
    const int64_t v = call->args[0].integer;
    struct parts p = {0};
    if (call->args[1].text.n == 0 || is_infinite_timestamp(v))
        return null_result(call);
    set_second(&p, second_of(v, &p.micros));
    return put_all(call, &p);
}

/* A second and what follows it, in the session's zone. */
static int moment_to_char(struct pg_call *call, int64_t seconds, int64_t micros)
{
    char zone[TZ_ABBREVIATION_MAX];
    struct parts p = {.zone = zone, .offset = tz_offset_at(call->zone, seconds)};
    tz_abbreviation_at(call->zone, seconds, zone);
    set_second(&p, seconds + p.offset);
    p.micros = micros;
    return put_all(call, &p);
}

int to_char_timestamptz(struct pg_call *call)
{
    const int64_t v = call->args[0].integer;
    int64_t micros;
    if (call->args[1].text.n == 0 || is_infinite_timestamp(v))
        return null_result(call);
    int64_t second = second_of(v, &micros);
    return moment_to_char(call, second, micros);
}

/* A date is its midnight in the session's zone. */
int to_char_date(struct pg_call *call)
{
    int64_t days = call->args[0].integer;
    if (call->args[1].text.n == 0 || days == INT32_MAX || days == -INT32_MAX)
        return null_result(call);
    return moment_to_char(call, tz_local_to_utc(call->zone, days * 86400), 0);
}

/* An interval's hours are not carried into days. Its DDD counts each month as 30 days. */
static int interval_to_char(struct pg_call *call, struct pg_interval i)
{
    struct parts p = {.is_interval = true, .year = i.months / 12, .month = i.months % 12, .day = i.days};
    if (call->args[1].text.n == 0)
        return null_result(call);
    set_time(&p, i.micros / CALENDAR_MICROS_A_SECOND);
    p.micros = i.micros % CALENDAR_MICROS_A_SECOND;
    p.day_of_year = (p.year * 12 + p.month) * 30 + p.day;
    return put_all(call, &p);
}

int to_char_interval(struct pg_call *call)
{
    return interval_to_char(call, call->args[0].interval);
}

int to_char_time(struct pg_call *call)
{
    return interval_to_char(call, (struct pg_interval){.micros = call->args[0].integer});
}
