/* What is kept of a domain is changed in the list that was read, and what the engine has of it is made from
 * that (session/domain_make.h). Whatever refuses a command does so before anything is made. */
#include "session/domains.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "pgtype/domain_type.h"
#include "session/domain_list.h"
#include "session/domain_make.h"
#include "session/session_priv.h"
#include "session/type_made.h"
#include "sql/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *copy(struct session *s, struct str text)
{
    return arena_strndup(&s->message_arena, text.p, text.n);
}

/* ---- finding ---- */

static int find(struct session *s, const struct domain_list *list, const struct sql_type_name *name,
                struct domain **out, struct err *e)
{
    struct relation_name parts = {name->database, name->schema, name->type};
    TRY(qualified_leave_database(s, &parts, e));
    return domain_list_find(s, list, &parts.schema, &parts.relation, out, e);
}

/* 42704; or 42809 when it is a type of another kind. */
static int absent(struct session *s, const struct sql_type_name *name, struct err *e)
{
    struct type_made t;
    const char *text = type_text_of(s, &name->type);
    if (!text)
        return err_oom(e);
    TRY(type_find(s, name, &t, e));
    if (t.found)
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a domain", text);
    return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", text);
}

/* 42710 when the schema has a type or a relation of that name. */
static int check_free(struct session *s, const struct domain_list *list, const struct domain *d,
                      struct err *e)
{
    struct ask_rows rows;
    for (size_t i = 0; i < list->n; i++)
        if (&list->items[i] != d && strcmp(list->items[i].database, d->database) == 0 &&
            strcasecmp(list->items[i].schema, d->schema) == 0 &&
            strcasecmp(list->items[i].name, d->name) == 0)
            return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "type \"%s\" already exists", d->name);
    const char *database = step_literal(s, d->database), *schema = step_literal(s, d->schema),
               *name = step_literal(s, d->name);
    const char *sql =
        database && schema && name
            ? step_text(
                  s,
                  "SELECT 1 FROM (SELECT database_name, schema_name, type_name AS name FROM "
                  "system.main.duckdb_types() WHERE NOT internal UNION ALL SELECT database_name, "
                  "schema_name, table_name FROM system.main.duckdb_tables()) WHERE database_name = %s AND "
                  "lower(schema_name) = lower(%s) AND lower(name) = lower(%s)",
                  database, schema, name)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n ? err_set(e, SQLSTATE_DUPLICATE_OBJECT, "type \"%s\" already exists", d->name) : ST_OK;
}

/* A number that no domain has, and that no macro was left over from. */
static int pick_number(struct session *s, const struct domain_list *list, const struct domain *d,
                       uint32_t *out, struct err *e)
{
    enum { TRIES = 1000 };
    uint64_t h = hash_text(str_of(d->name));
    for (int i = 0; i < TRIES; i++) {
        struct ask_rows rows;
        *out = domain_type_pick(h);
        h = hash_byte(h, 1);
        if (domain_list_numbered(list, *out))
            continue;
        const char *sql = step_text(s, /* macros stay when a schema goes with its domains */
                                    "SELECT 1 FROM system.main.duckdb_functions() WHERE "
                                    "system.main.starts_with(function_name, '" DOMAIN_CHECK "%lu_')",
                                    (unsigned long)*out);
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
        if (rows.n == 0)
            return ST_OK;
    }
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "there is no number left for a domain");
}

/* ---- creating ---- */

/* What a type that is none of PostgreSQL's is called, with its schema. */
static const char *own_type(struct session *s, const char *schema, const char *name, bool array)
{
    const char *a = step_name(s, schema), *b = step_name(s, array && name[0] ? name + 1 : name);
    return a && b ? step_text(s, "%s.%s%s", a, b, array ? "[]" : "") : NULL;
}

