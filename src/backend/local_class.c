/* What a statement is to a session: its command tag, whether it gives rows, what it changes, what another
 * connection would need to know of it. The engine says which kind it is; the rest is read off its first
 * words, since the engine's API tells no more. */
#include "backend/local_class.h"

#include "backend/local_priv.h"
#include "sql/name.h"
#include "sql/repeats.h"
#include "sql/token.h"

#include <string.h>

enum { HEAD_TOKENS = 16 }; /* of a CREATE, where TEMP and the kind of object stand */

/* ---- tags ---- */

/* Command tags as PostgreSQL spells them: drivers take them apart ("INSERT 0 5" has the rows last). The first
 * line that fits counts. */
static const struct tag {
    const char *first, *second; /* second NULL: any */
    const char *tag;
    bool count;
} tags[] = {
    {"INSERT", NULL, "INSERT 0", true},
    {"UPDATE", NULL, "UPDATE", true},
    {"DELETE", NULL, "DELETE", true},
    {"MERGE", NULL, "MERGE", true},
    {"COPY", NULL, "COPY", true},
    {"TRUNCATE", NULL, "TRUNCATE TABLE", false},
    {"EXPLAIN", NULL, "EXPLAIN", false},
    {"SHOW", NULL, "SHOW", false},
    {"CALL", NULL, "CALL", false},
    {"CREATE", "TABLE", "CREATE TABLE", false},
    {"CREATE", "VIEW", "CREATE VIEW", false},
    {"CREATE", "INDEX", "CREATE INDEX", false},
    {"CREATE", "SCHEMA", "CREATE SCHEMA", false},
    {"CREATE", "SEQUENCE", "CREATE SEQUENCE", false},
    {"CREATE", "TYPE", "CREATE TYPE", false},
    {"CREATE", "MACRO", "CREATE FUNCTION", false},
    {"CREATE", "FUNCTION", "CREATE FUNCTION", false},
    {"CREATE", "SECRET", "CREATE SECRET", false},
    {"CREATE", "DATABASE", "CREATE DATABASE", false},
    {"CREATE", NULL, "CREATE", false},
    {"DROP", "TABLE", "DROP TABLE", false},
    {"DROP", "VIEW", "DROP VIEW", false},
    {"DROP", "INDEX", "DROP INDEX", false},
    {"DROP", "SCHEMA", "DROP SCHEMA", false},
    {"DROP", "SEQUENCE", "DROP SEQUENCE", false},
    {"DROP", "TYPE", "DROP TYPE", false},
    {"DROP", "MACRO", "DROP FUNCTION", false},
    {"DROP", "FUNCTION", "DROP FUNCTION", false},
    {"DROP", "SECRET", "DROP SECRET", false},
    {"DROP", "DATABASE", "DROP DATABASE", false},
    {"DROP", NULL, "DROP", false},
    {"ALTER", "TABLE", "ALTER TABLE", false},
    {"ALTER", "VIEW", "ALTER VIEW", false},
    {"ALTER", "SEQUENCE", "ALTER SEQUENCE", false},
    {"ALTER", "SCHEMA", "ALTER SCHEMA", false},
    {"ALTER", NULL, "ALTER", false},
    {"COMMENT", NULL, "COMMENT", false},
    {"SET", NULL, "SET", false},
    {"USE", NULL, "SET", false},
    {"RESET", NULL, "RESET", false},
    {"PRAGMA", NULL, "SET", false},
    {"VACUUM", NULL, "VACUUM", false},
    {"ANALYZE", NULL, "ANALYZE", false},
    {"CHECKPOINT", NULL, "CHECKPOINT", false},
    {"FORCE", NULL, "CHECKPOINT", false},
    {"ATTACH", NULL, "ATTACH", false},
    {"DETACH", NULL, "DETACH", false},
    {"LOAD", NULL, "LOAD", false},
    {"INSTALL", NULL, "INSTALL", false},
    {"UPDATE", "EXTENSIONS", "UPDATE EXTENSIONS", false},
    {"EXPORT", NULL, "EXPORT DATABASE", false},
    {"IMPORT", NULL, "IMPORT DATABASE", false},
    {"PREPARE", NULL, "PREPARE", false},
    {"DEALLOCATE", NULL, "DEALLOCATE", false},
};

/* ---- words ---- */

struct head {
    struct sql_token tokens[HEAD_TOKENS];
    size_t n;
    size_t object; /* of CREATE, DROP, ALTER: where the kind of object stands */
};

