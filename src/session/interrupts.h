/* What asked for the end of a statement or a session, as an error. Of session/ alone. The session's own
 * thread, or its writer's. */
#ifndef TAVANA_SESSION_INTERRUPTS_H
#define TAVANA_SESSION_INTERRUPTS_H

#include "base/err.h"

struct session;

/* What a session that shall end tells its client: 57P01, or 57P02 when the engine has failed. */
int session_terminated(const struct session *s, struct err *e);
/* ST_ERR with 57014, 57P01, 57P02 or 08006 when somebody wants the running statement to end. */
int session_check_interrupts(struct session *s, struct err *e);
/* Says what asked for the end of a statement that the engine reports as interrupted. */
void session_name_cancel(struct session *s, struct err *e);

#endif
