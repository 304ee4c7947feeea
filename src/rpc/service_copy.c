/* COPY FROM STDIN: a stream of calls' parts into the session's backend. */
#include "rpc/service_copy.h"

#include "rpc/service_priv.h"

#include "base/account.h"
#include "copy/options.h"
#include "rpc/check.h"
#include "rpc/server_call.h"
#include "rpc/service_session.h"
#include "sql/copy.h"
#include "sql/statement.h"

static void on_break(void *arg)
{
    struct service_session *s = arg;
    s->backend->ops->cancel(s->backend);
}

static void copy_reply(const struct service_call *call, const struct backend_copy *c, uint64_t rows, int st,
                       struct err *e)
{
    const struct account *line = call->session->backend->memory;
    Tavana__V1__CopyInReply reply;
    tavana__v1__copy_in_reply__init(&reply);
    Tavana__V1__Error error;
    if (c) {
        reply.columns = c->ncolumns;
        reply.keeps_keys = c->keeps_keys;
        reply.line = c->line;
    }
    reply.rows = rows;
    if (st < 0) {
        rpc_error_put(&error, e);
        reply.error = &error;
        reply.beyond = line && line->refused && e->code == SQLSTATE_OUT_OF_MEMORY;
    }
    (void)rpc_in_send(call->in, &reply.base);
}

/* The gateway has parsed the statement already. It is parsed again here, since nothing that a peer says of
 * tables, columns and options is taken for true. */
static int parse(const Tavana__V1__CopyInOpen *m, struct arena *a, struct sql_copy *out, struct err *e)
{
    struct str text;
    struct sql_statement statement;
    TRY(rpc_check_sql(&m->statement, &text, e));
    TRY(rpc_bytes_text(a, &m->statement, &text, e));
    TRY(sql_classify(a, sql_tokens_of(text), &statement, e));
    if (!sql_copy_is_client(sql_statement_tokens(&statement)))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "CopyIn is for COPY FROM STDIN");
    TRY(sql_parse_copy(a, &statement, out, e));
    return out->from ? ST_OK : err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "CopyIn is for COPY FROM STDIN");
}

static int open_copy(struct service_session *s, const Tavana__V1__CopyInOpen *m, struct arena *a,
                     struct backend_copy **out, struct err *e)
{
    struct sql_copy copy;
    TRY(parse(m, a, &copy, e));
    const struct backend_copy_in in = {
        .table = copy.source,
        .name = copy.table,
        .ncolumns = copy.ncolumns,
        .columns = copy.columns,
        .options = &copy.options,
        .statement = &copy,
    };
    return s->backend->ops->copy_open(s->backend, &in, out, e);
}

/* An error is answered by the caller. */
static int settle(const struct service_call *call, struct backend_copy *c, struct err *e)
{
    TRY(call->session->backend->ops->copy_settle(c, e));
    copy_reply(call, c, 0, ST_OK, e);
    return ST_OK;
}

/* ST_EOF: finished. ST_ERR with e unset: broken off. */
static int next_part(const struct service_call *call, struct backend_copy *c, uint64_t *rows, struct err *e)
{
    const struct backend_ops *ops = call->session->backend->ops;
    ProtobufCMessage *m;
    struct err gone;
    err_init(&gone);
    if (rpc_in_read(call->in, &m, &gone) != ST_OK)
        return ST_ERR;
    const Tavana__V1__CopyInRequest *part = (const Tavana__V1__CopyInRequest *)m;
    int st = ST_OK;
    if (part->part_case == TAVANA__V1__COPY_IN_REQUEST__PART_DATA)
        st = ops->copy_data(c, part->data.data, part->data.len, e);
    else if (part->part_case == TAVANA__V1__COPY_IN_REQUEST__PART_SETTLE)
        st = settle(call, c, e);
    else if (part->part_case == TAVANA__V1__COPY_IN_REQUEST__PART_FINISH)
        st = ops->copy_finish(c, rows, e) == ST_OK ? ST_EOF : ST_ERR;
    else
        st = err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "CopyInRequest has no part that fits");
    rpc_message_free(m);
    return st;
}

int service_copy_in(struct service_call *call, struct err *e)
{
    struct service_session *s = call->session;
    struct rpc_in *in = call->in;
    const Tavana__V1__CopyInOpen *open = (const Tavana__V1__CopyInOpen *)call->request;
    struct account line = {.max = open->memory_left ? (size_t)open->memory_left : SIZE_MAX};
    struct backend_copy *c = NULL;
    uint64_t rows = 0;
    s->backend->memory = &line; /* of all that a session has here this alone counts */
    int st = err_is_set(e) ? ST_ERR : open_copy(s, open, &call->arena, &c, e);
    copy_reply(call, c, 0, st, e);
    if (st == ST_OK) {
        rpc_in_on_break(in, on_break, s);
        while (st == ST_OK)
            st = next_part(call, c, &rows, e);
        rpc_in_on_break(in, NULL, NULL);
        if (st == ST_EOF || err_is_set(e))
            copy_reply(call, c, rows, st, e);
    }
    s->backend->ops->copy_close(c);
    s->backend->memory = NULL;
    return st;
}
