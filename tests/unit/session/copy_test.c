/* COPY FROM STDIN and TO STDOUT: the order of their messages, and what is done when it is another. */
#include "rig.h"

#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "SELECT * FROM t", .columns = "it", .rows = 2},
    {.sql = "INSERT INTO t (\"i1\", \"t2\") SELECT \"i1\", \"t2\" FROM t",
     .effect = BACKEND_WRITES,
     .tag = "INSERT 0"},
    {.sql = "SELECT \"t2\" FROM t", .columns = "t", .rows = 2},
    {.sql = "SELECT * FROM g", .columns = "it", .rows = 2}, /* i1 is generated */
    {.sql = "INSERT INTO g (\"i1\", \"t2\") SELECT \"i1\", \"t2\" FROM g",
     .fails_at = FAKE_PREPARE,
     .code = SQLSTATE_GENERATED_ALWAYS},
    {.sql = "INSERT INTO g (\"i1\") SELECT \"i1\" FROM g",
     .fails_at = FAKE_PREPARE,
     .code = SQLSTATE_GENERATED_ALWAYS},
    {.sql = "INSERT INTO g (\"t2\") SELECT \"t2\" FROM g", .effect = BACKEND_WRITES, .tag = "INSERT 0"},
    {.sql = "SELECT \"t2\" FROM g", .columns = "t", .rows = 2},
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "insert 1 returning", .effect = BACKEND_WRITES, .tag = "INSERT 0", .columns = "i", .rows = 1},
    {.sql = "create t", .effect = BACKEND_WRITES, .tag = "CREATE TABLE"},
    {.sql = "select $1", .columns = "i", .rows = 1, .nparams = 1},
    {.sql = "select bad row",
     .columns = "i",
     .rows = 5,
     .fails_at = FAKE_NEXT,
     .code = SQLSTATE_DIVISION_BY_ZERO,
     .after_rows = 2},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
};

