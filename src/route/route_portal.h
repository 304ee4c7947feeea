/* Portals: on the worker that the session is on; when that is lost, run again elsewhere if they only read.
 * Threads: the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_PORTAL_H
#define TAVANA_ROUTE_ROUTE_PORTAL_H

#include "route/poison.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend_fetch;
struct backend_param;
struct backend_portal;
struct backend_session;
struct backend_stmt;
struct route_portal;

/* backend_ops.open. */
int route_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e);
/* backend_ops.start. */
int route_start(struct backend_portal *p, struct err *e);
/* backend_ops.park. */
int route_park(struct backend_portal *p, int64_t until_us, struct err *e);
/* backend_ops.slice. */
int route_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e);
/* backend_ops.ahead. */
int route_ahead(struct backend_portal *p);
/* backend_ops.portal_close. */
void route_portal_close(struct backend_portal *p);
/* Sees to p->inner, started if p is; ST_ERR when its rows cannot be told to be the same. */
int route_portal_settle(struct route_portal *p, struct err *e);
/* What identifies the portal's run to poison.h: its statement with its parameters. */
struct poison_keys route_portal_keys(struct route_portal *p);
/* Whether its rows can come from another worker. */
bool route_portal_can_move(const struct route_portal *p);
/* What the worker says of it. */
void route_portal_learn(struct route_portal *p);
/* Not on a worker any more. */
void route_portal_leave(struct route_portal *p);

#endif