/* The type that it is of: its number and modifier, and how it is spelled in statements. */
static int read_base(struct session *s, const struct domain_list *list, const struct sql_domain *c,
                     struct domain *d, struct err *e)
{
    struct ask_rows rows;
    const struct sql_type *t = &c->base;
    const char *type = step_text(s, "%.*s%s", (int)(t->scalar_end - t->at), c->type.p, t->array ? "[]" : "");
    const char *literal = type ? step_literal(s, type) : NULL;
    const char *sql =
        literal
            ? step_text(
                  s,
                  "SELECT z_oid::VARCHAR, z_schema, z_name, z_array, tavana_catalog.pg.format_type(z_oid, "
                  "NULL) FROM tavana_catalog.pg.z_types() WHERE z_oid = "
                  "tavana_catalog.pg.to_regtype(%s)::BIGINT",
                  literal)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    int64_t oid = 0;
    if (rows.n == 0 || !str_to_i64(str_of(ask_text(&rows, 0, 0)), 1, UINT32_MAX, &oid))
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", type);
    d->base_oid = d->root_oid = (uint32_t)oid;
    d->typmod = type_modifier(t, d->base_oid);
    if (domain_type_is_array(d->base_oid))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a domain over arrays of a domain is not supported");
    const struct domain *parent = domain_list_numbered(list, d->base_oid);
    if (parent) {
        d->root_oid = parent->root_oid;
        d->base = parent->base;
        d->initial = parent->initial;
        return ST_OK;
    }
    bool array = ask_text(&rows, 0, 3)[0] == 't';
    if (strcmp(ask_text(&rows, 0, 1), "pg_catalog") != 0)
        d->base = own_type(s, ask_text(&rows, 0, 1), ask_text(&rows, 0, 2), array);
    else
        d->base = d->typmod >= 0 || strchr(type, '(') ? type : ask_text(&rows, 0, 4);
    return d->base ? ST_OK : err_oom(e);
}

/* Names of constraints are compared as PostgreSQL compares them, with their case. */
static bool has_check(const struct domain *d, const char *name)
{
    for (size_t i = 0; i < d->nchecks; i++)
        if (strcmp(d->checks[i].name, name) == 0)
            return true;
    return false;
}

/* A query over a value of the type, which has no rows to read: the errors of the condition, and 42804 when it
 * is none. */
static int try_condition(struct session *s, const struct domain *d, const char *condition, struct err *e)
{
    struct str led;
    struct ask_rows rows;
    const char *own = domain_condition_of(s, condition, "z_value");
    const char *sql =
        own ? step_text(s,
                        "SELECT pg_typeof((%s))::text AS z FROM (SELECT CAST(NULL AS %s) AS z_value) "
                        "AS z_values",
                        own, d->base)
            : NULL;
    TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
    int rc = session_ask(s, led.p, &rows, e);
    if (rc < 0)
        e->position = 0, e->hint[0] = '\0'; /* of a text that nobody has seen */
    TRY(rc);
    const char *type = ask_value(&rows, 0, 0);
    if (type && strcmp(type, "boolean") != 0 && strcmp(type, "unknown") != 0)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH, "argument of CHECK must be type boolean, not type %s",
                       type);
    return ST_OK;
}

/* With the name that it was given, or that PostgreSQL would choose. */
static int add_check(struct session *s, struct domain *d, const struct sql_domain_check *c, struct err *e)
{
    const char *name =
        c->name.kind != SQL_TOK_END ? type_text_of(s, &c->name) : step_text(s, "%s_check", d->name);
    for (unsigned n = 1; name && c->name.kind == SQL_TOK_END && has_check(d, name); n++)
        name = step_text(s, "%s_check%u", d->name, n);
    const char *given = copy(s, c->condition),
               *condition = given ? domain_condition_of(s, given, "VALUE") : NULL;
    if (!name || !condition)
        return err_oom(e);
    if (has_check(d, name))
        return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "constraint \"%s\" for domain \"%s\" already exists",
                       name, d->name);
    if (d->nchecks == SQL_DOMAIN_CHECKS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a domain can have at most %d constraints",
                       SQL_DOMAIN_CHECKS_MAX);
    if (strpbrk(name, "\x1d\x1e\x1f") || strpbrk(condition, "\x1d\x1e\x1f"))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "control characters in a domain's constraint are not supported");
    TRY(try_condition(s, d, condition, e));
    struct domain_check *all = arena_calloc(&s->message_arena, d->nchecks + 1, sizeof *all);
    if (!all)
        return err_oom(e);
    if (d->nchecks)
        memcpy(all, d->checks, d->nchecks * sizeof *all);
    all[d->nchecks++] = (struct domain_check){name, condition};
    d->checks = all;
    return ST_OK;
}

