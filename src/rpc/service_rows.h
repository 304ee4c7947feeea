/* The worker's side of rows: what a fetch asks for, and the stream of its batches. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_ROWS_H
#define TAVANA_RPC_SERVICE_ROWS_H

#include "backend/backend.h"
#include "rpc/message.h"

struct service_call;

struct service_fetched {
    struct backend_fetch how; /* what it points to lies in the arena */
};

/* What a fetch asks for, checked against the portal; of the arena. 08P01. */
int service_take_fetch(struct service_fetched *f, const Tavana__V1__FetchRequest *m,
                       const struct backend_portal *p, struct arena *a, struct err *e);
/* What a portal's fetches will want, before it starts; of the arena. m may be NULL. */
int service_expect(struct backend_portal *p, const Tavana__V1__Expected *m, struct arena *a, struct err *e);
/* Body of Fetch: sends the rows. ST_EOF: all of them. ST_ERR with e unset: nobody takes them any more. */
int service_fetch(struct service_call *c, struct err *e);
/* The last message of Fetch: how the portal is now, and how the fetch went. */
void service_send_trailer(struct service_call *c, int st, struct err *e);

#endif
