#include "rpc/server.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rows/row_batch.h"
#include "rpc/batch.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include <assert.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    POLLERS_MAX = 4,
    CORES_A_POLLER =
        4, /* a handler sends by itself what the socket takes; on few cores more are in its way */
    PORT_MAX = 65535
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
    bool started;
};

DEFINE_CLEANUP(struct rpc_server, rpc_server_free)

enum rpc_step { STEP_NEW, STEP_CLOSE, STEP_SEND, STEP_READ, STEP_END, STEPS };

/* An operation under way: what comes back from the queue. */
struct rpc_op {
    struct rpc_in *in; /* NULL: the server's own */
    enum rpc_step step;
};

struct rpc_in {
    struct task task;
    struct rpc_server *server;
    enum rpc_method method;
    grpc_call *call;
    gpr_timespec deadline;
    grpc_metadata_array metadata;
    grpc_byte_buffer *payload;
    ProtobufCMessage *request;
    struct rpc_op ops[STEPS];
    _Atomic unsigned refs; /* the handler, and each operation under way */
    bool greeted;          /* initial metadata has been sent */
    grpc_byte_buffer *sent, *incoming;
    int cancelled;
    const _Atomic bool *gone; /* NULL: never */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    grpc_byte_buffer *waiting; /* goes out when `sent` has; NULL: none */
    bool sending, reading, broken;
    bool read_ok;
    void (*on_break)(void *arg);
    void *break_arg;
};

static const ProtobufCMessageDescriptor *const requests[] = {
#define X(symbol, path, request, reply, shape) &request##__descriptor,
    RPC_METHODS(X)
#undef X
};

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

/* ---- a call's life ---- */

static void in_unref(struct rpc_in *in)
{
    if (atomic_fetch_sub(&in->refs, 1) != 1)
        return;
    rpc_message_free(in->request);
    grpc_byte_buffer_destroy(in->payload);
    grpc_byte_buffer_destroy(in->sent);
    grpc_byte_buffer_destroy(in->waiting);
    grpc_byte_buffer_destroy(in->incoming);
    grpc_metadata_array_destroy(&in->metadata);
    if (in->call)
        grpc_call_unref(in->call);
    (void)pthread_cond_destroy(&in->changed);
    (void)pthread_mutex_destroy(&in->lock);
    mem_free(in);
}

static void start(struct rpc_in *in, enum rpc_step step, const grpc_op *ops, size_t n)
{
    (void)atomic_fetch_add(&in->refs, 1);
    grpc_call_error rc = grpc_call_start_batch(in->call, ops, n, &in->ops[step], NULL);
    assert(rc == GRPC_CALL_OK);
    (void)rc;
}

static void run_task(struct task *t, struct worker *w)
{
    struct rpc_in *in = (struct rpc_in *)t;
    (void)w;
    in->server->handlers[in->method](in->server->arg, in);
}

static void conditions_init(struct rpc_in *in)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&in->lock, NULL);
    (void)pthread_cond_init(&in->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

/* Waits for the next call of that method. Without memory the method is deaf: the process is near its end. */
static void expect(struct rpc_server *s, enum rpc_method method)
{
    struct rpc_in *in = mem_calloc(1, sizeof *in);
    if (!in)
        return;
    in->server = s;
    in->method = method;
    in->task.run = run_task;
    list_init(&in->task.link);
    atomic_store(&in->refs, 1);
    for (enum rpc_step i = 0; i < STEPS; i++)
        in->ops[i] = (struct rpc_op){in, i};
    grpc_metadata_array_init(&in->metadata);
    conditions_init(in);
    grpc_call_error rc = grpc_server_request_registered_call(
        s->server, s->methods[method], &in->call, &in->deadline, &in->metadata,
        shapes[method] == RPC_BOTH_STREAM ? NULL : &in->payload, s->queue, s->queue, &in->ops[STEP_NEW]);
    if (rc != GRPC_CALL_OK)
        in_unref(in);
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

static void on_new(struct rpc_in *in)
{
    expect(in->server, in->method);
    const grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                        .data.recv_close_on_server.cancelled = &in->cancelled};
    start(in, STEP_CLOSE, &op, 1);
    bool urgent = in->method == RPC_CANCEL || in->method == RPC_HEALTH;
    if (in->method == RPC_HEALTH || is_known(in)) /* whoever watches over processes knows no secrets */
        thread_pool_submit(in->server->pool, &in->task, urgent ? THREAD_POOL_URGENT : THREAD_POOL_NORMAL);
    else
        rpc_refuse(in, GRPC_STATUS_UNAUTHENTICATED, "this worker takes calls from its gateways alone");
}

/* What waits begins to go out. With the lock; nothing is being sent. */
static void send_waiting(struct rpc_in *in)
{
    grpc_byte_buffer_destroy(in->sent);
    in->sent = TAKE_PTR(in->waiting);
    in->sending = true;
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = in->sent},
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
    };
    size_t n = in->greeted ? 1 : 2;
    in->greeted = true;
    start(in, STEP_SEND, ops, n);
}

