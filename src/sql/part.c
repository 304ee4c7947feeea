/* Brackets are counted, never matched by kind: the engine's parser has the last word on the text. */
#include "sql/part.h"

void part_stop(struct part *c)
{
    c->token = (struct sql_token){.kind = SQL_TOK_END, .text = {c->lexer.sql.p + c->end, 0}, .at = c->end};
}

void part_next(struct part *c)
{
    (void)sql_lexer_next(&c->lexer, &c->token);
    if (c->token.at >= c->end)
        part_stop(c);
}

void part_init(struct part *c, struct sql_tokens sql)
{
    *c = (struct part){.end = sql.text.n};
    sql_lexer_init(&c->lexer, sql);
    part_next(c);
}

bool part_take(struct part *c, const char *word)
{
    bool is = sql_token_is_word(&c->token, word);
    if (is)
        part_next(c);
    return is;
}

bool part_is_end(const struct part *c)
{
    return c->token.kind == SQL_TOK_END || c->token.kind == SQL_TOK_BAD;
}

bool part_opens(const struct sql_token *t)
{
    return sql_token_is(t, '(') || sql_token_is(t, '[') || sql_token_is(t, '{');
}

bool part_closes(const struct sql_token *t)
{
    return sql_token_is(t, ')') || sql_token_is(t, ']') || sql_token_is(t, '}');
}

size_t part_skip_bracket(struct part *c)
{
    size_t depth = 0, last = c->end;
    do {
        depth += part_opens(&c->token);
        depth -= part_closes(&c->token) && depth;
        last = c->token.at;
        part_next(c);
    } while (depth > 0 && !part_is_end(c));
    return depth ? c->end : last;
}

bool part_is_star(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP && t->text.n == 1 && t->text.p[0] == '*';
}

bool part_is_any(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; t->kind == SQL_TOK_WORD && i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}
