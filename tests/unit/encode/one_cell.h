/* For the tests of this room: one value of one column through the whole encoder. */
#ifndef TAVANA_TESTS_ENCODE_ONE_CELL_H
#define TAVANA_TESTS_ENCODE_ONE_CELL_H

#include "base/bytes.h"
#include "encode/encoder.h"
#include "pgtype/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ONE_CELL_AT = 1 + 4 + 2 + 4 };

static struct encode_settings one_cell_settings = {.extra_float_digits = 1};

static inline struct engine_string one_string(const void *p, size_t n)
{
    struct engine_string out = {.len = (uint32_t)n};
    if (n <= sizeof out.value.inlined)
        memcpy(out.value.inlined, p, n);
    else
        out.value.pointer.ptr = p;
    return out;
}

/* The first row of a column as a DataRow. */
static inline int one_cell(const struct column_view *v, int16_t format, struct row_batch *b, struct err *e)
{
    const struct engine_column_type *types[] = {v->type};
    struct chunk_view chunk = {.nrows = 1, .ncolumns = 1, .columns = v};
    struct encoder *enc;
    size_t row = 0;
    if (!one_cell_settings.zone)
        one_cell_settings.zone = tz_utc();
    int st = encoder_new(&enc, types, 1, &format, &one_cell_settings, e);
    if (st != ST_OK)
        return st;
    st = encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, b, e);
    encoder_free(enc);
    return st;
}

static inline void assert_cell(const struct column_view *v, int16_t format, const void *want, size_t n)
{
    struct row_batch b;
    struct err e;
    err_init(&e);
    row_batch_init(&b);
    if (one_cell(v, format, &b, &e) != ST_OK)
        fail_msg("%s", e.message);
    assert_int_equal(get_be32(b.data + 1), b.len - 1);
    size_t got = get_be32(b.data + ONE_CELL_AT - 4);
    assert_int_equal(got, b.len - ONE_CELL_AT);
    if (got != n || memcmp(b.data + ONE_CELL_AT, want, n) != 0)
        fail_msg("%.*s", format ? 0 : (int)got, (const char *)b.data + ONE_CELL_AT);
    row_batch_release(&b);
}

static inline void assert_cell_text(const struct column_view *v, const char *want)
{
    assert_cell(v, 0, want, strlen(want));
}

/* want: hexadecimal digits */
static inline void assert_cell_binary(const struct column_view *v, const char *want)
{
    uint8_t bytes[256];
    size_t n = strlen(want) / 2;
    assert_true(n <= sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        for (size_t j = 0; j < 2; j++)
            byte = byte << 4 | (unsigned)(strchr("0123456789abcdef", want[2 * i + j]) - "0123456789abcdef");
        bytes[i] = (uint8_t)byte;
    }
    assert_cell(v, 1, bytes, n);
}

static inline void assert_cell_fails(const struct column_view *v, int16_t format, const char *code)
{
    struct row_batch b;
    struct err e;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(one_cell(v, format, &b, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), code);
    assert_true(e.detail[0] != '\0'); /* the column, or more */
    assert_int_equal(b.nrows, 0);
    row_batch_release(&b);
}

#endif
