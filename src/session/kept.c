/* A key holds before the statement, so that rows which refer to nothing afterwards are those that it has to
 * do with: of a DELETE all of them, of an UPDATE of what is referred to those that had the old values. What a
 * key says of them changes rows of another table, and that is followed in the same way, table by table. Keys
 * that say nothing (NO ACTION, RESTRICT) are looked at when all that is done. */
#include "session/kept.h"

#include "session/lost_rows.h"
#include "session/referring.h"
#include "session/session_priv.h"
#include "sql/reference.h"
#include "sql/tokens.h"

#include <assert.h>
#include <string.h>

/* ---- which keys there are ---- */

enum {
    ROW_NAME,
    ROW_MARK,
    ROW_ACTIONS,
    ROW_TEMPORARY,
    ROW_SCHEMA,
    ROW_TABLE,
    ROW_OTHER_SCHEMA,
    ROW_OTHER,
    ROW_NAMES,
    ROW_OTHER_NAMES,
    ROWS,
};

#define ENGINE_SCHEMA(x) "CASE WHEN " x " IN ('public', 'pg_temp') THEN 'main' ELSE " x " END"
#define KEYS                                                                                                 \
    "SELECT name, 'CHECK(' || expression || ')', actions, database_name = 'temp', " ENGINE_SCHEMA(           \
        "schema_name") ", table_name, " ENGINE_SCHEMA("referenced_schema") ", referenced_table, "            \
                                                                           "array_to_string(names, "         \
                                                                           "chr(31)), "                      \
                                                                           "array_to_string(referenced_"     \
                                                                           "names, chr(31)) FROM "           \
                                                                           "tavana_catalog.pg.constraints()" \
                                                                           " WHERE kind = 'f' AND kept"

int kept_split(struct session *s, const char *list, struct kept_table *t, struct err *e)
{
    size_t n = 1;
    for (const char *c = list; *c; c++)
        n += *c == '\x1f';
    t->names = arena_calloc(&s->message_arena, n, sizeof *t->names);
    t->columns = t->shown = "";
    for (size_t i = 0; t->names && i < n; i++) {
        size_t length = strcspn(list, "\x1f");
        t->names[i] = arena_strndup(&s->message_arena, list, length);
        const char *quoted = t->names[i] ? step_name(s, t->names[i]) : NULL;
        t->columns = quoted && t->columns ? step_text(s, "%s%s%s", t->columns, i ? ", " : "", quoted) : NULL;
        t->shown =
            t->names[i] && t->shown ? step_text(s, "%s%s%s", t->shown, i ? ", " : "", t->names[i]) : NULL;
        list += length + 1;
    }
    t->n = n;
    return t->names && t->columns && t->shown ? ST_OK : err_oom(e);
}

static const char *full_of(struct session *s, const struct kept_table *t, bool temporary)
{
    const char *schema = step_name(s, t->schema), *name = step_name(s, t->name);
    return schema && name ? step_text(s, "%s%s.%s", temporary ? "temp." : "", schema, name) : NULL;
}

static int take(struct session *s, const struct ask_rows *rows, size_t i, struct kept_key *k, struct err *e)
{
    const char *actions = ask_text(rows, i, ROW_ACTIONS);
    *k = (struct kept_key){
        .name = ask_text(rows, i, ROW_NAME),
        .mark = ask_text(rows, i, ROW_MARK),
        .on_update = actions[0],
        .on_delete = actions[0] ? actions[1] : 'a',
        .temporary = ask_text(rows, i, ROW_TEMPORARY)[0] == 't',
        .own = {.schema = ask_text(rows, i, ROW_SCHEMA), .name = ask_text(rows, i, ROW_TABLE)},
        .other = {.schema = ask_text(rows, i, ROW_OTHER_SCHEMA), .name = ask_text(rows, i, ROW_OTHER)},
        .matched = "",
        .given = ""};
    TRY(kept_split(s, ask_text(rows, i, ROW_NAMES), &k->own, e));
    TRY(kept_split(s, ask_text(rows, i, ROW_OTHER_NAMES), &k->other, e));
    k->own.full = full_of(s, &k->own, k->temporary);
    k->other.full = full_of(s, &k->other, k->temporary);
    size_t n = k->own.n < k->other.n ? k->own.n : k->other.n;
    for (size_t c = 0; k->matched && k->given && c < n; c++) {
        const char *own = step_name(s, k->own.names[c]), *other = step_name(s, k->other.names[c]);
        const char *also = c ? " AND " : "";
        k->matched =
            own && other ? step_text(s, "%s%s\"p\".%s = \"c\".%s", k->matched, also, other, own) : NULL;
        k->given = own ? step_text(s, "%s%s\"c\".%s IS NOT NULL", k->given, also, own) : NULL;
    }
    return k->own.full && k->other.full && k->matched && k->given ? ST_OK : err_oom(e);
}

