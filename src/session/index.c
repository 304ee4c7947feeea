/* CREATE INDEX. Source of the names that are made up: PostgreSQL 15's answers, as measured. */
#include "session/index.h"

#include "session/index_again.h"
#include "session/session_priv.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_ROOM = 2 * SQL_NAME_MAX };

/* Of each key its column or function, joined by underscores. */
static void key_names(const char *keys, char out[static COLUMNS_ROOM])
{
    struct sql_lexer l;
    struct sql_token t, last = {.kind = SQL_TOK_END};
    size_t depth = 0, n = 0;
    bool expression = false;
    out[0] = '\0';
    sql_lexer_init(&l, sql_tokens_of(str_of(keys)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        bool ends = depth == 1 && (sql_token_is(&t, ',') || sql_token_is(&t, ')'));
        if (depth == 1 && sql_token_is_name(&t))
            last = t;
        expression |= depth == 1 && sql_token_is(&t, '(') && last.kind == SQL_TOK_END;
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth;
        if (!ends)
            continue;
        char name[SQL_NAME_MAX + 1] = "expr";
        if (!expression && last.kind != SQL_TOK_END && last.text.n < sizeof name)
            name[sql_name_read(&last, name)] = '\0';
        int more = snprintf(out + n, COLUMNS_ROOM - n, "%s%s", n ? "_" : "", name);
        n = n + (size_t)more < COLUMNS_ROOM ? n + (size_t)more : COLUMNS_ROOM - 1;
        last = (struct sql_token){.kind = SQL_TOK_END};
        expression = false;
    }
}

/* Table, columns and label in SQL_NAME_MAX bytes: the longer one of the first two is cut. */
static void join(const char *table, const char *columns, const char *label, char out[static SQL_NAME_MAX + 1])
{
    size_t t = strlen(table), c = strlen(columns), room = SQL_NAME_MAX - strlen(label) - 2;
    while (t + c > room) {
        assert(t > 0 || c > 0);
        if (t > c)
            t = str_cut((struct str){table, t}, t - 1);
        else
            c = str_cut((struct str){columns, c}, c - 1);
    }
    (void)snprintf(out, SQL_NAME_MAX + 1, "%.*s_%.*s_%s", (int)t, table, (int)c, columns, label);
}

int index_make_name(struct session *s, const char *schema, const char *table, const char *keys,
                    const char *label, const char **out, struct err *e)
{
    char columns[COLUMNS_ROOM], name[SQL_NAME_MAX + 1], numbered[32];
    bool taken = true;
    assert(keys[0] == '(');
    key_names(keys, columns);
    (void)snprintf(numbered, sizeof numbered, "%s", label);
    for (unsigned i = 1; taken; i++) {
        join(table, columns, numbered, name);
        TRY(relation_exists(s, schema, name, &taken, e));
        (void)snprintf(numbered, sizeof numbered, "%s%u", label, i);
    }
    *out = step_name(s, name);
    return *out ? ST_OK : err_oom(e);
}

/* The name that was given, or one that is made up. *exists: it is there, and may be. */
static int name_of(struct session *s, const struct sql_index *x, struct relation *found, const char **out,
                   bool *exists, struct err *e)
{
    struct relation table;
    const struct relation_name where = {x->database, x->schema, x->relation};
    struct str also = x->include;
    const char *keys =
        step_text(s, "%.*s%.*s", (int)x->written.n, x->written.p, (int)also.n, also.n ? also.p : "");
    *exists = false;
    if (!keys)
        return err_oom(e);
    TRY(relation_find(s, &where, "r", &table, e));
    *found = table;
    if (!table.found && x->name.kind == SQL_TOK_END) {
        if (x->database.kind != SQL_TOK_END)
            return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "an index of another database needs a name");
        return err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%.*s\" does not exist", (int)x->table.n,
                       x->table.p);
    }
    if (x->name.kind == SQL_TOK_END)
        return index_make_name(s, table.schema, table.name, keys, "idx", out, e);
    char *name = arena_alloc(&s->message_arena, x->name.text.n + 1);
    if (!name)
        return err_oom(e);
    name[sql_name_read(&x->name, name)] = '\0';
    if (x->if_not_exists && table.found)
        TRY(relation_exists(s, table.schema, name, exists, e));
    if (*exists)
        session_notice(s, REPLY_NOTICE, SQLSTATE_DUPLICATE_TABLE, "relation \"%s\" already exists, skipping",
                       name);
    *out = step_name(s, name);
    return *out ? ST_OK : err_oom(e);
}

/* What the engine does not know of the index. Whether a condition means anything, it has seen when the index
 * is unique. */
static int keep_said(struct session *s, const struct sql_index *x, const struct relation *table,
                     const char *name, struct err *e)
{
    struct ask_rows rows;
    struct str led;
    assert(table->found && x->kept.n);
    if (x->where.n && !x->unique) {
        const char *sql = step_text(s, "SELECT 1 FROM %.*s WHERE %.*s LIMIT 0", (int)x->table.n, x->table.p,
                                    (int)x->where.n, x->where.p);
        TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
        TRY(session_ask(s, led.p, &rows, e));
    }
    return index_again_comment(s, table, name, x->kept.p, e);
}

/* Rows that are there have the same keys; which, the engine does not say. name: in its quotes. */
static void say_duplicates(const struct relation *table, const char *name, struct err *e)
{
    char bare[SQL_NAME_MAX + 1];
    const struct sql_token t = {.kind = SQL_TOK_QUOTED, .text = str_of(name)};
    if (t.text.n < 2 || t.text.n - 2 > SQL_NAME_MAX)
        return;
    bare[sql_name_read(&t, bare)] = '\0';
    err_init(e);
    (void)err_set(e, SQLSTATE_UNIQUE_VIOLATION, "could not create unique index \"%s\"", bare);
    err_names(e, table->found ? table->name : "", "", bare);
}

int index_run(struct session *s, struct statement *command, struct command_result *r, struct err *e)
{
    bool exists;
    const char *name;
    struct relation table = {0};
    assert(command->sql.kind == SQL_INDEX);
    TRY(statement_parse(s, command, e));
    const struct sql_index *x = &command->sql.parsed->index;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    TRY(name_of(s, x, &table, &name, &exists, e));
    (void)snprintf(r->tag, sizeof r->tag, "CREATE INDEX");
    if (exists)
        return ST_OK;
    if (x->where.n && !table.found && x->database.kind != SQL_TOK_END)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "an index of some rows of another database's table is not supported");
    int st = step_run_sent(s,
                           step_text(s, "CREATE %sINDEX %s ON %.*s %.*s", x->unique ? "UNIQUE " : "", name,
                                     (int)x->table.n, x->table.p, (int)x->keys.n, x->keys.p),
                           e);
    if (st < 0 && e->code == SQLSTATE_UNIQUE_VIOLATION)
        say_duplicates(&table, name, e);
    TRY(st);
    return x->kept.n && table.found ? keep_said(s, x, &table, name, e) : ST_OK;
}
