/* Dates, times, timestamps and intervals: tables of what PostgreSQL 15 answers, and beside them the straight
 * versions over many values. */
#include "encode/time.h"

#include "encode/encode_priv.h"
#include "one_cell.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct engine_column_type date = {.type = ENGINE_DATE}, time_of_day = {.type = ENGINE_TIME},
                                       time_ns = {.type = ENGINE_TIME_NS}, timetz = {.type = ENGINE_TIME_TZ},
                                       stamp = {.type = ENGINE_TIMESTAMP},
                                       stamp_tz = {.type = ENGINE_TIMESTAMP_TZ},
                                       interval = {.type = ENGINE_INTERVAL};

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Both forms of one value. */
static void assert_both(const struct engine_column_type *type, const void *data, const char *text,
                        const char *binary)
{
    struct column_view v = {.type = type, .data = data};
    assert_cell_text(&v, text);
    assert_cell_binary(&v, binary);
}

static void assert_refused(const struct engine_column_type *type, const void *data)
{
    struct column_view v = {.type = type, .data = data};
    for (int16_t format = 0; format < 2; format++)
        assert_cell_fails(&v, format, "22008");
}

/* ---- dates ---- */

static void known_dates(void **state)
{
    static const struct {
        int32_t days;
        const char *text, *binary;
    } cases[] = {
        {0, "1970-01-01", "ffffd533"},
        {-1, "1969-12-31", "ffffd532"},
        {1, "1970-01-02", "ffffd534"},
        {10957, "2000-01-01", "00000000"},
        {10956, "1999-12-31", "ffffffff"},
        {11016, "2000-02-29", "0000003b"},
        {-25509, "1900-02-28", "ffff718e"},
        {-25508, "1900-03-01", "ffff718f"},
        {19782, "2024-02-29", "00002279"},
        {20088, "2024-12-31", "000023ab"},
        {24855, "2038-01-19", "0000364a"},
        {2932896, "9999-12-31", "002c95d3"},
        {2932897, "10000-01-01", "002c95d4"},
        {35804721, "99999-12-31", "02222b64"},
        {35804722, "100000-01-01", "02222b65"},
        {364523138, "1000000-06-15", "15ba03b5"},
        {2145042905, "5874897-12-31", "7fda970c"},
        {-719162, "0001-01-01", "fff4dbf9"},
        {-354650, "0999-01-01", "fffa6bd9"},
        {-683306, "0099-03-04", "fff56809"},
        {-719163, "0001-12-31 BC", "fff4dbf8"},
        {-719469, "0001-02-29 BC", "fff4dac6"},
        {-719893, "0002-01-01 BC", "fff4d91e"},
        {-735160, "0044-03-15 BC", "fff49d7b"},
        {-1083676, "0999-12-31 BC", "ffef4c17"},
        {-1084405, "1000-01-01 BC", "ffef493e"},
        {-2440550, "4713-01-01 BC", "ffda97cd"},
        {-2440588, "4714-11-24 BC", "ffda97a7"},
        {INT32_MAX, "infinity", "7fffffff"},
        {-INT32_MAX, "-infinity", "80000000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&date, &cases[i].days, cases[i].text, cases[i].binary);
}

static void dates_beyond_the_calendar_are_refused(void **state)
{
    static const int32_t cases[] = {-2440589, 2145042906, INT32_MAX - 1, -INT32_MAX + 1, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refused(&date, &cases[i]);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The straight version: from one day to the next, by the lengths of the months. The year 0 is 1 BC. */
static void days_in_a_row(int32_t first, int64_t year, unsigned month, unsigned day, int32_t last)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char want[2 * TEXT_DATE], got[TEXT_DATE + 1];
    struct err e;
    err_init(&e);
    for (int32_t d = first; d <= last; d++) {
        bool bc = year <= 0;
        (void)snprintf(want, sizeof want, "%04lld-%02u-%02u%s", (long long)(bc ? 1 - year : year), month, day,
                       bc ? " BC" : "");
        *text_date((uint8_t *)got, d, &e) = '\0';
        assert_string_equal(got, want);
        if (++day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U)) {
            day = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
    assert_false(err_is_set(&e));
}

static void days_follow_each_other(void **state)
{
    (void)state;
    days_in_a_row(-2440588, -4713, 11, 24, -2440588 + 200000); /* the calendar's first centuries */
    days_in_a_row(-719528, 0, 1, 1, 36525);                    /* 1 BC to the year 2070 */
    days_in_a_row(2932897, 10000, 1, 1, 2932897 + 100000);     /* five digits */
}

/* ---- times ---- */

static void known_times(void **state)
{
    static const struct {
        int64_t micros;
        const char *text, *binary;
    } cases[] = {
        {0, "00:00:00", "0000000000000000"},
        {1, "00:00:00.000001", "0000000000000001"},
        {100000, "00:00:00.1", "00000000000186a0"},
        {59999999, "00:00:59.999999", "00000000039386ff"},
        {3723000000, "01:02:03", "00000000dde878c0"},
        {35999500000, "09:59:59.5", "0000000861bcc6e0"},
        {36000000100, "10:00:00.0001", "0000000861c46864"},
        {45296789000, "12:34:56.789", "0000000a8be62608"},
        {86399123456, "23:59:59.123456", "000000141dca0000"},
        {86399999999, "23:59:59.999999", "000000141dd75fff"},
        {86400000000, "24:00:00", "000000141dd76000"},
        {40271010101, "11:11:11.010101", "000000096056d935"},
        {25200900000, "07:00:00.9", "00000005de1737a0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t nanos = cases[i].micros * 1000;
        assert_both(&time_of_day, &cases[i].micros, cases[i].text, cases[i].binary);
        assert_both(&time_ns, &nanos, cases[i].text, cases[i].binary);
    }
}

/* PostgreSQL rounds the text of a time in the same way: '23:59:59.9999995'::time is 24:00:00. */
static void nanoseconds_of_a_time_are_rounded(void **state)
{
    static const struct {
        int64_t nanos;
        const char *text, *binary;
    } cases[] = {
        {499, "00:00:00", "0000000000000000"},
        {500, "00:00:00.000001", "0000000000000001"},
        {1499, "00:00:00.000001", "0000000000000001"},
        {1500, "00:00:00.000002", "0000000000000002"},
        {INT64_C(86399999999499), "23:59:59.999999", "000000141dd75fff"},
        {INT64_C(86399999999500), "24:00:00", "000000141dd76000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&time_ns, &cases[i].nanos, cases[i].text, cases[i].binary);
}

/* printf, then the zeros of the fraction cut off, and the point with them. */
static size_t plain_time(char *out, size_t n, uint64_t micros)
{
    size_t len = (size_t)snprintf(out, n, "%02llu:%02u:%02u.%06u", (unsigned long long)(micros / 3600000000),
                                  (unsigned)(micros / 60000000 % 60), (unsigned)(micros / 1000000 % 60),
                                  (unsigned)(micros % 1000000));
    while (out[len - 1] == '0')
        len--;
    len -= out[len - 1] == '.';
    out[len] = '\0';
    return len;
}

/* Microseconds with as many zeros behind as there can be. */
static int64_t random_micros(int64_t below)
{
    static const int64_t units[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 60000000};
    int64_t v = (int64_t)(next_random() % (uint64_t)below);
    return v - v % units[next_random() % COUNT(units)];
}

static void times_equal_the_plain_version(void **state)
{
    (void)state;
    for (int i = 0; i < 50000; i++) {
        char want[TEXT_TIME + 8], got[TEXT_TIME + 1];
        int64_t micros = random_micros(INT64_C(86400000001));
        (void)plain_time(want, sizeof want, (uint64_t)micros);
        *text_time((uint8_t *)got, micros) = '\0';
        assert_string_equal(got, want);
    }
}

/* As the engine keeps it: the offset counts down from 15:59:59 east. */
static uint64_t timetz_bits(int64_t micros, int32_t east)
{
    return (uint64_t)micros << 24 | (uint64_t)(57599 - east);
}

static void known_times_with_offsets(void **state)
{
    static const struct {
        int64_t micros;
        int32_t east;
        const char *text, *binary;
    } cases[] = {
        {0, 0, "00:00:00+00", "000000000000000000000000"},
        {45296789000, 7200, "12:34:56.789+02", "0000000a8be62608ffffe3e0"},
        {45296000000, -28800, "12:34:56-08", "0000000a8bda1c0000007080"},
        {86399999999, 19800, "23:59:59.999999+05:30", "000000141dd75fffffffb2a8"},
        {0, -12600, "00:00:00-03:30", "000000000000000000003138"},
        {86400000000, 0, "24:00:00+00", "000000141dd7600000000000"},
        {0, 57599, "00:00:00+15:59:59", "0000000000000000ffff1f01"},
        {0, -57599, "00:00:00-15:59:59", "00000000000000000000e0ff"},
        {3723040000, 3208, "01:02:03.04+00:53:28", "00000000dde91500fffff378"},
        {3723000000, -1, "01:02:03-00:00:01", "00000000dde878c000000001"},
        {22028000000, 45900, "06:07:08+12:45", "0000000520f89b00ffff4cb4"},
        {36000000000, 30, "10:00:00+00:00:30", "0000000861c46800ffffffe2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t bits = timetz_bits(cases[i].micros, cases[i].east);
        assert_both(&timetz, &bits, cases[i].text, cases[i].binary);
    }
}

/* Each offset that there is: its text is read back. */
static void offsets_read_back(void **state)
{
    (void)state;
    for (int32_t east = -57599; east <= 57599; east++) {
        char got[TEXT_TIMETZ + 1];
        *text_timetz((uint8_t *)got, timetz_bits(0, east)) = '\0';
        assert_memory_equal(got, "00:00:00", 8);
        assert_int_equal(got[8], east < 0 ? '-' : '+');
        long parts[3] = {0};
        const char *p = got + 9;
        for (size_t i = 0; i < 3 && *p; i++) {
            char *end;
            parts[i] = strtol(p, &end, 10);
            assert_int_equal(end - p, 2);
            p = end + (*end == ':');
        }
        long seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
        assert_int_equal(got[8] == '-' ? -seconds : seconds, east);
        assert_int_equal(strlen(got), east % 60 ? 17 : east % 3600 ? 14 : 11);
    }
}

/* ---- timestamps ---- */

static void known_timestamps(void **state)
{
    static const struct {
        int64_t micros;
        const char *text, *binary;
    } cases[] = {
        {INT64_C(0), "1970-01-01 00:00:00", "fffca2fec4c82000"},
        {INT64_C(1), "1970-01-01 00:00:00.000001", "fffca2fec4c82001"},
        {INT64_C(-1), "1969-12-31 23:59:59.999999", "fffca2fec4c81fff"},
        {INT64_C(-86400000000), "1969-12-31 00:00:00", "fffca2eaa6f0c000"},
        {INT64_C(946684800000000), "2000-01-01 00:00:00", "0000000000000000"},
        {INT64_C(946684799500000), "1999-12-31 23:59:59.5", "fffffffffff85ee0"},
        {INT64_C(1709210096789000), "2024-02-29 12:34:56.789", "0002b58341728608"},
        {INT64_C(1709210096789012), "2024-02-29 12:34:56.789012", "0002b58341728614"},
        {INT64_C(1735689599999999), "2024-12-31 23:59:59.999999", "0002cd987ed47fff"},
        {INT64_C(-62135596800000000), "0001-01-01 00:00:00", "ff1fe2ffc59c6000"},
        {INT64_C(-62135596800000001), "0001-12-31 23:59:59.999999 BC", "ff1fe2ffc59c5fff"},
        {INT64_C(-63517784399750000), "0044-03-15 11:00:00.25 BC", "ff1af9e824b6fc90"},
        {INT64_C(-210866803200000000), "4714-11-24 00:00:00 BC", "fd0f7cc1411fa000"},
        {INT64_C(-210866803199999999), "4714-11-24 00:00:00.000001 BC", "fd0f7cc1411fa001"},
        {INT64_C(253402300799999999), "9999-12-31 23:59:59.999999", "0380e70b913b7fff"},
        {INT64_C(253402300800000000), "10000-01-01 00:00:00", "0380e70b913b8000"},
        {INT64_C(3093496448400000000), "99999-01-01 01:00:00", "2aeaf19ffd98a400"},
        {INT64_C(9223372036854775806), "294247-01-10 04:00:54.775806", "7ffca2fec4c81ffe"},
        {INT64_C(2147483648000000), "2038-01-19 03:14:08", "0004441ec4c82000"},
        {INT64_C(-12220199999900000), "1582-10-04 12:00:00.1", "ffd138c9bcb416a0"},
        {INT64_MAX, "infinity", "7fffffffffffffff"},
        {-INT64_MAX, "-infinity", "8000000000000000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&stamp, &cases[i].micros, cases[i].text, cases[i].binary);
}

static void timestamps_in_their_zone(void **state)
{
    static const struct {
        const char *zone;
        int64_t micros;
        const char *text, *binary;
    } cases[] = {
        {"UTC", INT64_C(1719835200000000), "2024-07-01 12:00:00+00", "0002bf2d1af33000"},
        {"UTC", INT64_C(-62135596800500000), "0001-12-31 23:59:59.5+00 BC", "ff1fe2ffc594bee0"},
        {"UTC", -INT64_MAX, "-infinity", "8000000000000000"},
        {"Europe/Berlin", INT64_C(1704456000000000), "2024-01-05 13:00:00+01", "0002b1305b327000"},
        {"Europe/Berlin", INT64_C(1720180800250000), "2024-07-05 14:00:00.25+02", "0002bf7d92548090"},
        {"Europe/Berlin", INT64_C(1711846799999999), "2024-03-31 01:59:59.999999+01", "0002b7e92934a3ff"},
        {"Europe/Berlin", INT64_C(1711846800000000), "2024-03-31 03:00:00+02", "0002b7e92934a400"},
        {"Europe/Berlin", INT64_C(1729990799000000), "2024-10-27 02:59:59+02", "0002c869a3d221c0"},
        {"Europe/Berlin", INT64_C(1729990800000000), "2024-10-27 02:00:00+01", "0002c869a3e16400"},
        {"Europe/Berlin", INT64_C(-3786825600000000), "1850-01-01 00:53:28+00:53:28", "ffef2ee5ba114000"},
        {"Europe/Berlin", INT64_C(-2422054409000000), "1893-03-31 23:59:59+00:53:28", "fff40826481b4bc0"},
        {"Europe/Berlin", INT64_C(-2422054408000000), "1893-04-01 00:06:32+01", "fff40826482a8e00"},
        {"Europe/Berlin", INT64_C(-776563200000000), "1945-05-24 03:00:00+03", "fff9e0b70f19a000"},
        {"Europe/Berlin", INT64_C(16740864000000000), "2500-07-01 02:00:00+02", "00381cb8e8bc2000"},
        {"Europe/Berlin", INT64_C(-210866803200000000), "4714-11-24 00:53:28+00:53:28 BC",
         "fd0f7cc1411fa000"},
        {"Europe/Berlin", INT64_C(-62135598600000000), "0001-01-01 00:23:28+00:53:28", "ff1fe2ff5a528e00"},
        {"Europe/Berlin", INT64_C(9223372036854775806), "294247-01-10 05:00:54.775806+01",
         "7ffca2fec4c81ffe"},
        {"Europe/Berlin", INT64_MAX, "infinity", "7fffffffffffffff"},
        {"America/New_York", INT64_C(-210866803200000000), "4714-11-23 19:03:58-04:56:02 BC",
         "fd0f7cc1411fa000"},
        {"America/New_York", INT64_C(-62135596800000000), "0001-12-31 19:03:58-04:56:02 BC",
         "ff1fe2ffc59c6000"},
        {"America/New_York", INT64_C(-2717650801000000), "1883-11-18 12:03:57-04:56:02", "fff2fb4e622a21c0"},
        {"America/New_York", INT64_C(-2717650800000000), "1883-11-18 12:00:00-05", "fff2fb4e62396400"},
        {"America/New_York", INT64_C(1730613599000000), "2024-11-03 01:59:59-04", "0002c8faa597f5c0"},
        {"America/New_York", INT64_C(1730613600000000), "2024-11-03 01:00:00-05", "0002c8faa5a73800"},
        {"America/New_York", INT64_C(0), "1969-12-31 19:00:00-05", "fffca2fec4c82000"},
        {"Asia/Kolkata", INT64_C(1709231400000000), "2024-03-01 00:00:00+05:30", "0002b5883737ba00"},
        {"Asia/Kolkata", INT64_C(-2208988800000000), "1900-01-01 05:21:10+05:21:10", "fff4c9ee7c0b8000"},
        {"Asia/Kolkata", INT64_C(-862617600000000), "1942-09-01 06:30:00+06:30", "fff99272f5282000"},
        {"Asia/Kathmandu", INT64_C(504901799000000), "1985-12-31 23:59:59+05:30", "fffe6e33612857c0"},
        {"Asia/Kathmandu", INT64_C(504901800000000), "1986-01-01 00:15:00+05:45", "fffe6e3361379a00"},
        {"Australia/Lord_Howe", INT64_C(1704067200000000), "2024-01-01 11:00:00+11", "0002b0d5d4e94000"},
        {"Australia/Lord_Howe", INT64_C(1717200000000000), "2024-06-01 10:30:00+10:30", "0002bcc78cca4000"},
        {"Pacific/Apia", INT64_C(1325239199000000), "2011-12-29 23:59:59-10", "0001584b107b05c0"},
        {"Pacific/Apia", INT64_C(1325239200000000), "2011-12-31 00:00:00+14", "0001584b108a4800"},
        {"America/St_Johns", INT64_C(-1104624000000000), "1934-12-30 20:29:08-03:30:52", "fff8b65873a6c000"},
        {"America/St_Johns", INT64_C(1717200000100000), "2024-05-31 21:30:00.1-02:30", "0002bcc78ccbc6a0"},
    };
    const struct tz *before = one_cell_settings.zone;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tz *zone;
        struct err e;
        err_init(&e);
        if (tz_find(&zone, cases[i].zone, &e) != ST_OK)
            fail_msg("%s: %s", cases[i].zone, e.message);
        one_cell_settings.zone = zone;
        assert_both(&stamp_tz, &cases[i].micros, cases[i].text, cases[i].binary);
        one_cell_settings.zone = before;
        tz_unref(zone);
    }
}

static void timestamps_before_the_calendar_are_refused(void **state)
{
    static const int64_t cases[] = {INT64_C(-210866803200000001), -INT64_MAX + 1, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_refused(&stamp, &cases[i]);
        assert_refused(&stamp_tz, &cases[i]);
    }
}

/* The engine's other units; PostgreSQL has none of them, and rounds digits beyond the microseconds too. */
static void timestamps_of_every_unit(void **state)
{
    static const struct {
        enum engine_type type;
        int64_t v;
        const char *text, *binary; /* NULL: refused */
    } cases[] = {
        {ENGINE_TIMESTAMP_S, 0, "1970-01-01 00:00:00", "fffca2fec4c82000"},
        {ENGINE_TIMESTAMP_S, -1, "1969-12-31 23:59:59", "fffca2fec4b8ddc0"},
        {ENGINE_TIMESTAMP_S, 946684800, "2000-01-01 00:00:00", "0000000000000000"},
        {ENGINE_TIMESTAMP_S, INT64_C(-210866803200), "4714-11-24 00:00:00 BC", "fd0f7cc1411fa000"},
        {ENGINE_TIMESTAMP_S, INT64_C(-210866803201), NULL, NULL},
        {ENGINE_TIMESTAMP_S, INT64_C(9223372036854), "294247-01-10 04:00:54", "7ffca2fec4bc4980"},
        {ENGINE_TIMESTAMP_S, INT64_C(9223372036855), NULL, NULL},
        {ENGINE_TIMESTAMP_S, INT64_MAX - 1, NULL, NULL},
        {ENGINE_TIMESTAMP_S, INT64_MIN, NULL, NULL},
        {ENGINE_TIMESTAMP_S, INT64_MAX, "infinity", "7fffffffffffffff"},
        {ENGINE_TIMESTAMP_S, -INT64_MAX, "-infinity", "8000000000000000"},
        {ENGINE_TIMESTAMP_MS, 946684800001, "2000-01-01 00:00:00.001", "00000000000003e8"},
        {ENGINE_TIMESTAMP_MS, -1, "1969-12-31 23:59:59.999", "fffca2fec4c81c18"},
        {ENGINE_TIMESTAMP_MS, INT64_C(9223372036854775), "294247-01-10 04:00:54.775", "7ffca2fec4c81cd8"},
        {ENGINE_TIMESTAMP_MS, INT64_C(9223372036854776), NULL, NULL},
        {ENGINE_TIMESTAMP_MS, INT64_MAX, "infinity", "7fffffffffffffff"},
        {ENGINE_TIMESTAMP_MS, -INT64_MAX, "-infinity", "8000000000000000"},
        {ENGINE_TIMESTAMP_NS, 0, "1970-01-01 00:00:00", "fffca2fec4c82000"},
        {ENGINE_TIMESTAMP_NS, 499, "1970-01-01 00:00:00", "fffca2fec4c82000"},
        {ENGINE_TIMESTAMP_NS, 500, "1970-01-01 00:00:00.000001", "fffca2fec4c82001"},
        {ENGINE_TIMESTAMP_NS, -500, "1970-01-01 00:00:00", "fffca2fec4c82000"},
        {ENGINE_TIMESTAMP_NS, -501, "1969-12-31 23:59:59.999999", "fffca2fec4c81fff"},
        {ENGINE_TIMESTAMP_NS, INT64_MAX - 1, "2262-04-11 23:47:16.854776", "001d679a6aab73f8"},
        {ENGINE_TIMESTAMP_NS, INT64_MIN, "1677-09-21 00:12:43.145224", "ffdbde631ee4cc08"},
        {ENGINE_TIMESTAMP_NS, INT64_MAX, "infinity", "7fffffffffffffff"},
        {ENGINE_TIMESTAMP_NS, -INT64_MAX, "-infinity", "8000000000000000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {.type = cases[i].type};
        if (cases[i].text)
            assert_both(&type, &cases[i].v, cases[i].text, cases[i].binary);
        else
            assert_refused(&type, &cases[i].v);
    }
}

/* A day and a time of it, each by its own function. */
static void timestamps_are_a_date_and_a_time(void **state)
{
    struct err e;
    (void)state;
    err_init(&e);
    for (int i = 0; i < 50000; i++) {
        int32_t day = (int32_t)(next_random() % 109000000) - 2440588;
        int64_t of_day = random_micros(INT64_C(86400000000)), micros = day * INT64_C(86400000000) + of_day;
        char want[TEXT_TIMESTAMP + 32], got[TEXT_TIMESTAMP + 1], of_date[TEXT_DATE + 1], bytes[8];
        *text_date((uint8_t *)of_date, day, &e) = '\0';
        char *bc = strstr(of_date, " BC");
        size_t n = bc ? (size_t)(bc - of_date) : strlen(of_date);
        memcpy(want, of_date, n);
        want[n++] = ' ';
        n += plain_time(want + n, TEXT_TIME + 8, (uint64_t)of_day);
        memcpy(want + n, bc ? " BC" : "", bc ? 4 : 1);
        *text_timestamp((uint8_t *)got, micros, &e) = '\0';
        assert_string_equal(got, want);
        assert_ptr_equal(binary_timestamp((uint8_t *)bytes, micros, &e), bytes + 8);
        assert_int_equal(get_be64((const uint8_t *)bytes), (uint64_t)(micros - INT64_C(946684800000000)));
    }
    assert_false(err_is_set(&e));
}

/* ---- intervals ---- */

static void known_intervals(void **state)
{
    static const struct {
        struct engine_interval v;
        const char *text, *binary;
    } cases[] = {
        {{0, 0, 0}, "00:00:00", "00000000000000000000000000000000"},
        {{0, 0, 1}, "00:00:00.000001", "00000000000000010000000000000000"},
        {{0, 0, -1}, "-00:00:00.000001", "ffffffffffffffff0000000000000000"},
        {{0, 0, 100000}, "00:00:00.1", "00000000000186a00000000000000000"},
        {{0, 0, 1000000}, "00:00:01", "00000000000f42400000000000000000"},
        {{0, 0, -1000000}, "-00:00:01", "fffffffffff0bdc00000000000000000"},
        {{0, 0, INT64_C(3599999999)}, "00:59:59.999999", "00000000d693a3ff0000000000000000"},
        {{0, 0, -500000}, "-00:00:00.5", "fffffffffff85ee00000000000000000"},
        {{0, 1, 0}, "1 day", "00000000000000000000000100000000"},
        {{0, -1, 0}, "-1 days", "0000000000000000ffffffff00000000"},
        {{0, 2, 0}, "2 days", "00000000000000000000000200000000"},
        {{1, 0, 0}, "1 mon", "00000000000000000000000000000001"},
        {{-1, 0, 0}, "-1 mons", "000000000000000000000000ffffffff"},
        {{2, 0, 0}, "2 mons", "00000000000000000000000000000002"},
        {{11, 0, 0}, "11 mons", "0000000000000000000000000000000b"},
        {{12, 0, 0}, "1 year", "0000000000000000000000000000000c"},
        {{13, 0, 0}, "1 year 1 mon", "0000000000000000000000000000000d"},
        {{-12, 0, 0}, "-1 years", "000000000000000000000000fffffff4"},
        {{-13, 0, 0}, "-1 years -1 mons", "000000000000000000000000fffffff3"},
        {{12, -1, 0}, "1 year -1 days", "0000000000000000ffffffff0000000c"},
        {{-12, 1, 0}, "-1 years +1 day", "000000000000000000000001fffffff4"},
        {{-1, 1, 0}, "-1 mons +1 day", "000000000000000000000001ffffffff"},
        {{-1, 1, 1000000}, "-1 mons +1 day 00:00:01", "00000000000f424000000001ffffffff"},
        {{1, -1, 1000000}, "1 mon -1 days +00:00:01", "00000000000f4240ffffffff00000001"},
        {{0, 1, -1000000}, "1 day -00:00:01", "fffffffffff0bdc00000000100000000"},
        {{0, -1, 1000000}, "-1 days +00:00:01", "00000000000f4240ffffffff00000000"},
        {{14, 3, INT64_C(14706789000)},
         "1 year 2 mons 3 days 04:05:06.789",
         "000000036c97ca88000000030000000e"},
        {{-14, -3, INT64_C(-14706789000)},
         "-1 years -2 mons -3 days -04:05:06.789",
         "fffffffc93683578fffffffdfffffff2"},
        {{14, -3, INT64_C(14706700000)},
         "1 year 2 mons -3 days +04:05:06.7",
         "000000036c966ee0fffffffd0000000e"},
        {{1, 0, 1000000}, "1 mon 00:00:01", "00000000000f42400000000000000001"},
        {{0, 0, INT64_C(360000000000)}, "100:00:00", "00000053d1ac10000000000000000000"},
        {{0, 0, INT64_C(3596400000000)}, "999:00:00", "000003455a24fc000000000000000000"},
        {{0, 0, INT64_C(-360000000001)}, "-100:00:00.000001", "ffffffac2e53efff0000000000000000"},
        {{0, 0, INT64_C(90000000000)}, "25:00:00", "00000014f46b04000000000000000000"},
        {{0, INT32_MAX, 0}, "2147483647 days", "00000000000000007fffffff00000000"},
        {{0, INT32_MIN, 0}, "-2147483648 days", "00000000000000008000000000000000"},
        {{INT32_MAX, 0, 0}, "178956970 years 7 mons", "0000000000000000000000007fffffff"},
        {{INT32_MIN, 0, 0}, "-178956970 years -8 mons", "00000000000000000000000080000000"},
        {{0, 0, INT64_MAX}, "2562047788:00:54.775807", "7fffffffffffffff0000000000000000"},
        {{0, 0, INT64_C(-9223372036854775807)},
         "-2562047788:00:54.775807",
         "80000000000000010000000000000000"},
        {{0, 0, INT64_MIN}, "-2562047788:00:54.775808", "80000000000000000000000000000000"},
        {{0, 1, 100000}, "1 day 00:00:00.1", "00000000000186a00000000100000000"},
        {{-1, 0, -1}, "-1 mons -00:00:00.000001", "ffffffffffffffff00000000ffffffff"},
        {{-1, 0, 1}, "-1 mons +00:00:00.000001", "000000000000000100000000ffffffff"},
        {{12, 0, 1}, "1 year 00:00:00.000001", "0000000000000001000000000000000c"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&interval, &cases[i].v, cases[i].text, cases[i].binary);
}

/* The straight version: fields joined by blanks; "+" in front of what follows a negative one. */
static void plain_interval(char *out, size_t n, const struct engine_interval *v)
{
    const long fields[] = {v->months / 12, v->months % 12, v->days};
    static const char *const units[] = {"year", "mon", "day"};
    size_t len = 0;
    bool negative = false;
    for (size_t i = 0; i < COUNT(fields); i++)
        if (fields[i]) {
            len += (size_t)snprintf(out + len, n - len, "%s%s%ld %s%s", len ? " " : "",
                                    negative && fields[i] > 0 ? "+" : "", fields[i], units[i],
                                    fields[i] == 1 ? "" : "s");
            negative = fields[i] < 0;
        }
    if (len && !v->micros)
        return;
    const char *sign = v->micros < 0 ? "-" : negative ? "+" : "";
    len += (size_t)snprintf(out + len, n - len, "%s%s", len ? " " : "", sign);
    (void)plain_time(out + len, n - len, v->micros < 0 ? 0 - (uint64_t)v->micros : (uint64_t)v->micros);
}

static void intervals_equal_the_plain_version(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t which = next_random();
        struct engine_interval v = {
            .months = which & 1 ? (int32_t)(next_random() >> (which >> 8 & 31)) : 0,
            .days = which & 2 ? (int32_t)(next_random() >> (which >> 16 & 31)) : 0,
            .micros = which & 4 ? (int64_t)(next_random() >> (which >> 24 & 63)) : 0,
        };
        v.months = which & 8 ? v.months : (int32_t)(0 - (uint32_t)v.months);
        v.days = which & 16 ? v.days : (int32_t)(0 - (uint32_t)v.days);
        v.micros = which & 32 ? v.micros : (int64_t)(0 - (uint64_t)v.micros);
        char want[2 * TEXT_INTERVAL], got[TEXT_INTERVAL + 1];
        plain_interval(want, sizeof want, &v);
        uint8_t *end = text_interval((uint8_t *)got, &v);
        assert_true(end <= (uint8_t *)got + TEXT_INTERVAL);
        *end = '\0';
        assert_string_equal(got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_dates),
        cmocka_unit_test(dates_beyond_the_calendar_are_refused),
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(known_times),
        cmocka_unit_test(nanoseconds_of_a_time_are_rounded),
        cmocka_unit_test(times_equal_the_plain_version),
        cmocka_unit_test(known_times_with_offsets),
        cmocka_unit_test(offsets_read_back),
        cmocka_unit_test(known_timestamps),
        cmocka_unit_test(timestamps_in_their_zone),
        cmocka_unit_test(timestamps_before_the_calendar_are_refused),
        cmocka_unit_test(timestamps_of_every_unit),
        cmocka_unit_test(timestamps_are_a_date_and_a_time),
        cmocka_unit_test(known_intervals),
        cmocka_unit_test(intervals_equal_the_plain_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
