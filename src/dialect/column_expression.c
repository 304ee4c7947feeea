#include "dialect/column_expression.h"

#include <assert.h>

void expression_begin(struct column_level *l, enum state state)
{
    l->state = (uint8_t)state;
    l->strength = l->type = l->call = 0;
    l->origin = ORIGIN_OTHER;
    l->settled = l->minus = l->plain = false;
    l->foreign = l->in_type = l->in_collation = false;
    l->name = NO_NAME;
}

void expression_operand(struct column_level *l, struct str name, uint8_t strength, bool plain)
{
    assert(strength <= 2);
    l->state = HAVE;
    l->in_type = l->in_collation = false;
    l->type = TYPE_ONE_WORD;
    if (l->settled)
        return;
    l->name = name;
    l->strength = strength;
    l->plain = plain;
    l->origin = plain ? ORIGIN_COLUMN : ORIGIN_OTHER;
}

void expression_settle(struct column_level *l, struct str name, uint8_t strength)
{
    l->settled = true;
    l->origin = ORIGIN_OTHER;
    l->minus = l->plain = l->in_type = l->in_collation = false;
    l->name = name;
    l->strength = strength;
}

void expression_operator(struct column_level *l, enum state next)
{
    assert(next == START || next == HAVE || next == OPERATOR);
    expression_settle(l, NO_NAME, 0);
    l->state = (uint8_t)next;
}

void expression_give_up(struct column_level *l)
{
    l->foreign = true;
    l->state = ENGINES;
}

void expression_resolve(struct column_level *l)
{
    if (l->minus)
        expression_settle(l, NO_NAME, 0);
    l->foreign = l->foreign || (l->state != HAVE && l->state != NAME_READ);
}

void expression_type(struct column_level *l, const struct sql_token *t)
{
    const struct column_type *known = t->kind == SQL_TOK_WORD ? column_type_of(t->text) : NULL;
    bool names = !l->settled && l->strength <= 1;
    struct str name = known && !l->in_type ? str_of(known->name) : t->text;
    if (names)
        expression_operand(l, name, 1, false);
    l->type = (uint8_t)(known ? known->kind : TYPE_ONE_WORD);
    l->state = HAVE;
    l->in_type = true;
    l->plain = false;
}

bool expression_names_by_type(const struct column_level *l)
{
    return !l->settled && (!l->in_type || l->strength <= 1);
}

bool expression_rename_type(struct column_level *l, bool known, struct str name)
{
    if (known && expression_names_by_type(l))
        l->name = name;
    if (known) {
        l->type = TYPE_ONE_WORD;
        l->plain = false;
        l->state = HAVE;
    }
    return known;
}

bool expression_more_type(struct column_level *l, const struct sql_token *t, enum column_word w)
{
    switch (w) {
    case W_PRECISION: return expression_rename_type(l, l->type == TYPE_DOUBLE, STR("float8"));
    case W_VARYING:
        return expression_rename_type(l, l->type == TYPE_CHAR || l->type == TYPE_BIT,
                                      l->type == TYPE_CHAR ? STR("varchar") : STR("varbit"));
    case W_WITH:
    case W_WITHOUT:
        if (l->type != TYPE_TIME)
            return false;
        l->state = w == W_WITH ? TYPE_WITH : TYPE_WITHOUT;
        return true;
    case W_UNIT:
    case W_NOISE: return l->type == TYPE_INTERVAL && !l->plain;
    default:
        if (l->type != TYPE_NATIONAL || !column_type_of(t->text) ||
            column_type_of(t->text)->kind != TYPE_CHAR)
            return false;
        (void)expression_rename_type(l, true, STR("bpchar"));
        l->type = TYPE_CHAR;
        return true;
    }
}

void expression_name(struct column_level *l, const struct sql_token *t, enum column_word w)
{
    const struct column_type *type = t->kind == SQL_TOK_WORD ? column_type_of(t->text) : NULL;
    expression_operand(l, t->text, 2, w != W_SESSION);
    l->state = NAME_READ;
    l->call = (uint8_t)w;
    l->type = (uint8_t)(type ? type->kind : TYPE_ONE_WORD);
    if (t->kind == SQL_TOK_QUOTED && t->text.p[0] != '"')
        expression_give_up(l); /* U&"…" */
}

bool expression_is_complete(const struct column_level *l)
{
    return l->state == HAVE || l->state == NAME_READ;
}

void expression_take_operator(struct column_level *l, const struct sql_token *t)
{
    bool first = l->state == HEAD || l->state == START;
    bool sign = str_eq(t->text, STR("-")) || str_eq(t->text, STR("+"));
    if (first && sign) {
        l->minus = l->minus || !l->settled;
        l->state = START;
    } else if (expression_is_complete(l) ||
               (first && t->text.p[0] != '*' && t->text.p[0] != '#' && t->text.p[0] != '?')) {
        expression_operator(l, START);
    } else {
        expression_give_up(l);
    }
}

void expression_take_literal(struct column_level *l, const struct sql_token *t)
{
    bool string = t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_DOLLAR;
    bool interval = l->type == TYPE_INTERVAL;
    if (l->state == HEAD || l->state == START) {
        expression_operand(l, NO_NAME, 0, false);
    } else if (expression_is_complete(l) && !l->in_type && (l->settled || l->strength == 2) &&
               (string || interval)) {
        const struct column_type *type = column_type_of(l->name);
        expression_operand(l, type ? str_of(type->name) : l->name, 1, false);
        l->type = interval ? TYPE_INTERVAL : TYPE_ONE_WORD;
        l->in_type = interval;
    } else if (l->state == STRING && string) {
        l->state = HAVE;
    } else if (l->state == ALIAS && string) {
        l->name = (struct str){0};
        l->state = ALIASED;
    } else {
        expression_give_up(l);
    }
}
