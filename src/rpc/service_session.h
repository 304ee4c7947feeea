/* The worker's sessions: found by a random id, each of the lease of one gateway's connection. Locks: a
 * session's `busy`, then the service's `lock`. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_SESSION_H
#define TAVANA_RPC_SERVICE_SESSION_H

#include <stdint.h>

struct backend_portal;
struct err;
struct rpc_in;
struct rpc_service;
struct service_call;
struct service_lease;
struct service_objects;
struct service_session;

/* The table of sessions and its lock; sized for sessions_max. */
int service_sessions_init(struct rpc_service *v, struct err *e);
/* The table itself; all sessions have been closed. */
void service_sessions_release(struct rpc_service *v);
/* The session of that id, held for service_session_unref. NULL: there is none, or it belongs to another
 * gateway, which is told no difference. */
struct service_session *service_session_ref(struct rpc_service *v, struct rpc_in *in, uint64_t id);
/* Gives a hold back: the last one frees the session. */
void service_session_unref(struct rpc_service *v, struct service_session *s);
/* Body of OpenSession: of the lease that the request names. */
int service_open_session(struct service_call *c, struct err *e);
/* Body of CloseSession: nobody finds the session any more, and what runs in it ends soon. Does not wait. */
int service_close_session(struct service_call *c, struct err *e);
/* Body of Cancel: of the session's call under way, or of one that has not come yet. Does not wait. */
int service_cancel(struct service_call *c, struct err *e);
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
