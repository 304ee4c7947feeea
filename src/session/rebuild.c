/* A table made anew: its rows are put aside, it is dropped and created from the engine's own text. The text
 * is taken apart at the commas that stand in no bracket of their own: an item is a column, with the words
 * that the engine writes behind it (DEFAULT, NOT NULL, UNIQUE, PRIMARY KEY), or a constraint of the table. A
 * change is made to the items, and to the list of columns that the rows are put back into. The engine writes
 * nothing in the place of a foreign key that refers to the table itself, so that such an item comes from its
 * list of constraints, where they stand in the same order. */
#include "session/rebuild.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

/* ---- the text ---- */

/* Called with one item after the other, without blanks around it; false: no more are wanted. */
typedef bool item_fn(void *context, struct str item);

/* sql: CREATE TABLE … (…); */
static void each_item(const char *sql, item_fn *take, void *context)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0, from = 0;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        bool opens = sql_token_is(&t, '(') || sql_token_is(&t, '['),
             closes = sql_token_is(&t, ')') || sql_token_is(&t, ']');
        if (depth == 0 && opens)
            from = t.at + 1;
        if (depth == 1 && (sql_token_is(&t, ',') || sql_token_is(&t, ')'))) {
            while (sql[from] == ' ')
                from++;
            if (!take(context, (struct str){sql + from, t.at > from ? t.at - from : 0}))
                return;
            from = t.at + 1;
        }
        depth += opens;
        depth -= closes && depth;
        if (depth == 0 && closes)
            return;
    }
}

/* Blanks apart: the engine writes PRIMARY KEY(a) in one place and PRIMARY KEY (a) in another. */
static bool same_words(struct str a, const char *b)
{
    size_t i = 0;
    for (; i < a.n || *b;) {
        if (i < a.n && a.p[i] == ' ')
            i++;
        else if (*b == ' ')
            b++;
        else if (i == a.n || a.p[i++] != *b++)
            return false;
    }
    return true;
}

static bool is_constraint(const struct sql_token *first, const struct sql_token *second)
{
    return (sql_token_is(second, '(') &&
            (sql_token_is_word(first, "CHECK") || sql_token_is_word(first, "UNIQUE"))) ||
           (sql_token_is_word(second, "KEY") &&
            (sql_token_is_word(first, "PRIMARY") || sql_token_is_word(first, "FOREIGN")));
}

/* "PRIMARY KEY(a)" or "UNIQUE(a)" that stands behind the column: how many bytes of item are left; item.n: it
 * does not. */
static size_t without_inline(struct str item, const struct sql_token *name, const char *dropped)
{
    static const char *const words[] = {" PRIMARY KEY", " UNIQUE"};
    for (size_t i = 0; dropped && i < 2; i++) {
        size_t n = strlen(words[i]);
        const char *bracket = strchr(dropped, '(');
        struct str head = {dropped, bracket ? (size_t)(bracket - dropped) : 0};
        while (head.n && head.p[head.n - 1] == ' ')
            head.n--;
        struct str column = {bracket ? bracket + 1 : dropped, 0};
        column.n = bracket ? strcspn(column.p, ")") : 0;
        if (str_eq(head, (struct str){words[i] + 1, n - 1}) && str_eq(column, name->text) && item.n > n &&
            str_eq((struct str){item.p + item.n - n, n}, (struct str){words[i], n}))
            return item.n - n;
    }
    return item.n;
}

/* ---- taking it apart ---- */

struct taking {
    struct session *session;
    struct rebuild *out;
    const struct rebuild_change *change;
    size_t nown; /* references to itself that were met */
    struct buf columns, values;
    bool has_dropped, has_column, failed; /* failed: there was no memory */
};

static bool is_dropped(struct taking *x, struct str item)
{
    const char *mark = x->change->mark;
    bool is = x->change->dropped && same_words(item, x->change->dropped);
    x->has_dropped |= is;
    return is || (mark && item.n > strlen(mark) && memcmp(item.p, mark, strlen(mark)) == 0);
}

static struct rebuild_item *add(struct taking *x, struct str text)
{
    struct rebuild_item *item = &x->out->items[x->out->n++];
    item->text = arena_strndup(&x->session->message_arena, text.p, text.n);
    x->failed |= !item->text;
    return item;
}

