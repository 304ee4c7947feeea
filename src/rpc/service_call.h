/* How the call of a session is opened and closed, and what a method's body may do with it beside filling in
 * its reply. A session's calls follow each other, whatever the gateway does: each holds `busy` until it
 * leaves. Threads: the call's. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_CALL_H
#define TAVANA_RPC_SERVICE_CALL_H

#include <stdint.h>

struct err;
struct rpc_in;
struct rpc_service;
struct service_call;
struct service_session;

/* A call of the session begins; waits for the one before it. NULL: there is no such session of the
 * connection's lease, and the call was refused. e is set when the call was cancelled before it began. */
struct service_session *service_enter(struct rpc_service *v, struct rpc_in *in, uint64_t id, struct err *e);
/* The call is over. in: NULL when it was answered already; else it ends as void if the session was closed. */
void service_leave(struct rpc_service *v, struct rpc_in *in, struct service_session *s);
/* Around what the session runs, for reports. */
void service_begin(struct rpc_service *v, struct service_session *s);
/* The other end of service_begin, once for each. */
void service_end(struct rpc_service *v, struct service_session *s);
/* Ends the call without a reply: status is of grpc_status_code, why is sent along. Once; the body returns
 * then. */
void service_refuse(struct service_call *c, int status, const char *why);

#endif
