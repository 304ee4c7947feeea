#include "pgtype/tz.h"

#include "base/alloc.h"
#include "pgtype/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct tz *found(const char *name)
{
    const struct tz *z = NULL;
    struct err e;
    err_init(&e);
    if (tz_find(&z, name, &e) != ST_OK)
        fail_msg("%s: %s", name, e.message);
    return z;
}

/* The cache keeps it for as long as a test asks about it. */
static const struct tz *zone(const char *name)
{
    const struct tz *z = found(name);
    tz_unref(z);
    return z;
}

static int64_t at(int64_t year, unsigned month, unsigned day, int64_t hour)
{
    return (days_from_civil(year, month, day) * 24 + hour) * 3600;
}

static void offsets_change_at_the_moment(void **state)
{
    const struct tz *berlin = zone("Europe/Berlin");
    (void)state;
    assert_int_equal(tz_offset_at(berlin, at(2024, 3, 31, 1) - 1), 3600);
    assert_int_equal(tz_offset_at(berlin, at(2024, 3, 31, 1)), 7200);
    assert_int_equal(tz_offset_at(berlin, at(2024, 10, 27, 1)), 3600);
    assert_int_equal(tz_offset_at(berlin, at(1800, 1, 1, 0)), 3208); /* local mean time */
    assert_int_equal(tz_offset_at(berlin, at(2500, 7, 1, 0)), 7200); /* by the file's rule for the future */
    assert_int_equal(tz_offset_at(zone("America/Sao_Paulo"), at(2100, 1, 1, 0)), -10800);
    assert_int_equal(tz_offset_at(zone("Australia/Sydney"), at(2100, 1, 1, 0)), 39600);
}

static void local_times_are_resolved(void **state)
{
    const struct tz *berlin = zone("Europe/Berlin");
    (void)state;
    assert_int_equal(tz_local_to_utc(berlin, at(2024, 7, 1, 12)), at(2024, 7, 1, 10));
    assert_int_equal(tz_local_to_utc(berlin, at(2024, 3, 31, 2) + 1800),
                     at(2024, 3, 31, 1) + 1800); /* in the gap */
    assert_int_equal(tz_local_to_utc(berlin, at(2024, 10, 27, 2) + 1800),
                     at(2024, 10, 27, 1) + 1800); /* twice there */
}

static void fixed_offsets(void **state)
{
    (void)state;
    assert_int_equal(tz_offset_at(zone("+02"), 0), 7200);
    assert_int_equal(tz_offset_at(zone("-05:30"), 0), -19800);
    assert_int_equal(tz_offset_at(zone("<+02>-02"), 0), 7200);
    assert_ptr_equal(zone("utc"), tz_utc());
}

static void what_is_no_zone_is_refused(void **state)
{
    static const char *const bad[] = {"",       "Nowhere",  "../etc/passwd",  "/etc/passwd",
                                      "Europe", "zone.tab", "Europe/../UTC",  "+99",
                                      "<+02",   "a b",      "Europe/Berlin/x"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct tz *z = NULL;
        struct err e;
        err_init(&e);
        if (tz_find(&z, bad[i], &e) != ST_ERR)
            fail_msg("%s", bad[i]);
        assert_string_equal(sqlstate_code(e.code), "22023");
    }
}

/* A zone of the machine's files that counts leap seconds would be wrong by them. */
static void leap_seconds_are_refused(void **state)
{
    const struct tz *z = NULL;
    struct err e;
    (void)state;
    err_init(&e);
    assert_int_equal(tz_find(&z, "right/UTC", &e),
                     ST_ERR); /* by its leap seconds, or because there is none */
    assert_string_equal(sqlstate_code(e.code), "22023");
}

/* A directory of our own with one file, and what becomes of it when it is not right. */
static void damaged_files_are_refused(void **state)
{
    /* version 2: an empty 32-bit part, then one type, UTC+1 without summer time, and the footer */
    static const char good[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\x0e\x10\0\0ABC\0"
                               "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\x0e\x10\0\0ABC\0\nABC-1\n";
    enum { SIZE = sizeof good - 1 };
    char directory[] = "/tmp/tavana-tz-XXXXXX", name[8], path[64];
    (void)state;
    assert_non_null(mkdtemp(directory));
    char *before = getenv("TZDIR");
    assert_int_equal(setenv("TZDIR", directory, 1), 0);
    /* every length but the whole one, under a name each, since zones are kept */
    for (unsigned n = 0; n <= SIZE; n++) {
        const struct tz *z = NULL;
        struct err e;
        err_init(&e);
        (void)snprintf(name, sizeof name, "Z%u", n);
        (void)snprintf(path, sizeof path, "%s/%s", directory, name);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(good, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
        int st = tz_find(&z, name, &e);
        assert_int_equal(st, n == SIZE ? ST_OK : ST_ERR);
        if (st == ST_OK)
            assert_int_equal(tz_offset_at(z, 0), 3600);
        tz_unref(z);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(remove(directory), 0);
    assert_int_equal(before ? setenv("TZDIR", before, 1) : unsetenv("TZDIR"), 0);
}

static const struct tz *made_up(int i)
{
    char name[16];
    (void)snprintf(name, sizeof name, "+%02d:%02d:%02d", i / 3600, i / 60 % 60, i % 60);
    return found(name);
}

/* Whoever makes names up fills nothing: the least recently used goes. What is in use lives on, and is found
 * again before others that nobody uses. */
static void the_cache_forgets(void **state)
{
    enum { MANY = 4 * TZ_CACHE_MAX };
    (void)state;
    const struct tz *kept = found("Asia/Tokyo");
    for (int i = 0; i < MANY; i++) {
        const struct tz *z = made_up(i);
        assert_int_equal(tz_offset_at(z, 0), i);
        tz_unref(z);
    }
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
    assert_ptr_equal(zone("asia/tokyo"), kept);
    tz_unref(kept);
}

/* More zones in use than the cache keeps: they work, and go with their users. */
static void all_may_be_in_use(void **state)
{
    enum { MANY = TZ_CACHE_MAX + 20 };
    const struct tz *used[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++)
        used[i] = made_up(i);
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(tz_offset_at(used[i], 0), i);
        tz_unref(used[i]);
    }
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        const struct tz *z = NULL;
        struct err e;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = tz_find(&z, "Asia/Kathmandu", &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        tz_unref(z);
    }
}

static void calendar_goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t day = -3000000; day < 3000000; day += 97) {
        int64_t year;
        unsigned month, d;
        civil_from_days(day, &year, &month, &d);
        assert_true(month >= 1 && month <= 12 && d >= 1 && d <= 31);
        assert_int_equal(days_from_civil(year, month, d), day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_change_at_the_moment),
        cmocka_unit_test(local_times_are_resolved),
        cmocka_unit_test(fixed_offsets),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(leap_seconds_are_refused),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(the_cache_forgets),
        cmocka_unit_test(all_may_be_in_use),
        cmocka_unit_test(calendar_goes_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
