/* UPDATE … SET (a, b) = (SELECT …), as the engine gets it. */
#include "sql/set_query.h"

#include <string.h>

#include "fixture.h"

/* wanted NULL: it is left alone. */
static void check(const char *sql, const char *wanted)
{
    struct edits edits;
    struct sql_rewritten r;
    bool any;
    err_init(&err);
    edits_init(&edits, &arena, str_of(sql));
    assert_int_equal(sql_set_query_put(sql_tokens_of(str_of(sql)), &edits, &any, &err), ST_OK);
    assert_int_equal(any, wanted != NULL);
    assert_int_equal(edits_apply(&edits, &r, &err), ST_OK);
    reads(r.text, wanted ? wanted : sql);
}

#define X "\"tavana: x\""
#define IS(i, query)                                                                                         \
    "(SELECT " X ".c" #i " FROM (" query " UNION ALL SELECT NULL, NULL WHERE false) AS " X "(c0, c1))"

static void test_assignments(void **state)
{
    (void)state;
    check("update t set (a, \"B\") = (select x, y from u) where (c) = (1)",
          "update t set a = " IS(0, "(select x, y from u)") ", \"B\" = " IS(
              1, "(select x, y from u)") " where (c) = (1)");
    check("update t set z = f(1, (2)), (a, b) = (values (1, 2)), (c) = (select 1)",
          "update t set z = f(1, (2)), a = " IS(0, "(values (1, 2))") ", b = " IS(
              1, "(values (1, 2))") ", (c) = (select 1)");
    check("merge into t using u on true when matched then update set (a, b) = ((select 1, 2))",
          "merge into t using u on true when matched then update set a = " IS(
              0, "((select 1, 2))") ", b = " IS(1, "((select 1, 2))"));
    check("update t set (a, b) = (select 1, 2",
          "update t set a = " IS(0, "(select 1, 2") ", b = " IS(1, "(select 1, 2"));
}

static void test_what_is_left(void **state)
{
    (void)state;
    check("update t set (a, b) = (1, 2)", NULL);
    check("update t set (a, b) = row(1, 2)", NULL);
    check("update t set (a.x, b) = (select 1, 2)", NULL);
    check("update t set a = (select 1, 2)", NULL);
    check("select 1 where (a, b) = (select 1, 2)", NULL);
    check("update t set (a, b) <> (select 1, 2)", NULL);
    check("with w as (select 1) select x, (x, y) = (select 1, 2) from w", NULL);
    check("update t set a = 1 returning b, (x, y) = (select 1, 2)", NULL);
    check("update t set a = 1 from u, (select 1) v, (x, y) = (select 1, 2)", NULL);
    check("update t set (a, b", NULL);
    check("update t set (a, b) =", NULL);
    check("update t set (", NULL);
}

static void test_one_value(void **state)
{
    (void)state;
    struct edits edits;
    bool any;
    const struct str sql = STR("update t set (a, b) = (f(1, 2))");
    edits_init(&edits, &arena, sql);
    assert_int_equal(sql_set_query_put(sql_tokens_of(sql), &edits, &any, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    assert_int_equal(err.position, 23);
}

static void test_memory(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        struct arena small;
        struct edits edits;
        bool any;
        const struct str sql = STR("update t set (a, b) = (select 1, 2)");
        err_init(&err);
        arena_init(&small, FIXTURE_ARENA);
        edits_init(&edits, &small, sql);
        alloc_fail_nth(n);
        int st = sql_set_query_put(sql_tokens_of(sql), &edits, &any, &err);
        bool failed = alloc_failed();
        arena_release(&small);
        assert_int_equal(st, failed ? ST_ERR : ST_OK);
        if (!failed)
            break;
        assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_assignments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
