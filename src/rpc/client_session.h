/* The gateway's side of sessions, and what all of their calls have in common: begin, count, fail. Of rpc/
 * alone. Threads: as backend.h. */
#ifndef TAVANA_RPC_CLIENT_SESSION_H
#define TAVANA_RPC_CLIENT_SESSION_H

#include "backend/backend.h"
#include "rpc/message.h"
#include "rpc/method.h"

#include <stdbool.h>

struct rpc_session;

/* backend_ops.session_open: waits for the client's lease, which the session then belongs to. */
int rpc_session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                     struct err *e);
/* backend_ops.session_close: the worker is told, and not waited for. */
void rpc_session_close(struct backend_session *bs);
/* backend_ops.cancel: from any thread, never waits. */
void rpc_session_cancel(struct backend_session *bs);
/* backend_ops.tx. A call that was cut off is 08007 for COMMIT. */
int rpc_session_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e);
/* backend_ops.apply_settings. */
int rpc_apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e);
/* backend_ops.set_search_path. */
int rpc_set_search_path(struct backend_session *bs, const char *path, struct err *e);
/* backend_ops.reset. */
int rpc_reset(struct backend_session *bs, struct err *e);
/* A call of the session, counted. */
int rpc_session_call(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                     ProtobufCMessage **reply, struct err *e);
/* The same of a call whose stream the caller opens. */
void rpc_session_begin(struct rpc_session *s);
/* What is asked there fails: it is lost, or its worker was thrown out meanwhile. */
bool rpc_session_is_void(const struct rpc_session *s);
/* From now on; ST_ERR, and e says so unless it says something already. */
int rpc_session_lost(struct rpc_session *s, struct err *e);
/* The same after a call or stream that failed with e: it was given up, its reply cannot be read, or it was
 * cut off. */
int rpc_session_failed(struct rpc_session *s, struct err *e);
/* The same after a check that failed with e: the worker is thrown out, and e becomes what the client is told.
 */
int rpc_session_lied(struct rpc_session *s, struct err *e);
/* A reply's error, checked. ST_OK: there is none. */
int rpc_session_error(struct rpc_session *s, const Tavana__V1__Error *m, struct err *e);
/* One whose reply is nothing but an error or none. */
int rpc_session_do(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                   struct err *e);

#endif
