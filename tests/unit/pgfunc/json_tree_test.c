/* JSON read and spelled as jsonb does. */
#include "pgfunc/json_tree.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What is spelled, or the SQLSTATE. */
static void check(const char *text, const char *expected)
{
    struct arena a;
    struct buf out;
    struct err e;
    struct json j;
    arena_init(&a, 1 << 24);
    buf_init(&out, 1 << 20);
    err_init(&e);
    if (json_parse(&a, str_of(text), &j, &e) == ST_OK) {
        json_put(&out, &j);
        buf_put_u8(&out, '\0');
        assert_true(buf_ok(&out));
        assert_string_equal((const char *)out.data, expected);
    } else {
        assert_string_equal(sqlstate_code(e.code), expected);
    }
    buf_release(&out);
    arena_release(&a);
}

static void test_values(void **state)
{
    (void)state;
    check(" null ", "null");
    check("[true,false]", "[true, false]");
    check("{\"bb\":1,\"a\":{},\"a\":[]}", "{\"a\": [], \"bb\": 1}");
    check("\"\\u00e4\\n\\/\\ud83d\\ude00\\u0001\"", "\"ä\\n/😀\\u0001\"");
    check("[]", "[]");
}

static void test_numbers(void **state)
{
    (void)state;
    check("[1e3,-0.0,1.50,1E-2,123e-5,-1.5e1,0.5e1,0e5,10e0]",
          "[1000, 0.0, 1.50, 0.01, 0.00123, -15, 5, 0, 10]");
    check("01", "22P02");
    check("1.", "22P02");
    check("-", "22P02");
    check("1e999999999", "22003");
}

static void test_errors(void **state)
{
    static const char *const bad[] = {"",       "{",   "[1,]",  "{\"a\"}",     "{\"a\":1,}",
                                      "nul",    "1 2", "\"a",   "\"\\x\"",     "\"\\u12\"",
                                      "\"\n\"", "[1",  "{1:2}", "\"\\ud800\"", "tru"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(bad[i], "22P02");
    check("\"\\u0000\"", "22P05");
    char deep[2 * JSON_DEPTH_MAX];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    check(deep, "54001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
