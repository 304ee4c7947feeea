/* Batches of rows under way: their memory is lent to gRPC until the bytes have left. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVER_BATCH_H
#define TAVANA_RPC_SERVER_BATCH_H

#include <stdbool.h>

struct row_batch;
struct rpc_in;
struct rpc_slots;

/* Rows whose memory is exchanged, not copied: at most RPC_BATCHES_MAX are under way, then it waits. */
struct rpc_slots *rpc_slots_new(void);
/* Waits for a free slot, exchanges the batch's memory with the slot's and hands the bytes over; the batch
 * is empty then. last: the fetch has no more rows. ST_ERR: the call is broken. */
int rpc_in_send_batch(struct rpc_in *in, struct rpc_slots *slots, struct row_batch *batch, bool last);
/* Those under way free themselves. NULL is fine. */
void rpc_slots_unref(struct rpc_slots *slots);

#endif
