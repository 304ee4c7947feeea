/* numeric: base 10000 on the wire, digits in text; canonical decimal text inside. Source: numeric_recv's
 * layout as PostgreSQL sends it; manual, 8.1.2. */
#include "base/bytes.h"
#include "pgtype/value_priv.h"

enum { NUMERIC_DIGITS_MAX = 131072 + 16383, NUMERIC_EXPONENT_MAX = 100000 };

static int numeric_word(const struct decode *d, const char *word)
{
    d->out->kind = PG_NUMERIC;
    d->out->v.text = str_of(word);
    return ST_OK;
}

static const char *special(struct str s)
{
    bool negative = s.n && s.p[0] == '-';
    struct str word = s.n && (s.p[0] == '-' || s.p[0] == '+') ? (struct str){s.p + 1, s.n - 1} : s;
    if (str_ieq(word, STR("inf")) || str_ieq(word, STR("infinity")))
        return negative ? "-Infinity" : "Infinity";
    return str_ieq(s, STR("nan")) ? "NaN" : NULL;
}

/* [sign] digits [. digits] [e exponent], taken apart. */
struct parts {
    bool negative;
    struct str whole, fraction;
    int64_t exponent;
};

static struct str digits_at(struct str *s)
{
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    struct str digits = {s->p, n};
    s->p += n;
    s->n -= n;
    return digits;
}

static bool take_apart(struct str s, struct parts *x)
{
    *x = (struct parts){.negative = s.n && s.p[0] == '-'};
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s.p++, s.n--;
    x->whole = digits_at(&s);
    if (s.n && s.p[0] == '.') {
        s.p++, s.n--;
        x->fraction = digits_at(&s);
    }
    if (x->whole.n + x->fraction.n == 0)
        return false;
    if (s.n && (s.p[0] == 'e' || s.p[0] == 'E')) {
        struct str exponent = {s.p + 1, s.n - 1};
        if (exponent.n == 0 || exponent.p[0] == ' ' ||
            !str_to_i64(exponent, -NUMERIC_EXPONENT_MAX, NUMERIC_EXPONENT_MAX, &x->exponent))
            return false;
        s.n = 0;
    }
    return s.n == 0;
}

/* The digit at place i of both parts together; beyond them there are zeros. */
static char digit_at(const struct parts *x, int64_t i)
{
    int64_t whole = (int64_t)x->whole.n;
    if (i < 0 || i >= whole + (int64_t)x->fraction.n)
        return '0';
    return i < whole ? x->whole.p[i] : x->fraction.p[i - whole];
}

static int put_canonical(const struct decode *d, const struct parts *x)
{
    int64_t point = (int64_t)x->whole.n + x->exponent; /* so many digits come before it */
    int64_t digits = (int64_t)(x->whole.n + x->fraction.n);
    int64_t scale = digits > point ? digits - point : 0;
    int64_t whole = point > 0 ? point : 0;
    if (whole + scale > NUMERIC_DIGITS_MAX)
        return err_set(d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    char *out = arena_alloc(d->arena, (size_t)(whole + scale) + sizeof "-0."), *p = out;
    if (!out)
        return err_oom(d->e);
    if (x->negative)
        *p++ = '-';
    for (int64_t i = 0; i < whole; i++)
        *p++ = digit_at(x, i);
    if (whole == 0)
        *p++ = '0';
    if (scale > 0)
        *p++ = '.';
    for (int64_t i = point; i < point + scale; i++)
        *p++ = digit_at(x, i);
    d->out->kind = PG_NUMERIC;
    d->out->v.text = (struct str){out, (size_t)(p - out)};
    return ST_OK;
}

int numeric_from_text(const struct decode *d)
{
    struct str s = trimmed(d->in);
    const char *word = special(s);
    if (word)
        return numeric_word(d, word);
    struct parts x;
    return take_apart(s, &x) ? put_canonical(d, &x) : bad_text(d);
}

enum { SIGN_NEGATIVE = 0x4000, SIGN_NAN = 0xC000, SIGN_INFINITY = 0xD000, SIGN_MINUS_INFINITY = 0xF000 };

/* The number in [out, end), sign and all, without needless zeros in front. */
static struct str without_zeros(char *out, char *end)
{
    char *first = out + (*out == '-');
    char *at = first;
    while (end - at > 1 && at[0] == '0' && at[1] >= '0' && at[1] <= '9')
        at++;
    memmove(first, at, (size_t)(end - at));
    return (struct str){out, (size_t)(end - out - (at - first))};
}

static char *put_group(char *p, unsigned group, unsigned n)
{
    static const unsigned units[] = {1000, 100, 10, 1};
    for (unsigned i = 0; i < n; i++)
        *p++ = (char)('0' + group / units[i] % 10);
    return p;
}

int numeric_from_binary(const struct decode *d)
{
    const uint8_t *in = (const uint8_t *)d->in.p;
    if (d->in.n < 8)
        return bad_binary(d);
    int n = get_be16(in), weight = (int16_t)get_be16(in + 2), sign = get_be16(in + 4),
        dscale = get_be16(in + 6);
    if (d->in.n != 8 + 2 * (size_t)n || dscale > 0x3FFF)
        return bad_binary(d);
    if (sign == SIGN_NAN || sign == SIGN_INFINITY || sign == SIGN_MINUS_INFINITY)
        return numeric_word(d, sign == SIGN_NAN ? "NaN" : sign == SIGN_INFINITY ? "Infinity" : "-Infinity");
    if (sign != 0 && sign != SIGN_NEGATIVE)
        return bad_binary(d);
    size_t whole = weight >= 0 ? 4 * ((size_t)weight + 1) : 1;
    char *out = arena_alloc(d->arena, whole + (size_t)dscale + 8), *p = out;
    if (!out)
        return err_oom(d->e);
    if (sign == SIGN_NEGATIVE)
        *p++ = '-';
    for (int i = 0; i < n; i++)
        if (get_be16(in + 8 + 2 * i) > 9999)
            return bad_binary(d);
    if (weight < 0)
        *p++ = '0';
    for (int i = 0; i <= weight; i++)
        p = put_group(p, i < n ? get_be16(in + 8 + 2 * i) : 0U, 4);
    if (dscale > 0)
        *p++ = '.';
    for (int done = 0, i = weight + 1; done < dscale; i++, done += 4) {
        unsigned group = i >= 0 && i < n ? get_be16(in + 8 + 2 * i) : 0U;
        p = put_group(p, group, dscale - done < 4 ? (unsigned)(dscale - done) : 4U);
    }
    d->out->kind = PG_NUMERIC;
    d->out->v.text = without_zeros(out, p);
    return ST_OK;
}
