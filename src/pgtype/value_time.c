/* Dates and times as text: the forms that PostgreSQL writes and those its manual lists, as far as they mean
 * the same whatever clock and zone database say. Others (now, today) go to the engine as text.
 * Source: PostgreSQL manual, 8.5.1 and appendix B. */
#include "pgtype/value_time.h"

#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/scan_priv.h"
#include "pgtype/tz.h"
#include "pgtype/tz_cache.h"
#include "pgtype/value_priv.h"

enum {
    DATE_INFINITY = INT32_MAX,
    OFFSET_HOURS_MAX = 15,
    TWO_DIGITS_UP_TO = 69, /* 69 is 2069, 70 is 1970 */
    NUMBERS_MAX = 2,
    PACKED_DATE_MAX = 11,
    DAYS_MAX = 31,
};
#define MICROS_A_SECOND CALENDAR_MICROS_A_SECOND
#define MICROS_A_DAY    CALENDAR_MICROS_A_DAY

/* What a text said; its parts may come in any order. */
struct moment {
    bool has_date, has_clock, has_offset, bc;
    enum { HOURS_24, HOURS_AM, HOURS_PM } half;
    int64_t year, month, day;
    bool short_year; /* of two digits: in this century or the last */
    int64_t hours, minutes, seconds, micros;
    int32_t offset;  /* seconds east */
    struct str zone; /* Europe/Berlin, which has_offset stands for; n 0: none is named */
    /* numbers beside the name of a month */
    int64_t number[NUMBERS_MAX];
    size_t digits[NUMBERS_MAX], nnumbers;
    enum date_order order; /* of the session */
};

static int field_out_of_range(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%.*s\"",
                   shown(d->in), d->in.p);
}

/* Another order might have made a date of it. */
static int order_may_be_wrong(const struct decode *d)
{
    (void)field_out_of_range(d);
    err_hint(d->e, "Perhaps you need a different \"datestyle\" setting.");
    return ST_ERR;
}

static int out_of_span(const struct decode *d, const char *what)
{
    return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "%s out of range: \"%.*s\"", what, shown(d->in),
                   d->in.p);
}

/* --- Words ---------------------------------------------------------------------------------------------- */

