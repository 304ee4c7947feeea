/* COPY FROM STDIN through the router: what comes to the worker, and what the client hears when that is lost in
 * the midst. */
#include "two_workers.h"

#include "base/alloc.h"
#include "sql/copy.h"

static const struct sql_copy statement = {.text = {"copy t from stdin", 17}};
static const struct backend_copy_in in = {.table = {"t", 1}, .name = "t", .statement = &statement};

static int open_copy(struct backend_copy **out)
{
    err_init(&err);
    return session->ops->copy_open(session, &in, out, &err);
}

static struct backend_copy *opened_copy(void)
{
    struct backend_copy *c = NULL;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    if (open_copy(&c) != ST_OK)
        fail_msg("%s %s", sqlstate_code(err.code), err.message);
    return c;
}

static int put(struct backend_copy *c, const char *text)
{
    err_init(&err);
    return session->ops->copy_data(c, text, strlen(text), &err);
}

static int finish(struct backend_copy *c, uint64_t *rows)
{
    err_init(&err);
    return session->ops->copy_finish(c, rows, &err);
}

static void it_is_passed_on(void **state)
{
    uint64_t rows = 0;
    (void)state;
    struct backend_copy *c = opened_copy();
    assert_int_equal(c->ncolumns, 1);
    assert_int_equal(put(c, "1\n2\n"), ST_OK);
    assert_int_equal(session->ops->copy_settle(c, &err), ST_OK);
    assert_int_equal(c->line, 3);
    assert_int_equal(put(c, "3\n"), ST_OK);
    assert_int_equal(finish(c, &rows), ST_OK);
    assert_int_equal(rows, 3);
    session->ops->copy_close(c);
    assert_int_equal(tx(BACKEND_TX_COMMIT), ST_OK);
    assert_string_equal(fake_log(where()->fake),
                        "begin, copy_open t, copy_data 1/2/, copy_settle, copy_data 3/, "
                        "copy_finish, copy_close, commit");
    session->ops->copy_close(NULL);
}

/* A bad line is the worker's error, and the session goes on. */
static void a_bad_line(void **state)
{
    uint64_t rows;
    (void)state;
    struct backend_copy *c = opened_copy();
    assert_int_equal(put(c, "bad\n"), ST_OK);
    expect_code(finish(c, &rows), SQLSTATE_INVALID_TEXT_REPRESENTATION);
    session->ops->copy_close(c);
    assert_int_equal(tx(BACKEND_TX_ROLLBACK), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
}

static void it_cannot_be_opened(void **state)
{
    struct backend_copy *c = NULL;
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    fake_fail(where()->fake, FAKE_COPY_OPEN, SQLSTATE_UNDEFINED_TABLE);
    expect_code(open_copy(&c), SQLSTATE_UNDEFINED_TABLE);
    assert_int_equal(tx(BACKEND_TX_ROLLBACK), ST_OK);
    assert_int_equal(run("select one"), ST_OK);
}

/* Its transaction is gone with its worker: what is left of it is its end. */
static void expect_lost_transaction(const struct one_worker *first)
{
    struct backend_stmt *st = NULL;
    err_init(&err);
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
                SQLSTATE_IN_FAILED_SQL_TRANSACTION);
    expect_code(tx(BACKEND_TX_COMMIT), SQLSTATE_CONNECTION_FAILURE);
    assert_int_equal(run("select one"), ST_OK);
    wait_until_none(first);
    assert_ptr_equal(where(), other(first));
}

static void lost_before_it_opens(void **state)
{
    struct backend_copy *c = NULL;
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    struct one_worker *first = where();
    stop_worker(first);
    expect_code(open_copy(&c), SQLSTATE_CONNECTION_FAILURE);
    expect_lost_transaction(first);
}

static void lost_in_the_midst(void **state)
{
    uint64_t rows;
    (void)state;
    struct backend_copy *c = opened_copy();
    struct one_worker *first = where();
    assert_int_equal(put(c, "1\n"), ST_OK);
    stop_worker(first);
    err_init(&err);
    expect_code(session->ops->copy_settle(c, &err), SQLSTATE_CONNECTION_FAILURE);
    assert_string_equal(err.detail, "The transaction has been rolled back.");
    expect_code(put(c, "2\n"), SQLSTATE_CONNECTION_FAILURE);
    assert_string_equal(err.message, "COPY was lost with its worker");
    expect_code(finish(c, &rows), SQLSTATE_CONNECTION_FAILURE);
    err_init(&err);
    expect_code(session->ops->copy_settle(c, &err), SQLSTATE_CONNECTION_FAILURE);
    session->ops->copy_close(c);
    expect_lost_transaction(first);
}

static void lost_in(enum fake_call call)
{
    uint64_t rows;
    struct backend_copy *c = opened_copy();
    struct one_worker *first = where();
    pthread_t killer = lost_in_the_next(first, call);
    int st = put(c, "1\n");
    if (st == ST_OK)
        st = finish(c, &rows);
    (void)pthread_join(killer, NULL);
    expect_code(st, SQLSTATE_CONNECTION_FAILURE);
    session->ops->copy_close(c);
    expect_lost_transaction(first);
}

static void lost_while_it_loads(void **state)
{
    (void)state;
    lost_in(FAKE_COPY_DATA);
}

static void lost_while_it_ends(void **state)
{
    (void)state;
    lost_in(FAKE_COPY_FINISH);
}

/* Nobody else would see what is written there. */
static void own_writes_are_refused(void **state)
{
    struct backend_copy *c = NULL;
    (void)state;
    assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
    expect_code(open_copy(&c), SQLSTATE_READ_ONLY_SQL_TRANSACTION);
    assert_int_equal(tx(BACKEND_TX_ROLLBACK), ST_OK);
}

static int set_up_own_writes(void **state)
{
    own_writes = true;
    int st = set_up(state);
    own_writes = false;
    return st;
}

/* Every allocation on the gateway's side fails once. */
static void without_memory(void **state)
{
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    bool more = true;
    for (unsigned nth = 1; more; nth++) {
        uint64_t rows = 0;
        struct backend_copy *c = NULL;
        assert_true(nth < 1000);
        assert_int_equal(tx(BACKEND_TX_BEGIN), ST_OK);
        alloc_fail_nth(nth);
        int st = open_copy(&c);
        if (st == ST_OK)
            st = put(c, "1\n");
        if (st == ST_OK)
            st = finish(c, &rows);
        more = alloc_failed();
        if (c)
            session->ops->copy_close(c);
        if (st != ST_OK)
            assert_true(more && err.code == SQLSTATE_OUT_OF_MEMORY);
        (void)tx(BACKEND_TX_ROLLBACK);
    }
    assert_int_equal(run("select one"), ST_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_passed_on),
        TEST(a_bad_line),
        TEST(it_cannot_be_opened),
        TEST(lost_before_it_opens),
        TEST(lost_in_the_midst),
        TEST(lost_while_it_loads),
        TEST(lost_while_it_ends),
        cmocka_unit_test_setup_teardown(own_writes_are_refused, set_up_own_writes, tear_down),
        TEST(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
