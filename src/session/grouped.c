/* Columns that GROUP BY need not name. The catalog is asked only once the engine has refused the query: one
 * that it takes costs nothing here. Every table of FROM that the column may be of is looked at; with the
 * whole of its key in the list the column goes there, too. The other columns of the table that the query
 * names go with it, since each would be refused in its turn. A qualified star stands for all of them. */
#include "session/grouped.h"

#include "session/session_priv.h"
#include "sql/grouping.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

/* The columns of the table's primary key, none when there is no such table; of a table that has `column`,
 * unless that is NULL. */
static int find_key(struct session *s, const struct sql_grouping_source *source, const char *column,
                    struct ask_rows *out, struct err *e)
{
    const struct relation_name name = {source->database, source->schema, source->relation};
    struct relation r;
    *out = (struct ask_rows){0};
    TRY(relation_find(s, &name, "r", &r, e));
    if (!r.found)
        return ST_OK;
    const char *table = step_literal(s, r.name), *schema = step_literal(s, r.schema),
               *database = r.temporary ? "'temp'" : "current_database()",
               *has = column ? step_literal(s, column) : NULL;
    if (!table || !schema || (column && !has))
        return err_oom(e);
    const char *where =
        step_text(s, "table_name = %s AND schema_name = %s AND database_name = %s", table, schema, database);
    const char *also = !where ? NULL
                       : has
                           ? step_text(s,
                                       " AND EXISTS (SELECT 1 FROM system.main.duckdb_columns() WHERE %s AND "
                                       "lower(column_name) = lower(%s))",
                                       where, has)
                           : "";
    const char *sql =
        also ? step_text(s,
                         "SELECT unnest(constraint_column_names) FROM "
                         "system.main.duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' "
                         "AND %s%s",
                         where, also)
             : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

static const char *plain_name(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* qualifier.* stands for all columns. */
static int put_all(struct session *s, const struct sql_grouping *g, const struct sql_grouping_source *source,
                   struct edits *edits, struct err *e)
{
    const struct relation_name name = {source->database, source->schema, source->relation};
    struct relation r;
    struct ask_rows rows;
    TRY(relation_find(s, &name, "r", &r, e));
    if (!r.found) /* any more: its key was found */
        return err_set(e, SQLSTATE_UNDEFINED_TABLE, "the relation does not exist");
    TRY(relation_columns(s, &r, ASK_ROWS_MAX, &rows, e));
    for (size_t i = 0; i < rows.n; i++) {
        const char *column = step_name(s, ask_text(&rows, i, 0));
        const char *text =
            column ? step_text(s, "%.*s.%s", (int)g->qualifier.text.n, g->qualifier.text.p, column) : NULL;
        TRY(text ? sql_grouping_put(g, edits, str_of(text), e) : err_oom(e));
    }
    return ST_OK;
}

/* "column … must appear in the GROUP BY clause", with quotes or without. */
static size_t column_of(const struct sql_tokens *sql, const char *message)
{
    static const char before[] = "column ", after[] = " must appear";
    const char *from = strstr(message, before), *to = from ? strstr(from, after) : NULL;
    if (!to)
        return SIZE_MAX;
    from += sizeof before - 1;
    struct str name = {from, (size_t)(to - from)};
    if (name.n > 2 && name.p[0] == '"')
        name = (struct str){name.p + 1, name.n - 2};
    size_t at = sql_grouping_in_having(*sql, name);
    return at == SIZE_MAX ? sql_grouping_star(*sql) : at;
}

bool grouped_extend(struct session *s, const struct sql_tokens *sql, size_t at, const char *message,
                    struct edits *edits)
{
    struct sql_grouping g;
    struct err ignored;
    err_init(&ignored);
    assert(sql->text.n > 0 && message);
    if (at == SIZE_MAX)
        at = column_of(sql, message);
    if (at == SIZE_MAX || !sql_grouping_find(*sql, at, &g))
        return false;
    const char *column = g.star ? "" : plain_name(s, &g.column);
    for (size_t i = 0; column && i < g.nsources; i++) {
        const struct sql_grouping_source *source = &g.sources[i];
        struct ask_rows key;
        bool qualified = g.qualifier.kind != SQL_TOK_END;
        if (!sql_grouping_is_of(&g, source))
            continue;
        if (find_key(s, source, qualified ? NULL : column, &key, &ignored) < 0)
            return false;
        bool whole = key.n > 0;
        for (size_t k = 0; k < key.n; k++)
            whole &= sql_grouping_has(&g, source, ask_text(&key, k, 0));
        if (whole && g.star)
            return put_all(s, &g, source, edits, &ignored) == ST_OK;
        if (whole)
            return sql_grouping_extend(&g, edits, &ignored) == ST_OK;
    }
    return false;
}
