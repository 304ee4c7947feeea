/* numeric: base 10000 on the wire, digits in text; canonical decimal text inside. Source: numeric_recv's
 * layout as PostgreSQL sends it; manual, 8.1.2. */
#include "pgtype/value_number.h"

#include "base/bytes.h"
#include "pgtype/number_parts.h"
#include "pgtype/value_priv.h"

/* PostgreSQL's own bounds, before the point and behind it. */
enum { NUMERIC_WHOLE_MAX = 131072, NUMERIC_SCALE_MAX = 16383 };

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

static int overflows(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
}

/* Leading zeros go, and zero has neither sign nor digits before its point but one. */
static void make_canonical(struct number_parts *x)
{
    while (x->whole.n && x->whole.p[0] == '0')
        x->whole.p++, x->whole.n--;
    bool zero = x->whole.n == 0;
    for (size_t i = 0; zero && i < x->fraction.n; i++)
        zero = x->fraction.p[i] == '0';
    if (!zero)
        return;
    x->negative = false;
    if (x->exponent >= 0) { /* 0.00e1 is 0.0 */
        size_t cut = x->exponent < (int64_t)x->fraction.n ? (size_t)x->exponent : x->fraction.n;
        x->fraction.n -= cut;
        x->exponent = 0;
    }
}

/* The digit at place i of both parts together; beyond them there are zeros. */
static char digit_at(const struct number_parts *x, int64_t i)
{
    int64_t whole = (int64_t)x->whole.n;
    if (i < 0 || i >= whole + (int64_t)x->fraction.n)
        return '0';
    return i < whole ? x->whole.p[i] : x->fraction.p[i - whole];
}

static int put_canonical(const struct decode *d, const struct number_parts *x)
{
    int64_t point = (int64_t)x->whole.n + x->exponent; /* so many digits come before it */
    int64_t digits = (int64_t)(x->whole.n + x->fraction.n);
    int64_t scale = digits > point ? digits - point : 0;
    int64_t first = 0; /* of the digits before the point: 0.05e3 has its nought to leave */
    while (first < point && digit_at(x, first) == '0')
        first++;
    if (point - first > NUMERIC_WHOLE_MAX || scale > NUMERIC_SCALE_MAX)
        return overflows(d);
    size_t whole = point > first ? (size_t)(point - first) : 0;
    char *out = arena_alloc(d->arena, whole + (size_t)scale + sizeof "-0."), *p = out;
    if (!out)
        return err_oom(d->e);
    if (x->negative)
        *p++ = '-';
    for (int64_t i = first; i < point; i++)
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
    struct number_parts x;
    if (!number_parts_of(s, &x))
        return bad_text(d);
    make_canonical(&x);
    return put_canonical(d, &x);
}

enum { SIGN_NEGATIVE = 0x4000, SIGN_NAN = 0xC000, SIGN_INFINITY = 0xD000, SIGN_MINUS_INFINITY = 0xF000 };

static char *put_group(char *p, unsigned group, unsigned n)
{
    static const unsigned units[] = {1000, 100, 10, 1};
    for (unsigned i = 0; i < n; i++)
        *p++ = (char)('0' + group / units[i] % 10);
    return p;
}

/* What a binary numeric says. */
struct groups {
    const uint8_t *digits; /* base 10000, big-endian */
    int n, weight, sign, dscale;
};

static unsigned group_at(const struct groups *g, int i)
{
    return i >= 0 && i < g->n ? get_be16(g->digits + 2 * i) : 0U;
}

static int bad_part(const struct decode *d, const char *what)
{
    return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid %s in external \"numeric\" value",
                   what);
}

static bool is_sign(int sign)
{
    return sign == 0 || sign == SIGN_NEGATIVE || sign == SIGN_NAN || sign == SIGN_INFINITY ||
           sign == SIGN_MINUS_INFINITY;
}

/* Looked at in PostgreSQL's order, so that the first fault is the same. */
static int groups_read(struct groups *g, const struct decode *d)
{
    enum { HEADER = 8, GROUP = 2, GROUP_MAX = 9999 };
    if (d->in.n < HEADER)
        return bad_size(d, HEADER);
    const uint8_t *in = (const uint8_t *)d->in.p;
    *g = (struct groups){in + HEADER, get_be16(in), (int16_t)get_be16(in + 2), get_be16(in + 4),
                         get_be16(in + 6)};
    if (!is_sign(g->sign))
        return bad_part(d, "sign");
    if (g->dscale > NUMERIC_SCALE_MAX)
        return bad_part(d, "scale");
    size_t size = HEADER + GROUP * (size_t)g->n;
    for (int i = 0; i < g->n; i++) {
        if (d->in.n < HEADER + GROUP * ((size_t)i + 1))
            return cut_short(d);
        if (group_at(g, i) > GROUP_MAX)
            return bad_part(d, "digit");
    }
    return d->in.n == size ? ST_OK : bad_size(d, size);
}

/* Groups of four digits to text: `weight` is the place of the first before the point, counted in groups;
 * groups that are not sent are noughts. dscale digits stand behind the point, whatever the groups have. */
static int put_groups(const struct decode *d, const struct groups *g)
{
    size_t whole = g->weight >= 0 ? 4 * ((size_t)g->weight + 1) : 1;
    char *out = arena_alloc(d->arena, whole + (size_t)g->dscale + 8),
         *p = out + 1; /* the first is a sign's */
    if (!out)
        return err_oom(d->e);
    for (int i = 0; i <= g->weight; i++)
        p = put_group(p, group_at(g, i), 4);
    if (g->weight < 0)
        *p++ = '0';
    char *start = out + 1, *point = p;
    while (start + 1 < point && *start == '0')
        start++;
    bool zero = start + 1 == point && *start == '0';
    if (g->dscale > 0)
        *p++ = '.';
    for (int done = 0, i = g->weight + 1; done < g->dscale; i++, done += 4)
        p = put_group(p, group_at(g, i), g->dscale - done < 4 ? (unsigned)(g->dscale - done) : 4U);
    for (const char *at = point + 1; zero && at < p; at++)
        zero = *at == '0';
    if (g->sign == SIGN_NEGATIVE && !zero)
        *--start = '-';
    d->out->kind = PG_NUMERIC;
    d->out->v.text = (struct str){start, (size_t)(p - start)};
    return ST_OK;
}

int numeric_from_binary(const struct decode *d)
{
    struct groups g = {0};
    TRY(groups_read(&g, d));
    switch (g.sign) {
    case SIGN_NAN: return numeric_word(d, "NaN");
    case SIGN_INFINITY: return numeric_word(d, "Infinity");
    case SIGN_MINUS_INFINITY: return numeric_word(d, "-Infinity");
    default: return put_groups(d, &g);
    }
}
