#include "base/account.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_bounds(void **state)
{
    (void)state;
    struct account a = {.max = 100};
    assert_true(account_take(&a, 60));
    assert_false(account_take(&a, 41));
    assert_true(a.refused);
    assert_false(account_take(&a, SIZE_MAX));
    assert_true(account_take(&a, 40));
    assert_false(account_take(&a, 1));
    account_give(&a, 100);
    assert_int_equal(a.used, 0);
    assert_true(account_take(NULL, SIZE_MAX));
    account_give(NULL, 1);
}

/* The inner one leaves room to the outer one, and both are bounded together. */
static void test_parts(void **state)
{
    (void)state;
    struct account all = {.max = 100}, part = {.part_of = &all, .max = 70};
    assert_true(account_take(&part, 50));
    assert_int_equal(all.used, 50);
    assert_false(account_take(&part, 21));
    assert_true(all.refused && !part.refused);
    assert_true(account_take(&all, 50));
    assert_false(account_take(&part, 1));
    assert_int_equal(part.used, 50);
    account_give(&part, 50);
    assert_int_equal(all.used, 50);
    all.max = 10; /* a limit that was lowered below what is taken */
    assert_false(account_take(&all, 0));
}

/* What is beyond the first bytes of each counts together, in all pools that there are. */
static void test_pool(void **state)
{
    (void)state;
    struct account_pool all = {.max = 150}, users = {.part_of = &all, .max = 100};
    struct account a = {.max = SIZE_MAX, .pool = &users}, b = a, c = {.max = SIZE_MAX, .pool = &all};
    struct account part = {.part_of = &a, .max = SIZE_MAX};
    assert_true(account_take(&part, ACCOUNT_OWN) && account_take(&b, ACCOUNT_OWN - 10));
    assert_int_equal(atomic_load(&users.used), 0);
    assert_true(account_take(&part, 60));
    assert_true(account_take(&b, 30)); /* 20 of them beyond */
    assert_int_equal(atomic_load(&users.used), 80);
    assert_int_equal(atomic_load(&all.used), 80);
    assert_int_equal(account_pool_left(&users), 20);
    assert_false(account_take(&part, 21));
    assert_true(a.refused && !part.refused && a.refused_by == &users);
    assert_int_equal(part.used, ACCOUNT_OWN + 60);
    assert_true(account_take(&c, ACCOUNT_OWN + 65));
    assert_int_equal(account_pool_left(&users), 5);
    assert_ptr_equal(account_pool_fullest(&users), &all);
    assert_false(account_take(&b, 6));
    assert_ptr_equal(b.refused_by, &all);
    assert_int_equal(atomic_load(&users.used), 80); /* as before */
    assert_int_equal(atomic_load(&all.used), 145);
    assert_false(account_take(&b, SIZE_MAX));
    assert_true(account_take(&b, 0) && account_take(&b, 5));
    account_give(&c, 65);
    account_give(&part, 60 + ACCOUNT_OWN);
    account_give(&b, ACCOUNT_OWN); /* of which 25 are left */
    assert_int_equal(atomic_load(&users.used), 0);
    assert_int_equal(atomic_load(&all.used), 0);
    assert_true(account_take(NULL, 1));
}

static void test_pool_of_another(void **state)
{
    (void)state;
    struct account_pool all = {.max = 150}, users = {.part_of = &all, .max = 100};
    struct account a = {.max = SIZE_MAX, .pool = &all};
    assert_true(account_take(&a, ACCOUNT_OWN + 120));
    account_join(&a, &users); /* it has more than fits there */
    assert_int_equal(atomic_load(&users.used), 120);
    assert_int_equal(atomic_load(&all.used), 120);
    assert_int_equal(account_pool_left(&users), 0);
    assert_false(account_take(&a, 1));
    account_set(&a, ACCOUNT_OWN + 200); /* as input does */
    assert_int_equal(atomic_load(&all.used), 200);
    assert_false(account_take(&a, 1));
    account_join(&a, NULL);
    assert_int_equal(atomic_load(&users.used), 0);
    assert_int_equal(atomic_load(&all.used), 0);
    assert_true(account_take(&a, 1000));
    account_give(&a, a.used);
}

/* Another process keeps something: it is told how much there may be, and that was not enough. */
static void test_what_is_kept_elsewhere(void **state)
{
    (void)state;
    struct account_pool all = {.max = 150}, users = {.part_of = &all, .max = 100};
    struct account a = {.max = ACCOUNT_OWN + 40, .pool = &users}, b = {.max = SIZE_MAX, .pool = &all};
    struct account part = {.part_of = &a, .max = ACCOUNT_OWN + 30};
    assert_int_equal(account_left(NULL), SIZE_MAX);
    assert_int_equal(account_left(&part), ACCOUNT_OWN + 30);
    assert_true(account_take(&part, 10));
    assert_int_equal(account_left(&part), ACCOUNT_OWN + 20);
    assert_int_equal(account_left(&a), ACCOUNT_OWN + 30);
    account_refuse(&part);
    assert_true(a.refused && !part.refused && !a.refused_by); /* its own bound is the nearest */
    assert_true(account_take(&b, ACCOUNT_OWN + 145));
    assert_int_equal(account_left(&part), ACCOUNT_OWN - 5); /* of its own bytes, and 5 of the pool */
    account_refuse(&part);
    assert_ptr_equal(a.refused_by, &all);
    account_refuse(NULL);
    account_give(&b, ACCOUNT_OWN + 145);
    account_give(&part, 10);
    a.max = 0;
    assert_int_equal(account_left(&part), 0);
}

static void test_arena(void **state)
{
    (void)state;
    struct account account = {.max = 10000};
    struct arena a;
    arena_init_of(&a, SIZE_MAX, &account);
    assert_int_equal(account.used, 0);
    assert_non_null(arena_alloc(&a, 10));
    size_t one = account.used;
    assert_true(one >= 10);
    assert_non_null(arena_alloc(&a, 10));
    assert_int_equal(account.used, one);
    assert_null(arena_alloc(&a, 10000));
    assert_non_null(arena_alloc(&a, 5000));
    alloc_fail_nth(1);
    assert_null(arena_alloc(&a, 2000));
    assert_true(alloc_failed());
    arena_release(&a);
    assert_int_equal(account.used, 0);
}

static void test_buf(void **state)
{
    (void)state;
    struct account account = {.max = 1000};
    struct buf b;
    static const uint8_t bytes[1000];
    buf_init_of(&b, SIZE_MAX, &account);
    buf_put(&b, bytes, 300);
    assert_true(account.used >= 300);
    buf_put(&b, bytes, 500); /* twice as much would be too much */
    assert_true(buf_ok(&b));
    buf_put(&b, bytes, 300);
    assert_false(buf_ok(&b));
    buf_release(&b);
    assert_int_equal(account.used, 0);
    alloc_fail_nth(1);
    buf_put(&b, bytes, 300);
    (void)alloc_failed();
    buf_release(&b);
    assert_int_equal(account.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_pool_of_another),
        cmocka_unit_test(test_what_is_kept_elsewhere),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_buf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
