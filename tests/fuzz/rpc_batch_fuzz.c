/* A FetchReply as a worker might send it, in slices whose size the first byte says, of rows with as many
 * columns as the second says. Rows that are taken for right are so to a reader that looks at one byte after
 * the other. */
#include "rpc/batch.h"

#include "base/bytes.h"
#include "rows/row_batch.h"
#include "rpc/check.h"

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

/* One row after the other, one value after the other. */
static uint64_t rows_of(const uint8_t *p, size_t n, unsigned ncolumns, bool *right)
{
    uint64_t rows = 0;
    size_t at = 0;
    *right = true;
    for (; at < n; rows++) {
        if (n - at < 7 || p[at] != 'D' || get_be16(p + at + 5) != ncolumns)
            break;
        uint64_t len = get_be32(p + at + 1), in = 6;
        if (len < 6 || len > n - at - 1)
            break;
        for (unsigned c = 0; c < ncolumns && in <= len; c++) {
            uint64_t value = in + 4 <= len ? get_be32(p + at + 1 + in) : UINT32_MAX - 1;
            in += 4 + (value == UINT32_MAX ? 0 : value);
        }
        if (in != len)
            break;
        at += 1 + len;
    }
    *right = at == n;
    return rows;
}

static void check(const struct row_batch *batch, unsigned ncolumns)
{
    const struct rpc_rows_shape shape = {.kind = 'D', .ncolumns = (uint16_t)ncolumns, .left = INT64_MAX};
    struct err e;
    bool right;
    err_init(&e);
    uint64_t rows = rows_of(batch->data, batch->len, ncolumns, &right);
    bool taken = rpc_check_rows(batch->data, batch->len, batch->nrows, &shape, &e) == ST_OK;
    assert(taken == (right && rows == batch->nrows && rows > 0));
    const struct rpc_rows_shape others[] = {{.kind = 'd', .left = 5}, {.left = 5}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        err_init(&e);
        (void)rpc_check_rows(batch->data, batch->len, batch->nrows, &others[i], &e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    grpc_slice slices[SLICES_MAX];
    const unsigned ncolumns = data[1] % 5;
    size_t piece = (size_t)data[0] + 1, n = 0, at = 2;
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
    if (st == ST_OK) {
        assert(batch.len < size);
        check(&batch, ncolumns);
    }
    row_batch_release(&batch);
    grpc_byte_buffer_destroy(b);
    return 0;
}
