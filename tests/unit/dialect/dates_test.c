#include "dialect/dates.h"

#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *sql, bool is_difference)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = true};
    arena_init(&a, 1 << 20);
    err_init(&e);
    if (dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e) != ST_OK)
        fail_msg("%s: %s", sql, e.message);
    const struct str call = STR("tavana_catalog.pg.difference(");
    if ((memmem(r.text.p, r.text.n, call.p, call.n) != NULL) != is_difference)
        fail_msg("%s:\n%.*s", sql, (int)r.text.n, r.text.p);
    arena_release(&a);
}

static void test_differences(void **state)
{
    (void)state;
    check("select date '2024-01-01' - date '2023-01-01'", true);
    check("select x - date '2023-01-01' from t", true);
    check("select x - '2023-01-01'::date from t", true);
    check("select (now()::date - x) from t", true);
    check("select current_date - x from t", true);
    check("select x - (null::date) from t", true);
}

static void test_others(void **state)
{
    (void)state;
    check("select a - b from t", false);
    check("select date '2024-01-01' + 1", false);
    check("select date '2024-01-01', a - b from t", false);
    check("select x - date '2024-01-01' from t where a = (select 1)",
          false);                                        /* a macro repeats its operands */
    check("select date - 1 from t where '-' = x", true); /* a column of that name: no harm */
}

static void test_hint(void **state)
{
    (void)state;
    assert_true(dates_hint(STR("select Date'2024-01-01'-x")));
    assert_false(dates_hint(STR("select date '2024-01-01'")));
    assert_false(dates_hint(STR("select a - b")));
    assert_false(dates_hint(STR("date-")));
    assert_false(dates_hint(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_hint)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
