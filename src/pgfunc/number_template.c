#include "pgfunc/number_template.h"

#include "base/status.h"

#include <limits.h>

static const struct {
    char name[5]; /* as it is written in capitals */
    enum number_pattern pattern;
} keys[] = {
    {"9", NUMBER_NINE},     {"0", NUMBER_ZERO},        {".", NUMBER_POINT},       {"D", NUMBER_POINT},
    {",", NUMBER_COMMA},    {"G", NUMBER_GROUP},       {"L", NUMBER_CURRENCY},    {"B", NUMBER_BLANK},
    {"FM", NUMBER_FILL},    {"SG", NUMBER_PLUS_MINUS}, {"SP", NUMBER_NOTHING},    {"S", NUMBER_SIGN},
    {"MI", NUMBER_MINUS},   {"PL", NUMBER_PLUS},       {"PR", NUMBER_BRACKETS},   {"RN", NUMBER_ROMAN},
    {"TH", NUMBER_ORDINAL}, {"V", NUMBER_SHIFT},       {"EEEE", NUMBER_EXPONENT}, {"C", NUMBER_NOTHING},
};

/* Whether text begins with a key, all in capitals or all in small letters. */
static bool matches(const char *key, struct str text, bool *small)
{
    size_t n = strlen(key);
    bool upper = true, lower = true;
    if (text.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = key[i];
        upper &= text.p[i] == c;
        lower &= text.p[i] == (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    *small = lower;
    return upper || lower;
}

static bool pattern(struct str *rest, struct number_node *node)
{
    bool small;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char c = keys[i].name[0];
        if ((rest->p[0] != c && rest->p[0] != (c | 0x20)) || !matches(keys[i].name, *rest, &small))
            continue;
        node->kind = TEMPLATE_PATTERN;
        node->pattern = keys[i].pattern;
        node->text = (struct str){rest->p, strlen(keys[i].name)};
        if (small && node->pattern == NUMBER_ROMAN)
            node->pattern = NUMBER_ROMAN_LOWER;
        if (small && node->pattern == NUMBER_ORDINAL)
            node->pattern = NUMBER_ORDINAL_LOWER;
        str_skip(rest, node->text.n);
        return true;
    }
    return false;
}

struct number_node number_template_next(struct template_cursor *c)
{
    struct number_node node = {.kind = TEMPLATE_END};
    if (template_more(c) && (c->quoted || !pattern(&c->rest, &node)))
        node.kind = template_text(c, &node.text);
    return node;
}

/* ---- what goes together ---- */

static int bad(struct err *e, const char *why)
{
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "%s", why);
}

static int add_digit(struct number_template *t, bool zero, struct err *e)
{
    if (t->brackets)
        return bad(e, zero ? "\"0\" must be ahead of \"PR\"" : "\"9\" must be ahead of \"PR\"");
    if (zero && !t->zeros && !t->point) {
        t->zeros = true;
        t->first_zero = t->before + 1;
    }
    if (t->has_shift && !zero)
        t->shift++;
    else if (t->point)
        t->after++;
    else
        t->before++;
    if (zero)
        t->zeros_end = t->before + t->after;
    return ST_OK;
}

static int add_point(struct number_template *t, struct err *e)
{
    if (t->point)
        return bad(e, "multiple decimal points");
    if (t->has_shift)
        return bad(e, "cannot use \"V\" and decimal point together");
    t->point = true;
    return ST_OK;
}

static int add_sign(struct number_template *t, struct err *e)
{
    if (t->sign)
        return bad(e, "cannot use \"S\" twice");
    if (t->plus || t->minus || t->brackets)
        return bad(e, "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
    t->sign = true;
    t->sign_first = !t->point;
    t->sign_place = t->before;
    return ST_OK;
}

static int add_other_sign(struct number_template *t, enum number_pattern p, struct err *e)
{
    if (p == NUMBER_BRACKETS) {
        if (t->sign || t->plus || t->minus)
            return bad(e, "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
        t->brackets = true;
        return ST_OK;
    }
    if (t->sign)
        return bad(e, p == NUMBER_MINUS  ? "cannot use \"S\" and \"MI\" together"
                      : p == NUMBER_PLUS ? "cannot use \"S\" and \"PL\" together"
                                         : "cannot use \"S\" and \"SG\" together");
    t->minus |= p != NUMBER_PLUS;
    t->plus |= p != NUMBER_MINUS;
    return ST_OK;
}

static int add_shift(struct number_template *t, struct err *e)
{
    if (t->point)
        return bad(e, "cannot use \"V\" and decimal point together");
    t->has_shift = true;
    return ST_OK;
}

static int add_exponent(struct number_template *t, struct err *e)
{
    if (t->exponent)
        return bad(e, "cannot use \"EEEE\" twice");
    if (t->blank || t->fill || t->sign || t->brackets || t->minus || t->plus || t->roman || t->has_shift) {
        (void)bad(e, "\"EEEE\" is incompatible with other formats");
        err_detail(e, "\"EEEE\" may only be used together with digit and decimal point patterns.");
        return ST_ERR;
    }
    t->exponent = true;
    return ST_OK;
}

static int add(struct number_template *t, enum number_pattern p, struct err *e)
{
    if (t->exponent && p != NUMBER_EXPONENT)
        return bad(e, "\"EEEE\" must be the last pattern used");
    switch (p) {
    case NUMBER_NINE: return add_digit(t, false, e);
    case NUMBER_ZERO: return add_digit(t, true, e);
    case NUMBER_POINT: return add_point(t, e);
    case NUMBER_SIGN: return add_sign(t, e);
    case NUMBER_MINUS:
    case NUMBER_PLUS:
    case NUMBER_PLUS_MINUS:
    case NUMBER_BRACKETS: return add_other_sign(t, p, e);
    case NUMBER_SHIFT: return add_shift(t, e);
    case NUMBER_EXPONENT: return add_exponent(t, e);
    case NUMBER_BLANK: t->blank |= t->before == 0 && t->after == 0 && !t->zeros; break;
    case NUMBER_FILL: t->fill = true; break;
    case NUMBER_ROMAN:
    case NUMBER_ROMAN_LOWER: t->roman = true; break;
    default: break;
    }
    return ST_OK;
}

int number_template_read(struct number_template *t, struct str text, struct err *e)
{
    struct template_cursor c = {.rest = text};
    struct number_node n;
    *t = (struct number_template){.text = text};
    if (text.n > INT_MAX / 2)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "the template is too long");
    while ((n = number_template_next(&c)).kind != TEMPLATE_END) {
        if (n.kind != TEMPLATE_PATTERN)
            continue;
        TRY(add(t, n.pattern, e));
    }
    return ST_OK;
}
