/* `tavana gateway`: clients here, the engine in workers. */
#include "cmd/gateway.h"

#include "base/alloc.h"
#include "base/log.h"
#include "cmd/front.h"
#include "cmd/rpc_options.h"
#include "route/route.h"

enum { KEPT_FREE = 8 * 1024 * 1024 }; /* rows come in blocks of up to a megabyte */

struct gateway {
    struct front front;
    struct route *route;
};

/* A worker sent what breaks the contract: it is left out for some time. Logged here, since route/ does
 * not log. */
static void say_thrown_out(void *arg, const char *address, const char *what, int64_t pause_ms)
{
    char text[LOG_QUOTE_MAX];
    (void)arg;
    log_line(LOG_ERROR, "worker_thrown_out", "worker=%s sent=%s pause_ms=%lld", address,
             log_quote(text, what), (long long)pause_ms);
}

static int open_workers(struct gateway *v, struct err *e)
{
    const struct config *c = &v->front.process.config;
    struct rpc_security security;
    const struct route_options o = {
        .workers = {.names = c->workers.items,
                    .nnames = c->workers.n,
                    .pool_size = (unsigned)c->worker_client_pool_size,
                    .resolve_us = c->workers_resolve_interval_ms * 1000,
                    .client = {.channel = {.security = &security,
                                           .timeout_ms = c->worker_client_timeout_ms,
                                           .message_max = (size_t)c->message_size_max},
                               .thrown_out = say_thrown_out,
                               .gateway = "tavana " TAVANA_VERSION}},
        .wait_us = c->stream_wait_ms * 1000,
    };
    rpc_security_from(&security, c);
    return route_new(&v->route, &o, e);
}

static int start_gateway(struct process *p, struct err *e)
{
    struct gateway *v = (struct gateway *)p;
    mem_keep_freed(KEPT_FREE);
    TRY(open_workers(v, e));
    TRY(process_open_pool(p, e));
    return front_open_sessions(&v->front, route_backend(v->route), e);
}

static void stop_gateway(struct process *p)
{
    struct gateway *v = (struct gateway *)p;
    front_close(&v->front);
    route_free(v->route);
}

static int reload(struct process *p, const struct config *next, struct err *e)
{
    struct gateway *v = (struct gateway *)p;
    TRY(front_reload(p, next, e));
    route_set_wait(v->route, next->stream_wait_ms * 1000);
    return ST_OK;
}

/* Of each worker, with its address as a label: name, help, value. */
#define WORKER_GAUGES(X)                                                                                     \
    X("tavana_gateway_worker_attached", "1: it can be reached", w->report.there)                             \
    X("tavana_gateway_worker_draining", "1: it takes nothing new", w->report.draining)                       \
    X("tavana_gateway_worker_running", "Statements of this gateway there", w->running)                       \
    X("tavana_gateway_worker_streams", "Statements of all gateways there", w->report.streams)                \
    X("tavana_gateway_worker_streams_max", "How many it is willing to run", w->report.streams_max)           \
    X("tavana_gateway_worker_sessions", "Sessions of all gateways there", w->report.sessions)                \
    X("tavana_gateway_worker_memory_bytes", "Its resident memory", w->report.memory)                         \
    X("tavana_gateway_worker_memory_max_bytes", "What its engine may use; 0: not known", w->report.memory_max)

static void worker_gauges(struct ops_gauges *g, const struct worker_stats *all, size_t n)
{
    const struct worker_stats *w;
#define X(name, help, value)                                                                                 \
    ops_gauges_head(g, name, help);                                                                          \
    for (w = all; w < all + n; w++)                                                                          \
        ops_gauge_of(g, name, "worker", w->address, (double)(value));
    WORKER_GAUGES(X)
#undef X
}

static void gauges(struct process *p, struct ops_gauges *g)
{
    struct gateway *v = (struct gateway *)p;
    struct worker_stats w[WORKERS_MAX];
    size_t n = workers_stats(route_workers(v->route), w);
    unsigned there = 0, channels = 0, workers = 0;
    for (size_t i = 0; i < n; i++) {
        workers += !w[i].twin;
        channels += w[i].channel;
        there += w[i].report.there && !w[i].twin;
    }
    front_gauges(p, g);
    ops_gauge(g, "tavana_gateway_workers", "Workers that are known", workers);
    ops_gauge(g, "tavana_gateway_workers_attached", "Of these, those that can be reached", there);
    ops_gauge(g, "tavana_gateway_channels", "Channels to workers", channels);
    ops_gauge(g, "tavana_gateway_channels_max", "How many there may be",
              (double)p->config.worker_client_pool_size);
    ops_gauge(g, "tavana_route_quarantined", "Statements that are refused, since workers died under them",
              route_refused(v->route));
    worker_gauges(g, w, n);
}

int cmd_gateway(int argc, char **argv)
{
    static const struct process_role role = {
        .role = CONFIG_ROLE_GATEWAY,
        .name = "gateway",
        .takes = "--workers HOST:PORT[,...]",
        .argument = "--workers HOST:PORT,...",
        .argument_text = "where `tavana worker` listens",
        FRONT_ROLE,
        .start = start_gateway,
        .stop = stop_gateway,
        .reload = reload,
        .gauges = gauges,
    };
    struct gateway v = {0};
    return process_main(&v.front.process, &role, argc, argv);
}
