/* A macro takes no DISTINCT, FILTER or OVER, so that only a plain call becomes one; of others the argument is
 * written a second time, where it is a plain column and needs no translation of its own. What stays as it is
 * has the engine's type: numeric for sum, double for avg. */
#include "dialect/aggregates.h"

#include "dialect/outputs.h"
#include "dialect/walk.h"

#include <assert.h>
#include <string.h>

enum how {
    HOW_SUM,
    HOW_AVERAGE,
    HOW_SORTED, /* DISTINCT sorts */
    HOW_WRAPPED,
    HOW_LIST,   /* the same, of a list that DISTINCT sorts */
    HOW_PAIRS,  /* the same, of a list of keys with their values */
    HOW_REAL,   /* WITHIN GROUP (ORDER BY x), whose x is a double */
    HOW_DIGITS, /* another where it is what the client is sent */
    HOW_RANK,   /* the place that a value would have WITHIN GROUP (ORDER BY x) */
};

struct aggregate {
    const char *name;
    enum how how;
    const char *before, *after; /* in place of the name, and behind the call */
};

#define OURS "system.main."

/* What each aggregate needs. corr and the regr functions are NaN in the engine where PostgreSQL's are NULL.
 * Those of JSON are given a list of all values, which one function writes as PostgreSQL does. */
static const struct aggregate aggregates[] = {
    {"sum", HOW_SUM, NULL, NULL},
    {"avg", HOW_AVERAGE, NULL, NULL},
    {"string_agg", HOW_SORTED, NULL, NULL},
    {"array_agg", HOW_SORTED, NULL, NULL},
    {"every", HOW_WRAPPED, OURS "bool_and", ""},
    {"ntile", HOW_WRAPPED, "CAST(ntile", " AS INTEGER)"},
    {"grouping", HOW_WRAPPED, "CAST(grouping", " AS INTEGER)"},
    {"json_agg", HOW_LIST, OURS "pg_json_agg(" OURS "list", ")"},
    {"jsonb_agg", HOW_LIST, OURS "pg_jsonb_agg(" OURS "list", ")"},
    {"range_agg", HOW_LIST, OURS "pg_range_agg(" OURS "list", ")"},
    {"range_intersect_agg", HOW_LIST, OURS "pg_range_intersect_agg(" OURS "list", ")"},
    {"json_object_agg", HOW_PAIRS, OURS "pg_json_object_agg(" OURS "list", ")"},
    {"jsonb_object_agg", HOW_PAIRS, OURS "pg_jsonb_object_agg(" OURS "list", ")"},
    {"corr", HOW_WRAPPED, "nullif(" OURS "corr", ", 'NaN'::DOUBLE)"},
    {"regr_slope", HOW_WRAPPED, "nullif(" OURS "regr_slope", ", 'NaN'::DOUBLE)"},
    {"regr_intercept", HOW_WRAPPED, "nullif(" OURS "regr_intercept", ", 'NaN'::DOUBLE)"},
    {"variance", HOW_DIGITS, OURS "pg_var_samp(" OURS "list", ")"},
    {"var_samp", HOW_DIGITS, OURS "pg_var_samp(" OURS "list", ")"},
    {"var_pop", HOW_DIGITS, OURS "pg_var_pop(" OURS "list", ")"},
    {"stddev", HOW_DIGITS, OURS "pg_stddev_samp(" OURS "list", ")"},
    {"stddev_samp", HOW_DIGITS, OURS "pg_stddev_samp(" OURS "list", ")"},
    {"stddev_pop", HOW_DIGITS, OURS "pg_stddev_pop(" OURS "list", ")"},
    {"percentile_cont", HOW_REAL, NULL, NULL},
    {"rank", HOW_RANK, SCHEMA_PG "rank_of", NULL},
    {"dense_rank", HOW_RANK, SCHEMA_PG "dense_rank_of", NULL},
    {"percent_rank", HOW_RANK, SCHEMA_PG "percent_rank_of", NULL},
    {"cume_dist", HOW_RANK, SCHEMA_PG "cume_dist_of", NULL},
};

/* WITHIN GROUP (ORDER BY x DESC). */
struct within {
    bool there, several, descending, other; /* other: NULLS FIRST, USING … */
    size_t x;                               /* where x begins */
    struct sql_token by, after, close;      /* BY, what stands behind x, and the bracket */
};

/* A call, and what follows it. */
/* A call with more brackets in one another stays the engine's, so that each token of a statement is read so
 * often at most. */
enum { NESTED_MAX = 256 };

