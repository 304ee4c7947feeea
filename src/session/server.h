/* What all sessions of a process are told. Of session/ alone. Any thread. */
#ifndef TAVANA_SESSION_SERVER_H
#define TAVANA_SESSION_SERVER_H

#include "session/registry.h"

/* Every session looks up once: those that run when they are idle again. why 0: for nothing in particular.
 * With the server's lock. */
void server_wake_all(struct session_server *v, enum interrupt why);

#endif
