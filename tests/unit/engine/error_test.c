/* Every class of error from the engine itself, so that a new version that words one differently fails here.
 */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

int engine_error(struct err *e, const char *text, const char *sql); /* of engine_priv.h, with duckdb.h */

static struct engine *engine;
static struct engine_conn *conn, *other;
static struct err err;

/* Prepares and runs to the end, as a session would. */
static int run(struct engine_conn *c, const char *sql)
{
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    err_init(&err);
    int status = engine_prepare(c, str_of(sql), &st, &err);
    if (status == ST_OK)
        status = engine_run(st, ENGINE_STREAM, NULL, &r, &err);
    while (status == ST_OK)
        status = engine_result_next(r, &chunk, &err);
    engine_result_free(r);
    engine_stmt_free(st);
    return status;
}

static void must(struct engine_conn *c, const char *sql)
{
    if (run(c, sql) == ST_ERR)
        fail_msg("%s: %s %s", sql, sqlstate_code(err.code), err.message);
}

static const struct {
    const char *sql, *code;
    int position;
    const char *message, *hint; /* pieces; NULL: not looked at; of a hint "": there is none */
} cases[] = {
    {"select * from nope", "42P01", 15, "relation \"nope\" does not exist", "Did you mean"},
    {"select * from sqlite_maste", "42P01", 15, NULL, ""},
    {"insert into nope.t values (1)", "42P01", 0, NULL, NULL},
    {"drop table nope", "42P01", 0, NULL, NULL},
    {"select nextval('nos')", "42P01", 0, NULL, NULL},
    {"select x.* from t", "42P01", 0, NULL, "Candidate tables: \"t\""},
    {"select nope from t", "42703", 8, "column \"nope\" does not exist", "Candidate bindings: \"a\""},
    {"select t.zz from t", "42703", 8, NULL, "Candidate bindings"},
    {"select 'ääää', xäy from t", "42703", 16, NULL, NULL},
    {"select 1,\n  nope\nfrom t", "42703", 13, NULL, NULL},
    {"insert into t(nope) values (1)", "42703", 0, NULL, "Did you mean"},
    {"update t set nope = 1", "42703", 0, NULL, NULL},
    {"alter table t drop column zz", "42703", 0, NULL, NULL},
    {"select nope(1)", "42883", 8, "function nope does not exist", "Did you mean"},
    {"select substr(1,2,3,4)", "42883", 8, "No function matches", "Candidate functions"},
    {"call nope()", "42883", 0, NULL, NULL},
    {"drop function g", "42883", 0, NULL, NULL},
    {"select current_date + 'x'", "42883", 21, NULL, NULL},
    {"create table t(a int)", "42P07", 0, "relation \"t\" already exists", ""},
    {"create view t as select 1", "42P07", 0, NULL, NULL},
    {"create sequence s", "42P07", 0, NULL, NULL},
    {"create index i on t(a)", "42P07", 0, NULL, NULL},
    {"create schema main", "42P06", 0, NULL, NULL},
    {"create type mood as enum('a')", "42710", 0, NULL, NULL},
    {"create function f(x) as x + 1", "42723", 0, NULL, NULL},
    {"alter table t add column b int", "42701", 0, NULL, NULL},
    {"drop schema nope", "3F000", 0, NULL, NULL},
    {"set search_path = 'nosuch'", "3F000", 0, NULL, NULL},
    {"select * from nodb.s.t", "3D000", 0, NULL, NULL},
    {"select * from nope(1)", "42883", 15, "function nope does not exist", NULL},
    {"select 1::nosuch", "42704", 11, "type \"nosuch\" does not exist", NULL},
    {"select 1::\"a%sb\"", "42704", 11, "type \"a%sb\" does not exist", NULL},
    {"select nope", "42703", 8, "column \"nope\" does not exist", NULL},
    {"drop index nope", "42704", 0, "index \"nope\" does not exist", NULL},
    {"select 1::int::date", "42846", 14, "cannot cast type integer to date", NULL},
    {"select x::bool from (values ('no when')) v(x)", "22P02", 9, "type boolean: \"no when\"", ""},
    {"select interval 'x'", "22007", 17, "invalid input syntax for type interval: \"x\"", NULL},
    {"select '{'::json", "22P02", 11, "invalid input syntax for type json", NULL},
    {"select (select 1 union select 2)", "21000", 0,
     "more than one row returned by a subquery used as an expression", NULL},
    {"set nosuch = 1", "55P02", 0, NULL, NULL},
    {"drop view t", "42809", 0, NULL, NULL},
    {"drop table t", "2BP01", 0, NULL, NULL},
    {"insert into t values (1,'x',1)", "23505", 0,
     "duplicate key value violates unique constraint \"t_pkey\"", NULL},
    {"insert into t values (2,null,1)", "23502", 0, NULL, NULL},
    {"insert into t values (2,'x',-1)", "23514", 0, NULL, NULL},
    {"insert into f values (99)", "23503", 0, NULL, NULL},
    {"delete from t", "23503", 0, NULL, NULL},
    {"select 'abc'::int", "22P02", 13, "invalid input syntax for type integer: \"abc\"", ""},
    {"select ''::int", "22P02", 10, NULL, NULL},
    {"select ' -3000000000 '::int", "22003", 23, NULL, NULL},
    {"select '300'::utinyint", "22003", 13, NULL, NULL},
    {"select '3e9x'::int", "22P02", 14, NULL, NULL},
    {"select '123'::uuid", "22P02", 13, NULL, NULL},
    {"select '1'::numeric(2,2)", "22003", 11, NULL, NULL},
    {"select '-12345.5e+1'::numeric(3,0)", "22003", 21, NULL, NULL},
    {"select '.5.5'::numeric(3,0)", "22P02", 14, NULL, NULL},
    {"select '.'::numeric(3,0)", "22P02", 11, NULL, NULL},
    {"select 'a''b'::numeric(3,0)", "22P02", 14, NULL, NULL},
    {"select 1::int[]", "42846", 9, NULL, NULL},
    {"select sqrt(-1)", "2201F", 0, NULL, NULL},
    {"select ln(0)", "2201E", 0, NULL, NULL},
    {"select acos(2)", "22003", 0, NULL, NULL},
    {"select 1 limit -1", "2201W", 16, NULL, NULL},
    {"select e'\\u00'", "22025", 0, NULL, NULL},
    {"select a from t order by 5", "42P10", 26, NULL, NULL},
    {"select a from t group by 5", "42P10", 0, NULL, NULL},
    {"select (select 1, 2)", "42601", 8, NULL, NULL},
    {"select a from t where rank() over () > 1", "42P20", 23, NULL, NULL},
    {"with w as (select 1), w as (select 2) select * from w", "42712", 0, NULL, NULL},
    {"with w as (select * from w) select * from w", "42P01", 26, NULL, NULL},
    {"select * from t join t u using (nope)", "42703", 0, NULL, NULL},
    {"insert into t (a, a) values (1, 2)", "42701", 0, NULL, NULL},
    {"update t set b = 'x', b = 'y'", "42601", 0, NULL, NULL},
    {"insert into t values (1, 'x', 1) on conflict (b) do nothing", "42P10", 0, NULL, NULL},
    {"create table u (a numeric(50, 2))", "22023", 0, NULL, NULL},
    {"create table u (a int primary key, b int primary key)", "42P16", 0, NULL, NULL},
    {"create table u (a int, primary key (b))", "42703", 0, NULL, NULL},
    {"create table u (a int check (b > 0))", "42703", 0, NULL, NULL},
    {"create table u (a int default b)", "0A000", 31, NULL, NULL},
    {"create table nosuch.u (a int)", "3F000", 0, NULL, NULL},
    {"create view w as select $1", "42P02", 0, NULL, NULL},
    {"select 'x'::uuid", "22P02", 11, NULL, NULL},
    {"select 'z'::mood", "22P02", 11, NULL, NULL},
    {"select 'abc'::date", "22007", 13, NULL, NULL},
    {"select interval 'foo'", "22007", 17, NULL, NULL},
    {"select '2020-13-40'::date", "22008", 20, NULL, NULL},
    {"select make_date(2020,13,1)", "22008", 0, NULL, NULL},
    {"select 300::tinyint", "22003", 11, NULL, NULL},
    {"select 9223372036854775807::bigint + 1", "22003", 0, NULL, NULL},
    {"select cast(1234567 as decimal(4,2))", "22003", 8, NULL, NULL},
    {"select repeat('x', 10000000000)", "54000", 0, NULL, NULL},
    {"selec 1", "42601", 1, "syntax error at or near \"selec\"", NULL},
    {"select 'ääää' selec 1 +", "42601", 21, NULL, NULL},
    {"select (1", "42601", 10, NULL, NULL},
    {"select 1; select 2", "42601", 0, NULL, NULL},
    {"", "42601", 0, NULL, NULL},
    {"insert into t(a) values (1,2)", "42601", 0, NULL, NULL},
    {"select 1 union select 1,2", "42601", 0, NULL, NULL},
    {"select a, count(*) from t", "42803", 8, "must appear in the GROUP BY", "Either add it"},
    {"select sum(count(*)) from t", "42803", 12, NULL, NULL},
    {"select a from t x, t y", "42702", 8, NULL, NULL},
    {"select 1 = [1]", "42883", 8, "operator does not exist: integer = integer[]", NULL},
    {"select x from (values (1)) v(x) where x < date '2020-01-01'", "42883", 41,
     "operator does not exist: integer < date", NULL},
    {"select 1::date", "42846", 9, "cannot cast type integer to date", NULL},
    {"select (select a from generate_series(1,2) g(a))", "21000", 0, "more than one row", ""},
    {"select error('boom')", "22023", 0, "boom", ""},
    {"select a from t order by 'x'", "42601", 26, "non-integer constant in ORDER BY", NULL},
    {"select distinct on ('x') a from t", "42601", 21, "non-integer constant in DISTINCT ON", NULL},
    {"select '10.0.0.1'::inet", "42704", 0, "type \"inet\" does not exist",
     "It is in the engine's extension \"inet\""},
    {"select st_point(1, 2)", "42883", 0, "function st_point does not exist",
     "which this server has not loaded"},
    {"execute nope", "26000", 0, NULL, NULL},
    {"select $2", "42P18", 0, "could not determine data type of parameter $1", NULL},
    {"select $foo", "0A000", 0, NULL, NULL},
    {"select a from t order by $1", "0A000", 0, NULL, NULL},
    {"set timezone = 'nosuch'", "22023", 0, NULL, NULL},
    {"begin; begin", "42601", 0, NULL, NULL},
    {"commit", "25P01", 0, NULL, NULL},
    {"rollback", "25P01", 0, NULL, NULL},
    {"attach '/nonexistent/x.db'", "42501", 0, NULL, NULL},
    {"select * from read_csv('/nonexistent.csv')", "42501", 15, NULL, NULL},
    {"copy t to '/tmp/x.csv'", "42501", 0, NULL, NULL},
    {"select * from 'nofile.parquet'", "42501", 0, NULL, NULL},
    {"install httpfs", "42501", 0, NULL, NULL},
    {"load '/tmp/x.duckdb_extension'", "42501", 0, NULL, NULL},
    {"set memory_limit = '1GB'", "55P02", 0, "Cannot change configuration option", NULL},
    {"set threads = 1", "55P02", 0, NULL, NULL},
    {"set lock_configuration = false", "55P02", 0, NULL, NULL},
    {"set allowed_configs = ['threads']", "55P02", 0, NULL, NULL},
    {"set allowed_directories = ['/']", "55P02", 0, NULL, NULL},
    {"set enable_external_access = true", "55P02", 0, NULL, NULL},
    {"set errors_as_json = false", "55P02", 0, NULL, NULL},
};

