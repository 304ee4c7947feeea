#include "sql/assign.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* t (id always, s varchar(3), g generated, c char(2), n) */
static const struct sql_source_column columns[] = {
    {.name = {"id", 2}, .number = 1, .identity = SQL_IDENTITY_ALWAYS},
    {.name = {"s", 1}, .number = 2, .limit = {SQL_LIMIT_VARCHAR, 3}},
    {.name = {"g", 1}, .number = 3, .generated = true},
    {.name = {"c", 1}, .number = 4, .limit = {SQL_LIMIT_CHAR, 2}},
    {.name = {"n", 1}, .number = 5}};
static const struct sql_source t = {
    .oid = 10, .name = {"t", 1}, .ncolumns = 5, .columns = columns, .limited = true};

/* l (l list, n) */
static const struct sql_source_column list_columns[] = {{.name = {"l", 1}, .number = 1, .list = true},
                                                        {.name = {"n", 1}, .number = 2}};
static const struct sql_source l = {
    .oid = 11, .name = {"l", 1}, .ncolumns = 2, .columns = list_columns, .limited = true};

static void is_into(const struct sql_source *target, const char *sql, const char *wanted)
{
    struct sql_rewritten out;
    err_init(&err);
    if (sql_assign(&arena, sql_tokens_of(str_of(sql)), target, &out, &err) < 0)
        fail_msg("%s: %s", sql, err.message);
    if (!str_eq(out.text, str_of(wanted)))
        fail_msg("%s: %.*s", sql, (int)out.text.n, out.text.p);
}

static void is(const char *sql, const char *wanted)
{
    is_into(&t, sql, wanted);
}

static void fails(const char *sql, const char *message)
{
    struct sql_rewritten out;
    err_init(&err);
    assert_true(sql_assign(&arena, sql_tokens_of(str_of(sql)), &t, &out, &err) < 0);
    assert_int_equal(err.code, SQLSTATE_GENERATED_ALWAYS);
    assert_string_equal(err.message, message);
}

#define FIT(x) "pg_fit_varchar(CAST(" x " AS VARCHAR), 3)"

static void test_insert(void **state)
{
    (void)state;
    is("insert into t (s, n) values ('abc', 1), ($1, 'abcd'), ('abc ', 2), (null, 3)",
       "insert into t (s, n) values ('abc', 1), (" FIT("$1") ", 'abcd'), (" FIT("'abc '") ", 2), (null, 3)");
    is("insert into t values (default, f(a, b), default, 'x ', 5)",
       "insert into t values (default, " FIT("f(a, b)") ", pg_fit_bpchar(CAST('x ' AS VARCHAR), 2), 5)");
    is("insert into t values (default, 'x')", "insert into t  (\"id\", \"s\") values (default, 'x')");
    is("insert into t as x (g, s) values (default, 'x') returning s",
       "insert into t as x (s) values ( 'x') returning s");
    is("insert into t (n, s) select a, b from u on conflict (n) do update set s = excluded.s || 'x', n = 1",
       "insert into t (n, s) SELECT c0, " FIT(
           "c1") ", tavana.* EXCLUDE (c0, c1) FROM (select a, b from u\n) AS "
                 "tavana(c0, c1)  on conflict (n) do update set s = " FIT("excluded.s || 'x'") ", n = 1");
    is("insert into t (n) select 1", "insert into t (n) select 1");
    is("insert into t default values", "insert into t default values");
    is("with q as (select 1) insert into t (s) values ((select 'x' from q))",
       "with q as (select 1) insert into t (s) values (" FIT("(select 'x' from q)") ")");
}

