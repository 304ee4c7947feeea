#include "pgtype/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void names_lead_to_types(void **state)
{
    (void)state;
    assert_int_equal(pgtype_by_name(STR("int4")), 23);
    assert_int_equal(pgtype_by_name(STR("INTEGER")), 23);
    assert_int_equal(pgtype_by_name(STR("int")), 23);
    assert_int_equal(pgtype_by_name(STR("character varying")), 1043);
    assert_int_equal(pgtype_by_name(STR("varchar(20)")), 1043);
    assert_int_equal(pgtype_by_name(STR("numeric(10, 2)")), 1700);
    assert_int_equal(pgtype_by_name(STR("timestamp(3) with time zone")), 1184);
    assert_int_equal(pgtype_by_name(STR("pg_catalog.timestamptz")), 1184);
    assert_int_equal(pgtype_by_name(STR("\"pg_catalog\".\"int4\"")), 23);
    assert_int_equal(pgtype_by_name(STR("\"timestamptz\"")), 1184);
    assert_int_equal(pgtype_by_name(STR("double precision")), 701);
    assert_int_equal(pgtype_by_name(STR("char")), 1042);
    assert_int_equal(pgtype_by_name(STR("\"char\"")), 18);
}

static void brackets_make_arrays(void **state)
{
    (void)state;
    assert_int_equal(pgtype_by_name(STR("text[]")), 1009);
    assert_int_equal(pgtype_by_name(STR("int[3][4]")), 1007);
    assert_int_equal(pgtype_by_name(STR("numeric(10,2)[]")), 1231);
}

static void unknown_names_are_zero(void **state)
{
    (void)state;
    assert_int_equal(pgtype_by_name(STR("nothing")), 0);
    assert_int_equal(pgtype_by_name(STR("")), 0);
    assert_int_equal(pgtype_by_name(STR("int4(")), 0);
    assert_int_equal(
        pgtype_by_name(STR("a name that is longer than any type's name in PostgreSQL's catalog")), 0);
}

static void every_type_is_found_both_ways(void **state)
{
    (void)state;
#define X(symbol, oid_, array_oid_, len_, name_, sql_name_, engine)                                          \
    assert_non_null(pgtype_find(oid_));                                                                      \
    assert_string_equal(pgtype_find(oid_)->name, name_);                                                     \
    if (array_oid_)                                                                                          \
        assert_int_equal(pgtype_element(array_oid_)->oid, oid_);
    PGTYPE_LIST(X)
#undef X
    assert_null(pgtype_find(1));
    assert_null(pgtype_element(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_to_types),
        cmocka_unit_test(brackets_make_arrays),
        cmocka_unit_test(unknown_names_are_zero),
        cmocka_unit_test(every_type_is_found_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
