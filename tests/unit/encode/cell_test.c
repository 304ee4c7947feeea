/* Each type's value in both forms, as PostgreSQL 15 gives them (docs/types.md says which type of its stands
 * for one that it does not have), and what the row path relies on: that a bound is one. */
#include "encode/cell.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "encode/describe.h"
#include "one_cell.h"

#define COUNT(table)    (sizeof(table) / sizeof *(table))
#define STRING(literal) one_string(literal, sizeof(literal) - 1)

enum { GUARD = 0xa5, OUT_MAX = 1024 };

/* The bytes that the bound promises are enough, slack included, and cell_put and cell_render agree. */
static void assert_bound(const struct column_view *v, int16_t format)
{
    uint8_t out[OUT_MAX];
    struct arena arena;
    struct buf rendered;
    struct cell c;
    struct err e;
    err_init(&e);
    arena_init(&arena, 1 << 20);
    buf_init(&rendered, OUT_MAX);
    assert_int_equal(cell_init(&c, v->type, format, &one_cell_settings, &arena, &e), ST_OK);
    assert_int_equal(cell_render(&rendered, &c, v, 0, &e), ST_OK);
    if (!cell_is_scratch(&c)) {
        size_t bound = cell_bound(&c, v, 0);
        assert_true(bound < sizeof out);
        memset(out, GUARD, sizeof out);
        const uint8_t *end = cell_put(out, &c, v, 0, &e);
        assert_non_null(end);
        assert_true(end + CELL_SLACK <= out + bound);
        assert_int_equal(out[bound], GUARD);
        assert_int_equal(get_be32(out), rendered.len);
        assert_int_equal(end - out - 4, rendered.len);
        if (rendered.len)
            assert_memory_equal(out + 4, rendered.data, rendered.len);
    }
    buf_release(&rendered);
    arena_release(&arena);
}

static void assert_both(const struct engine_column_type *type, const void *data, const char *text,
                        const char *binary)
{
    struct column_view v = {.type = type, .data = data};
    one_cell_settings.zone = tz_utc();
    assert_cell_text(&v, text);
    assert_cell_binary(&v, binary);
    assert_bound(&v, 0);
    assert_bound(&v, 1);
}

/* ---- numbers ---- */

