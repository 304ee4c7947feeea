/* Literals that are compared with a column of an enum: here every column called m is one. */
#include "sql/enum_literals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *of(void *arg, const struct sql_token *column, const struct sql_token *qualifier)
{
    (void)arg;
    (void)qualifier;
    return str_eq(column->text, STR("m")) ? "\"e\"" : NULL;
}

static void check(const char *sql, const char *wanted)
{
    struct arena a;
    struct err e;
    struct sql_rewritten out;
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(sql_enum_literals(&a, sql_tokens_of(str_of(sql)), of, NULL, &out, &e), ST_OK);
    assert_int_equal(out.text.n, strlen(wanted));
    assert_memory_equal(out.text.p, wanted, out.text.n);
    arena_release(&a);
}

static void test_casts(void **state)
{
    (void)state;
    check("select m > 'a'", "select m > CAST('a' AS \"e\")");
    check("where 'a' < t.m and m = $1", "where CAST('a' AS \"e\") < t.m and m = CAST($1 AS \"e\")");
    check("m in ('a', $2)", "m in (CAST('a' AS \"e\"), CAST($2 AS \"e\"))");
    check("m not in ('a')", "m not in (CAST('a' AS \"e\"))");
    check("m between 'a' and 'b' and n = 'c'",
          "m between CAST('a' AS \"e\") and CAST('b' AS \"e\") and n = 'c'");
    check("m is not distinct from 'a'", "m is not distinct from CAST('a' AS \"e\")");
}

static void test_not(void **state)
{
    static const char *const same[] = {
        "select m, 'a'",  "m > 'a'::text", "m::text > 'a'",         "m || 'x' = 'a'", "'x' || m = 'a'",
        "m = 'a' || 'b'", "m in ('a', b)", "m in (select 'a')",     "m is null",      "n > 'a'",
        "m('a') = 'a'",   "m.n = 'a'",     "m = any ('{a}')",       "m like 'a'",     "m between n and 'a'",
        "'a'::text < m",  "x.m[1] = 'a'",  "m = 'a' collate \"C\"", "m = E'a' || 'b'"};
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        check(same[i], same[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_casts), cmocka_unit_test(test_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
