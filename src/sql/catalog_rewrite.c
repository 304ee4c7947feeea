#include "sql/catalog.h"
#include "sql/edits_priv.h"
#include "sql/token.h"

#include <stdio.h>
#include <strings.h>

enum {
    DEPTH_MAX = 128,     /* brackets within each other; what lies deeper is left alone */
    CHAIN_MAX = 4,       /* database.schema.relation.column */
    KEY_MAX = 512,       /* a question to the session */
    TYPE_TOKENS_MAX = 8, /* in the brackets of a type */
};

#define SCHEMA_PG   "tavana_catalog.pg."
#define SCHEMA_INFO "tavana_catalog.info."

enum clause { CLAUSE_OTHER, CLAUSE_SELECT, CLAUSE_FROM };

/* What an open bracket, or the statement itself, is in. */
struct frame {
    size_t start;          /* of the primary that the bracket belongs to: f of f(…), or the bracket */
    struct sql_token prev; /* what stands before that */
    struct sql_token cast; /* CAST or TRY_CAST of its bracket; kind END: none */
    size_t at;             /* of the bracket */
    const char *alias;     /* the name that the column gets when this call is all of it */
    enum clause clause;
    bool call;    /* arguments of a function, or a list of values */
    bool nothing; /* its argument is put aside: a set without rows */
    bool rows;    /* a function that makes rows of one column, in FROM */
};

struct rewriter {
    struct arena *arena;
    struct err *err;
    sql_session_value_fn *value;
    void *arg;
    struct edits edits;
    struct sql_lexer lexer; /* behind token */
    struct sql_token token, prev;
    size_t start;            /* of the primary (name, literal, call, bracket) that ends with prev … */
    size_t end;              /* … and its end; start == end: none */
    struct sql_token before; /* what stands before it */
    bool literal;            /* it is one literal or parameter */
    bool catalog;            /* the statement is about the catalog */
    size_t depth;
    struct frame frames[DEPTH_MAX + 1];
};

static const char *const not_functions[] = {
    "SELECT", "WHERE",     "AND",    "OR",    "NOT",     "ON",        "IN",       "WHEN",  "THEN",    "ELSE",
    "CASE",   "BY",        "HAVING", "USING", "VALUES",  "AS",        "FROM",     "ANY",   "ALL",     "SOME",
    "EXISTS", "LIKE",      "ILIKE",  "IS",    "BETWEEN", "RETURNING", "DISTINCT", "LIMIT", "OFFSET",  "UNION",
    "EXCEPT", "INTERSECT", "JOIN",   "WITH",  "LATERAL", "FILTER",    "OVER",     "ARRAY", "SET",     "INTO",
    "END",    "NULL",      "TRUE",   "FALSE", "ESCAPE",  "SIMILAR",   "TO",       "ONLY",  "OPERATOR"};

/* What may follow a relation that has no alias. */
static const char *const after_relation[] = {
    "WHERE",     "JOIN",   "LEFT",      "RIGHT", "INNER",   "CROSS",       "FULL",   "NATURAL",
    "ON",        "USING",  "GROUP",     "ORDER", "LIMIT",   "OFFSET",      "UNION",  "EXCEPT",
    "INTERSECT", "HAVING", "WINDOW",    "FETCH", "FOR",     "TABLESAMPLE", "ASOF",   "POSITIONAL",
    "ANTI",      "SEMI",   "RETURNING", "SET",   "QUALIFY", "OUTER",       "SELECT", "LATERAL"};

