/* The engine has CREATE TYPE and DROP TYPE, and nothing that alters a type. Its columns do not know which
 * type they are of, only its labels, which pgtype/enum_type.h makes those of one type alone. So an enum is
 * altered by making it again, with its mark, and by giving its columns the new type. Views that show such a
 * column are made again as well: the engine keeps the types of their columns. */
#include "session/types.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "pgtype/composite_type.h"
#include "pgtype/enum_type.h"
#include "session/composites.h"
#include "session/session_priv.h"
#include "session/type_made.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that has to be there. */
static int find_enum(struct session *s, const struct sql_type_name *name, struct type_made *out,
                     struct err *e)
{
    TRY(type_find(s, name, out, e));
    const char *text = type_text_of(s, &name->type);
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
    TRY(ask_check(&rows, c->nlabels, rows.ncolumns, e));
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

struct placed_label {
    const char *label;
    size_t at;
};

static int by_label(const void *a, const void *b)
{
    const struct placed_label *x = a, *y = b;
    int order = strcmp(x->label, y->label);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The first label that an earlier one is equal to; n when there is none. There may be many thousands. */
static int find_repeated(struct session *s, const char *const *labels, size_t n, size_t *out, struct err *e)
{
    struct placed_label *sorted = arena_calloc(&s->message_arena, n, sizeof *sorted);
    *out = n;
    if (!sorted)
        return err_oom(e);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct placed_label){labels[i], i};
    qsort(sorted, n, sizeof *sorted, by_label);
    for (size_t i = 1; i < n; i++)
        if (sorted[i].at < *out && strcmp(sorted[i].label, sorted[i - 1].label) == 0)
            *out = sorted[i].at;
    return ST_OK;
}

static int check_unique(struct session *s, const char *const *labels, size_t n, uint32_t oid, struct err *e)
{
    size_t repeated;
    TRY(find_repeated(s, labels, n, &repeated, e));
    if (repeated == n)
        return ST_OK;
    (void)err_set(e, SQLSTATE_UNIQUE_VIOLATION,
                  "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"");
    err_names(e, "pg_enum", NULL, "pg_enum_typid_label_index");
    err_schema(e, "pg_catalog");
    err_detail(e, "Key (enumtypid, enumlabel)=(%lu, %s) already exists.", (unsigned long)oid,
               labels[repeated]);
    return ST_ERR;
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

static int create(struct session *s, const struct sql_type_change *c, struct err *e)
{
    struct type_made t;
    const char **labels;
    uint32_t oid;
    TRY(read_labels(s, c, &labels, e));
    TRY(type_place(s, &c->names[0], &t, e));
    TRY(pick_number(s, t.full, labels, c->nlabels, &oid, e));
    TRY(check_unique(s, labels, c->nlabels, oid, e));
    return make(s, t.full, labels, c->nlabels, oid, e);
}

/* ---- columns ---- */

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
    bool array = ask_text(rows, i, COLUMN_IS_ARRAY)[0] == 't';
    const char *table = ask_text(rows, i, COLUMN_TABLE),
               *column = step_name(s, ask_text(rows, i, COLUMN_NAME));
    const char *value = ask_value(rows, i, COLUMN_DEFAULT), *old = from ? step_literal(s, from) : NULL;
    const char *using = column && from ? new_value(s, column, array, from, to) : NULL;
    if (!column || (from && (!using || !old)))
        return err_oom(e);
    bool renamed = from && value && strcmp(value, old) == 0;
    if (renamed)
        TRY(type_alter_table(s, step_text(s, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, column),
                             e));
    TRY(type_alter_table(s,
                         using ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s USING (%s)", table,
                                           column, full, array ? "[]" : "", using)
                               : step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s", table, column, full,
                                           array ? "[]" : ""),
                         e));
    if (!renamed)
        return ST_OK;
    const char *label = step_literal(s, to);
    return type_alter_table(
        s, label ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", table, column, label) : NULL,
        e);
}

/* The type with other labels, under its number. from NULL: none was renamed. */
static int replace(struct session *s, const struct type_made *t, const char *const *labels, size_t n,
                   const char *from, const char *to, struct err *e)
{
    struct ask_rows rows;
    assert(t->is_enum);
    if (!enum_type_is(t->oid))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "type \"%s\" has no number of its own", t->name);
    TRY(type_columns(s, t->oid, &rows, e));
    TRY(step_run(s, step_text(s, "DROP TYPE %s", t->full), e));
    TRY(make(s, t->full, labels, n, t->oid, e));
    for (size_t i = 0; i < rows.n; i++) {
        const char *view = ask_value(&rows, i, COLUMN_VIEW);
        TRY(view ? type_remake_view(s, view, e) : retype(s, &rows, i, t->full, from, to, e));
    }
    return ST_OK;
}

/* ---- altering ---- */

static size_t label_at(const struct type_made *t, const char *label)
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

