/* `tavana gateway`: clients here, the engine in workers. */
#include "cmd/gateway.h"

#include "cmd/front.h"
#include "cmd/rpc_options.h"
#include "rpc/client.h"

struct gateway {
    struct process process;
    struct front front;
    struct rpc_client *worker;
};

static int open_workers(struct gateway *v, struct err *e)
{
    const struct config *c = &v->process.config;
    struct rpc_security security;
    const struct rpc_client_options o = {
        .channel = {.address = c->workers.items[0],
                    .security = &security,
                    .timeout_ms = c->worker_client_timeout_ms},
        .gateway = "gateway",
    };
    rpc_security_from(&security, c);
    return rpc_client_new(&v->worker, &o, e);
}

static int start(struct process *p, struct err *e)
{
    struct gateway *v = (struct gateway *)p;
    TRY(front_open_listener(&v->front, p, e));
    TRY(open_workers(v, e));
    TRY(process_open_pool(p, e));
    return front_open_sessions(&v->front, rpc_client_backend(v->worker), e);
}

static void stop(struct process *p)
{
    struct gateway *v = (struct gateway *)p;
    front_close_sessions(&v->front);
    thread_pool_free(p->pool);
    front_free(&v->front);
    rpc_client_free(v->worker);
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
    front_gauges(&((struct gateway *)p)->front, g);
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
