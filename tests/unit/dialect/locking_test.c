#include "dialect/translate.h"
#include "sql/rewrite.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(bool postgres, const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, 1 << 20);
    err_init(&e);
    const struct dialect d = {.postgres = postgres};
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void test_goes(void **state)
{
    (void)state;
    check(true, "select a from t for update", "select a from t ");
    check(true, "select a from t for no key update of t, s.u nowait", "select a from t ");
    check(true, "select a from t for share skip locked for key share", "select a from t ");
    check(true, "select (select a from t for update) from u for read only limit 1",
          "select (select a from t ) from u limit 1");
    check(true, "select a from t for update;", "select a from t ;");
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
        check(true, others[i], others[i]);
    check(false, "select a from t for update", "select a from t for update");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_goes), cmocka_unit_test(test_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
