/* What holds SQL back: refusals hold whatever the spelling, and an engine that is not yet closed, or no
 * longer, is not held. */
#include "base/alloc.h"
#include "engine/engine.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct engine *open_with(const struct engine_options *o)
{
    struct engine *en = NULL;
    struct err e;
    err_init(&e);
    if (engine_open(&en, o, &e) != ST_OK)
        print_error("%s\n", e.message);
    assert_non_null(en);
    return en;
}

static struct engine_conn *connect_as(struct engine *en, uint64_t owner)
{
    struct engine_conn *c = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(engine_connect(en, &c, &e), ST_OK);
    engine_set_owner(c, owner);
    return c;
}

static void check(struct engine_conn *c, const char *sql, enum sqlstate want)
{
    struct err e;
    err_init(&e);
    int st = engine_exec(c, sql, &e);
    if (st != ST_OK && e.code != want)
        print_error("%s: %s\n", sql, e.message);
    if (want == SQLSTATE_SUCCESSFUL_COMPLETION)
        assert_int_equal(st, ST_OK);
    else
        assert_int_equal(e.code, want);
}

static void test_functions(void **state)
{
    (void)state;
    const char *const allowed[] = {"check_peg_parser"};
    struct engine_options o = {.threads = 1, .allowed_functions = allowed, .nallowed_functions = 1};
    struct engine *en = open_with(&o);
    struct engine_conn *c = connect_as(en, 1);
    check(c, "FROM query('SELECT 1')", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(c, "FROM \"QuErY\"\xc2\xa0('SELECT 1')", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(c, "SELECT system.main.tavana_rows(system.main.tavana_rows(1))", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(c, "FROM tavana_copied(1)", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(c, "FROM check_peg_parser('SELECT 1')", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(c, "CREATE MACRO query(x) AS TABLE SELECT x", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(c, "FROM main.query(1)", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(c);
    engine_close(en);
}

static void test_owners(void **state)
{
    (void)state;
    const char *const init[] = {"ATTACH ':memory:' AS operators"};
    struct engine_options o = {.threads = 1, .init = init, .ninit = 1};
    struct engine *en = open_with(&o);
    struct engine_conn *a = connect_as(en, 1), *b = connect_as(en, 2);
    check(a, "ATTACH ':memory:' AS mine", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(a, "CREATE SECRET mine (TYPE http, BEARER_TOKEN 'x')", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(b, "DETACH Mine", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(b, "DROP SECRET mine", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(b, "CREATE OR REPLACE SECRET mine (TYPE http, BEARER_TOKEN 'y')", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(b, "DETACH operators", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(b, "DETACH memory", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    check(b, "DETACH nobodys", SQLSTATE_INSUFFICIENT_PRIVILEGE); /* it may be hidden */
    check(b, "DETACH DATABASE IF EXISTS nobodys", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(a); /* what it leaves is anybody's */
    check(b, "DETACH mine", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(b, "CREATE OR REPLACE SECRET mine (TYPE http, BEARER_TOKEN 'y')", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(b, "DROP SECRET mine", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(b);
    engine_close(en);
}

/* An error that the engine calls internal ends a statement, and its transaction, and no more. */
static void test_an_internal_error_is_not_fatal(void **state)
{
    (void)state;
    struct engine_options o = {.threads = 1};
    struct engine *en = open_with(&o);
    struct engine_conn *a = connect_as(en, 1), *b = connect_as(en, 2);
    check(b, "BEGIN", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(b, "CREATE TABLE t AS SELECT 1 AS i", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(a, "BEGIN", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(a, "SELECT reservoir_quantile(1.0, [])", SQLSTATE_INTERNAL_ERROR);
    check(a, "SELECT 1", SQLSTATE_IN_FAILED_SQL_TRANSACTION);
    check(a, "ROLLBACK", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(a, "SELECT 1", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(b, "COMMIT", SQLSTATE_SUCCESSFUL_COMPLETION);
    check(a, "FROM t", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(a);
    engine_disconnect(b);
    engine_close(en);
}

/* Within COMMIT and ROLLBACK nobody knows what it left behind. */
static void test_an_internal_error_of_a_commit_is_fatal(void **state)
{
    (void)state;
    struct engine_options o = {.threads = 1};
    struct engine *en = open_with(&o);
    struct engine_conn *c = connect_as(en, 1);
    struct err e;
    err_init(&e);
    assert_int_equal(engine_end_transaction(c, "SELECT reservoir_quantile(1.0, [])", &e), ST_ERR);
    check(c, "SELECT 1", SQLSTATE_CRASH_SHUTDOWN);
    engine_disconnect(c);
    engine_close(en);
}

static void test_several_engines(void **state)
{
    (void)state;
    struct engine_options o = {.threads = 1};
    struct engine *first = open_with(&o), *second = open_with(&o);
    struct engine_conn *c = connect_as(second, 1);
    engine_close(first);
    check(c, "FROM query('SELECT 1')", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    engine_disconnect(c);
    engine_close(second);
}

/* ---- planning ---- */

enum { DOUBLINGS = 25, TEXT_MAX = 512 };

/* Twice as much for each of them. */
static void put_doubled(char text[TEXT_MAX], const char *from)
{
    size_t n = (size_t)snprintf(text, TEXT_MAX, "SELECT ");
    for (int i = 0; i < DOUBLINGS; i++)
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "twice(");
    n += (size_t)snprintf(text + n, TEXT_MAX - n, "i");
    for (int i = 0; i < DOUBLINGS; i++)
        n += (size_t)snprintf(text + n, TEXT_MAX - n, ")");
    n += (size_t)snprintf(text + n, TEXT_MAX - n, " %s", from);
    assert_true(n < TEXT_MAX);
}

static void check_prepare(struct engine_conn *c, const char *sql, enum sqlstate want)
{
    struct engine_stmt *st = NULL;
    struct err e;
    err_init(&e);
    int status = engine_prepare(c, str_of(sql), &st, &e);
    if (status != ST_OK && e.code != want)
        print_error("%s: %s\n", sql, e.message);
    assert_int_equal(status == ST_OK ? SQLSTATE_SUCCESSFUL_COMPLETION : e.code, want);
    engine_stmt_free(st);
}

static void test_what_planning_takes_is_bounded(void **state)
{
    (void)state;
    char text[TEXT_MAX];
    struct engine_options o = {.threads = 1};
    struct engine *en = open_with(&o);
    struct engine_conn *c = connect_as(en, 1);
    check(c, "CREATE MACRO twice(x) AS x + x", SQLSTATE_SUCCESSFUL_COMPLETION);
    put_doubled(text, "FROM range(3) t(i)");
    check_prepare(c, text, SQLSTATE_STATEMENT_TOO_COMPLEX);
    check_prepare(c, "SELECT twice(twice(i)) FROM range(3) t(i)", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(c);
    engine_close(en);
}

struct interrupting {
    struct engine_conn *conn;
    bool stop; /* atomic */
};

static void *interrupt_again_and_again(void *arg)
{
    struct interrupting *in = arg;
    while (!__atomic_load_n(&in->stop, __ATOMIC_ACQUIRE)) {
        (void)usleep(1000);
        engine_interrupt(in->conn);
    }
    return NULL;
}

static void test_planning_hears_interrupts(void **state)
{
    (void)state;
    char text[TEXT_MAX];
    pthread_t thread;
    struct engine_options o = {.threads = 1};
    struct engine *en = open_with(&o);
    struct interrupting in = {.conn = connect_as(en, 1)};
    check(in.conn, "CREATE MACRO twice(x) AS x + x", SQLSTATE_SUCCESSFUL_COMPLETION);
    put_doubled(text, "FROM range(3) t(i)");
    assert_int_equal(pthread_create(&thread, NULL, interrupt_again_and_again, &in), 0);
    check_prepare(in.conn, text, SQLSTATE_QUERY_CANCELED);
    __atomic_store_n(&in.stop, true, __ATOMIC_RELEASE);
    (void)pthread_join(thread, NULL);
    check_prepare(in.conn, "SELECT 1", SQLSTATE_SUCCESSFUL_COMPLETION);
    engine_disconnect(in.conn);
    engine_close(en);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_an_internal_error_is_not_fatal),
        cmocka_unit_test(test_an_internal_error_of_a_commit_is_fatal),
        cmocka_unit_test(test_several_engines),
        cmocka_unit_test(test_what_planning_takes_is_bounded),
        cmocka_unit_test(test_planning_hears_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
