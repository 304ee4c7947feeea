/* What a session says to its worker beside statements: transactions, settings, search_path, reset.
 * Threads: the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_CALLS_H
#define TAVANA_ROUTE_ROUTE_CALLS_H

#include "backend/backend.h"

/* backend_ops.tx. */
int route_tx(struct backend_session *s, enum backend_tx_op op, struct err *e);
/* backend_ops.apply_settings; kept, for the workers that the session goes to later. */
int route_apply_settings(struct backend_session *s, const struct backend_settings *settings, struct err *e);
/* backend_ops.set_search_path; kept likewise. */
int route_set_search_path(struct backend_session *s, const char *path, struct err *e);
/* backend_ops.reset. */
int route_reset(struct backend_session *s, struct err *e);

#endif
