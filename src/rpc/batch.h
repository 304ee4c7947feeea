/* A FetchReply with rows, read without a copy of them in between: straight from gRPC's slices into a
 * row_batch. Source: protobuf's wire format (varints, length-delimited fields). */
#ifndef TAVANA_RPC_BATCH_H
#define TAVANA_RPC_BATCH_H

#include "rpc/message.h"

struct row_batch;

/* ST_OK: the batch has the rows, behind those that it had, *last whether the portal's end has been seen.
 * ST_EOF: it is a trailer, *out the caller's. 08P01 for anything else. */
int rpc_batch_read(grpc_byte_buffer *b, struct row_batch *batch, bool *last, Tavana__V1__FetchReply **out,
                   struct err *e);
enum { RPC_BATCH_HEAD_MAX = 48 };
/* The bytes before n bytes of rows; returns their number, at most RPC_BATCH_HEAD_MAX. */
size_t rpc_batch_head(uint8_t *out, uint64_t count, bool last, size_t n);

#endif
