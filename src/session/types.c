/* The engine has CREATE TYPE and DROP TYPE, and nothing that alters a type. Its columns do not know which
 * type they are of, only its labels, which pgtype/enum_type.h makes those of one type alone. So an enum is
 * altered by making it again, with its mark, and by giving its columns the new type. Views that show such a
 * column are made again as well: the engine keeps the types of their columns. */
#include "session/types.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "pgtype/enum_type.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Where a name without a schema is looked for, in order, temporary types first. */
#define SCHEMAS "system.main.current_schemas(true)[2:]"

struct enum_made {
    bool found, is_enum;
    const char *database, *schema, *name; /* as the engine calls them */
    const char *full;                     /* as SQL */
    uint32_t oid;
    size_t n;
    const char **labels; /* without the mark */
};

static const char *text_of(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* A schema as the engine calls it. */
static const char *schema_of(struct session *s, const struct sql_token *t)
{
    struct str known = sql_engine_schema(t);
    return known.p ? arena_strndup(&s->message_arena, known.p, known.n) : text_of(s, t);
}

static const char *full_name(struct session *s, const char *database, const char *schema, const char *name)
{
    const char *a = step_name(s, database), *b = step_name(s, schema), *c = step_name(s, name);
    return a && b && c ? step_text(s, "%s.%s.%s", a, b, c) : NULL;
}

/* ---- finding ---- */

/* The condition that a name stands for. NULL without memory. */
static const char *condition(struct session *s, const struct sql_type_name *n)
{
    const char *name = text_of(s, &n->type), *literal = name ? step_literal(s, name) : NULL;
    if (!literal || n->schema.kind == SQL_TOK_END)
        return literal
                   ? step_text(s, "lower(type_name) = lower(%s) AND list_contains(" SCHEMAS ", schema_name)",
                               literal)
                   : NULL;
    const char *schema = schema_of(s, &n->schema);
    bool temporary = schema && strcmp(schema, "temp") == 0;
    schema = schema ? step_literal(s, temporary ? "main" : schema) : NULL;
    return schema ? step_text(s, "lower(type_name) = lower(%s) AND lower(schema_name) = lower(%s)%s", literal,
                              schema, temporary ? " AND database_name = 'temp'" : "")
                  : NULL;
}

static int take_rows(struct session *s, const struct ask_rows *rows, struct enum_made *out, struct err *e)
{
    out->found = true;
    out->database = ask_value(rows, 0, 0);
    out->schema = ask_value(rows, 0, 1);
    out->name = ask_value(rows, 0, 2);
    out->is_enum = strcmp(ask_value(rows, 0, 3), "ENUM") == 0;
    out->full = full_name(s, out->database, out->schema, out->name);
    out->labels = arena_calloc(&s->message_arena, rows->n, sizeof *out->labels);
    if (!out->full || !out->labels)
        return err_oom(e);
    int64_t oid = 0;
    const char *number = ask_value(rows, 0, 4);
    (void)str_to_i64(str_of(number ? number : "0"), 0, UINT32_MAX, &oid);
    out->oid = (uint32_t)oid;
    for (size_t i = 0; i < rows->n; i++) {
        const char *label = ask_value(rows, i, 5);
        uint32_t mark;
        if (strcmp(ask_value(rows, i, 0), out->database) != 0 ||
            strcmp(ask_value(rows, i, 1), out->schema) != 0)
            break;
        if (label && !enum_type_mark(str_of(label), &mark))
            out->labels[out->n++] = label;
    }
    return ST_OK;
}

static int find(struct session *s, const struct sql_type_name *given, struct enum_made *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name = {given->database, given->schema, given->type};
    *out = (struct enum_made){0};
    TRY(qualified_leave_database(s, &name, e));
    const char *where = condition(s, &(struct sql_type_name){name.database, name.schema, name.relation});
    const char *sql =
        where ? step_text(
                    s,
                    "SELECT database_name, schema_name, type_name, logical_type, oid, label FROM (SELECT "
                    "database_name, schema_name, type_name, logical_type, CASE WHEN logical_type = 'ENUM' "
                    "THEN tavana_catalog.pg.labels_oid(labels) END AS oid, system.main.unnest(CASE WHEN "
                    "system.main.len(labels) > 0 THEN labels ELSE [NULL] END) AS label, "
                    "system.main.unnest(system.main.range(system.main.greatest(system.main.len(labels), "
                    "1))) AS n FROM system.main.duckdb_types() WHERE NOT internal AND database_name IN "
                    "(system.main.current_database(), 'temp') AND %s) ORDER BY database_name <> 'temp', "
                    "system.main.list_position(" SCHEMAS ", schema_name), n",
                    where)
              : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n ? take_rows(s, &rows, out, e) : ST_OK;
}

/* One that has to be there. */
static int find_enum(struct session *s, const struct sql_type_name *name, struct enum_made *out,
                     struct err *e)
{
    TRY(find(s, name, out, e));
    const char *text = text_of(s, &name->type);
    if (!text)
        return err_oom(e);
    if (!out->found)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", text);
    if (!out->is_enum)
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "%s is not an enum", text);
    return ST_OK;
}

