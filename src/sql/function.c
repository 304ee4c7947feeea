/* Token by token: libpg_query knows neither RETURN nor BEGIN ATOMIC, and the body is a text of its own. */
#include "sql/function.h"

#include "sql/reader.h"
#include "sql/statement.h"
#include "sql/type.h"

#include <string.h>

struct parsing {
    struct reader r;
    struct sql_function *out;
    const char *language;
    bool described; /* there was RETURNS */
    bool is_plpgsql;
    bool inlined; /* the body is RETURN or BEGIN ATOMIC, not a text */
};

static int not_supported(struct parsing *p, const char *what)
{
    (void)err_set(p->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
    p->r.err->position = str_position(p->r.text, p->r.token.at);
    return ST_ERR;
}

static int bad_definition(struct parsing *p, const char *what)
{
    return err_set(p->r.err, SQLSTATE_INVALID_FUNCTION_DEFINITION, "%s", what);
}

/* A type, in front of the reader; ST_AGAIN: there is none. */
static int read_type(struct parsing *p, struct str *out, struct sql_token *after)
{
    struct reader *r = &p->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    if (!sql_read_type_at(&ahead, r->token, &type))
        return ST_AGAIN;
    *after = type.after;
    *out = (struct str){r->text.p + type.at, type.end - type.at};
    const char *open = memchr(out->p, '(', out->n), *close = open ? memchr(open, ')', out->n) : NULL;
    if (!open || !close)
        return ST_OK;
    size_t before = (size_t)(open - out->p), behind = (size_t)(close + 1 - out->p);
    char *plain = arena_alloc(r->arena, out->n);
    if (!plain)
        return err_oom(r->err);
    memcpy(plain, out->p, before);
    memcpy(plain + before, out->p + behind, out->n - behind);
    *out = (struct str){plain, before + out->n - behind};
    return ST_OK;
}

/* Goes on with the token that a type was followed by. */
static void pass_type(struct parsing *p, const struct sql_token *after)
{
    sql_lexer_seek(&p->r.lexer, after->at);
    reader_next(&p->r);
}

static int take_type(struct parsing *p, struct str *out)
{
    struct sql_token after;
    int st = read_type(p, out, &after);
    if (st == ST_AGAIN)
        return reader_syntax_error(&p->r);
    TRY(st);
    pass_type(p, &after);
    return ST_OK;
}

/* %TYPE behind what has been read as a type. */
static int read_like(struct parsing *p, bool *like)
{
    struct reader *r = &p->r;
    *like = r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("%"));
    if (!*like)
        return ST_OK;
    reader_next(r);
    return reader_expect(r, "TYPE");
}

static bool ends_argument(const struct sql_token *t)
{
    return sql_token_is(t, ',') || sql_token_is(t, ')') || sql_token_is_word(t, "DEFAULT") ||
           (t->kind == SQL_TOK_OP && (str_eq(t->text, STR("=")) || str_eq(t->text, STR("%"))));
}

/* NULL: there are too many. */
static struct sql_argument *add_argument(struct parsing *p)
{
    struct sql_function *f = p->out;
    if (f->n == SQL_FUNCTION_ARGUMENTS_MAX) {
        (void)err_set(p->r.err, SQLSTATE_TOO_MANY_ARGUMENTS, "functions cannot have more than %d arguments",
                      SQL_FUNCTION_ARGUMENTS_MAX);
        return NULL;
    }
    struct sql_argument *a = &f->arguments[f->n++];
    *a = (struct sql_argument){.mode = SQL_ARGUMENT_IN, .name = ""};
    return a;
}

/* The mode of an argument may stand behind its name. */
static void read_mode(struct parsing *p, struct sql_argument *a)
{
    struct reader *r = &p->r;
    if (reader_take(r, "INOUT"))
        a->mode = SQL_ARGUMENT_INOUT;
    else if (reader_take(r, "OUT"))
        a->mode = SQL_ARGUMENT_OUT;
    else if (reader_take(r, "IN") && reader_take(r, "OUT"))
        a->mode = SQL_ARGUMENT_INOUT;
}

