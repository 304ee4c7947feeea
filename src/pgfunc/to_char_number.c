#include "pgfunc/to_char_number.h"

#include "base/buf.h"
#include "pgfunc/number_layout.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDE_DIGITS = 40,   /* of 128 bits */
    REAL_TEXT = 352,    /* the largest double has 309 digits before the point */
    EXPONENT_MAX = 350, /* digits behind the point with EEEE */
};

static int read_template(struct number_template *t, struct pg_call *call)
{
    assert(call->nargs == 2);
    TRY(number_template_read(t, call->args[1].text, call->e));
    return call->args[1].text.n == 0 ? ST_EOF : ST_OK;
}

/* The value in digits at the end of room; where they begin. */
static struct str digits_of(unsigned __int128 v, char room[static WIDE_DIGITS])
{
    char *p = room + WIDE_DIGITS;
    for (; v > UINT64_MAX; v /= 10)
        *--p = (char)('0' + (int)(v % 10));
    uint64_t low = (uint64_t)v; /* whose division is cheap */
    do
        *--p = (char)('0' + (int)(low % 10));
    while ((low /= 10) > 0);
    return (struct str){p, (size_t)(room + WIDE_DIGITS - p)};
}

static unsigned __int128 magnitude(__int128 v)
{
    return v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
}

static unsigned __int128 pow10_of(int n)
{
    assert(n >= 0 && n < WIDE_DIGITS - 1);
    unsigned __int128 v = 1;
    while (n-- > 0)
        v *= 10;
    return v;
}

static unsigned __int128 divided(unsigned __int128 v, unsigned __int128 by)
{
    return v <= UINT64_MAX && by <= UINT64_MAX ? (uint64_t)v / (uint64_t)by : v / by;
}

/* ---- scientific notation ---- */

static void put_places(struct buf *out, struct str digits, int places)
{
    if (places > 0)
        buf_put_u8(out, '.');
    for (int i = 0; i < places; i++)
        buf_put_u8(out, i < (int)digits.n ? (uint8_t)digits.p[i] : '0');
}

/* v / 10^scale, rounded to the template's places. What that carries over is 10, as in PostgreSQL 15. */
static void put_exact_exponent(struct buf *out, const struct number_template *t, __int128 v, int scale)
{
    char room[WIDE_DIGITS];
    unsigned __int128 n = magnitude(v);
    struct str s = digits_of(n, room);
    int exponent = n ? (int)s.n - 1 - scale : 0;
    size_t whole = 1;
    if ((int)s.n > t->after + 1) {
        unsigned __int128 unit = pow10_of((int)s.n - t->after - 1);
        size_t before = s.n;
        s = digits_of((n + unit / 2) / unit * unit, room);
        whole += s.n - before;
    }
    buf_put_u8(out, v < 0 ? '-' : ' ');
    buf_put(out, s.p, whole);
    put_places(out, (struct str){s.p + whole, s.n - whole}, t->after);
    buf_printf(out, "e%+03d", exponent);
}

static void put_real_exponent(struct buf *out, const struct number_template *t, double v)
{
    char text[EXPONENT_MAX + 16];
    if (!isfinite(v)) {
        buf_put_u8(out, ' ');
        for (int i = 0; i < t->before + t->after + 5; i++)
            buf_put_u8(out, i == t->before ? '.' : '#');
        return;
    }
    int places = t->after < EXPONENT_MAX ? t->after : EXPONENT_MAX;
    (void)snprintf(text, sizeof text, "%+.*e", places, v);
    char *e = strchr(text, 'e');
    assert(e);
    if (text[0] == '+')
        text[0] = ' ';
    buf_put(out, text, (size_t)(e - text));
    for (int i = places; i < t->after; i++)
        buf_put_u8(out, '0');
    buf_put(out, e, strlen(e));
}

/* ---- whole numbers ---- */

static int out_of_range(struct pg_call *call, const char *type)
{
    return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", type);
}

/* The value by V's power of ten, within a type's range. */
static int shifted(struct pg_call *call, const struct number_template *t, int64_t max, const char *type,
                   int64_t *v)
{
    int64_t by = 1;
    for (int i = 0; i < t->shift; i++)
        if (__builtin_mul_overflow(by, (int64_t)10, &by) || by > max)
            return out_of_range(call, type);
    if (__builtin_mul_overflow(*v, by, v) || *v > max || *v < -max - 1)
        return out_of_range(call, type);
    return ST_OK;
}

static int whole_to_char(struct pg_call *call, struct number_template *t, int64_t v, int64_t max,
                         const char *type)
{
    char room[WIDE_DIGITS];
    if (t->roman && (v > INT32_MAX || v < INT32_MIN))
        return out_of_range(call, "integer");
    int64_t roman = v;
    TRY(shifted(call, t, max, type, &v));
    t->before += t->shift;
    struct str text = digits_of(magnitude(v), room);
    const struct number_digits d = {
        .text = text, .before = (int)text.n, .after = t->after, .negative = v < 0};
    return number_layout(call->out, t, &d, roman, call->e);
}