static bool is_any_word(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; t->kind == SQL_TOK_WORD && i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

#define IS_ANY_WORD(t, words) is_any_word(t, words, sizeof(words) / sizeof *(words))

static size_t token_end(const struct sql_token *t)
{
    return t->at + t->text.n;
}

static struct sql_token peek(const struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    return t;
}

static struct frame *top(struct rewriter *r)
{
    return &r->frames[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX];
}

/* A name's text: quotes off, doubled ones stay (no name of the catalog has any). */
static struct str bare(const struct sql_token *t)
{
    if (t->kind == SQL_TOK_QUOTED && t->text.n >= 2 && t->text.p[0] == '"')
        return (struct str){t->text.p + 1, t->text.n - 2};
    return t->text;
}

static bool is_name(const struct sql_token *t, const char *name)
{
    return sql_token_is_name(t) && str_ieq(bare(t), str_of(name));
}

static int replace(struct rewriter *r, size_t from, size_t to, struct str with)
{
    return edits_replace(&r->edits, from, to - from, with, r->err);
}

static int insert(struct rewriter *r, size_t at, struct str with)
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

/* The session's answer as SQL, or `otherwise`. */
static int ask(struct rewriter *r, const char *name, struct str otherwise, struct str *out)
{
    const char *value = r->value ? r->value(r->arg, name) : NULL;
    *out = otherwise;
    return value ? literal_of(r, value, out) : ST_OK;
}

/* Text is always quoted: a user may be called 42. */
static int ask_text(struct rewriter *r, const char *name, struct str otherwise, struct str *out)
{
    TRY(ask(r, name, otherwise, out));
    if (out->n == 0 || out->p[0] < '0' || out->p[0] > '9')
        return ST_OK;
    char *text = arena_alloc(r->arena, out->n + 3);
    if (!text)
        return err_oom(r->err);
    int n = snprintf(text, out->n + 3, "'%.*s'", (int)out->n, out->p);
    *out = (struct str){text, (size_t)n};
    return ST_OK;
}

static int concat(struct rewriter *r, const struct str *parts, size_t n, struct str *out)
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

/* Where the primary ends; keeps names with dots, calls and brackets together. */
static void track_primary(struct rewriter *r)
{
    const struct sql_token *t = &r->token;
    bool operand = sql_token_is_name(t) || t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_DOLLAR ||
                   t->kind == SQL_TOK_NUMBER || t->kind == SQL_TOK_PARAM;
    if (operand && sql_token_is(&r->prev, '.') && r->start < r->end) {
        r->end = token_end(t);
        r->literal = false;
    } else if (operand) {
        r->before = r->prev;
        r->start = t->at;
        r->end = token_end(t);
        r->literal = !sql_token_is_name(t);
        if (IS_ANY_WORD(t, not_functions))
            r->end = r->start;
    } else if (!sql_token_is(t, '.')) {
        r->end = r->start;
    }
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
    f.call = follows || sql_token_is_word(&r->prev, "IN") || sql_token_is_word(&r->prev, "VALUES");
    if (sql_token_is_word(&r->prev, "CAST") || sql_token_is_word(&r->prev, "TRY_CAST"))
        f.cast = r->prev;
    r->depth++;
    if (r->depth <= DEPTH_MAX)
        r->frames[r->depth] = f;
    r->end = r->start;
}

/* What may follow a column that has no alias. */
static bool ends_column(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || sql_token_is(t, ',') || sql_token_is(t, ')') || sql_token_is(t, ';') ||
           sql_token_is_word(t, "FROM");
}

static bool starts_column(const struct rewriter *r, const struct sql_token *before)
{
    const struct frame *f = &r->frames[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX];
    return f->clause == CLAUSE_SELECT && (sql_token_is_word(before, "SELECT") || sql_token_is(before, ','));
}

static int put_alias(struct rewriter *r, size_t at, const char *alias)
{
    struct str text;
    TRY(concat(r, (const struct str[]){STR(" AS \""), str_of(alias), STR("\"")}, 3, &text));
    return insert(r, at, text);
}

/* FROM generate_series(…) s: PostgreSQL calls the column s, too. */
static int name_column(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token name, after;
    struct str text;
    if (sql_lexer_next(&ahead, &name), sql_token_is_word(&name, "AS"))
        (void)sql_lexer_next(&ahead, &name);
    (void)sql_lexer_next(&ahead, &after);
    if (!sql_token_is_name(&name) || IS_ANY_WORD(&name, after_relation) ||
        IS_ANY_WORD(&name, not_functions) || sql_token_is(&after, '('))
        return ST_OK;
    TRY(concat(r, (const struct str[]){STR("("), name.text, STR(")")}, 3, &text));
    return insert(r, token_end(&name), text);
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
    r->start = f->start;
    r->before = f->prev;
    r->end = token_end(&r->token);
    r->literal = false;
    struct sql_token after = peek(r);
    if (f->nothing)
        TRY(insert(r, r->token.at, STR(" AS BIGINT)], lambda x: false)")));
    if (f->rows)
        return name_column(r);
    if (f->alias && ends_column(&after) && starts_column(r, &r->before))
        return put_alias(r, r->end, f->alias);
    return ST_OK;
}

static void track_clause(struct rewriter *r)
{
    static const char *const others[] = {"WHERE",  "GROUP",   "ORDER",  "HAVING", "LIMIT",    "OFFSET",
                                         "WINDOW", "QUALIFY", "VALUES", "SET",    "RETURNING"};
    const struct sql_token *t = &r->token;
    if (t->kind != SQL_TOK_WORD || sql_token_is(&r->prev, '.'))
        return;
    if (sql_token_is_word(t, "SELECT"))
        top(r)->clause = CLAUSE_SELECT;
    else if (sql_token_is_word(t, "FROM") || sql_token_is_word(t, "JOIN"))
        top(r)->clause = CLAUSE_FROM;
    else if (IS_ANY_WORD(t, others))
        top(r)->clause = CLAUSE_OTHER;
}

/* Goes on to the next token, having looked at this one. */
static int advance(struct rewriter *r)
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
static void skip(struct rewriter *r)
{
    r->prev = r->token;
    (void)sql_lexer_next(&r->lexer, &r->token);
}

/* Types that the engine does not know, and what it has for them. NULL: it knows the type, or nobody does. */
static const char *engine_type(struct str name)
{
    static const struct {
        const char *from, *to;
    } types[] = {
        {"name", "VARCHAR"},
        {"xid", "BIGINT"},
        {"xid8", "BIGINT"},
        {"cid", "BIGINT"},
        {"cstring", "VARCHAR"},
        {"pg_node_tree", "VARCHAR"},
        {"aclitem", "VARCHAR"},
        {"refcursor", "VARCHAR"},
        {"int2vector", "VARCHAR"},
        {"oidvector", "VARCHAR"},
        {"sql_identifier", "VARCHAR"},
        {"character_data", "VARCHAR"},
        {"yes_or_no", "VARCHAR"},
        {"cardinal_number", "INTEGER"},
        {"regoper", "VARCHAR"},
        {"regoperator", "VARCHAR"},
        {"regconfig", "VARCHAR"},
        {"regdictionary", "VARCHAR"},
        {"regcollation", "VARCHAR"},
        {"regprocedure", "VARCHAR"},
        {"anyarray", "VARCHAR[]"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i].from)))
            return types[i].to;
    return NULL;
}

