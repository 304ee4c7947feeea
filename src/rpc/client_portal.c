/* The gateway's side: portals, but for their rows. */
#include "rpc/client_portal.h"

#include "rpc/client_priv.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "rpc/client_fetch.h"
#include "rpc/client_session.h"
#include "rpc/client_stmt.h"

static struct rpc_portal *portal_new(struct rpc_session *s, struct row_desc *desc)
{
    struct rpc_portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->session = s;
    p->base.desc = desc ? row_desc_ref(desc) : NULL;
    row_batch_init(&p->batch);
    return p;
}

/* Of a portal that the worker does not have. */
static void portal_free(struct rpc_portal *p)
{
    row_desc_unref(p->base.desc);
    row_batch_release(&p->batch);
    mem_free(p);
}

/* The names may be other ones; what the client was told of its rows stays true. */
static int take_columns(struct rpc_portal *p, const Tavana__V1__Columns *m, struct err *e)
{
    struct row_desc *desc;
    if (!m)
        return ST_OK;
    TRY(rpc_check_columns(m, e));
    TRY(rpc_columns_take(m, &desc, e));
    bool same = p->base.desc && row_desc_same_types(p->base.desc, desc);
    if (same) {
        row_desc_unref(p->base.desc);
        p->base.desc = desc;
        return ST_OK;
    }
    row_desc_unref(desc);
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a portal has other columns than its statement");
}

/* Everything of a reply but its error and its id. */
static int take_state(struct rpc_portal *p, const Tavana__V1__PortalReply *m, enum rpc_portal_step step,
                      struct err *e)
{
    TRY(rpc_check_state(m->state, &p->base, step, e));
    TRY(take_columns(p, m->columns, e));
    if (m->again && step != RPC_STEP_PARK)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "there is nothing to be done again");
    rpc_state_take(m->state, &p->base);
    return ST_OK;
}

/* want: the id that it has to have; 0: any but 0, and but other. */
static int take_id(struct rpc_portal *p, uint64_t id, uint64_t want, uint64_t other, struct err *e)
{
    if (want ? id != want : id == 0 || id == other)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a portal has another's id, or none");
    p->id = id;
    return ST_OK;
}

static int checked(const struct rpc_portal *p, int st, struct err *e)
{
    return st == ST_ERR && e->code == SQLSTATE_PROTOCOL_VIOLATION ? rpc_session_lied(p->session, e) : st;
}

static int take_reply(struct rpc_portal *p, const Tavana__V1__PortalReply *m, enum rpc_portal_step step,
                      struct err *e)
{
    TRY(rpc_session_error(p->session, m->error, e));
    TRY(checked(p, take_id(p, m->portal, step == RPC_STEP_OPEN ? 0 : p->id, 0, e), e));
    TRY(checked(p, take_state(p, m, step, e), e));
    return m->again ? ST_AGAIN : ST_OK;
}

static int call(struct rpc_portal *p, enum rpc_method method, const ProtobufCMessage *request,
                enum rpc_portal_step step, struct err *e)
{
    ProtobufCMessage *m;
    TRY(rpc_session_call(p->session, method, request, &m, e));
    int st = take_reply(p, (const Tavana__V1__PortalReply *)m, step, e);
    rpc_message_free(m);
    return st;
}

static int put_params(struct arena *a, const struct backend_param *params, size_t n,
                      Tavana__V1__Parameter ***out, struct err *e)
{
    Tavana__V1__Parameter *all = arena_calloc(a, n, sizeof *all);
    Tavana__V1__Parameter **list = arena_calloc(a, n, sizeof(void *));
    if (n && (!all || !list))
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        union {
            const uint8_t *in;
            uint8_t *out;
        } value = {.in = params[i].data};
        tavana__v1__parameter__init(&all[i]);
        all[i].is_null = params[i].len < 0;
        all[i].format = params[i].format;
        if (params[i].len > 0)
            all[i].value = (ProtobufCBinaryData){(size_t)params[i].len, value.out};
        list[i] = &all[i];
    }
    *out = list;
    return ST_OK;
}

static int open_with(struct rpc_portal *p, const struct rpc_stmt *st, const struct backend_param *params,
                     size_t n, struct arena *a, struct err *e)
{
    Tavana__V1__OpenRequest request;
    tavana__v1__open_request__init(&request);
    request.session = p->session->id;
    request.statement = st->id;
    request.n_parameter = n;
    TRY(put_params(a, params, n, &request.parameter, e));
    request.closed = rpc_take_closed(p->session);
    return call(p, RPC_OPEN, &request.base, RPC_STEP_OPEN, e);
}

