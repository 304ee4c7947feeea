#include "sql/calls.h"

#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

static int parse(const char *sql, struct sql_calls *out)
{
    struct sql_statement *s = the_statement(sql);
    if (s->kind != SQL_CALLS)
        return ST_AGAIN;
    return sql_parse_calls(&arena, s, out, &err);
}

static void test_made(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *made;
        size_t n, place, nitems, star;
    } made[] = {
        {"select pg_advisory_lock(1)", "select ARRAY[CAST((1) AS bigint)::text]", 1, 0, 1, 1},
        {"select a, pg_catalog.PG_TRY_ADVISORY_LOCK (f(1, 2), $1) as x from t order by 1",
         "select a, ARRAY[CAST((f(1, 2)) AS integer)::text, CAST($1 AS integer)::text] as x from t order "
         "by 1",
         1, 1, 2, 2},
        {"select t.*, pg_advisory_unlock_all() from t", "select t.*, ARRAY[NULL::text] from t", 1, 1, 2, 0},
        {"select LO_creat(-1), lower('x')", "select ARRAY[CAST((-1) AS text)::text], lower('x')", 1, 0, 2, 2},
        {"select * from pg_advisory_lock(5) x", "select ARRAY[CAST((5) AS bigint)::text] x", 1, 0, 1, 1},
        {"select a is distinct from b, setval('s'::regclass, 3, true) from t where a > 1 limit 2",
         "select a is distinct from b, ARRAY[CAST(('s') AS text)::text, CAST((3) AS bigint)::text, "
         "CAST((true) AS "
         "boolean)::text] from t where a > 1 limit 2",
         1, 1, 2, 2},
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct sql_calls calls;
        assert_int_equal(parse(made[i].sql, &calls), ST_OK);
        assert_string_equal(calls.made.text.p, made[i].made);
        assert_int_equal(calls.n, made[i].n);
        assert_int_equal(calls.items[0].place, made[i].place);
        assert_int_equal(calls.nitems, made[i].nitems);
        assert_int_equal(calls.star, made[i].star);
    }
}

static void test_columns(void **state)
{
    (void)state;
    struct sql_calls calls;
    assert_int_equal(
        parse("select pg_advisory_lock(1), setval('a', 2) \"Two\", pg_notify('a', 'b') AS three", &calls),
        ST_OK);
    assert_int_equal(calls.n, 3);
    assert_string_equal(calls.items[0].column, "pg_advisory_lock");
    assert_string_equal(calls.items[1].column, "Two");
    assert_string_equal(calls.items[2].column, "three");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum sqlstate code;
    } refused[] = {
        {"select not pg_try_advisory_lock(1)", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select 1 where pg_try_advisory_lock(1)", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select pg_try_advisory_lock(1)::text", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select pg_try_advisory_lock(1) group by 1", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select pg_advisory_lock(setval('a', 1))", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select *, t.*, pg_advisory_lock(1) from t", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select setval('a', 1), nextval('a')", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select distinct pg_advisory_lock(1)", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"select pg_advisory_lock()", SQLSTATE_UNDEFINED_FUNCTION},
        {"select pg_advisory_lock(1, 2, 3)", SQLSTATE_UNDEFINED_FUNCTION},
        {"select pg_advisory_lock(1", SQLSTATE_SYNTAX_ERROR},
        {"select pg_advisory_lock(1, )", SQLSTATE_SYNTAX_ERROR},
        {"select pg_advisory_lock(,1)", SQLSTATE_SYNTAX_ERROR},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sql_calls calls;
        assert_int_equal(parse(refused[i].sql, &calls), ST_ERR);
        assert_int_equal(err.code, refused[i].code);
    }
}

static void test_none(void **state)
{
    (void)state;
    static const char *const none[] = {"select 1",
                                       "select 'setval(1)'",
                                       "select s.setval(1)",
                                       "select setval from t",
                                       "select \"pg_advisory_lock\" from t",
                                       "select /* setval(1) */ f(1)",
                                       "insert into t values (1)"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct sql_calls calls;
        assert_int_equal(parse(none[i], &calls), ST_AGAIN);
    }
}

static void test_memory(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct sql_list list;
        struct sql_calls calls;
        struct arena a;
        arena_init(&a, SIZE_MAX);
        err_init(&err);
        assert_int_equal(
            sql_split(&a, str_of("select pg_advisory_lock(1), setval('a', 2) x from t"), &list, &err), ST_OK);
        alloc_fail_nth(nth);
        int st = sql_parse_calls(&a, &list.items[0], &calls, &err);
        more = alloc_failed();
        alloc_fail_nth(0);
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made), cmocka_unit_test(test_columns), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_none), cmocka_unit_test(test_memory),
    };
    arena_init(&arena, SIZE_MAX);
    int st = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return st;
}
