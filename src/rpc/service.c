/* The worker's side: the service itself, and how every call is opened and closed. */
#include "rpc/service_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "rpc/server_call.h"
#include "rpc/service_attach.h"
#include "rpc/service_call.h"
#include "rpc/service_calls.h"
#include "rpc/service_copy.h"
#include "rpc/service_portal.h"
#include "rpc/service_rows.h"
#include "rpc/service_session.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

DEFINE_CLEANUP(struct rpc_service, rpc_service_free)

/* Nobody knows who asks: is told of the whole worker. */
static int service_health(struct service_call *c, struct err *e)
{
    const Grpc__Health__V1__HealthCheckRequest *m = (const Grpc__Health__V1__HealthCheckRequest *)c->request;
    (void)e;
    if (m && *m->service && strcmp(m->service, "tavana.v1.Worker") != 0) {
        service_refuse(c, GRPC_STATUS_NOT_FOUND, "no such service");
        return ST_ERR;
    }
    c->reply.health.status = atomic_load(&c->service->draining)
                                 ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                                 : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    return ST_OK;
}

/* ---- what calls have in common ---- */

/* How the calls of a method are opened and closed. A new method is a line in the table below, and its
 * body. */
struct service_method {
    service_body run;
    /* Of one that sends its messages itself, the last thing that it says, when the session does not count as
     * running any more: how it went. NULL: nothing. */
    void (*last)(struct service_call *c, int st, struct err *e);
    bool of_session;     /* its request begins with a session, which it has for itself until it ends */
    bool runs;           /* counts as a statement that runs: reports say how many do */
    bool even_cancelled; /* has to run although it was cancelled before it began; e says that it was */
    bool of_anybody;     /* Health: whoever calls is answered */
    size_t closed_at;    /* where its request names statements and portals that are closed; 0: nowhere */
};

static const struct service_method methods[RPC_METHOD_COUNT] = {
    [RPC_HEALTH] = {.run = service_health, .of_anybody = true},
    [RPC_ATTACH] = {.run = service_attach},
    [RPC_OPEN_SESSION] = {.run = service_open_session},
    [RPC_CLOSE_SESSION] = {.run = service_close_session},
    [RPC_CANCEL] = {.run = service_cancel},
    [RPC_CLOSE] = {.run = service_close,
                   .of_session = true,
                   .even_cancelled = true,
                   .closed_at = offsetof(Tavana__V1__CloseRequest, closed)},
    [RPC_CONFIGURE] = {.run = service_configure, .of_session = true, .even_cancelled = true},
    [RPC_TRANSACTION] = {.run = service_transaction, .of_session = true, .even_cancelled = true},
    [RPC_SPLIT] = {.run = service_split, .of_session = true},
    [RPC_PREPARE] = {.run = service_prepare,
                     .of_session = true,
                     .closed_at = offsetof(Tavana__V1__PrepareRequest, closed)},
    [RPC_OPEN] = {.run = service_open,
                  .of_session = true,
                  .closed_at = offsetof(Tavana__V1__OpenRequest, closed)},
    [RPC_START] = {.run = service_start, .of_session = true, .runs = true},
    [RPC_PARK] = {.run = service_park, .of_session = true},
    [RPC_SLICE] = {.run = service_slice, .of_session = true},
    [RPC_FETCH] = {.run = service_fetch, .last = service_send_trailer, .of_session = true, .runs = true},
    [RPC_COPY_IN] = {.run = service_copy_in, .of_session = true, .runs = true, .even_cancelled = true},
};

static const enum rpc_shape shapes[] = {
#define X(symbol, path, request, reply, shape) shape,
    RPC_METHODS(X)
#undef X
};

static const ProtobufCMessageDescriptor *const replies[] = {
#define X(symbol, path, request, reply, shape) &reply##__descriptor,
    RPC_METHODS(X)
#undef X
};

/* What requests of sessions begin with. */
struct any_request {
    ProtobufCMessage base;
    uint64_t session;
};

#define BEGINS_WITH_SESSION(type)                                                                            \
    _Static_assert(offsetof(type, session) == offsetof(struct any_request, session), "as any_request")
BEGINS_WITH_SESSION(Tavana__V1__ConfigureRequest);
BEGINS_WITH_SESSION(Tavana__V1__TransactionRequest);
BEGINS_WITH_SESSION(Tavana__V1__CloseRequest);
BEGINS_WITH_SESSION(Tavana__V1__SplitRequest);
BEGINS_WITH_SESSION(Tavana__V1__PrepareRequest);
BEGINS_WITH_SESSION(Tavana__V1__OpenRequest);
BEGINS_WITH_SESSION(Tavana__V1__PortalRequest);
BEGINS_WITH_SESSION(Tavana__V1__ParkRequest);
BEGINS_WITH_SESSION(Tavana__V1__FetchRequest);
BEGINS_WITH_SESSION(Tavana__V1__CopyInOpen);

#define BEGINS_WITH_ERROR(type)                                                                              \
    _Static_assert(offsetof(type, error) == offsetof(struct service_any_reply, error), "as any_reply")
BEGINS_WITH_ERROR(Tavana__V1__Reply);
BEGINS_WITH_ERROR(Tavana__V1__OpenSessionReply);
BEGINS_WITH_ERROR(Tavana__V1__SplitReply);
BEGINS_WITH_ERROR(Tavana__V1__PrepareReply);
BEGINS_WITH_ERROR(Tavana__V1__PortalReply);

