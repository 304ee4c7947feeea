/* What a statement costs before it runs: its bytes are looked at once for tokens, the fake backend's pass over
 * them among the others, and a tree is made at most once, of what PostgreSQL's parser has to take. */
#include "rig.h"

#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "select a, 'b' from t where c = $1", .columns = "i", .rows = 1, .nparams = 1},
    {.sql = "select relname from tavana_catalog.pg.pg_class() AS pg_class", .columns = "t", .rows = 1},
    {.sql = "SELECT (1), (2)", .columns = "ii", .rows = 1},
    {.sql = "select a, $1 + $2 from t", .columns = "i", .rows = 1, .nparams = 2},
    {.sql = "SELECT * FROM t", .columns = "it", .rows = 2},
    {.sql = "SELECT \"t2\" FROM t", .columns = "t", .rows = 2},
    {.sql = "INSERT INTO t*", .effect = BACKEND_WRITES, .tag = "INSERT 0"},
    {.sql = "select bad", .fails_at = FAKE_PREPARE, .code = SQLSTATE_UNDEFINED_COLUMN, .position = 8},
    {.sql = "SELECT (1), (bad)", .fails_at = FAKE_PREPARE, .code = SQLSTATE_UNDEFINED_COLUMN, .position = 14},
};

static int set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    rig_start(&c, 1);
    fake_script(fake, script, sizeof script / sizeof *script);
    (void)client_login();
    (void)rig_work();
    return 0;
}

/* Since the last time. */
static void expect_work(uint64_t tokens, uint64_t trees)
{
    struct rig_work w = rig_work();
    assert_int_equal(w.tokens, tokens);
    assert_int_equal(w.trees, trees);
}

static void a_select(void **state)
{
    (void)state;
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    expect_work(2, 0);
    ask("select 1; select 2", "T(i1) (1) [SELECT 1] T(i1) (1) (2) [SELECT 2] Z:I");
    expect_work(5, 0);
    P("", "select 1"), B("", ""), D('P', ""), E("", 0), S();
    expect("1 2 T(i1) (1) [SELECT 1] Z:I");
    expect_work(2, 0);
    ask("select bad", "E:42703@8 Z:I");
    expect_work(2, 0);
}

static void parameters(void **state)
{
    (void)state;
    P("p", "select a, 'b' from t where c = $1"), D('S', "p"), S();
    expect("1 t(1) T(i1) Z:I");
    expect_work(10, 0);
    BV("", "p", "1", NULL), D('P', ""), E("", 0), S();
    expect("2 T(i1) (1) [SELECT 1] Z:I");
    expect_work(0, 0);
}

/* Only what stands in place of pg_class is read anew: tavana_catalog . pg . pg_class ( ) AS pg_class. */
static void the_catalog(void **state)
{
    (void)state;
    ask("select relname from pg_class", "T(t1) (r1) [SELECT 1] Z:I");
    expect_work(4 + 9, 0);
}

static void cursors(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    expect_work(1, 0);
    ask("declare c cursor for select 5", "[DECLARE CURSOR] Z:T");
    expect_work(6, 0);
    ask("fetch 2 from c", "T(i1) (1) (2) [FETCH 2] Z:T");
    expect_work(4, 1);
    ask("fetch 2 from c", "T(i1) (3) (4) [FETCH 2] Z:T");
    expect_work(4, 0);
    ask("commit", "[COMMIT] Z:I");
    expect_work(1, 0);
    ask("begin; declare c cursor for select 5; fetch all from c; commit",
        "[BEGIN] [DECLARE CURSOR] T(i1) (1) (2) (3) (4) (5) [FETCH 5] [COMMIT] Z:I");
    expect_work(15, 1);
}

/* Prepared and executed again and again it parses nothing, whatever else is fetched between. */
static void a_repeated_fetch(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select 5", "[BEGIN] [DECLARE CURSOR] Z:T");
    (void)rig_work();
    P("f", "fetch 1 from c"), B("", "f"), D('P', ""), E("", 0), S();
    expect("1 2 T(i1) (1) [FETCH 1] Z:T");
    expect_work(4, 1);
    ask("fetch 2 in c", "T(i1) (2) (3) [FETCH 2] Z:T");
    expect_work(4, 1);
    B("", "f"), D('P', ""), E("", 0), S();
    expect("2 T(i1) (4) [FETCH 1] Z:T");
    expect_work(0, 0);
    B("", "f"), D('P', ""), E("", 0), S();
    expect("2 T(i1) (5) [FETCH 1] Z:T");
    expect_work(0, 0);
    ask("rollback", "[ROLLBACK] Z:I");
}

static void copies(void **state)
{
    (void)state;
    ask("copy (select 2) to stdout", "H(1) d:1/ d:2/ c [COPY 2] Z:I");
    expect_work(7, 1);
    P("c", "copy (select 1) to stdout"), B("", "c"), E("", 0), S();
    expect("1 2 H(1) d:1/ c [COPY 1] Z:I");
    expect_work(7, 1);
    B("", "c"), E("", 0), S();
    expect("2 H(1) d:1/ c [COPY 1] Z:I");
    expect_work(0, 0);
    Q("copy t from stdin"), copy_done();
    expect("G(1) [COPY 0] Z:I");
    expect_work(4, 1);
}

static void settings(void **state)
{
    (void)state;
    ask("set datestyle to iso", "[SET] Z:I");
    expect_work(4, 1);
    ask("show datestyle", "T(DateStyle) (ISO, MDY) [SHOW] Z:I");
    expect_work(2, 1);
}

/* Of the values alone a query is made; what it consists of has been found already, but for SELECT and the
 * brackets. An error in it has its place in what was sent. */
static void execute(void **state)
{
    (void)state;
    ask("prepare q as select a, $1 + $2 from t", "[PREPARE] Z:I");
    expect_work(11, 0);
    ask("execute q(1, 2)", "T(i1) (1) [SELECT 1] Z:I");
    struct rig_work w = rig_work();
    assert_int_equal(w.trees, 0);
    assert_in_range(w.tokens, 7, 7 + 10);
    ask("execute q(1, bad)", "E:42703@14 Z:I");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_select, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(parameters, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(the_catalog, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(cursors, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_fetch, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(copies, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(settings, set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(execute, set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
