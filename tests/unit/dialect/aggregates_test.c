/* Aggregates that become others, and rows and lists as arguments. */
#include "dialect/aggregates.h"

#include "translated.h"

#define OURS "system.main."
#define PG   "tavana_catalog.pg."

static void test_lists(void **state)
{
    (void)state;
    check("select json_agg(x order by y) filter (where z)",
          "select " OURS "pg_json_agg(" OURS "list(x order by y) filter (where z))");
    check("select jsonb_agg(distinct x)", "select " OURS "pg_jsonb_agg(" OURS "list(distinct x ORDER BY x))");
    check("select json_agg(t.*)", "select " OURS "pg_json_agg(" OURS "list(t))");
}

static void test_pairs(void **state)
{
    (void)state;
    check("select json_object_agg(k, v)", "select " OURS "pg_json_object_agg(" OURS "list(row(k, v)))");
    check("select jsonb_object_agg(k, v order by x) filter (where z)",
          "select " OURS "pg_jsonb_object_agg(" OURS "list(row(k, v ) ORDER by x) filter (where z))");
    check("select json_object_agg(distinct k, v) filter (where z)",
          "select " OURS "pg_json_object_agg(" OURS "list(DISTINCT row( k, v)) filter (where z))");
}

static void test_within_group(void **state)
{
    (void)state;
    check("select rank(3) within group (order by lower(x) desc)",
          "select " PG "rank_of(3, " OURS "list(lower(x) ), true)");
    check("select percentile_cont(0.5) within group (order by x)",
          "select percentile_cont(0.5) within group (order BY CAST( x AS DOUBLE) )");
    check("select rank() over (order by x)", "select rank() over (order by x)");
    refused("select rank(1, 2) within group (order by x, y)", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void test_variadic(void **state)
{
    (void)state;
    check("select num_nulls(variadic a)", "select " PG "num_nulls_of( a)");
    check("select concat_ws(s, variadic a)", "select " PG "concat_ws_of(s,  a)");
    refused("select format(f, variadic a)", SQLSTATE_FEATURE_NOT_SUPPORTED);
    refused("select json_build_object(variadic a)", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void test_sums(void **state)
{
    (void)state;
    check("select sum(a) as x from t", "select " PG "sum_of(a) as x from t");
    check("select pg_catalog.avg(a + b) as x from t", "select " PG "avg_of(a + b) as x from t");
    check("select sum(distinct a) as x from t",
          "select " OURS "cast_to_type(" OURS "sum(distinct a), " PG "sum_type(" OURS "sum(a), " OURS
          "any_value(a))) as x from t");
    check("select sum(a) over w as x from t window w as ()",
          "select " OURS "cast_to_type(" OURS "sum(a) over w, " PG "sum_type(" OURS
          "sum(a) OVER (), a)) as x from t window w as ()");
    check("select avg(a) filter (where b > 1) as x from t",
          "select " OURS "pg_divide(" OURS "sum(a) filter (where b > 1), " OURS
          "count(a) filter (where b > 1) ) as x from t");
}

static void check_same(const char *sql)
{
    check(sql, sql);
}

static void test_what_stays(void **state)
{
    (void)state;
    check_same("select avg(a) * b as x from t");
    check_same("select sum(a + b) over () as x from t");
    check_same("select sum((select a from u)) as x from t");
    check_same("select array_agg(distinct a order by a desc) as x from t");
    check_same("select sum as x, avg from t");
    check_same("from t select sum(a)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),  cmocka_unit_test(test_what_stays),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_pairs), cmocka_unit_test(test_within_group), cmocka_unit_test(test_variadic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
