#include "encode/encoder.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "encode/encode_priv.h"
#include "encode/float.h"
#include "pgtype/tz.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct encode_settings settings(void)
{
    return (struct encode_settings){.zone = tz_utc(), .extra_float_digits = 1};
}

/* One column, all its rows in one format. */
static int encode(const struct column_view *v, size_t nrows, int16_t format, size_t batch_bytes, uint64_t max,
                  size_t *row, struct row_batch *b, struct err *e)
{
    const struct engine_column_type *types[] = {v->type};
    struct encode_settings s = settings();
    struct encoder *enc;
    struct chunk_view chunk = {.nrows = nrows, .ncolumns = 1, .columns = v};
    int st = encoder_new(&enc, types, 1, &format, &s, e);
    if (st != ST_OK)
        return st;
    st = encode_rows(enc, &chunk, row, max, batch_bytes, b, e);
    encoder_free(enc);
    return st;
}

/* The only row's text. */
static void assert_text(const struct column_view *v, const char *want)
{
    struct row_batch b;
    struct err e;
    size_t row = 0;
    err_init(&e);
    row_batch_init(&b);
    if (encode(v, 1, 0, ROW_BATCH_MAX, UINT64_MAX, &row, &b, &e) != ST_OK)
        fail_msg("%s: %s", want, e.message);
    assert_int_equal(b.data[0], 'D');
    assert_int_equal(get_be32(b.data + 1), b.len - 1);
    assert_int_equal(get_be16(b.data + 5), 1);
    assert_int_equal(get_be32(b.data + 7), strlen(want));
    assert_memory_equal(b.data + 11, want, strlen(want));
    row_batch_release(&b);
}

static struct engine_string string(const char *s)
{
    struct engine_string out = {.len = (uint32_t)strlen(s)};
    if (out.len <= sizeof out.value.inlined)
        memcpy(out.value.inlined, s, out.len);
    else
        out.value.pointer.ptr = s;
    return out;
}

static void integers(void **state)
{
    static const struct engine_column_type i8 = {.type = ENGINE_INT8}, i64 = {.type = ENGINE_INT64},
                                           u64 = {.type = ENGINE_UINT64}, i128 = {.type = ENGINE_INT128};
    int8_t a = -128;
    int64_t b = INT64_MIN;
    uint64_t c = UINT64_MAX;
    struct engine_int128 d = {0, INT64_MIN};
    (void)state;
    assert_text(&(struct column_view){.type = &i8, .data = &a}, "-128");
    assert_text(&(struct column_view){.type = &i64, .data = &b}, "-9223372036854775808");
    assert_text(&(struct column_view){.type = &u64, .data = &c}, "18446744073709551615");
    assert_text(&(struct column_view){.type = &i128, .data = &d}, "-170141183460469231731687303715884105728");
}

static void decimals(void **state)
{
    static const struct engine_column_type d4 = {.type = ENGINE_DECIMAL, .width = 4, .scale = 2},
                                           d18 = {.type = ENGINE_DECIMAL, .width = 18, .scale = 18},
                                           d38 = {.type = ENGINE_DECIMAL, .width = 38, .scale = 20};
    int16_t a = -5;
    int64_t b = 123;
    struct engine_int128 c = {UINT64_C(1) << 63, 0};
    (void)state;
    assert_text(&(struct column_view){.type = &d4, .data = &a}, "-0.05");
    assert_text(&(struct column_view){.type = &d18, .data = &b}, "0.000000000000000123");
    assert_text(&(struct column_view){.type = &d38, .data = &c}, "0.09223372036854775808");
}

static void dates(void **state)
{
    static const struct engine_column_type date = {.type = ENGINE_DATE}, ns = {.type = ENGINE_TIMESTAMP_NS},
                                           ts = {.type = ENGINE_TIMESTAMP};
    int32_t bc = -719529, far = 2932897;
    int64_t t = -1, n = 1500, first = INT64_MIN;
    (void)state;
    assert_text(&(struct column_view){.type = &date, .data = &bc}, "0002-12-31 BC");
    assert_text(&(struct column_view){.type = &date, .data = &far}, "10000-01-01");
    assert_text(&(struct column_view){.type = &ts, .data = &t}, "1969-12-31 23:59:59.999999");
    assert_text(&(struct column_view){.type = &ns, .data = &n}, "1970-01-01 00:00:00.000002");
    assert_text(&(struct column_view){.type = &ns, .data = &first}, "1677-09-21 00:12:43.145224");
}