/* ---- making ---- */

/* The strings' values, read by the engine, which knows all ways to write one. */
static int read_labels(struct session *s, const struct sql_type_change *c, const char ***out, struct err *e)
{
    enum { LABEL_MAX = 63 };
    CLEANUP(buf_release) struct buf b;
    struct ask_rows rows;
    buf_init(&b, SIZE_MAX);
    *out = arena_calloc(&s->message_arena, c->nlabels + 1, sizeof **out);
    if (!*out)
        return err_oom(e);
    if (c->nlabels == 0)
        return ST_OK;
    for (size_t i = 0; i < c->nlabels; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "SELECT system.main.unnest([", (int)c->labels[i].text.n,
                   c->labels[i].text.p);
    buf_printf(&b, "])");
    buf_put_u8(&b, '\0');
    TRY(buf_ok(&b) ? session_ask(s, (const char *)b.data, &rows, e) : err_oom(e));
    assert(rows.n == c->nlabels);
    for (size_t i = 0; i < rows.n; i++) {
        uint32_t mark;
        (*out)[i] = ask_value(&rows, i, 0);
        size_t n = (*out)[i] ? strlen((*out)[i]) : 0;
        if (n == 0 || n > LABEL_MAX || enum_type_mark(str_of((*out)[i]), &mark)) {
            (void)err_set(e, SQLSTATE_INVALID_NAME, "invalid enum label \"%s\"", n ? (*out)[i] : "");
            err_detail(e, "Labels must be %d bytes or less.", LABEL_MAX);
            return ST_ERR;
        }
    }
    return ST_OK;
}

static int check_unique(const char *const *labels, size_t n, uint32_t oid, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(labels[i], labels[k]) == 0) {
                (void)err_set(e, SQLSTATE_UNIQUE_VIOLATION,
                              "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"");
                err_names(e, "pg_enum", NULL, "pg_enum_typid_label_index");
                err_schema(e, "pg_catalog");
                err_detail(e, "Key (enumtypid, enumlabel)=(%lu, %s) already exists.", (unsigned long)oid,
                           labels[i]);
                return ST_ERR;
            }
    return ST_OK;
}

/* CREATE TYPE in the engine's words: the labels, and the mark. */
static int make(struct session *s, const char *full, const char *const *labels, size_t n, uint32_t oid,
                struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    assert(enum_type_is(oid));
    buf_printf(&b, "CREATE TYPE %s AS ENUM (", full);
    for (size_t i = 0; i < n; i++) {
        const char *literal = step_literal(s, labels[i]);
        if (!literal)
            return err_oom(e);
        buf_printf(&b, "%s, ", literal);
    }
    buf_printf(&b, "'%c%lu')", ENUM_MARK, (unsigned long)oid);
    buf_put_u8(&b, '\0');
    return buf_ok(&b) ? step_run(s, (const char *)b.data, e) : err_oom(e);
}

/* A number that no enum of the database has. */
static int pick_number(struct session *s, const char *full, const char *const *labels, size_t n,
                       uint32_t *out, struct err *e)
{
    enum { TRIES = 100 };
    uint64_t h = hash_text(str_of(full));
    for (size_t i = 0; i < n; i++)
        h = hash_byte(hash_bytes(h, labels[i], strlen(labels[i])), 0);
    for (int i = 0; i < TRIES; i++) {
        struct ask_rows rows;
        *out = enum_type_pick(h);
        const char *sql =
            step_text(s,
                      "SELECT 1 FROM tavana_catalog.pg.enum_types() WHERE oid = %lu UNION ALL "
                      "SELECT 1 FROM system.main.duckdb_columns() WHERE data_type LIKE 'ENUM(%%' "
                      "AND system.main.tavana_of_enum(data_type) IN (%lu, %lu)",
                      (unsigned long)*out, (unsigned long)*out, (unsigned long)enum_type_array(*out));
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
        if (rows.n == 0)
            return ST_OK;
        h = hash_byte(h, 1);
    }
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "there is no number left for an enum");
}

