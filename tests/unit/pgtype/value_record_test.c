/* Records from their binary form: a number of fields, and of each its type, its length and its bytes. */
#include "decoded.h"

#include "base/bytes.h"

static const struct binary_case records[] = {
    {PGTYPE_RECORD, "00000002000000170000000400000007000000190000000178", "(7,x)"},
    {PGTYPE_RECORD, "0000000200000017ffffffff0000001900000000", "(NULL,\"\")"},
    {PGTYPE_RECORD,
     "000000030000001000000001010000001400000008fffffffffffffffb000002bd000000083ff8000000000000",
     "(t,-5,1.5)"},
    {PGTYPE_RECORD,
     "00000002000008c90000001c0000000200000017000000040000000100000017000000040000000200000017000000040000000"
     "3",
     "(\"(1,2)\",3)"},
    {PGTYPE_RECORD,
     "00000001000003ef00000024000000010000000000000017000000020000000100000004000000050000000400000006",
     "(\"{5,6}\")"},
    {PGTYPE_RECORD, "000000020000043a00000004000000000000001900000004c3bc225c", "(2000-01-01,\"ü\\\"\\\\\")"},
    {PGTYPE_RECORD, "", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "000000", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "00000001", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "00000002000000170000000400000007", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "ffffffff", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "7fffffff000000170000000400000007", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "00000001000000170000000500000007", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "0000000100000017fffffffe00000007", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "000000010000001700000003000000", "08P01 insufficient data left in message"},
    {PGTYPE_RECORD, "0000000100000017000000050000000700",
     "22P03 incorrect binary data format for type integer"},
    {PGTYPE_RECORD, "0000000100000017000000040000000700",
     "22P03 incorrect binary data format for type record"},
    {PGTYPE_RECORD, "000000010000001900000001ff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
};

static void fields(void **state)
{
    (void)state;
    DECODES_BINARY(records);
}

/* A record in a record in a record …: a limit of the levels, and no stack that ends. */
static void depth(void **state)
{
    enum { LEVELS = 1000, HEAD = 12 };
    static uint8_t bytes[LEVELS * HEAD + 4];
    struct line got;
    bool failed;
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        uint8_t *p = bytes + i * HEAD;
        put_be32(p, 1);
        put_be32(p + 4, PGTYPE_RECORD);
        put_be32(p + 8, (uint32_t)(sizeof bytes - (i + 1) * HEAD));
    }
    (void)decode_failing(&got, PGTYPE_RECORD, DECODED_BINARY, bytes, sizeof bytes, tz_utc(), 0, &failed);
    assert_string_equal(got.text, "54001 records are nested more than 32 levels deep");
    size_t from = sizeof bytes - 4 - (size_t)20 * HEAD; /* as many as it takes */
    assert_int_equal(decode_failing(&got, PGTYPE_RECORD, DECODED_BINARY, bytes + from, sizeof bytes - from,
                                    tz_utc(), 0, &failed),
                     ST_OK);
}

static void memory(void **state)
{
    uint8_t bytes[256];
    (void)state;
    size_t n = bytes_of(records[3].in, bytes, sizeof bytes);
    assert_true(allocations(PGTYPE_RECORD, DECODED_BINARY, bytes, n) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fields), cmocka_unit_test(depth),
                                       cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
