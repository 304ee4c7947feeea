/* The gateway's side of statements, and of what is closed: ids are gathered and go along with a later
 * call. Of rpc/ alone. Threads: as backend.h. */
#ifndef TAVANA_RPC_CLIENT_STMT_H
#define TAVANA_RPC_CLIENT_STMT_H

#include "base/str.h"
#include "rpc/message.h"

#include <stddef.h>
#include <stdint.h>

struct rpc_session;

/* backend_ops.split. */
int rpc_split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
              void *arg, struct err *e);
/* backend_ops.prepare. */
int rpc_prepare(struct backend_session *bs, const struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                struct backend_stmt **out, struct err *e);
/* backend_ops.stmt_free; the id goes along with the session's next call. */
void rpc_stmt_free(struct backend_stmt *bst);
/* What has been closed since the last time; NULL: nothing. Lent until the call is made. */
Tavana__V1__Closed *rpc_take_closed(struct rpc_session *s);
/* backend_ops.portal_close; the id goes along with the session's next call. */
void rpc_portal_close(struct backend_portal *p);

#endif
