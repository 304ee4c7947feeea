/* The walk keeps a frame for each open bracket, in an array of the rewriter and DEPTH_MAX deep, so that no
 * statement, however deep, takes more of the thread's stack. walk_on does the book-keeping for the token
 * that it leaves: brackets open and close frames, keywords change the clause of a frame, and operands
 * extend the primary that ends here. The primary is kept as a span of bytes, since x::regclass is
 * rewritten around the whole of x, which may be a call or a bracket. There is no tree: PostgreSQL's parser
 * does not take the engine's syntax. */
#include "dialect/walk.h"

#include <assert.h>
#include <stdio.h>

static const char *const not_functions[] = {
    "SELECT",  "WHERE",  "AND",    "OR",       "NOT",       "ON",        "IN",      "WHEN",      "THEN",
    "ELSE",    "CASE",   "BY",     "HAVING",   "USING",     "VALUES",    "AS",      "FROM",      "ANY",
    "ALL",     "SOME",   "EXISTS", "LIKE",     "ILIKE",     "IS",        "BETWEEN", "RETURNING", "DISTINCT",
    "LIMIT",   "OFFSET", "UNION",  "EXCEPT",   "INTERSECT", "JOIN",      "WITH",    "LATERAL",   "FILTER",
    "OVER",    "ARRAY",  "SET",    "INTO",     "END",       "NULL",      "TRUE",    "FALSE",     "ESCAPE",
    "SIMILAR", "TO",     "ONLY",   "OPERATOR", "SYMMETRIC", "ASYMMETRIC"};

/* What may follow a relation that has no alias. */
static const char *const after_relation[] = {
    "WHERE",     "JOIN",   "LEFT",      "RIGHT", "INNER",   "CROSS",       "FULL",   "NATURAL",
    "ON",        "USING",  "GROUP",     "ORDER", "LIMIT",   "OFFSET",      "UNION",  "EXCEPT",
    "INTERSECT", "HAVING", "WINDOW",    "FETCH", "FOR",     "TABLESAMPLE", "ASOF",   "POSITIONAL",
    "ANTI",      "SEMI",   "RETURNING", "SET",   "QUALIFY", "OUTER",       "SELECT", "LATERAL"};

bool walk_is_any(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; t->kind == SQL_TOK_WORD && i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

int walk_accepts(struct rewriter *r, bool *out)
{
    if (r->accepts == SQL_ACCEPTS_UNKNOWN && r->catalog)
        r->accepts = SQL_ACCEPTS_YES;
    if (r->accepts == SQL_ACCEPTS_UNKNOWN)
        TRY(sql_postgres_accepts(r->arena, r->tokens.text, &r->accepts, r->err));
    *out = r->accepts == SQL_ACCEPTS_YES;
    return ST_OK;
}

struct sql_token walk_peek(const struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    return t;
}

struct frame *walk_top(struct rewriter *r)
{
    return &r->frames[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX];
}

bool walk_is(const struct sql_token *t, const char *name)
{
    return sql_token_is_name(t) && str_ieq(sql_name_bare(t), str_of(name));
}

int walk_replace(struct rewriter *r, size_t from, size_t to, struct str with)
{
    return edits_replace(&r->edits, from, to - from, with, r->err);
}

int walk_insert(struct rewriter *r, size_t at, struct str with)
{
    return edits_replace(&r->edits, at, 0, with, r->err);
}

/* 'text', or the bare digits of a number. */
static int literal_of(struct rewriter *r, const char *value, struct str *out)
{
    size_t n = strlen(value), k = 0;
    char *text = arena_alloc(r->arena, 2 * n + 3);
    if (!text)
        return err_oom(r->err);
    if (n && n < 10 && strspn(value, "0123456789") == n) {
        memcpy(text, value, n + 1);
        *out = (struct str){text, n};
        return ST_OK;
    }
    text[k++] = '\'';
    for (size_t i = 0; i < n; i++) {
        if (value[i] == '\'')
            text[k++] = '\'';
        text[k++] = value[i];
    }
    text[k++] = '\'';
    text[k] = '\0';
    *out = (struct str){text, k};
    return ST_OK;
}

/* What a stored text asks for itself. */
static bool asks_later(const struct rewriter *r, const char *name, struct str *out)
{
    if (r->stored == STORED_NOTHING)
        return false;
    if (strcmp(name, "user") == 0)
        *out = STR("tavana_catalog.pg.own_user()");
    else if (strcmp(name, "database") == 0)
        *out = STR("tavana_catalog.pg.own_database()");
    else
        return false;
    return true;
}

/* The session's answer as SQL, or `otherwise`. */
int walk_ask(struct rewriter *r, const char *name, struct str otherwise, struct str *out)
{
    if (asks_later(r, name, out))
        return ST_OK;
    const char *value = r->value ? r->value(r->arg, name) : NULL;
    *out = otherwise;
    return value ? literal_of(r, value, out) : ST_OK;
}

int walk_ask_sql(struct rewriter *r, const char *name, struct str otherwise, struct str *out)
{
    const char *value = r->value ? r->value(r->arg, name) : NULL;
    *out = otherwise;
    if (!value)
        return ST_OK;
    const char *copy = arena_strdup(r->arena, value);
    *out = (struct str){copy, copy ? strlen(copy) : 0};
    return copy ? ST_OK : err_oom(r->err);
}

/* Text is always quoted: a user may be called 42. */
int walk_ask_text(struct rewriter *r, const char *name, struct str otherwise, struct str *out)
{
    TRY(walk_ask(r, name, otherwise, out));
    if (out->n == 0 || out->p[0] < '0' || out->p[0] > '9')
        return ST_OK;
    char *text = arena_alloc(r->arena, out->n + 3);
    if (!text)
        return err_oom(r->err);
    int n = snprintf(text, out->n + 3, "'%.*s'", (int)out->n, out->p);
    *out = (struct str){text, (size_t)n};
    return ST_OK;
}

int walk_concat(struct rewriter *r, const struct str *parts, size_t n, struct str *out)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    char *text = arena_alloc(r->arena, total + 1);
    if (!text)
        return err_oom(r->err);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n)
            memcpy(text + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    text[at] = '\0';
    *out = (struct str){text, at};
    return ST_OK;
}

