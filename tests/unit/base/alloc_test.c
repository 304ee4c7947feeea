#include "base/alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_fails_the_nth(void **state)
{
    (void)state;
    alloc_fail_nth(3);
    void *a = mem_alloc(1), *b = mem_calloc(1, 1), *c = mem_alloc(1), *d = mem_alloc(1);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(c);
    assert_non_null(d); /* one failure, then all is well */
    assert_true(alloc_failed());
    assert_false(alloc_failed());
    mem_free(a);
    mem_free(b);
    mem_free(d);
}

static void test_switches_off(void **state)
{
    (void)state;
    alloc_fail_nth(1);
    alloc_fail_nth(0);
    void *p = mem_alloc(1);
    assert_non_null(p);
    alloc_fail_nth(1);
    assert_false(alloc_failed()); /* had not come to it, and will not */
    assert_null(mem_calloc(SIZE_MAX / 2, 3));
    void *q = mem_realloc(p, 100);
    assert_non_null(q);
    mem_free(q);
}

static void test_realloc_keeps_what_it_had(void **state)
{
    (void)state;
    char *p = mem_strdup("abc");
    assert_non_null(p);
    alloc_fail_nth(1);
    assert_null(mem_realloc(p, 1000));
    assert_true(alloc_failed());
    assert_string_equal(p, "abc");
    mem_free(p);
}

static void test_sizes_and_copies(void **state)
{
    (void)state;
    void *none = mem_alloc(0);
    uint8_t *zeroed = mem_calloc(100, 3);
    char *copy = mem_strndup("abcdef", 3), *empty = mem_strndup(NULL, 0);
    assert_non_null(none);
    assert_non_null(zeroed);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    assert_null(mem_strndup("x", SIZE_MAX));
    mem_free(none);
    mem_free(zeroed);
    mem_free(copy);
    mem_free(empty);
    mem_free(NULL);
}

static void *other_thread(void *arg)
{
    (void)arg;
    return mem_alloc(1);
}

static void test_only_this_thread(void **state)
{
    (void)state;
    pthread_t t;
    void *p;
    alloc_fail_nth(1);
    assert_int_equal(pthread_create(&t, NULL, other_thread, NULL), 0);
    assert_int_equal(pthread_join(t, &p), 0);
    assert_non_null(p);
    assert_null(mem_alloc(1));
    assert_true(alloc_failed());
    mem_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fails_the_nth),    cmocka_unit_test(test_switches_off),
        cmocka_unit_test(test_sizes_and_copies), cmocka_unit_test(test_realloc_keeps_what_it_had),
        cmocka_unit_test(test_only_this_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