/* The words of a constraint with the column's new name. goes: it goes with the column. */
static const char *with_change(struct taking *x, const char *text, bool *goes)
{
    const struct rebuild_change *c = x->change;
    bool has = false;
    *goes = false;
    if (!text || !c->column || (c->what != REBUILD_RENAME && c->what != REBUILD_DROP))
        return text;
    const char *to =
        rebuild_with_column(x->session, text, c->column, c->what == REBUILD_RENAME ? c->to : NULL, &has);
    *goes = has && c->what == REBUILD_DROP;
    x->failed |= !to;
    return to && c->what == REBUILD_RENAME ? to : text;
}

/* A constraint that has the dropped column goes with that column: the item is taken back. */
static void add_constraint(struct taking *x, struct str text, const char *target, const char *keys)
{
    bool goes, also = false;
    struct rebuild_item *item = add(x, text);
    item->text = with_change(x, item->text, &goes);
    item->target = target;
    item->keys = target ? keys : with_change(x, keys, &also);
    if (goes || also)
        x->out->n--;
}

/* The table's name as it lies between REFERENCES and the bracket: the engine writes it without quotes, and
 * with its schema where that was given. */
static const char *referenced_name(const struct relation *table, struct session *s, struct str between)
{
    size_t n = strlen(table->schema);
    while (between.n && between.p[0] == ' ')
        between = (struct str){between.p + 1, between.n - 1};
    while (between.n && between.p[between.n - 1] == ' ')
        between.n--;
    if (between.n > n + 1 && memcmp(between.p, table->schema, n) == 0 && between.p[n] == '.')
        between = (struct str){between.p + n + 1, between.n - n - 1};
    const char *name = arena_strndup(&s->message_arena, between.p, between.n);
    return name ? step_name(s, name) : NULL;
}

/* FOREIGN KEY (…) REFERENCES target (…), in three pieces. Another table of the schema has its schema's name:
 * the engine would look for it along the search path. */
static void add_reference(struct taking *x, struct str text)
{
    const struct relation *table = x->out->relation;
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is_word(&t, "REFERENCES"))
        ;
    size_t target = t.at + t.text.n;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is(&t, '('))
        ;
    const char *name = referenced_name(table, x->session, (struct str){text.p + target, t.at - target});
    const char *schema = step_name(x->session, table->schema),
               *keys = arena_strndup(&x->session->message_arena, text.p + t.at, text.n - t.at);
    const char *to = schema && name ? step_text(x->session, "%s%s%s", table->temporary ? "" : schema,
                                                table->temporary ? "" : ".", name)
                                    : NULL;
    x->failed |= !keys || !to;
    if (!x->failed)
        add_constraint(x, (struct str){text.p, target}, to, keys);
}

/* The engine's text has nothing where a table refers to itself. */
static void add_own_reference(struct taking *x)
{
    const struct ask_rows *own = &x->out->own;
    if (x->nown == own->n)
        return;
    const char *text = ask_text(own, x->nown, 0), *keys = ask_text(own, x->nown, 1);
    if (!is_dropped(x, str_of(ask_text(own, x->nown++, 2))))
        add_constraint(x, str_of(text), NULL, keys);
}

/* Behind the type of a column: DEFAULT, NOT NULL and what else there is. */
static size_t behind_type(struct str item)
{
    static const char *const words[] = {"DEFAULT", "NOT",     "NULL",  "UNIQUE",
                                        "PRIMARY", "COLLATE", "CHECK", "GENERATED"};
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0;
    sql_lexer_init(&l, sql_tokens_of(item));
    (void)sql_lexer_next(&l, &t);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        for (size_t i = 0; depth == 0 && i < sizeof words / sizeof *words; i++)
            if (sql_token_is_word(&t, words[i]))
                return t.at;
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth;
    }
    return item.n;
}