/* Where a new type of that name goes. */
static int place(struct session *s, const struct sql_type_name *given, struct enum_made *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name = {given->database, given->schema, given->type};
    TRY(qualified_leave_database(s, &name, e));
    *out = (struct enum_made){.name = text_of(s, &name.relation)};
    TRY(session_ask(s, "SELECT system.main.current_database(), system.main.current_schema()", &rows, e));
    out->database = name.database.kind != SQL_TOK_END ? text_of(s, &name.database) : ask_value(&rows, 0, 0);
    out->schema = name.schema.kind != SQL_TOK_END ? schema_of(s, &name.schema) : ask_value(&rows, 0, 1);
    if (out->schema && strcmp(out->schema, "temp") == 0) {
        out->database = "temp";
        out->schema = "main";
    }
    if (!out->name || !out->database || !out->schema)
        return err_oom(e);
    out->full = full_name(s, out->database, out->schema, out->name);
    return out->full ? ST_OK : err_oom(e);
}

static int create(struct session *s, const struct sql_type_change *c, struct err *e)
{
    struct enum_made t;
    const char **labels;
    uint32_t oid;
    TRY(read_labels(s, c, &labels, e));
    TRY(place(s, &c->names[0], &t, e));
    TRY(pick_number(s, t.full, labels, c->nlabels, &oid, e));
    TRY(check_unique(labels, c->nlabels, oid, e));
    return make(s, t.full, labels, c->nlabels, oid, e);
}

/* ---- columns ---- */

enum {
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_VIEW,
    COLUMN_IS_ARRAY,
    COLUMN_SCHEMA,
    COLUMN_TABLE_NAME,
    COLUMN_DEFAULT
};

/* Those of the type and of arrays of it, with the text of the view that they are of; tables first. */
static int columns_of(struct session *s, uint32_t oid, struct ask_rows *out, struct err *e)
{
    const char *sql = step_text(
        s,
        "SELECT system.main.format('\"{}\".\"{}\".\"{}\"', system.main.replace(c.database_name, '\"', "
        "'\"\"'), "
        "system.main.replace(c.schema_name, '\"', '\"\"'), system.main.replace(c.table_name, '\"', '\"\"')), "
        "c.column_name, v.sql, c.data_type LIKE '%%]', CASE WHEN c.database_name = 'temp' THEN 'pg_temp' "
        "ELSE "
        "c.schema_name END, c.table_name, c.column_default FROM system.main.duckdb_columns() c LEFT JOIN "
        "system.main.duckdb_views() v ON v.database_name = c.database_name AND v.schema_name = c.schema_name "
        "AND "
        "v.view_name = c.table_name WHERE c.database_name IN (system.main.current_database(), 'temp') AND "
        "c.data_type LIKE 'ENUM(%%' AND system.main.tavana_of_enum(c.data_type) IN (%lu, %lu) ORDER BY v.sql "
        "IS "
        "NOT NULL, c.table_oid, c.column_index",
        (unsigned long)oid, (unsigned long)enum_type_array(oid));
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

/* Another command of the session's: ALTER TABLE with all that it sees to. */
static int alter_table(struct session *s, const char *text, struct err *e)
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

/* What a column's values become: a label that was renamed is another; NULL: they stay. */
static const char *new_value(struct session *s, const char *column, bool array, const char *from,
                             const char *to)
{
    const char *old = step_literal(s, from), *label = step_literal(s, to);
    if (!old || !label)
        return NULL;
    if (!array)
        return step_text(s, "CASE WHEN CAST(%s AS VARCHAR) = %s THEN %s ELSE CAST(%s AS VARCHAR) END", column,
                         old, label, column);
    return step_text(
        s, "list_transform(CAST(%s AS VARCHAR[]), lambda z_l: CASE WHEN z_l = %s THEN %s ELSE z_l END)",
        column, old, label);
}

/* from NULL: no label was renamed. */
static int retype(struct session *s, const struct ask_rows *rows, size_t i, const char *full,
                  const char *from, const char *to, struct err *e)
{
    bool array = ask_value(rows, i, COLUMN_IS_ARRAY)[0] == 't';
    const char *table = ask_value(rows, i, COLUMN_TABLE),
               *column = step_name(s, ask_value(rows, i, COLUMN_NAME));
    const char *value = ask_value(rows, i, COLUMN_DEFAULT), *old = from ? step_literal(s, from) : NULL;
    const char *using = column && from ? new_value(s, column, array, from, to) : NULL;
    if (!column || (from && (!using || !old)))
        return err_oom(e);
    bool renamed = from && value && strcmp(value, old) == 0;
    if (renamed)
        TRY(alter_table(s, step_text(s, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, column), e));
    TRY(alter_table(s,
                    using ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s USING (%s)", table, column,
                                      full, array ? "[]" : "", using)
                          : step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s", table, column, full,
                                      array ? "[]" : ""),
                    e));
    if (!renamed)
        return ST_OK;
    const char *label = step_literal(s, to);
    return alter_table(
        s, label ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", table, column, label) : NULL,
        e);
}

