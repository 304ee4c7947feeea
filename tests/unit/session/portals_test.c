/* Portals: Parse, Bind, Describe, Execute, Close and Sync in every order, and what the backend is asked for
 * meanwhile. */
#include "rig.h"

#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "select it", .columns = "it", .rows = 3},
    {.sql = "select $1", .columns = "i", .rows = 1, .nparams = 1},
    {.sql = "select bad prepare",
     .columns = "i",
     .fails_at = FAKE_PREPARE,
     .code = SQLSTATE_UNDEFINED_COLUMN},
    {.sql = "select bad open", .columns = "i", .fails_at = FAKE_OPEN, .code = SQLSTATE_DATATYPE_MISMATCH},
    {.sql = "select bad start",
     .columns = "i",
     .fails_at = FAKE_START,
     .code = SQLSTATE_FEATURE_NOT_SUPPORTED},
    {.sql = "select bad fetch", .columns = "i", .rows = 5, .fails_at = FAKE_FETCH, .code = SQLSTATE_IO_ERROR},
    {.sql = "select bad row",
     .columns = "i",
     .rows = 5,
     .fails_at = FAKE_NEXT,
     .code = SQLSTATE_DIVISION_BY_ZERO,
     .after_rows = 2},
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 7},
    {.sql = "insert returning",
     .effect = BACKEND_WRITES,
     .tag = "INSERT 0",
     .tag_count = true,
     .affected = 2,
     .columns = "i",
     .rows = 2},
    {.sql = "create t", .effect = BACKEND_WRITES, .tag = "CREATE TABLE"},
    {.sql = "use s", .effect = BACKEND_SESSION, .tag = "USE"},
    {.sql = "long tag",
     .effect = BACKEND_WRITES,
     .tag = "A TAG OF MORE THAN SIXTY-THREE BYTES IS NOT ONE THAT ANY COMMAND OF POSTGRESQL HAS"},
    {.sql = "select wide", .columns = "w", .rows = 1000},
};

