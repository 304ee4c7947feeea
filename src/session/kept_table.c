#include "session/kept_table.h"

#include "session/index_again.h"
#include "session/rebuild.h"
#include "session/referring.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"
#include "sql/reference.h"
#include "sql/tokens.h"

#include <assert.h>
#include <string.h>

/* ---- which keys the engine can have ---- */

struct names {
    size_t n;
    const char **items;
};

/* The names in a list, as the engine has them. */
static int read_names(struct session *s, struct str list, struct names *out, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t room = 1;
    for (size_t i = 0; i < list.n; i++)
        room += list.p[i] == ',';
    *out = (struct names){.items = arena_calloc(&s->message_arena, room, sizeof *out->items)};
    if (!out->items)
        return err_oom(e);
    sql_lexer_init(&l, sql_tokens_of(list));
    while (out->n < room && sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (!sql_token_is_name(&t))
            continue;
        char *name = arena_alloc(&s->message_arena, t.text.n + 1);
        if (!name)
            return err_oom(e);
        name[sql_name_read(&t, name)] = '\0';
        out->items[out->n++] = name;
    }
    return ST_OK;
}

static bool is_itself(const struct kept_owner *own, const struct relation_name *target)
{
    struct str known = sql_engine_schema(&target->schema);
    struct str schema = known.p ? known : sql_name_bare(&target->schema);
    bool there = target->schema.kind == SQL_TOK_END || str_ieq(schema, str_of(own->schema)) ||
                 (own->temporary && str_eq(schema, STR("temp")));
    return there && str_ieq(sql_name_bare(&target->relation), str_of(own->name));
}

/* What it refers to, if that is another table. */
static int find_target(struct session *s, const struct kept_owner *own, const struct sql_reference *x,
                       const struct relation_name *target, struct relation *out, struct err *e)
{
    TRY(relation_find(s, target, "r", out, e));
    if (!out->found)
        return err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%.*s\" does not exist",
                       (int)(x->target.n < SQL_NAME_MAX ? x->target.n : SQL_NAME_MAX), x->target.p);
    if (out->temporary != own->temporary)
        return err_set(e, SQLSTATE_INVALID_TABLE_DEFINITION,
                       own->temporary
                           ? "constraints on temporary tables may reference only temporary tables"
                           : "constraints on permanent tables may reference only permanent tables");
    return ST_OK;
}

static int primary_key(struct session *s, const char *schema, const char *name, bool temporary,
                       struct names *out, struct err *e)
{
    struct ask_rows rows;
    const char *in = step_literal(s, schema), *table = step_literal(s, name);
    const char *sql =
        in && table
            ? step_text(s,
                        "SELECT unnest(constraint_column_names) FROM system.main.duckdb_constraints() WHERE "
                        "constraint_type = 'PRIMARY KEY' AND database_name = %s AND lower(schema_name) = "
                        "lower(%s) AND lower(table_name) = lower(%s)",
                        temporary ? "'temp'" : "current_database()", in, table)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    if (rows.n == 0)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "there is no primary key for referenced table \"%s\"",
                       name);
    *out = (struct names){.n = rows.n, .items = rows.values};
    return ST_OK;
}

int kept_decide(struct session *s, const struct kept_owner *own, const struct sql_reference *x,
                const char **out, struct err *e)
{
    struct relation_name target;
    struct relation other = {0};
    struct names columns, keys;
    struct str text;
    assert(x->columns.n > 0 && x->target.n > 0);
    *out = NULL;
    relation_name_read(x->target, &target);
    bool itself = is_itself(own, &target), acts = x->on_update != 'a' || x->on_delete != 'a';
    if (!itself)
        TRY(find_target(s, own, x, &target, &other, e));
    if (!itself && !acts && !own->keeps && strcmp(other.schema, own->schema) == 0)
        return ST_OK;
    const char *schema = itself ? own->schema : other.schema, *name = itself ? own->name : other.name;
    TRY(read_names(s, x->columns, &columns, e));
    TRY(read_names(s, x->keys.n ? x->keys : itself ? own->primary : x->keys, &keys, e));
    if (keys.n == 0)
        TRY(primary_key(s, schema, name, own->temporary, &keys, e));
    if (columns.n != keys.n)
        return err_set(e, SQLSTATE_INVALID_FOREIGN_KEY,
                       "number of referencing and referenced columns for foreign key disagree");
    char *given = NULL;
    if (x->name.kind != SQL_TOK_END) {
        given = arena_alloc(&s->message_arena, x->name.text.n + 1);
        if (!given)
            return err_oom(e);
        given[sql_name_read(&x->name, given)] = '\0';
    }
    const struct sql_kept_key key = {.name = given,
                                     .on_update = x->on_update,
                                     .on_delete = x->on_delete,
                                     .schema = schema,
                                     .table = name,
                                     .n = keys.n,
                                     .keys = keys.items,
                                     .columns = columns.items};
    TRY(sql_kept_key_text(&s->message_arena, &key, &text, e));
    *out = text.p;
    return ST_OK;
}

