/* `tavana worker`: the engine behind gRPC. */
#include "cmd/worker.h"

#include "backend/local.h"
#include "base/black_box.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/open_engine.h"
#include "cmd/process.h"
#include "cmd/rpc_options.h"
#include "net/listener.h"
#include "rpc/service.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

struct worker_process {
    struct process process;
    struct backend *engine;
    struct rpc_service *service;
};

enum {
    DESCRIPTORS = 4096,
    DRAIN_TICK_MS = 50,
    GIVE_UP_US = 500 * 1000, /* for sessions that shall end: those that have not heard of it are left */
};

/* Nobody but a gateway shall come in. */
static int check_security(const struct config *c, struct err *e)
{
    if (c->rpc_plain || c->rpc_ca_file || c->rpc_token_file)
        return ST_OK;
    for (size_t i = 0; i < c->listen.n; i++) {
        bool public;
        TRY(listener_address_is_public(c->listen.items[i], &public, e));
        if (!public)
            continue;
        (void)err_set(
            e, SQLSTATE_CONFIG_FILE_ERROR,
            "listening on \"%s\" can be reached from other machines, but nothing says who may come in",
            c->listen.items[i]);
        err_hint(e, "Name certificates with rpc_ca_file, rpc_cert_file and rpc_key_file, or a shared "
                    "rpc_token_file.");
        return ST_ERR;
    }
    return ST_OK;
}

/* gRPC opens the sockets itself, in the child. A port that the system picked for an earlier child is the one
 * that gateways know: address with it, in text. */
static const char *with_kept_port(const char *address, char text[static LISTENER_NAME_MAX])
{
    size_t n = strlen(address);
    int port = black_box_port();
    if (port == 0 || n < 2 || strcmp(address + n - 2, ":0") != 0)
        return address;
    (void)snprintf(text, LISTENER_NAME_MAX, "%.*s:%d", (int)(n - 2), address, port);
    return text;
}

static int open_service(struct worker_process *v, struct err *e)
{
    const struct config *c = &v->process.config;
    struct rpc_security security;
    const char *addresses[CONFIG_LIST_MAX];
    char first[LISTENER_NAME_MAX];
    assert(c->listen.n <= CONFIG_LIST_MAX);
    for (size_t i = 0; i < c->listen.n; i++)
        addresses[i] = i == 0 ? with_kept_port(c->listen.items[i], first) : c->listen.items[i];
    const struct rpc_service_options o = {
        .backend = v->engine,
        .server =
            {
                .addresses = addresses,
                .naddresses = c->listen.n,
                .security = &security,
                .silence_ms = c->worker_client_timeout_ms,
                .message_max = (size_t)c->message_size_max,
                .pool = v->process.pool,
            },
        .sessions_max = (unsigned)c->max_connections,
        .streams_max = (unsigned)c->worker_capacity,
        .version = TAVANA_VERSION,
        .memory_max = (uint64_t)c->memory_limit,
        .own_writes = !c->read_only,
    };
    rpc_security_from(&security, c);
    return rpc_service_new(&v->service, &o, e);
}

/* There are no sockets for a parent to keep: gRPC opens them in the child. What can be refused is, all
 * the same. */
static int check(struct process *p, struct err *e)
{
    TRY(check_security(&p->config, e));
    uint64_t limit;
    return process_raise_descriptors(DESCRIPTORS, &limit, e);
}

static int start_worker(struct process *p, struct err *e)
{
    struct worker_process *v = (struct worker_process *)p;
    TRY(open_engine(&v->engine, p, e));
    TRY(process_open_pool(p, e));
    return open_service(v, e);
}

static void stop_worker(struct process *p)
{
    struct worker_process *v = (struct worker_process *)p;
    rpc_service_stop(v->service);
    thread_pool_free(p->pool);
    rpc_service_free(v->service);
    local_backend_free(v->engine);
}

/* What is being committed is waited for, however long that takes. */
static unsigned end_sessions(struct worker_process *v)
{
    int64_t until = clock_now_us() + GIVE_UP_US;
    struct rpc_service_left left;
    rpc_service_stop(v->service);
    while ((left = rpc_service_left(v->service, clock_now_us() >= until)).running > 0)
        (void)poll(NULL, 0, DRAIN_TICK_MS);
    return left.behind;
}

static unsigned drain(struct process *p)
{
    struct worker_process *v = (struct worker_process *)p;
    int64_t until = clock_now_us() + p->config.shutdown_timeout_ms * 1000;
    rpc_service_drain(v->service);
    log_line(LOG_INFO, "draining", "sessions=%u", rpc_service_stats(v->service).sessions);
    while (rpc_service_stats(v->service).sessions > 0 && clock_now_us() < until)
        (void)poll(NULL, 0, DRAIN_TICK_MS);
    return end_sessions(v);
}

static void gauges(struct process *p, struct ops_gauges *g)
{
    struct rpc_service_stats s = rpc_service_stats(((struct worker_process *)p)->service);
    ops_gauge(g, "tavana_worker_gateways", "Gateways that are attached", s.gateways);
    ops_gauge(g, "tavana_worker_sessions", "Their sessions", s.sessions);
    ops_gauge(g, "tavana_worker_streams_max", "Statements that they may run at once",
              (double)p->config.worker_capacity);
    ops_gauge(g, "tavana_worker_streams", "Statements that run for them, and results on their way to them",
              s.streams);
}

static int port(const struct process *p)
{
    return rpc_service_port(((const struct worker_process *)p)->service);
}

int cmd_worker(int argc, char **argv)
{
    static const struct process_role role = {
        .role = CONFIG_ROLE_WORKER,
        .name = "worker",
        OPEN_ENGINE_ARGUMENT,
        .listens_text = "where gateways connect (127.0.0.1:50053)",
        .listen = check,
        .start = start_worker,
        .stop = stop_worker,
        .drain = drain,
        .gauges = gauges,
        .port = port,
    };
    struct worker_process v = {0};
    return process_main(&v.process, &role, argc, argv);
}