static void head_read(struct head *h, const struct sql_tokens *sql)
{
    struct sql_lexer l;
    sql_lexer_init(&l, *sql);
    h->n = 0;
    while (h->n < HEAD_TOKENS) {
        enum sql_token_kind kind = sql_lexer_next(&l, &h->tokens[h->n]);
        if (kind == SQL_TOK_END || kind == SQL_TOK_BAD)
            break;
        h->n++;
    }
    static const char *const between[] = {"OR",     "REPLACE",  "TEMP",      "TEMPORARY", "PERSISTENT",
                                          "UNIQUE", "UNLOGGED", "RECURSIVE", "LOCAL"};
    h->object = 1;
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++)
        if (h->object < h->n && sql_token_is_word(&h->tokens[h->object], between[i])) {
            h->object++;
            i = (size_t)-1; /* from the start again, in any order */
        }
}

static bool word_at(const struct head *h, size_t i, const char *word)
{
    return i < h->n && sql_token_is_word(&h->tokens[i], word);
}

static bool name_at(const struct head *h, size_t i, const char *name)
{
    if (i >= h->n)
        return false;
    return sql_token_is_name(&h->tokens[i]) && str_ieq(sql_name_bare(&h->tokens[i]), str_of(name));
}

static const struct tag *find_tag(const struct head *h)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (word_at(h, 0, tags[i].first) && (!tags[i].second || word_at(h, h->object, tags[i].second)))
            return &tags[i];
    return NULL;
}

/* Outside of parentheses. */
static bool has_word(const struct sql_tokens *sql, const char *word)
{
    struct sql_lexer l;
    struct sql_token t;
    int depth = 0;
    sql_lexer_init(&l, *sql);
    for (;;) {
        enum sql_token_kind kind = sql_lexer_next(&l, &t);
        if (kind == SQL_TOK_END || kind == SQL_TOK_BAD)
            return false;
        if (sql_token_is(&t, '('))
            depth++;
        else if (sql_token_is(&t, ')'))
            depth--;
        else if (depth == 0 && sql_token_is_word(&t, word))
            return true;
    }
}

/* ---- rows ---- */

/* The one column that the engine gives for a statement without rows. */
static bool is_count(const struct engine_stmt_info *info)
{
    return info->ncolumns == 1 && info->types[0]->type == ENGINE_INT64 &&
           strcmp(info->names[0], "Count") == 0;
}

static bool is_success(const struct engine_stmt_info *info)
{
    return info->ncolumns == 1 && info->types[0]->type == ENGINE_BOOL &&
           strcmp(info->names[0], "Success") == 0;
}

/* The engine gives every statement a column; whether rows are meant by it is what this says. */
static bool gives_rows(const struct sql_tokens *sql, const struct engine_stmt_info *info)
{
    switch (info->kind) {
    case ENGINE_STMT_SELECT:
    case ENGINE_STMT_EXPLAIN: return true;
    case ENGINE_STMT_INSERT:
    case ENGINE_STMT_UPDATE:
    case ENGINE_STMT_DELETE:
    case ENGINE_STMT_MERGE: return !is_count(info) || has_word(sql, "RETURNING");
    case ENGINE_STMT_CALL:
    case ENGINE_STMT_EXECUTE:
    case ENGINE_STMT_OTHER: return !is_success(info) && !is_count(info);
    default: return false;
    }
}

/* ---- settings ---- */

static int refuse_setting(const struct sql_token *name, struct err *e)
{
    return err_set(e, SQLSTATE_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%.*s\" cannot be changed now",
                   (int)name->text.n, name->text.p);
}

/* SET, RESET, PRAGMA [SESSION|LOCAL] name …; USE name */
static int classify_set(const struct head *h, enum local_after *after, struct err *e)
{
    if (word_at(h, 0, "USE")) {
        *after = LOCAL_AFTER_PATH;
        return ST_OK;
    }
    size_t i = 1;
    if (word_at(h, i, "GLOBAL"))
        return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE,
                       "permission denied to change a setting of all sessions");
    if (word_at(h, i, "VARIABLE")) {
        *after = LOCAL_AFTER_PIN;
        return ST_OK;
    }
    i += word_at(h, i, "SESSION") || word_at(h, i, "LOCAL");
    if (name_at(h, i, "streaming_buffer_size") || name_at(h, i, "timezone"))
        return refuse_setting(&h->tokens[i], e);
    if (name_at(h, i, "schema") || name_at(h, i, "search_path"))
        *after = word_at(h, 0, "RESET") ? LOCAL_AFTER_PATH_RESET : LOCAL_AFTER_PATH;
    return ST_OK;
}

/* TEMP before the object, or a name in the schema "temp". */
static bool makes_temporary(const struct head *h)
{
    for (size_t i = 1; i < h->n && !word_at(h, i, "AS"); i++)
        if (name_at(h, i, "temp") || name_at(h, i, "temporary"))
            return true;
    return false;
}

