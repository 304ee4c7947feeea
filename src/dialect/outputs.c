/* The select lists are read once, when it is first asked. A query that groups or orders by an expression
 * of its own has no outputs, since the engine wants such an expression spelled alike in both places. */
#include "dialect/outputs.h"

#include "sql/name.h"

#include <assert.h>
#include <string.h>

enum { ORDER_NAMES_MAX = 16 }; /* in an ORDER BY; more are taken for anything */

struct outputs {
    size_t n;
    bool several; /* some query is a UNION or one of its kin */
    struct {
        size_t from, to;
        bool quotient;           /* of names and numbers alone */
        bool compared;           /* its query sorts by it, groups or compares rows, or puts them elsewhere */
        struct sql_token called; /* by which ORDER BY would name it */
    } items[OUTPUTS_MAX];
};

/* An item while it is read: its tokens but for an alias. */
struct item {
    struct sql_token first, last, before; /* before: the last but one */
    struct sql_token as_before;           /* what stands before AS; kind END: there is none */
    size_t tokens;
};

static bool ends_list(const struct sql_token *t, const struct sql_token *prev)
{
    static const char *const words[] = {"FROM",   "INTO",  "WHERE",  "GROUP",     "HAVING", "ORDER",  "LIMIT",
                                        "OFFSET", "FETCH", "WINDOW", "INTERSECT", "UNION",  "EXCEPT", "FOR"};
    if (t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD || sql_token_is(t, ';') || sql_token_is(t, ')'))
        return true;
    return WALK_IS_ANY(t, words) && !sql_token_is(prev, '.') && !sql_token_is_word(prev, "DISTINCT");
}

/* Past the bracket that *t opens; *t is what closes it. */
static void pass_brackets(struct sql_lexer *l, struct sql_token *t)
{
    size_t depth = 1;
    while (depth > 0 && sql_lexer_next(l, t) != SQL_TOK_END && t->kind != SQL_TOK_BAD) {
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= sql_token_is(t, ')') || sql_token_is(t, ']');
    }
}

/* Whether all in it is names, numbers, brackets and divisions: then each of those may keep all digits. */
static bool is_quotient(const struct sql_lexer *list, size_t from, size_t to)
{
    struct sql_lexer l = *list;
    struct sql_token t;
    sql_lexer_seek(&l, from);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.at < to) {
        bool fine = t.kind == SQL_TOK_QUOTED || t.kind == SQL_TOK_NUMBER || t.kind == SQL_TOK_PARAM ||
                    (t.kind == SQL_TOK_WORD && !sql_token_is_word(&t, "CASE")) ||
                    (t.kind == SQL_TOK_OP && str_eq(t.text, STR("/"))) || sql_token_is(&t, '(') ||
                    sql_token_is(&t, ')') || sql_token_is(&t, '.') || sql_token_is_typecast(&t);
        if (!fine)
            return false;
    }
    return true;
}

static void note(struct outputs *o, const struct sql_lexer *list, size_t from, size_t to)
{
    if (o->n < OUTPUTS_MAX && from < to) {
        o->items[o->n].compared = false;
        o->items[o->n].quotient = is_quotient(list, from, to);
        o->items[o->n].from = from;
        o->items[o->n].to = to;
        o->n++;
    }
}

static void read_query(struct outputs *o, struct sql_lexer l, size_t depth);

/* An item's bytes, whose brackets are taken away. */
static void take(struct outputs *o, const struct sql_lexer *list, size_t from, size_t to, size_t depth)
{
    while (depth < OUTPUTS_DEPTH_MAX) {
        struct sql_lexer l = *list, inside;
        struct sql_token t;
        sql_lexer_seek(&l, from);
        (void)sql_lexer_next(&l, &t);
        if (!sql_token_is(&t, '('))
            break;
        inside = l;
        pass_brackets(&l, &t);
        if (walk_end(&t) != to || t.at <= from)
            break;
        struct sql_token first;
        struct sql_lexer query = inside;
        (void)sql_lexer_next(&inside, &first);
        if (sql_token_is_word(&first, "SELECT")) {
            read_query(o, query, depth + 1);
            return;
        }
        from = first.at;
        to = t.at;
        while (to > from && memchr(" \t\n\r", list->sql.p[to - 1], 4))
            to--;
        depth++;
    }
    note(o, list, from, to);
}

/* Whether a name behind these tokens is an alias. */
static bool is_alias(const struct item *i)
{
    static const char *const operators[] = {"AND",   "OR",      "NOT", "IS", "LIKE",
                                            "ILIKE", "BETWEEN", "IN",  "AT", "ZONE"};
    const struct sql_token *b = &i->before;
    bool operand = b->kind == SQL_TOK_NUMBER || b->kind == SQL_TOK_STRING || b->kind == SQL_TOK_PARAM ||
                   sql_token_is(b, ')') || sql_token_is(b, ']') ||
                   (sql_token_is_name(b) && !WALK_IS_ANY(b, operators));
    return i->tokens > 1 && operand && sql_token_is_name(&i->last) && !sql_token_is_word(&i->last, "END");
}

