#include "rig.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "front/front.h"
#include "net/lot.h"
#include "session/session_priv.h"
#include "sql/command.h"
#include "sql/token.h"

#include <poll.h>
#include <time.h>

enum { THREADS = 8, WAIT_US = 5 * 1000 * 1000 };

struct fake *fake;
struct session_server *server;
struct pg_front *front;

static struct thread_pool *pool;
static struct lot *lot;
static const char *peer;

/* ---- the server ---- */

void rig_config(struct session_config *out)
{
    *out = (struct session_config){
        .max_connections = 20,
        .logins_max = 20,
        .authentication_timeout_us = 60 * 1000 * 1000,
        .trust = true,
        .message_max = 16 * 1024 * 1024,
        .memory_max = 64 * 1024 * 1024,
        .statements_max = 100,
        .portals_max = 100,
        .cursors_max = 50,
        .server_cursors_max = 100,
        .cursor_cleanup_us = 3600LL * 1000 * 1000,
        .flush_bytes = 64 * 1024,
        .write_buffer = 8 * 1024,
        .stream_memory = 64 * 1024 * 1024,
        .stream_wait_us = 1000 * 1000,
        .slow_flush_us = 60LL * 1000 * 1000,
        .client_check_us = 3600LL * 1000 * 1000,
        .engine_sql = true, /* scripts are what the backend gets */
        .default_database = "db",
        .version = "test",
    };
}

void rig_set_peer(const char *address)
{
    peer = address;
}

/* The server has one option. */
static void each_option(void *arg, void (*cb)(void *, const char *, const char *, const char *), void *cb_arg)
{
    (void)arg;
    cb(cb_arg, "an_option", "its value", "what it says");
}

void rig_start(const struct session_config *c, unsigned threads)
{
    struct err e;
    err_init(&e);
    const struct thread_pool_options o = {
        .max = threads, .reserve = threads > 2 ? 1 : 0, .idle_ms = 60000, .name = "session"};
    fake = fake_new();
    assert_non_null(fake);
    assert_int_equal(thread_pool_new(&pool, &o, &e), ST_OK);
    assert_int_equal(lot_new(&lot, c->max_connections + c->logins_max + SESSION_ENDING_CONNECTIONS, &e),
                     ST_OK);
    const struct session_wiring w = {.backend = fake_backend(fake), .show = {.each_option = each_option}};
    assert_int_equal(session_server_new(&server, &w, c, &e), ST_OK);
    const struct pg_front_wiring of_clients = {
        .sessions = server, .pool = pool, .lot = lot, .peers = &peer, .npeers = peer != NULL};
    assert_int_equal(pg_front_new(&front, &of_clients, &e), ST_OK);
    assert_int_equal(session_server_start(server, &e), ST_OK);
    peer = NULL;
}

static void check_nothing_is_left(void)
{
    assert_string_equal(fake_breaches(fake), "");
    assert_int_equal(fake_open_all(fake), 0);
    assert_int_equal(server->admission.used, 0);
    assert_int_equal(server->cursors, 0);
    assert_int_equal(server->counted, 0);
    assert_int_equal(server->logins.n, 0);
    assert_int_equal(metric_gauge_value(METRIC_CURSORS), 0);
    assert_int_equal(metric_gauge_value(METRIC_STREAMS), 0);
    assert_int_equal(metric_gauge_value(METRIC_SESSIONS), 0);
    assert_int_equal(metric_gauge_value(METRIC_SESSIONS_RUNNING), 0);
    assert_int_equal(metric_gauge_value(METRIC_LOGINS), 0);
    assert_int_equal(metric_gauge_value(METRIC_THREADS_STUCK), 0);
}

void rig_stop(void)
{
    clients_free();
    session_server_terminate(server);
    assert_true(session_server_wait(server, clock_now_us() + WAIT_US));
    thread_pool_free(TAKE_PTR(pool));
    check_nothing_is_left();
    pg_front_free(TAKE_PTR(front));
    session_server_free(TAKE_PTR(server));
    lot_free(TAKE_PTR(lot));
    fake_free(TAKE_PTR(fake));
}

int rig_set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    rig_start(&c, THREADS);
    (void)client_login();
    return 0;
}

int rig_tear_down(void **state)
{
    (void)state;
    rig_stop();
    return 0;
}

void rig_sleep_us(int us)
{
    const struct timespec t = {.tv_nsec = us * 1000L};
    (void)nanosleep(&t, NULL);
}

void rig_sleep_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

struct order {
    struct task task;
    unsigned nth;
    bool ask, failed;
    struct rig_work *work; /* NULL: it is about allocations */
    _Atomic bool done;
};

static void carry_out(struct task *t, struct worker *w)
{
    struct order *o = list_entry(t, struct order, task);
    (void)w;
    if (o->work)
        *o->work = (struct rig_work){.tokens = sql_tokens_scanned(), .trees = sql_trees_made()};
    else if (o->ask)
        o->failed = alloc_failed();
    else
        alloc_fail_nth(o->nth);
    atomic_store(&o->done, true);
}

static bool give_order(struct order *o)
{
    o->task.run = carry_out;
    list_init(&o->task.link);
    thread_pool_submit(pool, &o->task, THREAD_POOL_NORMAL);
    wait_until(atomic_load(&o->done));
    return o->failed;
}

void rig_fail_nth(unsigned nth)
{
    struct order o = {.nth = nth};
    (void)give_order(&o);
}

bool rig_failed(void)
{
    struct order o = {.ask = true};
    return give_order(&o);
}

struct rig_work rig_work(void)
{
    static struct rig_work before;
    struct rig_work now;
    struct order o = {.work = &now};
    (void)give_order(&o);
    struct rig_work since = {.tokens = now.tokens - before.tokens, .trees = now.trees - before.trees};
    before = now;
    return since;
}
