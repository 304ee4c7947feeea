/* Two ways to make a call on one gRPC channel. A call that is waited for is plucked from the completion queue
 * of the thread that makes it. One that nobody waits for goes to the channel's own queue, whose ends a thread
 * of the channel takes away. gRPC uses what a batch of operations points to until its event has come, so the
 * call, its buffers and its status lie in one struct (struct sent) that is freed after that event alone. The
 * wait for a call ends with that event and no sooner: a cancel and a deadline make gRPC end the call. */
#include "rpc/channel_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rows/row_batch.h"

#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MAX = MESSAGE_MAX + RPC_FRAME_MAX /* one row may be as long as that */ };

DEFINE_CLEANUP(struct rpc_channel, rpc_channel_free)

static const char *const names[] = {
#define X(symbol, path, request, reply, shape) path,
    RPC_METHODS(X)
#undef X
};

static const ProtobufCMessageDescriptor *const replies[] = {
#define X(symbol, path, request, reply, shape) &reply##__descriptor,
    RPC_METHODS(X)
#undef X
};

gpr_timespec rpc_never(void)
{
    return gpr_inf_future(GPR_CLOCK_MONOTONIC);
}

/* ---- the thread's queue ---- */

static pthread_key_t queue_key;
static pthread_once_t queue_once = PTHREAD_ONCE_INIT;

/* gRPC hands out events by the queue. A thread that waits has one of its own, so that no other thread
 * takes what it waits for, and keeps it for its life: making one for each call costs more than a short
 * call does. */
static void queue_free(void *q)
{
    grpc_completion_queue_destroy(q);
    grpc_shutdown();
}

static void make_key(void)
{
    if (pthread_key_create(&queue_key, queue_free) != 0)
        abort();
}

grpc_completion_queue *rpc_thread_queue(void)
{
    (void)pthread_once(&queue_once, make_key);
    grpc_completion_queue *q = pthread_getspecific(queue_key);
    if (q)
        return q;
    grpc_init();
    q = grpc_completion_queue_create_for_pluck(NULL);
    (void)pthread_setspecific(queue_key, q);
    return q;
}

/* ---- channel ---- */

/* Nobody waits for these calls: a thread takes their ends away. */
struct sent {
    grpc_call *call;
    grpc_byte_buffer *request, *reply;
    grpc_metadata_array initial, trailing;
    grpc_status_code status;
    grpc_slice details;
};

static void sent_free(struct sent *s)
{
    grpc_byte_buffer_destroy(s->request);
    grpc_byte_buffer_destroy(s->reply);
    grpc_metadata_array_destroy(&s->initial);
    grpc_metadata_array_destroy(&s->trailing);
    grpc_slice_unref(s->details);
    grpc_call_unref(s->call);
    mem_free(s);
}

/* Only while such calls are under way: a thread that waits in gRPC reads sockets for others, only to wake
 * them.
 */
