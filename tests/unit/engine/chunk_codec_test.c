#include "engine/chunk_codec.h"

#include "base/alloc.h"
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SEGMENT_MAX = 64 * 1024 * 1024 };

static struct engine *engine;
static struct engine_conn *conn;
static struct err err;
static struct buf segment;

/* Every type, with nulls here and there. */
static const char all_types[] =
    "select i % 3 = 0, (i % 100)::tinyint, i::smallint, i::int, if(i % 7 = 0, null, i) big, (i % "
    "200)::utinyint, i::usmallint, i::uinteger, i::ubigint, i::hugeint * 1000000000000000000000 "
    "huge, i::uhugeint, i::float, i / 3 dbl, (i % 100)::decimal(4, 1), i::decimal(9, 2), "
    "i::decimal(18, 3), i::decimal(38, 4), if(i % 5 = 0, null, repeat('x' || i, (i % 4)::int)) s, "
    "'a string too long for a slot ' || i l, repeat('e', (i % 40)::int) lengths, encode('blob ' "
    "|| i || repeat('b', 20)), bitstring('0101', (10 + i % 200)::int), (i::varchar || repeat('1', "
    "(i % 30)::int))::bignum, date '2000-01-01' + i::int, time '10:00' + to_seconds(i), "
    "'10:00:00+01'::timetz, '2020-01-01'::timestamp_s, '2020-01-01'::timestamp_ms, timestamp "
    "'2020-01-01' + to_minutes(i), '2020-01-01 00:00:00.123456789'::timestamp_ns, timestamptz "
    "'2020-01-01 00:00:00+00' + to_minutes(i), to_days(i::int), uuid(), (case i % 3 when 0 then "
    "'sad' when 1 then 'ok' end)::mood, null, json_object('n', i, 't', repeat('j', 9)), if(i % 4 "
    "= 0, null, range(i % 5)) li, list_transform(range(i % 4), x -> 'element ' || x || ' of ' || "
    "i) ls, list_transform(range(i % 3), x -> if(x = 1, null, range(x + i % 2))) ll, [i, null, i "
    "+ 1]::bigint[3] ai, if(i % 6 = 0, null, '[a' || i || ', an array element ' || i || "
    "']')::varchar[2] av, if(i % 9 = 0, null, {'a': i, 'b': 'a member of a struct ' || i, 'c': "
    "{'d': [i, i]}}) st, map {'key ' || i: i, 'a long key of a map ' || i: null} m, if(i % 8 = 0, "
    "null, if(i % 2 = 0, union_value(num := i)::union(num bigint, txt varchar), union_value(txt "
    ":= 'a member of a union ' || i)::union(num bigint, txt varchar))) u, list_transform(range(i "
    "% 3), x -> [{'k': x, 'v': ['deep ' || i || ' in arrays']}]) deep from range(3000) t(i)";

static struct engine_result *query(const char *sql)
{
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    err_init(&err);
    if (engine_prepare(conn, str_of(sql), &st, &err) != ST_OK ||
        engine_run(st, ENGINE_STREAM, NULL, &r, &err) != ST_OK)
        fail_msg("%s", err.message);
    engine_stmt_free(st);
    return r;
}

static struct chunk_decoder *decoder_of(const struct engine_result *r)
{
    const struct engine_result_info *info = engine_result_info(r);
    struct chunk_decoder *d = NULL;
    err_init(&err);
    assert_int_equal(chunk_decoder_new(&d, info->types, info->ncolumns, &err), ST_OK);
    return d;
}

/* ---- equality by value ---- */

