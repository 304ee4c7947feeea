#include "base/waker.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static bool rings(const struct waker *w, int ms)
{
    struct pollfd p = {.fd = waker_fd(w), .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

static void test_ring_is_not_lost(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    struct waker w;
    assert_int_equal(waker_init(&w, &e), ST_OK);
    assert_false(rings(&w, 0));
    waker_ring(&w);
    waker_ring(&w);
    assert_true(rings(&w, 0));
    waker_clear(&w);
    assert_false(rings(&w, 0)); /* several count as one */
    waker_clear(&w);            /* does not block */
    waker_release(&w);
    assert_int_equal(waker_fd(&w), -1);
    waker_release(&w);
}

static void *ring_later(void *arg)
{
    (void)usleep(10000);
    waker_ring(arg);
    return NULL;
}

static void test_wakes_a_waiting_thread(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    struct waker w;
    pthread_t t;
    assert_int_equal(waker_init(&w, &e), ST_OK);
    assert_int_equal(pthread_create(&t, NULL, ring_later, &w), 0);
    assert_true(rings(&w, 5000));
    assert_int_equal(pthread_join(t, NULL), 0);
    waker_release(&w);
}

static void test_no_descriptor_left(void **state)
{
    (void)state;
    struct rlimit old, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int lowest = dup(0);
    assert_true(lowest >= 0);
    (void)close(lowest);
    none = old;
    none.rlim_cur = (rlim_t)lowest;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct err e;
    err_init(&e);
    struct waker w;
    int st = waker_init(&w, &e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(st, ST_ERR);
    assert_true(err_is_set(&e));
    waker_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_is_not_lost),
        cmocka_unit_test(test_wakes_a_waiting_thread),
        cmocka_unit_test(test_no_descriptor_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
