#include "encode/copy_encoder.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "encode/copy_escape.h"
#include "pgtype/tz.h"

#include "copy_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OUT_MAX = 4096, MESSAGE = 5 };

static const struct copy_options text = {.format = COPY_TEXT, .delimiter = '\t', .null = {"\\N", 2}},
                                 csv = {.format = COPY_CSV,
                                        .delimiter = ',',
                                        .quote = '"',
                                        .escape = '"',
                                        .null = {"", 0}},
                                 binary = {.format = COPY_BINARY, .delimiter = '\t', .null = {"\\N", 2}};

static struct engine_string string_n(const char *s, size_t n)
{
    struct engine_string out = {.len = (uint32_t)n};
    if (n <= sizeof out.value.inlined)
        memcpy(out.value.inlined, s, n);
    else
        out.value.pointer.ptr = s;
    return out;
}

static struct engine_string string(const char *s)
{
    return string_n(s, strlen(s));
}

static struct encode_settings settings(void)
{
    return (struct encode_settings){.zone = tz_utc(), .extra_float_digits = 1};
}

static int encode(const struct column_view *columns, size_t ncolumns, size_t nrows,
                  const struct copy_options *o, const bool *force, struct row_batch *b, struct err *e)
{
    const struct engine_column_type *types[8];
    struct encode_settings s = settings();
    struct encoder *enc;
    struct chunk_view chunk = {.nrows = nrows, .ncolumns = ncolumns, .columns = columns};
    size_t row = 0;
    assert_true(ncolumns <= sizeof types / sizeof *types);
    for (size_t i = 0; i < ncolumns; i++)
        types[i] = columns[i].type;
    int st = copy_encoder_new(&enc, types, ncolumns, o, force, &s, e);
    if (st != ST_OK)
        return st;
    st = encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, b, e);
    encoder_free(enc);
    return st;
}

/* What the messages carry, one after the other; each is whole. */
static size_t payload(const struct row_batch *b, char *out)
{
    size_t n = 0;
    for (size_t at = 0; at < b->len;) {
        size_t len = get_be32(b->data + at + 1);
        assert_int_equal(b->data[at], 'd');
        assert_true(len >= 4 && at + 1 + len <= b->len);
        memcpy(out + n, b->data + at + MESSAGE, len - 4);
        n += len - 4;
        at += 1 + len;
    }
    return n;
}

static void assert_copy(const struct column_view *columns, size_t ncolumns, size_t nrows,
                        const struct copy_options *o, const bool *force, const char *want, size_t n)
{
    struct row_batch b;
    struct err e;
    char got[OUT_MAX];
    err_init(&e);
    row_batch_init(&b);
    if (encode(columns, ncolumns, nrows, o, force, &b, &e) != ST_OK)
        fail_msg("%s", e.message);
    size_t len = payload(&b, got);
    assert_int_equal(b.nrows, nrows);
    if (len != n || memcmp(got, want, n) != 0)
        fail_msg("%.*s, not %.*s", (int)len, got, (int)n, want);
    row_batch_release(&b);
}

#define COPY(columns, nrows, o, force, want)                                                                 \
    assert_copy(columns, sizeof(columns) / sizeof *(columns), nrows, o, force, want, sizeof(want) - 1)

/* ---- strings ---- */

static const struct engine_column_type varchar = {.type = ENGINE_VARCHAR}, i32 = {.type = ENGINE_INT32};

static void escapes_of_text(void **state)
{
    struct engine_string s[] = {string("\b\f\n\r\t\v"),
                                string("a\\b"),
                                string("\x01\x7f\x1f"),
                                string(""),
                                string("a longer one, of 8, that\nbreaks"),
                                string("\\N")};
    int32_t n[] = {1, -2, 3, 4, 5, 6};
    uint64_t validity = 0x2f;
    struct column_view columns[] = {{.type = &varchar, .data = s, .validity = &validity},
                                    {.type = &i32, .data = n, .validity = &validity}};
    (void)state;
    COPY(columns, 6, &text, NULL,
         "\\b\\f\\n\\r\\t\\v\t1\na\\\\b\t-2\n\x01\x7f\x1f\t3\n\t4\n\\N\t\\N\n\\\\N\t6\n");
    struct copy_options o = text;
    o.delimiter = '|';
    o.null = (struct str){"", 0};
    s[3] = string("|\t|");
    COPY(columns, 6, &o, NULL, "\\b\\f\\n\\r\\t\\v|1\na\\\\b|-2\n\x01\x7f\x1f|3\n\\|\\t\\||4\n|\n\\\\N|6\n");
}

