/* FLOAT and DOUBLE: a table of what PostgreSQL 15 answers under each kind of extra_float_digits, and the
 * straight version, digits until they read back, over many values. */
#include "encode/float.h"

#include "encode/encode_priv.h"
#include "one_cell.h"

#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { SETTINGS = 6 };

static const struct engine_column_type f4 = {.type = ENGINE_FLOAT}, f8 = {.type = ENGINE_DOUBLE};

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void assert_text(const struct engine_column_type *type, const void *data, int digits, const char *want)
{
    int before = one_cell_settings.extra_float_digits;
    one_cell_settings.extra_float_digits = digits;
    assert_cell_text(&(struct column_view){.type = type, .data = data}, want);
    one_cell_settings.extra_float_digits = before;
}

/* Its binary form is the bits, whatever they are. */
static void assert_bits(const struct engine_column_type *type, const void *data, uint64_t bits, int bytes)
{
    char want[17];
    (void)snprintf(want, sizeof want, "%0*llx", 2 * bytes, (unsigned long long)bits);
    assert_cell_binary(&(struct column_view){.type = type, .data = data}, want);
}

static void known_doubles(void **state)
{
    static const int digits[SETTINGS] = {1, 0, -1, -5, -12, -15};
    static const struct {
        uint64_t bits;
        const char *text[SETTINGS];
    } cases[] = {
        {0x0000000000000000, {"0", "0", "0", "0", "0", "0"}},
        {0x8000000000000000, {"-0", "-0", "-0", "-0", "-0", "-0"}},
        {0x3ff0000000000000, {"1", "1", "1", "1", "1", "1"}},
        {0xbff0000000000000, {"-1", "-1", "-1", "-1", "-1", "-1"}},
        {0x3fb999999999999a, {"0.1", "0.1", "0.1", "0.1", "0.1", "0.1"}},
        {0x3fe0000000000000, {"0.5", "0.5", "0.5", "0.5", "0.5", "0.5"}},
        {0x3ff8000000000000, {"1.5", "1.5", "1.5", "1.5", "1.5", "2"}},
        {0x4004000000000000, {"2.5", "2.5", "2.5", "2.5", "2.5", "2"}},
        {0x3fd3333333333333, {"0.3", "0.3", "0.3", "0.3", "0.3", "0.3"}},
        {0x3f1a36e2eb1c432d, {"0.0001", "0.0001", "0.0001", "0.0001", "0.0001", "0.0001"}},
        {0x3f202e4b6ce5dc68, {"0.00012345", "0.00012345", "0.00012345", "0.00012345", "0.000123", "0.0001"}},
        {0x3f1a36d1bd105b06, {"9.9999e-05", "9.9999e-05", "9.9999e-05", "9.9999e-05", "0.0001", "0.0001"}},
        {0x3ee4f8b588e368f1, {"1e-05", "1e-05", "1e-05", "1e-05", "1e-05", "1e-05"}},
        {0x42d6bcc41e900000, {"100000000000000", "100000000000000", "1e+14", "1e+14", "1e+14", "1e+14"}},
        {0x42dc12218377de40,
         {"123456789012345", "123456789012345", "1.2345678901234e+14", "1.23456789e+14", "1.23e+14",
          "1e+14"}},
        {0x430c6bf52633fff8, {"999999999999999", "999999999999999", "1e+15", "1e+15", "1e+15", "1e+15"}},
        {0x430c6bf526340000, {"1e+15", "1e+15", "1e+15", "1e+15", "1e+15", "1e+15"}},
        {0x4341c37937e08000, {"1e+16", "1e+16", "1e+16", "1e+16", "1e+16", "1e+16"}},
        {0x444b1ae4d6e2ef50, {"1e+21", "1e+21", "1e+21", "1e+21", "1e+21", "1e+21"}},
        {0x4480f0cf064dd592, {"1e+22", "1e+22", "1e+22", "1e+22", "1e+22", "1e+22"}},
        {0x44b52d02c7e14af6, {"9.999999999999999e+22", "1e+23", "1e+23", "1e+23", "1e+23", "1e+23"}},
        {0x4340000000000000,
         {"9.007199254740992e+15", "9.00719925474099e+15", "9.007199254741e+15", "9.007199255e+15",
          "9.01e+15", "9e+15"}},
        {0x4330000000000002,
         {"4.503599627370498e+15", "4.5035996273705e+15", "4.5035996273705e+15", "4.503599627e+15", "4.5e+15",
          "5e+15"}},
        {0x0010000000000000,
         {"2.2250738585072014e-308", "2.2250738585072e-308", "2.2250738585072e-308", "2.225073859e-308",
          "2.23e-308", "2e-308"}},
        {0x000fffffffffffff,
         {"2.225073858507201e-308", "2.2250738585072e-308", "2.2250738585072e-308", "2.225073859e-308",
          "2.23e-308", "2e-308"}},
        {0x0000000000000001,
         {"5e-324", "4.94065645841247e-324", "4.9406564584125e-324", "4.940656458e-324", "4.94e-324",
          "5e-324"}},
        {0x7fefffffffffffff,
         {"1.7976931348623157e+308", "1.79769313486232e+308", "1.7976931348623e+308", "1.797693135e+308",
          "1.8e+308", "2e+308"}},
        {0xffefffffffffffff,
         {"-1.7976931348623157e+308", "-1.79769313486232e+308", "-1.7976931348623e+308", "-1.797693135e+308",
          "-1.8e+308", "-2e+308"}},
        {0x400921fb54442d18,
         {"3.141592653589793", "3.14159265358979", "3.1415926535898", "3.141592654", "3.14", "3"}},
        {0x4005bf0a8b145769,
         {"2.718281828459045", "2.71828182845905", "2.718281828459", "2.718281828", "2.72", "3"}},
        {0x3fd3333333333334, {"0.30000000000000004", "0.3", "0.3", "0.3", "0.3", "0.3"}},
        {0x54b249ad2594c37d, {"1e+100", "1e+100", "1e+100", "1e+100", "1e+100", "1e+100"}},
        {0x2b2bff2ee48e0530, {"1e-100", "1e-100", "1e-100", "1e-100", "1e-100", "1e-100"}},
        {0x0000000000002788,
         {"5e-320", "4.99994433591342e-320", "4.9999443359134e-320", "4.999944336e-320", "5e-320", "5e-320"}},
        {0x40fe240c9fbe76c9, {"123456.789", "123456.789", "123456.789", "123456.789", "1.23e+05", "1e+05"}},
        {0x3e7ad7f29abcaf48, {"1e-07", "1e-07", "1e-07", "1e-07", "1e-07", "1e-07"}},
        {0x4021000000000000, {"8.5", "8.5", "8.5", "8.5", "8.5", "8"}},
        {0x4059000000000000, {"100", "100", "100", "100", "100", "1e+02"}},
        {0x4132d68700000000, {"1234567", "1234567", "1234567", "1234567", "1.23e+06", "1e+06"}},
        {0x3eb0000000000000,
         {"9.5367431640625e-07", "9.5367431640625e-07", "9.5367431640625e-07", "9.536743164e-07", "9.54e-07",
          "1e-06"}},
        {0x01aa749ec2ff5c8a,
         {"1.2345e-300", "1.2345e-300", "1.2345e-300", "1.2345e-300", "1.23e-300", "1e-300"}},
        {0x41b1de784a000000, {"299792458", "299792458", "299792458", "299792458", "3e+08", "3e+08"}},
        {0x44dfe185ca57c517,
         {"6.02214076e+23", "6.02214076e+23", "6.02214076e+23", "6.02214076e+23", "6.02e+23", "6e+23"}},
        {0x447c7e83209e90b2,
         {"8.409999999999999e+21", "8.41e+21", "8.41e+21", "8.41e+21", "8.41e+21", "8e+21"}},
        {0x43bbc83ba1b05020,
         {"2.0019156e+18", "2.0019156e+18", "2.0019156e+18", "2.0019156e+18", "2e+18", "2e+18"}},
        {0x43e0000000000000,
         {"9.223372036854776e+18", "9.22337203685478e+18", "9.2233720368548e+18", "9.223372037e+18",
          "9.22e+18", "9e+18"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; j < SETTINGS; j++)
            assert_text(&f8, &cases[i].bits, digits[j], cases[i].text[j]);
        assert_text(&f8, &cases[i].bits, 2, cases[i].text[0]); /* from 1 on they are all the same */
        assert_text(&f8, &cases[i].bits, 3, cases[i].text[0]);
        assert_bits(&f8, &cases[i].bits, cases[i].bits, 8);
    }
}

static void known_floats(void **state)
{
    static const int digits[SETTINGS] = {1, 0, -1, -3, -6, -15};
    static const struct {
        uint32_t bits;
        const char *text[SETTINGS];
    } cases[] = {
        {0x00000000, {"0", "0", "0", "0", "0", "0"}},
        {0x80000000, {"-0", "-0", "-0", "-0", "-0", "-0"}},
        {0x3f800000, {"1", "1", "1", "1", "1", "1"}},
        {0xbf800000, {"-1", "-1", "-1", "-1", "-1", "-1"}},
        {0x3dcccccd, {"0.1", "0.1", "0.1", "0.1", "0.1", "0.1"}},
        {0x3e99999a, {"0.3", "0.3", "0.3", "0.3", "0.3", "0.3"}},
        {0x3fc00000, {"1.5", "1.5", "1.5", "1.5", "2", "2"}},
        {0x38d1b717, {"0.0001", "0.0001", "0.0001", "0.0001", "0.0001", "0.0001"}},
        {0x38d1b68e, {"9.9999e-05", "9.9999e-05", "9.9999e-05", "0.0001", "0.0001", "0.0001"}},
        {0x3727c5ac, {"1e-05", "1e-05", "1e-05", "1e-05", "1e-05", "1e-05"}},
        {0x47f12000, {"123456", "123456", "1.2346e+05", "1.23e+05", "1e+05", "1e+05"}},
        {0x497423f0, {"999999", "999999", "1e+06", "1e+06", "1e+06", "1e+06"}},
        {0x49742400, {"1e+06", "1e+06", "1e+06", "1e+06", "1e+06", "1e+06"}},
        {0x4996b438, {"1.234567e+06", "1.23457e+06", "1.2346e+06", "1.23e+06", "1e+06", "1e+06"}},
        {0x4b800000, {"1.6777216e+07", "1.67772e+07", "1.6777e+07", "1.68e+07", "2e+07", "2e+07"}},
        {0x501502f9, {"1e+10", "1e+10", "1e+10", "1e+10", "1e+10", "1e+10"}},
        {0x7e967699, {"1e+38", "1e+38", "1e+38", "1e+38", "1e+38", "1e+38"}},
        {0x7f7fffff, {"3.4028235e+38", "3.40282e+38", "3.4028e+38", "3.4e+38", "3e+38", "3e+38"}},
        {0xff7fffff, {"-3.4028235e+38", "-3.40282e+38", "-3.4028e+38", "-3.4e+38", "-3e+38", "-3e+38"}},
        {0x00800000, {"1.1754944e-38", "1.17549e-38", "1.1755e-38", "1.18e-38", "1e-38", "1e-38"}},
        {0x007fffff, {"1.1754942e-38", "1.17549e-38", "1.1755e-38", "1.18e-38", "1e-38", "1e-38"}},
        {0x00000001, {"1e-45", "1.4013e-45", "1.4013e-45", "1.4e-45", "1e-45", "1e-45"}},
        {0x00000005, {"7e-45", "7.00649e-45", "7.0065e-45", "7.01e-45", "7e-45", "7e-45"}},
        {0x40490fdb, {"3.1415927", "3.14159", "3.1416", "3.14", "3", "3"}},
        {0x3eaaaaab, {"0.33333334", "0.333333", "0.33333", "0.333", "0.3", "0.3"}},
        {0x2edbe6ff, {"1e-10", "1e-10", "1e-10", "1e-10", "1e-10", "1e-10"}},
        {0x4c000000, {"3.3554432e+07", "3.35544e+07", "3.3554e+07", "3.36e+07", "3e+07", "3e+07"}},
        {0x4b000000, {"8.388608e+06", "8.38861e+06", "8.3886e+06", "8.39e+06", "8e+06", "8e+06"}},
        {0x42c80000, {"100", "100", "100", "100", "1e+02", "1e+02"}},
        {0x40200000, {"2.5", "2.5", "2.5", "2.5", "2", "2"}},
        {0x477fe000, {"65504", "65504", "65504", "6.55e+04", "7e+04", "7e+04"}},
        {0x60ad78ec, {"1e+20", "1e+20", "1e+20", "1e+20", "1e+20", "1e+20"}},
        {0x000571cc, {"5e-40", "5e-40", "5e-40", "5e-40", "5e-40", "5e-40"}},
        {0x3c4a4587, {"0.012345678", "0.0123457", "0.012346", "0.0123", "0.01", "0.01"}},
        {0x5a0700cc, {"9.5e+15", "9.5e+15", "9.5e+15", "9.5e+15", "9e+15", "9e+15"}},
        {0x63800000, {"4.7223665e+21", "4.72237e+21", "4.7224e+21", "4.72e+21", "5e+21", "5e+21"}},
        {0x5f83d6c8, {"1.9e+19", "1.9e+19", "1.9e+19", "1.9e+19", "2e+19", "2e+19"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; j < SETTINGS; j++)
            assert_text(&f4, &cases[i].bits, digits[j], cases[i].text[j]);
        assert_text(&f4, &cases[i].bits, 3, cases[i].text[0]);
        assert_bits(&f4, &cases[i].bits, cases[i].bits, 4);
    }
}

/* They are words, however many digits are asked for; which NaN it is shows in the binary form alone. */
static void what_is_no_number(void **state)
{
    static const struct {
        uint64_t f8;
        uint32_t f4;
        const char *text;
    } cases[] = {
        {UINT64_C(0x7ff0000000000000), 0x7f800000, "Infinity"},
        {UINT64_C(0xfff0000000000000), 0xff800000, "-Infinity"},
        {UINT64_C(0x7ff8000000000000), 0x7fc00000, "NaN"},
        {UINT64_C(0xfff8000000000000), 0xffc00000, "NaN"},
        {UINT64_C(0x7ff0000000000001), 0x7f800001, "NaN"},
        {UINT64_C(0xffffffffffffffff), 0xffffffff, "NaN"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int digits = -15; digits <= 3; digits += 6) {
            assert_text(&f8, &cases[i].f8, digits, cases[i].text);
            assert_text(&f4, &cases[i].f4, digits, cases[i].text);
        }
        assert_bits(&f8, &cases[i].f8, cases[i].f8, 8);
        assert_bits(&f4, &cases[i].f4, cases[i].f4, 4);
    }
}

/* ---- the straight version ---- */

/* Half-way to a neighbour: PostgreSQL does not take it, although it may read back. What long double cannot
 * hold is not half-way: rounded up it differs from rounded down. */
static bool is_half_way(const char *text, long double below, long double v, long double above)
{
    (void)fesetround(FE_DOWNWARD);
    long double read = strtold(text, NULL);
    (void)fesetround(FE_UPWARD);
    bool exact = strtold(text, NULL) == read;
    (void)fesetround(FE_TONEAREST);
    return exact && (read == (v + above) / 2 || read == (v + below) / 2);
}

static double read_as(const char *text, bool is_float)
{
    return is_float ? (double)strtof(text, NULL) : strtod(text, NULL);
}

/* Whether v is what n digits say, rounded to the nearest or else the other way: near a power of two the
 * farther one may be the one that reads back. */
static bool reads_back(char *text, size_t size, int n, double v, bool is_float)
{
    static const int ways[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD};
    long double below = is_float ? (long double)nextafterf((float)v, -INFINITY) : nextafter(v, -INFINITY);
    long double above = is_float ? (long double)nextafterf((float)v, INFINITY) : nextafter(v, INFINITY);
    for (size_t i = 0; i < COUNT(ways); i++) {
        (void)fesetround(ways[i]);
        (void)snprintf(text, size, "%.*e", n - 1, v);
        (void)fesetround(FE_TONEAREST);
        if (read_as(text, is_float) == v && !is_half_way(text, below, v, above))
            return true;
    }
    return false;
}

/* Digits of v, without point and zeros at the end, and the exponent of the first: the fewest that read
 * back. */
static int shortest_digits(char *digits, size_t size, double v, bool is_float)
{
    char text[40];
    for (int n = 1; n <= 17 && !reads_back(text, sizeof text, n, v, is_float);)
        n++;
    char *e = strchr(text, 'e');
    size_t len = 0;
    for (const char *p = text; p < e && len + 1 < size; p++)
        if (*p != '.')
            digits[len++] = *p;
    while (len > 1 && digits[len - 1] == '0')
        len--;
    digits[len] = '\0';
    return (int)strtol(e + 1, NULL, 10);
}

/* Written out from 10^-4 up to where PostgreSQL turns to exponents: 10^15 of a double, 10^6 of a float. */
static void plain_text(char *out, size_t size, double v, bool is_float)
{
    char digits[24];
    int exponent = shortest_digits(digits, sizeof digits, fabs(v), is_float), n = (int)strlen(digits);
    const char *sign = v < 0 ? "-" : "";
    if (exponent < -4 || exponent >= (is_float ? 6 : 15))
        (void)snprintf(out, size, "%s%c%s%se%c%02d", sign, digits[0], n > 1 ? "." : "", digits + 1,
                       exponent < 0 ? '-' : '+', abs(exponent));
    else if (exponent < 0)
        (void)snprintf(out, size, "%s0.%.*s%s", sign, -exponent - 1, "0000", digits);
    else if (n > exponent + 1)
        (void)snprintf(out, size, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
    else
        (void)snprintf(out, size, "%s%s%.*s", sign, digits, exponent + 1 - n, "00000000000000");
}

static void assert_plain(double v, bool is_float)
{
    char want[64], got[TEXT_FLOAT + 1];
    plain_text(want, sizeof want, v, is_float);
    uint8_t *end = is_float ? text_float((uint8_t *)got, (float)v, 1) : text_double((uint8_t *)got, v, 1);
    assert_true(end < (uint8_t *)got + sizeof got);
    *end = '\0';
    assert_string_equal(got, want);
}

/* At powers of two the neighbour below is nearer than the one above: the interval is lopsided. */
static void powers_and_their_neighbours(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++) {
        double v = ldexp(1, exponent);
        assert_plain(v, false);
        assert_plain(nextafter(v, INFINITY), false);
        if (exponent > -1074)
            assert_plain(-nextafter(v, 0), false);
    }
    for (int exponent = -149; exponent <= 127; exponent++) {
        float v = ldexpf(1, exponent);
        assert_plain((double)v, true);
        assert_plain((double)nextafterf(v, INFINITY), true);
        if (exponent > -149)
            assert_plain((double)-nextafterf(v, 0), true);
    }
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[16];
        (void)snprintf(text, sizeof text, "1e%d", exponent);
        double v = strtod(text, NULL);
        assert_plain(v, false);
        assert_plain(nextafter(v, INFINITY), false);
        if (exponent >= -44 && exponent <= 38)
            assert_plain((double)strtof(text, NULL), true);
    }
}

static void floats_of_any_bits(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)(next_random() >> 20);
        float v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v) && v != 0)
            assert_plain((double)v, true);
    }
}

