/* Rows. A stream whose worker is lost goes on elsewhere when the rows that were handed on come there
 * again, which their hash tells. Threads: the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_FETCH_H
#define TAVANA_ROUTE_ROUTE_FETCH_H

struct backend_fetch;
struct backend_portal;
struct err;
struct row_stream;

/* backend_ops.fetch. One is open at a time. */
int route_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
                struct err *e);

#endif
