/* Transactions: every state of the table in session/transaction.c and every way out of it, as the client and
 * as the backend see them. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "SELECT system.main.tavana_of_no_sequence()", .columns = "i", .rows = 1},
    {.sql = "set local thing", .effect = BACKEND_SESSION, .tag = "SET"},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
    {.sql = "drop sequence a", .effect = BACKEND_WRITES, .tag = "DROP SEQUENCE"},
    {.sql = "drop sequence b", .effect = BACKEND_WRITES, .tag = "DROP SEQUENCE"},
};

static int set_up(void **state)
{
    (void)rig_set_up(state);
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

/* What the backend was told of transactions since the last time. */
static const char *tx_log(void)
{
    static char out[4096];
    char *each, *rest = NULL;
    char copy[4096];
    (void)snprintf(copy, sizeof copy, "%s", fake_log(fake));
    out[0] = '\0';
    for (each = strtok_r(copy, ",", &rest); each; each = strtok_r(NULL, ",", &rest)) {
        each += *each == ' ';
        if (strncmp(each, "begin", 5) != 0 && strcmp(each, "commit") != 0 && strcmp(each, "rollback") != 0)
            continue;
        size_t n = strlen(out);
        (void)snprintf(out + n, sizeof out - n, "%s%s", n ? ", " : "", each);
    }
    return out;
}

#define expect_tx(text) assert_string_equal(tx_log(), text)

/* ---- IDLE ---- */

static void idle_statement(void **state)
{
    (void)state;
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    ask("insert 1", "[INSERT 0 1] Z:I");
    ask("select fail", "T(i1) E:22012 Z:I");
    expect_tx(""); /* the engine's own, each */
}

static void idle_ends(void **state)
{
    (void)state;
    ask("commit", "N:25P01 [COMMIT] Z:I");
    ask("rollback", "N:25P01 [ROLLBACK] Z:I");
    ask("end", "N:25P01 [COMMIT] Z:I");
    ask("abort", "N:25P01 [ROLLBACK] Z:I");
    ask("commit and chain", "E:25P01 Z:I");
    ask("rollback and chain", "E:25P01 Z:I");
    ask("savepoint a", "E:25P01 Z:I");
    ask("release a", "E:25P01 Z:I");
    ask("rollback to a", "E:25P01 Z:I");
    ask("prepare transaction 'x'", "E:0A000 Z:I");
    expect_tx("");
}

static void idle_begins(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    expect_tx(""); /* with the first statement */
    ask("commit", "[COMMIT] Z:I");
    expect_tx("");
    ask("start transaction", "[START TRANSACTION] Z:T");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
    expect_tx("begin, rollback");
}

/* ---- IMPLICIT ---- */

static void implicit_of_a_query(void **state)
{
    (void)state;
    ask("insert 1; insert 1; select 1", "[INSERT 0 1] [INSERT 0 1] T(i1) (1) [SELECT 1] Z:I");
    expect_tx("begin, commit");
    ask("insert 1; select fail; insert 1", "[INSERT 0 1] T(i1) E:22012 Z:I");
    expect_tx("begin, rollback");
    ask("insert 1; nonsense", "E:42601 Z:I"); /* nothing has run */
    expect_tx("");
}

static void implicit_of_a_pipeline(void **state)
{
    (void)state;
    P("i", "insert 1"), B("", "i"), E("", 0), B("", "i"), E("", 0), S();
    expect("1 2 [INSERT 0 1] 2 [INSERT 0 1] Z:I");
    expect_tx("begin, commit");
    B("", "i"), E("", 0), B("", "none"), B("", "i"), E("", 0), S();
    expect("2 [INSERT 0 1] E:26000 Z:I");
    expect_tx("begin, rollback");
    B("", "i"), E("", 0), S(), B("", "i"), E("", 0), S();
    expect("2 [INSERT 0 1] Z:I 2 [INSERT 0 1] Z:I");
    expect_tx("");
}

static void implicit_becomes_a_block(void **state)
{
    (void)state;
    ask("insert 1; begin; insert 1", "[INSERT 0 1] [BEGIN] [INSERT 0 1] Z:T");
    expect_tx("begin");
    ask("rollback", "[ROLLBACK] Z:I");
    expect_tx("rollback");
}