/* The column that is another: its text, name and value in the new table. */
static void add_changed(struct taking *x, struct str item, const struct sql_token *name, bool generated)
{
    const struct rebuild_change *c = x->change;
    size_t type = behind_type(item);
    if (c->what == REBUILD_DROP)
        return;
    const char *text =
        c->what == REBUILD_RENAME
            ? step_text(x->session, "%s%.*s", c->to, (int)(item.n - name->text.n), item.p + name->text.n)
            : step_text(x->session, "%.*s %s %.*s", (int)name->text.n, name->text.p, c->to,
                        (int)(item.n - type), item.p + type);
    x->failed |= !text;
    if (x->failed)
        return;
    (void)add(x, str_of(text));
    if (generated)
        return;
    struct str to = c->what == REBUILD_RENAME ? str_of(c->to) : name->text,
               value = c->what == REBUILD_RENAME ? name->text : str_of(c->value);
    const char *comma = x->columns.len ? ", " : "";
    buf_printf(&x->columns, "%s%.*s", comma, (int)to.n, to.p);
    buf_printf(&x->values, "%s%.*s AS %.*s", comma, (int)value.n, value.p, (int)to.n, to.p);
}

static bool is_name(const struct sql_token *t, const struct sql_token *name)
{
    return sql_token_is_name(t) && str_ieq(sql_name_bare(t), sql_name_bare(name));
}

/* A column as the engine has written it. A generated one is made again but not filled: the engine computes
 * its values. */
static void add_column(struct taking *x, struct str item, const struct sql_token *name, bool generated)
{
    size_t n = without_inline(item, name, x->change->dropped);
    const char *comma = x->columns.len ? ", " : "";
    x->has_dropped |= n != item.n;
    item.n = n;
    if (x->change->column && is_name(name, x->change->column)) {
        x->has_column = true;
        add_changed(x, item, name, generated);
        return;
    }
    (void)add(x, item);
    if (generated)
        return;
    buf_printf(&x->columns, "%s%.*s", comma, (int)name->text.n, name->text.p);
    buf_printf(&x->values, "%s%.*s", comma, (int)name->text.n, name->text.p);
}

/* Tells columns from constraints of the table by their first two words. */
static bool put_item(void *context, struct str item)
{
    struct taking *x = context;
    struct sql_lexer l;
    struct sql_token first, t;
    bool generated = false;
    sql_lexer_init(&l, sql_tokens_of(item));
    if (sql_lexer_next(&l, &first) == SQL_TOK_END) {
        add_own_reference(x);
        return !x->failed;
    }
    (void)sql_lexer_next(&l, &t);
    if (is_constraint(&first, &t)) {
        if (is_dropped(x, item))
            return true;
        if (sql_token_is_word(&first, "FOREIGN"))
            add_reference(x, item);
        else
            add_constraint(x, item, NULL, NULL);
        return !x->failed;
    }
    for (; t.kind != SQL_TOK_END; (void)sql_lexer_next(&l, &t))
        generated |= sql_token_is_word(&t, "GENERATED");
    add_column(x, item, &first, generated);
    return !x->failed;
}

/* Of the message's arena. NULL without memory. */
static const char *kept(struct session *s, struct buf *b)
{
    const char *text = buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
    buf_release(b);
    return text;
}

/* The conditions of put_rows_in_turn name columns, too. */
static int change_own(struct taking *x, struct err *e)
{
    bool ignored;
    struct ask_rows *own = &x->out->own;
    for (size_t i = 0; i < own->n * own->ncolumns; i++) {
        own->values[i] = with_change(x, own->values[i], &ignored);
        if (!own->values[i])
            return err_oom(e);
    }
    return ST_OK;
}

/* There are no more items than commas and one. A column or constraint that the change speaks of has to be
 * among them. */
static int take_apart(struct session *s, struct rebuild *r, const struct rebuild_change *change,
                      struct err *e)
{
    struct taking x = {.session = s, .out = r, .change = change};
    assert(!change->column == (change->what == REBUILD_SAME));
    size_t room = 1;
    for (const char *p = r->relation->sql; *p; p++)
        room += *p == ',';
    r->items = arena_calloc(&s->message_arena, room, sizeof *r->items);
    if (!r->items)
        return err_oom(e);
    buf_init(&x.columns, SIZE_MAX);
    buf_init(&x.values, SIZE_MAX);
    each_item(r->relation->sql, put_item, &x);
    r->columns = kept(s, &x.columns);
    r->values = kept(s, &x.values);
    if (x.failed || !r->columns || !r->values)
        return err_oom(e);
    TRY(change_own(&x, e));
    if (change->column && !x.has_column) {
        struct str name = sql_name_bare(change->column);
        return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%.*s\" of relation \"%s\" does not exist",
                       (int)name.n, name.p, r->relation->name);
    }
    if (change->dropped && !x.has_dropped)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this constraint cannot be dropped");
    return ST_OK;
}

