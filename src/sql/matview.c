#include "sql/matview.h"

#include "sql/edits.h"
#include "sql/reader.h"
#include "sql/statement.h"

bool sql_is_matview(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    bool other = reader_take(&r, "CREATE") || reader_take(&r, "REFRESH") || reader_take(&r, "DROP");
    (void)reader_take(&r, "UNLOGGED");
    return other && reader_take(&r, "MATERIALIZED") && sql_token_is_word(&r.token, "VIEW");
}

/* The reader stops at INTO of the outermost level; false: there is none before the query's clauses end. */
static bool find_into(struct reader *r)
{
    struct sql_token before = {.kind = SQL_TOK_END};
    for (size_t depth = 0; r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD; reader_next(r)) {
        bool named = sql_token_is(&before, '.') || sql_token_is_word(&before, "AS");
        if (depth == 0 && sql_token_is_word(&r->token, "INTO") && !named)
            return true;
        if (sql_token_is(&r->token, '(') || sql_token_is(&r->token, '['))
            depth++;
        else if (depth > 0 && (sql_token_is(&r->token, ')') || sql_token_is(&r->token, ']')))
            depth--;
        before = r->token;
    }
    return false;
}

/* By its bytes first: most queries have no such word. */
bool sql_is_select_into(struct sql_tokens sql)
{
    struct reader r;
    bool may = false;
    for (size_t i = 0; i + 4 <= sql.text.n && !may; i++)
        may = (sql.text.p[i] | 0x20) == 'i' && (sql.text.p[i + 1] | 0x20) == 'n' &&
              (sql.text.p[i + 2] | 0x20) == 't' && (sql.text.p[i + 3] | 0x20) == 'o';
    if (!may)
        return false;
    reader_init(&r, NULL, sql, NULL);
    return find_into(&r);
}

/* One name, or several with commas between them. */
static int read_names(struct reader *r, struct sql_matview *out, bool several)
{
    size_t room = 1;
    for (size_t i = 0; i < r->text.n && several; i++)
        room += r->text.p[i] == ',';
    out->names = arena_calloc(r->arena, room, sizeof *out->names);
    if (!out->names)
        return err_oom(r->err);
    TRY(reader_qualified(r, &out->names[out->n++]));
    while (several && sql_token_is(&r->token, ',')) {
        reader_next(r);
        TRY(reader_qualified(r, &out->names[out->n++]));
    }
    return ST_OK;
}

/* WITH [NO] DATA at the end; its place, or the text's end. */
static size_t data_clause(struct reader *r, bool *no_data)
{
    size_t at = r->text.n, end = 0, with = 0;
    unsigned step = 0; /* WITH, NO */
    for (; r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD; reader_next(r)) {
        end = r->token.at + r->token.text.n;
        bool data = sql_token_is_word(&r->token, "DATA") && step > 0;
        *no_data = data && step == 2;
        at = data ? with : r->text.n;
        if (sql_token_is_word(&r->token, "WITH")) {
            with = r->token.at;
            step = 1;
        } else {
            step = step == 1 && sql_token_is_word(&r->token, "NO") ? 2 : 0;
        }
    }
    return at < end ? at : end;
}

/* [IF NOT EXISTS] name [(columns)] [USING …] [WITH (…)] [TABLESPACE …] AS query [WITH [NO] DATA] */
static int parse_create(struct reader *r, struct sql_matview *out)
{
    if (reader_take(r, "IF")) {
        out->exists_is_fine = reader_take(r, "NOT") && reader_take(r, "EXISTS");
        if (!out->exists_is_fine)
            return reader_syntax_error(r);
    }
    TRY(read_names(r, out, false));
    size_t from = r->token.at;
    if (sql_token_is(&r->token, '(')) {
        reader_skip_brackets(r);
        out->columns = (struct str){r->text.p + from, r->token.at - from};
    }
    for (; !sql_token_is_word(&r->token, "AS"); reader_next(r)) /* USING heap, WITH (…), TABLESPACE */
        if (r->token.kind == SQL_TOK_END)
            return reader_syntax_error(r);
    reader_next(r);
    from = r->token.at;
    size_t to = data_clause(r, &out->no_data);
    if (to <= from)
        return reader_syntax_error(r);
    out->query = (struct str){r->text.p + from, to - from};
    return ST_OK;
}

/* [CONCURRENTLY] name [WITH [NO] DATA] */
static int parse_refresh(struct reader *r, struct sql_matview *out)
{
    (void)reader_take(
        r, "CONCURRENTLY"); /* readers see the old rows until it is committed, as they do without */
    TRY(read_names(r, out, false));
    (void)data_clause(r, &out->no_data);
    return ST_OK;
}

/* [IF EXISTS] name [, …] [CASCADE | RESTRICT] */
static int parse_drop(struct reader *r, struct sql_matview *out)
{
    if (reader_take(r, "IF")) {
        out->exists_is_fine = reader_take(r, "EXISTS");
        if (!out->exists_is_fine)
            return reader_syntax_error(r);
    }
    TRY(read_names(r, out, true));
    out->cascade = reader_take(r, "CASCADE");
    (void)reader_take(r, "RESTRICT");
    return reader_end(r);
}

/* SELECT … INTO [TEMP] [TABLE] name … */
static int parse_into(struct reader *r, struct sql_matview *out)
{
    struct edits edits;
    struct sql_rewritten query;
    edits_init(&edits, r->arena, r->text);
    if (!find_into(r))
        return reader_syntax_error(r);
    size_t from = r->token.at;
    reader_next(r);
    out->what = SQL_MATVIEW_INTO;
    out->temporary = reader_take(r, "TEMP") || reader_take(r, "TEMPORARY");
    (void)reader_take(r, "UNLOGGED");
    (void)reader_take(r, "TABLE");
    TRY(read_names(r, out, false));
    size_t to = (size_t)(out->names[0].p + out->names[0].n - r->text.p);
    TRY(edits_replace(&edits, from, to - from, STR(""), r->err));
    TRY(edits_apply(&edits, &query, r->err));
    out->query = query.text;
    return ST_OK;
}

int sql_parse_matview(struct arena *a, const struct sql_statement *s, struct sql_matview *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_matview){0};
    reader_init(&r, a, sql_statement_tokens(s), e);
    if (sql_token_is_word(&r.token, "SELECT"))
        return parse_into(&r, out);
    out->what = sql_token_is_word(&r.token, "CREATE")    ? SQL_MATVIEW_CREATE
                : sql_token_is_word(&r.token, "REFRESH") ? SQL_MATVIEW_REFRESH
                                                         : SQL_MATVIEW_DROP;
    reader_next(&r);
    (void)reader_take(&r, "UNLOGGED");
    (void)reader_take(&r, "MATERIALIZED");
    (void)reader_take(&r, "VIEW");
    switch (out->what) {
    case SQL_MATVIEW_CREATE: return parse_create(&r, out);
    case SQL_MATVIEW_REFRESH: return parse_refresh(&r, out);
    case SQL_MATVIEW_DROP:
    case SQL_MATVIEW_INTO: break;
    }
    return parse_drop(&r, out);
}
