/* The gateway's side of COPY FROM STDIN: backend_ops.copy_* over one stream. Of rpc/ alone. Threads: as
 * backend.h. */
#ifndef TAVANA_RPC_CLIENT_COPY_H
#define TAVANA_RPC_CLIENT_COPY_H

#include <stddef.h>
#include <stdint.h>

struct backend_copy;
struct backend_copy_in;
struct backend_session;
struct err;

/* backend_ops.copy_open. */
int rpc_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                  struct err *e);
/* backend_ops.copy_data. */
int rpc_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
/* backend_ops.copy_settle. */
int rpc_copy_settle(struct backend_copy *c, struct err *e);
/* backend_ops.copy_finish. */
int rpc_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
/* backend_ops.copy_close: breaks the stream off when it has not ended. */
void rpc_copy_close(struct backend_copy *c);

#endif
