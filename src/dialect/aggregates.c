/* A macro takes no DISTINCT, FILTER or OVER, so that only a plain call becomes one; of others the argument is
 * written a second time, where it is a plain column and needs no translation of its own. What stays as it is
 * has the engine's type: numeric for sum, double for avg. */
#include "dialect/aggregates.h"

#include "dialect/walk.h"

#include <assert.h>
#include <string.h>

enum how {
    HOW_SUM,
    HOW_AVERAGE,
    HOW_SORTED, /* DISTINCT sorts */
    HOW_WRAPPED,
};

struct aggregate {
    const char *name;
    enum how how;
    const char *before, *after; /* in place of the name, and behind the call */
};

#define OURS "system.main."

static const struct aggregate aggregates[] = {
    {"sum", HOW_SUM, NULL, NULL},
    {"avg", HOW_AVERAGE, NULL, NULL},
    {"string_agg", HOW_SORTED, NULL, NULL},
    {"array_agg", HOW_SORTED, NULL, NULL},
    {"every", HOW_WRAPPED, OURS "bool_and", ""},
    {"json_agg", HOW_WRAPPED, OURS "pg_json_spaced(" OURS "to_json(" OURS "list", "))"},
    {"jsonb_agg", HOW_WRAPPED, "CAST(" OURS "to_json(" OURS "list", ") AS pg_jsonb)"},
    {"json_object_agg", HOW_WRAPPED, OURS "pg_json_agg_spaced(" OURS "json_group_object", ")"},
    {"jsonb_object_agg", HOW_WRAPPED, "CAST(" OURS "json_group_object", " AS pg_jsonb)"},
    {"json_build_object", HOW_WRAPPED, OURS "pg_json_spaced(" OURS "json_object", ")"},
    {"jsonb_build_object", HOW_WRAPPED, "CAST(" OURS "json_object", " AS pg_jsonb)"},
    {"json_build_array", HOW_WRAPPED, OURS "pg_json_spaced(" OURS "json_array", ")"},
    {"jsonb_build_array", HOW_WRAPPED, "CAST(" OURS "json_array", " AS pg_jsonb)"},
};

/* A call, and what follows it. */
struct call {
    struct sql_token close, last; /* its bracket, and the last token that belongs to it */
    struct str argument;          /* the first one, without DISTINCT */
    struct str window, filter;    /* OVER …, FILTER (…) */
    bool distinct, ordered, within, query, plain;
    bool copies; /* window and filter mean the same untranslated */
};

const struct aggregate *aggregate_find(struct str name)
{
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
        if (str_ieq(name, str_of(aggregates[i].name)))
            return &aggregates[i];
    return NULL;
}

/* Whether a token means the same to the engine wherever it stands. */
static bool is_copied(const struct sql_token *t)
{
    static const char *const comparisons[] = {"=", "<", ">", "<=", ">=", "<>"};
    static const char *const calls[] = {"LIKE", "ILIKE", "SIMILAR", "CAST", "CASE", "SELECT"};
    if (t->kind == SQL_TOK_OP) {
        for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
            if (str_eq(t->text, str_of(comparisons[i])))
                return true;
        return false;
    }
    if (t->kind == SQL_TOK_WORD)
        return !WALK_IS_ANY(t, calls);
    return t->kind == SQL_TOK_QUOTED || t->kind == SQL_TOK_NUMBER || sql_token_is(t, ',') ||
           sql_token_is(t, '.');
}

/* ( … ), at the bracket; *t is the closing one behind it. false: it does not close. */
static bool pass_bracket(struct sql_lexer *l, struct sql_token *t, bool *copies)
{
    size_t depth = 1;
    while (sql_lexer_next(l, t) != SQL_TOK_END && t->kind != SQL_TOK_BAD) {
        if (sql_token_is(t, '('))
            depth++;
        else if (sql_token_is(t, ')') && --depth == 0)
            return true;
        *copies = *copies && depth == 1 && is_copied(t);
    }
    return false;
}

/* The arguments, behind the opening bracket. */
static bool read_arguments(struct sql_lexer *l, struct call *c)
{
    struct sql_token t, before = {.kind = SQL_TOK_END};
    size_t depth = 1, from = 0, to = 0;
    bool over = false;
    (void)sql_lexer_next(l, &t);
    c->distinct = sql_token_is_word(&t, "DISTINCT");
    if (c->distinct || sql_token_is_word(&t, "ALL"))
        (void)sql_lexer_next(l, &t);
    from = to = t.at;
    c->plain = sql_token_is_name(&t);
    for (;; (void)sql_lexer_next(l, &t)) {
        if (t.kind == SQL_TOK_END || t.kind == SQL_TOK_BAD)
            return false;
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= sql_token_is(&t, ')') || sql_token_is(&t, ']');
        if (depth == 0)
            break;
        c->query = c->query || sql_token_is_word(&t, "SELECT");
        bool order = depth == 1 && sql_token_is_word(&t, "ORDER");
        c->ordered = c->ordered || order;
        over = over || order || (depth == 1 && sql_token_is(&t, ','));
        if (over)
            continue;
        bool dotted = sql_token_is(&t, '.') || sql_token_is(&before, '.');
        c->plain = c->plain && (t.at == from || dotted) && (sql_token_is_name(&t) || sql_token_is(&t, '.'));
        to = walk_end(&t);
        before = t;
    }
    c->close = c->last = t;
    c->argument = (struct str){l->sql.p + from, to - from};
    return true;
}

