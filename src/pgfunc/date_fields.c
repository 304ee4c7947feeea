#include "pgfunc/date_fields.h"

#include "base/status.h"

#include <assert.h>
#include <limits.h>

/* One reading. */
struct reader {
    struct str rest;
    struct date_fields *f;
    struct date_template template;
    struct date_node node;
    bool exact;  /* FX */
    int skipped; /* blanks and separators of the text beyond those of the template */
    char before; /* the character in front of rest, or NUL */
    struct err *e;
};

static void advance(struct reader *r, size_t n)
{
    if (n > 0)
        r->before = r->rest.p[n - 1];
    str_skip(&r->rest, n);
}

static void skip_character(struct reader *r)
{
    if (r->rest.n > 0)
        advance(r, character_length(r->rest));
}

static void skip_spaces(struct reader *r)
{
    while (r->rest.n > 0 && is_space(r->rest.p[0])) {
        advance(r, 1);
        r->skipped++;
    }
}

static int bad_value(struct reader *r, struct str value, const char *detail)
{
    (void)err_set(r->e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid value \"%.*s\" for \"%.*s\"", (int)value.n,
                  value.p, (int)r->node.text.n, r->node.text.p);
    err_detail(r->e, "%s", detail);
    return ST_ERR;
}

static int conflict(struct reader *r)
{
    (void)err_set(r->e, SQLSTATE_INVALID_DATETIME_FORMAT,
                  "conflicting values for \"%.*s\" field in formatting string", (int)r->node.text.n,
                  r->node.text.p);
    err_detail(r->e, "This value contradicts a previous setting for the same field type.");
    return ST_ERR;
}

/* A field that was set before has to get the same value again. */
static int set(struct reader *r, int *field, int v)
{
    if (*field != 0 && *field != v)
        return conflict(r);
    *field = v;
    return ST_OK;
}

/* ---- numbers ---- */

/* Whether what follows the pattern in the text cannot be a digit, so that its number ends by itself. */
static bool ends_by_itself(const struct reader *r)
{
    struct date_template ahead = r->template;
    if (r->node.ordinal)
        return true;
    struct date_node next = date_template_next(&ahead);
    switch (next.kind) {
    case TEMPLATE_END: return true;
    case TEMPLATE_PATTERN: return !next.is_number;
    default: return next.text.n != 1 || !is_digit(next.text.p[0]);
    }
}

/* An optional sign and digits of at most n bytes; false: there are no digits. *used: how many bytes. */
static bool whole_number(struct str s, int64_t *v, size_t *used)
{
    size_t i = 0;
    while (i < s.n && is_space(s.p[i]))
        i++;
    bool negative = i < s.n && s.p[i] == '-';
    i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
    size_t first = i;
    for (*v = 0; i < s.n && is_digit(s.p[i]); i++)
        *v = *v > INT_MAX ? *v : *v * 10 + (s.p[i] - '0');
    *used = i > first ? i : 0;
    *v = negative ? -*v : *v;
    return i > first;
}

static int too_short(struct reader *r, int digits)
{
    (void)err_set(r->e, SQLSTATE_INVALID_DATETIME_FORMAT,
                  "source string too short for \"%.*s\" formatting field", (int)r->node.text.n,
                  r->node.text.p);
    err_detail(r->e, "Field requires %d characters, but only %d remain.", digits, (int)r->rest.n);
    err_hint(r->e, "If your source string is not fixed-width, try using the \"FM\" modifier.");
    return ST_ERR;
}

static int too_few(struct reader *r, struct str value, int digits, int used)
{
    (void)bad_value(r, value, "");
    err_detail(r->e, "Field requires %d characters, but only %d could be parsed.", digits, used);
    err_hint(r->e, "If your source string is not fixed-width, try using the \"FM\" modifier.");
    return ST_ERR;
}

static int out_of_range(struct reader *r)
{
    (void)err_set(r->e, SQLSTATE_DATETIME_FIELD_OVERFLOW,
                  "value for \"%.*s\" in source string is out of range", (int)r->node.text.n, r->node.text.p);
    err_detail(r->e, "Value must be in the range %d to %d.", INT_MIN, INT_MAX);
    return ST_ERR;
}

