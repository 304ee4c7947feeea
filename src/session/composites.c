/* The engine makes a STRUCT of it, with an alias that says the type's number (engine/composite_types.h).
 * What the catalog shows of its attributes is kept in the type's comment, since the engine's own list of
 * types does not have them. */
#include "session/composites.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "pgtype/composite_type.h"
#include "pgtype/domain_type.h"
#include "session/session_priv.h"
#include "session/type_made.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

struct attribute {
    const char *name;
    const char *type; /* as SQL, an array with empty brackets */
    uint32_t oid;
    int32_t typmod;
    const char *from; /* the name before it was altered; NULL: it is new */
};

/* ---- reading ---- */

static int read_one(struct session *s, const struct sql_type_attribute *a, struct attribute *out,
                    struct err *e)
{
    const struct sql_type *t = &a->parsed;
    struct str scalar = {a->type.p, t->scalar_end - t->at};
    out->name = type_text_of(s, &a->name);
    out->type = step_text(s, "%.*s%s", (int)scalar.n, scalar.p, t->array ? "[]" : "");
    if (!out->name || !out->type)
        return err_oom(e);
    if (strpbrk(out->name, "\x1e\x1f"))
        return err_set(e, SQLSTATE_INVALID_NAME, "an attribute's name holds a control character");
    return ST_OK;
}

static int read_names(struct session *s, const struct sql_type_change *c, struct attribute *out,
                      struct err *e)
{
    for (size_t i = 0; i < c->nattributes; i++) {
        TRY(read_one(s, &c->attributes[i], &out[i], e));
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(out[i].name, out[k].name) == 0)
                return err_set(e, SQLSTATE_DUPLICATE_COLUMN, "column \"%s\" specified more than once",
                               out[i].name);
    }
    return ST_OK;
}

/* The types' numbers, as the catalog has them. */
static int read_types(struct session *s, const struct sql_type_attribute *parsed, size_t n,
                      struct attribute *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    struct ask_rows rows;
    buf_init(&b, SIZE_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *literal = step_literal(s, out[i].type);
        if (!literal)
            return err_oom(e);
        buf_printf(&b, "%stavana_catalog.pg.to_regtype(%s)::BIGINT", i ? ", " : "SELECT ", literal);
    }
    buf_put_u8(&b, '\0');
    TRY(buf_ok(&b) ? session_ask(s, (const char *)b.data, &rows, e) : err_oom(e));
    TRY(ask_check(&rows, 1, n, e));
    for (size_t i = 0; i < n; i++) {
        const char *number = ask_value(&rows, 0, i);
        int64_t oid = 0;
        if (!number || !str_to_i64(str_of(number), 1, UINT32_MAX, &oid))
            return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", out[i].type);
        out[i].oid = (uint32_t)oid;
        if (domain_type_is(out[i].oid) || domain_type_is_array(out[i].oid))
            return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                           "attributes of a domain (%s) are not supported in a composite type", out[i].type);
        out[i].typmod = type_modifier(&parsed[i].parsed, out[i].oid);
    }
    return ST_OK;
}

/* ---- making ---- */

/* A number that no composite type of the database has, nor one that is gone: what the engine's API has made
 * known stays until the database is closed. */
static int pick_number(struct session *s, const char *full, uint32_t *out, struct err *e)
{
    enum { TRIES = 100 };
    uint64_t h = hash_text(str_of(full));
    for (int i = 0; i < TRIES; i++) {
        struct ask_rows rows;
        *out = composite_type_pick(h);
        const char *sql = step_text(
            s,
            "SELECT 1 FROM system.main.duckdb_types() WHERE system.main.starts_with(type_name, "
            "'" COMPOSITE_ALIAS "%lu') UNION ALL SELECT 1 FROM tavana_catalog.pg.composite_types() WHERE oid "
            "= %lu UNION ALL SELECT 1 "
            "FROM system.main.duckdb_columns() WHERE system.main.starts_with(data_type, '" COMPOSITE_ALIAS
            "%lu')",
            (unsigned long)*out, (unsigned long)*out, (unsigned long)*out);
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
        if (rows.n == 0)
            return ST_OK;
        h = hash_byte(h, 1);
    }
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "there is no number left for a composite type");
}

