/* A worker in this process, of which a gateway's table knows by two addresses: who gets in, and when. */
#include "route/workers.h"

#include "../backend/local_fixture.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/metric.h"
#include "base/thread_pool.h"
#include "route/gate.h"
#include "route/workers_priv.h"
#include "rpc/service.h"

#include <poll.h>
#include <pthread.h>

enum { CAPACITY = 2, SECOND = 1000 * 1000 };

static struct thread_pool *pool;
static struct rpc_service *service;
static struct workers *workers;
static char addresses[2][32];
static const struct rpc_security plain;

static struct workers_options options(void)
{
    static const char *const names[] = {addresses[0], addresses[1]};
    return (struct workers_options){
        .names = names,
        .nnames = 2,
        .pool_size = 2,
        .resolve_us = 20 * 1000,
        .client = {.channel = {.security = &plain, .timeout_ms = 2000}, .gateway = "test"},
    };
}

static void wait_until_it_is_there(void)
{
    struct worker_stats stats[WORKERS_MAX];
    const int64_t until = clock_now_us() + 10 * SECOND;
    for (;;) {
        assert_int_equal(workers_stats(workers, stats), 2);
        if (stats[0].report.there && stats[1].report.there && stats[0].twin != stats[1].twin)
            return;
        assert_true(clock_now_us() < until);
        (void)poll(NULL, 0, 5);
    }
}

static int open_all(void **state)
{
    if (open_backend(state) != 0)
        return -1;
    const struct thread_pool_options po = {.max = 16, .reserve = 2, .idle_ms = 1000, .name = "test"};
    static const char *const any[] = {"127.0.0.1:0"};
    assert_int_equal(thread_pool_new(&pool, &po, &err), ST_OK);
    const struct rpc_service_options so = {
        .backend = backend,
        .server = {.addresses = any, .naddresses = 1, .security = &plain, .silence_ms = 2000, .pool = pool},
        .sessions_max = 4,
        .streams_max = CAPACITY,
        .version = "test",
    };
    assert_int_equal(rpc_service_new(&service, &so, &err), ST_OK);
    for (int i = 0; i < 2; i++)
        (void)snprintf(addresses[i], sizeof addresses[i], i ? "localhost:%d" : "0.0.0.0:%d",
                       rpc_service_port(service));
    const struct workers_options o = options();
    assert_int_equal(workers_new(&workers, &o, &err), ST_OK);
    wait_until_it_is_there();
    return 0;
}

static int close_all(void **state)
{
    workers_free(workers);
    rpc_service_stop(service);
    thread_pool_free(pool);
    rpc_service_free(service);
    return close_backend(state);
}

/* ---- somebody who wants in ---- */

struct guest {
    struct worker_ticket ticket;
    struct err err;
    pthread_t thread;
    int64_t wait_us;
    int status;
};

static void guest_init(struct guest *g, const char *user, int64_t wait_us)
{
    *g = (struct guest){.wait_us = wait_us};
    worker_ticket_init(&g->ticket);
    assert_int_equal(worker_user_get(workers, user, &g->ticket.user, &g->err), ST_OK);
}

static void *guest_main(void *arg)
{
    struct guest *g = arg;
    err_init(&g->err);
    g->status = workers_enter(workers, &g->ticket, g->wait_us, &g->err);
    return NULL;
}

static void come(struct guest *g)
{
    assert_int_equal(pthread_create(&g->thread, NULL, guest_main, g), 0);
}

static int came(struct guest *g)
{
    (void)pthread_join(g->thread, NULL);
    return g->status;
}

static int enter(struct guest *g)
{
    (void)guest_main(g);
    return g->status;
}

static void go(struct guest *g)
{
    if (g->ticket.granted)
        workers_exit(workers, &g->ticket);
    worker_user_put(workers, g->ticket.user);
    worker_ticket_release(&g->ticket);
}

static unsigned running(void)
{
    struct worker_stats stats[WORKERS_MAX];
    unsigned n = 0;
    for (size_t i = workers_stats(workers, stats); i > 0; i--)
        n += stats[i - 1].running;
    return n;
}