static void *sent_main(void *arg)
{
    struct rpc_channel *c = arg;
    thread_set_name("rpc sent");
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stop || c->under_way) {
        if (c->under_way == 0) {
            (void)pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&c->lock);
        struct sent *s = grpc_completion_queue_next(c->sent, rpc_never(), NULL).tag;
        (void)pthread_mutex_lock(&c->lock);
        assert(c->under_way > 0);
        c->under_way--;
        (void)pthread_mutex_unlock(&c->lock);
        sent_free(s);
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

static grpc_arg integer(const char *key, int64_t value)
{
    grpc_arg a = {.type = GRPC_ARG_INTEGER};
    union {
        const char *in;
        char *out;
    } u = {.in = key};
    a.key = u.out;
    a.value.integer = value > INT32_MAX ? INT32_MAX : (int)value;
    return a;
}

static grpc_arg text(const char *key, const char *value)
{
    grpc_arg a = {.type = GRPC_ARG_STRING};
    union {
        const char *in;
        char *out;
    } k = {.in = key}, v = {.in = value};
    a.key = k.out;
    a.value.string = v.out;
    return a;
}

static int connect_to(struct rpc_channel *c, const struct rpc_channel_options *o, struct err *e)
{
    grpc_channel_credentials *credentials;
    TRY(rpc_channel_credentials(o->security, &credentials, e));
    int64_t half = o->timeout_ms / 2 > 0 ? o->timeout_ms / 2 : 1;
    grpc_arg args[] = {
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, REPLY_MAX),
        integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1),
        integer(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, (int64_t)RPC_BATCHES_MAX * RPC_BATCH_MAX),
        integer(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        integer(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, RPC_BATCH_MAX),
        integer(GRPC_ARG_KEEPALIVE_TIME_MS, half),
        integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, half),
        integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        integer(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        integer(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100),
        integer(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, o->timeout_ms),
        integer(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000),
        integer(GRPC_ARG_ENABLE_RETRIES, 0),
        integer(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        text(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, o->security->server_name),
    };
    size_t n = sizeof args / sizeof *args - !o->security->server_name;
    grpc_channel_args list = {n, args};
    c->channel = grpc_channel_create(o->address, credentials, &list);
    grpc_channel_credentials_release(credentials);
    for (size_t i = 0; i < RPC_METHOD_COUNT; i++)
        c->methods[i] = grpc_channel_register_call(c->channel, names[i], NULL, NULL);
    return ST_OK;
}

int rpc_channel_new(struct rpc_channel **out, const struct rpc_channel_options *o, struct err *e)
{
    CLEANUP(rpc_channel_freep) struct rpc_channel *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    grpc_init();
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    c->timeout_ms = o->timeout_ms;
    c->request_max = rpc_message_limit(o->message_max);
    c->address = mem_strdup(o->address);
    if (!c->address)
        return err_oom(e);
    TRY(rpc_authorization(o->security, &c->authorization, e));
    TRY(connect_to(c, o, e));
    c->sent = grpc_completion_queue_create_for_next(NULL);
    int rc = thread_start(&c->sent_thread, 0, sent_main, c);
    if (rc != 0)
        return err_errno(e, rc, "start a thread");
    c->has_thread = true;
    *out = TAKE_PTR(c);
    return ST_OK;
}

void rpc_channel_free(struct rpc_channel *c)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    if (c->has_thread)
        (void)pthread_join(c->sent_thread, NULL);
    assert(c->under_way == 0);
    if (c->sent) {
        grpc_completion_queue_shutdown(c->sent);
        (void)grpc_completion_queue_next(c->sent, rpc_never(), NULL); /* its end */
        grpc_completion_queue_destroy(c->sent);
    }
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    if (c->channel)
        grpc_channel_destroy(c->channel);
    if (c->authorization)
        explicit_bzero(c->authorization, strlen(c->authorization));
    mem_free(c->authorization);
    mem_free(c->address);
    mem_free(c);
    grpc_shutdown();
}

void rpc_channel_pause(int64_t ms)
{
    char nothing;
    gpr_timespec until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN));
    (void)grpc_completion_queue_pluck(rpc_thread_queue(), &nothing, until, NULL);
}

const char *rpc_channel_address(const struct rpc_channel *c)
{
    return c->address;
}

/* ---- calls that are given up ---- */

bool rpc_was_given_up(const rpc_give_up *g)
{
    int64_t since = atomic_load(&g->since_us);
    return since != 0 && clock_now_us() >= since + g->patience_us;
}

/* A cancel comes from another thread, which cannot end this wait: gRPC's queues know no wake-up of ours.
 * So the wait looks up every RPC_LOOK_MS. */
grpc_event rpc_pluck(grpc_completion_queue *q, grpc_call *call, void *tag, const rpc_give_up *give_up)
{
    if (!give_up)
        return grpc_completion_queue_pluck(q, tag, rpc_never(), NULL);
    for (;;) {
        gpr_timespec look = gpr_time_from_millis(RPC_LOOK_MS, GPR_TIMESPAN);
        grpc_event ev =
            grpc_completion_queue_pluck(q, tag, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), look), NULL);
        if (ev.type == GRPC_OP_COMPLETE)
            return ev;
        if (rpc_was_given_up(give_up))
            (void)grpc_call_cancel(call, NULL);
    }
}

int rpc_given_up(const struct rpc_channel *c, struct err *e)
{
    (void)err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
    err_detail(e, "Worker %s did not answer in time; the session there was given up.", c->address);
    return ST_ERR;
}

/* ---- calls ---- */

int rpc_status(const struct rpc_channel *c, grpc_status_code status, grpc_slice details, struct err *e)
{
    int n = (int)GRPC_SLICE_LENGTH(details);
    const char *text = (const char *)GRPC_SLICE_START_PTR(details);
    switch (status) {
    case GRPC_STATUS_OK: return ST_OK;
    case GRPC_STATUS_UNAUTHENTICATED:
    case GRPC_STATUS_PERMISSION_DENIED:
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "worker %s does not accept this gateway", c->address);
    case GRPC_STATUS_UNAVAILABLE:
    case GRPC_STATUS_CANCELLED:
    case GRPC_STATUS_DEADLINE_EXCEEDED:
        (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the connection to worker %s was lost", c->address);
        break;
    default:
        (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "worker %s does not answer as it should", c->address);
    }
    if (n > 0)
        err_detail(e, "gRPC status %d: %.*s", (int)status, n, text);
    return ST_ERR;
}

