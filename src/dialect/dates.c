#include "dialect/dates.h"

#include <string.h>

/* A minus that is no part of a date's own text. */
static bool has_minus(struct str sql)
{
    for (size_t i = 1; i + 1 < sql.n; i++)
        if (sql.p[i] == '-' &&
            (sql.p[i + 1] < '0' || sql.p[i + 1] > '9' || sql.p[i - 1] < '0' || sql.p[i - 1] > '9'))
            return true;
    return false;
}

bool dates_hint(struct str sql)
{
    static const struct str word = {"date", 4};
    for (size_t i = 0; i + word.n <= sql.n; i++)
        if ((sql.p[i] == 'd' || sql.p[i] == 'D') && str_ieq((struct str){sql.p + i, word.n}, word))
            return has_minus(sql);
    return false;
}

static bool is_date(const struct sql_token *t)
{
    return sql_token_is_word(t, "date");
}

/* A macro repeats its operands, and a subquery must not run twice. */
static bool has_subquery(struct sql_lexer l)
{
    struct sql_token t;
    size_t queries = 0;
    sql_lexer_seek(&l, 0);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        queries += sql_token_is_word(&t, "SELECT");
    return queries > 1;
}

bool dates_beside(struct sql_lexer behind, const struct sql_token *prev, const struct sql_token *before)
{
    struct sql_token t, after;
    struct sql_lexer ahead = behind;
    bool found = is_date(prev) || sql_token_is_word(prev, "current_date") ||
                 (prev->kind == SQL_TOK_STRING && is_date(before)) ||
                 (sql_token_is(prev, ')') && is_date(before));
    (void)sql_lexer_next(&ahead, &t);
    while (!found && sql_token_is(&t, '('))
        (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &after);
    found = found || sql_token_is_word(&t, "current_date") || (is_date(&t) && after.kind == SQL_TOK_STRING);
    if (!found && sql_token_is_typecast(&after))
        found = sql_lexer_next(&ahead, &after) == SQL_TOK_WORD && is_date(&after);
    return found && !has_subquery(behind);
}
