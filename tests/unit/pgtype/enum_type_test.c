/* Numbers of enums, of their labels and of their text alike. */
#include "pgtype/enum_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t text(const char *s)
{
    return enum_type_oid_of_text(str_of(s));
}

static void test_marks(void **state)
{
    uint32_t oid = 0;
    (void)state;
    assert_true(enum_type_mark(STR("\x1e"
                                   "1073741900"),
                               &oid));
    assert_int_equal(oid, 1073741900);
    assert_false(enum_type_mark(STR("1073741900"), &oid));
    assert_false(enum_type_mark(STR("\x1e"), &oid));
    assert_false(enum_type_mark(STR("\x1e"
                                    "12"),
                                &oid)); /* no number of an enum */
    assert_false(enum_type_mark(STR("\x1e"
                                    "107374190x"),
                                &oid));
    assert_false(enum_type_mark(STR("\x1e"
                                    "99999999999999999999"),
                                &oid));
}

static void test_numbers(void **state)
{
    const struct str plain[] = {STR("a"), STR("b'c"), STR("")};
    const struct str marked[] = {STR("a"), STR("b"),
                                 STR("\x1e"
                                     "1073741900")};
    (void)state;
    assert_true(enum_type_is(enum_type_oid(plain, 3)));
    assert_int_equal(enum_type_oid(plain, 3), text("ENUM('a', 'b''c', '')"));
    assert_int_not_equal(enum_type_oid(plain, 2), enum_type_oid(plain, 3));
    assert_int_equal(enum_type_oid(marked, 3), 1073741900);
    assert_int_equal(text("ENUM('a', 'b', '\x1e"
                          "1073741900')"),
                     1073741900);
    assert_int_equal(text("ENUM('\x1e"
                          "1073741900')[]"),
                     enum_type_array(1073741900));
    assert_int_equal(enum_type_element(enum_type_array(1073741900)), 1073741900);
    assert_true(enum_type_is_array(text("ENUM('a')[][3]")));
}

static void test_other_texts(void **state)
{
    static const char *const others[] = {"", "ENUM", "VARCHAR", "ENUM(", "ENUM('a", "ENUM('a'", "enum('a')"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(text(others[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_marks), cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_other_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
