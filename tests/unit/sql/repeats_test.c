#include "sql/repeats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_same_again(void **state)
{
    static const char *const yes[] = {"",
                                      "select * from t",
                                      "select random, now from t",
                                      "select \"now\"() from t",
                                      "select 'now()', a -- random()\nfrom t where b = 'current_date'",
                                      "select lower(a), count(*) from t group by 1 order by 2"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!sql_repeats(sql_tokens_of(str_of(yes[i]))))
            fail_msg("%s", yes[i]);
}

static void test_another_one(void **state)
{
    static const char *const no[] = {"select random()",
                                     "select RANDOM (), i from t",
                                     "select i from t where d < now()",
                                     "select current_date",
                                     "select gen_random_uuid() from t",
                                     "select nextval('s')",
                                     "select * from t tablesample 10%",
                                     "from t using sample 10",
                                     "select 'not ended"};
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (sql_repeats(sql_tokens_of(str_of(no[i]))))
            fail_msg("%s", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_again), cmocka_unit_test(test_another_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
