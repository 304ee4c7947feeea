/* A number laid out by a template of to_char. Pure. */
#ifndef TAVANA_PGFUNC_NUMBER_LAYOUT_H
#define TAVANA_PGFUNC_NUMBER_LAYOUT_H

#include "pgfunc/number_template.h"

struct buf;

enum { ROMAN_MAX = 3999, ROMAN_WIDTH = 15 };

/* The digits of a number without its sign: those of text, with a point where it has one, and zeros behind it
 * up to places behind the point. One that does not fit the template has a # for each place. */
struct number_digits {
    struct str text;
    int before; /* digits before the point */
    int after;  /* places behind the point; 0: no point */
    bool negative;
    bool is_word; /* NaN, Infinity: no more than text is there */
};

/* The template t, whose places before the point count V's too by now; roman is for RN alone. 22P02: TH where
 * there is no digit. */
int number_layout(struct buf *out, const struct number_template *t, const struct number_digits *d,
                  int64_t roman, struct err *e);

#endif
