/* Relations stand behind FROM and JOIN, and behind commas for as long as no other clause begins. The engine
 * writes views in its own words, so that the forms are few. */
#include "sql/reads.h"

#include "sql/name.h"

enum { DEPTH_MAX = 256 };

struct reading {
    struct sql_lexer l;
    struct sql_token t, before;
    size_t depth;
    bool from[DEPTH_MAX]; /* in a bracket of that depth: within FROM */
};

static bool is_called(const struct sql_token *t, struct str name)
{
    return sql_token_is_name(t) && str_ieq(sql_name_bare(t), name);
}

static bool ends_from(const struct sql_token *t)
{
    static const char *const words[] = {"SELECT", "WHERE",  "GROUP",  "HAVING", "ORDER",   "LIMIT",
                                        "UNION",  "EXCEPT", "WINDOW", "OFFSET", "QUALIFY", "INTERSECT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

static void step(struct reading *r)
{
    size_t at = r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX - 1;
    if (sql_token_is(&r->t, '(')) {
        bool inside =
            r->from[at] && (sql_token_is_word(&r->before, "FROM") || sql_token_is(&r->before, ',') ||
                            sql_token_is_word(&r->before, "JOIN") || sql_token_is(&r->before, '('));
        if (++r->depth < DEPTH_MAX)
            r->from[r->depth] = inside; /* a join in brackets */
    } else if (sql_token_is(&r->t, ')')) {
        r->depth -= r->depth > 0;
    } else if (sql_token_is_word(&r->t, "FROM") || sql_token_is_word(&r->t, "JOIN")) {
        r->from[at] = true;
    } else if (ends_from(&r->t)) {
        r->from[at] = false;
    }
    r->before = r->t;
}

/* Whether it is a name that WITH has given: name AS (… */
static bool is_own(struct sql_tokens query, struct str name)
{
    struct sql_lexer l;
    struct sql_token t[3] = {{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}};
    sql_lexer_init(&l, query);
    while (sql_lexer_next(&l, &t[2]) != SQL_TOK_END && t[2].kind != SQL_TOK_BAD) {
        if (is_called(&t[0], name) && sql_token_is_word(&t[1], "AS") &&
            (sql_token_is(&t[2], '(') || sql_token_is_word(&t[2], "MATERIALIZED") ||
             sql_token_is_word(&t[2], "NOT")))
            return true;
        t[0] = t[1];
        t[1] = t[2];
    }
    return false;
}

/* name[.name]… from the token on; false: it is a call. */
static bool read_name(struct reading *r, struct sql_token *schema, struct sql_token *name)
{
    struct sql_lexer ahead = r->l;
    struct sql_token t;
    *name = r->t;
    *schema = (struct sql_token){.kind = SQL_TOK_END};
    while (sql_lexer_next(&ahead, &t), sql_token_is(&t, '.')) {
        *schema = *name;
        (void)sql_lexer_next(&ahead, name);
    }
    return !sql_token_is(&t, '(');
}

bool sql_reads_relation(struct sql_tokens query, struct str schema, struct str name, bool bare)
{
    struct reading r = {.before = {.kind = SQL_TOK_END}};
    sql_lexer_init(&r.l, query);
    while (sql_lexer_next(&r.l, &r.t) != SQL_TOK_END && r.t.kind != SQL_TOK_BAD) {
        struct sql_token s, n;
        size_t at = r.depth < DEPTH_MAX ? r.depth : DEPTH_MAX - 1;
        bool place =
            r.from[at] && (sql_token_is_word(&r.before, "FROM") || sql_token_is_word(&r.before, "JOIN") ||
                           sql_token_is(&r.before, ',') || sql_token_is(&r.before, '('));
        if (place && sql_token_is_name(&r.t) && read_name(&r, &s, &n) && is_called(&n, name) &&
            (s.kind == SQL_TOK_END ? bare && !is_own(query, name) : is_called(&s, schema)))
            return true;
        step(&r);
    }
    return false;
}

/* Whether a name in front of a column is the relation's: its own, or an alias that it is given. */
static bool is_relation(struct sql_tokens query, struct str relation, const struct sql_token *qualifier)
{
    struct sql_lexer l;
    struct sql_token t, next;
    if (is_called(qualifier, relation))
        return true;
    sql_lexer_init(&l, query);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        struct sql_lexer ahead = l;
        (void)sql_lexer_next(&ahead, &next);
        if (sql_token_is_word(&next, "AS"))
            (void)sql_lexer_next(&ahead, &next);
        if (is_called(&t, relation) && is_called(&next, sql_name_bare(qualifier)))
            return true;
    }
    return false;
}

bool sql_reads_column(struct sql_tokens query, struct str relation, struct str column)
{
    struct sql_lexer l;
    struct sql_token t, before = {.kind = SQL_TOK_END}, qualifier = {.kind = SQL_TOK_END};
    sql_lexer_init(&l, query);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        bool star = t.kind == SQL_TOK_OP && str_eq(t.text, STR("*")) &&
                    (sql_token_is_word(&before, "SELECT") || sql_token_is(&before, ',') ||
                     sql_token_is(&before, '.'));
        bool qualified = sql_token_is(&before, '.');
        if ((star || is_called(&t, column)) && (!qualified || is_relation(query, relation, &qualifier)))
            return true;
        if (!sql_token_is(&t, '.'))
            qualifier = t;
        before = t;
    }
    return false;
}