/* alias: pg_composite_… without its beginning. */
static int make(struct session *s, const char *full, const struct attribute *a, size_t n, const char *alias,
                struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    if (n == 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a composite type without attributes is not supported");
    if (n > COMPOSITE_FIELDS_MAX)
        return err_set(e, SQLSTATE_TOO_MANY_COLUMNS, "tables can have at most %d columns",
                       COMPOSITE_FIELDS_MAX);
    buf_printf(&b, "CREATE TYPE %s AS STRUCT(", full);
    for (size_t i = 0; i < n; i++) {
        const char *name = step_name(s, a[i].name);
        if (!name)
            return err_oom(e);
        buf_printf(&b, "%s %s, ", name, a[i].type);
    }
    buf_printf(&b, "\"" COMPOSITE_ALIAS "%s\" BOOLEAN)", alias);
    buf_put_u8(&b, '\0');
    return buf_ok(&b) ? step_run_sent(s, (const char *)b.data, e) : err_oom(e);
}

/* shown: what COMMENT ON TYPE said; NULL: nothing. */
static int keep(struct session *s, const char *full, const char *shown, const struct attribute *a, size_t n,
                const char *alias, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_printf(&b, "%s" TYPE_KEPT "%s", shown ? shown : "", alias);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%c%lu %ld %s", TYPE_ATTRIBUTE, (unsigned long)a[i].oid, (long)a[i].typmod, a[i].name);
    buf_put_u8(&b, '\0');
    const char *literal = buf_ok(&b) ? step_literal(s, (const char *)b.data) : NULL;
    return literal ? step_run(s, step_text(s, "COMMENT ON TYPE %s IS %s", full, literal), e) : err_oom(e);
}

int composites_create(struct session *s, const struct sql_type_change *c, struct err *e)
{
    struct type_made t;
    uint32_t oid;
    struct attribute *a = arena_calloc(&s->message_arena, c->nattributes + 1, sizeof *a);
    if (!a)
        return err_oom(e);
    TRY(read_names(s, c, a, e));
    if (c->nattributes)
        TRY(read_types(s, c->attributes, c->nattributes, a, e));
    TRY(type_place(s, &c->names[0], &t, e));
    TRY(pick_number(s, t.full, &oid, e));
    const char *alias = step_text(s, "%lu", (unsigned long)oid);
    if (!alias)
        return err_oom(e);
    TRY(make(s, t.full, a, c->nattributes, alias, e));
    return keep(s, t.full, NULL, a, c->nattributes, alias, e);
}

/* ---- altering ---- */

/* What the type's alias says behind its beginning. NULL without memory. */
static const char *alias_of(struct session *s, const struct type_made *t)
{
    const char *at = t->kept + sizeof TYPE_KEPT - 1;
    return step_text(s, "%.*s", (int)strspn(at, "0123456789_"), at);
}

/* The same type by another name: its columns know its number. */
static int move(struct session *s, const struct sql_type_change *c, const struct type_made *t, struct err *e)
{
    bool renames = c->what == SQL_TYPE_RENAME;
    const char *name = renames ? type_text_of(s, &c->to) : t->name,
               *schema = renames ? t->schema : type_schema_of(s, &c->to);
    const char *full = name && schema ? type_full_name(s, t->database, schema, name) : NULL;
    const char *comment = step_literal(s, t->comment), *alias = alias_of(s, t);
    if (!full || !comment || !alias)
        return err_oom(e);
    if (strcmp(full, t->full) == 0)
        return renames ? err_set(e, SQLSTATE_DUPLICATE_OBJECT, "type \"%s\" already exists", name) : ST_OK;
    TRY(step_run(s, step_text(s, "CREATE TYPE %s AS \"" COMPOSITE_ALIAS "%s\"", full, alias), e));
    TRY(step_run(s, step_text(s, "COMMENT ON TYPE %s IS %s", full, comment), e));
    return step_run(s, step_text(s, "DROP TYPE %s", t->full), e);
}

/* The attributes that there are, with room for more; *n: how many. */
static int read_kept(struct session *s, const struct type_made *t, size_t more, struct attribute **out,
                     size_t *n, struct err *e)
{
    struct ask_rows rows;
    const char *sql =
        step_text(s,
                  "SELECT a.attribute, a.type_oid::VARCHAR, a.type_mod::VARCHAR, "
                  "tavana_catalog.pg.format_type(a.type_oid, a.type_mod) FROM "
                  "tavana_catalog.pg.composite_attributes() a WHERE a.oid = %lu ORDER BY a.number",
                  (unsigned long)t->oid);
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    *out = arena_calloc(&s->message_arena, rows.n + more + 1, sizeof **out);
    if (!*out)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++) {
        int64_t oid = 0, typmod = -1;
        (void)str_to_i64(str_of(ask_text(&rows, i, 1)), 0, UINT32_MAX, &oid);
        (void)str_to_i64(str_of(ask_text(&rows, i, 2)), INT32_MIN, INT32_MAX, &typmod);
        (*out)[i] = (struct attribute){.name = ask_text(&rows, i, 0),
                                       .type = ask_text(&rows, i, 3),
                                       .oid = (uint32_t)oid,
                                       .typmod = (int32_t)typmod,
                                       .from = ask_text(&rows, i, 0)};
    }
    *n = rows.n;
    return ST_OK;
}