static size_t width_of(const struct engine_column_type *t)
{
    static const uint8_t widths[ENGINE_OTHER + 1] = {
        [ENGINE_BOOL] = 1,         [ENGINE_INT8] = 1,      [ENGINE_INT16] = 2,
        [ENGINE_INT32] = 4,        [ENGINE_INT64] = 8,     [ENGINE_UINT8] = 1,
        [ENGINE_UINT16] = 2,       [ENGINE_UINT32] = 4,    [ENGINE_UINT64] = 8,
        [ENGINE_INT128] = 16,      [ENGINE_UINT128] = 16,  [ENGINE_FLOAT] = 4,
        [ENGINE_DOUBLE] = 8,       [ENGINE_DATE] = 4,      [ENGINE_TIME] = 8,
        [ENGINE_TIME_NS] = 8,      [ENGINE_TIME_TZ] = 8,   [ENGINE_TIMESTAMP_S] = 8,
        [ENGINE_TIMESTAMP_MS] = 8, [ENGINE_TIMESTAMP] = 8, [ENGINE_TIMESTAMP_NS] = 8,
        [ENGINE_TIMESTAMP_TZ] = 8, [ENGINE_INTERVAL] = 16, [ENGINE_UUID] = 16,
    };
    if (t->type == ENGINE_DECIMAL)
        return t->width <= 4 ? 2 : t->width <= 9 ? 4 : t->width <= 18 ? 8 : 16;
    return t->type == ENGINE_ENUM ? t->enum_bytes : widths[t->type];
}

static bool same(const struct column_view *a, size_t i, const struct column_view *b, size_t k);

static bool same_range(const struct column_view *a, uint64_t i, const struct column_view *b, uint64_t k,
                       uint64_t n)
{
    for (uint64_t j = 0; j < n; j++)
        if (!same(a, i + j, b, k + j))
            return false;
    return true;
}

static bool same(const struct column_view *a, size_t i, const struct column_view *b, size_t k)
{
    const struct engine_column_type *t = a->type;
    if (column_view_valid(a, i) != column_view_valid(b, k) || t->type != b->type->type)
        return false;
    if (!column_view_valid(a, i) || t->type == ENGINE_NULL)
        return true;
    const struct engine_string *s = a->data, *z = b->data;
    const struct engine_list_entry *l = a->data, *m = b->data;
    switch (t->type) {
    case ENGINE_VARCHAR:
    case ENGINE_BLOB:
    case ENGINE_BIT:
    case ENGINE_BIGNUM:
    case ENGINE_GEOMETRY:
        return s[i].len == z[k].len &&
               memcmp(engine_string_data(&s[i]), engine_string_data(&z[k]), s[i].len) == 0;
    case ENGINE_LIST:
    case ENGINE_MAP:
        return l[i].length == m[k].length &&
               same_range(a->children, l[i].offset, b->children, m[k].offset, l[i].length);
    case ENGINE_ARRAY:
        return same_range(a->children, i * t->array_size, b->children, k * t->array_size, t->array_size);
    case ENGINE_STRUCT:
    case ENGINE_UNION:
        for (size_t c = 0; c < a->nchildren; c++)
            if (!same(&a->children[c], i, &b->children[c], k))
                return false;
        return true;
    default: {
        size_t width = width_of(t);
        assert_true(width > 0);
        return memcmp((const char *)a->data + i * width, (const char *)b->data + k * width, width) == 0;
    }
    }
}

static void assert_comes_back(struct chunk_decoder *d, const struct chunk_view *c, size_t from, size_t to)
{
    const struct chunk_view *back = NULL;
    err_init(&err);
    buf_clear(&segment);
    assert_int_equal(chunk_encode(c, from, to, &segment, &err), ST_OK);
    if (chunk_decode(d, segment.data, segment.len, &back, &err) != ST_OK)
        fail_msg("%s %s", err.message, err.detail);
    assert_int_equal(back->nrows, to - from);
    assert_int_equal(back->ncolumns, c->ncolumns);
    for (size_t i = 0; i < c->ncolumns; i++)
        if (!same_range(&c->columns[i], from, &back->columns[i], 0, to - from))
            fail_msg("column %zu, rows %zu to %zu", i, from, to);
}

/* ---- tests ---- */

