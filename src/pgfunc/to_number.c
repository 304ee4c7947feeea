#include "pgfunc/to_number.h"

#include "pgfunc/number_template.h"

#include <assert.h>

/* One reading. */
struct reader {
    struct str rest;
    const struct number_template *t;
    unsigned __int128 digits; /* all that were read, without the point */
    bool too_many;            /* for 128 bits */
    int before, after;        /* digits read before and behind the point */
    int significant;          /* of those before it, without zeros in front */
    bool point;
    char sign; /* NUL: none yet */
};

static bool at_end(const struct reader *r)
{
    return r->rest.n == 0;
}

static bool is_at(const struct reader *r, char c)
{
    return r->rest.n > 0 && r->rest.p[0] == c;
}

static void take_digit(struct reader *r)
{
    unsigned digit = (unsigned)(r->rest.p[0] - '0');
    r->too_many |= __builtin_mul_overflow(r->digits, (unsigned __int128)10, &r->digits);
    r->too_many |= __builtin_add_overflow(r->digits, (unsigned __int128)digit, &r->digits);
    if (r->point) {
        r->after++;
    } else {
        r->before++;
        r->significant += digit > 0 || r->significant > 0;
    }
}

/* In front of the first digit. */
static void take_first_sign(struct reader *r)
{
    bool minus = is_at(r, '-') || (r->t->brackets && is_at(r, '<'));
    if (!minus && !is_at(r, '+'))
        return;
    r->sign = minus ? '-' : '+';
    str_skip(&r->rest, 1);
}

/* S holds for a sign right behind a digit; MI, PL and SG for one in place of a digit. The text is at the sign
 * then, which the place has used up. */
static void take_later_sign(struct reader *r, bool read)
{
    if (r->t->sign) {
        struct str next = {r->rest.p + 1, r->rest.n - 1};
        if (!read || next.n == 0 || (next.p[0] != '-' && next.p[0] != '+'))
            return;
        r->sign = next.p[0];
        r->rest = next;
    } else if (!read && (r->t->plus || r->t->minus) && (is_at(r, '-') || is_at(r, '+'))) {
        r->sign = r->rest.p[0];
    }
}

/* A place: 9, 0 or the point. Each takes a digit or a point; the text is at what it has used up then. */
static void read_place(struct reader *r, bool is_point)
{
    bool read = false;
    if (is_at(r, ' '))
        str_skip(&r->rest, 1);
    if (at_end(r))
        return;
    if (!r->sign && !is_point && r->before + r->after == 0)
        take_first_sign(r);
    if (at_end(r))
        return;
    if (is_digit(r->rest.p[0])) {
        if (r->point && r->after == r->t->after)
            return;
        take_digit(r);
        read = true;
    } else if (r->t->point && !r->point && is_at(r, '.')) {
        r->point = read = true;
    }
    if (!r->sign && r->before + r->after > 0)
        take_later_sign(r, read);
}

/* Over so many characters that are no part of a number. */
static void skip_others(struct reader *r, int n)
{
    while (n-- > 0 && !at_end(r) && (r->rest.p[0] == '\0' || !strchr("0123456789.,+-", r->rest.p[0])))
        str_skip(&r->rest, character_length(r->rest));
}

static void read_own_sign(struct reader *r, enum number_pattern p)
{
    bool minus = p != NUMBER_PLUS && is_at(r, '-'), plus = p != NUMBER_MINUS && is_at(r, '+');
    if (!minus && !plus) {
        skip_others(r, 1);
        return;
    }
    r->sign = minus ? '-' : '+';
    str_skip(&r->rest, 1);
}

static void read_pattern(struct reader *r, enum number_pattern p)
{
    enum { ORDINAL_LETTERS = 2 };
    switch (p) {
    case NUMBER_NINE:
    case NUMBER_ZERO:
    case NUMBER_POINT:
        read_place(r, p == NUMBER_POINT);
        if (!at_end(r))
            str_skip(&r->rest, 1);
        break;
    case NUMBER_COMMA:
    case NUMBER_GROUP:
        if (!r->t->fill && is_at(r, ','))
            str_skip(&r->rest, 1);
        break;
    case NUMBER_CURRENCY: skip_others(r, 1); break;
    case NUMBER_ORDINAL:
    case NUMBER_ORDINAL_LOWER:
        if (!r->t->point)
            skip_others(r, ORDINAL_LETTERS);
        break;
    case NUMBER_MINUS:
    case NUMBER_PLUS:
    case NUMBER_PLUS_MINUS: read_own_sign(r, p); break;
    default: break;
    }
}

/* In PostgreSQL's numeric there is room for more. */
static int too_large(struct err *e)
{
    (void)err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    err_detail(e, "A number has at most %d digits before and %d behind the point.",
               PG_NUMERIC_WIDTH - PG_NUMERIC_SCALE, PG_NUMERIC_SCALE);
    return ST_ERR;
}

/* digits / 10^behind as a numeric, exactly. */
static int scaled(const struct reader *r, __int128 *v, struct err *e)
{
    const unsigned __int128 limit =
        (unsigned __int128)10000000000000000000U * 10000000000000000000U; /* 10^38 */
    unsigned __int128 n = r->digits;
    int behind = r->after + r->t->shift;
    if (r->too_many)
        return too_large(e);
    for (; behind < PG_NUMERIC_SCALE && n > 0; behind++)
        if (n >= limit || __builtin_mul_overflow(n, (unsigned __int128)10, &n))
            return too_large(e);
    for (; behind > PG_NUMERIC_SCALE && n > 0; behind--) {
        if (n % 10 != 0)
            return too_large(e);
        n /= 10;
    }
    if (n >= limit)
        return too_large(e);
    *v = r->sign == '-' ? -(__int128)n : (__int128)n;
    return ST_OK;
}

static int unsupported(const struct number_template *t, struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "\"%s\" not supported for input",
                   t->roman ? "RN" : "EEEE");
}

int to_number(struct pg_call *call)
{
    struct number_template t;
    struct number_node n;
    assert(call->nargs == 2);
    TRY(number_template_read(&t, call->args[1].text, call->e));
    if (call->args[1].text.n == 0) {
        call->result.is_null = true;
        return ST_OK;
    }
    if (t.roman || t.exponent)
        return unsupported(&t, call->e);
    struct reader r = {.rest = call->args[0].text, .t = &t};
    struct template_cursor c = {.rest = t.text};
    while (!at_end(&r) && (n = number_template_next(&c)).kind != TEMPLATE_END) {
        if (n.kind == TEMPLATE_PATTERN)
            read_pattern(&r, n.pattern);
        else
            str_skip(&r.rest, character_length(r.rest));
    }
    if (r.before + r.after == 0)
        return err_set(call->e, SQLSTATE_INVALID_TEXT_REPRESENTATION,
                       "invalid input syntax for type numeric: \"%c\"", r.sign ? r.sign : ' ');
    if (r.significant > t.before + t.shift)
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    return scaled(&r, &call->result.wide, call->e);
}
