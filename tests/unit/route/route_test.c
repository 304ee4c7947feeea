/* What becomes of sessions, statements and rows when a worker goes or is lost. */
#include "two_workers.h"

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
    wait_until_none(first);
    assert_ptr_equal(where(), other(first));
}

/* Before its first row what only reads is run again, and nobody sees that it is. */
static void lost_before_the_first_row_in(enum fake_call call)
{
    assert_int_equal(run("select one"), ST_OK);
    struct one_worker *first = where();
    pthread_t killer = lost_in_the_next(first, call);
    struct backend_portal *p = started("select same");
    expect_rows(p, 0, 10);
    close_portal(p);
    (void)pthread_join(killer, NULL);
    wait_until_none(first);
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
    pthread_t killer = lost_in_the_next(first, FAKE_START);
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
    wait_until_none(first);
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
    pthread_t killer = lost_in_the_next(first, FAKE_NEXT);
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
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
                SQLSTATE_CONNECTION_FAILURE);
    err_init(&err);
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
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
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
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
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
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
    wait_until_none(first);
    assert_ptr_equal(where(), other(first));
    assert_false(session->draining);
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
    assert_true(session->draining);
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

/* ---- statements on several workers ---- */

/* Prepared once, run wherever the session is: the next worker is told of it with its next run. */
static void a_statement_comes_along(void **state)
{
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    (void)state;
    err_init(&err);
    assert_int_equal(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL,
                                           0, &st, &err),
                     ST_OK);
    struct one_worker *first = where();
    stop_worker(first);
    (void)fake_log(other(first)->fake);
    assert_int_equal(session->ops->open(session, st, NULL, 0, &p, &err), ST_OK);
    assert_string_equal(fake_log(other(first)->fake), "prepare select one, open select one");
    session->ops->stmt_free(st);
    close_portal(p);
}

static void parameters_come_along(void **state)
{
    static const uint8_t five[] = "5";
    static const struct backend_param params[] = {{five, 1, 0}};
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    (void)state;
    err_init(&err);
    assert_int_equal(
        session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select $1")}, NULL, 0, &st, &err),
        ST_OK);
    assert_int_equal(session->ops->open(session, st, params, 1, &p, &err), ST_OK);
    session->ops->stmt_free(st); /* the portal keeps what it needs */
    stop_worker(where());
    assert_int_equal(session->ops->start(p, &err), ST_OK);
    expect_rows(p, 0, 2);
    close_portal(p);
}

static int add_piece(void *arg, size_t off, size_t len)
{
    (void)off;
    *(size_t *)arg += len;
    return ST_OK;
}

static void a_text_is_split(void **state)
{
    size_t bytes = 0;
    (void)state;
    assert_int_equal(session->ops->split(session, str_of("a; bc"), add_piece, &bytes, &err), ST_OK);
    assert_int_equal(bytes, 3);
    stop_worker(where());
    assert_int_equal(session->ops->split(session, str_of("abc"), add_piece, &bytes, &err), ST_OK);
    assert_int_equal(bytes, 6);
    expect_code(session->ops->split(session, str_of("nonsense"), add_piece, &bytes, &err),
                SQLSTATE_SYNTAX_ERROR);
}

/* The portal's worker has been lost since its last fetch, and the session has heard of it. */
static void lose_its_worker(struct backend_portal *p)
{
    stop_worker(where());
    err_init(&err);
    expect_code(session->ops->park(p, CLOCK_NEVER, &err), SQLSTATE_CONNECTION_FAILURE);
    err_init(&err);
}

/* A slice of a portal that moved: the rows that were handed on are read again first, and compared. */
static void a_slice_after_a_loss(void **state)
{
    struct backend_portal *slice = NULL, *p = started("select same");
    const struct backend_fetch how = {.from = 4, .max_rows = 3, .batch_bytes = ROW_BATCH_MAX};
    (void)state;
    expect_rows(p, 4, 4);
    lose_its_worker(p);
    uint64_t resumed = metric_value(METRIC_STREAMS_RESUMED);
    assert_int_equal(session->ops->slice(p, &how, &slice, &err), ST_OK);
    assert_int_equal(metric_value(METRIC_STREAMS_RESUMED) - resumed, 1);
    expect_rows(slice, 0, 3);
    close_portal(slice);
    close_portal(p);
}

static void a_slice_of_other_rows(void **state)
{
    struct backend_portal *slice = NULL, *p = started("select differs");
    const struct backend_fetch how = {.from = 4, .max_rows = 3, .batch_bytes = ROW_BATCH_MAX};
    (void)state;
    expect_rows(p, 4, 4);
    lose_its_worker(p);
    expect_code(session->ops->slice(p, &how, &slice, &err), SQLSTATE_SERIALIZATION_FAILURE);
    close_portal(p);
}

static void a_slice_is_lost_with_its_worker(void **state)
{
    uint64_t rows;
    struct backend_portal *slice = NULL, *p = started("select same");
    const struct backend_fetch how = {.max_rows = 3, .batch_bytes = ROW_BATCH_MAX};
    (void)state;
    assert_int_equal(session->ops->slice(p, &how, &slice, &err), ST_OK);
    stop_worker(where());
    expect_code(fetched(slice, 0, &rows), SQLSTATE_CONNECTION_FAILURE);
    err_init(&err);
    expect_code(session->ops->park(slice, CLOCK_NEVER, &err), SQLSTATE_CONNECTION_FAILURE);
    close_portal(slice);
    close_portal(p);
}

/* Of one that can come again parking costs nothing; one that runs is put down where it is. */
static void parking(void **state)
{
    struct backend_portal *p = started("select same");
    (void)state;
    expect_rows(p, 4, 4);
    assert_int_equal(session->ops->ahead(p), ST_OK);
    lose_its_worker(p);
    assert_int_equal(session->ops->park(p, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(session->ops->ahead(p), ST_OK);
    expect_rows(p, 0, 6);
    close_portal(p);
}

static void own_writes_are_refused(void **state)
{
    (void)state;
    expect_code(run("insert 1"), SQLSTATE_READ_ONLY_SQL_TRANSACTION);
    assert_int_equal(run("create temp"), ST_OK);
}

static int set_up_own_writes(void **state)
{
    own_writes = true;
    int st = set_up(state);
    own_writes = false;
    return st;
}

/* ---- without a worker ---- */

static void a_time_zone_is_bounded(void **state)
{
    char zone[2 * TZ_NAME_MAX];
    const struct backend_settings settings = {.time_zone = zone};
    (void)state;
    memset(zone, 'x', sizeof zone);
    zone[sizeof zone - 1] = '\0';
    err_init(&err);
    expect_code(session->ops->apply_settings(session, &settings, &err), SQLSTATE_INVALID_PARAMETER_VALUE);
}

static void the_router_answers(void **state)
{
    (void)state;
    assert_int_equal(route_refused(route), 0);
    route_set_wait(route, 1);
    assert_int_equal(run("select one"), ST_OK);
    assert_true(route_backend(route)->forwards);
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
        TEST(a_statement_comes_along),
        TEST(parameters_come_along),
        TEST(a_text_is_split),
        TEST(a_slice_after_a_loss),
        TEST(a_slice_of_other_rows),
        TEST(a_slice_is_lost_with_its_worker),
        TEST(parking),
        cmocka_unit_test_setup_teardown(own_writes_are_refused, set_up_own_writes, tear_down),
        TEST(a_time_zone_is_bounded),
        TEST(the_router_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
