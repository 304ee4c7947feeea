/* Calls about the session itself and its statements. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_CALLS_H
#define TAVANA_RPC_SERVICE_CALLS_H

#include "rpc/message.h"

struct service_call;
struct service_session;

/* Configure: formats, search path or reset. */
int service_configure(struct service_call *c, struct err *e);
/* Transaction: one step of the engine's transaction. A cancel makes no difference to it. */
int service_transaction(struct service_call *c, struct err *e);
/* Close: nothing beside what its request closes. */
int service_close(struct service_call *c, struct err *e);
/* Split: the pieces of a text, of the reply's arena. */
int service_split(struct service_call *c, struct err *e);
/* Prepare: the statement is the session's, under a new id. */
int service_prepare(struct service_call *c, struct err *e);
/* Frees the statements and portals that a request names; ids of none are passed over. m may be NULL. */
void service_drop_closed(struct service_session *s, const Tavana__V1__Closed *m);

#endif
