/* Statements that are several for the engine, run one after the other, all of them or none: DROP and
 * TRUNCATE of several objects, CREATE TABLE with serial columns. */
#include "session/several.h"

#include "session/index_again.h"
#include "session/kept_table.h"
#include "session/on_commit.h"
#include "session/referring.h"
#include "session/sequence.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/edits.h"
#include "sql/name.h"
#include "sql/sequence.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Parsed, described and run as if the client had sent it alone. */
static int run_alone(struct session *s, struct str text, struct err *e)
{
    struct statement *st;
    const struct sql_statement sql = {.kind = SQL_ENGINE, .text = text, .word = "DROP"};
    TRY(statement_from(s, "", &sql, NULL, 0, &st, e));
    int rc = st->engine ? session_run_prepared(s, st->engine, e)
                        : err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
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
    *out = (struct str){text, all->tail.n ? n : n - 1}; /* without the blank in front of it */
    return ST_OK;
}

/* The sequences of a table's columns begin again. */
static int restart(struct session *s, struct str table, struct err *e)
{
    struct relation_name name;
    struct relation r;
    struct ask_rows rows;
    relation_name_read(table, &name);
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
        const char *sequence = ask_text(&rows, i, 0);
        relation_name_read(str_of(sequence), &name);
        TRY(relation_find(s, &name, "S", &q, e));
        if (q.found)
            TRY(sequence_alter(s, &q, &(struct sql_sequence_options){.restarts = true}, e));
    }
    return ST_OK;
}

/* ---- DROP TABLE ---- */

/* Whether one of the tables that go is that one. */
static bool goes(const struct relation *tables, size_t n, const struct relation *table)
{
    for (size_t i = 0; i < n; i++)
        if (tables[i].found && strcmp(tables[i].full, table->full) == 0)
            return true;
    return false;
}

/* The constraints of other tables that refer to it: told of, or in the way. */
static int tell(struct session *s, const struct relation *table, const struct relation *other, bool cascades,
                struct err *e)
{
    struct ask_rows rows;
    const char *name = step_literal(s, table->name), *by = step_literal(s, other->name),
               *schema = step_literal(s, other->schema);
    const char *sql =
        name && by && schema
            ? step_text(
                  s,
                  "SELECT name FROM tavana_catalog.pg.constraints() WHERE kind = 'f' AND table_name = %s "
                  "AND lower(referenced_table) = lower(%s) AND schema_name = "
                  "tavana_catalog.pg.shown_schema(database_name, "
                  "%s) "
                  "AND database_name = %s ORDER BY oid",
                  by, name, schema, other->temporary ? "'temp'" : "current_database()")
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n && cascades; i++)
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                       "drop cascades to constraint %s on table %s", ask_text(&rows, i, 0), other->name);
    if (cascades)
        return ST_OK;
    (void)err_set(e, SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST,
                  "cannot drop table %s because other objects depend on it", table->name);
    if (rows.n)
        err_detail(e, "constraint %s on table %s depends on table %s", ask_text(&rows, 0, 0), other->name,
                   table->name);
    else /* the engine calls it otherwise, as after RENAME */
        err_detail(e, "A foreign key of table %s refers to table %s.", other->name, table->name);
    err_hint(e, "Use DROP ... CASCADE to drop the dependent objects too.");
    return ST_ERR;
}

/* The same of keys that the session keeps: those of tables that go as well go with them. */
static int free_of_kept(struct session *s, const struct relation *tables, size_t n, size_t i, bool cascades,
                        struct err *e)
{
    struct kept_keys keys, stay = {0};
    TRY(kept_find(s, &tables[i], KEPT_TO, &keys, e));
    stay.items = keys.items;
    for (size_t k = 0; k < keys.n; k++) {
        bool gone = false;
        for (size_t t = 0; t < n; t++)
            gone |= tables[t].found && str_ieq(str_of(tables[t].name), str_of(keys.items[k].own.name)) &&
                    str_ieq(str_of(tables[t].schema), str_of(keys.items[k].own.schema));
        if (!gone)
            stay.items[stay.n++] = keys.items[k];
    }
    if (stay.n == 0)
        return ST_OK;
    const char *what = dependents_describe(s, &tables[i]);
    return what ? kept_depend(s, &stay, NULL, cascades, what, e) : err_oom(e);
}

/* Tables that refer to one that goes lose the foreign key; those that go as well lose it too, so that the
 * order in which they go does not matter. */
