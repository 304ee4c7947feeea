/* A session as a task of the pool: it works on messages until none is whole, and is parked. Of session/
 * alone. */
#ifndef TAVANA_SESSION_RUN_H
#define TAVANA_SESSION_RUN_H

#include "base/err.h"
#include "net/lot.h"

#include <stdbool.h>
#include <stddef.h>

struct session;
struct task;
struct worker;

/* As a task of the pool, until it is parked or ends. */
void session_run(struct task *t, struct worker *w);
/* What hands it there: the lot's thread. */
void session_on_leave(struct parked *p, enum lot_reason why);
/* Reads what has come, as far as there may be more input in memory. soon: waits for it a little. As
 * conn_fill. */
int session_fill(struct session *s, bool soon, struct err *e);
/* The type of the message that follows the first `after` bytes of the input; 0 when it has not come yet. */
char session_peek_message(struct session *s, size_t after);
/* What the log calls the statement that runs. */
void session_label(struct session *s, const char *label);

#endif