/* regclass and its kin, whose values are numbers that show as names. */
static const char *reg_type(struct str name)
{
    static const char *const types[] = {"regclass", "regtype", "regproc", "regnamespace", "regrole"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i])))
            return types[i];
    return NULL;
}

/* A type as it is written behind :: or AS. */
struct type {
    struct str name;
    size_t at, name_at, end;
    bool array;
    struct sql_token after;
};

/* Behind the closing bracket, which is near in a type. */
static bool skip_to(struct sql_lexer *ahead, char close, struct sql_token *t, size_t *end)
{
    for (int i = 0; i < TYPE_TOKENS_MAX && t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD; i++) {
        if (sql_token_is(t, close)) {
            *end = token_end(t);
            (void)sql_lexer_next(ahead, t);
            return true;
        }
        (void)sql_lexer_next(ahead, t);
    }
    return false;
}

/* Reads the type that starts with the token that ahead hands out next. false: there is none. */
static bool read_type(struct sql_lexer *ahead, struct type *out)
{
    static const char *const more[] = {"PRECISION", "VARYING", "WITH", "WITHOUT", "TIME", "ZONE"};
    struct sql_token t;
    (void)sql_lexer_next(ahead, &t);
    if (!sql_token_is_name(&t))
        return false;
    *out = (struct type){.at = t.at};
    struct sql_token name = t;
    while (sql_lexer_next(ahead, &t), sql_token_is(&t, '.')) {
        if (sql_lexer_next(ahead, &name), !sql_token_is_name(&name))
            return false;
    }
    out->name = bare(&name);
    out->name_at = name.at;
    out->end = token_end(&name);
    for (; IS_ANY_WORD(&t, more); (void)sql_lexer_next(ahead, &t))
        out->end = token_end(&t);
    if (sql_token_is(&t, '(') && !skip_to(ahead, ')', &t, &out->end))
        return false;
    while (sql_token_is(&t, '[')) {
        if (!skip_to(ahead, ']', &t, &out->end))
            return false;
        out->array = true;
    }
    out->after = t;
    return true;
}

static bool is_comparison(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP || sql_token_is_word(t, "IN") || sql_token_is_word(t, "IS");
}

static bool is_number_type(struct str name)
{
    return str_ieq(name, STR("oid")) || str_ieq(name, STR("int4")) || str_ieq(name, STR("int8")) ||
           str_ieq(name, STR("integer")) || str_ieq(name, STR("bigint")) || str_ieq(name, STR("int"));
}

/* Whether x::regclass is wanted as the name it shows as, rather than as a number. */
static bool wants_text(struct rewriter *r, const struct sql_token *before, const struct type *type,
                       bool literal)
{
    bool proc = str_ieq(type->name, STR("regproc")); /* columns of that type hold names here */
    if (sql_token_is_typecast(&type->after)) {
        struct sql_lexer ahead = r->lexer;
        struct type next;
        ahead.at = token_end(&type->after);
        return read_type(&ahead, &next) && !is_number_type(next.name);
    }
    if (proc || (before->kind == SQL_TOK_OP && str_eq(before->text, STR("||"))))
        return true;
    if (is_comparison(before) || is_comparison(&type->after))
        return false;
    if (top(r)->call && (sql_token_is(before, '(') || sql_token_is(before, ',')))
        return false;
    return !literal || top(r)->clause == CLAUSE_SELECT;
}

/* The function that stands for a cast to a type of reg_type, with its bracket; *brackets says how many it
 * opens: a literal that shows as a name is looked up first. */
