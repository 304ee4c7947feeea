#include "pgfunc/number_layout.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/status.h"

#include <assert.h>
#include <stdio.h>

/* Where the layout is. Places are counted from 0, over the blanks in front of the number too. */
struct layout {
    struct buf *out;
    const struct number_template *t;
    const struct number_digits *d;
    int64_t blanks; /* places in front of the number's first digit */
    bool overflow;  /* the number has more digits than there are places */
    int64_t length; /* of the number's characters */
    int64_t last;   /* FM: the last one that matters, zeros behind it do not; -1: all do */
    int64_t place;  /* which one is next */
    int64_t at;     /* the number's next character */
    int64_t end;    /* the place behind the last one */
    bool sign_done, brackets, sign_behind;
    bool ended; /* the number has no character for a place: PostgreSQL writes a NUL, where its text ends */
    bool begun; /* digits or zeros were written: a comma shows */
};

static char char_at(const struct layout *l, int64_t i)
{
    if (i >= l->length)
        return '\0';
    if (l->overflow)
        return i == l->t->before ? '.' : '#';
    if (i < (int64_t)l->d->text.n)
        return l->d->text.p[i];
    return i == l->d->before ? '.' : '0';
}

static void put(struct layout *l, char c)
{
    if (c == '\0')
        l->ended = true;
    if (!l->ended)
        buf_put_u8(l->out, (uint8_t)c);
}

static void put_unless_fill(struct layout *l, char c)
{
    if (!l->t->fill)
        put(l, c);
}

/* Where the zeros that FM drops begin: behind the last other digit, or behind a 0 of the template. */
static void find_last(struct layout *l)
{
    int64_t point = 0, last;
    l->last = -1;
    while (point < l->length && char_at(l, point) != '.')
        point++;
    if (!l->t->fill || !l->t->point || point == l->length)
        return;
    last = point;
    int64_t written = l->overflow ? l->length : (int64_t)l->d->text.n;
    for (int64_t i = point + 1; i < written; i++)
        if (char_at(l, i) != '0')
            last = i;
    if (l->t->zeros_end > l->blanks) {
        int64_t zeros = l->t->zeros_end - l->blanks;
        zeros = zeros < l->length ? zeros : l->length - 1;
        last = zeros > last ? zeros : last;
    }
    l->last = last;
}

static void begin(struct layout *l)
{
    const struct number_template *t = l->t;
    const struct number_digits *d = l->d;
    l->overflow = d->before > t->before;
    l->blanks = l->overflow ? 0 : t->before - d->before;
    l->length = l->overflow  ? (int64_t)t->before + d->after + 1
                : d->is_word ? (int64_t)d->text.n
                             : (int64_t)d->before + (d->after > 0 ? d->after + 1 : 0);
    l->brackets = t->brackets && (!t->fill || d->negative || t->plus || t->minus);
    if (t->plus || t->minus)
        l->sign_done = !(t->plus && !t->minus);
    else
        l->sign_done = !d->negative && t->fill && !t->sign;
    l->sign_behind = !t->sign_first || t->sign_place == t->before;
    find_last(l);
    l->end = (int64_t)t->before + d->after - 1 + (l->blanks > 0) + t->point;
    if (!l->sign_done && l->blanks == 0)
        l->end++;
}

/* A whole part of 0 is not shown where there are places behind the point and no 0 before it. */
static bool hides_zero(const struct layout *l)
{
    return !l->t->zeros && l->at == 0 && char_at(l, 0) == '0' && l->d->after != 0;
}

static bool zero_is_due(const struct layout *l)
{
    return l->t->zeros && l->t->first_zero - 1 <= l->place;
}

static bool is_at_point(const struct layout *l, int64_t i)
{
    return i >= 0 && char_at(l, i) == '.';
}

/* The sign goes in front of the first digit. */
static void put_first_sign(struct layout *l)
{
    bool due = l->place >= l->blanks || (l->t->zeros && l->t->first_zero - 1 == l->place);
    if (l->sign_done || !due || (hides_zero(l) && !is_at_point(l, l->last)))
        return;
    if (l->t->sign) {
        if (l->sign_behind)
            return;
        put(l, l->d->negative ? '-' : '+');
    } else if (l->brackets) {
        put(l, l->d->negative ? '<' : ' ');
    } else if (l->d->negative) {
        put(l, '-');
    } else {
        put_unless_fill(l, ' ');
    }
    l->sign_done = true;
}

static void put_digit(struct layout *l, bool zero)
{
    char c = char_at(l, l->at);
    if (c == '.') {
        put(l, c);
    } else if (l->last >= 0 && l->at > l->last && !zero) {
        /* A zero at the end that FM drops. */
    } else if (hides_zero(l)) {
        if (l->t->fill && is_at_point(l, l->last))
            put(l, '0');
        else
            put_unless_fill(l, ' ');
    } else {
        put(l, c);
        l->begun = true;
    }
    if (c)
        l->at++;
}

