/* The messages of a client that has logged in. Of front/ alone. The session's own thread. */
#ifndef TAVANA_FRONT_MESSAGES_H
#define TAVANA_FRONT_MESSAGES_H

#include "base/err.h"

struct pg_client;

/* Works on messages until none is whole. ST_AGAIN park; ST_EOF the peer has gone. */
int messages_run(struct pg_client *c, struct err *e);

#endif
