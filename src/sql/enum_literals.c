/* One pass over the tokens. At a name it looks ahead: what follows the column says whether literals are
 * compared with it. At a literal that nothing has been said of yet it looks for an operator and a column
 * behind it. */
#include "sql/enum_literals.h"

#include "sql/edits.h"

#include <string.h>

struct walk {
    struct edits edits;
    sql_enum_of_fn *of;
    void *arg;
    struct err *e;
};

/* A column as it is written; its type is asked for once a literal is beside it. */
struct column {
    struct sql_token name, qualifier;
};

static bool is_literal(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_PARAM;
}

static bool is_comparison(const struct sql_token *t)
{
    static const char *const operators[] = {"=", "<>", "!=", "<", ">", "<=", ">=", "=="};
    for (size_t i = 0; t->kind == SQL_TOK_OP && i < sizeof operators / sizeof *operators; i++)
        if (str_eq(t->text, str_of(operators[i])))
            return true;
    return false;
}

/* Whether an operand can end in front of this token, or begin behind it: no operator but a comparison takes
 * it as its own. */
static bool is_border(const struct sql_token *t)
{
    return !sql_token_is_typecast(t) && !sql_token_is(t, '.') && !sql_token_is(t, '[') &&
           (t->kind != SQL_TOK_OP || is_comparison(t)) && !sql_token_is_word(t, "COLLATE");
}

static int cast(struct walk *w, const struct sql_token *t, const struct column *c)
{
    const char *type = w->of(w->arg, &c->name, &c->qualifier);
    if (!type)
        return ST_OK;
    TRY(edits_replace(&w->edits, t->at, 0, STR("CAST("), w->e));
    const struct str parts[] = {STR(" AS "), str_of(type), STR(")")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        TRY(edits_replace(&w->edits, t->at + t->text.n, 0, parts[i], w->e));
    return ST_OK;
}

/* A literal at l that stands alone; *l: behind it. false: it is none. */
static bool take_literal(struct sql_lexer *l, struct sql_token *out)
{
    struct sql_lexer ahead = *l;
    struct sql_token after;
    if (sql_lexer_next(&ahead, out), !is_literal(out))
        return false;
    *l = ahead;
    (void)sql_lexer_next(&ahead, &after);
    return is_border(&after);
}

/* IN: all of the list, or none of it. */
static int cast_list(struct walk *w, struct sql_lexer l, const struct column *c)
{
    struct sql_lexer start = l;
    struct sql_token t;
    do {
        if (!take_literal(&l, &t))
            return ST_OK;
        (void)sql_lexer_next(&l, &t);
    } while (sql_token_is(&t, ','));
    if (!sql_token_is(&t, ')'))
        return ST_OK;
    do {
        (void)sql_lexer_next(&start, &t);
        TRY(cast(w, &t, c));
        (void)sql_lexer_next(&start, &t);
    } while (sql_token_is(&t, ','));
    return ST_OK;
}

static int cast_between(struct walk *w, struct sql_lexer l, const struct column *c)
{
    struct sql_token low, and, high;
    if (!take_literal(&l, &low) || (sql_lexer_next(&l, &and), !sql_token_is_word(&and, "AND")))
        return ST_OK;
    TRY(cast(w, &low, c));
    return take_literal(&l, &high) ? cast(w, &high, c) : ST_OK;
}

/* l: behind the column. */
static int cast_behind(struct walk *w, struct sql_lexer l, const struct column *c)
{
    struct sql_token t, literal;
    (void)sql_lexer_next(&l, &t);
    if (is_comparison(&t))
        return take_literal(&l, &literal) ? cast(w, &literal, c) : ST_OK;
    bool is = sql_token_is_word(&t, "IS");
    if (is)
        (void)sql_lexer_next(&l, &t);
    if (sql_token_is_word(&t, "NOT"))
        (void)sql_lexer_next(&l, &t);
    if (is) {
        if (!sql_token_is_word(&t, "DISTINCT") || (sql_lexer_next(&l, &t), !sql_token_is_word(&t, "FROM")))
            return ST_OK;
        return take_literal(&l, &literal) ? cast(w, &literal, c) : ST_OK;
    }
    if (sql_token_is_word(&t, "BETWEEN"))
        return cast_between(w, l, c);
    if (sql_token_is_word(&t, "IN") && (sql_lexer_next(&l, &t), sql_token_is(&t, '(')))
        return cast_list(w, l, c);
    return ST_OK;
}

/* name[.name]… that begins with `first`; *l: behind it. false: no column. */
static bool read_column(struct sql_lexer *l, const struct sql_token *first, struct column *out)
{
    struct sql_lexer ahead = *l;
    struct sql_token t;
    *out = (struct column){.name = *first, .qualifier = {.kind = SQL_TOK_END}};
    while (sql_lexer_next(&ahead, &t), sql_token_is(&t, '.')) {
        if (sql_lexer_next(&ahead, &t), !sql_token_is_name(&t))
            return false;
        *out = (struct column){.name = t, .qualifier = out->name};
        *l = ahead;
    }
    return !sql_token_is(&t, '(') && is_border(&t);
}

/* 'x' < c: l is behind the literal. */
static int cast_before(struct walk *w, const struct sql_token *literal, struct sql_lexer l)
{
    struct sql_token t;
    if (sql_lexer_next(&l, &t), !is_comparison(&t))
        return ST_OK;
    if (sql_lexer_next(&l, &t), !sql_token_is_name(&t))
        return ST_OK;
    struct column c;
    return read_column(&l, &t, &c) ? cast(w, literal, &c) : ST_OK;
}

int sql_enum_literals(struct arena *a, struct sql_tokens sql, sql_enum_of_fn *of, void *arg,
                      struct sql_rewritten *out, struct err *e)
{
    struct walk w = {.of = of, .arg = arg, .e = e};
    struct sql_lexer l;
    struct sql_token before = {.kind = SQL_TOK_END}, t;
    edits_init(&w.edits, a, sql.text);
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (is_literal(&t) && is_border(&before) && !is_comparison(&before)) {
            TRY(cast_before(&w, &t, l));
        } else if (sql_token_is_name(&t) && is_border(&before)) {
            struct sql_lexer ahead = l;
            struct column c;
            if (!is_comparison(&before) && read_column(&ahead, &t, &c))
                TRY(cast_behind(&w, ahead, &c));
        }
        before = t;
    }
    return edits_apply(&w.edits, out, e);
}