static int reg_function(struct rewriter *r, const char *reg, bool text, bool literal, struct str *out,
                        size_t *brackets)
{
    bool role = strcmp(reg, "regrole") == 0, both = text && literal && !role && strcmp(reg, "regproc") != 0;
    struct str user = {0};
    *brackets = both ? 2 : 1;
    if (role && text)
        TRY(ask_text(r, "user", STR("current_user"), &user));
    const struct str parts[] = {STR(SCHEMA_PG),
                                str_of(reg),
                                text ? STR("_text(") : STR("_oid("),
                                user,
                                user.n ? STR(", ") : STR(""),
                                both ? STR(SCHEMA_PG) : STR(""),
                                both ? str_of(reg) : STR(""),
                                both ? STR("_oid(") : STR("")};
    return concat(r, parts, sizeof parts / sizeof *parts, out);
}

/* '{a,b}' as the list literal [a,b]. */
static int braces_to_brackets(struct rewriter *r, const struct sql_token *t)
{
    size_t n = t->text.n;
    if (!r->catalog || t->kind != SQL_TOK_STRING || n < 4 || t->text.p[0] != '\'' || t->text.p[1] != '{' ||
        t->text.p[n - 2] != '}')
        return ST_OK;
    TRY(replace(r, t->at + 1, t->at + 2, STR("[")));
    return replace(r, t->at + n - 2, t->at + n - 1, STR("]"));
}

