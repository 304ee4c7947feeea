/* `tavana serve`: clients and engine in one process. Its parts in the order in which they are started and,
 * backwards, ended. */
#include "cmd/serve.h"

#include "backend/local.h"
#include "cmd/front.h"
#include "cmd/open_engine.h"

struct serve {
    struct front front;
    struct backend *engine;
};

static int start_serve(struct process *p, struct err *e)
{
    struct serve *v = (struct serve *)p;
    TRY(open_engine(&v->engine, p, e));
    TRY(process_open_pool(p, e));
    return front_open_sessions(&v->front, v->engine, e);
}

static void stop_serve(struct process *p)
{
    struct serve *v = (struct serve *)p;
    front_close(&v->front);
    local_backend_free(v->engine);
}

int cmd_serve(int argc, char **argv)
{
    static const struct process_role role = {
        .role = CONFIG_ROLE_SERVE,
        .name = "serve",
        OPEN_ENGINE_ARGUMENT,
        FRONT_ROLE,
        .start = start_serve,
        .stop = stop_serve,
        .reload = front_reload,
        .give_up = front_give_up,
        .gauges = front_gauges,
    };
    struct serve v = {0};
    return process_main(&v.front.process, &role, argc, argv);
}
