/* Prepared statements of a session: the unnamed one and those with names, made by Parse and by PREPARE alike.
 */
#include "session/statement.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/catalog_rewrite.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdio.h>
#include <string.h>

enum { REWRITE_ARENA_MAX = 256 * 1024 * 1024 };

static void statement_freep(struct statement **st)
{
    statement_free(*st);
}

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

struct engine_split {
    unsigned pieces;
    size_t off, len;
};

static int count_piece(void *arg, size_t off, size_t len)
{
    struct engine_split *split = arg;
    if (split->pieces++ == 0) {
        split->off = off;
        split->len = len;
    }
    return ST_OK;
}

static int several(struct err *e)
{
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement");
}

/* The one statement of a text, classified. */
static int classify_one(struct session *s, struct statement *st, struct str text, struct err *e)
{
    struct sql_list list = {0};
    int how = sql_split(&st->arena, text, &list, e);
    TRY(how);
    if (how == ST_OK) {
        if (list.n > 1)
            return several(e);
        if (list.n == 1)
            st->sql = list.items[0];
        else
            st->sql = (struct sql_statement){.kind = SQL_EMPTY, .text = {text.p, 0}, .word = ""};
        return ST_OK;
    }
    struct backend_session *engine;
    struct engine_split split = {0};
    TRY(session_engine(s, &engine, e));
    TRY(engine->ops->split(engine, text, count_piece, &split, e));
    if (split.pieces > 1)
        return several(e);
    return sql_classify(&st->arena, (struct str){text.p + split.off, split.pieces ? split.len : 0}, &st->sql,
                        e);
}

/* What the session's own functions say, put into a statement's text before the engine sees it. */
struct asked {
    struct session *session;
    struct statement *statement;
    bool failed;
};

static const char *session_value(void *arg, const char *name)
{
    struct asked *asked = arg;
    struct session *s = asked->session;
    static _Thread_local char text[160];
    if (strcmp(name, "user") == 0)
        return s->user;
    if (strcmp(name, "database") == 0)
        return s->database;
    if (strcmp(name, "pid") == 0) {
        (void)snprintf(text, sizeof text, "%u", s->place.pid);
        return text;
    }
    if (strcmp(name, "version") == 0) {
        (void)snprintf(text, sizeof text, "PostgreSQL 15.0 (Tavana %s)", session_config(s)->version);
        return text;
    }
    bool cursors = strcmp(name, "cursors") == 0;
    if (cursors || strcmp(name, "statements") == 0) {
        asked->statement->names_session = true;
        const char *list = cursors ? cursors_as_sql(s) : statements_as_sql(s);
        asked->failed |= !list;
        return list;
    }
    if (strncmp(name, "setting:", 8) == 0) {
        asked->statement->names_session = true;
        int setting = settings_find(&s->settings, name + 8);
        return setting < 0 ? NULL : settings_get(&s->settings, (size_t)setting);
    }
    return NULL;
}

void statement_shift_position(const struct sql_statement *sql, struct err *e)
{
    const char *message = sql->text.p - sql->offset;
    for (size_t i = 0; e->position > 0 && i < sql->offset; i++)
        e->position += ((unsigned char)message[i] & 0xC0) != 0x80;
}

static bool names_catalog(struct str text)
{
    const struct str name = STR(SQL_CATALOG_DATABASE);
    for (size_t i = 0; i + name.n <= text.n; i++)
        if (str_ieq((struct str){text.p + i, name.n}, name))
            return true;
    return false;
}

/* The views that pg_catalog is rewritten to are in a database of all sessions: who could name it could drop
 * it. A string names it too in USE, SET and PRAGMA. */
int statement_check_names(const struct sql_statement *sql, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t;
    bool strings = cstr_ieq(sql->word, "USE") || cstr_ieq(sql->word, "SET") || cstr_ieq(sql->word, "PRAGMA");
    sql_lexer_init(&l, sql->text);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if ((strings || sql_token_is_name(&t)) && names_catalog(t.text))
            return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied for database %s",
                           SQL_CATALOG_DATABASE);
    return ST_OK;
}

