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

/* A channel to one worker; connects when a call needs it. The caller's, for rpc_channel_free. */
int rpc_channel_new(struct rpc_channel **out, const struct rpc_channel_options *o, struct err *e);
/* No calls are under way. NULL is fine. */
void rpc_channel_free(struct rpc_channel *c);
/* Waits so long. Meanwhile this thread does what connecting takes: some thread has to wait in gRPC for that,
 * and without streams nobody else does. */
void rpc_channel_pause(int64_t ms);
/* As it was given to rpc_channel_new. Lent. */
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
/* The call with that has ended because nobody waited for it any more. */
bool rpc_was_given_up(const rpc_give_up *g);

/* One request, one reply; *reply is the caller's, for rpc_message_free. give_up: NULL for a call that runs no
 * statement, and has to end within the channel's timeout.
 *   ST_ERR     54000: the request is too large; 53200: both were not sent. Else what became of the call
 *   ST_AGAIN   the worker has answered, but there was no memory for its reply: 53200, *reply untouched */
int rpc_call(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request,
             ProtobufCMessage **reply, const rpc_give_up *give_up, struct err *e);
/* Of an error of rpc_call: the request was too large or there was no memory, so the worker has not seen
 * it. */
bool rpc_was_not_sent(const struct err *e);
/* One that nobody waits for, whose reply is of no interest. Never waits, and ends within the channel's
 * timeout. */
void rpc_send(struct rpc_channel *c, enum rpc_method method, const ProtobufCMessage *request);

#endif