static int set_up(void **state)
{
    (void)rig_set_up(state);
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

/* ---- in ---- */

static void in(void **state)
{
    (void)state;
    Q("copy t from stdin");
    expect_notes(1, "G(1)");
    expect_log("begin, copy_open t");
    copy_data("1\n2"), copy_data("2\n"), copy_data(""), copy_done();
    Q("select 1");
    expect_notes(2, "[COPY 2] Z:I");
    expect("T(i1) (1) [SELECT 1] Z:I");
    expect_log(
        "copy_data 1/22/, copy_finish, copy_close, commit, prepare select 1, open select 1, start select 1, "
        "fetch 0+all, close select 1, stmt_free select 1");
    Q("copy t (a, b) from stdin"), copy_done();
    expect_notes(3, "G(2) [COPY 0] Z:I");
    (void)answers();
}

static void in_by_the_extended_protocol(void **state)
{
    (void)state;
    P("", "copy t from stdin"), B("", ""), D('P', ""), E("", 0), H(), copy_data("1\n"), bytes("S\0\0\0\4", 5);
    copy_data("2\n"), copy_done();
    expect_notes(4, "1 2 n G(1)");
    S();
    expect("[COPY 2] Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void client_gives_up(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("1\n"), copy_fail("enough");
    expect("G(1) E:57014 Z:I");
    assert_string_equal(last_message(), "COPY from stdin failed: enough");
    expect_log("begin, copy_open t, copy_data 1/, copy_settle, copy_close, rollback");
    Q("copy t from stdin"), copy_data("bad\n"), copy_fail("enough"); /* what is wrong has the first word */
    expect("G(1) E:22P02 Z:I");
    P("", "copy t from stdin"), B("", ""), E("", 0), copy_fail("enough"), P("", "select 1"), S();
    expect("1 2 G(1) E:57014 Z:I");
}

static void rows_fail(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("1\nbad\n"), copy_done();
    expect("G(1) E:22P02 Z:I");
    fake_fail(fake, FAKE_COPY_DATA, SQLSTATE_BAD_COPY_FILE_FORMAT);
    Q("copy t from stdin"), copy_data("1\n"), copy_data("2\n"), copy_done(), Q("select 1");
    expect("G(1) E:22P04 Z:I T(i1) (1) [SELECT 1] Z:I"); /* what still comes is dropped */
    fake_fail(fake, FAKE_COPY_FINISH, SQLSTATE_UNIQUE_VIOLATION);
    Q("begin"), Q("copy t from stdin"), copy_data("1\n"), copy_done(), Q("rollback");
    expect("[BEGIN] Z:T G(1) E:23505 Z:E [ROLLBACK] Z:I");
    fake_fail(fake, FAKE_COPY_OPEN, SQLSTATE_UNDEFINED_TABLE);
    Q("copy t from stdin"), copy_data("1\n"), copy_done();
    expect("E:42P01 Z:I");
    fake_fail(fake, FAKE_COPY_DATA, SQLSTATE_BAD_COPY_FILE_FORMAT);
    P("", "copy t from stdin"), B("", ""), E("", 0), copy_data("1\n"), copy_data("2\n"), copy_done(),
        P("", "select 1"), S();
    expect("1 2 G(1) E:22P04 Z:I");
}

/* The rest of a CopyData whose beginning failed is none of the session's messages. */
static void a_large_message_fails_at_its_beginning(void **state)
{
    (void)state;
    static char large[1024 * 1024];
    memset(large, 'Q', sizeof large - 1);
    fake_fail(fake, FAKE_COPY_DATA, SQLSTATE_BAD_COPY_FILE_FORMAT);
    Q("copy t from stdin"), copy_data(large), copy_done(), Q("select 1");
    expect("G(1) E:22P04 Z:I T(i1) (1) [SELECT 1] Z:I");
}

static void in_is_refused(void **state)
{
    (void)state;
    ask("begin read only", "[BEGIN] Z:T");
    ask("copy t from stdin", "E:25006 Z:E");
    expect_log("begin read only, copy_open t, copy_close, rollback");
    ask("rollback", "[ROLLBACK] Z:I");
    fake_fail(fake, FAKE_BEGIN, SQLSTATE_IO_ERROR);
    ask("copy t from stdin", "E:58030 Z:I");
    ask("copy t from stdin with (nonsense)", "E:42601@25 Z:I");
    ask("copy tavana_catalog.t from stdin", "E:42501 Z:I");
}

static void copies_among_statements(void **state)
{
    (void)state;
    Q("insert 1; copy t from stdin; insert 1; copy t from stdin; insert 1");
    expect_notes(2, "[INSERT 0 1] G(1)");
    copy_data("1\n"), copy_done();
    expect_notes(3, "[COPY 1] [INSERT 0 1] G(1)");
    copy_done();
    expect("[COPY 0] [INSERT 0 1] Z:I");
    expect_log("prepare insert 1, open insert 1, begin, start insert 1, close insert 1, stmt_free insert 1, "
               "copy_open t, copy_data 1/, copy_finish, copy_close, prepare insert 1, open insert 1, start "
               "insert 1, close insert 1, stmt_free insert 1, copy_open t, copy_finish, copy_close, prepare "
               "insert 1, open insert 1, start insert 1, commit, close insert 1, stmt_free insert 1");
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    Q("copy t from stdin"), copy_done();
    expect("G(1) E:40001 Z:I");
}

/* Any other message ends the session: what it was meant for is lost. */
static void another_message_amid(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("1\n"), Q("select 1");
    assert_string_equal(to_the_end(), "G(1) E:08P01 F:08P01 closed");
    use(client_login());
    Q("copy t from stdin"), copy_data("bad\n"), P("", "select 1");
    assert_string_equal(to_the_end(), "G(1) E:22P02 F:08P01 closed");
    use(client_login());
    Q("copy t from stdin"), message('c', "x", 1); /* its end is seen, though */
    expect("G(1) E:08P01 Z:I");
}

static void lengths_that_are_none(void **state)
{
    (void)state;
    Q("copy t from stdin"), bytes("d\0\0\0\3", 5);
    assert_string_equal(to_the_end(), "G(1) F:08P01 closed");
    use(client_login());
    Q("copy t from stdin"), bytes("c\0\0\0\3", 5);
    assert_string_equal(to_the_end(), "G(1) F:08P01 closed");
    use(client_login());
    Q("copy t from stdin"), bytes("d\x3f\xff\xff\xff", 5);
    assert_string_equal(to_the_end(), "G(1) F:54000 closed");
}

static void messages_in_pieces(void **state)
{
    (void)state;
    Q("copy t from stdin");
    expect_notes(1, "G(1)");
    static const char whole[] = "d\0\0\0\6"
                                "1\n"
                                "d\0\0\0\4"
                                "c\0\0\0\4";
    for (size_t i = 0; i + 1 < sizeof whole; i++) {
        bytes(whole + i, 1);
        send_all();
        rig_sleep_ms(1);
    }
    expect_notes(2, "[COPY 1] Z:I");
}

/* One who pauses is told what is wrong with the rows so far. */
static void a_pause(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("bad\n");
    expect_notes(3, "G(1) E:22P02 Z:I");
    expect_log("begin, copy_open t, copy_data bad/, copy_settle, copy_close, rollback");
    copy_done();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void the_client_goes(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("1\n");
    expect_notes(1, "G(1)");
    struct client *next = client_login();
    (void)next;
    wait_until(fake_open(fake, FAKE_COPIES) == 1);
}

static int stall_set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    c.flush_timeout_us = 20 * 1000;
    rig_start(&c, 4);
    (void)client_login();
    return 0;
}

static void a_client_that_stalls(void **state)
{
    (void)state;
    Q("copy t from stdin");
    assert_string_equal(to_the_end(), "G(1) F:57P05 closed");
}

/* ---- out ---- */

static void out(void **state)
{
    (void)state;
    ask("copy t to stdout", "H(2) d:1\tr1/ d:2\tr2/ c [COPY 2] Z:I");
    ask("copy t (t2) to stdout", "H(1) d:r1/ d:r2/ c [COPY 2] Z:I");
    ask("copy g to stdout", "H(1) d:r1/ d:r2/ c [COPY 2] Z:I");
    ask("copy (select 2) to stdout", "H(1) d:1/ d:2/ c [COPY 2] Z:I");
    ask("copy t to stdout (format csv, force_quote (t2))", "H(2) d:1\tr1/ d:2\tr2/ c [COPY 2] Z:I");
    ask("copy t to stdout (format csv, force_quote *)", "H(2) d:1\tr1/ d:2\tr2/ c [COPY 2] Z:I");
    P("", "copy t to stdout"), B("", ""), D('P', ""), E("", 1), S(); /* a row limit does not count */
    expect("1 2 n H(2) d:1\tr1/ d:2\tr2/ c [COPY 2] Z:I");
    ask("select 1; copy (select 1) to stdout; select 1",
        "T(i1) (1) [SELECT 1] H(1) d:1/ c [COPY 1] T(i1) (1) [SELECT 1] Z:I");
}

static void out_asks_for(void **state)
{
    (void)state;
    ask("copy (select 2) to stdout", "H(1) d:1/ d:2/ c [COPY 2] Z:I");
    expect_log("prepare select 2, open select 2, start select 2, fetch copy 0+all, close select 2, stmt_free "
               "select 2");
    ask("copy (insert 1 returning) to stdout", "H(1) d:1/ c [COPY 1] Z:I");
    expect_log(
        "prepare insert 1 returning, open insert 1 returning, begin, start insert 1 returning, fetch copy "
        "0+all, close insert 1 returning, stmt_free insert 1 returning, commit");
}

static void out_is_refused(void **state)
{
    static const struct {
        const char *sql, *answer;
    } each[] = {
        {"copy none to stdout", "E:42P01 Z:I"},
        {"copy t (none) to stdout", "E:42703 Z:I"},
        {"copy g (i1) to stdout", "E:42P10 Z:I"},
        {"copy (insert 1) to stdout", "E:0A000 Z:I"},
        {"copy (create t) to stdout", "E:42601 Z:I"},
        {"copy (select $1) to stdout", "E:42P02@14 Z:I"},
        {"copy (select fail) to stdout", "E:22012 Z:I"},
        {"copy (select bad row) to stdout", "H(1) d:1/ d:2/ E:22012 Z:I"},
        {"copy t to stdout (format csv, force_quote (none))", "E:42703 Z:I"},
        {"copy t (t2) to stdout (format csv, force_quote (i1))", "E:42P10 Z:I"},
        {"begin; copy (select bad row) to stdout", "[BEGIN] H(1) d:1/ d:2/ E:22012 Z:E"},
        {"copy t to stdout", "E:25P02 Z:E"},
        {"rollback; begin read only; copy (insert 1 returning) to stdout", "[ROLLBACK] [BEGIN] E:25006 Z:E"},
        {"rollback", "[ROLLBACK] Z:I"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        Q(each[i].sql);
        const char *is = answers();
        if (strcmp(is, each[i].answer) != 0)
            fail_msg("%s: %s, not %s", each[i].sql, is, each[i].answer);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(in),
        TEST(in_by_the_extended_protocol),
        TEST(client_gives_up),
        TEST(rows_fail),
        TEST(a_large_message_fails_at_its_beginning),
        TEST(in_is_refused),
        TEST(copies_among_statements),
        TEST(another_message_amid),
        TEST(lengths_that_are_none),
        TEST(messages_in_pieces),
        TEST(a_pause),
        TEST(the_client_goes),
        cmocka_unit_test_setup_teardown(a_client_that_stalls, stall_set_up, rig_tear_down),
        TEST(out),
        TEST(out_asks_for),
        TEST(out_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
