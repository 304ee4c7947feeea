/* Dates, times, timestamps, intervals. Source: PostgreSQL manual, 8.5 (ISO output, postgres interval style).
 */
#include "encode/time.h"

#include "encode/encode_priv.h"
#include "encode/number.h"
#include "pgtype/calendar.h"
#include "pgtype/tz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DATE_INFINITY = INT32_MAX,
    SECONDS_A_DAY = 86400,
    TIMETZ_OFFSET_BITS = 24,
    TIMETZ_OFFSET_MAX = 16 * 3600 - 1,
};
#define MICROS_A_SECOND    CALENDAR_MICROS_A_SECOND
#define TIMESTAMP_INFINITY INT64_MAX

static uint8_t *put_word(uint8_t *p, const char *word)
{
    size_t n = strlen(word);
    memcpy(p, word, n);
    return p + n;
}

static uint8_t *put_2(uint8_t *p, unsigned v)
{
    *p++ = (uint8_t)('0' + v / 10);
    *p++ = (uint8_t)('0' + v % 10);
    return p;
}

/* YYYY-MM-DD of a day; *bc asks for " BC" at the end of the whole value. */
static uint8_t *put_day(uint8_t *p, int64_t days, bool *bc)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    *bc = year <= 0;
    uint64_t shown = (uint64_t)(*bc ? 1 - year : year);
    for (uint64_t least = 1000; shown < least && least > 1; least /= 10)
        *p++ = '0';
    p = text_u64(p, shown);
    *p++ = '-';
    p = put_2(p, month);
    *p++ = '-';
    return put_2(p, day);
}

static uint8_t *beyond(const char *what, int64_t value, const char *unit, struct err *e)
{
    (void)err_set(e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "%s out of range: %lld %s since 1970-01-01", what,
                  (long long)value, unit);
    return NULL;
}

uint8_t *text_date(uint8_t *p, int32_t days, struct err *e)
{
    if (days == DATE_INFINITY)
        return put_word(p, "infinity");
    if (days == -DATE_INFINITY)
        return put_word(p, "-infinity");
    if (days < CALENDAR_FIRST_DAY || days > CALENDAR_LAST_DAY)
        return beyond("date", days, "days", e);
    bool bc;
    p = put_day(p, days, &bc);
    return bc ? put_word(p, " BC") : p;
}

/* A fraction of a second without its trailing zeros. */
static uint8_t *put_fraction(uint8_t *p, uint32_t micros)
{
    if (micros == 0)
        return p;
    *p++ = '.';
    for (uint32_t unit = 100000; micros; unit /= 10) {
        *p++ = (uint8_t)('0' + micros / unit);
        micros %= unit;
    }
    return p;
}

uint8_t *text_time(uint8_t *p, int64_t micros)
{
    int64_t seconds = micros / MICROS_A_SECOND;
    p = put_2(p, (unsigned)(seconds / 3600));
    *p++ = ':';
    p = put_2(p, (unsigned)(seconds / 60 % 60));
    *p++ = ':';
    p = put_2(p, (unsigned)(seconds % 60));
    return put_fraction(p, (uint32_t)(micros % MICROS_A_SECOND));
}

/* +02, +05:30, +00:53:28 */
static uint8_t *put_offset(uint8_t *p, int32_t offset)
{
    *p++ = offset < 0 ? '-' : '+';
    unsigned v = (unsigned)abs(offset);
    p = put_2(p, v / 3600);
    if (v % 3600) {
        *p++ = ':';
        p = put_2(p, v / 60 % 60);
    }
    if (v % 60) {
        *p++ = ':';
        p = put_2(p, v % 60);
    }
    return p;
}

/* The engine keeps the offset so that values in the same instant sort by it: the further east, the
 * smaller. */
static int32_t timetz_offset(uint64_t bits)
{
    return TIMETZ_OFFSET_MAX - (int32_t)(bits & ((1U << TIMETZ_OFFSET_BITS) - 1));
}

uint8_t *text_timetz(uint8_t *p, uint64_t bits)
{
    p = text_time(p, (int64_t)(bits >> TIMETZ_OFFSET_BITS));
    return put_offset(p, timetz_offset(bits));
}

