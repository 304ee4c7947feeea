/* Which statement runs where, and when: a worker runs no more than it says that it can; others wait for
 * their turn. Any thread, but a ticket is of one thread. Of route/ alone. */
#ifndef TAVANA_ROUTE_GATE_H
#define TAVANA_ROUTE_GATE_H

#include <stdint.h>

struct err;
struct worker_node;
struct worker_ticket;
struct worker_user;
struct workers;

/* Users have equal shares of the workers when they want more than those have. */
int worker_user_get(struct workers *w, const char *name, struct worker_user **out, struct err *e);
/* NULL is fine. */
void worker_user_put(struct workers *w, struct worker_user *u);
/* A ticket that waits for nothing and holds nothing. */
void worker_ticket_init(struct worker_ticket *t);
/* Gives back the place that it holds, if any. */
void worker_ticket_release(struct worker_ticket *t);
/* Waits for room, wait_us at most (53300). t->on is where then, and the caller is on it once more; until
 * workers_exit it counts there. 57014: cancelled. */
int workers_enter(struct workers *w, struct worker_ticket *t, int64_t wait_us, struct err *e);
/* Of the ticket that has entered; leaves t->on once. */
void workers_exit(struct workers *w, struct worker_ticket *t);
/* Its statement runs on n after all, whether or not there is room: it counts there from now on. */
void workers_move(struct workers *w, struct worker_ticket *t, struct worker_node *n);
/* Waits for so long, without a place. 57014: cancelled meanwhile, or before. */
int workers_pause(struct workers *w, struct worker_ticket *t, int64_t us, struct err *e);
/* What waits ends with 57014. */
void workers_cancel(struct workers *w, struct worker_ticket *t);

#endif
