#include "encode/row_decoder.h"

#include "one_cell.h"

#include "base/alloc.h"

#include <math.h>

enum { ROWS = 7, TEXT = 0, BINARY = 1 };

static struct err err;

#define COLUMN(t, v)                                                                                         \
    {                                                                                                        \
        .type = &(t), .data = (v), .validity = some                                                          \
    }

/* The third row is NULL everywhere. */
static const uint64_t some[] = {~UINT64_C(4)};

static const struct engine_column_type types[] = {
    {.type = ENGINE_BOOL},
    {.type = ENGINE_INT8},
    {.type = ENGINE_INT16},
    {.type = ENGINE_INT32},
    {.type = ENGINE_INT64},
    {.type = ENGINE_UINT8},
    {.type = ENGINE_UINT16},
    {.type = ENGINE_UINT32},
    {.type = ENGINE_UINT64},
    {.type = ENGINE_INT128},
    {.type = ENGINE_UINT128},
    {.type = ENGINE_FLOAT},
    {.type = ENGINE_DOUBLE},
    {.type = ENGINE_DECIMAL, .width = 4, .scale = 4},
    {.type = ENGINE_DECIMAL, .width = 9, .scale = 2},
    {.type = ENGINE_DECIMAL, .width = 18, .scale = 0},
    {.type = ENGINE_DECIMAL, .width = 38, .scale = 37},
    {.type = ENGINE_VARCHAR},
    {.type = ENGINE_BLOB},
    {.type = ENGINE_DATE},
    {.type = ENGINE_TIME},
    {.type = ENGINE_TIMESTAMP},
    {.type = ENGINE_TIMESTAMP_S},
    {.type = ENGINE_TIMESTAMP_MS},
    {.type = ENGINE_TIMESTAMP_TZ},
    {.type = ENGINE_UUID},
    {.type = ENGINE_INT32, .alias = "pg_oid"},
    {.type = ENGINE_VARCHAR, .alias = "JSON"},
};

enum { COLUMNS = sizeof types / sizeof *types };

static const uint8_t bools[ROWS] = {0, 1, 0, 1, 1, 0, 0};
static const int8_t i8[ROWS] = {0, -128, 0, 127, 1, -1, 9};
static const int16_t i16[ROWS] = {0, INT16_MIN, 0, INT16_MAX, 1, -1, 999};
static const int32_t i32[ROWS] = {0, INT32_MIN, 0, INT32_MAX, 1, -1, 12345678};
static const int64_t i64[ROWS] = {0, INT64_MIN, 0, INT64_MAX, 1, -1, 1234567890123456789};
static const uint8_t u8[ROWS] = {0, 255, 0, 128, 1, 2, 3};
static const uint16_t u16[ROWS] = {0, UINT16_MAX, 0, 32768, 1, 2, 3};
static const uint32_t u32[ROWS] = {0, UINT32_MAX, 0, 1U << 31, 1, 2, 3};
static const uint64_t u64[ROWS] = {0, UINT64_MAX, 0, UINT64_C(1) << 63, 1, 2, 3};
static const struct engine_int128 i128[ROWS] = {{0, 0}, {0, INT64_MIN},   {0, 0}, {UINT64_MAX, INT64_MAX},
                                                {1, 0}, {UINT64_MAX, -1}, {5, 77}};
static const struct engine_int128 u128[ROWS] = {{0, 0}, {UINT64_MAX, -1}, {0, 0}, {0, INT64_MIN},
                                                {1, 0}, {2, 0},           {5, 77}};
static const float f4[ROWS] = {0, -0.0F, 0, 3.4028235e38F, 1.17549435e-38F, 0.1F, -1e-45F};
static const double f8[ROWS] = {0, -0.0, 0, 1.7976931348623157e308, 5e-324, 0.1, -123456.789};
static const int16_t d4[ROWS] = {0, -9999, 0, 9999, 1, -1, 100};
static const int32_t d9[ROWS] = {0, -999999999, 0, 999999999, 1, -1, 100};
static const int64_t d18[ROWS] = {0, -999999999999999999, 0, 999999999999999999, 1, -1, 10000};
static const struct engine_int128 d38[ROWS] = {{0, 0},           {1, 0},  {0, 0}, {0, 1 << 30},
                                               {UINT64_MAX, -1}, {10, 0}, {7, 7}};