/* A number: as many characters as the pattern has, or, where it ends by itself, all digits that there are.
 * *length: how many characters it took, with blanks in front of it. */
static int number(struct reader *r, int digits, int *v, int *length)
{
    const struct str start = r->rest;
    int64_t value = 0;
    size_t used;
    if (r->node.fill || ends_by_itself(r)) {
        (void)whole_number(r->rest, &value, &used);
        advance(r, used);
    } else {
        while (r->rest.n > 0 && is_space(r->rest.p[0]))
            advance(r, 1);
        struct str field = {r->rest.p, r->rest.n < (size_t)digits ? r->rest.n : (size_t)digits};
        if (field.n < (size_t)digits)
            return too_short(r, digits);
        (void)whole_number(field, &value, &used);
        if (used > 0 && used < (size_t)digits)
            return too_few(r, field, digits, (int)used);
        advance(r, used);
    }
    *length = (int)(start.n - r->rest.n);
    if (*length == 0)
        return bad_value(r, (struct str){start.p, start.n < (size_t)digits ? start.n : (size_t)digits},
                         "Value must be an integer.");
    if (value > INT_MAX || value < INT_MIN)
        return out_of_range(r);
    *v = (int)value;
    return ST_OK;
}

/* The two letters that TH stands for, whichever they are. */
static void skip_ordinal(struct reader *r)
{
    for (int i = 0; r->node.ordinal && i < 2; i++)
        skip_character(r);
}

static int number_into(struct reader *r, int digits, int *field)
{
    int v, length;
    TRY(number(r, digits, &v, &length));
    TRY(set(r, field, v));
    skip_ordinal(r);
    return ST_OK;
}

/* Fewer digits than micro- or milliseconds have are those behind the point. */
static int fraction(struct reader *r, int digits, int unit_digits, int *field)
{
    assert(digits > 0 && digits <= unit_digits);
    int v, length;
    TRY(number(r, digits, &v, &length));
    TRY(set(r, field, v));
    for (int i = length; i < unit_digits; i++)
        *field *= 10;
    skip_ordinal(r);
    return ST_OK;
}

/* ---- years ---- */

/* The year nearest to 2020 that ends so. */
static int near_2020(int year)
{
    if (year < 70)
        return year + 2000;
    if (year < 100)
        return year + 1900;
    if (year < 520)
        return year + 2000;
    return year < 1000 ? year + 1000 : year;
}

static int year(struct reader *r)
{
    int v, length;
    TRY(number(r, r->node.digits, &v, &length));
    TRY(set(r, &r->f->year, v));
    if (r->node.digits < 4 && length < 4)
        r->f->year = near_2020(v);
    r->f->year_digits = r->node.digits;
    skip_ordinal(r);
    return ST_OK;
}

static int no_thousands(struct reader *r)
{
    return err_set(r->e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input string for \"Y,YYY\"");
}

/* Thousands, a comma and up to three digits. */
static int year_comma(struct reader *r)
{
    int64_t thousands, ones, v;
    size_t used, more = 0, spaces = 0;
    if (!whole_number(r->rest, &thousands, &used) || used >= r->rest.n || r->rest.p[used] != ',')
        return no_thousands(r);
    struct str behind = {r->rest.p + used + 1, r->rest.n - used - 1};
    while (spaces < behind.n && is_space(behind.p[spaces]))
        spaces++;
    behind.n = behind.n < spaces + 3 ? behind.n : spaces + 3;
    if (!whole_number(behind, &ones, &more))
        return no_thousands(r);
    advance(r, used + 1 + more);
    v = thousands * 1000 + ones;
    if (v > INT_MAX || v < INT_MIN)
        return out_of_range(r);
    TRY(set(r, &r->f->year, (int)v));
    r->f->year_digits = 4;
    skip_ordinal(r);
    return ST_OK;
}

/* ---- words ---- */

/* Which of n words the text begins with, in any case; length 0: whole words, else so many letters of each. */
static int word(struct reader *r, const char *const *words, int n, size_t length, int *which)
{
    for (int i = 0; i < n; i++) {
        struct str w = {words[i], length ? length : strlen(words[i])};
        if (r->rest.n < w.n || !str_ieq((struct str){r->rest.p, w.n}, w))
            continue;
        advance(r, w.n);
        *which = i;
        return ST_OK;
    }
    size_t end = 0;
    while (end < r->rest.n && !is_space(r->rest.p[end]))
        end++;
    return bad_value(r, (struct str){r->rest.p, end},
                     "The given value did not match any of the allowed values for this field.");
}