int to_char_int4(struct pg_call *call)
{
    struct number_template t;
    int st = read_template(&t, call);
    if (st != ST_OK)
        return st == ST_EOF ? ST_OK : st;
    if (t.exponent) {
        put_real_exponent(call->out, &t, (double)call->args[0].integer);
        return ST_OK;
    }
    return whole_to_char(call, &t, call->args[0].integer, INT32_MAX, "integer");
}

int to_char_int8(struct pg_call *call)
{
    struct number_template t;
    int st = read_template(&t, call);
    if (st != ST_OK)
        return st == ST_EOF ? ST_OK : st;
    if (t.exponent) {
        put_exact_exponent(call->out, &t, call->args[0].integer, 0);
        return ST_OK;
    }
    return whole_to_char(call, &t, call->args[0].integer, INT64_MAX, "bigint");
}

/* ---- numeric ---- */

static __int128 rounded(__int128 v, int places)
{
    unsigned __int128 unit = pow10_of(places), n = divided(magnitude(v) + unit / 2, unit);
    return (__int128)(v < 0 ? -n : n);
}

/* v / 10^scale. */
static int exact_to_char(struct pg_call *call, __int128 v, int scale)
{
    struct number_template t;
    int st = read_template(&t, call);
    if (st != ST_OK)
        return st == ST_EOF ? ST_OK : st;
    if (t.exponent) {
        put_exact_exponent(call->out, &t, v, scale);
        return ST_OK;
    }
    __int128 roman = rounded(v, scale);
    if (t.roman && (roman > INT32_MAX || roman < INT32_MIN))
        return out_of_range(call, "integer");
    /* The digits before the point, those behind it, and those in front of V's point together. */
    int kept = t.after + t.shift < scale ? t.after + t.shift : scale;
    __int128 cut = rounded(v, scale - kept);
    int behind = kept - t.shift > 0 ? kept - t.shift : 0;
    char room[WIDE_DIGITS], text[WIDE_DIGITS + 2];
    struct str whole = digits_of(divided(magnitude(cut), pow10_of(behind)), room);
    size_t n = str_copy(whole, text, sizeof text);
    if (behind > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, ".%0*lld", behind,
                              (long long)(magnitude(cut) % pow10_of(behind)));
    struct number_digits d = {
        .text = {text, n}, .before = (int)whole.n, .after = t.after, .negative = cut < 0};
    if (cut != 0 && t.shift > kept)
        d.before += t.shift - kept;
    t.before += t.shift;
    return number_layout(call->out, &t, &d, (int64_t)roman, call->e);
}

int to_char_numeric(struct pg_call *call)
{
    return exact_to_char(call, call->args[0].wide, PG_NUMERIC_SCALE);
}

int to_char_hugeint(struct pg_call *call)
{
    return exact_to_char(call, call->args[0].wide, 0);
}

/* ---- floating point ---- */

static size_t real_text(char text[static REAL_TEXT], int places, double v)
{
    if (isfinite(v))
        return (size_t)snprintf(text, REAL_TEXT, "%.*f", places, v);
    return (size_t)snprintf(text, REAL_TEXT, "%s", isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
}

/* digits: as many as the type keeps. */
static int real_to_char(struct pg_call *call, int digits)
{
    struct number_template t;
    double v = call->args[0].real;
    int st = read_template(&t, call);
    if (st != ST_OK)
        return st == ST_EOF ? ST_OK : st;
    if (t.exponent) {
        put_real_exponent(call->out, &t, v);
        return ST_OK;
    }
    double roman = rint(v);
    if (t.has_shift)
        v *= pow(10, t.shift);
    if (digits == FLT_DIG)
        v = (double)(float)v;
    t.before += t.shift;
    char text[REAL_TEXT];
    int before = (int)real_text(text, 0, fabs(v));
    int after = before >= digits ? 0 : t.after < digits - before ? t.after : digits - before;
    struct str s = {text, real_text(text, after, v)};
    struct number_digits d = {.after = after, .negative = s.p[0] == '-', .is_word = !isfinite(v)};
    str_skip(&s, d.negative);
    const char *point = memchr(s.p, '.', s.n);
    d.text = s;
    d.before = point ? (int)(point - s.p) : (int)s.n;
    return number_layout(call->out, &t, &d, roman > 0 && roman <= ROMAN_MAX ? (int64_t)roman : 0, call->e);
}

int to_char_float4(struct pg_call *call)
{
    return real_to_char(call, FLT_DIG);
}

int to_char_float8(struct pg_call *call)
{
    return real_to_char(call, DBL_DIG);
}
