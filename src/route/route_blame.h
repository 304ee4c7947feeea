/* What workers die of: which of a session's runs are suspected, and what speaks for them (poison.h). The
 * suspect is what a call runs, a statement or a portal; struct route_suspect is written here alone. Threads:
 * the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_BLAME_H
#define TAVANA_ROUTE_ROUTE_BLAME_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct route_portal;
struct route_session;
struct route_stmt;

/* What a worker could die of in the call that is under way. */
struct route_suspect {
    struct route_stmt *stmt; /* either of the two, or none: nothing that can be to blame */
    struct route_portal *portal;
    bool seated;          /* it may have the seat (poison.h) */
    int64_t ran_since_us; /* when it was last admitted, or came to another worker */
};

/* The call is about this; NULL, NULL: about nothing that a worker could die of. */
void route_suspect(struct route_session *s, struct route_stmt *stmt, struct route_portal *portal);
/* A statement or a portal is about to be freed: the call is not about it any more. */
void route_suspect_no_more(struct route_session *s, const void *stmt_or_portal);
/* Before the suspect may run: 55000 when workers died of it, 57014 when that is cancelled. One that is
 * suspected waits for its turn. */
int route_admit(struct route_session *s, struct err *e);
/* The session is on another worker: the time of the suspect's run begins there. */
void route_runs_on(struct route_session *s);
/* Rows of the portal were handed on. */
void route_went_on(struct route_portal *p);
/* It has come to a good end, … */
void route_ended(struct route_session *s);
/* … or to another one, for which it is not cleared. */
void route_failed(struct route_session *s);
/* After its worker has died: that counts against the suspect. */
void route_blame(struct route_session *s);

#endif
