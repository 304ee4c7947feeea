/* One query a relation: views whose text holds its name; their tokens say whether they read it. Then
 * the same of each view found. */
#include "session/dependents.h"

#include "session/session_priv.h"
#include "sql/reads.h"

#include <assert.h>
#include <string.h>

static bool is_known(const struct dependents *d, const char *full)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->items[i].full, full) == 0)
            return true;
    return false;
}

static int add(struct session *s, struct dependents *d, const struct dependent *x, struct err *e)
{
    if (d->n == d->cap) {
        size_t more = d->cap ? 2 * d->cap : 8;
        struct dependent *items = arena_calloc(&s->message_arena, more, sizeof *items);
        if (!items)
            return err_oom(e);
        if (d->n)
            memcpy(items, d->items, d->n * sizeof *items);
        d->items = items;
        d->cap = more;
    }
    d->items[d->n++] = *x;
    return ST_OK;
}

const char *dependents_describe(struct session *s, const struct relation *r)
{
    const char *name = depends_name(s, r->temporary ? "pg_temp" : r->schema, r->name);
    bool matview = r->kind == 'r' && r->comment && strstr(r->comment, "\x1eM");
    return name ? step_text(s, "%s %s",
                            matview          ? "materialized view"
                            : r->kind == 'v' ? "view"
                                             : "table",
                            name)
                : NULL;
}

/* Views and materialized views whose query holds the name: schema, name, as SQL, query, whether a bare
 * name in it may be the relation's, whether it is materialized. */
static int candidates(struct session *s, const char *schema, const char *name, struct ask_rows *out,
                      struct err *e)
{
    const char *n = step_literal(s, name), *in = step_literal(s, schema);
    const char *sql =
        n && in
            ? step_text(
                  s,
                  "WITH r AS MATERIALIZED (SELECT schema_name, table_name AS name FROM "
                  "system.main.duckdb_tables() "
                  "WHERE database_name = system.main.current_database() UNION ALL SELECT schema_name, "
                  "view_name "
                  "FROM system.main.duckdb_views() WHERE database_name = system.main.current_database()), q "
                  "AS "
                  "(SELECT database_name, schema_name, view_name AS name, sql AS query, view_oid AS oid, 'v' "
                  "AS "
                  "kind FROM system.main.duckdb_views() WHERE NOT internal UNION ALL SELECT database_name, "
                  "schema_name, table_name, system.main.split_part(comment, system.main.chr(30) || 'M', "
                  "2)[2:], "
                  "table_oid, 'm' FROM system.main.duckdb_tables() WHERE system.main.contains(comment, "
                  "system.main.chr(30) || 'M')) SELECT CASE WHEN database_name = 'temp' THEN 'pg_temp' ELSE "
                  "schema_name END, name, system.main.format('\"{}\".\"{}\".\"{}\"', "
                  "system.main.replace(database_name, '\"', '\"\"'), system.main.replace(schema_name, '\"', "
                  "'\"\"'), system.main.replace(name, '\"', '\"\"')), query, schema_name = %s OR NOT EXISTS "
                  "(SELECT "
                  "1 FROM r WHERE r.schema_name = q.schema_name AND lower(r.name) = lower(%s)), kind FROM q "
                  "WHERE "
                  "database_name IN (system.main.current_database(), 'temp') AND "
                  "system.main.contains(system.main.lower(query), system.main.lower(%s)) ORDER BY oid",
                  in, n, n)
            : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

/* Those that read it directly. what: how messages call it. */
static int add_readers(struct session *s, struct dependents *d, const char *schema, const char *name,
                       const char *full, const char *column, const char *what, struct err *e)
{
    struct ask_rows rows;
    TRY(candidates(s, schema, name, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const struct dependent x = {.schema = ask_text(&rows, i, 0),
                                    .name = ask_text(&rows, i, 1),
                                    .full = ask_text(&rows, i, 2),
                                    .materialized = ask_text(&rows, i, 5)[0] == 'm'};
        struct sql_tokens query = sql_tokens_of(str_of(ask_text(&rows, i, 3)));
        if (strcmp(x.full, full) == 0 || is_known(d, x.full) ||
            !sql_reads_relation(query, str_of(schema), str_of(name), ask_text(&rows, i, 4)[0] == 't') ||
            (column && !sql_reads_column(query, str_of(name), str_of(column))))
            continue;
        const char *shown = depends_name(s, x.schema, x.name);
        if (!shown)
            return err_oom(e);
        TRY(add(s, d, &x, e));
        TRY(depends_add(s, &d->told,
                        step_text(s, "%s %s", x.materialized ? "materialized view" : "view", shown), what,
                        e));
    }
    return ST_OK;
}

int dependents_add(struct session *s, struct dependents *d, const struct relation *of, const char *column,
                   struct err *e)
{
    size_t next = d->n;
    const char *what = dependents_describe(s, of);
    if (what && column)
        what = step_text(s, "column %s of %s", column, what);
    if (!what)
        return err_oom(e);
    TRY(add_readers(s, d, of->schema, of->name, of->full, column, what, e));
    for (; next < d->n; next++) {
        const struct dependent x = d->items[next];
        const char *shown = depends_name(s, x.schema, x.name);
        what = shown ? step_text(s, "%s %s", x.materialized ? "materialized view" : "view", shown) : NULL;
        if (!what)
            return err_oom(e);
        TRY(add_readers(s, d, x.schema, x.name, x.full, NULL, what, e));
    }
    return ST_OK;
}

void dependents_leave(struct dependents *d, const char *full)
{
    assert(d->told.n == d->n);
    for (size_t i = 0; i < d->n; i++) {
        if (strcmp(d->items[i].full, full) != 0)
            continue;
        d->n--;
        d->told.n--; /* one line each, in the same order */
        memmove(&d->items[i], &d->items[i + 1], (d->n - i) * sizeof *d->items);
        memmove(&d->told.items[i], &d->told.items[i + 1], (d->told.n - i) * sizeof *d->told.items);
        return;
    }
}

int dependents_drop(struct session *s, const struct dependents *d, struct err *e)
{
    for (size_t i = d->n; i-- > 0;)
        TRY(step_run(s,
                     step_text(s, "DROP %s IF EXISTS %s", d->items[i].materialized ? "TABLE" : "VIEW",
                               d->items[i].full),
                     e));
    return ST_OK;
}
