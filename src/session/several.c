/* Statements that are several for the engine, run one after the other, all of them or none: DROP and TRUNCATE
 * of several objects, CREATE TABLE with serial columns. */
#include "session/several.h"

#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Parsed, described and run as if the client had sent it alone. */
static int run_alone(struct session *s, struct str text, struct err *e)
{
    struct statement *st;
    struct backend_portal *portal = NULL;
    TRY(statement_new(s, "", sql_tokens_of(text), NULL, 0, &st, e));
    int rc = st->engine ? s->engine->ops->open(s->engine, st->engine, NULL, 0, &portal, e)
                        : err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
    if (rc == ST_OK)
        rc = s->engine->ops->start(portal, e);
    if (s->engine)
        s->engine->ops->portal_close(portal);
    statement_free(st);
    return rc;
}

static int text_of_one(struct session *s, const struct sql_several *all, size_t i, struct str *out,
                       struct err *e)
{
    size_t n = all->head.n + all->names[i].n + 1 + all->tail.n;
    char *text = arena_alloc(&s->message_arena, n + 1);
    if (!text)
        return err_oom(e);
    (void)snprintf(text, n + 1, "%.*s%.*s %.*s", (int)all->head.n, all->head.p, (int)all->names[i].n,
                   all->names[i].p, (int)all->tail.n, all->tail.p);
    *out = (struct str){text, n};
    return ST_OK;
}

static void read_name(const char *text, size_t n, struct relation_name *out)
{
    struct sql_lexer l;
    struct sql_token t;
    *out = (struct relation_name){{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}};
    sql_lexer_init(&l, sql_tokens_of((struct str){text, n}));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (sql_token_is_name(&t)) {
            out->database = out->schema;
            out->schema = out->relation;
            out->relation = t;
        }
}

/* The sequences of a table's columns begin again. */
static int restart(struct session *s, struct str table, struct err *e)
{
    struct relation_name name;
    struct relation r;
    struct ask_rows rows;
    read_name(table.p, table.n, &name);
    TRY(relation_find(s, &name, "r", &r, e));
    const char *relation = r.found ? step_literal(s, r.name) : NULL,
               *schema = r.found ? step_literal(s, r.schema) : NULL;
    if (!r.found)
        return ST_OK;
    const char *sql =
        relation && schema
            ? step_text(s,
                        "SELECT DISTINCT system.main.regexp_extract(column_default, 'nextval\\(''(.*)''\\)', "
                        "1) FROM "
                        "system.main.duckdb_columns() WHERE table_name = %s AND schema_name = %s AND "
                        "database_name = %s AND system.main.contains(column_default, 'nextval(')",
                        relation, schema, r.temporary ? "'temp'" : "current_database()")
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n; i++) {
        struct relation q;
        const char *sequence = ask_value(&rows, i, 0);
        read_name(sequence, strlen(sequence), &name);
        TRY(relation_find(s, &name, "S", &q, e));
        if (q.found)
            TRY(alter_restart(s, &q, NULL, e));
    }
    return ST_OK;
}

int several_run(struct session *s, struct statement *command, struct command_result *r, struct err *e)
{
    assert(command->sql.kind == SQL_SEVERAL);
    TRY(statement_parse(s, command, e));
    const struct sql_several *all = &command->sql.parsed->several;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    for (size_t i = 0; i < all->n; i++) {
        struct str text;
        TRY(text_of_one(s, all, i, &text, e));
        int rc = run_alone(s, text, e);
        if (rc < 0) /* the head stands in front of each */
            err_shift_position(e, (struct str){all->names[0].p, (size_t)(all->names[i].p - all->names[0].p)});
        TRY(rc);
    }
    for (size_t i = 0; all->restarts && i < all->n; i++)
        TRY(restart(s, all->names[i], e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", all->tag);
    return ST_OK;
}

static bool is_there(struct session *s, struct str table)
{
    struct err ignored;
    struct statement *st = NULL;
    size_t n = sizeof "FROM " + table.n;
    char *text = arena_alloc(&s->message_arena, n + 1);
    err_init(&ignored);
    if (!text)
        return true;
    (void)snprintf(text, n + 1, "FROM %.*s", (int)table.n, table.p);
    bool there =
        statement_new(s, "", sql_tokens_of(str_of(text)), NULL, 0, &st, &ignored) == ST_OK && st->engine;
    statement_free(st);
    return there;
}

/* A sequence that is left over from a table that is gone starts again. */
static int make_sequence(struct session *s, const struct sql_table *t, const struct sql_table_sequence *q,
                         bool keep, struct err *e)
{
    size_t n = sizeof "CREATE OR REPLACE TEMPORARY SEQUENCE IF NOT EXISTS  " + q->name.n + q->options.n;
    char *text = arena_alloc(&s->message_arena, n);
    if (!text)
        return err_oom(e);
    (void)snprintf(text, n, "CREATE %s%sSEQUENCE %s%.*s %.*s", keep ? "" : "OR REPLACE ",
                   t->temporary ? "TEMPORARY " : "", keep ? "IF NOT EXISTS " : "", (int)q->name.n, q->name.p,
                   (int)q->options.n, q->options.p);
    return run_alone(s, str_of(text), e);
}

int table_run(struct session *s, struct statement *command, struct command_result *r, struct err *e)
{
    assert(command->sql.kind == SQL_TABLE);
    TRY(statement_parse(s, command, e));
    const struct sql_table *table = &command->sql.parsed->table;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    bool keep = table->keeps || is_there(s, table->name);
    for (size_t i = 0; i < table->n; i++)
        TRY(make_sequence(s, table, &table->sequences[i], keep, e));
    int rc = run_alone(s, table->table.text, e);
    if (rc < 0 && e->position > 0)
        e->position = sql_rewrite_position(&table->table, command->sql.text, e->position);
    TRY(rc);
    (void)snprintf(r->tag, sizeof r->tag, "CREATE TABLE");
    return ST_OK;
}
