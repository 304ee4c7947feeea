/* Simple queries: several statements in one message, what the engine's own parser cuts, SET, SHOW and
 * set_config, and what the session says of itself. */
#include "../session/rig.h"

#include <stdio.h>
#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
    {.sql = "select 'open", .columns = "t", .rows = 1},
    {.sql = "SELECT current_setting('threads')", .columns = "t", .rows = 1},
    {.sql = "SELECT current_setting('it''s')", .columns = "t", .rows = 1},
    {.sql = "set threads = 4", .effect = BACKEND_SESSION, .tag = "SET"},
    {.sql = "show tables", .columns = "t", .rows = 2},
    {.sql = "drop view a", .effect = BACKEND_WRITES, .tag = "DROP VIEW"},
    {.sql = "select * from *", .columns = "t", .rows = 1},
    {.sql = "nothing is here", .fails_at = FAKE_PREPARE, .code = SQLSTATE_UNDEFINED_COLUMN, .position = 9},
    {.sql = "update t set x = 1 where current of c", .fails_at = FAKE_PREPARE, .code = SQLSTATE_SYNTAX_ERROR},
    {.sql = "drop view c",
     .effect = BACKEND_WRITES,
     .fails_at = FAKE_PREPARE,
     .code = SQLSTATE_UNDEFINED_TABLE,
     .position = 11},
    {.sql = "CREATE SEQUENCE*", .effect = BACKEND_WRITES, .tag = "CREATE SEQUENCE"},
    {.sql = "CREATE OR REPLACE SEQUENCE*", .effect = BACKEND_WRITES, .tag = "CREATE SEQUENCE"},
    {.sql = "create table t*", .effect = BACKEND_WRITES, .tag = "CREATE TABLE"},
    {.sql = "create table u*", .fails_at = FAKE_PREPARE, .code = SQLSTATE_SYNTAX_ERROR, .position = 14},
    {.sql = "drop view b", .effect = BACKEND_WRITES, .tag = "DROP VIEW"},
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

static void several(void **state)
{
    static const struct step steps[] = {
        {"select 1; select 2", "T(i1) (1) [SELECT 1] T(i1) (1) (2) [SELECT 2] Z:I"},
        {";select 1;;", "T(i1) (1) [SELECT 1] Z:I"},
        {"select 1; select fail; select 1", "T(i1) (1) [SELECT 1] T(i1) E:22012 Z:I"},
        {"select 1; select unknown; select 1", "T(i1) (1) [SELECT 1] E:42P01 Z:I"},
        {"select 1; nonsense; select 1", "E:42601 Z:I"},
        {"select 1; show datestyle; insert 1",
         "T(i1) (1) [SELECT 1] T(DateStyle) (ISO, MDY) [SHOW] [INSERT 0 1] Z:I"},
        {"select 1; declare c cursor for nonsense", "E:42601 Z:I"},
        {"select 1; declare c", "E:42601@20 Z:I"},
    };
    (void)state;
    WALK(steps);
}

/* What PostgreSQL's scanner does not know. */
static void cut_by_the_engine(void **state)
{
    static const struct step steps[] = {
        {"select 1; select 'open", "T(i1) (1) [SELECT 1] T(t1) (r1) [SELECT 1] Z:I"},
        {"select 'open", "T(t1) (r1) [SELECT 1] Z:I"},
        {"nonsense 'open", "E:42601 Z:I"},
    };
    (void)state;
    WALK(steps);
    P("", "select 'open"), B("", ""), E("", 0), S();
    expect("1 2 (r1) [SELECT 1] Z:I");
    P("", "select 1; select 'open"), S();
    expect("E:42601 Z:I");
    P("", "nonsense 'open"), S();
    expect("E:42601 Z:I");
}

static void pieces_without_end(void **state)
{
    static char text[200 * 1000];
    (void)state;
    size_t n = 0;
    for (int i = 0; i < 90 * 1000; i++, n += 2)
        memcpy(text + n, "x;", 2);
    memcpy(text + n, "'", 2);
    ask(text, "E:54000 Z:I");
}

