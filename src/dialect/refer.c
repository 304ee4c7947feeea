/* Names of the catalog, where a statement refers to them. */
#include "dialect/refer.h"

#include "dialect/aggregates.h"
#include "dialect/call_column.h"
#include "dialect/calls.h"
#include "dialect/chain.h"
#include "dialect/integer_arguments.h"
#include "dialect/records.h"
#include "dialect/schemas.h"
#include "dialect/sources.h"
#include "dialect/walk.h"
#include "sql/catalog.h"

#include <assert.h>
#include <stdio.h>

enum { KEY_MAX = 512 }; /* a question to the session */

#define NO_CURSORS                                                                                           \
    "[]::STRUCT(name VARCHAR, statement VARCHAR, is_holdable BOOLEAN, is_binary BOOLEAN, "                   \
    "is_scrollable BOOLEAN, creation_time TIMESTAMPTZ)[]"
#define NO_ACTIVITY                                                                                          \
    "[]::STRUCT(pid INTEGER, usename VARCHAR, datname VARCHAR, application VARCHAR, address VARCHAR, port "  \
    "INTEGER, backend_start TIMESTAMPTZ, xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, state_change "     \
    "TIMESTAMPTZ, state VARCHAR, query VARCHAR, mine BOOLEAN)[]"
#define NO_SETTINGS                                                                                          \
    "[]::STRUCT(name VARCHAR, setting VARCHAR, shown VARCHAR, boot VARCHAR, reset VARCHAR, description "     \
    "VARCHAR, context VARCHAR, source VARCHAR)[]"
#define NO_LOCKS                                                                                             \
    "[]::STRUCT(class BIGINT, object BIGINT, part SMALLINT, pid INTEGER, mode VARCHAR, granted BOOLEAN)[]"
#define NO_STATEMENTS                                                                                        \
    "[]::STRUCT(name VARCHAR, statement VARCHAR, from_sql BOOLEAN, prepare_time TIMESTAMPTZ, types "         \
    "VARCHAR[])[]"

static int relation_arguments(struct rewriter *r, const char *letters, struct str *out)
{
    struct str parts[6] = {{0}};
    size_t n = 0;
    for (const char *p = letters; *p && n + 2 <= sizeof parts / sizeof *parts; p++) {
        if (n)
            parts[n++] = STR(", ");
        if (*p == 'd')
            TRY(walk_ask_text(r, "database", STR("current_database()"), &parts[n]));
        else if (*p == 'u')
            TRY(walk_ask_text(r, "user", STR("current_user"), &parts[n]));
        else if (*p == 'g')
            TRY(walk_ask_sql(r, "settings", STR(NO_SETTINGS), &parts[n]));
        else if (*p == 'l')
            TRY(walk_ask_sql(r, "locks", STR(NO_LOCKS), &parts[n]));
        else if (*p == 'c')
            TRY(walk_ask_sql(r, "cursors", STR(NO_CURSORS), &parts[n]));
        else if (*p == 'a')
            TRY(walk_ask_sql(r, "activity", STR(NO_ACTIVITY), &parts[n]));
        else if (*p == 's')
            TRY(walk_ask_sql(r, "statements", STR(NO_STATEMENTS), &parts[n]));
        else
            TRY(walk_ask(r, "pid", STR("0"), &parts[n]));
        n++;
    }
    return walk_concat(r, parts, n, out);
}