static void integers(void **state)
{
    static const struct {
        enum engine_type type;
        int64_t v;
        const char *text, *binary;
    } cases[] = {
        {ENGINE_BOOL, 0, "f", "00"},
        {ENGINE_BOOL, 1, "t", "01"},
        {ENGINE_INT8, 0, "0", "0000"}, /* int2: PostgreSQL has no integer of one byte */
        {ENGINE_INT8, -128, "-128", "ff80"},
        {ENGINE_INT8, 127, "127", "007f"},
        {ENGINE_UINT8, 255, "255", "00ff"},
        {ENGINE_INT16, -32768, "-32768", "8000"},
        {ENGINE_INT16, 32767, "32767", "7fff"},
        {ENGINE_UINT16, 65535, "65535", "0000ffff"}, /* int4, the next one that it fits in */
        {ENGINE_INT32, INT32_MIN, "-2147483648", "80000000"},
        {ENGINE_INT32, INT32_MAX, "2147483647", "7fffffff"},
        {ENGINE_INT32, -1, "-1", "ffffffff"},
        {ENGINE_UINT32, UINT32_MAX, "4294967295", "00000000ffffffff"}, /* int8 */
        {ENGINE_INT64, INT64_MIN, "-9223372036854775808", "8000000000000000"},
        {ENGINE_INT64, INT64_MAX, "9223372036854775807", "7fffffffffffffff"},
        {ENGINE_UINT64, -1, "18446744073709551615", "000500040000000007341a5802e103bb064f"}, /* numeric */
        {ENGINE_UINT64, 10000, "10000", "00010001000000000001"},
        {ENGINE_UINT64, 0, "0", "0000000000000000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {.type = cases[i].type};
        uint64_t data = 0;
        engine_put_int(&type, &data, 0, cases[i].v);
        if (type.type == ENGINE_BOOL)
            data = (uint8_t)cases[i].v;
        assert_both(&type, &data, cases[i].text, cases[i].binary);
    }
}

static void integers_of_128_bits(void **state)
{
    static const struct {
        enum engine_type type;
        struct engine_int128 v;
        const char *text, *binary;
    } cases[] = {
        {ENGINE_INT128, {0, 0}, "0", "0000000000000000"},
        {ENGINE_INT128,
         {0, INT64_MIN},
         "-170141183460469231731687303715884105728",
         "000a00094000000000aa0583209a01d5090d0c601c871bf620da1660"},
        {ENGINE_INT128,
         {UINT64_MAX, INT64_MAX},
         "170141183460469231731687303715884105727",
         "000a00090000000000aa0583209a01d5090d0c601c871bf620da165f"},
        {ENGINE_UINT128,
         {UINT64_MAX, -1},
         "340282366920938463463374607431768211455",
         "000a00090000000001540b071a2403aa121a18c111ff10dd1aa505af"},
        {ENGINE_UINT128, {UINT64_MAX, 0}, "18446744073709551615", "000500040000000007341a5802e103bb064f"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&(struct engine_column_type){.type = cases[i].type}, &cases[i].v, cases[i].text,
                    cases[i].binary);
}

/* The text without its point is the number that the engine keeps. */
static __int128 unscaled(const char *text)
{
    __int128 v = 0;
    for (const char *p = text; *p; p++)
        if (*p != '-' && *p != '.')
            v = v * 10 + (*p - '0');
    return text[0] == '-' ? -v : v;
}

static void decimals_of_every_width(void **state)
{
    static const struct {
        uint8_t width, scale;
        const char *text, *binary;
    } cases[] = {
        {4, 0, "0", "0000000000000000"},
        {4, 0, "1", "00010000000000000001"},
        {4, 0, "-1", "00010000400000000001"},
        {4, 0, "9999", "0001000000000000270f"},
        {4, 0, "-9999", "0001000040000000270f"},
        {4, 0, "10", "0001000000000000000a"},
        {4, 4, "0.0001", "0001ffff000000040001"},
        {4, 4, "-0.9999", "0001ffff40000004270f"},
        {4, 4, "0.1000", "0001ffff0000000403e8"},
        {4, 4, "0.0000", "0000000000000004"},
        {4, 4, "0.0100", "0001ffff000000040064"},
        {4, 2, "1.00", "00010000000000020001"},
        {4, 2, "-0.05", "0001ffff4000000201f4"},
        {4, 2, "99.99", "0002000000000002006326ac"},
        {4, 2, "10.00", "0001000000000002000a"},
        {9, 0, "999999999", "00030002000000000009270f270f"},
        {9, 0, "-999999999", "00030002400000000009270f270f"},
        {9, 0, "10000", "00010001000000000001"},
        {9, 0, "100000000", "00010002000000000001"},
        {9, 0, "1000000", "00010001000000000064"},
        {9, 2, "1234567.89", "0003000100000002007b11d722c4"},
        {9, 2, "0.01", "0001ffff000000020064"},
        {9, 2, "-100.00", "00010000400000020064"},
        {9, 2, "9999999.99", "000300010000000203e7270f26ac"},
        {9, 9, "0.000000001", "0001fffd0000000903e8"},
        {9, 9, "-0.999999999", "0003ffff40000009270f270f2328"},
        {9, 9, "0.100000000", "0001ffff0000000903e8"},
        {18, 0, "999999999999999999", "00050004000000000063270f270f270f270f"},
        {18, 0, "-999999999999999999", "00050004400000000063270f270f270f270f"},
        {18, 0, "10000000000000000", "00010004000000000001"},
        {18, 0, "1", "00010000000000000001"},
        {18, 3, "123456789012345.678", "0005000300000003007b11d722c509291a7c"},
        {18, 3, "-0.001", "0001ffff40000003000a"},
        {18, 3, "1000.000", "000100000000000303e8"},
        {18, 3, "0.010", "0001ffff000000030064"},
        {18, 4, "12345678.9012", "000300010000000404d2162e2334"},
        {18, 4, "10000.0000", "00010001000000040001"},
        {18, 4, "-0.0001", "0001ffff400000040001"},
        {18, 18, "0.000000000000000001", "0001fffb000000120064"},
        {18, 18, "0.999999999999999999", "0005ffff00000012270f270f270f270f26ac"},
        {18, 18, "-0.100000000000000000", "0001ffff4000001203e8"},
        {19, 0, "1234567890123456789", "0005000400000000007b11d722c509291a85"},
        {19, 0, "-9999999999999999999", "000500044000000003e7270f270f270f270f"},
        {38, 0, "99999999999999999999999999999999999999",
         "000a0009000000000063270f270f270f270f270f270f270f270f270f"},
        {38, 0, "-99999999999999999999999999999999999999",
         "000a0009400000000063270f270f270f270f270f270f270f270f270f"},
        {38, 0, "0", "0000000000000000"},
        {38, 0, "1", "00010000000000000001"},
        {38, 0, "10000000000000000000000000000000000000", "0001000900000000000a"},
        {38, 10, "1234567890123456789012345678.0123456789",
         "000a00060000000a04d2162e23340d801ed204d2162e007b11d722c4"},
        {38, 10, "-0.0000000001", "0001fffd4000000a0064"},
        {38, 11, "10000.00000000000", "000100010000000b0001"},
        {38, 11, "0.00001000000", "0001fffe0000000b03e8"},
        {38, 37, "1.0000000000000000000000000000000000001",
         "000b000000000025000100000000000000000000000000000000000003e8"},
        {38, 37, "-9.9999999999999999999999999999999999999",
         "000b0000400000250009270f270f270f270f270f270f270f270f270f2328"},
        {38, 38, "0.00000000000000000000000000000000000001", "0001fff6000000260064"},
        {38, 38, "0.12345678901234567890123456789012345678",
         "000affff0000002604d2162e23340d801ed204d2162e23340d801e78"},
        {38, 38, "-0.10000000000000000000000000000000000000", "0001ffff4000002603e8"},
        {38, 19, "9223372036854775807.9223372036854775807",
         "000a000400000013039a0d2c0170156516af24070e880e6512a71f86"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {
            .type = ENGINE_DECIMAL, .width = cases[i].width, .scale = cases[i].scale};
        struct engine_int128 data = {0, 0};
        engine_put_decimal(&type, &data, 0, unscaled(cases[i].text));
        assert_both(&type, &data, cases[i].text, cases[i].binary);
    }
}

/* What stands for a numeric without precision: without zeros at its end. */
static void decimals_without_precision(void **state)
{
    static const struct {
        uint8_t scale;
        const char *stored, *text, *binary;
    } cases[] = {
        {10, "10000.0000000000", "10000", "00010001000000000001"},
        {10, "0.0000100000", "0.00001", "0001fffe0000000503e8"},
        {10, "-1.5000000000", "-1.5",
         "0002000040000001000"
         "11388"},
        {10, "0.0000000000", "0", "0000000000000000"},
        {10, "1234567890123456789012345600.0000000000", "1234567890123456789012345600",
         "0007000600000000"
         "04d2162e23340d801ed204d215e0"},
        {20, "2.25000000000000000000", "2.25",
         "00020000000000020002"
         "09c4"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {.type = ENGINE_DECIMAL, .width = 38, .scale = cases[i].scale};
        struct engine_int128 data = {0, 0};
        engine_put_decimal(&type, &data, 0, unscaled(cases[i].stored));
        assert_both(&type, &data, cases[i].text, cases[i].binary);
    }
}

/* ---- bytes ---- */

static void uuids(void **state)
{
    static const struct engine_column_type type = {.type = ENGINE_UUID};
    static const struct {
        struct engine_int128 v; /* its top bit flipped */
        const char *text, *binary;
    } cases[] = {
        {{0, INT64_MIN}, "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"},
        {{UINT64_MAX, INT64_MAX}, "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffffffffffffffffffffffffffff"},
        {{1, 0}, "80000000-0000-0000-0000-000000000001", "80000000000000000000000000000001"},
        {{UINT64_C(0xfedcba9876543210), (int64_t)UINT64_C(0x8123456789abcdef)},
         "01234567-89ab-cdef-fedc-ba9876543210",
         "0123456789abcdeffedcba9876543210"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_both(&type, &cases[i].v, cases[i].text, cases[i].binary);
}

static void blobs_in_hex_and_escaped(void **state)
{
    static const enum engine_type types[] = {ENGINE_BLOB, ENGINE_GEOMETRY};
    const struct {
        struct engine_string v;
        const char *hex, *escape;
    } cases[] = {
        {STRING(""), "\\x", ""},
        {STRING("\0"), "\\x00", "\\000"},
        {STRING("\0\xff\\\x7f\x1f '~}a"), "\\x00ff5c7f1f20277e7d61", "\\000\\377\\\\\\177\\037 '~}a"},
        {STRING("\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"), "\\x5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c",
         "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"},
        {STRING("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3"), "\\xfffefdfcfbfaf9f8f7f6f5f4f3",
         "\\377\\376\\375\\374\\373\\372\\371\\370\\367\\366\\365\\364\\363"},
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        const struct engine_column_type type = {.type = types[i % 2]};
        const struct column_view v = {.type = &type, .data = &cases[i / 2].v};
        assert_both(&type, v.data, cases[i / 2].hex, cases[i / 2].hex + 2);
        one_cell_settings.bytea_escape = true;
        assert_cell_text(&v, cases[i / 2].escape);
        assert_bound(&v, 0);
        one_cell_settings.bytea_escape = false;
    }
}

/* The engine's bits stand behind as many set ones as fill the first byte; its first byte counts those. */
static void bits(void **state)
{
    static const struct engine_column_type type = {.type = ENGINE_BIT};
    static const struct {
        const char *text, *binary;
    } cases[] = {
        {"", "00000000"},
        {"1", "0000000180"},
        {"0", "0000000100"},
        {"10101", "00000005a8"},
        {"11111111", "00000008ff"},
        {"101010101", "00000009aa80"},
        {"0000000000000001", "000000100001"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = strlen(cases[i].text), padding = (8 - n % 8) % 8;
        char stored[8] = {(char)padding};
        for (size_t at = 0; at < padding + n; at++)
            if (at < padding || cases[i].text[at - padding] == '1')
                stored[1 + at / 8] = (char)(stored[1 + at / 8] | 0x80 >> at % 8);
        struct engine_string s = one_string(stored, 1 + (padding + n) / 8);
        assert_both(&type, &s, cases[i].text, cases[i].binary);
    }
}

/* ---- text ---- */

static void texts_are_as_they_are(void **state)
{
    static const struct engine_column_type types[] = {
        {.type = ENGINE_VARCHAR}, {.type = ENGINE_VARCHAR, .alias = "JSON"}, {.type = ENGINE_OTHER}};
    static const char *const texts[] = {"",
                                        "x",
                                        "{\"a\": [1, 2.50]}",
                                        "twelve bytes",
                                        "thirteen byte",
                                        "gr\xc3\xbc\xc3\x9f \xe2\x82\xac",
                                        "\x01\t\n\x7f \\ \"",
                                        "a text that no string's own sixteen bytes have room for"};
    (void)state;
    for (size_t i = 0; i < COUNT(types) * COUNT(texts); i++) {
        const char *s = texts[i / COUNT(types)];
        struct engine_string stored = one_string(s, strlen(s));
        struct column_view v = {.type = &types[i % COUNT(types)], .data = &stored};
        for (int16_t format = 0; format < 2; format++) {
            assert_cell(&v, format, s, strlen(s));
            assert_bound(&v, format);
        }
    }
}

static void enums_of_every_width(void **state)
{
    static const struct str names[] = {{"", 0}, {"small", 5}, {"a name of more than twelve bytes", 32}};
    (void)state;
    for (uint8_t bytes = 1; bytes <= 4; bytes *= 2)
        for (uint32_t i = 0; i <= COUNT(names); i++) {
            const struct engine_column_type type = {
                .type = ENGINE_ENUM, .enum_bytes = bytes, .nnames = COUNT(names), .names = names};
            uint32_t data = i; /* little-endian: all three widths begin here */
            struct column_view v = {.type = &type, .data = &data};
            struct str want = i < COUNT(names) ? names[i] : names[0]; /* beyond them: nothing is read */
            for (int16_t format = 0; format < 2; format++) {
                assert_cell(&v, format, want.p, want.n);
                assert_bound(&v, format);
            }
        }
}

/* Copied in steps that overlap: every length, and a zero at every place, which is refused. */
static void strings_of_every_length(void **state)
{
    enum { LONGEST = 70 };
    static const struct engine_column_type type = {.type = ENGINE_VARCHAR};
    (void)state;
    for (size_t n = 0; n <= LONGEST; n++) {
        char s[LONGEST + 1];
        for (size_t i = 0; i < n; i++)
            s[i] = (char)(1 + (i * 7 + n) % 255);
        struct engine_string stored = one_string(s, n);
        struct column_view v = {.type = &type, .data = &stored};
        for (int16_t format = 0; format < 2; format++)
            assert_cell(&v, format, s, n);
        for (size_t at = 0; at < n; at++) {
            char was = s[at];
            s[at] = '\0';
            stored = one_string(s, n);
            assert_cell_fails(&v, (int16_t)(at % 2), "22P05");
            s[at] = was;
        }
    }
}

/* ---- what is stored elsewhere ---- */

/* Storing knows nothing of what is rendered: XX000, not a wrong value. */
static void rendered_types_are_not_stored(void **state)
{
    static const enum engine_type types[] = {ENGINE_NULL, ENGINE_BIT, ENGINE_BIGNUM, ENGINE_STRUCT};
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        const struct engine_column_type type = {.type = types[i]};
        uint64_t data[2] = {0, 0};
        struct column_view v = {.type = &type, .data = data};
        uint8_t out[OUT_MAX];
        struct cell c;
        struct err e;
        err_init(&e);
        assert_int_equal(cell_init(&c, &type, 0, &one_cell_settings, NULL, &e), ST_OK);
        assert_null(cell_put(out, &c, &v, 0, &e));
        assert_string_equal(sqlstate_code(e.code), "XX000");
    }
}

/* A buffer that is too small is an error like one without memory. */
static void rendering_is_bounded(void **state)
{
    static const struct engine_column_type type = {.type = ENGINE_VARCHAR}, bit = {.type = ENGINE_BIT};
    struct engine_string s = STRING("a text that no string's own sixteen bytes have room for"),
                         b = STRING("\0\xff\xff\xff\xff\xff\xff");
    const struct column_view views[] = {{.type = &type, .data = &s}, {.type = &bit, .data = &b}};
    (void)state;
    for (size_t i = 0; i < COUNT(views); i++)
        for (unsigned variant = 0; variant < 2; variant++) {
            struct buf out;
            struct cell c;
            struct err e;
            err_init(&e);
            buf_init(&out, variant ? OUT_MAX : 16);
            assert_int_equal(cell_init(&c, views[i].type, 0, &one_cell_settings, NULL, &e), ST_OK);
            alloc_fail_nth(variant);
            assert_int_equal(cell_render(&out, &c, &views[i], 0, &e), ST_ERR);
            (void)alloc_failed();
            assert_string_equal(sqlstate_code(e.code), "53200");
            buf_release(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(integers_of_128_bits),
        cmocka_unit_test(decimals_of_every_width),
        cmocka_unit_test(decimals_without_precision),
        cmocka_unit_test(uuids),
        cmocka_unit_test(blobs_in_hex_and_escaped),
        cmocka_unit_test(bits),
        cmocka_unit_test(texts_are_as_they_are),
        cmocka_unit_test(enums_of_every_width),
        cmocka_unit_test(strings_of_every_length),
        cmocka_unit_test(rendered_types_are_not_stored),
        cmocka_unit_test(rendering_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