/* An argument: mode, name and type, then DEFAULT and an expression. */
static int read_argument(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_argument *a = add_argument(p);
    struct sql_token after;
    if (!a)
        return ST_ERR;
    if (sql_token_is_word(&r->token, "VARIADIC"))
        return not_supported(p, "VARIADIC in a function");
    read_mode(p, a);
    int st = read_type(p, &a->type, &after);
    if (st < 0)
        return st;
    if (st == ST_OK && ends_argument(&after)) {
        pass_type(p, &after);
    } else {
        TRY(reader_name(r, &a->name));
        read_mode(p, a);
        TRY(take_type(p, &a->type));
    }
    TRY(read_like(p, &a->like));
    bool initial = reader_take(r, "DEFAULT");
    if (!initial && r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("="))) {
        reader_next(r);
        initial = true;
    }
    if (initial)
        return reader_item(r, &a->initial);
    for (size_t i = 0; a->mode == SQL_ARGUMENT_IN && i + 1 < p->out->n; i++)
        if (p->out->arguments[i].initial.p)
            return bad_definition(p,
                                  "input parameters after one with a default value must also have defaults");
    return ST_OK;
}

static int read_list(struct parsing *p, int (*item)(struct parsing *p))
{
    struct reader *r = &p->r;
    if (!sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    reader_next(r);
    while (!sql_token_is(&r->token, ')')) {
        TRY(item(p));
        if (sql_token_is(&r->token, ')'))
            break;
        if (!sql_token_is(&r->token, ','))
            return reader_syntax_error(r);
        reader_next(r);
        if (sql_token_is(&r->token, ')'))
            return reader_syntax_error(r);
    }
    reader_next(r);
    return ST_OK;
}

/* A column of RETURNS TABLE. */
static int read_column(struct parsing *p)
{
    struct sql_argument *a = add_argument(p);
    if (!a)
        return ST_ERR;
    a->mode = SQL_ARGUMENT_TABLE;
    TRY(reader_name(&p->r, &a->name));
    return take_type(p, &a->type);
}

/* Behind RETURNS. */
static int read_returns(struct parsing *p)
{
    struct reader *r = &p->r;
    p->described = true;
    if (reader_take(r, "TABLE")) {
        p->out->set_of = true;
        return read_list(p, read_column);
    }
    p->out->set_of = reader_take(r, "SETOF");
    static const char *const none[] = {"trigger", "event_trigger", "language_handler", "internal"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (sql_token_is_word(&r->token, none[i]))
            return not_supported(p, "a function without a result");
    TRY(take_type(p, &p->out->result));
    return read_like(p, &p->out->result_like);
}

/* RETURN expression: SELECT expression. */
static int read_return(struct parsing *p)
{
    static const char select[] = "SELECT ";
    struct str rest;
    TRY(reader_rest(&p->r, &rest));
    char *text = arena_alloc(p->r.arena, sizeof select + rest.n);
    if (!text)
        return err_oom(p->r.err);
    memcpy(text, select, sizeof select - 1);
    memcpy(text + sizeof select - 1, rest.p, rest.n);
    p->out->body = (struct str){text, sizeof select - 1 + rest.n};
    while (p->r.token.kind != SQL_TOK_END)
        reader_next(&p->r);
    return ST_OK;
}

/* BEGIN ATOMIC query; END: the query. */
static int read_atomic(struct parsing *p)
{
    struct reader *r = &p->r;
    reader_next(r);
    if (!reader_take(r, "ATOMIC"))
        return reader_syntax_error(r);
    p->out->source = "";
    p->inlined = true;
    p->language = p->language ? p->language : "sql";
    size_t from = r->token.at, to = from, end = from, depth = 0;
    for (;; reader_next(r)) {
        if (r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        if (depth == 0 && sql_token_is_word(&r->token, "END"))
            break;
        depth += sql_token_is_word(&r->token, "CASE");
        depth -= depth > 0 && sql_token_is_word(&r->token, "END");
        to = r->token.at + r->token.text.n;
        end = sql_token_is(&r->token, ';') ? to : end;
    }
    reader_next(r);
    p->out->body = (struct str){r->text.p + from, to - from};
    return end == to ? ST_OK : reader_syntax_error(r);
}

/* Words that say nothing to a macro, and STRICT. *taken: it was one of these options. */
static int read_property(struct parsing *p, bool *taken)
{
    struct reader *r = &p->r;
    struct sql_function *f = p->out;
    *taken = true;
    if (reader_take(r, "IMMUTABLE"))
        f->immutable = true;
    else if (reader_take(r, "STABLE"))
        f->stable = true;
    else if (reader_take(r, "VOLATILE") || reader_take(r, "LEAKPROOF"))
        return ST_OK;
    else if (reader_take(r, "STRICT"))
        f->strict = true;
    else if (reader_take(r, "CALLED"))
        return reader_take(r, "ON") && reader_take(r, "NULL") && reader_take(r, "INPUT")
                   ? ST_OK
                   : reader_syntax_error(r);
    else if (reader_take(r, "NOT"))
        return reader_expect(r, "LEAKPROOF");
    else if (sql_token_is_word(&r->token, "EXTERNAL") || sql_token_is_word(&r->token, "SECURITY")) {
        (void)reader_take(r, "EXTERNAL");
        return reader_take(r, "SECURITY") && (reader_take(r, "INVOKER") || reader_take(r, "DEFINER"))
                   ? ST_OK
                   : reader_syntax_error(r);
    } else if (reader_take(r, "PARALLEL")) {
        reader_next(r);
    } else if (reader_take(r, "COST") || reader_take(r, "ROWS")) {
        if (r->token.kind != SQL_TOK_NUMBER)
            return reader_syntax_error(r);
        reader_next(r);
    } else {
        *taken = false;
    }
    return ST_OK;
}

/* A name, or a string with one. */
static int read_language(struct parsing *p)
{
    struct str quoted = {0};
    if (p->r.token.kind != SQL_TOK_STRING)
        return reader_name(&p->r, &p->language);
    TRY(reader_body(&p->r, &quoted));
    p->language = quoted.p;
    return ST_OK;
}

/* One of what stands behind the arguments, in any order. */
static int read_option(struct parsing *p)
{
    struct reader *r = &p->r;
    bool taken;
    TRY(read_property(p, &taken));
    if (taken)
        return ST_OK;
    if (reader_take(r, "RETURNS")) {
        if (!reader_take(r, "NULL"))
            return read_returns(p);
        p->out->strict = true;
        return reader_take(r, "ON") && reader_take(r, "NULL") && reader_take(r, "INPUT")
                   ? ST_OK
                   : reader_syntax_error(r);
    }
    if (reader_take(r, "LANGUAGE"))
        return read_language(p);
    if (reader_take(r, "AS")) {
        if (p->out->body.p)
            return bad_definition(p, "no more than one function body may be given");
        TRY(reader_body(r, &p->out->body));
        return sql_token_is(&r->token, ',') ? not_supported(p, "a function in a library") : ST_OK;
    }
    if (sql_token_is_word(&r->token, "RETURN")) {
        p->out->source = "";
        p->inlined = true;
        p->language = p->language ? p->language : "sql";
        reader_next(r);
        return read_return(p);
    }
    if (sql_token_is_word(&r->token, "BEGIN"))
        return read_atomic(p);
    if (sql_token_is_word(&r->token, "SET") || sql_token_is_word(&r->token, "TRANSFORM") ||
        sql_token_is_word(&r->token, "WINDOW") || sql_token_is_word(&r->token, "SUPPORT"))
        return not_supported(p, "this option of CREATE FUNCTION");
    return reader_syntax_error(r);
}

/* The languages that are taken; C and internal are for superusers, others there are not. */
static int check_language(struct parsing *p)
{
    const char *name = p->language;
    if (!name)
        return bad_definition(p, "no language specified");
    p->is_plpgsql = strcasecmp(name, "plpgsql") == 0;
    if (strcasecmp(name, "sql") == 0 || p->is_plpgsql)
        return ST_OK;
    if (strcmp(name, "c") == 0 || strcmp(name, "internal") == 0)
        return err_set(p->r.err, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied for language %s", name);
    return err_set(p->r.err, SQLSTATE_UNDEFINED_OBJECT, "language \"%s\" does not exist", name);
}

/* The body's one query, without the semicolon at its end. */
static int check_body(struct parsing *p)
{
    static const char *const queries[] = {"SELECT", "VALUES", "WITH", "TABLE"};
    struct reader inner;
    struct sql_function *f = p->out;
    bool query = false;
    if (!f->body.p)
        return bad_definition(p, "no function body specified");
    if (!f->source)
        f->source = arena_strndup(p->r.arena, f->body.p, f->body.n);
    if (!f->source)
        return err_oom(p->r.err);
    if (p->is_plpgsql) {
        const struct str body = f->body;
        f->body = (struct str){0};
        return plpgsql_read(p->r.arena, body, &f->block, p->r.err);
    }
    if (f->procedure && p->inlined)
        return not_supported(p, "a procedure with BEGIN ATOMIC");
    if (f->procedure)
        return ST_OK; /* any number of any statements, which are read when it is called */
    reader_init(&inner, p->r.arena, sql_tokens_of(f->body), p->r.err);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        query |= sql_token_is_word(&inner.token, queries[i]);
    f->alone |= !query && !sql_token_is(&inner.token, '(');
    size_t end = 0;
    while (inner.token.kind != SQL_TOK_END && !sql_token_is(&inner.token, ';')) {
        if (inner.token.kind == SQL_TOK_BAD) {
            (void)reader_syntax_error(&inner);
            p->r.err->position = 0; /* it counts in the body */
            return ST_ERR;
        }
        end = inner.token.at + inner.token.text.n;
        reader_next(&inner);
    }
    while (sql_token_is(&inner.token, ';'))
        reader_next(&inner);
    f->alone |= inner.token.kind != SQL_TOK_END; /* several statements */
    if (f->alone && p->inlined)
        return not_supported(p, "such a function with RETURN or BEGIN ATOMIC");
    if (!f->alone)
        f->body.n = end;
    return ST_OK;
}

/* OUT arguments are the result where RETURNS says none. */
static int check_result(struct parsing *p)
{
    struct sql_function *f = p->out;
    size_t columns = 0;
    for (size_t i = 0; i < f->n; i++)
        columns += f->arguments[i].mode != SQL_ARGUMENT_IN;
    if (f->procedure && p->described)
        return bad_definition(p, "a procedure has no result");
    if (f->procedure) {
        f->result = columns ? (struct str){0} : STR("void");
        return ST_OK;
    }
    f->alone = !p->is_plpgsql && str_ieq(f->result, STR("void"));
    if (!p->described && columns == 0)
        return bad_definition(p, "function result type must be specified");
    bool record = str_ieq(f->result, STR("record"));
    if (record && columns == 0)
        return err_set(p->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a function that returns record is not supported: say which columns by RETURNS TABLE");
    if (columns && (record || columns > 1))
        f->result = (struct str){0};
    for (size_t i = 0; columns == 1 && !f->set_of && i < f->n; i++)
        if (f->arguments[i].mode != SQL_ARGUMENT_IN)
            f->result = f->arguments[i].type;
    return ST_OK;
}

static int read_name(struct parsing *p, struct sql_function_name *out)
{
    struct reader *r = &p->r;
    *out = (struct sql_function_name){.schema = {.kind = SQL_TOK_END}};
    for (;;) {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        out->name = r->token;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return ST_OK;
        out->schema = out->name;
        reader_next(r);
    }
}

static int read_create(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_function *f = p->out;
    f->replaces = reader_take(r, "OR") && reader_take(r, "REPLACE");
    f->procedure = reader_take(r, "PROCEDURE");
    if (!f->procedure)
        (void)reader_take(r, "FUNCTION");
    f->arguments = arena_calloc(r->arena, SQL_FUNCTION_ARGUMENTS_MAX, sizeof *f->arguments);
    if (!f->arguments)
        return err_oom(r->err);
    f->nnames = 1;
    TRY(read_name(p, &f->names[0]));
    TRY(read_list(p, read_argument));
    while (r->token.kind != SQL_TOK_END)
        TRY(read_option(p));
    TRY(check_language(p));
    TRY(check_result(p));
    return check_body(p);
}

/* name [(types)], …: the arguments are read as those of CREATE, of which OUT ones do not count. */
static int read_existing(struct parsing *p, struct sql_function_name *out)
{
    struct sql_function *f = p->out;
    if (!f->arguments)
        f->arguments = arena_calloc(p->r.arena, SQL_FUNCTION_ARGUMENTS_MAX, sizeof *f->arguments);
    if (!f->arguments)
        return err_oom(p->r.err);
    TRY(read_name(p, out));
    if (!sql_token_is(&p->r.token, '('))
        return ST_OK;
    out->listed = true;
    f->n = 0;
    TRY(read_list(p, read_argument));
    struct str *types = arena_calloc(p->r.arena, f->n + 1, sizeof *types);
    if (!types)
        return err_oom(p->r.err);
    for (size_t i = 0; i < f->n; i++)
        if (f->arguments[i].mode != SQL_ARGUMENT_OUT)
            types[out->n++] = f->arguments[i].type;
    out->types = types;
    return ST_OK;
}

/* PROCEDURE, ROUTINE or FUNCTION; false: another word. */
static bool take_kind(struct reader *r, struct sql_function *out)
{
    out->procedure = reader_take(r, "PROCEDURE");
    out->routine = !out->procedure && reader_take(r, "ROUTINE");
    return out->procedure || out->routine || reader_take(r, "FUNCTION");
}

/* Behind DROP. */
static int read_drop(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_function *f = p->out;
    f->drops = true;
    (void)take_kind(r, f);
    f->if_exists = reader_take(r, "IF") && reader_take(r, "EXISTS");
    for (;;) {
        if (f->nnames == SQL_FUNCTIONS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "DROP of more than %d functions",
                           SQL_FUNCTIONS_MAX);
        TRY(read_existing(p, &f->names[f->nnames++]));
        if (!sql_token_is(&r->token, ','))
            break;
        reader_next(r);
    }
    if (!reader_take(r, "CASCADE"))
        (void)reader_take(r, "RESTRICT");
    return reader_end(r);
}

/* Behind COMMENT. */
static int read_comment(struct parsing *p)
{
    struct sql_function *f = p->out;
    f->comments = true;
    f->nnames = 1;
    TRY(reader_expect(&p->r, "ON"));
    (void)take_kind(&p->r, f);
    TRY(read_existing(p, &f->names[0]));
    TRY(reader_comment(&p->r, &f->comment));
    return reader_end(&p->r);
}

/* Behind the arguments: PostgreSQL's options, where the engine has AS and an expression. */
static bool has_options(struct reader *r)
{
    static const char *const words[] = {"RETURNS", "LANGUAGE", "IMMUTABLE", "STABLE", "VOLATILE", "STRICT"};
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD && !sql_token_is(&r->token, '('))
        reader_next(r);
    reader_skip_brackets(r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(&r->token, words[i]))
            return true;
    if (!reader_take(r, "AS") || (r->token.kind != SQL_TOK_DOLLAR && r->token.kind != SQL_TOK_STRING))
        return false;
    reader_next(r);
    return r->token.kind == SQL_TOK_WORD;
}

bool sql_is_function(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    struct sql_function ignored;
    if (reader_take(&r, "DROP") || (reader_take(&r, "COMMENT") && reader_take(&r, "ON")))
        return take_kind(&r, &ignored);
    if (!reader_take(&r, "CREATE"))
        return false;
    if (reader_take(&r, "OR") && !reader_take(&r, "REPLACE"))
        return false;
    return reader_take(&r, "PROCEDURE") || (reader_take(&r, "FUNCTION") && has_options(&r));
}

int sql_parse_function(struct arena *a, const struct sql_statement *s, struct sql_function *out,
                       struct err *e)
{
    struct parsing p = {.out = out};
    *out = (struct sql_function){.names = arena_calloc(a, SQL_FUNCTIONS_MAX, sizeof *out->names)};
    if (!out->names)
        return err_oom(e);
    reader_init(&p.r, a, sql_statement_tokens(s), e);
    if (reader_take(&p.r, "DROP"))
        return read_drop(&p);
    if (reader_take(&p.r, "COMMENT"))
        return read_comment(&p);
    (void)reader_take(&p.r, "CREATE");
    return read_create(&p);
}