/* That the peer's process has ended is known by what its system answers for it. gRPC passes that on as words
 * alone; a peer that is silent, or out of reach, says nothing of the kind. */
bool rpc_closed_by_peer(const struct err *e)
{
    static const char *const words[] = {"Socket closed", "Connection reset", "Broken pipe"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (e->code == SQLSTATE_CONNECTION_FAILURE && strstr(e->detail, words[i]))
            return true;
    return false;
}

void rpc_outgoing_init(struct rpc_outgoing *o, const struct rpc_channel *c)
{
    *o = (struct rpc_outgoing){0};
    if (!c->authorization)
        return;
    o->token.key = grpc_slice_from_static_string("authorization");
    o->token.value = grpc_slice_from_static_buffer(c->authorization, strlen(c->authorization));
    o->ntoken = 1;
}

grpc_call *rpc_call_new(struct rpc_channel *c, enum rpc_method method, grpc_completion_queue *q,
                        bool has_deadline)
{
    gpr_timespec until = rpc_never();
    assert(method < RPC_METHOD_COUNT);
    if (has_deadline)
        until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(c->timeout_ms, GPR_TIMESPAN));
    return grpc_channel_create_registered_call(c->channel, NULL, GRPC_PROPAGATE_DEFAULTS, q,
                                               c->methods[method], until, NULL);
}

int rpc_check_size(const struct rpc_channel *c, const ProtobufCMessage *request, struct err *e)
{
    size_t n = protobuf_c_message_get_packed_size(request);
    return n <= c->request_max ? ST_OK
                               : err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                                         "a request of %zu bytes is too large for a worker", n);
}

bool rpc_was_not_sent(const struct err *e)
{
    return e->code == SQLSTATE_OUT_OF_MEMORY || e->code == SQLSTATE_PROGRAM_LIMIT_EXCEEDED;
}

void rpc_start_batch(grpc_call *call, const grpc_op *ops, size_t n, void *tag)
{
    grpc_call_error rc = grpc_call_start_batch(call, ops, n, tag, NULL);
    assert(rc == GRPC_CALL_OK);
    (void)rc;
}

/* All of a unary call. */
static void start_unary(struct sent *s, const struct rpc_channel *c)
{
    struct rpc_outgoing o;
    rpc_outgoing_init(&o, c);
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA, .data.send_initial_metadata = {o.ntoken, &o.token, {0}}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = s->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &s->initial},
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->reply},
        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
         .data.recv_status_on_client = {&s->trailing, &s->status, &s->details, NULL}},
    };
    rpc_start_batch(s->call, ops, sizeof ops / sizeof *ops, s);
}

static struct sent *unary_new(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
                              grpc_completion_queue *q, bool has_deadline)
{
    struct sent *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->call = rpc_call_new(c, method, q, has_deadline);
    s->request = rpc_pack(request);
    s->details = grpc_empty_slice();
    grpc_metadata_array_init(&s->initial);
    grpc_metadata_array_init(&s->trailing);
    return s;
}

int rpc_call(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
             ProtobufCMessage **reply, const rpc_give_up *give_up, struct err *e)
{
    grpc_completion_queue *q = rpc_thread_queue();
    assert(reply);
    TRY(rpc_check_size(c, request, e));
    struct sent *s = unary_new(c, method, request, q, !give_up);
    if (!s)
        return err_oom(e);
    start_unary(s, c);
    (void)rpc_pluck(q, s->call, s, give_up);
    bool late = s->status == GRPC_STATUS_CANCELLED && give_up && rpc_was_given_up(give_up);
    int st = late ? rpc_given_up(c, e) : rpc_status(c, s->status, s->details, e);
    if (st == ST_OK)
        st = rpc_unpack(replies[method], s->reply, reply, e);
    if (st == ST_ERR && s->status == GRPC_STATUS_OK && e->code == SQLSTATE_OUT_OF_MEMORY)
        st = ST_AGAIN;
    sent_free(s);
    return st;
}

void rpc_send(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request)
{
    struct sent *s = unary_new(c, method, request, c->sent, true);
    if (!s)
        return;
    (void)pthread_mutex_lock(&c->lock); /* counted before it can end */
    assert(!c->stop);
    c->under_way++;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    start_unary(s, c);
}
