#include "rpc/channel.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rows/row_batch.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BACKGROUND_MS = 100, REPLY_MAX = MESSAGE_MAX + RPC_FRAME_MAX /* one row may be as long as that */ };

struct rpc_channel {
    grpc_channel *channel;
    void *methods[RPC_METHOD_COUNT];
    char *address;
    int64_t timeout_ms;
    size_t request_max;
    char *authorization;         /* "Bearer …"; NULL: none */
    grpc_completion_queue *sent; /* of rpc_send */
    pthread_t sent_thread;
    bool has_thread;
    pthread_mutex_t lock; /* of the two below */
    pthread_cond_t changed;
    unsigned under_way; /* calls of rpc_send */
    bool stop;
};

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

static gpr_timespec never(void)
{
    return gpr_inf_future(GPR_CLOCK_MONOTONIC);
}

/* ---- the thread's queue ---- */

static pthread_key_t queue_key;
static pthread_once_t queue_once = PTHREAD_ONCE_INIT;

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

static grpc_completion_queue *thread_queue(void)
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
        sent_free(grpc_completion_queue_next(c->sent, never(), NULL).tag);
        (void)pthread_mutex_lock(&c->lock);
        c->under_way--;
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
    if (c->sent) {
        grpc_completion_queue_shutdown(c->sent);
        (void)grpc_completion_queue_next(c->sent, never(), NULL); /* its end */
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
    (void)grpc_completion_queue_pluck(thread_queue(), &nothing, until, NULL);
}

const char *rpc_channel_address(const struct rpc_channel *c)
{
    return c->address;
}

/* ---- calls that are given up ---- */

bool rpc_was_given_up(const rpc_give_up *g)
{
    int64_t at = atomic_load(g);
    return at != 0 && clock_now_us() >= at;
}

/* The event of the tag; of a call that is given up its end, which gRPC sees to then. */
static grpc_event pluck(grpc_completion_queue *q, grpc_call *call, void *tag, const rpc_give_up *give_up)
{
    if (!give_up)
        return grpc_completion_queue_pluck(q, tag, never(), NULL);
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

static int given_up(const struct rpc_channel *c, struct err *e)
{
    (void)err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
    err_detail(e, "Worker %s did not answer in time; the session there was given up.", c->address);
    return ST_ERR;
}

/* ---- calls ---- */

static int failed(const struct rpc_channel *c, grpc_status_code status, grpc_slice details, struct err *e)
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

bool rpc_closed_by_peer(const struct err *e)
{
    static const char *const words[] = {"Socket closed", "Connection reset", "Broken pipe"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (e->code == SQLSTATE_CONNECTION_FAILURE && strstr(e->detail, words[i]))
            return true;
    return false;
}

struct outgoing {
    grpc_metadata token;
    size_t ntoken;
};

static void outgoing_init(struct outgoing *o, const struct rpc_channel *c)
{
    *o = (struct outgoing){0};
    if (!c->authorization)
        return;
    o->token.key = grpc_slice_from_static_string("authorization");
    o->token.value = grpc_slice_from_static_buffer(c->authorization, strlen(c->authorization));
    o->ntoken = 1;
}

static grpc_call *call_new(struct rpc_channel *c, enum rpc_method method, grpc_completion_queue *q,
                           bool has_deadline)
{
    gpr_timespec until = never();
    if (has_deadline)
        until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(c->timeout_ms, GPR_TIMESPAN));
    return grpc_channel_create_registered_call(c->channel, NULL, GRPC_PROPAGATE_DEFAULTS, q,
                                               c->methods[method], until, NULL);
}

/* A larger one the worker would refuse. */
static int check_size(const struct rpc_channel *c, const ProtobufCMessage *request, struct err *e)
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

static void start_batch(grpc_call *call, const grpc_op *ops, size_t n, void *tag)
{
    grpc_call_error rc = grpc_call_start_batch(call, ops, n, tag, NULL);
    assert(rc == GRPC_CALL_OK);
    (void)rc;
}

/* All of a unary call. */
static void start_unary(struct sent *s, const struct outgoing *o, void *tag)
{
    grpc_metadata token = o->token;
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA, .data.send_initial_metadata = {o->ntoken, &token, {0}}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = s->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &s->initial},
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->reply},
        {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
         .data.recv_status_on_client = {&s->trailing, &s->status, &s->details, NULL}},
    };
    start_batch(s->call, ops, sizeof ops / sizeof *ops, tag);
}