static void quotes_of_csv(void **state)
{
    struct engine_string s[] = {string("plain"),
                                string(""),
                                string("a,b"),
                                string("say \"hi\" to them"),
                                string("\n"),
                                string("x"),
                                string("a\rbcdef"),
                                string("\\."),
                                string("tab\t, and a longer one"),
                                string("control \x01 and \t alone")};
    int32_t n[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint64_t validity = ~UINT64_C(0x20);
    struct column_view columns[] = {{.type = &varchar, .data = s, .validity = &validity},
                                    {.type = &i32, .data = n}},
                       alone[] = {{.type = &varchar, .data = s, .validity = &validity}};
    bool force[] = {false, true}, both[] = {true, true};
    (void)state;
    COPY(columns, 10, &csv, NULL,
         "plain,1\n\"\",2\n\"a,b\",3\n\"say \"\"hi\"\" to them\",4\n\"\n\",5\n,6\n\"a\rbcdef\",7\n\\.,8\n"
         "\"tab\t, and a longer one\",9\ncontrol \x01 and \t alone,10\n");
    COPY(alone, 10, &csv, NULL,
         "plain\n\"\"\n\"a,b\"\n\"say \"\"hi\"\" to them\"\n\"\n\"\n\n\"a\rbcdef\"\n\"\\.\"\n"
         "\"tab\t, and a longer one\"\ncontrol \x01 and \t alone\n");
    COPY(columns, 2, &csv, force, "plain,\"1\"\n\"\",\"2\"\n");
    validity = 2;
    COPY(columns, 2, &csv, both, ",\"1\"\n\"\",\"2\"\n"); /* NULL never has quotes */
    validity = ~UINT64_C(0);
    struct copy_options o = csv;
    o.quote = 'a';
    o.escape = 'b';
    COPY(alone, 3, &o, NULL, "aplbaina\naa\naba,bba\n");
}

/* Every length around the words that are looked at at once, in place and not, special bytes anywhere. */
static void random_strings_as_the_straight_version(void **state)
{
    static const char bytes[] = "abcdefgh \t\n\r\b\\\",|.'\x01\x1f\x7f\xc3\xa9\xff";
    static const char delimiters[] = "\t,|;'A\x01", quotes[] = "\"'q|";
    uint64_t seed = 88172645463325252U;
    char s[64], want[2 * sizeof s + 8];
    (void)state;
    for (int i = 0; i < 60000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        size_t n = seed % (sizeof s + 1);
        for (size_t at = 0; at < n; at++)
            s[at] = (seed >> (at % 32) & 3) == 0 ? bytes[(seed >> (at % 40)) % (sizeof bytes - 1)]
                                                 : (char)('e' + at % 16);
        struct copy_options o = seed >> 50 & 1 ? csv : text;
        o.delimiter = delimiters[(seed >> 51) % (sizeof delimiters - 1)];
        o.quote = quotes[(seed >> 54) % (sizeof quotes - 1)];
        o.escape = seed >> 58 & 1 ? o.quote : '\\';
        if (o.quote == o.delimiter)
            continue;
        if (seed >> 59 & 1)
            o.null = (struct str){s, n < 5 ? n : 5};
        struct engine_string value = string_n(s, n);
        struct column_view column[] = {{.type = &varchar, .data = &value}};
        bool force = o.format == COPY_CSV && (seed >> 60 & 3) == 0;
        size_t len =
            o.format == COPY_TEXT ? oracle_text(want, &o, s, n) : oracle_csv(want, &o, s, n, force, true);
        struct copy_escaper x;
        copy_escaper_init(&x, &o, 1);
        assert_int_equal(o.format == COPY_TEXT ? copy_text_size(&x, s, n) : copy_csv_size(&x, s, n, force),
                         len);
        want[len++] = '\n';
        assert_copy(column, 1, 1, &o, &force, want, len);
    }
}

static void a_zero_in_a_string_is_an_error(void **state)
{
    static const char *const at[] = {"\0", "ab\0", "0123456789abcdefghi\0", "a,b\0", "12345678,12345678\0"};
    static const size_t sizes[] = {1, 3, 20, 4, 18};
    struct row_batch b;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int format = 0; format < 3; format++) {
            struct engine_string s[] = {string("first"), string_n(at[i], sizes[i])};
            struct column_view v = {.type = &varchar, .data = s};
            err_init(&e);
            row_batch_init(&b);
            assert_int_equal(encode(&v, 1, 2,
                                    format == 0   ? &text
                                    : format == 1 ? &csv
                                                  : &binary,
                                    NULL, &b, &e),
                             ST_ERR);
            assert_string_equal(sqlstate_code(e.code), "22P05");
            assert_int_equal(b.nrows, 1);
            row_batch_release(&b);
        }
}