/* Behind SELECT: the items of one list. *l is left at what ends it, which is *t. Whether it is DISTINCT. */
static bool read_list(struct outputs *o, struct sql_lexer *l, struct sql_token *t, size_t depth)
{
    struct sql_token prev = {.kind = SQL_TOK_END};
    struct sql_lexer list = *l;
    (void)sql_lexer_next(l, t);
    bool distinct = sql_token_is_word(t, "DISTINCT");
    if (distinct || sql_token_is_word(t, "ALL"))
        (void)sql_lexer_next(l, t);
    if (sql_token_is_word(t, "ON") && (sql_lexer_next(l, t), sql_token_is(t, '('))) {
        pass_brackets(l, t);
        (void)sql_lexer_next(l, t);
    }
    while (!ends_list(t, &prev)) {
        struct item i = {.first = *t, .as_before = {.kind = SQL_TOK_END}};
        for (; !ends_list(t, &prev) && !sql_token_is(t, ','); (void)sql_lexer_next(l, t)) {
            if (sql_token_is_word(t, "AS") && i.tokens > 0)
                i.as_before = i.last;
            if (sql_token_is(t, '(') || sql_token_is(t, '['))
                pass_brackets(l, t);
            i.before = i.last;
            i.last = prev = *t;
            i.tokens++;
        }
        if (i.tokens > 0) {
            const struct sql_token *end = i.as_before.kind != SQL_TOK_END ? &i.as_before
                                          : is_alias(&i)                  ? &i.before
                                                                          : &i.last;
            size_t before = o->n;
            take(o, &list, i.first.at, walk_end(end), depth);
            while (before < o->n)
                o->items[before++].called = end == &i.last ? i.first : i.last;
        }
        if (!sql_token_is(t, ','))
            break;
        prev = *t;
        (void)sql_lexer_next(l, t);
    }
    return distinct;
}

/* What is another function where it is sent. */
static bool has_output_form(const struct sql_token *t)
{
    static const char *const calls[] = {"sqrt", "exp", "ln", "log", "log10", "power", "pow"};
    return (t->kind == SQL_TOK_OP &&
            (str_eq(t->text, STR("/")) || str_eq(t->text, STR("^")) || str_eq(t->text, STR("|/")))) ||
           WALK_IS_ANY(t, calls);
}

/* ORDER BY: names of columns, or of items. */
struct ordering {
    struct sql_token names[ORDER_NAMES_MAX];
    size_t n;
    bool other; /* by anything else */
};

/* Behind ORDER. */
static void read_ordering(struct sql_lexer l, struct ordering *o)
{
    static const char *const ends[] = {"LIMIT", "OFFSET", "FETCH", "FOR"}, *const ways[] = {"ASC", "DESC",
                                                                                            "NULLS", "FIRST",
                                                                                            "LAST"};
    struct sql_token t;
    (void)sql_lexer_next(&l, &t); /* BY */
    do {
        (void)sql_lexer_next(&l, &t);
        bool is = sql_token_is_name(&t) && o->n < ORDER_NAMES_MAX;
        struct sql_token name = t;
        (void)sql_lexer_next(&l, &t);
        if (is && !sql_token_is(&t, '.'))
            o->names[o->n++] = name;
        else if (is) /* of a table: no item's */
            (void)sql_lexer_next(&l, &t), is = sql_token_is_name(&t), (void)sql_lexer_next(&l, &t);
        while (WALK_IS_ANY(&t, ways))
            (void)sql_lexer_next(&l, &t);
        o->other |= !is;
    } while (sql_token_is(&t, ','));
    o->other |=
        t.kind != SQL_TOK_END && !sql_token_is(&t, ')') && !sql_token_is(&t, ';') && !WALK_IS_ANY(&t, ends);
}

/* Whether the rows are in an order of what is called so, as far as its names tell. */
static bool orders_by(const struct ordering *o, const struct sql_token *called)
{
    if (sql_token_is_word(called, "pg_catalog"))
        return o->other || o->n > 0; /* of a function whose name is behind it */
    for (size_t i = 0; i < o->n; i++)
        if (str_ieq(sql_name_bare(&o->names[i]), sql_name_bare(called)) ||
            str_eq(sql_name_bare(&o->names[i]), STR("?column?")))
            return true;
    return o->other;
}

/* Behind a list: *grouped and *ordered, whether the query groups or orders by such a thing; *compared,
 * whether it does by anything, or INTO stands there. *t ends the query, or is the SELECT of the next one. */