bool walk_names_hidden_column(const struct rewriter *r)
{
    static const char *const hidden[] = {"tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, r->tokens);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        if (WALK_IS_ANY(&t, hidden))
            return true;
    return false;
}

/* What the session alone knows is written into a statement, so a view of it would keep what it was. */
static int refuse_stored(struct rewriter *r, const struct chain *c, const struct sql_catalog_name *name)
{
    (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "%s in a view or function is not supported: it would keep the rows of who makes it",
                  name->name);
    r->err->position = str_position(r->edits.sql, c->parts[0].at);
    return ST_ERR;
}

static int rewrite_relation(struct rewriter *r, const struct chain *c, const struct sql_catalog_name *name)
{
    assert(c->n > 0 && name->kind == SQL_CATALOG_RELATION);
    struct str arguments, text;
    bool alias = walk_is_alias(&c->after);
    if (r->stored == STORED_QUERY && strpbrk(name->detail, "aclgs"))
        return refuse_stored(r, c, name);
    TRY(relation_arguments(r, name->detail, &arguments));
    bool hidden = c->space == SQL_CATALOG_PG && walk_names_hidden_column(r);
    const struct str end = hidden ? STR(") z_rows LEFT JOIN " SCHEMA_PG "z_hidden('") : STR(")");
    const struct str parts[] = {hidden ? STR("(SELECT z_hidden.*, z_rows.* FROM ") : STR(""),
                                c->space == SQL_CATALOG_INFO ? STR(SCHEMA_INFO) : STR(SCHEMA_PG),
                                str_of(name->name),
                                STR("("),
                                arguments,
                                end,
                                hidden ? str_of(name->name) : STR(""),
                                hidden ? STR("') z_hidden ON true)") : STR(""),
                                alias ? STR("") : STR(" AS "),
                                alias ? STR("") : str_of(name->name)};
    TRY(walk_concat(r, parts, sizeof parts / sizeof *parts, &text));
    TRY(walk_replace(r, c->parts[0].at, c->end, text));
    chain_pass(r, c);
    return ST_OK;
}

static int rewrite_function(struct rewriter *r, const struct chain *c, const struct sql_catalog_name *name)
{
    assert(name->kind == SQL_CATALOG_FUNCTION || name->kind == SQL_CATALOG_ENGINE);
    struct str text;
    const char *target = name->name[0] == '_' ? name->name + 1 : name->name;
    bool engine = name->kind == SQL_CATALOG_ENGINE, nothing = engine && strcmp(name->detail, "unnest") == 0;
    TRY(walk_concat(
        r, (const struct str[]){engine ? STR("") : STR(SCHEMA_PG), str_of(engine ? name->detail : target)}, 2,
        &text));
    TRY(walk_replace(r, c->parts[0].at, c->end, text));
    chain_pass(r, c);
    if (!engine && *name->detail) {
        bool alone = strcmp(name->detail, "g") == 0; /* it has no other argument */
        if (alone && r->stored == STORED_QUERY)
            return refuse_stored(r, c, name);
        TRY(relation_arguments(r, name->detail, &text));
        TRY(walk_concat(r, (const struct str[]){text, alone ? STR("") : STR(", ")}, 2, &text));
        TRY(walk_insert(r, walk_end(&r->token), text));
    }
    if (nothing)
        TRY(walk_insert(r, walk_end(&r->token), STR("list_filter([TRY_CAST(")));
    TRY(walk_on(r));
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
    sql_lexer_seek(&ahead, c->end);
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
        *end = walk_end(&t[6]);
        return true;
    }
    bool two = sql_token_is(&t[2], ',') && t[3].kind == SQL_TOK_WORD && sql_token_is(&t[4], ')');
    if (!two && !sql_token_is(&t[2], ')'))
        return false;
    (void)snprintf(key, KEY_MAX, "setting:%.*s", (int)name.n, lower);
    *end = walk_end(&t[two ? 4 : 2]);
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
    sql_lexer_seek(&ahead, walk_end(&c->after));
    return sql_lexer_next(&ahead, &t) && sql_token_is(&t, ')') ? walk_end(&t) : 0;
}

/* What the session had no answer to: the engine's, under its plain name. Settings are looked up; those that
 * are set by an expression fail, but for what means nothing here. */
