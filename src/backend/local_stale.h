/* Statements whose tables were changed after they were described. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_STALE_H
#define TAVANA_BACKEND_LOCAL_STALE_H

#include "base/err.h"

struct local_stmt;

/* A call of its own, for Bind. 0A000 when the rows are no longer those of the description, or why it cannot
 * be planned any more. The thread of the session. */
int local_see_that_it_holds(struct local_stmt *st, struct err *e);

#endif
