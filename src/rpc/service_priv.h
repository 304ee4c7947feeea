/* Shared by service*.c only. */
#ifndef TAVANA_RPC_SERVICE_PRIV_H
#define TAVANA_RPC_SERVICE_PRIV_H

#include "rpc/service.h"

#include "base/list.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SERVICE_OBJECTS_MAX = 1 << 20, /* statements or portals of one session */
    SERVICE_REQUEST_MEMORY = 1 << 30,
};

/* What a session has: an id is a place in here, from 1. */
struct service_objects {
    void **items; /* NULL: free */
    size_t n, cap;
};

struct service_session {
    struct list link;
    uint64_t id, lease;
    unsigned refs; /* of the service's lock: the table, and each call */
    _Atomic bool closed;
    _Atomic bool running; /* a statement, or its result is being sent */
    struct backend_session *backend;
    pthread_mutex_t busy;          /* held through a call */
    _Atomic uint64_t calls;        /* begun */
    _Atomic uint64_t cancelled_to; /* the last call that shall end */
    struct service_objects statements, portals;
    struct rpc_slots *slots; /* of fetches; NULL: none yet */
};

/* Of an Attach call that goes on. */
struct service_lease {
    struct list link;
    uint64_t id;
};

struct rpc_service {
    struct rpc_server *server;
    struct backend *backend;
    const char *version;
    char id[40]; /* of this run */
    uint64_t memory_max;
    bool own_writes;
    unsigned sessions_max, streams_max;
    _Atomic unsigned gateways, streams;
    _Atomic bool draining, stopped;
    pthread_mutex_t lock; /* of those below, and of refs and closed */
    struct list sessions, leases;
    unsigned nsessions;
    uint64_t next_session;
    _Atomic uint64_t next_lease;
};

/* service.c: a call of a session, from its beginning (which may answer it: NULL) to its end. */
struct service_session *service_enter(struct rpc_service *v, struct rpc_in *in, uint64_t id, struct err *e);
/* in: NULL when the call has ended already. */
void service_leave(struct rpc_service *v, struct rpc_in *in, struct service_session *s);
/* NULL when there is none; 26000 … is the caller's. */
void *service_find(const struct service_objects *o, uint64_t id);
int service_put(struct service_objects *o, void *item, uint64_t *id, struct err *e);
void *service_take(struct service_objects *o, uint64_t id);

/* Around what the session runs, for reports. */
void service_begin(struct rpc_service *v, struct service_session *s);
void service_end(struct rpc_service *v, struct service_session *s);
void service_close_lease(struct rpc_service *v, uint64_t lease);

/* service_attach.c */
void service_attach(void *arg, struct rpc_in *in);

/* service_rows.c */
void service_fetch(void *arg, struct rpc_in *in);
/* What a portal's fetches will want, before it starts; of the arena. m may be NULL. */
int service_expect(struct backend_portal *p, const Tavana__V1__Expected *m, struct arena *a, struct err *e);
void service_slice(void *arg, struct rpc_in *in);
void service_copy_in(void *arg, struct rpc_in *in);

/* service_reply.c */
struct backend_portal *service_portal(const struct service_session *s, uint64_t id, struct err *e);
void service_portal_reply(struct rpc_in *in, int st, uint64_t id, const struct backend_portal *p,
                          const struct row_desc *told, const struct backend_portal *source,
                          const struct err *e);

#endif
