/* The worker's side: the service itself, and what all calls of sessions have in common. */
#include "rpc/service_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "rpc/server_call.h"
#include "rpc/service_attach.h"
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

/* ---- a call of a session with one request and one reply ---- */

/* What these requests begin with. */
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

#define BEGINS_WITH_ERROR(type)                                                                              \
    _Static_assert(offsetof(type, error) == offsetof(struct service_any_reply, error), "as any_reply")
BEGINS_WITH_ERROR(Tavana__V1__Reply);
BEGINS_WITH_ERROR(Tavana__V1__SplitReply);
BEGINS_WITH_ERROR(Tavana__V1__PrepareReply);
BEGINS_WITH_ERROR(Tavana__V1__PortalReply);

static const ProtobufCMessageDescriptor *const replies[] = {
#define X(symbol, path, request, reply, shape) &reply##__descriptor,
    RPC_METHODS(X)
#undef X
};

static const service_method methods[RPC_METHOD_COUNT] = {
    [RPC_CLOSE] = service_close, [RPC_CONFIGURE] = service_configure, [RPC_TRANSACTION] = service_transaction,
    [RPC_SPLIT] = service_split, [RPC_PREPARE] = service_prepare,     [RPC_OPEN] = service_open,
    [RPC_START] = service_start, [RPC_PARK] = service_park,           [RPC_SLICE] = service_slice,
};

/* A call that was cancelled before it began comes to its method with e set. */
static void on_call(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__Error error;
    ProtobufCMessage *request;
    struct service_call c = {.service = arg, .in = in};
    const enum rpc_method method = rpc_in_method(in);
    err_init(&e);
    if (rpc_in_request(in, &request, &e) < 0) {
        rpc_refuse(in, GRPC_STATUS_INVALID_ARGUMENT, e.message);
        return;
    }
    c.request = request;
    c.session = service_enter(arg, in, ((const struct any_request *)request)->session, &e);
    if (!c.session)
        return;
    arena_init(&c.arena, SERVICE_REQUEST_MEMORY);
    protobuf_c_message_init(replies[method], &c.reply.base);
    if (methods[method](&c, &e) < 0) {
        rpc_error_put(&error, &e);
        c.reply.any.error = &error;
    }
    rpc_reply(in, &c.reply.base);
    service_leave(arg, NULL, c.session);
    arena_release(&c.arena);
}

static void on_health(void *arg, struct rpc_in *in)
{
    struct rpc_service *v = arg;
    struct err e;
    ProtobufCMessage *m;
    Grpc__Health__V1__HealthCheckResponse reply;
    grpc__health__v1__health_check_response__init(&reply);
    err_init(&e);
    if (rpc_in_has_request(in)) { /* else nobody knows who asks, and is told of the whole worker */
        if (rpc_in_request(in, &m, &e) < 0) {
            rpc_refuse(in, GRPC_STATUS_INVALID_ARGUMENT, e.message);
            return;
        }
        const char *service = ((const Grpc__Health__V1__HealthCheckRequest *)m)->service;
        if (*service && strcmp(service, "tavana.v1.Worker") != 0) {
            rpc_refuse(in, GRPC_STATUS_NOT_FOUND, "no such service");
            return;
        }
    }
    reply.status = atomic_load(&v->draining)
                       ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                       : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    rpc_reply(in, &reply.base);
}

/* ---- the service ---- */

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
    v->memory_max = o->memory_max;
    v->own_writes = o->own_writes;
    v->streams_max = o->streams_max;
    v->sessions_max = o->sessions_max;
    make_id(v);
    TRY(service_sessions_init(v, e));
    struct rpc_server_options server = o->server;
    server.arg = v;
    server.sessions_max = o->sessions_max;
    const rpc_handler handlers[RPC_METHOD_COUNT] = {
        [RPC_ATTACH] = service_attach,
        [RPC_OPEN_SESSION] = service_open_session,
        [RPC_CLOSE_SESSION] = service_close_session,
        [RPC_CANCEL] = service_cancel,
        [RPC_CLOSE] = on_call,
        [RPC_CONFIGURE] = on_call,
        [RPC_TRANSACTION] = on_call,
        [RPC_SPLIT] = on_call,
        [RPC_PREPARE] = on_call,
        [RPC_OPEN] = on_call,
        [RPC_START] = on_call,
        [RPC_FETCH] = service_fetch,
        [RPC_PARK] = on_call,
        [RPC_SLICE] = on_call,
        [RPC_COPY_IN] = service_copy_in,
        [RPC_HEALTH] = on_health,
    };
    memcpy(server.handlers, handlers, sizeof handlers);
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
