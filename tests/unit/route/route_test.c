/* Two workers in this process, each over a fake backend, and a router above them: what becomes of sessions,
 * statements and rows when a worker goes or is lost. */
#include "route/route.h"

#include "../session/fake_backend.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "base/thread_pool.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "rpc/service.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 2, SECOND = 1000 * 1000 };

struct one_worker {
    struct fake *fake;
    struct thread_pool *pool;
    struct rpc_service *service;
    bool stopped;
    char address[32];
};

static struct one_worker all[WORKERS];
static struct route *route;
static struct backend_session *session;
static struct err err;
static const struct rpc_security plain;

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "create temp", .effect = BACKEND_SESSION, .tag = "CREATE TABLE"},
    {.sql = "select same", .columns = "it", .rows = 10},
    {.sql = "select one", .columns = "i", .rows = 1},
};

/* The same text has other rows on each. */
static const struct fake_statement differing[WORKERS][1] = {
    {{.sql = "select differs", .columns = "t", .rows = 10}},
    {{.sql = "select differs", .columns = "w", .rows = 10}},
};

static void start_worker(struct one_worker *w, int i)
{
    static const char *const any[] = {"127.0.0.1:0"};
    const struct thread_pool_options po = {.max = 16, .reserve = 2, .idle_ms = 1000, .name = "test"};
    w->stopped = false;
    w->fake = fake_new();
    fake_script(w->fake, script, sizeof script / sizeof *script);
    fake_script(w->fake, differing[i], 1);
    assert_int_equal(thread_pool_new(&w->pool, &po, &err), ST_OK);
    const struct rpc_service_options so = {
        .backend = fake_backend(w->fake),
        .server =
            {.addresses = any, .naddresses = 1, .security = &plain, .silence_ms = 10000, .pool = w->pool},
        .sessions_max = 10,
        .version = "test",
    };
    assert_int_equal(rpc_service_new(&w->service, &so, &err), ST_OK);
    (void)snprintf(w->address, sizeof w->address, "127.0.0.1:%d", rpc_service_port(w->service));
}

static bool are_there(void)
{
    struct worker_stats stats[WORKERS_MAX];
    return workers_stats(route_workers(route), stats) == WORKERS && stats[0].report.there &&
           stats[1].report.there;
}

static int set_up(void **state)
{
    static const char *const names[] = {all[0].address, all[1].address};
    (void)state;
    err_init(&err);
    for (int i = 0; i < WORKERS; i++)
        start_worker(&all[i], i);
    const struct route_options o = {
        .workers = {.names = names,
                    .nnames = WORKERS,
                    .pool_size = WORKERS,
                    .resolve_us = SECOND,
                    .client = {.channel = {.security = &plain, .timeout_ms = 10000}, .gateway = "test"}},
        .wait_us = SECOND,
    };
    assert_int_equal(route_new(&route, &o, &err), ST_OK);
    for (int i = 0; !are_there(); i++) {
        assert_true(i < 5000);
        (void)poll(NULL, 0, 1);
    }
    const struct backend_identity who = {"u", "db", "test"};
    struct backend *b = route_backend(route);
    assert_int_equal(b->ops->session_open(b, &who, &session, &err), ST_OK);
    const struct backend_settings settings = {.time_zone = "UTC", .resume = true};
    assert_int_equal(b->ops->apply_settings(session, &settings, &err), ST_OK);
    return 0;
}

static void stop_worker(struct one_worker *w)
{
    if (!w->stopped)
        rpc_service_stop(w->service);
    w->stopped = true;
    thread_pool_free(TAKE_PTR(w->pool));
    rpc_service_free(TAKE_PTR(w->service));
}

static int tear_down(void **state)
{
    (void)state;
    session->ops->session_close(TAKE_PTR(session));
    route_free(TAKE_PTR(route));
    for (int i = 0; i < WORKERS; i++) {
        if (all[i].service)
            stop_worker(&all[i]);
        assert_string_equal(fake_breaches(all[i].fake), "");
        assert_int_equal(fake_open_all(all[i].fake), 0);
        fake_free(TAKE_PTR(all[i].fake));
    }
    return 0;
}

/* ---- what a session does ---- */

static struct one_worker *where(void)
{
    int i = 0;
    while (i + 1 < WORKERS && fake_open(all[i].fake, FAKE_SESSIONS) == 0)
        i++;
    assert_int_equal(fake_open(all[i].fake, FAKE_SESSIONS), 1);
    return &all[i];
}

static struct one_worker *other(const struct one_worker *w)
{
    return &all[w == &all[0]];
}

