#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "net/lot.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One record that counts its leaves; a test waits for them. */
struct car {
    struct parked parked;
    int fd, other; /* a socketpair; the first is parked */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned left;
    enum lot_reason why;
    int64_t at;
};

static void on_leave(struct parked *p, enum lot_reason why)
{
    struct car *c = (struct car *)(void *)p;
    (void)pthread_mutex_lock(&c->lock);
    c->left++;
    c->why = why;
    c->at = clock_now_us();
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

static struct lot *lot_of(unsigned capacity)
{
    struct err e;
    err_init(&e);
    struct lot *l = NULL;
    assert_int_equal(lot_new(&l, capacity, &e), ST_OK);
    return l;
}

static void car_init(struct car *c)
{
    int fds[2];
    memset(c, 0, sizeof *c);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    c->fd = fds[0];
    c->other = fds[1];
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    parked_init(&c->parked, c->fd, on_leave);
}

static void car_add(struct lot *l, struct car *c)
{
    struct err e;
    err_init(&e);
    car_init(c);
    assert_int_equal(lot_add(l, &c->parked, &e), ST_OK);
}

static void car_release(struct lot *l, struct car *c)
{
    lot_remove(l, &c->parked);
    (void)close(c->fd);
    (void)close(c->other);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->changed);
}

/* Whether it has left n times, waiting up to ms for that. */
static bool has_left(struct car *c, unsigned n, int ms)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += (long)(ms % 1000) * 1000000;
    ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&c->lock);
    while (c->left < n && pthread_cond_timedwait(&c->changed, &c->lock, &ts) == 0)
        continue;
    bool yes = c->left == n;
    (void)pthread_mutex_unlock(&c->lock);
    return yes;
}

static void test_readable(void **state)
{
    (void)state;
    struct lot *l = lot_of(4);
    struct car c;
    char byte;
    car_add(l, &c);
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    assert_int_equal(lot_count(l), 1);
    assert_false(has_left(&c, 1, 20));
    assert_int_equal(write(c.other, "x", 1), 1);
    assert_true(has_left(&c, 1, 5000));
    assert_int_equal(c.why, LOT_READABLE);
    assert_int_equal(lot_count(l), 0);
    /* More while it is not parked: nothing now, at once when it is parked again. */
    assert_int_equal(read(c.fd, &byte, 1), 1);
    assert_int_equal(write(c.other, "y", 1), 1);
    assert_true(has_left(&c, 1, 20));
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    assert_true(has_left(&c, 2, 5000));
    assert_int_equal(c.why, LOT_READABLE);
    assert_int_equal(read(c.fd, &byte, 1), 1);
    /* The peer ends. */
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    assert_true(has_left(&c, 2, 20));
    assert_int_equal(shutdown(c.other, SHUT_RDWR), 0);
    assert_true(has_left(&c, 3, 5000));
    assert_int_equal(c.why, LOT_READABLE);
    car_release(l, &c);
    lot_free(l);
}

