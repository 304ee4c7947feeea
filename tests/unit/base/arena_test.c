#include "base/arena.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_pieces_do_not_touch(void **state)
{
    (void)state;
    enum { PIECES = 300 };
    struct arena a;
    uint8_t *pieces[PIECES];
    arena_init(&a, (size_t)1 << 20);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(&a, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xff), i);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
    assert_int_equal(a.used, PIECES * (PIECES - 1) / 2);
    arena_release(&a);
    assert_int_equal(a.used, 0);
    assert_null(a.blocks);
}

static void test_bound(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 100);
    assert_null(arena_alloc(&a, 101));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_non_null(arena_alloc(&a, 60));
    assert_null(arena_alloc(&a, 41));
    assert_non_null(arena_alloc(&a, 40));
    assert_null(arena_alloc(&a, 1));
    assert_non_null(arena_alloc(&a, 0));
    arena_release(&a);
    assert_non_null(arena_alloc(&a, 100)); /* usable again */
    arena_release(&a);
}

static void test_large_pieces(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, (size_t)1 << 24);
    for (size_t n = 1000; n < 100000; n = n * 3 + 1) {
        uint8_t *p = arena_calloc(&a, n, 1);
        assert_non_null(p);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_null(arena_calloc(&a, SIZE_MAX / 2, 3));
    arena_release(&a);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1024);
    assert_string_equal(arena_strdup(&a, "abc"), "abc");
    assert_string_equal(arena_strdup(&a, ""), "");
    assert_string_equal(arena_strndup(&a, "abcdef", 2), "ab");
    assert_string_equal(arena_strndup(&a, NULL, 0), "");
    assert_null(arena_strndup(&a, "x", SIZE_MAX));
    arena_release(&a);
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        bool whole = true;
        arena_init(&a, (size_t)1 << 20);
        alloc_fail_nth(nth);
        for (int i = 0; i < 10 && whole; i++)
            whole = arena_alloc(&a, 500) != NULL;
        more = alloc_failed();
        failures += more;
        assert_int_equal(whole, !more);
        arena_release(&a);
    }
    assert_true(failures >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_do_not_touch),    cmocka_unit_test(test_bound),
        cmocka_unit_test(test_large_pieces),           cmocka_unit_test(test_copies),
        cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
