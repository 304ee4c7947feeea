/* Which words are quoted, and which are left alone. */
#include "translated.h"

static void test_names(void **state)
{
    (void)state;
    check("create table t (at date, Show text)", "create table t (\"at\" date, \"show\" text)");
    check("select t.at, semi from t where lambda = 'at'",
          "select t.\"at\", \"semi\" from t where \"lambda\" = 'at'");
    check("update t set pivot = 1", "update t set \"pivot\" = 1");
}

static void test_syntax(void **state)
{
    (void)state;
    check("select a at time zone b as x from t", "select a at time zone b as x from t");
    check("select a from t semi join u using (i)", "select a from t semi join u using (i)");
    check("select a from t asof left join u using (i)", "select a from t asof left join u using (i)");
    check("select a from t anti join u on t.i = u.i", "select a from t anti join u on t.i = u.i");
    check("select a from glob('x')", "select a from glob('x')");
    check("summarize t", "summarize t");
    check("select a from t qualify row_number() over () = 1",
          "select a from t qualify row_number() over () = 1");
    check("select \"at\" from t", "select \"at\" from t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_syntax)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