static void wait_in_line(unsigned n)
{
    const int64_t until = clock_now_us() + 10 * SECOND;
    while (metric_gauge_value(METRIC_ROUTE_WAITING) != n) {
        assert_true(clock_now_us() < until);
        (void)poll(NULL, 0, 1);
    }
}

/* ---- tests ---- */

static void test_a_worker_counts_once(void **state)
{
    (void)state;
    struct worker_node *n;
    struct worker_ticket t;
    worker_ticket_init(&t);
    assert_false(workers_are_several(workers));
    assert_int_equal(workers_choose(workers, &t, &n, &err), ST_OK);
    workers_leave(workers, n);
    worker_ticket_release(&t);
}

static void test_no_more_than_it_can(void **state)
{
    (void)state;
    struct guest g[CAPACITY + 1];
    for (unsigned i = 0; i <= CAPACITY; i++)
        guest_init(&g[i], "a", 50 * 1000);
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_int_equal(enter(&g[i]), ST_OK);
    assert_int_equal(running(), CAPACITY);
    const int64_t begun = clock_now_us();
    assert_int_equal(enter(&g[CAPACITY]), ST_ERR);
    assert_int_equal(g[CAPACITY].err.code, SQLSTATE_TOO_MANY_CONNECTIONS);
    assert_true(clock_now_us() - begun >= 50 * 1000);
    workers_exit(workers, &g[0].ticket);
    assert_int_equal(enter(&g[CAPACITY]), ST_OK);
    for (unsigned i = 0; i <= CAPACITY; i++)
        go(&g[i]);
    assert_int_equal(running(), 0);
}

/* What has begun; then who has least; then who came first. */
static void test_who_is_next(void **state)
{
    (void)state;
    struct guest in[CAPACITY], line[4];
    for (unsigned i = 0; i < CAPACITY; i++) {
        guest_init(&in[i], "much", SECOND);
        assert_int_equal(enter(&in[i]), ST_OK);
    }
    static const char *const users[] = {"much", "little", "little", "much"};
    for (unsigned i = 0; i < 4; i++) {
        guest_init(&line[i], users[i], 20 * (int64_t)SECOND);
        line[i].ticket.begun = i == 3;
        come(&line[i]);
        wait_in_line(i + 1);
    }
    static const unsigned order[] = {3, 1, 0, 2}; /* at the third, one of little runs and none of much */
    struct guest *leaves[] = {&in[0], &in[1], &line[3], &line[1]};
    for (unsigned i = 0; i < 4; i++) {
        workers_exit(workers, &leaves[i]->ticket);
        assert_int_equal(came(&line[order[i]]), ST_OK);
        wait_in_line(3 - i);
    }
    for (unsigned i = 0; i < CAPACITY; i++)
        go(&in[i]);
    for (unsigned i = 0; i < 4; i++)
        go(&line[i]);
}

/* What runs elsewhere after all counts there, full or not, and leaves room where it was let in. */
static void test_who_moves(void **state)
{
    (void)state;
    struct guest g[CAPACITY + 1];
    for (int i = 0; i <= CAPACITY; i++)
        guest_init(&g[i], "eve", 10 * SECOND);
    for (int i = 0; i < CAPACITY; i++)
        assert_int_equal(enter(&g[i]), ST_OK);
    come(&g[CAPACITY]);
    wait_in_line(1);
    struct worker_node *from = g[0].ticket.on, *to = NULL;
    list_for_each (l, &workers->nodes)
        if (list_entry(l, struct worker_node, link) != from)
            to = list_entry(l, struct worker_node, link);
    workers_move(workers, &g[0].ticket, to);
    assert_ptr_equal(g[0].ticket.on, to);
    assert_int_equal(came(&g[CAPACITY]), ST_OK);
    assert_ptr_equal(g[CAPACITY].ticket.on, from);
    assert_int_equal(running(), CAPACITY + 1);
    for (int i = 0; i <= CAPACITY; i++)
        go(&g[i]);
    assert_int_equal(running(), 0);
}