/* The first message of a stream names the session; *kept is to be freed after the call. */
static bool take_first(struct service_call *c, ProtobufCMessage **kept, struct err *e)
{
    if (rpc_in_read(c->in, kept, e) != ST_OK) {
        rpc_finish(c->in);
        return false;
    }
    const Tavana__V1__CopyInRequest *m = (const Tavana__V1__CopyInRequest *)*kept;
    if (m->part_case != TAVANA__V1__COPY_IN_REQUEST__PART_OPEN) {
        service_refuse(c, GRPC_STATUS_INVALID_ARGUMENT, "CopyIn begins with open");
        return false;
    }
    c->request = &m->open->base;
    return true;
}

static bool take_request(struct service_call *c, ProtobufCMessage **kept, struct err *e)
{
    ProtobufCMessage *request;
    const enum rpc_method method = rpc_in_method(c->in);
    if (shapes[method] == RPC_BOTH_STREAM)
        return take_first(c, kept, e);
    if (methods[method].of_anybody && !rpc_in_has_request(c->in))
        return true;
    if (rpc_in_request(c->in, &request, e) < 0) {
        service_refuse(c, GRPC_STATUS_INVALID_ARGUMENT, e->message);
        return false;
    }
    c->request = request;
    return true;
}

/* A call that was cancelled before it began has e set then. */
static bool enter(struct service_call *c, const struct service_method *m, struct err *e)
{
    if (!m->of_session || !c->request)
        return true;
    c->session = service_enter(c->service, c->in, ((const struct any_request *)c->request)->session, e);
    return c->session != NULL;
}

/* Statements and portals that the request says are closed, whatever becomes of the call itself. */
static void drop_closed(const struct service_call *c, const struct service_method *m)
{
    if (!m->closed_at)
        return;
    const char *request = (const char *)c->request;
    service_drop_closed(c->session, *(Tavana__V1__Closed *const *)(const void *)(request + m->closed_at));
}

static int run(struct service_call *c, const struct service_method *m, struct err *e)
{
    drop_closed(c, m);
    if (m->runs)
        service_begin(c->service, c->session);
    int st = err_is_set(e) && !m->even_cancelled ? ST_ERR : m->run(c, e);
    if (m->runs)
        service_end(c->service, c->session);
    return st;
}

static void reply(struct service_call *c, int st, struct err *e)
{
    if (st < 0) {
        rpc_error_put(&c->error, e);
        c->reply.any.error = &c->error;
    }
    rpc_reply(c->in, &c->reply.base);
    if (c->session)
        service_leave(c->service, NULL, c->session);
}

static void finish(struct service_call *c, const struct service_method *m, int st, struct err *e)
{
    if (m->last)
        m->last(c, st, e);
    if (c->session)
        service_leave(c->service, c->in, c->session);
    rpc_finish(c->in);
}

/* The handler of every method. */
static void on_call(void *arg, struct rpc_in *in)
{
    struct err e;
    ProtobufCMessage *first = NULL;
    struct service_call c = {.service = arg, .in = in};
    const enum rpc_method method = rpc_in_method(in);
    const struct service_method *m = &methods[method];
    const bool has_reply = shapes[method] == RPC_UNARY;
    err_init(&e);
    if (take_request(&c, &first, &e) && enter(&c, m, &e)) {
        arena_init(&c.arena, SERVICE_REQUEST_MEMORY);
        if (has_reply)
            protobuf_c_message_init(replies[method], &c.reply.base);
        const int st = run(&c, m, &e);
        if (!c.refused && has_reply)
            reply(&c, st, &e);
        else if (!c.refused)
            finish(&c, m, st, &e);
        arena_release(&c.arena);
    }
    rpc_message_free(first);
}

/* ---- the service ---- */

enum { REPORT_EVERY_US = 1000 * 1000 };

static void make_id(struct rpc_service *v)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint64_t)clock_now_us();
    (void)snprintf(v->id, sizeof v->id, "%016llx", (unsigned long long)random);
}

int rpc_service_new(struct rpc_service **out, const struct rpc_service_options *o, struct err *e)
{
    CLEANUP(rpc_service_freep) struct rpc_service *v = mem_calloc(1, sizeof *v);
    if (!v)
        return err_oom(e);
    list_init(&v->leases);
    list_init(&v->alive);
    (void)pthread_mutex_init(&v->lock, NULL);
    v->backend = o->backend;
    v->version = o->version;
    v->report_us = o->report_us > 0 ? o->report_us : REPORT_EVERY_US;
    v->memory_max = o->memory_max;
    v->own_writes = o->own_writes;
    v->streams_max = o->streams_max;
    v->sessions_max = o->sessions_max;
    make_id(v);
    TRY(service_sessions_init(v, e));
    struct rpc_server_options server = o->server;
    server.arg = v;
    server.sessions_max = o->sessions_max;
    for (size_t i = 0; i < RPC_METHOD_COUNT; i++)
        server.handlers[i] = on_call;
    TRY(rpc_server_new(&v->server, &server, e));
    TRY(rpc_server_start(v->server, e));
    *out = TAKE_PTR(v);
    return ST_OK;
}

int rpc_service_port(const struct rpc_service *v)
{
    return rpc_server_port(v->server);
}

void rpc_service_drain(struct rpc_service *v)
{
    atomic_store(&v->draining, true);
}

void rpc_service_stop(struct rpc_service *v)
{
    if (!v)
        return;
    atomic_store(&v->draining, true);
    atomic_store(&v->stopped, true);
    rpc_server_stop(v->server);
    service_close_all(v);
}

void rpc_service_free(struct rpc_service *v)
{
    if (!v)
        return;
    rpc_server_free(v->server);
    service_close_all(v);
    service_sessions_release(v);
    (void)pthread_mutex_destroy(&v->lock);
    mem_free(v);
}
