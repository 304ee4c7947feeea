/* Read token by token; of each key the name, call or bracket that it begins with is kept. Source: PostgreSQL
 * 15 manual, CREATE INDEX. */
#include "sql/index.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/name.h"
#include "sql/reader.h"
#include "sql/statement.h"

#include <string.h>

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

struct keys {
    size_t n;
    struct key {
        struct str text;
        struct sql_token name; /* of a column alone; else END */
    } items[SQL_INDEX_KEYS_MAX];
};

/* At the first token of a key; goes on to the comma or bracket behind it. */
static int read_key(struct reader *r, struct keys *out)
{
    struct sql_token first = r->token;
    if (!sql_token_is_name(&r->token) && !sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    if (out->n == SQL_INDEX_KEYS_MAX)
        return err_set(r->err, SQLSTATE_TOO_MANY_COLUMNS, "cannot use more than %d columns in an index",
                       SQL_INDEX_KEYS_MAX);
    bool column = sql_token_is_name(&first);
    while (sql_token_is_name(&r->token)) {
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        column = false;
        reader_next(r);
    }
    column &= !sql_token_is(&r->token, '(');
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    out->items[out->n++] = (struct key){.text = {r->text.p + first.at, r->token.at - first.at},
                                        .name = column ? first : (struct sql_token){.kind = SQL_TOK_END}};
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

/* Up to the end. */
static int read_where(struct reader *r, struct sql_index *out)
{
    struct sql_token first, last;
    reader_next(r);
    for (first = last = r->token; r->token.kind != SQL_TOK_END; reader_next(r)) {
        last = r->token;
        if (last.kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
    }
    if (first.kind == SQL_TOK_END)
        return reader_syntax_error(r);
    out->where = (struct str){r->text.p + first.at, last.at + last.text.n - first.at};
    return ST_OK;
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
            return read_where(r, out);
        } else {
            return reader_syntax_error(r);
        }
    }
    return ST_OK;
}

static int read_keys(struct reader *r, struct keys *out)
{
    do {
        reader_next(r);
        TRY(read_key(r, out));
    } while (sql_token_is(&r->token, ','));
    if (!sql_token_is(&r->token, ')'))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

/* ---- what is made of them ---- */

/* Whether the bracket that the text begins with ends where the text does; whether its brackets match. */
static bool is_in_brackets(struct str text, bool *matched)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0, closed = 0;
    *matched = true;
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        *matched &= depth > 0 || !sql_token_is(&t, ')');
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth;
        if (depth == 0 && closed == 0)
            closed = t.at + t.text.n;
    }
    *matched &= depth == 0;
    return text.n > 0 && text.p[0] == '(' && closed == text.n;
}

