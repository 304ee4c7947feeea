/* The worker's sessions: found by a random id, each of the lease of one gateway's connection. Locks: a
 * session's `busy`, then the service's `lock`. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_SESSION_H
#define TAVANA_RPC_SERVICE_SESSION_H

#include <stdint.h>

struct backend_portal;
struct err;
struct rpc_in;
struct rpc_service;
struct service_lease;
struct service_objects;
struct service_session;

/* The table of sessions and its lock; sized for sessions_max. */
int service_sessions_init(struct rpc_service *v, struct err *e);
/* The table itself; all sessions have been closed. */
void service_sessions_release(struct rpc_service *v);
/* A call of a session, from its beginning (which may answer it: NULL) to its end. The session has to belong
 * to the lease of the call's connection. */
struct service_session *service_enter(struct rpc_service *v, struct rpc_in *in, uint64_t id, struct err *e);
/* in: NULL when the call has ended already. */
void service_leave(struct rpc_service *v, struct rpc_in *in, struct service_session *s);
/* Around what the session runs, for reports. */
void service_begin(struct rpc_service *v, struct service_session *s);
/* The other end of service_begin, once for each. */
void service_end(struct rpc_service *v, struct service_session *s);
/* Handler of OpenSession: in is the call, arg the rpc_service. */
void service_open_session(void *arg, struct rpc_in *in);
/* Handler of CloseSession: in is the call, arg the rpc_service. Waits for the session's call that is under
 * way. */
void service_close_session(void *arg, struct rpc_in *in);
/* Handler of Cancel: in is the call, arg the rpc_service. Never waits for the session. */
void service_cancel(void *arg, struct rpc_in *in);
/* A lease for the call's connection; NULL: there are too many, or no memory. */
struct service_lease *service_lease_new(struct rpc_service *v, struct rpc_in *in);
/* Its sessions are closed: what runs in them ends soon. */
void service_lease_end(struct rpc_service *v, struct service_lease *l);
/* The same of all leases; they go on. */
void service_close_all(struct rpc_service *v);
/* NULL when there is none; 26000 … is the caller's. */
void *service_find(const struct service_objects *o, uint64_t id);
/* The session's portal of that id, lent. 34000: there is none. */
struct backend_portal *service_portal(const struct service_session *s, uint64_t id, struct err *e);
/* Keeps item under a new id, from 1. 53400 when there are SERVICE_OBJECTS_MAX, 53200. */
int service_put(struct service_objects *o, void *item, uint64_t *id, struct err *e);
/* The item of that id, which is no longer kept; NULL: there is none. */
void *service_take(struct service_objects *o, uint64_t id);

#endif
