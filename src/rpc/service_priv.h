/* Shared by service*.c only. Lock order: a session's `busy`, then the service's `lock`. */
#ifndef TAVANA_RPC_SERVICE_PRIV_H
#define TAVANA_RPC_SERVICE_PRIV_H

#include "rpc/service.h"

#include "base/arena.h"
#include "base/list.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SERVICE_OBJECTS_MAX = 1 << 20, /* statements or portals of one session */
    SERVICE_REQUEST_MEMORY = 1 << 30,
    SERVICE_LEASES_MAX = 256, /* gateways attached: each holds a thread; one more is refused */
    SERVICE_PEER_MAX = 128,   /* bytes of a connection's name; what is longer is cut */
};

/* What a session has: an id is a place in here, from 1. */
struct service_objects {
    void **items; /* NULL: free */
    size_t n, cap;
};

/* Of an Attach call: who calls over its connection, and the sessions that end with it. */
struct service_lease {
    struct list link;
    uint64_t id; /* random, not 0 */
    char peer[SERVICE_PEER_MAX];
    struct list sessions; /* open ones */
    unsigned refs;        /* the Attach call, and each session */
    _Atomic unsigned running;
    bool ended; /* no session is opened for it any more */
};

struct service_session {
    struct list link;              /* of its lease */
    struct list alive;             /* of the service, until it is freed: closed ones too */
    struct service_session *chain; /* the next one of its bucket */
    uint64_t id;                   /* random, not 0 */
    struct service_lease *lease;
    unsigned refs; /* of the service's lock: the table, and each call */
    _Atomic bool closed;
    struct backend_session *backend;
    pthread_mutex_t busy;          /* held through a call */
    _Atomic uint64_t calls;        /* begun */
    _Atomic uint64_t cancelled_to; /* the last call that shall end */
    struct service_objects statements, portals;
    struct rpc_slots *slots; /* of fetches; NULL: none yet */
};

struct rpc_service {
    struct rpc_server *server;
    struct backend *backend;
    int64_t report_us;
    const char *version;
    char id[40]; /* of this run */
    uint64_t memory_max;
    bool own_writes;
    unsigned sessions_max, streams_max;
    _Atomic unsigned gateways, streams;
    _Atomic bool draining, stopped;
    size_t nbuckets;      /* a power of two, from the start */
    pthread_mutex_t lock; /* of those below, and of refs and closed */
    struct service_session **buckets;
    struct list leases, alive;
    unsigned nsessions, nleases;
};

/* A call, from its request to its reply: what service.c hands to the method's body. */
struct service_call {
    struct rpc_service *service;
    struct service_session *session; /* held, and busy with this call; NULL: the method is not of a session */
    struct rpc_in *in;
    struct arena arena;              /* of the reply, and of what the body needs for it */
    const ProtobufCMessage *request; /* NULL: Health's, when nobody knows who asks */
    union service_reply {
        ProtobufCMessage base;
        struct service_any_reply {
            ProtobufCMessage base;
            Tavana__V1__Error *error; /* first in all of them but Health's */
        } any;
        Tavana__V1__Reply plain;
        Tavana__V1__OpenSessionReply open_session;
        Tavana__V1__SplitReply split;
        Tavana__V1__PrepareReply prepare;
        Tavana__V1__PortalReply portal;
        Grpc__Health__V1__HealthCheckResponse health;
    } reply;                 /* initialised, of a method with one reply */
    Tavana__V1__Error error; /* what the reply points to: */
    Tavana__V1__PortalState state, source;
    bool refused; /* by service_refuse: there is nothing more to be said */
};

/* What a method does between the opening of its call and its reply, of which it fills in what is its own. An
 * error of a method with one reply goes into that. */
typedef int (*service_body)(struct service_call *c, struct err *e);

#endif
