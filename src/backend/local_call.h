/* A call of a session: what may be cancelled, from local_enter to local_leave. A cancel that comes between
 * two calls does nothing. The thread of the session; local_call_cancel from any thread. */
#ifndef TAVANA_BACKEND_LOCAL_CALL_H
#define TAVANA_BACKEND_LOCAL_CALL_H

#include "base/err.h"

#include <stdbool.h>

struct local_conn;
struct local_session;
struct local_stmt;

/* Around every call that uses the engine. A cancel interrupts connection c; NULL: none is known yet. Never
 * one on which another portal waits. */
void local_enter(struct local_session *s, struct local_conn *c);
/* The same; should the process die now, this is what ran. st: NULL is fine. */
void local_enter_for(struct local_session *s, const struct local_stmt *st, struct local_conn *c);
/* Inside a call: from here on a cancel interrupts c; NULL: nothing, it is only noted. */
void local_running_on(struct local_session *s, struct local_conn *c);
/* Whether the call was cancelled. */
bool local_leave(struct local_session *s);

/* Inside a call: the engine plans or runs, and may not hear a cancel. The end comes with the call's, at
 * the latest; before something is changed, local_is_cancelled has to be asked behind it: the session may
 * have been left. */
void local_plans_begin(struct local_session *s);
void local_plans_end(struct local_session *s);

/* Inside a call. */
bool local_is_cancelled(const struct local_session *s);
/* Fills e for a call that was: 57014. Always ST_ERR. */
int local_cancelled(struct err *e);
/* Ends the call that the session is in; none: nothing happens. Any thread, as long as the session exists. */
void local_call_cancel(struct local_session *s);

#endif
