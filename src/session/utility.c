/* What a command of PostgreSQL's says has to be true afterwards: where it is true already nothing is done,
 * what can be done is done, and the rest is refused. There is one role to be seen, the user, and who may
 * log in may do everything. Source of the words: PostgreSQL 15's answers, as measured. */
#include "session/utility.h"

#include "base/hash.h"
#include "session/notes.h"
#include "session/session_priv.h"
#include "session/type_made.h"
#include "sql/catalog.h"
#include "sql/name.h"
#include "sql/utility.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Their functions are there, whoever asks for them, or they say nothing here. */
static const char *const extensions[] = {"btree_gin", "btree_gist", "citext",   "fuzzystrmatch", "pg_trgm",
                                         "pgcrypto",  "plpgsql",    "unaccent", "uuid-ossp"};

/* The name that a token writes. NULL without memory. */
static char *text_of(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* IF EXISTS: what is not there is told as a notice. */
static void passed_over(struct session *s, const char *what, const char *name)
{
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "%s \"%s\" does not exist, skipping",
                   what, name);
}

/* ---- what it names ---- */

/* The user's own name, or one of the words that stand for it. */
static bool is_user(const struct session *s, const struct sql_token *t, const char *name)
{
    return sql_token_is_word(t, "CURRENT_USER") || sql_token_is_word(t, "SESSION_USER") ||
           sql_token_is_word(t, "CURRENT_ROLE") || strcmp(name, s->user) == 0;
}

/* Each has to be the user, or PUBLIC where that says the same. */
static int check_roles(struct session *s, const struct sql_utility *u, struct err *e)
{
    for (size_t i = 0; i < u->nroles; i++) {
        const struct sql_token *t = &u->roles[i];
        const char *name = text_of(s, t);
        if (!name)
            return err_oom(e);
        if (u->public_is_fine && sql_token_is_word(t, "PUBLIC"))
            continue;
        bool user = is_user(s, t, name);
        if (user && u->drops)
            return err_set(e, SQLSTATE_OBJECT_IN_USE, "current user cannot be dropped");
        if (user)
            continue;
        if (!u->if_exists || !u->drops)
            return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "role \"%s\" does not exist", name);
        passed_over(s, "role", name);
    }
    return ST_OK;
}

/* PostgreSQL refuses the extensions that are not installed; here that is all but a few. */
static int check_extension(struct session *s, const struct sql_utility *u, struct err *e)
{
    bool known = false;
    for (size_t i = 0; u->extension && i < sizeof extensions / sizeof *extensions; i++)
        known |= strcmp(u->extension, extensions[i]) == 0;
    if (!u->extension || (known && u->drops && strcmp(u->extension, "plpgsql") != 0))
        return ST_OK;
    bool built_in = strcmp(u->extension, "plpgsql") == 0;
    if (u->drops && built_in)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "extension \"plpgsql\" cannot be dropped");
    if (u->drops && u->if_exists) {
        passed_over(s, "extension", u->extension);
        return ST_OK;
    }
    if (u->drops)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "extension \"%s\" does not exist", u->extension);
    if (!known)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "extension \"%s\" is not available", u->extension);
    if (built_in && !u->if_exists)
        return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "extension \"plpgsql\" already exists");
    if (built_in)
        session_notice(s, REPLY_NOTICE, SQLSTATE_DUPLICATE_OBJECT,
                       "extension \"plpgsql\" already exists, skipping");
    return ST_OK;
}

/* 42P01 when nothing has the name, 42809 when something else has it. */
static int check_relation(struct session *s, const struct sql_utility_name *n, const char *kinds,
                          struct relation *out, struct err *e)
{
    const struct relation_name name = {n->database, n->schema, n->relation};
    struct relation any;
    TRY(relation_find(s, &name, kinds, out, e));
    if (out->found)
        return ST_OK;
    const char *text = text_of(s, &n->relation), *schema = "", *dot = "";
    if (n->schema.kind != SQL_TOK_END) {
        schema = text_of(s, &n->schema);
        dot = ".";
    }
    if (!text || !schema)
        return err_oom(e);
    TRY(relation_find(s, &name, "rvSi", &any, e));
    if (any.found)
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not %s", text,
                       strcmp(kinds, "i") == 0   ? "an index"
                       : strcmp(kinds, "S") == 0 ? "a sequence"
                                                 : "a table");
    return err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%s%s%s\" does not exist", schema, dot, text);
}