static const int32_t dates[ROWS] = {0, -2440588, 0, INT32_MAX, -INT32_MAX, 10957, -800000};
static const int64_t times[ROWS] = {0, 86399999999, 0, 86400000000, 1, 3600000000, 100};
static const int64_t stamps[ROWS] = {0, -62135596800000001, 0, INT64_MAX, -INT64_MAX, 946684800000001, -1};
static const int64_t seconds[ROWS] = {0, -62135596801, 0, INT64_MAX, -INT64_MAX, 946684800, -1};
static const int64_t millis[ROWS] = {0, -62135596800001, 0, INT64_MAX, -INT64_MAX, 946684800001, -1};
static const struct engine_int128 uuids[ROWS] = {{0, INT64_MIN}, {UINT64_MAX, INT64_MAX},
                                                 {0, 0},         {1, 2},
                                                 {3, -4},        {0x0123456789abcdef, 0x1122334455667788},
                                                 {5, 6}};
static struct engine_string texts[ROWS], blobs[ROWS], json[ROWS];

static const struct column_view columns[COLUMNS] = {
    COLUMN(types[0], bools),   COLUMN(types[1], i8),       COLUMN(types[2], i16),
    COLUMN(types[3], i32),     COLUMN(types[4], i64),      COLUMN(types[5], u8),
    COLUMN(types[6], u16),     COLUMN(types[7], u32),      COLUMN(types[8], u64),
    COLUMN(types[9], i128),    COLUMN(types[10], u128),    COLUMN(types[11], f4),
    COLUMN(types[12], f8),     COLUMN(types[13], d4),      COLUMN(types[14], d9),
    COLUMN(types[15], d18),    COLUMN(types[16], d38),     COLUMN(types[17], texts),
    COLUMN(types[18], blobs),  COLUMN(types[19], dates),   COLUMN(types[20], times),
    COLUMN(types[21], stamps), COLUMN(types[22], seconds), COLUMN(types[23], millis),
    COLUMN(types[24], stamps), COLUMN(types[25], uuids),   COLUMN(types[26], i32),
    COLUMN(types[27], json),
};

static const struct engine_column_type *pointers[COLUMNS];
static int16_t formats[2][COLUMNS];

static int set_up(void **state)
{
    (void)state;
    static const char *const some_texts[ROWS] = {"",
                                                 "short",
                                                 "",
                                                 "exactly twelve",
                                                 "longer than what fits in a string's own sixteen bytes",
                                                 "gr\xc3\xbc\xc3\x9f",
                                                 "\\x"};
    for (size_t i = 0; i < ROWS; i++) {
        texts[i] = one_string(some_texts[i], strlen(some_texts[i]));
        blobs[i] = one_string("\0\1\xff\\some bytes that are no text", i * 4);
        json[i] = one_string("{\"a\": [1, 2.50]}", sizeof "{\"a\": [1, 2.50]}" - 1);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        pointers[i] = &types[i];
        formats[TEXT][i] = TEXT;
        formats[BINARY][i] = BINARY;
    }
    assert_true(row_decoder_takes(pointers, COLUMNS));
    return 0;
}

static const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = COLUMNS, .columns = columns};

static void encoded(const struct chunk_view *c, const int16_t *as, const struct encode_settings *settings,
                    struct row_batch *b)
{
    struct encoder *enc;
    size_t row = 0;
    err_init(&err);
    assert_int_equal(encoder_new(&enc, pointers, COLUMNS, as, settings, &err), ST_OK);
    if (encode_rows(enc, c, &row, UINT64_MAX, ROW_BATCH_MAX, b, &err) != ST_OK)
        fail_msg("%s", err.message);
    encoder_free(enc);
    assert_int_equal(b->nrows, ROWS);
}