/* ---- other types ---- */

/* Their text as DataRow has it. */
static size_t data_row_text(const struct column_view *v, char *out)
{
    const struct engine_column_type *types[] = {v->type};
    struct encode_settings s = settings();
    struct chunk_view chunk = {.nrows = 1, .ncolumns = 1, .columns = v};
    struct encoder *enc;
    struct row_batch b;
    struct err e;
    size_t row = 0;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(encoder_new(&enc, types, 1, NULL, &s, &e), ST_OK);
    assert_int_equal(encode_rows(enc, &chunk, &row, 1, ROW_BATCH_MAX, &b, &e), ST_OK);
    size_t n = get_be32(b.data + 7);
    memcpy(out, b.data + 11, n);
    encoder_free(enc);
    row_batch_release(&b);
    return n;
}

/* Whatever the delimiter, the quote and the NULL string are: a column that is taken for plain has to be. */
static void check_all_options(const struct column_view *v)
{
    char value[256], want[2 * sizeof value + 8];
    size_t n = data_row_text(v, value);
    for (char d = 1; d < 127; d++) {
        struct copy_options o = text;
        o.delimiter = d;
        if (!strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789\r\n", d)) {
            size_t len = oracle_text(want, &o, value, n);
            want[len++] = '\n';
            assert_copy(v, 1, 1, &o, NULL, want, len);
        }
        for (int i = 0; i < 4; i++) {
            o = csv;
            if (i == 1)
                o.quote = o.escape = d;
            else if (i == 2)
                o.escape = d;
            else
                o.delimiter = d;
            if (i == 3)
                o.null = (struct str){value, n};
            if (o.quote == o.delimiter || d == '\r' || d == '\n')
                continue;
            bool force = d % 2;
            size_t len = oracle_csv(want, &o, value, n, force, true);
            want[len++] = '\n';
            assert_copy(v, 1, 1, &o, &force, want, len);
        }
    }
}

#define CHECK(kind, ctype, ...)                                                                              \
    do {                                                                                                     \
        static const struct engine_column_type type = {.type = kind, .width = 18, .scale = 3};               \
        const ctype values[] = {__VA_ARGS__};                                                                \
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)                                          \
            check_all_options(&(struct column_view){.type = &type, .data = &values[i]});                     \
    } while (0)

static void numbers_with_any_option(void **state)
{
    (void)state;
    CHECK(ENGINE_BOOL, uint8_t, 0, 1);
    CHECK(ENGINE_INT8, int8_t, 0, -128, 127);
    CHECK(ENGINE_INT16, int16_t, -32768, 32767);
    CHECK(ENGINE_INT32, int32_t, INT32_MIN, 1234567890);
    CHECK(ENGINE_INT64, int64_t, INT64_MIN, INT64_C(9012345678));
    CHECK(ENGINE_UINT8, uint8_t, 0, 255);
    CHECK(ENGINE_UINT16, uint16_t, 65535);
    CHECK(ENGINE_UINT32, uint32_t, 4294967295);
    CHECK(ENGINE_UINT64, uint64_t, UINT64_MAX);
    CHECK(ENGINE_INT128, struct engine_int128, {1, INT64_MIN}, {5, 0});
    CHECK(ENGINE_DECIMAL, int64_t, 0, -1, INT64_C(123456789012345678));
    CHECK(ENGINE_FLOAT, float, 0.1F, -1e30F, 1e-30F, __builtin_inff(), -__builtin_inff(), __builtin_nanf(""));
    CHECK(ENGINE_DOUBLE, double, 0.1, -1e300, 1e-300, __builtin_inf(), -__builtin_inf(), __builtin_nan(""));
}

static void times_with_any_option(void **state)
{
    (void)state;
    CHECK(ENGINE_DATE, int32_t, 0, -719529, 2932897, INT32_MAX, -INT32_MAX);
    CHECK(ENGINE_TIME, int64_t, 0, INT64_C(86399999999));
    CHECK(ENGINE_TIME_NS, int64_t, 0, INT64_C(86399999999000));
    CHECK(ENGINE_TIME_TZ, uint64_t, 57599, UINT64_C(86399999999) << 24 | 1, UINT64_C(1) << 24 | 100000);
    CHECK(ENGINE_TIMESTAMP, int64_t, -1, INT64_MAX, -INT64_MAX, INT64_C(-62135596800000001));
    CHECK(ENGINE_TIMESTAMP_TZ, int64_t, -1, INT64_MAX, -INT64_MAX, INT64_C(-62135596800000001));
    CHECK(ENGINE_INTERVAL, struct engine_interval, {0}, {-13, -1, -1}, {25, 3, 3661000001}, {1, 1, 1});
    CHECK(ENGINE_UUID, struct engine_int128, {UINT64_C(0x0123456789abcdef), INT64_C(0x76543210fedcba98)});
}

