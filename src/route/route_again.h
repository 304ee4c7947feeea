/* A call that is cut off by the loss of its worker, and what becomes of it: it is tried again elsewhere, or
 * its error says what is gone. Above: the calls of the seam, each of which begins here. Threads: the
 * session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_AGAIN_H
#define TAVANA_ROUTE_ROUTE_AGAIN_H

#include <stdbool.h>

struct err;
struct route_portal;
struct route_session;
struct route_stmt;

/* At the beginning of each call of the session that may wait or be tried again; stmt or portal is what a
 * worker could die of in it, or both are NULL. A cancel that came before it is not for it. */
void route_begin(struct route_session *s, struct route_stmt *stmt, struct route_portal *portal);
/* After a call has failed: whether it may be tried again, since its worker was lost and nothing that it did
 * there matters (reads: it only reads). The session has left the worker then. Else e says why, and what is
 * gone. */
bool route_try_again(struct route_session *s, bool reads, struct err *e);
/* What a call asks of the worker that the session is on (s->on). It may be asked of several. */
typedef int (*route_question)(struct route_session *s, void *arg, struct err *e);
/* Settles the session and asks; where the worker is lost meanwhile, the next one is asked. After
 * route_begin. The question's status; or what route_settle and route_try_again say. */
int route_ask(struct route_session *s, route_question ask, void *arg, struct err *e);
/* Rows have come of what runs: a loss from here on is the first one again, for the count of tries. */
void route_came_on(struct route_session *s);
/* What the client is told of objects that ended with the worker. */
extern const char route_pinned_is_gone[];

#endif
