/* Whole numbers beside operators. */
#include "dialect/integers.h"

#include "translated.h"

#define PG   "tavana_catalog.pg."
#define MAIN "system.main."

static void test_operands(void **state)
{
    (void)state;
    check("select a + 1 as x from t", "select a + 1::INTEGER as x from t");
    check("select 1 - a * 2 as x", "select 1::INTEGER - a * 2::INTEGER as x");
    check("select 7 - 1::int2 as x", "select 7::INTEGER - 1::int2 as x");
    check("select (a) + -5 as x", "select (a) + -5::INTEGER as x");
    check("select a & 1 | 2 as x", "select a & 1::INTEGER | 2 as x");
    check("select -2147483648 as x", "select CAST(-2147483648 AS INTEGER) as x");
    check("select a - 2147483648 as x", "select a - 2147483648 as x");
}

static void test_arguments(void **state)
{
    (void)state;
    check("select coalesce(a, 0) as x", "select coalesce(a, 0::INTEGER) as x");
    check("select greatest(1, f(2), (3)) as x", "select greatest(1::INTEGER, f(2), (3)) as x");
    check("select case when a then b::int2 else 1 end as x",
          "select case when a then b::int2 else 1::INTEGER end as x");
    stays("select f(coalesce(a, b), 1), case when a then b else 1 end as x");
}

static void test_subscripts(void **state)
{
    (void)state;
    check("select a[-1] as x", "select a[NULL] as x");
    check("select (f(a))[-2] as x", "select (f(a))[NULL] as x");
    check("select a[-1:3], a[1:-2], a[-3:] as x", "select a[1:3], a[1:0], a[1:] as x");
    stays("select array[-1] as x");
    stays("select a[1] as x");
}

static void test_what_stays(void **state)
{
    (void)state;
    stays("select 1 + 2 as x");
    stays("select -5 as x");
    stays("select a + 1.5, b + 3000000000 as x");
    stays("select a from t where a = 1 and b in (1, -2) limit 5 offset 2");
    stays("select a::integer as x, case when a then -1 else 2 end as y");
    stays("from t select a + 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_operands), cmocka_unit_test(test_subscripts),
                                       cmocka_unit_test(test_arguments), cmocka_unit_test(test_what_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
