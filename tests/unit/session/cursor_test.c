/* Cursors: DECLARE, FETCH and MOVE in every direction, CLOSE, WITH HOLD, SCROLL, in transactions that fail
 * and in sessions that stand idle. */
#include "rig.h"

#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "select it", .columns = "it", .rows = 3},
    {.sql = "select $1", .columns = "i", .rows = 2, .nparams = 1},
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "with insert", .effect = BACKEND_WRITES, .columns = "i", .rows = 1},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
    {.sql = "select bad row",
     .columns = "i",
     .rows = 5,
     .fails_at = FAKE_NEXT,
     .code = SQLSTATE_DIVISION_BY_ZERO,
     .after_rows = 2},
    {.sql = "select bad park", .columns = "i", .rows = 5, .fails_at = FAKE_PARK, .code = SQLSTATE_DISK_FULL},
};

static int set_up(void **state)
{
    (void)rig_set_up(state);
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

struct step {
    const char *sql, *answer;
};

/* One query each. */
static void walk(const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Q(steps[i].sql);
        const char *is = answers();
        if (strcmp(is, steps[i].answer) != 0)
            fail_msg("%s: %s, not %s", steps[i].sql, is, steps[i].answer);
    }
}

#define WALK(steps) walk(steps, sizeof(steps) / sizeof *(steps))

static void forward(void **state)
{
    static const struct step steps[] = {
        {"begin; declare c cursor for select 5", "[BEGIN] [DECLARE CURSOR] Z:T"},
        {"fetch c", "T(i1) (1) [FETCH 1] Z:T"},
        {"fetch 2 from c", "T(i1) (2) (3) [FETCH 2] Z:T"},
        {"fetch 0 from c", "E:55000 Z:E"},
    };
    (void)state;
    WALK(steps);
    static const struct step again[] = {
        {"rollback; begin; declare c no scroll cursor for select 5",
         "[ROLLBACK] [BEGIN] [DECLARE CURSOR] Z:T"},
        {"fetch next in c", "T(i1) (1) [FETCH 1] Z:T"},
        {"move forward 1 c", "[MOVE 1] Z:T"},
        {"fetch relative 2 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"fetch absolute 5 c", "T(i1) (5) [FETCH 1] Z:T"},
        {"fetch all c", "T(i1) [FETCH 0] Z:T"},
        {"fetch c", "T(i1) [FETCH 0] Z:T"},
        {"fetch prior c", "E:55000 Z:E"},
    };
    WALK(again);
    ask("rollback", "[ROLLBACK] Z:I");
}

/* A cursor that does not scroll goes nowhere back, whichever way that is said. */
static void backward_without_scroll(void **state)
{
    static const char *const back[] = {"fetch prior c",        "fetch first c",       "fetch last c",
                                       "fetch absolute 1 c",   "fetch absolute 0 c",  "fetch absolute -1 c",
                                       "fetch relative -1 c",  "fetch relative 0 c",  "fetch backward 1 c",
                                       "fetch backward all c", "move backward all c", "fetch -1 c"};
    (void)state;
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        ask("begin; declare c no scroll cursor for select 5; fetch 3 c",
            "[BEGIN] [DECLARE CURSOR] T(i1) (1) (2) (3) [FETCH 3] Z:T");
        Q(back[i]);
        assert_non_null(strstr(answers(), "E:55000 Z:E"));
        ask("rollback", "[ROLLBACK] Z:I");
    }
}