static int free_of_references(struct session *s, const struct sql_several *all, struct err *e)
{
    struct relation_name name;
    assert(all->drops_tables && all->n > 0);
    struct relation *tables = arena_calloc(&s->message_arena, all->n, sizeof *tables);
    if (!tables)
        return err_oom(e);
    for (size_t i = 0; i < all->n; i++) {
        relation_name_read(all->names[i], &name);
        TRY(relation_find(s, &name, "r", &tables[i], e));
    }
    for (size_t i = 0; i < all->n; i++) {
        struct referring r;
        if (!tables[i].found)
            continue;
        TRY(free_of_kept(s, tables, all->n, i, all->cascades, e));
        TRY(referring_find(s, &tables[i], &r, e));
        for (size_t k = 0; k < r.n; k++)
            if (r.tables[k].directly && !goes(tables, all->n, &r.tables[k].relation))
                TRY(tell(s, &tables[i], &r.tables[k].relation, all->cascades, e));
        TRY(referring_put_aside(s, &r, e));
        TRY(referring_rename(s, &r, &tables[i], NULL, e));
        TRY(referring_put_back(s, &r, e));
    }
    return ST_OK;
}

/* ---- what others depend on ---- */

/* The relations that go, and what reads them. */
static int find_dependents(struct session *s, const struct sql_several *all, struct dependents *d,
                           struct err *e)
{
    bool views = strcmp(all->tag, "DROP VIEW") == 0;
    struct relation *gone = arena_calloc(&s->message_arena, all->n, sizeof *gone);
    if (!gone)
        return err_oom(e);
    for (size_t i = 0; i < all->n; i++) {
        struct relation_name name;
        relation_name_read(all->names[i], &name);
        TRY(relation_find(s, &name, views ? "v" : "r", &gone[i], e));
        if (gone[i].found)
            TRY(dependents_add(s, d, &gone[i], NULL, e));
    }
    for (size_t i = 0; i < all->n; i++)
        if (gone[i].found)
            dependents_leave(d, gone[i].full);
    if (all->n > 1 || !gone[0].found || all->cascades)
        return ST_OK;
    const char *what = dependents_describe(s, &gone[0]);
    return what ? depends_refuse(&d->told, what, e) : err_oom(e);
}

static int refuse_several(const struct depends *told, struct err *e)
{
    struct err one;
    err_init(&one);
    (void)depends_refuse(told, "", &one);
    (void)err_set(e, one.code, "cannot drop desired object(s) because other objects depend on them");
    err_detail(e, "%s", one.detail);
    err_hint(e, "%s", one.hint);
    return ST_ERR;
}

/* Tables and views: what reads them goes first, or keeps them. */
static int free_of_views(struct session *s, const struct sql_several *all, struct err *e)
{
    struct dependents d = {0};
    TRY(find_dependents(s, all, &d, e));
    if (d.n && !all->cascades) {
        return refuse_several(&d.told, e);
    }
    depends_tell(s, &d.told);
    return dependents_drop(s, &d, e);
}

/* Keys of tables elsewhere that refer to a table of a schema, which goes with all that is in it. */
static int free_of_kept_elsewhere(struct session *s, const struct relation *table, struct err *e)
{
    struct kept_keys keys, stay = {0};
    TRY(kept_find(s, table, KEPT_TO, &keys, e));
    stay.items = keys.items;
    for (size_t k = 0; k < keys.n; k++)
        if (!cstr_ieq(keys.items[k].own.schema, table->schema))
            stay.items[stay.n++] = keys.items[k];
    if (stay.n == 0)
        return ST_OK;
    const char *what = dependents_describe(s, table);
    return what ? kept_depend(s, &stay, NULL, true, what, e) : err_oom(e);
}

/* The engine refuses to commit a schema's end when rows have been put into one of its tables in the same
 * transaction, as an ALTER does that makes the table anew; its tables' end it takes. Those that nothing
 * refers to go first. */