int walk_folded(struct rewriter *r, const struct sql_token *t, struct str *out)
{
    *out = t->text;
    if (t->kind != SQL_TOK_WORD)
        return ST_OK;
    char *text = arena_alloc(r->arena, t->text.n + 1);
    if (!text)
        return err_oom(r->err);
    *out = (struct str){text, sql_name_read(t, text)};
    return ST_OK;
}

/* Where the primary ends; keeps names with dots, calls and brackets together. */
static void track_primary(struct rewriter *r)
{
    const struct sql_token *t = &r->token;
    bool operand = sql_token_is_name(t) || t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_DOLLAR ||
                   t->kind == SQL_TOK_NUMBER || t->kind == SQL_TOK_PARAM;
    if (operand && sql_token_is(&r->prev, '.') && r->start < r->end) {
        r->end = walk_end(t);
        r->literal = false;
    } else if (operand) {
        r->before = r->prev;
        r->start = t->at;
        r->end = walk_end(t);
        r->literal = !sql_token_is_name(t);
        if (WALK_IS_ANY(t, not_functions))
            r->end = r->start;
    } else if (!sql_token_is(t, '.')) {
        r->end = r->start;
    }
}

void walk_pass(struct rewriter *r, size_t from, size_t to, const struct sql_token *last)
{
    assert(from < to);
    r->before = r->prev;
    r->start = from;
    r->end = to;
    r->literal = false;
    r->prev = *last;
    sql_lexer_seek(&r->lexer, to);
    (void)sql_lexer_next(&r->lexer, &r->token);
}

static void open_bracket(struct rewriter *r)
{
    struct frame f = {.start = r->token.at, .prev = r->prev, .at = r->token.at};
    bool follows = r->start < r->end && (sql_token_is_name(&r->prev) || sql_token_is(&r->prev, ']') ||
                                         sql_token_is(&r->prev, ')'));
    if (follows) {
        f.start = r->start;
        f.prev = r->before;
    }
    if (sql_token_is_word(&r->prev, "ARRAY") && !follows) { /* tracked, though no function */
        f.start = r->start;
        f.prev = r->before;
    }
    f.call = follows || sql_token_is_word(&r->prev, "IN") || sql_token_is_word(&r->prev, "VALUES");
    f.columns = r->ddl == DDL_CREATE_TABLE && r->depth == 0 && sql_token_is_name(&r->prev);
    if (f.columns && (sql_token_is_word(&r->prev, "BY") || sql_token_is_word(&r->prev, "WITH") ||
                      sql_token_is_word(&r->prev, "AS")))
        f.columns = false;
    if (sql_token_is_word(&r->prev, "CAST") || sql_token_is_word(&r->prev, "TRY_CAST"))
        f.cast = r->prev;
    r->depth++;
    if (r->depth <= DEPTH_MAX)
        r->frames[r->depth] = f;
    r->end = r->start;
}

bool walk_is_alias(const struct sql_token *t)
{
    return t->kind == SQL_TOK_QUOTED || sql_token_is_word(t, "AS") ||
           (t->kind == SQL_TOK_WORD && !WALK_IS_ANY(t, after_relation) && !WALK_IS_ANY(t, not_functions));
}

