#include "sql/copy.h"
#include "sql/catalog.h"

#include "sql/copy_options.h"
#include "sql/statement.h"
#include "sql/token.h"

bool sql_copy_is_client(struct str sql)
{
    struct sql_lexer l;
    struct sql_token t;
    bool after_direction = false;
    int depth = 0;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (sql_token_is(&t, '('))
            depth++;
        else if (sql_token_is(&t, ')'))
            depth--;
        if (depth == 0 && after_direction &&
            (sql_token_is_word(&t, "STDIN") || sql_token_is_word(&t, "STDOUT")))
            return true;
        after_direction = sql_token_is_word(&t, "TO") || sql_token_is_word(&t, "FROM");
    }
    return false;
}

/* Where the parts of the statement are, by tokens: the query and the condition may hold expressions of any
 * depth, or the engine's own SQL, which no tree is made of. */
struct parts {
    struct str source, query; /* one of the two is there */
    size_t source_at, query_at;
    size_t open, close; /* of the query's brackets */
    size_t where_at;    /* the end without one */
};

static size_t token_end(const struct sql_token *t)
{
    return t->at + t->text.n;
}

/* On to the bracket that closes the one that was just read. */
static void skip_brackets(struct sql_lexer *l, struct sql_token *t)
{
    for (int depth = 1; depth > 0 && t->kind != SQL_TOK_END;) {
        (void)sql_lexer_next(l, t);
        depth += sql_token_is(t, '(');
        depth -= sql_token_is(t, ')');
    }
}

static bool is_direction(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || sql_token_is_word(t, "FROM") || sql_token_is_word(t, "TO");
}

static void find_query(struct parts *p, struct str text, struct sql_lexer *l, struct sql_token *t)
{
    p->open = t->at;
    skip_brackets(l, t);
    p->close = t->kind == SQL_TOK_END ? text.n : t->at;
    struct sql_lexer inner;
    struct sql_token first;
    sql_lexer_init(&inner, (struct str){text.p + p->open + 1, p->close - p->open - 1});
    (void)sql_lexer_next(&inner, &first);
    p->query_at = p->open + 1 + first.at;
    p->query = (struct str){text.p + p->query_at, p->close - p->query_at};
    (void)sql_lexer_next(l, t);
}

static void find_source(struct parts *p, struct str text, struct sql_lexer *l, struct sql_token *t)
{
    if (sql_token_is_word(t, "BINARY")) /* the oldest spelling; no name without quotes */
        (void)sql_lexer_next(l, t);
    p->source_at = t->at;
    size_t end = t->at;
    while (!is_direction(t) && !sql_token_is(t, '(')) {
        end = token_end(t);
        (void)sql_lexer_next(l, t);
    }
    p->source = (struct str){text.p + p->source_at, end - p->source_at};
}

static void find_parts(struct parts *p, struct str text)
{
    struct sql_lexer l;
    struct sql_token t;
    *p = (struct parts){.where_at = text.n};
    sql_lexer_init(&l, text);
    (void)sql_lexer_next(&l, &t); /* COPY */
    (void)sql_lexer_next(&l, &t);
    if (sql_token_is(&t, '('))
        find_query(p, text, &l, &t);
    else
        find_source(p, text, &l, &t);
    for (; t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD; (void)sql_lexer_next(&l, &t)) {
        if (sql_token_is(&t, '('))
            skip_brackets(&l, &t);
        if (sql_token_is_word(&t, "WHERE")) {
            p->where_at = t.at;
            return;
        }
    }
}

/* What PostgreSQL's parser gets: a short query in place of the statement's, and no condition. */
static const char stand_in[] = "(SELECT 1)";

static int without_parts(struct arena *a, struct str text, const struct parts *p, struct str *out,
                         struct err *e)
{
    if (!p->query.p) {
        *out = (struct str){text.p, p->where_at};
        return ST_OK;
    }
    size_t after = p->close < text.n ? p->close + 1 : p->close, rest = p->where_at - after,
           n = p->open + sizeof stand_in - 1 + rest;
    char *copy = arena_alloc(a, n + 1);
    if (!copy)
        return err_oom(e);
    memcpy(copy, text.p, p->open);
    memcpy(copy + p->open, stand_in, sizeof stand_in - 1);
    memcpy(copy + p->open + sizeof stand_in - 1, text.p + after, rest);
    *out = (struct str){copy, n};
    return ST_OK;
}