/* DEFAULT; DEFAULT NULL is none. text.p NULL: none any more. */
static int set_initial(struct session *s, struct domain *d, struct str text, struct err *e)
{
    d->initial = text.p ? copy(s, text) : NULL;
    if (text.p && !d->initial)
        return err_oom(e);
    if (d->initial && strpbrk(d->initial, "\x1d\x1e\x1f"))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "control characters in a domain's default are not supported");
    if (d->initial && strcasecmp(d->initial, "NULL") == 0)
        d->initial = NULL;
    return ST_OK;
}

static int create(struct session *s, const struct sql_domain *c, struct err *e)
{
    struct domain_list list;
    struct type_made place;
    struct domain d = {.version = 1, .not_null = c->not_null};
    TRY(domain_list_read(s, &list, e));
    TRY(type_place(s, &c->names[0], &place, e));
    d.database = place.database;
    d.schema = place.schema;
    d.name = place.name;
    if (strpbrk(d.name, "\x1d\x1e\x1f"))
        return err_set(e, SQLSTATE_INVALID_NAME, "a domain's name holds a control character");
    TRY(check_free(s, &list, &d, e));
    TRY(pick_number(s, &list, &d, &d.oid, e));
    TRY(read_base(s, &list, c, &d, e));
    if (c->initial.p)
        TRY(set_initial(s, &d, c->initial, e));
    for (size_t i = 0; i < c->nchecks; i++)
        TRY(add_check(s, &d, &c->checks[i], e));
    return domain_make(s, &list, &d, e);
}

/* ---- altering ---- */

/* 23514, 23502: there are rows that violate it in the domain's columns, or in those of domains over it: the
 * condition, or (NULL) that there is a value. What is found first is said, as PostgreSQL does. */
static int check_rows(struct session *s, const struct domain_list *list, const struct domain *d,
                      const char *condition, bool not_valid, struct err *e)
{
    struct ask_rows columns, rows;
    struct str led;
    TRY(domain_columns(s, d, &columns, e));
    for (size_t i = 0; i < columns.n; i++) {
        const char *table = ask_text(&columns, i, DOMAIN_COLUMN_TABLE),
                   *column = ask_text(&columns, i, DOMAIN_COLUMN_NAME), *quoted = step_name(s, column);
        const char *from = quoted ? step_text(s, "(SELECT %s AS z_value FROM %s) AS z", quoted, table) : NULL;
        const char *own = condition ? domain_condition_of(s, condition, "z_value") : "z_value IS NOT NULL";
        const char *sql =
            from && own ? step_text(s, "SELECT 1 AS z FROM %s WHERE NOT (%s) LIMIT 1", from, own) : NULL;
        TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
        TRY(session_ask(s, led.p, &rows, e));
        if (rows.n == 0)
            continue;
        if (not_valid)
            return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                           "NOT VALID is not supported while there are rows that violate the constraint");
        (void)err_set(e, condition ? SQLSTATE_CHECK_VIOLATION : SQLSTATE_NOT_NULL_VIOLATION,
                      condition
                          ? "column \"%s\" of table \"%s\" contains values that violate the new constraint"
                          : "column \"%s\" of table \"%s\" contains null values",
                      column, ask_text(&columns, i, DOMAIN_COLUMN_TABLE_NAME));
        err_names(e, ask_text(&columns, i, DOMAIN_COLUMN_TABLE_NAME), column, "");
        err_schema(e, strcmp(ask_text(&columns, i, DOMAIN_COLUMN_SCHEMA), "main") == 0
                          ? "public"
                          : ask_text(&columns, i, DOMAIN_COLUMN_SCHEMA));
        return ST_ERR;
    }
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].base_oid == d->oid)
            TRY(check_rows(s, list, &list->items[i], condition, not_valid, e));
    return ST_OK;
}

