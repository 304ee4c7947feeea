/* Comparisons of rows. */
#include "dialect/rows.h"

#include "translated.h"

#define PG   "tavana_catalog.pg."
#define MAIN "system.main."

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

static void test_nulls(void **state)
{
    (void)state;
    check("select row(a, b) is null as x", "select (" PG "num_nulls(a, b) = 2) as x");
    check("select 1 as x where (a, b, c) is not null",
          "select 1 as x where (" PG "num_nonnulls(a, b, c) = 3)");
    stays("select (a, b) is distinct from null as x");
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_nulls),
                                       cmocka_unit_test(test_what_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
