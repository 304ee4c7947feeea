/* Portals that go on without the engine: the rest of their rows is put down (local_rows.h) and served from
 * there. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_PARK_H
#define TAVANA_BACKEND_LOCAL_PARK_H

#include "backend/backend.h"
#include "backend/local_conn.h"

/* Of a portal that streams: it leaves its connection by being put down. */
extern const struct conn_user_ops local_portal_user_ops;

/* backend_ops.park */
int local_park(struct backend_portal *p, int64_t until_us, struct err *e);
/* backend_ops.slice */
int local_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e);

#endif
