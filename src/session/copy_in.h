/* COPY FROM STDIN. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COPY_IN_H
#define TAVANA_SESSION_COPY_IN_H

#include "base/err.h"

struct command_result;
struct session;
struct sql_copy;

/* Takes the client's messages until CopyDone. 57014 CopyFail, a cancel or a client that stalls; else what
 * the rows fail with. */
int copy_in_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e);

#endif
