/* Calls about the session itself and its statements. */
#include "rpc/service_calls.h"

#include "rpc/service_priv.h"

#include "rows/row_desc.h"
#include "rpc/check.h"
#include "rpc/service_session.h"
#include "sql/token.h"

#include <string.h>

int service_configure(struct service_call *c, struct err *e)
{
    const Tavana__V1__ConfigureRequest *m = (const Tavana__V1__ConfigureRequest *)c->request;
    struct backend_session *s = c->session->backend;
    switch (m->change_case) {
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_FORMATS: {
        TRY(rpc_check_formats(m->formats, e));
        const struct backend_settings settings = {
            .time_zone = m->formats->time_zone,
            .extra_float_digits = m->formats->extra_float_digits,
            .bytea_escape = m->formats->bytea_escape,
        };
        return s->ops->apply_settings(s, &settings, e);
    }
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_SEARCH_PATH:
        TRY(rpc_check_name(m->search_path, "search_path", e));
        return s->ops->set_search_path(s, m->search_path, e);
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_RESET: return s->ops->reset(s, e);
    default: return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "ConfigureRequest asks for nothing");
    }
}

/* A transaction's end cannot be cancelled: what the client is told is what is. */
int service_transaction(struct service_call *c, struct err *e)
{
    static const enum backend_tx_op steps[] = {
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN] = BACKEND_TX_BEGIN,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_READ_ONLY] = BACKEND_TX_BEGIN_READ_ONLY,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT] = BACKEND_TX_BEGIN_SNAPSHOT,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT_READ_ONLY] =
            BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__COMMIT] = BACKEND_TX_COMMIT,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__ROLLBACK] = BACKEND_TX_ROLLBACK,
    };
    const Tavana__V1__TransactionRequest *m = (const Tavana__V1__TransactionRequest *)c->request;
    struct backend_session *s = c->session->backend;
    if ((unsigned)m->step >= sizeof steps / sizeof *steps)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "TransactionRequest has an unknown step");
    err_init(e); /* cancelled before it began or while it runs: neither makes a difference */
    return s->ops->tx(s, steps[m->step], e);
}

void service_drop_closed(struct service_session *s, const Tavana__V1__Closed *m)
{
    const struct backend_ops *ops = s->backend->ops;
    if (!m)
        return;
    for (size_t i = 0; i < m->n_portals; i++)
        ops->portal_close(service_take(&s->portals, m->portals[i]));
    for (size_t i = 0; i < m->n_statements; i++) {
        struct backend_stmt *st = service_take(&s->statements, m->statements[i]);
        if (st)
            ops->stmt_free(st);
    }
}

int service_close(struct service_call *c, struct err *e)
{
    (void)c;
    (void)e;
    return ST_OK; /* what it closes every request can, so service.c sees to it */
}

/* ---- statements ---- */

struct pieces {
    struct arena *arena;
    uint64_t *at, *length;
    size_t n, cap;
};

/* Two arrays that grow together: protobuf wants the offsets and the lengths each in one. */
static int add_piece(void *arg, size_t off, size_t len)
{
    struct pieces *p = arg;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        uint64_t *at = arena_calloc(p->arena, cap, sizeof *at);
        uint64_t *length = arena_calloc(p->arena, cap, sizeof *length);
        if (!at || !length)
            return ST_ERR;
        if (p->n) {
            memcpy(at, p->at, p->n * sizeof *at);
            memcpy(length, p->length, p->n * sizeof *length);
        }
        p->at = at;
        p->length = length;
        p->cap = cap;
    }
    p->at[p->n] = off;
    p->length[p->n++] = len;
    return ST_OK;
}

int service_split(struct service_call *c, struct err *e)
{
    const Tavana__V1__SplitRequest *m = (const Tavana__V1__SplitRequest *)c->request;
    struct backend_session *s = c->session->backend;
    struct pieces p = {.arena = &c->arena};
    struct str sql;
    TRY(rpc_check_sql(&m->sql, &sql, e));
    if (s->ops->split(s, sql, add_piece, &p, e) < 0)
        return err_is_set(e) ? ST_ERR : err_oom(e);
    c->reply.split.n_at = c->reply.split.n_length = p.n;
    c->reply.split.at = p.at;
    c->reply.split.length = p.length;
    return ST_OK;
}

static int put_info(struct arena *a, const struct backend_stmt *st, Tavana__V1__PrepareReply *reply,
                    struct err *e)
{
    static const Tavana__V1__PrepareReply__Effect effects[] = {
        [BACKEND_READS] = TAVANA__V1__PREPARE_REPLY__EFFECT__READS,
        [BACKEND_WRITES] = TAVANA__V1__PREPARE_REPLY__EFFECT__WRITES,
        [BACKEND_SESSION] = TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION,
    };
    const struct backend_stmt_info *info = &st->info;
    union {
        const uint32_t *in;
        uint32_t *out;
    } oids = {.in = info->param_oids};
    union {
        const char *in;
        char *out;
    } tag = {.in = info->tag ? info->tag : ""};
    TRY(rpc_columns_put(a, info->returns_rows ? info->desc : NULL, &reply->columns, e));
    reply->effect = effects[info->effect];
    reply->tag = tag.out;
    reply->tag_count = info->tag_count;
    reply->repeats = info->repeats;
    reply->keys = info->keys;
    reply->n_parameter_oids = info->nparams;
    reply->parameter_oids = oids.out;
    return ST_OK;
}

int service_prepare(struct service_call *c, struct err *e)
{
    const Tavana__V1__PrepareRequest *m = (const Tavana__V1__PrepareRequest *)c->request;
    struct service_session *s = c->session;
    const struct backend_ops *ops = s->backend->ops;
    struct backend_stmt *st = NULL;
    struct str sql;
    uint64_t id = 0;
    TRY(rpc_check_sql(&m->sql, &sql, e));
    TRY(rpc_check_parameter_oids(m->n_parameter_oids, e));
    const struct sql_tokens tokens = sql_tokens_of(sql);
    TRY(ops->prepare(s->backend, &tokens, m->parameter_oids, m->n_parameter_oids, &st, e));
    int rc = service_put(&s->statements, st, &id, e);
    if (rc == ST_OK && (rc = put_info(&c->arena, st, &c->reply.prepare, e)) != ST_OK)
        (void)service_take(&s->statements, id);
    if (rc == ST_OK)
        c->reply.prepare.statement = id;
    else
        ops->stmt_free(st);
    return rc;
}
