/* CREATE TABLE with columns of type serial, which the engine does not have: what PostgreSQL makes of it, an
 * integer that is not null and whose default is the next value of a sequence <table>_<column>_seq. Source:
 * PostgreSQL 15 manual, 8.1.4. */
#include "sql/serial.h"

#include "base/buf.h"
#include "sql/catalog.h"
#include "sql/edits.h"
#include "sql/name.h"
#include "sql/reader.h"
#include "sql/statement.h"

enum { NAME_BYTES_MAX = 64 * 1024 }; /* of a sequence's name with its schema */

static const struct {
    const char *word, *type;
} serials[] = {
    {"SERIAL", "INTEGER"}, {"SERIAL4", "INTEGER"},      {"BIGSERIAL", "BIGINT"},
    {"SERIAL8", "BIGINT"}, {"SMALLSERIAL", "SMALLINT"}, {"SERIAL2", "SMALLINT"},
};

static const char *type_of(const struct sql_token *t)
{
    for (size_t i = 0; t->kind == SQL_TOK_WORD && i < sizeof serials / sizeof *serials; i++)
        if (sql_token_is_word(t, serials[i].word))
            return serials[i].type;
    return NULL;
}

struct head {
    bool replaces, temporary, if_not_exists;
    struct str name, schema;          /* with its schema, as written; "a.b." or empty */
    struct sql_token first, relation; /* the first part of it, the last */
};

/* Up to the bracket. false: it is no CREATE TABLE name (…). */
static bool read_head(struct reader *r, struct head *h)
{
    *h = (struct head){0};
    (void)reader_take(r, "CREATE");
    if (reader_take(r, "OR"))
        h->replaces = reader_take(r, "REPLACE");
    h->temporary = reader_take(r, "TEMP") || reader_take(r, "TEMPORARY");
    if (!reader_take(r, "TABLE"))
        return false;
    if (reader_take(r, "IF"))
        h->if_not_exists = reader_take(r, "NOT") && reader_take(r, "EXISTS");
    const char *start = r->token.text.p;
    while (sql_token_is_name(&r->token)) {
        h->relation = r->token;
        if (!h->name.n)
            h->first = r->token;
        h->schema = (struct str){start, (size_t)(r->token.text.p - start)};
        h->name = (struct str){start, h->schema.n + r->token.text.n};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    return h->name.n && sql_token_is(&r->token, '(');
}

/* On to the next column of a serial type: its name, and the type as the current token. */
static bool next_column(struct reader *r, size_t *depth, struct sql_token *name)
{
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD) {
        bool starts =
            (sql_token_is(&r->token, '(') && *depth == 0) || (sql_token_is(&r->token, ',') && *depth == 1);
        *depth += sql_token_is(&r->token, '(');
        *depth -= sql_token_is(&r->token, ')') && *depth;
        reader_next(r);
        if (!starts || !sql_token_is_name(&r->token))
            continue;
        *name = r->token;
        reader_next(r);
        if (type_of(&r->token))
            return true;
    }
    return false;
}

bool sql_is_serial(struct sql_tokens sql)
{
    struct reader r;
    struct head h;
    struct sql_token name;
    size_t depth = 0;
    reader_init(&r, NULL, sql, NULL);
    return read_head(&r, &h) && next_column(&r, &depth, &name);
}

/* A part of a quoted name: folded as PostgreSQL does unless it was quoted itself. Quotes stay doubled. */
static void put_part(struct buf *b, const struct sql_token *name)
{
    struct str s = sql_name_bare(name);
    bool quoted = name->kind == SQL_TOK_QUOTED;
    for (size_t i = 0; i < s.n; i++)
        buf_put_u8(b, (uint8_t)(!quoted && s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] - 'A' + 'a' : s.p[i]));
}

static int keep(struct arena *a, struct buf *b, struct str *out, struct err *e)
{
    const char *copy = buf_ok(b) ? arena_strndup(a, (const char *)b->data, b->len) : NULL;
    *out = (struct str){copy, b->len};
    buf_release(b);
    return copy ? ST_OK : err_oom(e);
}

/* schema."<table>_<column>_seq" */
static int sequence_of(struct arena *a, const struct head *h, const struct sql_token *column, struct str *out,
                       struct err *e)
{
    struct buf b;
    buf_init(&b, NAME_BYTES_MAX);
    struct str known = sql_engine_schema(&h->first); /* within a string nobody else translates it */
    if (known.p && h->first.at != h->relation.at)
        buf_printf(&b, "%s.", known.p);
    else
        buf_put(&b, h->schema.p, h->schema.n);
    buf_put_u8(&b, '"');
    put_part(&b, &h->relation);
    buf_put_u8(&b, '_');
    put_part(&b, column);
    buf_put(&b, "_seq\"", sizeof "_seq\"" - 1);
    return keep(a, &b, out, e);
}

/* INTEGER DEFAULT nextval('…') NOT NULL */
static int column_of(struct arena *a, const char *type, struct str sequence, struct str *out, struct err *e)
{
    struct buf b;
    buf_init(&b, 2 * NAME_BYTES_MAX);
    buf_printf(&b, "%s DEFAULT nextval('", type);
    for (size_t i = 0; i < sequence.n; i++) {
        if (sequence.p[i] == '\'')
            buf_put_u8(&b, '\'');
        buf_put_u8(&b, (uint8_t)sequence.p[i]);
    }
    buf_printf(&b, "') NOT NULL");
    return keep(a, &b, out, e);
}

int sql_parse_serial(struct arena *a, const struct sql_statement *s, struct sql_serial *out, struct err *e)
{
    struct reader r;
    struct head h;
    struct edits edits;
    struct sql_token name;
    size_t depth = 0;
    reader_init(&r, a, sql_statement_tokens(s), e);
    if (!read_head(&r, &h))
        return reader_syntax_error(&r);
    *out = (struct sql_serial){.name = h.name,
                               .temporary = h.temporary,
                               .keeps = h.if_not_exists || h.replaces,
                               .sequences = arena_calloc(a, SQL_SERIALS_MAX, sizeof *out->sequences)};
    if (!out->sequences)
        return err_oom(e);
    edits_init(&edits, a, s->text);
    while (next_column(&r, &depth, &name)) {
        struct str column;
        if (out->n == SQL_SERIALS_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a table can have at most %d serial columns",
                           SQL_SERIALS_MAX);
        struct str *sequence = &out->sequences[out->n++];
        TRY(sequence_of(a, &h, &name, sequence, e));
        TRY(column_of(a, type_of(&r.token), *sequence, &column, e));
        TRY(edits_replace(&edits, r.token.at, r.token.text.n, column, e));
    }
    return edits_apply(&edits, &out->table, e);
}
