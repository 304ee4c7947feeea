/* Days and dates, against the days that PostgreSQL 15 counts from 1970-01-01. */
#include "pgtype/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    int64_t year; /* 0: 1 BC */
    unsigned month, day;
    int64_t days;
} dates[] = {
    {-4713, 11, 24, -2440588},
    {-4713, 12, 31, -2440551},
    {-4712, 1, 1, -2440550},
    {-4712, 2, 29, -2440491},
    {-4712, 3, 1, -2440490},
    {-400, 2, 29, -865566},
    {-100, 2, 28, -755994},
    {-100, 3, 1, -755993},
    {-4, 2, 29, -720930},
    {0, 1, 1, -719528},
    {0, 2, 29, -719469},
    {0, 12, 31, -719163},
    {1, 1, 1, -719162},
    {4, 2, 29, -718008},
    {100, 2, 28, -682945},
    {100, 3, 1, -682944},
    {400, 2, 29, -573372},
    {1582, 10, 4, -141438},
    {1582, 10, 5, -141437},
    {1582, 10, 15, -141427},
    {1600, 2, 29, -135081},
    {1600, 12, 31, -134775},
    {1601, 1, 1, -134774},
    {1700, 2, 28, -98557},
    {1700, 3, 1, -98556},
    {1899, 12, 31, -25568},
    {1900, 1, 1, -25567},
    {1900, 2, 28, -25509},
    {1900, 3, 1, -25508},
    {1969, 12, 31, -1},
    {1970, 1, 1, 0},
    {1970, 2, 28, 58},
    {1970, 3, 1, 59},
    {1999, 12, 31, 10956},
    {2000, 1, 1, 10957},
    {2000, 2, 28, 11015},
    {2000, 2, 29, 11016},
    {2000, 3, 1, 11017},
    {2000, 12, 31, 11322},
    {2024, 2, 29, 19782},
    {2024, 12, 31, 20088},
    {2038, 1, 19, 24855},
    {2099, 12, 31, 47481},
    {2100, 2, 28, 47540},
    {2100, 3, 1, 47541},
    {2399, 12, 31, 157053},
    {2400, 2, 29, 157113},
    {9999, 12, 31, 2932896},
    {10000, 1, 1, 2932897},
    {99999, 12, 31, 35804721},
    {294276, 12, 31, 106762939},
    {5874897, 12, 31, 2145042905},
};

static void dates_are_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int64_t year;
        unsigned month, day;
        assert_int_equal(days_from_civil(dates[i].year, dates[i].month, dates[i].day), dates[i].days);
        civil_from_days(dates[i].days, &year, &month, &day);
        assert_int_equal(year, dates[i].year);
        assert_int_equal(month, dates[i].month);
        assert_int_equal(day, dates[i].day);
    }
}

/* Day after day over two eras, so that every month's end and every leap rule is met. */
static void days_follow_each_other(void **state)
{
    int64_t before_year;
    unsigned before_month, before_day;
    (void)state;
    civil_from_days(-CALENDAR_ERA_DAYS - 1, &before_year, &before_month, &before_day);
    for (int64_t days = -CALENDAR_ERA_DAYS; days < CALENDAR_ERA_DAYS; days++) {
        int64_t year;
        unsigned month, day;
        civil_from_days(days, &year, &month, &day);
        assert_int_equal(days_from_civil(year, month, day), days);
        bool next_day = year == before_year && month == before_month && day == before_day + 1;
        bool next_month = year == before_year && month == before_month + 1 && day == 1 && before_day >= 28;
        bool next_year =
            year == before_year + 1 && month == 1 && day == 1 && before_month == 12 && before_day == 31;
        assert_true(next_day || next_month || next_year);
        before_year = year;
        before_month = month;
        before_day = day;
    }
}

static void the_ends_are_postgresqls(void **state)
{
    (void)state;
    assert_int_equal(CALENDAR_FIRST_DAY, days_from_civil(-4713, 11, 24));
    assert_int_equal(CALENDAR_LAST_DAY, days_from_civil(5874897, 12, 31));
    assert_int_equal(CALENDAR_DAYS_TO_2000, days_from_civil(2000, 1, 1));
    assert_int_equal(CALENDAR_FIRST_TIMESTAMP, INT64_C(-210866803200000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_days),
        cmocka_unit_test(days_follow_each_other),
        cmocka_unit_test(the_ends_are_postgresqls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
