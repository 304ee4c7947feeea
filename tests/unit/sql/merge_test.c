#include "sql/merge.h"

#include "sql/statement.h"

#include <string.h>

#include "fixture.h"

static bool read_merge(const char *sql, struct sql_merge *out)
{
    bool is;
    err_init(&err);
    assert_int_equal(sql_merge_read(&arena, sql_tokens_of(str_of(sql)), out, &is, &err), ST_OK);
    return is;
}

static void test_parts(void **state)
{
    (void)state;
    struct sql_merge m;
    assert_true(read_merge("merge into s.t using u on t.a = u.a when matched then delete", &m));
    assert_int_equal(m.with.n, 0);
    assert_true(str_eq(m.target, STR("s.t")));
    assert_true(str_eq(m.called, STR("t")));
    assert_true(str_eq(m.source, STR("u")));
    assert_true(str_eq(m.on, STR("t.a = u.a")));
    assert_string_equal(m.acts, "CASE WHEN (true) THEN true ELSE false END");
    assert_true(read_merge(
        "with w as (select 1 when) MERGE INTO ONLY t AS \"x\" USING (select a from b on c) AS y ON "
        "case when a then b end when matched AND case when c then d end = 'when' then do nothing "
        "when matched then update set a = case when 1 then 2 end when not matched by source then "
        "delete when not matched then insert values (1)",
        &m));
    assert_true(str_eq(m.with, STR("with w as (select 1 when) ")));
    assert_true(str_eq(m.target, STR("t AS \"x\"")));
    assert_true(str_eq(m.called, STR("\"x\"")));
    assert_true(str_eq(m.source, STR("(select a from b on c) AS y")));
    assert_true(str_eq(m.on, STR("case when a then b end")));
    assert_string_equal(
        m.acts,
        "CASE WHEN (case when c then d end = 'when') THEN false WHEN (true) THEN true ELSE false END");
}

static void test_nothing_to_ask(void **state)
{
    (void)state;
    struct sql_merge m;
    assert_true(read_merge("merge into t using u on a when not matched then insert values (1)", &m));
    assert_null(m.acts);
    assert_true(read_merge("merge into t using u on a when matched then do nothing", &m));
    assert_null(m.acts);
    static const char *const others[] = {"",
                                         "select 1",
                                         "merge",
                                         "merge into",
                                         "merge into t",
                                         "merge into t using u",
                                         "merge into t using u on",
                                         "merge into t using u on a when",
                                         "merge into t using u on a when matched",
                                         "merge into t using u on 'a when"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(read_merge(others[i], &m) && m.acts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_ask, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
