/* One thread that looks at the statements that run: time limits, clients that have gone. Of session/
 * alone. */
#ifndef TAVANA_SESSION_MONITOR_H
#define TAVANA_SESSION_MONITOR_H

#include "base/err.h"

struct session_server;

/* 53000 without a thread. */
int monitor_start(struct session_server *v, struct err *e);
/* Harmless when it was not started. */
void monitor_stop(struct session_server *v);

#endif