/* What is no relation: by its last name alone. */
static int check_named(struct session *s, const struct sql_utility_name *n, const char *from,
                       const char *column, enum sqlstate code, const char *what, struct err *e)
{
    struct ask_rows rows;
    struct str schema = strcmp(what, "schema") == 0 ? sql_engine_schema(&n->relation) : (struct str){0};
    const char *name = text_of(s, &n->relation);
    const char *literal = name ? step_literal(s, name) : NULL;
    if (schema.p && literal)
        literal = step_text(s, "'%.*s'", (int)schema.n, schema.p);
    const char *sql = literal
                          ? step_text(s, "SELECT 1 FROM system.main.%s() WHERE lower(%s) = lower(%s) LIMIT 1",
                                      from, column, literal)
                          : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n > 0 ? ST_OK : err_set(e, code, "%s \"%s\" does not exist", what, name);
}

/* out: of a relation. */
static int check_object(struct session *s, const struct sql_utility *u, size_t i, struct relation *out,
                        struct err *e)
{
    const struct sql_utility_name *n = &u->names[i];
    bool found;
    *out = (struct relation){0};
    switch (u->object) {
    case SQL_OBJECT_TABLE: return check_relation(s, n, "rv", out, e);
    case SQL_OBJECT_MATVIEW:
    case SQL_OBJECT_CONSTRAINT: return check_relation(s, n, "r", out, e);
    case SQL_OBJECT_RELATION: return check_relation(s, n, "rvS", out, e);
    case SQL_OBJECT_SEQUENCE: return check_relation(s, n, "S", out, e);
    case SQL_OBJECT_INDEX: return check_relation(s, n, "i", out, e);
    case SQL_OBJECT_SCHEMA:
        return check_named(s, n, "duckdb_schemas", "schema_name", SQLSTATE_INVALID_SCHEMA_NAME, "schema", e);
    case SQL_OBJECT_TYPE:
        TRY(domains_find(s, &(struct sql_type_name){n->database, n->schema, n->relation}, &found, e));
        if (found)
            return ST_OK;
        return check_named(s, n, "duckdb_types", "type_name", SQLSTATE_UNDEFINED_OBJECT, "type", e);
    case SQL_OBJECT_FUNCTION:
        return check_named(s, n, "duckdb_functions", "function_name", SQLSTATE_UNDEFINED_FUNCTION, "function",
                           e);
    case SQL_OBJECT_DATABASE: {
        const char *name = text_of(s, &n->relation);
        if (!name)
            return err_oom(e);
        return strcmp(name, s->database) == 0
                   ? ST_OK
                   : err_set(e, SQLSTATE_INVALID_CATALOG_NAME, "database \"%s\" does not exist", name);
    }
    case SQL_OBJECT_OTHER: break;
    }
    return ST_OK;
}

/* ---- what it does ---- */

/* The engine keeps no names of constraints but of indexes: one of a table that has some is believed. */
static int check_constraint(struct session *s, const struct relation *table, const char *name, struct err *e)
{
    struct ask_rows rows;
    const char *relation = step_literal(s, table->name), *schema = step_literal(s, table->schema);
    const char *sql = relation && schema
                          ? step_text(s,
                                      "SELECT 1 FROM system.main.duckdb_constraints() WHERE "
                                      "schema_name = %s AND table_name = %s AND constraint_type IN "
                                      "('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY', 'CHECK') UNION ALL SELECT "
                                      "1 FROM system.main.duckdb_indexes() WHERE schema_name = %s AND "
                                      "table_name = %s AND is_unique",
                                      schema, relation, schema, relation)
                          : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n > 0 ? ST_OK
                      : err_set(e, SQLSTATE_UNDEFINED_OBJECT,
                                "constraint \"%s\" for table \"%s\" does not exist", name, table->name);
}

