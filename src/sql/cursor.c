/* DECLARE, by tokens, since its query is the engine's SQL; FETCH and MOVE, by PostgreSQL's parser. */
#include "sql/cursor.h"

#include "sql/reader.h"
#include "sql/statement.h"
#include "sql/tree_priv.h"

#include <assert.h>

struct declare_options {
    bool binary, scroll, no_scroll, asensitive, insensitive;
};

/* [BINARY] [ASENSITIVE | INSENSITIVE] [[NO] SCROLL], in any order, as the grammar has it. */
static int read_options(struct reader *r, struct declare_options *o)
{
    for (;;) {
        if (reader_take(r, "BINARY"))
            o->binary = true;
        else if (reader_take(r, "SCROLL"))
            o->scroll = true;
        else if (reader_take(r, "ASENSITIVE"))
            o->asensitive = true;
        else if (reader_take(r, "INSENSITIVE"))
            o->insensitive = true;
        else if (!reader_take(r, "NO"))
            return ST_OK;
        else if (reader_take(r, "SCROLL"))
            o->no_scroll = true;
        else
            return reader_syntax_error(r);
    }
}

static int read_hold(struct reader *r, bool *hold)
{
    *hold = sql_token_is_word(&r->token, "WITH");
    if (!reader_take(r, "WITH") && !reader_take(r, "WITHOUT"))
        return ST_OK;
    return reader_expect(r, "HOLD");
}

static int excludes(const char *one, const char *other, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_CURSOR_DEFINITION, "cannot specify both %s and %s", one, other);
}

int sql_parse_declare(struct arena *a, const struct sql_statement *s, struct sql_declare *out, struct err *e)
{
    struct reader r;
    struct declare_options o = {0};
    *out = (struct sql_declare){0};
    reader_init(&r, a, sql_statement_tokens(s), e);
    reader_next(&r);
    TRY(reader_name(&r, &out->name));
    TRY(read_options(&r, &o));
    if (!reader_take(&r, "CURSOR"))
        return reader_syntax_error(&r);
    TRY(read_hold(&r, &out->hold));
    if (!reader_take(&r, "FOR"))
        return reader_syntax_error(&r);
    TRY(reader_rest(&r, &out->query));
    if (o.scroll && o.no_scroll)
        return excludes("SCROLL", "NO SCROLL", e);
    if (o.asensitive && o.insensitive)
        return excludes("ASENSITIVE", "INSENSITIVE", e);
    out->binary = o.binary;
    out->scroll = o.scroll;
    out->no_scroll = o.no_scroll;
    return ST_OK;
}

static int fetch_direction(PgQuery__FetchDirection d, enum sql_fetch_direction *out, struct err *e)
{
    switch (d) {
    case PG_QUERY__FETCH_DIRECTION__FETCH_FORWARD: *out = SQL_FETCH_FORWARD; return ST_OK;
    case PG_QUERY__FETCH_DIRECTION__FETCH_BACKWARD: *out = SQL_FETCH_BACKWARD; return ST_OK;
    case PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE: *out = SQL_FETCH_ABSOLUTE; return ST_OK;
    case PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE: *out = SQL_FETCH_RELATIVE; return ST_OK;
    default: return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
    }
}

int sql_parse_fetch(struct arena *a, const struct sql_statement *s, struct sql_fetch *out, struct err *e)
{
    PgQuery__Node *node;
    *out = (struct sql_fetch){0};
    TRY(sql_tree(a, s->text, &node, e));
    if (node->node_case != PG_QUERY__NODE__NODE_FETCH_STMT)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
    const PgQuery__FetchStmt *f = node->fetch_stmt;
    static_assert(SQL_FETCH_ALL == INT64_MAX, "the parser's number for ALL");
    out->name = f->portalname;
    out->count = f->how_many;
    out->move = f->ismove;
    return fetch_direction(f->direction, &out->direction, e);
}

bool sql_is_where_current_of(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token last[5] = {{0}}; /* … WHERE CURRENT OF name END */
    sql_lexer_init(&l, sql);
    do {
        memmove(last, last + 1, sizeof last - sizeof *last);
    } while (sql_lexer_next(&l, &last[4]) != SQL_TOK_END);
    return sql_token_is_word(&last[0], "WHERE") && sql_token_is_word(&last[1], "CURRENT") &&
           sql_token_is_word(&last[2], "OF") && sql_token_is_name(&last[3]);
}
