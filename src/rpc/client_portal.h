/* The gateway's side of portals, but for their rows: backend_ops.open, .start, .park, .slice. Of rpc/
 * alone. Threads: as backend.h. */
#ifndef TAVANA_RPC_CLIENT_PORTAL_H
#define TAVANA_RPC_CLIENT_PORTAL_H

#include <stddef.h>
#include <stdint.h>

struct backend_fetch;
struct backend_param;
struct backend_portal;
struct backend_session;
struct backend_stmt;
struct err;

/* backend_ops.open. */
int rpc_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
             size_t nparams, struct backend_portal **out, struct err *e);
/* backend_ops.start. */
int rpc_start(struct backend_portal *p, struct err *e);
/* backend_ops.park. */
int rpc_park(struct backend_portal *p, int64_t until_us, struct err *e);
/* backend_ops.slice. */
int rpc_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
              struct err *e);

#endif