static void test_classes(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int st = run(conn, cases[i].sql);
        bool right =
            st == ST_ERR && strcmp(sqlstate_code(err.code), cases[i].code) == 0 &&
            err.position == cases[i].position &&
            (!cases[i].message || strstr(err.message, cases[i].message)) &&
            (!cases[i].hint || (cases[i].hint[0] ? strstr(err.hint, cases[i].hint) != NULL : !err.hint[0]));
        /* Neither the engine's class nor its picture of the line, nor its own way to say it. */
        right &= !strstr(err.message, "Error: ") && !strstr(err.message, "LINE ") &&
                 !strchr(err.message, '\n') && !strchr(err.message, '{');
        if (!right)
            print_error("%s\n  %s at %d: %s\n  detail %s\n  hint %s\n", cases[i].sql, sqlstate_code(err.code),
                        err.position, err.message, err.detail, err.hint);
        wrong += !right;
    }
    assert_int_equal(wrong, 0);
}

static void assert_code(int status, const char *code)
{
    assert_int_equal(status, ST_ERR);
    assert_string_equal(sqlstate_code(err.code), code);
}

static void test_transactions(void **state)
{
    (void)state;
    must(conn, "create table c (a int primary key, b int)");
    must(conn, "insert into c values (1, 1)");
    must(conn, "begin");
    assert_code(run(conn, "begin"), "25001");
    assert_code(run(conn, "select 1"), "25P02");
    must(conn, "rollback");
    must(conn, "begin");
    must(other, "begin");
    must(conn, "update c set b = 5");
    assert_code(run(other, "update c set b = 6"), "40001");
    must(other, "rollback");
    must(conn, "commit");
    must(conn, "begin");
    must(other, "begin");
    must(conn, "insert into c values (10, 1)");
    must(other, "insert into c values (10, 2)");
    must(conn, "commit");
    assert_code(run(other, "commit"), "23505");
    must(other, "select 1");
    must(conn, "begin");
    must(conn, "drop table c");
    assert_code(run(other, "alter table c add column z int"), "40001");
    must(conn, "rollback");
    must(conn, "begin transaction read only");
    assert_code(run(conn, "insert into c values (2, 2)"), "25006");
    must(conn, "rollback");
}