static int drop_tables_of(struct session *s, const char *schema, struct err *e)
{
    const char *in = step_literal(s, schema);
    const char *sql =
        in ? step_text(
                 s,
                 "SELECT '\"' || replace(schema_name, '\"', '\"\"') || '\".\"' || replace(table_name, '\"', "
                 "'\"\"') || '\"' FROM system.main.duckdb_tables() t WHERE database_name = "
                 "system.main.current_database() AND lower(schema_name) = lower(%s) AND NOT EXISTS "
                 "(SELECT 1 FROM system.main.duckdb_constraints() c WHERE constraint_type = 'FOREIGN "
                 "KEY' AND c.database_name = t.database_name AND c.schema_name = t.schema_name AND "
                 "lower(referenced_table) = lower(t.table_name) AND c.table_name <> t.table_name)",
                 in)
           : NULL;
    for (;;) {
        struct ask_rows rows;
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
        if (rows.n == 0)
            return ST_OK;
        for (size_t i = 0; i < rows.n; i++)
            TRY(step_run(s, step_text(s, "DROP TABLE %s", ask_text(&rows, i, 0)), e));
    }
}

/* Of a schema: its objects, and views elsewhere that read them. */
static int schema_dependents(struct session *s, const char *schema, bool cascades, struct depends *told,
                             struct dependents *d, struct err *e)
{
    struct ask_rows rows;
    const char *in = step_literal(s, schema), *what = step_text(s, "schema %s", schema);
    const char *sql =
        in ? step_text(
                 s,
                 "SELECT kind, name, full_name FROM (SELECT 'table' AS kind, table_name AS name, table_oid "
                 "AS "
                 "oid, schema_name AS z, sql AS full_name FROM system.main.duckdb_tables() WHERE "
                 "database_name = system.main.current_database() UNION ALL SELECT 'view', view_name, "
                 "view_oid, "
                 "schema_name, '' FROM system.main.duckdb_views() WHERE database_name = "
                 "system.main.current_database() UNION ALL SELECT 'sequence', sequence_name, sequence_oid, "
                 "schema_name, '' FROM system.main.duckdb_sequences() q WHERE database_name = "
                 "system.main.current_database() AND NOT EXISTS (SELECT 1 FROM system.main.duckdb_columns() "
                 "c "
                 "WHERE c.schema_name = q.schema_name AND system.main.contains(c.column_default, 'nextval(') "
                 "AND system.main.contains(c.column_default, q.sequence_name)) UNION ALL SELECT 'type', "
                 "type_name, type_oid, schema_name, '' FROM system.main.duckdb_types() WHERE database_name = "
                 "system.main.current_database() AND NOT internal UNION ALL SELECT 'function', "
                 "function_name, "
                 "function_oid, schema_name, '' FROM system.main.duckdb_functions() WHERE database_name = "
                 "system.main.current_database() AND NOT internal) WHERE lower(z) = lower(%s) ORDER BY oid",
                 in)
           : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n; i++) {
        const char *name = depends_name(s, schema, ask_text(&rows, i, 1));
        bool function = ask_text(&rows, i, 0)[0] == 'f';
        TRY(depends_add(
            s, told, name ? step_text(s, "%s %s%s", ask_text(&rows, i, 0), name, function ? "()" : "") : NULL,
            what, e));
    }
    for (size_t i = 0; i < rows.n; i++) {
        const char *name = step_name(s, ask_text(&rows, i, 1)), *quoted = step_name(s, schema);
        struct relation_name parts;
        struct relation r;
        const char *full = name && quoted ? step_text(s, "%s.%s", quoted, name) : NULL;
        if (!full)
            return err_oom(e);
        if (ask_text(&rows, i, 0)[0] != 't' && ask_text(&rows, i, 0)[0] != 'v')
            continue;
        relation_name_read(str_of(full), &parts);
        TRY(relation_find(s, &parts, "rv", &r, e));
        if (r.found)
            TRY(dependents_add(s, d, &r, NULL, e));
        if (r.found && cascades && r.kind == 'r')
            TRY(free_of_kept_elsewhere(s, &r, e));
    }
    return ST_OK;
}

static int free_of_objects(struct session *s, const struct sql_several *all, struct err *e)
{
    struct depends told = {0};
    struct dependents d = {0}, outside = {0};
    const char *schema = NULL;
    for (size_t i = 0; i < all->n; i++) {
        struct relation_name name;
        relation_name_read(all->names[i], &name);
        if (name.schema.kind != SQL_TOK_END) /* of a database that is attached: the engine's */
            continue;
        struct str known = sql_engine_schema(&name.relation), bare = sql_name_bare(&name.relation);
        if (known.p && str_eq(known, STR("main"))) /* public stays: it is refused below */
            return ST_OK;
        schema = arena_strndup(&s->message_arena, known.p ? known.p : bare.p, known.p ? known.n : bare.n);
        TRY(schema ? schema_dependents(s, schema, all->cascades, &told, &d, e) : err_oom(e));
    }
    for (size_t i = 0; i < d.n; i++) { /* those of the schema itself are told of */
        bool inside = all->n == 1 && cstr_ieq(d.items[i].schema, schema);
        if (!inside)
            TRY(depends_add(s, &told, d.told.items[i].object, d.told.items[i].on, e));
        outside = d;
    }
    if (!all->cascades && told.n) {
        const char *what = step_text(s, "schema %s", schema);
        return !what ? err_oom(e) : all->n > 1 ? refuse_several(&told, e) : depends_refuse(&told, what, e);
    }
    depends_tell(s, &told);
    TRY(dependents_drop(s, &outside, e));
    return all->cascades && all->n == 1 && schema ? drop_tables_of(s, schema, e) : ST_OK;
}

