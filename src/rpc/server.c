/* The server itself: its life, who may call, and the threads that take calls in. Of each method one call is
 * always expected; its struct rpc_in is made before it comes, and the next one is expected as soon as it is
 * there. gRPC's events come to the pollers, each with a tag that says the call and the step. A poller runs no
 * handler: it reads the request, hands the call to the pool, and tells later events under the call's lock to
 * the handler's thread, which may wait for them. */
#include "rpc/server_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/thread.h"
#include "rpc/server_call.h"
#include "rpc/server_in.h"

#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum {
    POLLERS_MAX = 4,
    CORES_A_POLLER =
        4, /* a handler sends by itself what the socket takes; on few cores more are in its way */
    PORT_MAX = 65535,
    HANDSHAKE_MS = 10 * 1000, /* of a connection: TLS and the HTTP/2 preface */
    IDLE_MS = 60 * 1000,      /* of one without calls; a gateway's always has its Attach call */
    METADATA_MAX = 8 * 1024,  /* bytes of a call's headers; more is refused */
    CALLS_BESIDE = 64, /* of a connection, beside one a session: Attach, Cancel, CloseSession, Health */
};

struct rpc_server {
    grpc_server *server;
    grpc_completion_queue *queue;
    void *methods[RPC_METHOD_COUNT];
    rpc_handler handlers[RPC_METHOD_COUNT];
    void *arg;
    struct thread_pool *pool;
    char *authorization; /* what a call has to bring; NULL: nothing */
    pthread_t pollers[POLLERS_MAX];
    unsigned npollers;
    int port;
    bool started, stopped;
};

DEFINE_CLEANUP(struct rpc_server, rpc_server_free)

static const char *const names[] = {
#define X(symbol, path, request, reply, shape) path,
    RPC_METHODS(X)
#undef X
};

static const enum rpc_shape shapes[] = {
#define X(symbol, path, request, reply, shape) shape,
    RPC_METHODS(X)
#undef X
};

static void run_task(struct task *t, struct worker *w)
{
    struct rpc_in *in = (struct rpc_in *)t;
    (void)w;
    assert(in->magic == RPC_IN_MAGIC && !in->ended && in->server->handlers[in->method]);
    in->server->handlers[in->method](in->server->arg, in);
}

/* Waits for the next call of that method. Without memory the method is deaf: the process is near its end. */
static void expect(struct rpc_server *s, enum rpc_method method)
{
    struct rpc_in *in = mem_calloc(1, sizeof *in);
    if (!in)
        return;
    in->magic = RPC_IN_MAGIC;
    in->server = s;
    in->method = method;
    in->task.run = run_task;
    list_init(&in->task.link);
    atomic_store(&in->refs, 1);
    for (enum rpc_step i = 0; i < STEPS; i++)
        in->ops[i] = (struct rpc_op){in, i};
    grpc_metadata_array_init(&in->metadata);
    rpc_in_conditions_init(in);
    grpc_call_error rc =
        grpc_server_request_registered_call(s->server, s->methods[method], &in->call, &in->deadline,
                                            &in->metadata, NULL, s->queue, s->queue, &in->ops[STEP_NEW]);
    if (rc != GRPC_CALL_OK)
        rpc_in_unref(in);
}

/* Without a difference in time. */
static bool same_secret(const char *want, grpc_slice got)
{
    size_t n = strlen(want);
    unsigned char differs = GRPC_SLICE_LENGTH(got) != n;
    for (size_t i = 0; i < n && i < GRPC_SLICE_LENGTH(got); i++)
        differs |= (unsigned char)((unsigned char)want[i] ^ GRPC_SLICE_START_PTR(got)[i]);
    return !differs;
}

static bool is_known(const struct rpc_in *in)
{
    const char *want = in->server->authorization;
    for (size_t i = 0; want && i < in->metadata.count; i++)
        if (grpc_slice_str_cmp(in->metadata.metadata[i].key, "authorization") == 0)
            return same_secret(want, in->metadata.metadata[i].value);
    return !want;
}

