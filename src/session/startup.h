/* From the first packet to a session that is ready: TLS, who it is, its parameters. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_STARTUP_H
#define TAVANA_SESSION_STARTUP_H

#include "base/err.h"

struct session;

/* One step. ST_OK go on, ST_AGAIN park for *events, ST_EOF the connection is over. */
int startup_step(struct session *s, short *events, struct err *e);
/* Frees what the log-in needed, and wipes its secrets. */
void startup_forget(struct session *s);

#endif
