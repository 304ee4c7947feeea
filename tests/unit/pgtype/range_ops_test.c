/* Operators of multiranges of integers, each held against sets of a few integers as bits; and the order of bytes. */
#include "pgtype/range_ops.h"

#include "base/arena.h"
#include "pgtype/oid.h"
#include "pgtype/range_key.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BITS = 6, SETS = 1 << BITS, MEMORY = 1 << 24 };

static struct arena memory;

static struct str bytes_of(uint32_t oid, const char *text)
{
    struct pg_value v;
    struct err e;
    err_init(&e);
    assert_int_equal(
        pg_value_decode(&memory, oid, 0, (const uint8_t *)text, (int32_t)strlen(text), tz_utc(), &v, &e),
        ST_OK);
    return v.v.text;
}

static struct range_set set_of(unsigned bits)
{
    char text[16 * BITS] = "{";
    size_t n = 1;
    struct range_set s;
    struct err e;
    for (int i = 0; i < BITS; i++)
        if (bits >> i & 1)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s[%d,%d)", n > 1 ? "," : "", i, i + 1);
    text[n] = '}';
    text[n + 1] = '\0';
    err_init(&e);
    assert_int_equal(
        range_set_read(&memory, &range_types[0], true, bytes_of(PGTYPE_INT4MULTIRANGE, text), &s, &e), ST_OK);
    return s;
}

static unsigned bits_of(const struct range_set *s)
{
    unsigned bits = 0;
    for (size_t i = 0; i < s->n; i++) {
        int64_t from = range_key_int(s->items[i].lower.value), to = range_key_int(s->items[i].upper.value);
        assert_true(from < to && s->items[i].lower.inclusive && !s->items[i].upper.inclusive);
        for (; from < to; from++)
            bits |= 1U << from;
    }
    return bits;
}

static int lowest(unsigned bits)
{
    return __builtin_ctz(bits);
}

static int highest(unsigned bits)
{
    return 31 - __builtin_clz(bits);
}

static bool relation(enum range_relation how, unsigned a, unsigned b)
{
    if (how == RANGE_CONTAINS)
        return (a & b) == b;
    if (!a || !b)
        return false;
    switch (how) {
    case RANGE_CONTAINS: break;
    case RANGE_OVERLAPS: return a & b;
    case RANGE_BEFORE: return highest(a) < lowest(b);
    case RANGE_OVERLEFT: return highest(a) <= highest(b);
    case RANGE_OVERRIGHT: return lowest(a) >= lowest(b);
    case RANGE_ADJACENT: return highest(a) + 1 == lowest(b) || highest(b) + 1 == lowest(a);
    }
    return false;
}

static void operators_are_those_of_sets(void **state)
{
    (void)state;
    for (unsigned a = 0; a < SETS; a++)
        for (unsigned b = 0; b < SETS; b++) {
            struct err e;
            err_init(&e);
            arena_clear(&memory);
            struct range_set x = set_of(a), y = set_of(b), out;
            for (enum range_relation how = RANGE_CONTAINS; how <= RANGE_ADJACENT; how++)
                assert_int_equal(range_sets_relate(how, &x, &y), relation(how, a, b));
            assert_int_equal(range_sets_combine(RANGE_UNION, &memory, &x, &y, &out, &e), ST_OK);
            assert_int_equal(bits_of(&out), a | b);
            assert_int_equal(range_sets_combine(RANGE_INTERSECT, &memory, &x, &y, &out, &e), ST_OK);
            assert_int_equal(bits_of(&out), a & b);
            assert_int_equal(range_sets_combine(RANGE_MINUS, &memory, &x, &y, &out, &e), ST_OK);
            assert_int_equal(bits_of(&out), a & ~b);
        }
}

/* Each is less than the next, to PostgreSQL and by its bytes. */
static void bytes_are_in_the_order_of_values(void **state)
{
    static const char *const ranges[] = {
        "empty",     "(,-1)",    "(,1)",      "(,1]",      "(,)",         "[-Infinity,1)", "[-1e20,1)",
        "[-100.5,)", "[-100,0)", "[-99,0)",   "[-10,0)",   "[-9.5,0)",    "[-9,0)",        "[-0.01,0)",
        "[-0.001,)", "[0,0]",    "[0,0.001)", "[0,0.001]", "(0,0.001)",   "[0.001,)",      "[0.01,)",
        "[0.011,)",  "[1,2)",    "[1,2]",     "[1,)",      "(1,2)",       "[1.5,)",        "[9,)",
        "[10,)",     "[99,)",    "[100,)",    "[1e20,)",   "[Infinity,)", "[NaN,)"};
    (void)state;
    for (size_t i = 0; i + 1 < sizeof ranges / sizeof *ranges; i++) {
        struct str a = bytes_of(PGTYPE_NUMRANGE, ranges[i]), b = bytes_of(PGTYPE_NUMRANGE, ranges[i + 1]);
        int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
        if (c > 0 || (c == 0 && a.n >= b.n))
            fail_msg("%s is not before %s", ranges[i], ranges[i + 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_those_of_sets),
        cmocka_unit_test(bytes_are_in_the_order_of_values),
    };
    arena_init(&memory, MEMORY);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&memory);
    return failed;
}
