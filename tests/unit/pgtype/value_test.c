#include "pgtype/value.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_MAX = 1 << 20 };

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct pg_value text(uint32_t oid, const char *s)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    if (pg_value_decode(&arena, oid, 0, (const uint8_t *)s, (int32_t)strlen(s), tz_utc(), &v, &e) != ST_OK)
        fail_msg("%s: %s", s, e.message);
    return v;
}

static void text_fails(uint32_t oid, const char *s, enum sqlstate code)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    assert_int_equal(
        pg_value_decode(&arena, oid, 0, (const uint8_t *)s, (int32_t)strlen(s), tz_utc(), &v, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), sqlstate_code(code));
}

static void assert_text(struct pg_value v, const char *want)
{
    assert_int_equal(v.v.text.n, strlen(want));
    assert_memory_equal(v.v.text.p, want, strlen(want));
}

static void null_is_null(void **state)
{
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
    assert_int_equal(pg_value_decode(&arena, PGTYPE_INT4, 1, NULL, -1, tz_utc(), &v, &e), ST_OK);
    assert_int_equal(v.kind, PG_NULL);
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(text(PGTYPE_INT2, " -32768 ").v.i, -32768);
    assert_int_equal(text(PGTYPE_INT8, "9223372036854775807").v.i, INT64_MAX);
    text_fails(PGTYPE_INT2, "32768", SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
    text_fails(PGTYPE_INT4, "1 2", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_INT4, "", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    assert_true(text(PGTYPE_FLOAT8, "-Infinity").v.d < -1e308);
    assert_float_equal(text(PGTYPE_FLOAT4, "1.5e2").v.f, 150, 0);
    text_fails(PGTYPE_FLOAT8, "1e999", SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
    text_fails(PGTYPE_FLOAT8, "0x10", SQLSTATE_INVALID_TEXT_REPRESENTATION);
}

static void numeric_is_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {{"1.50", "1.50"},   {"-.5", "-0.5"},       {"1e3", "1000"},
                 {"1.25e1", "12.5"}, {"125e-4", "0.0125"},  {"5.", "5"},
                 {"NaN", "NaN"},     {"-inf", "-Infinity"}, {"+7", "7"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_text(text(PGTYPE_NUMERIC, cases[i].in), cases[i].out);
    text_fails(PGTYPE_NUMERIC, "1.2.3", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_NUMERIC, "1e", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_NUMERIC, ".", SQLSTATE_INVALID_TEXT_REPRESENTATION);
}

static void numeric_from_wire(void **state)
{
    /* -12.340: 12 and 3400 in base 10000, scale 3 */
    static const uint8_t wire[] = {0, 2, 0, 0, 0x40, 0, 0, 3, 0, 12, 0x0d, 0x48};
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
    assert_int_equal(pg_value_decode(&arena, PGTYPE_NUMERIC, 1, wire, sizeof wire, tz_utc(), &v, &e), ST_OK);
    assert_text(v, "-12.340");
    assert_int_equal(pg_value_decode(&arena, PGTYPE_NUMERIC, 1, wire, sizeof wire - 1, tz_utc(), &v, &e),
                     ST_ERR);
}

static void bytes_and_bits(void **state)
{
    (void)state;
    struct pg_value v = text(PGTYPE_BYTEA, "\\x00fF 41");
    assert_int_equal(v.v.text.n, 3);
    assert_memory_equal(v.v.text.p, "\0\xff\x41", 3);
    v = text(PGTYPE_BYTEA, "a\\\\\\001");
    assert_memory_equal(v.v.text.p, "a\\\1", 3);
    text_fails(PGTYPE_BYTEA, "\\x0", SQLSTATE_INVALID_PARAMETER_VALUE);
    text_fails(PGTYPE_BYTEA, "a\\9", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    assert_text(text(PGTYPE_VARBIT, "B101"), "101");
    text_fails(PGTYPE_BIT, "102", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    assert_int_equal(text(PGTYPE_UUID, "{a0eebc99-9c0b4ef8-bb6d6bb9bd380a11}").v.uuid[15], 0x11);
    text_fails(PGTYPE_UUID, "a0eebc99", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    assert_true(text(PGTYPE_BOOL, "y").v.b);
    assert_false(text(PGTYPE_BOOL, "OFF").v.b);
    text_fails(PGTYPE_BOOL, "o", SQLSTATE_INVALID_TEXT_REPRESENTATION);
}

static void dates_and_times(void **state)
{
    (void)state;
    assert_int_equal(text(PGTYPE_DATE, "2024-02-29").v.i, 19782);
    assert_int_equal(text(PGTYPE_DATE, "1-1-1").kind, PG_TEXT); /* a form for the engine */
    assert_int_equal(text(PGTYPE_DATE, "0001-01-01 BC").v.i, -719528);
    assert_int_equal(text(PGTYPE_DATE, "-infinity").v.i, -INT32_MAX);
    text_fails(PGTYPE_DATE, "2023-02-29", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIME, "24:00").v.time.micros, INT64_C(86400000000));
    text_fails(PGTYPE_TIME, "24:00:01", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIMETZ, "12:00:00.0000005-05:30").v.time.micros, INT64_C(43200000001));
    assert_int_equal(text(PGTYPE_TIMETZ, "12:00-05:30").v.time.offset_s, -19800);
    assert_int_equal(text(PGTYPE_TIMESTAMP, "1970-01-01T00:00:01Z").v.i, 1000000);
    assert_int_equal(text(PGTYPE_TIMESTAMPTZ, "1970-01-01 02:00:00+02").v.i, 0);
    assert_int_equal(text(PGTYPE_TIMESTAMP, "infinity").v.i, INT64_MAX);
}

static void local_times_use_the_zone(void **state)
{
    const struct tz *berlin;
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
    assert_int_equal(tz_find(&berlin, "europe/berlin", &e), ST_OK);
    assert_string_equal(tz_name(berlin), "Europe/Berlin");
    static const char summer[] = "2024-07-01 12:00:00";
    assert_int_equal(pg_value_decode(&arena, PGTYPE_TIMESTAMPTZ, 0, (const uint8_t *)summer,
                                     sizeof summer - 1, berlin, &v, &e),
                     ST_OK);
    assert_int_equal(v.v.i, INT64_C(1719828000000000));
}

static void intervals(void **state)
{
    (void)state;
    struct pg_value v = text(PGTYPE_INTERVAL, "1 year 2 mons -3 days 04:05:06.7");
    assert_int_equal(v.v.interval.months, 14);
    assert_int_equal(v.v.interval.days, -3);
    assert_int_equal(v.v.interval.micros, INT64_C(14706700000));
    v = text(PGTYPE_INTERVAL, "@ 1 day 2 hours ago");
    assert_int_equal(v.v.interval.days, -1);
    assert_int_equal(v.v.interval.micros, INT64_C(-7200000000));
    v = text(PGTYPE_INTERVAL, "P1Y2M3DT4H5M6S");
    assert_int_equal(v.v.interval.months, 14);
    assert_int_equal(v.v.interval.micros, INT64_C(14706000000));
    assert_int_equal(text(PGTYPE_INTERVAL, "-100:00:00").v.interval.micros, INT64_C(-360000000000));
    assert_int_equal(text(PGTYPE_INTERVAL, "1.5 days").kind, PG_TEXT);
    text_fails(PGTYPE_INTERVAL, "9999999999 years", SQLSTATE_DATETIME_FIELD_OVERFLOW);
}

static void arrays(void **state)
{
    (void)state;
    struct pg_value v = text(1009, "{a,\"b \\\"c\", NULL ,\"NULL\",\"\"}");
    assert_int_equal(v.kind, PG_ARRAY);
    assert_int_equal(v.v.array.n, 5);
    assert_text(v.v.array.items[1], "b \"c");
    assert_int_equal(v.v.array.items[2].kind, PG_NULL);
    assert_text(v.v.array.items[3], "NULL");
    assert_text(v.v.array.items[4], "");
    v = text(1007, "[0:1][1:2]={{1,2},{3,4}}");
    assert_int_equal(v.v.array.ndims, 2);
    assert_int_equal(v.v.array.dims[0] * 10 + v.v.array.dims[1], 22);
    assert_int_equal(v.v.array.items[3].v.i, 4);
    assert_int_equal(text(1007, "{}").v.array.n, 0);
    static const char *const bad[] = {"",        "1",        "{1", "{1,}", "{1}}", "{{1},{2,3}}",
                                      "{1,{2}}", "{\"a\"b}", "{x}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        text_fails(1007, bad[i], SQLSTATE_INVALID_TEXT_REPRESENTATION);
}

static void binary_sizes_are_checked(void **state)
{
    struct pg_value v;
    struct err e;
    static const uint8_t zeros[64];
    (void)state;
    static const uint32_t fixed[] = {PGTYPE_BOOL,   PGTYPE_INT2,      PGTYPE_INT4,        PGTYPE_INT8,
                                     PGTYPE_FLOAT4, PGTYPE_FLOAT8,    PGTYPE_DATE,        PGTYPE_TIME,
                                     PGTYPE_TIMETZ, PGTYPE_TIMESTAMP, PGTYPE_TIMESTAMPTZ, PGTYPE_INTERVAL,
                                     PGTYPE_UUID};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        for (int32_t len = 0; len <= 20; len++) {
            err_init(&e);
            bool right = len == pgtype_find(fixed[i])->len;
            assert_int_equal(pg_value_decode(&arena, fixed[i], 1, zeros, len, tz_utc(), &v, &e),
                             right ? ST_OK : ST_ERR);
        }
}

static void every_allocation_fails_once(void **state)
{
    static const struct {
        uint32_t oid;
        const char *text;
    } cases[] = {{PGTYPE_NUMERIC, "12.5"},
                 {PGTYPE_BYTEA, "\\x00"},
                 {1009, "{a,b,{c"},
                 {1007, "{1,2,3}"},
                 {PGTYPE_FLOAT8, "1.5"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct arena a;
            struct pg_value v;
            struct err e;
            err_init(&e);
            arena_init(&a, ARENA_MAX);
            alloc_fail_nth(nth);
            int st = pg_value_decode(&a, cases[i].oid, 0, (const uint8_t *)cases[i].text,
                                     (int32_t)strlen(cases[i].text), tz_utc(), &v, &e);
            more = alloc_failed();
            if (more) {
                assert_int_equal(st, ST_ERR);
                assert_string_equal(sqlstate_code(e.code), "53200");
            }
            arena_release(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(null_is_null, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(numeric_is_canonical, setup, teardown),
        cmocka_unit_test_setup_teardown(numeric_from_wire, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_and_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_and_times, setup, teardown),
        cmocka_unit_test_setup_teardown(local_times_use_the_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(intervals, setup, teardown),
        cmocka_unit_test_setup_teardown(arrays, setup, teardown),
        cmocka_unit_test_setup_teardown(binary_sizes_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(every_allocation_fails_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