/* ---- all of it ---- */

/* EXPLAIN ANALYZE, and EXPLAIN (ANALYZE, …), run what they explain. */
static bool explains_a_change(const struct head *h)
{
    bool analyze = word_at(h, 1, "ANALYZE");
    size_t i = 2;
    if (h->n > 1 && sql_token_is(&h->tokens[1], '(')) {
        while (i < h->n && !sql_token_is(&h->tokens[i], ')'))
            analyze |= word_at(h, i++, "ANALYZE");
        i++;
    }
    return analyze && !word_at(h, i, "SELECT") && !word_at(h, i, "FROM");
}

/* Whatever is not known to read alone is taken for a change. */
static enum backend_effect effect_of(const struct head *h, const struct engine_stmt_info *info)
{
    switch (info->kind) {
    case ENGINE_STMT_SELECT: return BACKEND_READS;
    case ENGINE_STMT_EXPLAIN: return explains_a_change(h) ? BACKEND_WRITES : BACKEND_READS;
    case ENGINE_STMT_SET:
    case ENGINE_STMT_PREPARE: return BACKEND_SESSION;
    default: return BACKEND_WRITES;
    }
}

/* Of a statement that begins with another word than its own. */
static const char *behind_with(enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_STMT_INSERT: return "INSERT 0";
    case ENGINE_STMT_UPDATE: return "UPDATE";
    case ENGINE_STMT_DELETE: return "DELETE";
    default: return "SELECT";
    }
}

static void put_tag(const struct head *h, const struct sql_tokens *sql, enum engine_kind kind,
                    struct backend_stmt_info *out)
{
    const struct tag *t = find_tag(h);
    if (kind == ENGINE_STMT_SELECT && !word_at(h, 0, "SHOW"))
        t = NULL; /* PRAGMA table_info(…) is a query */
    out->tag = t ? t->tag : behind_with(kind);
    out->tag_count = t ? t->count : true;
    if (t && strcmp(t->tag, "CREATE TABLE") == 0 && has_word(sql, "AS")) { /* PostgreSQL counts its rows */
        out->tag = "SELECT";
        out->tag_count = true;
    }
}

/* Without a parenthesis it has neither a query nor a function to run. */
static bool sets_by_running(const struct head *h, struct str sql)
{
    return word_at(h, 0, "SET") && word_at(h, 1, "VARIABLE") && memchr(sql.p, '(', sql.n);
}

/* What the engine does not undo is what it does at once: settings, DETACH. */
static enum local_way way_of(const struct head *h, struct str sql, enum backend_effect effect,
                             enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_STMT_SET: return sets_by_running(h, sql) ? LOCAL_WAY_VARIABLE : LOCAL_WAY_AT_ONCE;
    case ENGINE_STMT_DETACH: return LOCAL_WAY_AT_ONCE;
    case ENGINE_STMT_PREPARE: return LOCAL_WAY_PLAIN;
    default: return effect == BACKEND_READS ? LOCAL_WAY_PLAIN : LOCAL_WAY_ALONE;
    }
}

/* What is refused of those kinds that a session handles itself, and what is remembered when they have run. */
static int classify(struct local_stmt *st, const struct head *h, enum engine_kind kind, struct err *e)
{
    switch (kind) {
    case ENGINE_STMT_PRAGMA:
        return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE,
                       "permission denied to change the engine by PRAGMA");
    case ENGINE_STMT_TRANSACTION:
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "this form of a transaction command is not supported");
    case ENGINE_STMT_SET: return classify_set(h, &st->after, e);
    case ENGINE_STMT_PREPARE: st->after = LOCAL_AFTER_PIN; return ST_OK;
    case ENGINE_STMT_CREATE:
        if (makes_temporary(h)) {
            st->after = LOCAL_AFTER_PIN;
            st->base.info.effect = BACKEND_SESSION;
        }
        return ST_OK;
    default: return ST_OK;
    }
}

int local_classify(struct local_stmt *st, const struct sql_tokens *sql, const struct engine_stmt_info *info,
                   struct err *e)
{
    struct backend_stmt_info *out = &st->base.info;
    struct head h;
    head_read(&h, sql);
    st->after = LOCAL_AFTER_NOTHING;
    out->effect = effect_of(&h, info);
    out->repeats = out->effect == BACKEND_READS && sql_repeats(*sql);
    out->returns_rows = gives_rows(sql, info);
    put_tag(&h, sql, info->kind, out);
    TRY(classify(st, &h, info->kind, e));
    st->way = way_of(&h, st->sql, out->effect, info->kind);
    return ST_OK;
}
