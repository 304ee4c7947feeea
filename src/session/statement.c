/* Prepared statements of a session: the unnamed one and those with names, made by Parse and by PREPARE alike.
 */
#include "session/statement.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/with.h"
#include "sql/tokens.h"
#include "sql/void_params.h"
#include "sql/with.h"

#include <assert.h>
#include <string.h>

static void statement_freep(struct statement **st)
{
    statement_free(*st);
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

/* Of a text that PostgreSQL's scanner does not take. */
static int classify_by_engine(struct session *s, struct str text, struct sql_statement *out, struct err *e)
{
    struct backend_session *engine;
    struct engine_split split = {0};
    TRY(session_engine(s, &engine, e));
    TRY(engine->ops->split(engine, text, count_piece, &split, e));
    if (split.pieces > 1)
        return several(e);
    struct str piece = {text.p + split.off, split.pieces ? split.len : 0};
    return sql_classify(&s->message_arena, sql_tokens_of(piece), out, e);
}

static int classify_text(struct session *s, struct sql_tokens text, struct sql_statement *out, struct err *e)
{
    struct sql_list list = {0};
    if (text.marks.n > 0) /* it was cut when they were found */
        return sql_classify(&s->message_arena, text, out, e);
    int how = sql_split(&s->message_arena, text.text, &list, e);
    TRY(how);
    if (how == ST_AGAIN)
        return classify_by_engine(s, text.text, out, e);
    *out = list.items[0];
    return list.n > 1 ? several(e) : ST_OK;
}

/* The one statement of a text, classified. Its tokens are the message's. */
static int classify_one(struct session *s, struct statement *st, struct sql_tokens text, struct err *e)
{
    TRY(classify_text(s, text, &st->sql, e));
    st->sql.word = arena_strdup(&st->arena, st->sql.word);
    return st->sql.word ? ST_OK : err_oom(e);
}

static bool changes_in_with(const struct sql_statement *sql)
{
    return strcmp(sql->word, "WITH") == 0 && sql_with_changes(sql_statement_tokens(sql));
}

/* sql: st's own, or the query of its DECLARE. */
static int prepare_engine(struct session *s, struct statement *st, const struct sql_statement *sql,
                          const uint32_t *oids, size_t noids, struct err *e)
{
    bool declares = st->sql.kind == SQL_DECLARE; /* a cursor outlives its message */
    assert(!st->engine);                         /* or the one before would never be freed */
    if (!declares && changes_in_with(sql)) {
        TRY(with_prepare(s, st, sql, oids, noids, e));
        st->backend = s->engine;
        return ST_OK;
    }
    struct session_query q = {
        .sql = sql, .oids = oids, .noids = noids, .memory = declares ? &s->memory.named : st->memory};
    TRY(session_prepare(s, &q, &st->engine, e));
    st->backend = s->engine;
    st->names_session |= q.names_session;
    return ST_OK;
}

static int keep_oids(struct statement *st, const uint32_t *oids, size_t noids, struct err *e)
{
    if (noids == 0)
        return ST_OK;
    if (noids > BACKEND_PARAMS_MAX) /* of a PREPARE: Parse cannot name so many */
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a statement has at most %d parameters",
                       BACKEND_PARAMS_MAX);
    assert(!st->oids);
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
    st->created_us = *name ? clock_wall_us() : 0; /* nobody is shown those without a name */
    st->name = mem_strdup(name);
    if (!st->name || memory_count(st->memory, &st->counted, sizeof *st + strlen(name), e) < 0) {
        statement_free(st);
        return err_is_set(e) ? ST_ERR : err_oom(e);
    }
    *out = st;
    return ST_OK;
}

/* The query of a DECLARE, at the place that it has in the text of the command. */
static void declared_query(const struct sql_statement *declare, struct sql_statement *query)
{
    const struct sql_tokens whole = sql_statement_tokens(declare);
    const struct sql_tokens part = sql_tokens_part(&whole, declare->parsed->declare.query);
    *query =
        (struct sql_statement){.kind = SQL_ENGINE, .text = part.text, .marks = part.marks, .word = "SELECT"};
    query->offset = declare->offset + (size_t)(query->text.p - declare->text.p);
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
    TRY(statement_parse(s, st, e));
    declared_query(&st->sql, &query);
    TRY(sql_classify(&s->message_arena, sql_statement_tokens(&query), &classified, e));
    bool reads = classified.kind == SQL_ENGINE && !changes_something(classified.word);
    if (reads) {
        TRY(prepare_engine(s, st, &query, oids, noids, e));
        reads = st->engine->info.returns_rows && st->engine->info.effect == BACKEND_READS;
    }
    if (reads)
        return ST_OK;
    (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"%s\"", classified.word);
    e->position = 1;
    sql_shift_position(&query, e);
    return ST_ERR;
}

/* What of a statement the engine's parser has to take. */
static int engine_text(struct session *s, struct sql_statement *sql, struct sql_statement *out, struct err *e)
{
    *out = *sql;
    if (sql->kind != SQL_DECLARE)
        return ST_OK;
    if (sql_parse(&s->message_arena, sql, e) < 0) {
        sql_shift_position(sql, e);
        return ST_ERR;
    }
    declared_query(sql, out);
    return ST_OK;
}

int statement_check_syntax(struct session *s, struct sql_statement *sql, struct err *e)
{
    struct sql_statement text;
    if (changes_in_with(sql)) /* the engine's parser takes its parts alone */
        return ST_OK;
    TRY(engine_text(s, sql, &text, e));
    return text.kind == SQL_ENGINE ? session_check_syntax(s, &text, e) : ST_OK;
}

