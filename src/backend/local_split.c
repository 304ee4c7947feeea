/* Statements of a text that PostgreSQL's scanner does not take. The engine's parser says how many
 * statements a piece holds, but not where they lie: semicolons outside of strings and comments propose, the
 * parser decides. */
#include "backend/local_split.h"

#include "backend/local_call.h"
#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "sql/token.h"

static int hand_on(struct local_conn *c, struct str sql, size_t from, size_t to,
                   int (*cb)(void *arg, size_t off, size_t len), void *arg, struct err *e)
{
    struct str piece = {sql.p + from, to - from};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(piece));
    if (sql_lexer_next(&l, &t) == SQL_TOK_END)
        return ST_OK;
    size_t n;
    if (engine_count_statements(c->conn, piece, &n, e) != ST_OK) {
        err_shift_position(e, (struct str){sql.p, from});
        return ST_ERR;
    }
    return cb(arg, from + t.at, piece.n - t.at);
}

static int split(struct local_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                 void *arg, struct err *e)
{
    struct local_conn *c;
    struct sql_lexer l;
    struct sql_token t;
    size_t from = 0;
    TRY(local_claim(s, &c, e));
    sql_lexer_init(&l, sql_tokens_of(sql));
    for (;;) {
        enum sql_token_kind kind = sql_lexer_next(&l, &t);
        bool end = kind == SQL_TOK_END || kind == SQL_TOK_BAD;
        if (!end && !sql_token_is(&t, ';'))
            continue;
        size_t to = end ? sql.n : t.at;
        int st = hand_on(c, sql, from, to, cb, arg, e);
        if (st < 0 || end)
            return st;
        from = t.at + 1;
    }
}

int local_split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    local_enter(s, s->on_main ? NULL : s->main);
    int st = split(s, sql, cb, arg, e);
    (void)local_leave(s);
    return st;
}
