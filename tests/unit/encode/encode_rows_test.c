/* encode_rows over chunks of many columns: whoever cuts the rows into batches, and wherever, the bytes are
 * the same, NULLs stand in every position, and a value that has no form ends the rows at its own. Both
 * encoders, DataRow in text and binary, COPY in its three formats. */
#include "encode/encode_rows.h"

#include "base/alloc.h"
#include "copy_oracle.h"
#include "encode/copy_encoder.h"
#include "one_cell.h"

#include <stdio.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { ROWS = 200, COLUMNS = 6, MESSAGE = 5 };

/* How the rows are written. */
enum way { ROW_TEXT, ROW_BINARY, COPY_AS_TEXT, COPY_AS_CSV, COPY_AS_BINARY, WAYS };

static const struct copy_options options[WAYS] = {
    [COPY_AS_TEXT] = {.format = COPY_TEXT, .delimiter = '\t', .null = {"\\N", 2}},
    [COPY_AS_CSV] = {.format = COPY_CSV, .delimiter = ',', .quote = '"', .escape = '"', .null = {"", 0}},
    [COPY_AS_BINARY] = {.format = COPY_BINARY, .delimiter = '\t', .null = {"\\N", 2}},
};

/* ---- a chunk: numbers, strings of all lengths, lists; with NULLs ---- */

static const struct engine_column_type i32 = {.type = ENGINE_INT32}, text = {.type = ENGINE_VARCHAR},
                                       f64 = {.type = ENGINE_DOUBLE}, date = {.type = ENGINE_DATE},
                                       decimal = {.type = ENGINE_DECIMAL, .width = 18, .scale = 2},
                                       list = {.type = ENGINE_LIST, .nchildren = 1, .children = &i32};
/* The last column is rendered first; without it rows are made many at a time. */
static const struct engine_column_type *const types[COLUMNS] = {&i32, &text, &f64, &decimal, &date, &list};

static int32_t numbers[ROWS + 4], days[ROWS];
static int64_t decimals[ROWS];
static double doubles[ROWS];
static struct engine_string strings[ROWS];
static struct engine_list_entry lists[ROWS];
static char heap[ROWS][64];
static uint64_t validity[COLUMNS][ROWS / 64 + 1];
static struct column_view items, columns[COLUMNS];

static int make_chunk(void **state)
{
    (void)state;
    const void *const data[COLUMNS] = {numbers, strings, doubles, decimals, days, lists};
    items = (struct column_view){.type = &i32, .data = numbers};
    for (size_t i = 0; i < ROWS; i++) {
        size_t n = i % 61;
        for (size_t at = 0; at < n; at++)
            heap[i][at] = "abc\t,\"\\\n"[(i + at * at) % 8];
        numbers[i] = (int32_t)(i * i * i);
        strings[i] = one_string(heap[i], n);
        doubles[i] = (double)i / 7;
        decimals[i] = (int64_t)i * 12345 - 99999;
        days[i] = (int32_t)i * 100;
        lists[i] = (struct engine_list_entry){i, i % 5};
    }
    for (size_t c = 0; c < COLUMNS; c++)
        columns[c] = (struct column_view){
            .type = types[c], .data = data[c], .nchildren = c == 5, .children = c == 5 ? &items : NULL};
    return 0;
}

static void set_null(size_t column, size_t row, bool null)
{
    uint64_t bit = UINT64_C(1) << row % 64;
    if (null)
        validity[column][row / 64] &= ~bit;
    else
        validity[column][row / 64] |= bit;
}

/* A column has values where bit c % 3 of the row's number is set: eight rows have all combinations. */
static void some_nulls(bool any)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        columns[c].validity = any ? validity[c] : NULL;
        for (size_t row = 0; row < ROWS; row++)
            set_null(c, row, row >> c % 3 & 1);
    }
}

static struct encoder *encoder_of(enum way way, size_t ncolumns, struct err *e)
{
    static const int16_t binary[COLUMNS] = {1, 1, 1, 1, 1, 1};
    const struct encode_settings s = {.zone = tz_utc(), .extra_float_digits = 1};
    struct encoder *enc = NULL;
    int st = way <= ROW_BINARY ? encoder_new(&enc, types, ncolumns, way == ROW_BINARY ? binary : NULL, &s, e)
                               : copy_encoder_new(&enc, types, ncolumns, &options[way], NULL, &s, e);
    assert_int_equal(st, ST_OK);
    return enc;
}

