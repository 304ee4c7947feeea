/* By tokens: a name that begins an operand is a variable's, unless it is one of a table, a function, a type,
 * an argument or an alias. */
#include "sql/plpgsql_names.h"

#include "sql/name.h"
#include "sql/statement.h"
#include "sql/token.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum {
    LEVELS_MAX = 64,              /* of brackets; what lies deeper is in no FROM */
    NAME_ROOM = SQL_NAME_MAX + 3, /* a name in its quotes */
};

struct putting {
    struct buf *out;
    struct str text;
    const struct plpgsql_names *names;
    struct plpgsql_facts *facts;
    struct sql_token before, prev; /* the two tokens before the current one; kind END: none */
    size_t level;
    uint64_t from;  /* levels whose commas stand between tables */
    uint64_t calls; /* levels in which FROM is a function's word: extract(year FROM x) */
    uint64_t lists; /* levels that are names of columns: AS t(a, b), INTO t(a, b), USING (a) */
    uint64_t sets;  /* levels in which SET's columns stand before a = */
};

/* A plain word among some. */
static bool is_one_of(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

/* Words behind which an operand stands. */
static bool begins_operand(const struct sql_token *t)
{
    static const char *const words[] = {
        "SELECT",   "DISTINCT",  "ALL",    "WHERE",     "AND",       "OR",     "NOT",     "ON",
        "WHEN",     "THEN",      "ELSE",   "CASE",      "BY",        "HAVING", "IN",      "LIKE",
        "ILIKE",    "TO",        "ANY",    "BETWEEN",   "SOME",      "LIMIT",  "OFFSET",  "FROM",
        "JOIN",     "LATERAL",   "VALUES", "SET",       "USING",     "ESCAPE", "LEADING", "BOTH",
        "TRAILING", "FOR",       "ZONE",   "RETURNING", "UNION",     "EXCEPT", "IS",      "FILTER",
        "UPDATE",   "INTERSECT", "CROSS",  "INTO",      "SYMMETRIC", "FIRST",  "NEXT"};
    return is_one_of(t, words, sizeof words / sizeof *words);
}

/* Behind which a name would be an alias. */
static bool ends_operand(const struct sql_token *t)
{
    switch (t->kind) {
    case SQL_TOK_END:
    case SQL_TOK_BAD:
    case SQL_TOK_OP: return false;
    case SQL_TOK_WORD: return !begins_operand(t);
    case SQL_TOK_PUNCT: return sql_token_is(t, ')') || sql_token_is(t, ']');
    case SQL_TOK_QUOTED:
    case SQL_TOK_STRING:
    case SQL_TOK_DOLLAR:
    case SQL_TOK_NUMBER:
    case SQL_TOK_PARAM: return true;
    }
    return true;
}

/* Of a level of brackets; none beyond LEVELS_MAX. */
static uint64_t bit(size_t level)
{
    return level < LEVELS_MAX ? UINT64_C(1) << level : 0;
}

/* What the commas and names in a bracket will be is known by what stands before it. */
static void open_bracket(struct putting *p)
{
    static const char *const of[] = {"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"};
    bool names = sql_token_is_name(&p->prev) && !begins_operand(&p->prev);
    p->level++;
    const uint64_t b = bit(p->level);
    p->from &= ~b;
    p->calls = is_one_of(&p->prev, of, sizeof of / sizeof *of) ? p->calls | b : p->calls & ~b;
    bool list = (names && (sql_token_is_word(&p->before, "AS") || sql_token_is_word(&p->before, "INTO"))) ||
                sql_token_is_word(&p->prev, "CONFLICT") || sql_token_is_word(&p->prev, "USING");
    p->lists = list ? p->lists | b : p->lists & ~b;
    p->sets &= ~b;
    p->facts->calls |= names;
}

/* What a word says about the commas of its level. */
static void note_word(struct putting *p, const struct sql_token *t)
{
    static const char *const ends[] = {"WHERE",     "GROUP",     "ORDER", "HAVING", "LIMIT",
                                       "OFFSET",    "UNION",     "SET",   "EXCEPT", "SELECT",
                                       "INTERSECT", "RETURNING", "FETCH", "WINDOW"};
    const uint64_t b = bit(p->level);
    if (sql_token_is_word(t, "FROM") && !(p->calls & b) && !sql_token_is_word(&p->prev, "DISTINCT"))
        p->from |= b;
    else if (is_one_of(t, ends, sizeof ends / sizeof *ends))
        p->from &= ~b;
    if (sql_token_is_word(t, "SET"))
        p->sets |= b;
    else if (sql_token_is_word(t, "WHERE") || sql_token_is_word(t, "FROM") ||
             sql_token_is_word(t, "RETURNING"))
        p->sets &= ~b;
    p->facts->calls |= sql_token_is_word(t, "SELECT");
}

/* Where a name is a table's: behind FROM and JOIN, and their commas. */
static bool names_table(const struct putting *p)
{
    bool comma = sql_token_is(&p->prev, ',') || sql_token_is_word(&p->prev, "FROM") ||
                 sql_token_is_word(&p->prev, "LATERAL") || sql_token_is_word(&p->prev, "ONLY");
    return sql_token_is_word(&p->prev, "JOIN") || sql_token_is_word(&p->prev, "UPDATE") ||
           sql_token_is_word(&p->prev, "INTO") || (comma && (p->from & bit(p->level)));
}

/* SET a = …, b = … */
static bool sets_column(const struct putting *p, const struct sql_token *next)
{
    assert(next);
    return (p->sets & bit(p->level)) && next->kind == SQL_TOK_OP && str_eq(next->text, STR("=")) &&
           (sql_token_is(&p->prev, ',') || sql_token_is_word(&p->prev, "SET"));
}

/* Folded and without its quotes; "" where it is too long for a name, or none. */
static void read_name(const struct sql_token *t, char *out)
{
    out[0] = '\0';
    if (t->kind == SQL_TOK_PARAM && t->text.n <= SQL_NAME_MAX) {
        memcpy(out, t->text.p, t->text.n);
        out[t->text.n] = '\0';
    } else if (sql_token_is_name(t)) {
        size_t most = t->text.n < NAME_ROOM ? t->text.n : 0;
        if (most)
            out[sql_name_read(t, out)] = '\0';
    }
}

/* Where a variable that begins with t ends; 0: it is none. */
static size_t variable(const struct putting *p, const struct sql_token *t, struct sql_lexer ahead,
                       struct str *value)
{
    struct sql_token next, member;
    char label[NAME_ROOM], name[NAME_ROOM];
    bool parameter = t->kind == SQL_TOK_PARAM;
    if (!parameter && (!sql_token_is_name(t) || ends_operand(&p->prev) || sql_token_is(&p->prev, '.') ||
                       sql_token_is_typecast(&p->prev) || (p->lists & bit(p->level)) || names_table(p)))
        return 0;
    read_name(t, name);
    (void)sql_lexer_next(&ahead, &next);
    if (name[0] == '\0')
        return 0;
    if (!parameter && sql_token_is(&next, '.')) {
        (void)sql_lexer_next(&ahead, &member);
        memcpy(label, name, sizeof label);
        read_name(&member, name);
        size_t end = member.at + member.text.n;
        (void)sql_lexer_next(&ahead, &next);
        bool is = name[0] && !sql_token_is(&next, '(') && !sql_token_is(&next, '.');
        return is && p->names->find(p->names->arg, label, name, value) ? end : 0;
    }
    if (sql_token_is(&next, '(') || next.kind == SQL_TOK_STRING ||
        (next.kind == SQL_TOK_OP && str_eq(next.text, STR("=>"))) || sets_column(p, &next) ||
        (next.kind == SQL_TOK_PUNCT && str_eq(next.text, STR(":="))))
        return 0;
    return p->names->find(p->names->arg, "", name, value) ? t->at + t->text.n : 0;
}

void plpgsql_put(struct buf *b, struct str text, const struct plpgsql_names *names,
                 struct plpgsql_facts *facts)
{
    struct putting p = {.out = b, .text = text, .names = names, .facts = facts};
    struct sql_lexer l;
    struct sql_token t;
    size_t at = 0;
    *facts = (struct plpgsql_facts){0};
    p.before.kind = p.prev.kind = SQL_TOK_END;
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        struct str value;
        size_t end = variable(&p, &t, l, &value);
        if (end) {
            facts->found = true;
            buf_put(b, text.p + at, t.at - at);
            buf_put(b, value.p, value.n);
            at = end;
            sql_lexer_seek(&l, end);
            t = (struct sql_token){.kind = SQL_TOK_NUMBER, .text = value, .at = t.at}; /* an operand */
        } else if (sql_token_is(&t, '(')) {
            open_bracket(&p);
        } else if (sql_token_is(&t, ')')) {
            p.level -= p.level > 0;
        } else if (t.kind == SQL_TOK_WORD) {
            note_word(&p, &t);
        }
        p.before = p.prev;
        p.prev = t;
    }
    buf_put(b, text.p + at, text.n - at);
}
