/* COPY FROM STDIN. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COPY_IN_H
#define TAVANA_SESSION_COPY_IN_H

#include "base/err.h"

struct command_result;
struct session;
struct sql_copy;

/* Takes what the client sends until it says that this was all. 57014 when it gives up or a cancel comes, what
 * session_client_ops.copy_in says, else what the rows fail with. */
int copy_in_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e);

#endif