static bool is_word(struct str word, const char *names)
{
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");
        if (str_ieq(word, (struct str){p, n}))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static int64_t month_named(struct str word)
{
    static const char *const months[] = {
        "jan january", "feb february", "mar march",          "apr april",   "may",          "jun june",
        "jul july",    "aug august",   "sep sept september", "oct october", "nov november", "dec december"};
    for (int64_t i = 0; i < 12; i++)
        if (is_word(word, months[i]))
            return i + 1;
    return 0;
}

static bool is_weekday(struct str word)
{
    return is_word(word, "mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday "
                         "sat saturday sun sunday");
}

/* Abbreviations that mean one fixed offset in PostgreSQL's default set. */
static bool offset_named(struct str word, int32_t *offset)
{
    static const struct {
        const char *names;
        int32_t hours;
    } zones[] = {{"z zulu utc gmt ut wet", 0},
                 {"bst cet west", 1},
                 {"cest eet", 2},
                 {"eest", 3},
                 {"jst", 9},
                 {"edt", -4},
                 {"est cdt", -5},
                 {"cst mdt", -6},
                 {"mst pdt", -7},
                 {"pst", -8}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (is_word(word, zones[i].names)) {
            *offset = zones[i].hours * 3600;
            return true;
        }
    return false;
}

/* --- Parts: false for what is not read here --------------------------------------------------------------
 */

/* H:M[:S[.f]] */
static bool read_clock(struct scan *s, struct moment *m)
{
    if (m->has_clock || !scan_digits(s, 1, 2, &m->hours) || !scan_eat(s, ':') ||
        !scan_digits(s, 1, 2, &m->minutes))
        return false;
    m->has_clock = true;
    if (!scan_eat(s, ':'))
        return scan_peek(s) != '.'; /* which would be minutes and seconds */
    if (!scan_digits(s, 1, 2, &m->seconds))
        return false;
    if (scan_eat(s, '.'))
        m->micros = scan_fraction(s);
    return true;
}

/* HHMM, HHMMSS[.f] */
static bool read_packed_clock(struct scan *s, struct moment *m)
{
    size_t n = scan_run(s);
    int64_t v;
    if (m->has_clock || (n != 4 && n != 6) || !scan_digits(s, n, n, &v))
        return false;
    m->has_clock = true;
    m->seconds = n == 6 ? v % 100 : 0;
    m->minutes = (n == 6 ? v / 100 : v) % 100;
    m->hours = n == 6 ? v / 10000 : v / 100;
    if (n == 6 && scan_eat(s, '.'))
        m->micros = scan_fraction(s);
    return true;
}

/* +HH, +HHMM, +HH:MM, +HH:MM:SS */
static bool read_offset(struct scan *s, struct moment *m)
{
    int64_t h, min = 0, sec = 0;
    bool west = scan_peek(s) == '-';
    s->at++;
    size_t n = scan_run(s);
    if (m->has_offset || !scan_digits(s, 1, 4, &h))
        return false;
    if (n > 2) {
        min = h % 100;
        h /= 100;
    } else if (scan_eat(s, ':') && !scan_digits(s, 2, 2, &min)) {
        return false;
    }
    if (scan_eat(s, ':') && (n > 2 || !scan_digits(s, 2, 2, &sec)))
        return false;
    if (h > OFFSET_HOURS_MAX || min > 59 || sec > 59)
        return false;
    m->has_offset = true;
    m->offset = (int32_t)((h * 60 + min) * 60 + sec) * (west ? -1 : 1);
    return true;
}

/* Three numbers with one of three signs between: the year is the first when it has three digits or more, else
 * where the session's order says. */
static bool read_numeric_date(struct scan *s, struct moment *m, char between)
{
    int64_t v[3];
    size_t digits[3];
    for (size_t i = 0; i < 3; i++) {
        if (i > 0 && !scan_eat(s, between))
            return false;
        digits[i] = scan_run(s);
        if (!scan_digits(s, 1, 7, &v[i]))
            return false;
    }
    m->has_date = true;
    const bool year_first = digits[0] > 2 || m->order == DATES_YMD;
    const size_t year = year_first ? 0 : 2;
    const size_t month = year_first ? 1 : m->order == DATES_DMY ? 1 : 0;
    const size_t day = 3 - year - month;
    m->year = v[year];
    m->month = v[month];
    m->day = v[day];
    m->short_year = digits[year] <= 2;
    return true;
}

/* YYYYMMDD, with more digits of the year too; YYMMDD */
static bool read_packed_date(struct scan *s, struct moment *m, size_t n)
{
    int64_t v;
    if (!scan_digits(s, n, n, &v))
        return false;
    m->has_date = true;
    m->year = v / 10000;
    m->month = v / 100 % 100;
    m->day = v % 100;
    m->short_year = n == 6;
    return true;
}

/* A number beside the name of a month: 5 Jan 2024, Jan-05-2024. */
static bool read_number(struct scan *s, struct moment *m)
{
    size_t i = m->nnumbers, n = scan_run(s);
    if (i == NUMBERS_MAX || !scan_digits(s, 1, 7, &m->number[i]))
        return false;
    m->digits[i] = n;
    m->nnumbers++;
    if (scan_peek(s) == '-' && (scan_is_letter(scan_at(s, 1)) || (m->month && scan_is_digit(scan_at(s, 1)))))
        s->at++;
    return true;
}

static bool read_digits(struct scan *s, struct moment *m, bool clock_first)
{
    size_t n = scan_run(s);
    char next = scan_at(s, n);
    if (next == ':')
        return read_clock(s, m);
    bool in_words = m->month || m->nnumbers;
    if (m->has_date || (clock_first && !in_words && (n == 4 || n == 6) && next != '-' && next != '/'))
        return read_packed_clock(s, m);
    if (!in_words && (next == '-' || next == '/' || next == '.') && scan_is_digit(scan_at(s, n + 1)))
        return read_numeric_date(s, m, next);
    if (!in_words && (n == 6 || (n >= 8 && n <= PACKED_DATE_MAX)))
        return read_packed_date(s, m, n);
    return read_number(s, m);
}

/* Behind the first word of Area/City. */
static bool read_zone(struct scan *s, struct moment *m, struct str word)
{
    if (m->has_offset || !m->has_clock)
        return false;
    for (char c = scan_peek(s); scan_is_letter(c) || scan_is_digit(c) || (c && strchr("/_+-", c));
         c = scan_peek(s))
        s->at++;
    m->zone = (struct str){word.p, (size_t)(s->s.p + s->at - word.p)};
    m->has_offset = true;
    return m->zone.n < TZ_NAME_MAX;
}

static bool read_word(struct scan *s, struct moment *m)
{
    struct str word = scan_word(s);
    char next = scan_peek(s);
    int64_t month = month_named(word);
    if (is_word(word, "t") && scan_is_digit(next) && !m->has_clock)
        return scan_at(s, scan_run(s)) == ':' ? read_clock(s, m) : read_packed_clock(s, m);
    if (month && !m->month && !m->has_date) {
        m->month = month;
        if (next == '-' && scan_is_digit(scan_at(s, 1)))
            s->at++;
        return true;
    }
    if (next == '/')
        return read_zone(s, m, word);
    if (next == '_' || next == '+' || next == '-' || scan_is_digit(next))
        return false; /* the name of a zone, PM-08 too */
    if (is_word(word, "am pm") && m->has_clock && m->half == HOURS_24) {
        m->half = is_word(word, "am") ? HOURS_AM : HOURS_PM;
        return true;
    }
    if (is_word(word, "bc ad")) {
        m->bc = is_word(word, "bc");
        return true;
    }
    if (!m->has_offset && m->has_clock && offset_named(word, &m->offset)) {
        m->has_offset = true;
        return true;
    }
    return is_weekday(word);
}

/* The two numbers beside a month's name: a day and a year, in either order. */
static bool sort_numbers(struct moment *m)
{
    if (m->has_date || (!m->month && !m->nnumbers))
        return true;
    if (!m->month || m->nnumbers != NUMBERS_MAX)
        return false;
    size_t year = m->digits[0] > 2 ? 0 : m->digits[1] > 2 ? 1 : m->order == DATES_YMD ? 0 : 1;
    m->has_date = true;
    m->year = m->number[year];
    m->day = m->number[1 - year];
    m->short_year = m->digits[year] <= 2;
    return true;
}

static bool read_moment(const struct decode *d, struct scan *s, struct moment *m, bool clock_first)
{
    *m = (struct moment){.order = (enum date_order)tz_style(d->zone).order};
    scan_blanks(s);
    while (s->at < s->s.n) {
        char c = scan_peek(s);
        bool read = scan_is_digit(c)    ? read_digits(s, m, clock_first)
                    : scan_is_letter(c) ? read_word(s, m)
                    : c == '+' || c == '-'
                        ? (m->has_clock || m->has_date) && scan_is_digit(scan_at(s, 1)) && read_offset(s, m)
                        : false;
        if (!read)
            return false;
        scan_blanks(s);
    }
    return sort_numbers(m);
}

/* --- What the parts mean ---------------------------------------------------------------------------------
 */

static int64_t month_days(int64_t year, int64_t month)
{
    unsigned at = (unsigned)month;
    return days_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : at + 1, 1) -
           days_from_civil(year, at, 1);
}

/* Days since 1970. */
static int days_of(const struct decode *d, const struct moment *m, int64_t *days)
{
    int64_t shown_year = m->year;
    if (m->short_year && !m->bc)
        shown_year += shown_year <= TWO_DIGITS_UP_TO ? 2000 : 1900;
    int64_t year = m->bc ? 1 - shown_year : shown_year;
    if (shown_year == 0 || m->month < 1 || m->month > 12 || m->day < 1 || m->day > month_days(year, m->month))
        return shown_year && (m->month < 1 || m->month > 12 || m->day < 1 || m->day > DAYS_MAX)
                   ? order_may_be_wrong(d)
                   : field_out_of_range(d);
    *days = days_from_civil(year, (unsigned)m->month, (unsigned)m->day);
    return ST_OK;
}

/* Microseconds of the day, up to 24:00:00. */
static int micros_of(const struct decode *d, const struct moment *m, int64_t *micros)
{
    int64_t hours = m->hours;
    if (m->half != HOURS_24) {
        if (hours > 12)
            return field_out_of_range(d);
        hours = hours % 12 + (m->half == HOURS_PM ? 12 : 0);
    }
    *micros = ((hours * 60 + m->minutes) * 60 + m->seconds) * MICROS_A_SECOND + m->micros;
    return m->minutes < 60 && m->seconds <= 60 && *micros <= MICROS_A_DAY ? ST_OK : field_out_of_range(d);
}

/* +1 infinity, -1 -infinity, 0 neither. */
static int infinity_sign(struct str s)
{
    return str_ieq(s, STR("infinity")) ? 1 : str_ieq(s, STR("-infinity")) ? -1 : 0;
}

/* The zone that the text names, else NULL. 22023: there is none of that name. */
static int zone_of(const struct decode *d, const struct moment *m, const struct tz **out)
{
    char name[TZ_NAME_MAX];
    struct err ignored;
    err_init(&ignored);
    *out = NULL;
    if (!m->zone.n)
        return ST_OK;
    (void)str_copy(m->zone, name, sizeof name);
    if (tz_find(out, name, &ignored) == ST_OK)
        return ST_OK;
    for (char *p = name; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    return err_set(d->e, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone \"%s\" not recognized", name);
}

/* J2451187, a Julian day, and 2024.060, a day of a year: days since 1970. false: it is neither. */
static bool counted_days(struct str s, int64_t *days)
{
    enum { JULIAN_1970 = 2440588, JULIAN_DIGITS_MAX = 9, YEAR_DIGITS = 4, OF_YEAR = 8, YEAR_DAYS = 366 };
    int64_t year, day;
    if (s.n > 1 && s.n <= 1 + JULIAN_DIGITS_MAX && (s.p[0] == 'J' || s.p[0] == 'j')) {
        bool digits =
            s.p[1] >= '0' && s.p[1] <= '9' && str_to_i64((struct str){s.p + 1, s.n - 1}, 0, INT64_MAX, &day);
        *days = digits ? day - JULIAN_1970 : 0;
        return digits;
    }
    if (s.n != OF_YEAR || s.p[YEAR_DIGITS] != '.' || s.p[0] < '0' || s.p[0] > '9' ||
        s.p[YEAR_DIGITS + 1] < '0' || s.p[YEAR_DIGITS + 1] > '9' ||
        !str_to_i64((struct str){s.p, YEAR_DIGITS}, 1, INT64_MAX, &year) ||
        !str_to_i64((struct str){s.p + YEAR_DIGITS + 1, 3}, 1, YEAR_DAYS, &day))
        return false;
    *days = days_from_civil(year, 1, 1) + day - 1;
    return true;
}

int date_from_text(const struct decode *d)
{
    CLEANUP(tz_unrefp) const struct tz *named = NULL; /* looked at and left */
    struct scan s = {.s = trimmed(d->in)};
    struct moment m;
    int64_t days = 0, micros;
    int sign = infinity_sign(s.s);
    d->out->kind = PG_DATE;
    if (sign) {
        d->out->v.i = sign * DATE_INFINITY;
        return ST_OK;
    }
    bool counted = counted_days(s.s, &days);
    if (!counted && !str_ieq(s.s, STR("epoch"))) {
        if (!read_moment(d, &s, &m, false) || !m.has_date)
            return ST_AGAIN;
        TRY(zone_of(d, &m, &named));
        TRY(days_of(d, &m, &days));
        TRY(micros_of(d, &m, &micros)); /* looked at and left */
    }
    if (days < CALENDAR_FIRST_DAY || days > CALENDAR_LAST_DAY)
        return out_of_span(d, "date");
    d->out->v.i = days;
    return ST_OK;
}

int time_from_text(const struct decode *d)
{
    struct scan s = {.s = trimmed(d->in)};
    struct moment m = {.has_clock = true, .has_offset = true};
    int64_t micros = 0, days;
    bool zoned = d->oid == PGTYPE_TIMETZ;
    if (!str_ieq(s.s, STR("allballs")) && (!read_moment(d, &s, &m, true) || !m.has_clock))
        return ST_AGAIN;
    if (m.zone.n || (zoned && !m.has_offset))
        return ST_AGAIN; /* the offset of today, which is not known here */
    if (m.has_date)
        TRY(days_of(d, &m, &days)); /* looked at and left */
    TRY(micros_of(d, &m, &micros));
    d->out->kind = zoned ? PG_TIMETZ : PG_TIME;
    d->out->v.time.micros = micros;
    d->out->v.time.offset_s = zoned ? m.offset : 0;
    return ST_OK;
}

/* Local microseconds to UTC, by the offset that was written, or that zone. false: beyond 64 bits. */
static bool to_utc(const struct moment *m, const struct tz *zone, int64_t *micros)
{
    int64_t seconds = *micros / MICROS_A_SECOND - (*micros % MICROS_A_SECOND < 0);
    int64_t offset = m->has_offset && !m->zone.n ? m->offset : seconds - tz_local_to_utc(zone, seconds);
    return !__builtin_sub_overflow(*micros, offset * MICROS_A_SECOND, micros);
}

int timestamp_from_text(const struct decode *d)
{
    CLEANUP(tz_unrefp) const struct tz *named = NULL;
    bool zoned = d->oid == PGTYPE_TIMESTAMPTZ;
    struct scan s = {.s = trimmed(d->in)};
    struct moment m;
    int64_t days, clock, micros = 0;
    int sign = infinity_sign(s.s);
    d->out->kind = zoned ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    if (sign) {
        d->out->v.i = sign * INT64_MAX;
        return ST_OK;
    }
    if (counted_days(s.s, &days)) {
        m = (struct moment){0};
        if (__builtin_mul_overflow(days, MICROS_A_DAY, &micros) || (zoned && !to_utc(&m, d->zone, &micros)) ||
            micros < CALENDAR_FIRST_TIMESTAMP || days > CALENDAR_LAST_DAY)
            return out_of_span(d, "timestamp");
    } else if (!str_ieq(s.s, STR("epoch"))) {
        if (!read_moment(d, &s, &m, false) || !m.has_date)
            return ST_AGAIN;
        TRY(zone_of(d, &m, &named));
        TRY(days_of(d, &m, &days));
        TRY(micros_of(d, &m, &clock));
        /* an offset of a timestamp without time zone is read over, as PostgreSQL does */
        if (__builtin_mul_overflow(days, MICROS_A_DAY, &micros) ||
            __builtin_add_overflow(micros, clock, &micros) ||
            (zoned && !to_utc(&m, named ? named : d->zone, &micros)) || micros < CALENDAR_FIRST_TIMESTAMP ||
            micros == INT64_MAX)
            return out_of_span(d, "timestamp");
    }
    d->out->v.i = micros;
    return ST_OK;
}