static void implicit_ends_amid(void **state)
{
    (void)state;
    ask("insert 1; commit; insert 1; select fail",
        "[INSERT 0 1] N:25P01 [COMMIT] [INSERT 0 1] T(i1) E:22012 Z:I");
    expect_tx("begin, commit, begin, rollback");
    ask("insert 1; rollback; insert 1", "[INSERT 0 1] N:25P01 [ROLLBACK] [INSERT 0 1] Z:I");
    expect_tx("begin, rollback, begin, commit");
    ask("insert 1; begin; insert 1; commit; insert 1",
        "[INSERT 0 1] [BEGIN] [INSERT 0 1] [COMMIT] [INSERT 0 1] Z:I");
    expect_tx("begin, commit, begin, commit");
    ask("select 1; savepoint a", "T(i1) (1) [SELECT 1] E:25P01 Z:I");
    expect_tx("begin, rollback");
    ask("select 1; commit and chain", "T(i1) (1) [SELECT 1] E:25P01 Z:I");
}

static void implicit_commit_fails(void **state)
{
    (void)state;
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    ask("select 1; insert 1", "T(i1) (1) [SELECT 1] E:40001 Z:I");
    expect_tx("begin, commit"); /* which rolls back, if it fails */
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    P("i", "insert 1"), B("", "i"), E("", 0), B("", "i"), E("", 0), S();
    expect("1 2 [INSERT 0 1] 2 [INSERT 0 1] E:40001 Z:I");
    expect_tx("begin, commit");
    fake_fail(fake, FAKE_BEGIN, SQLSTATE_IO_ERROR);
    ask("insert 1; insert 1", "E:58030 Z:I");
    expect_tx("begin");
    ask("insert 1", "[INSERT 0 1] Z:I");
}

/* Statements that are several for the engine: all or nothing. */
static void implicit_of_one_command(void **state)
{
    (void)state;
    ask("drop sequence a, b", "[DROP SEQUENCE] Z:I");
    expect_tx("begin, commit");
    ask("drop sequence a, c", "E:42P01 Z:I");
    expect_tx("begin, rollback");
}

/* ---- BLOCK ---- */

static void block_ends(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    ask("insert 1", "[INSERT 0 1] Z:T");
    ask("begin", "N:25001 [BEGIN] Z:T");
    ask("commit", "[COMMIT] Z:I");
    expect_tx("begin, commit");
    ask("begin; insert 1; rollback", "[BEGIN] [INSERT 0 1] [ROLLBACK] Z:I");
    expect_tx("begin, rollback");
    ask("begin; insert 1; commit", "[BEGIN] [INSERT 0 1] [COMMIT] Z:I");
    expect_tx("begin, commit");
}

static void block_commit_fails(void **state)
{
    (void)state;
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_SERIALIZATION_FAILURE);
    ask("commit", "E:40001 Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    expect_tx("begin, commit, begin");
    fake_fail(fake, FAKE_COMMIT, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN);
    ask("commit and chain", "E:08007 Z:I");
    expect_tx("commit");
}

static void block_rollback_fails(void **state)
{
    (void)state;
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    fake_fail(fake, FAKE_ROLLBACK, SQLSTATE_IO_ERROR); /* what was lost beside is told */
    ask("rollback", "N:58030 [ROLLBACK] Z:I");
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    fake_fail(fake, FAKE_ROLLBACK, SQLSTATE_IO_ERROR);
    ask("select fail", "T(i1) E:22012 N:58030 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    expect_tx("begin, rollback, begin, rollback");
    ask("insert 1", "[INSERT 0 1] Z:I");
}

static void block_begin_fails(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    fake_fail(fake, FAKE_BEGIN, SQLSTATE_IO_ERROR);
    ask("select 1", "T(i1) E:58030 Z:E");
    ask("commit", "[ROLLBACK] Z:I");
    expect_tx("begin");
}

static void block_chains(void **state)
{
    (void)state;
    ask("begin isolation level repeatable read, read only", "[BEGIN] Z:T");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    ask("commit and chain", "[COMMIT] Z:T");
    ask("show transaction_isolation", "T(transaction_isolation) (repeatable read) [SHOW] Z:T");
    ask("insert 1", "E:25006 Z:E");
    ask("rollback and chain", "[ROLLBACK] Z:T"); /* with the defaults, as in PostgreSQL 15 */
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    ask("commit and no chain", "[COMMIT] Z:I");
    expect_tx("begin snapshot read only, commit, begin, commit");
}

static void block_fails(void **state)
{
    (void)state;
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    ask("select fail", "T(i1) E:22012 Z:E");
    expect_tx("begin, rollback"); /* at once */
    ask("rollback", "[ROLLBACK] Z:I");
    expect_tx("");
    ask("begin; select fail; insert 1", "[BEGIN] T(i1) E:22012 Z:E");
    ask("commit", "[ROLLBACK] Z:I");
    P("b", "begin"), B("", "b"), E("", 0), P("", "select fail"), B("", ""), E("", 0), S();
    expect("1 2 [BEGIN] 1 2 E:22012 Z:E");
    ask("end", "[ROLLBACK] Z:I");
}

/* ---- FAILED ---- */

static void failed_refuses(void **state)
{
    static const char *const refused[] = {
        "select 1",          "insert 1",         "begin",
        "show datestyle",    "set role none",    "savepoint a",
        "release a",         "fetch c",          "close c",
        "deallocate all",    "discard all",      "declare c cursor for select 1",
        "copy t from stdin", "copy t to stdout", "prepare q as select 1",
        "execute q"};
    (void)state;
    ask("begin; select fail", "[BEGIN] T(i1) E:22012 Z:E");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        Q(refused[i]);
        if (strcmp(answers(), "E:25P02 Z:E") != 0)
            fail_msg("%s: %s", refused[i], last_message());
    }
    ask("nonsense", "E:42601 Z:E"); /* parsed first */
    ask("", "I Z:E");
    P("", "select 1"), S();
    expect("E:25P02 Z:E");
    P("", ""), B("", ""), S();
    expect("1 E:25P02 Z:E");
    ask("rollback to none", "E:3B001 Z:E");
    ask("commit and chain", "[ROLLBACK] Z:T");
    ask("rollback", "[ROLLBACK] Z:I");
    P("", "select 1"), B("", ""), E("", 0), S();
    expect("1 2 (1) [SELECT 1] Z:I");
}

