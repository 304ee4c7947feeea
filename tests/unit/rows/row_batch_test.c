#include "rows/row_batch.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void put(struct row_batch *b, size_t n, uint8_t fill)
{
    struct err e;
    err_init(&e);
    assert_int_equal(row_batch_reserve(b, n, &e), ST_OK);
    assert_true(row_batch_room(b) >= n);
    memset(b->data + b->len, fill, n);
    row_batch_commit(b, b->data + b->len + n, 1);
}

static void test_grows_and_keeps(void **state)
{
    (void)state;
    struct row_batch b;
    row_batch_init(&b);
    put(&b, 10, 1);
    assert_true(b.cap <= 4096);
    put(&b, 100000, 2);
    assert_int_equal(b.len, 100010);
    assert_int_equal(b.nrows, 2);
    assert_int_equal(b.data[9], 1);
    assert_int_equal(b.data[10], 2);
    assert_true(b.cap <= ROW_BATCH_MAX);
    row_batch_clear(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.nrows, 0);
    assert_true(b.cap >= 100010);
    row_batch_release(&b);
    assert_null(b.data);
}

static void test_large_row_is_given_back(void **state)
{
    (void)state;
    struct row_batch b;
    row_batch_init(&b);
    put(&b, ROW_BATCH_KEPT + 1, 7);
    assert_int_equal(b.cap, ROW_BATCH_KEPT + 1);
    row_batch_clear(&b);
    assert_int_equal(b.cap, 0);
    assert_null(b.data);
    row_batch_release(&b);
}

static void test_bounds(void **state)
{
    (void)state;
    struct row_batch b;
    struct err e;
    row_batch_init(&b);
    put(&b, 8, 1);
    err_init(&e);
    assert_int_equal(row_batch_reserve(&b, MESSAGE_MAX, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    err_init(&e);
    assert_int_equal(row_batch_reserve(&b, SIZE_MAX, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    err_init(&e);
    alloc_fail_nth(1);
    assert_int_equal(row_batch_reserve(&b, 100000, &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    assert_int_equal(b.len, 8);
    assert_int_equal(b.data[7], 1);
    row_batch_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_and_keeps),
        cmocka_unit_test(test_large_row_is_given_back),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