/* Nesting ends in an error, not at the end of the stack. */
/* What DuckLake says is longer; the piece that decides stands here. */
static void test_conflicts(void **state)
{
    (void)state;
    static const struct {
        const char *exception, *message, *code;
    } all[] = {
#define LAKE  "Failed to commit: Failed to commit DuckLake transaction.\\n"
#define TRIED "Exceeded the maximum retry count of 2 set by the ducklake_max_retry_count setting.\\n"
#define FLUSH "Failed to flush changes into DuckLake: {"
        {"TransactionContext",
         LAKE TRIED "Transaction conflict - attempting to alter table with index \\\" 6\\\"", "40001"},
        {"TransactionContext",
         LAKE TRIED FLUSH "Duplicate key \\\" snapshot_id : 17\\\" violates primary key constraint", "40001"},
        {"TransactionContext",
         LAKE TRIED FLUSH
         "ERROR:  duplicate key value violates unique constraint \\\" ducklake_snapshot_pkey\\\"",
         "40001"},
        {"TransactionContext", LAKE FLUSH "PRIMARY KEY or UNIQUE constraint violation", "40001"},
        {"TransactionContext", LAKE FLUSH "ERROR:  could not serialize access due to concurrent update",
         "40001"},
        {"TransactionContext", LAKE FLUSH "Conflict on update!", "40001"},
        {"TransactionContext", LAKE TRIED FLUSH "Could not write file: No space left on device", "53100"},
        {"TransactionContext",
         "Failed to commit DuckLake transaction - failed to get files with deletions for conflict "
         "resolution: x",
         "58030"},
        {"TransactionContext",
         "Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key \\\" 1\\\"", "23505"},
        {"TransactionContext",
         "Failed to commit: Attempting to modify table t but another transaction has dropped this table",
         "40001"},
        {"TransactionContext", "Conflict on tuple deletion!", "40001"},
        {"TransactionContext", "Catalog write-write conflict on create with \\\" t\\\"", "40001"},
        {"TransactionContext",
         "Transaction conflict: attempting to update table \\\" t\\\" but it has been altered by a "
         "different transaction",
         "40001"},
        {"TransactionContext",
         "Failed to alter table \\\" t\\\" because the underlying table state was reverted by a "
         "concurrent transaction",
         "40001"},
        {"Dependency", "subject \\\" t\\\" was dropped and re-created by another transaction", "40001"},
        {"Dependency", "Cannot drop entry \\\" t\\\" because there are entries that depend on it.", "2BP01"},
        {"Constraint", "Duplicate key \\\" a : 1\\\" violates primary key constraint", "23505"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "{\"exception_type\":\"%s\",\"exception_message\":\"%s\"}",
                       all[i].exception, all[i].message);
        err_init(&err);
        assert_int_equal(engine_error(&err, text, NULL), ST_ERR);
        if (strcmp(sqlstate_code(err.code), all[i].code) != 0)
            fail_msg("%s: %s", all[i].message, sqlstate_code(err.code));
    }
}

