/* `tavana gateway`: clients here, the engine in workers. */
#include "cmd/gateway.h"

#include "base/alloc.h"
#include "cmd/front.h"
#include "cmd/rpc_options.h"
#include "route/route.h"

enum { KEPT_FREE = 8 * 1024 * 1024 }; /* rows come in blocks of up to a megabyte */

struct gateway {
    struct process process;
    struct front front;
    struct route *route;
};

static int open_workers(struct gateway *v, struct err *e)
{
    const struct config *c = &v->process.config;
    struct rpc_security security;
    const struct route_options o = {
        .workers = c->workers.items,
        .nworkers = c->workers.n,
        .client = {.channel = {.security = &security, .timeout_ms = c->worker_client_timeout_ms},
                   .gateway = "tavana " TAVANA_VERSION},
    };
    rpc_security_from(&security, c);
    return route_new(&v->route, &o, e);
}

static int start(struct process *p, struct err *e)
{
    struct gateway *v = (struct gateway *)p;
    mem_keep_freed(KEPT_FREE);
    TRY(front_open_listener(&v->front, p, e));
    TRY(open_workers(v, e));
    TRY(process_open_pool(p, e));
    return front_open_sessions(&v->front, route_backend(v->route), e);
}

static void stop(struct process *p)
{
    struct gateway *v = (struct gateway *)p;
    front_close_sessions(&v->front);
    thread_pool_free(p->pool);
    front_free(&v->front);
    route_free(v->route);
}

static int reload(struct process *p, const struct config *next, struct err *e)
{
    return front_reload(&((struct gateway *)p)->front, next, e);
}

static void drain(struct process *p)
{
    front_drain(&((struct gateway *)p)->front);
}

static void gauges(struct process *p, struct ops_gauges *g)
{
    struct gateway *v = (struct gateway *)p;
    struct route_worker_stats w;
    unsigned there = 0, workers = 0;
    while (route_worker_stats(v->route, workers, &w)) {
        workers++;
        there += w.report.there;
    }
    front_gauges(&v->front, g);
    ops_gauge(g, "tavana_gateway_workers", "Workers that are configured", workers);
    ops_gauge(g, "tavana_gateway_workers_attached", "Of these, those that can be reached", there);
}

static int port(const struct process *p)
{
    return front_port(&((const struct gateway *)p)->front);
}

int cmd_gateway(int argc, char **argv)
{
    static const struct process_role role = {
        .role = CONFIG_ROLE_GATEWAY,
        .usage = "Usage: tavana gateway --workers HOST:PORT[,...] [--OPTION VALUE | --set OPTION=VALUE]...\n"
                 "\n"
                 "  --workers HOST:PORT,...  where `tavana worker` listens\n"
                 "  --listen HOST:PORT       where clients connect (127.0.0.1:15432)\n"
                 "  --http HOST:PORT         where /metrics, /health, /ready and /status are; or off\n"
                 "  --config FILE            a file of options\n"
                 "\n"
                 "`tavana options` lists every option, with its environment variable and default.\n",
        .start = start,
        .stop = stop,
        .reload = reload,
        .drain = drain,
        .gauges = gauges,
        .port = port,
    };
    struct gateway v = {0};
    return process_main(&v.process, &role, argc, argv);
}
