/* Intervals as text: "1 year 2 mons -3 days 04:05:06.7", "@ 1.5 hours ago", "1-2 3 4:05:06",
 * "P1Y2M3DT4H5M6.7S". A fraction of a unit goes down: of years to months, of months to days (of 30) and on to
 * microseconds, of all others to microseconds (a day has 24 hours). Source: PostgreSQL manual, 8.5.4. */
#include "pgtype/value_interval.h"

#include "pgtype/calendar.h"
#include "pgtype/scan_priv.h"
#include "pgtype/tz.h"
#include "pgtype/value_priv.h"

enum { DAYS_A_MONTH = 30, NUMBER_DIGITS_MAX = 18 };
#define MICROS_A_SECOND CALENDAR_MICROS_A_SECOND
#define MICROS_A_MINUTE (60 * MICROS_A_SECOND)
#define MICROS_AN_HOUR  (60 * MICROS_A_MINUTE)
#define MICROS_A_DAY    CALENDAR_MICROS_A_DAY

struct unit {
    const char *names; /* separated by blanks */
    int64_t months, days, micros;
};

static const struct unit year = {"year years yr yrs y", 12, 0, 0};
static const struct unit month = {"mon mons month months", 1, 0, 0};
static const struct unit week = {"week weeks w", 0, 7, 0};
static const struct unit day = {"day days d", 0, 1, 0};
static const struct unit hour = {"hour hours hr hrs h", 0, 0, MICROS_AN_HOUR};
static const struct unit minute = {"minute minutes min mins m", 0, 0, MICROS_A_MINUTE};
static const struct unit second = {"second seconds sec secs s", 0, 0, MICROS_A_SECOND};
static const struct unit millisecond = {"millisecond milliseconds msec msecs msecond mseconds ms", 0, 0,
                                        1000};
static const struct unit microsecond = {"microsecond microseconds usec usecs usecond useconds us", 0, 0, 1};
static const struct unit decade = {"decade decades dec decs", 120, 0, 0};
static const struct unit century = {"century centuries cent c", 1200, 0, 0};
static const struct unit millennium = {"millennium millennia mil mils", 12000, 0, 0};

