/* What is done depends on what the change does to the columns that the engine keeps in indexes. It is asked
 * first, by a query of the statement's own words:
 *
 *   no value of theirs changes            the statement runs without setting them
 *   no row that changes is referred to    it runs as it is
 *   the keys that are referred to change  it runs as it is, and the engine refuses it with 23503, rightly
 *   else                                  the tables that refer to it are put aside, it runs, and they come
 *                                         back, with all their rows checked
 *
 * Before any of it, and before a DELETE, tables that refer to it and have lost rows in this transaction are
 * made anew, since the engine still sees those rows' references. */
#include "session/keys.h"

#include "session/conflict.h"
#include "session/index_again.h"
#include "session/lost_rows.h"
#include "session/session_priv.h"
#include "session/stand_in.h"
#include "sql/assign.h"
#include "sql/change.h"
#include "sql/name.h"
#include "sql/tokens.h"

#include <assert.h>
#include <string.h>

/* The table's bare name, since it is not looked up for this. */
static int note_change(struct session *s, const struct portal *p, struct err *e)
{
    struct sql_assignment a;
    if (!sql_reads_assignment(sql_statement_tokens(&p->sql), &a)) {
        lost_rows_many(s);
        return ST_OK;
    }
    const struct sql_token *t = &a.parts[a.nparts - 1];
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (!name)
        return err_oom(e);
    name[sql_name_read(t, name)] = '\0';
    lost_rows_note(s, name);
    return ST_OK;
}

/* ---- what is known of the table ---- */

/* A change and what the catalog says of its table. */
struct looked {
    struct session *session;
    struct portal *portal;
    struct sql_change change;
    struct ask_rows columns; /* name, type, whether it is moved, whether it can stand for others */
    struct ask_rows keys; /* of other tables: a condition that they refer to a row, the columns referred to */
};

enum { COLUMN_NAME, COLUMN_TYPE, COLUMN_MOVES, COLUMN_STAYS };

static int look_up(struct looked *l, const struct relation *table, struct err *e)
{
    struct session *s = l->session;
    const char *name = step_literal(s, table->name), *schema = step_literal(s, table->schema),
               *database = table->temporary ? "'temp'" : "system.main.current_database()";
    char *called = arena_strndup(&s->message_arena, l->change.called.p, l->change.called.n);
    const char *as = called ? step_literal(s, called) : NULL;
    if (!name || !schema || !as)
        return err_oom(e);
    TRY(session_ask(
        s,
        step_text(s,
                  "SELECT column_name, data_type, moves, NOT moves AND column_default IS NULL AND NOT "
                  "generated FROM (SELECT c.*, (list_contains((SELECT "
                  "list_distinct(flatten(list(constraint_column_names))) FROM "
                  "system.main.duckdb_constraints() k WHERE k.table_oid = c.table_oid AND k.database_name = "
                  "c.database_name AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')), "
                  "column_name) IS TRUE) OR column_name IN (SELECT column_name FROM "
                  "tavana_catalog.pg.moved_columns(%s, %s, %s)) AS moves, "
                  "tavana_catalog.pg.is_generated(t.sql, column_name, data_type) AS generated FROM "
                  "system.main.duckdb_columns() c JOIN system.main.duckdb_tables() t USING (database_name, "
                  "schema_name, table_name) WHERE c.database_name = %s AND c.schema_name = %s AND "
                  "c.table_name = %s) ORDER BY column_index",
                  database, schema, name, database, schema, name),
        &l->columns, e));
    return session_ask(
        s,
        step_text(s,
                  "SELECT 'EXISTS (SELECT 1 FROM ' || %s || '\"' || replace(table_name, '\"', '\"\"') || '\" "
                  "\"tavana: x\" WHERE ' || array_to_string(list_transform(range(1, "
                  "len(constraint_column_names) + 1), lambda i: '\"tavana: x\".\"' || "
                  "replace(constraint_column_names[i], '\"', '\"\"') || '\" = ' || %s || '.\"' || "
                  "replace(referenced_column_names[i], '\"', '\"\"') || '\"'), ' AND ') || ')', "
                  "array_to_string(['\"' || replace(x, '\"', '\"\"') || '\"' FOR x IN "
                  "referenced_column_names], ', '), table_name FROM system.main.duckdb_constraints() WHERE "
                  "constraint_type = 'FOREIGN KEY' AND database_name = %s AND schema_name = %s AND "
                  "lower(referenced_table) = lower(%s)",
                  table->temporary ? "''" : step_literal(s, step_text(s, "%s.", step_name(s, table->schema))),
                  as, database, schema, name),
        &l->keys, e);
}

