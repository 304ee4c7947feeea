#include "sql/values.h"

#include <stddef.h>

bool sql_inserts_values(struct sql_tokens sql)
{
    static const char *const words[] = {"SELECT", "FROM",    "TABLE",    "WITH",
                                        "PIVOT",  "UNPIVOT", "CONFLICT", "RETURNING"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "INSERT"))
        return false;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (sql_token_is_word(&t, words[i]))
                return false;
    return t.kind == SQL_TOK_END;
}