static void other_types_with_any_option(void **state)
{
    static const struct str names[] = {{"a,b", 3}, {"", 0}, {"\"q\" |", 5}};
    static const struct engine_column_type list = {.type = ENGINE_LIST, .nchildren = 1, .children = &varchar},
                                           color = {.type = ENGINE_ENUM,
                                                    .enum_bytes = 1,
                                                    .nnames = 3,
                                                    .names = names};
    struct engine_string items[] = {string("a"), string(""), string("b\"c\\"), string("x, y\t|")};
    struct column_view child = {.type = &varchar, .data = items};
    struct engine_list_entry entry = {0, 4};
    (void)state;
    CHECK(ENGINE_BLOB, struct engine_string, string(""), string("a\\\n"), string("a longer one than twelve"));
    CHECK(ENGINE_BIT, struct engine_string, string_n("\x04\xf5", 2), string_n("", 1));
    check_all_options(
        &(struct column_view){.type = &list, .data = &entry, .nchildren = 1, .children = &child});
    for (uint8_t i = 0; i < 3; i++)
        check_all_options(&(struct column_view){.type = &color, .data = &i});
}

/* ---- messages ---- */

static void binary_rows_with_header_and_trailer(void **state)
{
    int32_t n[] = {1, 2};
    uint64_t validity = 1;
    struct column_view v = {.type = &i32, .data = n, .validity = &validity};
    struct row_batch b;
    struct err e;
    (void)state;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(encode(&v, 1, 2, &binary, NULL, &b, &e), ST_OK);
    assert_int_equal(copy_put_names(&b, &binary, NULL, &e), ST_OK);
    assert_int_equal(copy_put_end(&b, &binary, true, &e), ST_OK);
    static const char want[] = "d\0\0\0\x21PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\1"
                               "d\0\0\0\x0a\0\1\xff\xff\xff\xff"
                               "d\0\0\0\6\xff\xff";
    assert_int_equal(b.len, sizeof want - 1);
    assert_memory_equal(b.data, want, sizeof want - 1);
    assert_int_equal(b.nrows, 2);
    row_batch_clear(&b);
    assert_int_equal(copy_put_end(&b, &binary, false, &e), ST_OK);
    static const char none[] = "d\0\0\0\x19PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff";
    assert_int_equal(b.len, sizeof none - 1);
    assert_memory_equal(b.data, none, sizeof none - 1);
    row_batch_release(&b);
}

static void names_of_the_columns(void **state)
{
    const struct column_desc one[] = {{.name = "\\."}}, two[] = {{.name = "a,b"}, {.name = "c\td"}};
    struct row_desc *alone, *both;
    struct copy_options o = csv, t = text;
    struct row_batch b;
    struct err e;
    (void)state;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(row_desc_new(&alone, one, 1, &e), ST_OK);
    assert_int_equal(row_desc_new(&both, two, 2, &e), ST_OK);
    assert_int_equal(copy_put_names(&b, &o, both, &e), ST_OK);
    assert_int_equal(b.len, 0); /* without HEADER */
    o.header = t.header = COPY_HEADER_LINE;
    assert_int_equal(copy_put_names(&b, &o, both, &e), ST_OK);
    assert_int_equal(copy_put_names(&b, &t, both, &e), ST_OK);
    assert_int_equal(copy_put_names(&b, &o, alone, &e), ST_OK);
    assert_int_equal(copy_put_end(&b, &o, true, &e), ST_OK);
    static const char want[] = "d\0\0\0\x0e\"a,b\",c\td\n"
                               "d\0\0\0\x0d"
                               "a,b\tc\\td\n"
                               "d\0\0\0\x09\"\\.\"\n";
    assert_int_equal(b.len, sizeof want - 1);
    assert_memory_equal(b.data, want, sizeof want - 1);
    assert_int_equal(b.nrows, 0);
    row_batch_release(&b);
    row_desc_unref(alone);
    row_desc_unref(both);
}

