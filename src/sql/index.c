/* Read token by token; of each key the name, call or bracket that it begins with is kept. Source: PostgreSQL
 * 15 manual, CREATE INDEX. */
#include "sql/index.h"

#include "base/buf.h"
#include "sql/reader.h"
#include "sql/statement.h"

static bool read_name(struct reader *r, struct sql_index *out)
{
    out->database = out->schema = out->relation = (struct sql_token){.kind = SQL_TOK_END};
    size_t from = r->token.at;
    while (sql_token_is_name(&r->token)) {
        out->database = out->schema;
        out->schema = out->relation;
        out->relation = r->token;
        reader_next(r);
        out->table = (struct str){r->text.p + from, out->relation.at + out->relation.text.n - from};
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    return out->table.n > 0;
}

/* USING method. false: one that PostgreSQL does not have. */
static bool read_method(struct reader *r)
{
    static const char *const methods[] = {"btree", "hash", "gin", "gist", "spgist", "brin"};
    if (!reader_take(r, "USING"))
        return true;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (reader_take(r, methods[i]))
            return true;
    return false;
}

/* Up to the bracket. */
static bool read_head(struct reader *r, struct sql_index *out)
{
    *out = (struct sql_index){.name = {.kind = SQL_TOK_END}};
    if (!reader_take(r, "CREATE"))
        return false;
    out->unique = reader_take(r, "UNIQUE");
    if (!reader_take(r, "INDEX"))
        return false;
    (void)reader_take(r, "CONCURRENTLY");
    if (reader_take(r, "IF"))
        out->if_not_exists = reader_take(r, "NOT") && reader_take(r, "EXISTS");
    if (!sql_token_is_word(&r->token, "ON")) {
        if (!sql_token_is_name(&r->token))
            return false;
        out->name = r->token;
        reader_next(r);
    }
    if (!reader_take(r, "ON"))
        return false;
    (void)reader_take(r, "ONLY");
    return read_name(r, out) && read_method(r) && sql_token_is(&r->token, '(');
}

bool sql_is_index(struct sql_tokens sql)
{
    struct reader r;
    struct sql_index index;
    reader_init(&r, NULL, sql, NULL);
    return read_head(&r, &index);
}

/* At the first token of a key; goes on to the comma or bracket behind it. */
static int read_key(struct reader *r, struct buf *b)
{
    size_t from = r->token.at;
    if (!sql_token_is_name(&r->token) && !sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    while (sql_token_is_name(&r->token)) {
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    buf_printf(b, "%s%.*s", b->len > 1 ? ", " : "", (int)(r->token.at - from), r->text.p + from);
    while (r->token.kind != SQL_TOK_END && !sql_token_is(&r->token, ',') && !sql_token_is(&r->token, ')')) {
        if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
    }
    return ST_OK;
}

static int refuse(struct reader *r, const struct sql_token *at, const char *what)
{
    (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
    r->err->position = str_position(r->text, at->at);
    return ST_ERR;
}

/* Behind the keys. */
static int read_rest(struct reader *r, struct sql_index *out)
{
    while (r->token.kind != SQL_TOK_END) {
        struct sql_token at = r->token;
        if (reader_take(r, "INCLUDE")) {
            size_t from = r->token.at;
            reader_skip_brackets(r);
            out->include = (struct str){r->text.p + from, r->token.at - from};
        } else if (reader_take(r, "WITH")) {
            reader_skip_brackets(r);
        } else if (reader_take(r, "NULLS")) {
            if (reader_take(r, "NOT"))
                return refuse(r, &at, "NULLS NOT DISTINCT");
            (void)reader_take(r, "DISTINCT");
        } else if (reader_take(r, "TABLESPACE")) {
            if (!reader_take(r, "pg_default"))
                return refuse(r, &at, "a tablespace but pg_default");
        } else if (sql_token_is_word(&r->token, "WHERE")) {
            return out->unique ? refuse(r, &at, "a unique index of some rows") : ST_OK;
        } else {
            return reader_syntax_error(r);
        }
    }
    return ST_OK;
}

static int read_keys(struct reader *r, struct buf *b)
{
    buf_put_u8(b, '(');
    do {
        reader_next(r);
        TRY(read_key(r, b));
    } while (sql_token_is(&r->token, ','));
    buf_put_u8(b, ')');
    if (!sql_token_is(&r->token, ')'))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

int sql_parse_index(struct arena *a, const struct sql_statement *s, struct sql_index *out, struct err *e)
{
    struct reader r;
    struct buf b;
    reader_init(&r, a, sql_statement_tokens(s), e);
    if (!read_head(&r, out))
        return reader_syntax_error(&r);
    buf_init(&b, SQL_COMMAND_MAX);
    int st = read_keys(&r, &b);
    if (st == ST_OK) {
        const char *copy = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
        out->keys = (struct str){copy, b.len};
        st = copy ? read_rest(&r, out) : err_oom(e);
    }
    buf_release(&b);
    return st;
}
