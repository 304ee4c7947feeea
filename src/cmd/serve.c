/* `tavana serve`: clients and engine in one process. Its parts in the order in which they are started and,
 * backwards, ended. */
#include "cmd/serve.h"

#include "backend/local.h"
#include "cmd/front.h"
#include "cmd/open_engine.h"
#include "engine/engine.h"

struct serve {
    struct process process;
    struct front front;
    struct backend *engine;
};

static int listen_for_clients(struct process *p, struct err *e)
{
    return front_open_listener(&((struct serve *)p)->front, p, e);
}

static void forget_sockets(struct process *p)
{
    front_forget_listener(&((struct serve *)p)->front);
}

static int start(struct process *p, struct err *e)
{
    struct serve *v = (struct serve *)p;
    engine_on_death(process_engine_died, p);
    TRY(open_engine(&v->engine, &p->config, e));
    TRY(process_open_pool(p, e));
    return front_open_sessions(&v->front, v->engine, e);
}

static void stop(struct process *p)
{
    struct serve *v = (struct serve *)p;
    front_close_sessions(&v->front);
    thread_pool_free(p->pool);
    front_free(&v->front);
    local_backend_free(v->engine);
}

static int reload(struct process *p, const struct config *next, struct err *e)
{
    return front_reload(&((struct serve *)p)->front, next, e);
}

static unsigned drain(struct process *p)
{
    return front_drain(&((struct serve *)p)->front);
}

static void give_up(struct process *p)
{
    front_give_up(&((struct serve *)p)->front);
}

static void gauges(struct process *p, struct ops_gauges *g)
{
    front_gauges(&((struct serve *)p)->front, g);
}

static int port(const struct process *p)
{
    return front_port(&((const struct serve *)p)->front);
}

int cmd_serve(int argc, char **argv)
{
    static const struct process_role role = {
        .role = CONFIG_ROLE_SERVE,
        .usage = "Usage: tavana serve [DATABASE] [--OPTION VALUE | --set OPTION=VALUE]...\n"
                 "\n"
                 "  DATABASE           a database file; without one the engine is in memory\n"
                 "  --listen HOST:PORT where clients connect (127.0.0.1:15432)\n"
                 "  --http HOST:PORT   where /metrics, /health, /ready and /status are; or off\n"
                 "  --config FILE      a file of options\n"
                 "\n"
                 "`tavana options` lists every option, with its environment variable and default.\n",
        .listen = listen_for_clients,
        .forget_sockets = forget_sockets,
        .start = start,
        .stop = stop,
        .reload = reload,
        .drain = drain,
        .give_up = give_up,
        .gauges = gauges,
        .port = port,
    };
    struct serve v = {0};
    return process_main(&v.process, &role, argc, argv);
}