static int rewrite_setting_call(struct rewriter *r, const struct chain *c,
                                const struct sql_catalog_name *name)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token first;
    sql_lexer_seek(&ahead, c->end);
    bool call = sql_lexer_next(&ahead, &first) && sql_token_is(&first, '(');
    (void)sql_lexer_next(&ahead, &first);
    bool get = call && strcmp(name->detail, "setting") == 0;
    bool nothing = call && strcmp(name->detail, "set_config") == 0 && str_ieq(first.text, STR("'jit'"));
    size_t from = c->parts[0].at, to = c->parts[c->n - 1].at;
    if (get || nothing)
        TRY(walk_replace(r, from, c->end, get ? STR(SCHEMA_PG "any_setting") : STR(SCHEMA_PG "set_nothing")));
    else if (to > from)
        TRY(walk_replace(r, from, to, STR("")));
    chain_pass(r, c);
    if (!get)
        return ST_OK;
    struct str settings, text;
    TRY(walk_ask_sql(r, "settings", STR(NO_SETTINGS), &settings));
    TRY(walk_concat(r, (const struct str[]){settings, STR(", ")}, 2, &text));
    return walk_insert(r, walk_end(&r->token), text);
}

/* What is the same for everybody who runs what is stored, or is asked there anew. */
static bool is_stored(const char *key)
{
    static const char *const keys[] = {"user", "database", "version", "setting:server_version",
                                       "setting:server_version_num"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static int rewrite_value(struct rewriter *r, struct chain *c, const struct sql_catalog_name *name)
{
    assert(c->n > 0 && name->detail);
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
        if (strcmp(name->name, "user") == 0 && !r->postgres && !sql_token_is_word(&r->prev, "SELECT"))
            end = 0; /* a word that columns are called by, too */
        if (sql_token_is_word(&r->prev, "OVERRIDING"))
            end = 0; /* USER VALUE */
    }
    if (end && r->stored == STORED_QUERY && !is_stored(key)) {
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                      "%s in a view or function is not supported: it would be the one of who makes it",
                      name->name);
        r->err->position = str_position(r->edits.sql, c->parts[0].at);
        return ST_ERR;
    }
    if (end) {
        bool number = strcmp(key, "pid") == 0 || strstr(key, "_port") != NULL;
        bool inet = strncmp(name->name, "inet_", 5) == 0;
        struct str otherwise = inet ? STR("NULL") : (struct str){0};
        TRY(number ? walk_ask(r, key, otherwise, &text) : walk_ask_text(r, key, otherwise, &text));
        if (text.n == 0)
            end = 0;
        bool is_name = strcmp(key, "user") == 0 || strcmp(key, "database") == 0 ||
                       strcmp(name->name, "pg_client_encoding") == 0;
        if (end && r->postgres && r->stored == STORED_NOTHING && is_name)
            TRY(walk_concat(r, (const struct str[]){STR("CAST("), text, STR(" AS pg_name)")}, 3, &text));
    }
    if (!end)
        return rewrite_setting_call(r, c, name);
    TRY(walk_replace(r, c->parts[0].at, end, text));
    c->end = end;
    chain_pass(r, c);
    return ST_OK;
}

/* Whether a bare name stands where a relation does. */
static bool is_relation_place(struct rewriter *r)
{
    const struct frame *f = walk_top(r);
    /* trim(both ' ' from f(x)), a is distinct from f(x) */
    bool argument = (f->call && f->clause != CLAUSE_FROM) || sql_token_is_word(&r->before, "DISTINCT");
    return (sql_token_is_word(&r->prev, "FROM") && !argument) || sql_token_is_word(&r->prev, "JOIN") ||
           sql_token_is_word(&r->prev, "LATERAL") ||
           (sql_token_is(&r->prev, ',') && walk_top(r)->clause == CLAUSE_FROM);
}

/* Where the bracket closes that opens behind the chain; 0: nowhere. */
static size_t call_end(const struct rewriter *r, const struct chain *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    size_t depth = 0;
    sql_lexer_seek(&ahead, c->end);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        if (sql_token_is(&t, '('))
            depth++;
        else if (sql_token_is(&t, ')') && --depth == 0)
            return walk_end(&t);
    }
    return 0;
}

/* A column of the result that is a generate_series: rows in PostgreSQL, a list in the engine. */
static int rewrite_series_column(struct rewriter *r, const struct chain *c, size_t end)
{
    assert(end > c->end);
    bool integers = integer_arguments(r, c);
    TRY(walk_replace(r, c->parts[0].at, c->end, STR("unnest(generate_series")));
    if (integers)
        TRY(walk_insert(r, end, STR("::INTEGER[]")));
    TRY(walk_insert(r, end, STR(")")));
    chain_pass(r, c);
    return ST_OK;
}

