/* The gateway's side of rows: backend_ops.fetch and .ahead, and what a request says about formats. Of rpc/
 * alone. Threads: as backend.h. */
#ifndef TAVANA_RPC_CLIENT_FETCH_H
#define TAVANA_RPC_CLIENT_FETCH_H

#include "rpc/message.h"

#include <stddef.h>
#include <stdint.h>

struct row_stream;
struct rpc_portal;

/* backend_ops.fetch. One is open at a time. */
int rpc_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
              struct err *e);
/* backend_ops.ahead: nothing, since rows are made on the worker, which runs ahead by itself. */
int rpc_ahead(struct backend_portal *p);
/* None for NULL: all text. Of the arena. */
int rpc_formats_put(struct arena *a, const struct backend_portal *p, const int16_t *formats, size_t *n,
                    int32_t **out, struct err *e);
/* formats and copy's marks lie in the arena. */
int rpc_fetch_request(struct arena *a, const struct rpc_portal *p, const struct backend_fetch *how,
                      Tavana__V1__FetchRequest *out, struct err *e);

#endif
