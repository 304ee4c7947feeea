/* COPY FROM STDIN: the parts of a stream go into the session's backend. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_COPY_H
#define TAVANA_RPC_SERVICE_COPY_H

struct err;
struct service_call;

/* Body of CopyIn: the request is the first part, and every reply is sent here. A call that was cancelled
 * before it began is answered as one whose COPY could not be opened. */
int service_copy_in(struct service_call *c, struct err *e);

#endif