static int rewrite_typecast(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct type type;
    if (!read_type(&ahead, &type)) {
        skip(r);
        return ST_OK;
    }
    size_t colons = r->token.at;
    const char *reg = reg_type(type.name), *other = engine_type(type.name);
    if (type.array && r->literal)
        TRY(braces_to_brackets(r, &r->prev));
    if (reg && !type.array && r->start < r->end) {
        struct str function;
        size_t brackets;
        bool text = wants_text(r, &r->before, &type, r->literal);
        TRY(reg_function(r, reg, text, r->literal, &function, &brackets));
        TRY(edits_replace_first(&r->edits, r->start, 0, function, r->err));
        TRY(replace(r, colons, type.end, brackets == 2 ? STR("))") : STR(")")));
    } else if (reg || other) {
        size_t end = type.name_at + type.name.n; /* the array's brackets stay */
        if (type.end > end && !type.array)
            end = type.end;
        TRY(replace(r, type.at, end, reg ? STR("VARCHAR") : str_of(other)));
    } else if (type.name_at > type.at) {
        TRY(replace(r, type.at, type.name_at, STR("")));
    }
    r->lexer.at = type.end; /* the primary goes on: x::a::b */
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* CAST(x AS type), at AS. */
static int rewrite_cast(struct rewriter *r)
{
    struct frame *f = top(r);
    struct sql_lexer ahead = r->lexer;
    struct type type;
    if (!read_type(&ahead, &type) || !sql_token_is(&type.after, ')'))
        return advance(r);
    size_t as = r->token.at;
    const char *reg = reg_type(type.name), *other = engine_type(type.name);
    bool literal =
        r->literal && r->start < r->end && r->before.kind == SQL_TOK_PUNCT && r->before.at == f->at;
    if (type.array && literal)
        TRY(braces_to_brackets(r, &r->prev));
    if (reg && !type.array) {
        struct str function;
        size_t brackets;
        (void)sql_lexer_next(&ahead, &type.after); /* behind the bracket */
        r->depth--;
        bool text = wants_text(r, &f->prev, &type, literal);
        r->depth++;
        TRY(reg_function(r, reg, text, literal, &function, &brackets));
        TRY(edits_replace_first(&r->edits, f->cast.at, f->at + 1 - f->cast.at, function, r->err));
        TRY(replace(r, as, type.end, brackets == 2 ? STR(")") : STR("")));
    } else if (reg || other) {
        TRY(replace(r, type.at, type.name_at + type.name.n, reg ? STR("VARCHAR") : str_of(other)));
    } else if (type.name_at > type.at) {
        TRY(replace(r, type.at, type.name_at, STR("")));
    }
    r->lexer.at = type.end;
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* name.name…, read from the current token. */
struct chain {
    struct sql_token parts[CHAIN_MAX];
    size_t n;
    size_t schema; /* which part is pg_catalog or information_schema; n: none */
    enum sql_catalog_space space;
    struct sql_token after;
    size_t end;
    bool star; /* ends in .* */
};

static void read_chain(const struct rewriter *r, struct chain *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t = r->token;
    *c = (struct chain){0};
    for (;;) {
        c->parts[c->n++] = t;
        c->end = token_end(&t);
        (void)sql_lexer_next(&ahead, &c->after);
        if (c->n == CHAIN_MAX || !sql_token_is(&c->after, '.'))
            break;
        struct sql_lexer before = ahead;
        (void)sql_lexer_next(&ahead, &t);
        if (!sql_token_is_name(&t)) {
            c->star = t.kind == SQL_TOK_OP;
            ahead = before;
            break;
        }
    }
    c->schema = c->n;
    for (size_t i = 0; i < 2 && i + 1 < c->n + c->star && c->schema == c->n; i++) {
        if (is_name(&c->parts[i], "pg_catalog"))
            c->space = SQL_CATALOG_PG;
        else if (is_name(&c->parts[i], "information_schema"))
            c->space = SQL_CATALOG_INFO;
        else
            continue;
        c->schema = i;
    }
}

/* Leaves the chain behind as one finished primary. */
static void pass_chain(struct rewriter *r, const struct chain *c)
{
    r->before = r->prev;
    r->start = c->parts[0].at;
    r->end = c->end;
    r->literal = false;
    r->prev = c->parts[c->n - 1];
    r->lexer.at = c->end;
    (void)sql_lexer_next(&r->lexer, &r->token);
}

static int relation_arguments(struct rewriter *r, const char *letters, struct str *out)
{
    struct str parts[6] = {{0}};
    size_t n = 0;
    for (const char *p = letters; *p && n + 2 <= sizeof parts / sizeof *parts; p++) {
        if (n)
            parts[n++] = STR(", ");
        if (*p == 'd')
            TRY(ask_text(r, "database", STR("current_database()"), &parts[n]));
        else if (*p == 'u')
            TRY(ask_text(r, "user", STR("current_user"), &parts[n]));
        else if (*p == 'v')
            TRY(ask_text(r, "setting:server_version", STR("'15.0'"), &parts[n]));
        else
            TRY(ask(r, "pid", STR("0"), &parts[n]));
        n++;
    }
    return concat(r, parts, n, out);
}

static int rewrite_relation(struct rewriter *r, const struct chain *c, const struct sql_catalog_name *name)
{
    struct str arguments, text;
    bool alias = sql_token_is_word(&c->after, "AS") || c->after.kind == SQL_TOK_QUOTED ||
                 (c->after.kind == SQL_TOK_WORD && !IS_ANY_WORD(&c->after, after_relation));
    TRY(relation_arguments(r, name->detail, &arguments));
    struct str schema = c->space == SQL_CATALOG_INFO ? STR(SCHEMA_INFO) : STR(SCHEMA_PG);
    TRY(concat(r,
               (const struct str[]){schema, str_of(name->name), STR("("), arguments, STR(")"),
                                    alias ? STR("") : STR(" AS "), alias ? STR("") : str_of(name->name)},
               7, &text));
    TRY(replace(r, c->parts[0].at, c->end, text));
    pass_chain(r, c);
    return ST_OK;
}

static int rewrite_function(struct rewriter *r, const struct chain *c, const struct sql_catalog_name *name)
{
    struct str text;
    const char *target = name->name[0] == '_' ? name->name + 1 : name->name;
    bool engine = name->kind == SQL_CATALOG_ENGINE, nothing = engine && strcmp(name->detail, "unnest") == 0;
    TRY(concat(
        r, (const struct str[]){engine ? STR("") : STR(SCHEMA_PG), str_of(engine ? name->detail : target)}, 2,
        &text));
    TRY(replace(r, c->parts[0].at, c->end, text));
    struct sql_token prev = r->prev;
    pass_chain(r, c);
    if (strcmp(name->detail, "u") == 0) {
        struct str user;
        TRY(ask_text(r, "user", STR("current_user"), &user));
        TRY(concat(r, (const struct str[]){user, STR(", ")}, 2, &text));
        TRY(insert(r, token_end(&r->token), text));
    }
    if (nothing)
        TRY(insert(r, token_end(&r->token), STR("list_filter([TRY_CAST(")));
    bool column = starts_column(r, &prev);
    TRY(advance(r));
    if (column && r->depth <= DEPTH_MAX)
        r->frames[r->depth].alias = target;
    if (r->depth <= DEPTH_MAX)
        r->frames[r->depth].nothing = nothing;
    return ST_OK;
}

/* A plain '…' literal's inside; false: it is none, or has quotes in it. */
static bool plain_string(const struct sql_token *t, struct str *out)
{
    if (t->kind != SQL_TOK_STRING || t->text.n < 2 || t->text.p[0] != '\'' || t->text.n > KEY_MAX / 4)
        return false;
    *out = (struct str){t->text.p + 1, t->text.n - 2};
    return !memchr(out->p, '\'', out->n);
}

/* current_setting('name' [, missing_ok]) and set_config('name', 'value', local): the question, and where the
 * call ends. false: its arguments are not literals, the engine shall see to it. */
static bool setting_question(const struct rewriter *r, const struct chain *c, bool set, char key[KEY_MAX],
                             size_t *end)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t[7];
    struct str name, value;
    ahead.at = c->end;
    for (size_t i = 0; i < 7; i++)
        (void)sql_lexer_next(&ahead, &t[i]);
    if (!sql_token_is(&t[0], '(') || !plain_string(&t[1], &name))
        return false;
    char lower[KEY_MAX / 4];
    for (size_t i = 0; i < name.n; i++)
        lower[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] - 'A' + 'a' : name.p[i]);
    if (set) {
        if (!sql_token_is(&t[2], ',') || !plain_string(&t[3], &value) || !sql_token_is(&t[4], ',') ||
            t[5].kind != SQL_TOK_WORD || !sql_token_is(&t[6], ')'))
            return false;
        bool local = sql_token_is_word(&t[5], "TRUE");
        (void)snprintf(key, KEY_MAX, "%s:%.*s=%.*s", local ? "set_local" : "set_config", (int)name.n, lower,
                       (int)value.n, value.p);
        *end = token_end(&t[6]);
        return true;
    }
    bool two = sql_token_is(&t[2], ',') && t[3].kind == SQL_TOK_WORD && sql_token_is(&t[4], ')');
    if (!two && !sql_token_is(&t[2], ')'))
        return false;
    (void)snprintf(key, KEY_MAX, "setting:%.*s", (int)name.n, lower);
    *end = token_end(&t[two ? 4 : 2]);
    return true;
}

