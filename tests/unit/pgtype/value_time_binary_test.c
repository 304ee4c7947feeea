/* Dates, times and intervals in binary: counts from 2000-01-01, offsets west. What stands on the right was
 * printed by PostgreSQL 15. Its timestamps go on to 294276; the engine's do not (docs/types.md). Bytes too
 * many are 22P03 with the type's name, where PostgreSQL has the parameter's number. */
#include "decoded.h"

static const struct binary_case binary_dates[] = {
    {PGTYPE_DATE, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_DATE, "00000000", "2000-01-01"},
    {PGTYPE_DATE, "7fffffff", "infinity"},
    {PGTYPE_DATE, "80000000", "-infinity"},
    {PGTYPE_DATE, "ffffffff", "1999-12-31"},
    {PGTYPE_DATE, "ffda97a7", "4714-11-24 BC"},
    {PGTYPE_DATE, "ffda97a6", "22008 date out of range"},
    {PGTYPE_DATE, "7fda970c", "5874897-12-31"},
    {PGTYPE_DATE, "7fda970d", "22008 date out of range"},
    {PGTYPE_DATE, "7ffffffe", "22008 date out of range"},
    {PGTYPE_DATE, "80000001", "22008 date out of range"},
    {PGTYPE_DATE, "0000000000", "22P03 incorrect binary data format for type date"},
};
static const struct binary_case binary_times[] = {
    {PGTYPE_TIME, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_TIME, "0000000000000000", "00:00:00"},
    {PGTYPE_TIME, "000000141dd76000", "24:00:00"},
    {PGTYPE_TIME, "000000141dd76001", "22008 time out of range"},
    {PGTYPE_TIME, "ffffffffffffffff", "22008 time out of range"},
    {PGTYPE_TIME, "0000000861c46800", "10:00:00"},
    {PGTYPE_TIME, "7fffffffffffffff", "22008 time out of range"},
    {PGTYPE_TIME, "8000000000000000", "22008 time out of range"},
    {PGTYPE_TIME, "000000000000000000", "22P03 incorrect binary data format for type time without time zone"},
    {PGTYPE_TIMETZ, "0000000000000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_TIMETZ, "000000000000000000000000", "00:00:00+00"},
    {PGTYPE_TIMETZ, "0000000861c46800ffffe3e0", "10:00:00+02"},
    {PGTYPE_TIMETZ, "0000000861c4680000001c20", "10:00:00-02"},
    {PGTYPE_TIMETZ, "000000141dd760000000e0ff", "24:00:00-15:59:59"},
    {PGTYPE_TIMETZ, "0000000000000000ffff1f01", "00:00:00+15:59:59"},
    {PGTYPE_TIMETZ, "000000141dd7600100000000", "22008 time out of range"},
    {PGTYPE_TIMETZ, "ffffffffffffffff00000000", "22008 time out of range"},
    {PGTYPE_TIMETZ, "00000000000000000000000000",
     "22P03 incorrect binary data format for type time with time zone"},
};
static const struct binary_case binary_timestamps[] = {
    {PGTYPE_TIMESTAMP, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_TIMESTAMP, "0000000000000000", "2000-01-01 00:00:00"},
    {PGTYPE_TIMESTAMP, "0000000000000001", "2000-01-01 00:00:00.000001"},
    {PGTYPE_TIMESTAMP, "ffffffffffffffff", "1999-12-31 23:59:59.999999"},
    {PGTYPE_TIMESTAMP, "7fffffffffffffff", "infinity"},
    {PGTYPE_TIMESTAMP, "8000000000000000", "-infinity"},
    {PGTYPE_TIMESTAMP, "fd0f7cc1411fa000", "4714-11-24 00:00:00 BC"},
    {PGTYPE_TIMESTAMP, "fd0f7cc1411f9fff", "22008 timestamp out of range"},
    /* PostgreSQL: 294247-01-10 04:00:54.775807 */
    {PGTYPE_TIMESTAMP, "7ffca2fec4c81fff", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMP, "7ffca2fec4c81ffe", "294247-01-10 04:00:54.775806"},
    /* PostgreSQL: 294276-12-31 23:59:59.999999 */
    {PGTYPE_TIMESTAMP, "7fffff5bb3b29fff", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMP, "7fffff5bb3b2a000", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMP, "7ffffffffffffffe", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMP, "8000000000000001", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMP, "000000000000000000",
     "22P03 incorrect binary data format for type timestamp without time zone"},
    {PGTYPE_TIMESTAMP, "0002b12eae0d0a40", "2024-01-05 10:00:00.123456"},
    {PGTYPE_TIMESTAMPTZ, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_TIMESTAMPTZ, "0000000000000000", "2000-01-01 00:00:00+00"},
    {PGTYPE_TIMESTAMPTZ, "0000000000000001", "2000-01-01 00:00:00.000001+00"},
    {PGTYPE_TIMESTAMPTZ, "ffffffffffffffff", "1999-12-31 23:59:59.999999+00"},
    {PGTYPE_TIMESTAMPTZ, "7fffffffffffffff", "infinity"},
    {PGTYPE_TIMESTAMPTZ, "8000000000000000", "-infinity"},
    {PGTYPE_TIMESTAMPTZ, "fd0f7cc1411fa000", "4714-11-24 00:00:00+00 BC"},
    {PGTYPE_TIMESTAMPTZ, "fd0f7cc1411f9fff", "22008 timestamp out of range"},
    /* PostgreSQL: 294247-01-10 04:00:54.775807+00 */
    {PGTYPE_TIMESTAMPTZ, "7ffca2fec4c81fff", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMPTZ, "7ffca2fec4c81ffe", "294247-01-10 04:00:54.775806+00"},
    /* PostgreSQL: 294276-12-31 23:59:59.999999+00 */
    {PGTYPE_TIMESTAMPTZ, "7fffff5bb3b29fff", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMPTZ, "7fffff5bb3b2a000", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMPTZ, "7ffffffffffffffe", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMPTZ, "8000000000000001", "22008 timestamp out of range"},
    {PGTYPE_TIMESTAMPTZ, "000000000000000000",
     "22P03 incorrect binary data format for type timestamp with time zone"},
    {PGTYPE_TIMESTAMPTZ, "0002b12eae0d0a40", "2024-01-05 10:00:00.123456+00"},
};
static const struct binary_case binary_intervals[] = {
    {PGTYPE_INTERVAL, "000000000000000000000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_INTERVAL, "00000000000000000000000000000000", "0 mons 0 days 0 us"},
    {PGTYPE_INTERVAL, "000000036c966ee0fffffffd0000000e", "14 mons -3 days 14706700000 us"},
    {PGTYPE_INTERVAL, "7fffffffffffffff7fffffff7fffffff",
     "2147483647 mons 2147483647 days 9223372036854775807 us"},
    {PGTYPE_INTERVAL, "80000000000000008000000080000000",
     "-2147483648 mons -2147483648 days -9223372036854775808 us"},
    {PGTYPE_INTERVAL, "0000000000000000000000000000000000",
     "22P03 incorrect binary data format for type interval"},
};

static void moments_from_binary(void **state)
{
    (void)state;
    DECODES_BINARY(binary_dates);
    DECODES_BINARY(binary_times);
    DECODES_BINARY(binary_timestamps);
    DECODES_BINARY(binary_intervals);
}

/* 16 hours and more are none. */
static void offsets_have_an_end(void **state)
{
    static const char *const far[] = {"0000e100", "ffff1f00", "7fffffff", "80000000"};
    uint8_t in[12] = {0};
    struct line got;
    bool failed;
    (void)state;
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        (void)bytes_of(far[i], in + 8, 4);
        int st = decode_failing(&got, PGTYPE_TIMETZ, DECODED_BINARY, in, sizeof in, tz_utc(), 0, &failed);
        assert_int_equal(st, ST_ERR);
        assert_string_equal(got.text + 5, " time zone displacement out of range");
    }
}

/* Text and binary forms of a day lead to the same day, all along PostgreSQL's range. */
static void text_and_binary_agree(void **state)
{
    enum { STEP = 715827 };
    (void)state;
    for (int64_t day = CALENDAR_FIRST_DAY; day <= CALENDAR_LAST_DAY; day += STEP) {
        struct line from_text, from_binary;
        uint8_t in[4];
        bool failed;
        uint32_t v = (uint32_t)(day - CALENDAR_DAYS_TO_2000);
        for (int i = 0; i < 4; i++)
            in[i] = (uint8_t)(v >> (24 - 8 * i));
        assert_int_equal(
            decode_failing(&from_binary, PGTYPE_DATE, DECODED_BINARY, in, sizeof in, tz_utc(), 0, &failed),
            ST_OK);
        assert_int_equal(decode_failing(&from_text, PGTYPE_DATE, DECODED_TEXT, from_binary.text,
                                        from_binary.n, tz_utc(), 0, &failed),
                         ST_OK);
        assert_string_equal(from_text.text, from_binary.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_from_binary),
        cmocka_unit_test(offsets_have_an_end),
        cmocka_unit_test(text_and_binary_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
