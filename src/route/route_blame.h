/* What workers die of: which of a session's runs are suspected, and what speaks for them. Threads: the
 * session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_BLAME_H
#define TAVANA_ROUTE_ROUTE_BLAME_H

struct err;
struct route_portal;
struct route_session;

/* Before what the session has as stmt or portal may run: 55000 when workers died of it. One that is suspected
 * waits for its turn. */
int route_admit(struct route_session *s, struct err *e);
/* Rows of the portal were handed on. */
void route_went_on(struct route_portal *p);
/* It has come to a good end, … */
void route_ended(struct route_session *s);
/* … or to another one, for which it is not cleared. */
void route_failed(struct route_session *s);
/* After its worker has died. */
void route_blame(struct route_session *s);

#endif