/* How many names are in a list; 0: one of them is empty. */
static size_t count_names(const char *list)
{
    size_t n = 0;
    for (const char *c = list;; c++) {
        size_t length = strcspn(c, "\x1f");
        if (length == 0)
            return 0;
        n++;
        c += length;
        if (!*c)
            return n;
    }
}

/* A CHECK that a client has written may look like a key, and is none. */
static bool is_whole(const struct ask_rows *rows, size_t i)
{
    for (size_t c = 0; c < ROWS; c++)
        if (!ask_value(rows, i, c))
            return false;
    size_t n = count_names(ask_text(rows, i, ROW_NAMES));
    return n > 0 && n == count_names(ask_text(rows, i, ROW_OTHER_NAMES)) && *ask_text(rows, i, ROW_OTHER);
}

static int find(struct session *s, const char *sql, struct kept_keys *out, struct err *e)
{
    struct ask_rows rows;
    *out = (struct kept_keys){0};
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    TRY(ask_check(&rows, rows.n, ROWS, e));
    out->items = arena_calloc(&s->message_arena, rows.n + 1, sizeof *out->items);
    if (!out->items)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++)
        if (is_whole(&rows, i))
            TRY(take(s, &rows, i, &out->items[out->n++], e));
    return ST_OK;
}

int kept_find(struct session *s, const struct relation *table, enum kept_side side, struct kept_keys *out,
              struct err *e)
{
    const char *name = step_literal(s, table->name), *schema = step_literal(s, table->schema);
    if (!name || !schema)
        return err_oom(e);
    return find(s,
                step_text(s,
                          KEYS " AND database_name = %s AND tavana_catalog.pg.shown_schema(database_name, "
                               "%s) = %s AND lower(%s) = lower(%s) ORDER BY oid",
                          table->temporary ? "'temp'" : "current_database()", schema,
                          side == KEPT_OF ? "schema_name" : "referenced_schema",
                          side == KEPT_OF ? "table_name" : "referenced_table", name),
                out, e);
}

int kept_relation(struct session *s, const struct kept_table *t, bool temporary, struct relation *out,
                  struct err *e)
{
    struct relation_name name;
    const char *schema = step_name(s, t->schema), *relation = step_name(s, t->name);
    const char *text =
        schema && relation ? step_text(s, "%s.%s", temporary ? "pg_temp" : schema, relation) : NULL;
    if (!text)
        return err_oom(e);
    relation_name_read(str_of(text), &name);
    return relation_find(s, &name, "r", out, e);
}

/* ---- rows that refer to nothing ---- */

#define DANGLES "%s AND NOT EXISTS (SELECT 1 FROM %s AS \"p\" WHERE %s)"