static int no_constraint(struct session *s, const struct sql_domain *c, const struct domain *d,
                         const char *name, struct err *e)
{
    if (!c->exists_is_fine)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "constraint \"%s\" of domain \"%s\" does not exist",
                       name, d->name);
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                   "constraint \"%s\" of domain \"%s\" does not exist, skipping", name, d->name);
    return ST_OK;
}

/* DROP, RENAME and VALIDATE CONSTRAINT. *done: there is nothing to make anew. */
static int alter_constraint(struct session *s, const struct sql_domain *c, const struct domain_list *list,
                            struct domain *d, bool *done, struct err *e)
{
    const char *name = type_text_of(s, &c->from);
    size_t at = 0;
    assert(c->from.kind != SQL_TOK_END);
    if (!name)
        return err_oom(e);
    while (at < d->nchecks && strcmp(d->checks[at].name, name) != 0)
        at++;
    *done = at == d->nchecks || c->what == SQL_DOMAIN_VALIDATE;
    if (at == d->nchecks)
        return no_constraint(s, c, d, name, e);
    if (c->what == SQL_DOMAIN_VALIDATE)
        return check_rows(s, list, d, d->checks[at].condition, false, e);
    if (c->what == SQL_DOMAIN_DROP_CONSTRAINT) {
        memmove(d->checks + at, d->checks + at + 1, (--d->nchecks - at) * sizeof *d->checks);
        return ST_OK;
    }
    const char *to = type_text_of(s, &c->to);
    if (!to)
        return err_oom(e);
    if (has_check(d, to))
        return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "constraint \"%s\" for domain \"%s\" already exists", to,
                       d->name);
    d->checks[at].name = to;
    return ST_OK;
}

/* RENAME TO, SET SCHEMA. *done: it is there already. */
static int move(struct session *s, const struct sql_domain *c, const struct domain_list *list,
                struct domain *d, bool *done, struct err *e)
{
    const char *to = c->what == SQL_DOMAIN_RENAME ? type_text_of(s, &c->to) : type_schema_of(s, &c->to);
    if (!to)
        return err_oom(e);
    if (c->what == SQL_DOMAIN_RENAME) {
        d->name = to;
        return check_free(s, list, d, e);
    }
    *done = strcmp(d->schema, to) == 0;
    d->schema = to;
    if (strcmp(to, "temp") == 0 || strcmp(d->database, "temp") == 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "cannot move objects into or out of temporary schemas");
    return *done ? ST_OK : check_free(s, list, d, e);
}

static int alter(struct session *s, const struct sql_domain *c, struct err *e)
{
    struct domain_list list;
    struct domain *d;
    bool done = false;
    TRY(domain_list_read(s, &list, e));
    TRY(find(s, &list, &c->names[0], &d, e));
    if (!d)
        return absent(s, &c->names[0], e);
    const char *schema = d->schema;
    switch (c->what) {
    case SQL_DOMAIN_ADD:
        TRY(add_check(s, d, &c->checks[0], e));
        TRY(check_rows(s, &list, d, d->checks[d->nchecks - 1].condition, c->not_valid, e));
        break;
    case SQL_DOMAIN_DROP_CONSTRAINT:
    case SQL_DOMAIN_RENAME_CONSTRAINT:
    case SQL_DOMAIN_VALIDATE: TRY(alter_constraint(s, c, &list, d, &done, e)); break;
    case SQL_DOMAIN_DEFAULT: TRY(set_initial(s, d, c->initial, e)); break;
    case SQL_DOMAIN_NOT_NULL:
        done = d->not_null == c->not_null;
        d->not_null = c->not_null;
        if (c->not_null)
            TRY(check_rows(s, &list, d, NULL, false, e));
        break;
    case SQL_DOMAIN_RENAME:
    case SQL_DOMAIN_SCHEMA: TRY(move(s, c, &list, d, &done, e)); break;
    default: return ST_OK; /* one user owns all */
    }
    return done ? ST_OK : domain_remake(s, &list, d, schema, e);
}

