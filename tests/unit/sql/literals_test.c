#include "sql/literals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void literals(void **state)
{
    static const char *const yes[] = {"select 1", " SELECT 1 ; ",
                                      "select 1.5, 'a''b', null, TRUE as t, false AS \"f\"",
                                      "/* ping */ select 'x' -- at the end", "select 1e5 as from1"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!sql_selects_literals(sql_tokens_of(str_of(yes[i]))))
            fail_msg("%s", yes[i]);
}

static void others(void **state)
{
    static const char *const no[] = {"",
                                     "select",
                                     "select 1 + 1",
                                     "select -1",
                                     "select now()",
                                     "select 1::text",
                                     "select cast(1 as text)",
                                     "select 1 from t",
                                     "select 1 x",
                                     "select $1",
                                     "select a",
                                     "select E'\\n'",
                                     "select x'ff'",
                                     "select date '2020-01-01'",
                                     "select 'a' 'b'",
                                     "select 1; select 2",
                                     "select 1,",
                                     "select (1)",
                                     "select 1 as",
                                     "select 1 limit 0",
                                     "select 'open",
                                     "values (1)",
                                     "select $$a$$",
                                     "select 1 where false",
                                     "insert 1"};
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (sql_selects_literals(sql_tokens_of(str_of(no[i]))))
            fail_msg("%s", no[i]);
    static char longest[SQL_LITERALS_MAX + 2];
    memset(longest, ' ', sizeof longest - 1);
    memcpy(longest, "select 1", 8);
    assert_false(sql_selects_literals(sql_tokens_of(str_of(longest))));
    longest[SQL_LITERALS_MAX] = '\0';
    assert_true(sql_selects_literals(sql_tokens_of(str_of(longest))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(literals), cmocka_unit_test(others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
