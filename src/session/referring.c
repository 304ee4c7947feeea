/* Tables that refer to a table. The engine keeps foreign keys within a schema, so that names tell tables, and
 * none but a table itself refers in a circle: a table is made after what it refers to. Which tables there are
 * is asked once, with the longest way to the first as their order; then they are dropped from the last on and
 * made from the first on. */
#include "session/referring.h"

#include "session/index_again.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

/* Which table t refers to which table p, within one schema of one database; references of a table to itself
 * are left out. */
#define KEYS                                                                                                 \
    "(SELECT DISTINCT table_name AS t, lower(referenced_table) AS p FROM system.main.duckdb_constraints() "  \
    "WHERE "                                                                                                 \
    "constraint_type = 'FOREIGN KEY' AND database_name = %s AND schema_name = %s AND lower(table_name) <> "  \
    "lower(referenced_table))"

int referring_find(struct session *s, const struct relation *table, struct referring *out, struct err *e)
{
    struct ask_rows rows;
    assert(table->found && table->kind == 'r');
    *out = (struct referring){0};
    const char *name = step_literal(s, table->name), *schema = step_literal(s, table->schema),
               *database = table->temporary ? "'temp'" : "current_database()";
    const char *sql =
        name && schema
            ? step_text(
                  s,
                  "WITH RECURSIVE f AS MATERIALIZED " KEYS
                  ", g AS (SELECT t, 1 AS depth FROM f WHERE p = lower(%s) UNION ALL SELECT f.t, g.depth + 1 "
                  "FROM g "
                  "JOIN f ON f.p = lower(g.t)) SELECT x.table_name, x.sql, x.comment, "
                  "format('\"{}\".\"{}\".\"{}\"', "
                  "replace(database_name, '\"', '\"\"'), replace(schema_name, '\"', '\"\"'), "
                  "replace(table_name, '\"', '\"\"')), EXISTS (SELECT 1 FROM f WHERE f.t = table_name AND "
                  "f.p = lower(%s)) FROM (SELECT t, max(depth) AS depth FROM g GROUP BY t) JOIN "
                  "system.main.duckdb_tables() x ON x.table_name = t WHERE database_name = %s AND "
                  "schema_name = "
                  "%s ORDER BY depth, t",
                  database, schema, name, name, database, schema)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    out->tables = arena_calloc(&s->message_arena, rows.n + 1, sizeof *out->tables);
    if (!out->tables)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++) {
        struct referring_table *t = &out->tables[out->n++];
        t->relation = (struct relation){.found = true,
                                        .kind = 'r',
                                        .temporary = table->temporary,
                                        .schema = table->schema,
                                        .name = ask_text(&rows, i, 0),
                                        .sql = ask_text(&rows, i, 1),
                                        .comment = ask_value(&rows, i, 2),
                                        .full = ask_text(&rows, i, 3)};
        t->directly = ask_text(&rows, i, 4)[0] == 't';
    }
    return ST_OK;
}

int referring_put_aside(struct session *s, struct referring *r, struct err *e)
{
    for (size_t i = r->n; i-- > 0;) {
        struct referring_table *t = &r->tables[i];
        assert(t->relation.found && !t->aside.rows);
        TRY(relation_indexes(s, &t->relation, e));
        TRY(rebuild_put_aside(s, &t->relation, (unsigned)i + 1, NULL, &t->aside, e));
    }
    return ST_OK;
}

int referring_put_back(struct session *s, const struct referring *r, struct err *e)
{
    static const struct rebuild_change nothing;
    for (size_t i = 0; i < r->n; i++) {
        const struct referring_table *t = &r->tables[i];
        assert(t->aside.rows); /* referring_put_aside */
        TRY(rebuild_put_back(s, &t->aside, &nothing, e));
        TRY(index_again_put(s, &t->relation, t->relation.full, e));
    }
    return ST_OK;
}

int referring_lend(struct session *s, const struct referring *r, const struct relation *table, struct err *e)
{
    static const struct rebuild_change nothing;
    for (size_t i = 0; i < r->n; i++) {
        struct rebuild without;
        assert(r->tables[i].aside.rows);
        TRY(rebuild_without(s, &r->tables[i].aside, table, &without, e));
        TRY(rebuild_put_back(s, &without, &nothing, e));
    }
    return ST_OK;
}

int referring_take_back(struct session *s, const struct referring *r, struct err *e)
{
    struct rebuild ignored; /* where the rows wait is called the same each time */
    for (size_t i = r->n; i-- > 0;)
        TRY(rebuild_put_aside(s, &r->tables[i].relation, (unsigned)i + 1, NULL, &ignored, e));
    return ST_OK;
}

int referring_rename(struct session *s, struct referring *r, const struct relation *table, const char *full,
                     struct err *e)
{
    for (size_t i = 0; i < r->n; i++) {
        struct rebuild *x = &r->tables[i].aside;
        assert(x->rows && x->items);
        size_t kept = 0;
        for (size_t k = 0; k < x->n; k++) {
            struct rebuild_item item = x->items[k];
            bool hit = false;
            if (item.target)
                TRY(rebuild_targets(s, item.target, table, &hit, e));
            if (hit)
                item.target = full;
            if (!hit || full)
                x->items[kept++] = item;
        }
        x->n = kept;
    }
    return ST_OK;
}

int referring_rename_column(struct session *s, struct referring *r, const struct relation *table,
                            const struct sql_token *from, const char *to, struct err *e)
{
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->tables[i].aside.n; k++) {
            struct rebuild_item *item = &r->tables[i].aside.items[k];
            bool hit = false, has;
            if (item->target)
                TRY(rebuild_targets(s, item->target, table, &hit, e));
            if (hit)
                item->keys = rebuild_with_column(s, item->keys, from, to, &has);
            if (hit && !item->keys)
                return err_oom(e);
        }
    return ST_OK;
}