/* f() with nothing in its brackets, or a bare keyword: where it ends; 0: neither. */
static size_t bare_value_end(const struct rewriter *r, const struct chain *c, const char *name)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    bool keyword = strcmp(name, "version") != 0 && strcmp(name, "current_database") != 0 &&
                   strncmp(name, "pg_", 3) != 0 && strncmp(name, "inet_", 5) != 0;
    if (!sql_token_is(&c->after, '('))
        return keyword && c->n == 1 && c->parts[0].kind == SQL_TOK_WORD ? c->end : 0;
    ahead.at = token_end(&c->after);
    return sql_lexer_next(&ahead, &t) && sql_token_is(&t, ')') ? token_end(&t) : 0;
}

/* What the session had no answer to: the engine's, under its plain name. Settings are looked up; those that
 * are set by an expression fail, but for what means nothing here. */
static int rewrite_setting_call(struct rewriter *r, const struct chain *c,
                                const struct sql_catalog_name *name)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token first;
    ahead.at = c->end;
    bool call = sql_lexer_next(&ahead, &first) && sql_token_is(&first, '(');
    (void)sql_lexer_next(&ahead, &first);
    bool get = call && strcmp(name->detail, "setting") == 0;
    bool nothing = call && strcmp(name->detail, "set_config") == 0 && str_ieq(first.text, STR("'jit'"));
    size_t from = c->parts[0].at, to = c->parts[c->n - 1].at;
    if (get || nothing)
        TRY(replace(r, from, c->end, get ? STR(SCHEMA_PG "any_setting") : STR(SCHEMA_PG "set_nothing")));
    else if (to > from)
        TRY(replace(r, from, to, STR("")));
    pass_chain(r, c);
    return ST_OK;
}

static int rewrite_value(struct rewriter *r, struct chain *c, const struct sql_catalog_name *name)
{
    char key[KEY_MAX];
    bool set = strcmp(name->detail, "set_config") == 0;
    size_t end = 0;
    struct str text;
    if (set || strcmp(name->detail, "setting") == 0) {
        if (!setting_question(r, c, set, key, &end))
            end = 0;
    } else {
        (void)snprintf(key, sizeof key, "%s", name->detail);
        end = bare_value_end(r, c, name->name);
        if (strcmp(name->name, "user") == 0 && !sql_token_is_word(&r->prev, "SELECT"))
            end = 0; /* a word that columns are called by, too */
    }
    if (end) {
        bool number = strcmp(key, "pid") == 0 || strstr(key, "_port") != NULL;
        bool inet = strncmp(name->name, "inet_", 5) == 0;
        struct str otherwise = inet ? STR("NULL") : (struct str){0};
        TRY(number ? ask(r, key, otherwise, &text) : ask_text(r, key, otherwise, &text));
        if (text.n == 0)
            end = 0;
    }
    if (!end)
        return rewrite_setting_call(r, c, name);
    TRY(replace(r, c->parts[0].at, end, text));
    bool column = starts_column(r, &r->prev);
    c->end = end;
    pass_chain(r, c);
    return column && ends_column(&r->token) ? put_alias(r, end, name->name) : ST_OK;
}

/* Whether a bare name stands where a relation does. */
static bool is_relation_place(struct rewriter *r)
{
    return sql_token_is_word(&r->prev, "FROM") || sql_token_is_word(&r->prev, "JOIN") ||
           (sql_token_is(&r->prev, ',') && top(r)->clause == CLAUSE_FROM);
}

/* int2vector and oidvector, which clients read as "1 2": lists here. */
static bool is_vector(struct str name)
{
    return str_ieq(name, STR("indkey")) || str_ieq(name, STR("indoption")) ||
           str_ieq(name, STR("indclass")) || str_ieq(name, STR("indcollation")) ||
           str_ieq(name, STR("proargtypes"));
}

