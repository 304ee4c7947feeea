#include "sql/selects_all.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void whole_tables(void **state)
{
    static const char *const yes[] = {"select * from t", "SELECT a, \"where\" FROM s.t AS limit_ -- where",
                                      "select a || 'group' from t join u using_ on t.x = u.y order by 1"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!sql_selects_all(sql_tokens_of(str_of(yes[i]))))
            fail_msg("%s", yes[i]);
}

static void others(void **state)
{
    static const char *const no[] = {"",
                                     "select 1",
                                     "select * from t where a = 1",
                                     "select * from t limit 10",
                                     "select distinct a from t",
                                     "select count(*) from t",
                                     "select a from t group by a",
                                     "select a from t union all select a from u",
                                     "select * from range(10)",
                                     "select * from t fetch first row only",
                                     "insert into t select * from u",
                                     "table t",
                                     "select 'a from t"};
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (sql_selects_all(sql_tokens_of(str_of(no[i]))))
            fail_msg("%s", no[i]);
}

static void long_text(void **state)
{
    char *text = malloc(SQL_SELECTS_ALL_MAX + 1);
    (void)state;
    memset(text, ' ', SQL_SELECTS_ALL_MAX + 1);
    memcpy(text, "select * from t", 15);
    assert_true(sql_selects_all(sql_tokens_of((struct str){text, SQL_SELECTS_ALL_MAX})));
    assert_false(sql_selects_all(sql_tokens_of((struct str){text, SQL_SELECTS_ALL_MAX + 1})));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tables),
        cmocka_unit_test(others),
        cmocka_unit_test(long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
