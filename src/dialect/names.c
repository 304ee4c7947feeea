#include "dialect/names.h"

#include "base/buf.h"
#include "dialect/fold.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    COLUMNS_MAX = 9999, /* of VALUES that are named; PostgreSQL has no more than 1,664 */
    TWINS_MAX = 256,    /* items of a list that are compared with each other; those of a longer one are not */
};

/* A column of another spelling is one still, but what became of its name may be a call. */
static bool wants_alias(const struct rewriter *r, const struct column_event *item)
{
    if (item->plain)
        return edits_within(&r->edits, item->at - item->name.n, item->at);
    return r->postgres || edits_within(&r->edits, item->from, item->at);
}

/* The engine takes the word for a column that an alias names so; the call it does not. */
static int call_word(struct rewriter *r, size_t at, struct str word)
{
    static const struct {
        const char *word, *call;
    } calls[] = {{"current_date", "current_date()"},
                 {"current_time", "get_current_time()"},
                 {"current_schema", SCHEMA_PG "current_schema()"},
                 {"current_timestamp", "get_current_timestamp()"},
                 {"localtime", "current_localtime()"},
                 {"localtimestamp", "current_localtimestamp()"}};
    size_t end = at + word.n;
    while (end < r->edits.sql.n && (r->edits.sql.p[end] == ' ' || r->edits.sql.p[end] == '\n'))
        end++;
    if (end < r->edits.sql.n && r->edits.sql.p[end] == '(')
        return ST_OK;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (str_ieq(word, str_of(calls[i].word)))
            return walk_replace(r, at, at + word.n, str_of(calls[i].call));
    return ST_OK;
}

/* before "name", with the mark behind the name's letters. */
static int put_name(struct rewriter *r, size_t at, size_t removed, struct str before, struct str name,
                    struct str mark)
{
    bool quoted = name.n > 0 && name.p[0] == '"';
    char *text = arena_alloc(r->arena, before.n + name.n + mark.n + 3);
    if (!text)
        return err_oom(r->err);
    size_t n = before.n;
    if (n)
        memcpy(text, before.p, n);
    if (!quoted)
        text[n++] = '"';
    for (size_t i = 0; i < name.n - quoted; i++) {
        char c = name.p[i];
        text[n++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    if (mark.n)
        memcpy(text + n, mark.p, mark.n);
    n += mark.n;
    text[n++] = '"';
    return edits_replace(&r->named, at, removed, (struct str){text, n}, r->err);
}

static int put_alias(struct rewriter *r, size_t at, struct str name)
{
    if (str_eq(name, STR("?column?")))
        return edits_replace(&r->named, at, 0, STR(" AS \"?column?\""), r->err);
    return put_name(r, at, 0, STR(" AS "), name, STR(""));
}

/* before column2, column3, … behind */
static int put_numbered(struct rewriter *r, size_t at, struct str before, unsigned from, unsigned columns,
                        struct str behind)
{
    assert(from > 0 && from <= columns + 1);
    static const char name[] = ", column1234";
    struct buf text;
    if (columns > COLUMNS_MAX) /* PostgreSQL's own limit is less */
        return err_set(r->err, SQLSTATE_TOO_MANY_COLUMNS, "target lists can have at most 1664 entries");
    buf_init(&text, before.n + columns * sizeof name + behind.n + 1);
    buf_put(&text, before.p, before.n);
    for (unsigned i = from; i <= columns; i++)
        buf_printf(&text, "%scolumn%u", i == 1 ? "" : ", ", i);
    buf_put(&text, behind.p, behind.n);
    char *copy = buf_ok(&text) ? arena_strndup(r->arena, (const char *)text.data, text.len) : NULL;
    struct str with = {copy, text.len};
    buf_release(&text);
    return copy ? edits_replace(&r->named, at, 0, with, r->err) : err_oom(r->err);
}

/* before(column1, column2, …) */
static int put_columns(struct rewriter *r, size_t at, struct str before, unsigned columns)
{
    struct str open;
    TRY(walk_concat(r, (const struct str[]){before, STR("(")}, 2, &open));
    return put_numbered(r, at, open, 1, columns, STR(")"));
}

/* , column2, column3 … behind the first `named` columns */
static int put_rest(struct rewriter *r, size_t at, unsigned named, unsigned columns)
{
    return put_numbered(r, at, STR(""), named + 1, columns, STR(""));
}

/* ---- columns of one name ---- */

/* Whether two names are one to PostgreSQL. */
static bool is_same(struct str a, struct str b)
{
    bool quoted_a = a.n > 1 && a.p[0] == '"', quoted_b = b.n > 1 && b.p[0] == '"';
    if (quoted_a)
        a = (struct str){a.p + 1, a.n - 2};
    if (quoted_b)
        b = (struct str){b.p + 1, b.n - 2};
    return quoted_a && quoted_b ? str_eq(a, b) : str_ieq(a, b);
}

static bool has_twin(const struct column_event *items, size_t n, size_t i)
{
    for (size_t k = 0; k < n && items[i].kind != COLUMN_OTHER; k++)
        if (k != i && items[k].kind != COLUMN_OTHER && is_same(items[k].name, items[i].name))
            return true;
    return false;
}

/* The engine makes a name of its own for the second, and takes theirs for the first: both get a mark behind
 * their names, so that neither is found by it. */
static int mark_item(struct rewriter *r, const struct column_event *item, size_t number)
{
    char text[16];
    int n = snprintf(text, sizeof text, SQL_NAME_MARK "%zu", number);
    struct str mark = {text, (size_t)n};
    if (item->kind == COLUMN_ITEM)
        return put_name(r, item->at, 0, STR(" AS "), item->name, mark);
    size_t from = item->at - item->name.n;
    return edits_touch(&r->edits, from, item->at)
               ? ST_OK
               : put_name(r, from, item->name.n, STR(""), item->name, mark);
}

/* CREATE VIEW v (a, b) AS, CREATE TABLE t (a) AS. */
static bool names_its_columns(const struct rewriter *r)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, r->tokens);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is_word(&t, "AS"))
        if (sql_token_is(&t, '('))
            return true;
    return false;
}