uint8_t *binary_timetz(uint8_t *p, uint64_t bits)
{
    p = put_be64(p, bits >> TIMETZ_OFFSET_BITS);
    return put_be32(p, (uint32_t)-timetz_offset(bits)); /* seconds west */
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Seconds and microseconds apart: with its offset a late timestamp has no 64 bits of microseconds. */
static uint8_t *put_timestamp(uint8_t *p, int64_t micros, int32_t offset, bool *bc)
{
    int64_t seconds = floor_div(micros, MICROS_A_SECOND);
    int64_t fraction = micros - seconds * MICROS_A_SECOND;
    int64_t day = floor_div(seconds + offset, SECONDS_A_DAY);
    int64_t of_day = seconds + offset - day * SECONDS_A_DAY;
    p = put_day(p, day, bc);
    *p++ = ' ';
    return text_time(p, of_day * MICROS_A_SECOND + fraction);
}

/* Whether it is one of PostgreSQL's: it begins later than the engine and ends later too. */
static bool timestamp_in_range(int64_t micros)
{
    return micros >= CALENDAR_FIRST_TIMESTAMP;
}

uint8_t *text_timestamp(uint8_t *p, int64_t micros, struct err *e)
{
    if (micros == TIMESTAMP_INFINITY)
        return put_word(p, "infinity");
    if (micros == -TIMESTAMP_INFINITY)
        return put_word(p, "-infinity");
    if (!timestamp_in_range(micros))
        return beyond("timestamp", micros, "microseconds", e);
    bool bc;
    p = put_timestamp(p, micros, 0, &bc);
    return bc ? put_word(p, " BC") : p;
}

uint8_t *text_timestamptz(uint8_t *p, int64_t micros, const struct tz *zone, struct err *e)
{
    if (micros == TIMESTAMP_INFINITY || micros == -TIMESTAMP_INFINITY)
        return text_timestamp(p, micros, e);
    if (!timestamp_in_range(micros))
        return beyond("timestamp", micros, "microseconds", e);
    int32_t offset = tz_offset_at(zone, floor_div(micros, MICROS_A_SECOND));
    bool bc;
    p = put_timestamp(p, micros, offset, &bc);
    p = put_offset(p, offset);
    return bc ? put_word(p, " BC") : p;
}

bool timestamp_to_micros(int64_t v, int64_t mul, int64_t div, int64_t *micros)
{
    if (v == INT64_MAX || v == -INT64_MAX) {
        *micros = v;
        return true;
    }
    if (div > 1) { /* nanoseconds are rounded to the nearest microsecond, halves up */
        int64_t rest = v % div + (v % div < 0 ? div : 0);
        *micros = floor_div(v, div) + (rest >= div / 2);
        return true;
    }
    return !__builtin_mul_overflow(v, mul, micros);
}

uint8_t *binary_date(uint8_t *p, int32_t days, struct err *e)
{
    if (days == DATE_INFINITY || days == -DATE_INFINITY)
        return put_be32(p, (uint32_t)(days > 0 ? INT32_MAX : INT32_MIN));
    if (days < CALENDAR_FIRST_DAY || days > CALENDAR_LAST_DAY)
        return beyond("date", days, "days", e);
    return put_be32(p, (uint32_t)(days - CALENDAR_DAYS_TO_2000));
}

uint8_t *binary_timestamp(uint8_t *p, int64_t micros, struct err *e)
{
    if (micros == TIMESTAMP_INFINITY || micros == -TIMESTAMP_INFINITY)
        return put_be64(p, (uint64_t)(micros > 0 ? INT64_MAX : INT64_MIN));
    if (!timestamp_in_range(micros))
        return beyond("timestamp", micros, "microseconds", e);
    return put_be64(p, (uint64_t)(micros - CALENDAR_MICROS_TO_2000));
}

/* One field of the postgres style: "1 year", "-2 mons", with a sign where an earlier field was negative. */
static uint8_t *put_field(uint8_t *p, int64_t v, const char *unit, bool *first, bool *before_negative)
{
    if (v == 0)
        return p;
    if (!*first)
        *p++ = ' ';
    if (*before_negative && v > 0)
        *p++ = '+';
    p = text_i64(p, v);
    *p++ = ' ';
    p = put_word(p, unit);
    if (v != 1)
        *p++ = 's';
    *first = false;
    *before_negative = v < 0;
    return p;
}

uint8_t *text_interval(uint8_t *p, const struct engine_interval *i)
{
    bool first = true, negative = false;
    p = put_field(p, i->months / 12, "year", &first, &negative);
    p = put_field(p, i->months % 12, "mon", &first, &negative);
    p = put_field(p, i->days, "day", &first, &negative);
    if (!first && i->micros == 0)
        return p;
    if (!first)
        *p++ = ' ';
    if (i->micros < 0)
        *p++ = '-';
    else if (negative)
        *p++ = '+';
    uint64_t micros = i->micros < 0 ? 0 - (uint64_t)i->micros : (uint64_t)i->micros;
    uint64_t seconds = micros / (uint64_t)MICROS_A_SECOND, hours = seconds / 3600;
    if (hours < 10)
        *p++ = '0';
    p = text_u64(p, hours);
    *p++ = ':';
    p = put_2(p, (unsigned)(seconds / 60 % 60));
    *p++ = ':';
    p = put_2(p, (unsigned)(seconds % 60));
    return put_fraction(p, (uint32_t)(micros % (uint64_t)MICROS_A_SECOND));
}
