#include "base/metric.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_counters_and_gauges(void **state)
{
    (void)state;
    metric_add(METRIC_ROWS_SENT, 5);
    metric_add(METRIC_ROWS_SENT, UINT32_MAX);
    assert_int_equal(metric_value(METRIC_ROWS_SENT), 5 + (uint64_t)UINT32_MAX);
    assert_int_equal(metric_value(METRIC_BYTES_SENT), 0);
    metric_gauge_add(METRIC_SESSIONS, 2);
    metric_gauge_add(METRIC_SESSIONS, -3);
    assert_int_equal(metric_gauge_value(METRIC_SESSIONS), -1);
    metric_error(SQLSTATE_SYNTAX_ERROR);
    assert_int_equal(metric_error_value(SQLSTATE_SYNTAX_ERROR), 1);
    assert_int_equal(metric_error_value(SQLSTATE_INTERNAL_ERROR), 0);
}

static void test_histogram_bounds(void **state)
{
    (void)state;
    /* A bucket's upper bound belongs to it ("le"). */
    metric_observe(METRIC_FIRST_ROW_SECONDS, -7);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 500);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 501);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 300000000);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 300000001);
    struct metric_histogram_values v;
    metric_histogram_read(METRIC_FIRST_ROW_SECONDS, &v);
    assert_int_equal(v.buckets[0], 2);
    assert_int_equal(v.buckets[1], 1);
    assert_int_equal(v.buckets[METRIC_BUCKET_COUNT - 1], 1);
    assert_int_equal(v.buckets[METRIC_BUCKET_COUNT], 1);
    assert_int_equal(v.count, 5);
    assert_true(fabs(v.sum - 600.001002) < 1e-9);
}

static void *count(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10000; i++) {
        metric_add(METRIC_STATEMENTS, 1);
        metric_observe(METRIC_STATEMENT_SECONDS, i);
        metric_gauge_add(METRIC_STREAMS, i % 2 ? -1 : 1);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t t[THREADS];
    struct metric_histogram_values v;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count, NULL), 0);
    metric_histogram_read(METRIC_STATEMENT_SECONDS, &v);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_int_equal(metric_value(METRIC_STATEMENTS), THREADS * 10000);
    assert_int_equal(metric_gauge_value(METRIC_STREAMS), 0);
    metric_histogram_read(METRIC_STATEMENT_SECONDS, &v);
    assert_int_equal(v.count, THREADS * 10000);
    assert_int_equal(v.buckets[0], THREADS * 501);
}

static void test_histogram_of_rows(void **state)
{
    (void)state;
    struct metric_histogram_values v;
    metric_observe(METRIC_PORTAL_BUFFER_ROWS, 0);
    metric_observe(METRIC_PORTAL_BUFFER_ROWS, 1);
    metric_observe(METRIC_PORTAL_BUFFER_ROWS, 3001);
    metric_histogram_read(METRIC_PORTAL_BUFFER_ROWS, &v);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.buckets[0], 2);
    assert_int_equal(v.buckets[5], 1);
    assert_true(v.bounds[5] == 1e4);
    assert_true(v.sum == 3002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_and_gauges),
        cmocka_unit_test(test_histogram_bounds),
        cmocka_unit_test(test_histogram_of_rows),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
