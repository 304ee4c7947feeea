#include "rpc/batch.h"

#include "rows/row_batch.h"

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLICES_MAX = 64 };

/* The bytes, cut into slices of so many. */
static grpc_byte_buffer *buffer(const uint8_t *p, size_t n, size_t piece)
{
    grpc_slice slices[SLICES_MAX];
    size_t count = 0;
    for (size_t at = 0; at < n; at += piece) {
        size_t some = n - at < piece ? n - at : piece;
        assert_true(count < SLICES_MAX);
        slices[count++] = grpc_slice_from_copied_buffer((const char *)p + at, some);
    }
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(slices, count);
    for (size_t i = 0; i < count; i++)
        grpc_slice_unref(slices[i]);
    return b;
}

static int read_bytes(const uint8_t *p, size_t n, size_t piece, struct row_batch *batch, bool *last,
                      Tavana__V1__FetchReply **out)
{
    struct err e;
    err_init(&e);
    grpc_byte_buffer *b = buffer(p, n, piece);
    row_batch_clear(batch);
    int st = rpc_batch_read(b, batch, last, out, &e);
    grpc_byte_buffer_destroy(b);
    if (st == ST_ERR)
        assert_int_equal(e.code, SQLSTATE_PROTOCOL_VIOLATION);
    return st;
}

static void test_there_and_back(void **state)
{
    (void)state;
    uint8_t bytes[RPC_BATCH_HEAD_MAX + 300];
    struct row_batch batch;
    row_batch_init(&batch);
    for (size_t n = 0; n <= 300; n += 75) {
        size_t head = rpc_batch_head(bytes, UINT64_MAX - n, n % 2, n);
        for (size_t i = 0; i < n; i++)
            bytes[head + i] = (uint8_t)i;
        for (size_t piece = head + n < SLICES_MAX ? 1 : 7; piece < 400; piece *= 3) {
            bool last = false;
            Tavana__V1__FetchReply *trailer = NULL;
            assert_int_equal(read_bytes(bytes, head + n, piece, &batch, &last, &trailer), ST_OK);
            assert_int_equal(last, n % 2);
            assert_true(batch.nrows == UINT64_MAX - n);
            assert_int_equal(batch.len, n);
            if (n)
                assert_memory_equal(batch.data, bytes + head, n);
        }
        ProtobufCMessage *m =
            protobuf_c_message_unpack(&tavana__v1__fetch_reply__descriptor, NULL, head + n, bytes);
        assert_non_null(m); /* protobuf reads it too */
        const Tavana__V1__FetchReply *reply = (const Tavana__V1__FetchReply *)m;
        assert_int_equal(reply->part_case, TAVANA__V1__FETCH_REPLY__PART_BATCH);
        assert_int_equal(reply->batch->rows.len, n);
        protobuf_c_message_free_unpacked(m, NULL);
    }
    row_batch_release(&batch);
}

static void test_trailer(void **state)
{
    (void)state;
    Tavana__V1__FetchReply reply;
    tavana__v1__fetch_reply__init(&reply);
    Tavana__V1__Trailer trailer;
    tavana__v1__trailer__init(&trailer);
    uint8_t bytes[64];
    bool last;
    struct row_batch batch;
    Tavana__V1__FetchReply *out = NULL;
    row_batch_init(&batch);
    reply.part_case = TAVANA__V1__FETCH_REPLY__PART_TRAILER;
    reply.trailer = &trailer;
    size_t n = protobuf_c_message_pack(&reply.base, bytes);
    assert_int_equal(read_bytes(bytes, n, 1, &batch, &last, &out), ST_EOF);
    assert_non_null(out->trailer);
    rpc_message_free(&out->base);
    row_batch_release(&batch);
}

/* Rows of no bytes, into a batch that has no memory. */
static void test_rows_of_no_bytes(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x0a, 2, 0x1a, 0};
    bool last = true;
    struct row_batch batch;
    Tavana__V1__FetchReply *out = NULL;
    row_batch_init(&batch);
    assert_int_equal(read_bytes(bytes, sizeof bytes, 1, &batch, &last, &out), ST_OK);
    assert_int_equal(batch.len, 0);
    assert_false(last);
    row_batch_release(&batch);
}

/* Every cut, and every byte changed: an error or a message, never more. */
static void test_broken(void **state)
{
    (void)state;
    uint8_t bytes[RPC_BATCH_HEAD_MAX + 20];
    size_t head = rpc_batch_head(bytes, 3, true, 20);
    struct row_batch batch;
    row_batch_init(&batch);
    memset(bytes + head, 'D', 20);
    for (size_t n = 0; n < head + 20; n++) {
        bool last;
        Tavana__V1__FetchReply *out = NULL;
        assert_int_equal(read_bytes(bytes, n, 5, &batch, &last, &out), ST_ERR);
    }
    for (size_t i = 0; i < head; i++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t kept = bytes[i];
            bool last;
            Tavana__V1__FetchReply *out = NULL;
            bytes[i] = (uint8_t)v;
            if (read_bytes(bytes, head + 20, 5, &batch, &last, &out) == ST_EOF)
                rpc_message_free(&out->base);
            bytes[i] = kept;
        }
    row_batch_release(&batch);
}

static int begin(void **state)
{
    (void)state;
    grpc_init();
    return 0;
}

static int end(void **state)
{
    (void)state;
    grpc_shutdown_blocking();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_trailer),
        cmocka_unit_test(test_rows_of_no_bytes),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
