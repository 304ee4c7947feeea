/* Asking a session to end what it does, and what asked for that, as an error. Of session/ alone. The session's
 * own thread, or its writer's; session_interrupt from any. */
#ifndef TAVANA_SESSION_INTERRUPTS_H
#define TAVANA_SESSION_INTERRUPTS_H

#include "base/err.h"

struct session;

/* Why somebody wants the session's attention; bits of session.interrupts. */
enum interrupt {
    INT_CANCEL = 1,
    INT_STATEMENT_TIMEOUT = 2,
    INT_TERMINATE = 4,
    INT_CLIENT_GONE = 8,
    INT_LOGIN_DROPPED = 16, /* its place is another connection's; it will never be a session */
    INT_STATEMENT_MASK = INT_CANCEL | INT_STATEMENT_TIMEOUT,
};

/* What a session that shall end tells its client: 57P01, or 57P02 when the engine has failed. */
int session_terminated(const struct session *s, struct err *e);
/* ST_ERR with 57014, 57P01, 57P02 or 08006 when somebody wants the running statement to end. */
int session_check_interrupts(struct session *s, struct err *e);
/* Says what asked for the end of a statement that the engine reports as interrupted. */
void session_name_cancel(struct session *s, struct err *e);
/* Asks the session to look up: what it waits for ends. */
void session_interrupt(struct session *s, enum interrupt why);
/* The same of several reasons, by a caller that holds the session's lock and has judged the statement
 * under it. */
void session_interrupt_locked(struct session *s, unsigned why);

#endif