static bool read_call(const struct rewriter *r, size_t to, struct call *c)
{
    struct sql_lexer l = r->lexer, ahead;
    struct sql_token t;
    *c = (struct call){.copies = true};
    sql_lexer_seek(&l, to);
    if (sql_lexer_next(&l, &t), !sql_token_is(&t, '(') || !read_arguments(&l, c))
        return false;
    for (ahead = l; sql_lexer_next(&ahead, &t) == SQL_TOK_WORD; l = ahead) {
        size_t from = t.at;
        bool window = sql_token_is_word(&t, "OVER"), filter = sql_token_is_word(&t, "FILTER");
        bool within = sql_token_is_word(&t, "WITHIN");
        if (!window && !filter && !within)
            break;
        (void)sql_lexer_next(&ahead, &t);
        if (within)
            (void)sql_lexer_next(&ahead, &t);
        if (sql_token_is(&t, '(') ? !pass_bracket(&ahead, &t, &c->copies) : !window)
            return false;
        struct str all = {l.sql.p + from, walk_end(&t) - from};
        *(window ? &c->window : &c->filter) = all;
        c->within = c->within || within;
        c->last = t;
    }
    return true;
}

/* before in place of the name, and what the parts say behind the call. */
static int wrap(struct rewriter *r, const struct call *c, size_t from, size_t to, const char *before,
                const struct str *after, size_t n)
{
    enum { PARTS_MAX = 12 };
    struct str parts[PARTS_MAX] = {c->last.text}, text;
    if (n + 1 > PARTS_MAX || edits_touch(&r->edits, c->last.at, walk_end(&c->last)))
        return ST_OK;
    memcpy(parts + 1, after, n * sizeof *after);
    TRY(walk_concat(r, parts, n + 1, &text));
    TRY(walk_replace(r, from, to, str_of(before)));
    return n ? walk_replace(r, c->last.at, walk_end(&c->last), text) : ST_OK;
}

static int sum(struct rewriter *r, const struct call *c, size_t from, size_t to)
{
    if (!c->distinct && !c->ordered && !c->window.n && !c->filter.n)
        return c->query ? ST_OK : walk_replace(r, from, to, STR(SCHEMA_PG "sum_of"));
    if (!c->plain)
        return ST_OK;
    bool window = c->window.n > 0;
    const struct str after[] = {STR(", " SCHEMA_PG "sum_type(" OURS "sum("), c->argument,
                                window ? STR(") OVER (), ") : STR("), " OURS "any_value("), c->argument,
                                window ? STR("))") : STR(")))")};
    return wrap(r, c, from, to, OURS "cast_to_type(" OURS "sum", after, sizeof after / sizeof *after);
}

/* Beside a * the engine's double stays: the digits behind the point of two numerics add up to more than
 * there is room for. */
static bool is_factor(const struct rewriter *r, const struct call *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, walk_end(&c->last));
    (void)sql_lexer_next(&ahead, &t);
    return (t.kind == SQL_TOK_OP && str_eq(t.text, STR("*"))) ||
           (r->prev.kind == SQL_TOK_OP && str_eq(r->prev.text, STR("*")));
}

static int average(struct rewriter *r, const struct call *c, size_t from, size_t to)
{
    if (is_factor(r, c) || c->query)
        return ST_OK;
    if (!c->distinct && !c->ordered && !c->window.n && !c->filter.n)
        return walk_replace(r, from, to, STR(SCHEMA_PG "avg_of"));
    if (!c->plain || !c->copies || c->ordered)
        return ST_OK;
    const struct str after[] = {STR(", " OURS "count("),
                                c->distinct ? STR("DISTINCT ") : STR(""),
                                c->argument,
                                STR(") "),
                                c->filter,
                                STR(" "),
                                c->window,
                                STR(")")};
    return wrap(r, c, from, to, OURS "pg_divide(" OURS "sum", after, sizeof after / sizeof *after);
}

static int translate(struct rewriter *r, const struct aggregate *a, size_t from, size_t to)
{
    struct call c;
    assert(from < to);
    if (!read_call(r, to, &c) || c.within)
        return ST_OK;
    if (a->how == HOW_SUM)
        return sum(r, &c, from, to);
    if (a->how == HOW_AVERAGE)
        return average(r, &c, from, to);
    if (a->how == HOW_SORTED) {
        struct str order;
        if (!c.distinct || c.ordered || !c.plain)
            return ST_OK;
        TRY(walk_concat(r, (const struct str[]){STR(" ORDER BY "), c.argument}, 2, &order));
        return walk_insert(r, c.close.at, order);
    }
    const struct str after = str_of(a->after);
    return wrap(r, &c, from, to, a->before, &after, after.n > 0);
}

int aggregate_translate(struct rewriter *r, const struct aggregate *a, size_t from, size_t to, bool *did)
{
    size_t before = r->edits.n;
    TRY(translate(r, a, from, to));
    *did = r->edits.n > before && edits_touch(&r->edits, from, to);
    return ST_OK;
}