static int word_into(struct reader *r, const char *const *words, int n, size_t length, int *field)
{
    int which;
    TRY(word(r, words, n, length, &which));
    return set(r, field, which + 1);
}

/* Roman numbers, the longest first, since a shorter one may begin a longer one. */
static int roman_month(struct reader *r)
{
    static const char *const longest_first[] = {"XII", "XI", "X",  "IX",  "VIII", "VII",
                                                "VI",  "V",  "IV", "III", "II",   "I"};
    int which;
    TRY(word(r, longest_first, 12, 0, &which));
    return set(r, &r->f->month, 12 - which);
}

static int meridiem(struct reader *r)
{
    static const char *const plain[] = {"am", "pm"}, *const dotted[] = {"a.m.", "p.m."};
    r->f->is_12_hours = true;
    int which;
    TRY(word(r, r->node.pattern == DATE_MERIDIEM ? plain : dotted, 2, 0, &which));
    return set(r, &r->f->is_pm, which);
}

static int era(struct reader *r)
{
    static const char *const plain[] = {"ad", "bc"}, *const dotted[] = {"a.d.", "b.c."};
    int which;
    TRY(word(r, r->node.pattern == DATE_ERA ? plain : dotted, 2, 0, &which));
    return set(r, &r->f->is_bc, which);
}

/* ---- zones ---- */

/* TH means nothing behind it. */
static int zone_number(struct reader *r, int *field)
{
    int v, length;
    TRY(number(r, 2, &v, &length));
    return set(r, field, v);
}

/* A minus in front of the hours may have been taken for a separator of the template. */
static int zone_hour(struct reader *r)
{
    char c = r->rest.n > 0 ? r->rest.p[0] : '\0';
    if (c == '+' || c == '-' || c == ' ') {
        r->f->zone_sign = c == '-' ? -1 : 1;
        advance(r, 1);
    } else {
        r->f->zone_sign = r->skipped > 0 && r->before == '-' ? -1 : 1;
    }
    return zone_number(r, &r->f->zone_hour);
}

static int zone_minute(struct reader *r)
{
    if (r->f->zone_sign == 0)
        r->f->zone_sign = 1;
    return zone_number(r, &r->f->zone_minute);
}

/* ---- patterns ---- */

/* ISO's Monday is 1 and its Sunday 7, where the field counts from Sunday, which is 1. */
static int iso_day_of_week(struct reader *r)
{
    int v, length;
    TRY(number(r, 1, &v, &length));
    TRY(set(r, &r->f->day_of_week, v));
    r->f->day_of_week = v >= 7 ? 1 : v + 1;
    skip_ordinal(r);
    return ST_OK;
}

static int day_name(struct reader *r, size_t length)
{
    int which;
    TRY(word(r, day_names, 7, length, &which));
    TRY(set(r, &r->f->day_of_week, which));
    r->f->day_of_week = which + 1;
    return ST_OK;
}

/* Q is read and then ignored, as in PostgreSQL: a quarter does not say which of its days is meant. */
static int quarter(struct reader *r)
{
    int ignored = 0;
    return number_into(r, 1, &ignored);
}

static int only_output(struct reader *r)
{
    return err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "formatting field \"%.*s\" is only supported in to_char", (int)r->node.text.n,
                   r->node.text.p);
}

