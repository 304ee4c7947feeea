#include "sql/with.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct sql_with with;

static int read(const char *sql)
{
    err_init(&err);
    return sql_with_read(&arena, sql_tokens_of(str_of(sql)), &with, &err);
}

static void test_which(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "with x as (insert into t values (1)) select 1",
        "WITH a AS (SELECT 1), b (c) AS NOT MATERIALIZED (DELETE FROM t RETURNING c) SELECT 1",
        "with recursive x as materialized (update t set a = 1) select 1"};
    static const char *const no[] = {"with x as (select 1) insert into t select * from x",
                                     "select 'as (insert'",
                                     "with x as (select insert from t) select 1",
                                     "with x as (values (1)) delete from t",
                                     "with",
                                     "insert into t values (1)",
                                     "with x as ((insert"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(sql_with_changes(sql_tokens_of(str_of(yes[i]))));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(sql_with_changes(sql_tokens_of(str_of(no[i]))));
}

static void test_parts(void **state)
{
    (void)state;
    assert_int_equal(read("with recursive a as (select ')' from u), \"B b\" (x, y) as (insert into only "
                          "s.\"T\" values (1) returning *) cycle x set c using p update u set x = 1"),
                     ST_OK);
    assert_int_equal(with.n, 2);
    reads(with.with, "with recursive ");
    reads(with.parts[0].body, "select ')' from u");
    assert_false(with.parts[0].changes);
    reads(with.parts[1].head, "\"B b\" (x, y) as (");
    reads(with.parts[1].body, "insert into only s.\"T\" values (1) returning *");
    reads(with.parts[1].tail, ") cycle x set c using p ");
    reads(with.parts[1].target.text, "\"T\"");
    reads(with.main, "update u set x = 1");
    static const char *const wrong[] = {"with x as (insert into t", "with x (insert into t) select 1",
                                        "with as", "with x as (delete from t)", "with x as (delete from t),"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read(wrong[i]), ST_ERR);
}

static void test_what_reads(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "with x as (insert into t values (1)) select * from T",
        "with x as (delete from s.t) select 1 from a, s.t",
        "with a as (select * from t), b as (select * from a), x as (update t set a = 1) select * from b",
        "with x as (insert into t values (1)), y as (delete from \"t\") select 1"};
    static const char *const taken[] = {
        "with x as (insert into t values (1) returning t) select x.t from x",
        "with a as (select * from t), x as (update t set a = 1 from a) select * from x",
        "with x as (delete from t), y as (insert into t values (1)) select 1",
        "with t as (delete from t returning a) select * from t",
        "with x as (insert into t values (1)) insert into t values (2)"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(read(refused[i]), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_int_equal(read(taken[i]), ST_OK);
    char many[4096] = "with x0 as (delete from t)";
    for (int i = 1; i <= SQL_WITH_PARTS_MAX; i++)
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), ", x%d as (select 1)", i);
    assert_int_equal(read(many), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_which, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_reads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
