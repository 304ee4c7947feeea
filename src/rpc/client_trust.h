/* A worker that sent what cannot be is thrown out: what the gateway has there is lost at once, and it is
 * not attached again for a while, which is longer each time. Of rpc/ alone. */
#ifndef TAVANA_RPC_CLIENT_TRUST_H
#define TAVANA_RPC_CLIENT_TRUST_H

#include <stdbool.h>

struct rpc_client;

/* It sent what cannot be, in that epoch. Any thread. */
void rpc_client_throw_out(struct rpc_client *c, unsigned epoch, const char *what);
/* It is not attached again yet. */
bool rpc_client_is_out(struct rpc_client *c);

#endif
