/* The Attach call: tells one gateway how the worker is, once a second; the gateway's sessions end with the
 * call. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_ATTACH_H
#define TAVANA_RPC_SERVICE_ATTACH_H

struct rpc_in;

/* Handler of Attach: in is the call, arg the rpc_service. */
void service_attach(void *arg, struct rpc_in *in);

#endif
