/* Geometric types, addresses, money and xml from text to their bytes and back to text and binary. What
 * stands on the right was printed by PostgreSQL 15; what it says of malformed xml is cut to its first
 * line. */
#include "encode/packed.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "pgtype/oid.h"
#include "pgtype/packed.h"
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

static const struct {
    uint32_t oid;
    const char *in, *out;
} cases[] = {
    {PGTYPE_POINT, "(1,2)", "(1,2)"},
    {PGTYPE_POINT, " ( 1 , 2 ) ", "(1,2)"},
    {PGTYPE_POINT, "1.5,-2e300", "(1.5,-2e+300)"},
    {PGTYPE_POINT, "nan,-inf", "(NaN,-Infinity)"},
    {PGTYPE_POINT, "(1,2", "22P02 invalid input syntax for type point: \"(1,2\""},
    {PGTYPE_POINT, "[1,2]", "22P02 invalid input syntax for type point: \"[1,2]\""},
    {PGTYPE_POINT, "(1e400,2)", "22003 \"1e400\" is out of range for type double precision"},
    {PGTYPE_POINT, "", "22P02 invalid input syntax for type point: \"\""},
    {PGTYPE_POINT, "(1,2)x", "22P02 invalid input syntax for type point: \"(1,2)x\""},
    {PGTYPE_LSEG, "[(1,2),(3,4)]", "[(1,2),(3,4)]"},
    {PGTYPE_LSEG, "((1,2),(3,4))", "[(1,2),(3,4)]"},
    {PGTYPE_LSEG, "1,2,3,4", "[(1,2),(3,4)]"},
    {PGTYPE_LSEG, "((1,2),(3,4", "22P02 invalid input syntax for type lseg: \"((1,2),(3,4\""},
    {PGTYPE_LSEG, "(1,2)", "22P02 invalid input syntax for type lseg: \"(1,2)\""},
    {PGTYPE_BOX, "(1,2),(3,4)", "(3,4),(1,2)"},
    {PGTYPE_BOX, "((4,1),(2,3))", "(4,3),(2,1)"},
    {PGTYPE_BOX, "1,2,0,0", "(1,2),(0,0)"},
    {PGTYPE_BOX, "[(1,2),(3,4)]", "22P02 invalid input syntax for type box: \"[(1,2),(3,4)]\""},
    {PGTYPE_PATH, "[(1,2),(3,4),(5,6)]", "[(1,2),(3,4),(5,6)]"},
    {PGTYPE_PATH, "((1,2),(3,4))", "((1,2),(3,4))"},
    {PGTYPE_PATH, "1,2,3,4", "((1,2),(3,4))"},
    {PGTYPE_PATH, "(1,2,3,4)", "((1,2),(3,4))"},
    {PGTYPE_PATH, "((1,2))", "((1,2))"},
    {PGTYPE_PATH, "(1,2)", "((1,2))"},
    {PGTYPE_PATH, "[(1,2)", "22P02 invalid input syntax for type path: \"[(1,2)\""},
    {PGTYPE_PATH, "1,2,3", "22P02 invalid input syntax for type path: \"1,2,3\""},
    {PGTYPE_PATH, "[(1,2)]x", "22P02 invalid input syntax for type path: \"[(1,2)]x\""},
    {PGTYPE_POLYGON, "((1,2),(3,4))", "((1,2),(3,4))"},
    {PGTYPE_POLYGON, "(1,2),(3,4)", "((1,2),(3,4))"},
    {PGTYPE_POLYGON, "(1,2)", "((1,2))"},
    {PGTYPE_POLYGON, "[(1,2)]", "22P02 invalid input syntax for type polygon: \"[(1,2)]\""},
    {PGTYPE_POLYGON, "", "22P02 invalid input syntax for type polygon: \"\""},
    {PGTYPE_LINE, "{1,2,3}", "{1,2,3}"},
    {PGTYPE_LINE, "[(0,0),(1,1)]", "{1,-1,0}"},
    {PGTYPE_LINE, "(0,0),(0,1)", "{-1,0,0}"},
    {PGTYPE_LINE, "0,5,1,5", "{0,-1,5}"},
    {PGTYPE_LINE, "{0,0,1}", "22P02 invalid line specification: A and B cannot both be zero"},
    {PGTYPE_LINE, "(1,1),(1,1)", "22P02 invalid line specification: must be two distinct points"},
    {PGTYPE_LINE, "{1,2}", "22P02 invalid input syntax for type line: \"{1,2}\""},
    {PGTYPE_CIRCLE, "<(1,2),3>", "<(1,2),3>"},
    {PGTYPE_CIRCLE, "((1,2),3)", "<(1,2),3>"},
    {PGTYPE_CIRCLE, "1,2,3", "<(1,2),3>"},
    {PGTYPE_CIRCLE, "<(1,2),-3>", "22P02 invalid input syntax for type circle: \"<(1,2),-3>\""},
    {PGTYPE_CIRCLE, "<(1,2),3", "22P02 invalid input syntax for type circle: \"<(1,2),3\""},
    {PGTYPE_INET, "10.0.0.1", "10.0.0.1"},
    {PGTYPE_INET, "10.0.0.1/8", "10.0.0.1/8"},
    {PGTYPE_INET, "10/8", "10.0.0.0/8"},
    {PGTYPE_INET, "::1", "::1"},
    {PGTYPE_INET, "fe80::1/64", "fe80::1/64"},
    {PGTYPE_INET, "::ffff:1.2.3.4", "::ffff:1.2.3.4"},
    {PGTYPE_INET, "10.0.0.256", "22P02 invalid input syntax for type inet: \"10.0.0.256\""},
    {PGTYPE_INET, "10.0.0.1/33", "22P02 invalid input syntax for type inet: \"10.0.0.1/33\""},
    {PGTYPE_INET, "10", "22P02 invalid input syntax for type inet: \"10\""},
    {PGTYPE_INET, "10.1/24", "22P02 invalid input syntax for type inet: \"10.1/24\""},
    {PGTYPE_INET, "1.2.3.4.5", "22P02 invalid input syntax for type inet: \"1.2.3.4.5\""},
    {PGTYPE_INET, "::1/129", "22P02 invalid input syntax for type inet: \"::1/129\""},
    {PGTYPE_INET, "x", "22P02 invalid input syntax for type inet: \"x\""},
    {PGTYPE_INET, "::", "::"},
    {PGTYPE_INET, "::1", "::1"},
    {PGTYPE_INET, "1::", "1::"},
    {PGTYPE_INET, "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {PGTYPE_INET, "1:0:0:4:0:0:0:8", "1:0:0:4::8"},
    {PGTYPE_INET, "::1.2.3.4", "::1.2.3.4"},
    {PGTYPE_INET, "::ffff:1.2.3.4", "::ffff:1.2.3.4"},
    {PGTYPE_INET, "64:ff9b::1.2.3.4", "64:ff9b::102:304"},
    {PGTYPE_INET, "0:0:0:0:0:0:1:0", "::0.1.0.0"},
    {PGTYPE_INET, "1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
    {PGTYPE_INET, "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {PGTYPE_INET, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {PGTYPE_INET, "FE80::ABCD/10", "fe80::abcd/10"},
    {PGTYPE_INET, "1:2:3:4:5:6:7", "22P02 invalid input syntax for type inet: \"1:2:3:4:5:6:7\""},
    {PGTYPE_INET, "1:2:3:4:5:6:7:8:9", "22P02 invalid input syntax for type inet: \"1:2:3:4:5:6:7:8:9\""},
    {PGTYPE_INET, "1::2::3", "22P02 invalid input syntax for type inet: \"1::2::3\""},
    {PGTYPE_INET, ":1", "22P02 invalid input syntax for type inet: \":1\""},
    {PGTYPE_INET, "1:", "22P02 invalid input syntax for type inet: \"1:\""},
    {PGTYPE_INET, ":::", "22P02 invalid input syntax for type inet: \":::\""},
    {PGTYPE_INET, "12345::", "22P02 invalid input syntax for type inet: \"12345::\""},
    {PGTYPE_INET, "g::", "22P02 invalid input syntax for type inet: \"g::\""},
    {PGTYPE_INET, "::1.2.3.4.5", "22P02 invalid input syntax for type inet: \"::1.2.3.4.5\""},
    {PGTYPE_INET, "1.2.3.4::", "22P02 invalid input syntax for type inet: \"1.2.3.4::\""},
    {PGTYPE_INET, "1:2:3:4:5:6:7:1.2.3.4",
     "22P02 invalid input syntax for type inet: \"1:2:3:4:5:6:7:1.2.3.4\""},
    {PGTYPE_INET, "::1/", "22P02 invalid input syntax for type inet: \"::1/\""},
    {PGTYPE_INET, "::01.2.3.4", "22P02 invalid input syntax for type inet: \"::01.2.3.4\""},
    {PGTYPE_INET, "1:2:3:4:5:6:7:8::", "22P02 invalid input syntax for type inet: \"1:2:3:4:5:6:7:8::\""},
    {PGTYPE_INET, "::1:2:3:4:5:6:7:8", "22P02 invalid input syntax for type inet: \"::1:2:3:4:5:6:7:8\""},
    {PGTYPE_CIDR, "10.0.0.0/8", "10.0.0.0/8"},
    {PGTYPE_CIDR, "10", "10.0.0.0/8"},
    {PGTYPE_CIDR, "192.168.1", "192.168.1.0/24"},
    {PGTYPE_CIDR, "128.1", "128.1.0.0/16"},
    {PGTYPE_CIDR, "224", "224.0.0.0/4"},
    {PGTYPE_CIDR, "fe80::/10", "fe80::/10"},
    {PGTYPE_CIDR, "10.0.0.1", "10.0.0.1/32"},
    {PGTYPE_CIDR, "10.0.0.1/8",
     "22P02 invalid cidr value: \"10.0.0.1/8\" | Value has bits set to right of mask."},
    {PGTYPE_CIDR, "fe80::1/10",
     "22P02 invalid cidr value: \"fe80::1/10\" | Value has bits set to right of mask."},
    {PGTYPE_MACADDR, "08:00:2b:01:02:03", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "08-00-2b-01-02-03", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "08002b:010203", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "0800.2b01.0203", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "0800-2b01-0203", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "08002B010203", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "8:0:2b:1:2:3", "08:00:2b:01:02:03"},
    {PGTYPE_MACADDR, "08:00:2b:01:02:1ff",
     "22003 invalid octet value in \"macaddr\" value: \"08:00:2b:01:02:1ff\""},
    {PGTYPE_MACADDR, "08:00:2b:01:02", "22P02 invalid input syntax for type macaddr: \"08:00:2b:01:02\""},
    {PGTYPE_MACADDR, "08002b:01020", "08:00:2b:01:02:00"},
    {PGTYPE_MONEY, "$1,234.56", "$1,234.56"},
    {PGTYPE_MONEY, "-12.345", "-$12.35"},
    {PGTYPE_MONEY, "(1)", "-$1.00"},
    {PGTYPE_MONEY, "1234567890.125", "$1,234,567,890.13"},
    {PGTYPE_MONEY, "", "$0.00"},
    {PGTYPE_MONEY, "12-", "-$12.00"},
    {PGTYPE_MONEY, "$ -3", "-$3.00"},
    {PGTYPE_MONEY, "-$3", "-$3.00"},
    {PGTYPE_MONEY, "1000000", "$1,000,000.00"},
    {PGTYPE_MONEY, "-0.005", "-$0.01"},
    {PGTYPE_MONEY, "1.2.3", "22P02 invalid input syntax for type money: \"1.2.3\""},
    {PGTYPE_MONEY, "92233720368547758.08",
     "22003 value \"92233720368547758.08\" is out of range for type money"},
    {PGTYPE_MONEY, "92233720368547758.07", "$92,233,720,368,547,758.07"},
    {PGTYPE_MONEY, "-92233720368547758.08", "-$92,233,720,368,547,758.08"},
    {PGTYPE_MONEY, "a", "22P02 invalid input syntax for type money: \"a\""},
    {PGTYPE_XML, "<a>b</a>", "<a>b</a>"},
    {PGTYPE_XML, "<a>f</a><b>g</b>", "<a>f</a><b>g</b>"},
    {PGTYPE_XML, "text &amp; &#65;", "text &amp; &#65;"},
    {PGTYPE_XML, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>", "<a/>"},
    {PGTYPE_XML, "<?xml version=\"1.1\" standalone=\"yes\"?><a/>",
     "<?xml version=\"1.1\" standalone=\"yes\"?><a/>"},
    {PGTYPE_XML, "", ""},
    {PGTYPE_XML, "<![CDATA[<>]]>", "<![CDATA[<>]]>"},
    {PGTYPE_XML, "<a x=\"1\" y='2'/>", "<a x=\"1\" y='2'/>"},
    {PGTYPE_XML, "<!-- c --><?pi d?><a/>", "<!-- c --><?pi d?><a/>"},
    {PGTYPE_XML, "<a>", "2200N invalid XML content"},
    {PGTYPE_XML, "<a></b>", "2200N invalid XML content"},
    {PGTYPE_XML, "&foo;", "2200N invalid XML content"},
    {PGTYPE_XML, "<a x=\"1\" x=\"2\"/>", "2200N invalid XML content"},
    {PGTYPE_XML, "a < b", "2200N invalid XML content"},
    {PGTYPE_XML, "<a x=1/>", "2200N invalid XML content"},
    {PGTYPE_XML, "</a>", "2200N invalid XML content"},
    {PGTYPE_XML, "<a>&#0;</a>", "2200N invalid XML content"},
    {PGTYPE_XML, "<!-- a -- b -->", "2200N invalid XML content"},
    {PGTYPE_XML, "a]]>b", "2200N invalid XML content"},
    {PGTYPE_XML, "<1/>", "2200N invalid XML content"},
    {PGTYPE_XML, "<a x=\"<\"/>", "2200N invalid XML content"},
};

/* The text of what was read, or the error; what is right is read once more from its binary form. */
static int shown(uint32_t oid, int16_t format, const void *in, size_t n, char out[SHOWN_MAX])
{
    struct arena a;
    struct buf b;
    struct err e;
    struct pg_value v;
    uint8_t *exact = malloc(n ? n : 1); /* so that the sanitizer sees a read beyond it */
    assert_non_null(exact);
    memcpy(exact, in, n);
    err_init(&e);
    arena_init(&a, MEMORY);
    buf_init(&b, MEMORY);
    int st = pg_value_decode(&a, oid, format, exact, (int32_t)n, tz_utc(), &v, &e);
    if (st == ST_OK)
        st = packed_text(&b, oid, v.v.text, 1, &e);
    if (st == ST_OK)
        (void)snprintf(out, SHOWN_MAX, "%.*s", (int)b.len, b.len ? (const char *)b.data : "");
    else
        (void)snprintf(out, SHOWN_MAX, "%s %s%s%s", sqlstate_code(e.code), e.message,
                       e.detail[0] ? " | " : "", e.detail);
    if (st == ST_OK && format == 0) {
        char again[SHOWN_MAX];
        buf_clear(&b);
        assert_int_equal(packed_binary(&b, oid, v.v.text, &e), ST_OK);
        assert_int_equal(shown(oid, 1, b.len ? (const char *)b.data : "", b.len, again), ST_OK);
        assert_string_equal(again, out);
    }
    free(exact);
    buf_release(&b);
    arena_release(&a);
    return st;
}

static void texts(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[SHOWN_MAX];
        (void)shown(cases[i].oid, 0, cases[i].in, strlen(cases[i].in), got);
        if (strcmp(got, cases[i].out) == 0)
            continue;
        print_error("\"%s\"\n  gives \"%s\"\n  wants \"%s\"\n", cases[i].in, got, cases[i].out);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* Every length but the right one is refused, and no byte beyond is read. */
static void binary(void **state)
{
    static const struct {
        uint32_t oid;
        const char *in;
        size_t n;
        const char *out;
    } bad[] = {
        {PGTYPE_POINT, "\0\0\0\0\0\0\0\0", 8, "08P01 insufficient data left in message"},
        {PGTYPE_PATH, "\1\0\0\0\0", 5, "22P03 invalid number of points in external \"path\" value"},
        {PGTYPE_PATH, "\1\177\377\377\377", 5, "22P03 invalid number of points in external \"path\" value"},
        {PGTYPE_POLYGON, "\0\0\0\1", 4, "08P01 insufficient data left in message"},
        {PGTYPE_POLYGON, "\0", 1, "08P01 insufficient data left in message"},
        {PGTYPE_LINE, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24,
         "22P03 invalid line specification: A and B cannot both be zero"},
        {PGTYPE_INET, "\1\40\0\4\1\2\3\4", 8, "22P03 invalid address family in external \"inet\" value"},
        {PGTYPE_INET, "\2\41\0\4\1\2\3\4", 8, "22P03 invalid bits in external \"inet\" value"},
        {PGTYPE_INET, "\2\40\0\5\1\2\3\4", 8, "22P03 invalid length in external \"inet\" value"},
        {PGTYPE_CIDR, "\2\10\1\4\1\2\3\4", 8,
         "22P03 invalid external \"cidr\" value | Value has bits set to right of mask."},
        {PGTYPE_MONEY, "\0\0\0\0", 4, "08P01 insufficient data left in message"},
        {PGTYPE_MACADDR, "\0\0\0\0\0\0\0", 7, "22P03 incorrect binary data format for type macaddr"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char got[SHOWN_MAX];
        assert_int_equal(shown(bad[i].oid, 1, bad[i].in, bad[i].n, got), ST_ERR);
        assert_string_equal(got, bad[i].out);
    }
}

/* Bytes of another type, or of none, are an error and nothing else. */
static void damaged_bytes(void **state)
{
    static const char bytes[64] = {0};
    (void)state;
    for (size_t i = 0; i < PACKED_TYPES; i++)
        for (size_t n = 0; n < sizeof bytes; n++) {
            struct buf b;
            struct err e;
            err_init(&e);
            buf_init(&b, MEMORY);
            assert_int_equal(packed_text(&b, packed_types[i].oid, (struct str){bytes, n}, 1, &e), ST_ERR);
            assert_string_equal(sqlstate_code(e.code), "42846");
            buf_release(&b);
        }
}

/* The order of the bytes is that of the values. */
static void order(void **state)
{
    static const char *const in[] = {"9.0.0.1",     "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/16",
                                     "10.1.0.0/16", "11.0.0.0/8", "::1/64",     "::1"};
    struct arena a;
    struct pg_value before = {0}, v;
    struct err e;
    (void)state;
    err_init(&e);
    arena_init(&a, MEMORY);
    for (size_t i = 0; i < sizeof in / sizeof *in; i++, before = v) {
        assert_int_equal(pg_value_decode(&a, PGTYPE_INET, 0, (const uint8_t *)in[i], (int32_t)strlen(in[i]),
                                         tz_utc(), &v, &e),
                         ST_OK);
        size_t n = i && before.v.text.n < v.v.text.n ? before.v.text.n : v.v.text.n;
        assert_true(i == 0 || memcmp(before.v.text.p, v.v.text.p, n) < 0);
    }
    arena_release(&a);
}

static void each_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct arena a;
            struct pg_value v;
            struct err e;
            err_init(&e);
            arena_init(&a, MEMORY);
            alloc_fail_nth(nth);
            int st = pg_value_decode(&a, cases[i].oid, 0, (const uint8_t *)cases[i].in,
                                     (int32_t)strlen(cases[i].in), tz_utc(), &v, &e);
            more = alloc_failed();
            assert_true(!more || (st == ST_ERR && strcmp(sqlstate_code(e.code), "53200") == 0));
            arena_release(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(binary),
        cmocka_unit_test(damaged_bytes),
        cmocka_unit_test(order),
        cmocka_unit_test(each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
