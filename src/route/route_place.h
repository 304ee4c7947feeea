/* Where a session is: on which worker it has a session of its own, how it comes to one that has room, and
 * when it leaves. s->on and s->at are written here alone. Threads: the session's; a cancel comes from any.
 * Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_PLACE_H
#define TAVANA_ROUTE_ROUTE_PLACE_H

#include <stdbool.h>

struct backend_session;
struct err;
struct route_portal;
struct route_session;

/* Sees to it that the session is on a worker (s->on): the one it has, or a new one where nothing ties it to
 * one that goes or has ended. 25P02 in a transaction that was lost, 08006, 53300; 57014 when cancelled. */
int route_settle(struct route_session *s, struct err *e);
/* Before something runs: waits until a worker has room, and moves there. Each is undone by route_exit; one
 * within another only counts. begun: a portal of the session that has rows to come there, so that it is
 * neither moved nor asked to settle. */
int route_enter(struct route_session *s, bool begun, struct err *e);
/* The other end of route_enter; does nothing when there is nothing to undo. */
void route_exit(struct route_session *s);
/* The session has nothing on a worker any more: statements, portals and COPY there are given up. NULL s->on
 * is fine. */
void route_leave(struct route_session *s);
/* The portal has nothing on the worker any more; the session stays. */
void route_leave_portal(struct route_portal *p);
/* Before a fetch: when its worker goes the session leaves while it can, with all of its portals; else it
 * knows that it is draining (base.draining). */
void route_leave_what_goes(struct route_session *s);
/* backend_ops.look_up. */
void route_look_up(struct backend_session *s);
/* Before something is written: 25006 when it could come to lie where other workers do not see it. */
int route_may_write(const struct route_session *s, struct err *e);
/* Whether the portal's rows can come from another worker. */
bool route_portal_can_move(const struct route_portal *p);
/* backend_ops.cancel: of what runs on the worker, and of what waits for one. Any thread. */
void route_cancel(struct backend_session *s);

#endif
