/* Shared by channel*.c only. */
#ifndef TAVANA_RPC_CHANNEL_PRIV_H
#define TAVANA_RPC_CHANNEL_PRIV_H

#include "rpc/channel.h"

#include <grpc/grpc.h>

#include <pthread.h>

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

/* Headers of a call. */
struct rpc_outgoing {
    grpc_metadata token;
    size_t ntoken;
};

/* A deadline that never comes. */
gpr_timespec rpc_never(void);
/* The one of this thread: what it waits for comes there. */
grpc_completion_queue *rpc_thread_queue(void);
/* A call whose events come to q. has_deadline: it has to end within the channel's timeout. The caller's,
 * for grpc_call_unref. */
grpc_call *rpc_call_new(struct rpc_channel *c, enum rpc_method method, grpc_completion_queue *q,
                        bool has_deadline);
/* The headers of a call on this channel: its token, if it has one. Lends the channel's memory. */
void rpc_outgoing_init(struct rpc_outgoing *o, const struct rpc_channel *c);
/* Hands ops to gRPC; the event of tag says how they went. It refuses ops for mistakes of ours alone:
 * asserted. */
void rpc_start_batch(grpc_call *call, const grpc_op *ops, size_t n, void *tag);
/* The event of the tag; of a call that is given up its end, which gRPC sees to then. */
grpc_event rpc_pluck(grpc_completion_queue *q, grpc_call *call, void *tag, const rpc_give_up *give_up);
/* 57014: nobody waits for the call any more. */
int rpc_given_up(const struct rpc_channel *c, struct err *e);
/* What a call that has ended so means to who made it. */
int rpc_status(const struct rpc_channel *c, grpc_status_code status, grpc_slice details, struct err *e);
/* 54000: the worker would refuse it. */
int rpc_check_size(const struct rpc_channel *c, const ProtobufCMessage *request, struct err *e);

#endif