struct call {
    struct sql_token open;        /* its bracket, or DISTINCT behind that */
    struct sql_token order;       /* ORDER; valid when ordered */
    struct sql_token close, last; /* its bracket, and the last token that belongs to it */
    struct within within;         /* WITHIN GROUP */
    struct str argument;          /* the first one, without DISTINCT */
    struct str window, filter;    /* OVER …, FILTER (…) */
    bool distinct, ordered, query, plain;
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
        if (sql_token_is(t, '(') && ++depth > NESTED_MAX)
            return false;
        if (sql_token_is(t, ')') && --depth == 0)
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
    if (c->distinct)
        c->open = t;
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
        if (depth > NESTED_MAX)
            return false;
        c->query = c->query || sql_token_is_word(&t, "SELECT");
        bool order = depth == 1 && sql_token_is_word(&t, "ORDER");
        if (order && !c->ordered)
            c->order = t;
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

/* Behind the bracket of WITHIN GROUP. */
static void read_within(struct sql_lexer l, struct within *w)
{
    struct sql_token t;
    size_t depth = 1;
    *w = (struct within){.there = true};
    (void)sql_lexer_next(&l, &t); /* ORDER */
    (void)sql_lexer_next(&l, &w->by);
    bool ends = false;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= sql_token_is(&t, ')') || sql_token_is(&t, ']');
        if (depth == 0 || depth > NESTED_MAX)
            break;
        bool direction = depth == 1 && (sql_token_is_word(&t, "ASC") || sql_token_is_word(&t, "DESC"));
        w->several = w->several || (depth == 1 && sql_token_is(&t, ','));
        w->descending = w->descending || (direction && sql_token_is_word(&t, "DESC"));
        w->other =
            w->other || (depth == 1 && (sql_token_is_word(&t, "NULLS") || sql_token_is_word(&t, "USING")));
        if (w->x == 0)
            w->x = t.at;
        if (!ends && (direction || w->other || w->several)) {
            w->after = t;
            ends = true;
        }
    }
    w->close = t;
    if (!ends)
        w->after = t;
}

static bool read_call(const struct rewriter *r, size_t to, struct call *c)
{
    struct sql_lexer l = r->lexer, ahead;
    struct sql_token t;
    *c = (struct call){.copies = true};
    sql_lexer_seek(&l, to);
    if (sql_lexer_next(&l, &t), !sql_token_is(&t, '('))
        return false;
    c->open = t;
    if (!read_arguments(&l, c))
        return false;
    for (ahead = l; sql_lexer_next(&ahead, &t) == SQL_TOK_WORD; l = ahead) {
        size_t from = t.at;
        bool window = sql_token_is_word(&t, "OVER"), filter = sql_token_is_word(&t, "FILTER");
        bool within = sql_token_is_word(&t, "WITHIN");
        if (!window && !filter && !within)
            break;
        (void)sql_lexer_next(&ahead, &t);
        if (within) {
            (void)sql_lexer_next(&ahead, &t);
            read_within(ahead, &c->within);
        }
        if (sql_token_is(&t, '(') ? !pass_bracket(&ahead, &t, &c->copies) : !window)
            return false;
        struct str all = {l.sql.p + from, walk_end(&t) - from};
        if (!within)
            *(window ? &c->window : &c->filter) = all;
        c->last = t;
    }
    return true;
}

/* before in place of the name, and what the parts say behind the call. */
static int wrap(struct rewriter *r, const struct call *c, size_t from, size_t to, const char *before,
                const struct str *after, size_t n)
{
    enum { PARTS_MAX = 16 };
    struct str parts[PARTS_MAX] = {c->last.text}, text;
    if (n + 1 > PARTS_MAX || edits_touch(&r->edits, c->last.at, walk_end(&c->last)))
        return ST_OK;
    memcpy(parts + 1, after, n * sizeof *after);
    TRY(walk_concat(r, parts, n + 1, &text));
    TRY(walk_replace(r, from, to, str_of(before)));
    return n ? walk_replace(r, c->last.at, walk_end(&c->last), text) : ST_OK;
}

/* PostgreSQL's sum is a bigint of integers and a numeric of bigints. A macro sees to that for a plain call.
 * With DISTINCT, FILTER or OVER the call stays, and where its argument is a column the result is cast to the
 * type that a second call tells. */
