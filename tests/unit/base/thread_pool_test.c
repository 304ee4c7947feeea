#include "base/alloc.h"
#include "base/thread_pool.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static struct thread_pool *pool_of(unsigned max, unsigned reserve, unsigned idle_ms)
{
    struct err e;
    err_init(&e);
    struct thread_pool *p = NULL;
    struct thread_pool_options o = {
        .max = max, .reserve = reserve, .idle_ms = idle_ms, .stack_size = 128 * 1024, .name = "pool_test"};
    assert_int_equal(thread_pool_new(&p, &o, &e), ST_OK);
    return p;
}

/* A task that waits until it is let go. */
struct held {
    struct task task;
    sem_t started, go;
};

static void hold(struct task *t, struct worker *w)
{
    (void)w;
    struct held *h = (struct held *)(void *)t;
    (void)sem_post(&h->started);
    (void)sem_wait(&h->go);
}

static void held_init(struct held *h)
{
    h->task = (struct task){.run = hold};
    (void)sem_init(&h->started, 0, 0);
    (void)sem_init(&h->go, 0, 0);
}

static bool has_started(struct held *h, int ms)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += (long)(ms % 1000) * 1000000;
    ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    return sem_timedwait(&h->started, &ts) == 0;
}

/* ---- owners ---- */

struct owned {
    struct task_owner owner;
    unsigned freed;
};

static void owner_freed(struct task_owner *o)
{
    ((struct owned *)(void *)o)->freed++;
}

/* Two of its tasks run, the third waits for one of them; another's find threads. */
static void test_an_owner_has_no_more_than_its_share(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(6, 2, 1000);
    struct owned mallory = {0}, bob = {0};
    struct held of_mallory[4], of_bob;
    task_owner_init(&mallory.owner, 2, owner_freed);
    task_owner_init(&bob.owner, 2, owner_freed);
    for (size_t i = 0; i < 4; i++) {
        held_init(&of_mallory[i]);
        of_mallory[i].task.owner = &mallory.owner;
        thread_pool_submit(p, &of_mallory[i].task, THREAD_POOL_NORMAL);
    }
    assert_true(has_started(&of_mallory[0], 5000) && has_started(&of_mallory[1], 5000));
    assert_false(has_started(&of_mallory[2], 50));
    assert_int_equal(thread_pool_stats(p).queued, 2);
    held_init(&of_bob);
    of_bob.task.owner = &bob.owner;
    thread_pool_submit(p, &of_bob.task, THREAD_POOL_NORMAL);
    assert_true(has_started(&of_bob, 5000));
    (void)sem_post(&of_mallory[0].go);
    assert_true(has_started(&of_mallory[2], 5000));
    assert_false(has_started(&of_mallory[3], 50));
    (void)sem_post(&of_mallory[2].go);
    assert_true(has_started(&of_mallory[3], 5000));
    assert_int_equal(thread_pool_stats(p).queued, 0);
    thread_pool_release_owner(p, &mallory.owner);
    assert_int_equal(mallory.freed, 0); /* two still run */
    (void)sem_post(&of_mallory[1].go);
    (void)sem_post(&of_mallory[3].go);
    (void)sem_post(&of_bob.go);
    thread_pool_free(p);
    assert_int_equal(mallory.freed, 1);
    assert_int_equal(bob.freed, 0);
}

