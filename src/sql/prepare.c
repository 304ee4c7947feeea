/* PREPARE and EXECUTE, by tokens: what they hold is the engine's SQL, which PostgreSQL's parser need not
 * know. */
#include "sql/prepare.h"

#include "sql/edits.h"
#include "sql/reader.h"
#include "sql/statement.h"

/* "( a, b(c, d), e )": the text of each item at depth one, the current token behind the bracket afterwards.
 * At least one. Called twice: with items NULL it counts. */
static int read_items(struct reader *r, struct str *items, size_t *n)
{
    size_t depth = 0, start = 0, end = 0;
    bool any = false;
    *n = 0;
    reader_next(r);
    for (;; reader_next(r)) {
        const struct sql_token *t = &r->token;
        if (t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        bool close = sql_token_is(t, ')') || sql_token_is(t, ']') || sql_token_is(t, '}');
        if (depth == 0 && (sql_token_is(t, ',') || close)) {
            if (!any)
                return reader_syntax_error(r);
            if (items)
                items[*n] = (struct str){r->text.p + start, end - start};
            (*n)++;
            any = false;
            if (!close)
                continue;
            if (!sql_token_is(t, ')'))
                return reader_syntax_error(r);
            reader_next(r);
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
    reader_init(&r, a, sql_statement_tokens(s), e);
    reader_next(&r);
    TRY(reader_name(&r, &out->name));
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
    return reader_take(&r, "AS") ? reader_rest(&r, &out->query) : reader_syntax_error(&r);
}

int sql_parse_execute(struct arena *a, const struct sql_statement *s, struct sql_execute *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_execute){0};
    reader_init(&r, a, sql_statement_tokens(s), e);
    reader_next(&r);
    TRY(reader_name(&r, &out->name));
    if (sql_token_is(&r.token, '(')) {
        struct str *values;
        TRY(read_list(&r, &values, &out->nvalues));
        out->values = values;
    }
    return reader_end(&r);
}

int sql_execute_values(struct arena *a, const struct sql_statement *s, const struct sql_execute *x,
                       struct sql_rewritten *out, struct err *e)
{
    struct edits edits;
    size_t done = 0;
    edits_init(&edits, a, s->text);
    for (size_t i = 0; i < x->nvalues; i++) {
        size_t at = (size_t)(x->values[i].p - s->text.p);
        TRY(edits_replace(&edits, done, at - done, i ? STR("), (") : STR("SELECT ("), e));
        done = at + x->values[i].n;
    }
    TRY(edits_replace(&edits, done, s->text.n - done, STR(")"), e));
    return edits_apply(&edits, out, e);
}
