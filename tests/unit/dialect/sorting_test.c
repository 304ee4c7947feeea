#include "translated.h"

static void test_using(void **state)
{
    (void)state;
    check("select a from t order by a using >, b using < nulls first",
          "select a from t order by a DESC, b ASC nulls first");
    check("select (select a from t order by a using >)", "select (select a from t order by a DESC)");
    check("select a from t order by a using ~<~", "select a from t order by a using ~<~");
    check("delete from t using u", "delete from t using u");
    stays_of_engine("select a from t order by a using >");
}

static void test_ties(void **state)
{
    (void)state;
    refused("select a from t order by a fetch first 3 rows with ties", SQLSTATE_FEATURE_NOT_SUPPORTED);
    refused("select a from t order by a fetch next row with ties", SQLSTATE_FEATURE_NOT_SUPPORTED);
    refused("select a from t order by a fetch first (1 + 2) rows with ties", SQLSTATE_FEATURE_NOT_SUPPORTED);
    check("select a from t fetch first 3 rows only", "select a from t fetch first 3 rows only");
    check("fetch first from c", "fetch first from c");
    check("select fetch from t", "select fetch from t");
    check("select a from t fetch first", "select a from t fetch first");
    stays_of_engine("select a from t fetch first 3 rows with ties");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_using), cmocka_unit_test(test_ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
