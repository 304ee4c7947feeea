/* Ranges and multiranges from text to their bytes and back to text and binary. What stands on the right was printed
 * by PostgreSQL 15, but that a numeric has no zeros at its end here. */
#include "encode/range.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "pgtype/oid.h"
#include "pgtype/range.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 1 << 20, SHOWN_MAX = 8192 };

/* The text of what was read, or the error, and in *binary the binary form, read and printed again. */
static int shown(uint32_t oid, int16_t format, const void *in, size_t n, char *out, size_t size)
{
    struct arena a;
    struct buf b;
    struct err e;
    struct pg_value v;
    err_init(&e);
    arena_init(&a, MEMORY);
    buf_init(&b, MEMORY);
    int st = pg_value_decode(&a, oid, format, in, (int32_t)n, tz_utc(), &v, &e);
    if (st == ST_OK)
        st = range_text(&b, oid, v.v.text, tz_utc(), &e);
    if (st == ST_OK)
        (void)snprintf(out, size, "%.*s", (int)b.len, (const char *)b.data);
    else
        (void)snprintf(out, size, "%s %s%s%s", sqlstate_code(e.code), e.message, e.detail[0] ? " | " : "",
                       e.detail);
    if (st == ST_OK && format == 0) { /* and once more, by way of binary */
        char again[SHOWN_MAX];
        buf_clear(&b);
        assert_int_equal(range_binary(&b, oid, v.v.text, &e), ST_OK);
        assert_int_equal(shown(oid, 1, b.data, b.len, again, sizeof again), ST_OK);
        assert_string_equal(again, out);
    }
    buf_release(&b);
    arena_release(&a);
    return st;
}

