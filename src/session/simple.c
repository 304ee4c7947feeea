/* The simple query protocol: one Query, any number of statements, one implicit transaction.
 * Source: PostgreSQL manual, 55.2.2. */
#include "session/simple.h"

#include "base/alloc.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <string.h>

struct pieces {
    struct session *s;
    struct str sql;
    struct sql_list list;
    size_t cap;
};

/* A piece that the engine cut off. */
static int add_piece(void *arg, size_t off, size_t len)
{
    struct pieces *p = arg;
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
    struct pieces p = {.s = s, .sql = sql, .cap = cap};
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
        TRY(sql_classify(&s->message_arena, piece.text, &p.list.items[i], e));
        p.list.items[i].offset = piece.offset;
    }
    *out = p.list;
    return ST_OK;
}

/* FETCH from a BINARY cursor: only here, where no Bind says what the client wants. */
static int take_binary(struct session *s, struct portal *p, struct err *e)
{
    struct row_desc *desc = NULL;
    bool binary;
    TRY(cursor_describe_fetch(s, &p->sql, &desc, &binary, e));
    row_desc_unref(desc);
    return binary ? portal_set_formats(p, 1, &(int16_t){1}, e) : ST_OK;
}

/* One statement, from its text to its CommandComplete. */
static int run_one(struct session *s, const struct sql_statement *sql, struct err *e)
{
    struct statement *st;
    struct portal *p = NULL;
    TRY(statement_from(s, "", sql, NULL, 0, &st, e));
    int rc = ST_OK;
    if (statement_nparams(st) > 0)
        rc = err_set(e, SQLSTATE_UNDEFINED_PARAMETER, "there is no parameter $1");
    struct portal *old = rc == ST_OK ? portal_find(s, "") : NULL;
    if (old)
        portal_drop(s, old);
    if (rc == ST_OK)
        rc = portal_new(s, "", st, NULL, 0, false, &p, e);
    if (rc == ST_OK)
        rc = portal_add(s, p, e);
    if (rc < 0) {
        portal_free(s, p);
        statement_free(st);
        return rc;
    }
    p->tells = portal_desc(p) != NULL;
    if (rc == ST_OK && sql->kind == SQL_FETCH)
        rc = take_binary(s, p, e);
    session_label(s, sql->word);
    bool command = p->kind == PORTAL_COMMAND; /* the engine's positions were counted when it was prepared */
    if (rc == ST_OK)
        rc = portal_execute(s, p, 0, false, e);
    if (rc < 0 && command)
        statement_shift_position(sql, e);
    if (rc < 0 && s->tx == TX_BLOCK)
        portal_kill(s, p); /* as PostgreSQL: what failed is there until the transaction ends */
    else
        portal_drop_if_there(s, p);
    statement_free(st);
    return rc;
}

/* While rows are copied in, their messages take the place of the one that the statements came in. */
static int keep_text(struct session *s, struct str sql, struct sql_list *list, struct err *e)
{
    bool copies = false;
    for (size_t i = 0; i < list->n && list->n > 1; i++)
        copies |= list->items[i].kind == SQL_COPY;
    if (!copies)
        return ST_OK;
    const char *text = arena_strndup(&s->message_arena, sql.p, sql.n);
    if (!text)
        return err_oom(e);
    for (size_t i = 0; i < list->n; i++)
        list->items[i].text.p = text + (list->items[i].text.p - sql.p);
    s->query.p = text;
    return ST_OK;
}

/* The last one that is not empty. */
static size_t last_of(const struct sql_list *list)
{
    size_t n = list->n;
    while (n > 1 && list->items[n - 1].kind == SQL_EMPTY)
        n--;
    return n - 1;
}

static int run_all(struct session *s, const struct sql_list *list, struct err *e)
{
    size_t last = last_of(list);
    for (size_t i = 0; i < list->n; i++) {
        if (list->n > 1)
            TRY(tx_implicit_begin(s, e));
        if (i > 0)
            session_next_statement(s);
        s->ends_query = i == last;
        int rc = run_one(s, &list->items[i], e);
        s->ends_query = false;
        TRY(rc);
        TRY(session_flush_full(s, e));
    }
    return ST_OK;
}

int simple_query(struct session *s, struct str sql, struct err *e)
{
    struct sql_list list = {0};
    struct statement *unnamed = statement_find(s, "");
    s->query = sql;
    if (unnamed)
        statement_drop(s, unnamed);
    int how = sql_split(&s->message_arena, sql, &list, e);
    TRY(how);
    if (how == ST_AGAIN)
        TRY(split_by_engine(s, sql, &list, e));
    if (list.n == 0 || (list.n == 1 && list.items[0].kind == SQL_EMPTY)) {
        s->reply->ops->empty(s->reply);
        return tx_implicit_commit(s, e);
    }
    for (size_t i = 0; list.n > 1 && i < list.n && how == ST_OK;
         i++) /* what the engine has split it has parsed */
        TRY(statement_check_syntax(s, &list.items[i], e));
    TRY(keep_text(s, sql, &list, e));
    TRY(run_all(s, &list, e));
    return tx_implicit_commit(s, e);
}