static int sum(struct rewriter *r, const struct call *c, size_t from, size_t to)
{
    assert(from <= to && to <= c->open.at);
    if (r->intervals)
        return wrap(r, c, from, to, OURS "pg_sum(" OURS "list", &(const struct str){")", 1}, 1);
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

/* PostgreSQL's avg of whole numbers is a numeric. With DISTINCT, FILTER or OVER it becomes a sum divided by
 * the count of the same rows, when the column, the filter and the window can be written a second time. */
static int average(struct rewriter *r, const struct call *c, size_t from, size_t to)
{
    bool output = false;
    assert(from <= to && to <= c->open.at);
    if (is_factor(r, c) || c->query)
        return ST_OK;
    TRY(outputs_are(r, from, walk_end(&c->last), &output));
    const bool bare = !c->distinct && !c->ordered && !c->window.n && !c->filter.n;
    if (bare && r->intervals)
        return walk_replace(r, from, to, STR(SCHEMA_PG "avg_of_any"));
    bool digits = false;
    if (bare)
        TRY(outputs_are_sent(r, from, walk_end(&c->last), &digits));
    if (digits)
        return walk_replace(r, from, to, STR(SCHEMA_PG "avg_digits"));
    if (bare)
        return walk_replace(r, from, to, output ? STR(SCHEMA_PG "avg_sent") : STR(SCHEMA_PG "avg_of"));
    if (!c->plain || !c->copies || c->ordered)
        return ST_OK;
    if (!r->intervals)
        TRY(outputs_are_sent(r, from, walk_end(&c->last), &digits));
    /* The sum's argument stands before this, and with digits its type is asked for behind the count. */
    const struct str after[] = {r->intervals ? STR("), " OURS "count(") : STR(", " OURS "count("),
                                c->distinct ? STR("DISTINCT ") : STR(""),
                                c->argument,
                                STR(") "),
                                c->filter,
                                STR(" "),
                                c->window,
                                digits ? STR(", " OURS "any_value(") : STR(")"),
                                c->argument,
                                STR(") "),
                                c->window,
                                STR(")")};
    const size_t whole = sizeof after / sizeof *after, without_type = 8;
    return wrap(r, c, from, to,
                digits         ? OURS "pg_average_digits(" OURS "sum"
                : r->intervals ? OURS "pg_divide(" OURS "pg_sum_wide(" OURS "list"
                               : OURS "pg_divide(" OURS "sum",
                after, digits ? whole : without_type);
}

/* (k, v ORDER BY x) becomes (row(k, v) ORDER BY x). Brackets and words are replaced, and nothing is inserted
 * beside the arguments: the operators within those have edits of their own at these places. */
static int pairs(struct rewriter *r, const struct aggregate *a, const struct call *c, size_t from, size_t to)
{
    const struct str after = c->last.at == c->close.at && !c->ordered ? STR("))") : STR(")");
    TRY(walk_replace(r, c->open.at, walk_end(&c->open), c->distinct ? STR("DISTINCT row(") : STR("(row(")));
    if (c->ordered)
        TRY(walk_replace(r, c->order.at, walk_end(&c->order), STR(") ORDER")));
    else if (c->last.at != c->close.at)
        TRY(walk_replace(r, c->close.at, walk_end(&c->close), STR("))")));
    return wrap(r, c, from, to, a->before, &after, 1);
}

/* DISTINCT sorts, where the argument can be written a second time. */
static int order_distinct(struct rewriter *r, const struct call *c)
{
    struct str order;
    if (!c->distinct || c->ordered || !c->plain)
        return ST_OK;
    TRY(walk_concat(r, (const struct str[]){STR(" ORDER BY "), c->argument}, 2, &order));
    return walk_insert(r, c->close.at, order);
}

/* PostgreSQL's is of doubles, and of intervals, which the engine's is not. */
static int real_within(struct rewriter *r, const struct call *c)
{
    const struct within *w = &c->within;
    struct str text;
    assert(!w->there || w->by.at < w->after.at);
    if (!w->there || w->several)
        return ST_OK;
    TRY(walk_replace(r, w->by.at, walk_end(&w->by), STR("BY CAST(")));
    TRY(walk_concat(r, (const struct str[]){STR(" AS DOUBLE) "), w->after.text}, 2, &text));
    return walk_replace(r, w->after.at, walk_end(&w->after), text);
}

/* rank(3) WITHIN GROUP (ORDER BY x DESC) becomes rank_of(3, list(x), true). */
static int rank_within(struct rewriter *r, const struct aggregate *a, const struct call *c, size_t from,
                       size_t to)
{
    assert(from <= to && a->before);
    const struct within *w = &c->within;
    if (!w->there)
        return ST_OK;
    if (w->several || w->other || c->filter.n || c->window.n) {
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                      "%s WITHIN GROUP of several keys, with NULLS FIRST or with FILTER is not supported",
                      a->name);
        r->err->position = str_position(r->edits.sql, from);
        return ST_ERR;
    }
    TRY(walk_replace(r, from, to, str_of(a->before)));
    TRY(walk_replace(r, c->close.at, w->x, STR(", " OURS "list(")));
    return walk_replace(r, w->after.at, walk_end(&w->close),
                        w->descending ? STR("), true)") : STR("), false)"));
}

static int digits(struct rewriter *r, const struct aggregate *a, const struct call *c, size_t from, size_t to)
{
    bool sent;
    TRY(outputs_are_sent(r, from, walk_end(&c->last), &sent));
    const struct str after = str_of(a->after);
    return sent ? wrap(r, c, from, to, a->before, &after, 1) : ST_OK;
}

static int translate(struct rewriter *r, const struct aggregate *a, size_t from, size_t to)
{
    struct call c;
    assert(from < to);
    if (!read_call(r, to, &c))
        return ST_OK;
    if (a->how == HOW_REAL)
        return real_within(r, &c);
    if (a->how == HOW_RANK)
        return rank_within(r, a, &c, from, to);
    if (c.within.there)
        return ST_OK;
    if (a->how == HOW_DIGITS)
        return digits(r, a, &c, from, to);
    if (a->how == HOW_SUM)
        return sum(r, &c, from, to);
    if (a->how == HOW_AVERAGE)
        return average(r, &c, from, to);
    if (a->how == HOW_PAIRS)
        return pairs(r, a, &c, from, to);
    if (a->how == HOW_SORTED || a->how == HOW_LIST)
        TRY(order_distinct(r, &c));
    if (a->how == HOW_SORTED)
        return ST_OK;
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