static int refuse_twin(struct rewriter *r, struct str name)
{
    struct sql_token t = {.kind = name.p[0] == '"' ? SQL_TOK_QUOTED : SQL_TOK_WORD, .text = name};
    char *text = arena_alloc(r->arena, name.n + 1);
    return text ? err_set(r->err, SQLSTATE_DUPLICATE_COLUMN, "column \"%.*s\" specified more than once",
                          (int)sql_name_read(&t, text), text)
                : err_oom(r->err);
}

/* A list has ended, of which all items are known. */
static int settle(struct rewriter *r, const struct column_event *items, size_t n)
{
    bool compares = n > 1 && n <= TWINS_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct column_event *item = &items[i];
        bool marks = compares && has_twin(items, n, i) && !(item->top && names_its_columns(r));
        if (marks)
            TRY(walk_accepts(r, &marks));
        if (marks && item->top)
            return refuse_twin(r, item->name);
        if (marks)
            TRY(mark_item(r, item, i + 1));
        else if (item->kind == COLUMN_ITEM && wants_alias(r, item))
            TRY(put_alias(r, item->at, item->name));
    }
    return ST_OK;
}

/* Items wait for the end of their list. */
static int collect(struct rewriter *r, const struct column_event *item)
{
    if (r->nitems == r->items_cap) {
        size_t cap = r->items_cap ? 2 * r->items_cap : 16;
        struct column_event *items = arena_calloc(r->arena, cap, sizeof *items);
        if (!items)
            return err_oom(r->err);
        if (r->nitems)
            memcpy(items, r->items, r->nitems * sizeof *items);
        r->items = items;
        r->items_cap = cap;
    }
    r->items[r->nitems++] = *item;
    if (!item->last)
        return ST_OK;
    size_t from = r->nitems - 1;
    while (from > 0 && !r->items[from].first)
        from--;
    TRY(settle(r, r->items + from, r->nitems - from));
    r->nitems = from;
    return ST_OK;
}

/* Whether an item's list is seen by another query, or makes the columns of what the statement creates; within
 * that the engine's names stay. */
static bool is_collected(const struct rewriter *r, const struct column_event *item)
{
    struct sql_lexer l;
    struct sql_token t;
    if (!r->postgres || (!item->source && !item->top))
        return false;
    sql_lexer_init(&l, r->tokens);
    (void)sql_lexer_next(&l, &t);
    return sql_token_is_word(&t, "CREATE") ? item->top : item->source;
}

void names_init(struct rewriter *r)
{
    column_names_init(&r->names);
    edits_init(&r->named, r->arena, r->edits.sql);
}

int names_take(struct rewriter *r, const struct sql_token *t)
{
    struct column_event event;
    column_names_take(&r->names, t, &event);
    switch (event.kind) {
    case COLUMN_ALIASED:
    case COLUMN_OTHER: return is_collected(r, &event) ? collect(r, &event) : ST_OK;
    case COLUMN_ITEM:
        if (is_collected(r, &event))
            return collect(r, &event);
        if (!wants_alias(r, &event))
            return ST_OK;
        return put_alias(r, event.at, event.name);
    case COLUMN_WORD: return r->postgres ? call_word(r, event.at, event.name) : ST_OK;
    case COLUMN_ALIAS:
        if (!r->postgres || t->kind != SQL_TOK_WORD)
            return ST_OK;
        TRY(fold_name(r, t));
        return edits_replace(&r->named, event.at, 0, STR("AS "), r->err); /* the engine takes fewer words */
    case COLUMN_VALUES:
        return r->postgres ? edits_replace(&r->named, event.at, 0, STR("SELECT * FROM ("), r->err) : ST_OK;
    case COLUMN_VALUES_END:
        return r->postgres ? put_columns(r, event.at, STR(") AS \"*VALUES*\""), event.columns) : ST_OK;
    case COLUMN_VALUES_ALIAS: return r->postgres ? put_columns(r, event.at, STR(""), event.columns) : ST_OK;
    case COLUMN_VALUES_REST: return r->postgres ? put_rest(r, event.at, event.named, event.columns) : ST_OK;
    default: return ST_OK;
    }
}

int names_end(struct rewriter *r)
{
    TRY(names_take(r, &r->token));
    return edits_join(&r->edits, &r->named, r->err);
}
