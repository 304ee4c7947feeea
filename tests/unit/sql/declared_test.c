#include "sql/declared.h"

#include "sql/type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sql_declared declared(const char *type)
{
    struct sql_lexer l;
    struct sql_type t;
    struct sql_declared out;
    sql_lexer_init(&l, sql_tokens_of(str_of(type)));
    assert_true(sql_read_type(&l, &t));
    sql_declared_of(&t, &out);
    return out;
}

static void test_types(void **state)
{
    static const struct {
        const char *type;
        uint32_t oid;
        int32_t typmod;
    } types[] = {{"varchar(5)", 1043, 9},
                 {"varchar", 1043, -1},
                 {"character varying", 1043, -1},
                 {"char(3)", 1042, 7},
                 {"bpchar", 1042, -1},
                 {"\"char\"", 18, -1},
                 {"timestamp(0)", 1114, 0},
                 {"interval(3)", 1186, 2147418115},
                 {"interval day", 1186, 589823},
                 {"text", 0, 0},
                 {"numeric", 1700, -1},
                 {"numeric(5,2)", 0, 0},
                 {"varchar(5)[]", 0, 0},
                 {"interval", 0, 0},
                 {"varchar(0)", 0, 0},
                 {"timestamp", 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sql_declared d = declared(types[i].type);
        assert_int_equal(d.oid, types[i].oid);
        assert_int_equal(d.typmod, types[i].typmod);
    }
}

static void test_comment(void **state)
{
    struct sql_declared d = {1043, -1}, back;
    char text[SQL_DECLARED_MAX];
    (void)state;
    sql_declared_put(&d, text);
    assert_string_equal(text, " /*:1043,-1*/");
    assert_true(sql_declared_read(str_of(text), &back));
    assert_int_equal(back.oid, 1043);
    assert_int_equal(back.typmod, -1);
    static const char *const others[] = {"",          " ",        "/*:",    "/*:1043*/",
                                         "/* :1,2*/", "/*:x,1*/", "/*:1,2", "/*:99999999999,1*/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(sql_declared_read(str_of(others[i]), &back));
}

static void test_fits(void **state)
{
    (void)state;
    assert_true(sql_declared_fits(&(struct sql_declared){1042, 7}, 25));
    assert_false(sql_declared_fits(&(struct sql_declared){1042, 7}, 23));
    assert_false(sql_declared_fits(&(struct sql_declared){23, -1}, 23));
    assert_int_equal(sql_declared_padding(&(struct sql_declared){1042, 7}), 3);
    assert_int_equal(sql_declared_padding(&(struct sql_declared){1043, 7}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types), cmocka_unit_test(test_comment),
                                       cmocka_unit_test(test_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