static struct sent *unary_new(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
                              grpc_completion_queue *q, bool has_deadline)
{
    struct sent *s = mem_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->call = call_new(c, method, q, has_deadline);
    s->request = rpc_pack(request);
    s->details = grpc_empty_slice();
    grpc_metadata_array_init(&s->initial);
    grpc_metadata_array_init(&s->trailing);
    struct outgoing o;
    outgoing_init(&o, c);
    start_unary(s, &o, s);
    return s;
}

int rpc_call(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
             ProtobufCMessage **reply, const rpc_give_up *give_up, struct err *e)
{
    grpc_completion_queue *q = thread_queue();
    TRY(check_size(c, request, e));
    struct sent *s = unary_new(c, method, request, q, !give_up);
    if (!s)
        return err_oom(e);
    (void)pluck(q, s->call, s, give_up);
    bool late = s->status == GRPC_STATUS_CANCELLED && give_up && rpc_was_given_up(give_up);
    int st = late ? given_up(c, e) : failed(c, s->status, s->details, e);
    if (st == ST_OK)
        st = rpc_unpack(replies[method], s->reply, reply, e);
    sent_free(s);
    return st;
}

void rpc_send(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request)
{
    if (!unary_new(c, method, request, c->sent, true))
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->under_way++;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- streams ---- */

static _Atomic unsigned streams; /* open now, but for those in the background */

struct rpc_stream {
    struct rpc_channel *channel;
    grpc_completion_queue *queue;
    grpc_call *call;
    const rpc_give_up *give_up;                /* NULL: never */
    grpc_byte_buffer *request;                 /* being sent */
    grpc_byte_buffer *incoming;                /* read into */
    bool background;                           /* see rpc_stream_in_background */
    bool begun, sending, reading, come, ended; /* an operation is under way; or its end has been taken */
    grpc_metadata_array initial, trailing;
    grpc_status_code status;
    grpc_slice details;
};

static void read_message(struct rpc_stream *s, bool first)
{
    const grpc_op ops[] = {
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->incoming},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &s->initial},
    };
    start_batch(s->call, ops, first ? 2 : 1, &s->incoming);
    s->reading = true;
    s->come = false;
}

static void begin(struct rpc_stream *s, const ProtobufCMessage *request)
{
    struct outgoing o;
    outgoing_init(&o, s->channel);
    s->request = request ? rpc_pack(request) : NULL;
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA, .data.send_initial_metadata = {o.ntoken, &o.token, {0}}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = s->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
    };
    const grpc_op status = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
                            .data.recv_status_on_client = {&s->trailing, &s->status, &s->details, NULL}};
    start_batch(s->call, ops, request ? 3 : 1, &s->begun);
    start_batch(s->call, &status, 1, &s->status);
    read_message(s, true);
    s->begun = true;
}

int rpc_stream_open(struct rpc_stream **out, struct rpc_channel *c, enum rpc_method method,
                    const ProtobufCMessage *request, const rpc_give_up *give_up, struct err *e)
{
    if (request)
        TRY(check_size(c, request, e));
    struct rpc_stream *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->channel = c;
    s->queue = thread_queue();
    s->call = call_new(c, method, s->queue, false);
    s->give_up = give_up;
    s->details = grpc_empty_slice();
    grpc_metadata_array_init(&s->initial);
    grpc_metadata_array_init(&s->trailing);
    begin(s, request);
    (void)atomic_fetch_add(&streams, 1);
    *out = s;
    return ST_OK;
}

/* Whether the operation went well. */
static bool take_end(struct rpc_stream *s, void *tag, bool *under_way)
{
    if (!*under_way)
        return true;
    grpc_event ev = pluck(s->queue, s->call, tag, s->give_up);
    *under_way = false;
    return ev.success != 0;
}

static int end_of(struct rpc_stream *s, struct err *e)
{
    if (!s->ended)
        (void)pluck(s->queue, s->call, &s->status, s->give_up);
    s->ended = true;
    if (s->status == GRPC_STATUS_CANCELLED && s->give_up && rpc_was_given_up(s->give_up))
        return given_up(s->channel, e);
    TRY(failed(s->channel, s->status, s->details, e));
    return ST_EOF;
}