static void failed_knows_statements(void **state)
{
    (void)state;
    P("s", "select 1"), P("i", "insert 1"), P("r", "rollback"), S();
    expect("1 1 1 Z:I");
    ask("begin; select fail", "[BEGIN] T(i1) E:22012 Z:E");
    B("", "s"), S();
    expect("E:25P02 Z:E");
    D('S', "s"), S();
    expect("E:25P02 Z:E");
    D('S', "i"), S();
    expect("t(0) n Z:E");
    B("", "r"), E("", 0), S();
    expect("2 [ROLLBACK] Z:I");
}

/* ---- savepoints ---- */

static void savepoints(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    ask("savepoint a", "[SAVEPOINT] Z:T");
    ask("insert 1", "[INSERT 0 1] Z:T");
    ask("savepoint b", "[SAVEPOINT] Z:T");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
    ask("rollback to b", "[ROLLBACK] Z:T"); /* nothing was written behind it */
    expect_tx("begin");
    ask("rollback to a", "[ROLLBACK] Z:T"); /* nothing was written before it */
    expect_tx("rollback");
    ask("insert 1", "[INSERT 0 1] Z:T");
    ask("rollback to savepoint a", "[ROLLBACK] Z:T");
    expect_tx("begin, rollback");
    ask("release savepoint a", "[RELEASE] Z:T");
    ask("release a", "E:3B001 Z:E");
    ask("rollback to a", "E:3B001 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

static void savepoints_of_one_name(void **state)
{
    (void)state;
    ask("begin; set extra_float_digits = 0; savepoint a; set extra_float_digits = 2; savepoint a; set "
        "extra_float_digits = 3; savepoint b",
        "[BEGIN] [SET] [SAVEPOINT] [SET] [SAVEPOINT] [SET] [SAVEPOINT] Z:T");
    ask("rollback to a; show extra_float_digits", "[ROLLBACK] T(extra_float_digits) (2) [SHOW] Z:T");
    ask("release a; rollback to a; show extra_float_digits",
        "[RELEASE] [ROLLBACK] T(extra_float_digits) (0) [SHOW] Z:T");
    ask("rollback to b", "E:3B001 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("show extra_float_digits", "T(extra_float_digits) (1) [SHOW] Z:I");
}

static void savepoint_after_failure(void **state)
{
    (void)state;
    ask("begin; savepoint a; set extra_float_digits = 0", "[BEGIN] [SAVEPOINT] [SET] Z:T");
    ask("select fail", "T(i1) E:22012 Z:E");
    ask("rollback to a; show extra_float_digits", "[ROLLBACK] T(extra_float_digits) (1) [SHOW] Z:T");
    ask("commit", "[COMMIT] Z:I");
}

/* Between writes the engine could not stop. */
static void savepoint_between_writes(void **state)
{
    (void)state;
    ask("begin; insert 1; savepoint a; insert 1; release a; commit",
        "[BEGIN] [INSERT 0 1] [SAVEPOINT] [INSERT 0 1] [RELEASE] [COMMIT] Z:I");
    expect_tx("begin, commit");
    ask("begin; insert 1; savepoint a; insert 1", "[BEGIN] [INSERT 0 1] [SAVEPOINT] [INSERT 0 1] Z:T");
    ask("rollback to a", "E:0A000 Z:E");
    expect_tx("begin, rollback");
    ask("rollback to a", "E:0A000 Z:E");
    ask("commit", "[ROLLBACK] Z:I");
    expect_tx("");
    ask("begin; insert 1; savepoint a", "[BEGIN] [INSERT 0 1] [SAVEPOINT] Z:T");
    ask("select fail", "T(i1) E:22012 Z:E");
    expect_tx("begin"); /* it could go on, if the engine's transaction were still good */
    ask("rollback", "[ROLLBACK] Z:I");
    expect_tx("rollback");
}

enum { SAVEPOINTS = 1000 };

static void too_many_savepoints(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] Z:T");
    P("s", "savepoint x");
    for (int i = 0; i < SAVEPOINTS; i++)
        B("", "s"), E("", 0);
    S();
    (void)answers();
    ask("savepoint x", "E:54000 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("begin; savepoint x", "[BEGIN] [SAVEPOINT] Z:T");
}

/* ---- modes ---- */

static void modes(void **state)
{
    static const struct {
        const char *begin, *tx;
    } each[] = {
        {"begin", "begin, rollback"},
        {"begin isolation level read uncommitted", "begin, rollback"},
        {"begin isolation level read committed", "begin, rollback"},
        {"begin isolation level repeatable read", "begin snapshot, rollback"},
        {"begin isolation level serializable read write", "begin snapshot, rollback"},
        {"begin read only", "begin read only, rollback"},
        {"start transaction isolation level serializable, read only, deferrable",
         "begin snapshot read only, rollback"},
        {"begin; set transaction isolation level serializable", "begin snapshot, rollback"},
        {"begin; set transaction read only", "begin read only, rollback"},
        {"begin; set transaction_isolation = 'repeatable read'", "begin snapshot, rollback"},
        {"begin; set transaction_read_only = on", "begin read only, rollback"},
        {"begin; set transaction_deferrable = on", "begin, rollback"},
        {"begin read only; set transaction read write", "begin, rollback"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        Q(each[i].begin);
        assert_null(strstr(answers(), "E:"));
        ask("select 1", "T(i1) (1) [SELECT 1] Z:T");
        ask("rollback", "[ROLLBACK] Z:I");
        expect_tx(each[i].tx);
    }
}

static void modes_come_too_late(void **state)
{
    static const char *const late[] = {"set transaction isolation level serializable",
                                       "set transaction deferrable", "set transaction read write",
                                       "set transaction_isolation = 'serializable'"};
    (void)state;
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        ask("begin read only; select 1", "[BEGIN] T(i1) (1) [SELECT 1] Z:T");
        ask("set transaction isolation level read committed", "[SET] Z:T"); /* it is so */
        ask("set transaction read only", "[SET] Z:T");
        ask(late[i], "E:25001 Z:E");
        ask("rollback", "[ROLLBACK] Z:I");
        ask("begin; savepoint a", "[BEGIN] [SAVEPOINT] Z:T");
        Q(late[i]);
        bool is_mode = strstr(late[i], "read write") != NULL;
        assert_string_equal(answers(), is_mode ? "[SET] Z:T" : "E:25001 Z:E");
        ask("rollback", "[ROLLBACK] Z:I");
    }
    ask("set transaction read only", "N:25P01 [SET] Z:I");
    ask("begin; set transaction_isolation = 'none'", "[BEGIN] E:22023 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

static void read_only(void **state)
{
    (void)state;
    ask("begin read only", "[BEGIN] Z:T");
    ask("set local thing", "[SET] Z:T");
    ask("insert 1", "E:25006 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    ask("set default_transaction_read_only = on", "[SET] P:default_transaction_read_only=on Z:I");
    ask("insert 1", "E:25006 Z:I");
    ask("select 1; insert 1", "T(i1) (1) [SELECT 1] E:25006 Z:I");
    ask("begin; insert 1", "[BEGIN] E:25006 Z:E");
    ask("rollback; begin read write; insert 1", "[ROLLBACK] [BEGIN] [INSERT 0 1] Z:T");
    ask("commit", "[COMMIT] Z:I");
    ask("set session characteristics as transaction read write, isolation level serializable, deferrable",
        "[SET] P:default_transaction_read_only=off Z:I");
    ask("insert 1", "[INSERT 0 1] Z:I");
    (void)tx_log();
    ask("begin; insert 1; commit", "[BEGIN] [INSERT 0 1] [COMMIT] Z:I");
    expect_tx("begin snapshot, commit");
}

/* ---- settings are transactional ---- */

static void settings_roll_back(void **state)
{
    (void)state;
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    ask("begin; set timezone = 'Europe/Berlin'", "[BEGIN] [SET] P:TimeZone=Europe/Berlin Z:T");
    ask("rollback", "[ROLLBACK] P:TimeZone=UTC Z:I");
    ask("begin; set local timezone = 'Europe/Berlin'", "[BEGIN] [SET] P:TimeZone=Europe/Berlin Z:T");
    ask("commit", "[COMMIT] P:TimeZone=UTC Z:I");
    ask("set local timezone = 'Europe/Berlin'", "N:25P01 [SET] Z:I");
    ask("set search_path = a, b", "[SET] Z:I");
    (void)fake_log(fake);
    ask("begin; set search_path = nowhere", "[BEGIN] [SET] Z:T");
    ask("rollback; show search_path", "[ROLLBACK] T(search_path) (a, b) [SHOW] Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    expect_log("search_path nowhere, search_path nowhere, search_path information_schema, search_path a,b, "
               "prepare select 1, open select 1, start select 1, fetch 0+all, "
               "close select 1, stmt_free select 1");
    fake_fail(fake, FAKE_APPLY_SETTINGS, SQLSTATE_INVALID_PARAMETER_VALUE);
    ask("set timezone = 'Europe/Berlin'", "E:22023 Z:I");
    ask("show timezone", "T(TimeZone) (UTC) [SHOW] Z:I");
    ask("select 1; set timezone = 'Europe/Berlin'; select fail",
        "T(i1) (1) [SELECT 1] [SET] T(i1) E:22012 Z:I");
    ask("show timezone", "T(TimeZone) (UTC) [SHOW] Z:I");
}

/* A path that some schemas are gone from is searched as far as it goes. */
static void search_path_that_has_gone(void **state)
{
    (void)state;
    use(client_new());
    startup("user", "u", "options", "-c search_path=a,nowhere,\"B\",public", NULL);
    (void)until_ready();
    (void)fake_log(fake);
    Q("select 1");
    (void)answers();
    ask("show search_path", "T(search_path) (a,nowhere,\"B\",public) [SHOW] Z:I");
    assert_non_null(strstr(fake_log(fake), "search_path a,\"B\",main"));
}

static void discard(void **state)
{
    (void)state;
    ask("prepare q as select 1", "[PREPARE] Z:I");
    ask("set timezone = 'Europe/Berlin'", "[SET] P:TimeZone=Europe/Berlin Z:I");
    (void)fake_log(fake);
    ask("discard all", "[DISCARD ALL] P:TimeZone=UTC Z:I");
    expect_log("stmt_free select 1, reset");
    ask("discard plans", "[DISCARD PLANS] Z:I");
    ask("discard sequences", "[DISCARD SEQUENCES] Z:I");
    ask("begin", "[BEGIN] Z:T");
    ask("discard all", "E:25001 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
    fake_fail(fake, FAKE_RESET, SQLSTATE_IO_ERROR);
    ask("discard all", "E:58030 Z:I");
    ask("discard all", "[DISCARD ALL] Z:I");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(idle_statement),
        TEST(idle_ends),
        TEST(idle_begins),
        TEST(implicit_of_a_query),
        TEST(implicit_of_a_pipeline),
        TEST(implicit_becomes_a_block),
        TEST(implicit_ends_amid),
        TEST(implicit_commit_fails),
        TEST(implicit_of_one_command),
        TEST(block_ends),
        TEST(block_commit_fails),
        TEST(block_rollback_fails),
        TEST(block_begin_fails),
        TEST(block_chains),
        TEST(block_fails),
        TEST(failed_refuses),
        TEST(failed_knows_statements),
        TEST(savepoints),
        TEST(savepoints_of_one_name),
        TEST(savepoint_after_failure),
        TEST(savepoint_between_writes),
        TEST(too_many_savepoints),
        TEST(modes),
        TEST(modes_come_too_late),
        TEST(read_only),
        TEST(settings_roll_back),
        TEST(search_path_that_has_gone),
        TEST(discard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
