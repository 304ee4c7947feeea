/* A portal: what the client was told of it, and what it has on the worker that the session is on. When that
 * is lost it comes to be again elsewhere, if it only reads and its rows can be told to be the same. Threads:
 * the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_PORTAL_H
#define TAVANA_ROUTE_ROUTE_PORTAL_H

struct backend_portal;
struct err;
struct route_portal;
struct route_session;

/* One of the session's, without statement and rows; for route_portal_close. NULL without memory. */
struct route_portal *route_portal_new(struct route_session *s);
/* backend_ops.portal_close. */
void route_portal_close(struct backend_portal *p);
/* Opens p->inner if it is not there, after route_settle. */
int route_portal_open(struct route_portal *p, struct err *e);
/* The same, and starts it. */
int route_portal_start(struct route_portal *p, struct err *e);
/* Settles the session, and sees to p->inner, started if p is; 08006 when its rows cannot be told to be the
 * same. */
int route_portal_settle(struct route_portal *p, struct err *e);
/* The same of one that may have moved: the rows that were handed on are read again first, and have to be the
 * same (40001). For what is not a fetch that goes on with the next row, which sees to that itself. */
int route_portal_come_again(struct route_portal *p, struct err *e);
/* 08006: its rows were lost with their worker. Always ST_ERR. */
int route_portal_cannot_go_on(const struct route_portal *p, struct err *e);
/* Takes over what p->inner says of itself. */
void route_portal_learn(struct route_portal *p);
/* Its rows on the worker tie the session to that, until it has left. */
void route_portal_tie(struct route_portal *p);

#endif