/* What goes out has ended badly when the call has. */
static int broken(struct rpc_stream *s, struct err *e)
{
    int st = end_of(s, e);
    return st == ST_ERR
               ? st
               : err_set(e, SQLSTATE_CONNECTION_FAILURE, "worker %s has ended the call", s->channel->address);
}

static int send_op(struct rpc_stream *s, grpc_op op, struct err *e)
{
    (void)take_end(s, &s->begun, &s->begun);
    s->sending = true;
    start_batch(s->call, &op, 1, &s->sending);
    return take_end(s, &s->sending, &s->sending) ? ST_OK : broken(s, e);
}

int rpc_stream_send(struct rpc_stream *s, const ProtobufCMessage *m, struct err *e)
{
    if (s->ended)
        return broken(s, e);
    TRY(check_size(s->channel, m, e));
    grpc_byte_buffer *b = rpc_pack(m);
    int st = send_op(s, (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = b}, e);
    grpc_byte_buffer_destroy(b);
    return st;
}

static bool wait_for_message(struct rpc_stream *s, gpr_timespec deadline)
{
    if (!s->reading || s->come)
        return true;
    grpc_event ev = grpc_completion_queue_pluck(s->queue, &s->incoming, deadline, NULL);
    s->come = ev.type == GRPC_OP_COMPLETE;
    return s->come;
}

bool rpc_stream_comes_within(struct rpc_stream *s, int64_t ms)
{
    gpr_timespec wait = gpr_time_from_millis(ms, GPR_TIMESPAN);
    return wait_for_message(s, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), wait));
}

bool rpc_stream_has_come(struct rpc_stream *s)
{
    return wait_for_message(s, gpr_time_0(GPR_CLOCK_MONOTONIC));
}

/* Whose threads wait for rows reads the sockets of all: this one would only be in their way, and wakes them.
 * It looks now and then, for pings that nobody else waits for. */
static void wait_in_the_background(struct rpc_stream *s)
{
    static const struct timespec while_others_read = {.tv_nsec = BACKGROUND_MS * 1000 * 1000};
    while (s->reading && !s->come) {
        bool others = atomic_load(&streams) > 0;
        gpr_timespec tick = gpr_time_from_millis(others ? 1 : BACKGROUND_MS, GPR_TIMESPAN);
        (void)wait_for_message(s, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), tick));
        if (others && !s->come)
            (void)nanosleep(&while_others_read, NULL);
    }
}

static void wait_in_the_foreground(struct rpc_stream *s)
{
    if (!s->reading || s->come)
        return;
    (void)pluck(s->queue, s->call, &s->incoming, s->give_up);
    s->come = true;
}

int rpc_stream_next(struct rpc_stream *s, grpc_byte_buffer **out, struct err *e)
{
    if (!s->reading)
        return end_of(s, e);
    if (s->background)
        wait_in_the_background(s);
    else
        wait_in_the_foreground(s);
    s->reading = false;
    if (!s->incoming)
        return end_of(s, e);
    *out = TAKE_PTR(s->incoming);
    read_message(s, false);
    return ST_OK;
}

void rpc_stream_in_background(struct rpc_stream *s)
{
    s->background = true;
    (void)atomic_fetch_sub(&streams, 1);
}

void rpc_stream_break(struct rpc_stream *s)
{
    (void)grpc_call_cancel(s->call, NULL);
}

void rpc_stream_close(struct rpc_stream *s)
{
    if (!s)
        return;
    if (!s->background)
        (void)atomic_fetch_sub(&streams, 1);
    if (!s->ended)
        rpc_stream_break(s);
    (void)take_end(s, &s->begun, &s->begun);
    if (s->reading && !s->come)
        (void)wait_for_message(s, never());
    if (!s->ended)
        (void)grpc_completion_queue_pluck(s->queue, &s->status, never(), NULL);
    grpc_byte_buffer_destroy(s->request);
    grpc_byte_buffer_destroy(s->incoming);
    grpc_metadata_array_destroy(&s->initial);
    grpc_metadata_array_destroy(&s->trailing);
    grpc_slice_unref(s->details);
    grpc_call_unref(s->call);
    mem_free(s);
}