static void test_overriding(void **state)
{
    (void)state;
    is("insert into t (id, n) overriding system value values (7, 1)", "insert into t (id, n) values (7, 1)");
    is("insert into t (id, n) overriding user value values (7, 1)",
       "insert into t (id, n) values (DEFAULT, 1)");
    is("insert into t (id, n) overriding user value select 7, 1",
       "insert into t (n) SELECT c1, tavana.* EXCLUDE (c0, c1) FROM (select 7, 1\n) AS tavana(c0, c1) ");
    fails("insert into t (id) values (7)", "cannot insert a non-DEFAULT value into column \"id\"");
    assert_string_equal(err.hint, "Use OVERRIDING SYSTEM VALUE to override.");
    fails("insert into t (id) select 1", "cannot insert a non-DEFAULT value into column \"id\"");
    is("insert into t select 1",
       "insert into t SELECT c0, pg_fit_varchar(CAST(c1 AS VARCHAR), 3), c2, pg_fit_bpchar(CAST(c3 AS "
       "VARCHAR), "
       "2), c4, tavana_unlisted.* EXCLUDE (c0, c1, c2, c3, c4), NULL FROM (select 1\n) AS "
       "tavana_unlisted(c0, c1, c2, c3, c4) ");
    fails("insert into t (n, g) values (1, default), (1, 2)",
          "cannot insert a non-DEFAULT value into column \"g\"");
    assert_string_equal(err.detail, "Column \"g\" is a generated column.");
}

static void test_update(void **state)
{
    (void)state;
    is("update t set s = a is distinct from b, n = 5 from u where s = 'abcd'",
       "update t set s = " FIT("a is distinct from b") ", n = 5 from u where s = 'abcd'");
    is("update only t x set (s, n) = (1, 2), id = default",
       "update only t x set (s, n) = (" FIT("1") ", 2), id = default");
    is("delete from t where s = 'abcd'", "delete from t where s = 'abcd'");
    fails("update t set id = 5", "column \"id\" can only be updated to DEFAULT");
    fails("update t set (n, g) = (select 1, 2)", "column \"g\" can only be updated to DEFAULT");
}

static void test_lists(void **state)
{
    (void)state;
    is_into(&l, "insert into l values ('{1,2}', '{3}'), ('{}', 4), (array[5], 6), (null, '{')",
            "insert into l values ('[1,2]', '{3}'), ('[]', 4), (array[5], 6), (null, '{')");
    is_into(&l, "insert into l (n, l) values ('{1}', '{{\"a{\",b},{c\\{,d}}')",
            "insert into l (n, l) values ('{1}', '[[\"a{\",b],[c\\{,d]]')");
    is_into(&l, "update l set n = 1, l = '{1}' where l = '{2}'",
            "update l set n = 1, l = '[1]' where l = '{2}'");
    is_into(&l, "update l set (l, n) = ('{1}', '{2}')", "update l set (l, n) = ('[1]', '{2}')");
    is_into(&l, "insert into l (l) values ('{1'), ('x'), ('{'), ('}'), ('{1}' || 'x')",
            "insert into l (l) values ('{1'), ('x'), ('{'), ('}'), ('{1}' || 'x')");
}

static void test_heads(void **state)
{
    struct sql_assignment a;
    (void)state;
    assert_true(sql_reads_assignment(sql_tokens_of(STR("insert into a.b.c values (1, (2, 3))")), &a));
    assert_true(a.insert && a.nparts == 3 && a.values == 2 && !a.overriding);
    assert_true(
        sql_reads_assignment(sql_tokens_of(STR("insert into c (a) overriding user value select 1")), &a));
    assert_true(a.overriding && a.values == 0);
    assert_true(sql_reads_assignment(sql_tokens_of(STR("update only c set a = 1")), &a) && !a.insert);
    assert_true(sql_reads_assignment(sql_tokens_of(STR("delete from c")), &a) && a.nparts == 1);
    assert_false(sql_reads_assignment(sql_tokens_of(STR("select 1")), &a));
    assert_true(sql_reads_assignment(sql_tokens_of(STR("insert into c (a, p.x) values (1, 2)")), &a));
    assert_true(a.part_n == 1 && a.part_at == 19);
    assert_true(sql_reads_assignment(sql_tokens_of(STR("insert into c as d (a[1]) select 1")), &a));
    assert_true(a.part_n == 1);
    assert_true(sql_reads_assignment(sql_tokens_of(STR("insert into c (select x.a from x)")), &a));
    assert_true(a.part_n == 0);
    assert_true(sql_reads_assignment(sql_tokens_of(STR("insert into c (a) values (x.a, b[1])")), &a));
    assert_true(a.part_n == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_insert, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overriding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_update, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
        cmocka_unit_test(test_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
