/* The parts are found by their brackets; of what stands in them only the first words are read, and the names
 * of relations: those behind FROM, JOIN, USING, UPDATE and commas. */
#include "sql/with.h"

#include "sql/name.h"
#include "sql/part.h"
#include "sql/reader.h"

#include <string.h>

static const char *const changing[] = {"INSERT", "UPDATE", "DELETE", "MERGE"};

bool sql_with_changes(struct sql_tokens sql)
{
    struct reader r;
    size_t depth = 0;
    bool as = false;
    reader_init(&r, NULL, sql, NULL);
    if (!reader_take(&r, "WITH"))
        return false;
    for (; r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD; reader_next(&r)) {
        if (depth == 1 && as && PART_IS_ANY(&r.token, changing))
            return true;
        bool opens = sql_token_is(&r.token, '(');
        as = opens ? as && depth == 0
                   : depth == 0 && (sql_token_is_word(&r.token, "AS") ||
                                    (as && (sql_token_is_word(&r.token, "NOT") ||
                                            sql_token_is_word(&r.token, "MATERIALIZED"))));
        depth += opens;
        depth -= sql_token_is(&r.token, ')') && depth;
    }
    return false;
}

/* The last name of [INTO | FROM] [ONLY] a.b. */
static struct sql_token target_of(struct str body)
{
    struct reader r;
    struct sql_token name = {.kind = SQL_TOK_END};
    reader_init(&r, NULL, sql_tokens_of(body), NULL);
    reader_next(&r);
    if (!reader_take(&r, "INTO"))
        (void)reader_take(&r, "FROM");
    (void)reader_take(&r, "ONLY");
    while (sql_token_is_name(&r.token)) {
        name = r.token;
        reader_next(&r);
        if (!sql_token_is(&r.token, '.'))
            break;
        reader_next(&r);
    }
    return name;
}

/* To the bracket that closes the one at the reader. */
static int to_closing(struct reader *r)
{
    size_t depth = 0;
    for (;; reader_next(r)) {
        if (r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')') && depth;
        if (depth == 0)
            return ST_OK;
    }
}

static struct str between(const struct reader *r, size_t from, size_t to)
{
    return (struct str){r->text.p + from, to - from};
}

static const char *const statements[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "VALUES", "TABLE", "MERGE"};

static int read_part(struct reader *r, struct sql_with_part *out)
{
    size_t from = r->token.at;
    struct reader body;
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    out->name = r->token;
    reader_next(r);
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    if (!reader_take(r, "AS"))
        return reader_syntax_error(r);
    (void)reader_take(r, "NOT");
    (void)reader_take(r, "MATERIALIZED");
    if (!sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    size_t open = r->token.at + 1;
    out->head = between(r, from, open);
    TRY(to_closing(r));
    out->body = between(r, open, r->token.at);
    size_t closing = r->token.at;
    reader_next(r);

    while (!sql_token_is(&r->token, ',') && !sql_token_is(&r->token, '(') &&
           !PART_IS_ANY(&r->token, statements)) /* SEARCH, CYCLE */
        if (r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        else
            reader_next(r);
    out->tail = between(r, closing, r->token.at);
    reader_init(&body, NULL, sql_tokens_of(out->body), NULL);
    out->changes = PART_IS_ANY(&body.token, changing);
    if (out->changes)
        out->target = target_of(out->body);
    return ST_OK;
}

/* ---- who reads what ---- */

/* The names of relations that a part names, without their schemas. */
struct names {
    size_t n;
    struct str *items;
};

static int find_names(struct arena *a, struct str text, struct names *out, struct err *e)
{
    static const char *const before[] = {"FROM", "JOIN", "USING", "UPDATE", "ONLY", "TABLE"};
    struct sql_lexer l, ahead;
    struct sql_token t, next, last = {.kind = SQL_TOK_END};
    bool relation = false, goes_on = false; /* goes_on: behind a dot */
    size_t room = 0;
    *out = (struct names){0};
    sql_lexer_init(&l, sql_tokens_of(text));
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD; last = t) {
        if (!sql_token_is_name(&t)) {
            goes_on = sql_token_is(&t, '.');
            continue;
        }
        if (!goes_on)
            relation = PART_IS_ANY(&last, before) || sql_token_is(&last, ',');
        goes_on = false;
        ahead = l;
        if (!relation || (sql_lexer_next(&ahead, &next) != SQL_TOK_END && sql_token_is(&next, '.')))
            continue;
        if (out->n == room) {
            size_t more = room ? 2 * room : 16;
            struct str *items = arena_calloc(a, more, sizeof *items);
            if (!items)
                return err_oom(e);
            if (room)
                memcpy(items, out->items, room * sizeof *items);
            out->items = items;
            room = more;
        }
        out->items[out->n++] = sql_name_bare(&t);
    }
    return ST_OK;
}

static bool has(const struct names *all, const struct sql_token *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_ieq(all->items[i], sql_name_bare(name)))
            return true;
    return false;
}