static void settings(void **state)
{
    static const struct step steps[] = {
        {"set extra_float_digits = 0", "[SET] Z:I"},
        {"show extra_float_digits", "T(extra_float_digits) (0) [SHOW] Z:I"},
        {"reset extra_float_digits", "[RESET] Z:I"},
        {"set my.own = 'x'", "[SET] Z:I"},
        {"show my.own", "T(my.own) (x) [SHOW] Z:I"},
        {"reset all", "[RESET] Z:I"},
        {"show my.own", "T(my.own) () [SHOW] Z:I"},
        {"show no.such", "E:42704 Z:I"},
        {"set server_version = '1'", "E:55P02 Z:I"},
        {"set statement_timeout = 'x'", "E:22023 Z:I"},
        {"set nothing = 1", "E:42704 Z:I"},
        {"set \"it's\" = 1", "E:42P01 Z:I"},
        {"set threads = 4", "[SET] Z:I"},
        {"show tables", "T(t1) (r1) (r2) [SELECT 2] Z:I"},
        {"show nothing", "E:42704 Z:I"},
        {"set role none", "[SET] Z:I"},
        {"set role u", "[SET] Z:I"},
        {"set role other", "E:42501 Z:I"},
        {"set session authorization other", "E:42501 Z:I"},
        {"set constraints all deferred", "N:25P01 [SET CONSTRAINTS] Z:I"},
        {"begin; set constraints all deferred; rollback", "[BEGIN] N:01000 [SET CONSTRAINTS] [ROLLBACK] Z:I"},
        {"set client_min_messages = error", "[SET] Z:I"},
        {"commit", "[COMMIT] Z:I"},
        {"set client_min_messages = warning", "[SET] Z:I"},
        {"commit", "N:25P01 [COMMIT] Z:I"},
        {"set application_name = 'me'", "[SET] P:application_name=me Z:I"},
    };
    (void)state;
    WALK(steps);
    static const enum sqlstate others[] = {SQLSTATE_QUERY_CANCELED, SQLSTATE_OUT_OF_MEMORY,
                                           SQLSTATE_CONNECTION_FAILURE};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) { /* no reason to call it unknown */
        char answer[32];
        fake_fail(fake, FAKE_PREPARE, others[i]);
        (void)snprintf(answer, sizeof answer, "E:%s Z:I", sqlstate_code(others[i]));
        ask("set threads = 4", answer);
    }
    Q("show all");
    assert_non_null(strstr(answers(), "[SHOW] Z:I"));
}

static void set_config(void **state)
{
    static const struct step steps[] = {
        {"select set_config('extra_float_digits', '0', false)", "T(set_config) (0) [SELECT 1] Z:I"},
        {"show extra_float_digits", "T(extra_float_digits) (0) [SHOW] Z:I"},
        {"begin; select set_config('extra_float_digits', '2', true); commit",
         "[BEGIN] T(set_config) (2) [SELECT 1] [COMMIT] Z:I"},
        {"show extra_float_digits", "T(extra_float_digits) (0) [SHOW] Z:I"},
        {"select set_config('My.Own', 'x', false)", "T(set_config) (x) [SELECT 1] Z:I"},
        {"select set_config(null, 'x', false)", "T(set_config) E:22004 Z:I"},
        {"select set_config('extra_float_digits', 'x', false)", "T(set_config) E:22023 Z:I"},
    };
    (void)state;
    WALK(steps);
    P("s", "select set_config($1, $2, $3)"), D('S', "s");
    BV("", "s", "extra_float_digits", "3", "off", NULL), E("", 0), S();
    expect("1 t(3) T(set_config) 2 (3) [SELECT 1] Z:I");
    BV("", "s", "extra_float_digits", "3", "perhaps", NULL), E("", 0), S();
    expect("E:22P02 Z:I");
    BV("", "s", "extra_float_digits", "\xff", "off", NULL), E("", 0), S();
    expect("E:22021 Z:I");
}

static void of_the_session_itself(void **state)
{
    (void)state;
    ask("select current_user, current_database()", "E:42P01 Z:I"); /* the fake does not know the text */
    const char *log = fake_log(fake);
    assert_non_null(strstr(log, "'u'"));
    assert_non_null(strstr(log, "'db'"));
}