static void test_every_type_comes_back(void **state)
{
    (void)state;
    struct engine_result *r = query(all_types);
    struct chunk_decoder *d = decoder_of(r);
    const struct chunk_view *c;
    size_t rows = 0;
    bool types[ENGINE_OTHER] = {false};
    for (size_t i = 0; i < engine_result_info(r)->ncolumns; i++)
        types[engine_result_info(r)->types[i]->type] = true;
    for (size_t i = ENGINE_BOOL; i < ENGINE_OTHER; i++)
        if (i != ENGINE_TIME_NS && i != ENGINE_GEOMETRY && !types[i])
            fail_msg("type %zu is not in the query", i);
    while (engine_result_next(r, &c, &err) == ST_OK) {
        size_t n = c->nrows;
        const size_t ranges[][2] = {{0, n},  {0, 0},   {n, n},    {0, 1}, {n - 1, n},
                                    {3, 67}, {63, 65}, {64, 128}, {1, n}};
        for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
            assert_comes_back(d, c, ranges[i][0], ranges[i][1]);
        assert_true(chunk_encoded_size(c, 0, n) >= segment.len);
        rows += n;
    }
    assert_false(err_is_set(&err));
    assert_int_equal(rows, 3000);
    chunk_decoder_free(d);
    engine_result_free(r);
}

static void test_lists_of_sorted_and_filtered_rows(void **state)
{
    (void)state;
    const char *const queries[] = {
        "select * from (select i, range(i % 20) l, [['list ' || i || ' of a list', null], []] n "
        "from range(20000) t(i)) where i % 13 = 0 order by hash(i)",
        "select a.l, b.l, a.i from (select i, list_transform(range(i % 9), x -> 'element number ' || x) l "
        "from range(300) t(i)) a join (select i, map {i: [i]} l from range(5) t(i)) b on a.i % 5 = b.i",
        "select [1, 2, 3], ['a constant that is long', null], {'a': ['b', 'c']} from range(5000)",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct engine_result *r = query(queries[i]);
        struct chunk_decoder *d = decoder_of(r);
        const struct chunk_view *c;
        while (engine_result_next(r, &c, &err) == ST_OK) {
            assert_comes_back(d, c, 0, c->nrows);
            assert_comes_back(d, c, c->nrows / 3, c->nrows / 2);
        }
        assert_false(err_is_set(&err));
        chunk_decoder_free(d);
        engine_result_free(r);
    }
}

static struct engine_string text(const char *s)
{
    struct engine_string z = {.len = (uint32_t)strlen(s)};
    if (z.len <= sizeof z.value.inlined) {
        memcpy(z.value.inlined, s, z.len);
    } else {
        memcpy(z.value.pointer.prefix, s, sizeof z.value.pointer.prefix);
        z.value.pointer.ptr = s;
    }
    return z;
}

static const struct engine_column_type varchar = {.type = ENGINE_VARCHAR};
static const struct engine_column_type varchars = {.type = ENGINE_LIST, .nchildren = 1, .children = &varchar};
static const struct engine_column_type pairs = {
    .type = ENGINE_ARRAY, .array_size = 2, .nchildren = 1, .children = &varchars};
static const struct engine_column_type pair_list = {.type = ENGINE_LIST, .nchildren = 1, .children = &pairs};

/* What no list points at, or has no value, is never looked at: it holds wild pointers. */
static void test_gaps_and_nulls_are_not_read(void **state)
{
    (void)state;
    struct engine_string strings[8];
    memset(strings, 0xEE, sizeof strings);
    strings[1] = text("one, which is long");
    strings[5] = text("five, which is longer");
    strings[6] = text("six");
    const struct engine_list_entry inner[] = {{5, 2}, {UINT64_MAX, UINT64_MAX}, {1, 1}, {5, 1}};
    const struct engine_list_entry outer[] = {{1, 1}, {UINT64_MAX / 2, 7}, {0, 2}};
    const uint64_t string_bits = 0xE2, inner_bits = 0xD, outer_bits = 0x5;
    const struct column_view leaf = {&varchar, strings, &string_bits, 0, NULL};
    const struct column_view lists = {&varchars, inner, &inner_bits, 1, &leaf};
    const struct column_view arrays = {&pairs, NULL, NULL, 1, &lists};
    const struct column_view columns[] = {{&pair_list, outer, &outer_bits, 1, &arrays}};
    const struct chunk_view c = {3, 1, columns};
    const struct engine_column_type *types[] = {&pair_list};
    struct chunk_decoder *d = NULL;
    err_init(&err);
    assert_int_equal(chunk_decoder_new(&d, types, 1, &err), ST_OK);
    assert_comes_back(d, &c, 0, 3);
    assert_comes_back(d, &c, 0, 1);
    assert_comes_back(d, &c, 1, 3);
    chunk_decoder_free(d);
}

