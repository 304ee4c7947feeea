/* What a session took of sequences: bounded, and right when one is made anew. */
#include "engine/sequence_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NONE = -1 };

static int64_t of(struct sequence_values *v, int64_t oid)
{
    int64_t value = NONE;
    (void)sequence_values_find(v, oid, &value);
    return value;
}

static int64_t last(struct sequence_values *v)
{
    int64_t value = NONE;
    (void)sequence_values_last(v, &value);
    return value;
}

static void test_last(void **state)
{
    (void)state;
    struct sequence_values *v = sequence_values_new();
    assert_non_null(v);
    assert_int_equal(of(v, 1), NONE);
    assert_int_equal(last(v), NONE);
    sequence_values_put(v, 1, 10);
    sequence_values_put(v, 2, 20);
    sequence_values_put(v, 1, 11);
    assert_int_equal(of(v, 1), 11);
    assert_int_equal(of(v, 2), 20);
    assert_int_equal(last(v), 11);
    sequence_values_forget(v);
    assert_int_equal(of(v, 1), NONE);
    assert_int_equal(last(v), NONE);
    sequence_values_free(v);
    sequence_values_free(NULL);
}

static void test_made_anew(void **state)
{
    (void)state;
    struct sequence_values *v = sequence_values_new();
    assert_non_null(v);
    sequence_values_same(v, 1, 2); /* nothing was taken of it */
    assert_int_equal(of(v, 2), NONE);
    assert_int_equal(last(v), NONE);

    sequence_values_put(v, 1, 10);
    sequence_values_same(v, 1, 2); /* ALTER SEQUENCE */
    assert_int_equal(of(v, 2), 10);
    assert_int_equal(last(v), 10);

    sequence_values_put(v, 3, 77); /* setval(2, 77): one took a value of the new one, unasked */
    sequence_values_same(v, 2, 3);
    assert_int_equal(of(v, 3), 77);
    assert_int_equal(last(v), 77);

    sequence_values_put(v, 9, 5);
    sequence_values_put(v, 4, 80);
    sequence_values_same(v, 3, 4); /* … while another was the last */
    assert_int_equal(of(v, 4), 80);
    assert_int_equal(last(v), 5);
    sequence_values_free(v);
}

static void test_bound(void **state)
{
    (void)state;
    struct sequence_values *v = sequence_values_new();
    assert_non_null(v);
    for (int64_t i = 1; i <= SEQUENCE_VALUES_MAX + 2; i++)
        sequence_values_put(v, i, 2 * i);
    assert_int_equal(of(v, 1), NONE);
    assert_int_equal(of(v, 2), NONE);
    assert_int_equal(of(v, 3), 6);
    assert_int_equal(last(v), 2 * (SEQUENCE_VALUES_MAX + 2));
    sequence_values_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last),
        cmocka_unit_test(test_made_anew),
        cmocka_unit_test(test_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