/* Few decimal digits, as data has them, of which most bits of the fraction are set. */
static void decimals_of_few_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 15000; i++) {
        int64_t whole = (int64_t)(next_random() >> (next_random() % 40 + 20));
        double v = (double)whole / pow(10, (double)(next_random() % 12));
        if (whole == 0)
            continue;
        assert_plain(v, false);
        assert_plain(-v, false);
        assert_plain((double)(float)v, true);
    }
}

/* Whole numbers have a way of their own, up to where exponents begin and beyond. */
static void whole_numbers(void **state)
{
    (void)state;
    for (int64_t power = 1; power < INT64_C(1000000000000000000); power *= 10)
        for (int64_t v = power - 2; v <= power + 2; v++) {
            if (v <= 0)
                continue;
            assert_plain((double)v, false);
            assert_plain(-(double)v, false);
            assert_plain((double)(float)v, true);
        }
}

/* All but extra_float_digits from 1 on: as printf rounds, which is what PostgreSQL does. */
static void rounded_as_printf(void **state)
{
    (void)state;
    for (int i = 0; i < 15000; i++) {
        uint64_t bits = next_random();
        int digits = -(int)(next_random() % 16);
        char want[64], got[TEXT_FLOAT + 1];
        double v;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        (void)snprintf(want, sizeof want, "%.*g", 15 + digits < 1 ? 1 : 15 + digits, v);
        *text_double((uint8_t *)got, v, digits) = '\0';
        assert_string_equal(got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_doubles),      cmocka_unit_test(known_floats),
        cmocka_unit_test(what_is_no_number),  cmocka_unit_test(powers_and_their_neighbours),
        cmocka_unit_test(floats_of_any_bits), cmocka_unit_test(decimals_of_few_digits),
        cmocka_unit_test(whole_numbers),      cmocka_unit_test(rounded_as_printf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
