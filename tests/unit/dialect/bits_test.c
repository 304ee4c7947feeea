/* B'…' and X'…'. */
#include "dialect/bits.h"

#include "translated.h"

static void test_bits(void **state)
{
    (void)state;
    check("select b'101' as x", "select CAST('101' AS BIT) as x");
    check("select X'1f' as x, f(B'0')", "select CAST('00011111' AS BIT) as x, f(CAST('0' AS BIT))");
    check("select 'b' as x, \"b\".x as y from b", "select 'b' as x, \"b\".x as y from b");
    stays_of_engine("select b'101' as x");
}

static void test_casts(void **state)
{
    (void)state;
    check("select b'101'::bit(5) as x", "select CAST('10100' AS BIT)::BIT as x");
    check("select b'101'::varbit(2) as x", "select CAST('10' AS BIT)::BIT as x");
    check("select cast(b'1' as bigint) as x", "select cast(CAST('1' AS BIT) as bigint) as x");
    check("select (b'101')::int as x", "select (CAST('101' AS BIT))::int as x");
    check("select (b'1' || b'0')::int as x", "select (CAST('1' AS BIT) || CAST('0' AS BIT))::int as x");
    check("select f(b'1')::int as x", "select f(CAST('1' AS BIT))::int as x");
}

static void test_wrong(void **state)
{
    (void)state;
    refused("select b'102'", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    refused("select x'1g'::int", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    refused("select x'\xC3\xA9'", SQLSTATE_INVALID_TEXT_REPRESENTATION);
    refused("select b''", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bits), cmocka_unit_test(test_casts),
                                       cmocka_unit_test(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