int statement_holds(const struct statement *st, struct err *e)
{
    return st->engine && st->backend->ops->holds ? st->backend->ops->holds(st->engine, e) : ST_OK;
}

int statement_refresh(struct session *s, struct statement *st, struct err *e)
{
    struct sql_statement query = st->sql;
    if (!st->names_session)
        return ST_OK;
    assert(st->engine && st->backend == s->engine);
    if (st->sql.kind == SQL_DECLARE)
        declared_query(&st->sql, &query);
    struct backend_stmt *old = TAKE_PTR(st->engine);
    if (prepare_engine(s, st, &query, st->oids, st->noids, e) < 0) {
        st->engine = old; /* it may work the next time */
        return ST_ERR;
    }
    st->backend->ops->stmt_free(old);
    return ST_OK;
}

/* The query of the calls' arguments. */
static int prepare_calls(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                         struct err *e)
{
    struct sql_rewritten made;
    TRY(calls_text(s, st, &made, e));
    struct session_query q = {
        .sql = &st->sql, .made = &made, .oids = oids, .noids = noids, .memory = st->memory};
    TRY(session_prepare(s, &q, &st->engine, e));
    st->backend = s->engine;
    return calls_describe(s, st, e);
}

static int prepare_explain(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                           struct err *e)
{
    struct sql_rewritten made;
    TRY(explain_text(s, st, &made, e));
    struct session_query q = {
        .sql = &st->sql, .made = &made, .oids = oids, .noids = noids, .memory = st->memory};
    TRY(session_prepare(s, &q, &st->engine, e));
    st->backend = s->engine;
    return explain_describe(s, st, &st->desc, e);
}

/* The engine has refused it: it may be the call of a function that runs by itself alone. */
static int prepare_alone(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                         struct err *e)
{
    const struct err said = *e;
    bool alone = false;
    if (!procedure_may_be_alone(e) || !means_postgres(s))
        return ST_ERR;
    err_init(e);
    TRY(procedure_alone(s, st, &alone, e));
    if (alone)
        return procedure_prepare(s, st, oids, noids, e);
    *e = said;
    return procedure_explain(e);
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
        TRY(command_claims(s, st, &ours, e));
    TRY(keep_oids(st, oids, noids, e));
    if (!ours)
        return prepare_engine(s, st, &st->sql, oids, noids, e) < 0 ? prepare_alone(s, st, oids, noids, e)
                                                                   : ST_OK;
    if (st->sql.kind == SQL_DECLARE)
        return prepare_declare(s, st, oids, noids, e);
    if (st->sql.kind == SQL_EXPLAIN)
        return prepare_explain(s, st, oids, noids, e);
    if (st->sql.kind == SQL_CALL)
        return procedure_prepare(s, st, oids, noids, e);
    if (st->sql.kind == SQL_CALLS)
        return prepare_calls(s, st, oids, noids, e);
    if (st->sql.kind == SQL_SET_CONFIG)
        return set_config_describe(s, st, e);
    return command_describe(s, st, &st->desc, e);
}

/* What a client prepares it may keep by the thousand. */
static int count_description(struct statement *st, struct err *e)
{
    const struct row_desc *desc = statement_desc(st);
    return desc ? memory_count(st->memory, &st->counted, row_desc_bytes(desc), e) : ST_OK;
}

/* The tokens of a command are read again when it runs; the engine has got those of its own statement. */
static int keep_marks(struct statement *st, struct err *e)
{
    struct sql_marks *m = &st->sql.marks;
    size_t n = st->engine ? 0 : m->n;
    assert(!st->lent); /* else they live as long as the statement */
    struct sql_mark *copy = n ? arena_calloc(&st->arena, n, sizeof *copy) : NULL;
    if (n && !copy)
        return err_oom(e);
    if (n)
        memcpy(copy, m->items, n * sizeof *copy);
    *m = (struct sql_marks){.items = copy, .n = n, .base = m->base};
    return ST_OK;
}

const uint32_t statement_void_oid = PGTYPE_VOID;

/* The text and the types without parameters of the type void. */
static int leave_voids(struct statement *st, struct str text, const uint32_t *oids, size_t noids,
                       struct sql_void_params *out, struct err *e)
{
    TRY(sql_leave_void_params(&st->arena, text, oids, noids, PGTYPE_VOID, out, e));
    st->nvoids = (uint16_t)out->nvoids;
    st->is_void = out->is_void;
    st->nsaid = out->nvoids ? noids : 0;
    return ST_OK;
}

int statement_new(struct session *s, const char *name, struct sql_tokens text, const uint32_t *oids,
                  size_t noids, struct statement **out, struct err *e)
{
    CLEANUP(statement_freep) struct statement *st = NULL;
    TRY(statement_make(s, name, &st, e));
    char *copy = arena_strndup(&st->arena, text.text.p, text.text.n);
    if (!copy)
        return err_oom(e);
    st->source = text.text = (struct str){copy, text.text.n};
    struct sql_void_params p;
    TRY(leave_voids(st, text.text, oids, noids, &p, e));
    text.text = p.text;
    TRY(classify_one(s, st, text, e));
    TRY(prepare(s, st, p.oids, p.n, e));
    TRY(count_description(st, e));
    TRY(keep_marks(st, e));
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
    st->lent = true;
    TRY(prepare(s, st, oids, noids, e));
    *out = TAKE_PTR(st);
    return ST_OK;
}

bool statement_param_is_void(const struct statement *st, size_t i)
{
    return i < st->nsaid && st->is_void[i];
}
