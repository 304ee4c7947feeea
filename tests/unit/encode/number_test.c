#include "encode/encode_priv.h"

#include "base/alloc.h"
#include "encode/number.h"
#include "one_cell.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Uniform in the number of digits. */
static __int128 random_int128(void)
{
    unsigned __int128 v = (unsigned __int128)next_random() << 64 | next_random();
    v >>= next_random() % 126 + 1;
    return next_random() % 2 ? (__int128)v : -(__int128)v;
}

/* The straight version: a digit at a time. */
static void plain_decimal(char *out, __int128 v, unsigned scale)
{
    char digits[64];
    size_t n = 0, at = 0;
    unsigned __int128 u = v < 0 ? 0 - (unsigned __int128)v : (unsigned __int128)v;
    while (u || n < scale + 1u) {
        digits[n++] = (char)('0' + (int)(u % 10));
        u /= 10;
    }
    if (v < 0)
        out[at++] = '-';
    while (n > 0) {
        if (n == scale)
            out[at++] = '.';
        out[at++] = digits[--n];
    }
    out[at] = '\0';
}

static void decimals_equal_the_plain_version(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t scale = (uint8_t)(next_random() % 39), text[TEXT_DECIMAL + 1];
        __int128 v = random_int128() % (((__int128)1 << 126) + 1);
        char want[TEXT_DECIMAL * 2];
        plain_decimal(want, v, scale);
        *text_decimal(text, v, scale) = '\0';
        assert_string_equal((const char *)text, want);
    }
}

/* What the digits in base 10000 say, against the decimal text. */
static void binary_numerics_say_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t scale = (uint8_t)(next_random() % 39), bytes[BINARY_NUMERIC + 8];
        __int128 v = random_int128();
        const uint8_t *end = binary_numeric(bytes, v, scale);
        int n = get_be16(bytes), weight = (int16_t)get_be16(bytes + 2);
        assert_true(end - bytes <= BINARY_NUMERIC);
        assert_int_equal(end - bytes, 8 + 2 * n);
        assert_int_equal(get_be16(bytes + 4), v < 0 ? 0x4000 : 0);
        assert_int_equal(get_be16(bytes + 6), scale);
        if (n) { /* neither end has a zero digit */
            assert_int_not_equal(get_be16(bytes + 8), 0);
            assert_int_not_equal(get_be16(bytes + 6 + 2 * n), 0);
        }
        char want[TEXT_DECIMAL * 2], got[TEXT_DECIMAL * 4], *p = got;
        plain_decimal(want, v, scale);
        if (v < 0)
            *p++ = '-';
        char *first = p;
        for (int g = weight < 0 ? 0 : weight; g >= -10; g--) { /* the digit of 10000^g */
            int at = weight - g;
            p += snprintf(p, 6, "%s%04d", g == -1 ? "." : "",
                          at >= 0 && at < n ? get_be16(bytes + 8 + 2 * at) : 0);
        }
        while (first[0] == '0' && first[1] != '.')
            memmove(first, first + 1, strlen(first));
        char *point = strchr(got, '.');
        point[scale ? scale + 1u : 0] = '\0';
        assert_string_equal(got, want);
    }
}

