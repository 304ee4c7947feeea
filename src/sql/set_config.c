/* SELECT set_config(name, value, is_local), …: a query that is a SET. Its arguments are literals or
 * parameters, since nothing here evaluates expressions; anything else goes to the engine, which has no such
 * function. */
#include "sql/set_config.h"

#include "sql/reader.h"
#include "sql/statement.h"

/* '…' without escapes. out NULL: only whether it is one. */
static bool take_string(struct reader *r, const char **out)
{
    struct str t = r->token.text;
    if (r->token.kind != SQL_TOK_STRING || t.n < 2 || t.p[0] != '\'')
        return false;
    char *copy = out ? arena_alloc(r->arena, t.n) : NULL;
    if (out && !copy) {
        (void)err_oom(r->err);
        return false;
    }
    size_t n = 0;
    for (size_t i = 1; i + 1 < t.n; i++) {
        if (t.p[i] == '\'' && t.p[++i] != '\'')
            return false; /* it goes on in another line */
        if (copy)
            copy[n] = t.p[i];
        n++;
    }
    if (copy)
        copy[n] = '\0';
    if (out)
        *out = copy;
    reader_next(r);
    return true;
}

static bool take_punct(struct reader *r, char c)
{
    if (!sql_token_is(&r->token, c))
        return false;
    reader_next(r);
    return true;
}

/* ::text, ::boolean … behind a value means what it means without. */
static bool take_cast(struct reader *r)
{
    static const char *const types[] = {"text", "varchar", "boolean", "bool"};
    if (!sql_token_is_typecast(&r->token))
        return true;
    reader_next(r);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (reader_take(r, types[i]))
            return true;
    return false;
}

static bool take_param(struct reader *r, unsigned *param)
{
    int64_t number;
    struct str t = r->token.text;
    if (r->token.kind != SQL_TOK_PARAM ||
        !str_to_i64((struct str){t.p + 1, t.n - 1}, 1, SQL_SET_CONFIG_PARAMS_MAX, &number))
        return false;
    *param = (unsigned)number;
    reader_next(r);
    return true;
}

static bool take_arg(struct reader *r, bool boolean, struct sql_set_arg *out)
{
    *out = (struct sql_set_arg){0};
    if (take_param(r, &out->param))
        return take_cast(r);
    if (boolean && reader_take(r, "true")) {
        out->text = "t";
        return true;
    }
    if (boolean && reader_take(r, "false")) {
        out->text = "f";
        return true;
    }
    if (!boolean && reader_take(r, "null"))
        return take_cast(r);
    return take_string(r, r->arena ? &out->text : NULL) && take_cast(r);
}

/* Behind a call, or a relation: [[AS] name]. */
static bool take_alias(struct reader *r, const char **out)
{
    bool as = reader_take(r, "as");
    if (!as && (!sql_token_is_name(&r->token) || sql_token_is_word(&r->token, "from")))
        return true;
    if (!sql_token_is_name(&r->token))
        return false;
    if (!r->arena) {
        reader_next(r);
        return true;
    }
    return reader_name(r, out) == ST_OK;
}

static bool take_catalog(struct reader *r)
{
    return !reader_take(r, "pg_catalog") || take_punct(r, '.');
}

/* Stands for the column `name` of pg_settings until the condition, which says what it is, is read. */
static const char of_the_row[] = "";

static bool take_name(struct reader *r, struct sql_set_arg *out)
{
    if (!reader_take(r, "name"))
        return take_arg(r, false, out);
    *out = (struct sql_set_arg){.text = of_the_row};
    return true;
}

static bool take_item(struct reader *r, struct sql_set_item *out)
{
    *out = (struct sql_set_item){.column = "set_config"};
    return take_catalog(r) && reader_take(r, "set_config") && take_punct(r, '(') &&
           take_name(r, &out->name) && take_punct(r, ',') && take_arg(r, false, &out->value) &&
           take_punct(r, ',') && take_arg(r, true, &out->local) && take_punct(r, ')') &&
           take_alias(r, &out->column);
}

/* FROM pg_settings WHERE name = '…', as pgAdmin and pg_dump ask; out NULL: only whether it is that. of_row:
 * whether it has to be there. */
static bool take_from(struct reader *r, bool of_row, const char **out)
{
    if (!reader_take(r, "from"))
        return !of_row;
    if (!take_catalog(r) || !reader_take(r, "pg_settings") || !reader_take(r, "where") ||
        !reader_take(r, "name") || r->token.kind != SQL_TOK_OP || r->token.text.n != 1 ||
        r->token.text.p[0] != '=')
        return false;
    reader_next(r);
    return take_string(r, out);
}

static bool read_all(struct reader *r, struct sql_set_config *out)
{
    struct sql_set_item item;
    bool of_row = false;
    if (!reader_take(r, "select"))
        return false;
    do {
        if (out->n == SQL_SET_CONFIG_MAX || !take_item(r, &item))
            return false;
        of_row |= item.name.text == of_the_row;
        if (out->items)
            out->items[out->n] = item;
        out->n++;
    } while (take_punct(r, ','));
    if (!take_from(r, of_row, r->arena ? &out->only : NULL) || r->token.kind != SQL_TOK_END)
        return false;
    for (size_t i = 0; out->items && i < out->n; i++)
        if (out->items[i].name.text == of_the_row)
            out->items[i].name.text = out->only;
    return true;
}

bool sql_is_set_config(struct sql_tokens sql)
{
    struct reader r;
    struct sql_set_config all = {0};
    reader_init(&r, NULL, sql, NULL);
    return read_all(&r, &all);
}

int sql_parse_set_config(struct arena *a, const struct sql_statement *s, struct sql_set_config *out,
                         struct err *e)
{
    struct reader r;
    reader_init(&r, a, sql_statement_tokens(s), e);
    *out = (struct sql_set_config){.items = arena_calloc(a, SQL_SET_CONFIG_MAX, sizeof *out->items)};
    if (!out->items)
        return err_oom(e);
    if (read_all(&r, out))
        return ST_OK;
    return err_is_set(e) ? ST_ERR : reader_syntax_error(&r);
}
