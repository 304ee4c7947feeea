/* Dates, times and intervals in the forms that PostgreSQL itself writes and clients send; other forms go to
 * the engine as text. Source: PostgreSQL manual, 8.5.1 and 8.5.4. */
#include "base/bytes.h"
#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value_priv.h"

enum {
    EPOCH_2000_DAYS = 10957,
    DATE_INFINITY = INT32_MAX,
    DATE_YEAR_MAX = 5874897,
    OFFSET_HOURS_MAX = 15,
};
#define MICROS_A_SECOND INT64_C(1000000)
#define MICROS_A_DAY    (86400 * MICROS_A_SECOND)

int bad_datetime(const struct decode *d)
{
    const struct pgtype_info *info = pgtype_find(d->oid);
    return err_set(d->e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
                   info ? info->sql_name : "unknown", d->in.n > 200 ? 200 : (int)d->in.n, d->in.p);
}

int datetime_out_of_range(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%.*s\"",
                   d->in.n > 200 ? 200 : (int)d->in.n, d->in.p);
}

/* --- Text ------------------------------------------------------------------------------------------------
 */

struct scan {
    struct str s;
    size_t at;
};

static char peek(const struct scan *s)
{
    return s->at < s->s.n ? s->s.p[s->at] : '\0';
}

static bool eat(struct scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

/* Between least and most digits. */
static bool digits(struct scan *s, unsigned least, unsigned most, int64_t *v)
{
    unsigned n = 0;
    *v = 0;
    for (; n < most && peek(s) >= '0' && peek(s) <= '9'; n++)
        *v = *v * 10 + (s->s.p[s->at++] - '0');
    return n >= least;
}

static unsigned month_days(int64_t year, unsigned month)
{
    return (unsigned)(days_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
                      days_from_civil(year, month, 1));
}

/* YYYY-M-D; ST_AGAIN another form. The era comes at the end of the whole value, so the year is left open. */
struct ymd {
    int64_t year, month, day;
};

static bool ymd_scan(struct scan *s, struct ymd *d)
{
    return digits(s, 4, 7, &d->year) && eat(s, '-') && digits(s, 1, 2, &d->month) && eat(s, '-') &&
           digits(s, 1, 2, &d->day);
}

static int ymd_days(const struct decode *d, const struct ymd *x, bool bc, int64_t *days)
{
    int64_t year = bc ? 1 - x->year : x->year;
    if (x->year == 0 || x->year > DATE_YEAR_MAX || x->month < 1 || x->month > 12 || x->day < 1 ||
        x->day > month_days(year, (unsigned)x->month))
        return datetime_out_of_range(d);
    *days = days_from_civil(year, (unsigned)x->month, (unsigned)x->day);
    return ST_OK;
}

static bool era_scan(struct scan *s)
{
    struct str rest = trimmed((struct str){s->s.p + s->at, s->s.n - s->at});
    if (!str_ieq(rest, STR("BC")))
        return false;
    s->at = s->s.n;
    return true;
}

/* +1 infinity, -1 -infinity, 0 neither. */
static int infinity_sign(struct str s)
{
    if (str_ieq(s, STR("infinity")) || str_ieq(s, STR("+infinity")))
        return 1;
    return str_ieq(s, STR("-infinity")) ? -1 : 0;
}

int date_from_text(const struct decode *d)
{
    struct scan s = {.s = trimmed(d->in)};
    struct ymd x;
    int64_t days;
    int sign = infinity_sign(s.s);
    d->out->kind = PG_DATE;
    if (sign) {
        d->out->v.i = sign * DATE_INFINITY;
        return ST_OK;
    }
    if (!ymd_scan(&s, &x))
        return ST_AGAIN;
    bool bc = era_scan(&s);
    if (s.at != s.s.n)
        return ST_AGAIN;
    TRY(ymd_days(d, &x, bc, &days));
    d->out->v.i = days;
    return ST_OK;
}

/* H:MM[:SS[.ffffff…]], rounded to microseconds. False: another form. */
static bool clock_scan(struct scan *s, int64_t *micros, bool *in_range)
{
    int64_t h, m, sec = 0, fraction = 0;
    if (!digits(s, 1, 2, &h) || !eat(s, ':') || !digits(s, 2, 2, &m))
        return false;
    if (eat(s, ':') && !digits(s, 1, 2, &sec))
        return false;
    if (eat(s, '.')) {
        int64_t unit = MICROS_A_SECOND / 10, digit;
        while (digits(s, 1, 1, &digit)) {
            if (unit)
                fraction += digit * unit;
            else if (unit == 0 && digit >= 5)
                fraction++;
            if (unit == 0)
                unit = -1; /* only the first digit beyond rounds */
            else if (unit > 0)
                unit /= 10;
        }
    }
    *micros = ((h * 60 + m) * 60 + sec) * MICROS_A_SECOND + fraction;
    *in_range = m < 60 && sec <= 60 && *micros <= MICROS_A_DAY;
    return true;
}

/* Z, +HH, +HHMM, +HH:MM, +HH:MM:SS. False: something else. */
static bool offset_scan(struct scan *s, int32_t *seconds)
{
    int64_t h, m = 0, sec = 0;
    if (eat(s, 'Z') || eat(s, 'z')) {
        *seconds = 0;
        return true;
    }
    bool west = peek(s) == '-';
    if (!eat(s, '+') && !eat(s, '-'))
        return false;
    if (!digits(s, 1, 2, &h) || h > OFFSET_HOURS_MAX)
        return false;
    if (eat(s, ':') ? !digits(s, 2, 2, &m) : peek(s) >= '0' && peek(s) <= '9' && !digits(s, 2, 2, &m))
        return false;
    if (eat(s, ':') && !digits(s, 2, 2, &sec))
        return false;
    *seconds = (int32_t)((h * 60 + m) * 60 + sec) * (west ? -1 : 1);
    return m < 60 && sec < 60;
}

int time_from_text(const struct decode *d)
{
    struct scan s = {.s = trimmed(d->in)};
    int64_t micros;
    int32_t offset = 0;
    bool in_range;
    if (!clock_scan(&s, &micros, &in_range))
        return ST_AGAIN;
    while (eat(&s, ' '))
        ;
    bool with_offset = s.at < s.s.n;
    if (with_offset && (!offset_scan(&s, &offset) || s.at != s.s.n))
        return ST_AGAIN;
    if (!in_range)
        return datetime_out_of_range(d);
    if (d->oid == PGTYPE_TIMETZ && !with_offset)
        return ST_AGAIN; /* the session's offset of today, which is not known here */
    d->out->kind = d->oid == PGTYPE_TIMETZ ? PG_TIMETZ : PG_TIME;
    d->out->v.time.micros = micros;
    d->out->v.time.offset_s = d->oid == PGTYPE_TIMETZ ? offset : 0;
    return ST_OK;
}

/* What follows date and time of a timestamp: an offset, an era, both or neither. */
static bool timestamp_tail(struct scan *s, int32_t *offset, bool *with_offset, bool *bc)
{
    size_t before = s->at;
    while (eat(s, ' '))
        ;
    *with_offset = offset_scan(s, offset);
    if (!*with_offset)
        s->at = before;
    *bc = era_scan(s);
    return s->at == s->s.n;
}

int timestamp_from_text(const struct decode *d)
{
    bool zoned = d->oid == PGTYPE_TIMESTAMPTZ, with_offset, bc, in_range = true;
    struct scan s = {.s = trimmed(d->in)};
    struct ymd x;
    int64_t days, clock = 0, micros;
    int32_t offset = 0;
    int sign = infinity_sign(s.s);
    d->out->kind = zoned ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    if (sign) {
        d->out->v.i = sign * INT64_MAX;
        return ST_OK;
    }
    if (!ymd_scan(&s, &x))
        return ST_AGAIN;
    if (eat(&s, 'T') ||
        (peek(&s) == ' ' && s.at + 1 < s.s.n && s.s.p[s.at + 1] >= '0' && s.s.p[s.at + 1] <= '9')) {
        (void)eat(&s, ' ');
        if (!clock_scan(&s, &clock, &in_range))
            return ST_AGAIN;
    }
    if (!timestamp_tail(&s, &offset, &with_offset, &bc))
        return ST_AGAIN;
    if (!in_range)
        return datetime_out_of_range(d);
    TRY(ymd_days(d, &x, bc, &days));
    if (__builtin_mul_overflow(days, MICROS_A_DAY, &micros) || __builtin_add_overflow(micros, clock, &micros))
        return datetime_out_of_range(d);
    if (zoned && with_offset) {
        micros -= offset * MICROS_A_SECOND;
    } else if (zoned) {
        int64_t seconds = micros / MICROS_A_SECOND - (micros % MICROS_A_SECOND < 0);
        micros += (tz_local_to_utc(d->zone, seconds) - seconds) * MICROS_A_SECOND;
    } /* an offset of a timestamp without time zone is read over, as PostgreSQL does */
    d->out->v.i = micros;
    return ST_OK;
}

/* --- Intervals: "1 year 2 mons -3 days 04:05:06.7", "5 hours", "@ 1 day ago"
 * -------------------------------- */

struct unit {
    const char *names; /* separated by blanks */
    int64_t months, days, micros;
};

static const struct unit units[] = {
    {"year years yr yrs y", 12, 0, 0},
    {"mon mons month months", 1, 0, 0},
    {"week weeks w", 0, 7, 0},
    {"day days d", 0, 1, 0},
    {"hour hours hr hrs h", 0, 0, 3600 * MICROS_A_SECOND},
    {"minute minutes min mins m", 0, 0, 60 * MICROS_A_SECOND},
    {"second seconds sec secs s", 0, 0, MICROS_A_SECOND},
    {"millisecond milliseconds msec msecs ms", 0, 0, 1000},
    {"microsecond microseconds usec usecs us", 0, 0, 1},
    {"decade decades", 120, 0, 0},
    {"century centuries", 1200, 0, 0},
    {"millennium millennia", 12000, 0, 0},
};

static const struct unit *find_unit(struct str word)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (const char *p = units[i].names; *p;) {
            size_t n = strcspn(p, " ");
            if (str_ieq(word, (struct str){p, n}))
                return &units[i];
            p += n + (p[n] == ' ');
        }
    return NULL;
}

