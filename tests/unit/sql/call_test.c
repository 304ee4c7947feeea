#include "sql/call.h"

#include "sql/statement.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static int parse(const char *sql, struct sql_call *out)
{
    struct sql_statement s = {.kind = SQL_CALL, .text = str_of(sql), .word = "CALL"};
    err_init(&err);
    return sql_parse_call(&arena, &s, out, &err);
}

static void test_calls(void **state)
{
    (void)state;
    struct sql_call c;
    assert_int_equal(the_statement("call p()")->kind, SQL_CALL);
    assert_int_equal(parse("call p()", &c), ST_OK);
    assert_int_equal(c.n, 0);
    assert_int_equal(c.name.schema.kind, SQL_TOK_END);
    assert_int_equal(parse("CALL \"S\".p ( f(1, ',)'), b => $2 , c := array[1, 2] )", &c), ST_OK);
    assert_true(str_eq(c.name.schema.text, STR("\"S\"")));
    assert_true(str_eq(c.name.name.text, STR("p")));
    assert_int_equal(c.n, 3);
    assert_string_equal(c.arguments[0].name, "");
    assert_true(str_eq(c.arguments[0].value, STR("f(1, ',)')")));
    assert_string_equal(c.arguments[1].name, "b");
    assert_true(str_eq(c.arguments[1].value, STR("$2")));
    assert_true(str_eq(c.arguments[2].value, STR("array[1, 2]")));
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"call",         "call 1()",  "call p",       "call p(",
                                        "call p(1",     "call p(,)", "call p(1,)",   "call p(1) x",
                                        "call a.b.c()", "call p('x", "call p(a => )"};
    struct sql_call c;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i], &c), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
    }
    char sql[1024];
    size_t n = (size_t)snprintf(sql, sizeof sql, "call p(1");
    for (int i = 0; i < SQL_FUNCTION_ARGUMENTS_MAX; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, ",1");
    (void)snprintf(sql + n, sizeof sql - n, ")");
    assert_int_equal(parse(sql, &c), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_TOO_MANY_ARGUMENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