int kept_any(struct session *s, const struct relation *table, bool *out, struct err *e)
{
    struct kept_keys keys;
    TRY(kept_find(s, table, KEPT_OF, &keys, e));
    *out = keys.n > 0;
    return ST_OK;
}

/* ---- whether they can be kept ---- */

/* The types of the columns, in the order that they are named in: rows of the name as it was given, and NULL
 * for one that is not there. */
static int types_of(struct session *s, const struct kept_table *t, bool temporary, struct ask_rows *out,
                    struct err *e)
{
    const char *list = "", *schema = step_literal(s, t->schema), *table = step_literal(s, t->name);
    for (size_t i = 0; list && i < t->n; i++) {
        const char *name = step_literal(s, t->names[i]);
        list = name ? step_text(s, "%s%s(%zu, %s)", list, i ? ", " : "", i, name) : NULL;
    }
    const char *sql =
        list && schema && table
            ? step_text(s,
                        "SELECT w.name, c.data_type FROM (VALUES %s) AS w(i, name) LEFT JOIN "
                        "system.main.duckdb_columns() c ON c.database_name = %s AND c.schema_name = %s AND "
                        "lower(c.table_name) = lower(%s) AND lower(c.column_name) = lower(w.name) ORDER BY i",
                        list, temporary ? "'temp'" : "current_database()", schema, table)
            : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

static bool is_text(const char *type)
{
    return strcmp(type, "VARCHAR") == 0 || strncmp(type, "ENUM", 4) == 0;
}

static int check_types(struct session *s, const struct kept_key *k, struct err *e)
{
    struct ask_rows own, other;
    TRY(types_of(s, &k->own, k->temporary, &own, e));
    TRY(types_of(s, &k->other, k->temporary, &other, e));
    for (size_t i = 0; i < own.n && i < other.n; i++) {
        const char *a = ask_value(&own, i, 1), *b = ask_value(&other, i, 1);
        if (!a || !b)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN,
                           "column \"%s\" referenced in foreign key constraint does not exist",
                           ask_text(a ? &other : &own, i, 0));
        if (is_text(a) == is_text(b))
            continue;
        (void)err_set(e, SQLSTATE_DATATYPE_MISMATCH, "foreign key constraint \"%s\" cannot be implemented",
                      k->name);
        err_detail(e, "Key columns \"%s\" and \"%s\" are of incompatible types.", ask_text(&own, i, 0),
                   ask_text(&other, i, 0));
        return ST_ERR;
    }
    return ST_OK;
}

/* Whether what it refers to is unique. */
static int check_unique(struct session *s, const struct kept_key *k, struct err *e)
{
    struct ask_rows rows;
    const char *list = "", *schema = step_literal(s, k->other.schema),
               *table = step_literal(s, k->other.name);
    for (size_t i = 0; list && i < k->other.n; i++) {
        const char *name = step_literal(s, k->other.names[i]);
        list = name ? step_text(s, "%s%slower(%s)", list, i ? ", " : "", name) : NULL;
    }
    const char *sql =
        list && schema && table
            ? step_text(s,
                        "SELECT 1 FROM tavana_catalog.pg.indexes() WHERE is_unique AND condition IS NULL AND "
                        "schema_name = "
                        "tavana_catalog.pg.shown_schema(%s, %s) AND lower(table_name) = lower(%s) AND "
                        "list_sort(list_transform(names, lambda x: lower(x))) = list_sort([%s]) LIMIT 1",
                        k->temporary ? "'temp'" : "current_database()", schema, table, list)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    return rows.n ? ST_OK
                  : err_set(e, SQLSTATE_INVALID_FOREIGN_KEY,
                            "there is no unique constraint matching given keys for referenced table \"%s\"",
                            k->other.name);
}

int kept_validate(struct session *s, const struct relation *table, bool rows, struct err *e)
{
    struct kept_keys keys;
    assert(table->found);
    TRY(kept_find(s, table, KEPT_OF, &keys, e));
    for (size_t i = 0; i < keys.n; i++) {
        TRY(check_types(s, &keys.items[i], e));
        TRY(check_unique(s, &keys.items[i], e));
        if (rows)
            TRY(kept_check(s, &keys.items[i], false, e));
    }
    return ST_OK;
}

/* ---- keys of the engine ---- */

/* The key's table with another CHECK in its place; text NULL: without it. */
static int replace(struct session *s, const struct kept_key *k, const char *text, struct err *e)
{
    struct relation own;
    struct referring others;
    const struct rebuild_change change = {.dropped = k->mark, .added = text};
    assert(k->mark && s->tx.in_engine);
    TRY(kept_relation(s, &k->own, k->temporary, &own, e));
    if (!own.found)
        return ST_OK;
    TRY(relation_indexes(s, &own, e));
    TRY(referring_find(s, &own, &others, e));
    TRY(referring_put_aside(s, &others, e));
    TRY(rebuild_table(s, &own, &change, e));
    TRY(index_again_put(s, &own, own.full, e));
    return referring_put_back(s, &others, e);
}