/* UPDATE and DELETE … WHERE CURRENT OF: the engine's parser does not know it. */
int statement_explain_error(const struct sql_statement *sql, struct err *e)
{
    if (e->code == SQLSTATE_SYNTAX_ERROR && sql_is_where_current_of(sql->text)) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    }
    return ST_ERR;
}

int statement_rewrite(struct session *s, struct statement *st, struct str text, struct arena *a,
                      struct sql_rewritten *out, struct err *e)
{
    struct asked asked = {.session = s, .statement = st};
    TRY(sql_rewrite_catalog(a, text, session_value, &asked, out, e));
    return asked.failed ? err_oom(e) : ST_OK;
}

/* sql: st's own, or the query of its DECLARE. */
static int prepare_engine(struct session *s, struct statement *st, const struct sql_statement *sql,
                          const uint32_t *oids, size_t noids, struct err *e)
{
    struct backend_session *engine;
    TRY(statement_check_names(sql, e));
    TRY(session_engine(s, &engine, e));
    CLEANUP(arena_releasep) struct arena scratch;
    arena_init_of(&scratch, REWRITE_ARENA_MAX, &s->memory.all);
    struct sql_rewritten rewritten = {0};
    TRY(statement_rewrite(s, st, sql->text, &scratch, &rewritten, e));
    st->backend = engine;
    /* A cursor outlives its message. */
    session_engine_counts(engine, st->declare ? &s->memory.named : st->memory);
    int rc = engine->ops->prepare(engine, rewritten.text, oids, noids, &st->engine, e);
    if (rc < 0 && sql->kind == SQL_SHOW && e->code == SQLSTATE_UNDEFINED_TABLE)
        e->code = SQLSTATE_UNDEFINED_OBJECT; /* SHOW of neither a parameter nor a table */
    if (rc < 0 && e->position > 0) {
        e->position = sql_rewrite_position(&rewritten, sql->text, e->position);
        statement_shift_position(sql, e);
    }
    return rc < 0 ? statement_explain_error(sql, e) : ST_OK;
}

static int keep_oids(struct statement *st, const uint32_t *oids, size_t noids, struct err *e)
{
    if (noids == 0)
        return ST_OK;
    st->oids = arena_calloc(&st->arena, noids, sizeof *oids);
    if (!st->oids)
        return err_oom(e);
    memcpy(st->oids, oids, noids * sizeof *oids);
    st->noids = (uint16_t)noids;
    return ST_OK;
}

static int statement_make(struct session *s, const char *name, struct statement **out, struct err *e)
{
    struct statement *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    list_init(&st->link);
    st->memory = memory_of(s, name);
    arena_init_of(&st->arena, SIZE_MAX, st->memory);
    st->refs = 1;
    st->created_us = clock_wall_us();
    st->name = mem_strdup(name);
    if (!st->name || memory_count(st->memory, &st->counted, sizeof *st + strlen(name), e) < 0) {
        statement_free(st);
        return err_is_set(e) ? ST_ERR : err_oom(e);
    }
    *out = st;
    return ST_OK;
}

/* The query of a DECLARE, at the place that it has in st's text. */
static void declared_query(const struct statement *st, struct sql_statement *query)
{
    *query = (struct sql_statement){.kind = SQL_ENGINE, .text = st->declare->query, .word = "SELECT"};
    query->offset = st->sql.offset + (size_t)(query->text.p - st->sql.text.p);
}

/* What is no query whether its tables are there or not. */
static bool changes_something(const char *word)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE",
                                        "CREATE", "ALTER",  "DROP",   "COPY"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static int prepare_declare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                           struct err *e)
{
    struct sql_statement query, classified;
    st->declare = arena_calloc(&st->arena, 1, sizeof *st->declare);
    if (!st->declare)
        return err_oom(e);
    TRY(sql_parse_declare(&st->arena, &st->sql, st->declare, e));
    declared_query(st, &query);
    TRY(sql_classify(&st->arena, query.text, &classified, e));
    bool reads = classified.kind == SQL_ENGINE && !changes_something(classified.word);
    if (reads) {
        TRY(prepare_engine(s, st, &query, oids, noids, e));
        reads = st->engine->info.returns_rows && st->engine->info.effect == BACKEND_READS;
    }
    if (reads)
        return ST_OK;
    (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"%s\"", classified.word);
    e->position = 1;
    statement_shift_position(&query, e);
    return ST_ERR;
}