/* The ends of the ranges, as PostgreSQL 15 prints them. */
static void ends_of_the_ranges(void **state)
{
    static const struct engine_column_type date = {.type = ENGINE_DATE}, ts = {.type = ENGINE_TIMESTAMP},
                                           tz = {.type = ENGINE_TIMESTAMP_TZ};
    int32_t days[] = {2145042905, -2440588};
    int64_t micros[] = {INT64_MAX - 1, INT64_C(-210866803200000000)};
    (void)state;
    assert_text(&(struct column_view){.type = &date, .data = &days[0]}, "5874897-12-31");
    assert_text(&(struct column_view){.type = &date, .data = &days[1]}, "4714-11-24 BC");
    assert_text(&(struct column_view){.type = &ts, .data = &micros[0]}, "294247-01-10 04:00:54.775806");
    assert_text(&(struct column_view){.type = &ts, .data = &micros[1]}, "4714-11-24 00:00:00 BC");
    assert_text(&(struct column_view){.type = &tz, .data = &micros[0]}, "294247-01-10 04:00:54.775806+00");
}

static void beyond_the_range_is_an_error(void **state)
{
    static const struct engine_column_type ts = {.type = ENGINE_TIMESTAMP};
    int64_t t[] = {0, INT64_C(-210866803200000001)}; /* before 4714-11-24 BC */
    struct row_batch b;
    struct err e;
    size_t row = 0;
    (void)state;
    for (int16_t format = 0; format < 2; format++) {
        row = 0;
        err_init(&e);
        row_batch_init(&b);
        struct column_view v = {.type = &ts, .data = t};
        assert_int_equal(encode(&v, 2, format, ROW_BATCH_MAX, UINT64_MAX, &row, &b, &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "22008");
        assert_int_equal(b.nrows, 1); /* the row before it is there */
        assert_int_equal(row, 1);
        row_batch_release(&b);
    }
}

static void lists(void **state)
{
    static const struct engine_column_type text = {.type = ENGINE_VARCHAR},
                                           list = {.type = ENGINE_LIST, .nchildren = 1, .children = &text};
    struct engine_string items[] = {string("a"), string(""), string("b\"c\\"), string("null"), string("x y")};
    uint64_t validity = 0x1f;
    struct column_view child = {.type = &text, .data = items, .validity = &validity};
    struct engine_list_entry entry = {0, 5}, none = {0, 0};
    (void)state;
    assert_text(&(struct column_view){.type = &list, .data = &entry, .nchildren = 1, .children = &child},
                "{a,\"\",\"b\\\"c\\\\\",\"null\",\"x y\"}");
    assert_text(&(struct column_view){.type = &list, .data = &none, .nchildren = 1, .children = &child},
                "{}");
    validity = 0x1e;
    entry.length = 1;
    assert_text(&(struct column_view){.type = &list, .data = &entry, .nchildren = 1, .children = &child},
                "{NULL}");
}

/* Nothing is rendered, so that there is no memory to copy from. */
static void no_bits_at_all(void **state)
{
    static const struct engine_column_type bit = {.type = ENGINE_BIT};
    struct engine_string none = {.len = 1};
    (void)state;
    assert_text(&(struct column_view){.type = &bit, .data = &none}, "");
}

static void structs_are_json(void **state)
{
    static const struct engine_column_type members[] = {
        {.type = ENGINE_INT32}, {.type = ENGINE_VARCHAR}, {.type = ENGINE_BOOL}};
    static const struct str names[] = {{"n", 1}, {"t\"", 2}, {"b", 1}};
    static const struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = 3, .names = names, .nchildren = 3, .children = members};
    int32_t n = -7;
    struct engine_string t = string("q\"\n\x01");
    uint8_t b = 1;
    uint64_t null = 0;
    struct column_view children[] = {{.type = &members[0], .data = &n},
                                     {.type = &members[1], .data = &t},
                                     {.type = &members[2], .data = &b}};
    struct column_view v = {.type = &type, .nchildren = 3, .children = children};
    (void)state;
    assert_text(&v, "{\"n\":-7,\"t\\\"\":\"q\\\"\\n\\u0001\",\"b\":true}");
    children[0].validity = &null;
    assert_text(&v, "{\"n\":null,\"t\\\"\":\"q\\\"\\n\\u0001\",\"b\":true}");
}

static void batches_are_cut_at_rows(void **state)
{
    static const struct engine_column_type i32 = {.type = ENGINE_INT32};
    int32_t data[1000];
    struct row_batch b;
    struct err e;
    size_t row = 0, rows = 0;
    (void)state;
    for (int i = 0; i < 1000; i++)
        data[i] = i;
    struct column_view v = {.type = &i32, .data = data};
    err_init(&e);
    row_batch_init(&b);
    for (int st = ST_AGAIN; st == ST_AGAIN;) {
        row_batch_clear(&b);
        st = encode(&v, 1000, 1, 100, UINT64_MAX, &row, &b, &e);
        assert_int_equal(b.len, b.nrows * 15);
        assert_true(b.len < 100 + 15);
        rows += b.nrows;
    }
    assert_int_equal(rows, 1000);
    row = 990;
    row_batch_clear(&b);
    assert_int_equal(encode(&v, 1000, 0, ROW_BATCH_MAX, 3, &row, &b, &e), ST_OK);
    assert_int_equal(row, 993);
    row_batch_release(&b);
}

