#include "sql/selects_all.h"

static bool shortens(const struct sql_token *t)
{
    static const char *const words[] = {"where",  "limit",     "group",   "having",     "distinct",
                                        "offset", "fetch",     "qualify", "sample",     "union",
                                        "except", "intersect", "values",  "tablesample"};
    if (sql_token_is(t, '(') || t->kind == SQL_TOK_BAD)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

bool sql_selects_all(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t;
    bool from = false;
    if (sql.text.n > SQL_SELECTS_ALL_MAX)
        return false;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "select"))
        return false;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        if (shortens(&t))
            return false;
        from |= sql_token_is_word(&t, "from");
    }
    return from;
}