static void test_writable(void **state)
{
    (void)state;
    struct lot *l = lot_of(4);
    struct car c;
    static char bytes[65536];
    car_add(l, &c);
    while (send(c.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
    lot_park(l, &c.parked, POLLOUT, CLOCK_NEVER);
    assert_false(has_left(&c, 1, 20));
    while (recv(c.other, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
    assert_true(has_left(&c, 1, 5000));
    car_release(l, &c);
    lot_free(l);
}

static void test_deadline(void **state)
{
    (void)state;
    struct lot *l = lot_of(4);
    struct car c[2];
    car_add(l, &c[0]);
    car_add(l, &c[1]);
    int64_t start = clock_now_us();
    lot_park(l, &c[0].parked, POLLIN, start + 200000);
    (void)usleep(5000); /* asleep for the later one: the sooner one has to wake it */
    lot_park(l, &c[1].parked, POLLIN, start + 30000);
    assert_true(has_left(&c[1], 1, 5000));
    assert_true(has_left(&c[0], 0, 0));
    assert_true(has_left(&c[0], 1, 5000));
    assert_int_equal(c[0].why, LOT_TIMEOUT);
    assert_int_equal(c[1].why, LOT_TIMEOUT);
    assert_in_range(c[1].at - start, 30000, 150000);
    assert_true(c[0].at - start >= 200000);
    lot_park(l, &c[0].parked, POLLIN, start); /* passed long ago */
    assert_true(has_left(&c[0], 2, 5000));
    /* One that leaves before takes its deadline with it. */
    lot_park(l, &c[0].parked, POLLIN, clock_now_us() + 50000);
    assert_int_equal(write(c[0].other, "x", 1), 1);
    assert_true(has_left(&c[0], 3, 5000));
    assert_int_equal(c[0].why, LOT_READABLE);
    (void)usleep(100000);
    assert_true(has_left(&c[0], 3, 0));
    car_release(l, &c[0]);
    car_release(l, &c[1]);
    lot_free(l);
}

static void test_wake(void **state)
{
    (void)state;
    struct lot *l = lot_of(4);
    struct car c;
    car_add(l, &c);
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    lot_wake(l, &c.parked);
    assert_true(has_left(&c, 1, 5000));
    assert_int_equal(c.why, LOT_WOKEN);
    /* Not parked: remembered, once. */
    lot_wake(l, &c.parked);
    lot_wake_all(l);
    assert_true(has_left(&c, 1, 20));
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    assert_true(has_left(&c, 2, 5000));
    assert_int_equal(c.why, LOT_WOKEN);
    lot_park(l, &c.parked, POLLIN, CLOCK_NEVER);
    assert_true(has_left(&c, 2, 20));
    lot_wake_all(l);
    assert_true(has_left(&c, 3, 5000));
    car_release(l, &c);
    lot_free(l);
}

/* Deadlines in any order, left in theirs. */
static void test_many_deadlines(void **state)
{
    (void)state;
    enum { N = 400 };
    static struct car c[N];
    struct lot *l = lot_of(N);
    int64_t start = clock_now_us();
    for (unsigned i = 0; i < N; i++) {
        car_add(l, &c[i]);
        lot_park(l, &c[i].parked, POLLIN, start + 100000 + (int64_t)(i * 7919u % N) * 500);
    }
    for (unsigned i = 0; i < N; i += 5)
        lot_wake(l, &c[i].parked);
    for (unsigned i = 0; i < N; i++) {
        assert_true(has_left(&c[i], 1, 5000));
        assert_int_equal(c[i].why, i % 5 ? LOT_TIMEOUT : LOT_WOKEN);
        if (i % 5)
            assert_true(c[i].at >= start + 100000 + (int64_t)(i * 7919u % N) * 500);
    }
    for (unsigned i = 0; i < N; i++)
        car_release(l, &c[i]);
    assert_int_equal(lot_count(l), 0);
    lot_free(l);
}

static void test_capacity_and_bad_descriptors(void **state)
{
    (void)state;
    struct lot *l = lot_of(1);
    struct car c[2];
    struct err e;
    err_init(&e);
    car_add(l, &c[0]);
    car_init(&c[1]);
    assert_int_equal(lot_add(l, &c[1].parked, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_TOO_MANY_CONNECTIONS);
    car_release(l, &c[1]); /* never added: harmless */
    car_release(l, &c[0]);
    struct parked p;
    parked_init(&p, -1, on_leave);
    err_init(&e);
    assert_int_equal(lot_add(l, &p, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INSUFFICIENT_RESOURCES);
    for (int i = 0; i < 3; i++) { /* slots are given back */
        car_add(l, &c[0]);
        car_release(l, &c[0]);
    }
    lot_free(l);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct err e;
        err_init(&e);
        struct lot *l = NULL;
        alloc_fail_nth(nth);
        int st = lot_new(&l, 16, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        lot_free(l);
    }
    assert_int_equal(failures, 3);
}

/* ---- what the server does with it: thousands of sessions, a pool, wakes and deadlines at once ---- */

enum { SESSIONS = 2000, ROUNDS = 5, SENDERS = 3 };

/* Parked, run by a pool, parked again, until it has read ROUNDS bytes; then removed and freed at once, by the
 * very task that leave() has just submitted. Parking allocates nothing and leaves are counted. */
struct session {
    struct parked parked;
    struct task task;
    int fd, other;
    unsigned parks, leaves, bytes;
};

static struct lot *crowd;
static struct thread_pool *crew;
static struct session *sessions[SESSIONS];
static pthread_mutex_t sessions_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned finished, timeouts, wakes;

static void session_leave(struct parked *p, enum lot_reason why)
{
    struct session *s = (struct session *)(void *)p;
    s->leaves++;
    (void)__atomic_fetch_add(why == LOT_TIMEOUT ? &timeouts : &wakes, why != LOT_READABLE, __ATOMIC_RELAXED);
    thread_pool_submit(crew, &s->task, THREAD_POOL_NORMAL);
}

static void session_end(struct session *s, size_t at)
{
    (void)pthread_mutex_lock(&sessions_lock);
    sessions[at] = NULL; /* nobody wakes it any more */
    (void)pthread_mutex_unlock(&sessions_lock);
    lot_remove(crowd, &s->parked);
    assert_int_equal(s->parks, s->leaves);
    (void)close(s->fd);
    (void)close(s->other);
    mem_free(s);
    (void)__atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
}

static void session_run(struct task *t, struct worker *w)
{
    (void)w;
    struct session *s = list_entry(t, struct session, task);
    char byte[4];
    unsigned at;
    ssize_t n;
    while ((n = recv(s->fd, byte, 4, MSG_DONTWAIT)) == 4) {
        memcpy(&at, byte, 4);
        if (++s->bytes == ROUNDS) {
            session_end(s, at);
            return;
        }
    }
    s->parks++;
    int64_t deadline = s->bytes % 2 ? clock_now_us() + (int64_t)(s->bytes * 1000) : CLOCK_NEVER;
    lot_park(crowd, &s->parked, POLLIN, deadline);
}

static void session_new(unsigned at)
{
    struct err e;
    err_init(&e);
    int fds[2];
    struct session *s = mem_calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    s->fd = fds[0];
    s->other = fds[1];
    s->task.run = session_run;
    parked_init(&s->parked, s->fd, session_leave);
    assert_int_equal(lot_add(crowd, &s->parked, &e), ST_OK);
    sessions[at] = s;
    s->parks++;
    lot_park(crowd, &s->parked, POLLIN, CLOCK_NEVER);
}

/* A machine that is busy elsewhere may run those who send to their end before anybody else. */
static void wait_for_the_others(void)
{
    while (!__atomic_load_n(&wakes, __ATOMIC_RELAXED) || !__atomic_load_n(&timeouts, __ATOMIC_RELAXED))
        (void)usleep(200);
}

static void *send_all(void *arg)
{
    unsigned first = (unsigned)(uintptr_t)arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round == 1) /* sessions that have read one byte wait with a deadline */
            wait_for_the_others();
        for (unsigned i = first; i < SESSIONS; i += SENDERS) {
            (void)pthread_mutex_lock(&sessions_lock);
            struct session *s = sessions[i];
            int other = s ? s->other : -1;
            if (s)
                assert_int_equal(send(other, &i, 4, MSG_NOSIGNAL), 4);
            (void)pthread_mutex_unlock(&sessions_lock);
        }
    }
    return NULL;
}

static void *wake_some(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < SESSIONS) {
        for (int k = 0; k < 50; k++) {
            unsigned i = (seed = seed * 1664525u + 1013904223u) >> 8;
            (void)pthread_mutex_lock(&sessions_lock);
            if (sessions[i % SESSIONS])
                lot_wake(crowd, &sessions[i % SESSIONS]->parked);
            (void)pthread_mutex_unlock(&sessions_lock);
        }
        (void)usleep(200);
    }
    return NULL;
}

static void test_crowd(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    struct rlimit fds;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &fds), 0);
    fds.rlim_cur = fds.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &fds), 0);
    struct thread_pool_options o = {.max = 6, .reserve = 1, .idle_ms = 5, .name = "crew"};
    crowd = lot_of(SESSIONS);
    assert_int_equal(thread_pool_new(&crew, &o, &e), ST_OK);
    for (unsigned i = 0; i < SESSIONS; i++)
        session_new(i);
    pthread_t t[SENDERS + 1];
    for (unsigned i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, send_all, (void *)(uintptr_t)i), 0);
    assert_int_equal(pthread_create(&t[SENDERS], NULL, wake_some, (void *)(uintptr_t)42), 0);
    for (unsigned i = 0; i <= SENDERS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    thread_pool_free(crew);
    assert_int_equal(finished, SESSIONS);
    assert_int_equal(lot_count(crowd), 0);
    assert_true(wakes > 0);
    assert_true(timeouts > 0);
    lot_free(crowd);
    lot_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readable),
        cmocka_unit_test(test_writable),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_many_deadlines),
        cmocka_unit_test(test_capacity_and_bad_descriptors),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_crowd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