/* A look at a table's constraints, without a copy. */
struct asking {
    const struct sql_token *column;
    bool foreign, found;
};

static bool has_column(struct str item, const struct sql_token *column)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(item));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (!column || is_name(&t, column))
            return true;
    return false;
}

static bool look_for_constraint(void *context, struct str item)
{
    struct asking *x = context;
    struct sql_lexer l;
    struct sql_token first, t;
    bool has_inline = false;
    sql_lexer_init(&l, sql_tokens_of(item));
    if (sql_lexer_next(&l, &first) == SQL_TOK_END) { /* a reference to itself */
        x->found = true;
        return false;
    }
    (void)sql_lexer_next(&l, &t);
    if (is_constraint(&first, &t)) {
        x->found = (!x->foreign || sql_token_is_word(&first, "FOREIGN")) && has_column(item, x->column);
        return !x->found;
    }
    for (; t.kind != SQL_TOK_END; (void)sql_lexer_next(&l, &t))
        has_inline |= sql_token_is_word(&t, "UNIQUE") || sql_token_is_word(&t, "PRIMARY");
    x->found = !x->foreign && has_inline && (!x->column || is_name(&first, x->column));
    return !x->found;
}

bool rebuild_constrains(const struct relation *table, const struct sql_token *column, bool foreign)
{
    struct asking x = {column, foreign, false};
    assert(table->found && table->kind == 'r');
    each_item(table->sql, look_for_constraint, &x);
    return x.found;
}

const char *rebuild_target(struct session *s, const struct relation *table)
{
    const char *name = step_name(s, table->name), *schema = step_name(s, table->schema);
    if (!name || !schema || table->temporary)
        return name;
    return step_text(s, "%s.%s", schema, name);
}

static bool is_not_empty(void *context, struct str item)
{
    bool *empty = context;
    *empty |= item.n == 0;
    return !*empty;
}

bool rebuild_refers_to_itself(const struct relation *table)
{
    bool empty = false;
    assert(table->found && table->kind == 'r');
    each_item(table->sql, is_not_empty, &empty);
    return empty;
}

/* ---- what the engine knows of it ---- */

/* The references of a table to itself: the text of each, the columns that it refers to, both as the engine
 * spells them elsewhere, and the conditions that its row t for a row r is there, and that it needs none. */
static const char own_references[] =
    "SELECT 'FOREIGN KEY (' || array_to_string(k, ', ') || ') REFERENCES ', "
    "'(' || array_to_string(f, ', ') || ')', "
    "'FOREIGN KEY (' || tavana_catalog.pg.quoted_list(constraint_column_names) || ') REFERENCES ' || "
    "tavana_catalog.pg.quoted(table_name) || '(' || "
    "tavana_catalog.pg.quoted_list(referenced_column_names) || ')', "
    "'(' || array_to_string([format('r.{} = t.{}', x[1], x[2]) FOR x IN list_zip(k, f)], ' AND ') || ')', "
    "'(' || array_to_string([format('r.{} IS NULL', x) FOR x IN k], ' OR ') || ')' "
    "FROM (SELECT *, ['\"' || replace(x, '\"', '\"\"') || '\"' FOR x IN constraint_column_names] AS k, "
    "['\"' || replace(x, '\"', '\"\"') || '\"' FOR x IN referenced_column_names] AS f "
    "FROM system.main.duckdb_constraints()) WHERE constraint_type = 'FOREIGN KEY' AND constraint_text = ''";

