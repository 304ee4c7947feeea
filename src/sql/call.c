/* Token by token, since an argument may be any expression of the engine's: PostgreSQL's parser would refuse
 * those, and its tree is deep where an expression is. */
#include "sql/call.h"

#include "sql/part.h"
#include "sql/reader.h"
#include "sql/statement.h"

/* [schema.]name */
static int read_name(struct reader *r, struct sql_function_name *out)
{
    *out = (struct sql_function_name){.schema = {.kind = SQL_TOK_END}, .name = r->token};
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    reader_next(r);
    if (!sql_token_is(&r->token, '.'))
        return ST_OK;
    reader_next(r);
    out->schema = out->name;
    out->name = r->token;
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

/* An argument's name, where one is in front of it. */
static int read_argument_name(struct reader *r, const char **out)
{
    struct reader ahead = *r;
    *out = "";
    reader_next(&ahead);
    bool arrow = (ahead.token.kind == SQL_TOK_OP && str_eq(ahead.token.text, STR("=>"))) ||
                 (ahead.token.kind == SQL_TOK_PUNCT && str_eq(ahead.token.text, STR(":=")));
    if (!sql_token_is_name(&r->token) || !arrow)
        return ST_OK;
    TRY(reader_name(r, out));
    reader_next(r);
    return ST_OK;
}

static int read_arguments(struct reader *r, struct sql_call *out)
{
    for (;;) {
        if (out->n == SQL_FUNCTION_ARGUMENTS_MAX)
            return err_set(r->err, SQLSTATE_TOO_MANY_ARGUMENTS,
                           "cannot pass more than %d arguments to a procedure", SQL_FUNCTION_ARGUMENTS_MAX);
        struct sql_call_argument *a = &out->arguments[out->n++];
        TRY(read_argument_name(r, &a->name));
        TRY(reader_item(r, &a->value));
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
}

/* name(arguments) */
static int read_call(struct reader *r, struct sql_call *out)
{
    out->arguments = arena_calloc(r->arena, SQL_FUNCTION_ARGUMENTS_MAX, sizeof *out->arguments);
    if (!out->arguments)
        return err_oom(r->err);
    TRY(read_name(r, &out->name));
    if (!sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    reader_next(r);
    if (!sql_token_is(&r->token, ')'))
        TRY(read_arguments(r, out));
    reader_next(r);
    return ST_OK;
}

int sql_parse_call(struct arena *a, const struct sql_statement *s, struct sql_call *out, struct err *e)
{
    struct reader r;
    reader_init(&r, a, sql_statement_tokens(s), e);
    *out = (struct sql_call){.n = 0};
    TRY(reader_expect(&r, "CALL"));
    TRY(read_call(&r, out));
    return reader_end(&r);
}

bool sql_is_sole_call(struct arena *a, struct sql_tokens sql, struct sql_call *out)
{
    struct reader r;
    struct err ignored;
    err_init(&ignored);
    reader_init(&r, a, sql, &ignored);
    *out = (struct sql_call){.selects = true};
    if (!reader_take(&r, "SELECT"))
        return false;
    if (part_is_star(&r.token)) {
        reader_next(&r);
        out->in_from = reader_take(&r, "FROM");
        if (!out->in_from)
            return false;
    }
    if (read_call(&r, out) < 0)
        return false;
    bool as = reader_take(&r, "AS");
    if ((as || r.token.kind != SQL_TOK_END) && reader_name(&r, &out->alias) < 0)
        return false;
    return r.token.kind == SQL_TOK_END;
}
