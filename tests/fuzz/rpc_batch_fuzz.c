/* A FetchReply as a worker might send it, in slices whose size the first byte says. */
#include "rpc/batch.h"

#include "rows/row_batch.h"

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <assert.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLICES_MAX = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    grpc_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    grpc_slice slices[SLICES_MAX];
    size_t piece = (size_t)data[0] + 1, n = 0, at = 1;
    for (; at < size && n < SLICES_MAX; at += piece)
        slices[n++] =
            grpc_slice_from_copied_buffer((const char *)data + at, size - at < piece ? size - at : piece);
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(slices, n);
    for (size_t i = 0; i < n; i++)
        grpc_slice_unref(slices[i]);
    struct row_batch batch;
    struct err e;
    bool last;
    Tavana__V1__FetchReply *trailer = NULL;
    row_batch_init(&batch);
    err_init(&e);
    int st = rpc_batch_read(b, &batch, &last, &trailer, &e);
    assert(st == ST_ERR ? err_is_set(&e) : !err_is_set(&e));
    if (st == ST_EOF)
        rpc_message_free(&trailer->base);
    if (st == ST_OK)
        assert(batch.len < size);
    row_batch_release(&batch);
    grpc_byte_buffer_destroy(b);
    return 0;
}
