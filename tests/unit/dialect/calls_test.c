/* Calls of PostgreSQL's functions, led to those that mean the same to the engine. */
#include "dialect/calls.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PG "tavana_catalog.pg."

static void check_as(bool postgres, const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = postgres};
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void check(const char *sql, const char *expected)
{
    check_as(true, sql, expected);
}

static void test_the_table_is_sorted(void **state)
{
    size_t n;
    const struct call_name *names = call_names(&n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (i)
            assert_true(strcmp(names[i - 1].name, names[i].name) < 0);
        assert_ptr_equal(call_find(str_of(names[i].name)), &names[i]);
    }
    assert_null(call_find(STR("no_such")));
    assert_null(call_find(STR("")));
}

static void test_calls(void **state)
{
    (void)state;
    check("select x from t where to_hex(a) = pg_catalog.chr(b)",
          "select x from t where pg_to_hex(a) = pg_chr(b)");
    check("select 1 + length(a) from t", "select 1::INTEGER + " PG "length(a) from t");
    check("select a.length, length from t length", "select a.length, length from t length");
    check("create table length(a int)", "create table length(a int)");
    check("select length([a, b]) from t", "select length([a, b]) from t"); /* DuckDB's alone */
    check_as(false, "select format('%s', 1)", "select format('%s', 1)");
}

static void test_arguments(void **state)
{
    (void)state;
    check("select 1 + substring(a from b for c)", "select 1::INTEGER + pg_substring(a , b , c)");
    check("select 1 + substring(a for (b))", "select 1::INTEGER + pg_substring(a , 1, (b))");
    check("select 1::INTEGER + substring(a from 2 for 3) + substring(a, 1)",
          "select 1::INTEGER + substring(a from 2 for 3) + substring(a, 1)");
    check("select 1 + substr(a, 0) + substr(a, -1, 2) + substr(a, 1 + 1)",
          "select 1::INTEGER + pg_substring(a, 0) + pg_substring(a, -1, 2) + pg_substring(a, 1 + 1)");
    check("select 1 + overlay((select a from t) placing b from 1)",
          "select 1::INTEGER + pg_overlay((select a from t) , b , 1)");
    check("select 1 + position(a in b)", "select 1::INTEGER + " PG "position(a , b)");
    check("select b || format('%s %s', a, length(b))",
          "select b || pg_format('%s %s', " PG "shown( a), " PG "shown( " PG "length(b)))");
    check("select b || format('a')", "select b || pg_format('a')");
    check("select b || concat(a, b) || concat()",
          "select b || concat(" PG "shown(a), " PG "shown( b)) || concat()");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_sorted),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