/* FROM … of rows that tell of the table. */
static int ask_of(struct session *s, const struct relation *t, const char *select, const char *order,
                  struct ask_rows *out, struct err *e)
{
    const char *name = step_literal(s, t->name), *schema = step_literal(s, t->schema);
    const char *sql =
        name && schema
            ? step_text(s, "%s AND table_name = %s AND schema_name = %s AND database_name = %s%s", select,
                        name, schema, t->temporary ? "'temp'" : "current_database()", order)
            : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

static int find(struct session *s, struct rebuild *r, struct err *e)
{
    TRY(ask_of(s, r->relation,
               "SELECT column_name, comment FROM system.main.duckdb_columns() WHERE comment IS NOT NULL", "",
               &r->comments, e));
    if (!rebuild_refers_to_itself(r->relation))
        return ST_OK;
    return ask_of(s, r->relation, own_references, " ORDER BY constraint_index", &r->own, e);
}

static int put_comments(struct session *s, const struct rebuild *r, const struct rebuild_change *change,
                        const char *full, struct err *e)
{
    const char *comment = r->relation->comment ? step_literal(s, r->relation->comment) : NULL;
    if (r->relation->comment && !comment)
        return err_oom(e);
    if (comment)
        TRY(step_run(s, step_text(s, "COMMENT ON TABLE %s IS %s", full, comment), e));
    for (size_t i = 0; i < r->comments.n; i++) {
        const char *column = ask_text(&r->comments, i, 0),
                   *text = step_literal(s, ask_text(&r->comments, i, 1));
        bool hit = change->column && str_ieq(sql_name_bare(change->column), str_of(column));
        if (hit && change->what == REBUILD_DROP)
            continue;
        column = hit && change->what == REBUILD_RENAME ? change->to : step_name(s, column);
        if (!column || !text)
            return err_oom(e);
        TRY(step_run(s, step_text(s, "COMMENT ON COLUMN %s.%s IS %s", full, column, text), e));
    }
    return ST_OK;
}

/* ---- aside and back ---- */

static int drop_old(struct session *s, const struct relation *t, struct err *e)
{
    int st = step_run(s, step_text(s, "DROP TABLE %s", t->full), e);
    if (st < 0 && e->code == SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this ALTER of table \"%s\" is not supported",
                      t->name);
        err_detail(e, "The table would have to be made anew, and a foreign key refers to it.");
    }
    return st;
}

/* The rows wait in a temporary table: were the new table renamed, what it refers to would know it by its
 * first name for ever. */
int rebuild_put_aside(struct session *s, const struct relation *table, unsigned number,
                      const struct rebuild_change *change, struct rebuild *out, struct err *e)
{
    static const struct rebuild_change nothing;
    assert(table->found && table->kind == 'r' && table->sql);
    *out = (struct rebuild){.relation = table};
    TRY(find(s, out, e));
    TRY(take_apart(s, out, change ? change : &nothing, e));
    out->rows = step_text(s, "temp.\"tavana: rows of table %u\"", number);
    if (!out->rows)
        return err_oom(e);
    TRY(step_run(
        s, step_text(s, "CREATE TEMP TABLE %s AS SELECT %s FROM %s", out->rows, out->values, table->full),
        e));
    return drop_old(s, table, e);
}

/* The columns and constraints. NULL without memory. */
static const char *body_of(struct session *s, const struct rebuild *r, const char *itself, const char *added)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    for (size_t i = 0; i < r->n; i++) {
        const struct rebuild_item *item = &r->items[i];
        const char *target = item->target ? item->target : item->keys ? itself : "";
        buf_printf(&b, "%s%s %s%s", i ? ", " : "", item->text, target, item->keys ? item->keys : "");
    }
    if (added)
        buf_printf(&b, ", %s", added);
    return buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

/* A row that refers to another of the same table comes after that one: the engine looks for it before the
 * statement ends. */
static int put_rows_in_turn(struct session *s, const struct rebuild *r, const char *full, struct err *e)
{
    assert(r->own.n > 0);
    static const char wave[] = "temp.\"tavana: rows in turn\"";
    struct ask_rows rows;
    const char *where = "true";
    for (size_t i = 0; where && i < r->own.n; i++)
        where = step_text(s, "%s AND (%s OR EXISTS (SELECT 1 FROM %s t WHERE %s))", where,
                          ask_text(&r->own, i, 4), full, ask_text(&r->own, i, 3));
    if (!where)
        return err_oom(e);
    for (;;) {
        TRY(step_run(s,
                     step_text(s,
                               "CREATE TEMP TABLE %s AS SELECT rowid AS \"tavana: n\", %s FROM %s r WHERE %s",
                               wave, r->columns, r->rows, where),
                     e));
        TRY(session_ask(s, "SELECT 1 FROM temp.\"tavana: rows in turn\" LIMIT 1", &rows, e));
        if (rows.n == 0) /* the engine says what the others lack */
            TRY(step_run(s,
                         step_text(s, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s", full,
                                   r->columns, r->columns, r->rows),
                         e));
        else
            TRY(step_run(s,
                         step_text(s, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s", full,
                                   r->columns, r->columns, wave),
                         e));
        TRY(step_run(
            s, step_text(s, "DELETE FROM %s WHERE rowid IN (SELECT \"tavana: n\" FROM %s)", r->rows, wave),
            e));
        TRY(step_run(s, step_text(s, "DROP TABLE %s", wave), e));
        if (rows.n == 0)
            return ST_OK;
    }
}

