/* The engine gives a whole number the type of what it is combined with, so that a smallint stays one; a cast
 * says what PostgreSQL takes it for. Between two literals the engine does the same as PostgreSQL. */
#include "dialect/integers.h"

#include "dialect/walk.h"

#include <stdio.h>

enum {
    DIGITS_MAX = 10, /* of 2147483647 */
};

/* The tokens around one, two at its right and three at its left. */
struct window {
    struct sql_token outer, before, left, token, right, behind;
    bool behind_cast; /* a cast follows behind, so that it is no number alone */
    bool widest;      /* it is an argument of such a function */
    bool smallint;    /* a smallint is mentioned somewhere */
};

/* Operators whose result has the wider type of both operands. */
static bool is_arithmetic(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP && t->text.n == 1 && memchr("+-*/%&|#", t->text.p[0], 8);
}

static bool is_sign(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP && t->text.n == 1 && memchr("+-", t->text.p[0], 2);
}

/* Whether an operand may end with the token: else an operator behind it is a sign. */
static bool ends_operand(const struct sql_token *t)
{
    static const char *const not_operands[] = {
        "SELECT", "THEN",  "ELSE",      "WHEN",   "CASE",    "AND",  "OR",      "NOT", "IN",
        "LIKE",   "LIMIT", "OFFSET",    "BY",     "SET",     "ON",   "WHERE",   "AS",  "IS",
        "VALUES", "ILIKE", "RETURNING", "HAVING", "BETWEEN", "FROM", "DISTINCT"};
    if (t->kind == SQL_TOK_WORD)
        return !WALK_IS_ANY(t, not_operands);
    return t->kind == SQL_TOK_QUOTED || t->kind == SQL_TOK_PARAM || t->kind == SQL_TOK_STRING ||
           sql_token_is(t, ')') || sql_token_is(t, ']');
}

/* A whole number of PostgreSQL's integer; *least: it is 2147483648, which is one behind a minus. */
static bool is_integer(const struct sql_token *t, bool *least)
{
    struct str s = t->text;
    *least = false;
    if (t->kind != SQL_TOK_NUMBER || s.n > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    if (s.n < DIGITS_MAX)
        return true;
    *least = str_eq(s, STR("2147483648"));
    return memcmp(s.p, "2147483647", DIGITS_MAX) <= 0;
}

/* Functions whose result has the widest type of their arguments. */
static bool is_widest(const struct sql_token *t)
{
    static const char *const names[] = {"coalesce", "greatest", "least"};
    return WALK_IS_ANY(t, names);
}

/* THEN 1, ELSE 1 of a CASE: all of one branch. */
static bool is_branch(const struct window *w)
{
    static const char *const ends[] = {"WHEN", "ELSE", "END"};
    return (sql_token_is_word(&w->left, "THEN") || sql_token_is_word(&w->left, "ELSE")) &&
           WALK_IS_ANY(&w->right, ends);
}

/* Whether a smallint is mentioned: most statements are spared more casts. */
static bool names_smallint(struct str sql)
{
    for (size_t i = 0; i + 4 <= sql.n; i++)
        if (str_ieq((struct str){sql.p + i, 4}, STR("int2")) ||
            (i + 8 <= sql.n && str_ieq((struct str){sql.p + i, 8}, STR("smallint"))))
            return true;
    return false;
}

/* Whether the number, perhaps with its sign, has an operand beside it that is no number. */
static bool is_operand(const struct window *w)
{
    bool listed = (sql_token_is(&w->left, ',') || sql_token_is(&w->left, '(')) &&
                  (sql_token_is(&w->right, ',') || sql_token_is(&w->right, ')'));
    if ((listed && w->widest) || (w->smallint && is_branch(w)))
        return true;
    if (is_arithmetic(&w->right) && (w->behind.kind != SQL_TOK_NUMBER || w->behind_cast))
        return true;
    if (!is_arithmetic(&w->left))
        return false;
    return ends_operand(&w->before) || (is_sign(&w->left) && is_arithmetic(&w->before));
}

/* 1.5e3 is a numeric to PostgreSQL, and to the engine a double. It is written without its exponent, where
 * it has no more digits than the engine's numerics; a longer one, and one that is cast, stays. */
static int spell_exponent(struct rewriter *r, const struct window *w)
{
    enum { WIDTH_MAX = 38 };
    char digits[WIDTH_MAX + 1], text[2 * WIDTH_MAX + sizeof "CAST(0. AS DECIMAL(38,38))"];
    struct str s = w->token.text;
    int n = 0, point = -1, exponent = 0;
    size_t i = 0;
    for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
        if (s.p[i] == '.' && point < 0)
            point = n;
        else if (s.p[i] < '0' || s.p[i] > '9' || n == WIDTH_MAX)
            return ST_OK;
        else if (n > 0 || s.p[i] != '0' || point >= 0)
            digits[n++] = s.p[i];
    }
    if (i == s.n || sql_token_is_typecast(&w->right))
        return ST_OK;
    bool negative = i + 1 < s.n && s.p[i + 1] == '-';
    for (i += 1 + (size_t)(negative || (i + 1 < s.n && s.p[i + 1] == '+')); i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || exponent > WIDTH_MAX)
            return ST_OK;
        exponent = exponent * 10 + (s.p[i] - '0');
    }
    int scale = (point < 0 ? 0 : n - point) - (negative ? -exponent : exponent);
    int zeros = scale < 0 ? -scale : 0, width = n + zeros;
    scale = scale < 0 ? 0 : scale;
    width = width > scale ? width : scale + (scale < WIDTH_MAX);
    if (width > WIDTH_MAX || n == 0)
        return ST_OK;
    bool accepts;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    int at = snprintf(text, sizeof text, "CAST(");
    if (n <= scale)
        at += snprintf(text + at, sizeof text - (size_t)at, "0.%.*s", scale - n,
                       "00000000000000000000000000000000000000");
    for (int k = 0; k < n; k++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%c",
                       n > scale && scale > 0 && k == n - scale ? "." : "", digits[k]);
    (void)snprintf(text + at, sizeof text - (size_t)at, "%.*s AS DECIMAL(%d,%d))", zeros,
                   "00000000000000000000000000000000000000", width, scale);
    struct str out;
    TRY(walk_concat(r, (const struct str[]){str_of(text)}, 1, &out));
    return walk_replace(r, w->token.at, walk_end(&w->token), out);
}