/* A value beyond a batch is measured to the byte, so that what may become twice as long need not fit. */
static void a_large_row_has_its_own_batch(void **state)
{
    static char large[ROW_BATCH_MAX + 100];
    const struct copy_options *const formats[] = {&text, &csv, &binary};
    const struct engine_column_type *types[] = {&varchar};
    struct encode_settings s = settings();
    (void)state;
    memset(large, 'x', sizeof large);
    large[7] = '\\';
    large[100] = large[101] = '"';
    struct engine_string data[] = {string("small"), string_n(large, sizeof large), string("small")};
    struct column_view v = {.type = &varchar, .data = data};
    struct chunk_view chunk = {.nrows = 3, .ncolumns = 1, .columns = &v};
    for (size_t i = 0; i < 3; i++) {
        static const size_t more[] = {MESSAGE + 1 + 1, MESSAGE + 1 + 4, MESSAGE + 2 + 4};
        struct encoder *enc;
        struct row_batch b;
        struct err e;
        size_t row = 0;
        err_init(&e);
        row_batch_init(&b);
        assert_int_equal(copy_encoder_new(&enc, types, 1, formats[i], NULL, &s, &e), ST_OK);
        assert_int_equal(encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_AGAIN);
        assert_int_equal(row, 1);
        row_batch_clear(&b);
        assert_int_equal(encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_AGAIN);
        assert_int_equal(row, 2);
        assert_int_equal(b.len, sizeof large + more[i]);
        assert_true(b.cap < sizeof large + 64 || b.cap <= ROW_BATCH_KEPT);
        row_batch_release(&b);
        encoder_free(enc);
    }
}

static void batches_are_cut_at_rows(void **state)
{
    const struct engine_column_type *types[] = {&i32};
    struct encode_settings s = settings();
    int32_t data[1000];
    struct encoder *enc;
    struct row_batch b;
    struct err e;
    size_t row = 0, rows = 0;
    (void)state;
    for (int i = 0; i < 1000; i++)
        data[i] = i + 1000;
    struct column_view v = {.type = &i32, .data = data};
    struct chunk_view chunk = {.nrows = 1000, .ncolumns = 1, .columns = &v};
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(copy_encoder_new(&enc, types, 1, &text, NULL, &s, &e), ST_OK);
    for (int st = ST_AGAIN; st == ST_AGAIN;) {
        row_batch_clear(&b);
        st = encode_rows(enc, &chunk, &row, UINT64_MAX, 100, &b, &e);
        assert_int_equal(b.len, b.nrows * (MESSAGE + 5));
        assert_true(b.len < 100 + MESSAGE + 5);
        rows += b.nrows;
    }
    assert_int_equal(rows, 1000);
    row_batch_release(&b);
    encoder_free(enc);
}

static void every_allocation_fails_once(void **state)
{
    static const struct engine_column_type list = {.type = ENGINE_LIST, .nchildren = 1, .children = &varchar};
    const struct copy_options *const formats[] = {&text, &csv, &binary};
    struct engine_string items[] = {string("a"), string("b c")};
    struct column_view child = {.type = &varchar, .data = items};
    struct engine_list_entry entry = {0, 2};
    struct column_view columns[] = {{.type = &list, .data = &entry, .nchildren = 1, .children = &child},
                                    {.type = &varchar, .data = items}};
    const struct column_desc names[] = {{.name = "a"}, {.name = "b"}};
    struct row_desc *desc;
    struct err e;
    (void)state;
    err_init(&e);
    assert_int_equal(row_desc_new(&desc, names, 2, &e), ST_OK);
    for (size_t i = 0; i < 3; i++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct copy_options o = *formats[i];
            struct row_batch b;
            o.header = i == 2 ? COPY_HEADER_NONE : COPY_HEADER_LINE;
            err_init(&e);
            row_batch_init(&b);
            alloc_fail_nth(nth);
            int st = encode(columns, 2, 1, &o, NULL, &b, &e);
            size_t whole = b.len;
            if (st == ST_OK)
                st = copy_put_names(&b, &o, desc, &e);
            if (st == ST_OK)
                st = copy_put_end(&b, &o, true, &e);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            assert_int_equal(b.nrows, whole ? 1 : 0);
            row_batch_release(&b);
        }
    row_desc_unref(desc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_of_text),
        cmocka_unit_test(quotes_of_csv),
        cmocka_unit_test(random_strings_as_the_straight_version),
        cmocka_unit_test(a_zero_in_a_string_is_an_error),
        cmocka_unit_test(numbers_with_any_option),
        cmocka_unit_test(times_with_any_option),
        cmocka_unit_test(other_types_with_any_option),
        cmocka_unit_test(binary_rows_with_header_and_trailer),
        cmocka_unit_test(names_of_the_columns),
        cmocka_unit_test(a_large_row_has_its_own_batch),
        cmocka_unit_test(batches_are_cut_at_rows),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