/* Log-ins and cancels are nobody's share; an owner of whom nothing runs is freed at once. */
static void test_urgent_tasks_are_not_counted(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(4, 2, 1000);
    struct owned mallory = {0};
    struct held of_mallory[3];
    task_owner_init(&mallory.owner, 1, owner_freed);
    for (size_t i = 0; i < 3; i++) {
        held_init(&of_mallory[i]);
        of_mallory[i].task.owner = &mallory.owner;
        thread_pool_submit(p, &of_mallory[i].task, THREAD_POOL_URGENT);
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(has_started(&of_mallory[i], 5000));
    thread_pool_release_owner(p, &mallory.owner);
    assert_int_equal(mallory.freed, 1);
    for (size_t i = 0; i < 3; i++)
        (void)sem_post(&of_mallory[i].go);
    thread_pool_free(p);
    assert_int_equal(mallory.freed, 1);
}

static unsigned ran;
struct counting {
    struct task task;
    struct thread_pool *pool;
    unsigned again;
};

static void count(struct task *t, struct worker *w)
{
    (void)w;
    struct counting *c = (struct counting *)(void *)t;
    (void)__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
    if (c->again > 0) {
        c->again--;
        thread_pool_submit(c->pool, t, c->again % 3 ? THREAD_POOL_NORMAL : THREAD_POOL_URGENT);
    }
}

/* Every task runs, also those that running tasks submit while the pool is being freed. */
static void test_all_run(void **state)
{
    (void)state;
    static struct counting tasks[2000];
    for (unsigned max = 1; max <= 16; max *= 4) {
        struct thread_pool *p = pool_of(max, max > 1, 0);
        ran = 0;
        for (size_t i = 0; i < 2000; i++) {
            tasks[i] = (struct counting){.task.run = count, .pool = p, .again = 5};
            thread_pool_submit(p, &tasks[i].task, i % 2 ? THREAD_POOL_NORMAL : THREAD_POOL_URGENT);
        }
        thread_pool_free(p);
        assert_int_equal(ran, 2000 * 6);
    }
}

static void *submit_many(void *arg)
{
    struct counting *tasks = arg;
    for (size_t i = 0; i < 500; i++)
        thread_pool_submit(tasks[i].pool, &tasks[i].task, THREAD_POOL_NORMAL);
    return NULL;
}

static void test_many_submitters(void **state)
{
    (void)state;
    static struct counting tasks[4][500];
    pthread_t t[4];
    struct thread_pool *p = pool_of(8, 2, 1);
    ran = 0;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 500; k++)
            tasks[i][k] = (struct counting){.task.run = count, .pool = p, .again = 1};
        assert_int_equal(pthread_create(&t[i], NULL, submit_many, tasks[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    thread_pool_free(p);
    assert_int_equal(ran, 4 * 500 * 2);
}

static void test_bound_and_reserve(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(3, 1, 1000);
    struct held normal[3], urgent[2];
    for (size_t i = 0; i < 3; i++) {
        held_init(&normal[i]);
        thread_pool_submit(p, &normal[i].task, THREAD_POOL_NORMAL);
    }
    assert_true(has_started(&normal[0], 5000));
    assert_true(has_started(&normal[1], 5000));
    assert_false(has_started(&normal[2], 30)); /* the third thread is for urgent tasks alone */
    for (size_t i = 0; i < 2; i++) {
        held_init(&urgent[i]);
        thread_pool_submit(p, &urgent[i].task, THREAD_POOL_URGENT);
    }
    assert_true(has_started(&urgent[0], 5000));
    assert_false(has_started(&urgent[1], 30));
    struct thread_pool_stats s = thread_pool_stats(p);
    assert_int_equal(s.threads, 3);
    assert_int_equal(s.queued, 2);
    assert_int_equal(s.idle, 0);
    (void)sem_post(&normal[0].go); /* its thread takes the urgent one before the normal one */
    assert_true(has_started(&urgent[1], 5000));
    assert_false(has_started(&normal[2], 30));
    (void)sem_post(&urgent[0].go); /* one normal runs, so a second may */
    assert_true(has_started(&normal[2], 5000));
    (void)sem_post(&normal[1].go);
    (void)sem_post(&normal[2].go);
    (void)sem_post(&urgent[1].go);
    thread_pool_free(p);
}

static unsigned threads_of(struct thread_pool *p, unsigned want)
{
    for (int i = 0; i < 500 && thread_pool_stats(p).threads != want; i++)
        (void)usleep(10000);
    return thread_pool_stats(p).threads;
}

static void test_grows_and_shrinks(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(20, 2, 20);
    struct held h[12];
    assert_int_equal(thread_pool_stats(p).threads, 3);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 12; i++) {
            held_init(&h[i]);
            thread_pool_submit(p, &h[i].task, THREAD_POOL_NORMAL);
        }
        for (size_t i = 0; i < 12; i++)
            assert_true(has_started(&h[i], 5000));
        assert_in_range(thread_pool_stats(p).threads, 12, 20);
        for (size_t i = 0; i < 12; i++)
            (void)sem_post(&h[i].go);
        assert_int_equal(threads_of(p, 3), 3);
    }
    assert_int_equal(thread_pool_stats(p).queued, 0);
    thread_pool_free(p);
}

struct look {
    struct task task;
    bool rang, blocked;
    char name[16];
};

static void look(struct task *t, struct worker *w)
{
    struct look *l = (struct look *)(void *)t;
    struct pollfd p = {.fd = waker_fd(&w->waker), .events = POLLIN};
    l->rang = poll(&p, 1, 0) != 0;
    waker_ring(&w->waker); /* for nobody: the next task must not hear it */
    sigset_t s;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &s);
    l->blocked = sigismember(&s, SIGTERM) == 1;
    (void)pthread_getname_np(pthread_self(), l->name, sizeof l->name);
}

static void test_what_a_task_gets(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(1, 0, 1000);
    struct look l[3];
    memset(l, 0, sizeof l);
    for (size_t i = 0; i < 3; i++) {
        l[i].task.run = look;
        thread_pool_submit(p, &l[i].task, THREAD_POOL_NORMAL);
    }
    thread_pool_free(p);
    for (size_t i = 0; i < 3; i++) {
        assert_false(l[i].rang);
        assert_true(l[i].blocked);
        assert_string_equal(l[i].name, "pool_test");
    }
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    struct thread_pool_options o = {.max = 4, .reserve = 1, .idle_ms = 10, .name = "x"};
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct err e;
        err_init(&e);
        struct thread_pool *p = NULL;
        alloc_fail_nth(nth);
        int st = thread_pool_new(&p, &o, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        assert_int_equal(err_is_set(&e), more);
        thread_pool_free(p);
    }
    assert_int_equal(failures, 3); /* the pool and two threads */
}

/* No memory for another thread: the task waits for one that is there. */
static void test_no_new_thread_to_be_had(void **state)
{
    (void)state;
    struct thread_pool *p = pool_of(4, 0, 1000);
    struct held h[2];
    for (size_t i = 0; i < 2; i++) {
        held_init(&h[i]);
        alloc_fail_nth(i == 1);
        thread_pool_submit(p, &h[i].task, THREAD_POOL_NORMAL);
        assert_int_equal(alloc_failed(), i == 1);
        if (i == 0)
            assert_true(has_started(&h[i], 5000));
    }
    assert_false(has_started(&h[1], 30));
    assert_int_equal(thread_pool_stats(p).queued, 1);
    assert_int_equal(thread_pool_stats(p).threads, 1);
    (void)sem_post(&h[0].go);
    assert_true(has_started(&h[1], 5000));
    (void)sem_post(&h[1].go);
    thread_pool_free(p);
    thread_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_run),
        cmocka_unit_test(test_many_submitters),
        cmocka_unit_test(test_bound_and_reserve),
        cmocka_unit_test(test_an_owner_has_no_more_than_its_share),
        cmocka_unit_test(test_urgent_tasks_are_not_counted),
        cmocka_unit_test(test_grows_and_shrinks),
        cmocka_unit_test(test_what_a_task_gets),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_no_new_thread_to_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