/* Such a column as a whole column of the result. */
static int rewrite_vector(struct rewriter *r, const struct chain *c)
{
    struct str text;
    const struct sql_token *name = &c->parts[c->n - 1];
    bool alias = sql_token_is_word(&c->after, "AS");
    TRY(concat(
        r, (const struct str[]){STR(", ' ')"), alias ? STR("") : STR(" AS "), alias ? STR("") : name->text},
        3, &text));
    size_t plain = c->schema < c->n ? c->schema + 1 : 0; /* pg_catalog goes */
    TRY(replace(r, c->parts[0].at, c->parts[plain].at, STR("array_to_string(")));
    TRY(insert(r, c->end, text));
    pass_chain(r, c);
    return ST_OK;
}

static bool makes_rows(struct str name)
{
    return str_ieq(name, STR("generate_series")) || str_ieq(name, STR("unnest")) ||
           str_ieq(name, STR("generate_subscripts"));
}

static int rewrite_name(struct rewriter *r)
{
    struct chain c;
    read_chain(r, &c);
    if (r->catalog && r->depth == 0 && is_vector(bare(&c.parts[c.n - 1])) && starts_column(r, &r->prev) &&
        (ends_column(&c.after) || sql_token_is_word(&c.after, "AS")))
        return rewrite_vector(r, &c);
    bool qualified = c.schema < c.n;
    size_t at = qualified ? c.schema + 1 : 0; /* the part that names the thing */
    if (at >= c.n || (!qualified && c.n > 1) || sql_token_is_word(&r->prev, "AS") ||
        sql_token_is(&r->prev, '.')) {
        return advance(r);
    }
    bool call = sql_token_is(&c.after, '(') && c.n == at + 1;
    const struct sql_catalog_name *name = sql_catalog_find(c.space, bare(&c.parts[at]));
    if (name && name->kind == SQL_CATALOG_VALUE && c.n == at + 1)
        return rewrite_value(r, &c, name);
    if (name && (name->kind == SQL_CATALOG_FUNCTION || name->kind == SQL_CATALOG_ENGINE) && call)
        return rewrite_function(r, &c, name);
    bool column = c.n > at + 1 || c.star;
    if (name && name->kind == SQL_CATALOG_RELATION && !call && !column && (qualified || is_relation_place(r)))
        return rewrite_relation(r, &c, name);
    if (!qualified)
        return advance(r);
    if (call || (name && column)) { /* the engine's own function; a column of a relation */
        bool rows = call && makes_rows(bare(&c.parts[at])) && is_relation_place(r);
        TRY(replace(r, c.parts[0].at, c.parts[at].at, STR("")));
        pass_chain(r, &c);
        if (!rows)
            return ST_OK;
        TRY(advance(r));
        if (r->depth <= DEPTH_MAX)
            r->frames[r->depth].rows = true;
        return ST_OK;
    }
    pass_chain(r, &c);
    return ST_OK;
}

/* What follows ~ is searched for, where the engine would match the whole. */
static int rewrite_pattern(struct rewriter *r, struct str operator)
{
    bool fold = operator.p[operator.n - 1] == '*';
    struct sql_token t = r->token;
    struct str open = fold ? STR("(?i)(?s:.*)(?:") : STR("(?s:.*)(?:");
    if (t.kind == SQL_TOK_STRING) {
        const char *quote = memchr(t.text.p, '\'', t.text.n);
        TRY(insert(r, t.at + (size_t)(quote - t.text.p) + 1, open));
        TRY(insert(r, token_end(&t) - 1, STR(")(?s:.*)")));
    } else if (t.kind == SQL_TOK_PARAM) {
        struct str text;
        TRY(concat(r, (const struct str[]){STR("('"), open, STR("' || "), t.text, STR(" || ')(?s:.*)')")}, 5,
                   &text));
        TRY(replace(r, t.at, token_end(&t), text));
    }
    return ST_OK;
}

static bool is_match(struct str op)
{
    return str_eq(op, STR("~")) || str_eq(op, STR("!~")) || str_eq(op, STR("~*")) || str_eq(op, STR("!~*"));
}

/* OPERATOR(pg_catalog.~) and plain operators. */
static int rewrite_operator(struct rewriter *r)
{
    struct sql_token op = r->token;
    size_t from = op.at, end = token_end(&op);
    bool spelled = op.kind == SQL_TOK_WORD;
    if (spelled) {
        struct sql_lexer ahead = r->lexer;
        struct sql_token t;
        if (sql_lexer_next(&ahead, &t), !sql_token_is(&t, '('))
            return advance(r);
        while (sql_lexer_next(&ahead, &op), sql_token_is_name(&op) || sql_token_is(&op, '.'))
            ;
        if (op.kind != SQL_TOK_OP || (sql_lexer_next(&ahead, &t), !sql_token_is(&t, ')')))
            return advance(r);
        end = token_end(&t);
    }
    bool match = r->catalog && is_match(op.text);
    struct str plain = op.text;
    if (match && plain.p[plain.n - 1] == '*')
        plain.n--;
    if (spelled || plain.n != op.text.n)
        TRY(replace(r, from, end, plain));
    r->lexer.at = end;
    r->token = op;
    TRY(advance(r));
    return match ? rewrite_pattern(r, op.text) : ST_OK;
}

