/* Comparisons of rows. */
#include "dialect/rows.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PG   "tavana_catalog.pg."
#define MAIN "system.main."

static void check(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = true};
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void stays(const char *sql)
{
    check(sql, sql);
}

static void test_rows(void **state)
{
    (void)state;
    check("select (a, b) < (c, d) as x", "select " PG "row_lt(a, b, c, d) as x");
    check("select 1 as x where row(a, f(b, c)) = (1, 2)",
          "select 1 as x where " PG "row_eq(a, f(b, c), 1, 2)");
    check("select 1 as x where not (a, b) <> row (c, d)", "select 1 as x where not " PG "row_ne(a, b, c, d)");
    check("select 1 as x where (a, b, c) >= ($1, $2, $3)",
          "select 1 as x where " PG "row_ge(a, b, c, $1, $2, $3)");
    check("select (a, b) overlaps (c, d) as x", "select " PG "row_overlaps(a, b, c, d) as x");
}

static void test_what_stays(void **state)
{
    (void)state;
    stays("select (a, b) = (select c, d from t) as x");
    stays("select f(a, b) = (c) as x");
    stays("insert into t (a, b) values (1, 2)");
    stays("select (a, b) = (c, d, e) as x");
    stays("select (a, b) as x");
    stays("from t select (a, b) < (c, d)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_what_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