/* As PostgreSQL 15's numeric_send writes them. */
static void known_numerics(void **state)
{
    static const struct {
        int64_t v;
        uint8_t scale;
        const char *hex;
    } cases[] = {{12345678900123, 4, "0004000200000004000c0d801ed2007b"},
                 {-1, 4, "0001ffff400000040001"},
                 {100000000, 0, "00010002000000000001"},
                 {0, 2, "0000000000000002"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine_column_type t = {.type = ENGINE_DECIMAL, .width = 18, .scale = cases[i].scale};
        assert_cell_binary(&(struct column_view){.type = &t, .data = &cases[i].v}, cases[i].hex);
    }
    struct engine_int128 large = {UINT64_C(0xfffffffffffffff6), 0}; /* 18446744073709551606 */
    struct engine_column_type huge = {.type = ENGINE_UINT128};
    assert_cell_text(&(struct column_view){.type = &huge, .data = &large}, "18446744073709551606");
    assert_cell_binary(&(struct column_view){.type = &huge, .data = &large},
                       "000500040000000007341a5802e103bb0646");
}

/* The engine's form of a number of big-endian bytes. */
static struct engine_string bignum(uint8_t *out, const uint8_t *magnitude, size_t n, bool negative)
{
    out[0] = (uint8_t)(0x80 | n >> 16);
    out[1] = (uint8_t)(n >> 8);
    out[2] = (uint8_t)n;
    memcpy(out + 3, magnitude, n);
    for (size_t i = 0; negative && i < n + 3; i++)
        out[i] = (uint8_t)~out[i];
    return one_string(out, n + 3);
}

/* The straight version: division by ten, byte by byte. */
static void plain_bignum(char *out, uint8_t *bytes, size_t n, bool negative)
{
    char digits[512];
    size_t count = 0, at = 0;
    bool more = true;
    while (more) {
        unsigned rest = 0;
        more = false;
        for (size_t i = 0; i < n; i++) {
            unsigned v = rest << 8 | bytes[i];
            bytes[i] = (uint8_t)(v / 10);
            rest = v % 10;
            more |= bytes[i] != 0;
        }
        digits[count++] = (char)('0' + (int)rest);
    }
    if (negative)
        out[at++] = '-';
    while (count > 0)
        out[at++] = digits[--count];
    out[at] = '\0';
}

static void bignums_equal_the_plain_version(void **state)
{
    static const struct engine_column_type type = {.type = ENGINE_BIGNUM};
    (void)state;
    for (size_t n = 1; n <= 120; n++)
        for (int i = 0; i < 8; i++) {
            uint8_t magnitude[120], stored[128];
            char want[520];
            bool negative = i % 2;
            for (size_t j = 0; j < n; j++)
                magnitude[j] = i < 2 ? 0xff : (uint8_t)next_random();
            magnitude[0] |= 1;
            struct engine_string s = bignum(stored, magnitude, n, negative);
            plain_bignum(want, magnitude, n, negative);
            assert_cell_text(&(struct column_view){.type = &type, .data = &s}, want);
        }
    uint8_t stored[8];
    struct engine_string s = bignum(stored, (const uint8_t[]){0}, 1, false);
    assert_cell_text(&(struct column_view){.type = &type, .data = &s}, "0");
    assert_cell_binary(&(struct column_view){.type = &type, .data = &s}, "0000000000000000");
    s = bignum(stored, (const uint8_t[]){1, 0xe2, 0x40}, 3, true); /* 123456 */
    assert_cell_binary(&(struct column_view){.type = &type, .data = &s}, "0002000140000000000c0d80");
}

static void bignums_are_bounded(void **state)
{
    enum { MOST = 54428 };
    static const struct engine_column_type type = {.type = ENGINE_BIGNUM};
    static uint8_t magnitude[MOST + 1], stored[MOST + 4];
    (void)state;
    memset(magnitude, 0xff, sizeof magnitude);
    struct engine_string s = bignum(stored, magnitude, MOST, false); /* 131,074 digits */
    struct column_view v = {.type = &type, .data = &s};
    for (int16_t format = 0; format < 2; format++) {
        s = bignum(stored, magnitude, MOST, false);
        assert_cell_fails(&v, format, "22003");
        s = bignum(stored, magnitude, MOST + 1, false);
        assert_cell_fails(&v, format, "22003");
        s = one_string("\x80\0", 2);
        assert_cell_fails(&v, format, "22003");
    }
    struct row_batch b;
    struct err e;
    err_init(&e);
    row_batch_init(&b);
    s = bignum(stored, magnitude, MOST - 3, true);
    assert_int_equal(one_cell(&v, 0, &b, &e), ST_OK);
    row_batch_clear(&b);
    assert_int_equal(one_cell(&v, 1, &b, &e), ST_OK);
    row_batch_release(&b);
}

static void every_allocation_fails_once(void **state)
{
    static const struct engine_column_type type = {.type = ENGINE_BIGNUM};
    uint8_t stored[8];
    struct engine_string s = bignum(stored, (const uint8_t[]){1, 0xe2, 0x40}, 3, true);
    struct column_view v = {.type = &type, .data = &s};
    (void)state;
    for (int16_t format = 0; format < 2; format++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct row_batch b;
            struct err e;
            err_init(&e);
            row_batch_init(&b);
            alloc_fail_nth(nth);
            int st = one_cell(&v, format, &b, &e);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            row_batch_release(&b);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_equal_the_plain_version),
        cmocka_unit_test(binary_numerics_say_the_same),
        cmocka_unit_test(known_numerics),
        cmocka_unit_test(bignums_equal_the_plain_version),
        cmocka_unit_test(bignums_are_bounded),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
