/* A database in front of a name is dropped where the engine knows none of that name. Whether three names are
 * database, schema and table, or schema, table and column, only their place tells; four are the former. */
#include "dialect/schemas.h"

#include "dialect/literal.h"
#include "dialect/string_value.h"
#include "dialect/walk.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>

enum { WORDS_MAX = 2, NAME_BYTES_MAX = 256 };

/* The first words of the statement. */
static void first_words(const struct rewriter *r, struct sql_token words[static WORDS_MAX])
{
    struct sql_lexer l;
    sql_lexer_init(&l, r->tokens);
    for (size_t i = 0; i < WORDS_MAX; i++)
        (void)sql_lexer_next(&l, &words[i]);
}

/* Folded as PostgreSQL does: DB is the database db, "DB" is not. */
static bool is_database(const struct rewriter *r, const struct sql_token *t)
{
    char name[NAME_BYTES_MAX];
    if (!r->database.n || t->text.n > NAME_BYTES_MAX)
        return false;
    size_t n = sql_name_read(t, name);
    return str_eq((struct str){name, n}, r->database);
}

/* Asked only when the statement has the database in front of a name, since what is asked is not kept. */
static bool database_stays(struct rewriter *r)
{
    if (r->database_is == DATABASE_UNKNOWN)
        r->database_is = r->value && r->value(r->arg, "database_stays") ? DATABASE_STAYS : DATABASE_GOES;
    return r->database_is == DATABASE_STAYS;
}

/* Whether a relation, a sequence or a type is what a chain of names here is. */
static bool is_object_place(struct rewriter *r)
{
    static const char *const before[] = {"FROM",     "JOIN",    "LATERAL", "INTO",     "UPDATE",
                                         "ONLY",     "TABLE",   "VIEW",    "EXISTS",   "COPY",
                                         "SEQUENCE", "INDEX",   "USING",   "TRUNCATE", "REFERENCES",
                                         "TYPE",     "ANALYZE", "VACUUM",  "VERBOSE"};
    static const char *const defining[] = {"CREATE", "GRANT", "REVOKE", "COMMENT"};
    static const char *const listing[] = {"DROP", "TRUNCATE", "ANALYZE", "VACUUM", "GRANT", "REVOKE", "LOCK"};
    struct sql_token words[WORDS_MAX];
    if (WALK_IS_ANY(&r->prev, before))
        return true;
    if (sql_token_is(&r->prev, ',') && walk_top(r)->clause == CLAUSE_FROM)
        return true;
    if (sql_token_is_word(&r->prev, "LIKE"))
        return r->ddl == DDL_CREATE_TABLE;
    first_words(r, words);
    if (sql_token_is_word(&r->prev, "ON"))
        return WALK_IS_ANY(&words[0], defining);
    return sql_token_is(&r->prev, ',') && r->depth == 0 && WALK_IS_ANY(&words[0], listing);
}

/* db.public.t, db.public.t.a, db.public.t.*, db.public.f(…). */
static bool has_database(struct rewriter *r, const struct chain *c)
{
    if (!r->postgres || c->n < 3 || !is_database(r, &c->parts[0]))
        return false;
    return c->n > 3 || c->star || sql_token_is(&c->after, '(') || is_object_place(r);
}

/* In PostgreSQL's words, and with the names as it reads them. */
static int refuse_other_database(struct rewriter *r, const struct chain *c)
{
    struct str names[3];
    for (size_t i = 0; i < 3; i++) {
        char *name = arena_alloc(r->arena, c->parts[i].text.n + 1);
        if (!name)
            return err_oom(r->err);
        names[i] = (struct str){name, sql_name_read(&c->parts[i], name)};
    }
    (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "cross-database references are not implemented: \"%.*s.%.*s.%.*s\"", (int)names[0].n,
                  names[0].p, (int)names[1].n, names[1].p, (int)names[2].n, names[2].p);
    r->err->position = str_position(r->edits.sql, c->parts[0].at);
    return ST_ERR;
}

/* CREATE TABLE pg_temp.t: the engine wants CREATE TEMP TABLE. */
static int make_temporary(struct rewriter *r)
{
    struct sql_token words[WORDS_MAX];
    bool target = sql_token_is_word(&r->prev, "TABLE") || sql_token_is_word(&r->prev, "EXISTS");
    first_words(r, words);
    return target && r->depth == 0 && sql_token_is_word(&words[0], "CREATE") &&
                   sql_token_is_word(&words[1], "TABLE")
               ? walk_insert(r, walk_end(&words[0]), STR(" TEMP"))
               : ST_OK;
}