/* PostgreSQL's RESTRICT and CASCADE; the engine's own SQL does as the engine does. */
static int free_of_dependents(struct session *s, const struct sql_several *all, struct err *e)
{
    if (strcmp(settings_get(&s->settings, SET_TAVANA_SQL), "postgres") != 0)
        return ST_OK;
    if (strcmp(all->tag, "DROP SCHEMA") == 0)
        return free_of_objects(s, all, e);
    if (all->drops_tables || strcmp(all->tag, "DROP VIEW") == 0)
        return free_of_views(s, all, e);
    return ST_OK;
}

/* ---- TRUNCATE ---- */

/* A table that refers to one that is truncated, and is not named with it: it is truncated, too, or in the
 * way. */
static int tell_truncated(struct session *s, const struct relation *table, const struct relation *other,
                          bool cascades, struct err *e)
{
    if (cascades) {
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "truncate cascades to table \"%s\"",
                       other->name);
        return ST_OK;
    }
    (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "cannot truncate a table referenced in a foreign key constraint");
    err_detail(e, "Table \"%s\" references \"%s\".", other->name, table->name);
    err_hint(e, "Truncate table \"%s\" at the same time, or use TRUNCATE ... CASCADE.", other->name);
    return ST_ERR;
}

/* The same of a table whose rows refer to each other. */
static int empty_itself(struct session *s, struct relation *table, struct err *e)
{
    static const struct rebuild_change nothing;
    struct rebuild r;
    TRY(relation_indexes(s, table, e));
    TRY(rebuild_put_aside(s, table, 0, NULL, &r, e));
    TRY(step_run(s, step_text(s, "DELETE FROM %s", r.rows), e));
    TRY(rebuild_put_back(s, &r, &nothing, e));
    return index_again_put(s, table, table->full, e);
}

enum { TRUNCATES_DEPTH_MAX = 100 };

/* Tables whose keys the session keeps and that refer to the table: their rows go as well, or they are in the
 * way. */
static int empty_kept(struct session *s, const struct relation *tables, size_t n,
                      const struct relation *table, bool cascades, size_t depth, struct err *e)
{
    struct kept_keys keys;
    if (depth == TRUNCATES_DEPTH_MAX)
        return err_set(e, SQLSTATE_STATEMENT_TOO_COMPLEX,
                       "TRUNCATE CASCADE leads through more than %d tables", TRUNCATES_DEPTH_MAX);
    TRY(kept_find(s, table, KEPT_TO, &keys, e));
    for (size_t i = 0; i < keys.n; i++) {
        struct relation own;
        struct referring others;
        TRY(kept_relation(s, &keys.items[i].own, keys.items[i].temporary, &own, e));
        if (!own.found || goes(tables, n, &own) || strcmp(own.full, table->full) == 0)
            continue;
        TRY(tell_truncated(s, table, &own, cascades, e));
        TRY(referring_find(s, &own, &others, e));
        if (others.n)
            return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                           "TRUNCATE CASCADE through table \"%s\" is not supported", own.name);
        TRY(step_run(s, step_text(s, "DELETE FROM %s", own.full), e));
        lost_rows_note(s, own.name);
        TRY(empty_kept(s, tables, n, &own, cascades, depth + 1, e));
    }
    return ST_OK;
}

/* Tables that refer to those that are truncated lose their rows first: they are made anew without any, since
 * the engine would still see those that this transaction has deleted. */