static void put_last_sign(struct layout *l)
{
    if (l->sign_done && l->brackets)
        put(l, l->d->negative ? '>' : ' ');
    else if (l->t->sign && l->sign_behind)
        put(l, l->d->negative ? '-' : '+');
}

/* A place: 9, 0 or the point. */
static void put_place(struct layout *l, bool zero)
{
    if (l->t->roman)
        return;
    l->begun = false;
    put_first_sign(l);
    if (l->place < l->blanks && !zero_is_due(l)) {
        put_unless_fill(l, ' ');
    } else if (l->place < l->blanks) {
        put(l, '0');
        l->begun = true;
    } else {
        put_digit(l, zero);
    }
    int64_t end = l->last >= 0 && l->last == l->at ? l->place : l->end;
    if (l->place + 1 == end)
        put_last_sign(l);
    l->place++;
}

static void put_roman(struct layout *l, int64_t v, bool small)
{
    static const struct {
        int value;
        const char *letters;
    } romans[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
                  {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
    char text[ROMAN_WIDTH + 1] = "###############";
    size_t n = 0;
    for (size_t i = 0; v > 0 && v <= ROMAN_MAX && i < sizeof romans / sizeof *romans;) {
        if (v < romans[i].value) {
            i++;
            continue;
        }
        v -= romans[i].value;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", romans[i].letters);
    }
    for (char *p = text; small && *p; p++)
        *p = *p == '#' ? '#' : (char)(*p - 'A' + 'a');
    for (size_t i = strlen(text); i < ROMAN_WIDTH; i++)
        put_unless_fill(l, ' ');
    for (const char *p = text; *p; p++)
        put(l, *p);
}

static int put_ordinal(struct layout *l, bool small, struct err *e)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    if (l->t->roman || char_at(l, 0) == '#' || l->d->negative || l->t->point)
        return ST_OK;
    char last = char_at(l, l->length - 1);
    if (!is_digit(last))
        return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "\"%.*s\" is not a number", (int)l->d->text.n,
                       l->d->text.p);
    bool teen = l->length > 1 && char_at(l, l->length - 2) == '1';
    const char *ending = endings[!teen && last >= '1' && last <= '3' ? last - '0' : 0];
    for (; *ending; ending++)
        put(l, (char)(small ? *ending : *ending - 'a' + 'A'));
    return ST_OK;
}

/* MI, PL, SG. A Roman number has no sign: not even a plus. */
static void put_own_sign(struct layout *l, enum number_pattern p)
{
    char sign = l->t->roman ? '\0' : l->d->negative ? '-' : '+';
    if (p == NUMBER_PLUS_MINUS || sign == (p == NUMBER_MINUS ? '-' : '+'))
        put(l, sign);
    else
        put_unless_fill(l, ' ');
}

static int put_pattern(struct layout *l, enum number_pattern p, int64_t roman, struct err *e)
{
    switch (p) {
    case NUMBER_NINE:
    case NUMBER_POINT: put_place(l, false); break;
    case NUMBER_ZERO: put_place(l, true); break;
    case NUMBER_COMMA:
    case NUMBER_GROUP:
        if (l->begun)
            put(l, ',');
        else
            put_unless_fill(l, ' ');
        break;
    case NUMBER_CURRENCY: put(l, ' '); break;
    case NUMBER_ROMAN:
    case NUMBER_ROMAN_LOWER: put_roman(l, roman, p == NUMBER_ROMAN_LOWER); break;
    case NUMBER_ORDINAL:
    case NUMBER_ORDINAL_LOWER: return put_ordinal(l, p == NUMBER_ORDINAL_LOWER, e);
    case NUMBER_MINUS:
    case NUMBER_PLUS:
    case NUMBER_PLUS_MINUS: put_own_sign(l, p); break;
    default: break;
    }
    return ST_OK;
}

int number_layout(struct buf *out, const struct number_template *t, const struct number_digits *d,
                  int64_t roman, struct err *e)
{
    struct layout l = {.out = out, .t = t, .d = d};
    struct template_cursor c = {.rest = t->text};
    struct number_node n;
    assert(d->before >= 0 && d->after >= 0 && d->text.n > 0);
    begin(&l);
    while ((n = number_template_next(&c)).kind != TEMPLATE_END) {
        if (n.kind == TEMPLATE_PATTERN)
            TRY(put_pattern(&l, n.pattern, roman, e));
        for (size_t i = 0; n.kind != TEMPLATE_PATTERN && i < n.text.n; i++)
            put(&l, n.text.p[i]);
    }
    return ST_OK;
}