static int no_piece(void *arg, size_t off, size_t len)
{
    (void)arg, (void)off, (void)len;
    return ST_OK;
}

/* The query of a DECLARE as a statement. */
static int declared_text(struct session *s, const struct sql_statement *sql, struct sql_statement *out,
                         struct err *e)
{
    struct sql_declare d;
    int rc = sql_parse_declare(&s->message_arena, sql, &d, e);
    if (rc < 0) {
        statement_shift_position(sql, e);
        return rc;
    }
    out->kind = SQL_ENGINE;
    out->text = d.query;
    out->offset = sql->offset + (size_t)(d.query.p - sql->text.p);
    return ST_OK;
}

int statement_check_syntax(struct session *s, const struct sql_statement *sql, struct err *e)
{
    struct sql_statement text = *sql;
    struct backend_session *engine;
    if (sql->kind == SQL_DECLARE)
        TRY(declared_text(s, sql, &text, e));
    if (text.kind != SQL_ENGINE)
        return ST_OK;
    TRY(session_engine(s, &engine, e));
    if (engine->ops->split(engine, text.text, no_piece, NULL, e) == ST_OK)
        return ST_OK;
    statement_shift_position(&text, e);
    return statement_explain_error(&text, e);
}

int statement_refresh(struct session *s, struct statement *st, struct err *e)
{
    struct sql_statement query = st->sql;
    if (!st->names_session)
        return ST_OK;
    if (st->declare)
        declared_query(st, &query);
    struct backend_stmt *old = TAKE_PTR(st->engine);
    if (prepare_engine(s, st, &query, st->oids, st->noids, e) < 0) {
        st->engine = old; /* it may work the next time */
        return ST_ERR;
    }
    st->backend->ops->stmt_free(old);
    return ST_OK;
}

/* Once st->sql is known. */
static int prepare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids, struct err *e)
{
    if (!tx_allows(s, st->sql.kind)) {
        TRY(statement_check_syntax(s, &st->sql, e));
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    }
    bool ours = true;
    if (st->sql.kind != SQL_EMPTY)
        TRY(command_claims(s, &st->sql, &ours, e));
    TRY(keep_oids(st, oids, noids, e));
    if (!ours)
        return prepare_engine(s, st, &st->sql, oids, noids, e);
    if (st->sql.kind == SQL_DECLARE)
        return prepare_declare(s, st, oids, noids, e);
    if (st->sql.kind == SQL_SET_CONFIG)
        return set_config_describe(s, st, e);
    return command_describe(s, &st->sql, &st->desc, e);
}

/* What a client prepares it may keep by the thousand. */
static int count_description(struct statement *st, struct err *e)
{
    const struct row_desc *desc = statement_desc(st);
    return desc ? memory_count(st->memory, &st->counted, row_desc_bytes(desc), e) : ST_OK;
}

int statement_new(struct session *s, const char *name, struct str text, const uint32_t *oids, size_t noids,
                  struct statement **out, struct err *e)
{
    CLEANUP(statement_freep) struct statement *st = NULL;
    TRY(statement_make(s, name, &st, e));
    char *copy = arena_strndup(&st->arena, text.p, text.n);
    if (!copy)
        return err_oom(e);
    st->source = (struct str){copy, text.n};
    TRY(classify_one(s, st, st->source, e));
    TRY(prepare(s, st, oids, noids, e));
    TRY(count_description(st, e));
    *out = TAKE_PTR(st);
    return ST_OK;
}

int statement_from(struct session *s, const char *name, const struct sql_statement *sql, const uint32_t *oids,
                   size_t noids, struct statement **out, struct err *e)
{
    CLEANUP(statement_freep) struct statement *st = NULL;
    TRY(statement_make(s, name, &st, e));
    st->sql = *sql; /* lent for the message, as its source: longer than this statement lives */
    st->source = s->message.query;
    TRY(prepare(s, st, oids, noids, e));
    *out = TAKE_PTR(st);
    return ST_OK;
}