static struct backend_portal *opened(const char *sql)
{
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    err_init(&err);
    if (session->ops->prepare(session, str_of(sql), NULL, 0, &st, &err) != ST_OK)
        fail_msg("%s: %s %s", sql, sqlstate_code(err.code), err.message);
    assert_int_equal(session->ops->open(session, st, NULL, 0, &p, &err), ST_OK);
    session->ops->stmt_free(st);
    return p;
}

static struct backend_portal *started(const char *sql)
{
    struct backend_portal *p = opened(sql);
    assert_int_equal(session->ops->start(p, &err), ST_OK);
    return p;
}

/* How many rows come, from where it stands; those before an error count. */
static int fetched(struct backend_portal *p, uint64_t max, uint64_t *rows)
{
    const struct backend_fetch how = {.from = p->position, .max_rows = max, .batch_bytes = ROW_BATCH_MAX};
    struct row_stream *stream;
    struct row_batch *batch;
    *rows = 0;
    err_init(&err);
    int st = session->ops->fetch(p, &how, &stream, &err);
    if (st != ST_OK)
        return st;
    while ((st = row_stream_next(stream, &batch, &err)) == ST_OK)
        *rows += batch->nrows;
    row_stream_close(stream);
    return st == ST_EOF ? ST_OK : st;
}

static void expect_rows(struct backend_portal *p, uint64_t max, uint64_t expected)
{
    uint64_t rows;
    if (fetched(p, max, &rows) != ST_OK)
        fail_msg("%s %s", sqlstate_code(err.code), err.message);
    assert_int_equal(rows, expected);
}

static void expect_code(int st, enum sqlstate code)
{
    assert_int_equal(st, ST_ERR);
    assert_string_equal(sqlstate_code(err.code), sqlstate_code(code));
}

static void close_portal(struct backend_portal *p)
{
    session->ops->portal_close(p);
}

static int tx(enum backend_tx_op op)
{
    err_init(&err);
    return session->ops->tx(session, op, &err);
}

static int run(const char *sql)
{
    struct backend_portal *p = opened(sql);
    int st = session->ops->start(p, &err);
    close_portal(p);
    return st;
}

/* ---- a worker that is lost while a call is under way ---- */

static void *kill_who_waits(void *arg)
{
    struct one_worker *w = arg;
    if (fake_is_blocked(w->fake))
        rpc_service_stop(w->service);
    w->stopped = true;
    return NULL;
}

/* The session's worker is lost in the next call of this kind. */
static pthread_t lost_in(struct one_worker *w, enum fake_call call)
{
    pthread_t killer;
    fake_block(w->fake, call, FAKE_HEARS);
    assert_int_equal(pthread_create(&killer, NULL, kill_who_waits, w), 0);
    return killer;
}

/* ---- tests ---- */

static void all_on_one(void **state)
{
    (void)state;
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    expect_rows(p, 0, 6);
    close_portal(p);
    assert_int_equal(fake_open(other(where())->fake, FAKE_SESSIONS), 0);
}

static void lost_while_idle(void **state)
{
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    struct one_worker *first = where();
    stop_worker(first);
    assert_int_equal(run("select one"), ST_OK);
    assert_ptr_equal(where(), other(first));
}

/* Before its first row what only reads is run again, and nobody sees that it is. */
static void lost_before_the_first_row_in(enum fake_call call)
{
    assert_int_equal(run("select one"), ST_OK);
    struct one_worker *first = where();
    pthread_t killer = lost_in(first, call);
    struct backend_portal *p = started("select same");
    expect_rows(p, 0, 10);
    close_portal(p);
    (void)pthread_join(killer, NULL);
    assert_ptr_equal(where(), other(first));
}

static void lost_in_prepare(void **state)
{
    (void)state;
    lost_before_the_first_row_in(FAKE_PREPARE);
}

static void lost_in_open(void **state)
{
    (void)state;
    lost_before_the_first_row_in(FAKE_OPEN);
}

static void lost_in_start(void **state)
{
    (void)state;
    lost_before_the_first_row_in(FAKE_START);
}

static void lost_in_fetch(void **state)
{
    (void)state;
    lost_before_the_first_row_in(FAKE_FETCH);
}

static void lost_in_next(void **state)
{
    (void)state;
    lost_before_the_first_row_in(FAKE_NEXT);
}

/* What may have changed something is never run twice. */
static void lost_while_writing(void **state)
{
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    struct one_worker *first = where();
    pthread_t killer = lost_in(first, FAKE_START);
    int st = run("insert 1");
    (void)pthread_join(killer, NULL);
    assert_int_equal(st, ST_ERR);
    assert_true(err.code == SQLSTATE_CONNECTION_FAILURE ||
                err.code == SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN);
    assert_null(strstr(fake_log(other(first)->fake), "start insert 1"));
    assert_int_equal(run("insert 1"), ST_OK); /* the next one is another matter */
}

