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
/* Takes calls from now on. Once. */
int rpc_server_start(struct rpc_server *s, struct err *e);
/* Of the first address. */
int rpc_server_port(const struct rpc_server *s);
/* New calls are refused; those under way are broken off and waited for. */
void rpc_server_stop(struct rpc_server *s);
/* Stops it, if need be. NULL is fine. */
void rpc_server_free(struct rpc_server *s);

#endif