/* The key that a note about the object is kept under. */
static int comment_key(struct session *s, const struct sql_utility *u, const struct relation *r,
                       const char **out, struct err *e)
{
    const char *name = text_of(s, &u->names[0].relation);
    if (!name)
        return err_oom(e);
    switch (u->object) {
    case SQL_OBJECT_SCHEMA: {
        struct str known = sql_engine_schema(&u->names[0].relation);
        *out = step_text(s, "schema:%.*s", (int)(known.p ? known.n : strlen(name)), known.p ? known.p : name);
        break;
    }
    case SQL_OBJECT_DATABASE: *out = "database"; break;
    case SQL_OBJECT_CONSTRAINT: {
        const char *constraint = text_of(s, &u->part);
        if (!constraint)
            return err_oom(e);
        TRY(check_constraint(s, r, constraint, e));
        *out = step_text(s, "constraint:%s.%s.%s", r->schema, r->name, constraint);
        break;
    }
    default: *out = NULL; return ST_OK;
    }
    return *out ? ST_OK : err_oom(e);
}

/* What is kept in a comment behind a record separator stays: a materialized view's query, where a sequence
 * began, the rows of an index. */
static int put_relation_comment(struct session *s, const struct sql_utility *u, const struct relation *r,
                                const char *text, struct err *e)
{
    assert(r->found && r->full);
    const char *kept = r->comment ? strchr(r->comment, '\x1e') : NULL;
    bool matview = r->kind == 'r' && kept && kept[1] == 'M';
    if (r->kind != 'S' && r->kind != 'i' && (matview != (u->object == SQL_OBJECT_MATVIEW) || r->kind != 'r'))
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", r->name,
                       u->object == SQL_OBJECT_TABLE ? "table" : "materialized view");
    const char *all = text || kept ? step_text(s, "%s%s", text ? text : "", kept ? kept : "") : NULL;
    const char *literal = all ? step_literal(s, all) : "NULL";
    return literal ? step_run(s,
                              step_text(s, "COMMENT ON %s %s IS %s",
                                        r->kind == 'S'   ? "SEQUENCE"
                                        : r->kind == 'i' ? "INDEX"
                                                         : "TABLE",
                                        r->full, literal),
                              e)
                   : err_oom(e);
}

/* What the engine keeps goes to the engine, the rest into the notes. */
static int put_comment(struct session *s, const struct sql_utility *u, const struct relation *r,
                       struct err *e)
{
    const char *key = NULL, *text = NULL;
    if (u->object == SQL_OBJECT_TABLE || u->object == SQL_OBJECT_MATVIEW ||
        u->object == SQL_OBJECT_SEQUENCE || u->object == SQL_OBJECT_INDEX) {
        TRY(step_comment(s, &u->comment, &text, e));
        return put_relation_comment(s, u, r, text, e);
    }
    if (u->object == SQL_OBJECT_TYPE) {
        const struct sql_type_name name = {u->names[0].database, u->names[0].schema, u->names[0].relation};
        TRY(step_comment(s, &u->comment, &text, e));
        bool found;
        TRY(domains_comment(s, &name, text, &found, e));
        return found ? ST_OK : type_comment(s, &name, text, e);
    }
    TRY(comment_key(s, u, r, &key, e));
    if (!key && u->object == SQL_OBJECT_OTHER) /* of what is built in: an extension, a language */
        return ST_OK;
    if (!key)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "COMMENT ON this kind of object is not supported");
    TRY(step_comment(s, &u->comment, &text, e));
    return notes_put(s, key, text, e);
}