static size_t place_of(const struct attribute *a, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcasecmp(a[i].name, name) != 0)
        i++;
    return i;
}

static int absent(struct session *s, const struct sql_type_attribute *c, const struct type_made *t,
                  const char *name, struct err *e)
{
    if (!c->absent_is_fine)
        return err_set(e, SQLSTATE_UNDEFINED_COLUMN,
                       c->what == SQL_ATTRIBUTE_DROP || c->what == SQL_ATTRIBUTE_RETYPE
                           ? "column \"%s\" of relation \"%s\" does not exist"
                           : "column \"%s\" does not exist",
                       name, t->name);
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                   "column \"%s\" of relation \"%s\" does not exist, skipping", name, t->name);
    return ST_OK;
}

/* One change of the list. */
static int change(struct session *s, const struct sql_type_attribute *c, const struct type_made *t,
                  struct attribute *a, size_t *n, struct err *e)
{
    const char *name = type_text_of(s, &c->name),
               *to = c->what == SQL_ATTRIBUTE_RENAME ? type_text_of(s, &c->to) : name;
    if (!name || !to)
        return err_oom(e);
    size_t at = place_of(a, *n, name);
    bool new_name = c->what == SQL_ATTRIBUTE_ADD || c->what == SQL_ATTRIBUTE_RENAME;
    if (c->what != SQL_ATTRIBUTE_ADD && at == *n)
        return absent(s, c, t, name, e);
    if (new_name && place_of(a, *n, to) < *n)
        return err_set(e, SQLSTATE_DUPLICATE_COLUMN, "column \"%s\" of relation \"%s\" already exists", to,
                       t->name);
    switch (c->what) {
    case SQL_ATTRIBUTE_DROP: memmove(a + at, a + at + 1, (--*n - at) * sizeof *a); return ST_OK;
    case SQL_ATTRIBUTE_RENAME: a[at].name = to; return ST_OK;
    case SQL_ATTRIBUTE_ADD:
        (*n)++;
        a[at].from = NULL;
        break;
    case SQL_ATTRIBUTE_RETYPE: break;
    }
    TRY(read_one(s, c, &a[at], e));
    return read_types(s, c, 1, &a[at], e);
}

/* A name of its own for the next making: the engine's types of that name stay until it is closed. */
static int next_alias(struct session *s, const struct type_made *t, const char **out, struct err *e)
{
    uint32_t version = 1;
    const char *alias = alias_of(s, t), *whole = alias ? step_text(s, COMPOSITE_ALIAS "%s", alias) : NULL;
    struct ask_rows rows;
    if (!whole)
        return err_oom(e);
    (void)composite_type_oid(whole, &version);
    do {
        *out = step_text(s, "%lu_%lu", (unsigned long)t->oid, (unsigned long)++version);
        const char *sql =
            *out ? step_text(s,
                             "SELECT 1 FROM system.main.duckdb_types() WHERE type_name = '" COMPOSITE_ALIAS
                             "%s'",
                             *out)
                 : NULL;
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    } while (rows.n > 0 && version < UINT32_MAX);
    return ST_OK;
}