static bool is_named(const struct unit *u, struct str word)
{
    for (const char *p = u->names; *p;) {
        size_t n = strcspn(p, " ");
        if (str_ieq(word, (struct str){p, n}))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static const struct unit *find_unit(struct str word)
{
    static const struct unit *const units[] = {&year,    &month,      &week,        &day,         &hour,
                                               &minute,  &second,     &millisecond, &microsecond, &decade,
                                               &century, &millennium, NULL};
    for (size_t i = 0; units[i]; i++)
        if (is_named(units[i], word))
            return units[i];
    return NULL;
}

struct sum {
    int64_t months, days, micros;
};

/* A signed number: whole and fraction have the same sign. */
struct number {
    int64_t whole;
    double fraction;
};

/* Adds whole × unit; false: an overflow. */
static bool add_whole(struct sum *to, const struct unit *u, int64_t v)
{
    int64_t months, days, micros;
    return !__builtin_mul_overflow(u->months, v, &months) && !__builtin_mul_overflow(u->days, v, &days) &&
           !__builtin_mul_overflow(u->micros, v, &micros) &&
           !__builtin_add_overflow(to->months, months, &to->months) &&
           !__builtin_add_overflow(to->days, days, &to->days) &&
           !__builtin_add_overflow(to->micros, micros, &to->micros);
}

static int64_t nearest(double v)
{
    return (int64_t)__builtin_rint(v);
}

static bool add_micros(struct sum *to, double v)
{
    int64_t whole = (int64_t)v; /* towards zero, and up when more than a half is left */
    double rest = v - (double)whole;
    whole += rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0;
    return !__builtin_add_overflow(to->micros, whole, &to->micros);
}

static bool add_days(struct sum *to, double v)
{
    int64_t whole = (int64_t)v;
    return !__builtin_add_overflow(to->days, whole, &to->days) &&
           add_micros(to, (v - (double)whole) * (double)MICROS_A_DAY);
}

/* |fraction| < 1, so nothing here is large. */
static bool add_fraction(struct sum *to, const struct unit *u, double fraction)
{
    if (fraction == 0)
        return true;
    if (u->micros)
        return add_micros(to, fraction * (double)u->micros);
    if (u->days == 1)
        return add_micros(to, fraction * (double)MICROS_A_DAY);
    if (u->days)
        return add_days(to, fraction * (double)u->days);
    if (u->months == 1)
        return add_days(to, fraction * DAYS_A_MONTH);
    return !__builtin_add_overflow(to->months, nearest(fraction * (double)u->months), &to->months);
}

static bool add(struct sum *to, const struct unit *u, const struct number *n)
{
    return add_whole(to, u, n->whole) && add_fraction(to, u, n->fraction);
}

/* [+-]digits[.digits]; one of the parts may be missing. */
static bool read_number(struct scan *s, struct number *n)
{
    bool negative = scan_peek(s) == '-';
    if (scan_peek(s) == '-' || scan_peek(s) == '+')
        s->at++;
    *n = (struct number){0};
    bool whole = scan_is_digit(scan_peek(s));
    if (whole && !scan_digits(s, 1, NUMBER_DIGITS_MAX, &n->whole))
        return false;
    if (scan_peek(s) == '.' && (whole || scan_is_digit(scan_at(s, 1)))) {
        double unit = 1, digits = 0;
        for (s->at++; scan_is_digit(scan_peek(s)); s->at++)
            if (unit < 1e15) { /* more digits than these say nothing about microseconds */
                digits = digits * 10 + (scan_peek(s) - '0');
                unit *= 10;
            }
        n->fraction = digits / unit;
    } else if (!whole) {
        return false;
    }
    if (negative)
        *n = (struct number){-n->whole, -n->fraction};
    return true;
}

/* Behind the hours: :M[:S[.f]] */
static bool read_clock(struct scan *s, int64_t hours, bool negative, struct sum *sum)
{
    int64_t minutes, seconds = 0, micros = 0;
    if (!scan_eat(s, ':') || !scan_digits(s, 1, 2, &minutes))
        return false;
    if (scan_eat(s, ':')) {
        if (!scan_digits(s, 1, 2, &seconds))
            return false;
        if (scan_eat(s, '.'))
            micros = scan_fraction(s);
    } else if (scan_peek(s) == '.') {
        return false; /* minutes and seconds: the engine's business */
    }
    if (minutes > 59 || seconds > 60)
        return false;
    micros += minutes * MICROS_A_MINUTE + seconds * MICROS_A_SECOND;
    return add_whole(sum, &hour, hours) && add_whole(sum, &microsecond, negative ? -micros : micros);
}

/* Years-months of the SQL standard: 1-2, -1-2; the sign is of both. */
static bool read_years_months(struct scan *s, int64_t years, bool negative, struct sum *sum)
{
    int64_t months;
    if (!scan_eat(s, '-') || !scan_digits(s, 1, 2, &months) || months > 11)
        return false;
    return add_whole(sum, &year, years) && add_whole(sum, &month, negative ? -months : months);
}

/* A number stands alone: before a clock it counts days, at the end seconds. */
static const struct unit *unit_of_bare(const struct scan *s)
{
    struct scan ahead = *s;
    if (ahead.at == ahead.s.n)
        return &second;
    if (scan_peek(&ahead) == '+' || scan_peek(&ahead) == '-')
        ahead.at++;
    return scan_run(&ahead) && scan_at(&ahead, scan_run(&ahead)) == ':' ? &day : NULL;
}

static bool read_field(struct scan *s, struct sum *sum)
{
    struct number n;
    bool negative = scan_peek(s) == '-';
    if (!read_number(s, &n))
        return false;
    if (scan_peek(s) == ':')
        return n.fraction == 0 && read_clock(s, n.whole, negative, sum);
    if (scan_peek(s) == '-' && scan_is_digit(scan_at(s, 1)))
        return n.fraction == 0 && read_years_months(s, n.whole, negative, sum);
    scan_blanks(s);
    struct str word = scan_word(s);
    const struct unit *u = word.n ? find_unit(word) : unit_of_bare(s);
    return u && add(sum, u, &n);
}

/* One designator of ISO 8601: 1Y, -2D, 5M, whose M are months before the T and minutes after it. */
static bool read_designator(struct scan *s, bool time, struct sum *sum)
{
    static const char date_letters[] = "YMWD", time_letters[] = "HMS";
    static const struct unit *const date_units[] = {&year, &month, &week, &day}, *const time_units[] = {
                                                                                     &hour, &minute, &second};
    struct number n;
    if (!read_number(s, &n) || !scan_peek(s))
        return false;
    const char *letters = time ? time_letters : date_letters, *at = strchr(letters, scan_peek(s));
    if (!at)
        return false;
    s->at++;
    return add(sum, (time ? time_units : date_units)[at - letters], &n);
}

static bool read_iso(struct scan *s, struct sum *sum)
{
    bool time = false;
    while (s->at < s->s.n) {
        if (!time && scan_eat(s, 'T'))
            time = true;
        else if (!read_designator(s, time, sum))
            return false;
    }
    return true;
}

static bool read_fields(struct scan *s, struct sum *sum)
{
    (void)scan_eat(s, '@');
    scan_blanks(s);
    if (s->at == s->s.n)
        return false;
    while (s->at < s->s.n) {
        if (!read_field(s, sum))
            return false;
        scan_blanks(s);
        if (str_ieq((struct str){s->s.p + s->at, s->s.n - s->at}, STR("ago"))) {
            struct sum zero = {0};
            return !__builtin_sub_overflow(zero.months, sum->months, &sum->months) &&
                   !__builtin_sub_overflow(zero.days, sum->days, &sum->days) &&
                   !__builtin_sub_overflow(zero.micros, sum->micros, &sum->micros);
        }
    }
    return true;
}

/* "-1 2:03:04" is all negative to the SQL standard: its one sign is of all fields. */
static bool sign_is_of_all(const struct decode *d, struct str s)
{
    if (tz_style(d->zone).intervals != INTERVALS_SQL || !s.n || s.p[0] != '-')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if ((s.p[i] == '-' || s.p[i] == '+') && s.p[i - 1] == ' ')
            return false;
    return true;
}

int interval_from_text(const struct decode *d)
{
    struct scan s = {.s = trimmed(d->in)};
    struct sum sum = {0};
    const bool negative = sign_is_of_all(d, s.s);
    s.at = negative;
    if (s.s.n > 1 && scan_eat(&s, 'P') ? !read_iso(&s, &sum) : !read_fields(&s, &sum))
        return ST_AGAIN;
    if (negative)
        sum = (struct sum){-sum.months, -sum.days, -sum.micros};
    if (sum.months != (int32_t)sum.months || sum.days != (int32_t)sum.days)
        return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval field value out of range: \"%.*s\"",
                       shown(d->in), d->in.p);
    d->out->kind = PG_INTERVAL;
    d->out->v.interval.months = (int32_t)sum.months;
    d->out->v.interval.days = (int32_t)sum.days;
    d->out->v.interval.micros = sum.micros;
    return ST_OK;
}
