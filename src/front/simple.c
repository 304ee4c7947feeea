/* The simple query protocol: one Query, any number of statements, one implicit transaction.
 * Source: PostgreSQL manual, 55.2.2. */
#include "front/simple.h"

#include "front/front_priv.h"
#include "rows/row_desc.h"
#include "session/bind.h"
#include "session/cursor.h"
#include "session/execute.h"
#include "session/split.h"

#include <assert.h>

/* FETCH from a BINARY cursor: only here, where no Bind says what the client wants. */
static int take_binary(struct pg_client *c, struct portal *p, struct err *e)
{
    struct row_desc *desc = NULL;
    bool binary;
    TRY(cursor_describe_fetch(&c->session, p->statement, &desc, &binary, e));
    row_desc_unref(desc);
    return binary ? portal_set_formats(p, 1, &(int16_t){1}, e) : ST_OK;
}

/* One statement, from its text to its CommandComplete. is_last: of its Query. */
static int run_one(struct pg_client *c, const struct sql_statement *sql, bool is_last, struct err *e)
{
    struct statement *st;
    struct portal *p = NULL;
    TRY(statement_from(&c->session, "", sql, NULL, 0, &st, e));
    int rc = ST_OK;
    if (statement_nparams(st) > 0)
        rc = err_set(e, SQLSTATE_UNDEFINED_PARAMETER, "there is no parameter $1");
    struct portal *old = rc == ST_OK ? portal_find(&c->session, "") : NULL;
    if (old)
        portal_drop(&c->session, old);
    if (rc == ST_OK)
        rc = portal_new(&c->session, "", st, NULL, 0, false, &p, e);
    if (rc == ST_OK)
        rc = portal_add(&c->session, p, e);
    if (rc < 0) {
        portal_free(&c->session, p);
        statement_free(st);
        return rc;
    }
    p->tells = portal_desc(p) != NULL;
    if (rc == ST_OK && sql->kind == SQL_FETCH)
        rc = take_binary(c, p, e);
    stats_label(&c->session.stats, sql->word);
    bool command = p->kind == PORTAL_COMMAND; /* the engine's positions were counted when it was prepared */
    if (rc == ST_OK)
        rc = portal_execute(&c->session, p, &(struct execution){.ends_query = is_last}, e);
    if (rc < 0 && command)
        sql_shift_position(sql, e);
    if (rc < 0 && (tx_is_block(&c->session) && !tx_has_failed(&c->session)))
        portal_kill(&c->session, p); /* as PostgreSQL: what failed is there until the transaction ends */
    else
        portal_drop_if_there(&c->session, p);
    statement_free(st);
    return rc;
}

/* While rows are copied in, their messages take the place of the one that the statements came in. */
static int keep_text(struct pg_client *c, struct str sql, struct sql_list *list, struct err *e)
{
    bool copies = false;
    for (size_t i = 0; i < list->n && list->n > 1; i++)
        copies |= list->items[i].kind == SQL_COPY;
    if (!copies)
        return ST_OK;
    const char *text = arena_strndup(&c->session.message_arena, sql.p, sql.n);
    if (!text)
        return err_oom(e);
    for (size_t i = 0; i < list->n; i++)
        list->items[i].text.p = text + (list->items[i].text.p - sql.p);
    session_query_is(&c->session, (struct str){text, sql.n});
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

static int run_all(struct pg_client *c, const struct sql_list *list, struct err *e)
{
    size_t last = last_of(list);
    assert(list->n > 0 && last < list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (list->n > 1)
            TRY(tx_implicit_begin(&c->session, e));
        if (i > 0)
            session_next_statement(&c->session);
        TRY(run_one(c, &list->items[i], i == last, e));
        TRY(output_flush_full(c, e));
    }
    return ST_OK;
}

int simple_query(struct pg_client *c, struct str sql, struct err *e)
{
    struct sql_list list = {0};
    struct statement *unnamed = statement_find(&c->session, "");
    session_query_is(&c->session, sql);
    if (unnamed)
        statement_drop(&c->session, unnamed);
    bool parsed; /* what the engine has split it has parsed */
    TRY(session_split(&c->session, sql, &list, &parsed, e));
    if (list.n == 0 || (list.n == 1 && list.items[0].kind == SQL_EMPTY)) {
        c->reply.base.ops->empty(&c->reply.base);
        return tx_implicit_commit(&c->session, e);
    }
    for (size_t i = 0; list.n > 1 && i < list.n && !parsed; i++)
        TRY(statement_check_syntax(&c->session, &list.items[i], e));
    TRY(keep_text(c, sql, &list, e));
    TRY(run_all(c, &list, e));
    return tx_implicit_commit(&c->session, e);
}
