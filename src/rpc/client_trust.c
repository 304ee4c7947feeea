/* A worker that sent what cannot be is thrown out: all that the gateway has there is lost at once, and it is
 * not attached again for a while, which is longer each time. */
#include "rpc/client_trust.h"

#include "rpc/client_priv.h"

#include "base/clock.h"
#include "base/metric.h"
#include "rpc/channel_stream.h"

enum {
    PAUSE_FIRST_MS = 1000,        /* twice as long each time … */
    PAUSE_DOUBLINGS = 8,          /* … up to 256 s */
    FORGIVEN_MS = 10 * 60 * 1000, /* of one that was right for so long it is the first time again */
};

/* With the lock. */
static int64_t next_pause_ms(struct rpc_client *c, int64_t now)
{
    if (c->nlies > 0 && now > c->out_until_us + (int64_t)FORGIVEN_MS * 1000)
        c->nlies = 0;
    unsigned doublings = c->nlies < PAUSE_DOUBLINGS ? c->nlies : PAUSE_DOUBLINGS;
    c->nlies++;
    return (int64_t)PAUSE_FIRST_MS << doublings;
}

void rpc_client_throw_out(struct rpc_client *c, unsigned epoch, const char *what)
{
    int64_t now = clock_now_us(), pause_ms = 0;
    (void)pthread_mutex_lock(&c->lock);
    bool first = atomic_load(&c->epoch) == epoch; /* else it has been thrown out for that already */
    if (first) {
        pause_ms = next_pause_ms(c, now);
        c->out_until_us = now + pause_ms * 1000;
        c->report.there = false;
        atomic_fetch_add(&c->epoch, 1);
        if (c->attached)
            rpc_stream_break(c->attached);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!first)
        return;
    metric_add(METRIC_WORKERS_THROWN_OUT, 1);
    if (c->thrown_out)
        c->thrown_out(c->thrown_out_arg, rpc_channel_address(c->channel), what, pause_ms);
}

bool rpc_client_is_out(struct rpc_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool out = !c->stop && clock_now_us() < c->out_until_us;
    (void)pthread_mutex_unlock(&c->lock);
    return out;
}
