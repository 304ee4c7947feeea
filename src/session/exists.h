/* What a client is told when IF EXISTS or IF NOT EXISTS leaves nothing to do. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_EXISTS_H
#define TAVANA_SESSION_EXISTS_H

#include "base/err.h"
#include "base/str.h"

struct session;

/* Before sql runs, in its transaction: a notice for each name that is there, or is not; none when it is
 * another statement. What the engine says when it is asked. */
int exists_tell(struct session *s, struct str sql, struct err *e);

#endif