static size_t column_of(const struct looked *l, const struct sql_token *t)
{
    for (size_t i = 0; i < l->columns.n; i++)
        if (str_ieq(sql_name_bare(t), str_of(ask_text(&l->columns, i, COLUMN_NAME))))
            return i;
    return SIZE_MAX;
}

static bool moves(const struct looked *l, const struct sql_change_set *set)
{
    size_t i = column_of(l, &set->column);
    return i != SIZE_MAX && ask_text(&l->columns, i, COLUMN_MOVES)[0] == 't';
}

/* ---- asking what it does ---- */

/* Types whose names mean the same in PostgreSQL's SQL; a value is compared as one of them. */
static bool can_be_cast_to(const char *type)
{
    static const char *const nested[] = {"STRUCT", "MAP", "UNION", "ENUM", "VARIANT", "JSON"};
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++)
        if (strncmp(type, nested[i], strlen(nested[i])) == 0)
            return false;
    return true;
}

/* t.a IS DISTINCT FROM value. NULL without memory. */
static const char *differs(const struct looked *l, const struct sql_change_set *set)
{
    struct session *s = l->session;
    const char *type = ask_text(&l->columns, column_of(l, &set->column), COLUMN_TYPE);
    bool cast = can_be_cast_to(type);
    return step_text(s, "%.*s.%.*s IS DISTINCT FROM %s(%.*s)%s%s%s", (int)l->change.called.n,
                     l->change.called.p, (int)set->column.text.n, set->column.text.p, cast ? "CAST(" : "",
                     (int)set->value.n, set->value.p, cast ? " AS " : "", cast ? type : "", cast ? ")" : "");
}

/* Columns that an INSERT gives values for. NULL without memory. */
static const char *inserted(const struct looked *l)
{
    struct session *s = l->session;
    const char *text = "";
    if (l->change.columns.n)
        return arena_strndup(&s->message_arena, l->change.columns.p, l->change.columns.n);
    for (size_t i = 0; text && i < l->columns.n; i++) {
        const char *name = step_name(s, ask_text(&l->columns, i, COLUMN_NAME));
        text = name ? step_text(s, "%s%s%s", text, i ? ", " : "", name) : NULL;
    }
    return text;
}

/* t.a = excluded.a AND … of the key in ON CONFLICT. NULL without memory. */
static const char *conflicts(const struct looked *l)
{
    struct session *s = l->session;
    struct sql_lexer lexer;
    struct sql_token t;
    const char *text = "true";
    sql_lexer_init(&lexer, sql_tokens_of(l->change.key));
    while (text && sql_lexer_next(&lexer, &t) != SQL_TOK_END)
        if (sql_token_is_name(&t))
            text = step_text(s, "%s AND %.*s.%.*s = excluded.%.*s", text, (int)l->change.called.n,
                             l->change.called.p, (int)t.text.n, t.text.p, (int)t.text.n, t.text.p);
    return text;
}

/* The rows that the statement changes, as FROM … WHERE …; columns: what of them. NULL without memory. */
static const char *query(const struct looked *l, const char *columns, const char *also)
{
    const struct sql_change *c = &l->change;
    struct session *s = l->session;
    const char *where = c->where.n ? arena_strndup(&s->message_arena, c->where.p, c->where.n) : "true";
    if (c->kind == SQL_CHANGE_UPSERT) {
        const char *names = inserted(l), *key = conflicts(l);
        return names && key && where && also
                   ? step_text(s,
                               "%.*sSELECT %s FROM %.*s, (%.*s) AS excluded(%s) WHERE %s AND (%s) AND (%s)",
                               (int)c->with.n, c->with.p, columns, (int)c->target.n, c->target.p,
                               (int)c->rows.n, c->rows.p, names, key, where, also)
                   : NULL;
    }
    return where && also ? step_text(s, "%.*sSELECT %s FROM %.*s%s%.*s WHERE (%s) AND (%s)", (int)c->with.n,
                                     c->with.p, columns, (int)c->target.n, c->target.p, c->from.n ? ", " : "",
                                     (int)c->from.n, c->from.p, where, also)
                         : NULL;
}