/* CREATE TEMP TABLE s.t, which PostgreSQL refuses unless s is pg_temp: what is temporary lies in no other. */
static bool makes_temporary(struct rewriter *r)
{
    struct sql_token words[WORDS_MAX];
    first_words(r, words);
    return r->depth == 0 && sql_token_is_word(&words[0], "CREATE") &&
           (sql_token_is_word(&words[1], "TEMP") || sql_token_is_word(&words[1], "TEMPORARY")) &&
           (sql_token_is_word(&r->prev, "TABLE") || sql_token_is_word(&r->prev, "EXISTS") ||
            sql_token_is_word(&r->prev, "VIEW") || sql_token_is_word(&r->prev, "SEQUENCE"));
}

/* The schema at that part of the chain, with what is dropped in front of it. */
static int put_schema(struct rewriter *r, const struct chain *c, size_t at, bool goes)
{
    assert(at < c->n && (at > 0 || !goes));
    const struct sql_token *schema = &c->parts[at];
    struct str name = sql_engine_schema(schema);
    bool star = r->postgres && c->star && c->n == at + 2; /* the engine knows t.* alone */
    size_t from = goes ? c->parts[0].at : schema->at;
    if (str_eq(name, STR("temp")))
        TRY(make_temporary(r));
    else if (r->postgres && makes_temporary(r))
        return err_set(r->err, SQLSTATE_INVALID_TABLE_DEFINITION,
                       "cannot create temporary relation in non-temporary schema");
    if (star)
        return walk_replace(r, c->parts[0].at, c->parts[at + 1].at, STR(""));
    if (name.p)
        return walk_replace(r, from, walk_end(schema), name);
    return goes ? walk_replace(r, from, schema->at, STR("")) : ST_OK;
}

/* A schema that is named for itself: CREATE SCHEMA public, COMMENT ON SCHEMA public. */
static bool is_schema_place(const struct rewriter *r, const struct sql_token words[static WORDS_MAX])
{
    if (r->depth > 0)
        return false;
    if (sql_token_is_word(&r->prev, "SCHEMA"))
        return true;
    return sql_token_is_word(&words[1], "SCHEMA") &&
           (sql_token_is_word(&r->prev, "EXISTS") || sql_token_is(&r->prev, ','));
}

/* The schema public alone, which is the engine's main: it is always there, so that it can neither be made nor
 * dropped. */
static int walk_bare_schema(struct rewriter *r, bool *did)
{
    struct sql_token words[WORDS_MAX];
    first_words(r, words);
    if (!is_schema_place(r, words))
        return ST_OK;
    bool itself = sql_token_is_word(&words[1], "SCHEMA");
    if (itself && sql_token_is_word(&words[0], "DROP"))
        return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "schema \"public\" cannot be dropped");
    if (itself && sql_token_is_word(&words[0], "CREATE") && sql_token_is_word(&r->prev, "SCHEMA"))
        return err_set(r->err, SQLSTATE_DUPLICATE_SCHEMA, "schema \"public\" already exists");
    *did = true;
    TRY(walk_replace(r, r->token.at, walk_end(&r->token), STR("main")));
    return walk_on(r);
}

int walk_schema(struct rewriter *r, const struct chain *c, bool *did)
{
    *did = false;
    if (sql_token_is(&r->prev, '.'))
        return ST_OK;
    if (c->n == 1)
        return r->postgres && !c->star && str_eq(sql_engine_schema(&r->token), STR("main"))
                   ? walk_bare_schema(r, did)
                   : ST_OK;
    if (c->schema < c->n) { /* the catalog: other rewrites see to it, and drop the database */
        bool other = r->postgres && c->schema == 1 && c->n > 2 && !is_database(r, &c->parts[0]);
        return other && is_object_place(r) ? refuse_other_database(r, c) : ST_OK;
    }
    bool database = has_database(r, c), goes = database && !database_stays(r);
    size_t at = database;
    bool star = r->postgres && c->star && c->n == at + 2;
    if (!database && !star && !sql_engine_schema(&c->parts[0]).p)
        return ST_OK;
    *did = true;
    TRY(put_schema(r, c, at, goes));
    return walk_on(r);
}

/* ---- types ---- */

