#include "sql/copy.h"

#include "sql/token.h"

bool sql_copy_is_client(struct str sql)
{
    struct sql_lexer l;
    struct sql_token t;
    bool after_direction = false;
    int depth = 0;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (sql_token_is(&t, '('))
            depth++;
        else if (sql_token_is(&t, ')'))
            depth--;
        if (depth == 0 && after_direction &&
            (sql_token_is_word(&t, "STDIN") || sql_token_is_word(&t, "STDOUT")))
            return true;
        after_direction = sql_token_is_word(&t, "TO") || sql_token_is_word(&t, "FROM");
    }
    return false;
}