static int stand_in(const struct looked *l, const char *text, struct stand_in *out, struct err *e)
{
    const struct portal *p = l->portal;
    const struct stand_in_params all = {
        .n = p->nparams, .oids = p->statement->engine->info.param_oids, .values = p->params};
    return stand_in_make(l->session, &p->sql, text, &all, out, e);
}

/* ST_AGAIN: it cannot be asked. */
static int ask(const struct looked *l, const char *text, struct ask_rows *out, struct err *e)
{
    struct session *s = l->session;
    struct stand_in made;
    struct backend_portal *portal = NULL;
    TRY(stand_in(l, text, &made, e));
    if (stand_in_open(s, &l->portal->sql, &made, &s->memory.all, &portal, e) < 0) {
        err_init(e);
        return ST_AGAIN;
    }
    int st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        st = session_ask_portal(s, portal, out, e);
    s->engine->ops->portal_close(portal);
    return st;
}

/* Whether there is such a row; ST_AGAIN as ask. */
static int is_any(const struct looked *l, const char *condition, bool *any, struct err *e)
{
    struct ask_rows rows;
    const char *text = condition ? query(l, "1", condition) : NULL;
    int st = ask(l, text ? step_text(l->session, "%s LIMIT 1", text) : NULL, &rows, e);
    *any = st != ST_OK || rows.n > 0;
    return st;
}

/* Whether some value changes that the engine would take a row out for. */
static int some_move(const struct looked *l, bool *any, struct err *e)
{
    const char *condition = "false";
    *any = true;
    bool upsert = l->change.kind == SQL_CHANGE_UPSERT;
    bool unread =
        l->change.others || l->change.returns || (upsert && !l->change.key.n); /* RETURNING moves all */
    for (size_t i = 0; i < l->change.nsets; i++)
        unread |= moves(l, &l->change.sets[i]) && !l->change.sets[i].known;
    if (unread)
        return ST_OK;
    for (size_t i = 0; condition && i < l->change.nsets; i++)
        if (moves(l, &l->change.sets[i]))
            condition = step_text(l->session, "%s OR %s", condition, differs(l, &l->change.sets[i]));
    int st = is_any(l, condition, any, e);
    return st == ST_AGAIN ? ST_OK : st;
}

/* The columns that are set among those of a key, as "or" of what differs. NULL without memory. */
static const char *key_differs(const struct looked *l, const char *columns)
{
    const char *text = "false";
    for (size_t i = 0; text && i < l->change.nsets; i++) {
        struct sql_lexer lexer;
        struct sql_token t;
        sql_lexer_init(&lexer, sql_tokens_of(str_of(columns)));
        while (text && sql_lexer_next(&lexer, &t) != SQL_TOK_END)
            if (sql_token_is_name(&t) && str_ieq(sql_name_bare(&t), sql_name_bare(&l->change.sets[i].column)))
                text = step_text(l->session, "%s OR %s", text, differs(l, &l->change.sets[i]));
    }
    return text;
}

/* Whether the engine would refuse rows that PostgreSQL takes: some are referred to, by keys that stay. */
static int is_in_the_way(const struct looked *l, bool *is, struct err *e)
{
    const char *referred = "false", *broken = "false";
    bool any;
    for (size_t i = 0; referred && broken && i < l->keys.n; i++) {
        const char *refers = ask_text(&l->keys, i, 0), *key = key_differs(l, ask_text(&l->keys, i, 1));
        referred = step_text(l->session, "%s OR %s", referred, refers);
        broken = key ? step_text(l->session, "%s OR ((%s) AND %s)", broken, key, refers) : NULL;
    }
    int st = is_any(l, referred, is, e);
    if (st != ST_OK || !*is)
        return st == ST_AGAIN ? ST_OK : st;
    st = is_any(l, broken, &any, e);
    *is = st != ST_OK || !any;
    return st == ST_AGAIN ? ST_OK : st;
}

/* Whether all that refers to rows that a DELETE takes away goes with them, and there is something that does:
 * rows of the table itself. */