/* Whether the table that part `changing` changes is read by what runs behind it: parts that change rows, and
 * the statement itself, with the plain queries that they read from, which are only run there. */
static bool is_read_later(const struct sql_with *w, const struct names *names, size_t changing_part)
{
    const struct sql_token *table = &w->parts[changing_part].target;
    bool sees[SQL_WITH_PARTS_MAX + 1] = {0};
    for (size_t i = 0; i < w->n; i++)
        if (str_ieq(sql_name_bare(&w->parts[i].name), sql_name_bare(table)))
            return false; /* a part of that name hides it */
    for (size_t i = 0; i <= w->n; i++) {
        bool runs = i == w->n || w->parts[i].changes;
        if (runs && i <= changing_part)
            continue;
        sees[i] = has(&names[i], table);
        for (size_t k = 0; k < i && !sees[i]; k++)
            sees[i] = sees[k] && has(&names[i], &w->parts[k].name);
        if (runs && sees[i])
            return true;
        sees[i] &= !runs;
    }
    return false;
}

static int check(struct arena *a, const struct sql_with *w, struct err *e)
{
    struct names names[SQL_WITH_PARTS_MAX + 1];
    for (size_t i = 0; i <= w->n; i++)
        TRY(find_names(a, i < w->n ? w->parts[i].body : w->main, &names[i], e));
    for (size_t i = 0; i < w->n; i++) {
        if (!w->parts[i].changes || !is_read_later(w, names, i))
            continue;
        struct str name = sql_name_bare(&w->parts[i].target);
        (void)err_set(
            e, SQLSTATE_FEATURE_NOT_SUPPORTED,
            "a statement that changes table \"%.*s\" in WITH and reads it elsewhere is not supported",
            (int)str_cut(name, 200), name.p);
        err_detail(e, "Its parts are run one after the other, so that it would read what was changed.");
        return ST_ERR;
    }
    return ST_OK;
}

/* ---- all of it ---- */

int sql_with_read(struct arena *a, struct sql_tokens sql, struct sql_with *out, struct err *e)
{
    struct reader r;
    reader_init(&r, a, sql, e);
    *out = (struct sql_with){.parts = arena_calloc(a, SQL_WITH_PARTS_MAX, sizeof *out->parts)};
    if (!out->parts)
        return err_oom(e);
    (void)reader_take(&r, "WITH");
    (void)reader_take(&r, "RECURSIVE");
    out->with = between(&r, 0, r.token.at);
    for (;;) {
        if (out->n == SQL_WITH_PARTS_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "WITH has more than %d queries",
                           SQL_WITH_PARTS_MAX);
        TRY(read_part(&r, &out->parts[out->n]));
        out->n++;
        if (!sql_token_is(&r.token, ','))
            break;
        reader_next(&r);
    }
    out->main = between(&r, r.token.at, sql.text.n);
    return check(a, out, e);
}
