/* Which relations a view's query reads. */
#include "sql/reads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool reads(const char *sql, bool bare)
{
    return sql_reads_relation(sql_tokens_of(str_of(sql)), STR("main"), STR("t"), bare);
}

static void test_relations(void **state)
{
    static const char *const yes[] = {"SELECT a FROM t",
                                      "SELECT x.a FROM u AS x , t AS y",
                                      "SELECT a FROM u LEFT JOIN \"T\" ON ((u.a = t.a))",
                                      "SELECT (SELECT max(a) FROM t)",
                                      "(SELECT 1) UNION ALL (SELECT a FROM t)",
                                      "SELECT * FROM (u INNER JOIN t ON (true))",
                                      "SELECT * FROM (t CROSS JOIN u)"};
    static const char *const no[] = {"SELECT t FROM u",
                                     "SELECT a, t FROM u",
                                     "SELECT a FROM t(1)",
                                     "SELECT a FROM s.t",
                                     "WITH t AS (SELECT 1)SELECT * FROM t",
                                     "SELECT a FROM u WHERE a IN (t, 1)",
                                     "SELECT extract(year FROM x)",
                                     "SELECT a FROM u GROUP BY a, t",
                                     "SELECT a FROM u ORDER BY b, t"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(reads(yes[i], true));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(reads(no[i], true));
    assert_true(reads("SELECT a FROM main.t", false));
    assert_true(reads("SELECT a FROM db.main.t", false));
    assert_false(reads("SELECT a FROM t", false));
}

static void test_columns(void **state)
{
    (void)state;
    assert_true(sql_reads_column(sql_tokens_of(STR("SELECT b FROM t")), STR("t"), STR("b")));
    assert_true(sql_reads_column(sql_tokens_of(STR("SELECT * FROM t")), STR("t"), STR("b")));
    assert_true(sql_reads_column(sql_tokens_of(STR("SELECT a, t.* FROM t")), STR("t"), STR("b")));
    assert_true(sql_reads_column(sql_tokens_of(STR("SELECT x.b FROM t AS x")), STR("t"), STR("b")));
    assert_false(sql_reads_column(sql_tokens_of(STR("SELECT x.b, t.a FROM u AS x , t")), STR("t"), STR("b")));
    assert_false(
        sql_reads_column(sql_tokens_of(STR("SELECT a * 2 FROM t WHERE c = 'b'")), STR("t"), STR("b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_relations), cmocka_unit_test(test_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