static int takes_all_that_refers(const struct looked *l, const struct relation *table, bool *is,
                                 struct err *e)
{
    const char *own = "false", *stays = "false";
    const struct sql_change *c = &l->change;
    const char *going = query(l, step_text(l->session, "%.*s.rowid", (int)c->called.n, c->called.p), "true");
    bool any;
    for (size_t i = 0; own && stays && going && i < l->keys.n; i++) {
        const char *refers = ask_text(&l->keys, i, 0);
        bool itself = str_ieq(str_of(ask_text(&l->keys, i, 2)), str_of(table->name));
        if (itself)
            own = step_text(l->session, "%s OR %s", own, refers);
        stays = itself ? step_text(l->session, "%s OR %.*s AND \"tavana: x\".rowid NOT IN (%s))", stays,
                                   (int)strlen(refers) - 1, refers, going)
                       : step_text(l->session, "%s OR %s", stays, refers);
    }
    if (!going)
        return err_oom(e);
    int st = is_any(l, own, is, e);
    if (st == ST_OK && *is)
        st = is_any(l, stays, &any, e);
    if (st == ST_OK && *is)
        *is = !any;
    return st == ST_AGAIN ? ST_OK : st;
}

/* ---- without what stays ---- */

/* What is set without the columns that would move rows; "" when nothing is left. NULL without memory. */
static const char *other_sets(const struct looked *l)
{
    const char *text = "";
    for (size_t i = 0; text && i < l->change.nsets; i++) {
        const struct sql_change_set *set = &l->change.sets[i];
        if (!moves(l, set))
            text = step_text(l->session, "%s%s%.*s", text, *text ? ", " : "", (int)(set->to - set->from),
                             l->portal->sql.text.p + set->from);
    }
    return text;
}

/* a = t.a of a column whose setting moves no row; NULL: there is none. */
static const char *standing_for(const struct looked *l)
{
    for (size_t i = 0; i < l->columns.n; i++)
        if (ask_text(&l->columns, i, COLUMN_STAYS)[0] == 't') {
            const char *name = step_name(l->session, ask_text(&l->columns, i, COLUMN_NAME));
            return name ? step_text(l->session, "%s = %.*s.%s", name, (int)l->change.called.n,
                                    l->change.called.p, name)
                        : NULL;
        }
    return NULL;
}

/* The portal runs that text from now on. */
static int run_instead(const struct looked *l, const char *text, struct err *e)
{
    struct portal *p = l->portal;
    struct stand_in made;
    struct backend_portal *portal = NULL;
    TRY(stand_in(l, text, &made, e));
    TRY(stand_in_open(l->session, &p->sql, &made, p->memory, &portal, e));
    portal_close_engine(l->session, p);
    p->engine = portal;
    return ST_OK;
}

/* No row is changed, and they are counted. */
static int count_rows(const struct looked *l, struct keys_change *k, struct err *e)
{
    struct ask_rows rows;
    int64_t n = 0;
    int st = ask(l, query(l, "count(*)", "true"), &rows, e);
    if (st != ST_OK || rows.n != 1)
        return st < 0 ? st : ST_AGAIN;
    k->counted = str_to_i64(str_of(ask_text(&rows, 0, 0)), 0, INT64_MAX, &n);
    k->rows = (uint64_t)n;
    return k->counted ? ST_OK : ST_AGAIN;
}

/* Runs it without the columns; ST_AGAIN: it cannot be had so. */
static int leave_out(const struct looked *l, struct keys_change *k, struct err *e)
{
    const struct sql_change *c = &l->change;
    assert(c->nsets > 0);
    struct str text = l->portal->sql.text;
    size_t from = c->sets[0].from, to = c->sets[c->nsets - 1].to;
    const char *sets = other_sets(l);
    if (!sets)
        return err_oom(e);
    if (!*sets)
        sets = standing_for(l);
    if (sets)
        return run_instead(
            l, step_text(l->session, "%.*s%s%.*s", (int)from, text.p, sets, (int)(text.n - to), text.p + to),
            e);
    if (c->kind != SQL_CHANGE_UPDATE || c->returns || c->from.n)
        return ST_AGAIN;
    int st = count_rows(l, k, e);
    return st == ST_OK ? run_instead(l, step_text(l->session, "%.*s WHERE false", (int)to, text.p), e) : st;
}

/* ---- with what refers to it aside ---- */

/* Without the foreign keys of the table to itself. */
static int own_aside(struct session *s, struct keys_change *k, struct err *e)
{
    static const struct rebuild_change nothing;
    struct rebuild without;
    TRY(relation_indexes(s, &k->table, e));
    TRY(rebuild_put_aside(s, &k->table, 0, NULL, &k->own, e));
    TRY(rebuild_without(s, &k->own, &k->table, &without, e));
    return rebuild_put_back(s, &without, &nothing, e);
}

