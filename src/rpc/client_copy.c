/* The gateway's side: COPY FROM STDIN. */
#include "rpc/client_copy.h"

#include "rpc/client_priv.h"

#include "base/account.h"
#include "base/alloc.h"
#include "rpc/channel_stream.h"
#include "rpc/client_session.h"
#include "sql/copy.h"

/* Any reply may be an error. The first one that is none opens the COPY, and says how many columns it has. */
static int take(struct rpc_copy *c, const Tavana__V1__CopyInReply *m, uint64_t *rows, struct err *e)
{
    bool opening = !c->is_open && !m->error;
    if (rpc_check_copy_reply(m, opening, c->base.line, e) != ST_OK)
        return rpc_session_lied(c->session, e);
    if (opening) {
        c->base.ncolumns = (uint16_t)m->columns;
        c->base.keeps_keys = m->keeps_keys;
    }
    if (m->line)
        c->base.line = m->line;
    if (rows)
        *rows = m->rows;
    c->is_open = true;
    if (m->error && m->beyond)
        account_refuse(c->memory);
    return rpc_session_error(c->session, m->error, e);
}

static int take_reply(struct rpc_copy *c, uint64_t *rows, struct err *e)
{
    grpc_byte_buffer *b;
    ProtobufCMessage *m;
    int st = rpc_stream_next(c->stream, &b, e);
    if (st != ST_OK)
        return rpc_session_failed(c->session, e);
    st = rpc_unpack(&tavana__v1__copy_in_reply__descriptor, b, &m, e);
    grpc_byte_buffer_destroy(b);
    if (st != ST_OK)
        return rpc_session_failed(c->session, e);
    st = take(c, (const Tavana__V1__CopyInReply *)m, rows, e);
    rpc_message_free(m);
    return st;
}

static int not_asked_for(struct rpc_copy *c, struct err *e)
{
    (void)err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a reply has come that was not asked for");
    return rpc_session_lied(c->session, e);
}

/* Data is not answered one by one, so that a COPY does not wait for the network with each piece. A reply that
 * has come before it was asked for is why the worker takes nothing more. */
static int send(struct rpc_copy *c, const Tavana__V1__CopyInRequest *m, struct err *e)
{
    struct err lost;
    err_init(&lost);
    if (rpc_session_is_void(c->session))
        return rpc_session_lost(c->session, e);
    if (rpc_stream_has_come(c->stream))
        return take_reply(c, NULL, e) == ST_OK ? not_asked_for(c, e) : ST_ERR;
    if (rpc_stream_send(c->stream, &m->base, &lost) == ST_OK)
        return ST_OK;
    if (rpc_was_not_sent(&lost) || take_reply(c, NULL, e) == ST_OK)
        *e = lost;
    return ST_ERR;
}

static int begin(struct rpc_copy *c, struct str text, struct err *e)
{
    union {
        const char *in;
        uint8_t *out;
    } sql = {.in = text.p};
    Tavana__V1__CopyInRequest m;
    tavana__v1__copy_in_request__init(&m);
    Tavana__V1__CopyInOpen open;
    tavana__v1__copy_in_open__init(&open);
    open.session = c->session->id;
    open.statement = (ProtobufCBinaryData){text.n, sql.out};
    size_t left = account_left(c->memory);
    open.memory_left = left ? left : 1;
    m.part_case = TAVANA__V1__COPY_IN_REQUEST__PART_OPEN;
    m.open = &open;
    rpc_session_begin(c->session);
    TRY(rpc_stream_open(&c->stream, c->session->client->channel, RPC_COPY_IN, NULL, &c->session->give_up, e));
    TRY(send(c, &m, e));
    return take_reply(c, NULL, e);
}

int rpc_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                  struct err *e)
{
    struct rpc_copy *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    c->session = rpc_session_of(s);
    c->memory = s->memory;
    int st = begin(c, in->statement->text, e);
    if (st == ST_OK)
        *out = &c->base;
    else
        rpc_copy_close(&c->base);
    return st;
}

int rpc_copy_data(struct backend_copy *bc, const void *p, size_t n, struct err *e)
{
    struct rpc_copy *c = (struct rpc_copy *)bc;
    union {
        const void *in;
        uint8_t *out;
    } data = {.in = p};
    Tavana__V1__CopyInRequest m;
    tavana__v1__copy_in_request__init(&m);
    m.part_case = TAVANA__V1__COPY_IN_REQUEST__PART_DATA;
    m.data = (ProtobufCBinaryData){n, data.out};
    return send(c, &m, e);
}

int rpc_copy_settle(struct backend_copy *bc, struct err *e)
{
    struct rpc_copy *c = (struct rpc_copy *)bc;
    Tavana__V1__CopyInRequest m;
    tavana__v1__copy_in_request__init(&m);
    m.part_case = TAVANA__V1__COPY_IN_REQUEST__PART_SETTLE;
    m.settle = true;
    TRY(send(c, &m, e));
    return take_reply(c, NULL, e);
}

int rpc_copy_finish(struct backend_copy *bc, uint64_t *rows, struct err *e)
{
    struct rpc_copy *c = (struct rpc_copy *)bc;
    Tavana__V1__CopyInRequest m;
    tavana__v1__copy_in_request__init(&m);
    m.part_case = TAVANA__V1__COPY_IN_REQUEST__PART_FINISH;
    m.finish = true;
    TRY(send(c, &m, e));
    return take_reply(c, rows, e);
}

void rpc_copy_close(struct backend_copy *bc)
{
    struct rpc_copy *c = (struct rpc_copy *)bc;
    if (!c)
        return;
    rpc_stream_close(c->stream);
    mem_free(c);
}
