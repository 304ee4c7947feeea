/* What an alias of the engine's says of a composite type. */
#include "pgtype/composite_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check(const char *alias, uint32_t oid, uint32_t version)
{
    uint32_t got = 0;
    assert_int_equal(composite_type_oid(alias, &got), oid);
    assert_int_equal(composite_type_oid(alias, NULL), oid);
    assert_int_equal(got, version);
}

static void test_aliases(void **state)
{
    (void)state;
    check("pg_composite_536870912", 536870912, 1);
    check("pg_composite_671088639_2", 671088639, 2);
    check("pg_composite_536870913_4294967295", 536870913, UINT32_MAX);
    check(NULL, 0, 0);
    check("", 0, 0);
    check("JSON", 0, 0);
    check("pg_composite_", 0, 0);
    check("pg_composite_5368709120", 0, 0);
    check("pg_composite_99999999999999999999", 0, 0);
    check("pg_composite_671088640", 0, 0);
    check("pg_composite_536870912_", 0, 0);
    check("pg_composite_536870912_1", 0, 0);
    check("pg_composite_536870912_2_3", 0, 0);
    check("pg_composite_536870912x", 0, 0);
}

static void test_numbers(void **state)
{
    (void)state;
    for (uint64_t h = 0; h < 1000; h++) {
        uint32_t oid = composite_type_pick(h * UINT64_C(0x9e3779b97f4a7c15)),
                 array = composite_type_array(oid);
        assert_true(composite_type_is(oid) && !composite_type_is_array(oid));
        assert_true(composite_type_is_array(array) && !composite_type_is(array));
        assert_int_equal(composite_type_element(array), oid);
        assert_true(oid < COMPOSITE_ARRAY_OIDS && array < COMPOSITE_RELATION_OIDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_aliases), cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