static void run(struct rpc_in *in)
{
    bool urgent = in->method == RPC_CANCEL || in->method == RPC_HEALTH;
    thread_pool_submit(in->server->pool, &in->task, urgent ? THREAD_POOL_URGENT : THREAD_POOL_NORMAL);
}

/* The one request of a call, before its handler runs. */
static void read_payload(struct rpc_in *in)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &in->payload};
    (void)pthread_mutex_lock(&in->lock); /* another thread's event reads it */
    assert(!in->waits_for_payload && !in->payload);
    in->waits_for_payload = true;
    (void)pthread_mutex_unlock(&in->lock);
    rpc_in_start(in, STEP_READ, &op, 1);
}

/* Only the headers have been read. Nothing more is until it is known who calls: what lies in the socket
 * beyond HTTP/2's window stays with the sender. Whoever watches over processes knows no secrets, and is
 * answered without a look at what it asks for. */
static void on_new(struct rpc_in *in)
{
    expect(in->server, in->method);
    const grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                        .data.recv_close_on_server.cancelled = &in->cancelled};
    rpc_in_start(in, STEP_CLOSE, &op, 1);
    bool known = is_known(in);
    if (!known && in->method != RPC_HEALTH)
        rpc_refuse(in, GRPC_STATUS_UNAUTHENTICATED, "this worker takes calls from its gateways alone");
    else if (known && shapes[in->method] != RPC_BOTH_STREAM)
        read_payload(in);
    else
        run(in);
}

static void on_event(const struct rpc_op *op, bool ok)
{
    struct rpc_in *in = op->in;
    assert(in->magic == RPC_IN_MAGIC && op->step < STEPS && op == &in->ops[op->step]);
    if (op->step == STEP_NEW) {
        if (ok)
            on_new(in);
        else
            rpc_in_unref(in); /* the server ends */
        return;
    }
    (void)pthread_mutex_lock(&in->lock);
    const bool runs = op->step == STEP_READ && in->waits_for_payload;
    if (op->step == STEP_SEND) {
        assert(in->sending);
        in->sending = false;
        if (ok && in->waiting)
            rpc_in_send_waiting(in);
    }
    if (op->step == STEP_READ) {
        assert(in->reading || runs);
        in->reading = false;
        in->waits_for_payload = false;
        in->read_ok = ok;
    }
    if ((op->step == STEP_CLOSE && in->cancelled) || (op->step == STEP_SEND && !ok)) {
        in->broken = true;
        if (in->on_break)
            in->on_break(in->break_arg);
    }
    (void)pthread_cond_broadcast(&in->changed);
    (void)pthread_mutex_unlock(&in->lock);
    if (runs)
        run(in);
    rpc_in_unref(in);
}