/* The values of the first row of that kind, or no row. `also` is one more condition. */
static int first(struct session *s, const struct kept_key *k, const char *also, struct ask_rows *out,
                 struct err *e)
{
    const char *values = "";
    for (size_t i = 0; values && i < k->own.n; i++) {
        const char *name = step_name(s, k->own.names[i]);
        values = name ? step_text(s, "%s%s\"c\".%s", values, i ? ", " : "", name) : NULL;
    }
    const char *sql = values ? step_text(s, "SELECT %s FROM %s AS \"c\" WHERE " DANGLES "%s LIMIT 1", values,
                                         k->own.full, k->given, k->other.full, k->matched, also)
                             : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

/* "1, b" of a row. NULL without memory. */
static const char *shown_row(struct session *s, const struct ask_rows *rows)
{
    const char *text = "";
    for (size_t i = 0; text && i < rows->ncolumns; i++) {
        const char *value = ask_value(rows, 0, i);
        text = step_text(s, "%s%s%s", text, i ? ", " : "", value ? value : "");
    }
    return text;
}

/* The engine numbers rows that are not committed from here on. */
#define OF_THIS_TRANSACTION " AND \"c\".rowid >= 36028797018960000"

static const char *shown_schema(const struct kept_key *k)
{
    return k->temporary ? "pg_temp" : strcmp(k->own.schema, "main") == 0 ? "public" : k->own.schema;
}

int kept_check(struct session *s, const struct kept_key *k, bool inserted, struct err *e)
{
    struct ask_rows rows;
    TRY(first(s, k, inserted ? OF_THIS_TRANSACTION : "", &rows, e));
    if (rows.n == 0)
        return ST_OK;
    const char *values = shown_row(s, &rows);
    (void)err_set(e, SQLSTATE_FOREIGN_KEY_VIOLATION,
                  "insert or update on table \"%s\" violates foreign key constraint \"%s\"", k->own.name,
                  k->name);
    err_detail(e, "Key (%s)=(%s) is not present in table \"%s\".", k->own.shown, values ? values : "",
               k->other.name);
    err_names(e, k->own.name, "", k->name);
    err_schema(e, shown_schema(k));
    return ST_ERR;
}

/* The same, where what it refers to has changed. */
static int check_referred(struct session *s, const struct kept_key *k, struct err *e)
{
    struct ask_rows rows;
    assert(k->own.full && k->other.full);
    TRY(first(s, k, "", &rows, e));
    if (rows.n == 0)
        return ST_OK;
    const char *values = shown_row(s, &rows);
    (void)err_set(e, SQLSTATE_FOREIGN_KEY_VIOLATION,
                  "update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
                  k->other.name, k->name, k->own.name);
    err_detail(e, "Key (%s)=(%s) is still referenced from table \"%s\".", k->other.shown,
               values ? values : "", k->own.name);
    err_names(e, k->own.name, "", k->name);
    err_schema(e, shown_schema(k));
    return ST_ERR;
}

/* ---- what follows from a change ---- */

/* One table that has been changed: what it was, and for an update what it is said to have been. */
struct item {
    struct relation table;
    bool updates;        /* else rows have gone */
    const char *columns; /* those that a map is of; NULL: there is none */
    const char *map;
};

struct work {
    struct session *session;
    size_t n, cap, steps;
    struct item *items;
    struct kept_keys checks; /* to be looked at in the end … */
    size_t room;
    bool *own; /* … from the side of their own tables */
};

static int push(struct work *w, const struct item *item, struct err *e)
{
    assert(w->n <= w->cap && item->table.found);
    if (++w->steps > KEPT_STEPS_MAX)
        return err_set(e, SQLSTATE_STATEMENT_TOO_COMPLEX,
                       "the foreign keys of one statement lead to more than %d changes", KEPT_STEPS_MAX);
    if (w->n == w->cap) {
        size_t more = w->cap ? 2 * w->cap : 8;
        struct item *items = arena_calloc(&w->session->message_arena, more, sizeof *items);
        if (!items)
            return err_oom(e);
        if (w->n)
            memcpy(items, w->items, w->n * sizeof *items);
        w->items = items;
        w->cap = more;
    }
    w->items[w->n++] = *item;
    return ST_OK;
}

static int check_later(struct work *w, const struct kept_key *k, bool own, struct err *e)
{
    struct kept_keys *all = &w->checks;
    for (size_t i = 0; i < all->n; i++)
        if (w->own[i] == own && strcmp(all->items[i].own.full, k->own.full) == 0 &&
            strcmp(all->items[i].mark, k->mark) == 0)
            return ST_OK;
    assert(all->n <= w->room);
    if (all->n == w->room) {
        size_t more = w->room ? 2 * w->room : 8;
        struct kept_key *items = arena_calloc(&w->session->message_arena, more, sizeof *items);
        bool *owns = arena_calloc(&w->session->message_arena, more, sizeof *owns);
        if (!items || !owns)
            return err_oom(e);
        if (all->n) {
            memcpy(items, all->items, all->n * sizeof *items);
            memcpy(owns, w->own, all->n * sizeof *owns);
        }
        all->items = items;
        w->own = owns;
        w->room = more;
    }
    w->own[all->n] = own;
    all->items[all->n++] = *k;
    return ST_OK;
}

/* Runs a step; how many rows it has changed. */
static int run(struct session *s, const char *text, uint64_t *rows, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    struct backend_portal *portal = NULL;
    assert(s->tx.in_engine);
    *rows = 0;
    if (!text)
        return err_oom(e);
    int st = session_hand_over_own(s, text, &stmt, e);
    if (st == ST_OK)
        st = s->engine->ops->open(s->engine, stmt, NULL, 0, &portal, e);
    if (st == ST_OK)
        st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        *rows = portal->rows_affected;
    if (portal)
        s->engine->ops->portal_close(portal);
    if (stmt)
        s->engine->ops->stmt_free(stmt);
    if (st < 0)
        e->position = 0;
    return st;
}

/* a = value, b = value: "n" NULL, "d" DEFAULT, "c" the new values of the map. NULL without memory. */
static const char *sets(struct session *s, const struct kept_key *k, char action)
{
    const char *text = "";
    for (size_t i = 0; text && i < k->own.n; i++) {
        const char *name = step_name(s, k->own.names[i]);
        const char *value = action == 'n'   ? "NULL"
                            : action == 'd' ? "DEFAULT"
                                            : step_text(s, "\"m\".n%zu", i + 1);
        text = name && value ? step_text(s, "%s%s%s = %s", text, i ? ", " : "", name, value) : NULL;
    }
    return text;
}

/* "c".a = "m".o1 AND … NULL without memory. */
static const char *in_map(struct session *s, const struct kept_key *k)
{
    const char *text = "";
    assert(k->own.n > 0 && k->own.names);
    for (size_t i = 0; text && i < k->own.n; i++) {
        const char *name = step_name(s, k->own.names[i]);
        text = name ? step_text(s, "%s%s\"c\".%s = \"m\".o%zu", text, i ? " AND " : "", name, i + 1) : NULL;
    }
    return text;
}

/* What is done to the rows of the key's own table. map NULL: to those that refer to nothing. */
static int act(struct session *s, const struct kept_key *k, char action, const char *map, uint64_t *rows,
               struct err *e)
{
    const char *dangling = step_text(s, DANGLES, k->given, k->other.full, k->matched);
    const char *set = action == 'c' && !map ? "" : sets(s, k, action), *where = map ? in_map(s, k) : dangling;
    if (!dangling || !set || !where)
        return err_oom(e);
    if (!*set)
        return run(s, step_text(s, "DELETE FROM %s AS \"c\" WHERE %s", k->own.full, where), rows, e);
    if (!map)
        return run(s, step_text(s, "UPDATE %s AS \"c\" SET %s WHERE %s", k->own.full, set, where), rows, e);
    return run(
        s, step_text(s, "UPDATE %s AS \"c\" SET %s FROM %s AS \"m\" WHERE %s", k->own.full, set, map, where),
        rows, e);
}

/* The engine's own keys that refer to the rows which change are in its way: tables that have lost rows are
 * made anew, and for an UPDATE all of them are put aside, since it may take rows out and put them in. */
static int act_among_others(struct session *s, const struct kept_key *k, const struct relation *own,
                            char action, const char *map, uint64_t *rows, struct err *e)
{
    struct referring others;
    assert(own->found && own->kind == 'r');
    bool deletes = action == 'c' && !map;
    TRY(referring_find(s, own, &others, e));
    if (others.n && lost_rows_any(s))
        TRY(lost_rows_refresh(s, own, &others, e));
    if (!deletes && others.n)
        TRY(referring_put_aside(s, &others, e));
    TRY(act(s, k, action, map, rows, e));
    if (!deletes && others.n)
        TRY(referring_put_back(s, &others, e));
    lost_rows_note(s, own->name);
    return ST_OK;
}

/* A key that refers to the table of the item. */
static int follow(struct work *w, const struct kept_key *k, const struct item *item, struct err *e)
{
    struct session *s = w->session;
    struct relation own;
    uint64_t rows;
    char action = item->updates ? k->on_update : k->on_delete;
    const char *map = item->updates ? k->map : NULL;
    if (action == 'a' || action == 'r')
        return check_later(w, k, false, e);
    if (item->updates && !map && item->map && item->columns && strcmp(item->columns, k->other.columns) == 0)
        map = item->map;
    if (item->updates && !map) { /* no column of it may have changed */
        struct ask_rows any;
        TRY(first(s, k, "", &any, e));
        return any.n == 0 ? ST_OK
                          : err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                                    "this change of what foreign key \"%s\" of table \"%s\" refers to is not "
                                    "supported",
                                    k->name, k->own.name);
    }
    TRY(kept_relation(s, &k->own, k->temporary, &own, e));
    if (!own.found)
        return ST_OK;
    TRY(act_among_others(s, k, &own, action, map, &rows, e));
    TRY(check_later(w, k, action == 'd', e));
    if (rows == 0)
        return ST_OK;
    bool same = action == 'c' && map;
    return push(w,
                &(struct item){.table = own,
                               .updates = action != 'c' || map,
                               .columns = same ? k->own.columns : NULL,
                               .map = same ? map : NULL},
                e);
}

