/* Both rows become arguments of a macro that says what is compared with what. */
#include "dialect/rows.h"

#include "dialect/walk.h"

#include <assert.h>
#include <stdio.h>

enum {
    MEMBERS_MAX = 8,
    NESTED_MAX = 64, /* a bracket with more in one another is no row: each token is read so often at most */
};

/* ( … ): a row when there is a comma in it. */
struct row {
    struct sql_token open, close;
    size_t members;
};

static const struct {
    const char *op, *name;
} comparisons[] = {{"=", "eq"},  {"<>", "ne"}, {"!=", "ne"}, {"<", "lt"},
                   {"<=", "le"}, {">", "gt"},  {">=", "ge"}};

/* Rows are equal when all pairs of their members are. The first pair that differs decides which is smaller.
 * OVERLAPS compares two periods, each of which is a row of two. */
static const char *comparison(const struct sql_token *t)
{
    if (sql_token_is_word(t, "OVERLAPS"))
        return "overlaps";
    for (size_t i = 0; t->kind == SQL_TOK_OP && i < sizeof comparisons / sizeof *comparisons; i++)
        if (str_eq(t->text, str_of(comparisons[i].op)))
            return comparisons[i].name;
    return NULL;
}

/* Whether a bracket behind the token begins an operand, and no call, list or definition. */
static bool before_operand(const struct sql_token *t)
{
    static const char *const words[] = {"WHERE", "AND",  "OR",     "NOT",      "ON",        "SELECT", "WHEN",
                                        "THEN",  "ELSE", "HAVING", "DISTINCT", "RETURNING", "CASE",   "ROW"};
    return WALK_IS_ANY(t, words) || sql_token_is(t, '(') || sql_token_is(t, ',');
}

/* From the bracket on; the lexer stands behind it, and behind the row then. */
static bool read_row(struct sql_lexer *l, const struct sql_token *open, struct row *out)
{
    struct sql_token t;
    size_t depth = 1;
    bool first = true, is_row = true;
    *out = (struct row){.open = *open, .members = 1};
    while (sql_lexer_next(l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (first && (sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "WITH") ||
                      sql_token_is_word(&t, "VALUES") || sql_token_is(&t, ')')))
            is_row = false;
        first = false;
        if ((sql_token_is(&t, '(') || sql_token_is(&t, '[')) && ++depth > NESTED_MAX)
            return false;
        if ((sql_token_is(&t, ')') || sql_token_is(&t, ']')) && --depth == 0)
            break;
        else if (depth == 1 && sql_token_is(&t, ','))
            out->members++;
    }
    out->close = t;
    return is_row && depth == 0 && out->members > 1 && out->members <= MEMBERS_MAX;
}

/* (a, b) IS [NOT] NULL: whether all members are NULL, or none is; l is behind the row. */
static int count_nulls(struct rewriter *r, struct sql_lexer l, const struct row *row,
                       const struct sql_token *from)
{
    struct sql_token t;
    bool accepts, none;
    char text[64];
    (void)sql_lexer_next(&l, &t);
    none = sql_token_is_word(&t, "NOT");
    if (none)
        (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "NULL"))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    TRY(walk_replace(r, from->at, walk_end(&row->open),
                     none ? STR("(" SCHEMA_PG "num_nonnulls(") : STR("(" SCHEMA_PG "num_nulls(")));
    (void)snprintf(text, sizeof text, ") = %zu)", row->members);
    struct str close = str_of(arena_strdup(r->arena, text));
    return close.p ? walk_replace(r, row->close.at, walk_end(&t), close) : err_oom(r->err);
}

/* At a bracket that begins a row. */
static int compare(struct rewriter *r, struct sql_lexer l, const struct sql_token *word,
                   const struct sql_token *open)
{
    struct row left, right;
    assert(sql_token_is(open, '('));
    struct sql_token op, t, from = word->kind == SQL_TOK_END ? *open : *word;
    char name[64];
    bool accepts;
    if (!read_row(&l, open, &left))
        return ST_OK;
    (void)sql_lexer_next(&l, &op);
    if (sql_token_is_word(&op, "IS"))
        return count_nulls(r, l, &left, &from);
    if (!comparison(&op))
        return ST_OK;
    if (sql_lexer_next(&l, &t), sql_token_is_word(&t, "ROW"))
        (void)sql_lexer_next(&l, &t);
    bool overlaps = sql_token_is_word(&op, "OVERLAPS");
    if (!sql_token_is(&t, '(') || !read_row(&l, &t, &right) || left.members != right.members ||
        (overlaps && left.members != 2))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    (void)snprintf(name, sizeof name, SCHEMA_PG "row_%s(", comparison(&op));
    struct str text = str_of(arena_strdup(r->arena, name));
    if (!text.p)
        return err_oom(r->err);
    TRY(walk_replace(r, from.at, walk_end(open), text));
    return walk_replace(r, left.close.at, walk_end(&right.open), STR(", "));
}

/* Each bracket is tried as the left row. What turns out to be no comparison of two rows of the same length is
 * left to the engine. */
int rows_translate(struct rewriter *r)
{
    struct sql_lexer l;
    struct sql_token before = {.kind = SQL_TOK_END}, t, none = before;
    sql_lexer_init(&l, r->tokens);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (sql_token_is(&t, '(') && before_operand(&before))
            TRY(compare(r, l, sql_token_is_word(&before, "ROW") ? &before : &none, &t));
        before = t;
    }
    return ST_OK;
}