bool walk_starts_column(const struct rewriter *r, const struct sql_token *before)
{
    const struct frame *f = &r->frames[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX];
    return f->clause == CLAUSE_SELECT && (sql_token_is_word(before, "SELECT") || sql_token_is(before, ','));
}

/* FROM generate_series(…) s: PostgreSQL calls the column s, too. */
static int name_column(struct rewriter *r, const struct frame *f)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token name, after;
    struct str text;
    if (sql_lexer_next(&ahead, &name), sql_token_is_word(&name, "AS"))
        (void)sql_lexer_next(&ahead, &name);
    (void)sql_lexer_next(&ahead, &after);
    if (f->wrapped)
        TRY(walk_insert(r, r->end, STR(")")));
    if (!walk_is_alias(&name) && f->source) {
        struct str source = str_of(f->source);
        TRY(walk_concat(r, (const struct str[]){STR(" AS "), source, STR("("), source, STR(")")}, 5, &text));
        return walk_insert(r, r->end, text);
    }
    if (!walk_is_alias(&name) || sql_token_is(&after, '('))
        return ST_OK;
    TRY(walk_folded(r, &name, &text));
    TRY(walk_concat(r, (const struct str[]){STR("("), text, STR(")")}, 3, &text));
    return walk_insert(r, walk_end(&name), text);
}

/* ('…'), at the closing bracket; ['…'] is a list of one. */
static void note_alone(struct rewriter *r, const struct frame *f)
{
    bool filled = !f->call && r->start < r->end && sql_token_is(&r->token, ')') &&
                  sql_token_is(&r->before, '(') && r->before.at == f->at;
    bool again = filled && r->alone_end > 0 && r->alone_end == walk_end(&r->prev);
    if (filled && r->literal && r->prev.kind == SQL_TOK_STRING)
        r->alone = r->prev;
    else
        filled = again;
    r->alone_end = filled ? walk_end(&r->token) : 0;
}

static int close_bracket(struct rewriter *r)
{
    if (r->depth == 0)
        return ST_OK;
    if (r->depth > DEPTH_MAX) {
        r->depth--;
        r->end = r->start;
        return ST_OK;
    }
    const struct frame *f = &r->frames[r->depth--];
    note_alone(r, f);
    r->start = f->start;
    r->before = f->prev;
    r->end = walk_end(&r->token);
    r->literal = false;
    if (f->nothing)
        TRY(walk_insert(r, r->token.at, STR(" AS BIGINT)], lambda x: false)")));
    if (f->brackets)
        TRY(walk_insert(r, r->end, str_of(f->brackets)));
    if (f->resume)
        sql_lexer_seek(&r->lexer, f->resume);
    return f->rows ? name_column(r, f) : ST_OK;
}

static void track_clause(struct rewriter *r)
{
    static const char *const others[] = {"WHERE",  "GROUP",   "ORDER",  "HAVING", "LIMIT",    "OFFSET",
                                         "WINDOW", "QUALIFY", "VALUES", "SET",    "RETURNING"};
    const struct sql_token *t = &r->token;
    struct frame *f = walk_top(r);
    if (t->kind != SQL_TOK_WORD || sql_token_is(&r->prev, '.'))
        return;
    if (sql_token_is_word(t, "FROM") && sql_token_is_word(&r->prev, "DISTINCT"))
        return; /* a IS DISTINCT FROM b */
    if (sql_token_is_word(t, "SELECT"))
        f->clause = CLAUSE_SELECT;
    else if (sql_token_is_word(t, "FROM") && f->call && f->clause == CLAUSE_OTHER)
        return; /* trim(both ' ' from x) */
    else if (sql_token_is_word(t, "FROM") || sql_token_is_word(t, "JOIN"))
        f->clause = CLAUSE_FROM;
    else if (WALK_IS_ANY(t, others))
        f->clause = CLAUSE_OTHER;
}

/* Goes on to the next token, having looked at this one. */
int walk_on(struct rewriter *r)
{
    if (sql_token_is(&r->token, '(') || sql_token_is(&r->token, '[')) {
        open_bracket(r);
    } else if (sql_token_is(&r->token, ')') || sql_token_is(&r->token, ']')) {
        TRY(close_bracket(r));
    } else {
        track_clause(r);
        track_primary(r);
    }
    r->prev = r->token;
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* Goes on without taking the token for an operand: types behind a cast, and what has been replaced. */
void walk_past(struct rewriter *r)
{
    r->prev = r->token;
    (void)sql_lexer_next(&r->lexer, &r->token);
}
