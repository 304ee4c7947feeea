/* Streams of a channel: messages one after the other. A stream belongs to the thread that opened it; only
 * rpc_stream_break may come from another. */
#ifndef TAVANA_RPC_CHANNEL_STREAM_H
#define TAVANA_RPC_CHANNEL_STREAM_H

#include "rpc/channel.h"

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stdint.h>

struct rpc_stream;

/* request: the only one; NULL: others follow by rpc_stream_send. give_up: NULL: never; outlives the stream.
 */
int rpc_stream_open(struct rpc_stream **out, struct rpc_channel *c, enum rpc_method method,
                    const ProtobufCMessage *request, const rpc_give_up *give_up, struct err *e);
/* Waits until the connection has taken the message. */
int rpc_stream_send(struct rpc_stream *s, const ProtobufCMessage *m, struct err *e);
/* ST_OK: *out is the caller's, for grpc_byte_buffer_destroy; ST_EOF: the worker has ended the stream as it
 * should. */
int rpc_stream_next(struct rpc_stream *s, grpc_byte_buffer **out, struct err *e);
/* Its messages are of no hurry: a next may be a tenth of a second late. */
void rpc_stream_in_background(struct rpc_stream *s);
/* Whether a next would not wait: now, or when so long has passed. */
bool rpc_stream_has_come(struct rpc_stream *s);
/* The same, waiting for at most so many milliseconds. */
bool rpc_stream_comes_within(struct rpc_stream *s, int64_t ms);
/* From any thread while the stream is open: a next ends with an error. */
void rpc_stream_break(struct rpc_stream *s);
/* Breaks off what has not ended. NULL is fine. */
void rpc_stream_close(struct rpc_stream *s);

#endif