/* A call in FROM that becomes `text`; its bracket, which closes behind it, knows what to add there. */
static int rewrite_source(struct rewriter *r, const struct chain *c, struct str text, const char *name,
                          bool wrapped)
{
    TRY(walk_replace(r, c->parts[0].at, c->end, text));
    chain_pass(r, c);
    TRY(walk_on(r));
    if (r->depth <= DEPTH_MAX) {
        struct frame *f = &r->frames[r->depth];
        f->rows = true;
        f->source = name;
        f->wrapped = wrapped;
    }
    return ST_OK;
}

static bool makes_rows(struct str name)
{
    return str_ieq(name, STR("generate_series")) || str_ieq(name, STR("unnest")) ||
           str_ieq(name, STR("generate_subscripts"));
}

/* Whether a name before a bracket is no call: a table with its columns, a macro with its parameters. */
static bool is_defined_here(const struct rewriter *r)
{
    static const char *const before[] = {"TABLE", "INTO",      "EXISTS", "REFERENCES", "MACRO", "FUNCTION",
                                         "WITH",  "RECURSIVE", "VIEW",   "TYPE",       "INDEX"};
    return WALK_IS_ANY(&r->prev, before);
}

/* Whether a parameter stands between the call's brackets: the engine's table functions take none. */
static bool has_parameter(const struct rewriter *r, const struct chain *c, size_t end)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, c->end);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END && t.at < end)
        if (t.kind == SQL_TOK_PARAM)
            return true;
    return false;
}

static bool is_numbered(const struct rewriter *r, size_t end)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, end);
    (void)sql_lexer_next(&ahead, &t);
    return sql_token_is_word(&t, "WITH") && (sql_lexer_next(&ahead, &t), sql_token_is_word(&t, "ORDINALITY"));
}

/* generate_series('2020-01-01'::timestamp, '2020-02-01', '1 day'): the engine needs the types. */
static int type_series(struct rewriter *r, const struct chain *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, before = {0}, two = {0};
    struct str type = {0};
    size_t argument = 0, depth = 0;
    sql_lexer_seek(&ahead, c->end);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        bool closes = sql_token_is(&t, ')') && depth == 1;
        if ((closes || (sql_token_is(&t, ',') && depth == 1)) && before.kind == SQL_TOK_STRING &&
            (sql_token_is(&two, ',') || sql_token_is(&two, '('))) {
            struct str cast = STR("::INTERVAL");
            if (argument == 1)
                TRY(walk_concat(r, (const struct str[]){STR("::"), type}, 2, &cast));
            if (argument == 2 || (argument == 1 && type.n))
                TRY(walk_insert(r, walk_end(&before), cast));
        }
        bool ends = closes || (sql_token_is(&t, ',') && depth == 1);
        bool date = before.kind == SQL_TOK_STRING
                        ? sql_token_is_word(&two, "date")
                        : sql_token_is_word(&before, "date") && sql_token_is_typecast(&two);
        if (ends && date && argument < 2) /* PostgreSQL has none of dates, and takes them for timestamptz */
            TRY(walk_insert(r, walk_end(&before), STR("::TIMESTAMPTZ")));
        if (closes)
            return ST_OK;
        if (argument == 0 && sql_token_is_typecast(&before) && t.kind == SQL_TOK_WORD)
            type = t.text;
        if (argument == 0 && before.kind == SQL_TOK_WORD && t.kind == SQL_TOK_STRING && before.at >= c->end)
            type = before.text;
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth > 0;
        argument += depth == 1 && sql_token_is(&t, ',');
        two = before;
        before = t;
    }
    return ST_OK;
}

