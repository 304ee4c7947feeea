/* Calls about portals, but for their rows. */
#include "rpc/service_portal.h"

#include "rpc/service_priv.h"

#include "base/clock.h"
#include "rows/row_desc.h"
#include "rpc/check.h"
#include "rpc/service_rows.h"
#include "rpc/service_session.h"

/* How the portal is now, also when the call has failed. told: what the gateway knows of its columns. */
static int put_portal(struct service_call *c, int st, uint64_t id, const struct backend_portal *p,
                      const struct row_desc *told, struct err *e)
{
    Tavana__V1__PortalReply *reply = &c->reply.portal;
    reply->portal = id;
    reply->again = st == ST_AGAIN;
    rpc_state_put(&c->state, p);
    reply->state = &c->state;
    if (st >= 0 && p->desc != told)
        TRY(rpc_columns_put(&c->arena, p->desc, &reply->columns, e));
    return st < 0 ? ST_ERR : ST_OK;
}

static int bind(struct service_call *c, const Tavana__V1__OpenRequest *m, struct backend_stmt *st,
                struct backend_portal **out, struct err *e)
{
    struct backend_session *s = c->session->backend;
    struct backend_param *params = arena_calloc(&c->arena, m->n_parameter + 1, sizeof *params);
    if (!params)
        return err_oom(e);
    for (size_t i = 0; i < m->n_parameter; i++) {
        const Tavana__V1__Parameter *v = m->parameter[i];
        params[i] = (struct backend_param){v->value.len ? v->value.data : (const uint8_t *)"",
                                           v->is_null ? -1 : (int32_t)v->value.len, (int16_t)v->format};
    }
    return s->ops->open(s, st, params, m->n_parameter, out, e);
}

int service_open(struct service_call *c, struct err *e)
{
    const Tavana__V1__OpenRequest *m = (const Tavana__V1__OpenRequest *)c->request;
    struct service_session *s = c->session;
    struct backend_portal *p;
    uint64_t id = 0;
    struct backend_stmt *st = service_find(&s->statements, m->statement);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "the worker has no statement %llu",
                       (unsigned long long)m->statement);
    TRY(rpc_check_parameters(m->parameter, m->n_parameter, e));
    TRY(bind(c, m, st, &p, e));
    if (service_put(&s->portals, p, &id, e) < 0) {
        s->backend->ops->portal_close(p);
        return ST_ERR;
    }
    return put_portal(c, ST_OK, id, p, st->info.desc, e);
}

/* A second start does nothing, whatever it asks for. */
int service_start(struct service_call *c, struct err *e)
{
    const Tavana__V1__PortalRequest *m = (const Tavana__V1__PortalRequest *)c->request;
    struct service_session *s = c->session;
    struct backend_portal *p = service_portal(s, m->portal, e);
    if (!p)
        return ST_ERR;
    const struct row_desc *told = p->desc;
    int st = ST_OK;
    if (!p->started) {
        p->scroll = m->scroll;
        st = service_expect(p, m->expected, &c->arena, e);
    }
    if (st == ST_OK)
        st = s->backend->ops->start(p, e);
    p->expected_formats = NULL; /* were lent for the start */
    return put_portal(c, st, m->portal, p, told, e);
}

static int not_started(struct err *e)
{
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "the portal was not started");
}

/* When so many microseconds have passed; negative: never. */
static int64_t deadline(int64_t limit_us)
{
    int64_t now = clock_now_us();
    return limit_us < 0 || limit_us > CLOCK_NEVER - now ? CLOCK_NEVER : now + limit_us;
}

int service_park(struct service_call *c, struct err *e)
{
    const Tavana__V1__ParkRequest *m = (const Tavana__V1__ParkRequest *)c->request;
    struct backend_portal *p = service_portal(c->session, m->portal, e);
    if (!p)
        return ST_ERR;
    if (!p->started)
        return not_started(e);
    int st = c->session->backend->ops->park(p, deadline(m->limit_us), e);
    return put_portal(c, st, m->portal, p, p->desc, e);
}

int service_slice(struct service_call *c, struct err *e)
{
    const Tavana__V1__FetchRequest *m = (const Tavana__V1__FetchRequest *)c->request;
    struct service_session *s = c->session;
    struct service_fetched f;
    struct backend_portal *piece;
    uint64_t id = 0;
    struct backend_portal *p = service_portal(s, m->portal, e);
    if (!p)
        return ST_ERR;
    if (m->skip || m->copy || m->passed_rows)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "Slice takes rows as they are");
    TRY(service_take_fetch(&f, m, p, &c->arena, e));
    int st = s->backend->ops->slice(p, &f.how, &piece, e);
    rpc_state_put(&c->source, p);
    c->reply.portal.source = &c->source;
    TRY(st);
    if (service_put(&s->portals, piece, &id, e) < 0) {
        s->backend->ops->portal_close(piece);
        return ST_ERR;
    }
    return put_portal(c, ST_OK, id, piece, p->desc, e);
}
