/* Which type of PostgreSQL's stands for which of the engine's, with what pg_type of PostgreSQL 15 says about
 * it, and what is decided about a column's cells. */
#include "encode/describe.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "encode/encode_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct encode_settings settings = {.extra_float_digits = 1}, escaping = {.bytea_escape = true};

/* oid and typlen of the type, oid of its array; op, and the longest value in bytes (0: no bound), in text and
 * in binary. */
static const struct {
    enum engine_type type;
    const char *alias;
    uint32_t oid, array_oid;
    int16_t size;
    enum cell_op text, binary;
    uint32_t text_bytes, binary_bytes;
} types[] = {
    {ENGINE_BOOL, NULL, 16, 1000, 1, T_BOOL, B_BOOL, 1, 1},
    {ENGINE_INT8, NULL, 21, 1005, 2, T_INT8, B_INT8, 6, 2},
    {ENGINE_INT16, NULL, 21, 1005, 2, T_INT16, B_INT16, 6, 2},
    {ENGINE_INT32, NULL, 23, 1007, 4, T_INT32, B_INT32, 11, 4},
    {ENGINE_INT32, "pg_oid", 26, 1028, 4, T_INT32, B_INT32, 11, 4},
    {ENGINE_INT32, "other", 23, 1007, 4, T_INT32, B_INT32, 11, 4},
    {ENGINE_INT64, NULL, 20, 1016, 8, T_INT64, B_INT64, 20, 8},
    {ENGINE_UINT8, NULL, 21, 1005, 2, T_UINT8, B_UINT8, 6, 2},
    {ENGINE_UINT16, NULL, 23, 1007, 4, T_UINT16, B_UINT16, 11, 4},
    {ENGINE_UINT32, NULL, 20, 1016, 8, T_UINT32, B_UINT32, 20, 8},
    {ENGINE_UINT64, NULL, 1700, 1231, -1, T_UINT64, B_UINT64, 20, 32},
    {ENGINE_INT128, NULL, 1700, 1231, -1, T_INT128, B_INT128, 40, 32},
    {ENGINE_UINT128, NULL, 1700, 1231, -1, T_UINT128, B_UINT128, 40, 32},
    {ENGINE_BIGNUM, NULL, 1700, 1231, -1, S_BIGNUM, S_BIGNUM_BINARY, 0, 0},
    {ENGINE_FLOAT, NULL, 700, 1021, 4, T_FLOAT, B_FLOAT, 40, 4},
    {ENGINE_DOUBLE, NULL, 701, 1022, 8, T_DOUBLE, B_DOUBLE, 40, 8},
    {ENGINE_VARCHAR, NULL, 25, 1009, -1, C_STRING, C_STRING, 0, 0},
    {ENGINE_VARCHAR, "JSON", 114, 199, -1, C_STRING, C_STRING, 0, 0},
    {ENGINE_VARCHAR, "INET", 25, 1009, -1, C_STRING, C_STRING, 0, 0},
    {ENGINE_BLOB, NULL, 17, 1001, -1, T_BYTES_HEX, B_BYTES, 0, 0},
    {ENGINE_GEOMETRY, NULL, 17, 1001, -1, T_BYTES_HEX, B_BYTES, 0, 0},
    {ENGINE_BIT, NULL, 1562, 1563, -1, S_BIT, B_BIT, 0, 0},
    {ENGINE_DATE, NULL, 1082, 1182, 4, T_DATE, B_DATE, 24, 4},
    {ENGINE_TIME, NULL, 1083, 1183, 8, T_TIME, B_TIME, 16, 8},
    {ENGINE_TIME_NS, NULL, 1083, 1183, 8, T_TIME_NS, B_TIME_NS, 16, 8},
    {ENGINE_TIME_TZ, NULL, 1266, 1270, 12, T_TIMETZ, B_TIMETZ, 32, 12},
    {ENGINE_TIMESTAMP, NULL, 1114, 1115, 8, T_TIMESTAMP, B_TIMESTAMP, 48, 8},
    {ENGINE_TIMESTAMP_S, NULL, 1114, 1115, 8, T_TIMESTAMP, B_TIMESTAMP, 48, 8},
    {ENGINE_TIMESTAMP_MS, NULL, 1114, 1115, 8, T_TIMESTAMP, B_TIMESTAMP, 48, 8},
    {ENGINE_TIMESTAMP_NS, NULL, 1114, 1115, 8, T_TIMESTAMP, B_TIMESTAMP, 48, 8},
    {ENGINE_TIMESTAMP_TZ, NULL, 1184, 1185, 8, T_TIMESTAMPTZ, B_TIMESTAMP, 48, 8},
    {ENGINE_INTERVAL, NULL, 1186, 1187, 16, T_INTERVAL, B_INTERVAL, 128, 16},
    {ENGINE_UUID, NULL, 2950, 2951, 16, T_UUID, B_UUID, 36, 16},
    {ENGINE_ENUM, NULL, 0x4fd0bfc1, 0x5fd0bfc1, 4, C_ENUM, C_ENUM, 0, 0}, /* by its labels: none */
    {ENGINE_STRUCT, NULL, 114, 199, -1, S_JSON, S_JSON, 0, 0}, /* PostgreSQL has no anonymous ones */
    {ENGINE_MAP, NULL, 114, 199, -1, S_JSON, S_JSON, 0, 0},
    {ENGINE_UNION, NULL, 114, 199, -1, S_JSON, S_JSON, 0, 0},
    {ENGINE_OTHER, NULL, 25, 1009, -1, C_STRING, C_STRING, 0, 0},
    {ENGINE_NULL, NULL, 25, 1009, -1, CELL_NULL, CELL_NULL, 1, 1},
};

