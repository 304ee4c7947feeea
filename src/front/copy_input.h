/* The client's messages of a COPY FROM STDIN. Of front/ alone. The session's own thread. */
#ifndef TAVANA_FRONT_COPY_INPUT_H
#define TAVANA_FRONT_COPY_INPUT_H

#include "base/err.h"

struct copy_sink;
struct pg_client;

/* As session_client_ops.copy_in: until CopyDone. What is still to come of a CopyData after an error is
 * skipped. */
int copy_input(struct pg_client *c, struct copy_sink *sink, struct err *e);

#endif