/* Against other LOCKs alone: two writers of a row get 40001 without it. */
static int lock_relation(struct session *s, const struct sql_utility *u, const struct relation *r,
                         struct err *e)
{
    const struct advisory_key key = {.is_pair = true,
                                     .number = (int64_t)hash_text(str_of(r->full)),
                                     .database = ~hash_text(str_of(s->database))};
    const struct advisory_mode mode = {.shared = !u->exclusive, .transaction = true};
    bool got;
    if (!u->nowait)
        return advisory_lock(s, &key, mode, e);
    TRY(advisory_try(s, &key, mode, &got, e));
    return got ? ST_OK
               : err_set(e, SQLSTATE_LOCK_NOT_AVAILABLE, "could not obtain lock on relation \"%s\"", r->name);
}

/* What the command does to one of its objects. */
static int act(struct session *s, const struct sql_utility *u, const struct relation *r, struct err *e)
{
    switch (u->what) {
    case SQL_UTILITY_COMMENT: return put_comment(s, u, r, e);
    case SQL_UTILITY_ANALYZE:
        return r->found && r->kind == 'r' ? step_run(s, step_text(s, "ANALYZE %s", r->full), e) : ST_OK;
    case SQL_UTILITY_LOCK: return lock_relation(s, u, r, e);
    case SQL_UTILITY_NOTHING:
    case SQL_UTILITY_ABSENT:
    case SQL_UTILITY_ENGINE:
    case SQL_UTILITY_REFUSED: break;
    }
    return ST_OK;
}

/* Some commands need a transaction block, and some must not be in one. */
static int check_place(const struct session *s, const struct sql_utility *u, struct err *e)
{
    if (u->outside && s->tx.state != TX_IDLE)
        return err_set(e, SQLSTATE_ACTIVE_SQL_TRANSACTION, "%s cannot run inside a transaction block",
                       u->tag);
    if (u->inside && s->tx.state != TX_BLOCK)
        return err_set(e, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION, "%s can only be used in transaction blocks",
                       u->tag);
    return ST_OK;
}

/* DROP of a kind of which there are none. */
static int drop_nothing(struct session *s, const struct sql_utility *u, struct command_result *r,
                        struct err *e)
{
    const char *name = u->part.kind == SQL_TOK_END ? "" : text_of(s, &u->part);
    const char *what = !name ? NULL : *name ? step_text(s, "%s \"%s\"", u->noun, name) : u->noun;
    bool routine = strcmp(u->noun, "aggregate") == 0;
    assert(u->what == SQL_UTILITY_ABSENT && u->noun);
    if (!what)
        return err_oom(e);
    if (!u->if_exists)
        return err_set(e, routine ? SQLSTATE_UNDEFINED_FUNCTION : SQLSTATE_UNDEFINED_OBJECT,
                       "%s does not exist", what);
    TRY(tx_implicit_begin(s, e));
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "%s does not exist, skipping", what);
    (void)snprintf(r->tag, sizeof r->tag, "%s", u->tag);
    return ST_OK;
}

/* What needs no look into the catalog is checked before a transaction begins. Then each object is looked for
 * and acted upon before the next one is looked for. */
int utility_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_UTILITY);
    TRY(statement_parse(s, st, e));
    const struct sql_utility *u = &st->sql.parsed->utility;
    if (u->what == SQL_UTILITY_REFUSED) {
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", u->tag);
        if (u->why)
            err_detail(e, "%s", u->why);
        return ST_ERR;
    }
    if (u->what == SQL_UTILITY_ABSENT)
        return drop_nothing(s, u, r, e);
    bool writes = u->what == SQL_UTILITY_COMMENT || u->what == SQL_UTILITY_ENGINE;
    TRY(check_place(s, u, e));
    TRY(check_roles(s, u, e));
    TRY(check_extension(s, u, e));
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, writes, e));
    if (writes)
        TRY(portals_start_readers(s, s->portals.running, e));
    for (size_t i = 0; i < u->nnames; i++) {
        struct relation relation;
        TRY(check_object(s, u, i, &relation, e));
        TRY(act(s, u, &relation, e));
    }
    if (u->what == SQL_UTILITY_ANALYZE && u->nnames == 0)
        TRY(step_run(s, "ANALYZE", e));
    if (u->what == SQL_UTILITY_ENGINE)
        TRY(step_run_sent(s, u->text, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", u->tag);
    return ST_OK;
}
