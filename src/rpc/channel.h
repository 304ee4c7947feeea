/* A way to one worker: calls that wait for their end in the thread that makes them, over gRPC's C core.
 * A channel: any thread. A call or stream: one thread from its beginning to its end, since the thread's own
 * completion queue serves it. Errors: 08006 when the worker cannot be reached, broke off or does not answer;
 * 28000 when it does not accept us. A worker that is silent is noticed by HTTP/2 pings within
 * rpc_channel_options.timeout_ms, however long a statement runs. */
#ifndef TAVANA_RPC_CHANNEL_H
#define TAVANA_RPC_CHANNEL_H

#include "rpc/message.h"
#include "rpc/method.h"
#include "rpc/security.h"

#include <stdatomic.h>

struct rpc_channel;
struct rpc_stream;

struct rpc_channel_options {
    const char *address; /* HOST:PORT, or unix:PATH */
    const struct rpc_security *security;
    int64_t timeout_ms; /* to connect, and of silence */
    size_t message_max; /* bytes of a client's message: a larger request is refused here, 54000 */
};

enum {
    RPC_BATCH_MAX = 256 * 1024,      /* bytes of rows in a message, or one row */
    RPC_BATCHES_MAX = 4,             /* of a stream under way */
    RPC_LOOK_MS = 500,               /* between two looks at whether a call is given up */
    RPC_FRAME_MAX = 2 * 1024 * 1024, /* what a request may have around a client's message: a Bind of 65,535
                                        parameters has 11 bytes more for each of them here */
};

/* Bytes of a request whose client may send messages of so many. */
static inline size_t rpc_message_limit(size_t message_max)
{
    return message_max + RPC_FRAME_MAX;
}

int rpc_channel_new(struct rpc_channel **out, const struct rpc_channel_options *o, struct err *e);
/* No calls are under way. NULL is fine. */
void rpc_channel_free(struct rpc_channel *c);
/* Waits so long. Meanwhile this thread does what connecting takes: some thread has to wait in gRPC for that,
 * and without streams nobody else does. */
void rpc_channel_pause(int64_t ms);
const char *rpc_channel_address(const struct rpc_channel *c);

/* Of an error of a call or stream that was under way: the peer's system said that nobody has that connection
 * any more. Told by gRPC's words, of which it has no others. A peer that is silent (frozen, cut off), or that
 * cannot be reached in the first place, is told in other ones. */
bool rpc_closed_by_peer(const struct err *e);
/* Since when a call shall end (microseconds of the clock; 0: it may run), set from any thread while it is
 * under way, and how long it is waited for then, the caller's. The call looks at it every RPC_LOOK_MS. The
 * call has ended with 57014 then, and what became of it nobody knows: see rpc_was_given_up. */
typedef struct {
    _Atomic int64_t since_us;
    int64_t patience_us;
} rpc_give_up;
bool rpc_was_given_up(const rpc_give_up *g);

/* One request, one reply; *reply is the caller's, for rpc_message_free. give_up: NULL for a call that runs no
 * statement, and has to end within the channel's timeout. 54000 for a request that is too large, and 53200:
 * it was not sent. */
int rpc_call(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
             ProtobufCMessage **reply, const rpc_give_up *give_up, struct err *e);
bool rpc_was_not_sent(const struct err *e);
/* One that nobody waits for, whose reply is of no interest. Never waits, and ends within the channel's
 * timeout. */
void rpc_send(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request);

/* request: the only one; NULL: others follow by rpc_stream_send. give_up: NULL: never; outlives the stream.
 */
int rpc_stream_open(struct rpc_stream **out, struct rpc_channel *c, enum rpc_method method,
                    const ProtobufCMessage *request, const rpc_give_up *give_up, struct err *e);
/* Waits until the connection has taken the message. */
int rpc_stream_send(struct rpc_stream *s, const ProtobufCMessage *m, struct err *e);
/* ST_OK: *out is the caller's, for grpc_byte_buffer_destroy; ST_EOF: the worker has ended the stream as it
 * should. */
int rpc_stream_next(struct rpc_stream *s, grpc_byte_buffer **out, struct err *e);
/* Its messages are of no hurry: a next may be a tenth of a second late. */
void rpc_stream_in_background(struct rpc_stream *s);
/* Whether a next would not wait: now, or when so long has passed. */
bool rpc_stream_has_come(struct rpc_stream *s);
bool rpc_stream_comes_within(struct rpc_stream *s, int64_t ms);
/* From any thread while the stream is open: a next ends with an error. */
void rpc_stream_break(struct rpc_stream *s);
/* Breaks off what has not ended. NULL is fine. */
void rpc_stream_close(struct rpc_stream *s);

#endif
