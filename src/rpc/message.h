/* Messages of proto/tavana/v1: from gRPC's byte buffers to protobuf-c's structs, from those to ours, and
 * back. Any thread. What a peer sent is checked here; a message that cannot be read is 08P01. (gRPC itself
 * ends the process when it gets no memory; ours comes from base/alloc.h.) */
#ifndef TAVANA_RPC_MESSAGE_H
#define TAVANA_RPC_MESSAGE_H

#include "backend/backend.h"
#include "base/arena.h"
#include "base/err.h"

#include <grpc/health/v1/health.pb-c.h>
#include <tavana/v1/worker.pb-c.h>

#include <grpc/byte_buffer.h>

/* The caller's, for grpc_byte_buffer_destroy. */
grpc_byte_buffer *rpc_pack(const ProtobufCMessage *m);
/* *out is the caller's, for rpc_message_free. b may be NULL: nothing came. */
int rpc_unpack(const ProtobufCMessageDescriptor *type, grpc_byte_buffer *b, ProtobufCMessage **out,
               struct err *e);
/* NULL is fine. */
void rpc_message_free(ProtobufCMessage *m);

/* Lends e's text, which is valid UTF-8 afterwards. */
void rpc_error_put(Tavana__V1__Error *out, struct err *e);
/* ST_OK when there is none. */
int rpc_error_take(const Tavana__V1__Error *m, struct err *e);

/* *out lies in the arena, and lends d's names. NULL for NULL. */
int rpc_columns_put(struct arena *a, const struct row_desc *d, Tavana__V1__Columns **out, struct err *e);
/* NULL for NULL. */
int rpc_columns_take(const Tavana__V1__Columns *m, struct row_desc **out, struct err *e);

/* p's state as a message; nothing is lent. */
void rpc_state_put(Tavana__V1__PortalState *out, const struct backend_portal *p);
/* The other way; m has been checked. */
void rpc_state_take(const Tavana__V1__PortalState *m, struct backend_portal *p);

/* A terminated copy, of the arena. */
int rpc_bytes_text(struct arena *a, const ProtobufCBinaryData *b, struct str *out, struct err *e);

#endif
