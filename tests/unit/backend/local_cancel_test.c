#include "local_fixture.h"
#include "sql/token.h"

#include <pthread.h>
#include <unistd.h>

struct canceller {
    struct backend_session *session;
    bool stop;
    unsigned after_us, every_us;
};

static void *cancel_often(void *arg)
{
    struct canceller *c = arg;
    (void)usleep(c->after_us);
    do {
        c->session->ops->cancel(c->session);
        (void)usleep(c->every_us);
    } while (!__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST));
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    static const char *const slow[] = {
        "select count(*) from range(100000000000) r(i) where i % 3 = 5",
        "create table never as select i from range(100000000000) r(i) where i % 3 = 5",
        "select i from range(100000000000) r(i) where i = 99999999999",
    };
    struct backend_session *s = session();
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        struct backend_stmt *st = prepared(s, slow[i]);
        struct backend_portal *p = bound(s, st, NULL);
        struct canceller c = {.session = s, .after_us = 50000, .every_us = 1000, .stop = true};
        pthread_t t;
        uint64_t n;
        assert_int_equal(pthread_create(&t, NULL, cancel_often, &c), 0);
        int status = s->ops->start(p, &err);
        if (status == ST_OK)
            status = fetched(s, p, 0, NULL, &n);
        assert_int_equal(status, ST_ERR);
        assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
        assert_string_equal(err.message, "canceling statement due to user request");
        assert_int_equal(pthread_join(t, NULL), 0);
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
        assert_string_equal(query(s, "select 42"), "42\n");
    }
    s->ops->session_close(s);
}

/* A cancel while nothing runs, between fetches of an open portal too, does nothing. */
static void test_cancel_of_nothing(void **state)
{
    (void)state;
    struct backend_session *s = session();
    uint64_t n;
    s->ops->cancel(s);
    assert_string_equal(query(s, "select 42"), "42\n");
    struct backend_portal *p = started(s, "from range(100000)");
    s->ops->cancel(s);
    assert_int_equal(fetched(s, p, 5000, NULL, &n), ST_EOF);
    s->ops->cancel(s);
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_EOF);
    assert_int_equal(n, 95000);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* A cancel of a statement that makes a portal move does not reach the portal. */
static void test_cancel_spares_other_portals(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *waiting[60];
    size_t complete = 0;
    struct canceller c = {.session = s, .every_us = 20};
    pthread_t t;
    uint64_t n;
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++)
        waiting[i] = NULL;
    assert_int_equal(pthread_create(&t, NULL, cancel_often, &c), 0);
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        struct backend_stmt *st = NULL;
        while (!waiting[i]) {
            struct backend_portal *p = NULL;
            err_init(&err);
            if ((st || s->ops->prepare(s, &(struct sql_tokens){.text = STR("from range(10000)")}, NULL, 0,
                                       &st, &err) == ST_OK) &&
                s->ops->open(s, st, NULL, 0, &p, &err) == ST_OK && s->ops->start(p, &err) == ST_OK)
                waiting[i] = p;
            else
                s->ops->portal_close(p);
        }
        s->ops->stmt_free(st);
    }
    __atomic_store_n(&c.stop, true, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(t, NULL), 0);
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        /* One that was being put down for the statement that was cancelled goes with it, and says so. */
        int status = fetched(s, waiting[i], 0, NULL, &n);
        bool whole = status == ST_EOF && n == 10000;
        if (!whole && !(status == ST_ERR && n == 0 && err.code == SQLSTATE_QUERY_CANCELED))
            fail_msg("portal %zu: %llu rows, %s", i, (unsigned long long)n, err.message);
        complete += whole;
        s->ops->portal_close(waiting[i]);
    }
    assert_true(complete > 0);
    s->ops->session_close(s);
}

/* Cancels fall all over short statements: each ends whole or with 57014, and none is hit by a cancel that
 * came before it began. The thread that cancels stops before the last one. */