static void *poller_main(void *arg)
{
    struct rpc_server *s = arg;
    thread_set_name("rpc");
    for (;;) {
        grpc_event ev = grpc_completion_queue_next(s->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (ev.type == GRPC_QUEUE_SHUTDOWN)
            return NULL;
        const struct rpc_op *op = ev.tag;
        if (op)
            on_event(op, ev.success != 0);
    }
}

/* ---- the server ---- */

static grpc_arg integer(const char *key, int64_t value)
{
    union {
        const char *in;
        char *out;
    } u = {.in = key};
    grpc_arg a = {.type = GRPC_ARG_INTEGER, .key = u.out};
    a.value.integer = value > INT32_MAX ? INT32_MAX : (int)value;
    return a;
}

static int listen_on(struct rpc_server *s, const struct rpc_server_options *o, struct err *e)
{
    grpc_server_credentials *credentials;
    TRY(rpc_server_credentials(o->security, &credentials, e));
    int rc = ST_OK;
    for (size_t i = 0; i < o->naddresses && rc == ST_OK; i++) {
        int port = grpc_server_add_http2_port(s->server, o->addresses[i], credentials);
        if (port == 0)
            rc = err_set(e, SQLSTATE_SYSTEM_ERROR, "could not listen on \"%s\"", o->addresses[i]);
        if (i == 0)
            s->port = port <= PORT_MAX ? port : 0;
    }
    grpc_server_credentials_release(credentials);
    return rc;
}

int rpc_server_new(struct rpc_server **out, const struct rpc_server_options *o, struct err *e)
{
    CLEANUP(rpc_server_freep) struct rpc_server *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    grpc_init();
    s->pool = o->pool;
    s->arg = o->arg;
    memcpy(s->handlers, o->handlers, sizeof s->handlers);
    int64_t half = o->silence_ms / 2 > 0 ? o->silence_ms / 2 : 1;
    grpc_arg args[] = {
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int64_t)rpc_message_limit(o->message_max)),
        integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1),
        integer(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, (int64_t)RPC_BATCHES_MAX * RPC_BATCH_MAX),
        integer(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        integer(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, RPC_BATCH_MAX),
        integer(GRPC_ARG_KEEPALIVE_TIME_MS, half),
        integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, half),
        integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        integer(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1),
        integer(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0),
        integer(GRPC_ARG_ALLOW_REUSEPORT, 0),
        integer(GRPC_ARG_MAX_CONCURRENT_STREAMS, (int64_t)o->sessions_max + CALLS_BESIDE),
        integer(GRPC_ARG_MAX_METADATA_SIZE, METADATA_MAX),
        integer(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, HANDSHAKE_MS),
        integer(GRPC_ARG_MAX_CONNECTION_IDLE_MS, IDLE_MS),
    };
    const grpc_channel_args list = {sizeof args / sizeof *args, args};
    s->server = grpc_server_create(&list, NULL);
    s->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(s->server, s->queue, NULL);
    for (size_t i = 0; i < RPC_METHOD_COUNT; i++)
        s->methods[i] = grpc_server_register_method(s->server, names[i], NULL, GRPC_SRM_PAYLOAD_NONE, 0);
    TRY(rpc_authorization(o->security, &s->authorization, e));
    TRY(listen_on(s, o, e));
    *out = TAKE_PTR(s);
    return ST_OK;
}

static unsigned pollers_wanted(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN) / CORES_A_POLLER;
    return n < 1 ? 1 : n > POLLERS_MAX ? POLLERS_MAX : (unsigned)n;
}

/* With one poller everything works, more are for speed: so a start that fails has run no handler. */
int rpc_server_start(struct rpc_server *s, struct err *e)
{
    assert(!s->started && !s->stopped);
    grpc_server_start(s->server);
    s->started = true;
    for (enum rpc_method i = 0; i < RPC_METHOD_COUNT; i++)
        expect(s, i);
    int rc = 0;
    for (unsigned n = pollers_wanted(); s->npollers < n && rc == 0; s->npollers += rc == 0)
        rc = thread_start(&s->pollers[s->npollers], 0, poller_main, s);
    return s->npollers > 0 ? ST_OK : err_errno(e, rc, "start a thread");
}

int rpc_server_port(const struct rpc_server *s)
{
    return s->port;
}

void rpc_server_stop(struct rpc_server *s)
{
    if (!s || !s->server || s->stopped)
        return;
    s->stopped = true;
    grpc_server_shutdown_and_notify(s->server, s->queue, NULL);
    if (s->started)
        grpc_server_cancel_all_calls(s->server);
}

void rpc_server_free(struct rpc_server *s)
{
    if (!s)
        return;
    rpc_server_stop(s); /* gRPC destroys no server that was not shut down, however its start went */
    if (s->queue)
        grpc_completion_queue_shutdown(s->queue);
    for (unsigned i = 0; i < s->npollers; i++)
        (void)pthread_join(s->pollers[i], NULL);
    while (s->queue && s->npollers == 0) {
        grpc_event ev = grpc_completion_queue_next(s->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (ev.type == GRPC_QUEUE_SHUTDOWN)
            break;
        if (ev.tag)
            on_event(ev.tag, false);
    }
    if (s->server)
        grpc_server_destroy(s->server);
    if (s->queue)
        grpc_completion_queue_destroy(s->queue);
    if (s->authorization)
        explicit_bzero(s->authorization, strlen(s->authorization));
    mem_free(s->authorization);
    mem_free(s);
    grpc_shutdown();
}
