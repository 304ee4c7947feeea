/* Statements that the session answers itself. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COMMAND_H
#define TAVANA_SESSION_COMMAND_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

/* Runs it; its rows, if any, and its tag are in r. */
int command_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