static void a_large_row_has_its_own_batch(void **state)
{
    static const struct engine_column_type text = {.type = ENGINE_VARCHAR};
    static char large[ROW_BATCH_MAX + 1];
    memset(large, 'x', sizeof large - 1);
    struct engine_string data[] = {string("small"), string(large), string("small")};
    struct column_view v = {.type = &text, .data = data};
    struct row_batch b;
    struct err e;
    size_t row = 0;
    (void)state;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(encode(&v, 3, 0, ROW_BATCH_MAX, UINT64_MAX, &row, &b, &e), ST_AGAIN);
    assert_int_equal(row, 1);
    row_batch_clear(&b);
    assert_int_equal(encode(&v, 3, 0, ROW_BATCH_MAX, UINT64_MAX, &row, &b, &e), ST_AGAIN);
    assert_int_equal(row, 2);
    assert_true(b.len > ROW_BATCH_MAX);
    row_batch_release(&b);
}

/* Half-way to a neighbour, which PostgreSQL does not take although it would read back. */
static bool is_tie(const char *text, double v)
{
    long double read = strtold(text, NULL);
    return read == ((long double)v + (long double)nextafter(v, INFINITY)) / 2 ||
           read == ((long double)v + (long double)nextafter(v, -INFINITY)) / 2;
}

/* The straight version: digits until they read back. */
static void shortest_by_trial(char *out, size_t n, double v)
{
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(out, n, "%.*e", digits - 1, v);
        if (strtod(out, NULL) == v && !is_tie(out, v))
            return;
    }
}

static void floats_are_shortest(void **state)
{
    uint64_t seed = 88172645463325252U;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        double v;
        memcpy(&v, &seed, sizeof v);
        if (!isfinite(v))
            continue;
        char trial[64];
        uint8_t text[TEXT_FLOAT + 1];
        *text_double(text, v, 1) = '\0';
        assert_true(strtod((const char *)text, NULL) == v);
        shortest_by_trial(trial, sizeof trial, v);
        size_t want = strcspn(trial, "e") - (trial[0] == '-') - (strchr(trial, '.') != NULL), digits = 0;
        for (const uint8_t *p = text; *p && *p != 'e'; p++)
            digits += *p >= '0' && *p <= '9';
        if (strchr((const char *)text, 'e')) /* all digits are significant there */
            assert_true(digits <= want);     /* rounding alone may miss a shorter one */
    }
}

static void known_floats(void **state)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1e23, "9.999999999999999e+22"},
                 {5e-324, "5e-324"},
                 {1e15, "1e+15"},
                 {123456789012345, "123456789012345"},
                 {1e-4, "0.0001"},
                 {1e-5, "1e-05"},
                 {-0.0, "-0"},
                 {9007199254740993.0, "9.007199254740992e+15"}};
    uint8_t text[TEXT_FLOAT + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *text_double(text, cases[i].v, 1) = '\0';
        assert_string_equal((const char *)text, cases[i].text);
    }
    *text_float(text, 1e-45F, 1) = '\0';
    assert_string_equal((const char *)text, "1e-45");
}

static void every_allocation_fails_once(void **state)
{
    static const struct engine_column_type text = {.type = ENGINE_VARCHAR},
                                           list = {.type = ENGINE_LIST, .nchildren = 1, .children = &text};
    struct engine_string items[] = {string("a"), string("b c")};
    struct column_view child = {.type = &text, .data = items};
    struct engine_list_entry entry = {0, 2};
    struct column_view v = {.type = &list, .data = &entry, .nchildren = 1, .children = &child};
    (void)state;
    for (int16_t format = 0; format < 2; format++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct row_batch b;
            struct err e;
            size_t row = 0;
            err_init(&e);
            row_batch_init(&b);
            alloc_fail_nth(nth);
            int st = encode(&v, 1, format, ROW_BATCH_MAX, UINT64_MAX, &row, &b, &e);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            assert_int_equal(b.nrows, more ? 0 : 1);
            row_batch_release(&b);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(decimals),
        cmocka_unit_test(dates),
        cmocka_unit_test(ends_of_the_ranges),
        cmocka_unit_test(beyond_the_range_is_an_error),
        cmocka_unit_test(lists),
        cmocka_unit_test(no_bits_at_all),
        cmocka_unit_test(structs_are_json),
        cmocka_unit_test(batches_are_cut_at_rows),
        cmocka_unit_test(a_large_row_has_its_own_batch),
        cmocka_unit_test(floats_are_shortest),
        cmocka_unit_test(known_floats),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
