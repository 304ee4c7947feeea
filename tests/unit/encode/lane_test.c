/* Rows put down many at a time are the same bytes as rows put down one by one, which other tests hold against
 * PostgreSQL's. */
#include "encode/encoder.h"

#include "base/alloc.h"
#include "encode/kernel.h"
#include "encode/lane.h"
#include "pgtype/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 2048 };

static union {
    int8_t i8[ROWS];
    int16_t i16[ROWS];
    int32_t i32[ROWS];
    int64_t i64[ROWS];
    struct engine_string strings[ROWS];
} values;
static uint64_t validity[ROWS / 64];
static char heap[ROWS][40];
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* Up to `bits` bits, of all lengths; negative ones too when asked for. */
static int64_t number(unsigned bits, bool negative)
{
    int64_t v = (int64_t)(next_random() >> (64 - bits + next_random() % bits));
    return negative && next_random() & 1 ? -v : v;
}

static struct row_batch encode(const struct column_view *v, int16_t format, uint64_t at_once,
                               size_t batch_bytes)
{
    const struct engine_column_type *types[] = {v->type, v->type};
    const int16_t formats[] = {format, format};
    const struct column_view columns[] = {*v, *v};
    const struct encode_settings s = {.zone = tz_utc(), .extra_float_digits = 1};
    struct chunk_view chunk = {.nrows = ROWS, .ncolumns = 2, .columns = columns};
    struct row_batch all, b;
    struct encoder *enc;
    struct err e;
    err_init(&e);
    row_batch_init(&all);
    row_batch_init(&b);
    if (encoder_new(&enc, types, 2, formats, &s, &e) != ST_OK)
        fail_msg("%s", e.message);
    for (size_t row = 0; row < ROWS;) {
        if (encode_rows(enc, &chunk, &row, at_once, batch_bytes, &b, &e) < 0)
            fail_msg("%s", e.message);
        assert_int_equal(row_batch_reserve(&all, b.len, &e), ST_OK);
        memcpy(all.data + all.len, b.data, b.len);
        row_batch_commit(&all, all.data + all.len + b.len, b.nrows);
        row_batch_clear(&b);
    }
    row_batch_release(&b);
    encoder_free(enc);
    assert_int_equal(all.nrows, ROWS);
    return all;
}

static void assert_same(const struct engine_column_type *type, bool nulls)
{
    struct column_view v = {.type = type, .data = &values, .validity = nulls ? validity : NULL};
    for (size_t i = 0; i < ROWS / 64; i++)
        validity[i] = next_random() | next_random();
    for (int16_t format = 0; format <= 1; format++) {
        struct row_batch want = encode(&v, format, 1, ROW_BATCH_MAX);
        for (size_t bytes = 1000; bytes <= ROW_BATCH_MAX; bytes *= 16) {
            struct row_batch got = encode(&v, format, UINT64_MAX, bytes);
            assert_int_equal(got.len, want.len);
            assert_memory_equal(got.data, want.data, want.len);
            row_batch_release(&got);
        }
        row_batch_release(&want);
    }
}

static void fill_numbers(enum engine_type type, const struct engine_column_type *t, unsigned bits,
                         bool negative)
{
    for (size_t i = 0; i < ROWS; i++) {
        int64_t v = number(bits, negative);
        switch (type == ENGINE_DECIMAL ? (t->width <= 4   ? ENGINE_INT16
                                          : t->width <= 9 ? ENGINE_INT32
                                                          : ENGINE_INT64)
                                       : type) {
        case ENGINE_BOOL: values.i8[i] = v & 1; break;
        case ENGINE_INT8:
        case ENGINE_UINT8: values.i8[i] = (int8_t)v; break;
        case ENGINE_INT16:
        case ENGINE_UINT16: values.i16[i] = (int16_t)v; break;
        case ENGINE_INT32:
        case ENGINE_UINT32:
        case ENGINE_FLOAT:
        case ENGINE_DATE: values.i32[i] = (int32_t)v; break;
        default: values.i64[i] = v;
        }
    }
}

