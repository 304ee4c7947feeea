/* A domain is altered by making its checks anew under the next number: the engine replaces no macro that a
 * table's CHECK calls. Its columns then get the new CHECK by ALTER TABLE, as a client would give them a type,
 * which sees to indexes and keys and makes their tables anew; and the old macros go. The macros of all
 * domains are in the schema main of their database, which cannot be dropped, whatever schema the domain is
 * in: they are called without a schema, and found whatever the search path is. */
#include "session/domain_make.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/domain_type.h"
#include "session/session_priv.h"
#include "session/type_made.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define VALUE "z_value" /* what a macro calls its argument */

enum { BODY_MAX = 1 << 20 };

static const char *finish(struct session *s, const struct buf *b)
{
    return buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
}

/* ---- conditions ---- */

const char *domain_condition_of(struct session *s, const char *condition, const char *value)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct sql_lexer l;
    struct sql_token t, before = {.kind = SQL_TOK_END};
    size_t done = 0;
    buf_init(&b, BODY_MAX);
    sql_lexer_init(&l, sql_tokens_of(str_of(condition)));
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD; before = t) {
        if (!sql_token_is_word(&t, "VALUE") || sql_token_is(&before, '.') || sql_token_is_word(&before, "AS"))
            continue;
        buf_put(&b, condition + done, t.at - done);
        buf_printf(&b, "%s", value);
        done = t.at + t.text.n;
    }
    buf_printf(&b, "%s", condition + done);
    return finish(s, &b);
}

