/* A text of any number of statements, cut into them. */
#include "session/split.h"

#include "session/session_priv.h"

#include <assert.h>

struct pieces {
    struct str sql;
    struct sql_list list;
    size_t cap;
};

/* A piece that the engine cut off. */
static int add_piece(void *arg, size_t off, size_t len)
{
    struct pieces *p = arg;
    assert(p->list.n <= p->cap);
    if (p->list.n == p->cap)
        return ST_ERR;
    p->list.items[p->list.n++] = (struct sql_statement){.text = {p->sql.p + off, len}, .offset = off};
    return ST_OK;
}

/* What PostgreSQL's scanner does not know is cut by the engine and classified piece by piece. */
static int split_by_engine(struct session *s, struct str sql, struct sql_list *out, struct err *e)
{
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    size_t cap = 1;
    for (size_t i = 0; i < sql.n && cap < SQL_STATEMENTS_MAX; i++)
        cap += sql.p[i] == ';';
    struct pieces p = {.sql = sql, .cap = cap};
    p.list.items = arena_calloc(&s->message_arena, cap, sizeof *p.list.items);
    if (!p.list.items)
        return err_oom(e);
    int rc = engine->ops->split(engine, sql, add_piece, &p, e);
    if (rc < 0)
        return err_is_set(e) ? rc
                             : err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                                       "too many statements in one message (%d)", SQL_STATEMENTS_MAX);
    for (size_t i = 0; i < p.list.n; i++) {
        struct sql_statement piece = p.list.items[i];
        TRY(sql_classify(&s->message_arena, sql_tokens_of(piece.text), &p.list.items[i], e));
        p.list.items[i].offset = piece.offset;
    }
    *out = p.list;
    return ST_OK;
}

int session_split(struct session *s, struct str sql, struct sql_list *out, bool *parsed, struct err *e)
{
    int how = sql_split(&s->message_arena, sql, out, e);
    TRY(how);
    assert(how == ST_OK || how == ST_AGAIN);
    *parsed = how == ST_AGAIN;
    return *parsed ? split_by_engine(s, sql, out, e) : ST_OK;
}
