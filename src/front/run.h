/* A client as a task of the pool: it works on messages until none is whole, and is parked. Of front/
 * alone. */
#ifndef TAVANA_FRONT_RUN_H
#define TAVANA_FRONT_RUN_H

#include "net/lot.h"

struct task;
struct worker;

/* As a task of the pool, until it is parked or ends. */
void pg_client_run(struct task *t, struct worker *w);
/* What hands it there: the lot's thread. */
void pg_client_on_leave(struct parked *p, enum lot_reason why);

#endif
