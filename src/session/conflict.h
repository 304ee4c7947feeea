/* INSERT … ON CONFLICT of several rows with NULL in a unique key. PostgreSQL puts all of them in, since NULLs
 * are no conflict; the engine takes those of one statement for the same and leaves all but one out. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_CONFLICT_H
#define TAVANA_SESSION_CONFLICT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct backend_portal;
struct portal;
struct session;

/* A portal with BACKEND_KEYS_NULLS is about to start, in a transaction. Where rows would be lost they are put
 * in one by one, but for the last: *last inserts that, instead of the portal's own engine portal, and is the
 * caller's; *rows is how many there were before. *last NULL: there is no such row. otherwise: the statement
 * may be run in other words for another reason. 0A000 for RETURNING of such rows, and otherwise. */
int conflict_before(struct session *s, struct portal *p, bool otherwise, struct backend_portal **last,
                    uint64_t *rows, struct err *e);

#endif