/* A value with the new attributes, where it is not NULL. NULL without memory. */
static const char *converted(struct session *s, const char *value, const struct attribute *a, size_t n,
                             const char *full)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_printf(&b, "CASE WHEN %s IS NULL THEN NULL ELSE CAST(ROW(", value);
    for (size_t i = 0; i < n; i++) {
        const char *from = a[i].from ? step_name(s, a[i].from) : NULL;
        if (a[i].from && !from)
            return NULL;
        if (from)
            buf_printf(&b, "%s(system.main.struct_concat(%s)).%s", i ? ", " : "", value, from);
        else
            buf_printf(&b, "%sNULL", i ? ", " : "");
    }
    buf_printf(&b, ") AS %s) END", full);
    buf_put_u8(&b, '\0');
    return buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

/* A column of the type, or of arrays of it, which the engine knows by the type's old alias. */
static int retype(struct session *s, const struct ask_rows *columns, size_t i, const char *full,
                  const struct attribute *a, size_t n, struct err *e)
{
    const char *view = ask_value(columns, i, COLUMN_VIEW);
    bool array = ask_text(columns, i, COLUMN_IS_ARRAY)[0] == 't';
    const char *column = step_name(s, ask_text(columns, i, COLUMN_NAME));
    if (view)
        return type_remake_view(s, view, e);
    const char *value = column ? converted(s, array ? "z_x" : column, a, n, full) : NULL;
    const char *all =
        value && array ? step_text(s, "list_transform(%s, lambda z_x: %s)", column, value) : value;
    return type_alter_table(s,
                            all ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s USING (%s)",
                                            ask_text(columns, i, COLUMN_TABLE), column, full,
                                            array ? "[]" : "", all)
                                : NULL,
                            e);
}

/* As PostgreSQL does, which would have to change the rows. */
static int check_columns(const struct sql_type_change *c, const struct type_made *t,
                         const struct ask_rows *columns, struct err *e)
{
    bool retypes = false;
    for (size_t i = 0; i < c->nattributes; i++)
        retypes |= c->attributes[i].what == SQL_ATTRIBUTE_RETYPE;
    if (!retypes || columns->n == 0)
        return ST_OK;
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "cannot alter type \"%s\" because column \"%s.%s\" uses it", t->name,
                   ask_text(columns, 0, COLUMN_TABLE_NAME), ask_text(columns, 0, COLUMN_NAME));
}

static int alter_attributes(struct session *s, const struct sql_type_change *c, const struct type_made *t,
                            struct err *e)
{
    struct ask_rows columns;
    struct attribute *a = NULL;
    size_t n = 0;
    const char *alias = NULL;
    TRY(type_columns(s, t->oid, &columns, e));
    TRY(check_columns(c, t, &columns, e));
    TRY(read_kept(s, t, c->nattributes, &a, &n, e));
    for (size_t i = 0; i < c->nattributes; i++)
        TRY(change(s, &c->attributes[i], t, a, &n, e));
    TRY(next_alias(s, t, &alias, e));
    const char *shown = step_text(s, "%.*s", (int)(t->kept - t->comment), t->comment);
    if (!shown)
        return err_oom(e);
    TRY(step_run(s, step_text(s, "DROP TYPE %s", t->full), e));
    TRY(make(s, t->full, a, n, alias, e));
    TRY(keep(s, t->full, shown, a, n, alias, e));
    for (size_t i = 0; i < columns.n; i++)
        TRY(retype(s, &columns, i, t->full, a, n, e));
    return ST_OK;
}

int composites_alter(struct session *s, const struct sql_type_change *c, const struct type_made *t,
                     struct err *e)
{
    assert(t->found && t->is_composite && t->kept);
    switch (c->what) {
    case SQL_TYPE_RENAME:
    case SQL_TYPE_SCHEMA: return move(s, c, t, e);
    case SQL_TYPE_ATTRIBUTES: return alter_attributes(s, c, t, e);
    default: return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "%s is not an enum", t->name);
    }
}
