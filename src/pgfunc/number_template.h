/* Templates of to_char and to_number for numbers: read once for what they say as a whole, and then a node at
 * a time. Pure. Source: PostgreSQL 15 manual, tables 9.29 and 9.30. */
#ifndef TAVANA_PGFUNC_NUMBER_TEMPLATE_H
#define TAVANA_PGFUNC_NUMBER_TEMPLATE_H

#include "base/err.h"
#include "pgfunc/template.h"

enum number_pattern {
    NUMBER_NINE,
    NUMBER_ZERO,
    NUMBER_POINT,       /* . and D, which are the same in locale C */
    NUMBER_COMMA,       /* , */
    NUMBER_GROUP,       /* G, which is a comma in locale C */
    NUMBER_CURRENCY,    /* L, which is a blank in locale C */
    NUMBER_BLANK,       /* B */
    NUMBER_FILL,        /* FM */
    NUMBER_SIGN,        /* S */
    NUMBER_MINUS,       /* MI */
    NUMBER_PLUS,        /* PL */
    NUMBER_PLUS_MINUS,  /* SG */
    NUMBER_BRACKETS,    /* PR */
    NUMBER_ROMAN,       /* RN */
    NUMBER_ROMAN_LOWER, /* rn */
    NUMBER_ORDINAL,     /* TH */
    NUMBER_ORDINAL_LOWER,
    NUMBER_SHIFT,    /* V */
    NUMBER_EXPONENT, /* EEEE */
    NUMBER_NOTHING,  /* C, SP: they mean nothing */
};

struct number_node {
    enum template_kind kind;
    struct str text;
    enum number_pattern pattern;
};

struct number_template {
    struct str text;
    int before, after; /* places for digits before and behind the point */
    int shift;         /* V: places behind it */
    bool has_shift, fill, blank, point, zeros, brackets, minus, plus, roman, exponent;
    bool sign, sign_first;     /* S; not behind a point */
    int sign_place;            /* places before the point in front of it */
    int first_zero, zeros_end; /* of zeros: the place of the first 0, and the one behind the last one */
};

/* 42601 for patterns that do not go together. */
int number_template_read(struct number_template *t, struct str text, struct err *e);
/* The next node; of kind TEMPLATE_END behind the last one. */
struct number_node number_template_next(struct template_cursor *c);

#endif