struct sum {
    int64_t months, days, micros;
};

static bool add(struct sum *to, const struct unit *u, int64_t v)
{
    int64_t months, days, micros;
    return !__builtin_mul_overflow(u->months, v, &months) && !__builtin_mul_overflow(u->days, v, &days) &&
           !__builtin_mul_overflow(u->micros, v, &micros) &&
           !__builtin_add_overflow(to->months, months, &to->months) &&
           !__builtin_add_overflow(to->days, days, &to->days) &&
           !__builtin_add_overflow(to->micros, micros, &to->micros);
}

static bool word_scan(struct scan *s, struct str *word)
{
    size_t from = s->at;
    while ((peek(s) >= 'a' && peek(s) <= 'z') || (peek(s) >= 'A' && peek(s) <= 'Z'))
        s->at++;
    *word = (struct str){s->s.p + from, s->at - from};
    return word->n > 0;
}

static void blanks(struct scan *s)
{
    while (eat(s, ' '))
        ;
}

/* One field: a clock time, or a number with its unit. False: another form. */
static bool interval_field(struct scan *s, struct sum *sum)
{
    bool negative = peek(s) == '-', in_range;
    if (peek(s) == '-' || peek(s) == '+')
        s->at++;
    size_t start = s->at;
    int64_t v, clock;
    struct str word;
    static const struct unit micro = {"", 0, 0, 1}, hour = {"", 0, 0, 3600 * MICROS_A_SECOND};
    if (!digits(s, 1, 18, &v))
        return false;
    if (peek(s) == ':') { /* hours may be many */
        int64_t hours = v;
        s->at = start;
        while (peek(s) != ':')
            s->at++;
        struct scan rest = {.s = {s->s.p, s->s.n}, .at = s->at - 1};
        if (!clock_scan(&rest, &clock, &in_range) || !in_range)
            return false;
        clock = clock % (3600 * MICROS_A_SECOND);
        s->at = rest.at;
        return add(sum, &hour, negative ? -hours : hours) && add(sum, &micro, negative ? -clock : clock);
    }
    blanks(s);
    if (!word_scan(s, &word))
        return false; /* a fraction, or a number alone: the engine's business */
    const struct unit *u = find_unit(word);
    return u && add(sum, u, negative ? -v : v);
}