/* LIKE 'a\_b' and LIKE $1: PostgreSQL's escape is the backslash, the engine has none unless told. */
static int rewrite_like(struct rewriter *r)
{
    TRY(advance(r));
    struct sql_token pattern = r->token, after = peek(r);
    bool literal = pattern.kind == SQL_TOK_STRING && memchr(pattern.text.p, '\\', pattern.text.n);
    if (sql_token_is_word(&after, "ESCAPE") || sql_token_is_typecast(&after) || after.kind == SQL_TOK_OP ||
        !(literal || pattern.kind == SQL_TOK_PARAM))
        return ST_OK;
    return insert(r, token_end(&pattern), STR(" ESCAPE '\\'"));
}

/* EXISTS (SELECT FROM t): the engine wants a column. */
static int rewrite_select(struct rewriter *r)
{
    struct sql_token select = r->token;
    TRY(advance(r));
    return sql_token_is_word(&r->token, "FROM") ? insert(r, token_end(&select), STR(" 1")) : ST_OK;
}

/* COLLATE pg_catalog.default and "default" say nothing; pg_catalog."C" loses its schema. */
static int rewrite_collate(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token first, name, dot;
    (void)sql_lexer_next(&ahead, &first);
    name = first;
    struct sql_lexer more = ahead;
    (void)sql_lexer_next(&more, &dot);
    if (is_name(&first, "pg_catalog") && sql_token_is(&dot, '.')) {
        (void)sql_lexer_next(&more, &name);
        ahead = more;
    }
    if (!sql_token_is_name(&name))
        return advance(r);
    if (is_name(&name, "default"))
        TRY(replace(r, r->token.at, token_end(&name), STR("")));
    else if (name.at != first.at)
        TRY(replace(r, first.at, name.at, STR("")));
    r->lexer = ahead;
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* = ANY ('{a,b}'), at the bracket. */
static int rewrite_any(struct rewriter *r)
{
    struct sql_token t = peek(r);
    bool list = t.kind == SQL_TOK_STRING && t.text.n >= 4 && t.text.p[1] == '{';
    TRY(advance(r));
    if (!list)
        return ST_OK;
    struct sql_token after = peek(r);
    if (sql_token_is(&after, ')')) {
        TRY(braces_to_brackets(r, &t));
        TRY(insert(r, token_end(&t), STR("::VARCHAR[]")));
    }
    return ST_OK;
}

static int step(struct rewriter *r)
{
    const struct sql_token *t = &r->token;
    if (sql_token_is_typecast(t))
        return rewrite_typecast(r);
    if (sql_token_is_word(t, "AS") && r->depth <= DEPTH_MAX && top(r)->cast.kind == SQL_TOK_WORD)
        return rewrite_cast(r);
    if (t->kind == SQL_TOK_OP || sql_token_is_word(t, "OPERATOR"))
        return rewrite_operator(r);
    if (sql_token_is_word(t, "COLLATE"))
        return rewrite_collate(r);
    if (r->catalog && (sql_token_is_word(t, "LIKE") || sql_token_is_word(t, "ILIKE")))
        return rewrite_like(r);
    if (r->catalog && sql_token_is_word(t, "SELECT"))
        return rewrite_select(r);
    if (r->catalog && sql_token_is(t, '(') &&
        (sql_token_is_word(&r->prev, "ANY") || sql_token_is_word(&r->prev, "ALL")))
        return rewrite_any(r);
    if (sql_token_is_name(t))
        return rewrite_name(r);
    return advance(r);
}

int sql_rewrite_catalog(struct arena *a, struct str sql, sql_session_value_fn *value, void *arg,
                        struct sql_rewritten *out, struct err *e)
{
    *out = (struct sql_rewritten){.text = sql};
    struct sql_catalog_hint hint = sql_catalog_hint(sql);
    if (!hint.any)
        return ST_OK;
    struct rewriter *r = arena_calloc(a, 1, sizeof *r);
    if (!r)
        return err_oom(e);
    r->arena = a;
    r->err = e;
    r->value = value;
    r->arg = arg;
    r->catalog = hint.catalog;
    edits_init(&r->edits, a, sql);
    sql_lexer_init(&r->lexer, sql);
    (void)sql_lexer_next(&r->lexer, &r->token);
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD)
        TRY(step(r));
    if (r->token.kind == SQL_TOK_BAD)
        return ST_OK;
    return edits_apply(&r->edits, out, e);
}
