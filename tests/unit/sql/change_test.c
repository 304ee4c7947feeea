#include "sql/change.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct sql_change read(const char *sql)
{
    struct sql_change c;
    assert_int_equal(sql_change_read(&arena, sql_tokens_of(str_of(sql)), &c, &err), ST_OK);
    return c;
}

static void test_update(void **state)
{
    (void)state;
    struct sql_change c =
        read("update only s.\"T t\" as x set a = 1, \"b\" = extract(day from x.d) , c = default "
             "from u, v where a is not distinct from $1 and (b = 2) returning *");
    assert_int_equal(c.kind, SQL_CHANGE_UPDATE);
    assert_int_equal(c.nparts, 2);
    reads(c.target, "s.\"T t\" as x");
    reads(c.called, "x");
    reads(c.from, "u, v");
    reads(c.where, "a is not distinct from $1 and (b = 2)");
    assert_true(c.returns);
    assert_false(c.others);
    assert_int_equal(c.nsets, 3);
    reads(c.sets[0].value, "1");
    reads(c.sets[1].column.text, "\"b\"");
    reads(c.sets[1].value, "extract(day from x.d)");
    assert_true(c.sets[1].known);
    assert_false(c.sets[2].known);
    c = read("with w as (update u set a = 1 returning a) update t set n = nextval('s')");
    reads(c.with, "with w as (update u set a = 1 returning a) ");
    reads(c.called, "t");
    assert_false(c.sets[0].known);
    assert_true(read("update t set (a, b) = (1, 2), c = 3").others);
    assert_true(read("update t set a[1] = 2").others);
    assert_true(read("update t set").nsets == 0);
}

static void test_others(void **state)
{
    (void)state;
    struct sql_change c = read("delete from t x using u where x.a = u.a");
    assert_int_equal(c.kind, SQL_CHANGE_DELETE);
    reads(c.target, "t x");
    reads(c.from, "u");
    c = read("insert into t as x (a, b) values (1, 'on conflict'), (2, (3)) on conflict (a) do update set "
             "b = excluded.b where x.a > 1 returning a");
    assert_int_equal(c.kind, SQL_CHANGE_UPSERT);
    reads(c.columns, "a, b");
    reads(c.rows, "values (1, 'on conflict'), (2, (3))");
    reads(c.key, "a");
    reads(c.sets[0].value, "excluded.b");
    reads(c.where, "x.a > 1");
    assert_true(c.returns);
    assert_int_equal(read("insert into t values (1) on conflict do nothing").kind, SQL_CHANGE_NONE);
    assert_int_equal(read("insert into t (select 1) on conflict (a) do update set a = 1").columns.n, 0);
    assert_int_equal(read("select 1").kind, SQL_CHANGE_NONE);
    assert_int_equal(read("update").kind, SQL_CHANGE_NONE);
    assert_int_equal(read("insert into t (a").kind, SQL_CHANGE_NONE);
    assert_int_equal(read("insert into t values (1) on conflict (").kind, SQL_CHANGE_NONE);
}

static void test_old_rows(void **state)
{
    (void)state;
    static const char *const yes[] = {"update t set a = 1",
                                      "with w as (select 1) delete from t",
                                      "truncate t",
                                      "merge into t using u on true when matched then delete",
                                      "insert into t values (1) on conflict do nothing",
                                      "insert or replace into t values (1)"};
    static const char *const no[] = {"select 1", "insert into t values (1)",
                                     "insert into t select 'conflict'", ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(sql_changes_old_rows(sql_tokens_of(str_of(yes[i]))));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(sql_changes_old_rows(sql_tokens_of(str_of(no[i]))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_update, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_rows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