/* One designator of ISO 8601's form: 1Y, -2D, 5M, whose M are months before the T and minutes after it. A
 * fraction is the engine's business. */
static bool iso_field(struct scan *s, bool time, struct sum *sum)
{
    static const char date_letters[] = "YMWD", time_letters[] = "HMS";
    static const char *const date_units[] = {"y", "mon", "w", "d"}, *const time_units[] = {"h", "m", "s"};
    bool negative = peek(s) == '-';
    if (peek(s) == '-' || peek(s) == '+')
        s->at++;
    int64_t v;
    if (!digits(s, 1, 18, &v) || !peek(s))
        return false;
    const char *letters = time ? time_letters : date_letters, *at = strchr(letters, peek(s));
    if (!at)
        return false;
    s->at++;
    const struct unit *u = find_unit(str_of((time ? time_units : date_units)[at - letters]));
    return u && add(sum, u, negative ? -v : v);
}

static bool iso_scan(struct scan *s, struct sum *sum)
{
    bool time = false;
    while (s->at < s->s.n) {
        if (!time && eat(s, 'T'))
            time = true;
        if (!iso_field(s, time, sum))
            return false;
    }
    return true;
}

static int put_interval(const struct decode *d, const struct sum *sum)
{
    if (sum->months != (int32_t)sum->months || sum->days != (int32_t)sum->days)
        return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval out of range");
    d->out->kind = PG_INTERVAL;
    d->out->v.interval.months = (int32_t)sum->months;
    d->out->v.interval.days = (int32_t)sum->days;
    d->out->v.interval.micros = sum->micros;
    return ST_OK;
}