static void assert_shown(uint32_t oid, const char *in, const char *want)
{
    char got[SHOWN_MAX];
    (void)shown(oid, 0, in, strlen(in), got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%s gives %s, wants %s", in, got, want);
}

static void integers(void **state)
{
    static const char *const cases[][2] = {
        {"[1,5)", "[1,5)"},
        {"[1,5]", "[1,6)"},
        {"(1,5]", "[2,6)"},
        {" [ 1 , 5 ) ", "[1,5)"},
        {"(1,2)", "empty"},
        {"[1,1)", "empty"},
        {" EMPTY ", "empty"},
        {"(,)", "(,)"},
        {"[,5]", "(,6)"},
        {"[-2147483648,]", "[-2147483648,)"},
        {"[\"1\",\\2)", "[1,2)"},
        {"[1,2147483647]", "22003 integer out of range"},
        {"[5,1)", "22000 range lower bound must be less than or equal to range upper bound"},
        {"[1,x)", "22P02 invalid input syntax for type integer: \"x\""},
        {"[1,2", "22P02 malformed range literal: \"[1,2\" | Unexpected end of input."},
        {"[1,\\", "22P02 malformed range literal: \"[1,\\\" | Unexpected end of input."},
        {"1,2)", "22P02 malformed range literal: \"1,2)\" | Missing left parenthesis or bracket."},
        {"", "22P02 malformed range literal: \"\" | Missing left parenthesis or bracket."},
        {"[1)", "22P02 malformed range literal: \"[1)\" | Missing comma after lower bound."},
        {"[1,2,3)", "22P02 malformed range literal: \"[1,2,3)\" | Too many commas."},
        {"[1,2) x", "22P02 malformed range literal: \"[1,2) x\" | Junk after right parenthesis or bracket."},
        {"empty x", "22P02 malformed range literal: \"empty x\" | Junk after \"empty\" key word."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_shown(PGTYPE_INT4RANGE, cases[i][0], cases[i][1]);
}

static void other_bounds(void **state)
{
    (void)state;
    assert_shown(PGTYPE_INT8RANGE, "[-9223372036854775808,9223372036854775807)",
                 "[-9223372036854775808,9223372036854775807)");
    assert_shown(PGTYPE_INT8RANGE, "[1,9223372036854775807]", "22003 bigint out of range");
    assert_shown(PGTYPE_NUMRANGE, "(-12345.678900,0.00001200]", "(-12345.6789,0.000012]");
    assert_shown(PGTYPE_NUMRANGE, "[-Infinity,NaN)", "[-Infinity,NaN)");
    assert_shown(PGTYPE_NUMRANGE, "[0,1e30)", "[0,1000000000000000000000000000000)");
    assert_shown(PGTYPE_NUMRANGE, "[1.0,1)", "empty");
    assert_shown(PGTYPE_NUMRANGE, "[-1,-2)",
                 "22000 range lower bound must be less than or equal to range upper bound");
    assert_shown(PGTYPE_DATERANGE, "[2020-02-28,2020-02-29]", "[2020-02-28,2020-03-01)");
    assert_shown(PGTYPE_DATERANGE, "(-infinity,infinity]", "(-infinity,infinity]");
    assert_shown(PGTYPE_DATERANGE, "[5874897-12-31,5874897-12-31]", "22008 date out of range");
    assert_shown(PGTYPE_DATERANGE, "[0044-03-15 BC,)", "[\"0044-03-15 BC\",)");
    assert_shown(PGTYPE_TSRANGE, "[2020-01-01,\"2020-01-02 10:00:00.5\"]",
                 "[\"2020-01-01 00:00:00\",\"2020-01-02 10:00:00.5\"]");
    assert_shown(PGTYPE_TSTZRANGE, "[2020-01-01 10:00+02,infinity)", "[\"2020-01-01 08:00:00+00\",infinity)");
}

static void multiranges(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "{}"},
        {" { } ", "{}"},
        {"{empty, EMPTY}", "{}"},
        {"{[5,7), [1,2]}", "{[1,3),[5,7)}"},
        {"{[1,3),[3,4),[9,)}", "{[1,4),[9,)}"},
        {"{(,3),[2,9]}", "{(,10)}"},
        {"[1,2)", "22P02 malformed multirange literal: \"[1,2)\" | Missing left brace."},
        {"{[1,2)", "22P02 malformed multirange literal: \"{[1,2)\" | Unexpected end of input."},
        {"{[1,2),}", "22P02 malformed multirange literal: \"{[1,2),}\" | Expected range start."},
        {"{[1,2)[3,4)}",
         "22P02 malformed multirange literal: \"{[1,2)[3,4)}\" | Expected comma or end of multirange."},
        {"{} x", "22P02 malformed multirange literal: \"{} x\" | Junk after closing right brace."},
        {"{[4,2)}", "22000 range lower bound must be less than or equal to range upper bound"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_shown(PGTYPE_INT4MULTIRANGE, cases[i][0], cases[i][1]);
    assert_shown(PGTYPE_NUMMULTIRANGE, "{(1,2),[2,3],(3,4)}", "{(1,4)}");
    assert_shown(PGTYPE_NUMMULTIRANGE, "{(1,2),(2,3)}", "{(1,2),(2,3)}");
}

static void assert_binary(uint32_t oid, const char *hex, const char *want)
{
    uint8_t in[256];
    size_t n = strlen(hex) / 2;
    char got[SHOWN_MAX];
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1]};
        in[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    (void)shown(oid, 1, in, n, got, sizeof got);
    assert_string_equal(got, want);
}

static void binary(void **state)
{
    (void)state;
    assert_binary(PGTYPE_INT4RANGE,
                  "02000000040000000100000004"
                  "00000005",
                  "[1,5)");
    assert_binary(PGTYPE_INT4RANGE,
                  "06000000040000000100000004"
                  "00000005",
                  "[1,6)");
    assert_binary(PGTYPE_INT4RANGE, "01", "empty");
    assert_binary(PGTYPE_INT4RANGE, "18", "(,)");
    assert_binary(PGTYPE_INT4RANGE, "1e", "(,)");
    assert_binary(PGTYPE_INT4RANGE, "", "08P01 no data left in message");
    assert_binary(PGTYPE_INT4RANGE, "02", "08P01 insufficient data left in message");
    assert_binary(PGTYPE_INT4RANGE, "02ffffffff", "08P01 insufficient data left in message");
    assert_binary(PGTYPE_INT4RANGE, "0100", "22P03 incorrect binary data format for type int4range");
    assert_binary(PGTYPE_INT4MULTIRANGE,
                  "00000001000000"
                  "0118",
                  "{(,)}");
    assert_binary(PGTYPE_INT4MULTIRANGE, "00000000", "{}");
    assert_binary(PGTYPE_INT4MULTIRANGE, "ffffffff", "08P01 insufficient data left in message");
    assert_binary(PGTYPE_INT4MULTIRANGE, "0000000000",
                  "22P03 incorrect binary data format for type int4multirange");
}

/* Bytes that are no range are an error, wherever they end. */
static void damaged_bytes(void **state)
{
    static const uint8_t good[] = {1, 1, 0x80, 0, 0, 1, 0, 1, 0x80, 0, 0, 5, 0};
    struct buf b;
    struct err e;
    (void)state;
    buf_init(&b, MEMORY);
    for (size_t n = 0; n <= sizeof good + 1; n++) {
        uint8_t *bytes = calloc(n ? n : 1, 1); /* of just that length */
        assert_non_null(bytes);
        memcpy(bytes, good, n < sizeof good ? n : sizeof good);
        err_init(&e);
        int st = range_text(&b, PGTYPE_INT4RANGE, (struct str){(const char *)bytes, n}, tz_utc(), &e);
        assert_int_equal(st, n == sizeof good ? ST_OK : ST_ERR);
        free(bytes);
    }
    buf_release(&b);
}

static void each_allocation_fails(void **state)
{
    static const char text[] = "{[1,5],[7,9],(11,)}";
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct pg_value v;
        struct err e;
        err_init(&e);
        arena_init(&a, MEMORY);
        alloc_fail_nth(nth);
        int st = pg_value_decode(&a, PGTYPE_INT4MULTIRANGE, 0, (const uint8_t *)text, sizeof text - 1,
                                 tz_utc(), &v, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers), cmocka_unit_test(other_bounds),  cmocka_unit_test(multiranges),
        cmocka_unit_test(binary),   cmocka_unit_test(damaged_bytes), cmocka_unit_test(each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