/* After some rows it goes on when they come again. */
static void rows_go_on(void **state)
{
    (void)state;
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    struct one_worker *first = where();
    stop_worker(first);
    uint64_t resumed = metric_value(METRIC_STREAMS_RESUMED);
    expect_rows(p, 4, 4);
    assert_int_equal(metric_value(METRIC_STREAMS_RESUMED) - resumed, 1);
    expect_rows(p, 0, 2);
    assert_true(p->complete);
    close_portal(p);
    assert_ptr_equal(where(), other(first));
}

static void rows_go_on_amid_a_fetch(void **state)
{
    (void)state;
    for (int i = 0; i < WORKERS; i++)
        fake_batch_rows(all[i].fake, 3);
    struct backend_portal *p = started("select same");
    expect_rows(p, 1, 1);
    struct one_worker *first = where();
    pthread_t killer = lost_in(first, FAKE_NEXT);
    expect_rows(p, 0, 9);
    (void)pthread_join(killer, NULL);
    close_portal(p);
}

static void rows_differ(void **state)
{
    uint64_t rows;
    (void)state;
    struct backend_portal *p = started("select differs");
    expect_rows(p, 4, 4);
    stop_worker(where());
    expect_code(fetched(p, 4, &rows), SQLSTATE_SERIALIZATION_FAILURE);
    assert_int_equal(rows, 0);
    close_portal(p);
    assert_int_equal(run("select one"), ST_OK);
}

static void rows_do_not_go_on_unasked(void **state)
{
    uint64_t rows;
    (void)state;
    const struct backend_settings settings = {.time_zone = "UTC", .resume = false};
    assert_int_equal(session->ops->apply_settings(session, &settings, &err), ST_OK);
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    stop_worker(where());
    expect_code(fetched(p, 4, &rows), SQLSTATE_CONNECTION_FAILURE);
    close_portal(p);
}

/* ---- transactions ---- */

static void lost_in_a_transaction(void **state)
{
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
    stop_worker(where());
    assert_int_equal(run("select one"), ST_OK); /* it had only read */
    assert_int_equal(run("insert 1"), ST_OK);
    assert_int_equal(tx(BACKEND_TX_COMMIT), ST_OK);
}

static void lost_after_a_write(void **state)
{
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    assert_int_equal(run("insert 1"), ST_OK);
    stop_worker(where());
    struct backend_stmt *st = NULL;
    err_init(&err);
    expect_code(session->ops->prepare(session, str_of("select one"), NULL, 0, &st, &err),
                SQLSTATE_CONNECTION_FAILURE);
    err_init(&err);
    expect_code(session->ops->prepare(session, str_of("select one"), NULL, 0, &st, &err),
                SQLSTATE_IN_FAILED_SQL_TRANSACTION);
    assert_int_equal(tx(BACKEND_TX_ROLLBACK), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
}

static void lost_in_commit(void **state)
{
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    assert_int_equal(run("insert 1"), ST_OK);
    stop_worker(where());
    expect_code(tx(BACKEND_TX_COMMIT), SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN);
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
    assert_int_equal(tx(BACKEND_TX_COMMIT), ST_OK);
}

static void lost_at_a_harmless_end(void **state)
{
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
    stop_worker(where());
    assert_int_equal(tx(BACKEND_TX_COMMIT), ST_OK); /* nothing of it had stayed */
    assert_int_equal(run("select one"), ST_OK);
}

static void a_snapshot_does_not_move(void **state)
{
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN_SNAPSHOT), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
    stop_worker(where());
    struct backend_stmt *st = NULL;
    err_init(&err);
    expect_code(session->ops->prepare(session, str_of("select one"), NULL, 0, &st, &err),
                SQLSTATE_CONNECTION_FAILURE);
    expect_code(tx(BACKEND_TX_COMMIT), SQLSTATE_CONNECTION_FAILURE);
}

static void temporary_objects_are_gone(void **state)
{
    (void)state;
    assert_int_equal(run("create temp"), ST_OK);
    stop_worker(where());
    struct backend_stmt *st = NULL;
    err_init(&err);
    expect_code(session->ops->prepare(session, str_of("select one"), NULL, 0, &st, &err),
                SQLSTATE_CONNECTION_FAILURE);
    assert_string_equal(err.detail, "Temporary objects and variables of this session are gone.");
    assert_int_equal(run("select one"), ST_OK); /* it was told once */
}

/* ---- moves ---- */

static void settings_come_along(void **state)
{
    (void)state;
    const struct backend_settings settings = {.time_zone = "Europe/Berlin", .resume = true};
    assert_int_equal(session->ops->apply_settings(session, &settings, &err), ST_OK);
    assert_int_equal(session->ops->set_search_path(session, "a,b", &err), ST_OK);
    struct one_worker *first = where();
    stop_worker(first);
    (void)fake_log(other(first)->fake);
    assert_int_equal(run("select one"), ST_OK);
    const char *log = fake_log(other(first)->fake);
    assert_non_null(strstr(log, "settings Europe/Berlin"));
    assert_non_null(strstr(log, "search_path a,b"));
}

