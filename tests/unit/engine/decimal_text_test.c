/* Texts as decimals: what is read, rounded and refused. */
#include "engine/decimal_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The value times 10^scale in digits, or why there is none. */
static const char *read(const char *text, uint8_t width, uint8_t scale)
{
    static char answer[64];
    __int128 v = 0;
    const struct decimal_type t = {width, scale};
    switch (decimal_read(str_of(text), decimal_type_unpack(decimal_type_pack(t)), &v)) {
    case DECIMAL_TOO_LARGE: return "too large";
    case DECIMAL_NO_NUMBER: return "no number";
    case DECIMAL_READ: break;
    }
    char *p = answer + sizeof answer - 1;
    unsigned __int128 n = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    *p = '\0';
    do
        *--p = (char)('0' + (int)(n % 10));
    while ((n /= 10) > 0);
    if (v < 0)
        *--p = '-';
    return p;
}

static void test_numbers(void **state)
{
    (void)state;
    assert_string_equal(read("1.5", 10, 2), "150");
    assert_string_equal(read("  -12.345\n", 10, 2), "-1235");
    assert_string_equal(read("+.5", 10, 0), "1");
    assert_string_equal(read("5.", 10, 1), "50");
    assert_string_equal(read("1e3", 10, 2), "100000");
    assert_string_equal(read("1234e-3", 10, 2), "123");
    assert_string_equal(read("1235e-3", 10, 2), "124");
    assert_string_equal(read("0.4999999999999999999999999999999999999999", 1, 0), "0");
    assert_string_equal(read("0.05e-3", 10, 2), "0");
    assert_string_equal(read("0e99999999999", 3, 2), "0");
    assert_string_equal(read("00000000000000000000000000000000000000000001", 1, 0), "1");
    assert_string_equal(read("9.99", 3, 2), "999");
    assert_string_equal(read("99999999999999999999999999999999999999", 38, 0),
                        "99999999999999999999999999999999999999");
    assert_string_equal(read("1e-99999999999", 3, 2), "0");
}

static void test_too_large(void **state)
{
    (void)state;
    assert_string_equal(read("9.995", 3, 2), "too large");
    assert_string_equal(read("10", 3, 2), "too large");
    assert_string_equal(read("1e99999999999", 38, 0), "too large");
    assert_string_equal(read("100000000000000000000000000000000000000", 38, 0), "too large");
    assert_string_equal(read("99999999999999999999999999999999999999.5", 38, 0), "too large");
    assert_string_equal(read("1", 2, 2), "too large");
}

static void test_no_numbers(void **state)
{
    static const char *const texts[] = {"",    " ",    ".",   "-",    "+-1", "1_000", "1 000", "1.2.3",
                                        "e5",  "1e",   "1e+", "1e5x", "NaN", "0x10",  "1,5",   "--1",
                                        "- 1", "1e 5", "1-",  "\x80", "inf", "1e5.5", "1.e-",  ".e1"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(read(texts[i], 10, 2), "no number") != 0)
            fail_msg("%s is read as %s", texts[i], read(texts[i], 10, 2));
}

static void test_store(void **state)
{
    (void)state;
    _Alignas(16) unsigned char room[32] = {0};
    const struct {
        uint8_t width;
        size_t size;
    } widths[] = {{4, 2}, {5, 4}, {9, 4}, {10, 8}, {18, 8}, {19, 16}, {38, 16}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        memset(room, 0, sizeof room);
        decimal_store(room, 1, (struct decimal_type){widths[i].width, 0}, -1);
        for (size_t at = 0; at < sizeof room; at++)
            assert_int_equal(room[at], at >= widths[i].size && at < 2 * widths[i].size ? 0xff : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
