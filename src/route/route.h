/* backend.h over several workers. A session stays with the worker that it has until it has nothing there and
 * that worker goes or is lost; then the next statement opens it elsewhere, with its settings. What only reads
 * and was cut off is run again on another worker: invisibly before its first row, and after it only when the
 * rows that were sent come again (verified resume: 40001 when they do not). What may have changed something
 * is never run twice: 08006, or 08007 when nobody knows whether it was done.
 * Threads: as backend.h. Source: docs/gateway.md. */
#ifndef TAVANA_ROUTE_ROUTE_H
#define TAVANA_ROUTE_ROUTE_H

#include "backend/backend.h"
#include "rpc/client.h"

struct route;

struct route_options {
    const char *const *workers;       /* addresses */
    size_t nworkers;                  /* 1 … ROUTE_WORKERS_MAX */
    struct rpc_client_options client; /* the address apart */
};

enum { ROUTE_WORKERS_MAX = 64 };

struct route_worker_stats {
    const char *address;
    struct rpc_report report;
};

int route_new(struct route **out, const struct route_options *o, struct err *e);
/* All sessions are closed by then. NULL is fine. */
void route_free(struct route *r);
struct backend *route_backend(struct route *r);
/* False: there is no i-th worker. */
bool route_worker_stats(struct route *r, size_t i, struct route_worker_stats *out);

#endif
