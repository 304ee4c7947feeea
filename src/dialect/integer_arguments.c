/* Nothing is known of columns: what is not said to be an integer is none. */
#include "dialect/integer_arguments.h"

#include <assert.h>
#include <string.h>

static bool is_integer_type(const struct sql_token *t)
{
    static const char *const names[] = {"integer", "int", "int4"};
    return WALK_IS_ANY(t, names);
}

/* On behind the bracket that closes the one at *t. True: it ends with AS integer. */
static bool pass_brackets(struct sql_lexer *ahead, struct sql_token *t)
{
    struct sql_token last[2] = {{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}};
    for (size_t depth = 0; t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD;) {
        depth += sql_token_is(t, '(');
        if (sql_token_is(t, ')') && --depth == 0)
            break;
        last[0] = last[1];
        last[1] = *t;
        (void)sql_lexer_next(ahead, t);
    }
    (void)sql_lexer_next(ahead, t);
    return sql_token_is_word(&last[0], "AS") && is_integer_type(&last[1]);
}

/* A parameter, a whole number that PostgreSQL takes for an integer, or what is cast to one. *t is behind it
 * then. */
static bool pass_integer(const struct rewriter *r, struct sql_lexer *ahead, struct sql_token *t)
{
    enum { DIGITS = 9 };
    bool is = r->postgres && t->kind == SQL_TOK_PARAM, digits = t->text.n <= DIGITS;
    if (t->kind == SQL_TOK_OP && str_eq(t->text, STR("-")))
        (void)sql_lexer_next(ahead, t);
    for (size_t i = 0; i < t->text.n; i++)
        digits &= t->text.p[i] >= '0' && t->text.p[i] <= '9';
    is |= t->kind == SQL_TOK_NUMBER && digits;
    bool cast = sql_token_is_word(t, "CAST");
    if (cast || !sql_token_is(t, '('))
        (void)sql_lexer_next(ahead, t);
    if (sql_token_is(t, '('))
        is = pass_brackets(ahead, t) && cast;
    while (sql_token_is_typecast(t)) {
        (void)sql_lexer_next(ahead, t);
        is = is_integer_type(t);
        (void)sql_lexer_next(ahead, t);
    }
    return is;
}

bool integer_arguments(const struct rewriter *r, const struct chain *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, c->end);
    (void)sql_lexer_next(&ahead, &t);
    assert(sql_token_is(&t, '(')); /* the call's */
    do {
        (void)sql_lexer_next(&ahead, &t);
        if (!pass_integer(r, &ahead, &t))
            return false;
    } while (sql_token_is(&t, ',') || (t.kind == SQL_TOK_OP && t.text.n == 1 && strchr("+-*", t.text.p[0])));
    return sql_token_is(&t, ')');
}
