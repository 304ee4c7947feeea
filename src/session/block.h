/* DO: a block of PL/pgSQL that runs at once. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_BLOCK_H
#define TAVANA_SESSION_BLOCK_H

#include "base/err.h"

struct portal;
struct session;

/* All or nothing: an error that no handler catches ends the transaction as any other does. */
int block_run(struct session *s, struct portal *p, struct err *e);

#endif
