/* Each kernel against the straight version: a slot filled by printf, value by value. */
#include "encode/kernel.h"

#include "base/bytes.h"
#include "encode/digits.h"
#include "encode/number.h"
#include "pgtype/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { ROUNDS = 400, LENGTH_WORD = 4 };

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Below `limit`, of all lengths; in the first rounds the numbers at which a length changes. */
static void some_numbers(uint32_t v[static KERNEL_ROWS], unsigned round, uint32_t limit)
{
    static const uint32_t edges[] = {0,       1,       9,        10,       99,       100,      999,
                                     1000,    9999,    10000,    10001,    99999,    100000,   999999,
                                     1000000, 9999999, 10000000, 10000001, 12345678, 90000000, 99999999};
    for (size_t i = 0; i < KERNEL_ROWS; i++) {
        uint32_t edge = edges[(i + round) % COUNT(edges)];
        v[i] = round < COUNT(edges) ? edge : (uint32_t)(next_random() >> (32 + next_random() % 32));
        v[i] %= limit;
    }
}

/* A slot of the width that was said: the length word, then these bytes. */
static void assert_slot(const void *slot, size_t width, const void *want, size_t n)
{
    assert_int_equal(width, LENGTH_WORD + n);
    assert_int_equal(get_be32(slot), n);
    assert_memory_equal((const uint8_t *)slot + LENGTH_WORD, want, n);
}

static void integers(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t v[KERNEL_ROWS];
        uint8_t widths[KERNEL_ROWS];
        struct kernel_slots slots;
        some_numbers(v, round, DIGITS_8);
        kernel_integers(v, &slots, widths);
        for (size_t i = 0; i < KERNEL_ROWS; i++) {
            char want[16];
            int n = snprintf(want, sizeof want, "%u", v[i]);
            assert_slot(slots.words[i], widths[i], want, (size_t)n);
        }
    }
}

static void decimals_of_every_scale(void **state)
{
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    (void)state;
    for (unsigned scale = 1; scale <= 7; scale++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            uint32_t v[KERNEL_ROWS];
            uint8_t widths[KERNEL_ROWS];
            struct kernel_slots slots;
            some_numbers(v, round, DIGITS_8);
            kernel_decimals(v, scale, &slots, widths);
            for (size_t i = 0; i < KERNEL_ROWS; i++) {
                char want[32];
                int n = snprintf(want, sizeof want, "%u.%0*u", v[i] / powers[scale], (int)scale,
                                 v[i] % powers[scale]);
                assert_slot(slots.words[i], widths[i], want, (size_t)n);
            }
        }
}

static void numerics_of_every_scale(void **state)
{
    (void)state;
    for (unsigned scale = 0; scale <= 7; scale++)
        for (unsigned round = 0; round < ROUNDS; round++) {
            uint32_t v[KERNEL_ROWS];
            uint8_t widths[KERNEL_ROWS];
            struct kernel_wide_slots slots;
            some_numbers(v, round, DIGITS_8);
            kernel_numerics(v, scale, &slots, widths);
            for (size_t i = 0; i < KERNEL_ROWS; i++) {
                uint8_t want[64]; /* number.c's own test holds this one against PostgreSQL */
                const uint8_t *end = binary_numeric(want, v[i], (uint8_t)scale);
                assert_slot(slots.words[i], widths[i], want, (size_t)(end - want));
            }
        }
}

/* The first and the last days, each first of a month, and days of any year. */
static int32_t some_day(unsigned round)
{
    if (round == 0)
        return next_random() % 2 ? DIGITS_FIRST_DAY : DIGITS_LAST_DAY;
    int64_t year = 1 + (int64_t)(next_random() % 9999);
    unsigned month = 1 + (unsigned)(next_random() % 12);
    int64_t day = days_from_civil(year, month, 1) + (int64_t)(next_random() % 31) - (round % 2);
    return day < DIGITS_FIRST_DAY ? DIGITS_FIRST_DAY : day > DIGITS_LAST_DAY ? DIGITS_LAST_DAY : (int32_t)day;
}

