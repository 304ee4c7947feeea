/* backend.h over several workers. A session stays with the worker that it has until it has nothing there and
 * that worker goes, is lost or has much more to do than another; then the next statement opens it elsewhere,
 * with its settings. What only reads
 * and was cut off is run again on another worker: invisibly before its first row, and after it only when the
 * rows that were sent come again (verified resume: 40001 when they do not). What may have changed something
 * is never run twice: 08006, or 08007 when nobody knows whether it was done.
 * Threads: as backend.h. Source: docs/gateway.md. */
#ifndef TAVANA_ROUTE_ROUTE_H
#define TAVANA_ROUTE_ROUTE_H

#include "backend/backend.h"
#include "route/workers.h"

struct route;

struct route_options {
    struct workers_options workers;
    int64_t wait_us; /* of a statement for a worker */
};

/* One router of a process. The caller's, for route_free. */
int route_new(struct route **out, const struct route_options *o, struct err *e);
/* All sessions are closed by then. NULL is fine. */
void route_free(struct route *r);
/* The backend that sessions are opened at. Lives as long as the router. */
struct backend *route_backend(struct route *r);
/* The pool, for reload and gauges. Lives as long as the router. */
struct workers *route_workers(struct route *r);
/* Statements that are refused now, since workers died under them. */
unsigned route_refused(struct route *r);
/* Of statements that begin to wait. */
void route_set_wait(struct route *r, int64_t wait_us);

#endif
