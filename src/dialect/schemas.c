/* A database in front of a name is dropped where the engine knows none of that name. Whether three names are
 * database, schema and table, or schema, table and column, only their place tells; four are the former. */
#include "dialect/schemas.h"

#include "dialect/walk.h"
#include "sql/catalog.h"
#include "sql/name.h"

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

/* The schema at that part of the chain, with what is dropped in front of it. */
static int put_schema(struct rewriter *r, const struct chain *c, size_t at, bool goes)
{
    const struct sql_token *schema = &c->parts[at];
    struct str name = sql_engine_schema(schema);
    bool star = r->postgres && c->star && c->n == at + 2; /* the engine knows t.* alone */
    size_t from = goes ? c->parts[0].at : schema->at;
    if (str_eq(name, STR("temp")))
        TRY(make_temporary(r));
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

/* The schema public alone: it is there, and stays. */
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
        return r->postgres && !c->star && walk_is(&r->token, "public") ? walk_bare_schema(r, did) : ST_OK;
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