static void on_event(const struct rpc_op *op, bool ok)
{
    struct rpc_in *in = op->in;
    if (op->step == STEP_NEW) {
        if (ok)
            on_new(in);
        else
            in_unref(in); /* the server ends */
        return;
    }
    (void)pthread_mutex_lock(&in->lock);
    if (op->step == STEP_SEND) {
        in->sending = false;
        if (ok && in->waiting)
            send_waiting(in);
    }
    if (op->step == STEP_READ) {
        in->reading = false;
        in->read_ok = ok;
    }
    if ((op->step == STEP_CLOSE && in->cancelled) || (op->step == STEP_SEND && !ok)) {
        in->broken = true;
        if (in->on_break)
            in->on_break(in->break_arg);
    }
    (void)pthread_cond_broadcast(&in->changed);
    (void)pthread_mutex_unlock(&in->lock);
    in_unref(in);
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

/* ---- what a handler does ---- */

int rpc_in_request(struct rpc_in *in, ProtobufCMessage **out, struct err *e)
{
    if (!in->request)
        TRY(rpc_unpack(requests[in->method], in->payload, &in->request, e));
    *out = in->request;
    return ST_OK;
}

void rpc_in_on_break(struct rpc_in *in, void (*cb)(void *arg), void *arg)
{
    (void)pthread_mutex_lock(&in->lock);
    in->on_break = cb;
    in->break_arg = arg;
    if (cb && in->broken)
        cb(arg);
    (void)pthread_mutex_unlock(&in->lock);
}

bool rpc_in_broken(struct rpc_in *in)
{
    (void)pthread_mutex_lock(&in->lock);
    bool broken = in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    return broken;
}

/* Until the messages before have gone; whether they have. */
static bool wait_sent(struct rpc_in *in)
{
    (void)pthread_mutex_lock(&in->lock);
    while (in->sending)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer_destroy(TAKE_PTR(in->sent));
    return ok;
}

/* Takes the buffer. One more may wait while another is being sent: whoever sees that one go sends it, so the
 * handler makes the next meanwhile. */
static int send_buffer(struct rpc_in *in, grpc_byte_buffer *b)
{
    (void)pthread_mutex_lock(&in->lock);
    while (in->waiting && !in->broken)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = !in->broken;
    if (ok) {
        in->waiting = TAKE_PTR(b);
        if (!in->sending)
            send_waiting(in);
    }
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer_destroy(b);
    return ok ? ST_OK : ST_ERR;
}

int rpc_in_send(struct rpc_in *in, const ProtobufCMessage *m)
{
    return send_buffer(in, rpc_pack(m));
}

bool rpc_in_wait(struct rpc_in *in, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    (void)pthread_mutex_lock(&in->lock);
    int rc = 0;
    while (!in->broken && rc == 0)
        rc = pthread_cond_timedwait(&in->changed, &in->lock, &until);
    bool ok = !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    return ok;
}

int rpc_in_read(struct rpc_in *in, ProtobufCMessage **out, struct err *e)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &in->incoming};
    in->reading = true;
    start(in, STEP_READ, &op, 1);
    (void)pthread_mutex_lock(&in->lock);
    while (in->reading)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = in->read_ok && !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer *b = TAKE_PTR(in->incoming);
    if (!ok) {
        grpc_byte_buffer_destroy(b);
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "the gateway has gone");
    }
    if (!b)
        return ST_EOF;
    int st = rpc_unpack(requests[in->method], b, out, e);
    grpc_byte_buffer_destroy(b);
    return st;
}

/* ---- how it ends ---- */

static void end(struct rpc_in *in, grpc_status_code status, const char *why, grpc_byte_buffer *message)
{
    (void)wait_sent(in);
    grpc_slice details = grpc_slice_from_copied_string(why);
    grpc_op ops[3];
    size_t n = 0;
    ops[n++] = (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
                         .data.send_status_from_server = {0, NULL, status, &details}};
    if (!in->greeted)
        ops[n++] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
    if (message)
        ops[n++] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = message};
    in->sent = message;
    start(in, STEP_END, ops, n);
    grpc_slice_unref(details);
    in_unref(in);
}

void rpc_in_void_when(struct rpc_in *in, const _Atomic bool *gone)
{
    in->gone = gone;
}

