/* What a handler does with its call: reads, sends, ends it. A call belongs to its handler's thread; the
 * callback of rpc_in_on_break comes from another. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVER_CALL_H
#define TAVANA_RPC_SERVER_CALL_H

#include "rpc/message.h"
#include "rpc/method.h"

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stdint.h>

struct rpc_in;

/* Which call it is. */
enum rpc_method rpc_in_method(const struct rpc_in *in);
/* The connection that it came over, as gRPC names it: "ipv4:127.0.0.1:4711". Lent. */
const char *rpc_in_peer(struct rpc_in *in);
/* False: it was not read, since nobody knows who calls (Health alone runs then). */
bool rpc_in_has_request(const struct rpc_in *in);
/* The request of a call that has one; lent. */
int rpc_in_request(struct rpc_in *in, ProtobufCMessage **out, struct err *e);
/* Of a stream of requests: the next one, the caller's, for rpc_message_free. ST_EOF: there are no more. */
int rpc_in_read(struct rpc_in *in, ProtobufCMessage **out, struct err *e);
/* cb is called when the other side breaks the call off, at once when it has done so, never after
 * rpc_in_on_break(in, NULL, NULL) has returned. It must not wait. */
void rpc_in_on_break(struct rpc_in *in, void (*cb)(void *arg), void *arg);
/* The other side has broken the call off, or the server stops. */
bool rpc_in_broken(struct rpc_in *in);
/* Waits until no message waits to be sent any more, hands this one over. ST_ERR: nobody takes it any more. */
int rpc_in_send(struct rpc_in *in, const ProtobufCMessage *m);
/* Waits, until the time or the end of the call; false: the call is broken. */
bool rpc_in_wait(struct rpc_in *in, int64_t until_us);
/* While *gone, now or later, rpc_reply and rpc_finish end the call with UNAVAILABLE. NULL: never. */
void rpc_in_void_when(struct rpc_in *in, const _Atomic bool *gone);
/* Ends the call with m, which stays the caller's. */
void rpc_reply(struct rpc_in *in, const ProtobufCMessage *m);
/* Ends a call whose messages have all been sent, in good order. */
void rpc_finish(struct rpc_in *in);
/* status: of grpc_status_code. */
void rpc_refuse(struct rpc_in *in, int status, const char *why);
/* Takes the buffer. One more may wait while another is being sent: whoever sees that one go sends it, so the
 * handler makes the next meanwhile. */
int rpc_in_send_buffer(struct rpc_in *in, grpc_byte_buffer *b);

#endif