int interval_from_text(const struct decode *d)
{
    struct scan s = {.s = trimmed(d->in)};
    struct sum sum = {0};
    if (s.s.n > 1 && eat(&s, 'P'))
        return iso_scan(&s, &sum) ? put_interval(d, &sum) : ST_AGAIN;
    (void)eat(&s, '@');
    blanks(&s);
    if (s.at == s.s.n)
        return ST_AGAIN;
    while (s.at < s.s.n) {
        if (!interval_field(&s, &sum))
            return ST_AGAIN;
        blanks(&s);
        if (str_ieq((struct str){s.s.p + s.at, s.s.n - s.at}, STR("ago"))) {
            sum = (struct sum){-sum.months, -sum.days, -sum.micros};
            break;
        }
    }
    return put_interval(d, &sum);
}

/* --- Binary ----------------------------------------------------------------------------------------------
 */

static int binary_out_of_range(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "%s out of range",
                   d->oid == PGTYPE_DATE                              ? "date"
                   : d->oid == PGTYPE_TIME || d->oid == PGTYPE_TIMETZ ? "time"
                                                                      : "timestamp");
}

static int date_from_binary(const struct decode *d)
{
    int32_t v = (int32_t)get_be32((const uint8_t *)d->in.p);
    d->out->kind = PG_DATE;
    if (v == INT32_MAX || v == INT32_MIN) {
        d->out->v.i = v > 0 ? DATE_INFINITY : -DATE_INFINITY;
        return ST_OK;
    }
    d->out->v.i = (int64_t)v + EPOCH_2000_DAYS;
    return d->out->v.i < DATE_INFINITY ? ST_OK : binary_out_of_range(d);
}

static int timestamp_from_binary(const struct decode *d)
{
    int64_t v = (int64_t)get_be64((const uint8_t *)d->in.p);
    d->out->kind = d->oid == PGTYPE_TIMESTAMPTZ ? PG_TIMESTAMPTZ : PG_TIMESTAMP;
    if (v == INT64_MAX || v == INT64_MIN) {
        d->out->v.i = v > 0 ? INT64_MAX : -INT64_MAX;
        return ST_OK;
    }
    if (__builtin_add_overflow(v, EPOCH_2000_DAYS * MICROS_A_DAY, &d->out->v.i))
        return binary_out_of_range(d);
    return ST_OK;
}

static int time_from_binary(const struct decode *d)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    bool zoned = d->oid == PGTYPE_TIMETZ;
    int64_t micros = (int64_t)get_be64(p);
    int32_t west = zoned ? (int32_t)get_be32(p + 8) : 0;
    if (micros < 0 || micros > MICROS_A_DAY)
        return binary_out_of_range(d);
    if (west <= -16 * 3600 || west >= 16 * 3600)
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
