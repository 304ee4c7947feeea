#include "sql/explain.h"
#include "sql/plan.h"

#include "base/buf.h"
#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

static int parse(const char *sql, struct sql_explain *out)
{
    struct sql_statement *s = the_statement(sql);
    if (s->kind != SQL_EXPLAIN)
        return ST_AGAIN;
    return sql_parse_explain(&arena, s, out, &err);
}

static void test_options(void **state)
{
    (void)state;
    struct sql_explain x;
    assert_int_equal(parse("explain select 1", &x), ST_OK);
    assert_true(x.costs && !x.analyze && !x.timing && !x.json && str_eq(x.query, STR("select 1")));
    assert_int_equal(parse("explain analyze verbose select 1", &x), ST_OK);
    assert_true(x.analyze && x.verbose && x.timing && x.summary);
    assert_int_equal(
        parse("explain (analyze on, costs off, format 'json', timing 0, buffers) values (1)", &x), ST_OK);
    assert_true(x.analyze && !x.costs && x.json && !x.timing && x.summary);
    assert_int_equal(parse("explain (select 1)", &x), ST_OK);
    assert_true(str_eq(x.query, STR("(select 1)")));
    assert_int_equal(parse("explain (format html) select 1", &x), ST_AGAIN);
    assert_int_equal(parse("explain (nosuch) select 1", &x), ST_ERR);
    assert_int_equal(err.position, 10);
}

static void is_plan(const struct sql_explain *how, const char *plan, const char *expected)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    err_init(&err);
    assert_int_equal(sql_plan_put(&arena, how, str_of(plan), &b, &err), ST_OK);
    buf_put_u8(&b, 0);
    assert_string_equal((const char *)b.data, expected);
    buf_release(&b);
}

static const char plan[] =
    "[{\"name\": \"ORDER_BY\", \"children\": [{\"name\": \"PROJECTION\", \"children\": [{\"name\": "
    "\"HASH_JOIN\", "
    "\"children\": [{\"name\": \"SEQ_SCAN \", \"children\": [], \"extra_info\": {\"Table\": "
    "\"memory.main.t\", "
    "\"Filters\": \"a=\\\"x\\\"\", \"Estimated Cardinality\": \"200\"}}, {\"name\": \"NEW_THING\", "
    "\"children\": "
    "[], \"extra_info\": {\"Odd\": [\"p\", \"q\"]}}], \"extra_info\": {\"Estimated Cardinality\": \"50\"}}], "
    "\"extra_info\": {\"Projections\": \"a\"}}], \"extra_info\": {\"Order By\": \"a ASC\"}}]";

static void test_plans(void **state)
{
    (void)state;
    is_plan(&(struct sql_explain){.costs = true, .width = 12}, plan,
            "Sort  (cost=0.00..3.01 rows=50 width=12)\n  Sort Key: a ASC\n"
            "  ->  Hash Join  (cost=0.00..2.51 rows=50 width=12)\n"
            "        ->  Seq Scan on t  (cost=0.00..2.00 rows=200 width=12)\n              Filter: a=\"x\"\n"
            "        ->  New Thing  (cost=0.00..0.01 rows=1 width=12)\n              Odd: p, q");
    is_plan(
        &(struct sql_explain){.json = true},
        "[{\"name\": \"UNION\", \"children\": [{\"name\": \"A\"}, {\"name\": "
        "\"B\"}]}]",
        "[\n  {\n    \"Plan\": {\n      \"Node Type\": \"Append\",\n      \"Parallel Aware\": false,\n      "
        "\"Async Capable\": false,\n      \"Plans\": [\n          {\n            \"Node Type\": \"A\",\n     "
        "       "
        "\"Parallel Aware\": false,\n            \"Async Capable\": false\n          },\n          {\n       "
        "     "
        "\"Node Type\": \"B\",\n            \"Parallel Aware\": false,\n            \"Async Capable\": "
        "false\n       "
        "   }\n      ]\n    }\n  }\n]");
}

static void test_nothing_measured(void **state)
{
    (void)state;
    is_plan(&(struct sql_explain){.analyze = true}, "{\"result\": \"error\"}",
            "Result (actual rows=0 loops=1)");
}

static void test_no_plans(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "]", "\"a", "5", "{\"children\": [", "[{\"name\": \"x"};
    struct buf b;
    buf_init(&b, SIZE_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err_init(&err);
        if (sql_plan_put(&arena, &(struct sql_explain){0}, str_of(bad[i]), &b, &err) != ST_ERR)
            fail_msg("%s", bad[i]);
        assert_int_equal(err.code, SQLSTATE_INTERNAL_ERROR);
    }
    static char deep[100000];
    memset(deep, '[', sizeof deep - 1);
    err_init(&err);
    assert_int_equal(sql_plan_put(&arena, &(struct sql_explain){0}, str_of(deep), &b, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_STATEMENT_TOO_COMPLEX);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options), cmocka_unit_test(test_plans),
                                       cmocka_unit_test(test_nothing_measured),
                                       cmocka_unit_test(test_no_plans)};
    arena_init(&arena, 1 << 24);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