int kept_take_over(struct session *s, const struct relation *table, struct err *e)
{
    struct ask_rows rows;
    const char *name = step_literal(s, table->name), *schema = step_literal(s, table->schema);
    const char *sql =
        name && schema
            ? step_text(
                  s,
                  "SELECT CASE WHEN c.name <> c.table_name || '_' || array_to_string(c.names, '_') || "
                  "'_fkey' THEN c.name ELSE '' END, array_to_string(e.constraint_column_names, chr(31)), "
                  "e.referenced_table, array_to_string(e.referenced_column_names, chr(31)), "
                  "e.constraint_text FROM (SELECT *, row_number() OVER (PARTITION BY table_oid ORDER BY "
                  "constraint_index) AS n FROM system.main.duckdb_constraints() WHERE constraint_type IN "
                  "('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY', 'CHECK')) e JOIN "
                  "tavana_catalog.pg.constraints() c ON e.database_name = c.database_name AND "
                  "c.schema_name = tavana_catalog.pg.shown_schema(e.database_name, e.schema_name) AND "
                  "e.table_name = c.table_name AND e.n = (c.oid::BIGINT - 100000000) %% 64 WHERE "
                  "e.constraint_type = 'FOREIGN KEY' AND e.constraint_text <> '' AND e.database_name = %s "
                  "AND e.schema_name = %s AND e.table_name = %s",
                  table->temporary ? "'temp'" : "current_database()", schema, name)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n; i++) {
        struct kept_key k = {.own = {.schema = table->schema, .name = table->name},
                             .temporary = table->temporary,
                             .mark = ask_text(&rows, i, 4)};
        struct kept_table columns = {0}, keys = {0};
        struct str text;
        TRY(kept_split(s, ask_text(&rows, i, 1), &columns, e));
        TRY(kept_split(s, ask_text(&rows, i, 3), &keys, e));
        const struct sql_kept_key key = {.name = ask_text(&rows, i, 0),
                                         .on_update = 'a',
                                         .on_delete = 'a',
                                         .schema = table->schema,
                                         .table = ask_text(&rows, i, 2),
                                         .n = keys.n,
                                         .keys = keys.names,
                                         .columns = columns.names};
        TRY(sql_kept_key_text(&s->message_arena, &key, &text, e));
        TRY(replace(s, &k, text.p, e));
    }
    return ST_OK;
}

/* ---- changes of what they refer to ---- */

int kept_renamed(struct session *s, const struct kept_keys *keys, const char *table, const char *from,
                 const char *to, struct err *e)
{
    for (size_t i = 0; i < keys->n; i++) {
        struct kept_key k = keys->items[i];
        struct str text;
        bool itself = strcmp(k.own.full, k.other.full) == 0, hit = !from;
        for (size_t c = 0; c < k.other.n; c++)
            hit |= from && str_ieq(str_of(k.other.names[c]), str_of(from));
        if (!hit)
            continue;
        if (itself)
            k.own.name = table;
        const char **names = arena_calloc(&s->message_arena, k.other.n, sizeof *names);
        if (!names)
            return err_oom(e);
        for (size_t c = 0; c < k.other.n; c++)
            names[c] = from && str_ieq(str_of(k.other.names[c]), str_of(from)) ? to : k.other.names[c];
        for (size_t c = 0; itself && c < k.own.n; c++)
            if (from && str_ieq(str_of(k.own.names[c]), str_of(from)))
                k.own.names[c] = to;
        const struct sql_kept_key key = {.name = k.name,
                                         .on_update = k.on_update,
                                         .on_delete = k.on_delete,
                                         .schema = k.other.schema,
                                         .table = table,
                                         .n = k.other.n,
                                         .keys = names,
                                         .columns = k.own.names};
        TRY(sql_kept_key_text(&s->message_arena, &key, &text, e));
        if (itself && from) { /* the engine has renamed the column in its CHECK */
            struct relation own;
            struct kept_keys now;
            TRY(kept_relation(s, &k.own, k.temporary, &own, e));
            TRY(kept_find(s, &own, KEPT_OF, &now, e));
            for (size_t c = 0; c < now.n; c++)
                if (strcmp(now.items[c].name, k.name) == 0)
                    k.mark = now.items[c].mark;
        }
        TRY(replace(s, &k, text.p, e));
    }
    return ST_OK;
}

int kept_drop(struct session *s, const struct kept_key *k, struct err *e)
{
    return replace(s, k, NULL, e);
}

int kept_depend(struct session *s, const struct kept_keys *keys, const char *column, bool cascades,
                const char *what, struct err *e)
{
    struct depends told = {0};
    assert(what);
    for (size_t i = 0; i < keys->n; i++) {
        const struct kept_key *k = &keys->items[i];
        bool hit = !column;
        for (size_t c = 0; !hit && c < k->other.n; c++)
            hit = str_ieq(str_of(k->other.names[c]), str_of(column));
        if (!hit)
            continue;
        const char *table = depends_name(s, k->own.schema, k->own.name);
        if (!table)
            return err_oom(e);
        TRY(depends_add(s, &told, step_text(s, "constraint %s on table %s", k->name, table), what, e));
        if (cascades)
            TRY(kept_drop(s, k, e));
    }
    if (!cascades)
        return depends_refuse(&told, what, e);
    depends_tell(s, &told);
    return ST_OK;
}
