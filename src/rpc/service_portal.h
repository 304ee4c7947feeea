/* Calls about portals, but for their rows. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_PORTAL_H
#define TAVANA_RPC_SERVICE_PORTAL_H

#include <stdint.h>

struct backend_portal;
struct err;
struct service_call;
struct service_session;

/* Open: binds a statement; the portal is the session's, under a new id. */
int service_open(struct service_call *c, struct err *e);
/* Start: runs the portal, or begins to. */
int service_start(struct service_call *c, struct err *e);
/* Park: puts down the rows that are still to come. 08P01 for a portal that was not started. */
int service_park(struct service_call *c, struct err *e);
/* Slice: the rows of a fetch become a portal of their own, under a new id. */
int service_slice(struct service_call *c, struct err *e);

#endif