static void names_that_nobody_may_use(void **state)
{
    static const struct step steps[] = {
        {"select * from tavana_catalog.x", "E:42501 Z:I"},
        {"use 'tavana_catalog'", "E:42501 Z:I"},
        {"prepare q as select tavana_catalog.x", "E:42501 Z:I"},
    };
    (void)state;
    WALK(steps);
}

/* The catalog's lists of the session's own are made anew for each portal. */
static void lists_of_the_session(void **state)
{
    (void)state;
    P("l", "select * from pg_cursors"), S();
    expect("1 Z:I");
    ask("begin; declare \"c'1\" cursor for select 1; prepare q (int, text) as select 1",
        "[BEGIN] [DECLARE CURSOR] [PREPARE] Z:T");
    (void)fake_log(fake);
    ask("select * from pg_prepared_statements", "T(t1) (r1) [SELECT 1] Z:T");
    assert_non_null(strstr(fake_log(fake), "name: 'q'"));
    B("p", "l"), E("p", 0), S();
    expect("2 (r1) [SELECT 1] Z:T");
    const char *log = fake_log(fake);
    assert_non_null(strstr(log, "name: 'c''1'"));
    assert_non_null(strstr(log, "name: 'p'")); /* which is about to run */
    fake_fail(fake, FAKE_PREPARE, SQLSTATE_IO_ERROR);
    B("r", "l"), S();
    expect("E:58030 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    B("", "l"), E("", 0), S(); /* it works the next time */
    expect("2 (r1) [SELECT 1] Z:I");
    P("d", "declare c cursor with hold for select * from pg_cursors"), B("", "d"), E("", 0), S();
    expect("1 2 [DECLARE CURSOR] Z:I");
}

/* In the message, not in the statement that the engine got. */
static void positions_of_errors(void **state)
{
    static const struct step steps[] = {
        {"nothing is here", "E:42703@9 Z:I"},
        {"select 1; nothing is here", "T(i1) (1) [SELECT 1] E:42703@19 Z:I"},
        {"update t set x = 1 where current of c", "E:0A000 Z:I"},
        {"drop view a, c", "E:42P01@14 Z:I"},
        {"create table u (id serial)", "E:42601@14 Z:I"},
        {"create table t (id serial)", "[CREATE TABLE] Z:I"},
        {"declare c cursor for nothing is here", "E:42703@30 Z:I"},
    };
    (void)state;
    WALK(steps);
    P("", "nothing is here"), S();
    expect("E:42703@9 Z:I");
}

static void options_of_the_server(void **state)
{
    static const struct step steps[] = {
        {"show an_option", "T(an_option) (its value) [SHOW] Z:I"},
        {"set an_option = 1", "E:55P02 Z:I"},
        {"show current_setting", "E:42704 Z:I"},
    };
    (void)state;
    WALK(steps);
}

static void several_for_the_engine(void **state)
{
    (void)state;
    ask("drop view a, b", "[DROP VIEW] Z:I");
    expect_log(
        "begin, prepare drop view a, open drop view a, start drop view a, close drop view a, stmt_free "
        "drop view a, prepare drop view b, open drop view b, start drop view b, close drop view b, "
        "stmt_free drop view b, commit");
    ask("begin read only; drop view a, b", "[BEGIN] E:25006 Z:E");
    ask("rollback; create table t (id serial)", "[ROLLBACK] [CREATE TABLE] Z:I");
    assert_non_null(strstr(fake_log(fake), "SEQUENCE"));
}

static void not_done(void **state)
{
    static const struct step steps[] = {
        {"listen c", "[LISTEN] Z:I"},     {"notify c", "[NOTIFY] A Z:I"}, {"unlisten c", "[UNLISTEN] Z:I"},
        {"unlisten *", "[UNLISTEN] Z:I"}, {"do $$x$$", "E:42601 Z:I"},
    };
    (void)state;
    WALK(steps);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(several),
        TEST(cut_by_the_engine),
        TEST(pieces_without_end),
        TEST(settings),
        TEST(set_config),
        TEST(of_the_session_itself),
        TEST(names_that_nobody_may_use),
        TEST(lists_of_the_session),
        TEST(positions_of_errors),
        TEST(options_of_the_server),
        TEST(several_for_the_engine),
        TEST(not_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
