#include "sql/literals.h"

static bool is_literal(const struct sql_token *t)
{
    switch (t->kind) {
    case SQL_TOK_NUMBER: return true;
    case SQL_TOK_STRING: return t->text.p[0] == '\''; /* not E'…', B'…', X'…' */
    case SQL_TOK_WORD:
        return sql_token_is_word(t, "null") || sql_token_is_word(t, "true") || sql_token_is_word(t, "false");
    default: return false;
    }
}

/* literal [AS name]; t is what follows. */
static bool column(struct sql_lexer *l, struct sql_token *t)
{
    (void)sql_lexer_next(l, t);
    if (!is_literal(t))
        return false;
    (void)sql_lexer_next(l, t);
    if (!sql_token_is_word(t, "as"))
        return true;
    (void)sql_lexer_next(l, t);
    if (!sql_token_is_name(t))
        return false;
    (void)sql_lexer_next(l, t);
    return true;
}

bool sql_selects_literals(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t;
    if (sql.text.n > SQL_LITERALS_MAX)
        return false;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "select"))
        return false;
    do {
        if (!column(&l, &t))
            return false;
    } while (sql_token_is(&t, ','));
    if (sql_token_is(&t, ';'))
        (void)sql_lexer_next(&l, &t);
    return t.kind == SQL_TOK_END;
}

bool sql_is_default_constant(struct str text)
{
    struct sql_lexer l;
    struct sql_token t, after;
    sql_lexer_init(&l, sql_tokens_of(text));
    if (sql_lexer_next(&l, &t) == SQL_TOK_END)
        return true;
    (void)sql_lexer_next(&l, &t);
    bool sign = t.kind == SQL_TOK_OP;
    if (sign)
        (void)sql_lexer_next(&l, &t);
    bool value = t.kind == SQL_TOK_NUMBER ||
                 (!sign && (t.kind == SQL_TOK_STRING || sql_token_is_word(&t, "NULL") ||
                            sql_token_is_word(&t, "TRUE") || sql_token_is_word(&t, "FALSE")));
    return value && sql_lexer_next(&l, &after) == SQL_TOK_END;
}
