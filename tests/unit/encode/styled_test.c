#include "encode/styled.h"

#include "encode/encode_priv.h"
#include "pgtype/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct tz *zone_with(const char *name)
{
    const struct tz *zone = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(tz_find_styled(&zone, name, &e), ST_OK);
    return zone;
}

enum { FEB_29 = 19782, PAST_NOON = 47655 }; /* 2024-02-29 13:14:15 */

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *date, *timestamp, *timestamptz;
    } cases[] = {
        {"Europe/Berlin;100", "02/29/2024", "02/29/2024 13:14:15.5", "02/29/2024 14:14:15.5 CET"},
        {"Europe/Berlin;110", "29/02/2024", "29/02/2024 13:14:15.5", "29/02/2024 14:14:15.5 CET"},
        {"UTC;200", "02-29-2024", "Thu Feb 29 13:14:15.5 2024", "Thu Feb 29 13:14:15.5 2024 UTC"},
        {"UTC;210", "29-02-2024", "Thu 29 Feb 13:14:15.5 2024", "Thu 29 Feb 13:14:15.5 2024 UTC"},
        {"UTC;300", "29.02.2024", "29.02.2024 13:14:15.5", "29.02.2024 13:14:15.5 UTC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(tz_unrefp) const struct tz *zone = zone_with(cases[i].zone);
        uint8_t to[TEXT_STYLED + 1];
        struct err e;
        err_init(&e);
        *styled_date(to, FEB_29, zone, &e) = 0;
        assert_string_equal(to, cases[i].date);
        const int64_t micros = ((int64_t)FEB_29 * 86400 + PAST_NOON) * 1000000 + 500000;
        *styled_timestamp(to, micros, zone, false, &e) = 0;
        assert_string_equal(to, cases[i].timestamp);
        *styled_timestamp(to, micros, zone, true, &e) = 0;
        assert_string_equal(to, cases[i].timestamptz);
    }
}

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        struct engine_interval value;
        const char *verbose, *sql, *iso;
    } cases[] = {
        {{14, -3, INT64_C(14400000000)},
         "@ 1 year 2 mons -3 days 4 hours",
         "+1-2 -3 +4:00:00",
         "P1Y2M-3DT4H"},
        {{0, 0, 0}, "@ 0", "0", "PT0S"},
        {{-14, 0, 0}, "@ 1 year 2 mons ago", "-1-2", "P-1Y-2M"},
        {{0, 1, INT64_C(3723500000)}, "@ 1 day 1 hour 2 mins 3.5 secs", "1 1:02:03.5", "P1DT1H2M3.5S"},
        {{0, 0, -500000}, "@ 0.5 secs ago", "-0:00:00.5", "PT-0.5S"},
        {{INT32_MIN, INT32_MIN, INT64_MIN},
         "@ 178956970 years 8 mons 2147483648 days 2562047788 hours 54.775808 secs ago",
         NULL,
         NULL},
    };
    static const char *const zones[] = {"UTC;001", "UTC;002", "UTC;003"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const wanted[] = {cases[i].verbose, cases[i].sql, cases[i].iso};
        for (size_t z = 0; z < 3; z++) {
            CLEANUP(tz_unrefp) const struct tz *zone = zone_with(zones[z]);
            uint8_t to[TEXT_STYLED + 1];
            *styled_interval(to, &cases[i].value, zone) = 0;
            if (wanted[z])
                assert_string_equal(to, wanted[z]);
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    char name[TZ_NAME_MAX];
    tz_styled_name("Europe/Berlin", (struct style){0}, name);
    assert_string_equal(name, "Europe/Berlin");
    tz_styled_name("Europe/Berlin", style_of("German, DMY", "iso_8601"), name);
    assert_string_equal(name, "Europe/Berlin;313");
    CLEANUP(tz_unrefp) const struct tz *zone = zone_with(name);
    assert_string_equal(tz_name(zone), "Europe/Berlin");
    assert_int_equal(tz_style(zone).intervals, INTERVALS_ISO_8601);
    CLEANUP(tz_unrefp) const struct tz *plain = zone_with("Europe/Berlin");
    assert_true(style_is_plain(tz_style(plain)) && plain != zone);
    CLEANUP(tz_unrefp) const struct tz *wild = zone_with("UTC;9x9");
    assert_true(style_is_plain(tz_style(wild)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
