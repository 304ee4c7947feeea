#include "pgtype/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text(const char *in, int32_t n, bool padded, const char *wanted)
{
    struct str s = str_of(in);
    assert_int_equal(pg_fit_text(&s, n, padded), wanted != NULL);
    if (wanted && !str_eq(s, str_of(wanted)))
        fail_msg("%s: %.*s", in, (int)s.n, s.p);
}

static void test_text(void **state)
{
    (void)state;
    text("abc", 3, false, "abc");
    text("abc  ", 3, false, "abc");
    text("ab ", 3, false, "ab ");
    text("abcd", 3, false, NULL);
    text("a   b", 3, false, NULL);
    text("äöü", 3, false, "äöü");
    text("äöü ", 3, false, "äöü");
    text("", 1, false, "");
    text("ab ", 3, true, "ab");
    text("ab      ", 3, true, "ab");
    text("   ", 2, true, "");
    text("abcd", 3, true, NULL);
}

static void test_moments(void **state)
{
    (void)state;
    assert_int_equal(pg_fit_timestamp(946684800123500, 3), 946684800124000);
    assert_int_equal(pg_fit_timestamp(946684800123499, 3), 946684800123000);
    assert_int_equal(pg_fit_timestamp(946684799999500, 3), 946684799999000); /* away from 2000 */
    assert_int_equal(pg_fit_timestamp(946684800123456, 6), 946684800123456);
    assert_int_equal(pg_fit_timestamp(INT64_MAX, 0), INT64_MAX);
    assert_int_equal(pg_fit_timestamp(-INT64_MAX, 0), -INT64_MAX);
    assert_int_equal(pg_fit_time(36000125000, 2), 36000130000);
    assert_int_equal(pg_fit_time(86399999999, 0), 86400000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
