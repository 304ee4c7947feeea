/* Every allocation of the router and of its side of gRPC fails once: the call answers 53200, the session goes
 * on, and nothing is left behind on any worker. */
#include "two_workers.h"

#include "base/account.h"
#include "base/alloc.h"

enum { ALLOCATIONS_MAX = 2000 };

/* What is made to fail, from the beginning each time; cleans up behind itself. */
typedef int (*attempt)(void);

static void fails_each_time(attempt run_it)
{
    bool more = true;
    unsigned nth = 1;
    for (; more; nth++) {
        assert_true(nth < ALLOCATIONS_MAX);
        err_init(&err);
        alloc_fail_nth(nth);
        int st = run_it();
        more = alloc_failed();
        if (st != ST_OK && (!more || err.code != SQLSTATE_OUT_OF_MEMORY))
            fail_msg("allocation %u: %s %s", nth, sqlstate_code(err.code), err.message);
    }
    assert_true(nth > 2); /* there was something to fail */
    assert_int_equal(run("select one"), ST_OK);
}

static int a_session(void)
{
    const struct backend_identity who = {"other", "db", "test"};
    struct backend_session *s = NULL;
    TRY(session->ops->session_open(route_backend(route), &who, &s, &err));
    session->ops->session_close(s);
    return ST_OK;
}

static int a_statement(void)
{
    struct backend_stmt *st = NULL;
    const uint32_t oids[] = {23};
    TRY(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select $1")}, oids, 1, &st,
                              &err));
    session->ops->stmt_free(st);
    return ST_OK;
}

static int rows_of(struct backend_portal *p)
{
    static const int16_t binary[] = {1, 1};
    struct row_stream *stream;
    struct row_batch *batch;
    int st;
    const struct backend_fetch how = {.max_rows = 4, .formats = binary, .batch_bytes = ROW_BATCH_MAX};
    TRY(session->ops->fetch(p, &how, &stream, &err));
    while ((st = row_stream_next(stream, &batch, &err)) == ST_OK)
        ;
    row_stream_close(stream);
    return st == ST_EOF ? ST_OK : st;
}

static int portal_of(struct backend_stmt *st)
{
    static const uint8_t five[] = "5";
    static const struct backend_param params[] = {{five, 1, 0}};
    struct backend_portal *p = NULL, *slice = NULL;
    struct backend_fetch how = {.max_rows = 1, .batch_bytes = ROW_BATCH_MAX};
    TRY(session->ops->open(session, st, params, st->info.nparams, &p, &err));
    int rc = session->ops->start(p, &err);
    if (rc == ST_OK)
        rc = rows_of(p);
    how.from = p->position;
    if (rc == ST_OK && (rc = session->ops->slice(p, &how, &slice, &err)) == ST_OK)
        session->ops->portal_close(slice);
    session->ops->portal_close(p);
    return rc;
}

static int a_portal(void)
{
    struct backend_stmt *st = NULL;
    TRY(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select same")}, NULL, 0, &st,
                              &err));
    int rc = portal_of(st);
    session->ops->stmt_free(st);
    return rc;
}

static int a_parameter(void)
{
    struct backend_stmt *st = NULL;
    TRY(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select $1")}, NULL, 0, &st,
                              &err));
    int rc = portal_of(st);
    session->ops->stmt_free(st);
    return rc;
}

static int settings(void)
{
    const struct backend_settings s = {.time_zone = "Europe/Berlin", .resume = true};
    TRY(session->ops->apply_settings(session, &s, &err));
    TRY(session->ops->set_search_path(session, "a", &err));
    return session->ops->reset(session, &err);
}

static void of_sessions(void **state)
{
    (void)state;
    fails_each_time(a_session);
}

static void of_statements(void **state)
{
    (void)state;
    fails_each_time(a_statement);
}

static void of_portals(void **state)
{
    (void)state;
    fails_each_time(a_portal);
    fails_each_time(a_parameter);
}

static void of_settings(void **state)
{
    (void)state;
    fails_each_time(settings);
}

static void of_the_router(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned nth = 1; more; nth++) {
        const char *const names[] = {all[0].address};
        const struct route_options o = {
            .workers = {.names = names,
                        .nnames = 1,
                        .pool_size = 1,
                        .resolve_us = SECOND,
                        .client = {.channel = {.security = &plain, .timeout_ms = 1000}, .gateway = "second"}},
        };
        struct route *r = NULL;
        assert_true(nth < ALLOCATIONS_MAX);
        err_init(&err);
        alloc_fail_nth(nth);
        int st = route_new(&r, &o, &err);
        more = alloc_failed();
        assert_true(st == ST_OK || (more && err.code == SQLSTATE_OUT_OF_MEMORY));
        route_free(r);
    }
}

/* What is kept of statements and portals counts against the session's account. */
static void an_account_is_full(void **state)
{
    struct account a = {.max = 100};
    struct backend_stmt *st = NULL;
    (void)state;
    session->memory = &a;
    err_init(&err);
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
                SQLSTATE_OUT_OF_MEMORY);
    assert_true(a.refused && a.used == 0);
    a = (struct account){.max = 100 * 1000};
    err_init(&err);
    assert_int_equal(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL,
                                           0, &st, &err),
                     ST_OK);
    assert_true(a.used > 0);
    struct backend_portal *p = NULL;
    a.max = a.used;
    expect_code(session->ops->open(session, st, NULL, 0, &p, &err), SQLSTATE_OUT_OF_MEMORY);
    session->ops->stmt_free(st);
    assert_int_equal(a.used, 0);
    session->memory = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_sessions), TEST(of_statements), TEST(of_portals),
        TEST(of_settings), TEST(of_the_router), TEST(an_account_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