/* The rows come into the finished table, so that the engine checks each of them against all constraints, new
 * ones included. */
int rebuild_put_back(struct session *s, const struct rebuild *r, const struct rebuild_change *change,
                     struct err *e)
{
    assert(r->rows && r->items && r->columns);
    const char *full = change->full ? change->full : r->relation->full;
    const char *target = change->full ? change->full : rebuild_target(s, r->relation);
    const char *body = target ? body_of(s, r, target, change->added) : NULL;
    if (!body)
        return err_oom(e);
    TRY(step_run(s, step_text(s, "CREATE %sTABLE %s (%s)", r->relation->temporary ? "TEMP " : "", full, body),
                 e));
    if (r->own.n > 0)
        TRY(put_rows_in_turn(s, r, full, e));
    else
        TRY(step_run(s,
                     step_text(s, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s", full,
                               r->columns, r->columns, r->rows),
                     e));
    TRY(step_run(s, step_text(s, "DROP TABLE %s", r->rows), e));
    return put_comments(s, r, change, full, e);
}

int rebuild_table(struct session *s, const struct relation *table, const struct rebuild_change *change,
                  struct err *e)
{
    static const struct rebuild_change nothing;
    struct rebuild r;
    change = change ? change : &nothing;
    TRY(rebuild_put_aside(s, table, 0, change, &r, e));
    return rebuild_put_back(s, &r, change, e);
}

/* Names outside of brackets are words of SQL, one before a bracket is a function, one behind AS a type. */
const char *rebuild_with_column(struct session *s, const char *keys, const struct sql_token *from,
                                const char *to, bool *has)
{
    struct sql_lexer l, ahead;
    struct sql_token t, next, before = {.kind = SQL_TOK_END};
    const char *text = "";
    size_t at = 0, depth = 0;
    *has = false;
    sql_lexer_init(&l, sql_tokens_of(str_of(keys)));
    for (; text && sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD; before = t) {
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth;
        if (depth == 0 || !is_name(&t, from) || sql_token_is_word(&before, "AS"))
            continue;
        ahead = l;
        if (sql_lexer_next(&ahead, &next) != SQL_TOK_END && sql_token_is(&next, '('))
            continue;
        *has = true;
        text = step_text(s, "%s%.*s%s", text, (int)(t.at - at), keys + at, to ? to : "");
        at = t.at + t.text.n;
    }
    return text ? step_text(s, "%s%s", text, keys + at) : NULL;
}

int rebuild_targets(struct session *s, const char *target, const struct relation *table, bool *is,
                    struct err *e)
{
    struct sql_lexer l;
    struct sql_token t, last = {.kind = SQL_TOK_END};
    const char *quoted = step_name(s, table->name);
    if (!quoted)
        return err_oom(e);
    sql_lexer_init(&l, sql_tokens_of(str_of(target)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        last = t;
    *is = str_eq(last.text, str_of(quoted)) || str_ieq(last.text, str_of(table->name));
    return ST_OK;
}

int rebuild_without(struct session *s, const struct rebuild *r, const struct relation *to,
                    struct rebuild *out, struct err *e)
{
    assert(r->rows && r->items);
    *out = *r;
    out->n = 0;
    out->items = arena_calloc(&s->message_arena, r->n + 1, sizeof *out->items);
    if (!out->items)
        return err_oom(e);
    for (size_t i = 0; i < r->n; i++) {
        const struct rebuild_item *item = &r->items[i];
        bool hit = !item->target && item->keys && to == r->relation;
        if (item->target)
            TRY(rebuild_targets(s, item->target, to, &hit, e));
        if (!hit)
            out->items[out->n++] = *item;
    }
    if (to == r->relation)
        out->own = (struct ask_rows){0};
    return ST_OK;
}
