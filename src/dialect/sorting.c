/* A look at the few tokens behind a word. */
#include "dialect/sorting.h"

#include "dialect/walk.h"

#include <assert.h>

int walk_order_using(struct rewriter *r)
{
    assert(r->postgres && sql_token_is_word(&r->token, "USING"));
    struct sql_token op = walk_peek(r);
    bool less = op.kind == SQL_TOK_OP && str_eq(op.text, STR("<"));
    bool more = op.kind == SQL_TOK_OP && str_eq(op.text, STR(">"));
    if (!less && !more)
        return walk_on(r);
    TRY(walk_replace(r, r->token.at, walk_end(&op), less ? STR("ASC") : STR("DESC")));
    walk_past(r);
    walk_past(r);
    return ST_OK;
}

/* FETCH { FIRST | NEXT } [n] { ROW | ROWS } WITH TIES, where n may stand in brackets. */
int walk_fetch(struct rewriter *r)
{
    assert(r->postgres && sql_token_is_word(&r->token, "FETCH"));
    enum { WORDS_MAX = 8 }; /* with a count like (- 2 + 1) */
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    if (!sql_token_is_word(&t, "FIRST") && !sql_token_is_word(&t, "NEXT"))
        return walk_on(r);
    for (int i = 0; i < WORDS_MAX; i++) {
        (void)sql_lexer_next(&ahead, &t);
        if (!sql_token_is_word(&t, "ROW") && !sql_token_is_word(&t, "ROWS"))
            continue;
        (void)sql_lexer_next(&ahead, &t);
        if (!sql_token_is_word(&t, "WITH"))
            break;
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "FETCH … WITH TIES is not supported");
        r->err->position = str_position(r->edits.sql, t.at);
        return ST_ERR;
    }
    return walk_on(r);
}