static int own_back(struct session *s, struct keys_change *k, struct err *e)
{
    static const struct rebuild_change nothing;
    struct rebuild again;
    TRY(rebuild_put_aside(s, &k->table, 0, NULL, &again, e));
    TRY(rebuild_put_back(s, &k->own, &nothing, e));
    return index_again_put(s, &k->table, k->table.full, e);
}

/* Whether the statement may look into other tables: those that are aside would not be there. */
static bool looks_elsewhere(const struct looked *l)
{
    struct sql_lexer lexer;
    struct sql_token t;
    sql_lexer_init(&lexer, sql_statement_tokens(&l->portal->sql));
    while (sql_lexer_next(&lexer, &t) != SQL_TOK_END)
        if (sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "TABLE"))
            return true;
    return l->change.from.n > 0 || l->change.with.n > 0;
}

static int put_aside(const struct looked *l, struct keys_change *k, struct err *e)
{
    struct session *s = l->session;
    assert(!k->aside && k->table.found);
    k->aside = true;
    k->lent = looks_elsewhere(l);
    TRY(referring_put_aside(s, &k->others, e));
    if (k->lent)
        TRY(referring_lend(s, &k->others, &k->table, e));
    k->itself = rebuild_refers_to_itself(&k->table);
    return k->itself ? own_aside(s, k, e) : ST_OK;
}

static int come_back(struct session *s, struct keys_change *k, struct err *e)
{
    if (k->itself)
        TRY(own_back(s, k, e));
    if (k->lent)
        TRY(referring_take_back(s, &k->others, e));
    TRY(referring_put_back(s, &k->others, e));
    if (k->itself)
        lost_rows_fresh(s, &k->table);
    for (size_t i = 0; i < k->others.n; i++)
        lost_rows_fresh(s, &k->others.tables[i].relation);
    return ST_OK;
}

int keys_after(struct session *s, struct portal *p, struct keys_change *k, struct err *e)
{
    assert(p->engine->started);
    if (k->counted)
        p->engine->rows_affected = k->rows;
    p->engine->rows_affected += k->more;
    if (k->aside)
        TRY(come_back(s, k, e));
    return k->kept.on ? kept_follow(s, &k->kept, e) : ST_OK;
}

/* ---- keys that the session keeps ---- */

/* What a column of the key is set to; NULL: it stays. */
static const struct sql_change_set *set_of(const struct looked *l, const char *column)
{
    for (size_t i = 0; i < l->change.nsets; i++)
        if (str_ieq(sql_name_bare(&l->change.sets[i].column), str_of(column)))
            return &l->change.sets[i];
    return NULL;
}

/* The old values and the new ones of the key's columns, and whether one of them is another. *asks: some of
 * them are set, to what can be asked. NULL without memory. */
static const char *map_query(const struct looked *l, const struct kept_key *k, bool *asks)
{
    struct session *s = l->session;
    const char *old = "", *new = "", *condition = "false";
    *asks = false;
    for (size_t i = 0; old && new &&condition &&i < k->other.n; i++) {
        const struct sql_change_set *set = set_of(l, k->other.names[i]);
        const char *name = step_name(s, k->other.names[i]), *comma = i ? ", " : "";
        size_t column = set ? column_of(l, &set->column) : SIZE_MAX;
        if (set && (!set->known || column == SIZE_MAX)) {
            *asks = false;
            return "";
        }
        *asks |= set != NULL;
        const char *type = set ? ask_text(&l->columns, column, COLUMN_TYPE) : NULL;
        bool cast = set && can_be_cast_to(type);
        old = name
                  ? step_text(s, "%s%s%.*s.%s", old, comma, (int)l->change.called.n, l->change.called.p, name)
                  : NULL;
        new = !name ? NULL
              : set ? step_text(s, "%s%s%s(%.*s)%s%s%s", new, comma, cast ? "CAST(" : "", (int)set->value.n,
                                set->value.p, cast ? " AS " : "", cast ? type : "", cast ? ")" : "")
                    : step_text(s, "%s%s%.*s.%s", new, comma, (int)l->change.called.n, l->change.called.p,
                                name);
        if (set)
            condition = step_text(s, "%s OR %s", condition, differs(l, set));
    }
    return old && new &&condition ? query(l, step_text(s, "%s, %s", old, new), condition) : NULL;
}