static void test_deep_statements(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    static char sql[4 * DEPTH + 16];
    static const char *const pieces[] = {"(", "1+", "not "};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char *p = stpcpy(sql, "select ");
        for (int n = 0; n < DEPTH; n++)
            p = stpcpy(p, pieces[i]);
        p = stpcpy(p, "1");
        for (int n = 0; n < DEPTH && i == 0; n++)
            *p++ = ')';
        *p = '\0';
        assert_code(run(conn, sql), "54001");
    }
    must(conn, "select 1");
}

/* An error in the middle arrives after rows, with its own text, and again on every call. */
static void test_middle_of_a_stream(void **state)
{
    (void)state;
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    size_t rows = 0;
    err_init(&err);
    assert_int_equal(engine_prepare(conn,
                                    STR("select case when i = 300000 then error('late') else i end "
                                        "from range(1000000) r(i)"),
                                    &st, &err),
                     ST_OK);
    assert_int_equal(engine_run(st, ENGINE_STREAM, NULL, &r, &err), ST_OK);
    int status;
    while ((status = engine_result_next(r, &chunk, &err)) == ST_OK)
        rows += chunk->nrows;
    assert_int_equal(status, ST_ERR);
    assert_true(rows > 0 && rows <= 300000);
    assert_string_equal(err.message, "late");
    err_init(&err);
    assert_int_equal(engine_result_next(r, &chunk, &err), ST_ERR);
    assert_string_equal(err.message, "late");
    engine_result_free(r);
    engine_stmt_free(st);
    assert_code(run(conn, "select nope"), "42703");
}