static void dates(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int32_t days[KERNEL_ROWS];
        struct kernel_slots slots;
        for (size_t i = 0; i < KERNEL_ROWS; i++)
            days[i] = some_day(round);
        kernel_dates(days, &slots);
        for (size_t i = 0; i < KERNEL_ROWS; i++) {
            char want[48];
            int64_t year;
            unsigned month, day;
            civil_from_days(days[i], &year, &month, &day);
            int n = snprintf(want, sizeof want, "%04lld-%02u-%02u", (long long)year, month, day);
            assert_slot(slots.words[i], KERNEL_DATE_WIDTH, want, (size_t)n);
        }
    }
}

/* Counted from any zero, around the end of the numbers too. */
static void words_from_any_zero(void **state)
{
    static const uint64_t zeros[] = {0, 1, 10957, 946684800000000, UINT32_MAX, UINT64_MAX, INT64_MAX};
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t zero = zeros[round % COUNT(zeros)], longs[KERNEL_ROWS];
        uint32_t v[KERNEL_ROWS];
        struct kernel_slots slots, long_slots;
        for (size_t i = 0; i < KERNEL_ROWS; i++) {
            longs[i] = next_random() >> (next_random() % 64);
            v[i] = (uint32_t)longs[i];
        }
        kernel_words(v, (uint32_t)zero, &slots);
        kernel_long_words(longs, zero, &long_slots);
        for (size_t i = 0; i < KERNEL_ROWS; i++) {
            uint8_t want[8];
            (void)put_be32(want, v[i] - (uint32_t)zero);
            assert_slot(slots.words[i], LENGTH_WORD + 4, want, 4);
            (void)put_be64(want, longs[i] - zero);
            assert_slot(long_slots.words[i], LENGTH_WORD + 8, want, 8);
        }
    }
}

/* What the kernels may be given: one number decides for all, wherever it stands. */
static void ranges(void **state)
{
    static const int64_t limit = INT64_C(100000000000);
    static const struct {
        int64_t v;
        enum kernel_range range;
    } cases[] = {
        {0, KERNEL_SMALL},
        {99999999, KERNEL_SMALL},
        {100000000, KERNEL_WITHIN},
        {-1, KERNEL_WITHIN},
        {-99999999, KERNEL_WITHIN},
        {INT64_C(99999999999), KERNEL_WITHIN},
        {limit, KERNEL_FAR},
        {-limit, KERNEL_FAR},
        {-limit + 1, KERNEL_WITHIN},
        {INT64_MAX, KERNEL_FAR},
        {INT64_MIN, KERNEL_FAR},
        {INT64_MIN + 1, KERNEL_FAR},
        {INT64_C(1) << 32, KERNEL_WITHIN},
        {INT64_C(1) << 40, KERNEL_FAR},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t n = 1; n <= KERNEL_ROWS; n++)
            for (size_t at = 0; at<n; at += n> 8 ? 7 : 1) {
                int64_t v[KERNEL_ROWS];
                uint32_t small[KERNEL_ROWS];
                for (size_t j = 0; j < KERNEL_ROWS; j++)
                    v[j] = j < n ? (int64_t)(10 + j) : INT64_MIN; /* those behind are not looked at */
                v[at] = cases[i].v;
                memset(small, 0xff, sizeof small);
                assert_int_equal(kernel_take(v, n, (uint64_t)limit, small), cases[i].range);
                for (size_t j = 0; j < KERNEL_ROWS; j++)
                    assert_int_equal(small[j], j < n ? (uint32_t)v[j] : 0);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(decimals_of_every_scale),
        cmocka_unit_test(numerics_of_every_scale),
        cmocka_unit_test(dates),
        cmocka_unit_test(words_from_any_zero),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
