/* The gateway's side of the Attach call: a thread of the client keeps it, and takes in what the worker
 * reports. While it holds there is a lease, which sessions are opened with. Any thread. Of rpc/ alone. */
#ifndef TAVANA_RPC_CLIENT_ATTACH_H
#define TAVANA_RPC_CLIENT_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct rpc_client;

/* Starts the thread. Once. */
int rpc_attach_start(struct rpc_client *c, struct err *e);
/* Breaks the call off and waits for the thread. Nothing happens when it was not started. */
void rpc_attach_stop(struct rpc_client *c);
/* The lease and what goes with it, as soon as there is one. */
int rpc_wait_for_lease(struct rpc_client *c, uint64_t *lease, unsigned *epoch, struct err *e);
/* The worker has said that it drains: idle sessions are told to leave it. Any thread. */
void rpc_learn_that_it_goes(struct rpc_client *c);
/* A call was cut off, of a session that belongs to that lease: of an old one it says nothing about how the
 * worker is now. If it is well after all it says so within a second. */
void rpc_learn_that_it_is_gone(struct rpc_client *c, uint64_t lease);
/* The worker says that this lease is none any more: it is attached anew. Any thread. */
void rpc_learn_that_the_lease_has_ended(struct rpc_client *c, uint64_t lease);
/* Whether it was the last one of which that was said. Any thread. */
bool rpc_lease_has_ended(struct rpc_client *c, uint64_t lease);

#endif