/* Lists and fixed arrays around a type, as many as there are levels. */
enum { LEVELS = 3 };

static const struct engine_column_type *wrapped(struct engine_column_type levels[static LEVELS],
                                                const struct engine_column_type *element, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        levels[i] = (struct engine_column_type){.type = i % 2 ? ENGINE_ARRAY : ENGINE_LIST,
                                                .array_size = i % 2 ? 2 : 0,
                                                .nchildren = 1,
                                                .children = element};
        element = &levels[i];
    }
    return element;
}

static void every_type_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (unsigned n = 0; n <= LEVELS; n++) {
            const struct engine_column_type type = {.type = types[i].type, .alias = types[i].alias};
            struct engine_column_type levels[LEVELS];
            struct column_desc d;
            encode_describe(wrapped(levels, &type, n), &d);
            assert_int_equal(d.type_oid, n ? types[i].array_oid : types[i].oid);
            assert_int_equal(d.type_size, n ? -1 : types[i].size);
            assert_int_equal(d.typmod, -1);
        }
}

/* pg_attribute.atttypmod of columns numeric(width,scale) and numeric(width,scale)[]. */
static void decimals_have_a_typmod(void **state)
{
    static const struct {
        uint8_t width, scale;
        int32_t typmod;
        uint8_t stored;
    } cases[] = {
        {1, 0, 65540, 2},     {4, 4, 262152, 2},    {5, 0, 327684, 4},
        {9, 9, 589837, 4},    {10, 2, 655366, 8},   {18, 3, 1179655, 8},
        {19, 0, 1245188, 16}, {38, 0, 2490372, 16}, {38, 38, 2490410, 16},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {
            .type = ENGINE_DECIMAL, .width = cases[i].width, .scale = cases[i].scale};
        struct engine_column_type levels[LEVELS];
        struct column_desc d;
        struct cell c;
        struct err e;
        for (unsigned n = 0; n <= LEVELS; n++) {
            encode_describe(wrapped(levels, &type, n), &d);
            assert_int_equal(d.type_oid, n ? 1231 : 1700);
            assert_int_equal(d.typmod, cases[i].typmod);
        }
        assert_int_equal(cell_init(&c, &type, 0, &settings, NULL, &e), ST_OK);
        assert_int_equal(c.stored, cases[i].stored);
        assert_int_equal(c.scale, cases[i].scale);
        assert_int_equal(c.op, T_DECIMAL);
        assert_int_equal(c.bound, 4 + 43);
    }
}

