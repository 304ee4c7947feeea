#include "pgtype/quick.h"

#include "pgtype/calendar.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum {
    INT_DIGITS_MAX = 18,
    DATE_LENGTH = 10,
    CLOCK_LENGTH = 8,
    MICROS_DIGITS = 6,
    EXPONENT_DIGITS_MAX = 3,
    POWERS = 23, /* 10^22 is the last one that a double holds exactly */
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

bool quick_int(struct str s, int64_t *out)
{
    size_t at = s.n > 0 && s.p[0] == '-';
    int64_t v = 0;
    if (s.n == at || s.n - at > INT_DIGITS_MAX)
        return false;
    for (size_t i = at; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *out = at ? -v : v;
    return true;
}

/* A number as digits times a power of ten. */
struct parts {
    bool negative;
    uint64_t digits;
    int exponent;
};

static bool read_exponent(struct str s, int *exponent)
{
    int64_t v;
    if (s.n > 0 && s.p[0] == '+')
        s.p++, s.n--;
    if (s.n > EXPONENT_DIGITS_MAX + 1 || !quick_int(s, &v))
        return false;
    *exponent += (int)v;
    return true;
}

static bool read_parts(struct str s, struct parts *out)
{
    size_t at = s.n > 0 && s.p[0] == '-', digits = 0;
    bool point = false;
    *out = (struct parts){.negative = at > 0};
    for (; at < s.n; at++) {
        if (s.p[at] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(s.p[at]))
            break;
        if (++digits > INT_DIGITS_MAX)
            return false;
        out->digits = out->digits * 10 + (uint64_t)(s.p[at] - '0');
        out->exponent -= point;
    }
    if (digits == 0)
        return false;
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E'))
        return read_exponent((struct str){s.p + at + 1, s.n - at - 1}, &out->exponent);
    return at == s.n;
}

/* Digits and power are both exact, so that the one operation rounds once. */
bool quick_double(struct str s, double *out)
{
    static const double powers[POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct parts p;
    if (!read_parts(s, &p) || p.digits > UINT64_C(1) << 53 || p.exponent <= -POWERS || p.exponent >= POWERS)
        return false;
    double v = (double)p.digits;
    v = p.exponent < 0 ? v / powers[-p.exponent] : v * powers[p.exponent];
    *out = p.negative ? -v : v;
    return true;
}

/* The nearest double's nearest float is the text's, unless the double lies in the middle between two floats:
 * then only the text tells. */
bool quick_float(struct str s, float *out)
{
    enum { DROPPED_BITS = 29 }; /* of a double's 52, which a float has not */
    double v;
    uint64_t bits;
    if (!quick_double(s, &v) || (v != 0 && (fabs(v) < FLT_MIN || fabs(v) > FLT_MAX)))
        return false;
    memcpy(&bits, &v, sizeof bits);
    if ((bits & ((UINT64_C(1) << DROPPED_BITS) - 1)) == UINT64_C(1) << (DROPPED_BITS - 1))
        return false;
    *out = (float)v;
    return true;
}

static bool two_digits(const char *p, unsigned *out)
{
    if (!is_digit(p[0]) || !is_digit(p[1]))
        return false;
    *out = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    return true;
}

bool quick_date(struct str s, int32_t *out)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned century, of_century, month, day;
    if (s.n != DATE_LENGTH || s.p[4] != '-' || s.p[7] != '-' || !two_digits(s.p, &century) ||
        !two_digits(s.p + 2, &of_century) || !two_digits(s.p + 5, &month) || !two_digits(s.p + 8, &day))
        return false;
    unsigned year = century * 100 + of_century;
    if (year == 0 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > (unsigned)days[month - 1] + leap)
        return false;
    *out = (int32_t)days_from_civil(year, month, day);
    return true;
}

/* Behind the point: up to six digits. */
static bool read_micros(struct str s, int64_t *micros)
{
    int64_t v = 0;
    if (s.n == 0 || s.n > MICROS_DIGITS)
        return false;
    for (size_t i = 0; i < MICROS_DIGITS; i++) {
        if (i < s.n && !is_digit(s.p[i]))
            return false;
        v = v * 10 + (i < s.n ? s.p[i] - '0' : 0);
    }
    *micros = v;
    return true;
}

bool quick_time(struct str s, int64_t *out)
{
    unsigned hours, minutes, seconds;
    int64_t micros = 0;
    if (s.n < CLOCK_LENGTH || s.p[2] != ':' || s.p[5] != ':' || !two_digits(s.p, &hours) ||
        !two_digits(s.p + 3, &minutes) || !two_digits(s.p + 6, &seconds) || hours > 23 || minutes > 59 ||
        seconds > 59)
        return false;
    if (s.n > CLOCK_LENGTH &&
        (s.p[CLOCK_LENGTH] != '.' ||
         !read_micros((struct str){s.p + CLOCK_LENGTH + 1, s.n - CLOCK_LENGTH - 1}, &micros)))
        return false;
    *out = (int64_t)((hours * 60 + minutes) * 60 + seconds) * CALENDAR_MICROS_A_SECOND + micros;
    return true;
}

bool quick_timestamp(struct str s, int64_t *out)
{
    int32_t days;
    int64_t clock = 0;
    if (s.n < DATE_LENGTH || !quick_date((struct str){s.p, DATE_LENGTH}, &days))
        return false;
    if (s.n > DATE_LENGTH &&
        ((s.p[DATE_LENGTH] != ' ' && s.p[DATE_LENGTH] != 'T') ||
         !quick_time((struct str){s.p + DATE_LENGTH + 1, s.n - DATE_LENGTH - 1}, &clock)))
        return false;
    *out = days * CALENDAR_MICROS_A_DAY + clock;
    return true;
}