static void scroll(void **state)
{
    static const struct step steps[] = {
        {"begin; declare c scroll cursor for select 5", "[BEGIN] [DECLARE CURSOR] Z:T"},
        {"fetch prior c", "T(i1) [FETCH 0] Z:T"},
        {"fetch 0 c", "T(i1) [FETCH 0] Z:T"},
        {"move 0 c", "[MOVE 0] Z:T"},
        {"fetch 2 c", "T(i1) (1) (2) [FETCH 2] Z:T"},
        {"fetch 0 c", "T(i1) (2) [FETCH 1] Z:T"},
        {"move 0 c", "[MOVE 1] Z:T"},
        {"fetch relative 0 c", "T(i1) (2) [FETCH 1] Z:T"},
        {"fetch prior c", "T(i1) (1) [FETCH 1] Z:T"},
        {"fetch backward 1 c", "T(i1) [FETCH 0] Z:T"},
        {"fetch all c", "T(i1) (1) (2) (3) (4) (5) [FETCH 5] Z:T"},
        {"fetch c", "T(i1) [FETCH 0] Z:T"},
        {"fetch prior c", "T(i1) (5) [FETCH 1] Z:T"},
        {"fetch -2 c", "T(i1) (4) (3) [FETCH 2] Z:T"},
        {"fetch backward -1 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"fetch backward all c", "T(i1) (3) (2) (1) [FETCH 3] Z:T"},
        {"fetch last c", "T(i1) (5) [FETCH 1] Z:T"},
        {"fetch first c", "T(i1) (1) [FETCH 1] Z:T"},
        {"fetch absolute 3 c", "T(i1) (3) [FETCH 1] Z:T"},
        {"fetch absolute 4 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"fetch absolute 3 c", "T(i1) (3) [FETCH 1] Z:T"},
        {"fetch absolute -2 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"fetch absolute 9 c", "T(i1) [FETCH 0] Z:T"},
        {"fetch absolute 5 c", "T(i1) (5) [FETCH 1] Z:T"},
        {"fetch absolute -9 c", "T(i1) [FETCH 0] Z:T"},
        {"fetch absolute 0 c", "T(i1) [FETCH 0] Z:T"},
        {"fetch relative 2 c", "T(i1) (2) [FETCH 1] Z:T"},
        {"fetch relative -1 c", "T(i1) (1) [FETCH 1] Z:T"},
        {"move all c", "[MOVE 4] Z:T"},
        {"move backward 2 c", "[MOVE 2] Z:T"},
        {"move backward all c", "[MOVE 3] Z:T"},
        {"move backward all c", "[MOVE 0] Z:T"},
        {"move absolute 2 c", "[MOVE 1] Z:T"},
        {"move 2 c", "[MOVE 2] Z:T"},
        {"fetch forward 0 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"fetch backward 0 c", "T(i1) (4) [FETCH 1] Z:T"},
        {"close c", "[CLOSE CURSOR] Z:T"},
        {"commit", "[COMMIT] Z:I"},
    };
    (void)state;
    WALK(steps);
}

static void what_is_asked(void **state)
{
    (void)state;
    ask("begin; declare c scroll cursor for select 5; fetch 2 c; move 1 c; fetch prior c; close c",
        "[BEGIN] [DECLARE CURSOR] T(i1) (1) (2) [FETCH 2] [MOVE 1] T(i1) (2) [FETCH 1] [CLOSE CURSOR] Z:T");
    expect_log(
        "prepare select 5, open select 5, begin, start select 5, stmt_free select 5, fetch 0+2, fetch skip "
        "2+1, fetch 2-1, close select 5");
}

static void declare_is_refused(void **state)
{
    static const struct step steps[] = {
        {"declare c cursor for select 1", "E:25P01 Z:I"},
        {"begin; declare c cursor for select 1", "[BEGIN] [DECLARE CURSOR] Z:T"},
        {"declare c cursor for select 1", "E:42P03 Z:E"},
        {"rollback; begin; declare c cursor for insert 1", "[ROLLBACK] [BEGIN] E:42601@39 Z:E"},
        {"rollback; begin; declare c cursor for with insert", "[ROLLBACK] [BEGIN] E:42601@39 Z:E"},
        {"rollback; begin; declare c cursor for show datestyle", "[ROLLBACK] [BEGIN] E:42601@39 Z:E"},
        {"rollback; begin; declare c cursor for select unknown", "[ROLLBACK] [BEGIN] E:42P01 Z:E"},
        {"rollback; begin; declare c cursor for select fail", "[ROLLBACK] [BEGIN] E:22012 Z:E"},
        {"rollback; begin; declare c cursor for select $1", "[ROLLBACK] [BEGIN] E:42P02 Z:E"},
        {"rollback; select 1; declare c cursor for select 2; fetch c",
         "[ROLLBACK] T(i1) (1) [SELECT 1] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:I"},
        {"fetch c", "E:34000 Z:I"},
    };
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
    WALK(steps);
    P("", "declare c cursor for select 1"), B("", ""), E("", 0), S();
    expect("1 2 E:25P01 Z:I");
}

static void no_such_cursor(void **state)
{
    static const struct step steps[] = {
        {"fetch c", "E:34000 Z:I"},
        {"move c", "E:34000 Z:I"},
        {"close c", "E:34000 Z:I"},
        {"close \"\"", "E:42601 Z:I"},
        {"close all", "[CLOSE CURSOR ALL] Z:I"},
    };
    (void)state;
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strstr(steps[i].sql, "\"\""))
            walk(&steps[i], 1);
    ask("begin; declare a cursor for select 1; declare b cursor for select 1",
        "[BEGIN] [DECLARE CURSOR] [DECLARE CURSOR] Z:T");
    ask("close all", "[CLOSE CURSOR ALL] Z:T");
    ask("fetch a", "E:34000 Z:E");
}

static void in_the_extended_protocol(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("d", "declare c cursor for select it"), D('S', "d"), B("", "d"), D('P', ""), E("", 0), S();
    expect("1 t(0) n 2 n [DECLARE CURSOR] Z:T");
    P("f", "fetch 1 c"), D('S', "f"), BF("", "f", 1), D('P', ""), E("", 0), S();
    expect("1 t(0) T(i1,t2) 2 T(i1:b,t2:b) (#00000001,r1) [FETCH 1] Z:T");
    D('P', "c"), E("c", 1), S(); /* it is a portal as any other */
    expect("T(i1,t2) (2,r2) s Z:T");
    B("", "f"), E("", 0), C('P', "c"), B("", "f"), E("", 0), S();
    expect("2 (3,r3) [FETCH 1] 3 2 E:34000 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

/* What FETCH takes lies ready, to be paged. */
static void a_fetch_in_pages(void **state)
{
    (void)state;
    ask("begin; declare c scroll cursor for select 5", "[BEGIN] [DECLARE CURSOR] Z:T");
    (void)fake_log(fake);
    P("f", "fetch 3 c"), B("", "f"), E("", 2), E("", 2), S();
    expect("1 2 (1) (2) s (3) [FETCH 1] Z:T");
    expect_log("slice 0+3, fetch 0+2, fetch 2+2");
    P("b", "fetch backward all c"), B("", "b"), E("", 1), E("", 2), S();
    expect("1 2 (2) s (1) [FETCH 1] Z:T");
    fake_fail(fake, FAKE_SLICE, SQLSTATE_DISK_FULL);
    B("", "f"), E("", 1), S();
    expect("2 E:53100 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    P("s", "show datestyle"), B("p", "s"), P("f2", "fetch 2 p"), B("q", "f2"), E("q", 1), E("q", 1), S();
    expect("1 2 1 2 (ISO, MDY) s [FETCH 0] Z:I"); /* of a command's rows */
}

static void fetch_of_what_has_none(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("", "insert 1"), B("p", ""), P("", "fetch p"), B("", ""), E("", 0), S();
    expect("1 2 1 2 E:55000 Z:E");
    ask("rollback; begin", "[ROLLBACK] [BEGIN] Z:T");
    P("f", "fetch f"), B("f", "f"), E("f", 0), S(); /* itself */
    expect("1 2 E:55000 Z:E");
    ask("rollback; begin", "[ROLLBACK] [BEGIN] Z:T");
    P("c", "close c"), B("c", "c"), E("c", 0), S();
    expect("1 2 E:24000 Z:E");
}

static void binary(void **state)
{
    (void)state;
    ask("begin; declare c binary cursor for select it; fetch c",
        "[BEGIN] [DECLARE CURSOR] T(i1:b,t2:b) (#00000001,r1) [FETCH 1] Z:T");
    P("", "fetch c"), B("", ""), E("", 0), S();
    expect("1 2 (2,r2) [FETCH 1] Z:T");
    E("c", 0), S();
    expect("(3,r3) [SELECT 1] Z:T");
}

static void parameters(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("d", "declare c cursor for select $1"), D('S', "d"), BV("", "d", "7", NULL), E("", 0), C('S', "d"), S();
    expect("1 t(1) n 2 [DECLARE CURSOR] 3 Z:T");
    ask("fetch all c", "T(i1) (1) (2) [FETCH 2] Z:T");
}

/* ---- WITH HOLD ---- */

static void hold(void **state)
{
    (void)state;
    ask("begin; declare c cursor with hold for select 3; fetch c",
        "[BEGIN] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    (void)fake_log(fake);
    ask("commit", "[COMMIT] Z:I");
    expect_log("park select 3, commit");
    ask("fetch c", "T(i1) (2) [FETCH 1] Z:I");
    ask("begin; select fail", "[BEGIN] T(i1) E:22012 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("fetch c", "T(i1) (3) [FETCH 1] Z:I");
    ask("select 1; commit; select 2", "T(i1) (1) [SELECT 1] N:25P01 [COMMIT] T(i1) (1) (2) [SELECT 2] Z:I");
    ask("fetch c", "T(i1) [FETCH 0] Z:I");
    ask("close c", "[CLOSE CURSOR] Z:I");
    ask("declare c cursor with hold for select 2", "[DECLARE CURSOR] Z:I");
    ask("fetch all c", "T(i1) (1) (2) [FETCH 2] Z:I");
}

static void hold_is_rolled_back(void **state)
{
    (void)state;
    ask("begin; declare c cursor with hold for select 3", "[BEGIN] [DECLARE CURSOR] Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("fetch c", "E:34000 Z:I");
    ask("begin; declare c cursor with hold for select bad park", "[BEGIN] [DECLARE CURSOR] Z:T");
    (void)fake_log(fake);
    ask("commit", "E:53100 Z:I");
    expect_log("park select bad park, close select bad park, rollback");
    ask("begin; declare c cursor with hold for select 3", "[BEGIN] [DECLARE CURSOR] Z:T");
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    ask("commit", "E:40001 Z:I");
    ask("fetch c", "E:34000 Z:I");
    ask("declare c cursor with hold for select bad park", "E:53100 Z:I");
}

static void hold_that_has_been_read(void **state)
{
    (void)state;
    ask("begin; declare c scroll cursor with hold for select 2; fetch all c",
        "[BEGIN] [DECLARE CURSOR] T(i1) (1) (2) [FETCH 2] Z:T");
    (void)fake_log(fake);
    ask("commit", "[COMMIT] Z:I");
    expect_log("commit"); /* it is complete: nothing is to be put down */
    ask("close all", "[CLOSE CURSOR ALL] Z:I");
}

/* ---- failed transactions, savepoints ---- */

static void a_failure_ends_cursors(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select 3; fetch c", "[BEGIN] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    (void)fake_log(fake);
    ask("select fail", "T(i1) E:22012 Z:E");
    expect_log(
        "prepare select fail, open select fail, start select fail, close select fail, stmt_free select fail, "
        "close select 3, rollback");
    ask("fetch c", "E:25P02 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("fetch c", "E:34000 Z:I");
}

static void a_fetch_that_fails(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select bad row; savepoint s; fetch 2 c",
        "[BEGIN] [DECLARE CURSOR] [SAVEPOINT] T(i1) (1) (2) [FETCH 2] Z:T");
    ask("fetch c", "T(i1) E:22012 Z:E");
    ask("rollback to s", "[ROLLBACK] Z:T");
    ask("fetch c", "E:55000 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("begin; declare c cursor for select bad row; move 9 c", "[BEGIN] [DECLARE CURSOR] E:22012 Z:E");
}

static void savepoints(void **state)
{
    (void)state;
    ask("begin; declare a cursor for select 3; savepoint s; declare b cursor for select 3; fetch a",
        "[BEGIN] [DECLARE CURSOR] [SAVEPOINT] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    (void)fake_log(fake);
    ask("rollback to s", "[ROLLBACK] Z:T");
    expect_log("close select 3, park select 3, rollback"); /* the younger one, the older one */
    ask("fetch a", "T(i1) (2) [FETCH 1] Z:T");
    ask("fetch b", "E:34000 Z:E");
    ask("rollback to s; fetch a", "[ROLLBACK] T(i1) (3) [FETCH 1] Z:T");
    ask("commit", "[COMMIT] Z:I");
}

static void killed_portals(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select 3", "[BEGIN] [DECLARE CURSOR] Z:T");
    P("e", ""), B("e", "e"), P("s", "show datestyle"), B("s", "s"), E("s", 0), S();
    expect("1 2 1 2 (ISO, MDY) [SHOW] Z:T");
    ask("select fail", "T(i1) E:22012 Z:E");
    D('P', "e"), S(); /* they are there until the end, for nothing */
    expect("n Z:E");
    E("e", 0), S();
    expect("I Z:E");
    D('P', "s"), S();
    expect("E:25P02 Z:E");
    C('P', "s"), C('P', "c"), S();
    expect("3 3 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

/* ---- idle ones ---- */

static int idle_set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    c.cursor_idle_us = 30 * 1000;
    c.cursor_cleanup_us = 1000;
    rig_start(&c, 4);
    (void)client_login();
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

static void idle_cursors_end(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select 3; fetch c", "[BEGIN] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    wait_until(fake_open(fake, FAKE_PORTALS) == 0);
    ask("savepoint a; fetch c", "[SAVEPOINT] E:34000 Z:E");
    D('P', "c"), S();
    expect("E:34000 Z:E");
    ask("rollback to a; declare c cursor for select 2; fetch c", /* its name is free */
        "[ROLLBACK] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    wait_until(fake_open(fake, FAKE_PORTALS) == 0);
    P("s", "select 1"), B("c", "s"), E("c", 0), S();
    expect("1 2 (1) [SELECT 1] Z:T");
    ask("close c; close all", "[CLOSE CURSOR] [CLOSE CURSOR ALL] Z:T");
}

static int park_set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    c.stream_idle_park_us = 20 * 1000;
    c.cursor_cleanup_us = 1000;
    rig_start(&c, 4);
    (void)client_login();
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

/* How often it was asked to park since the last time. */
static unsigned parks(void)
{
    unsigned n = 0;
    for (const char *at = fake_log(fake); (at = strstr(at, "park select 3")); at++)
        n++;
    return n;
}

static void idle_streams_are_put_aside(void **state)
{
    (void)state;
    enum { SLOWLY = 2 };
    unsigned n = 0;
    fake_park_slowly(fake, SLOWLY);
    ask("begin; declare c cursor for select 3; fetch c", "[BEGIN] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    wait_until((n += parks()) == SLOWLY + 1);
    ask("fetch c", "T(i1) (2) [FETCH 1] Z:T");
    rig_sleep_ms(50);
    assert_int_equal(parks(), 0); /* once is enough */
    ask("declare d cursor for select bad park; fetch d", "[DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forward),
        TEST(backward_without_scroll),
        TEST(scroll),
        TEST(what_is_asked),
        TEST(declare_is_refused),
        TEST(no_such_cursor),
        TEST(in_the_extended_protocol),
        TEST(a_fetch_in_pages),
        TEST(fetch_of_what_has_none),
        TEST(binary),
        TEST(parameters),
        TEST(hold),
        TEST(hold_is_rolled_back),
        TEST(hold_that_has_been_read),
        TEST(a_failure_ends_cursors),
        TEST(a_fetch_that_fails),
        TEST(savepoints),
        TEST(killed_portals),
        cmocka_unit_test_setup_teardown(idle_cursors_end, idle_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(idle_streams_are_put_aside, park_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