static void every_type_has_a_cell(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (int16_t format = 0; format < 2; format++) {
            const struct engine_column_type type = {.type = types[i].type, .alias = types[i].alias};
            uint32_t bytes = format ? types[i].binary_bytes : types[i].text_bytes;
            struct cell c;
            struct err e;
            assert_int_equal(cell_init(&c, &type, format, &settings, NULL, &e), ST_OK);
            assert_int_equal(c.op, format ? types[i].binary : types[i].text);
            assert_int_equal(c.bound, bytes ? 4 + bytes : 0);
            assert_int_equal(c.oid, types[i].oid);
            assert_int_equal(c.ndims, 0);
            assert_null(c.element);
            assert_ptr_equal(c.type, &type);
            assert_int_equal(cell_init(&c, &type, format, &escaping, NULL, &e), ST_OK);
            assert_int_equal(c.op, types[i].text == T_BYTES_HEX && !format ? T_BYTES_ESCAPE
                                   : format                                ? types[i].binary
                                                                           : types[i].text);
        }
}

/* An array's element has the array's format, but for json, whose binary form is its text. */
static void arrays_have_a_cell_of_their_element(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < COUNT(types); i++)
        for (int16_t format = 0; format < 2; format++)
            for (unsigned n = 1; n <= LEVELS; n++) {
                const struct engine_column_type type = {.type = types[i].type, .alias = types[i].alias};
                struct engine_column_type levels[LEVELS];
                struct cell c;
                struct err e;
                const struct engine_column_type *list = wrapped(levels, &type, n);
                assert_int_equal(cell_init(&c, list, format, &settings, &arena, &e), ST_OK);
                assert_int_equal(c.op, format ? S_ARRAY_BINARY : S_ARRAY);
                assert_int_equal(c.ndims, n);
                assert_int_equal(c.bound, 0);
                assert_int_equal(c.oid, types[i].oid);
                assert_non_null(c.element);
                assert_int_equal(c.element->op, format ? types[i].binary : types[i].text);
                assert_ptr_equal(c.element->type, &type);
            }
    arena_release(&arena);
}

static void units_of_timestamps(void **state)
{
    static const struct {
        enum engine_type type;
        int64_t mul, div;
    } cases[] = {
        {ENGINE_TIMESTAMP_S, 1000000, 1}, {ENGINE_TIMESTAMP_MS, 1000, 1}, {ENGINE_TIMESTAMP, 1, 1},
        {ENGINE_TIMESTAMP_NS, 1, 1000},   {ENGINE_TIMESTAMP_TZ, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {.type = cases[i].type};
        struct cell c;
        struct err e;
        assert_int_equal(cell_init(&c, &type, 1, &settings, NULL, &e), ST_OK);
        assert_int_equal(c.to_micros_mul, cases[i].mul);
        assert_int_equal(c.to_micros_div, cases[i].div);
    }
}

/* The element's cell is the one thing that takes memory; without it: 53200. */
static void every_allocation_fails_once(void **state)
{
    static const struct engine_column_type text = {.type = ENGINE_VARCHAR};
    struct engine_column_type levels[LEVELS];
    const struct engine_column_type *list = wrapped(levels, &text, LEVELS);
    unsigned failures = 0;
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena arena;
        struct cell c;
        struct err e;
        err_init(&e);
        arena_init(&arena, 1 << 20);
        alloc_fail_nth(nth);
        int st = cell_init(&c, list, 0, &settings, &arena, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        assert_string_equal(sqlstate_code(e.code), more ? "53200" : "00000");
        arena_release(&arena);
    }
    assert_int_equal(failures, 1);
    struct arena tiny;
    struct cell c;
    struct err e;
    err_init(&e);
    arena_init(&tiny, 1); /* beyond an arena's bound it is the same */
    assert_int_equal(cell_init(&c, list, 1, &settings, &tiny, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "53200");
    arena_release(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_described), cmocka_unit_test(decimals_have_a_typmod),
        cmocka_unit_test(every_type_has_a_cell),   cmocka_unit_test(arrays_have_a_cell_of_their_element),
        cmocka_unit_test(units_of_timestamps),     cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
