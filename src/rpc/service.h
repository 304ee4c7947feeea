/* The worker: serves a backend to gateways. Sessions belong to the lease of an Attach call; a session's calls
 * follow each other, whatever the gateway does. Any thread. Source: proto/tavana/v1. */
#ifndef TAVANA_RPC_SERVICE_H
#define TAVANA_RPC_SERVICE_H

#include "backend/backend.h"
#include "rpc/server.h"

struct rpc_service;

struct rpc_service_options {
    struct backend *backend;
    struct rpc_server_options server; /* handlers and arg are filled here */
    unsigned sessions_max;
    unsigned streams_max; /* statements at the same time: gateways let others wait. 0: no limit */
    int64_t report_us;    /* how often gateways are told how the worker is; 0: every second */
    const char *version;
    uint64_t memory_max; /* of the engine; 0: not known */
    bool own_writes;     /* its database takes writes */
};

struct rpc_service_stats {
    unsigned gateways, sessions, streams;
};

/* Serves o->backend at o->server's addresses, from now on. The caller's, for rpc_service_free. */
int rpc_service_new(struct rpc_service **out, const struct rpc_service_options *o, struct err *e);
/* Of the first address. */
int rpc_service_port(const struct rpc_service *s);
/* How many gateways are attached, sessions open, statements running. */
struct rpc_service_stats rpc_service_stats(struct rpc_service *s);
/* Gateways are told to open sessions elsewhere. */
void rpc_service_drain(struct rpc_service *s);
/* Breaks off every call and closes every session. The pool has to end after this and before the free. */
void rpc_service_stop(struct rpc_service *s);
/* After rpc_service_stop: sessions whose last call has not ended. leave: those that cannot end soon, since
 * the engine plans, are left behind (backend/backend.h): while there are some, the service cannot be freed.
 */
struct rpc_service_left {
    unsigned running, behind;
};
/* See above. Any thread, as often as one likes. */
struct rpc_service_left rpc_service_left(struct rpc_service *s, bool leave);
/* NULL is fine. */
void rpc_service_free(struct rpc_service *s);

#endif
