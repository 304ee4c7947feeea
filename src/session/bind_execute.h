/* EXECUTE. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_BIND_EXECUTE_H
#define TAVANA_SESSION_BIND_EXECUTE_H

#include "base/err.h"

struct portal;
struct session;

/* p becomes a portal of the statement that it names; its arguments are evaluated. */
int portal_bind_execute(struct session *s, struct portal *p, struct err *e);

#endif
