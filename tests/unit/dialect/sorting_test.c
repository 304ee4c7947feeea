#include "dialect/translate.h"
#include "sql/rewrite.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
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
    int st = dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e);
    assert_int_equal(st, expected ? ST_OK : ST_ERR);
    if (expected)
        assert_string_equal(r.text.p, expected);
    else
        assert_int_equal(e.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    arena_release(&a);
}

static void test_using(void **state)
{
    (void)state;
    check(true, "select a from t order by a using >, b using < nulls first",
          "select a from t order by a DESC, b ASC nulls first");
    check(true, "select (select a from t order by a using >)", "select (select a from t order by a DESC)");
    check(true, "select a from t order by a using ~<~", "select a from t order by a using ~<~");
    check(true, "delete from t using u", "delete from t using u");
    check(false, "select a from t order by a using >", "select a from t order by a using >");
}

static void test_ties(void **state)
{
    (void)state;
    check(true, "select a from t order by a fetch first 3 rows with ties", NULL);
    check(true, "select a from t order by a fetch next row with ties", NULL);
    check(true, "select a from t order by a fetch first (1 + 2) rows with ties", NULL);
    check(true, "select a from t fetch first 3 rows only", "select a from t fetch first 3 rows only");
    check(true, "fetch first from c", "fetch first from c");
    check(true, "select fetch from t", "select fetch from t");
    check(true, "select a from t fetch first", "select a from t fetch first");
    check(false, "select a from t fetch first 3 rows with ties",
          "select a from t fetch first 3 rows with ties");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_using), cmocka_unit_test(test_ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
