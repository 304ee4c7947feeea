/* Two workers in this process, each over a fake backend, and a router above them with one session: for the
 * tests of route*.c. */
#ifndef TAVANA_TESTS_ROUTE_TWO_WORKERS_H
#define TAVANA_TESTS_ROUTE_TWO_WORKERS_H

#include "route/route.h"

#include "../session/fake_backend.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "base/thread_pool.h"
#include "pgtype/tz.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "rpc/service.h"
#include "sql/token.h"

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
static bool own_writes; /* of workers that start from now on */

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "create temp", .effect = BACKEND_SESSION, .tag = "CREATE TABLE"},
    {.sql = "select same", .columns = "it", .rows = 10},
    {.sql = "select one", .columns = "i", .rows = 1},
    {.sql = "select $1", .columns = "i", .rows = 2, .nparams = 1},
};

/* The same text has other rows on each. */
static const struct fake_statement differing[WORKERS][1] = {
    {{.sql = "select differs", .columns = "t", .rows = 10}},
    {{.sql = "select differs", .columns = "w", .rows = 10}},
};

static inline void start_worker(struct one_worker *w, int i)
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
        .report_us = 20 * 1000,
        .version = "test",
        .own_writes = own_writes,
    };
    assert_int_equal(rpc_service_new(&w->service, &so, &err), ST_OK);
    (void)snprintf(w->address, sizeof w->address, "127.0.0.1:%d", rpc_service_port(w->service));
}

static inline bool are_there(void)
{
    struct worker_stats stats[WORKERS_MAX];
    return workers_stats(route_workers(route), stats) == WORKERS && stats[0].report.there &&
           stats[1].report.there;
}

static inline int set_up(void **state)
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

static inline void stop_worker(struct one_worker *w)
{
    if (!w->stopped)
        rpc_service_stop(w->service);
    w->stopped = true;
    thread_pool_free(TAKE_PTR(w->pool));
    rpc_service_free(TAKE_PTR(w->service));
}

static inline int tear_down(void **state)
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

static inline struct one_worker *where(void)
{
    int i = 0;
    while (i + 1 < WORKERS && fake_open(all[i].fake, FAKE_SESSIONS) == 0)
        i++;
    assert_int_equal(fake_open(all[i].fake, FAKE_SESSIONS), 1);
    return &all[i];
}

static inline struct one_worker *other(const struct one_worker *w)
{
    return &all[w == &all[0]];
}

static inline struct backend_portal *opened(const char *sql)
{
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    err_init(&err);
    if (session->ops->prepare(session, &(struct sql_tokens){.text = str_of(sql)}, NULL, 0, &st, &err) !=
        ST_OK)
        fail_msg("%s: %s %s", sql, sqlstate_code(err.code), err.message);
    assert_int_equal(session->ops->open(session, st, NULL, 0, &p, &err), ST_OK);
    session->ops->stmt_free(st);
    return p;
}

static inline struct backend_portal *started(const char *sql)
{
    struct backend_portal *p = opened(sql);
    assert_int_equal(session->ops->start(p, &err), ST_OK);
    return p;
}

/* How many rows come, from where it stands; those before an error count. */
static inline int fetched(struct backend_portal *p, uint64_t max, uint64_t *rows)
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

static inline void expect_rows(struct backend_portal *p, uint64_t max, uint64_t expected)
{
    uint64_t rows;
    if (fetched(p, max, &rows) != ST_OK)
        fail_msg("%s %s", sqlstate_code(err.code), err.message);
    assert_int_equal(rows, expected);
}

static inline void expect_code(int st, enum sqlstate code)
{
    assert_int_equal(st, ST_ERR);
    assert_string_equal(sqlstate_code(err.code), sqlstate_code(code));
}

static inline void close_portal(struct backend_portal *p)
{
    session->ops->portal_close(p);
}

static inline int tx(enum backend_tx_op op)
{
    err_init(&err);
    return session->ops->tx(session, op, &err);
}

static inline int run(const char *sql)
{
    struct backend_portal *p = opened(sql);
    int st = session->ops->start(p, &err);
    close_portal(p);
    return st;
}

/* ---- a worker that is lost while a call is under way ---- */

static inline void *kill_who_waits(void *arg)
{
    struct one_worker *w = arg;
    if (fake_is_blocked(w->fake))
        rpc_service_stop(w->service);
    w->stopped = true;
    return NULL;
}

/* The session's worker is lost in the next call of this kind. */
static inline pthread_t lost_in_the_next(struct one_worker *w, enum fake_call call)
{
    pthread_t killer;
    fake_block(w->fake, call, FAKE_HEARS);
    assert_int_equal(pthread_create(&killer, NULL, kill_who_waits, w), 0);
    return killer;
}

static inline bool drains(const struct one_worker *w)
{
    struct worker_stats stats[WORKERS_MAX];
    size_t n = workers_stats(route_workers(route), stats);
    for (size_t i = 0; i < n; i++)
        if (strcmp(stats[i].address, w->address) == 0)
            return stats[i].report.draining;
    return false;
}

static inline void drain(struct one_worker *w)
{
    rpc_service_drain(w->service);
    for (int i = 0; !drains(w); i++) {
        assert_true(i < 5000);
        (void)poll(NULL, 0, 1);
    }
}

/* Its worker closes a session when that has been told of it. */
static inline void wait_until_none(const struct one_worker *w)
{
    for (int i = 0; fake_open_all(w->fake) > 0; i++) {
        assert_true(i < 5000);
        (void)poll(NULL, 0, 1);
    }
}

#endif