/* A whole number is an integer in PostgreSQL if it fits into one: a smallint plus 1 is an integer. A number
 * with a cast behind it has its type already. */
static int cast(struct rewriter *r, const struct window *w)
{
    bool least, accepts;
    bool subscript = sql_token_is(&w->before, '[') && sql_token_is(&w->right, ']') &&
                     !sql_token_is_word(&w->outer, "ARRAY") && ends_operand(&w->outer) &&
                     w->left.kind == SQL_TOK_OP && str_eq(w->left.text, STR("-"));
    bool negative = w->left.kind == SQL_TOK_OP && str_eq(w->left.text, STR("-"));
    bool lower =
        negative && sql_token_is(&w->before, '[') && sql_token_is(&w->right, ':') && ends_operand(&w->outer);
    bool upper = negative && sql_token_is(&w->before, ':') && sql_token_is(&w->right, ']');
    bool integer = is_integer(&w->token, &least);
    least =
        least && w->left.kind == SQL_TOK_OP && str_eq(w->left.text, STR("-")) && !ends_operand(&w->before);
    if (sql_token_is_typecast(&w->right) ||
        !(least || lower || upper || subscript || (integer && is_operand(w))))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    if (lower) /* of a slice, which PostgreSQL takes up to the array's bounds */
        return walk_replace(r, w->left.at, walk_end(&w->token), STR("1"));
    if (upper)
        return walk_replace(r, w->left.at, walk_end(&w->token), STR("0"));
    if (subscript) /* the engine counts from the end, PostgreSQL finds nothing */
        return walk_replace(r, w->left.at, walk_end(&w->token), STR("NULL"));
    if (least) /* -2147483648, which the engine reads as the negative of a bigint */
        return walk_replace(r, w->left.at, walk_end(&w->token), STR("CAST(-2147483648 AS INTEGER)"));
    return walk_insert(r, walk_end(&w->token), STR("::INTEGER"));
}

int integers_translate(struct rewriter *r)
{
    struct sql_lexer l;
    struct window w = {.token = {.kind = SQL_TOK_END}};
    uint64_t widest = 0; /* by bracket, the innermost last: whether it is such a function's */
    w.outer = w.before = w.left = w.token;
    w.smallint = names_smallint(r->tokens.text);
    sql_lexer_init(&l, r->tokens);
    (void)sql_lexer_next(&l, &w.right);
    (void)sql_lexer_next(&l, &w.behind);
    for (;;) {
        w.outer = w.before;
        w.before = w.left;
        w.left = w.token;
        w.token = w.right;
        w.right = w.behind;
        if (w.token.kind == SQL_TOK_END || w.token.kind == SQL_TOK_BAD)
            return ST_OK;
        (void)sql_lexer_next(&l, &w.behind);
        if (sql_token_is(&w.token, '('))
            widest = widest << 1 | is_widest(&w.left);
        else if (sql_token_is(&w.token, ')'))
            widest >>= 1;
        if (w.token.kind != SQL_TOK_NUMBER)
            continue;
        w.widest = widest & 1;
        struct sql_lexer ahead = l;
        struct sql_token next;
        (void)sql_lexer_next(&ahead, &next);
        w.behind_cast = sql_token_is_typecast(&next);
        if (memchr(w.token.text.p, 'e', w.token.text.n) || memchr(w.token.text.p, 'E', w.token.text.n))
            TRY(spell_exponent(r, &w));
        else
            TRY(cast(r, &w));
    }
}
