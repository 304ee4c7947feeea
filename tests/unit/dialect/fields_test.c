/* (x).a and (x).* */
#include "dialect/fields.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PLAIN "(system.main.struct_concat("

static void check(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = true};
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void test_fields(void **state)
{
    (void)state;
    check("select (p).a as x", "select " PLAIN "(p))).a as x");
    check("select 1 as y, (t.p).\"A b\" as x from t", "select 1 as y, " PLAIN "(t.p))).\"A b\" as x from t");
    check("select ((p).a).b as x", "select " PLAIN "(" PLAIN "(p))).a))).b as x");
    check("select (p).a.b as x", "select " PLAIN PLAIN "(p))).a)).b as x");
    check("select (select p from t).a as x", "select " PLAIN "(select p from t))).a as x");
    check("select 1 as x where (p).a > 1", "select 1 as x where " PLAIN "(p))).a > 1");
    check("alter table t add constraint c check ((p).a < 5)",
          "alter table t add constraint c check (" PLAIN "(p))).a < 5)");
    check("select (p).b || 'x' as y from t",
          "select tavana_catalog.pg.text_operand(" PLAIN "(p))).b ) ||  'x' as y from t");
    check("select (p).* from t", "select unnest(p) from t");
    check("select 1 as x, (t.p).*, 2 as y from t", "select 1 as x, unnest(t.p), 2 as y from t");
}

static void test_what_stays(void **state)
{
    static const char *const same[] = {
        "select t.a as x from t", "select (a) as x from t", "select (a).upper() as x from t",
        "from t select (a).b",    "select f(a).b as x",
    };
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        check(same[i], same[i]);
}

static void test_subscripts_of_json(void **state)
{
    (void)state;
    check("select j['a'] as x from t", "select (j -> 'a') as x from t");
    check("select (f(j))['a']['b'] as x from t", "select (((f(j)) -> 'a') -> 'b') as x from t");
    check("select j[1], array['a'] as x from t", "select j[1], array['a'] as x from t");
    check("from t select m['a']", "from t select m['a']");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_subscripts_of_json),
                                       cmocka_unit_test(test_fields), cmocka_unit_test(test_what_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
