#include "auth/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Source of the first seven: RFC 4648, section 10. */
static const struct {
    const char *plain, *text;
} pairs[] = {{"", ""},
             {"f", "Zg=="},
             {"fo", "Zm8="},
             {"foo", "Zm9v"},
             {"foob", "Zm9vYg=="},
             {"fooba", "Zm9vYmE="},
             {"foobar", "Zm9vYmFy"},
             {"\xfb\xff\xbf", "+/+/"}};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[16];
        uint8_t plain[8];
        size_t n = strlen(pairs[i].plain), got;
        assert_int_equal(base64_encode(text, (const uint8_t *)pairs[i].plain, n), strlen(pairs[i].text));
        assert_string_equal(text, pairs[i].text);
        assert_true(base64_decode(str_of(pairs[i].text), plain, n, &got));
        assert_int_equal(got, n);
        assert_memory_equal(plain, pairs[i].plain, n);
        if (n)
            assert_false(base64_decode(str_of(pairs[i].text), plain, n - 1, &got));
    }
}

static void test_one_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",    "Zg=",    "Zh==",     "Zm9=", "=g==",     "Z===",
                                      "====", "Zm 9v", "Zm9v\n", "Zg==Zg==", "Zm-_", "Zm9vZg=v", "Zm9\xc3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t out[16];
        size_t n;
        assert_false(base64_decode(str_of(bad[i]), out, sizeof out, &n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
