/* Portals begin: parameters decoded at open, the statement run at start. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_START_H
#define TAVANA_BACKEND_LOCAL_START_H

#include "backend/backend.h"

/* backend_ops.open */
int local_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e);
/* backend_ops.start */
int local_start(struct backend_portal *p, struct err *e);

#endif
