#include "sql/block.h"

#include "sql/reader.h"
#include "sql/statement.h"

#include <string.h>

static int not_supported(struct reader *r, const char *what)
{
    return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s in a DO block is not supported", what);
}

/* An SQL statement up to its semicolon. */
static int read_statement(struct reader *r, struct str *out)
{
    static const char *const others[] = {"IF",    "CASE",     "LOOP", "WHILE", "FOR",    "FOREACH",
                                         "EXIT",  "CONTINUE", "OPEN", "GET",   "RETURN", "EXECUTE",
                                         "BEGIN", "DECLARE",  "CALL", "ASSERT"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sql_token_is_word(&r->token, others[i]))
            return not_supported(r, others[i]);
    size_t from = r->token.at, to = from, count = 0;
    bool assigns = false;
    for (; r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD && !sql_token_is(&r->token, ';');
         count++) {
        assigns |= count == 1 && r->token.kind == SQL_TOK_PUNCT && str_eq(r->token.text, STR(":="));
        to = r->token.at + r->token.text.n;
        reader_next(r);
    }
    if (assigns)
        return not_supported(r, "an assignment");
    *out = (struct str){r->text.p + from, to - from};
    return to > from ? ST_OK : reader_syntax_error(r);
}

/* Statements up to END, EXCEPTION or WHEN. */
static int read_steps(struct reader *r, struct sql_block_steps *out)
{
    size_t room = 1;
    for (size_t i = r->token.at; i < r->text.n && room < SQL_BLOCK_STEPS_MAX; i++)
        room += r->text.p[i] == ';';
    *out = (struct sql_block_steps){.items = arena_calloc(r->arena, room, sizeof *out->items)};
    if (!out->items)
        return err_oom(r->err);
    while (!sql_token_is_word(&r->token, "END") && !sql_token_is_word(&r->token, "EXCEPTION") &&
           !sql_token_is_word(&r->token, "WHEN")) {
        if (out->n == room)
            return not_supported(r, "a block of so many statements");
        struct sql_block_step *step = &out->items[out->n];
        if (reader_take(r, "NULL")) {
            ; /* nothing */
        } else if (reader_take(r, "RAISE")) {
            step->kind = SQL_BLOCK_RAISE;
            TRY(sql_read_raise(r, &step->raise));
            out->n++;
        } else {
            step->kind = reader_take(r, "PERFORM") ? SQL_BLOCK_PERFORM : SQL_BLOCK_SQL;
            TRY(read_statement(r, &step->text));
            out->n++;
        }
        if (!sql_token_is(&r->token, ';'))
            return reader_syntax_error(r);
        reader_next(r);
    }
    return ST_OK;
}

static int read_handlers(struct reader *r, struct sql_block *out)
{
    enum { HANDLERS_MAX = 32 };
    out->handlers = arena_calloc(r->arena, HANDLERS_MAX, sizeof *out->handlers);
    if (!out->handlers)
        return err_oom(r->err);
    while (reader_take(r, "WHEN")) {
        if (out->nhandlers == HANDLERS_MAX)
            return not_supported(r, "a block of so many handlers");
        struct sql_handler *h = &out->handlers[out->nhandlers++];
        size_t from = r->token.at;
        while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD &&
               !sql_token_is_word(&r->token, "THEN"))
            reader_next(r);
        h->conditions = (struct str){r->text.p + from, r->token.at - from};
        if (!reader_take(r, "THEN"))
            return reader_syntax_error(r);
        TRY(read_steps(r, &h->steps));
    }
    return out->nhandlers ? ST_OK : reader_syntax_error(r);
}

static int read_body(struct reader *r, struct sql_block *out)
{
    if (sql_token_is_word(&r->token, "DECLARE"))
        return not_supported(r, "DECLARE");
    if (!reader_take(r, "BEGIN"))
        return reader_syntax_error(r);
    TRY(read_steps(r, &out->steps));
    if (reader_take(r, "EXCEPTION"))
        TRY(read_handlers(r, out));
    if (!reader_take(r, "END"))
        return reader_syntax_error(r);
    if (sql_token_is(&r->token, ';'))
        reader_next(r);
    return reader_end(r);
}

static int read_language(struct reader *r)
{
    const char *name;
    if (!reader_take(r, "LANGUAGE"))
        return ST_OK;
    TRY(reader_name(r, &name));
    if (strcmp(name, "plpgsql") != 0)
        return err_set(r->err, SQLSTATE_UNDEFINED_OBJECT, "language \"%s\" does not exist", name);
    return ST_OK;
}

int sql_parse_block(struct arena *a, const struct sql_statement *s, struct sql_block *out, struct err *e)
{
    struct reader r, inner;
    struct str body = {0};
    *out = (struct sql_block){0};
    reader_init(&r, a, sql_statement_tokens(s), e);
    (void)reader_take(&r, "DO");
    TRY(read_language(&r));
    TRY(reader_body(&r, &body));
    TRY(read_language(&r));
    if (r.token.kind != SQL_TOK_END)
        return reader_syntax_error(&r);
    reader_init(&inner, a, sql_tokens_of(body), e);
    int st = read_body(&inner, out);
    if (st < 0)
        e->position = 0; /* it counts in the body */
    return st;
}

bool sql_block_catches(const struct sql_handler *h, const char *code, const char *name)
{
    enum { CLASS = 2 };
    static const char *const never[] = {"57014", "P0004"}; /* a cancel; ASSERT */
    bool others = true, found = false;
    struct reader r;
    reader_init(&r, NULL, sql_tokens_of(h->conditions), NULL);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        others &= strcmp(code, never[i]) != 0;
    for (; !found && r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD; reader_next(&r)) {
        struct str t = r.token.text;
        found = (others && sql_token_is_word(&r.token, "OTHERS")) || sql_token_is_word(&r.token, name) ||
                (r.token.kind == SQL_TOK_STRING && t.n == strlen(code) + 2 &&
                 (strncmp(t.p + 1, code, strlen(code)) == 0 ||
                  (strncmp(t.p + 1, code, CLASS) == 0 && strncmp(t.p + 1 + CLASS, "000", 3) == 0)));
    }
    return found;
}
