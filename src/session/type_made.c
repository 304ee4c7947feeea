#include "session/type_made.h"

#include "pgtype/composite_type.h"
#include "pgtype/enum_type.h"
#include "pgtype/oid.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

/* Where a name without a schema is looked for, in order, temporary types first. */
#define SCHEMAS "system.main.current_schemas(true)[2:]"

const char *type_text_of(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* A schema as the engine calls it. */
const char *type_schema_of(struct session *s, const struct sql_token *t)
{
    struct str known = sql_engine_schema(t);
    return known.p ? arena_strndup(&s->message_arena, known.p, known.n) : type_text_of(s, t);
}

const char *type_full_name(struct session *s, const char *database, const char *schema, const char *name)
{
    const char *a = step_name(s, database), *b = step_name(s, schema), *c = step_name(s, name);
    return a && b && c ? step_text(s, "%s.%s.%s", a, b, c) : NULL;
}

/* ---- modifiers ---- */

int32_t type_modifier(const struct sql_type *t, uint32_t oid)
{
    enum { HEADER = 4 };
    const struct pgtype_info *element = pgtype_element(oid);
    int32_t n = t->nmods ? t->mods[0] : -1;
    switch (element ? element->oid : oid) {
    case PGTYPE_NUMERIC: return n < 0 ? -1 : (n << 16 | (t->nmods > 1 ? t->mods[1] : 0)) + HEADER;
    case PGTYPE_BPCHAR: return (n < 0 ? 1 : n) + HEADER;
    case PGTYPE_VARCHAR: return n < 0 ? -1 : n + HEADER;
    case PGTYPE_BIT: return n < 0 ? 1 : n;
    case PGTYPE_VARBIT:
    case PGTYPE_TIME:
    case PGTYPE_TIMETZ:
    case PGTYPE_TIMESTAMP:
    case PGTYPE_TIMESTAMPTZ: return n;
    default: return -1;
    }
}

/* ---- finding ---- */

/* The condition that a name stands for. NULL without memory. */
static const char *condition(struct session *s, const struct sql_type_name *n)
{
    const char *name = type_text_of(s, &n->type), *literal = name ? step_literal(s, name) : NULL;
    if (!literal || n->schema.kind == SQL_TOK_END)
        return literal
                   ? step_text(s, "lower(type_name) = lower(%s) AND list_contains(" SCHEMAS ", schema_name)",
                               literal)
                   : NULL;
    const char *schema = type_schema_of(s, &n->schema);
    bool temporary = schema && strcmp(schema, "temp") == 0;
    schema = schema ? step_literal(s, temporary ? "main" : schema) : NULL;
    return schema ? step_text(s, "lower(type_name) = lower(%s) AND lower(schema_name) = lower(%s)%s", literal,
                              schema, temporary ? " AND database_name = 'temp'" : "")
                  : NULL;
}

/* The number that a composite type's comment begins with. */
static uint32_t kept_oid(const char *kept)
{
    const char *digits = kept + sizeof TYPE_KEPT - 1;
    int64_t oid = 0;
    (void)str_to_i64((struct str){digits, strspn(digits, "0123456789")}, 0, UINT32_MAX, &oid);
    return composite_type_is((uint32_t)oid) ? (uint32_t)oid : 0;
}

static int take_rows(struct session *s, const struct ask_rows *rows, struct type_made *out, struct err *e)
{
    out->found = true;
    out->database = ask_text(rows, 0, 0);
    out->schema = ask_text(rows, 0, 1);
    out->name = ask_text(rows, 0, 2);
    out->is_enum = strcmp(ask_text(rows, 0, 3), "ENUM") == 0;
    out->full = type_full_name(s, out->database, out->schema, out->name);
    out->labels = arena_calloc(&s->message_arena, rows->n, sizeof *out->labels);
    if (!out->full || !out->labels)
        return err_oom(e);
    int64_t oid = 0;
    const char *number = ask_value(rows, 0, 4);
    (void)str_to_i64(str_of(number ? number : "0"), 0, UINT32_MAX, &oid);
    out->oid = (uint32_t)oid;
    out->comment = ask_value(rows, 0, 6);
    out->kept = out->comment ? strstr(out->comment, TYPE_KEPT) : NULL;
    out->is_composite = out->kept != NULL;
    if (out->is_composite)
        out->oid = kept_oid(out->kept);
    for (size_t i = 0; i < rows->n; i++) {
        const char *label = ask_value(rows, i, 5);
        uint32_t mark;
        if (strcmp(ask_text(rows, i, 0), out->database) != 0 ||
            strcmp(ask_text(rows, i, 1), out->schema) != 0)
            break;
        if (label && !enum_type_mark(str_of(label), &mark))
            out->labels[out->n++] = label;
    }
    return ST_OK;
}

/* The number is of all the labels: it is reckoned before they become rows, or each row would cost as much. */
int type_find(struct session *s, const struct sql_type_name *given, struct type_made *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name = {given->database, given->schema, given->type};
    *out = (struct type_made){0};
    TRY(qualified_leave_database(s, &name, e));
    const char *where = condition(s, &(struct sql_type_name){name.database, name.schema, name.relation});
    const char *sql =
        where
            ? step_text(
                  s,
                  "WITH t AS MATERIALIZED (SELECT database_name, schema_name, type_name, logical_type, "
                  "comment, CASE WHEN logical_type = 'ENUM' THEN tavana_catalog.pg.labels_oid(labels) END "
                  "AS oid, CASE WHEN system.main.len(labels) > 0 THEN labels ELSE [NULL] END AS labels "
                  "FROM system.main.duckdb_types() WHERE NOT internal AND database_name IN "
                  "(system.main.current_database(), 'temp') AND %s), "
                  "l AS (SELECT * EXCLUDE (labels), system.main.unnest(labels) AS label, "
                  "system.main.unnest(system.main.range(system.main.len(labels))) AS n FROM t) "
                  "SELECT database_name, schema_name, type_name, logical_type, oid, label, comment FROM l "
                  "ORDER BY database_name <> 'temp', system.main.list_position(" SCHEMAS ", schema_name), n",
                  where)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n ? take_rows(s, &rows, out, e) : ST_OK;
}

/* ---- columns ---- */

/* What the engine says of a column's type when it is that one, or an array of it. NULL without memory. */
static const char *is_type(struct session *s, uint32_t oid)
{
    return composite_type_is(oid)
               ? step_text(s,
                           "system.main.regexp_full_match(c.data_type, '" COMPOSITE_ALIAS
                           "%lu(_[0-9]+)?(\\[\\])*')",
                           (unsigned long)oid)
               : step_text(
                     s,
                     "c.data_type LIKE 'ENUM(%%' AND system.main.tavana_of_enum(c.data_type) IN (%lu, %lu)",
                     (unsigned long)oid, (unsigned long)enum_type_array(oid));
}

/* Those of the type and of arrays of it, with the text of the view that they are of; tables first. */
int type_columns(struct session *s, uint32_t oid, struct ask_rows *out, struct err *e)
{
    const char *is = is_type(s, oid);
    const char *sql = !is ? NULL
                          : step_text(s,
                                      "SELECT system.main.format('\"{}\".\"{}\".\"{}\"', "
                                      "system.main.replace(c.database_name, '\"', "
                                      "'\"\"'), "
                                      "system.main.replace(c.schema_name, '\"', '\"\"'), "
                                      "system.main.replace(c.table_name, '\"', '\"\"')), "
                                      "c.column_name, v.sql, c.data_type LIKE '%%]', CASE WHEN "
                                      "c.database_name = 'temp' THEN 'pg_temp' "
                                      "ELSE "
                                      "c.schema_name END, c.table_name, c.column_default FROM "
                                      "system.main.duckdb_columns() c LEFT JOIN "
                                      "system.main.duckdb_views() v ON v.database_name = c.database_name AND "
                                      "v.schema_name = c.schema_name "
                                      "AND "
                                      "v.view_name = c.table_name WHERE c.database_name IN "
                                      "(system.main.current_database(), 'temp') AND "
                                      "%s ORDER BY v.sql IS NOT NULL, c.table_oid, c.column_index",
                                      is);
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

/* Another command of the session's: ALTER TABLE with all that it sees to. */
int type_alter_table(struct session *s, const char *text, struct err *e)
{
    struct statement *st = NULL;
    struct command_result ignored;
    if (!text)
        return err_oom(e);
    TRY(statement_new(s, "", sql_tokens_of(str_of(text)), NULL, 0, &st, e));
    int rc = st->sql.kind == SQL_ALTER ? alter_run(s, st, &ignored, e) : step_run(s, text, e);
    statement_free(st);
    if (rc < 0)
        e->position = 0;
    return rc;
}

int type_remake_view(struct session *s, const char *sql, struct err *e)
{
    static const char head[] = "CREATE VIEW ", temporary[] = "CREATE TEMPORARY VIEW ";
    if (strncmp(sql, head, sizeof head - 1) == 0)
        return step_run(s, step_text(s, "CREATE OR REPLACE VIEW %s", sql + sizeof head - 1), e);
    if (strncmp(sql, temporary, sizeof temporary - 1) == 0)
        return step_run(s, step_text(s, "CREATE OR REPLACE TEMPORARY VIEW %s", sql + sizeof temporary - 1),
                        e);
    return ST_OK;
}

/* ---- making ---- */

/* Where a new type of that name goes. */
int type_place(struct session *s, const struct sql_type_name *given, struct type_made *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name = {given->database, given->schema, given->type};
    TRY(qualified_leave_database(s, &name, e));
    *out = (struct type_made){.name = type_text_of(s, &name.relation)};
    TRY(session_ask(s, "SELECT system.main.current_database(), system.main.current_schema()", &rows, e));
    out->database =
        name.database.kind != SQL_TOK_END ? type_text_of(s, &name.database) : ask_text(&rows, 0, 0);
    out->schema = name.schema.kind != SQL_TOK_END ? type_schema_of(s, &name.schema) : ask_text(&rows, 0, 1);
    if (out->schema && strcmp(out->schema, "temp") == 0) {
        out->database = "temp";
        out->schema = "main";
    }
    if (!out->name || !out->database || !out->schema)
        return err_oom(e);
    out->full = type_full_name(s, out->database, out->schema, out->name);
    return out->full ? ST_OK : err_oom(e);
}

int type_comment(struct session *s, const struct sql_type_name *name, const char *text, struct err *e)
{
    struct type_made t;
    TRY(type_find(s, name, &t, e));
    if (!t.found)
        return ST_OK;
    const char *all = text || t.kept ? step_text(s, "%s%s", text ? text : "", t.kept ? t.kept : "") : NULL;
    const char *literal = all ? step_literal(s, all) : "NULL";
    return literal ? step_run(s, step_text(s, "COMMENT ON TYPE %s IS %s", t.full, literal), e) : err_oom(e);
}