static void test_neighbours_share_their_bytes(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    static struct engine_string strings[ROWS];
    static char long_one[10000];
    memset(long_one, 'x', sizeof long_one - 1);
    for (size_t i = 0; i < ROWS; i++)
        strings[i] = text(i == ROWS / 2 ? "another string" : long_one);
    strings[7].len -= 1; /* a piece of it: another string at the same place */
    strings[8].len += 1; /* with its NUL */
    const struct column_view columns[] = {{&varchar, strings, NULL, 0, NULL}};
    const struct chunk_view c = {ROWS, 1, columns};
    const struct engine_column_type *types[] = {&varchar};
    struct chunk_decoder *d = NULL;
    err_init(&err);
    assert_int_equal(chunk_decoder_new(&d, types, 1, &err), ST_OK);
    assert_comes_back(d, &c, 0, ROWS);
    assert_true(segment.len < 6 * sizeof long_one + sizeof strings);
    assert_int_equal(segment.len, chunk_encoded_size(&c, 0, ROWS));
    chunk_decoder_free(d);
}

static void test_rows_within_a_size(void **state)
{
    (void)state;
    struct engine_result *r = query("select i, repeat('x', 1000) || i from range(2048) t(i)");
    const struct chunk_view *c;
    assert_int_equal(engine_result_next(r, &c, &err), ST_OK);
    assert_int_equal(chunk_rows_within(c, 0, c->nrows, SIZE_MAX), c->nrows);
    assert_int_equal(chunk_rows_within(c, 0, c->nrows, 1), 1);
    assert_int_equal(chunk_rows_within(c, 7, 8, 1), 1);
    size_t n = chunk_rows_within(c, 5, c->nrows, 100 * 1024);
    assert_true(n >= 50 && n < 100);
    assert_true(chunk_encoded_size(c, 5, 5 + n) <= 100 * 1024);
    engine_result_free(r);
}

static void test_too_large_leaves_the_rest_alone(void **state)
{
    (void)state;
    struct engine_result *r = query("select i, repeat('x', 1000) || i from range(2048) t(i)");
    const struct chunk_view *c;
    struct buf small;
    assert_int_equal(engine_result_next(r, &c, &err), ST_OK);
    buf_init(&small, 64 * 1024);
    assert_int_equal(chunk_encode(c, 0, 10, &small, &err), ST_OK);
    size_t before = small.len;
    assert_int_equal(chunk_encode(c, 0, c->nrows, &small, &err), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "54000");
    assert_int_equal(small.len, before);
    err_init(&err);
    assert_int_equal(chunk_encode(c, 10, 20, &small, &err), ST_OK);
    assert_true(small.len > before);
    buf_release(&small);
    engine_result_free(r);
}

/* Each byte of a segment wrong in turn: an error or other values, never a read outside (ASan looks on). */
static void test_damage_is_an_error_or_other_values(void **state)
{
    (void)state;
    struct engine_result *r = query(all_types);
    struct chunk_decoder *d = decoder_of(r);
    const struct chunk_view *c, *back;
    unsigned refused = 0;
    assert_int_equal(engine_result_next(r, &c, &err), ST_OK);
    buf_clear(&segment);
    assert_int_equal(chunk_encode(c, 100, 110, &segment, &err), ST_OK);
    for (size_t i = 0; i < segment.len; i++) {
        err_init(&err);
        segment.data[i] ^= 0xA5;
        if (chunk_decode(d, segment.data, segment.len, &back, &err) == ST_OK) {
            for (size_t k = 0; k < back->ncolumns; k++)
                (void)same_range(&back->columns[k], 0, &back->columns[k], 0, back->nrows);
        } else {
            assert_string_equal(sqlstate_code(err.code), "XX001");
            refused++;
        }
        segment.data[i] ^= 0xA5;
    }
    assert_true(refused > segment.len / 20);
    for (size_t n = 0; n < segment.len; n++) {
        err_init(&err);
        assert_int_equal(chunk_decode(d, segment.data, n, &back, &err), ST_ERR);
        assert_string_equal(sqlstate_code(err.code), "XX001");
    }
    chunk_decoder_free(d);
    engine_result_free(r);
}