static bool drains(const struct one_worker *w)
{
    struct worker_stats stats[WORKERS_MAX];
    size_t n = workers_stats(route_workers(route), stats);
    for (size_t i = 0; i < n; i++)
        if (strcmp(stats[i].address, w->address) == 0)
            return stats[i].report.draining;
    return false;
}

static void drain(struct one_worker *w)
{
    rpc_service_drain(w->service);
    for (int i = 0; !drains(w); i++) {
        assert_true(i < 5000);
        (void)poll(NULL, 0, 1);
    }
}

/* Its worker closes a session when that has been told of it. */
static void wait_until_none(const struct one_worker *w)
{
    for (int i = 0; fake_open_all(w->fake) > 0; i++) {
        assert_true(i < 5000);
        (void)poll(NULL, 0, 1);
    }
}

static void a_clean_session_leaves(void **state)
{
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    struct one_worker *first = where();
    drain(first);
    session->ops->look_up(session);
    wait_until_none(first);
    assert_int_equal(run("select one"), ST_OK);
    assert_ptr_equal(where(), other(first));
}

/* A portal whose rows can be told moves with its session; one whose rows cannot keeps it where it is. */
static void portals_and_moves(void **state)
{
    (void)state;
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    struct one_worker *first = where();
    drain(first);
    expect_rows(p, 4, 4);
    assert_ptr_equal(where(), other(first));
    assert_false(session->goes);
    close_portal(p);
}

static void what_cannot_move_says_so(void **state)
{
    (void)state;
    assert_int_equal(run("create temp"), ST_OK);
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    struct one_worker *first = where();
    drain(first);
    expect_rows(p, 4, 4);
    assert_ptr_equal(where(), first);
    assert_true(session->goes);
    close_portal(p);
}

/* ---- other calls ---- */

static void calls_are_passed_on(void **state)
{
    (void)state;
    struct backend_portal *slice = NULL, *p = opened("select same");
    p->scroll = true;
    assert_int_equal(session->ops->start(p, &err), ST_OK);
    const struct backend_fetch how = {.max_rows = 3, .batch_bytes = ROW_BATCH_MAX};
    assert_int_equal(session->ops->slice(p, &how, &slice, &err), ST_OK);
    assert_int_equal(slice->rows, 3);
    expect_rows(slice, 0, 3);
    close_portal(slice);
    assert_int_equal(session->ops->park(p, CLOCK_NEVER, &err), ST_OK);
    assert_true(p->complete);
    close_portal(p);
    assert_int_equal(session->ops->reset(session, &err), ST_OK);
    session->ops->cancel(session);
}

static void errors_are_passed_on(void **state)
{
    uint64_t rows;
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    struct fake *f = where()->fake;
    fake_fail(f, FAKE_START, SQLSTATE_DIVISION_BY_ZERO);
    expect_code(run("select one"), SQLSTATE_DIVISION_BY_ZERO);
    fake_fail(f, FAKE_BEGIN, SQLSTATE_IO_ERROR);
    expect_code(tx(BACKEND_TX_BEGIN), SQLSTATE_IO_ERROR);
    struct backend_portal *p = started("select same");
    fake_fail(f, FAKE_NEXT, SQLSTATE_DISK_FULL);
    expect_code(fetched(p, 0, &rows), SQLSTATE_DISK_FULL);
    close_portal(p);
    fake_fail(f, FAKE_SET_SEARCH_PATH, SQLSTATE_INVALID_SCHEMA_NAME);
    err_init(&err);
    expect_code(session->ops->set_search_path(session, "x", &err), SQLSTATE_INVALID_SCHEMA_NAME);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_on_one),
        TEST(lost_while_idle),
        TEST(lost_in_prepare),
        TEST(lost_in_open),
        TEST(lost_in_start),
        TEST(lost_in_fetch),
        TEST(lost_in_next),
        TEST(lost_while_writing),
        TEST(rows_go_on),
        TEST(rows_go_on_amid_a_fetch),
        TEST(rows_differ),
        TEST(rows_do_not_go_on_unasked),
        TEST(lost_in_a_transaction),
        TEST(lost_after_a_write),
        TEST(lost_in_commit),
        TEST(lost_at_a_harmless_end),
        TEST(a_snapshot_does_not_move),
        TEST(temporary_objects_are_gone),
        TEST(settings_come_along),
        TEST(a_clean_session_leaves),
        TEST(portals_and_moves),
        TEST(what_cannot_move_says_so),
        TEST(calls_are_passed_on),
        TEST(errors_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