static void test_cancel(void **state)
{
    (void)state;
    struct guest g[CAPACITY + 1];
    for (unsigned i = 0; i <= CAPACITY; i++)
        guest_init(&g[i], "a", 20 * (int64_t)SECOND);
    for (unsigned i = 0; i < CAPACITY; i++)
        assert_int_equal(enter(&g[i]), ST_OK);
    workers_cancel(workers, &g[CAPACITY].ticket); /* nothing waits */
    atomic_store(&g[CAPACITY].ticket.cancelled, false);
    come(&g[CAPACITY]);
    wait_in_line(1);
    workers_cancel(workers, &g[CAPACITY].ticket);
    assert_int_equal(came(&g[CAPACITY]), ST_ERR);
    assert_int_equal(g[CAPACITY].err.code, SQLSTATE_QUERY_CANCELED);
    for (unsigned i = 0; i <= CAPACITY; i++)
        go(&g[i]);
}

static void *cancel_soon(void *arg)
{
    (void)poll(NULL, 0, 10);
    workers_cancel(workers, &((struct guest *)arg)->ticket);
    return NULL;
}

/* Between two tries of a statement: as long as that is, a cancel ends it. */
static void test_a_pause_hears_a_cancel(void **state)
{
    (void)state;
    struct guest g;
    pthread_t other;
    guest_init(&g, "a", 0);
    err_init(&g.err);
    const int64_t begun = clock_now_us();
    assert_int_equal(workers_pause(workers, &g.ticket, 2000, &g.err), ST_OK);
    assert_true(clock_now_us() - begun >= 2000);
    assert_int_equal(pthread_create(&other, NULL, cancel_soon, &g), 0);
    assert_int_equal(workers_pause(workers, &g.ticket, 3600 * (int64_t)SECOND, &g.err), ST_ERR);
    assert_int_equal(g.err.code, SQLSTATE_QUERY_CANCELED);
    (void)pthread_join(other, NULL);
    assert_int_equal(workers_pause(workers, &g.ticket, 3600 * (int64_t)SECOND, &g.err),
                     ST_ERR); /* before it */
    go(&g);
}

static void test_without_memory(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned nth = 1; more; nth++) {
        struct workers_options o = options();
        struct workers *w = NULL;
        struct worker_user *u = NULL;
        err_init(&err);
        alloc_fail_nth(nth);
        int st = workers_new(&w, &o, &err);
        if (st == ST_OK)
            st = worker_user_get(w, "a", &u, &err);
        more = alloc_failed();
        alloc_fail_nth(0);
        assert_true(st == ST_OK || err.code == SQLSTATE_OUT_OF_MEMORY);
        if (w)
            worker_user_put(w, u);
        workers_free(w);
    }
}

static void test_wrong_names(void **state)
{
    (void)state;
    static const char *names[WORKERS_MAX + 1];
    for (size_t i = 0; i <= WORKERS_MAX; i++)
        names[i] = "127.0.0.1:1";
    struct workers_options o = options();
    struct workers *w = NULL;
    o.names = names;
    o.nnames = WORKERS_MAX + 1;
    err_init(&err);
    assert_int_equal(workers_new(&w, &o, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_CONFIG_FILE_ERROR);
    names[0] = "nowhere";
    o.nnames = 1;
    err_init(&err);
    assert_int_equal(workers_new(&w, &o, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    names[0] = "no-such-worker.invalid:1";
    err_init(&err);
    assert_int_equal(workers_new(&w, &o, &err), ST_OK);
    struct worker_node *n;
    struct worker_ticket t;
    worker_ticket_init(&t);
    assert_int_equal(workers_choose(w, &t, &n, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_CONNECTION_FAILURE);
    workers_free(w);
    o.nnames = 2; /* nobody is there: a cancel ends the wait */
    names[0] = names[1];
    err_init(&err);
    assert_int_equal(workers_new(&w, &o, &err), ST_OK);
    atomic_store(&t.cancelled, true);
    assert_int_equal(workers_choose(w, &t, &n, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    workers_free(w);
    worker_ticket_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_counts_once),
        cmocka_unit_test(test_no_more_than_it_can),
        cmocka_unit_test(test_who_is_next),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_a_pause_hears_a_cancel),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_who_moves),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