int rpc_open(struct backend_session *bs, struct backend_stmt *bst, const struct backend_param *params,
             size_t nparams, struct backend_portal **out, struct err *e)
{
    struct rpc_portal *p = portal_new(rpc_session_of(bs), bst->info.desc);
    struct arena a;
    if (!p)
        return err_oom(e);
    arena_init(&a, RPC_REQUEST_MEMORY);
    int st = open_with(p, (const struct rpc_stmt *)bst, params, nparams, &a, e);
    arena_release(&a);
    if (st == ST_OK)
        *out = &p->base;
    else
        portal_free(p);
    return st;
}

static int put_expected(struct arena *a, const struct backend_portal *p, Tavana__V1__Expected *out,
                        struct err *e)
{
    tavana__v1__expected__init(out);
    out->whole = p->takes_all;
    return rpc_formats_put(a, p, p->expected_formats, &out->n_formats, &out->formats, e);
}

int rpc_start(struct backend_portal *bp, struct err *e)
{
    struct rpc_portal *p = (struct rpc_portal *)bp;
    struct arena a;
    if (bp->started)
        return ST_OK;
    Tavana__V1__PortalRequest request;
    Tavana__V1__Expected expected;
    tavana__v1__portal_request__init(&request);
    request.session = p->session->id;
    request.portal = p->id;
    request.scroll = p->kept = bp->scroll;
    arena_init(&a, RPC_REQUEST_MEMORY);
    int st = bp->expects_formats ? put_expected(&a, bp, &expected, e) : ST_OK;
    if (bp->expects_formats)
        request.expected = &expected;
    if (st == ST_OK)
        st = call(p, RPC_START, &request.base, RPC_STEP_START, e);
    arena_release(&a);
    p->kept |= bp->complete && bp->desc; /* of what changes something all rows are there */
    return st;
}

/* Points in time mean nothing on another machine: the worker is told how much of it is left. */
int rpc_park(struct backend_portal *bp, int64_t until_us, struct err *e)
{
    struct rpc_portal *p = (struct rpc_portal *)bp;
    int64_t left = until_us == CLOCK_NEVER ? -1 : until_us - clock_now_us();
    Tavana__V1__ParkRequest request;
    tavana__v1__park_request__init(&request);
    request.session = p->session->id;
    request.portal = p->id;
    request.limit_us = until_us != CLOCK_NEVER && left < 0 ? 0 : left;
    p->kept = true;
    return call(p, RPC_PARK, &request.base, RPC_STEP_PARK, e);
}

/* Two portals change with one reply: the piece is new, and the one that it was taken of has moved on. */
static int take_slice(struct rpc_portal *p, struct rpc_portal *piece, uint64_t max_rows,
                      const Tavana__V1__PortalReply *m, struct err *e)
{
    TRY(rpc_session_error(p->session, m->error, e));
    TRY(checked(p, take_id(piece, m->portal, 0, p->id, e), e));
    TRY(checked(p, take_state(piece, m, RPC_STEP_SLICED, e), e));
    TRY(checked(p, rpc_check_state(m->source, &p->base, RPC_STEP_PARK, e), e));
    rpc_state_take(m->source, &p->base);
    if (max_rows == 0 || piece->base.rows <= max_rows)
        return ST_OK;
    (void)err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "there are more rows than were asked for");
    return rpc_session_lied(p->session, e);
}

static int slice(struct rpc_portal *p, struct rpc_portal *piece, const struct backend_fetch *how,
                 struct arena *a, struct err *e)
{
    ProtobufCMessage *m;
    Tavana__V1__FetchRequest request;
    TRY(rpc_fetch_request(a, p, how, &request, e));
    TRY(rpc_session_call(p->session, RPC_SLICE, &request.base, &m, e));
    piece->kept = true;
    int st = take_slice(p, piece, how->max_rows, (const Tavana__V1__PortalReply *)m, e);
    rpc_message_free(m);
    return st;
}

int rpc_slice(struct backend_portal *bp, const struct backend_fetch *how, struct backend_portal **out,
              struct err *e)
{
    struct rpc_portal *p = (struct rpc_portal *)bp;
    struct rpc_portal *piece = portal_new(p->session, bp->desc);
    struct arena a;
    if (!piece)
        return err_oom(e);
    arena_init(&a, RPC_REQUEST_MEMORY);
    int st = slice(p, piece, how, &a, e);
    arena_release(&a);
    if (st == ST_OK)
        *out = &piece->base;
    else
        portal_free(piece);
    return st;
}