static int empty_referring(struct session *s, const struct sql_several *all, struct err *e)
{
    struct relation_name name;
    assert(all->truncates && all->n > 0);
    struct relation *tables = arena_calloc(&s->message_arena, all->n, sizeof *tables);
    if (!tables)
        return err_oom(e);
    for (size_t i = 0; i < all->n; i++) {
        relation_name_read(all->names[i], &name);
        TRY(relation_find(s, &name, "r", &tables[i], e));
    }
    for (size_t i = 0; i < all->n; i++) {
        struct referring r = {0};
        if (tables[i].found)
            TRY(referring_find(s, &tables[i], &r, e));
        for (size_t k = 0; k < r.n; k++)
            if (!goes(tables, all->n, &r.tables[k].relation) && (all->cascades || r.tables[k].directly))
                TRY(tell_truncated(s, &tables[i], &r.tables[k].relation, all->cascades, e));
        if (tables[i].found)
            TRY(empty_kept(s, tables, all->n, &tables[i], all->cascades, 0, e));
        TRY(referring_put_aside(s, &r, e));
        for (size_t k = 0; k < r.n; k++)
            TRY(step_run(s, step_text(s, "DELETE FROM %s", r.tables[k].aside.rows), e));
        if (tables[i].found && rebuild_refers_to_itself(&tables[i]))
            TRY(empty_itself(s, &tables[i], e));
        TRY(referring_put_back(s, &r, e));
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
    TRY(free_of_dependents(s, all, e));
    if (all->drops_tables)
        TRY(free_of_references(s, all, e));
    if (all->truncates)
        TRY(empty_referring(s, all, e));
    lost_rows_many(s);
    for (size_t i = 0; i < all->n; i++) {
        struct str text = {NULL, 0};
        TRY(text_of_one(s, all, i, &text, e));
        int rc = all->truncates ? step_run_sent(s, text.p, e) : run_alone(s, text, e);
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
    return step_run_sent(s, text, e);
}

/* The command as the engine shall have it. */
static int run_made(struct session *s, const struct sql_statement *sql, const struct sql_rewritten *made,
                    struct err *e)
{
    struct session_query q = {.sql = sql, .made = made, .memory = &s->memory.all};
    struct backend_stmt *stmt = NULL;
    assert(made->text.n > 0);
    TRY(session_prepare(s, &q, &stmt, e));
    int st = session_run_prepared(s, stmt, e);
    s->engine->ops->stmt_free(stmt);
    return st;
}

/* Marks are CHECKs that the engine's own databases keep, and lakes do not (native is false). */
static int takes_marks(struct session *s, const struct sql_table *t, bool *native, bool *out, struct err *e)
{
    struct ask_rows rows;
    assert(t->marked.nedits >= t->table.nedits);
    *native = true;
    *out = strcmp(settings_get(&s->settings, SET_TAVANA_SQL), "postgres") == 0 &&
           t->marked.nedits > t->table.nedits;
    if ((!*out && !t->nreferences) || t->temporary)
        return ST_OK;
    const char *database =
        t->database.n ? arena_strndup(&s->message_arena, t->database.p, t->database.n) : NULL;
    const char *name = database ? step_literal(s, database) : "system.main.current_database()";
    if ((t->database.n && !database) || !name)
        return err_oom(e);
    TRY(session_ask(
        s,
        step_text(s,
                  "SELECT 1 FROM system.main.duckdb_databases() WHERE system.main.lower(database_name) = "
                  "system.main.lower(%s) AND type <> 'duckdb'",
                  name),
        &rows, e));
    *native = rows.n == 0;
    if (!*native && *out)
        session_notice(s, REPLY_WARNING, SQLSTATE_WARNING,
                       "lengths of types and names of constraints are not kept in this catalog");
    *out = *out && *native;
    return ST_OK;
}

/* ---- its foreign keys ---- */

static int owner_of(struct session *s, const struct sql_table *t, struct kept_owner *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name;
    relation_name_read(t->name, &name);
    struct str known = sql_engine_schema(&name.schema);
    bool temporary = t->temporary || (known.p && str_eq(known, STR("temp")));
    char *own = arena_alloc(&s->message_arena, name.relation.text.n + 1),
         *schema = arena_alloc(&s->message_arena, name.schema.text.n + 1);
    if (!own || !schema)
        return err_oom(e);
    own[sql_name_read(&name.relation, own)] = '\0';
    *out = (struct kept_owner){.schema = schema, .name = own, .temporary = temporary, .primary = t->primary};
    if (temporary) {
        out->schema = "main";
    } else if (known.p) {
        out->schema = arena_strndup(&s->message_arena, known.p, known.n);
    } else if (name.schema.kind != SQL_TOK_END) {
        schema[sql_name_read(&name.schema, schema)] = '\0';
    } else {
        TRY(session_ask(s, "SELECT current_schema()", &rows, e));
        out->schema = ask_text(&rows, 0, 0);
    }
    return out->schema ? ST_OK : err_oom(e);
}

/* Whether there is a table of that name in its schema. */
static int is_made(struct session *s, const struct sql_table *table, bool *out, struct err *e)
{
    struct kept_owner own;
    TRY(owner_of(s, table, &own, e));
    return relation_exists(s, own.schema, own.name, out, e);
}

/* *out is the same table with the CHECKs that keep those keys which the engine cannot have; any: there are
 * some. */
static int keep_references(struct session *s, const struct statement *command, const struct sql_table *table,
                           struct sql_table *out, bool *any, struct err *e)
{
    struct kept_owner own;
    struct str *instead = arena_calloc(&s->message_arena, table->nreferences, sizeof *instead);
    if (!instead)
        return err_oom(e);
    TRY(owner_of(s, table, &own, e));
    for (size_t turn = 0; turn < 2; turn++) { /* one that is kept has the others kept, too */
        own.keeps = *any;
        for (size_t i = 0; i < table->nreferences; i++) {
            const char *text;
            TRY(kept_decide(s, &own, &table->references[i], &text, e));
            text = text ? step_text(s, "%s ", text) : NULL;
            instead[i] = text ? str_of(text) : (struct str){0};
            *any |= text != NULL;
        }
        if (!*any)
            return ST_OK;
    }
    return sql_table_instead(&s->message_arena, &command->sql, instead, out, e);
}

/* Of a lake, which keeps no CHECKs. */
static int refuse_actions(const struct sql_table *table, struct str text, struct err *e)
{
    for (size_t i = 0; i < table->nreferences; i++)
        if (strchr("cnd", table->references[i].on_update) || strchr("cnd", table->references[i].on_delete)) {
            (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                          "ON DELETE and ON UPDATE of a foreign key are not supported here");
            e->position = str_position(text, table->references[i].at);
            return ST_ERR;
        }
    return ST_OK;
}

static int validate_references(struct session *s, const struct sql_table *table, struct err *e)
{
    struct relation_name name;
    struct relation r;
    relation_name_read(table->name, &name);
    if (table->temporary && name.schema.kind == SQL_TOK_END) {
        const char *text = step_text(s, "pg_temp.%.*s", (int)table->name.n, table->name.p);
        if (!text)
            return err_oom(e);
        relation_name_read(str_of(text), &name);
    }
    TRY(relation_find(s, &name, "r", &r, e));
    return r.found ? kept_validate(s, &r, false, e) : ST_OK;
}

static int note_on_commit(struct session *s, const struct sql_table *table, struct err *e)
{
    struct relation_name name;
    struct relation r;
    relation_name_read(table->name, &name);
    TRY(relation_find(s, &name, "r", &r, e));
    if (!r.found || !r.temporary)
        return err_set(e, SQLSTATE_INVALID_TABLE_DEFINITION,
                       "ON COMMIT can only be used on temporary tables");
    return on_commit_note(s, r.name, table->drops_on_commit, e);
}

int table_run(struct session *s, struct statement *command, struct command_result *r, struct err *e)
{
    assert(command->sql.kind == SQL_TABLE);
    TRY(statement_parse(s, command, e));
    const struct sql_table *table = &command->sql.parsed->table;
    struct sql_table with_keys = *table;
    bool native = true, marks = false, there, kept = false;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    there = is_there(s, table->name);
    for (size_t i = 0; i < table->n; i++)
        TRY(make_sequence(s, table, &table->sequences[i], table->keeps || there, e));
    TRY(takes_marks(s, table, &native, &marks, e));
    if (!native)
        TRY(refuse_actions(table, command->sql.text, e));
    if (native && table->nreferences && table->keeps)
        TRY(is_made(s, table, &there, e));
    if (native && table->nreferences && !(table->keeps && there))
        TRY(keep_references(s, command, table, &with_keys, &kept, e));
    TRY(run_made(s, &command->sql, marks ? &with_keys.marked : &with_keys.table, e));
    (void)snprintf(r->tag, sizeof r->tag, "CREATE TABLE");
    if (kept)
        TRY(validate_references(s, table, e));
    if (table->drops_on_commit || table->empties_on_commit)
        TRY(note_on_commit(s, table, e));
    return ST_OK;
}