/* ---- dropping ---- */

/* Views whose text casts something to it: schema and name, as SQL and apart. */
static int views_of(struct session *s, const struct domain *d, struct ask_rows *out, struct err *e)
{
    const char *sql = step_text(
        s,
        "SELECT system.main.format('\"{}\".\"{}\".\"{}\"', system.main.replace(database_name, '\"', '\"\"'), "
        "system.main.replace(schema_name, '\"', '\"\"'), system.main.replace(view_name, '\"', '\"\"')), CASE "
        "WHEN "
        "database_name = 'temp' THEN 'pg_temp' ELSE schema_name END, view_name FROM "
        "system.main.duckdb_views() "
        "WHERE NOT internal AND database_name IN (system.main.current_database(), 'temp') AND "
        "(system.main.contains(sql, '" DOMAIN_VALUE "%lu(') OR system.main.contains(sql, '" DOMAIN_ARRAY_VALUE
        "%lu('))",
        (unsigned long)d->oid, (unsigned long)d->oid);
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

static int add_columns(struct session *s, const struct domain *d, const char *what, struct depends *all,
                       struct err *e)
{
    struct ask_rows columns, views;
    TRY(domain_columns(s, d, &columns, e));
    for (size_t i = columns.n; i-- > 0;) {
        const char *table = depends_name(s, ask_text(&columns, i, DOMAIN_COLUMN_SCHEMA),
                                         ask_text(&columns, i, DOMAIN_COLUMN_TABLE_NAME));
        const char *object =
            table ? step_text(s, "column %s of table %s", ask_text(&columns, i, DOMAIN_COLUMN_NAME), table)
                  : NULL;
        TRY(depends_add(s, all, object, what, e));
    }
    TRY(views_of(s, d, &views, e));
    for (size_t i = 0; i < views.n; i++) {
        const char *view = depends_name(s, ask_text(&views, i, 1), ask_text(&views, i, 2));
        TRY(depends_add(s, all, view ? step_text(s, "view %s", view) : NULL, what, e));
    }
    return ST_OK;
}

/* Domains over domains are no deeper than their number. */
static int gather(struct session *s, const struct domain_list *list, const struct domain *d,
                  struct depends *all, struct err *e)
{
    struct domain *next = arena_calloc(&s->message_arena, list->n + 1, sizeof *next); /* in their turn */
    size_t n = 0;
    if (!next)
        return err_oom(e);
    next[n++] = *d;
    for (size_t at = 0; at < n; at++) {
        const char *name = depends_name(s, next[at].schema, next[at].name),
                   *what = name ? step_text(s, "type %s", name) : NULL;
        if (!what)
            return err_oom(e);
        TRY(add_columns(s, &next[at], what, all, e));
        for (size_t i = 0; i < list->n; i++) {
            if (list->items[i].base_oid != next[at].oid || n > list->n)
                continue;
            const char *over = depends_name(s, list->items[i].schema, list->items[i].name);
            TRY(depends_add(s, all, over ? step_text(s, "type %s", over) : NULL, what, e));
            next[n++] = list->items[i];
        }
    }
    return ST_OK;
}

/* The views and columns of one that goes with all that depends on it. */
static int take_away(struct session *s, const struct domain *d, struct err *e)
{
    struct ask_rows columns, views;
    TRY(views_of(s, d, &views, e));
    for (size_t i = 0; i < views.n; i++)
        TRY(step_run(s, step_text(s, "DROP VIEW IF EXISTS %s", ask_text(&views, i, 0)), e));
    TRY(domain_columns(s, d, &columns, e));
    for (size_t i = columns.n; i-- > 0;) {
        const char *column = step_name(s, ask_text(&columns, i, DOMAIN_COLUMN_NAME));
        TRY(column ? type_alter_table(s,
                                      step_text(s, "ALTER TABLE %s DROP COLUMN %s",
                                                ask_text(&columns, i, DOMAIN_COLUMN_TABLE), column),
                                      e)
                   : err_oom(e));
    }
    return ST_OK;
}

/* With CASCADE the domains over it go first, and what uses them; PostgreSQL tells of all of that at once. */
static int drop_domain(struct session *s, const struct domain_list *list, const struct domain *d,
                       bool cascade, struct err *e)
{
    struct depends all = {0};
    const char *name = depends_name(s, d->schema, d->name),
               *what = name ? step_text(s, "type %s", name) : NULL;
    if (!what)
        return err_oom(e);
    TRY(gather(s, list, d, &all, e));
    if (!cascade)
        TRY(depends_refuse(&all, what, e));
    depends_tell(s, &all);
    for (size_t i = 0; cascade && i < list->n; i++) {
        const struct domain *x = &list->items[i];
        size_t up = 0;
        while (x && x != d && up++ <= list->n)
            x = domain_list_numbered(list, x->base_oid);
        if (x != d)
            continue;
        TRY(take_away(s, &list->items[i], e));
        if (&list->items[i] != d)
            TRY(domain_unmake(s, &list->items[i], e));
    }
    return domain_unmake(s, d, e);
}

int domains_drop(struct session *s, const struct sql_type_name *name, bool cascade, bool *found,
                 struct err *e)
{
    struct domain_list list;
    struct domain *d;
    TRY(domain_list_read(s, &list, e));
    TRY(find(s, &list, name, &d, e));
    *found = d != NULL;
    return d ? drop_domain(s, &list, d, cascade, e) : ST_OK;
}

int domains_find(struct session *s, const struct sql_type_name *name, bool *found, struct err *e)
{
    struct domain_list list;
    struct domain *d;
    TRY(domain_list_read(s, &list, e));
    TRY(find(s, &list, name, &d, e));
    *found = d != NULL;
    return ST_OK;
}

int domains_free_name(struct session *s, const struct sql_type_name *name, struct err *e)
{
    struct domain_list list;
    struct type_made place;
    TRY(type_place(s, name, &place, e));
    TRY(domain_list_read(s, &list, e));
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.items[i].database, place.database) == 0 &&
            strcasecmp(list.items[i].schema, place.schema) == 0 &&
            strcasecmp(list.items[i].name, place.name) == 0)
            return err_set(e, SQLSTATE_DUPLICATE_OBJECT, "type \"%s\" already exists", place.name);
    return ST_OK;
}

