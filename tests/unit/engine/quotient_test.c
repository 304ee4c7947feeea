/* Quotients as PostgreSQL 15 answers them. */
#include "engine/quotient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct quotient_digits sent = {37, 20}, nested = {38, 16};

/* a * 10^-sa / (b * 10^-sb) is whole + fraction * 10^-16 + rest * 10^-20. */
static void check(int64_t a, uint8_t sa, int64_t b, uint8_t sb, struct quotient_digits d, int64_t whole,
                  int64_t fraction, int64_t rest)
{
    __int128 out, expected = whole;
    for (uint8_t i = 0; i < 16; i++)
        expected *= 10;
    expected += fraction;
    for (uint8_t i = 16; i < d.scale; i++)
        expected *= 10;
    expected += rest;
    const struct quotient_operand left = {.value = a, .scale = sa}, right = {.value = b, .scale = sb};
    assert_true(quotient_of(left, right, d, &out));
    assert_true(out == expected);
}

static void test_digits(void **state)
{
    (void)state;
    check(1, 0, 3, 0, nested, 0, 3333333333333333, 0);
    check(10, 0, 3, 0, sent, 3, 3333333333333333, 0);
    check(20000, 0, 3, 0, nested, 6666, 6666666666666667, 0);
    check(80000, 0, 3, 0, nested, 26666, 6666666666670000, 0); /* twelve digits */
    check(-7, 0, 2, 0, sent, -3, -5000000000000000, 0);
    check(15, 1, 1, 0, sent, 1, 5000000000000000, 0);
    check(2, 0, 3, 0, sent, 0, 6666666666666666, 6667);
    check(0, 0, 25, 1, sent, 0, 0, 0);
}

static void test_limits(void **state)
{
    (void)state;
    __int128 out, large = 1;
    for (int i = 0; i < 37; i++)
        large *= 10;
    const struct quotient_operand a = {.value = large}, one = {.value = 1}, tiny = {.value = 1, .scale = 38};
    assert_false(quotient_of(a, one, sent, &out));
    assert_false(quotient_of(one, tiny, sent, &out));
    assert_true(quotient_of(tiny, a, sent, &out));
    assert_true(out == 0);
    assert_true(quotient_of(a, a, sent, &out));
}

static void test_scale(void **state)
{
    (void)state;
    const struct quotient_operand one = {.value = 1}, three = {.value = 15, .scale = 1};
    const struct quotient_operand loose = {.value = 15000, .scale = 10, .trims = true};
    assert_int_equal(quotient_scale(one, three), 20);
    assert_int_equal(quotient_scale(three, one), 20);
    assert_int_equal(quotient_shown(three), 1);
    assert_int_equal(quotient_shown(loose), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
