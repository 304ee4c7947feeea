#include "sql/limit.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct err err;

static struct sql_limit limit_of(const char *type)
{
    struct sql_lexer l;
    struct sql_type t;
    struct sql_limit out = {.kind = SQL_LIMIT_NONE};
    err_init(&err);
    sql_lexer_init(&l, sql_tokens_of(str_of(type)));
    assert_true(sql_read_type(&l, &t));
    (void)sql_limit_of(&t, &out, &err);
    return out;
}

static void test_types(void **state)
{
    static const struct {
        const char *type, *name;
        uint32_t oid;
        int32_t typmod;
    } types[] = {{"varchar(5)", "character varying(5)", 1043, 9},
                 {"character varying (7)", "character varying(7)", 1043, 11},
                 {"char", "character(1)", 1042, 5},
                 {"bpchar(3)", "character(3)", 1042, 7},
                 {"bit", "bit(1)", 1560, 1},
                 {"bit varying(9)", "bit varying(9)", 1562, 9},
                 {"timestamp(3) with time zone", "timestamp(3) with time zone", 1184, 3},
                 {"timestamp(9)", "timestamp(6) without time zone", 1114, 6},
                 {"time(0)", "time(0) without time zone", 1083, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sql_limit l = limit_of(types[i].type), again;
        char name[SQL_LIMIT_NAME_MAX];
        sql_limit_name(&l, name);
        assert_string_equal(name, types[i].name);
        assert_int_equal(sql_limit_oid(&l), types[i].oid);
        assert_int_equal(sql_limit_typmod(&l), types[i].typmod);
        assert_true(sql_limit_read(str_of(name), &again));
        assert_true(again.kind == l.kind && again.n == l.n);
    }
}

static void test_none(void **state)
{
    static const char *const types[] = {"varchar",  "text", "bpchar",    "varchar(5)[]",
                                        "\"char\"", "int",  "timestamp", "numeric(5,2)"};
    struct sql_limit l;
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(limit_of(types[i]).kind, SQL_LIMIT_NONE);
    assert_false(sql_limit_read(STR("character varying"), &l));
    assert_false(sql_limit_read(STR("character varying(x)"), &l));
    assert_false(sql_limit_read(STR("character varying(99999999999)"), &l));
    (void)limit_of("varchar(0)");
    assert_int_equal(err.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    (void)limit_of("char(10485761)");
    assert_string_equal(err.message, "length for type char cannot exceed 10485760");
}

static void test_check(void **state)
{
    struct sql_limit l = limit_of("char(3)");
    struct buf b;
    (void)state;
    buf_init(&b, 4096);
    sql_limit_put(&b, &l, STR("\"c c\""));
    buf_put_u8(&b, 0);
    assert_string_equal(
        b.data, "CHECK (CASE WHEN len(\"c c\") > 3 THEN error('value too long for type character(3)') "
                "WHEN \"c c\" <> rtrim(\"c c\", ' ') THEN error('blanks at the end are not stored in "
                "type character(3)') ELSE true END)");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
