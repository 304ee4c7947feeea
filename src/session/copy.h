/* COPY from and to the client. On ST_OK r has the tag; rows have gone their way. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_COPY_H
#define TAVANA_SESSION_COPY_H

#include "base/err.h"

struct command_result;
struct session;
struct sql_copy;
struct statement;

/* COPY as it was said: which of the next two it is. */
int copy_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