/* Batches of so many bytes and rows a call; each is whole rows, and says how many. */
static struct row_batch all_rows(enum way way, size_t ncolumns, uint64_t max_rows, size_t batch_bytes)
{
    const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = ncolumns, .columns = columns};
    struct row_batch all, b;
    struct err e;
    err_init(&e);
    row_batch_init(&all);
    row_batch_init(&b);
    struct encoder *enc = encoder_of(way, ncolumns, &e);
    for (size_t row = 0, calls = 0; row < ROWS; calls++) {
        size_t before = row, messages = 0;
        int st = encode_rows(enc, &chunk, &row, max_rows, batch_bytes, &b, &e);
        assert_true(st == ST_OK || st == ST_AGAIN);
        assert_true(row > before && b.nrows == row - before); /* an empty batch takes one row at least */
        if (st == ST_OK)
            assert_true(row == ROWS || row - before == max_rows);
        else
            assert_true(b.len >= batch_bytes && row - before < max_rows);
        for (size_t at = 0; at < b.len; at += 1 + get_be32(b.data + at + 1), messages++) {
            assert_true(at < batch_bytes); /* none begins where the batch was full */
            assert_int_equal(b.data[at], way <= ROW_BINARY ? 'D' : 'd');
        }
        assert_int_equal(messages, b.nrows);
        assert_int_equal(row_batch_reserve(&all, b.len, &e), ST_OK);
        memcpy(all.data + all.len, b.data, b.len);
        row_batch_commit(&all, all.data + all.len + b.len, b.nrows);
        row_batch_clear(&b);
    }
    row_batch_release(&b);
    encoder_free(enc);
    return all;
}

static void cut_anywhere_the_bytes_are_the_same(void **state)
{
    static const size_t bytes[] = {1, 7, 16, 100, 999, 4096, ROW_BATCH_MAX};
    static const uint64_t rows[] = {1, 2, 15, 16, 17, 63, 64, 65, UINT64_MAX};
    (void)state;
    for (unsigned way = 0; way < WAYS; way++)
        for (size_t ncolumns = 1; ncolumns <= COLUMNS; ncolumns++)
            for (int nulls = 0; nulls < 2; nulls++) {
                some_nulls(nulls);
                struct row_batch want = all_rows(way, ncolumns, 1, ROW_BATCH_MAX);
                for (size_t i = 0; i < COUNT(bytes) * COUNT(rows); i++) {
                    struct row_batch got =
                        all_rows(way, ncolumns, rows[i % COUNT(rows)], bytes[i / COUNT(rows)]);
                    assert_int_equal(got.nrows, ROWS);
                    assert_int_equal(got.len, want.len);
                    assert_memory_equal(got.data, want.data, want.len);
                    row_batch_release(&got);
                }
                row_batch_release(&want);
            }
}

/* ---- what the rows say, against one cell at a time ---- */

/* The cell by itself, as DataRow has it: -1 for NULL. */
static int32_t cell_alone(size_t column, size_t row, int16_t format, char *out)
{
    const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = 1, .columns = &columns[column]};
    struct row_batch b;
    struct encoder *enc;
    struct err e;
    err_init(&e);
    row_batch_init(&b);
    one_cell_settings.zone = tz_utc();
    assert_int_equal(encoder_new(&enc, &types[column], 1, &format, &one_cell_settings, &e), ST_OK);
    assert_int_equal(encode_rows(enc, &chunk, &row, 1, ROW_BATCH_MAX, &b, &e), ST_OK);
    int32_t n = (int32_t)get_be32(b.data + ONE_CELL_AT - 4);
    if (n > 0)
        memcpy(out, b.data + ONE_CELL_AT, (size_t)n);
    encoder_free(enc);
    row_batch_release(&b);
    return n;
}

/* The straight version of a row: cells one after the other, with lengths or delimiters. */
static size_t plain_row(enum way way, size_t row, char *out)
{
    bool lengths = way <= ROW_BINARY || way == COPY_AS_BINARY;
    size_t at = 0;
    if (lengths)
        at = (size_t)(put_be16((uint8_t *)out, COLUMNS) - (uint8_t *)out);
    for (size_t c = 0; c < COLUMNS; c++) {
        char cell[256];
        int32_t n = cell_alone(c, row, way == ROW_BINARY || way == COPY_AS_BINARY, cell);
        const struct copy_options *o = &options[way];
        if (lengths)
            at = (size_t)(put_be32((uint8_t *)out + at, (uint32_t)n) - (uint8_t *)out);
        else if (c)
            out[at++] = o->delimiter;
        const char *from = !lengths && n < 0 ? o->null.p : cell;
        size_t len = n >= 0 ? (size_t)n : lengths ? 0 : o->null.n;
        if (lengths || n < 0) {
            memcpy(out + at, from, len);
            at += len;
        } else {
            at += way == COPY_AS_TEXT ? oracle_text(out + at, o, cell, len)
                                      : oracle_csv(out + at, o, cell, len, false, false);
        }
    }
    if (!lengths)
        out[at++] = '\n';
    return at;
}