static void read_rest(struct sql_lexer *l, struct sql_token *t, bool *grouped, bool *ordered, bool *compared,
                      struct ordering *ordering)
{
    bool *by = NULL;
    for (size_t depth = 0; t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD; (void)sql_lexer_next(l, t)) {
        static const char *const ends[] = {"HAVING", "LIMIT",     "OFFSET", "UNION",
                                           "EXCEPT", "INTERSECT", "WINDOW"};
        if (depth == 0 && (sql_token_is(t, ')') || sql_token_is(t, ';') || sql_token_is_word(t, "SELECT")))
            break;
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']'));
        if (depth == 0 && WALK_IS_ANY(t, ends))
            by = NULL;
        *compared =
            *compared || (depth == 0 && (sql_token_is_word(t, "GROUP") || sql_token_is_word(t, "INTO")));
        if (depth == 0 && sql_token_is_word(t, "ORDER"))
            read_ordering(*l, ordering);
        if (depth == 0 && (sql_token_is_word(t, "GROUP") || sql_token_is_word(t, "ORDER")))
            by = sql_token_is_word(t, "GROUP") ? grouped : ordered;
        if (by && has_output_form(t))
            *by = true;
    }
}

/* SELECT … UNION SELECT …, from there to the end or to a closing bracket. */
static void read_query(struct outputs *o, struct sql_lexer l, size_t depth)
{
    struct sql_token t;
    size_t before = o->n, queries = 0;
    bool grouped = false, ordered = false, with = false, distinct = false, compared = false;
    (void)sql_lexer_next(&l, &t);
    struct ordering ordering = {.n = 0};
    read_rest(&l, &t, &with, &with, &with, &ordering);
    ordering = (struct ordering){.n = 0};
    for (; sql_token_is_word(&t, "SELECT"); queries++) {
        distinct = read_list(o, &l, &t, depth) || distinct;
        read_rest(&l, &t, &grouped, &ordered, &compared, &ordering);
    }
    o->several |= queries > 1;
    for (size_t i = before; i < o->n; i++)
        o->items[i].compared = o->items[i].compared || compared || distinct || queries > 1 ||
                               orders_by(&ordering, &o->items[i].called);
    if (grouped || (ordered && (distinct || queries > 1)))
        o->n = before;
}

static int read_outputs(struct rewriter *r)
{
    struct sql_lexer l;
    struct sql_token t;
    if (r->outputs)
        return ST_OK;
    r->outputs = arena_alloc(r->arena, sizeof *r->outputs);
    if (!r->outputs)
        return err_oom(r->err);
    r->outputs->n = 0;
    r->outputs->several = false;
    sql_lexer_init(&l, r->tokens);
    struct sql_lexer start = l;
    (void)sql_lexer_next(&l, &t);
    if (sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "WITH"))
        read_query(r->outputs, start, 0);
    return ST_OK;
}

int outputs_null(struct rewriter *r)
{
    static const char *const before[] = {"SELECT", "ALL", "DISTINCT"};
    struct sql_token t = r->token;
    bool output = false;
    assert(r->postgres && sql_token_is_word(&t, "NULL"));
    if (!WALK_IS_ANY(&r->prev, before) && !sql_token_is(&r->prev, ','))
        return walk_on(r);
    TRY(read_outputs(r));
    for (size_t i = 0; i < r->outputs->n && !output; i++)
        output = r->outputs->items[i].from == t.at && r->outputs->items[i].to == walk_end(&t);
    if (output && !r->outputs->several)
        TRY(walk_replace(r, t.at, walk_end(&t), STR("CAST(NULL AS VARCHAR)")));
    return walk_on(r);
}

int outputs_are(struct rewriter *r, size_t from, size_t to, bool *out)
{
    *out = false;
    assert(from <= to && to <= r->tokens.text.n);
    if (!r->postgres || r->catalog)
        return ST_OK;
    TRY(read_outputs(r));
    for (size_t i = 0; i < r->outputs->n && !*out; i++)
        *out = r->outputs->items[i].quotient
                   ? r->outputs->items[i].from <= from && to <= r->outputs->items[i].to
                   : r->outputs->items[i].from == from && r->outputs->items[i].to == to;
    return ST_OK;
}

int outputs_are_sent(struct rewriter *r, size_t from, size_t to, bool *out)
{
    *out = false;
    return r->catalog ? ST_OK : outputs_show(r, from, to, out);
}

int outputs_whole(struct rewriter *r, size_t from, size_t to, bool *out)
{
    *out = false;
    if (!r->postgres || !r->sends)
        return ST_OK;
    TRY(read_outputs(r));
    for (size_t i = 0; i < r->outputs->n && !*out; i++)
        *out = r->outputs->items[i].from == from && r->outputs->items[i].to == to;
    return ST_OK;
}

int outputs_show(struct rewriter *r, size_t from, size_t to, bool *out)
{
    *out = false;
    if (!r->postgres || !r->sends)
        return ST_OK;
    TRY(read_outputs(r));
    for (size_t i = 0; i < r->outputs->n && !*out; i++)
        *out = !r->outputs->items[i].compared && r->outputs->items[i].from == from &&
               r->outputs->items[i].to == to;
    return ST_OK;
}