static int add_value(struct session *s, const struct sql_type_change *c, const struct type_made *t,
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

static int rename_value(struct session *s, const struct sql_type_change *c, const struct type_made *t,
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
static int move(struct session *s, const struct sql_type_change *c, const struct type_made *t, struct err *e)
{
    bool renames = c->what == SQL_TYPE_RENAME;
    const char *name = renames ? type_text_of(s, &c->to) : t->name,
               *schema = renames ? t->schema : type_schema_of(s, &c->to);
    const char *full = name && schema ? type_full_name(s, t->database, schema, name) : NULL;
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
        depends_name(s, ask_text(rows, i, COLUMN_SCHEMA), ask_text(rows, i, COLUMN_TABLE_NAME));
    if (!table)
        return err_oom(e);
    const char *object = ask_value(rows, i, COLUMN_VIEW)
                             ? step_text(s, "view %s", table)
                             : step_text(s, "column %s of table %s", ask_text(rows, i, COLUMN_NAME), table);
    bool array = ask_text(rows, i, COLUMN_IS_ARRAY)[0] == 't';
    if (object && d->n && strcmp(d->items[d->n - 1].object, object) == 0) /* a view with several */
        return ST_OK;
    return depends_add(s, d, object, array ? step_text(s, "%s[]", what) : what, e);
}

/* Attributes of other composite types. */
static int add_attributes(struct session *s, const struct type_made *t, const char *what, struct depends *d,
                          struct err *e)
{
    struct ask_rows rows;
    const char *sql = step_text(
        s,
        "SELECT a.attribute, n.name, c.name, a.type_oid <> %lu FROM tavana_catalog.pg.composite_attributes() "
        "a JOIN "
        "tavana_catalog.pg.composites() c ON c.oid = a.oid JOIN tavana_catalog.pg.schemas() n ON n.oid = "
        "c.schema_oid WHERE a.type_oid IN (%lu, %lu) ORDER BY c.oid, a.number",
        (unsigned long)t->oid, (unsigned long)t->oid,
        (unsigned long)(t->is_enum ? enum_type_array(t->oid) : composite_type_array(t->oid)));
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n; i++) {
        const char *type = depends_name(s, ask_text(&rows, i, 1), ask_text(&rows, i, 2));
        bool array = ask_text(&rows, i, 3)[0] == 't';
        if (!type)
            return err_oom(e);
        TRY(depends_add(s, d, step_text(s, "column %s of composite type %s", ask_text(&rows, i, 0), type),
                        array ? step_text(s, "%s[]", what) : what, e));
    }
    return ST_OK;
}

/* With CASCADE the columns go before it. */
static int free_of_columns(struct session *s, const struct type_made *t, bool cascade, struct err *e)
{
    struct ask_rows rows;
    struct depends d = {0};
    const char *name = depends_name(s, t->schema, t->name),
               *what = name ? step_text(s, "type %s", name) : NULL;
    if (!what)
        return err_oom(e);
    TRY(type_columns(s, t->oid, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        TRY(add_column(s, &rows, i, what, &d, e));
    size_t columns = d.n;
    TRY(add_attributes(s, t, what, &d, e));
    if (!cascade)
        return depends_refuse(&d, what, e);
    if (d.n > columns)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "DROP TYPE does not drop %s: drop it before",
                       d.items[columns].object);
    depends_tell(s, &d);
    for (size_t i = rows.n; i-- > 0;) {
        const char *table = ask_text(&rows, i, COLUMN_TABLE),
                   *column = step_name(s, ask_text(&rows, i, COLUMN_NAME));
        if (!column)
            return err_oom(e);
        TRY(ask_value(&rows, i, COLUMN_VIEW)
                ? step_run(s, step_text(s, "DROP VIEW IF EXISTS %s", table), e)
                : type_alter_table(s, step_text(s, "ALTER TABLE %s DROP COLUMN %s", table, column), e));
    }
    return ST_OK;
}

static int drop_one(struct session *s, const struct sql_type_change *c, const struct sql_type_name *name,
                    struct err *e)
{
    struct type_made t;
    TRY(type_find(s, name, &t, e));
    const char *text = type_text_of(s, &name->type);
    if (!text)
        return err_oom(e);
    if (!t.found) {
        bool found;
        TRY(domains_drop(s, name, c->cascade, &found, e));
        if (found)
            return ST_OK;
    }
    if (!t.found && !c->exists_is_fine)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", text);
    if (!t.found) {
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                       "type \"%s\" does not exist, skipping", text);
        return ST_OK;
    }
    if (t.is_enum || t.is_composite)
        TRY(free_of_columns(s, &t, c->cascade, e));
    return step_run(s, step_text(s, "DROP TYPE %s", t.full), e);
}

int types_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_TYPE);
    TRY(statement_parse(s, st, e));
    const struct sql_type_change *c = &st->sql.parsed->type_change;
    struct type_made t = {0};
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", c->tag);
    if (c->what == SQL_TYPE_ENUM || c->what == SQL_TYPE_COMPOSITE)
        TRY(domains_free_name(s, &c->names[0], e));
    if (c->what == SQL_TYPE_ENUM)
        return create(s, c, e);
    if (c->what == SQL_TYPE_COMPOSITE)
        return composites_create(s, c, e);
    if (c->what == SQL_TYPE_DROP) {
        for (size_t i = 0; i < c->n; i++)
            TRY(drop_one(s, c, &c->names[i], e));
        return ST_OK;
    }
    TRY(type_find(s, &c->names[0], &t, e));
    if (t.is_composite)
        return composites_alter(s, c, &t, e);
    if (t.found && c->what == SQL_TYPE_ATTRIBUTES)
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a composite type", t.name);
    TRY(find_enum(s, &c->names[0], &t, e));
    switch (c->what) {
    case SQL_TYPE_ADD_VALUE: return add_value(s, c, &t, e);
    case SQL_TYPE_RENAME_VALUE: return rename_value(s, c, &t, e);
    default: return move(s, c, &t, e);
    }
}
