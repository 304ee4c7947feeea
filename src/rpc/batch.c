/* Rows are the bulk of what a worker sends, so a batch does not go through protobuf-c, which would copy its
 * bytes into a struct first: they are copied once, from gRPC's slices to the row_batch. Only a trailer is
 * unpacked. The cursor counts what is left of the message, and each length is compared with that before
 * memory is reserved for it. For sending, the head is made here, up to the length of the rows; the rows
 * follow it in a slice of their own (server_batch.c). */
#include "rpc/batch.h"

#include "rows/row_batch.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include <assert.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2, VARINT_MAX = 10 };
enum { REPLY_BATCH = 1, BATCH_COUNT = 1, BATCH_LAST = 2, BATCH_ROWS = 3 };

/* ---- reading ---- */

/* The bytes of a message in the slices that it came in. */
struct cursor {
    grpc_byte_buffer_reader reader;
    grpc_slice *slice; /* NULL: none yet */
    size_t at;         /* in slice */
    size_t left;       /* bytes of the message */
};

static bool next_byte(struct cursor *c, uint8_t *out)
{
    while (!c->slice || c->at == GRPC_SLICE_LENGTH(*c->slice)) {
        if (!grpc_byte_buffer_reader_peek(&c->reader, &c->slice))
            return false;
        c->at = 0;
    }
    *out = GRPC_SLICE_START_PTR(*c->slice)[c->at++];
    c->left--;
    return true;
}

static bool varint(struct cursor *c, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        uint8_t b;
        if (!next_byte(c, &b))
            return false;
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (b < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool bytes(struct cursor *c, uint8_t *out, size_t n)
{
    while (n > 0) {
        uint8_t first;
        if (!next_byte(c, &first))
            return false;
        size_t some = GRPC_SLICE_LENGTH(*c->slice) - c->at;
        if (some > n - 1)
            some = n - 1;
        *out++ = first;
        memcpy(out, GRPC_SLICE_START_PTR(*c->slice) + c->at, some);
        out += some;
        c->at += some;
        c->left -= some;
        n -= some + 1;
    }
    return true;
}

static bool read_rows(struct cursor *c, struct row_batch *batch, struct err *e)
{
    uint64_t n;
    if (!varint(c, &n) || n > c->left || row_batch_reserve(batch, (size_t)n, e) != ST_OK)
        return false;
    if (n == 0) /* the batch may have no memory yet */
        return true;
    uint8_t *end = batch->data + batch->len;
    if (!bytes(c, end, (size_t)n))
        return false;
    row_batch_commit(batch, end + n, 0);
    return true;
}

static bool read_fields(struct cursor *c, struct row_batch *batch, bool *last, struct err *e)
{
    while (c->left > 0) {
        uint64_t key, value;
        if (!varint(c, &key))
            return false;
        if (key == (BATCH_ROWS << 3 | WIRE_BYTES)) {
            if (!read_rows(c, batch, e))
                return false;
            continue;
        }
        if ((key & 7) != WIRE_VARINT || !varint(c, &value))
            return false;
        if (key >> 3 == BATCH_COUNT)
            batch->nrows += value;
        else if (key >> 3 == BATCH_LAST)
            *last = value != 0;
    }
    return true;
}

/* False: it does not begin as a batch. */
static bool begins_batch(struct cursor *c)
{
    uint64_t key, n;
    return varint(c, &key) && key == (REPLY_BATCH << 3 | WIRE_BYTES) && varint(c, &n) && n == c->left;
}

static int take_trailer(grpc_byte_buffer *b, Tavana__V1__FetchReply **out, struct err *e)
{
    ProtobufCMessage *m;
    TRY(rpc_unpack(&tavana__v1__fetch_reply__descriptor, b, &m, e));
    *out = (Tavana__V1__FetchReply *)m;
    if ((*out)->part_case == TAVANA__V1__FETCH_REPLY__PART_TRAILER)
        return ST_EOF;
    rpc_message_free(m);
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "FetchReply cannot be read");
}

int rpc_batch_read(grpc_byte_buffer *b, struct row_batch *batch, bool *last, Tavana__V1__FetchReply **out,
                   struct err *e)
{
    struct cursor c = {.left = grpc_byte_buffer_length(b)};
    *last = false;
    if (!grpc_byte_buffer_reader_init(&c.reader, b))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "FetchReply cannot be read");
    bool is_batch = begins_batch(&c);
    bool ok = is_batch && read_fields(&c, batch, last, e);
    grpc_byte_buffer_reader_destroy(&c.reader);
    if (!is_batch)
        return take_trailer(b, out, e);
    return ok ? ST_OK : err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "Batch cannot be read");
}

/* ---- writing ---- */

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

size_t rpc_batch_head(uint8_t *out, uint64_t count, bool last, size_t n)
{
    uint8_t inner[RPC_BATCH_HEAD_MAX], *p = inner;
    *p++ = BATCH_COUNT << 3 | WIRE_VARINT;
    p = put_varint(p, count);
    *p++ = BATCH_LAST << 3 | WIRE_VARINT;
    *p++ = last;
    *p++ = BATCH_ROWS << 3 | WIRE_BYTES;
    p = put_varint(p, n);
    size_t inner_len = (size_t)(p - inner);
    p = out;
    *p++ = REPLY_BATCH << 3 | WIRE_BYTES;
    p = put_varint(p, inner_len + n);
    assert((size_t)(p - out) + inner_len <= RPC_BATCH_HEAD_MAX);
    memcpy(p, inner, inner_len);
    return (size_t)(p - out) + inner_len;
}