static struct str trimmed(struct str s)
{
    while (s.n &&
           (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

/* A column as PostgreSQL shows it, in quotes where it needs them; an expression as it is written. */
static void put_shown(struct buf *b, const struct key *k)
{
    char name[SQL_NAME_MAX + 1];
    bool plain = true;
    if (k->name.kind == SQL_TOK_END || k->name.text.n > SQL_NAME_MAX) {
        struct str text = trimmed(k->text);
        buf_put(b, text.p, text.n);
        return;
    }
    size_t n = sql_name_read(&k->name, name);
    for (size_t i = 0; i < n; i++)
        plain &= (name[i] >= 'a' && name[i] <= 'z') || name[i] == '_' ||
                 (i > 0 && name[i] >= '0' && name[i] <= '9');
    if (plain && n > 0)
        buf_put(b, name, n);
    else
        sql_name_put(b, (struct str){name, n});
}

/* A condition with its words as PostgreSQL shows them: those of an operator in capitals, others without. */
static void put_condition(struct buf *b, struct str text)
{
    static const char *const words[] = {"NOT", "AND", "OR", "IS", "NULL"};
    struct sql_lexer l;
    struct sql_token t;
    size_t at = 0;
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        bool capital = false;
        buf_put(b, text.p + at, t.at - at);
        at = t.at + t.text.n;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            capital |= sql_token_is_word(&t, words[i]);
        for (size_t i = 0; i < t.text.n; i++) {
            char c = t.text.p[i];
            bool letter = t.kind == SQL_TOK_WORD && (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
            buf_put_u8(b, (uint8_t)(!letter ? c : capital ? c & ~0x20 : c | 0x20));
        }
    }
    buf_put(b, text.p + at, text.n - at);
}

static int keep(struct arena *a, const struct buf *b, struct str *out, struct err *e)
{
    const char *copy = buf_ok(b) ? arena_strndup(a, (const char *)b->data, b->len) : NULL;
    *out = (struct str){copy, b->len};
    return copy ? ST_OK : err_oom(e);
}

static int make_keys(struct arena *a, struct buf *b, const struct keys *keys, struct sql_index *out,
                     struct err *e)
{
    for (size_t i = 0; i < keys->n; i++)
        buf_printf(b, "%s%.*s", i ? ", " : "(", (int)keys->items[i].text.n, keys->items[i].text.p);
    buf_put_u8(b, ')');
    TRY(keep(a, b, &out->written, e));
    out->keys = out->written;
    if (!out->where.n || !out->unique)
        return ST_OK;
    buf_clear(b);
    for (size_t i = 0; i < keys->n; i++)
        buf_printf(b, "%s(CASE WHEN %.*s THEN %.*s END)", i ? ", " : "(", (int)out->where.n, out->where.p,
                   (int)keys->items[i].text.n, keys->items[i].text.p);
    buf_put_u8(b, ')');
    return keep(a, b, &out->keys, e);
}

/* The condition gets its brackets. */
static int make_where(struct arena *a, struct buf *b, struct sql_index *out, struct err *e)
{
    bool matched, in_brackets = is_in_brackets(out->where, &matched);
    struct str text = out->where;
    if (!matched || memchr(text.p, SQL_INDEX_KEPT[0], text.n))
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error in the condition of an index");
    buf_clear(b);
    buf_printf(b, in_brackets ? "%.*s" : "(%.*s)", (int)text.n, text.p);
    return keep(a, b, &out->where, e);
}

/* Of columns alone, all rows: the engine shows them as they are. An expression in brackets has another pair
 * in the index's definition. */
static int make_kept(struct arena *a, struct buf *b, const struct keys *keys, struct sql_index *out,
                     struct err *e)
{
    bool expressions = false, clean = true;
    for (size_t i = 0; i < keys->n; i++) {
        expressions |= keys->items[i].name.kind == SQL_TOK_END;
        clean &= !memchr(keys->items[i].text.p, SQL_INDEX_KEPT[0], keys->items[i].text.n);
    }
    if (!clean)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error in a key of an index");
    if (!out->where.n && !expressions)
        return ST_OK;
    buf_clear(b);
    buf_printf(b, SQL_INDEX_KEPT);
    put_condition(b, out->where);
    for (int definition = 0; definition < 2; definition++)
        for (size_t i = 0; i < keys->n; i++) {
            bool bracket = definition && keys->items[i].text.p[0] == '(';
            buf_printf(b, "%s%s", i ? ", " : "\x1e", bracket ? "(" : "");
            put_shown(b, &keys->items[i]);
            buf_printf(b, "%s", bracket ? ")" : "");
        }
    return keep(a, b, &out->kept, e);
}

int sql_parse_index(struct arena *a, const struct sql_statement *s, struct sql_index *out, struct err *e)
{
    struct reader r;
    struct keys keys = {0};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SQL_COMMAND_MAX);
    reader_init(&r, a, sql_statement_tokens(s), e);
    if (!read_head(&r, out))
        return reader_syntax_error(&r);
    TRY(read_keys(&r, &keys));
    TRY(read_rest(&r, out));
    if (out->where.n)
        TRY(make_where(a, &b, out, e));
    TRY(make_kept(a, &b, &keys, out, e));
    buf_clear(&b);
    return make_keys(a, &b, &keys, out, e);
}
