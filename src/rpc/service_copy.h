/* COPY FROM STDIN: the parts of a stream go into the session's backend. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_COPY_H
#define TAVANA_RPC_SERVICE_COPY_H

struct rpc_in;

/* Handler of CopyIn: in is the call, arg the rpc_service. */
void service_copy_in(void *arg, struct rpc_in *in);

#endif
