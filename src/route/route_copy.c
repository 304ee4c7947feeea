/* COPY FROM writes, so it is tied to the worker of its transaction: it enters when it is opened and exits
 * when it is closed, and nothing else of the session runs in between. When the worker is lost, leaving it
 * closes what the COPY has there; the struct stays, and answers 08006 until the session closes it. */
#include "route/route_copy.h"

#include "base/alloc.h"
#include "route/route_again.h"
#include "route/route_place.h"
#include "route/route_priv.h"

#include <assert.h>

static int copy_begin(struct route_session *s, const struct backend_copy_in *in, struct route_copy *c,
                      struct err *e)
{
    TRY(route_may_write(s, e));
    route_ties_wrote(&s->ties);
    s->on->memory = s->base.memory;
    int st = s->on->ops->copy_open(s->on, in, &c->inner, e);
    s->on->memory = NULL;
    if (st != ST_OK)
        (void)route_try_again(s, false, e);
    return st;
}

int route_copy_open(struct backend_session *bs, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    struct route_copy *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    c->session = s;
    route_begin(s, NULL, NULL);
    int st = route_enter(s, false, e);
    if (st == ST_OK && (st = copy_begin(s, in, c, e)) != ST_OK)
        route_exit(s);
    if (st != ST_OK) {
        mem_free(c);
        return st;
    }
    c->base = *c->inner;
    s->copy = c;
    *out = &c->base;
    return ST_OK;
}

/* Rows that went in are part of a transaction that has gone with the worker: nothing is tried again. */
static int copied(struct route_copy *c, int st, struct err *e)
{
    assert(c->session->copy == c);
    c->base.line = c->inner->line;
    if (st < 0)
        (void)route_try_again(c->session, false, e);
    return st;
}

static int copy_lost(struct err *e)
{
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "COPY was lost with its worker");
}

int route_copy_data(struct backend_copy *bc, const void *p, size_t n, struct err *e)
{
    struct route_copy *c = (struct route_copy *)bc;
    return c->inner ? copied(c, c->session->route->inner->copy_data(c->inner, p, n, e), e) : copy_lost(e);
}

int route_copy_settle(struct backend_copy *bc, struct err *e)
{
    struct route_copy *c = (struct route_copy *)bc;
    return c->inner ? copied(c, c->session->route->inner->copy_settle(c->inner, e), e) : copy_lost(e);
}

int route_copy_finish(struct backend_copy *bc, uint64_t *rows, struct err *e)
{
    struct route_copy *c = (struct route_copy *)bc;
    return c->inner ? copied(c, c->session->route->inner->copy_finish(c->inner, rows, e), e) : copy_lost(e);
}

void route_copy_close(struct backend_copy *bc)
{
    struct route_copy *c = (struct route_copy *)bc;
    if (!c)
        return;
    assert(c->session->copy == c && c->session->entered > 0);
    c->session->route->inner->copy_close(c->inner);
    c->session->copy = NULL;
    route_exit(c->session);
    mem_free(c);
}
