/* The seam's calls of portals, but for fetch: what runs on which worker, and what may be run twice. Threads:
 * the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_RUN_H
#define TAVANA_ROUTE_ROUTE_RUN_H

#include <stddef.h>
#include <stdint.h>

struct backend_fetch;
struct backend_param;
struct backend_portal;
struct backend_session;
struct backend_stmt;
struct err;

/* backend_ops.open. */
int route_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e);
/* backend_ops.start. What changes something is never run twice: 08007 when its worker was lost meanwhile. */
int route_start(struct backend_portal *p, struct err *e);
/* backend_ops.park. */
int route_park(struct backend_portal *p, int64_t until_us, struct err *e);
/* backend_ops.slice. */
int route_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e);
/* backend_ops.ahead. */
int route_ahead(struct backend_portal *p);

#endif
