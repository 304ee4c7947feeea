/* Patterns of PostgreSQL's as RE2 gets them. */
#include "pgfunc/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int translate(const char *pattern, struct buf *out, struct err *e)
{
    const struct pg_value argument = {.text = {pattern, strlen(pattern)}};
    struct pg_call call = {.args = &argument, .nargs = 1, .out = out, .e = e};
    err_init(e);
    buf_init(out, PG_RESULT_MAX);
    return pg_regex_functions[0].call(&call);
}

static void check(const char *pattern, const char *expected)
{
    struct buf out;
    struct err e;
    assert_int_equal(translate(pattern, &out, &e), ST_OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buf_release(&out);
}

static void check_error(const char *pattern, enum sqlstate code)
{
    struct buf out;
    struct err e;
    assert_int_equal(translate(pattern, &out, &e), ST_ERR);
    assert_int_equal(e.code, code);
    buf_release(&out);
}

static void test_same(void **state)
{
    (void)state;
    static const char *const same[] = {"^a.b$", "a{2,3}", "(?:a)+?", "[^a-z]",
                                       "a\\.b", "\\d+",   "(a|b*)",  "x|y"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        check(same[i], same[i]);
}

static void test_classes(void **state)
{
    (void)state;
    check("\\w", "[\\p{L}\\p{M}\\p{N}_]");
    check("[[:alpha:]-]", "[\\p{L}\\p{M}-]");
    check("[]a]", "[\\]a]");
    check("[[]", "[\\[]");
    check("\\b\\Z\\u00e9", "\\x08\\z\\x{00e9}");
    check("(?i)a", "(?i)a");
    check("(?n)a", "(?m-s)a");
    check("***=a.b", "a\\.b");
    check("a|abc|ab", "abc|ab|a");
    check("x(a|ab)y", "x(ab|a)y");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const unsupported[] = {"(a)\\1", "a(?=b)", "a(?!b)",   "(?<=a)b",
                                              "\\yx",   "\\mx",   "[[:<:]]x", "(?x)a"};
    static const char *const invalid[] = {"\\", "[a", "\\q", "[[:nosuch:]]", "a{1,256}", "\\u12"};
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        check_error(unsupported[i], SQLSTATE_FEATURE_NOT_SUPPORTED);
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        check_error(invalid[i], SQLSTATE_INVALID_REGULAR_EXPRESSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