static int day_pattern(struct reader *r)
{
    struct date_fields *f = r->f;
    switch (r->node.pattern) {
    case DATE_DAY_NAME: return day_name(r, 0);
    case DATE_DAY_SHORT: return day_name(r, SHORT_NAME);
    case DATE_DAY_OF_YEAR:
    case DATE_ISO_DAY_OF_YEAR: return number_into(r, 3, &f->day_of_year);
    case DATE_DAY: return number_into(r, 2, &f->day);
    case DATE_DAY_OF_WEEK: return number_into(r, 1, &f->day_of_week);
    case DATE_ISO_DAY_OF_WEEK: return iso_day_of_week(r);
    case DATE_WEEK:
    case DATE_ISO_WEEK: return number_into(r, 2, &f->week);
    case DATE_WEEK_OF_MONTH: return number_into(r, 1, &f->week_of_month);
    case DATE_MONTH: return number_into(r, 2, &f->month);
    case DATE_MONTH_NAME: return word_into(r, month_names, 12, 0, &f->month);
    case DATE_MONTH_SHORT: return word_into(r, month_names, 12, SHORT_NAME, &f->month);
    case DATE_MONTH_ROMAN: return roman_month(r);
    case DATE_QUARTER: return quarter(r);
    case DATE_CENTURY: return number_into(r, 2, &f->century);
    case DATE_JULIAN: return number_into(r, 1, &f->julian);
    case DATE_YEAR:
    case DATE_ISO_YEAR: return year(r);
    case DATE_YEAR_COMMA: return year_comma(r);
    default: return era(r);
    }
}

static int hour_12(struct reader *r)
{
    r->f->is_12_hours = true;
    return number_into(r, 2, &r->f->hour);
}

static int pattern(struct reader *r)
{
    struct date_fields *f = r->f;
    switch (r->node.pattern) {
    case DATE_EXACT: r->exact = true; return ST_OK;
    case DATE_MERIDIEM:
    case DATE_MERIDIEM_DOTTED: return meridiem(r);
    case DATE_HOUR_12: return hour_12(r);
    case DATE_HOUR_24: return number_into(r, 2, &f->hour);
    case DATE_MINUTE: return number_into(r, 2, &f->minute);
    case DATE_SECOND: return number_into(r, 2, &f->second);
    case DATE_MILLISECOND: return fraction(r, 3, 3, &f->milliseconds);
    case DATE_FRACTION:
        if (r->node.text.n == 3) /* FF1 to FF6: what is read has so many digits in the end */
            f->precision = r->node.digits;
        return fraction(r, r->node.digits, 6, &f->micros);
    case DATE_SECOND_OF_DAY: return number_into(r, (int)r->node.text.n, &f->second_of_day);
    case DATE_OFFSET:
    case DATE_ZONE: return only_output(r);
    case DATE_ZONE_HOUR: return zone_hour(r);
    case DATE_ZONE_MINUTE: return zone_minute(r);
    default: return day_pattern(r);
    }
}

/* A template is of years, months and days or of ISO's years and weeks. PostgreSQL refuses one of both. */
static int set_convention(struct reader *r)
{
    enum date_convention c = r->node.convention;
    if (c == DATE_ANY || r->f->convention == c)
        return ST_OK;
    if (r->f->convention != DATE_ANY) {
        (void)err_set(r->e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid combination of date conventions");
        err_hint(r->e, "Do not mix Gregorian and ISO week date conventions in a formatting template.");
        return ST_ERR;
    }
    r->f->convention = c;
    return ST_OK;
}

/* Text of the template stands for any text of the same length, or for none where blanks were skipped. */
static void literal(struct reader *r)
{
    if (r->exact) {
        skip_character(r);
    } else if (r->node.kind != TEMPLATE_CHARACTER) {
        r->skipped--;
        if (is_space(r->rest.p[0]) || is_separator(r->rest.p[0])) {
            advance(r, 1);
            r->skipped++;
        }
    } else if (r->skipped > 0) {
        r->skipped--;
    } else {
        skip_character(r);
    }
}

int date_fields_read(struct date_fields *f, struct str text, struct date_template template, struct err *e)
{
    struct reader r = {.rest = text, .f = f, .template = template, .e = e};
    *f = (struct date_fields){0};
    for (bool first = true; r.rest.n > 0; first = false) {
        r.node = date_template_next(&r.template);
        if (r.node.kind == TEMPLATE_END)
            break;
        bool is_pattern = r.node.kind == TEMPLATE_PATTERN;
        if (!r.exact && (is_pattern ? r.node.pattern != DATE_EXACT : first))
            skip_spaces(&r);
        if (r.rest.n == 0 && !is_pattern)
            break;
        if (!is_pattern) {
            literal(&r);
            continue;
        }
        TRY(set_convention(&r));
        TRY(pattern(&r));
        if (!r.exact) {
            r.skipped = 0;
            skip_spaces(&r);
        }
    }
    return ST_OK;
}
