/* The gateway's side: statements, and what is closed. */
#include "rpc/client_stmt.h"

#include "rpc/client_priv.h"

#include "base/alloc.h"
#include "rpc/check.h"
#include "rpc/client_session.h"
#include "sql/token.h"

#include <string.h>

static ProtobufCBinaryData lent(struct str s)
{
    union {
        const char *in;
        uint8_t *out;
    } u = {.in = s.p};
    return (ProtobufCBinaryData){s.n, u.out};
}

/* Nobody waits for the close of a statement or portal: ids go along with the next call, or by themselves when
 * there are RPC_CLOSED_MAX of them. */
Tavana__V1__Closed *rpc_take_closed(struct rpc_session *s)
{
    if (s->nclosed_statements + s->nclosed_portals == 0)
        return NULL;
    tavana__v1__closed__init(&s->closed);
    s->closed.n_statements = s->nclosed_statements;
    s->closed.statements = s->closed_statements;
    s->closed.n_portals = s->nclosed_portals;
    s->closed.portals = s->closed_portals;
    s->nclosed_statements = s->nclosed_portals = 0;
    return &s->closed;
}

/* ---- statements ---- */

static int each_piece(struct rpc_session *s, const Tavana__V1__SplitReply *m, size_t n,
                      int (*cb)(void *arg, size_t off, size_t len), void *arg, struct err *e)
{
    TRY(rpc_session_error(s, m->error, e));
    if (rpc_check_split(m, n, e) != ST_OK)
        return rpc_session_lied(s, e);
    for (size_t i = 0; i < m->n_at; i++) {
        int st = cb(arg, (size_t)m->at[i], (size_t)m->length[i]);
        if (st < 0)
            return st;
    }
    return ST_OK;
}

int rpc_split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
              void *arg, struct err *e)
{
    struct rpc_session *s = rpc_session_of(bs);
    ProtobufCMessage *m;
    Tavana__V1__SplitRequest request;
    tavana__v1__split_request__init(&request);
    request.session = s->id;
    request.sql = lent(sql);
    TRY(rpc_session_call(s, RPC_SPLIT, &request.base, &m, e));
    int st = each_piece(s, (const Tavana__V1__SplitReply *)m, sql.n, cb, arg, e);
    rpc_message_free(m);
    return st;
}

static void stmt_release(struct rpc_stmt *st)
{
    row_desc_unref(st->base.info.desc);
    mem_free(st->oids);
    mem_free(st->tag);
    mem_free(st);
}

/* Copies what the reply says: the message ends with the call. */
static int take_info(struct rpc_stmt *st, const Tavana__V1__PrepareReply *m, struct err *e)
{
    static const enum backend_effect effects[] = {
        [TAVANA__V1__PREPARE_REPLY__EFFECT__READS] = BACKEND_READS,
        [TAVANA__V1__PREPARE_REPLY__EFFECT__WRITES] = BACKEND_WRITES,
        [TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION] = BACKEND_SESSION,
    };
    struct backend_stmt_info *info = &st->base.info;
    TRY(rpc_session_error(st->session, m->error, e));
    if (rpc_check_prepared(m, e) != ST_OK)
        return rpc_session_lied(st->session, e);
    st->id = m->statement;
    info->effect = effects[m->effect];
    info->tag_count = m->tag_count;
    info->repeats = m->repeats;
    info->keys = m->keys;
    info->returns_rows = m->columns != NULL;
    info->nparams = (uint16_t)m->n_parameter_oids;
    st->oids = mem_calloc(m->n_parameter_oids + 1, sizeof *st->oids);
    st->tag = *m->tag ? mem_strdup(m->tag) : NULL;
    if (!st->oids || (*m->tag && !st->tag))
        return err_oom(e);
    if (m->n_parameter_oids)
        memcpy(st->oids, m->parameter_oids, m->n_parameter_oids * sizeof *st->oids);
    info->param_oids = st->oids;
    info->tag = st->tag;
    return rpc_columns_take(m->columns, &info->desc, e);
}

int rpc_prepare(struct backend_session *bs, const struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                struct backend_stmt **out, struct err *e)
{
    struct rpc_session *s = rpc_session_of(bs);
    union {
        const uint32_t *in;
        uint32_t *out;
    } types = {.in = oids};
    ProtobufCMessage *m;
    Tavana__V1__PrepareRequest request;
    tavana__v1__prepare_request__init(&request);
    request.session = s->id;
    request.sql = lent(sql->text);
    request.n_parameter_oids = noids;
    request.parameter_oids = types.out;
    request.closed = rpc_take_closed(s);
    struct rpc_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->session = s;
    int rc = rpc_session_call(s, RPC_PREPARE, &request.base, &m, e);
    if (rc == ST_OK) {
        rc = take_info(st, (const Tavana__V1__PrepareReply *)m, e);
        rpc_message_free(m);
    }
    if (rc != ST_OK) {
        stmt_release(st);
        return rc;
    }
    *out = &st->base;
    return ST_OK;
}

static void close_now(struct rpc_session *s)
{
    struct err ignored;
    if (s->lost) {
        s->nclosed_statements = s->nclosed_portals = 0;
        return;
    }
    Tavana__V1__CloseRequest request;
    tavana__v1__close_request__init(&request);
    request.session = s->id;
    request.closed = rpc_take_closed(s);
    err_init(&ignored);
    (void)rpc_session_do(s, RPC_CLOSE, &request.base, &ignored);
}

void rpc_stmt_free(struct backend_stmt *bst)
{
    struct rpc_stmt *st = (struct rpc_stmt *)bst;
    struct rpc_session *s = st->session;
    if (s->nclosed_statements == RPC_CLOSED_MAX)
        close_now(s);
    s->closed_statements[s->nclosed_statements++] = st->id;
    stmt_release(st);
}

/* What runs is stopped before the session goes on: it may be in the way of what comes next. */
void rpc_portal_close(struct backend_portal *bp)
{
    struct rpc_portal *p = (struct rpc_portal *)bp;
    if (!p)
        return;
    struct rpc_session *s = p->session;
    if (s->nclosed_portals == RPC_CLOSED_MAX)
        close_now(s);
    s->closed_portals[s->nclosed_portals++] = p->id;
    if (bp->started && bp->desc && (!bp->complete || p->kept))
        close_now(s);
    row_desc_unref(bp->desc);
    row_batch_release(&p->batch);
    mem_free(p);
}