static int remake_view(struct session *s, const char *sql, struct err *e)
{
    static const char head[] = "CREATE VIEW ", temporary[] = "CREATE TEMPORARY VIEW ";
    if (strncmp(sql, head, sizeof head - 1) == 0)
        return step_run(s, step_text(s, "CREATE OR REPLACE VIEW %s", sql + sizeof head - 1), e);
    if (strncmp(sql, temporary, sizeof temporary - 1) == 0)
        return step_run(s, step_text(s, "CREATE OR REPLACE TEMPORARY VIEW %s", sql + sizeof temporary - 1),
                        e);
    return ST_OK;
}

/* The type with other labels, under its number. from NULL: none was renamed. */
static int replace(struct session *s, const struct enum_made *t, const char *const *labels, size_t n,
                   const char *from, const char *to, struct err *e)
{
    struct ask_rows rows;
    assert(t->is_enum && enum_type_is(t->oid));
    TRY(columns_of(s, t->oid, &rows, e));
    TRY(step_run(s, step_text(s, "DROP TYPE %s", t->full), e));
    TRY(make(s, t->full, labels, n, t->oid, e));
    for (size_t i = 0; i < rows.n; i++) {
        const char *view = ask_value(&rows, i, COLUMN_VIEW);
        TRY(view ? remake_view(s, view, e) : retype(s, &rows, i, t->full, from, to, e));
    }
    return ST_OK;
}

/* ---- altering ---- */

static size_t label_at(const struct enum_made *t, const char *label)
{
    size_t i = 0;
    while (i < t->n && strcmp(t->labels[i], label) != 0)
        i++;
    return i;
}

static int no_such_label(const char *label, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "\"%s\" is not an existing enum label", label);
}

static int add_value(struct session *s, const struct sql_type_change *c, const struct enum_made *t,
                     struct err *e)
{
    const char **given, **labels = arena_calloc(&s->message_arena, t->n + 1, sizeof *labels);
    TRY(read_labels(s, c, &given, e));
    if (!labels)
        return err_oom(e);
    if (label_at(t, given[0]) < t->n) {
        if (!c->exists_is_fine)
            return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "enum label \"%s\" already exists", given[0]);
        session_notice(s, REPLY_NOTICE, SQLSTATE_DUPLICATE_OBJECT,
                       "enum label \"%s\" already exists, skipping", given[0]);
        return ST_OK;
    }
    size_t at = c->nlabels > 1 ? label_at(t, given[1]) : t->n;
    if (c->nlabels > 1 && at == t->n)
        return no_such_label(given[1], e);
    at += c->nlabels > 1 && c->after;
    for (size_t i = 0; i <= t->n; i++)
        labels[i] = i < at ? t->labels[i] : i == at ? given[0] : t->labels[i - 1];
    return replace(s, t, labels, t->n + 1, NULL, NULL, e);
}

static int rename_value(struct session *s, const struct sql_type_change *c, const struct enum_made *t,
                        struct err *e)
{
    const char **given;
    TRY(read_labels(s, c, &given, e));
    size_t at = label_at(t, given[0]);
    if (at == t->n)
        return no_such_label(given[0], e);
    if (label_at(t, given[1]) < t->n)
        return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "enum label \"%s\" already exists", given[1]);
    t->labels[at] = given[1];
    return replace(s, t, t->labels, t->n, given[0], given[1], e);
}