/* Another statement ends a stream, which then says so. */
static void test_stream_that_lost_its_connection(void **state)
{
    (void)state;
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    err_init(&err);
    assert_int_equal(engine_prepare(conn, STR("from range(100000)"), &st, &err), ST_OK);
    assert_int_equal(engine_run(st, ENGINE_STREAM, NULL, &r, &err), ST_OK);
    assert_int_equal(engine_result_next(r, &chunk, &err), ST_OK);
    must(other, "select 1");
    assert_int_equal(engine_result_next(r, &chunk, &err), ST_OK);
    must(conn, "select 1");
    assert_int_equal(engine_result_next(r, &chunk, &err), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "24000");
    engine_result_free(r);
    engine_stmt_free(st);
    must(conn, "select 1");
}

static void test_memory(void **state)
{
    (void)state;
    assert_code(run(conn, "create table big as select repeat('x', 1000) || i as s from range(10000000) r(i)"),
                "53200");
    must(conn, "select 1");
}

static int set_up(void **state)
{
    (void)state;
    static const char *const init[] = {
        "create table t(a int primary key, b varchar not null, c int check (c > 0))",
        "create table f(a int references t(a))",
        "insert into t values (1, 'x', 1)",
        "insert into f values (1)",
        "create sequence s",
        "create index i on t(a)",
        "create type mood as enum('a')",
        "create function f(x) as x + 1",
    };
    struct engine_options o = {.threads = 2, .memory_limit = "300MB", .init = init, .ninit = 8};
    err_init(&err);
    if (engine_open(&engine, &o, &err) != ST_OK || engine_connect(engine, &conn, &err) != ST_OK ||
        engine_connect(engine, &other, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

static unsigned deaths;

static void count_death(void *arg, const char *why)
{
    assert_ptr_equal(arg, &deaths);
    assert_string_equal(why, "Failed: database has been invalidated");
    deaths++;
}

/* What a user writes into an error's text is no death, wherever it stands. */
static void test_death(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "select error('FATAL Error: database has been invalidated')",
        "select error('{\"exception_type\":\"FATAL\",\"exception_message\":\"x\"}')",
        "select cast('{\"exception_type\":\"FATAL\"}' as int)",
        "select * from \"{\"\"exception_type\"\":\"\"FATAL\"\"}\"",
        "select \"FATAL Error: x\"(1)",
        "select '{\"exception_type\":\"FATAL\"'::json",
        "FATAL Error: x",
        "{\"exception_type\":\"FATAL\"",
    };
    engine_on_death(count_death, &deaths);
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        assert_int_equal(run(conn, forged[i]), ST_ERR);
        assert_int_not_equal(err.code, SQLSTATE_CRASH_SHUTDOWN);
    }
    assert_int_equal(deaths, 0);
    for (int i = 0; i < 2; i++) {
        err_init(&err);
        assert_int_equal(engine_error(&err,
                                      "{\"exception_type\":\"FATAL\",\"exception_message\":\"Failed: "
                                      "database has been invalidated\"}",
                                      NULL),
                         ST_ERR);
        assert_int_equal(err.code, SQLSTATE_CRASH_SHUTDOWN);
    }
    assert_int_equal(deaths, 1);
}

static int tear_down(void **state)
{
    (void)state;
    engine_disconnect(conn);
    engine_disconnect(other);
    engine_close(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_middle_of_a_stream),
        cmocka_unit_test(test_stream_that_lost_its_connection),
        cmocka_unit_test(test_deep_statements),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_death), /* the last one: it is told once a process */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