static void test_cancels_do_not_stray(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct canceller c = {.session = s, .every_us = 200};
    pthread_t t;
    unsigned cancelled = 0, whole = 0;
    query(s, "create table cs (a int)");
    assert_int_equal(pthread_create(&t, NULL, cancel_often, &c), 0);
    for (unsigned i = 0; i < 2000 || (i < 100000 && (!cancelled || !whole)); i++) {
        struct backend_stmt *st = NULL;
        struct backend_portal *p = NULL;
        uint64_t n = 0;
        err_init(&err);
        int status = s->ops->prepare(s, &(struct sql_tokens){.text = STR("select count(*) from range(3000)")},
                                     NULL, 0, &st, &err);
        if (status == ST_OK)
            status = s->ops->open(s, st, NULL, 0, &p, &err);
        if (status == ST_OK)
            status = s->ops->start(p, &err);
        if (status == ST_OK)
            status = fetched(s, p, 0, NULL, &n);
        if (status == ST_ERR) {
            assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
            cancelled++;
        } else {
            assert_int_equal(n, 1);
            whole++;
        }
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
    }
    __atomic_store_n(&c.stop, true, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_true(cancelled > 0 && whole > 0);
    for (int i = 0; i < 100; i++)
        assert_string_equal(query(s, "select 42"), "42\n");
    query(s, "drop table cs");
    s->ops->session_close(s);
}

/* ---- plans ---- */

enum { PLAN_SESSIONS = 12, PLAN_TEXTS = 16, PLAN_ROUNDS = 3 };

/* More plans than the process may keep, from two threads: each takes those of the other's idle sessions. */
static void *run_many(void *arg)
{
    struct backend_session **sessions = arg;
    for (int round = 0; round < PLAN_ROUNDS; round++)
        for (int i = 0; i < PLAN_SESSIONS; i++)
            for (int k = 0; k < PLAN_TEXTS; k++) {
                struct backend_session *s = sessions[i];
                const struct backend_fetch how = {.batch_bytes = 1000};
                struct backend_stmt *st = NULL;
                struct backend_portal *p = NULL;
                struct row_stream *rs = NULL;
                struct row_batch *b = NULL;
                struct err e;
                char sql[64];
                err_init(&e);
                int n = snprintf(sql, sizeof sql, "select %d", k);
                if (s->ops->prepare(s, &(struct sql_tokens){.text = (struct str){sql, (size_t)n}}, NULL, 0,
                                    &st, &e) != ST_OK ||
                    s->ops->open(s, st, NULL, 0, &p, &e) != ST_OK || s->ops->start(p, &e) != ST_OK ||
                    s->ops->fetch(p, &how, &rs, &e) != ST_OK || row_stream_next(rs, &b, &e) != ST_OK ||
                    b->nrows != 1 || memcmp(b->data + 11, sql + 7, b->len - 11) != 0)
                    return arg;
                row_stream_close(rs);
                s->ops->portal_close(p);
                s->ops->stmt_free(st);
            }
    return NULL;
}

static void test_plans_are_bounded(void **state)
{
    (void)state;
    struct backend_session *sessions[2][PLAN_SESSIONS];
    pthread_t threads[2];
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < PLAN_SESSIONS; i++)
            sessions[t][i] = session();
    for (int t = 0; t < 2; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, run_many, sessions[t]), 0);
    for (int t = 0; t < 2; t++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[t], &failed), 0);
        assert_null(failed);
    }
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < PLAN_SESSIONS; i++)
            sessions[t][i]->ops->session_close(sessions[t][i]);
}

static void *leave_when_deaf(void *arg)
{
    struct backend_session *s = arg;
    while (!backend_leave_behind(s))
        (void)usleep(100);
    return NULL;
}

/* Lists in lists, which take the engine a while to plan. */
static const char *nested(unsigned depth)
{
    static char text[2048];
    size_t n = (size_t)snprintf(text, sizeof text, "with a as (select 1 x) select ");
    memset(text + n, '[', depth);
    text[n + depth] = 'x';
    memset(text + n + depth + 1, ']', depth);
    (void)snprintf(text + n + 2 * depth + 1, sizeof text - n - 2 * depth - 1, " from a");
    return text;
}

/* Only while it plans; nothing that it would have changed is there then, and nothing more can be had of it.
 */
static void test_left_behind(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    struct backend_stmt *st;
    pthread_t t;
    char text[4096];
    assert_false(backend_leave_behind(s));
    assert_string_equal(query(s, "select 42"), "42\n");
    assert_false(backend_leave_behind(s));
    (void)snprintf(text, sizeof text, "create table left_behind as %s", nested(250));
    assert_int_equal(pthread_create(&t, NULL, leave_when_deaf, s), 0);
    int status = s->ops->prepare(s, &(struct sql_tokens){.text = str_of(text)}, NULL, 0, &st, &err);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(status, ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    assert_true(backend_is_left(s));
    assert_false(backend_is_left(other));
    err_init(&err);
    assert_int_equal(
        s->ops->prepare(s, &(struct sql_tokens){.text = STR("select 42 + 1")}, NULL, 0, &st, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    err_init(&err);
    s->ops->session_close(s);
    assert_string_equal(query(other, "select count(*) from duckdb_tables() where table_name = 'left_behind'"),
                        "0\n");
    other->ops->session_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_of_nothing),
        cmocka_unit_test(test_cancel_spares_other_portals),
        cmocka_unit_test(test_cancels_do_not_stray),
        cmocka_unit_test(test_plans_are_bounded),
        cmocka_unit_test(test_left_behind),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