/* Its columns stay what they are: they know its labels. */
static int move(struct session *s, const struct sql_type_change *c, const struct enum_made *t, struct err *e)
{
    bool renames = c->what == SQL_TYPE_RENAME;
    const char *name = renames ? text_of(s, &c->to) : t->name,
               *schema = renames ? t->schema : schema_of(s, &c->to);
    const char *full = name && schema ? full_name(s, t->database, schema, name) : NULL;
    if (!full)
        return err_oom(e);
    if (strcmp(full, t->full) == 0)
        return renames ? err_set(e, SQLSTATE_DUPLICATE_OBJECT, "type \"%s\" already exists", name) : ST_OK;
    TRY(make(s, full, t->labels, t->n, t->oid, e));
    return step_run(s, step_text(s, "DROP TYPE %s", t->full), e);
}

/* ---- dropping ---- */

static int add_column(struct session *s, const struct ask_rows *rows, size_t i, const char *what,
                      struct depends *d, struct err *e)
{
    const char *table =
        depends_name(s, ask_value(rows, i, COLUMN_SCHEMA), ask_value(rows, i, COLUMN_TABLE_NAME));
    if (!table)
        return err_oom(e);
    const char *object = ask_value(rows, i, COLUMN_VIEW)
                             ? step_text(s, "view %s", table)
                             : step_text(s, "column %s of table %s", ask_value(rows, i, COLUMN_NAME), table);
    bool array = ask_value(rows, i, COLUMN_IS_ARRAY)[0] == 't';
    if (object && d->n && strcmp(d->items[d->n - 1].object, object) == 0) /* a view with several */
        return ST_OK;
    return depends_add(s, d, object, array ? step_text(s, "%s[]", what) : what, e);
}

/* With CASCADE the columns go before it. */
static int free_of_columns(struct session *s, const struct enum_made *t, bool cascade, struct err *e)
{
    struct ask_rows rows;
    struct depends d = {0};
    const char *name = depends_name(s, t->schema, t->name),
               *what = name ? step_text(s, "type %s", name) : NULL;
    if (!what)
        return err_oom(e);
    TRY(columns_of(s, t->oid, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        TRY(add_column(s, &rows, i, what, &d, e));
    if (!cascade)
        return depends_refuse(&d, what, e);
    depends_tell(s, &d);
    for (size_t i = rows.n; i-- > 0;) {
        const char *table = ask_value(&rows, i, COLUMN_TABLE),
                   *column = step_name(s, ask_value(&rows, i, COLUMN_NAME));
        if (!column)
            return err_oom(e);
        TRY(ask_value(&rows, i, COLUMN_VIEW)
                ? step_run(s, step_text(s, "DROP VIEW IF EXISTS %s", table), e)
                : alter_table(s, step_text(s, "ALTER TABLE %s DROP COLUMN %s", table, column), e));
    }
    return ST_OK;
}

static int drop_one(struct session *s, const struct sql_type_change *c, const struct sql_type_name *name,
                    struct err *e)
{
    struct enum_made t;
    TRY(find(s, name, &t, e));
    const char *text = text_of(s, &name->type);
    if (!text)
        return err_oom(e);
    if (!t.found && !c->exists_is_fine)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", text);
    if (!t.found) {
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                       "type \"%s\" does not exist, skipping", text);
        return ST_OK;
    }
    if (t.is_enum)
        TRY(free_of_columns(s, &t, c->cascade, e));
    return step_run(s, step_text(s, "DROP TYPE %s", t.full), e);
}

int types_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_TYPE);
    TRY(statement_parse(s, st, e));
    const struct sql_type_change *c = &st->sql.parsed->type_change;
    struct enum_made t = {0};
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", c->tag);
    if (c->what == SQL_TYPE_ENUM)
        return create(s, c, e);
    if (c->what == SQL_TYPE_DROP) {
        for (size_t i = 0; i < c->n; i++)
            TRY(drop_one(s, c, &c->names[i], e));
        return ST_OK;
    }
    TRY(find_enum(s, &c->names[0], &t, e));
    switch (c->what) {
    case SQL_TYPE_ADD_VALUE: return add_value(s, c, &t, e);
    case SQL_TYPE_RENAME_VALUE: return rename_value(s, c, &t, e);
    default: return move(s, c, &t, e);
    }
}
