/* Shared by server*.c only. */
#ifndef TAVANA_RPC_SERVER_PRIV_H
#define TAVANA_RPC_SERVER_PRIV_H

#include "rpc/server.h"

#include <grpc/grpc.h>

#include <pthread.h>
#include <stdatomic.h>

enum { RPC_IN_MAGIC = 0x52504349 }; /* of an rpc_in that lives: it goes through gRPC as a bare pointer */

enum rpc_step { STEP_NEW, STEP_CLOSE, STEP_SEND, STEP_READ, STEP_END, STEPS };

/* An operation under way: what comes back from the queue. */
struct rpc_op {
    struct rpc_in *in; /* NULL: the server's own */
    enum rpc_step step;
};

struct rpc_in {
    struct task task;
    unsigned magic;
    struct rpc_server *server;
    enum rpc_method method;
    grpc_call *call;
    gpr_timespec deadline;
    grpc_metadata_array metadata;
    char *peer;                /* as gRPC names the other end; NULL: not asked for yet */
    grpc_byte_buffer *payload; /* of a call with one request: read before the handler runs */
    ProtobufCMessage *request;
    struct rpc_op ops[STEPS];
    _Atomic unsigned refs; /* the handler, and each operation under way */
    bool waits_for_payload;
    bool greeted; /* initial metadata has been sent */
    bool ended;   /* by the call's thread: rpc_reply, rpc_finish or rpc_refuse */
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

#endif
