#include "encode/digits.h"

#include "pgtype/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t got[64];
static char want[64];

static void assert_ends(const uint8_t *end)
{
    got[end - got] = 0;
    assert_string_equal((const char *)got, want);
}

static uint64_t next_random(void)
{
    static uint64_t x = 88172645463325252;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

static void integers(void **state)
{
    (void)state;
    for (uint64_t v = 0; v < 3 * (uint64_t)DIGITS_8; v += v < 20000 ? 1 : 9973) {
        (void)snprintf(want, sizeof want, "%llu", (unsigned long long)v);
        assert_ends(digits_u64(got, v));
    }
    for (int64_t edge = 1; edge < INT64_MAX / 10; edge *= 10)
        for (int64_t v = edge - 1; v <= edge + 1; v++) {
            (void)snprintf(want, sizeof want, "%lld", -(long long)v);
            assert_ends(digits_i64(got, -v));
        }
    for (unsigned i = 0; i < 200000; i++) {
        int64_t v = (int64_t)(next_random() >> (i % 64));
        (void)snprintf(want, sizeof want, "%lld", (long long)v);
        assert_ends(digits_i64(got, v));
    }
    (void)snprintf(want, sizeof want, "%lld", (long long)INT64_MIN);
    assert_ends(digits_i64(got, INT64_MIN));
    (void)snprintf(want, sizeof want, "18446744073709551615");
    assert_ends(digits_u64(got, UINT64_MAX));
}

static void decimals(void **state)
{
    (void)state;
    uint32_t unit = 10;
    for (unsigned scale = 1; scale <= 7; scale++, unit *= 10)
        for (uint32_t v = 0; v < DIGITS_8; v += v < 2 * unit && v < 20000 ? 1 : 6007) {
            (void)snprintf(want, sizeof want, "%u.%0*u", v / unit, (int)scale, v % unit);
            assert_ends(digits_decimal(got, v, scale));
        }
}

static void dates(void **state)
{
    (void)state;
    for (int32_t days = DIGITS_FIRST_DAY; days <= DIGITS_LAST_DAY; days++) {
        int64_t year;
        unsigned month, day;
        civil_from_days(days, &year, &month, &day);
        (void)snprintf(want, sizeof want, "%04d-%02u-%02u", (int)year, month, day);
        assert_ends(digits_date(got, days));
    }
    (void)snprintf(want, sizeof want, "0001-01-01");
    assert_ends(digits_date(got, DIGITS_FIRST_DAY));
    (void)snprintf(want, sizeof want, "9999-12-31");
    assert_ends(digits_date(got, DIGITS_LAST_DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(decimals),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
