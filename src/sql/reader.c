#include "sql/reader.h"

#include "sql/name.h"
#include "sql/statement.h"

void reader_next(struct reader *r)
{
    (void)sql_lexer_next(&r->lexer, &r->token);
}

void reader_init(struct reader *r, struct arena *a, struct sql_tokens text, struct err *e)
{
    *r = (struct reader){.arena = a, .text = text.text, .tokens = text, .err = e};
    sql_lexer_init(&r->lexer, text);
    reader_next(r);
}

int reader_syntax_error(struct reader *r)
{
    const struct sql_token *t = &r->token;
    if (t->kind == SQL_TOK_END)
        err_set(r->err, SQLSTATE_SYNTAX_ERROR, "syntax error at end of input");
    else
        err_set(r->err, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"%.*s\"",
                t->text.n < ERR_MESSAGE_MAX ? (int)t->text.n : ERR_MESSAGE_MAX, t->text.p);
    r->err->position = str_position(r->text, t->at);
    return ST_ERR;
}

int reader_name(struct reader *r, const char **out)
{
    struct str t = r->token.text;
    bool quoted = r->token.kind == SQL_TOK_QUOTED;
    if (!sql_token_is_name(&r->token) || (quoted && (t.p[0] != '"' || t.n == 2)))
        return reader_syntax_error(r);
    char *name = arena_alloc(r->arena, t.n + 1);
    if (!name)
        return err_oom(r->err);
    size_t n = sql_name_read(&r->token, name);
    name[str_cut((struct str){name, n}, SQL_NAME_MAX)] = '\0';
    *out = name;
    reader_next(r);
    return ST_OK;
}

int reader_qualified(struct reader *r, struct str *out)
{
    size_t from = r->token.at;
    for (;;) {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        *out = (struct str){r->text.p + from, r->token.at + r->token.text.n - from};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return ST_OK;
        reader_next(r);
    }
}

bool reader_take(struct reader *r, const char *word)
{
    if (!sql_token_is_word(&r->token, word))
        return false;
    reader_next(r);
    return true;
}

int reader_expect(struct reader *r, const char *word)
{
    return reader_take(r, word) ? ST_OK : reader_syntax_error(r);
}

int reader_end(struct reader *r)
{
    return r->token.kind == SQL_TOK_END ? ST_OK : reader_syntax_error(r);
}

int reader_comment(struct reader *r, struct sql_token *out)
{
    TRY(reader_expect(r, "IS"));
    *out = r->token;
    if (out->kind != SQL_TOK_STRING && out->kind != SQL_TOK_DOLLAR && !sql_token_is_word(out, "NULL"))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

int reader_rest(struct reader *r, struct str *out)
{
    if (r->token.kind == SQL_TOK_END)
        return reader_syntax_error(r);
    *out = (struct str){r->text.p + r->token.at, r->text.n - r->token.at};
    return ST_OK;
}

void reader_skip_brackets(struct reader *r)
{
    size_t depth = 0;
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD) {
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')') && depth;
        reader_next(r);
        if (depth == 0)
            return;
    }
}

void reader_skip_name(struct reader *r)
{
    while (sql_token_is_name(&r->token)) {
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return;
        reader_next(r);
    }
}

int reader_string(struct reader *r, const char **out)
{
    struct str t = r->token.text;
    if (r->token.kind != SQL_TOK_STRING || t.n < 2 || t.p[0] != '\'')
        return reader_syntax_error(r);
    char *text = arena_alloc(r->arena, t.n);
    if (!text)
        return err_oom(r->err);
    size_t n = 0;
    for (size_t i = 1; i + 1 < t.n; i++) {
        text[n++] = t.p[i];
        i += t.p[i] == '\'';
    }
    text[n] = '\0';
    *out = text;
    reader_next(r);
    return ST_OK;
}

int reader_body(struct reader *r, struct str *out)
{
    struct str t = r->token.text;
    if (r->token.kind != SQL_TOK_DOLLAR) {
        const char *text = "";
        TRY(reader_string(r, &text));
        *out = str_of(text);
        return ST_OK;
    }
    size_t mark = 1;
    while (mark < t.n && t.p[mark] != '$')
        mark++;
    mark++;
    if (t.n < 2 * mark)
        return reader_syntax_error(r);
    *out = (struct str){t.p + mark, t.n - 2 * mark};
    reader_next(r);
    return ST_OK;
}

int reader_item(struct reader *r, struct str *out)
{
    size_t from = r->token.at, to = from, depth = 0;
    for (;; reader_next(r)) {
        const struct sql_token *t = &r->token;
        if (t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        if (depth == 0 && (sql_token_is(t, ',') || sql_token_is(t, ')')))
            break;
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']'));
        to = t->at + t->text.n;
    }
    *out = (struct str){r->text.p + from, to - from};
    return to > from ? ST_OK : reader_syntax_error(r);
}
