/* Reading dates, times and intervals: a place in a text, and what stands there. */
#ifndef TAVANA_PGTYPE_SCAN_PRIV_H
#define TAVANA_PGTYPE_SCAN_PRIV_H

#include "base/str.h"

struct scan {
    struct str s;
    size_t at;
};

static inline char scan_at(const struct scan *s, size_t ahead)
{
    return ahead < s->s.n - s->at ? s->s.p[s->at + ahead] : '\0';
}

static inline char scan_peek(const struct scan *s)
{
    return scan_at(s, 0);
}

static inline bool scan_eat(struct scan *s, char c)
{
    if (!c || scan_peek(s) != c)
        return false;
    s->at++;
    return true;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool scan_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline void scan_blanks(struct scan *s)
{
    while (scan_peek(s) == ' ' || (scan_peek(s) >= '\t' && scan_peek(s) <= '\r') || scan_peek(s) == ',')
        s->at++;
}

/* How many digits stand here. */
static inline size_t scan_run(const struct scan *s)
{
    size_t n = 0;
    while (scan_is_digit(scan_at(s, n)))
        n++;
    return n;
}

/* All digits that stand here, between least and most of them (at most 18). */
static inline bool scan_digits(struct scan *s, size_t least, size_t most, int64_t *v)
{
    size_t n = scan_run(s);
    *v = 0;
    if (n < least || n > most)
        return false;
    for (; n > 0; n--)
        *v = *v * 10 + (s->s.p[s->at++] - '0');
    return true;
}

/* The letters that stand here; none is fine. */
static inline struct str scan_word(struct scan *s)
{
    size_t from = s->at;
    while (scan_is_letter(scan_peek(s)))
        s->at++;
    return (struct str){s->s.p + from, s->at - from};
}

/* What follows a point: digits as microseconds of a second. Rounded as PostgreSQL rounds: to the nearest of
 * the double that they are, a half to the even one. */
static inline int64_t scan_fraction(struct scan *s)
{
    enum { EXACT_DIGITS = 15 }; /* as many as a double holds; more say nothing about microseconds */
    double digits = 0, unit = 1;
    for (size_t n = 0; scan_is_digit(scan_peek(s)); n++, s->at++)
        if (n < EXACT_DIGITS) {
            digits = digits * 10 + (scan_peek(s) - '0');
            unit *= 10;
        }
    return (int64_t)__builtin_rint(digits / unit * 1e6);
}

#endif