enum { MAP_ROWS_AT_ONCE = 500 };

/* A temporary table of those rows. */
static int make_map(struct session *s, struct kept_key *k, size_t number, const struct ask_rows *rows,
                    struct err *e)
{
    const char *columns = "", *text = NULL;
    k->map = step_text(s, "temp.\"tavana: keys that change %zu\"", number);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; columns && i < k->other.n; i++) {
            const char *name = step_name(s, k->other.names[i]);
            columns = name ? step_text(s, "%s%s%s AS %s%zu", columns, *columns ? ", " : "", name,
                                       side ? "n" : "o", i + 1)
                           : NULL;
        }
    if (!k->map || !columns)
        return err_oom(e);
    TRY(step_run(s,
                 step_text(s, "CREATE OR REPLACE TEMP TABLE %s AS SELECT %s FROM %s WHERE false", k->map,
                           columns, k->other.full),
                 e));
    for (size_t i = 0; i < rows->n; i++) {
        const char *values = "";
        for (size_t c = 0; values && c < rows->ncolumns; c++) {
            const char *value = ask_value(rows, i, c);
            const char *literal = value ? step_literal(s, value) : "NULL";
            values = literal ? step_text(s, "%s%s%s", values, c ? ", " : "", literal) : NULL;
        }
        text = values ? step_text(s, "%s%s(%s)", text ? text : "", text ? ", " : "", values) : NULL;
        if (!text)
            return err_oom(e);
        if (i + 1 < rows->n && (i + 1) % MAP_ROWS_AT_ONCE)
            continue;
        TRY(step_run(s, step_text(s, "INSERT INTO %s VALUES %s", k->map, text), e));
        text = NULL;
    }
    return ST_OK;
}

/* Where the keys that are referred to change, and other rows are to change with them: from what to what. */
static int make_maps(struct looked *l, struct keys_change *k, struct err *e)
{
    for (size_t i = 0; i < k->kept.to.n; i++) {
        struct kept_key *key = &k->kept.to.items[i];
        struct ask_rows rows;
        bool asks;
        if (key->on_update == 'a' || key->on_update == 'r' || l->change.others)
            continue;
        const char *text = map_query(l, key, &asks);
        if (!text)
            return err_oom(e);
        if (!asks)
            continue;
        int st = ask(l, text, &rows, e);
        if (st < 0)
            return st;
        if (st == ST_OK)
            TRY(make_map(l->session, key, i, &rows, e));
    }
    return ST_OK;
}

/* Which table it is, and what is done to it. */
static int read_kept(struct session *s, struct portal *p, struct looked *l, struct kept_change *kept,
                     struct err *e)
{
    struct sql_assignment a;
    assert(!kept->on && p->keys);
    if (!sql_reads_assignment(sql_statement_tokens(&p->sql), &a))
        return ST_OK;
    const struct sql_token none = {.kind = SQL_TOK_END};
    const struct relation_name name = {.database = a.nparts > 2 ? a.parts[a.nparts - 3] : none,
                                       .schema = a.nparts > 1 ? a.parts[a.nparts - 2] : none,
                                       .relation = a.parts[a.nparts - 1]};
    TRY(relation_find(s, &name, "r", &kept->table, e));
    TRY(sql_change_read(&s->message_arena, sql_statement_tokens(&p->sql), &l->change, e));
    bool unread = l->change.kind == SQL_CHANGE_NONE && sql_changes_old_rows(sql_statement_tokens(&p->sql));
    kept->on = kept->table.found;
    kept->inserts = a.insert;
    kept->updates = unread || l->change.kind == SQL_CHANGE_UPDATE || l->change.kind == SQL_CHANGE_UPSERT;
    kept->deletes = !unread && l->change.kind == SQL_CHANGE_DELETE;
    return ST_OK;
}

static int begin_kept(struct session *s, struct portal *p, struct keys_change *k, struct err *e)
{
    struct looked l = {.session = s, .portal = p};
    TRY(read_kept(s, p, &l, &k->kept, e));
    if (!k->kept.on)
        return ST_OK;
    if (p->keys & BACKEND_KEYS_KEPT)
        TRY(kept_find(s, &k->kept.table, KEPT_OF, &k->kept.of, e));
    if (!(p->keys & BACKEND_KEYS_KEPT_REFERRED))
        return ST_OK;
    TRY(kept_find(s, &k->kept.table, KEPT_TO, &k->kept.to, e));
    if (l.change.kind != SQL_CHANGE_UPDATE && l.change.kind != SQL_CHANGE_UPSERT)
        return ST_OK;
    TRY(look_up(&l, &k->kept.table, e));
    return make_maps(&l, k, e);
}

