/* Statements whose tables were changed after they were described. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_STALE_H
#define TAVANA_BACKEND_LOCAL_STALE_H

#include "base/err.h"

struct backend_stmt;

/* A call of its own, for Bind and Describe. 0A000 when the rows are no longer those of the description, or
 * why it cannot be planned any more. The thread of the session. */
int local_holds(struct backend_stmt *stmt, struct err *e);

#endif