static int set_up(void **state)
{
    (void)rig_set_up(state);
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

static void one_query(void **state)
{
    (void)state;
    ask("select 2", "T(i1) (1) (2) [SELECT 2] Z:I");
    expect_log(
        "prepare select 2, open select 2, start select 2, fetch 0+all, close select 2, stmt_free select 2");
}

static void all_messages_in_order(void **state)
{
    (void)state;
    P("s", "select it"), D('S', "s"), B("p", "s"), D('P', "p"), E("p", 0), C('P', "p"), C('S', "s"), S();
    expect("1 t(0) T(i1,t2) 2 T(i1,t2) (1,r1) (2,r2) (3,r3) [SELECT 3] 3 3 Z:I");
    expect_log("prepare select it, open select it, start select it, fetch 0+all, close select it, "
               "stmt_free select it");
}

static void pages(void **state)
{
    (void)state;
    P("", "select 5"), B("", ""), E("", 2), E("", 2), E("", 2), E("", 2), S();
    expect("1 2 (1) (2) s (3) (4) s (5) [SELECT 1] [SELECT 0] Z:I");
    expect_log(
        "prepare select 5, open select 5, start select 5, fetch 0+2, fetch 2+2, fetch 4+2, close select 5");
}

/* A page that ends with the last row does not know that it was the last. */
static void a_page_of_exactly_all_rows(void **state)
{
    (void)state;
    P("", "select 2"), B("", ""), E("", 2), E("", 2), S();
    expect("1 2 (1) (2) s [SELECT 0] Z:I");
    P("", "select 2"), B("", ""), E("", 3), S();
    expect("1 2 (1) (2) [SELECT 2] Z:I");
    P("", "select 0"), B("", ""), E("", 1), E("", 0), S();
    expect("1 2 [SELECT 0] [SELECT 0] Z:I");
}

static void pages_of_several_portals_in_turn(void **state)
{
    (void)state;
    P("a", "select 3"), P("b", "select it"), B("p", "a"), B("q", "b"), B("r", "a");
    E("p", 1), E("q", 1), E("r", 2), E("p", 1), E("q", 0), E("r", 0), E("p", 0), S();
    expect("1 1 2 2 2 (1) s (1,r1) s (1) (2) s (2) s (2,r2) (3,r3) [SELECT 2] (3) [SELECT 1] (3) [SELECT 1] "
           "Z:I");
    assert_int_equal(fake_open(fake, FAKE_PORTALS), 0);
    assert_int_equal(fake_open(fake, FAKE_STMTS), 2);
}

static void portals_end_with_sync(void **state)
{
    (void)state;
    P("s", "select 2"), B("p", "s"), B("", "s"), E("p", 1), S();
    expect("1 2 2 (1) s Z:I");
    assert_int_equal(fake_open(fake, FAKE_PORTALS), 0);
    E("p", 1), S();
    expect("E:34000 Z:I");
    E("", 1), S();
    expect("E:34000 Z:I");
    D('P', "p"), S();
    expect("E:34000 Z:I");
    D('S', "s"), S();
    expect("t(0) T(i1) Z:I");
}

static void portals_of_a_block_end_with_it(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("s", "select 3"), B("p", "s"), E("p", 1), S();
    expect("1 2 (1) s Z:T");
    E("p", 1), S();
    expect("(2) s Z:T");
    (void)fake_log(fake);
    ask("commit", "[COMMIT] Z:I");
    expect_log("close select 3, commit");
    E("p", 1), S();
    expect("E:34000 Z:I");
    ask("begin", "[BEGIN] Z:T");
    B("p", "s"), E("p", 1), S();
    expect("2 (1) s Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
    E("p", 1), S();
    expect("E:34000 Z:I");
}

static void unnamed_ones_are_replaced(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("", "select 1"), B("", ""), P("", "select it"), E("", 0), B("", ""), E("", 1), B("", ""), E("", 0), S();
    expect("1 2 1 (1) [SELECT 1] 2 (1,r1) s 2 (1,r1) (2,r2) (3,r3) [SELECT 3] Z:T");
    P("", "nothing that is known"), S();
    expect("E:42P01 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    B("", ""), S(); /* gone even though the new one was wrong */
    expect("E:26000 Z:I");
    P("", "select 1"), S();
    expect("1 Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    B("", ""), S(); /* a simple query takes its place */
    expect("E:26000 Z:I");
}

static void names_that_are_taken(void **state)
{
    (void)state;
    P("s", "select 1"), P("s", "select 2"), S();
    expect("1 E:42P05 Z:I");
    B("p", "s"), B("p", "s"), S();
    expect("2 E:42P03 Z:I");
    B("p", "s"), C('P', "p"), B("p", "s"), E("p", 0), S();
    expect("2 3 2 (1) [SELECT 1] Z:I");
    C('S', "s"), P("s", "select 2"), C('S', "no such"), C('P', "no such"), S();
    expect("3 1 3 3 Z:I");
}

/* What the client knows of a portal's rows stays when their statement goes. */
static void a_statement_goes_before_its_portal(void **state)
{
    (void)state;
    P("s", "select 3"), B("p", "s"), E("p", 1), C('S', "s"), D('P', "p"), E("p", 0), S();
    expect("1 2 (1) s 3 T(i1) (2) (3) [SELECT 2] Z:I");
    expect_log("prepare select 3, open select 3, start select 3, fetch 0+1, fetch 1+all, close select 3, "
               "stmt_free select 3");
}

static void errors_until_sync(void **state)
{
    (void)state;
    P("s", "select 1"), B("p", "none"), E("p", 0), P("t", "select 1"), D('S', "s"), C('S', "s"), H(), S();
    expect("1 E:26000 Z:I");
    D('S', "t"), S();
    expect("E:26000 Z:I");
    D('S', "s"), S();
    expect("t(0) T(i1) Z:I");
    S(), S();
    expect("Z:I Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    E("none", 0), Q("select 1"), S(); /* skipped, too */
    (void)notes(1);
    assert_string_equal(notes(1), "Z:I");
}

static void errors_at_each_step(void **state)
{
    (void)state;
    P("", "select bad prepare"), B("", ""), E("", 0), S();
    expect("E:42703 Z:I");
    P("", "select bad open"), B("", ""), E("", 0), S();
    expect("1 E:42804 Z:I");
    P("", "select bad start"), B("", ""), E("", 0), S();
    expect("1 2 E:0A000 Z:I");
    P("", "select bad fetch"), B("", ""), E("", 0), S();
    expect("1 2 E:58030 Z:I");
    P("", "select bad row"), B("", ""), E("", 0), S();
    expect("1 2 (1) (2) E:22012 Z:I");
    P("", "select bad row"), B("", ""), E("", 2), E("", 2), S();
    expect("1 2 (1) (2) s E:22012 Z:I");
    ask("select bad row", "T(i1) (1) (2) E:22012 Z:I");
    ask("select bad start", "T(i1) E:0A000 Z:I");
    assert_int_equal(fake_open(fake, FAKE_PORTALS), 0);
}

/* A portal that has failed is there until its transaction ends, and cannot be run. */
static void a_failed_portal_in_a_block(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    ask("savepoint a", "[SAVEPOINT] Z:T");
    P("", "select bad row"), B("p", ""), E("p", 0), S();
    expect("1 2 (1) (2) E:22012 Z:E");
    E("p", 0), S();
    expect("E:25P02 Z:E");
    D('P', "p"), S();
    expect("E:25P02 Z:E");
    ask("rollback to a", "[ROLLBACK] Z:T");
    E("p", 0), S();
    expect("E:34000 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

static void parameters(void **state)
{
    (void)state;
    P("s", "select $1"), D('S', "s"), BV("", "s", "5", NULL), E("", 0), S();
    expect("1 t(1) T(i1) 2 (1) [SELECT 1] Z:I");
    BV("", "s", "five", NULL), S();
    expect("E:22P02 Z:I");
    B("", "s"), S();
    expect("E:08P01 Z:I");
    BV("", "s", "1", "2", NULL), S();
    expect("E:08P01 Z:I");
    ask("select $1", "E:42P02 Z:I");
}

static void formats(void **state)
{
    (void)state;
    P("s", "select it"), BF("p", "s", 1), D('P', "p"), E("p", 1), S();
    expect("1 2 T(i1:b,t2:b) (#00000001,r1) s Z:I");
    BF("p", "s", 0), D('P', "p"), E("p", 1), S();
    expect("2 T(i1,t2) (1,r1) s Z:I");
    /* formats: 1 0; then three for two columns; then two for none */
    static const char mixed[] = "p\0s\0\0\0\0\0\0\2\0\1\0";
    message('B', mixed, sizeof mixed), D('P', "p"), E("p", 1), S();
    expect("2 T(i1:b,t2) (#00000001,r1) s Z:I");
    static const char three[] = "p\0s\0\0\0\0\0\0\3\0\0\0\0\0";
    message('B', three, sizeof three), S();
    expect("E:08P01 Z:I");
    P("", "insert 1");
    static const char none[] = "\0\0\0\0\0\0\0\2\0\1\0";
    message('B', none, sizeof none), E("", 0), S();
    expect("1 2 [INSERT 0 7] Z:I");
}

static void writes(void **state)
{
    (void)state;
    P("", "insert 1"), D('S', ""), B("", ""), D('P', ""), E("", 0), S();
    expect("1 t(0) n 2 n [INSERT 0 7] Z:I");
    expect_log("prepare insert 1, open insert 1, start insert 1, close insert 1");
    P("", "create t"), B("", ""), E("", 1), E("", 1), S();
    expect("1 2 [CREATE TABLE] E:55000 Z:I");
    expect_log("stmt_free insert 1, prepare create t, open create t, begin, start create t, close create t, "
               "rollback");
    P("", "use s"), B("", ""), E("", 0), S();
    expect("1 2 [USE] Z:I");
    ask("insert 1", "[INSERT 0 7] Z:I");
}

/* Its rows go out before it is committed, so it has a transaction of its own. */
static void returning(void **state)
{
    (void)state;
    P("", "insert returning"), B("", ""), E("", 1), E("", 1), E("", 1), S();
    expect("1 2 (1) s (2) s [INSERT 0 0] Z:I");
    expect_log("prepare insert returning, open insert returning, begin, start insert returning, fetch 0+1, "
               "fetch 1+1, fetch 2+1, close insert returning, commit");
    ask("insert returning", "T(i1) (1) (2) [INSERT 0 2] Z:I");
    (void)fake_log(fake);
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    ask("insert returning", "T(i1) (1) (2) E:40001 Z:I");
    expect_log("prepare insert returning, open insert returning, begin, start insert returning, fetch 0+all, "
               "commit, close insert returning, stmt_free insert returning");
}

/* Whoever was bound before a write sees what was there before it. */
static void readers_start_before_a_write(void **state)
{
    (void)state;
    P("r", "select 2"), P("w", "insert 1"), B("a", "r"), B("b", "r"), E("b", 1), B("c", "w"), E("c", 0),
        E("a", 0), S();
    expect("1 1 2 2 (1) s 2 [INSERT 0 7] (1) (2) [SELECT 2] Z:I");
    expect_log("prepare select 2, prepare insert 1, open select 2, open select 2, start select 2, fetch 0+1, "
               "open insert 1, begin, start select 2, start insert 1, fetch 0+all, close select 2, "
               "close select 2, close insert 1, commit");
    B("a", "r"), B("c", "w");
    fake_fail(fake, FAKE_START, SQLSTATE_IO_ERROR);
    E("c", 0), S();
    expect("2 2 E:58030 Z:I");
}

static void empty_statements(void **state)
{
    (void)state;
    P("", ""), D('S', ""), B("", ""), D('P', ""), E("", 0), E("", 0), S();
    expect("1 t(0) n 2 n I I Z:I");
    ask("", "I Z:I");
    ask(" ; ;", "I Z:I");
    ask("select 1;;", "T(i1) (1) [SELECT 1] Z:I");
    expect_log(
        "prepare select 1, open select 1, start select 1, fetch 0+all, close select 1, stmt_free select 1");
}

static void several_in_one_parse(void **state)
{
    (void)state;
    P("", "select 1; select 2"), S();
    expect("E:42601 Z:I");
    P("", "select 1;"), B("", ""), E("", 0), S();
    expect("1 2 (1) [SELECT 1] Z:I");
}

static void commands_as_portals(void **state)
{
    (void)state;
    P("", "show datestyle"), D('S', ""), B("", ""), D('P', ""), E("", 1), E("", 1), S();
    expect("1 t(0) T(DateStyle) 2 T(DateStyle) (ISO, MDY) s [SHOW] Z:I");
    P("", "begin"), B("", ""), E("", 0), E("", 0), S();
    expect("1 2 [BEGIN] E:55000 Z:E");
    P("", "rollback"), B("", ""), E("", 0), S();
    expect("1 2 [ROLLBACK] Z:I");
    P("", "listen c"), B("", ""), E("", 0), S();
    expect("1 2 [LISTEN] Z:I");
}

static void prepared_by_sql(void **state)
{
    (void)state;
    ask("prepare q as select 3", "[PREPARE] Z:I");
    ask("prepare q as select 3", "E:42P05 Z:I");
    ask("execute q", "T(i1) (1) (2) (3) [SELECT 3] Z:I");
    P("", "execute q"), D('S', ""), B("", ""), E("", 1), E("", 0), S();
    expect("1 t(0) T(i1) 2 (1) s (2) (3) [SELECT 2] Z:I");
    B("", "q"), E("", 1), S();
    expect("2 (1) s Z:I");
    ask("execute none", "E:26000 Z:I");
    ask("deallocate q", "[DEALLOCATE] Z:I");
    ask("deallocate q", "E:26000 Z:I");
    ask("execute q", "E:26000 Z:I");
    ask("prepare q as show datestyle", "E:42601 Z:I");
    ask("prepare q (nonsense) as select 3", "E:42704 Z:I");
    ask("prepare q (int) as select $1", "[PREPARE] Z:I");
    ask("execute q", "E:42601 Z:I");
    ask("deallocate all", "[DEALLOCATE ALL] Z:I");
    assert_int_equal(fake_open(fake, FAKE_STMTS), 0);
}

/* The engine computes what EXECUTE says. */
static void execute_with_values(void **state)
{
    static const struct fake_statement values[] = {
        {.sql = "SELECT (1)", .columns = "i", .rows = 1},
        {.sql = "SELECT (two)", .columns = "i", .rows = 2},
        {.sql = "SELECT (none)", .columns = "i", .rows = 0},
        {.sql = "SELECT (wide)", .columns = "ii", .rows = 1},
        {.sql = "SELECT (text)", .columns = "t", .rows = 1},
        {.sql = "SELECT (bad)", .columns = "i", .rows = 1, .fails_at = FAKE_NEXT, .code = SQLSTATE_IO_ERROR},
        {.sql = "SELECT (null)", .columns = "n", .rows = 1},
    };
    (void)state;
    fake_script(fake, values, sizeof values / sizeof *values);
    ask("prepare q (int) as select $1", "[PREPARE] Z:I");
    (void)fake_log(fake);
    ask("execute q (1)", "T(i1) (1) [SELECT 1] Z:I");
    expect_log(
        "prepare SELECT (1), open SELECT (1), start SELECT (1), fetch 0+2, open select $1, close SELECT (1), "
        "stmt_free SELECT (1), start select $1, fetch 0+all, close select $1");
    ask("execute q (null)", "T(i1) (1) [SELECT 1] Z:I");
    ask("execute q (two)", "E:0A000 Z:I");
    ask("execute q (none)", "E:0A000 Z:I");
    ask("execute q (wide)", "E:0A000 Z:I");
    ask("execute q (text)", "E:22P02 Z:I");
    ask("execute q (bad)", "E:58030 Z:I");
    ask("execute q (unknown)", "E:42P01 Z:I");
    ask("execute q (1, 2)", "E:42601 Z:I");
}

static void flush_and_order(void **state)
{
    (void)state;
    P("", "select 1"), H();
    expect_notes(1, "1");
    B("", ""), D('P', ""), H();
    expect_notes(2, "2 T(i1)");
    E("", 0), H();
    expect_notes(2, "(1) [SELECT 1]");
    S();
    expect("Z:I");
}

static void messages_that_are_none(void **state)
{
    (void)state;
    copy_data("late"), copy_done(), copy_fail("late"), S(); /* of a COPY that has ended: dropped */
    expect("Z:I");
    message('F', "", 1), S();
    expect("E:08P01 Z:I");
    expect_notes(1, "Z:I");
    message('F', "\0\0\0\1\0\0\0\0\0", 10), S();
    (void)notes(2); /* an error, and Z:I of its own */
    assert_string_equal(last_message(), "function calls through the protocol are not supported");
    expect_notes(1, "Z:I");
    message('Q', "no end", 6);
    expect("E:08P01 Z:I");
    message('P', "x", 1), S();
    expect("E:08P01 Z:I");
    message('D', "Xname", 6), S();
    expect("E:08P01 Z:I");
    message('S', "x", 1);
    expect("E:08P01 Z:I");
    message('?', "x", 1);
    assert_string_equal(to_the_end(), "F:08P01 closed");
}

static void a_tag_that_is_too_long(void **state)
{
    (void)state;
    ask("long tag", "E:XX000 Z:I");
}

static void terminate(void **state)
{
    (void)state;
    P("s", "select 3"), B("p", "s"), E("p", 1), message('X', NULL, 0);
    assert_string_equal(to_the_end(), "1 2 (1) s closed");
    wait_until(fake_open_all(fake) == 0);
}

/* Batches that are larger than what is written at once, with the writer's thread, too. */
static void many_rows(void **state)
{
    (void)state;
    fake_batch_rows(fake, 60);
    for (int i = 0; i < 2; i++) {
        Q("select wide");
        const char *all = answers();
        const char *end = all + strlen(all) - strlen("[SELECT 1000] Z:I");
        assert_string_equal(end, "[SELECT 1000] Z:I");
        size_t rows = 0;
        for (const char *at = all; (at = strstr(at, "(wwwwwwww*1000)")); at++)
            rows++;
        assert_int_equal(rows, 1000);
    }
}

/* A page of some size went out: rows of the next one are made while the client reads. */
static void rows_are_made_ahead(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("", "select wide"), B("p", ""), E("p", 100), S();
    (void)answers();
    wait_until(strstr(fake_log(fake), "ahead select wide"));
    E("p", 1), S();
    (void)answers();
    E("p", 100), C('P', "p"), S(); /* gone before it comes to that */
    (void)answers();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    assert_null(strstr(fake_log(fake), "ahead"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_query),
        TEST(all_messages_in_order),
        TEST(pages),
        TEST(a_page_of_exactly_all_rows),
        TEST(pages_of_several_portals_in_turn),
        TEST(portals_end_with_sync),
        TEST(portals_of_a_block_end_with_it),
        TEST(unnamed_ones_are_replaced),
        TEST(names_that_are_taken),
        TEST(a_statement_goes_before_its_portal),
        TEST(errors_until_sync),
        TEST(errors_at_each_step),
        TEST(a_failed_portal_in_a_block),
        TEST(parameters),
        TEST(formats),
        TEST(writes),
        TEST(returning),
        TEST(readers_start_before_a_write),
        TEST(empty_statements),
        TEST(several_in_one_parse),
        TEST(commands_as_portals),
        TEST(prepared_by_sql),
        TEST(execute_with_values),
        TEST(flush_and_order),
        TEST(messages_that_are_none),
        TEST(a_tag_that_is_too_long),
        TEST(terminate),
        TEST(many_rows),
        TEST(rows_are_made_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