/* A function of one value that stands in FROM. */
static bool is_value(struct str name)
{
    static const char *const others[] = {"now",       "current_schema", "pg_sleep",    "upper",   "lower",
                                         "abs",       "round",          "nextval",     "currval", "setval",
                                         "lastval",   "to_char",        "to_date",     "random",  "md5",
                                         "date_part", "date_trunc",     "jsonb_typeof"};
    static const char *const tables[] = {"aclexplode", "pg_get_keywords", "pg_options_to_table",
                                         "pg_show_all_settings"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (str_ieq(name, str_of(tables[i])))
            return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_ieq(name, str_of(others[i])))
            return true;
    const struct sql_catalog_name *known = sql_catalog_find(SQL_CATALOG_PG, name);
    return call_find(name) || (known && known->kind != SQL_CATALOG_RELATION);
}

/* A call in FROM that the engine knows no table function for. *did: it is passed. */
static int walk_from_call(struct rewriter *r, const struct chain *c, struct str name, bool *did)
{
    size_t end = call_end(r, c);
    const struct source *s = source_find(name);
    bool accepts, inside;
    const struct record_source *records = record_source_find(name);
    *did = false;
    if (end > 0 && !s && !records && !is_value(name))
        return call_name_column(r, c, end);
    if (end == 0 || is_defined_here(r))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    *did = records != NULL;
    if (records)
        return walk_record_source(r, records, c->parts[0].at, c->end, end);
    if (s && strcmp(s->name, "generate_series") == 0) {
        TRY(type_series(r, c));
        if (!is_numbered(r, end) && !has_parameter(r, c, end))
            return ST_OK;
        if (integer_arguments(r, c))
            s = &source_integers;
    }
    if (c->parts[c->n - 1].kind == SQL_TOK_WORD)
        TRY(walk_folded(r, &c->parts[c->n - 1], &name));
    TRY(walk_source(r, s, name, c->parts[0].at, c->end, end, &inside));
    *did = !inside;
    return ST_OK;
}

/* A call that is an aggregate of PostgreSQL's. *did: its name is passed. */
static int walk_aggregate(struct rewriter *r, const struct chain *c, struct str name, bool *did)
{
    const struct aggregate *aggregate = aggregate_find(name);
    bool accepts;
    *did = false;
    if (!aggregate || is_defined_here(r))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (accepts)
        TRY(aggregate_translate(r, aggregate, c->parts[0].at, c->end, did));
    if (*did)
        chain_pass(r, c);
    return ST_OK;
}

/* A call that means what PostgreSQL means by it. *did: it is one of ours, and passed. */
static int walk_postgres_call(struct rewriter *r, const struct chain *c, size_t at, bool place, bool *did)
{
    struct str name = sql_name_bare(&c->parts[at]);
    assert(r->postgres && at < c->n);
    *did = false;
    if (place) {
        TRY(walk_from_call(r, c, name, did));
        if (*did)
            return ST_OK;
    }
    if (str_ieq(name, STR("nextval")))
        return walk_sequence(r, c, did);
    const struct source *set = place ? NULL : source_find(name);
    bool column = set && strchr(set->name, '_') && strcmp(set->name, "generate_series") != 0 && !set->fields;
    const struct call_name *ours = call_find(name);
    if (column && !is_defined_here(r)) {
        TRY(walk_accepts(r, did));
        if (*did)
            return walk_source_column(r, set, c->parts[0].at, c->end);
    }
    if (!place)
        TRY(walk_aggregate(r, c, name, did));
    if (*did || !ours || is_defined_here(r))
        return ST_OK;
    TRY(walk_accepts(r, did));
    return *did ? walk_call(r, ours, c->parts[0].at, c->end) : ST_OK;
}