static void end_well(struct rpc_in *in, grpc_byte_buffer *message)
{
    bool gone = in->gone && atomic_load(in->gone);
    if (gone) {
        grpc_byte_buffer_destroy(message);
        message = NULL;
    }
    end(in, gone ? GRPC_STATUS_UNAVAILABLE : GRPC_STATUS_OK, gone ? "the session has ended" : "", message);
}

void rpc_reply(struct rpc_in *in, const ProtobufCMessage *m)
{
    end_well(in, rpc_pack(m));
}

void rpc_finish(struct rpc_in *in)
{
    end_well(in, NULL);
}

void rpc_refuse(struct rpc_in *in, int status, const char *why)
{
    end(in, (grpc_status_code)status, why, NULL);
}

/* ---- batches under way ---- */

struct slot {
    struct rpc_slots *all;
    uint8_t *data;
    size_t cap;
    bool under_way;
};

struct rpc_slots {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned refs; /* the stream, and each slot under way */
    struct slot slots[RPC_BATCHES_MAX];
};

struct rpc_slots *rpc_slots_new(void)
{
    struct rpc_slots *a = mem_calloc(1, sizeof *a);
    if (!a)
        return NULL;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->changed, NULL);
    a->refs = 1;
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++)
        a->slots[i].all = a;
    return a;
}

void rpc_slots_unref(struct rpc_slots *a)
{
    if (!a)
        return;
    (void)pthread_mutex_lock(&a->lock);
    bool last = --a->refs == 0;
    (void)pthread_mutex_unlock(&a->lock);
    if (!last)
        return;
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++)
        mem_free(a->slots[i].data);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

/* By gRPC, when the bytes have left or the call has ended. */
static void slot_free(void *arg)
{
    struct slot *s = arg;
    struct rpc_slots *a = s->all;
    (void)pthread_mutex_lock(&a->lock);
    s->under_way = false;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    rpc_slots_unref(a);
}

static struct slot *free_slot(struct rpc_slots *a)
{
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++)
        if (!a->slots[i].under_way)
            return &a->slots[i];
    return NULL;
}

static struct slot *take_slot(struct rpc_slots *a, struct row_batch *batch)
{
    struct slot *s;
    (void)pthread_mutex_lock(&a->lock);
    while (!(s = free_slot(a)))
        (void)pthread_cond_wait(&a->changed, &a->lock);
    s->under_way = true;
    a->refs++;
    (void)pthread_mutex_unlock(&a->lock);
    struct slot mine = *s;
    s->data = batch->data;
    s->cap = batch->cap;
    batch->data = mine.data;
    batch->cap = mine.cap;
    return s;
}

int rpc_in_send_batch(struct rpc_in *in, struct rpc_slots *slots, struct row_batch *batch, bool last)
{
    uint8_t head[RPC_BATCH_HEAD_MAX];
    size_t n = rpc_batch_head(head, batch->nrows, last, batch->len);
    grpc_slice parts[2] = {grpc_slice_from_copied_buffer((const char *)head, n)};
    size_t nparts = 1, len = batch->len;
    if (len) {
        struct slot *s = take_slot(slots, batch);
        parts[nparts++] = grpc_slice_new_with_user_data(s->data, len, slot_free, s);
        batch->len = 0;
    }
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(parts, nparts);
    for (size_t i = 0; i < nparts; i++)
        grpc_slice_unref(parts[i]);
    return send_buffer(in, b);
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
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1),
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
    };
    const grpc_channel_args list = {sizeof args / sizeof *args, args};
    s->server = grpc_server_create(&list, NULL);
    s->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(s->server, s->queue, NULL);
    for (size_t i = 0; i < RPC_METHOD_COUNT; i++)
        s->methods[i] = grpc_server_register_method(
            s->server, names[i], NULL,
            shapes[i] == RPC_BOTH_STREAM ? GRPC_SRM_PAYLOAD_NONE : GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER,
            0);
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

int rpc_server_start(struct rpc_server *s, struct err *e)
{
    grpc_server_start(s->server);
    s->started = true;
    for (enum rpc_method i = 0; i < RPC_METHOD_COUNT; i++)
        expect(s, i);
    for (unsigned n = pollers_wanted(); s->npollers < n; s->npollers++) {
        int rc = thread_start(&s->pollers[s->npollers], 0, poller_main, s);
        if (rc != 0)
            return err_errno(e, rc, "start a thread");
    }
    return ST_OK;
}

int rpc_server_port(const struct rpc_server *s)
{
    return s->port;
}

void rpc_server_stop(struct rpc_server *s)
{
    if (!s || !s->server)
        return;
    grpc_server_shutdown_and_notify(s->server, s->queue, NULL);
    if (s->started)
        grpc_server_cancel_all_calls(s->server);
}

void rpc_server_free(struct rpc_server *s)
{
    if (!s)
        return;
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