static void numbers(void **state)
{
    static const struct {
        enum engine_type type;
        unsigned bits;
    } kinds[] = {{ENGINE_BOOL, 1},      {ENGINE_INT8, 7},   {ENGINE_INT16, 15},  {ENGINE_INT32, 31},
                 {ENGINE_INT64, 63},    {ENGINE_UINT8, 8},  {ENGINE_UINT16, 16}, {ENGINE_UINT32, 32},
                 {ENGINE_UINT64, 64},   {ENGINE_FLOAT, 30}, {ENGINE_DOUBLE, 62}, {ENGINE_DATE, 17},
                 {ENGINE_TIMESTAMP, 50}};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned bits = 1; bits <= kinds[k].bits; bits += bits < 24 ? 5 : 3)
            for (unsigned flags = 0; flags < 4; flags++) {
                const struct engine_column_type t = {.type = kinds[k].type};
                random_state = 88172645463325252 + bits;
                fill_numbers(t.type, &t, bits, flags & 1);
                assert_same(&t, flags & 2);
            }
}

static void decimals(void **state)
{
    static const uint8_t widths[] = {4, 9, 18};
    (void)state;
    for (size_t w = 0; w < sizeof widths; w++)
        for (uint8_t scale = 0; scale <= widths[w]; scale++)
            for (unsigned flags = 0; flags < 4; flags++) {
                static const unsigned bits[] = {13, 29, 59};
                const struct engine_column_type t = {
                    .type = ENGINE_DECIMAL, .width = widths[w], .scale = scale};
                random_state = 88172645463325252 + scale;
                fill_numbers(ENGINE_DECIMAL, &t, flags & 1 ? bits[w] : bits[w] % 27, flags & 1);
                assert_same(&t, flags & 2);
            }
}

/* Numbers at which the count of digits or of groups changes. */
static void edges(void **state)
{
    (void)state;
    for (uint8_t scale = 0; scale <= 9; scale++) {
        const struct engine_column_type decimal = {.type = ENGINE_DECIMAL, .width = 18, .scale = scale};
        const struct engine_column_type integer = {.type = ENGINE_INT64};
        int64_t power = 1;
        for (size_t i = 0; i<ROWS; i++, power = power> INT64_C(10000000) ? 1 : power * 10)
            values.i64[i] = power + (int64_t)(i / 9 % 3) - 1;
        assert_same(&decimal, false);
        assert_same(&integer, false);
    }
}

static void strings(void **state)
{
    const struct engine_column_type t = {.type = ENGINE_VARCHAR};
    (void)state;
    random_state = 88172645463325252;
    for (unsigned longest = 1; longest <= 39; longest += 2)
        for (int nulls = 0; nulls < 2; nulls++) {
            memset(&values, 0, sizeof values);
            for (size_t i = 0; i < ROWS; i++) {
                struct engine_string *s = &values.strings[i];
                s->len = (uint32_t)(next_random() % (longest + 1));
                memset(heap[i], 'a' + (int)(i % 26), sizeof heap[i]);
                if (s->len <= sizeof s->value.inlined)
                    memcpy(s->value.inlined, heap[i], s->len);
                else
                    s->value.pointer.ptr = heap[i];
            }
            assert_same(&t, nulls);
        }
}

static void every_allocation_fails_once(void **state)
{
    const struct engine_column_type t = {.type = ENGINE_INT32};
    const struct engine_column_type *types[] = {&t};
    const struct column_view v = {.type = &t, .data = &values};
    const struct encode_settings s = {.zone = tz_utc()};
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct chunk_view chunk = {.nrows = ROWS, .ncolumns = 1, .columns = &v};
        struct encoder *enc = NULL;
        struct row_batch b;
        struct err e;
        size_t row = 0;
        err_init(&e);
        row_batch_init(&b);
        alloc_fail_nth(nth);
        int st = encoder_new(&enc, types, 1, NULL, &s, &e);
        if (st == ST_OK)
            st = encode_rows(enc, &chunk, &row, UINT64_MAX, ROW_BATCH_MAX, &b, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        row_batch_release(&b);
        encoder_free(enc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(decimals),
                                       cmocka_unit_test(edges), cmocka_unit_test(strings),
                                       cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