static void test_another_result_is_refused(void **state)
{
    (void)state;
    struct engine_result *a = query("select 1, 'x'"), *b = query("select 'x'"), *f = query("select 'x', 1");
    struct chunk_decoder *of_b = decoder_of(b), *of_f = decoder_of(f);
    const struct chunk_view *c, *back;
    buf_clear(&segment);
    engine_result_free(a);
    a = query("select 1, 'x'");
    assert_int_equal(engine_result_next(a, &c, &err), ST_OK);
    assert_int_equal(chunk_encode(c, 0, 1, &segment, &err), ST_OK);
    assert_int_equal(chunk_decode(of_b, segment.data, segment.len, &back, &err), ST_ERR);
    err_init(&err);
    assert_int_equal(chunk_decode(of_f, segment.data, segment.len, &back, &err), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "XX001");
    chunk_decoder_free(of_b);
    chunk_decoder_free(of_f);
    engine_result_free(a);
    engine_result_free(b);
    engine_result_free(f);
}

static int there_and_back(const struct engine_result_info *info, const struct chunk_view *c)
{
    struct buf out;
    struct chunk_decoder *d = NULL;
    const struct chunk_view *back;
    err_init(&err);
    buf_init(&out, SEGMENT_MAX);
    int st = chunk_encode(c, 0, 50, &out, &err);
    if (st == ST_OK)
        st = chunk_decoder_new(&d, info->types, info->ncolumns, &err);
    if (st == ST_OK)
        st = chunk_decode(d, out.data, out.len, &back, &err);
    chunk_decoder_free(d);
    buf_release(&out);
    return st;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    /* sorted: lists are gathered, which allocates */
    struct engine_result *r =
        query("select l, [['a long element ' || i, null]::varchar[2]] a, 'long enough ' || i s "
              "from (select i, [[i], [i, 1]] l from range(500) t(i)) order by hash(i)");
    const struct chunk_view *c;
    assert_int_equal(engine_result_next(r, &c, &err), ST_OK);
    for (unsigned nth = 1, more = 1; more; nth++) {
        alloc_fail_nth(nth);
        int st = there_and_back(engine_result_info(r), c);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_string_equal(sqlstate_code(err.code), "53200");
    }
    engine_result_free(r);
    chunk_decoder_free(NULL);
}

static int set_up(void **state)
{
    (void)state;
    const struct engine_options options = {.threads = 1};
    err_init(&err);
    buf_init(&segment, SEGMENT_MAX);
    if (engine_open(&engine, &options, &err) != ST_OK || engine_connect(engine, &conn, &err) != ST_OK ||
        engine_exec(conn, "create type mood as enum ('sad', 'ok', 'happy')", &err) != ST_OK) {
        print_error("%s\n", err.message);
        return 1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&segment);
    engine_disconnect(conn);
    engine_close(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_comes_back),
        cmocka_unit_test(test_lists_of_sorted_and_filtered_rows),
        cmocka_unit_test(test_gaps_and_nulls_are_not_read),
        cmocka_unit_test(test_neighbours_share_their_bytes),
        cmocka_unit_test(test_rows_within_a_size),
        cmocka_unit_test(test_too_large_leaves_the_rest_alone),
        cmocka_unit_test(test_damage_is_an_error_or_other_values),
        cmocka_unit_test(test_another_result_is_refused),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
