/* Each answer is compared with pg_value_decode's, which is the oracle. */
#include "pgtype/quick.h"

#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct pg_value decoded(struct arena *a, uint32_t oid, const char *text)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    if (pg_value_decode(a, oid, 0, (const uint8_t *)text, (int32_t)strlen(text), tz_utc(), &v, &e) < 0)
        fail_msg("%s: %s", text, e.message);
    return v;
}

static void test_same(void **state)
{
    static const char *const ints[] = {"0", "-0", "7", "-42", "000012", "999999999999999999"};
    static const char *const reals[] = {"0",      "-0",   "1.5",    "-2.25", ".5",      "5.",    "1e3",
                                        "1.5e-7", "1E+5", "0.1e22", "3e22",  "123e-22", "0.001", "16777216"};
    static const char *const dates[] = {"2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31", "2000-02-29"};
    static const char *const times[] = {"00:00:00", "23:59:59", "12:34:56.7", "12:34:56.123456"};
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        int64_t v = 1;
        assert_true(quick_int(str_of(ints[i]), &v));
        assert_int_equal(v, decoded(&a, PGTYPE_INT8, ints[i]).v.i);
    }
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        double d = 1;
        float f = 1;
        assert_true(quick_double(str_of(reals[i]), &d));
        double wanted = decoded(&a, PGTYPE_FLOAT8, reals[i]).v.d;
        assert_memory_equal(&d, &wanted, sizeof d);
        float single = decoded(&a, PGTYPE_FLOAT4, reals[i]).v.f;
        if (quick_float(str_of(reals[i]), &f))
            assert_memory_equal(&f, &single, sizeof f);
    }
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int32_t v = 1;
        int64_t midnight = 1;
        assert_true(quick_date(str_of(dates[i]), &v));
        assert_int_equal(v, decoded(&a, PGTYPE_DATE, dates[i]).v.i);
        assert_true(quick_timestamp(str_of(dates[i]), &midnight));
        assert_int_equal(midnight, decoded(&a, PGTYPE_TIMESTAMP, dates[i]).v.i);
        for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
            char text[64];
            int64_t moment = 1, clock = 1;
            (void)snprintf(text, sizeof text, "%s%c%s", dates[i], k % 2 ? 'T' : ' ', times[k]);
            assert_true(quick_timestamp(str_of(text), &moment));
            assert_int_equal(moment, decoded(&a, PGTYPE_TIMESTAMP, text).v.i);
            assert_true(quick_time(str_of(times[k]), &clock));
            assert_int_equal(clock, decoded(&a, PGTYPE_TIME, times[k]).v.time.micros);
        }
    }
    arena_release(&a);
}

static void test_left(void **state)
{
    static const char *const texts[] = {"",           "-",          " 1",         "1 ",         "1_000",
                                        "0x1F",       "2024-02-30", "2023-02-29", "1900-02-29", "0000-01-01",
                                        "04/05/06",   "2024-1-05",  "24:00:00",   "12:60:00",   "1:02:03",
                                        "12:34:56.",  "12:34:5x",   "infinity",   "2024-13-01", "2024-00-01",
                                        "2024-01-00", "e5",         "1e",         "nan"};
    int64_t i8;
    int32_t i4;
    double d;
    float f;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(quick_int(str_of(texts[i]), &i8));
        assert_false(quick_double(str_of(texts[i]), &d));
        assert_false(quick_float(str_of(texts[i]), &f));
        assert_false(quick_date(str_of(texts[i]), &i4));
        assert_false(quick_time(str_of(texts[i]), &i8));
        assert_false(quick_timestamp(str_of(texts[i]), &i8));
    }
    assert_false(quick_int(STR("1234567890123456789"), &i8));
    assert_false(quick_timestamp(STR("2024-02-29 12:34:56.1234567"), &i8));
    assert_false(quick_float(STR("16777217"), &f)); /* in the middle between two floats */
    assert_false(quick_float(STR("1e20e"), &f));
    assert_false(quick_double(STR("1e23"), &d));
    assert_false(quick_double(STR("1e9999"), &d));
    assert_false(quick_double(STR("9007199254740993"), &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same), cmocka_unit_test(test_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
