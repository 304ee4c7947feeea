/* Templates of to_char, to_date and to_timestamp for dates and times, read a node at a time. Pure.
 * Source: PostgreSQL 15 manual, tables 9.27 and 9.28. */
#ifndef TAVANA_PGFUNC_DATE_TEMPLATE_H
#define TAVANA_PGFUNC_DATE_TEMPLATE_H

#include "pgfunc/template.h"

enum date_pattern {
    DATE_ERA, /* AD, BC */
    DATE_ERA_DOTTED,
    DATE_MERIDIEM, /* AM, PM */
    DATE_MERIDIEM_DOTTED,
    DATE_CENTURY,
    DATE_DAY_NAME,
    DATE_DAY_SHORT,
    DATE_DAY_OF_YEAR,
    DATE_DAY,
    DATE_DAY_OF_WEEK, /* from Sunday, 1 */
    DATE_FRACTION,    /* FF1 to FF6, and US: as many digits as the node says */
    DATE_EXACT,       /* FX */
    DATE_HOUR_24,
    DATE_HOUR_12,
    DATE_ISO_DAY_OF_YEAR,
    DATE_ISO_DAY_OF_WEEK,
    DATE_ISO_WEEK,
    DATE_ISO_YEAR, /* and fewer of its digits */
    DATE_JULIAN,
    DATE_MINUTE,
    DATE_MONTH,
    DATE_MONTH_NAME,
    DATE_MONTH_SHORT,
    DATE_MONTH_ROMAN,
    DATE_MILLISECOND,
    DATE_OFFSET, /* OF */
    DATE_QUARTER,
    DATE_SECOND_OF_DAY,
    DATE_SECOND,
    DATE_ZONE_HOUR,
    DATE_ZONE_MINUTE,
    DATE_ZONE,
    DATE_WEEK,
    DATE_WEEK_OF_MONTH,
    DATE_YEAR_COMMA, /* Y,YYY */
    DATE_YEAR,       /* and fewer of its digits */
};

/* Which calendar's year a pattern belongs to. */
enum date_convention { DATE_ANY, DATE_GREGORIAN, DATE_ISO };

enum letter_case { CASE_UPPER, CASE_LOWER, CASE_CAPITAL };

struct date_node {
    enum template_kind kind;
    struct str text; /* the pattern's letters, or the character */
    /* Of a pattern. */
    enum date_pattern pattern;
    int digits; /* of FF and US, and of years: how many of the last ones */
    enum letter_case letters;
    enum date_convention convention;
    bool is_number; /* its first character in the input is a digit */
    bool fill;      /* FM: no blanks and zeros in front */
    bool localized; /* TM */
    bool ordinal;   /* TH or th: letters of that case follow the number */
    bool ordinal_lower;
};

enum { DATE_TEMPLATE_KEPT = 128 }; /* bytes of a template whose nodes are kept */

/* The nodes of one template, to be gone over row by row. */
struct date_nodes {
    size_t length, n;
    char text[DATE_TEMPLATE_KEPT];
    struct date_node nodes[DATE_TEMPLATE_KEPT];
};

struct date_template {
    struct template_cursor at;
    const struct date_nodes *kept; /* NULL: nodes are read from the text */
    size_t next;
};

/* *kept is what an earlier call left there, first NULL; it is for mem_free in the end. kept may be NULL: then
 * nothing is. Lent as long as text and *kept are. */
struct date_template date_template_of(struct str text, void **kept);

/* The next node; of kind TEMPLATE_END behind the last one, from then on. */
struct date_node date_template_next(struct date_template *t);

/* January is 0, and Sunday. */
extern const char *const month_names[12], *const day_names[7], *const roman_months[12];

enum { SHORT_NAME = 3 };

#endif
