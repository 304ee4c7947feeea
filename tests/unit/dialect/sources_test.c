/* Functions in FROM, and functions that make rows. */
#include "dialect/sources.h"

#include "translated.h"

#define PG "tavana_catalog.pg."

static void test_the_table_is_sorted(void **state)
{
    size_t n;
    const struct source *names = source_names(&n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (i)
            assert_true(strcmp(names[i - 1].name, names[i].name) < 0);
        assert_ptr_equal(source_find(str_of(names[i].name)), &names[i]);
    }
    assert_null(source_find(STR("no_such")));
    assert_null(source_find(STR("")));
}

static void test_values(void **state)
{
    (void)state;
    check("select * from now()", "select * from (SELECT now()) AS \"now\"(now)");
    check("select * from a, upper(b) u", "select * from a, (SELECT upper(b)) u(u)");
    check("select * from upper(b) as u(x)", "select * from (SELECT upper(b)) as u(x)");
    check("select * from read_csv('a')", "select * from read_csv('a')");
    check("select * from chr(65) c", "select * from (SELECT pg_chr(65)) c(c)");
}

static void test_records(void **state)
{
    (void)state;
    check("select * from json_to_record(j) as r(a int, \"b c\" text) where true",
          "select * from (FROM (SELECT system.main.pg_json_record((j)) AS z_j) SELECT "
          "CAST(system.main.pg_json_field_text(z_j, 'a') AS int) AS \"a\", "
          "CAST(system.main.pg_json_field_text(z_j, 'b c') AS text) AS \"b c\") AS \"r\" where true");
    check(
        "select * from jsonb_to_recordset(f(j)) as (a int[])",
        "select * from (FROM (SELECT unnest(system.main.pg_json_records((f(j))::pg_jsonb::VARCHAR)) AS z_j) "
        "SELECT CAST(system.main.pg_json_field(z_j, 'a') AS int[]) AS \"a\") AS jsonb_to_recordset");
    refused("select * from json_to_record(j) r", SQLSTATE_SYNTAX_ERROR);
    refused("select * from json_populate_record(null::t, j)", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void test_rows(void **state)
{
    (void)state;
    check("select * from unnest(a) u", "select * from (SELECT unnest(a)) u(u)");
    check("select * from unnest(a, b) with ordinality as t(x, y, n)",
          "select * from (SELECT unnest(" PG "numbered(a, b), max_depth := 2)) as t(x, y, n)");
    check("select * from unnest(a, b)", "select * from (SELECT unnest(" PG
                                        "zipped(a, b), max_depth := 2)) AS \"unnest\"(unnest, unnest_1)");
    check("select * from json_array_elements(j) with ordinality",
          "select * from (SELECT unnest(" PG "numbered(" PG "list_elements(j)), max_depth := 2)) AS "
          "\"json_array_elements\"(value, ordinality)");
    check("select e from jsonb_array_elements(j) e",
          "select e from (SELECT unnest(" PG "jsonb_list_elements(j))) e(e)");
    check("select e.value from jsonb_array_elements(j) e",
          "select e.value from (SELECT unnest(" PG "jsonb_list_elements(j))) e(value)");
    check("select * from json_each(j)",
          "select * from (SELECT unnest(" PG "list_each(j), max_depth := 2)) AS \"json_each\"(key, value)");
    check("select 1 + json_array_length(jsonb_array_elements(j)) from t",
          "select 1::INTEGER + pg_json_array_length(unnest(" PG
          "jsonb_list_elements(j))) AS \"?column?\" from t");
}

static void test_series(void **state)
{
    (void)state;
    check("select * from generate_series(1, $1) x",
          "select * from (SELECT unnest(" PG "int_list(1, $1))) x(x)");
    check("select * from generate_series('2020-01-01'::timestamp, '2020-01-02', '1 day') x(d)",
          "select * from generate_series('2020-01-01'::timestamp, '2020-01-02'::timestamp, '1 "
          "day'::INTERVAL) x(d)");
    check("select * from generate_series(1, 2) with ordinality",
          "select * from (SELECT unnest(" PG "numbered(" PG "int_list(1, 2)), max_depth := 2)) AS "
          "\"generate_series\"(generate_series, ordinality)");
}

static void test_too_many(void **state)
{
    (void)state;
    refused("select * from unnest(a, b, c, d, e)", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

int main(void)
{
    translated_by.names = true;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_sorted),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
