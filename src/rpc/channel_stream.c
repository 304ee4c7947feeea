/* Streams of a channel: messages one after the other, in the thread that opened them. */
#include "rpc/channel_stream.h"

#include "rpc/channel_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <grpc/support/time.h>

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

enum {
    BACKGROUND_MS = 100,
    STREAM_MAGIC = 0x52504353, /* of a stream that is open: others break it off */
};

static _Atomic unsigned streams; /* open now, but for those in the background */

struct rpc_stream {
    unsigned magic;
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
    assert(!s->reading && !s->incoming);
    const grpc_op ops[] = {
        {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->incoming},
        {.op = GRPC_OP_RECV_INITIAL_METADATA,
         .data.recv_initial_metadata.recv_initial_metadata = &s->initial},
    };
    rpc_start_batch(s->call, ops, first ? 2 : 1, &s->incoming);
    s->reading = true;
    s->come = false;
}

static void begin(struct rpc_stream *s, const ProtobufCMessage *request)
{
    struct rpc_outgoing o;
    assert(!s->begun && !s->ended);
    rpc_outgoing_init(&o, s->channel);
    s->request = request ? rpc_pack(request) : NULL;
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA, .data.send_initial_metadata = {o.ntoken, &o.token, {0}}},
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = s->request},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
    };
    const grpc_op status = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
                            .data.recv_status_on_client = {&s->trailing, &s->status, &s->details, NULL}};
    rpc_start_batch(s->call, ops, request ? 3 : 1, &s->begun);
    rpc_start_batch(s->call, &status, 1, &s->status);
    read_message(s, true);
    s->begun = true;
}

int rpc_stream_open(struct rpc_stream **out, struct rpc_channel *c, enum rpc_method method,
                    const ProtobufCMessage *request, const rpc_give_up *give_up, struct err *e)
{
    if (request)
        TRY(rpc_check_size(c, request, e));
    struct rpc_stream *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->magic = STREAM_MAGIC;
    s->channel = c;
    s->queue = rpc_thread_queue();
    s->call = rpc_call_new(c, method, s->queue, false);
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
    grpc_event ev = rpc_pluck(s->queue, s->call, tag, s->give_up);
    *under_way = false;
    return ev.success != 0;
}

static int end_of(struct rpc_stream *s, struct err *e)
{
    if (!s->ended)
        (void)rpc_pluck(s->queue, s->call, &s->status, s->give_up);
    s->ended = true;
    if (s->status == GRPC_STATUS_CANCELLED && s->give_up && rpc_was_given_up(s->give_up))
        return rpc_given_up(s->channel, e);
    TRY(rpc_status(s->channel, s->status, s->details, e));
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
    assert(!s->sending);
    (void)take_end(s, &s->begun, &s->begun);
    s->sending = true;
    rpc_start_batch(s->call, &op, 1, &s->sending);
    return take_end(s, &s->sending, &s->sending) ? ST_OK : broken(s, e);
}

int rpc_stream_send(struct rpc_stream *s, const ProtobufCMessage *m, struct err *e)
{
    assert(s->magic == STREAM_MAGIC);
    if (s->ended)
        return broken(s, e);
    TRY(rpc_check_size(s->channel, m, e));
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
    (void)rpc_pluck(s->queue, s->call, &s->incoming, s->give_up);
    s->come = true;
}

int rpc_stream_next(struct rpc_stream *s, grpc_byte_buffer **out, struct err *e)
{
    assert(s->magic == STREAM_MAGIC);
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
    assert(!s->background);
    s->background = true;
    (void)atomic_fetch_sub(&streams, 1);
}

void rpc_stream_break(struct rpc_stream *s)
{
    assert(s->magic == STREAM_MAGIC);
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
        (void)wait_for_message(s, rpc_never());
    if (!s->ended)
        (void)grpc_completion_queue_pluck(s->queue, &s->status, rpc_never(), NULL);
    grpc_byte_buffer_destroy(s->request);
    grpc_byte_buffer_destroy(s->incoming);
    grpc_metadata_array_destroy(&s->initial);
    grpc_metadata_array_destroy(&s->trailing);
    grpc_slice_unref(s->details);
    grpc_call_unref(s->call);
    s->magic = 0;
    mem_free(s);
}
