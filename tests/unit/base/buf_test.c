#include "base/buf.h"

#include "base/account.h"
#include "base/alloc.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_puts(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1024);
    assert_null(b.data);
    buf_put_u8(&b, 1);
    buf_put_be16(&b, 0x0203);
    buf_put_be32(&b, 0x04050607);
    buf_put_be64(&b, 0x08090a0b0c0d0e0f);
    buf_put_cstr(&b, "ab");
    buf_put(&b, "c", 1);
    buf_put(&b, NULL, 0);
    buf_printf(&b, "%d%s", 42, "x");
    assert_true(buf_ok(&b));
    assert_int_equal(b.len, 22);
    assert_memory_equal(b.data,
                        "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"
                        "ab\0c42x",
                        22);
    assert_int_equal(get_be16(b.data + 1), 0x0203);
    assert_int_equal(get_be32(b.data + 3), 0x04050607);
    assert_true(get_be64(b.data + 7) == 0x08090a0b0c0d0e0f);
    buf_consume(&b, 15);
    assert_int_equal(b.len, 7);
    assert_memory_equal(b.data, "ab\0c42x", 7);
    buf_consume(&b, 0);
    buf_consume(&b, 7);
    assert_int_equal(b.len, 0);
    buf_release(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 1024);
}

/* The bound is reached to the byte, and what would pass it changes nothing but the flag. */
static void test_bound_at_every_size(void **state)
{
    (void)state;
    for (size_t max = 0; max < 600; max += 7) {
        struct buf b;
        buf_init(&b, max);
        for (size_t i = 0; i < max; i++)
            buf_put_u8(&b, (uint8_t)i);
        assert_true(buf_ok(&b));
        assert_int_equal(b.len, max);
        assert_true(b.cap <= max);
        buf_put_u8(&b, 0);
        assert_false(buf_ok(&b));
        assert_int_equal(b.len, max);
        buf_put(&b, NULL, 0);
        assert_null(buf_reserve(&b, 0));
        buf_clear(&b);
        assert_true(buf_ok(&b));
        buf_release(&b);
    }
}

static void test_huge_reserve(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    buf_put(&b, "abc", 3);
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_null(buf_reserve(&b, 1)); /* sticky */
    assert_int_equal(b.len, 3);
    buf_release(&b);
}

static void test_reserve_then_commit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    uint8_t *p = buf_reserve(&b, 100);
    assert_non_null(p);
    memset(p, 'x', 100);
    buf_commit(&b, 60);
    assert_int_equal(b.len, 60);
    assert_ptr_equal(buf_reserve(&b, 40), p + 60);
    assert_null(buf_reserve(&b, 41));
    buf_release(&b);
}

static void test_trim(void **state)
{
    (void)state;
    struct account account = {.max = 4096};
    struct buf b;
    buf_init_of(&b, 2048, &account);
    buf_put(&b, "kept", 4);
    assert_non_null(buf_reserve(&b, 1000));
    alloc_fail_nth(1);
    buf_trim(&b); /* as it was */
    assert_true(alloc_failed());
    assert_true(b.cap >= 1004);
    assert_int_equal(account.used, b.cap);
    buf_trim(&b);
    assert_int_equal(b.cap, 4);
    assert_int_equal(account.used, 4);
    buf_trim(&b);
    buf_put(&b, " and more", 9);
    assert_memory_equal(b.data, "kept and more", 13);
    buf_clear(&b);
    buf_trim(&b);
    assert_null(b.data);
    assert_int_equal(account.used, 0);
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct buf b;
        size_t before = 0;
        buf_init(&b, 65536);
        alloc_fail_nth(nth);
        for (int i = 0; i < 200 && buf_ok(&b); i++) {
            before = b.len;
            buf_printf(&b, "line %d\n", i);
        }
        more = alloc_failed();
        failures += more;
        assert_int_equal(buf_ok(&b), !more);
        if (more)
            assert_int_equal(b.len, before);
        buf_release(&b);
    }
    assert_true(failures >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_puts),         cmocka_unit_test(test_bound_at_every_size),
        cmocka_unit_test(test_huge_reserve), cmocka_unit_test(test_reserve_then_commit),
        cmocka_unit_test(test_trim),         cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
