#include "translated.h"

static void test_goes(void **state)
{
    (void)state;
    check("select a from t for update", "select a from t ");
    check("select a from t for no key update of t, s.u nowait", "select a from t ");
    check("select a from t for share skip locked for key share", "select a from t ");
    check("select (select a from t for update) from u for read only limit 1",
          "select (select a from t ) from u limit 1");
    check("select a from t for update;", "select a from t ;");
}

static void test_stays(void **state)
{
    (void)state;
    static const char *const others[] = {
        "select [update + 1 for update in x]",     "select a from t for update of",
        "select a from t for update skip",         "select a from t for no update",
        "select a from t for share skip locked x", "select 'for update'",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        check(others[i], others[i]);
    stays_of_engine("select a from t for update");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_goes), cmocka_unit_test(test_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
