#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_copying(void **state)
{
    (void)state;
    char to[4] = "xyz";
    assert_int_equal(str_copy(STR("ab"), to, sizeof to), 2);
    assert_string_equal(to, "ab");
    assert_int_equal(str_copy(STR("abcd"), to, sizeof to), 3);
    assert_string_equal(to, "abc");
    assert_int_equal(str_copy(str_of(NULL), to, 1), 0);
    assert_string_equal(to, "");
}

static void test_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {{0, "0"}, {7, "7"}, {10, "10"}, {UINT64_MAX, "18446744073709551615"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char to[U64_DIGITS_MAX + 1];
        assert_int_equal(u64_digits(cases[i].n, to), strlen(cases[i].text));
        assert_string_equal(to, cases[i].text);
    }
}

static void test_comparing(void **state)
{
    (void)state;
    assert_true(str_eq(STR("ab"), str_of("ab")));
    assert_false(str_eq(STR("ab"), STR("aB")));
    assert_false(str_eq(STR("ab"), STR("abc")));
    assert_true(str_eq(STR(""), str_of(NULL)));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_ieq(STR("DateStyle"), STR("datestyle")));
    assert_false(str_ieq(STR("[ab"), STR("{ab"))); /* 0x20 apart, but no letters */
    assert_false(str_ieq(STR("@"), STR("`")));
    assert_false(str_ieq(STR("\xc4"), STR("\xe4")));
    assert_true(cstr_ieq("TimeZone", "TIMEZONE"));
    assert_false(cstr_ieq("TimeZone", "TimeZon"));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max, value;
    } good[] = {
        {"0", 0, 0, 0},
        {" \t-17\n", -17, 0, -17},
        {"+5", 0, 5, 5},
        {"-0", 0, 0, 0},
        {"007", 0, 9, 7},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN},
    };
    static const struct {
        const char *text;
        int64_t min, max;
    } bad[] = {
        {"", -9, 9},
        {" ", -9, 9},
        {"-", -9, 9},
        {"+-1", -9, 9},
        {"1 2", -99, 99},
        {"0x1", -99, 99},
        {"1.0", -99, 99},
        {"10", -9, 9},
        {"-10", -9, 9},
        {"9223372036854775808", INT64_MIN, INT64_MAX},
        {"-9223372036854775809", INT64_MIN, INT64_MAX},
        {"99999999999999999999999", INT64_MIN, INT64_MAX},
    };
    int64_t v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(str_to_i64(str_of(good[i].text), good[i].min, good[i].max, &v));
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_i64(str_of(bad[i].text), bad[i].min, bad[i].max, &v));
    assert_false(str_to_i64(STR("1\0"), 0, 9, &v));
}

/* The first and the last of each row of Unicode's table of well-formed sequences, and their neighbours. */
static void test_characters(void **state)
{
    struct str s = STR("a\xc3\xa4\xe2\x82\xac"); /* 1, 2 and 3 bytes */
    (void)state;
    assert_int_equal(str_chars(s), 3);
    static const int32_t positions[] = {1, 2, 3, 3, 4, 4, 4};
    for (size_t at = 0; at < sizeof positions / sizeof *positions; at++)
        assert_int_equal(str_position(s, at), positions[at]);
    assert_int_equal(str_position(s, 100), 4);
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6};
    for (size_t most = 0; most < sizeof cuts / sizeof *cuts; most++)
        assert_int_equal(str_cut(s, most), cuts[most]);
    assert_int_equal(str_cut((struct str){"\x80\x80\x80", 3}, 2), 0);
}

static void test_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const struct {
        const char *text;
        size_t at;
    } bad[] = {
        {"a\x80", 1},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc2\x7f", 0},
        {"\xc2\xc0", 0},
        {"ab\xc3", 2},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82z", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\u20ac\xf0\x90\x80", 3},
        {"\xfe", 0},
    };
    size_t at;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(good[i], strlen(good[i]), &at));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(utf8_valid(bad[i].text, strlen(bad[i].text), &at));
        assert_int_equal(at, bad[i].at);
    }
    assert_false(utf8_valid("a\0b", 3, &at));
    assert_int_equal(at, 1);
    assert_true(utf8_valid(NULL, 0, &at));
}

/* Every character of Unicode is valid, every surrogate is not. */
static void test_every_character(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x110000; c++) {
        unsigned char u[4];
        size_t n, at;
        if (c < 0x80) {
            n = 1, u[0] = (unsigned char)c;
        } else if (c < 0x800) {
            n = 2, u[0] = (unsigned char)(0xC0 | c >> 6);
        } else if (c < 0x10000) {
            n = 3, u[0] = (unsigned char)(0xE0 | c >> 12);
        } else {
            n = 4, u[0] = (unsigned char)(0xF0 | c >> 18);
        }
        for (size_t i = 1; i < n; i++)
            u[i] = (unsigned char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (utf8_valid((char *)u, n, &at) == surrogate)
            fail_msg("U+%04X", c);
    }
}

/* One byte that is wrong, at every place of strings that are looked at by words of several lengths. */
static void test_every_place(void **state)
{
    (void)state;
    static const char wrong[] = {'\0', '\x80', '\xff', '\xc3'};
    char text[40];
    size_t found;
    for (size_t n = 1; n <= sizeof text; n++)
        for (size_t at = 0; at < n; at++) {
            memset(text, 'a', sizeof text);
            assert_true(utf8_valid(text, n, &found));
            for (size_t w = 0; w < sizeof wrong; w++) {
                text[at] = wrong[w];
                assert_false(utf8_valid(text, n, &found));
                assert_int_equal(found, at);
            }
            if (at + 1 == n)
                continue;
            memcpy(text + at, "\u00e4", 2);
            assert_true(utf8_valid(text, n, &found));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparing),   cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_copying),     cmocka_unit_test(test_digits),
        cmocka_unit_test(test_characters),  cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_every_place), cmocka_unit_test(test_every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
