/* A relation that a command names, looked up in the engine's catalog. Names are compared as the engine does,
 * letters alike in either case; a name without a schema is looked for where the engine would look. */
#include "session/relation.h"

#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RELATIONS                                                                                            \
    "(SELECT 'r' AS kind, database_name, schema_name, table_name AS name, sql, comment FROM "                \
    "system.main.duckdb_tables() WHERE NOT internal UNION ALL SELECT 'v', database_name, schema_name, "      \
    "view_name, sql, comment FROM system.main.duckdb_views() WHERE NOT internal UNION ALL SELECT 'S', "      \
    "database_name, schema_name, sequence_name, sql, comment FROM system.main.duckdb_sequences() UNION ALL " \
    "SELECT 'i', database_name, schema_name, index_name, sql, comment FROM system.main.duckdb_indexes())"

/* Where a name is looked for, in order; the engine's list begins with that of temporary objects, which is
 * called main, too. */
#define SCHEMAS "system.main.current_schemas(true)[2:]"

/* The name that a token writes, as the engine knows it. NULL without memory. */
static const char *name_of(struct session *s, const struct sql_token *t, bool schema)
{
    struct str known = schema ? sql_engine_schema(t) : (struct str){NULL, 0};
    if (known.p)
        return arena_strndup(&s->message_arena, known.p, known.n);
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* The condition that a name stands for. NULL without memory. */
static const char *condition(struct session *s, const struct relation_name *n)
{
    const char *name = name_of(s, &n->relation, false);
    const char *text = name ? step_literal(s, name) : NULL;
    if (!text)
        return NULL;
    text = step_text(s, "lower(name) = lower(%s)", text);
    if (text && n->schema.kind != SQL_TOK_END) {
        const char *schema = name_of(s, &n->schema, true);
        bool temporary = schema && strcmp(schema, "temp") == 0;
        schema = schema ? step_literal(s, temporary ? "main" : schema) : NULL;
        text = schema ? step_text(s, "%s AND lower(schema_name) = lower(%s)%s", text, schema,
                                  temporary ? " AND database_name = 'temp'" : "")
                      : NULL;
    } else if (text) {
        text = step_text(s, "%s AND list_contains(" SCHEMAS ", schema_name)", text);
    }
    if (text && n->database.kind != SQL_TOK_END) {
        const char *database = name_of(s, &n->database, false);
        database = database ? step_literal(s, database) : NULL;
        text = database ? step_text(s, "%s AND lower(database_name) = lower(%s)", text, database) : NULL;
    }
    return text;
}

void relation_name_read(struct str text, struct relation_name *out)
{
    struct sql_lexer l;
    struct sql_token t;
    *out = (struct relation_name){{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}};
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        if (sql_token_is_name(&t)) {
            out->database = out->schema;
            out->schema = out->relation;
            out->relation = t;
        }
}

int relation_find(struct session *s, const struct relation_name *given, const char *kinds,
                  struct relation *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name = *given;
    assert(name.relation.kind != SQL_TOK_END && *kinds);
    *out = (struct relation){0};
    TRY(qualified_leave_database(s, &name, e));
    const char *where = condition(s, &name);
    const char *sql =
        where ? step_text(s,
                          "SELECT kind, schema_name, name, sql, comment, database_name = 'temp', "
                          "format('\"{}\".\"{}\".\"{}\"', replace(database_name, '\"', '\"\"'), "
                          "replace(schema_name, '\"', '\"\"'), replace(name, '\"', '\"\"')), "
                          "database_name IN (SELECT database_name FROM system.main.duckdb_databases() WHERE "
                          "type = 'duckdb') FROM " RELATIONS
                          " WHERE database_name IN (current_database(), 'temp') AND contains('%s', kind) AND "
                          "%s ORDER BY database_name <> 'temp', list_position(" SCHEMAS
                          ", schema_name) LIMIT 1",
                          kinds, where)
              : NULL;
    if (!sql)
        return err_oom(e);
    TRY(session_ask(s, sql, &rows, e));
    if (rows.n == 0)
        return ST_OK;
    out->found = true;
    out->kind = ask_text(&rows, 0, 0)[0];
    out->schema = ask_text(&rows, 0, 1);
    out->name = ask_text(&rows, 0, 2);
    out->sql = ask_value(&rows, 0, 3);
    out->comment = ask_value(&rows, 0, 4);
    out->temporary = ask_text(&rows, 0, 5)[0] == 't';
    out->full = ask_text(&rows, 0, 6);
    out->native = ask_text(&rows, 0, 7)[0] == 't';
    bool fits = out->kind && strchr(kinds, out->kind) && (out->kind != 'r' || out->sql);
    return ask_check(&rows, fits, rows.ncolumns, e); /* one, and a relation as it was asked for */
}

int relation_columns(struct session *s, const struct relation *r, unsigned long most, struct ask_rows *out,
                     struct err *e)
{
    assert(r->found);
    const char *table = step_literal(s, r->name), *schema = step_literal(s, r->schema);
    const char *sql =
        table && schema
            ? step_text(s,
                        "SELECT column_name FROM system.main.duckdb_columns() WHERE table_name = %s AND "
                        "schema_name = %s AND database_name = %s ORDER BY column_index LIMIT %lu",
                        table, schema, r->temporary ? "'temp'" : "system.main.current_database()", most)
            : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

int relation_exists(struct session *s, const char *schema, const char *name, bool *out, struct err *e)
{
    struct ask_rows rows;
    assert(schema && name);
    const char *literal = step_literal(s, name), *in = step_literal(s, schema);
    const char *sql =
        literal && in ? step_text(s,
                                  "SELECT 1 FROM " RELATIONS
                                  " WHERE database_name IN (current_database(), 'temp') AND lower(name) = "
                                  "lower(%s) AND lower(schema_name) = lower(%s) LIMIT 1",
                                  literal, in)
                      : NULL;
    if (!sql)
        return err_oom(e);
    TRY(session_ask(s, sql, &rows, e));
    *out = rows.n > 0;
    return ST_OK;
}

int relation_indexes(struct session *s, struct relation *r, struct err *e)
{
    struct ask_rows rows;
    assert(r->found && r->kind == 'r' && r->nindexes == 0);
    const char *table = step_literal(s, r->name), *schema = step_literal(s, r->schema);
    const char *sql =
        table && schema
            ? step_text(s,
                        "SELECT index_name, is_unique, rtrim(sql, ';'), expressions::VARCHAR, comment FROM "
                        "system.main.duckdb_indexes() WHERE table_name = %s AND schema_name = %s AND "
                        "database_name = %s ORDER BY index_oid",
                        table, schema, r->temporary ? "'temp'" : "current_database()")
            : NULL;
    if (!sql)
        return err_oom(e);
    TRY(session_ask(s, sql, &rows, e));
    r->indexes = arena_calloc(&s->message_arena, rows.n + 1, sizeof *r->indexes);
    if (!r->indexes)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++) {
        struct sql_lexer l;
        struct sql_token t;
        const char *text = ask_text(&rows, i, 2);
        sql_lexer_init(&l, sql_tokens_of(str_of(text)));
        while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is(&t, '('))
            ;
        r->indexes[r->nindexes++] = (struct relation_index){.name = ask_text(&rows, i, 0),
                                                            .unique = ask_text(&rows, i, 1)[0] == 't',
                                                            .keys = text + t.at,
                                                            .columns = ask_value(&rows, i, 3),
                                                            .comment = ask_value(&rows, i, 4)};
    }
    return ST_OK;
}