/* It is led as the condition of a query, of which the beginning is cut off again. */
int domain_condition(struct session *s, const char *condition, const char **out, struct err *e)
{
    static const char head[] = "SELECT 1 AS z WHERE (";
    struct str led;
    const char *own = domain_condition_of(s, condition, VALUE),
               *sql = own ? step_text(s, "%s%s)", head, own) : NULL;
    TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
    if (led.n < sizeof head || memcmp(led.p, head, sizeof head - 2) != 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this condition of a domain is not supported");
    *out = arena_strndup(&s->message_arena, led.p + sizeof head - 2, led.n - sizeof head + 2);
    return *out ? ST_OK : err_oom(e);
}

/* ---- macros ---- */

/* The name of a macro as SQL; version 0: without one. NULL without memory. */
static const char *macro(struct session *s, const struct domain *d, const char *what, unsigned version)
{
    const char *database = step_name(s, d->database);
    if (!database)
        return NULL;
    return version ? step_text(s, "%s.main.%s%lu_%u", database, what, (unsigned long)d->oid, version)
                   : step_text(s, "%s.main.%s%lu", database, what, (unsigned long)d->oid);
}

/* The domain's name as messages have it. */
static const char *shown_name(struct session *s, const struct domain *d)
{
    return depends_name(s, strcmp(d->database, "temp") == 0 ? "pg_temp" : d->schema, d->name);
}

/* error('SQLSTATE … message<schema, name, constraint>'): engine/error_words.c takes the names out. */
static const char *refusal(struct session *s, const struct domain *d, const char *message,
                           const char *constraint)
{
    const char *text = step_text(s, "SQLSTATE %s %s\x1f%s\x1f%s\x1f%s\x1f", constraint ? "23514" : "23502",
                                 message, strcmp(d->schema, "main") == 0 ? "public" : d->schema, d->name,
                                 constraint ? constraint : "");
    const char *literal = text ? step_literal(s, text) : NULL;
    return literal ? step_text(s, "system.main.error(%s)", literal) : NULL;
}

/* How many domains are under it. */
static size_t depth_of(const struct domain_list *list, const struct domain *d)
{
    size_t n = 0;
    while (n <= list->n && (d = domain_list_numbered(list, d->base_oid)))
        n++;
    return n;
}

/* Checks are made in the order of their names, behind those of what the domain is of. */
static const struct domain_check *next_check(const struct domain *d, const struct domain_check *before)
{
    const struct domain_check *found = NULL;
    for (size_t i = 0; i < d->nchecks; i++) {
        const struct domain_check *c = &d->checks[i];
        if ((!before || strcmp(c->name, before->name) > 0) && (!found || strcmp(c->name, found->name) < 0))
            found = c;
    }
    return found;
}

/* What a domain adds to what it is of, said in the name of `of`, which is over it or itself. */
static int put_checks(struct session *s, const struct domain *d, const struct domain *of, struct buf *b,
                      struct err *e)
{
    const char *name = shown_name(s, of);
    if (!name)
        return err_oom(e);
    if (d->not_null) {
        const char *message = step_text(s, "domain %s does not allow null values", name);
        const char *null = message ? refusal(s, of, message, NULL) : NULL;
        if (!null)
            return err_oom(e);
        buf_printf(b, " WHEN " VALUE " IS NULL THEN %s", null);
    }
    for (const struct domain_check *c = next_check(d, NULL); c; c = next_check(d, c)) {
        const char *condition,
            *message = step_text(s, "value for domain %s violates check constraint \"%s\"", name, c->name);
        const char *error = message ? refusal(s, of, message, c->name) : NULL;
        TRY(error ? domain_condition(s, c->condition, &condition, e) : err_oom(e));
        buf_printf(b, " WHEN NOT coalesce((%s), true) THEN %s", condition, error);
    }
    return ST_OK;
}

/* true, or an error: first the checks of what it is of. */
static int check_body(struct session *s, const struct domain_list *list, const struct domain *d,
                      const char **out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    buf_init(&b, BODY_MAX);
    buf_printf(&b, "CASE");
    for (size_t depth = depth_of(list, d) + 1; depth-- > 0;) {
        const struct domain *under = d;
        for (size_t i = 0; under && i < depth; i++)
            under = domain_list_numbered(list, under->base_oid);
        if (under)
            TRY(put_checks(s, under, d, &b, e));
    }
    buf_printf(&b, b.len == sizeof "CASE" - 1 ? " WHEN true THEN true END" : " ELSE true END");
    *out = finish(s, &b);
    return *out ? ST_OK : err_oom(e);
}

/* The checks and the default under the version's number, and the value under the domain's alone: no table
 * calls that, so that it can be replaced. The value is a list of one through a lambda, since a macro puts its
 * argument, which may be a call that gives another value each time, wherever its name stands. */
static int make_macros(struct session *s, const struct domain_list *list, const struct domain *d,
                       struct err *e)
{
    const char *body, *check = macro(s, d, DOMAIN_CHECK, d->version), *value = macro(s, d, DOMAIN_VALUE, 0),
                      *values = macro(s, d, DOMAIN_ARRAY_VALUE, 0),
                      *initial = macro(s, d, DOMAIN_INITIAL, d->version);
    if (!check || !value || !values || !initial)
        return err_oom(e);
    TRY(check_body(s, list, d, &body, e));
    TRY(step_run(s, step_text(s, "CREATE MACRO %s(" VALUE ") AS %s", check, body), e));
    TRY(step_run(s,
                 step_text(s,
                           "CREATE OR REPLACE MACRO %s(" VALUE ") AS system.main.list_transform([" VALUE
                           "], lambda z_x: CASE WHEN %s(z_x) THEN z_x END)[1]",
                           value, check),
                 e));
    TRY(step_run(s,
                 step_text(s,
                           "CREATE OR REPLACE MACRO %s(" VALUE ") AS system.main.list_transform(" VALUE
                           ", lambda z_x: CASE WHEN %s(z_x) THEN z_x END)",
                           values, check),
                 e));
    if (!d->initial)
        return ST_OK;
    struct str led;
    static const char head[] = "SELECT ";
    const char *sql = step_text(s, "SELECT CAST((%s) AS %s) AS z", d->initial, d->base);
    TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
    static const char tail[] = " AS z";
    if (led.n < sizeof head + sizeof tail || memcmp(led.p, head, sizeof head - 1) != 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this default of a domain is not supported");
    return step_run(s,
                    step_text(s, "CREATE MACRO %s() AS %.*s", initial,
                              (int)(led.n - sizeof head - sizeof tail + 2), led.p + sizeof head - 1),
                    e);
}

/* What the columns had before they got another version. initial: there was a default. */
static int drop_versions(struct session *s, const struct domain *d, unsigned version, bool initial,
                         struct err *e)
{
    assert(version > 0);
    const char *check = macro(s, d, DOMAIN_CHECK, version), *first = macro(s, d, DOMAIN_INITIAL, version);
    if (!check || !first)
        return err_oom(e);
    TRY(step_run(s, step_text(s, "DROP MACRO %s", check), e));
    return initial ? step_run(s, step_text(s, "DROP MACRO %s", first), e) : ST_OK;
}

/* ---- the type ---- */

/* Its type in that schema, as SQL. NULL without memory. */
static const char *type_of(struct session *s, const struct domain *d, const char *schema)
{
    const char *name = step_text(s, DOMAIN_NAME "%lu", (unsigned long)d->oid);
    return name ? type_full_name(s, d->database, schema, name) : NULL;
}

int domain_keep(struct session *s, const struct domain *d, struct err *e)
{
    assert(domain_type_is(d->oid));
    const char *kept = domain_kept(s, d), *type = type_of(s, d, d->schema);
    const char *all = kept && type ? step_text(s, "%s%s", d->shown ? d->shown : "", kept) : NULL;
    const char *literal = all ? step_literal(s, all) : NULL;
    return literal ? step_run(s, step_text(s, "COMMENT ON TYPE %s IS %s", type, literal), e) : err_oom(e);
}

int domain_make(struct session *s, const struct domain_list *list, const struct domain *d, struct err *e)
{
    const char *type = type_of(s, d, d->schema);
    assert(domain_type_is(d->oid) && d->version);
    TRY(type ? step_run(s, step_text(s, "CREATE TYPE %s AS BOOLEAN", type), e) : err_oom(e));
    TRY(domain_keep(s, d, e));
    return make_macros(s, list, d, e);
}

int domain_unmake(struct session *s, const struct domain *d, struct err *e)
{
    assert(d->version > 0);
    const char *value = macro(s, d, DOMAIN_VALUE, 0), *values = macro(s, d, DOMAIN_ARRAY_VALUE, 0),
               *type = type_of(s, d, d->schema);
    if (!value || !values || !type)
        return err_oom(e);
    TRY(step_run(s, step_text(s, "DROP MACRO %s", values), e));
    TRY(step_run(s, step_text(s, "DROP MACRO %s", value), e));
    TRY(drop_versions(s, d, d->version, d->initial, e));
    return step_run(s, step_text(s, "DROP TYPE %s", type), e);
}

/* ---- columns ---- */

int domain_columns(struct session *s, const struct domain *d, struct ask_rows *out, struct err *e)
{
    assert(domain_type_is(d->oid));
    const char *sql = step_text(
        s,
        "SELECT system.main.format('\"{}\".\"{}\".\"{}\"', system.main.replace(c.database_name, '\"', "
        "'\"\"'), "
        "system.main.replace(c.schema_name, '\"', '\"\"'), system.main.replace(c.table_name, '\"', '\"\"')), "
        "c.column_name, CASE WHEN c.database_name = 'temp' THEN 'pg_temp' ELSE c.schema_name END, "
        "c.table_name, CASE WHEN system.main.starts_with(c.column_default, '" DOMAIN_INITIAL
        "%lu_') THEN 't' WHEN c.column_default IS NULL THEN 'n' ELSE '' END FROM "
        "system.main.duckdb_columns() c JOIN "
        "(SELECT database_name, table_oid, constraint_column_names[1] AS name FROM "
        "system.main.duckdb_constraints() WHERE constraint_type = 'CHECK' AND "
        "tavana_catalog.pg.check_domain(expression) = %lu) x ON x.database_name = c.database_name AND "
        "x.table_oid = c.table_oid AND x.name = c.column_name WHERE c.database_name IN "
        "(system.main.current_database(), 'temp') ORDER BY c.table_oid, c.column_index",
        (unsigned long)d->oid, (unsigned long)d->oid);
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

/* ALTER TABLE, which names the domain. */
static int alter_table(struct session *s, const char *text, struct err *e)
{
    struct sql_rewritten spelled;
    if (!text)
        return err_oom(e);
    TRY(domains_spell(s, &s->message_arena, sql_tokens_of(str_of(text)), &spelled, e));
    return type_alter_table(s, spelled.text.p, e);
}

/* The new checks, and the new default where a column has the domain's. */
static int renew_columns(struct session *s, const struct domain *d, struct err *e)
{
    struct ask_rows rows;
    const char *type = type_full_name(s, d->database, d->schema, d->name);
    const char *schema = step_name(s, d->schema), *name = step_name(s, d->name);
    TRY(domain_columns(s, d, &rows, e));
    if (!type || !schema || !name)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++) {
        const char *table = ask_text(&rows, i, DOMAIN_COLUMN_TABLE),
                   *column = step_name(s, ask_text(&rows, i, DOMAIN_COLUMN_NAME));
        char initial = ask_text(&rows, i, DOMAIN_COLUMN_INITIAL)[0];
        if (!column)
            return err_oom(e);
        if (initial == 't' && !d->initial)
            TRY(type_alter_table(
                s, step_text(s, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, column), e));
        if ((initial == 't' || initial == 'n') && d->initial)
            TRY(type_alter_table(
                s,
                step_text(s, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT " DOMAIN_INITIAL "%lu_%u()", table,
                          column, (unsigned long)d->oid, d->version),
                e));
        TRY(alter_table(s,
                        step_text(s, "ALTER TABLE %s ALTER COLUMN %s TYPE %s.%s", table, column,
                                  strcmp(d->database, "temp") == 0 ? "pg_temp" : schema, name),
                        e));
    }
    return ST_OK;
}

/* ---- altering ---- */

/* Whether it is `of`, or a domain over it. */
static bool is_over(const struct domain_list *list, const struct domain *d, const struct domain *of)
{
    for (size_t i = 0; d && d != of && i <= list->n; i++)
        d = domain_list_numbered(list, d->base_oid);
    return d == of;
}

/* Another version of its macros; the old ones stay until no column calls them. */
static int renew(struct session *s, const struct domain_list *list, struct domain *d, struct err *e)
{
    assert(d->version > 0 && d->version < UINT32_MAX);
    d->version++;
    TRY(domain_keep(s, d, e));
    return make_macros(s, list, d, e);
}

int domain_remake(struct session *s, const struct domain_list *list, struct domain *d, const char *schema,
                  struct err *e)
{
    struct ask_rows initials;
    assert(domain_list_numbered(list, d->oid) == d);
    if (strcmp(schema, d->schema) != 0) {
        const char *old = type_of(s, d, schema), *new = type_of(s, d, d->schema);
        TRY(old && new ? step_run(s, step_text(s, "DROP TYPE %s", old), e) : err_oom(e));
        TRY(step_run(s, step_text(s, "CREATE TYPE %s AS BOOLEAN", new), e));
    }
    TRY(session_ask(s,
                    "SELECT function_name FROM system.main.duckdb_functions() WHERE "
                    "system.main.starts_with(function_name, '" DOMAIN_INITIAL "')",
                    &initials, e));
    for (size_t depth = 0; depth <= list->n; depth++)
        for (size_t i = 0; i < list->n; i++)
            if (is_over(list, &list->items[i], d) && depth_of(list, &list->items[i]) == depth)
                TRY(renew(s, list, &list->items[i], e));
    for (size_t i = 0; i < list->n; i++)
        if (is_over(list, &list->items[i], d))
            TRY(renew_columns(s, &list->items[i], e));
    for (size_t depth = list->n + 1; depth-- > 0;)
        for (size_t i = 0; i < list->n; i++) {
            const struct domain *x = &list->items[i];
            bool initial = false;
            const char *name = step_text(s, DOMAIN_INITIAL "%lu_%u", (unsigned long)x->oid, x->version - 1);
            if (!name)
                return err_oom(e);
            if (!is_over(list, x, d) || depth_of(list, x) != depth)
                continue;
            for (size_t k = 0; k < initials.n; k++)
                initial |= strcmp(ask_text(&initials, k, 0), name) == 0;
            TRY(drop_versions(s, x, x->version - 1, initial, e));
        }
    return ST_OK;
}
