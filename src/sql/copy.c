/* A COPY is read twice. Tokens find its query or table and its WHERE, which may hold the engine's
 * own SQL or expressions of any depth. PostgreSQL's parser then reads the rest, with (SELECT 1) for
 * the query and without a WHERE, and gives the options and columns; positions of its errors are led
 * back through the same edits. */
#include "sql/copy.h"
#include "sql/catalog.h"

#include "sql/copy_options.h"
#include "sql/edits.h"
#include "sql/statement.h"
#include "sql/tokens.h"

bool sql_copy_is_client(struct sql_tokens sql)
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
    struct sql_lexer ahead = *l;
    p->open = t->at;
    (void)sql_lexer_next(&ahead, t);
    size_t first = t->at;
    skip_brackets(l, t);
    p->close = t->kind == SQL_TOK_END ? text.n : t->at;
    p->query_at = first < p->close ? first : p->close;
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

static void find_parts(struct parts *p, struct sql_tokens tokens)
{
    struct sql_lexer l;
    struct sql_token t;
    struct str text = tokens.text;
    *p = (struct parts){.where_at = text.n};
    sql_lexer_init(&l, tokens);
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
static int without_parts(struct arena *a, struct str text, const struct parts *p, struct sql_rewritten *out,
                         struct err *e)
{
    struct edits edits;
    size_t after = p->close < text.n ? p->close + 1 : p->close; /* of the query's brackets */
    edits_init(&edits, a, text);
    if (p->query.p)
        TRY(edits_replace(&edits, p->open, after - p->open, STR("(SELECT 1)"), e));
    if (p->where_at < text.n)
        TRY(edits_replace(&edits, p->where_at, text.n - p->where_at, STR(""), e));
    return edits_apply(&edits, out, e);
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
static int name_schema(struct arena *a, const struct sql_tokens *tokens, struct str *source, struct err *e)
{
    struct sql_lexer l;
    struct sql_token schema, dot;
    sql_lexer_init(&l, sql_tokens_part(tokens, *source));
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
    struct sql_rewritten parsed;
    PgQuery__Node *node = NULL;
    find_parts(&p, sql_statement_tokens(s));
    *out = (struct sql_copy){.text = s->text,
                             .source = p.source,
                             .query = p.query,
                             .source_at = p.source_at,
                             .query_at = p.query_at};
    TRY(without_parts(a, s->text, &p, &parsed, e));
    int st = sql_tree(a, parsed.text, &node, e);
    if (st == ST_OK)
        st = read_tree(parsed.text, node, out, a, e);
    if (st < 0) {
        e->position = sql_rewrite_position(&parsed, s->text, e->position);
        return st;
    }
    TRY(check_where(s->text, &p, out->from, e));
    const struct sql_tokens tokens = sql_statement_tokens(s);
    return out->source.p ? name_schema(a, &tokens, &out->source, e) : ST_OK;
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
