#include "dialect/names.h"

#include "base/buf.h"
#include "dialect/fold.h"

enum { COLUMNS_MAX = 9999 }; /* of VALUES that are named; PostgreSQL has no more than 1,664 */

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

/* AS "name" */
static int put_alias(struct rewriter *r, size_t at, struct str name)
{
    static const char as[] = " AS \"";
    bool quoted = name.n > 0 && name.p[0] == '"';
    if (str_eq(name, STR("?column?")))
        return edits_replace(&r->named, at, 0, STR(" AS \"?column?\""), r->err);
    char *text = arena_alloc(r->arena, sizeof as + name.n + 1);
    if (!text)
        return err_oom(r->err);
    size_t n = sizeof as - 1 - quoted;
    memcpy(text, as, n);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        text[n++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    if (!quoted)
        text[n++] = '"';
    return edits_replace(&r->named, at, 0, (struct str){text, n}, r->err);
}

/* before column2, column3, … behind */
static int put_numbered(struct rewriter *r, size_t at, struct str before, unsigned from, unsigned columns,
                        struct str behind)
{
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
    case COLUMN_ITEM:
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