static void assert_same(const struct row_batch *a, const struct row_batch *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

/* Encoded, decoded and encoded again in either format, it is what the first chunk would have been. */
static void test_there_and_back(void **state)
{
    (void)state;
    const struct tz *berlin;
    err_init(&err);
    assert_int_equal(tz_find(&berlin, "Europe/Berlin", &err), ST_OK);
    for (unsigned variant = 0; variant < 8; variant++) {
        unsigned from = variant & 1, to = variant >> 1 & 1;
        const struct encode_settings settings = {
            .zone = variant & 4 ? berlin : tz_utc(), .extra_float_digits = 1, .bytea_escape = variant >> 2};
        struct row_batch first, again, want;
        struct row_decoder *d;
        const struct chunk_view *back;
        row_batch_init(&first);
        row_batch_init(&again);
        row_batch_init(&want);
        encoded(&chunk, formats[from], &settings, &first);
        encoded(&chunk, formats[to], &settings, &want);
        assert_int_equal(row_decoder_new(&d, pointers, COLUMNS, formats[from], settings.zone, &err), ST_OK);
        if (row_decode(d, first.data, first.len, ROWS, &back, &err) != ST_OK)
            fail_msg("variant %u: %s", variant, err.message);
        encoded(back, formats[to], &settings, &again);
        assert_same(&again, &want);
        row_decoder_free(d);
        row_batch_release(&first);
        row_batch_release(&again);
        row_batch_release(&want);
    }
    tz_unref(berlin);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const float floats[] = {NAN, INFINITY, -INFINITY};
    static const struct engine_column_type type = {.type = ENGINE_FLOAT}, *const only[] = {&type};
    const struct column_view v = {.type = &type, .data = floats};
    for (int16_t format = 0; format < 2; format++) {
        struct row_batch b;
        struct row_decoder *d;
        const struct chunk_view *back;
        row_batch_init(&b);
        err_init(&err);
        assert_int_equal(one_cell(&v, format, &b, &err), ST_OK);
        assert_int_equal(row_decoder_new(&d, only, 1, &format, tz_utc(), &err), ST_OK);
        assert_int_equal(row_decode(d, b.data, b.len, 1, &back, &err), ST_OK);
        assert_true(isnan(((const float *)back->columns[0].data)[0]));
        row_decoder_free(d);
        row_batch_release(&b);
    }
}

static void test_types_that_it_leaves(void **state)
{
    (void)state;
    static const enum engine_type left[] = {
        ENGINE_NULL,    ENGINE_BIT,          ENGINE_BIGNUM,   ENGINE_GEOMETRY, ENGINE_TIME_NS,
        ENGINE_TIME_TZ, ENGINE_TIMESTAMP_NS, ENGINE_INTERVAL, ENGINE_ENUM,     ENGINE_LIST,
        ENGINE_ARRAY,   ENGINE_STRUCT,       ENGINE_MAP,      ENGINE_UNION,    ENGINE_OTHER};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        const struct engine_column_type type = {.type = left[i]}, *const two[] = {&types[0], &type};
        assert_false(row_decoder_takes(two, 2));
    }
}

/* Whatever bytes are cut off or changed: an error or other values, never more than is there. */
static void test_damaged(void **state)
{
    (void)state;
    const struct encode_settings settings = {.zone = tz_utc(), .extra_float_digits = 1};
    struct row_batch b;
    struct row_decoder *d;
    const struct chunk_view *back;
    row_batch_init(&b);
    encoded(&chunk, formats[BINARY], &settings, &b);
    assert_int_equal(row_decoder_new(&d, pointers, COLUMNS, formats[BINARY], settings.zone, &err), ST_OK);
    for (size_t n = 0; n < b.len; n++) {
        uint8_t *copy = mem_alloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, b.data, n);
        err_init(&err);
        assert_int_equal(row_decode(d, copy, n, ROWS, &back, &err), ST_ERR);
        mem_free(copy);
    }
    for (size_t i = 0; i < b.len; i++) {
        uint8_t was = b.data[i];
        b.data[i] ^= 0x80;
        err_init(&err);
        int st = row_decode(d, b.data, b.len, ROWS, &back, &err);
        assert_true(st == ST_OK || (st == ST_ERR && err_is_set(&err)));
        b.data[i] = was;
    }
    row_decoder_free(d);
    row_batch_release(&b);
}

static void test_without_memory(void **state)
{
    (void)state;
    const struct encode_settings settings = {.zone = tz_utc(), .extra_float_digits = 1};
    struct row_batch b;
    bool more = true;
    row_batch_init(&b);
    encoded(&chunk, formats[TEXT], &settings, &b);
    for (unsigned nth = 1; more; nth++) {
        struct row_decoder *d = NULL;
        const struct chunk_view *back;
        err_init(&err);
        alloc_fail_nth(nth);
        int st = row_decoder_new(&d, pointers, COLUMNS, formats[TEXT], tz_utc(), &err);
        if (st == ST_OK)
            st = row_decode(d, b.data, b.len, ROWS, &back, &err);
        more = alloc_failed();
        alloc_fail_nth(0);
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        row_decoder_free(d);
    }
    row_batch_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),       cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_types_that_it_leaves), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