/* to_json(t.*), json_build_object('a', t.*): the row, which the engine calls t. */
static int walk_row(struct rewriter *r, const struct chain *c, bool *did)
{
    static const char *const prefixes[] = {"json", "to_json", "row_to_json", "pg_catalog.json",
                                           "pg_catalog.to_json"};
    const struct frame *f = walk_top(r);
    bool json = false, accepts = false;
    *did = false;
    if (!r->postgres || !c->star || c->n != 1 || !f->call ||
        !(sql_token_is(&r->prev, '(') || sql_token_is(&r->prev, ',')))
        return ST_OK;
    struct str called = {r->edits.sql.p + f->start, f->at - f->start};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && !json; i++) {
        struct str prefix = str_of(prefixes[i]);
        json = called.n >= prefix.n && str_ieq((struct str){called.p, prefix.n}, prefix);
    }
    if (json)
        TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    struct sql_lexer ahead = r->lexer;
    struct sql_token dot, star;
    sql_lexer_seek(&ahead, c->end);
    (void)sql_lexer_next(&ahead, &dot);
    (void)sql_lexer_next(&ahead, &star);
    TRY(walk_replace(r, dot.at, walk_end(&star), STR("")));
    chain_pass(r, c);
    *did = true;
    return ST_OK;
}

int walk_name(struct rewriter *r)
{
    struct chain c;
    chain_read(r, &c);
    bool did = false;
    TRY(walk_row(r, &c, &did));
    if (did)
        return ST_OK;
    bool users = r->postgres && c.n >= 2 && c.schema >= c.n && sql_token_is(&c.after, '(');
    size_t end = users && is_relation_place(r) ? call_end(r, &c) : 0;
    if (end)
        TRY(call_name_column(r, &c, end));
    TRY(walk_schema(r, &c, &did));
    if (did)
        return ST_OK;
    bool qualified = c.schema < c.n;
    size_t at = qualified ? c.schema + 1 : 0; /* the part that names the thing */
    if (at >= c.n || (!qualified && c.n > 1) || sql_token_is_word(&r->prev, "AS") ||
        sql_token_is(&r->prev, '.')) {
        return walk_on(r);
    }
    bool call = sql_token_is(&c.after, '(') && c.n == at + 1;
    bool place = call && is_relation_place(r);
    if (call && r->postgres && c.space == SQL_CATALOG_PG) {
        TRY(walk_postgres_call(r, &c, at, place, &did));
        if (did)
            return ST_OK;
    }
    const struct sql_catalog_name *name = sql_catalog_find(c.space, sql_name_bare(&c.parts[at]));
    if (name && name->kind == SQL_CATALOG_VALUE && c.n == at + 1)
        return rewrite_value(r, &c, name);
    bool rows = call && makes_rows(sql_name_bare(&c.parts[at]));
    bool source = rows && is_relation_place(r);
    if (rows && (source || !r->catalog))
        name = NULL; /* the engine's */
    if (rows && !source && walk_is(&c.parts[at], "generate_series") && walk_starts_column(r, &r->prev)) {
        size_t series_end = call_end(r, &c);
        if (series_end)
            return rewrite_series_column(r, &c, series_end);
    }
    if (name && (name->kind == SQL_CATALOG_FUNCTION || name->kind == SQL_CATALOG_ENGINE) && call)
        return rewrite_function(r, &c, name);
    bool column = c.n > at + 1 || c.star;
    if (name && name->kind == SQL_CATALOG_RELATION && !call && !column && (qualified || is_relation_place(r)))
        return rewrite_relation(r, &c, name);
    bool series = source && walk_is(&c.parts[at], "generate_series");
    if (series && integer_arguments(r, &c))
        return rewrite_source(r, &c, STR(SCHEMA_PG "int_series"), "generate_series", false);
    if (call && !r->postgres && walk_is(&c.parts[at], "pg_sleep") && place && r->depth < DEPTH_MAX)
        return rewrite_source(r, &c, STR("(SELECT pg_sleep"), "pg_sleep", true);
    if (!qualified && !series)
        return walk_on(r);
    if (call || (name && column)) { /* the engine's own function; a column of a relation */
        if (qualified)
            TRY(walk_replace(r, c.parts[0].at, c.parts[at].at, STR("")));
        chain_pass(r, &c);
        if (!source)
            return ST_OK;
        TRY(walk_on(r));
        if (r->depth <= DEPTH_MAX)
            r->frames[r->depth].rows = true;
        return ST_OK;
    }
    chain_pass(r, &c);
    return ST_OK;
}
