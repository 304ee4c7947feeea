/* Text and declared types are copied, since the message that they came in is gone when another worker needs
 * them. A statement is prepared there when it is next used, not when the session moves. It lives for as long
 * as the session or a portal refers to it. */
#include "route/route_stmt.h"

#include "route/route_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/route_again.h"
#include "rows/row_desc.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

struct split {
    struct str sql;
    int (*cb)(void *arg, size_t off, size_t len);
    void *arg;
};

static int ask_to_split(struct route_session *s, void *arg, struct err *e)
{
    const struct split *q = arg;
    return s->on->ops->split(s->on, q->sql, q->cb, q->arg, e);
}

int route_split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    struct split q = {.sql = sql, .cb = cb, .arg = arg};
    route_begin(s, NULL, NULL);
    return route_ask(s, ask_to_split, &q, e);
}

static void stmt_unref(struct route_stmt *st)
{
    if (!st)
        return;
    assert(st->refs > 0);
    if (--st->refs > 0)
        return;
    list_remove(&st->link);
    route_suspect_no_more(st->session, st);
    if (st->inner)
        st->session->route->inner->stmt_free(st->inner);
    row_desc_unref(st->base.info.desc);
    mem_free(st->oids);
    mem_free(st->param_oids);
    mem_free(st->tag);
    mem_free((void *)(uintptr_t)st->sql.p);
    account_give(st->memory, st->counted);
    mem_free(st);
}

DEFINE_CLEANUP(struct route_stmt, stmt_unref)

void route_stmt_free(struct backend_stmt *stmt)
{
    stmt_unref((struct route_stmt *)stmt);
}

static int prepare_inner(struct route_session *s, void *arg, struct err *e)
{
    struct route_stmt *st = arg;
    const struct sql_tokens sql = sql_tokens_of(st->sql);
    assert(s->on && !st->inner);
    return s->on->ops->prepare(s->on, &sql, st->oids, st->noids, &st->inner, e);
}

/* The client was told of parameters and columns when it prepared the statement. A worker whose catalog
 * gives it other ones has to be refused as PostgreSQL refuses a plan that went stale. */
int route_stmt_settle(struct route_stmt *st, struct err *e)
{
    struct route_session *s = st->session;
    if (st->inner)
        return ST_OK;
    TRY(prepare_inner(s, st, e));
    const struct row_desc *told = st->base.info.desc, *now = st->inner->info.desc;
    if (!told != !now || (told && !row_desc_same_types(told, now)) ||
        st->inner->info.nparams != st->base.info.nparams) {
        s->route->inner->stmt_free(TAKE_PTR(st->inner)); /* else the next try would take it */
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
    }
    return ST_OK;
}

/* What the client was told stays true when the worker's own statement has gone, so it is copied. */
static int copy_info(struct route_stmt *st, struct err *e)
{
    assert(st->inner);
    const struct backend_stmt_info *info = &st->inner->info;
    TRY(route_count(st->memory, &st->counted, 2 * info->nparams * sizeof *st->param_oids, e));
    st->base.info = *info;
    st->base.info.desc = info->desc ? row_desc_ref(info->desc) : NULL;
    st->param_oids = mem_calloc((size_t)info->nparams + 1, sizeof *st->param_oids);
    st->tag = info->tag ? mem_strdup(info->tag) : NULL;
    st->base.info.tag = st->tag;
    st->base.info.param_oids = st->param_oids;
    if (!st->param_oids || (info->tag && !st->tag))
        return err_oom(e);
    if (info->nparams)
        memcpy(st->param_oids, info->param_oids, info->nparams * sizeof *st->param_oids);
    return ST_OK;
}

static int keep_text(struct route_stmt *st, struct str sql, const uint32_t *oids, size_t noids, struct err *e)
{
    TRY(route_count(st->memory, &st->counted, sizeof *st + sql.n + noids * sizeof *oids, e));
    st->sql = (struct str){mem_strndup(sql.p, sql.n), sql.n};
    st->oids = mem_calloc(noids + 1, sizeof *st->oids);
    if (!st->sql.p || !st->oids)
        return err_oom(e);
    if (noids)
        memcpy(st->oids, oids, noids * sizeof *oids);
    st->noids = noids;
    return ST_OK;
}

int route_prepare(struct backend_session *bs, const struct sql_tokens *sql, const uint32_t *oids,
                  size_t noids, struct backend_stmt **out, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    CLEANUP(stmt_unrefp) struct route_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->refs = 1;
    st->session = s;
    st->memory = s->base.memory;
    list_append(&s->stmts, &st->link);
    TRY(keep_text(st, sql->text, oids, noids, e));
    route_begin(s, st, NULL);
    TRY(route_admit(s, e));
    TRY(route_ask(s, prepare_inner, st, e));
    route_suspect(s, NULL, NULL); /* it was only planned: what runs it says so itself */
    TRY(copy_info(st, e));
    *out = &TAKE_PTR(st)->base;
    return ST_OK;
}
