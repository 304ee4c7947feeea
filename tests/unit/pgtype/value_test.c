#include "pgtype/value.h"

#include "base/alloc.h"
#include "base/bytes.h"
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
    } cases[] = {{"1.50", "1.50"},     {"-.5", "-0.5"},   {"1e3", "1000"},      {"1.25e1", "12.5"},
                 {"125e-4", "0.0125"}, {"5.", "5"},       {"NaN", "NaN"},       {"-inf", "-Infinity"},
                 {"+7", "7"},          {"007", "7"},      {"000.100", "0.100"}, {"-0.00", "0.00"},
                 {"0e10", "0"},        {"0.00e1", "0.0"}, {"0.05e3", "50"},     {"-0e-2", "0.00"},
                 {"0.05e1", "0.5"},    {"12e-1", "1.2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_text(text(PGTYPE_NUMERIC, cases[i].in), cases[i].out);
    text_fails(PGTYPE_NUMERIC, "1.2.3", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_NUMERIC, "1e", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_NUMERIC, ".", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    static const char *const wide[] = {"1e131072", "1e99999999999999999999", "1e-16384",
                                       "-1e-99999999999999999999"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        text_fails(PGTYPE_NUMERIC, wide[i], SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
    assert_int_equal(text(PGTYPE_NUMERIC, "1e131071").v.text.n, 131072);
}

static struct pg_value binary(uint32_t oid, const void *bytes, size_t n)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    if (pg_value_decode(&arena, oid, 1, bytes, (int32_t)n, tz_utc(), &v, &e) != ST_OK)
        fail_msg("%u: %s", oid, e.message);
    return v;
}

static void binary_fails(uint32_t oid, const void *bytes, size_t n, const char *code)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    assert_int_equal(pg_value_decode(&arena, oid, 1, bytes, (int32_t)n, tz_utc(), &v, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), code);
}

static void numeric_from_wire(void **state)
{
    /* ndigits, weight, sign, dscale, digits in base 10000; as PostgreSQL sends them */
    static const struct {
        uint8_t bytes[16];
        size_t n;
        const char *text;
    } cases[] = {
        {{0, 2, 0, 0, 0x40, 0, 0, 3, 0, 12, 0x0d, 0x48}, 12, "-12.340"},
        {{0, 0, 0, 0, 0, 0, 0, 2}, 8, "0.00"},
        {{0, 0, 0, 0, 0x40, 0, 0, 0}, 8, "0"},
        {{0, 1, 0, 1, 0, 0, 0, 0, 0, 5}, 10, "50000"},
        {{0, 1, 0xff, 0xfe, 0, 0, 0, 6, 0, 100}, 10, "0.000001"},
        {{0, 2, 0, 1, 0x40, 0, 0, 0, 0, 1, 0, 2}, 12, "-10002"},
        {{0, 0, 0, 0, 0xc0, 0, 0, 0}, 8, "NaN"},
        {{0, 0, 0, 0, 0xd0, 0, 0, 0}, 8, "Infinity"},
        {{0, 0, 0, 0, 0xf0, 0, 0, 0}, 8, "-Infinity"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_text(binary(PGTYPE_NUMERIC, cases[i].bytes, cases[i].n), cases[i].text);
    binary_fails(PGTYPE_NUMERIC, cases[0].bytes, 11, "22P03");
    binary_fails(PGTYPE_NUMERIC, cases[0].bytes, 7, "08P01");
    static const uint8_t large_digit[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10}; /* 10000 */
    static const uint8_t bad_sign[] = {0, 0, 0, 0, 0x12, 0x34, 0, 0};
    binary_fails(PGTYPE_NUMERIC, large_digit, sizeof large_digit, "22P03");
    binary_fails(PGTYPE_NUMERIC, bad_sign, sizeof bad_sign, "22P03");
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
    assert_text(text(PGTYPE_VARBIT, "x1F"), "00011111");
    text_fails(PGTYPE_BIT, "102", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    text_fails(PGTYPE_BIT, "xg", SQLSTATE_INVALID_TEXT_REPRESENTATION);
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
    assert_int_equal(text(PGTYPE_DATE, "0001-01-01 BC").v.i, -719528);
    assert_int_equal(text(PGTYPE_DATE, "-infinity").v.i, -INT32_MAX);
    text_fails(PGTYPE_DATE, "2023-02-29", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIME, "24:00").v.time.micros, INT64_C(86400000000));
    text_fails(PGTYPE_TIME, "24:00:01", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIMETZ, "12:00:00.0000015-05:30").v.time.micros, INT64_C(43200000002));
    assert_int_equal(text(PGTYPE_TIMETZ, "12:00-05:30").v.time.offset_s, -19800);
    assert_int_equal(text(PGTYPE_TIMESTAMP, "1970-01-01T00:00:01Z").v.i, 1000000);
    assert_int_equal(text(PGTYPE_TIMESTAMPTZ, "1970-01-01 02:00:00+02").v.i, 0);
    assert_int_equal(text(PGTYPE_TIMESTAMP, "infinity").v.i, INT64_MAX);
}

/* The same day in the forms that do not depend on DateStyle. */
static void forms_of_a_date(void **state)
{
    static const char *const forms[] = {"2024-01-05",
                                        "2024-1-5",
                                        "2024/01/05",
                                        "2024.01.05",
                                        "20240105",
                                        "240105",
                                        "Jan 5 2024",
                                        "5 jan 2024",
                                        "5-Jan-2024",
                                        "Jan-5-2024",
                                        "2024-JAN-5",
                                        "January 5, 2024",
                                        "Fri Jan 05 2024",
                                        "2024 Jan 5",
                                        " 2024-01-05 ",
                                        "Jan 5 24",
                                        "2024-01-05 AD",
                                        "2024-01-05 23:00",
                                        "2024-01-05T23:00:00.5Z"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct pg_value v = text(PGTYPE_DATE, forms[i]);
        if (v.kind != PG_DATE || v.v.i != 19727)
            fail_msg("%s", forms[i]);
    }
    assert_int_equal(text(PGTYPE_DATE, "January 5, 99 BC").v.i, -755318);
    assert_int_equal(text(PGTYPE_DATE, "700101").v.i, 0);
    assert_int_equal(text(PGTYPE_DATE, "691231").v.i, 36524); /* 2069 */
    assert_int_equal(text(PGTYPE_DATE, "epoch").v.i, 0);
    /* the engine's: order of the parts open, a clock, a zone, no date at all */
    static const char *const others[] = {"1/8/2024", "1-1-1", "today", "2024.036",
                                         "J2451187", "abc",   "",      "2024-01-05 x"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(text(PGTYPE_DATE, others[i]).kind, PG_TEXT);
    static const char *const wrong[] = {"2024-13-01", "2024-02-30",    "0000-01-01",
                                        "2024-01-00", "4714-11-23 BC", "5874898-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        text_fails(PGTYPE_DATE, wrong[i], SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_DATE, "4714-11-24 BC").v.i, -2440588);
    assert_int_equal(text(PGTYPE_DATE, "5874897-12-31").v.i, 2145042905);
}

static void forms_of_a_time(void **state)
{
    static const struct {
        const char *in;
        int64_t seconds;
    } cases[] = {{"10:00", 36000},
                 {"04:05 AM", 14700},
                 {"4:05pm", 57900},
                 {"12:00 AM", 0},
                 {"12:00 PM", 43200},
                 {"040506", 14706},
                 {"0405", 14700},
                 {"T10:00", 36000},
                 {"t040506", 14706},
                 {"allballs", 0},
                 {"10:00:60", 36060},
                 {"24:00:00", 86400},
                 {"2024-01-01 10:00", 36000},
                 {"10:00+02", 36000}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(text(PGTYPE_TIME, cases[i].in).v.time.micros, cases[i].seconds * 1000000);
    text_fails(PGTYPE_TIME, "13:00 PM", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    text_fails(PGTYPE_TIME, "10:60", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIMETZ, "10:00+530").v.time.offset_s, 19800);
    assert_int_equal(text(PGTYPE_TIMETZ, "10:00 PST").v.time.offset_s, -28800);
    assert_int_equal(text(PGTYPE_TIMETZ, "10:00").kind, PG_TEXT); /* the offset of today is not known here */
    assert_int_equal(text(PGTYPE_TIMETZ, "10:00+16").kind, PG_TEXT);
    assert_int_equal(text(PGTYPE_TIMETZ, "10:00PM-08").kind, PG_TEXT); /* a zone's name in PostgreSQL */
    assert_int_equal(text(PGTYPE_TIME, "10:30.5").kind, PG_TEXT);      /* minutes and seconds */
}

/* Digits beyond the microseconds round once and change nothing else. */
static void fractions_are_rounded(void **state)
{
    static const struct {
        const char *in;
        int64_t micros;
    } cases[] = {{"00:00:00.123456", 123456},    {"00:00:00.1234564", 123456},
                 {"00:00:00.1234565", 123456},   {"00:00:00.123456789", 123457},
                 {"00:00:00.99999999", 1000000}, {"00:00:00.000000499999", 0},
                 {"00:00:00.1", 100000},         {"00:00:00.", 0},
                 {"00:00:01.5", 1500000}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(text(PGTYPE_TIME, cases[i].in).v.time.micros, cases[i].micros);
        assert_int_equal(text(PGTYPE_INTERVAL, cases[i].in).v.interval.micros, cases[i].micros);
    }
    assert_int_equal(text(PGTYPE_TIMESTAMP, "1970-01-01 00:00:00.123456789").v.i, 123457);
}

static void forms_of_a_timestamp(void **state)
{
    static const struct {
        const char *in;
        int64_t seconds;
    } cases[] = {{"2024-01-05 10:00", 1704448800},
                 {"2024-01-05t10:00:00", 1704448800},
                 {"Jan 5 2024 10:00", 1704448800},
                 {"Fri Jan 05 10:00:00 2024", 1704448800},
                 {"20240105T100000", 1704448800},
                 {"20240105 100000", 1704448800},
                 {"2024-01-05 10:00 PM", 1704492000},
                 {"2024-01-05 24:00", 1704499200},
                 {"2024-01-05T10:00:00Z", 1704448800},
                 {"2024-01-05 10:00:00-0830", 1704479400},
                 {"2024-01-05 10:00 UTC", 1704448800},
                 {"2024-01-05 10:00:00 +05:30", 1704429000},
                 {"Fri, 05 Jan 2024 10:00:00 EST", 1704466800},
                 {"20240105T101112+0530", 1704429672},
                 {"epoch", 0},
                 {"0044-03-15 12:00:00+00 BC", -63517780800}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pg_value v = text(PGTYPE_TIMESTAMPTZ, cases[i].in);
        if (v.kind != PG_TIMESTAMPTZ || v.v.i != cases[i].seconds * 1000000)
            fail_msg("%s: %lld", cases[i].in, (long long)v.v.i);
    }
    assert_int_equal(text(PGTYPE_TIMESTAMP, "1970-01-01 00:00:01+05").v.i, 1000000); /* offset read over */
    assert_int_equal(text(PGTYPE_TIMESTAMPTZ, "2024-01-05 10:00 America/New_York").kind, PG_TEXT);
    assert_int_equal(text(PGTYPE_TIMESTAMPTZ, "2024-01-05 10:00 utc+3").kind, PG_TEXT);
    /* the ends: PostgreSQL's first, the engine's last */
    assert_int_equal(text(PGTYPE_TIMESTAMP, "4714-11-24 00:00:00 BC").v.i, INT64_C(-210866803200000000));
    text_fails(PGTYPE_TIMESTAMP, "4714-11-23 23:59:59 BC", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    text_fails(PGTYPE_TIMESTAMPTZ, "4714-11-24 00:00:00+01 BC", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    assert_int_equal(text(PGTYPE_TIMESTAMP, "294247-01-10 04:00:54.775806").v.i, INT64_MAX - 1);
    text_fails(PGTYPE_TIMESTAMP, "294247-01-10 04:00:54.775807", SQLSTATE_DATETIME_FIELD_OVERFLOW);
    text_fails(PGTYPE_TIMESTAMPTZ, "294247-01-10 04:00:54-15", SQLSTATE_DATETIME_FIELD_OVERFLOW);
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
    tz_unref(berlin);
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
    /* vectors of PostgreSQL 15 */
    static const struct {
        const char *in;
        int32_t months, days;
        int64_t micros;
    } cases[] = {{"1.5 days", 0, 1, 43200000000},
                 {"0.33 days", 0, 0, 28512000000},
                 {"1.5 months", 1, 15, 0},
                 {"-1.5 months", -1, -15, 0},
                 {"1.3 months", 1, 9, 0},
                 {"1.5 years", 18, 0, 0},
                 {"1.17 years", 14, 0, 0},
                 {"0.5 weeks", 0, 3, 43200000000},
                 {"1.5 decades", 180, 0, 0},
                 {"1.5 sec", 0, 0, 1500000},
                 {"1.5 us", 0, 0, 1},
                 {"0.1234567 sec", 0, 0, 123457},
                 {"-.5 h", 0, 0, -1800000000},
                 {"1. days", 0, 1, 0},
                 {"5", 0, 0, 5000000},
                 {"1 12:30", 0, 1, 45000000000},
                 {"1 day 5", 0, 1, 5000000},
                 {"1-2", 14, 0, 0},
                 {"-1-2", -14, 0, 0},
                 {"1-2 3 4:05:06", 14, 3, 14706000000},
                 {"-1-2 -3 -4:05:06", -14, -3, -14706000000},
                 {"1 day, 2 hours", 0, 1, 7200000000},
                 {"1 year -0.5 days", 12, 0, -43200000000},
                 {"1 month ago", -1, 0, 0},
                 {"1 c", 1200, 0, 0},
                 {"1 mil", 12000, 0, 0},
                 {"PT1.5S", 0, 0, 1500000},
                 {"PT-1.5S", 0, 0, -1500000},
                 {"P1.5D", 0, 1, 43200000000},
                 {"P0.5Y", 6, 0, 0},
                 {"P1.75W", 0, 12, 21600000000},
                 {"P-1Y-2M", -14, 0, 0},
                 {"PT", 0, 0, 0},
                 {"1:2", 0, 0, 3720000000},
                 {"178956970 years 7 mons", INT32_MAX, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        v = text(PGTYPE_INTERVAL, cases[i].in);
        if (v.kind != PG_INTERVAL || v.v.interval.months != cases[i].months ||
            v.v.interval.days != cases[i].days || v.v.interval.micros != cases[i].micros)
            fail_msg("%s", cases[i].in);
    }
    static const char *const others[] = {"", "abc", "P", "1 1", "day", "1 quarter", "1 day foo", "1:60"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(text(PGTYPE_INTERVAL, others[i]).kind, PG_TEXT);
    text_fails(PGTYPE_INTERVAL, "2147483648 days", SQLSTATE_DATETIME_FIELD_OVERFLOW);
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
    static const char *const bad[] = {"",        "1",      "{1",         "{1,}",     "{1}}", "{{1},{2,3}}",
                                      "{1,{2}}", "{1,{}}", "{{1},{{}}}", "{\"a\"b}", "{x}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        text_fails(1007, bad[i], SQLSTATE_INVALID_TEXT_REPRESENTATION);
}

static void text_of_an_array(void **state)
{
    (void)state;
    struct pg_value v = text(1009, " { a b , \\NULL , N\\ULL, x\\ , \"it's\" } ");
    static const char *const want[] = {"a b", "NULL", "NULL", "x ", "it's"}; /* an escaped NULL is a word */
    assert_int_equal(v.v.array.n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_text(v.v.array.items[i], want[i]);
    assert_int_equal(text(1007, "{{{{{{7}}}}}}").v.array.ndims, 6);
    text_fails(1007, "{{{{{{{7}}}}}}}", SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    assert_int_equal(text(1007, "[-2:-1]={5,6}").v.array.n, 2);
    assert_int_equal(text(1007, "[2]={5,6}").v.array.n, 2);
    static const char *const bad[] = {
        "[1:3]={1,2}", "[a:b]={1,2}", "[1:2]{1,2}", "[1:2",   "[]={1}",   "[1:2][1:1]={{1,2}}",
        "{{}}",        "{{},{}}",     "{,1}",       "{1,,2}", "{1\"2\"}", "{{1,2},3}",
        "{1}x",        "{",           "{\"a",       "{\\",    "{a{b}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        text_fails(1007, bad[i], SQLSTATE_INVALID_TEXT_REPRESENTATION);
    assert_int_equal(text(1182, "{Jan 5 2024}").v.array.items[0].v.i, 19727);
    text_fails(1182, "{1/8/2024}", SQLSTATE_INVALID_DATETIME_FORMAT); /* no engine to ask in there */
    text_fails(1187, "{abc}", SQLSTATE_INVALID_DATETIME_FORMAT);
    text_fails(1007, "[2:1]={1}", SQLSTATE_ARRAY_SUBSCRIPT_ERROR);
}

static void binary_arrays(void **state)
{
    /* dimensions, has NULLs, element type; then length and lower bound of each; then the elements */
    static const uint8_t two[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0,    0,    0,    2,
                                  0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7,  0xff, 0xff, 0xff, 0xff};
    static const uint8_t huge[] = {0, 0, 0, 6, 0,    0,    0,    0,    0, 0, 0, 23, 0x7f, 0xff, 0xff, 0xff,
                                   0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1,  0x7f, 0xff, 0xff, 0xff,
                                   0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1,  0x7f, 0xff, 0xff, 0xff,
                                   0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1};
    uint8_t other[sizeof two];
    (void)state;
    struct pg_value v = binary(1007, two, sizeof two);
    assert_int_equal(v.v.array.n, 2);
    assert_int_equal(v.v.array.items[0].v.i, 7);
    assert_int_equal(v.v.array.items[1].kind, PG_NULL);
    assert_int_equal(binary(1007, (const uint8_t[12]){[11] = 23}, 12).v.array.n, 0);
    for (size_t n = 0; n < sizeof two; n++)
        binary_fails(1007, two, n, "22P03");
    binary_fails(1007, huge, sizeof huge, "22P03");
    memcpy(other, two, sizeof two);
    other[11] = 20;
    binary_fails(1007, other, sizeof other, "42804");
}

/* The ends of PostgreSQL's ranges, and the engine's infinities, which a finite value must not become. */
static void binary_dates_are_within_the_range(void **state)
{
    static const uint8_t infinite[] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t b[8];
    (void)state;
    assert_int_equal(binary(PGTYPE_TIMESTAMP, infinite, 8).v.i, INT64_MAX);
    assert_int_equal(binary(PGTYPE_DATE, infinite, 4).v.i, INT32_MAX);
    static const int64_t to_2000 = INT64_C(946684800000000);
    (void)put_be64(b, (uint64_t)(INT64_MAX - to_2000));
    binary_fails(PGTYPE_TIMESTAMP, b, 8, "22008");
    (void)put_be64(b, (uint64_t)(INT64_MAX - to_2000 - 1));
    assert_int_equal(binary(PGTYPE_TIMESTAMP, b, 8).v.i, INT64_MAX - 1);
    (void)put_be64(b, (uint64_t)(INT64_C(-210866803200000000) - to_2000 - 1));
    binary_fails(PGTYPE_TIMESTAMPTZ, b, 8, "22008");
    (void)put_be32(b, (uint32_t)(2145042905 - 10957 + 1));
    binary_fails(PGTYPE_DATE, b, 4, "22008");
    (void)put_be32(b, (uint32_t)(-2440588 - 10957));
    assert_int_equal(binary(PGTYPE_DATE, b, 4).v.i, -2440588);
    static const uint8_t late[12] = {0, 0, 0, 0x14, 0x1d, 0xd7, 0x60, 0x01}; /* 24:00:00 and a microsecond */
    binary_fails(PGTYPE_TIME, late, 8, "22008");
    static const uint8_t far[12] = {[10] = 0xe1, [11] = 0x00}; /* 16 hours west */
    binary_fails(PGTYPE_TIMETZ, far, 12, "22023");
}

/* Errors show a value whole or cut between characters, never half of one. */
static void errors_are_valid_utf8(void **state)
{
    static const struct {
        uint32_t oid;
        const char *in, *message;
    } cases[] = {{PGTYPE_BIT, "é", "\"é\" is not a valid binary digit"},
                 {PGTYPE_BYTEA, "\\xé0", "invalid hexadecimal digit: \"é\""},
                 {PGTYPE_INT4, "€", "invalid input syntax for type integer: \"€\""},
                 {PGTYPE_INT4, "99999999999", "value \"99999999999\" is out of range for type integer"},
                 {PGTYPE_FLOAT8, "1e999", "\"1e999\" is out of range for type double precision"}};
    char large[600];
    struct pg_value v;
    struct err e;
    size_t at;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err_init(&e);
        assert_int_equal(pg_value_decode(&arena, cases[i].oid, 0, (const uint8_t *)cases[i].in,
                                         (int32_t)strlen(cases[i].in), tz_utc(), &v, &e),
                         ST_ERR);
        assert_string_equal(e.message, cases[i].message);
    }
    for (size_t i = 0; i < sizeof large; i += 3)
        memcpy(large + i, "€", 3);
    err_init(&e);
    assert_int_equal(
        pg_value_decode(&arena, PGTYPE_INT4, 0, (const uint8_t *)large, sizeof large, tz_utc(), &v, &e),
        ST_ERR);
    assert_true(utf8_valid(e.message, strlen(e.message), &at));
    err_init(&e);
    assert_int_equal(pg_value_decode(&arena, 1007, 0, (const uint8_t *)large, sizeof large, tz_utc(), &v, &e),
                     ST_ERR);
    assert_true(utf8_valid(e.message, strlen(e.message), &at));
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
    } cases[] = {{PGTYPE_NUMERIC, "12.5"}, {PGTYPE_BYTEA, "\\x00"}, {PGTYPE_BIT, "x1F"},
                 {1009, "{a,b,{c"},        {1007, "{1,2,3}"},       {PGTYPE_FLOAT8, "1.5"}};
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
        cmocka_unit_test_setup_teardown(forms_of_a_date, setup, teardown),
        cmocka_unit_test_setup_teardown(forms_of_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(fractions_are_rounded, setup, teardown),
        cmocka_unit_test_setup_teardown(forms_of_a_timestamp, setup, teardown),
        cmocka_unit_test_setup_teardown(local_times_use_the_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(intervals, setup, teardown),
        cmocka_unit_test_setup_teardown(arrays, setup, teardown),
        cmocka_unit_test_setup_teardown(text_of_an_array, setup, teardown),
        cmocka_unit_test_setup_teardown(binary_arrays, setup, teardown),
        cmocka_unit_test_setup_teardown(binary_dates_are_within_the_range, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_valid_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(binary_sizes_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(every_allocation_fails_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