/* A position in the text that was parsed as one in the statement's. */
static void map_position(struct str text, const struct parts *p, struct err *e)
{
    int32_t open = str_position(text, p->open);
    if (p->query.p && e->position >= open + (int32_t)sizeof stand_in - 1)
        e->position += str_position(text, p->close + 1) - open - ((int32_t)sizeof stand_in - 1);
}

static int read_columns(PgQuery__Node *const *nodes, size_t n, struct sql_copy *out, struct arena *a,
                        struct err *e)
{
    bool names;
    TRY(copy_read_names(nodes, n, &out->columns, &names, a, e));
    out->ncolumns = n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (cstr_ieq(out->columns[i], out->columns[j]))
                return err_set(e, SQLSTATE_DUPLICATE_COLUMN, "column \"%s\" specified more than once",
                               out->columns[i]);
    return ST_OK;
}

static int check_where(struct str text, const struct parts *p, bool from, struct err *e)
{
    if (p->where_at == text.n)
        return ST_OK;
    if (from)
        err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "COPY FROM with a WHERE clause is not supported");
    else
        err_set(e, SQLSTATE_SYNTAX_ERROR, "WHERE clause not allowed with COPY TO");
    e->position = str_position(text, p->where_at);
    return ST_ERR;
}

static int read_tree(struct str parsed, const PgQuery__Node *node, struct sql_copy *out, struct arena *a,
                     struct err *e)
{
    if (node->node_case != PG_QUERY__NODE__NODE_COPY_STMT)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
    const PgQuery__CopyStmt *c = node->copy_stmt;
    out->from = c->is_from;
    out->table = c->relation ? c->relation->relname : NULL;
    TRY(copy_read_options(parsed, c->options, c->n_options, out, a, e));
    return read_columns(c->attlist, c->n_attlist, out, a, e);
}

/* A query is rewritten as any other is. */
static int name_schema(struct arena *a, struct str *source, struct err *e)
{
    struct sql_lexer l;
    struct sql_token schema, dot;
    sql_lexer_init(&l, *source);
    (void)sql_lexer_next(&l, &schema);
    (void)sql_lexer_next(&l, &dot);
    struct str name = sql_engine_schema(&schema);
    if (!name.p || !sql_token_is(&dot, '.'))
        return ST_OK;
    size_t n = name.n + source->n - dot.at;
    char *text = arena_alloc(a, n + 1);
    if (!text)
        return err_oom(e);
    memcpy(text, name.p, name.n);
    memcpy(text + name.n, source->p + dot.at, source->n - dot.at);
    text[n] = '\0';
    *source = (struct str){text, n};
    return ST_OK;
}

int sql_parse_copy(struct arena *a, const struct sql_statement *s, struct sql_copy *out, struct err *e)
{
    struct parts p;
    struct str parsed;
    PgQuery__Node *node = NULL;
    find_parts(&p, s->text);
    *out = (struct sql_copy){.text = s->text,
                             .source = p.source,
                             .query = p.query,
                             .source_at = p.source_at,
                             .query_at = p.query_at};
    TRY(without_parts(a, s->text, &p, &parsed, e));
    int st = sql_tree(a, parsed, &node, e);
    if (st == ST_OK)
        st = read_tree(parsed, node, out, a, e);
    if (st < 0) {
        map_position(s->text, &p, e);
        return st;
    }
    TRY(check_where(s->text, &p, out->from, e));
    return out->source.p ? name_schema(a, &out->source, e) : ST_OK;
}

int sql_copy_mark(const struct sql_copy *copy, const struct sql_copy_names *list, const char *option,
                  const char *const *columns, size_t ncolumns, bool *marks, struct err *e)
{
    for (size_t i = 0; list->all && i < ncolumns; i++)
        marks[i] = true;
    for (size_t i = 0; i < list->n; i++) {
        size_t c = 0;
        while (c < ncolumns && !cstr_ieq(columns[c], list->names[i]))
            c++;
        if (c < ncolumns)
            marks[c] = true;
        else if (!copy->table)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" does not exist", list->names[i]);
        else if (copy->ncolumns == 0)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
                           list->names[i], copy->table);
        else
            return err_set(e, SQLSTATE_INVALID_COLUMN_REFERENCE, "%s column \"%s\" not referenced by COPY",
                           option, list->names[i]);
    }
    return ST_OK;
}
