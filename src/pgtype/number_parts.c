/* Nothing is computed here: how large a number may be is for those to say who ask. */
#include "pgtype/number_parts.h"

/* The digits that s begins with, which it then no longer has. */
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

/* [sign] digits; what is too large stays too large. */
static bool take_exponent(struct str s, int64_t *exponent)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s.p++, s.n--;
    struct str digits = digits_at(&s);
    if (digits.n == 0 || s.n > 0)
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < digits.n && v < NUMBER_EXPONENT_MAX; i++)
        v = v * 10 + (digits.p[i] - '0');
    *exponent = negative ? -v : v;
    return true;
}

bool number_parts_of(struct str s, struct number_parts *x)
{
    *x = (struct number_parts){.negative = s.n && s.p[0] == '-', .fraction = {"", 0}};
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
        return take_exponent((struct str){s.p + 1, s.n - 1}, &x->exponent);
    }
    return s.n == 0;
}
