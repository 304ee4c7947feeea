/* numeric, from text and base 10000. What stands on the right was printed by PostgreSQL 15. */
#include "decoded.h"

static const struct decoded_case numerics[] = {
    {"1.50", "1.50"},
    {"-.5", "-0.5"},
    {"1e3", "1000"},
    {"1.25e1", "12.5"},
    {"125e-4", "0.0125"},
    {"5.", "5"},
    {"5.e1", "50"},
    {".5e-1", "0.05"},
    {"NaN", "NaN"},
    {"nan", "NaN"},
    {"+nan", "22P02 invalid input syntax for type numeric: \"+nan\""},
    {"-nan", "22P02 invalid input syntax for type numeric: \"-nan\""},
    {"inf", "Infinity"},
    {"+inf", "Infinity"},
    {"-inf", "-Infinity"},
    {"Infinity", "Infinity"},
    {"-INFINITY", "-Infinity"},
    {"infinit", "22P02 invalid input syntax for type numeric: \"infinit\""},
    {"infinity5", "22P02 invalid input syntax for type numeric: \"infinity5\""},
    {"+7", "7"},
    {"007", "7"},
    {"000.100", "0.100"},
    {"-0", "0"},
    {"-0.00", "0.00"},
    {"0e10", "0"},
    {"0.00e1", "0.0"},
    {"0.05e3", "50"},
    {"-0e-2", "0.00"},
    {"12e-1", "1.2"},
    {"", "22P02 invalid input syntax for type numeric: \"\""},
    {" ", "22P02 invalid input syntax for type numeric: \" \""},
    {".", "22P02 invalid input syntax for type numeric: \".\""},
    {"-", "22P02 invalid input syntax for type numeric: \"-\""},
    {"+", "22P02 invalid input syntax for type numeric: \"+\""},
    {"-.", "22P02 invalid input syntax for type numeric: \"-.\""},
    {"e1", "22P02 invalid input syntax for type numeric: \"e1\""},
    {"1e", "22P02 invalid input syntax for type numeric: \"1e\""},
    {"1e+", "22P02 invalid input syntax for type numeric: \"1e+\""},
    {"1e-", "22P02 invalid input syntax for type numeric: \"1e-\""},
    {"1.2.3", "22P02 invalid input syntax for type numeric: \"1.2.3\""},
    {"1..2", "22P02 invalid input syntax for type numeric: \"1..2\""},
    {"1 2", "22P02 invalid input syntax for type numeric: \"1 2\""},
    {"- 1", "22P02 invalid input syntax for type numeric: \"- 1\""},
    {"--1", "22P02 invalid input syntax for type numeric: \"--1\""},
    {"0x1f", "22P02 invalid input syntax for type numeric: \"0x1f\""},
    {"1_000", "22P02 invalid input syntax for type numeric: \"1_000\""},
    {"$1", "22P02 invalid input syntax for type numeric: \"$1\""},
    {"1,000", "22P02 invalid input syntax for type numeric: \"1,000\""},
    {"1e1.5", "22P02 invalid input syntax for type numeric: \"1e1.5\""},
    {"1ee2", "22P02 invalid input syntax for type numeric: \"1ee2\""},
    {" 1 ", "1"},
    {"\t-1.5\n", "-1.5"},
    {"1e131072", "22003 value overflows numeric format"},
    {"1e-16384", "22003 value overflows numeric format"},
    {"1e99999999999999999999", "22003 value overflows numeric format"},
    {"1e-99999999999999999999", "22003 value overflows numeric format"},
    {"1e1073741823", "22003 value overflows numeric format"},
    {"1e1073741824", "22003 value overflows numeric format"},
    {"1e-1073741824", "22003 value overflows numeric format"},
    {"1e2147483648", "22003 value overflows numeric format"},
    {"0e131072", "0"},
    {"0e-16384", "22003 value overflows numeric format"},
    {"0.1e-16383", "22003 value overflows numeric format"},
    {"10e131071", "22003 value overflows numeric format"},
    {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
    {"999999999999999999999999999999999999999", "999999999999999999999999999999999999999"},
    {"-99999999999999999999999999999999999999.5", "-99999999999999999999999999999999999999.5"},
    {"1e-20", "0.00000000000000000001"},
    {"-1e-20", "-0.00000000000000000001"},
    {"123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"},
    {"1e20", "100000000000000000000"},
    {"-12.5e2", "-1250"},
    {"0.000", "0.000"},
    {"00.00", "0.00"},
    {"-000", "0"},
    {"+0.10", "0.10"},
    {"1E5", "100000"},
    {"1e05", "100000"},
    {"1e-05", "0.00001"},
    {"1e+00", "1"},
    {"0e0", "0"},
    {"9e-1", "0.9"},
    {"10e-1", "1.0"},
    {"100e-2", "1.00"},
    {"100e-3", "0.100"},
    {".0", "0.0"},
    {"0.", "0"},
    {"-.0e3", "0"},
    {"1_0", "22P02 invalid input syntax for type numeric: \"1_0\""},
    {"1 e5", "22P02 invalid input syntax for type numeric: \"1 e5\""},
    {"1.5e-1x", "22P02 invalid input syntax for type numeric: \"1.5e-1x\""},
    {"infinity ", "Infinity"},
    {"  nan\t", "NaN"},
    {"-infinity", "-Infinity"},
    {"+infinity", "Infinity"},
    {"inf inity", "22P02 invalid input syntax for type numeric: \"inf inity\""},
    {"n", "22P02 invalid input syntax for type numeric: \"n\""},
    {"i", "22P02 invalid input syntax for type numeric: \"i\""},
    {"٣", "22P02 invalid input syntax for type numeric: \"٣\""},
    {"1 ", "22P02 invalid input syntax for type numeric: \"1 \""},
};

static void numerics_from_text(void **state)
{
    (void)state;
    DECODES(PGTYPE_NUMERIC, numerics);
}

/* before, how often, after: too long to be written down. */
struct long_numeric {
    const char *before, *digit, *after;
    size_t times;
};

static char *long_text(const struct long_numeric *x)
{
    size_t n = strlen(x->before);
    char *s = malloc(n + x->times + strlen(x->after) + 1);
    assert_non_null(s);
    memcpy(s, x->before, n);
    memset(s + n, x->digit[0], x->times);
    memcpy(s + n + x->times, x->after, strlen(x->after) + 1);
    return s;
}

/* 131072 digits before the point and 16383 behind it are what PostgreSQL has room for. */
static void the_ends_of_numeric(void **state)
{
    static const struct {
        struct long_numeric in, out; /* out.digit NULL: 22003 */
    } rows[] = {
        {{"1e131071", "", "", 0}, {"1", "0", "", 131071}},
        {{"-12e131070", "", "", 0}, {"-12", "0", "", 131070}},
        {{"0.01e131073", "", "", 0}, {"1", "0", "", 131071}},
        {{"1e131072", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"10e131071", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"1e1073741823", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"1e99999999999999999999", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"1e-16383", "", "", 0}, {"0.", "0", "1", 16382}},
        {{"0.1e-16382", "", "", 0}, {"0.", "0", "1", 16382}},
        {{"0e-16383", "", "", 0}, {"0.", "0", "", 16383}},
        {{"1e-16384", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"0e-16384", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"1e-99999999999999999999", "", "", 0}, {NULL, NULL, NULL, 0}},
        {{"", "9", "", 131072}, {"", "9", "", 131072}},
        {{"", "9", "", 131073}, {NULL, NULL, NULL, 0}},
        {{"", "0", "7", 200000}, {"7", "", "", 0}},
        {{"0.", "3", "", 16383}, {"0.", "3", "", 16383}},
        {{"0.", "3", "", 16384}, {NULL, NULL, NULL, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct pg_value v;
        struct err e;
        char *in = long_text(&rows[i].in);
        err_init(&e);
        arena_init(&a, DECODED_ARENA_MAX);
        int st = pg_value_decode(&a, PGTYPE_NUMERIC, DECODED_TEXT, (const uint8_t *)in, (int32_t)strlen(in),
                                 tz_utc(), &v, &e);
        if (rows[i].out.digit) {
            char *out = long_text(&rows[i].out);
            assert_int_equal(st, ST_OK);
            assert_int_equal(v.v.text.n, strlen(out));
            assert_memory_equal(v.v.text.p, out, v.v.text.n);
            free(out);
        } else {
            assert_int_equal(st, ST_ERR);
            assert_string_equal(sqlstate_code(e.code), "22003");
            assert_string_equal(e.message, "value overflows numeric format");
        }
        arena_release(&a);
        free(in);
    }
}

/* Count of digits, weight, sign, scale; then the digits in base 10000. */
static const struct binary_case binary_numerics[] = {
    {PGTYPE_NUMERIC, "", "08P01 insufficient data left in message"},
    {PGTYPE_NUMERIC, "00000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_NUMERIC, "0000000000000000", "0"},
    {PGTYPE_NUMERIC, "0002 0000 4000 0003 000c0d48", "-12.340"},
    {PGTYPE_NUMERIC, "0002 0000 4000 0003 000c0d4800", "22P03 incorrect binary data format for type numeric"},
    {PGTYPE_NUMERIC, "0000000000000002", "0.00"},
    {PGTYPE_NUMERIC, "0000000040000000", "0"},
    {PGTYPE_NUMERIC, "0001 0001 0000 0000 0005", "50000"},
    {PGTYPE_NUMERIC, "0001 fffe 0000 0006 0064", "0.000001"},
    {PGTYPE_NUMERIC, "0002 0001 4000 0000 00010002", "-10002"},
    {PGTYPE_NUMERIC, "00000000c0000000", "NaN"},
    {PGTYPE_NUMERIC, "00000000d0000000", "Infinity"},
    {PGTYPE_NUMERIC, "00000000f0000000", "-Infinity"},
    {PGTYPE_NUMERIC, "0001 0000 0000 0000 270f", "9999"},
    {PGTYPE_NUMERIC, "0001 0000 c000 0000 0001", "NaN"},
    {PGTYPE_NUMERIC, "0001 8000 0000 0000 0001", "0"},
    {PGTYPE_NUMERIC, "0001 0000 0000 0000 000a", "10"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0001 00011388", "1.5"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0000 00011388", "1"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0000 00011387", "1"},
    {PGTYPE_NUMERIC, "0003 ffff 0000 0004 000000000001", "0.0000"},
    {PGTYPE_NUMERIC, "0003 0000 0000 0000 000000000001", "0"},
    {PGTYPE_NUMERIC, "0001 ffff 0000 0004 04d2", "0.1234"},
    {PGTYPE_NUMERIC, "0001 ffff 0000 0002 04d2", "0.12"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0005 000104d2", "1.12340"},
    {PGTYPE_NUMERIC, "0001 fff6 0000 0002 0001", "0.00"},
    {PGTYPE_NUMERIC, "0002 0001 0000 0000 00000005", "5"},
    {PGTYPE_NUMERIC, "00007fff00000000", "0"},
    {PGTYPE_NUMERIC, "0000000000000005", "0.00000"},
    {PGTYPE_NUMERIC, "0001 0000 4000 0001 0000", "0.0"},
    {PGTYPE_NUMERIC, "0001 0000 0000 0002 0c1c", "3100.00"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0003 00010001", "1.000"},
};

static void numerics_from_binary(void **state)
{
    (void)state;
    DECODES_BINARY(binary_numerics);
}

static const struct binary_case bad_numerics[] = {
    {PGTYPE_NUMERIC, "0002 0000 4000 0003 000c0d", "08P01 insufficient data left in message"},
    {PGTYPE_NUMERIC, "00000000e0000000", "22P03 invalid sign in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0000000012340000", "22P03 invalid sign in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0001 0000 0000 0000 2710", "22P03 invalid digit in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0001 0000 0000 0000 ffff", "22P03 invalid digit in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0000000000004000", "22P03 invalid scale in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "ffff000000000000", "08P01 insufficient data left in message"},
    {PGTYPE_NUMERIC, "0001 0000 1234 4000 2710", "22P03 invalid sign in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0001 0000 0000 4000 2710", "22P03 invalid scale in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0000 2710", "22P03 invalid digit in external \"numeric\" value"},
    {PGTYPE_NUMERIC, "0002 0000 0000 0000 270f27", "08P01 insufficient data left in message"},
};
/* The first fault in the order in which PostgreSQL looks at them. */
static void what_is_wrong_with_a_numeric_is_named(void **state)
{
    (void)state;
    DECODES_BINARY(bad_numerics);
}

/* A weight of 32767 has 131072 digits before the point, as many as there may be. */
static void the_largest_binary_numeric(void **state)
{
    enum { DIGITS = 131072, LEADING = 3 }; /* the first group is 0001 */
    static const uint8_t in[] = {0, 1, 0x7f, 0xff, 0, 0, 0, 0, 0, 1};
    struct arena a;
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
    arena_init(&a, DECODED_ARENA_MAX);
    assert_int_equal(pg_value_decode(&a, PGTYPE_NUMERIC, DECODED_BINARY, in, sizeof in, tz_utc(), &v, &e),
                     ST_OK);
    assert_int_equal(v.v.text.n, DIGITS - LEADING);
    assert_int_equal(v.v.text.p[0], '1');
    for (size_t i = 1; i < v.v.text.n; i++)
        assert_int_equal(v.v.text.p[i], '0');
    arena_release(&a);
}

static void every_allocation_fails_once(void **state)
{
    static const char *const texts[] = {"12.5", "-1e10", "0"};
    static const uint8_t binary[] = {0, 1, 0, 0, 0x40, 0, 0, 1, 0, 7};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(allocations(PGTYPE_NUMERIC, DECODED_TEXT, texts[i], strlen(texts[i])), 1);
    assert_int_equal(allocations(PGTYPE_NUMERIC, DECODED_BINARY, binary, sizeof binary), 1);
    assert_int_equal(allocations(PGTYPE_NUMERIC, DECODED_TEXT, "-inf", 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerics_from_text),         cmocka_unit_test(the_ends_of_numeric),
        cmocka_unit_test(numerics_from_binary),       cmocka_unit_test(what_is_wrong_with_a_numeric_is_named),
        cmocka_unit_test(the_largest_binary_numeric), cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
