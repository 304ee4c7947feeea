/* The worker's door: calls come in over gRPC's C core and are worked on by threads of a pool, one call a
 * thread from its beginning to its end. A handler ends its call by rpc_reply, rpc_finish or rpc_refuse, once;
 * the call is gone then. Threads: a call belongs to its handler's thread; on_break comes from another. */
#ifndef TAVANA_RPC_SERVER_H
#define TAVANA_RPC_SERVER_H

#include "base/thread_pool.h"
#include "rpc/channel.h"

struct row_batch;
struct rpc_server;
struct rpc_in;    /* a call that has come */
struct rpc_slots; /* memory of the batches that a stream has under way */

typedef void (*rpc_handler)(void *arg, struct rpc_in *call);

struct rpc_server_options {
    const char *const *addresses; /* HOST:PORT, or unix:PATH */
    size_t naddresses;
    const struct rpc_security *security;
    int64_t silence_ms;    /* of a gateway, until it counts as lost */
    size_t message_max;    /* bytes of a client's message: a call's message may have so many, and its frame */
    unsigned sessions_max; /* of all gateways: one connection has no more calls under way, but for a few */
    struct thread_pool *pool;
    rpc_handler handlers[RPC_METHOD_COUNT];
    void *arg;
};

/* Takes no calls yet. */
int rpc_server_new(struct rpc_server **out, const struct rpc_server_options *o, struct err *e);
int rpc_server_start(struct rpc_server *s, struct err *e);
/* Of the first address. */
int rpc_server_port(const struct rpc_server *s);
/* New calls are refused; those under way are broken off and waited for. */
void rpc_server_stop(struct rpc_server *s);
/* Stops it, if need be. NULL is fine. */
void rpc_server_free(struct rpc_server *s);

enum rpc_method rpc_in_method(const struct rpc_in *in);
/* The connection that it came over, as gRPC names it: "ipv4:127.0.0.1:4711". Lent. */
const char *rpc_in_peer(struct rpc_in *in);
/* False: it was not read, since nobody knows who calls (Health alone runs then). */
bool rpc_in_has_request(const struct rpc_in *in);
/* The request of a call that has one; lent. */
int rpc_in_request(struct rpc_in *in, ProtobufCMessage **out, struct err *e);
/* Of a stream of requests: the next one, the caller's, for rpc_message_free. ST_EOF: there are no more. */
int rpc_in_read(struct rpc_in *in, ProtobufCMessage **out, struct err *e);
/* cb is called when the other side breaks the call off, at once when it has done so, never after
 * rpc_in_on_break(in, NULL, NULL) has returned. It must not wait. */
void rpc_in_on_break(struct rpc_in *in, void (*cb)(void *arg), void *arg);
bool rpc_in_broken(struct rpc_in *in);
/* Waits until no message waits to be sent any more, hands this one over. ST_ERR: nobody takes it any more. */
int rpc_in_send(struct rpc_in *in, const ProtobufCMessage *m);
/* Waits, until the time or the end of the call; false: the call is broken. */
bool rpc_in_wait(struct rpc_in *in, int64_t until_us);

/* Rows whose memory is exchanged, not copied: at most RPC_BATCHES_MAX are under way, then it waits. */
struct rpc_slots *rpc_slots_new(void);
int rpc_in_send_batch(struct rpc_in *in, struct rpc_slots *slots, struct row_batch *batch, bool last);
/* Those under way free themselves. NULL is fine. */
void rpc_slots_unref(struct rpc_slots *slots);

/* While *gone, now or later, rpc_reply and rpc_finish end the call with UNAVAILABLE. NULL: never. */
void rpc_in_void_when(struct rpc_in *in, const _Atomic bool *gone);
void rpc_reply(struct rpc_in *in, const ProtobufCMessage *m);
void rpc_finish(struct rpc_in *in);
/* status: of grpc_status_code. */
void rpc_refuse(struct rpc_in *in, int status, const char *why);

#endif