/* A type of PostgreSQL's own stands without its schema; one that was made keeps the schema it was made in. */
int walk_type_schema(struct rewriter *r, const struct sql_type *type)
{
    struct sql_lexer l;
    struct sql_token t, first, schema;
    size_t n = 0;
    assert(type->at <= type->name_at);
    if (type->name_at == type->at)
        return ST_OK;
    sql_lexer_init(&l, r->tokens);
    sql_lexer_seek(&l, type->at);
    first = schema = (struct sql_token){.kind = SQL_TOK_END};
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.at < type->name_at) {
        if (!sql_token_is_name(&t))
            continue;
        first = n++ ? first : t;
        schema = t;
    }
    if (!r->postgres || walk_is(&schema, "pg_catalog"))
        return walk_replace(r, type->at, type->name_at, STR(""));
    bool goes = n == 2 && is_database(r, &first) && !database_stays(r);
    struct str name = sql_engine_schema(&schema);
    size_t from = goes ? first.at : schema.at;
    if (name.p)
        return walk_replace(r, from, walk_end(&schema), name);
    return goes ? walk_replace(r, from, schema.at, STR("")) : ST_OK;
}

/* ---- names in strings ---- */

/* nextval('name'), nextval('name'::regclass): the string, and where the argument ends; 0: it is something
 * else. */
static size_t sequence_argument(const struct rewriter *r, const struct chain *c, struct sql_token *string)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, c->end);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, string);
    size_t end = walk_end(string);
    if (string->kind != SQL_TOK_STRING)
        return 0;
    (void)sql_lexer_next(&ahead, &t);
    if (sql_token_is_typecast(&t)) {
        (void)sql_lexer_next(&ahead, &t);
        if (walk_is(&t, "pg_catalog") && (sql_lexer_next(&ahead, &t), sql_token_is(&t, '.')))
            (void)sql_lexer_next(&ahead, &t);
        if (!walk_is(&t, "regclass"))
            return 0;
        end = walk_end(&t);
        (void)sql_lexer_next(&ahead, &t);
    }
    return sql_token_is(&t, ')') ? end : 0;
}

/* public.s as main.s, db.s.s as s.s, of the arena; p NULL: it stays. */
static int lead_sequence(struct rewriter *r, struct str name, struct str *out)
{
    struct sql_lexer l;
    struct sql_token parts[CHAIN_MAX + 1], dot;
    size_t n = 0;
    *out = (struct str){NULL, 0};
    sql_lexer_init(&l, sql_tokens_of(name));
    do {
        (void)sql_lexer_next(&l, &parts[n++]);
        if (!sql_token_is_name(&parts[n - 1]))
            return ST_OK;
        (void)sql_lexer_next(&l, &dot);
    } while (sql_token_is(&dot, '.') && n < CHAIN_MAX);
    if (dot.kind != SQL_TOK_END || n < 2 || n > 3)
        return ST_OK;
    assert(n <= 3);
    bool goes = n == 3 && is_database(r, &parts[0]) && !database_stays(r);
    struct str schema = sql_engine_schema(&parts[n - 2]);
    if (!goes && !schema.p)
        return ST_OK;
    struct str head = {name.p, goes || n == 2 ? 0 : parts[1].at};
    struct str tail = {name.p + walk_end(&parts[n - 2]), name.n - walk_end(&parts[n - 2])};
    return walk_concat(r, (const struct str[]){head, schema.p ? schema : parts[n - 2].text, tail}, 3, out);
}

/* 'text', with its quotes doubled. */
static int put_literal(struct rewriter *r, struct str text, struct str *out)
{
    char *literal = arena_alloc(r->arena, 2 * text.n + 3);
    size_t n = 0;
    if (!literal)
        return err_oom(r->err);
    literal[n++] = '\'';
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            literal[n++] = '\'';
        literal[n++] = text.p[i];
    }
    literal[n++] = '\'';
    *out = (struct str){literal, n};
    return ST_OK;
}

/* Passed by hand, since the string has become another and what was behind it is gone. */
int walk_sequence(struct rewriter *r, const struct chain *c, bool *did)
{
    struct sql_token string, name = c->parts[c->n - 1];
    struct str text, led;
    size_t end = sequence_argument(r, c, &string);
    assert(c->n > 0 && end != c->end);
    *did = false;
    if (end == 0 || walk_string_value(r, &string, &text) != ST_OK)
        return ST_OK;
    TRY(lead_sequence(r, text, &led));
    if (!led.p && end == walk_end(&string))
        return ST_OK;
    if (!led.p)
        led = text;
    TRY(put_literal(r, led, &text));
    *did = true;
    if (c->n > 1)
        TRY(walk_replace(r, c->parts[0].at, c->end, name.text));
    TRY(walk_replace(r, string.at, end, text));
    chain_pass(r, c);
    TRY(walk_on(r));
    r->prev = string;
    r->end = r->start;
    sql_lexer_seek(&r->lexer, end);
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}
