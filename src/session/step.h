/* The steps that a command of the client is carried out in: statements for the engine that nobody sent. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_STEP_H
#define TAVANA_SESSION_STEP_H

#include "base/err.h"
#include "base/str.h"

struct session;

/* Runs a statement without rows that is the session's own, in the engine's words. text NULL: 53200. */
int step_run(struct session *s, const char *text, struct err *e);
/* The same of one that holds words of the client, which mean what they mean to it: judged and led to where
 * they lead. An error says no position. */
int step_run_sent(struct session *s, const char *text, struct err *e);

#endif
