/* Names of types, as to_regtype of PostgreSQL 15 resolves them, and those that are the engine's. */
#include "pgtype/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    uint32_t oid; /* 0: none */
} names[] = {
    {"bool", 16},
    {"boolean", 16},
    {"BOOLEAN", 16},
    {"bytea", 17},
    {"name", 19},
    {"int8", 20},
    {"bigint", 20},
    {"int2", 21},
    {"smallint", 21},
    {"int4", 23},
    {"int", 23},
    {"integer", 23},
    {"INTEGER", 23},
    {"text", 25},
    {"oid", 26},
    {"json", 114},
    {"jsonb", 3802},
    {"float4", 700},
    {"real", 700},
    {"float8", 701},
    {"float", 701},
    {"double precision", 701},
    {"Double  Precision", 701},
    {"unknown", 705},
    {"inet", 869},
    {"bpchar", 1042},
    {"character", 1042},
    {"char", 1042},
    {"\"char\"", 18},
    {"varchar", 1043},
    {"character varying", 1043},
    {"varchar(20)", 1043},
    {"character varying(20)", 1043},
    {"char(3)", 1042},
    {"character(3)", 1042},
    {"date", 1082},
    {"time", 1083},
    {"time without time zone", 1083},
    {"time with time zone", 1266},
    {"timetz", 1266},
    {"time(3)", 1083},
    {"time(3) with time zone", 1266},
    {"timestamp", 1114},
    {"timestamp without time zone", 1114},
    {"timestamp with time zone", 1184},
    {"timestamp(3) with time zone", 1184},
    {"timestamp (3) without time zone", 1114},
    {"timestamptz", 1184},
    {"timestamptz(3)", 1184},
    {"interval", 1186},
    {"interval(3)", 1186},
    {"bit", 1560},
    {"bit(3)", 1560},
    {"bit varying", 1562},
    {"bit varying(3)", 1562},
    {"varbit", 1562},
    {"numeric", 1700},
    {"numeric(10,2)", 1700},
    {"numeric(10, 2)", 1700},
    {"numeric (10)", 1700},
    {"decimal", 1700},
    {"decimal(5)", 1700},
    {"dec", 1700},
    {"uuid", 2950},
    {"pg_catalog.int4", 23},
    {"pg_catalog.timestamptz", 1184},
    {"\"pg_catalog\".\"int4\"", 23},
    {"pg_catalog.text[]", 1009},
    {"\"int4\"", 23},
    {"\"timestamptz\"", 1184},
    {" int4 ", 23},
    {"text[]", 1009},
    {"int[]", 1007},
    {"int[3]", 1007},
    {"int[3][4]", 1007},
    {"int []", 1007},
    {"int [] []", 1007},
    {"numeric(10,2)[]", 1231},
    {"timestamp(3) with time zone[]", 1185},
    {"varchar(20)[]", 1015},
    {"\"char\"[]", 1002},
    {"char[]", 1014},
    {"uuid[]", 2951},
    {"jsonb[]", 3807},
    {"nothing", 0},
    {"int4x", 0},
    {"in t4", 0},
    {"int4[", 0},
    {"int4]", 0},
    {"[]", 0},
    {"int4(", 0},
    {"int4)", 0},
    {"()", 0},
    {"\"\"", 0},
    {"\"int4", 0},
    {"int4\"", 0},
    {"pg_catalog.", 0},
    {"public.int4", 0},
    {"int4;", 0},
    {"int-4", 0},
    {"", 0},
    {" ", 0},
};

/* What the engine calls them, and PostgreSQL does not. */
static const struct {
    const char *name;
    uint32_t oid;
} engine_names[] = {
    {"string", PGTYPE_TEXT}, {"hugeint", PGTYPE_NUMERIC}, {"tinyint", PGTYPE_INT2}, {"double", PGTYPE_FLOAT8},
    {"blob", PGTYPE_BYTEA},  {"String[]", 1009},          {"hugeint[3]", 1231},
};

static uint32_t by_name(const char *name)
{
    return pgtype_by_name(str_of(name));
}

static void names_lead_to_types(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (by_name(names[i].name) != names[i].oid) {
            print_error("%s: %u, not %u\n", names[i].name, by_name(names[i].name), names[i].oid);
            wrong++;
        }
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < sizeof engine_names / sizeof *engine_names; i++)
        assert_int_equal(by_name(engine_names[i].name), engine_names[i].oid);
}

/* A name of any length is looked at, and one that is too long is none. */
static void long_names_are_none(void **state)
{
    enum { LONG = 300 };
    char name[LONG];
    (void)state;
    memset(name, 'a', sizeof name);
    for (size_t n = 0; n <= sizeof name; n++)
        assert_int_equal(pgtype_by_name((struct str){name, n}), 0);
    memset(name, ' ', sizeof name); /* blanks within a name count once */
    memcpy(name, "double", 6);
    memcpy(name + LONG - 9, "precision", 9);
    assert_int_equal(pgtype_by_name((struct str){name, sizeof name}), PGTYPE_FLOAT8);
    memset(name, '[', sizeof name);
    assert_int_equal(pgtype_by_name((struct str){name, sizeof name}), 0);
    memset(name, '(', sizeof name);
    assert_int_equal(pgtype_by_name((struct str){name, sizeof name}), 0);
}

static void every_type_is_found_all_ways(void **state)
{
    (void)state;
#define X(symbol, oid_, array_oid_, len_, name_, sql_name_, engine)                                          \
    assert_non_null(pgtype_find(oid_));                                                                      \
    assert_string_equal(pgtype_find(oid_)->name, name_);                                                     \
    assert_string_equal(pgtype_find(oid_)->sql_name, sql_name_);                                             \
    if (strchr(sql_name_, '[') == NULL) { /* of a row type's array the name is for catalogs alone */         \
        assert_int_equal(by_name(sql_name_), oid_);                                                          \
        assert_int_equal(by_name(sql_name_ "[]"), array_oid_);                                               \
    }                                                                                                        \
    assert_null(pgtype_element(oid_));                                                                       \
    if (array_oid_) {                                                                                        \
        assert_int_equal(pgtype_element(array_oid_)->oid, oid_);                                             \
        assert_null(pgtype_find(array_oid_));                                                                \
    }
    PGTYPE_LIST(X)
#undef X
    assert_null(pgtype_find(0));
    assert_null(pgtype_find(1));
    assert_null(pgtype_element(0));
    assert_null(pgtype_element(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_to_types),
        cmocka_unit_test(long_names_are_none),
        cmocka_unit_test(every_type_is_found_all_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
