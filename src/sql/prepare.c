/* PREPARE and EXECUTE, by tokens: what they hold is the engine's SQL, which PostgreSQL's parser need not
 * know. */
#include "sql/statement.h"

#include "sql/token.h"

struct reader {
    struct arena *arena;
    struct str text;
    struct sql_lexer lexer;
    struct sql_token token; /* the current one */
    struct err *err;
};

static void next(struct reader *r)
{
    (void)sql_lexer_next(&r->lexer, &r->token);
}

static void reader_init(struct reader *r, struct arena *a, struct str text, struct err *e)
{
    *r = (struct reader){.arena = a, .text = text, .err = e};
    sql_lexer_init(&r->lexer, text);
    next(r);
}

static int syntax_error(struct reader *r)
{
    const struct sql_token *t = &r->token;
    if (t->kind == SQL_TOK_END)
        err_set(r->err, SQLSTATE_SYNTAX_ERROR, "syntax error at end of input");
    else
        err_set(r->err, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"%.*s\"",
                t->text.n < ERR_MESSAGE_MAX ? (int)t->text.n : ERR_MESSAGE_MAX, t->text.p);
    int32_t position = 1;
    for (size_t i = 0; i < t->at; i++)
        position += (r->text.p[i] & 0xC0) != 0x80;
    r->err->position = position;
    return ST_ERR;
}

/* Folded or unquoted, cut at a character boundary to SQL_NAME_MAX bytes. */
static int read_name(struct reader *r, const char **out)
{
    struct str t = r->token.text;
    bool quoted = r->token.kind == SQL_TOK_QUOTED;
    if (!sql_token_is_name(&r->token) || (quoted && (t.p[0] != '"' || t.n == 2)))
        return syntax_error(r);
    char *name = arena_alloc(r->arena, t.n + 1);
    if (!name)
        return err_oom(r->err);
    size_t n = 0, end = quoted ? t.n - 1 : t.n;
    for (size_t i = quoted ? 1 : 0; i < end; i++) {
        char c = t.p[i];
        name[n++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (quoted && c == '"')
            i++;
    }
    if (n > SQL_NAME_MAX)
        for (n = SQL_NAME_MAX; n > 0 && (name[n] & 0xC0) == 0x80;)
            n--;
    name[n] = '\0';
    *out = name;
    next(r);
    return ST_OK;
}

/* "( a, b(c, d), e )": the text of each item at depth one, the current token behind the bracket afterwards.
 * At least one. Called twice: with items NULL it counts. */
static int read_items(struct reader *r, struct str *items, size_t *n)
{
    size_t depth = 0, start = 0, end = 0;
    bool any = false;
    *n = 0;
    next(r);
    for (;; next(r)) {
        const struct sql_token *t = &r->token;
        if (t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD)
            return syntax_error(r);
        bool close = sql_token_is(t, ')') || sql_token_is(t, ']') || sql_token_is(t, '}');
        if (depth == 0 && (sql_token_is(t, ',') || close)) {
            if (!any)
                return syntax_error(r);
            if (items)
                items[*n] = (struct str){r->text.p + start, end - start};
            (*n)++;
            any = false;
            if (!close)
                continue;
            if (!sql_token_is(t, ')'))
                return syntax_error(r);
            next(r);
            return ST_OK;
        }
        if (sql_token_is(t, '(') || sql_token_is(t, '[') || sql_token_is(t, '{'))
            depth++;
        else if (close)
            depth--;
        if (!any)
            start = t->at;
        any = true;
        end = t->at + t->text.n;
    }
}

static int read_list(struct reader *r, struct str **items, size_t *n)
{
    struct reader count = *r;
    TRY(read_items(&count, NULL, n));
    *items = arena_calloc(r->arena, *n, sizeof **items);
    if (!*items)
        return err_oom(r->err);
    return read_items(r, *items, n);
}

int sql_parse_prepare(struct arena *a, const struct sql_statement *s, struct sql_prepare *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_prepare){0};
    reader_init(&r, a, s->text, e);
    next(&r);
    TRY(read_name(&r, &out->name));
    if (sql_token_is(&r.token, '(')) {
        struct str *types;
        TRY(read_list(&r, &types, &out->ntypes));
        const char **names = arena_calloc(a, out->ntypes, sizeof *names);
        if (!names)
            return err_oom(e);
        for (size_t i = 0; i < out->ntypes; i++)
            if (!(names[i] = arena_strndup(a, types[i].p, types[i].n)))
                return err_oom(e);
        out->types = names;
    }
    if (!sql_token_is_word(&r.token, "AS"))
        return syntax_error(&r);
    next(&r);
    if (r.token.kind == SQL_TOK_END)
        return syntax_error(&r);
    out->query = (struct str){s->text.p + r.token.at, s->text.n - r.token.at};
    return ST_OK;
}

int sql_parse_execute(struct arena *a, const struct sql_statement *s, struct sql_execute *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_execute){0};
    reader_init(&r, a, s->text, e);
    next(&r);
    TRY(read_name(&r, &out->name));
    if (sql_token_is(&r.token, '(')) {
        struct str *values;
        TRY(read_list(&r, &values, &out->nvalues));
        out->values = values;
    }
    return r.token.kind == SQL_TOK_END ? ST_OK : syntax_error(&r);
}
