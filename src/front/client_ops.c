#include "front/client_ops.h"

#include "base/clock.h"
#include "front/copy_input.h"
#include "front/front_priv.h"

#include <assert.h>

static struct pg_client *own(struct session_client *base)
{
    struct pg_client *c = list_entry(base, struct pg_client, base);
    assert(c->magic == PG_CLIENT_MAGIC);
    return c;
}

static bool is_waiting(struct session_client *base)
{
    struct pg_client *c = own(base);
    struct err ignored;
    err_init(&ignored);
    return conn_wait_readable(c->conn, session_bell(&c->session), clock_now_us(), &ignored) != ST_AGAIN;
}

static int copy_in(struct session_client *base, struct copy_sink *sink, struct err *e)
{
    return copy_input(own(base), sink, e);
}

static void wake(struct session_client *base)
{
    struct pg_client *c = own(base);
    lot_wake(c->front->wiring.lot, &c->parked);
}

static const char *name(struct session_client *base)
{
    return conn_peer_name(own(base)->conn);
}

static bool is_gone(struct session_client *base)
{
    return conn_peer_gone(own(base)->conn);
}

static void send_held(struct session_client *base, int64_t now_us)
{
    output_send_held(own(base), now_us);
}

static void hang_up(struct session_client *base, const struct err *why, int64_t now_us)
{
    struct pg_client *c = own(base);
    if (why)
        output_last_words(c, why, now_us);
    conn_shutdown(c->conn);
}

static const struct session_client_ops ops = {
    .is_waiting = is_waiting,
    .copy_in = copy_in,
    .wake = wake,
    .name = name,
    .is_gone = is_gone,
    .send_held = send_held,
    .hang_up = hang_up,
};

void client_ops_init(struct pg_client *c)
{
    c->base.ops = &ops;
}
