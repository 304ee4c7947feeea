#include "session/deferred.h"

#include "session/session_priv.h"

#include <assert.h>

void deferred_tell(struct session *s, const struct sql_statement *sql)
{
    struct sql_lexer l;
    struct sql_token t, last = {.kind = SQL_TOK_END};
    bool sets = sql->kind == SQL_SET, found = false;
    assert(sets || sql->kind == SQL_TABLE || sql->kind == SQL_ALTER);
    sql_lexer_init(&l, sql_statement_tokens(sql));
    while (!found && sql_lexer_next(&l, &t) != SQL_TOK_END) {
        found = sql_token_is_word(&t, "DEFERRED") && (sets || sql_token_is_word(&last, "INITIALLY"));
        last = t;
    }
    if (found)
        session_notice(s, REPLY_WARNING, SQLSTATE_WARNING,
                       sets
                           ? "constraints are not deferred: each is checked in its statement"
                           : "INITIALLY DEFERRED is not heeded: the constraint is checked in each statement");
}
