#include "sql/function.h"

#include "sql/statement.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

/* What is read, on a line. */
static void show(const struct sql_function *f, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; (f->drops || f->comments) && i < f->nnames; i++) {
        const struct sql_function_name *x = &f->names[i];
        n += (size_t)snprintf(out + n, room - n, "%.*s%s", (int)x->name.text.n, x->name.text.p,
                              x->listed ? "(" : " ");
        for (size_t j = 0; j < x->n; j++)
            n += (size_t)snprintf(out + n, room - n, "%.*s,", (int)x->types[j].n, x->types[j].p);
    }
    if (f->comments)
        (void)snprintf(out + n, room - n, "%s%.*s",
                       f->procedure ? "procedure "
                       : f->routine ? "routine "
                                    : "",
                       (int)f->comment.text.n, f->comment.text.p);
    if (f->drops || f->comments)
        return;
    for (size_t i = 0; i < f->n; i++)
        n += (size_t)snprintf(out + n, room - n, "%c %s %.*s=%.*s, ", (char)f->arguments[i].mode,
                              f->arguments[i].name, (int)f->arguments[i].type.n, f->arguments[i].type.p,
                              (int)f->arguments[i].initial.n,
                              f->arguments[i].initial.p ? f->arguments[i].initial.p : "");
    (void)snprintf(out + n, room - n, "%s%.*s: %.*s%s", f->set_of ? "SETOF " : "", (int)f->result.n,
                   f->result.p ? f->result.p : "", (int)f->body.n, f->body.p, f->alone ? " alone" : "");
}

static void check(const char *sql, const char *wanted)
{
    char got[8192] = "";
    struct sql_function f;
    struct sql_statement *s = the_statement(sql);
    assert_int_equal(s->kind, SQL_FUNCTION);
    err_init(&err);
    if (sql_parse_function(&arena, s, &f, &err) < 0)
        (void)snprintf(got, sizeof got, "%s %s", sqlstate_code(err.code), err.message);
    else
        show(&f, got, sizeof got);
    assert_string_equal(got, wanted);
}

static void test_create(void **state)
{
    (void)state;
    check("create function f(a int, b text default 'x, y') returns int language sql as 'select a'",
          "i a int=, i b text='x, y', int: select a");
    check(
        "create or replace function s.f(numeric(10,2), double precision = f(1, 2)) returns setof text as $$ "
        "select 1; $$ language SQL immutable strict parallel safe cost 10",
        "i  numeric=, i  double precision=f(1, 2), SETOF text:  select 1");
    check("create function f(in a int[], out b int, inout c text) language sql as 'values (1, 2)'",
          "i a int[]=, o b int=, b c text=, : values (1, 2)");
    check("create function f() returns table(a int, b timestamp(3) with time zone) language sql as 'table t'",
          "t a int=, t b timestamp with time zone=, SETOF : table t");
    check("create function f(a int) returns int return a + 1", "i a int=, int: SELECT a + 1");
    check("create function f(a int) returns int language plpgsql as ''",
          "42601 syntax error at end of input");
    check("create function f(a t.c%type, b out s.t.c % type) language plpgsql as 'begin end'",
          "i a t.c=, o b s.t.c=, s.t.c: ");
    check("create function f() returns void language plpgsql as 'begin end'", "void: ");
    check("create function f() returns void language sql as 'select 1'", "void: select 1 alone");
    check("create function f(a int) returns int begin atomic select case when a = 1 then 2 end; end",
          "i a int=, int: select case when a = 1 then 2 end");
    check("create function f(a int) returns int begin atomic select 1; select 2; end",
          "0A000 such a function with RETURN or BEGIN ATOMIC is not supported");
    check("create procedure p(a int) begin atomic insert into t values (1); end",
          "0A000 a procedure with BEGIN ATOMIC is not supported");
    check("create procedure p(a int, inout b text default 'x') language sql as 'select 1; select 2'",
          "i a int=, b b text='x', : select 1; select 2");
    check("create procedure p() returns int language sql as 'x'", "42P13 a procedure has no result");
    check("create function f(a int) returns int language x as ''", "42704 language \"x\" does not exist");
    check("create function f(a int) returns int as 'select 1'", "42P13 no language specified");
    check("create function f(a int) language sql as 'select 1'",
          "42P13 function result type must be specified");
    check("create function f(a int) returns int language sql", "42P13 no function body specified");
    check("create function f(a int default 1, b int) returns int language sql as 'select 1'",
          "42P13 input parameters after one with a default value must also have defaults");
    check("create function f() returns int language sql as 'select 1; select 2'",
          "int: select 1; select 2 alone");
    check("create function f() returns int language sql as 'delete from t'", "int: delete from t alone");
    check("create function f() returns trigger language sql as 'select 1'",
          "0A000 a function without a result is not supported");
    check("create function f(variadic a int[]) returns int language sql as 'select 1'",
          "0A000 VARIADIC in a function is not supported");
    check("create function f(a int,) returns int language sql as 'x'", "42601 syntax error at or near \")\"");
    check("create function f(a int default) returns int language sql as 'x'",
          "42601 syntax error at or near \")\"");
}

static void test_comment(void **state)
{
    (void)state;
    check("comment on function s.f(int, b text, out c int) is 'what it does'", "f(int,text,'what it does'");
    check("comment on procedure p is null", "p procedure null");
    check("comment on routine p() is $$x$$", "p(routine $$x$$");
    check("comment on function f is", "42601 syntax error at end of input");
    check("comment on function f 'x'", "42601 syntax error at or near \"'x'\"");
    check("comment on function f is 1", "42601 syntax error at or near \"1\"");
    check("comment on function f is 'x' y", "42601 syntax error at or near \"y\"");
}

static void test_drop(void **state)
{
    (void)state;
    check("drop function f", "f ");
    check("drop function if exists s.f(int, b text, out c int), g cascade", "f(int,text,g ");
    check("drop function f(", "42601 syntax error at end of input");
}

static void test_engines_own(void **state)
{
    static const char *const texts[] = {"create function f(a, b) as a + b", "create macro f(a) as a",
                                        "create function f(a) as table select a",
                                        "create function f() as 'x'", "create or function f() returns int"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(sql_is_function(sql_tokens_of(str_of(texts[i]))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_engines_own, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