static void rows_are_their_cells(void **state)
{
    (void)state;
    some_nulls(true);
    for (unsigned way = 0; way < WAYS; way++) {
        struct row_batch got = all_rows(way, COLUMNS, UINT64_MAX, ROW_BATCH_MAX);
        const uint8_t *p = got.data;
        for (size_t row = 0; row < ROWS; row++, p += 1 + get_be32(p + 1)) {
            char want[1024];
            size_t header = way == COPY_AS_BINARY && row == 0 ? COPY_BINARY_HEADER : 0;
            size_t n = plain_row(way, row, want);
            assert_int_equal(get_be32(p + 1), 4 + header + n);
            assert_memory_equal(p + MESSAGE + header, want, n);
        }
        row_batch_release(&got);
    }
}

/* ---- errors ---- */

/* A day beyond the calendar in any row: those before it are in the batch, and say which column it was. */
static void rows_before_an_error_are_there(void **state)
{
    (void)state;
    some_nulls(false);
    for (unsigned way = 0; way < WAYS; way++)
        for (size_t ncolumns = 5; ncolumns <= COLUMNS; ncolumns++)
            for (size_t bad = 0; bad < ROWS; bad += bad < 20 ? 1 : 9) {
                const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = ncolumns, .columns = columns};
                int32_t was = days[bad];
                struct row_batch b;
                struct err e;
                size_t row = 0;
                err_init(&e);
                row_batch_init(&b);
                days[bad] = INT32_MIN;
                struct encoder *enc = encoder_of(way, ncolumns, &e);
                assert_int_equal(encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_ERR);
                assert_int_equal(row, bad);
                assert_int_equal(b.nrows, bad);
                assert_string_equal(sqlstate_code(e.code), "22008");
                assert_string_equal(e.detail, "Column 5 of the result.");
                size_t end = 0, messages = 0;
                for (; end < b.len; messages++)
                    end += 1 + get_be32(b.data + end + 1);
                assert_int_equal(end, b.len); /* whole messages, nothing of the bad one */
                assert_int_equal(messages, bad);
                err_init(&e);
                row_batch_clear(&b);
                days[bad] = was; /* the encoder goes on as if nothing had been */
                assert_int_equal(encode_rows(enc, &chunk, &row, 3, ROW_BATCH_MAX, &b, &e), ST_OK);
                assert_int_equal(b.nrows, ROWS - bad < 3 ? ROWS - bad : 3);
                encoder_free(enc);
                row_batch_release(&b);
            }
}

static void nothing_to_do_is_fine(void **state)
{
    (void)state;
    some_nulls(false);
    for (unsigned way = 0; way < WAYS; way++) {
        const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = COLUMNS, .columns = columns},
                                empty = {.nrows = 0, .ncolumns = COLUMNS, .columns = columns};
        struct row_batch b;
        struct err e;
        size_t first = 0, last = ROWS;
        err_init(&e);
        row_batch_init(&b);
        struct encoder *enc = encoder_of(way, COLUMNS, &e);
        assert_int_equal(encode_rows(enc, &chunk, &first, 0, ROW_BATCH_MAX, &b, &e), ST_OK);
        assert_int_equal(encode_rows(enc, &chunk, &last, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_OK);
        assert_int_equal(encode_rows(enc, &empty, &first, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_OK);
        assert_int_equal(b.len + b.nrows + first, 0);
        assert_int_equal(last, ROWS);
        encoder_free(enc);
        row_batch_release(&b);
    }
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    some_nulls(true);
    for (unsigned way = 0; way < WAYS; way++)
        for (size_t ncolumns = 1; ncolumns <= COLUMNS; ncolumns++)
            for (unsigned nth = 1, more = 1; more; nth++) {
                const struct chunk_view chunk = {.nrows = ROWS, .ncolumns = ncolumns, .columns = columns};
                struct row_batch b;
                struct err e;
                size_t row = 0;
                err_init(&e);
                row_batch_init(&b);
                struct encoder *enc = encoder_of(way, ncolumns, &e);
                alloc_fail_nth(nth);
                int st = encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e);
                more = alloc_failed();
                assert_int_equal(st, more ? ST_ERR : ST_OK);
                assert_string_equal(sqlstate_code(e.code), more ? "53200" : "00000");
                assert_int_equal(b.nrows, row);
                err_init(&e); /* with memory it goes on from there */
                assert_int_equal(encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e), ST_OK);
                assert_int_equal(b.nrows, ROWS);
                encoder_free(enc);
                row_batch_release(&b);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere_the_bytes_are_the_same), cmocka_unit_test(rows_are_their_cells),
        cmocka_unit_test(rows_before_an_error_are_there),      cmocka_unit_test(nothing_to_do_is_fine),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, make_chunk, NULL);
}
