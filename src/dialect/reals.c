#include "dialect/reals.h"

#include <string.h>

bool reals_hint(struct str sql)
{
    for (size_t i = 0; i + 5 < sql.n; i++) {
        if (sql.p[i] != ':' || sql.p[i + 1] != ':')
            continue;
        size_t at = i + 2;
        while (at < sql.n && sql.p[at] == ' ')
            at++;
        if ((sql.n - at >= 4 && str_ieq((struct str){sql.p + at, 4}, STR("real"))) ||
            (sql.n - at >= 6 && str_ieq((struct str){sql.p + at, 6}, STR("float4"))))
            return true;
    }
    return false;
}

static bool is_real(const struct sql_token *t)
{
    return sql_token_is_word(t, "real") || sql_token_is_word(t, "float4");
}

bool reals_beside(struct sql_lexer behind, const struct sql_token *prev, const struct sql_token *before)
{
    struct sql_token t;
    size_t depth = 0;
    if (is_real(prev) || (sql_token_is(prev, ')') && is_real(before)))
        return true;
    (void)sql_lexer_next(&behind, &t);
    if (t.kind == SQL_TOK_OP)
        (void)sql_lexer_next(&behind, &t);
    for (unsigned n = 0; n < REALS_TOKENS_MAX; n++) {
        depth += sql_token_is(&t, '(');
        if (sql_token_is(&t, ')') && depth-- == 0)
            return false;
        if (sql_lexer_next(&behind, &t) == SQL_TOK_END)
            return false;
        bool goes_on = sql_token_is(&t, '.') || sql_token_is(&t, '(') || sql_token_is_name(&t);
        if (depth == 0 && !goes_on)
            return sql_token_is_typecast(&t) && (sql_lexer_next(&behind, &t), is_real(&t));
    }
    return false;
}