/* ---- all of it ---- */

static int find_table(struct session *s, const struct sql_change *c, struct keys_change *k, struct err *e)
{
    const struct sql_token none = {.kind = SQL_TOK_END};
    const struct relation_name name = {.database = c->nparts > 2 ? c->parts[c->nparts - 3] : none,
                                       .schema = c->nparts > 1 ? c->parts[c->nparts - 2] : none,
                                       .relation = c->parts[c->nparts - 1]};
    TRY(relation_find(s, &name, "r", &k->table, e));
    return k->table.found ? referring_find(s, &k->table, &k->others, e) : ST_OK;
}

static int set_keys(struct looked *l, struct keys_change *k, struct err *e)
{
    bool moved, in_the_way = true;
    TRY(look_up(l, &k->table, e));
    TRY(some_move(l, &moved, e));
    int st = !moved && l->change.nsets ? leave_out(l, k, e) : ST_AGAIN;
    if (st != ST_AGAIN)
        return st;
    if (!l->change.others)
        TRY(is_in_the_way(l, &in_the_way, e));
    return in_the_way ? put_aside(l, k, e) : ST_OK;
}

/* Of a tree the engine looks at each row that goes as if the others stayed. */
static int delete_of_tree(struct looked *l, struct keys_change *k, struct err *e)
{
    bool is;
    TRY(look_up(l, &k->table, e));
    TRY(takes_all_that_refers(l, &k->table, &is, e));
    return is ? put_aside(l, k, e) : ST_OK;
}

static int run_in_steps(struct session *s, struct portal *p, struct keys_change *k, struct err *e)
{
    struct looked l = {.session = s, .portal = p};
    TRY(sql_change_read(&s->message_arena, sql_statement_tokens(&p->sql), &l.change, e));
    bool deletes = l.change.kind == SQL_CHANGE_DELETE;
    if (l.change.kind == SQL_CHANGE_NONE || !(deletes || (p->keys & BACKEND_KEYS_SET)))
        return ST_OK;
    TRY(find_table(s, &l.change, k, e));
    if (!k->table.found || !k->table.native)
        return ST_OK;
    TRY(lost_rows_refresh(s, &k->table, &k->others, e));
    if (!deletes)
        return set_keys(&l, k, e);
    return p->keys & BACKEND_KEYS_ITSELF ? delete_of_tree(&l, k, e) : ST_OK;
}

/* Rows with NULLs in a unique key, where the engine would lose some: the portal inserts the last of them. */
static int one_by_one(struct session *s, struct portal *p, bool otherwise, struct keys_change *k,
                      struct err *e)
{
    struct backend_portal *last;
    TRY(conflict_before(s, p, otherwise, &last, &k->more, e));
    if (!last)
        return ST_OK;
    portal_close_engine(s, p);
    p->engine = last;
    return ST_OK;
}

int keys_before(struct session *s, struct portal *p, struct keys_change *out, struct err *e)
{
    assert(p->keys && p->engine && !p->engine->started);
    *out = (struct keys_change){0};
    bool lost = s->tx.in_engine && lost_rows_any(s);
    bool steps =
        (p->keys & BACKEND_KEYS_REFERRED) && (lost || (p->keys & (BACKEND_KEYS_SET | BACKEND_KEYS_ITSELF)));
    bool kept = p->keys & (BACKEND_KEYS_KEPT | BACKEND_KEYS_KEPT_REFERRED);
    bool nulls = p->keys & BACKEND_KEYS_NULLS;
    if (steps || kept || nulls) {
        TRY(tx_implicit_begin(s, e));
        TRY(tx_before_statement(s, true, e));
        TRY(portals_start_readers(s, p, e));
    }
    if (nulls)
        TRY(one_by_one(s, p, steps || kept, out, e));
    if (kept)
        TRY(begin_kept(s, p, out, e));
    if (steps)
        TRY(run_in_steps(s, p, out, e));
    return (p->keys & BACKEND_KEYS_REFER) && s->tx.in_engine ? note_change(s, p, e) : ST_OK;
}