static int drop_one(struct session *s, const struct sql_domain *c, const struct sql_type_name *name,
                    struct err *e)
{
    bool found;
    const char *text = type_text_of(s, &name->type);
    if (!text)
        return err_oom(e);
    TRY(domains_drop(s, name, c->cascade, &found, e));
    if (found)
        return ST_OK;
    struct err why;
    err_init(&why);
    (void)absent(s, name, &why);
    if (!c->exists_is_fine || why.code != SQLSTATE_UNDEFINED_OBJECT) {
        *e = why;
        return ST_ERR;
    }
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "type \"%s\" does not exist, skipping",
                   text);
    return ST_OK;
}

/* ---- all of it ---- */

int domains_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_DOMAIN);
    TRY(statement_parse(s, st, e));
    const struct sql_domain *c = &st->sql.parsed->domain;
    assert(c->n > 0);
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", c->tag);
    if (c->what == SQL_DOMAIN_CREATE)
        return create(s, c, e);
    if (c->what != SQL_DOMAIN_DROP)
        return alter(s, c, e);
    for (size_t i = 0; i < c->n; i++)
        TRY(drop_one(s, c, &c->names[i], e));
    return ST_OK;
}

int domains_comment(struct session *s, const struct sql_type_name *name, const char *text, bool *found,
                    struct err *e)
{
    struct domain_list list;
    struct domain *d;
    TRY(domain_list_read(s, &list, e));
    TRY(find(s, &list, name, &d, e));
    *found = d != NULL;
    if (!d)
        return ST_OK;
    d->shown = text;
    return domain_keep(s, d, e);
}