static int run_all(struct work *w, const struct kept_change *change, struct err *e)
{
    struct session *s = w->session;
    for (size_t i = 0; i < w->n; i++) {
        struct item item = w->items[i];
        struct kept_keys to = change->to;
        if (i >= (size_t)change->updates + change->deletes) /* that is not the first table */
            TRY(kept_find(s, &item.table, KEPT_TO, &to, e));
        for (size_t k = 0; k < to.n; k++)
            TRY(follow(w, &to.items[k], &item, e));
        TRY(session_check_interrupts(s, e));
    }
    for (size_t i = 0; i < w->checks.n; i++)
        TRY(w->own[i] ? kept_check(s, &w->checks.items[i], false, e)
                      : check_referred(s, &w->checks.items[i], e));
    return ST_OK;
}

static bool has_map(const struct kept_keys *to, const struct kept_key *k)
{
    for (size_t i = 0; i < to->n; i++)
        if (to->items[i].map && strcmp(to->items[i].own.full, k->own.full) == 0 &&
            strcmp(to->items[i].mark, k->mark) == 0)
            return true;
    return false;
}

int kept_follow(struct session *s, const struct kept_change *change, struct err *e)
{
    struct work w = {.session = s};
    assert(change->on && change->table.found);
    if (change->updates && change->to.n)
        TRY(push(&w, &(struct item){.table = change->table, .updates = true}, e));
    if (change->deletes && change->to.n)
        TRY(push(&w, &(struct item){.table = change->table}, e));
    struct kept_change first_items = *change;
    if (!change->to.n)
        first_items.updates = first_items.deletes = false;
    for (size_t i = 0; (change->inserts || change->updates) && i < change->of.n; i++) {
        const struct kept_key *k = &change->of.items[i];
        if (has_map(&change->to, k)) /* rows of the same table wait for their new values */
            TRY(check_later(&w, k, true, e));
        else
            TRY(kept_check(s, k, change->inserts && !change->updates, e));
    }
    return run_all(&w, &first_items, e);
}

int kept_check_all(struct session *s, struct err *e)
{
    struct kept_keys all;
    TRY(find(s, step_text(s, KEYS " AND database_name IN (current_database(), 'temp')"), &all, e));
    for (size_t i = 0; i < all.n; i++) {
        const struct kept_key *k = &all.items[i];
        struct ask_rows any;
        bool acts = !strchr("ar", k->on_update) || !strchr("ar", k->on_delete);
        TRY(acts ? first(s, k, "", &any, e) : kept_check(s, k, false, e));
        if (acts && any.n)
            return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                           "this statement is not supported where foreign key \"%s\" of table \"%s\" says ON "
                           "DELETE or ON UPDATE",
                           k->name, k->own.name);
    }
    return ST_OK;
}
