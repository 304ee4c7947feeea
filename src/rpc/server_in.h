/* A call that has come: its references and the operations that gRPC has under way for it. Any thread. Of rpc/
 * alone. */
#ifndef TAVANA_RPC_SERVER_IN_H
#define TAVANA_RPC_SERVER_IN_H

#include "rpc/server_priv.h"

/* Its lock and condition; rpc_in_unref gives them back. */
void rpc_in_conditions_init(struct rpc_in *in);
/* Begins an operation, which holds the call until it has ended. */
void rpc_in_start(struct rpc_in *in, enum rpc_step step, const grpc_op *ops, size_t n);
/* What waits begins to go out. With the lock; nothing is being sent. */
void rpc_in_send_waiting(struct rpc_in *in);
/* Gives up one reference; the last one frees the call. Any thread. */
void rpc_in_unref(struct rpc_in *in);

#endif
