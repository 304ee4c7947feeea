#include "sql/plpgsql_query.h"

#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* What a body means in a function that is declared so; or its error. */
static const char *query_of(const char *declared, const char *body)
{
    struct sql_function f;
    const char *query;
    size_t room = strlen(declared) + strlen(body) + 64;
    char *sql = arena_alloc(&arena, room);
    char *got = arena_alloc(&arena, ERR_MESSAGE_MAX + 16);
    assert_non_null(sql);
    assert_non_null(got);
    (void)snprintf(sql, room, "create function %s language plpgsql as $_body_$%s$_body_$", declared, body);
    struct sql_statement *s = the_statement(sql);
    assert_int_equal(s->kind, SQL_FUNCTION);
    err_init(&err);
    if (sql_parse_function(&arena, s, &f, &err) == ST_OK &&
        plpgsql_query(&arena, &f, "f", false, &query, &err) == ST_OK)
        return query;
    (void)snprintf(got, ERR_MESSAGE_MAX + 16, "%s %s", sqlstate_code(err.code), err.message);
    return got;
}

/* Line breaks, which stand behind each expression, are left out. */
static void check(const char *declared, const char *body, const char *wanted)
{
    const char *got = query_of(declared, body);
    char *flat = arena_strdup(&arena, got);
    size_t n = 0;
    assert_non_null(flat);
    for (const char *p = got; *p; p++)
        if (*p != '\n')
            flat[n++] = *p;
    flat[n] = '\0';
    assert_string_equal(flat, wanted);
}

static void test_expressions(void **state)
{
    (void)state;
    check("f(a int, b int) returns int", "begin return a + b; end", "SELECT CAST(($1 + $2) AS int)");
    check("f(a int) returns int", "begin return f.a + $1; end;", "SELECT CAST(($1 + $1) AS int)");
    check("f(a inout int, b out int)", "begin b := a; a := 1; end",
          "SELECT CAST((1) AS int), CAST(($1) AS int)");
    check("f(a int) returns void", "begin null; end", "SELECT ''");
    check("f(int) returns int", "declare x alias for $1; y constant int = 2; begin return x * y; end",
          "SELECT CAST(($1 * CAST((2) AS int)) AS int)");
    check("f(a int) returns text", "begin if a > 1 then return 'x'; end if; return 'y'; end",
          "SELECT CASE WHEN (CASE WHEN ($1 > 1) THEN 1 ELSE 2 END = 1) THEN CAST(('x') AS text) ELSE "
          "CAST(('y') AS "
          "text) END");
}

static void test_levels(void **state)
{
    (void)state;
    check("f(a int) returns int", "declare x int := g(a); begin return x + x; end",
          "SELECT CAST((_v1_ + _v1_) AS int) FROM (SELECT *, CAST((g($1)) AS int) AS _v1_ FROM (SELECT 1 AS "
          "_v0_) AS _l_) AS _l_");
    check(
        "f(a int) returns text", "declare x text; begin select n into x from t where i = a; return x; end",
        "SELECT CAST((CAST(_q1_1_ AS text)) AS text) FROM (SELECT * FROM (SELECT 1 AS _v0_) AS _l_ LEFT JOIN "
        "LATERAL (SELECT true AS _q1_0_, _r_.* FROM (select n from t where i = $1) AS _r_(_q1_1_) LIMIT 1) "
        "AS "
        "_q1_ ON true) AS _l_");
}

static void test_rows(void **state)
{
    (void)state;
    check("f(a int) returns setof int", "begin return query select i from t where i = a; end",
          "select i from t where i = $1");
    check("f(a int) returns setof int", "begin return next a; return query select 2; end",
          "SELECT CAST(($1) AS int) UNION ALL SELECT * FROM (select 2) AS _r_");
    check("f() returns setof int", "begin return; end", "SELECT NULL WHERE false");
}

/* Names that are a variable's and names that are not. */
static void test_names(void **state)
{
    (void)state;
    check("f(a int) returns int", "begin return (select a.a + t.a + a(a) + a from b a where x = a); end",
          "SELECT CAST(((select a.a + t.a + a($1) + $1 from b a where x = $1)) AS int)");
    check("f(a int) returns int", "begin return (select x.a from a, lateral (values (a)) as x(a)); end",
          "SELECT CAST(((select x.a from a, lateral (values ($1)) as x(a))) AS int)");
    check("f(a date) returns int", "begin return extract(year from a) + g(a => a) + '1'::a; end",
          "SELECT CAST((extract(year from $1) + g(a => $1) + '1'::a) AS int)");
    check("f(\"A b\" int) returns int", "begin return \"A b\" + ab; end", "SELECT CAST(($1 + ab) AS int)");
    check("f(a int) returns int",
          "<<o>> declare b int; begin declare b int := 3; begin return o.b + b; end; end",
          "SELECT CAST((CAST(NULL AS int) + CAST((3) AS int)) AS int)");
}

static void test_refused(void **state)
{
    (void)state;
    check("f() returns int", "begin loop null; end loop; end",
          "0A000 LOOP at line 1 of a function in language plpgsql is not supported");
    check("f() returns int", "begin\n execute 'x'; end",
          "0A000 EXECUTE at line 2 of a function in language plpgsql is not supported");
    check("f() returns int", "begin return 1; exception when others then return 2; end",
          "0A000 EXCEPTION at line 1 of a function in language plpgsql is not supported");
    check("f() returns int", "declare r record; begin return 1; end",
          "0A000 RECORD at line 1 of a function in language plpgsql is not supported");
    check("f() returns int", "begin\n\n delete from t; return 1; end",
          "0A000 a statement that is no query at line 3 of a function in language plpgsql is not supported");
    check("f() returns int", "begin raise notice 'x'; return 1; end",
          "0A000 RAISE of a notice at line 1 of a function in language plpgsql is not supported");
    check("f() returns int", "begin perform g(); return 1; end",
          "0A000 PERFORM at line 1 of a function in language plpgsql is not supported");
    check("f() returns int", "begin x := 1; end", "42601 \"x\" is not a known variable");
    check("f() returns int", "declare x constant int = 1; begin x := 2; end",
          "22005 variable \"x\" is declared CONSTANT");
    check("f() returns int", "declare x int; x text; begin end",
          "42601 duplicate declaration at or near \"x\"");
    check("f() returns int", "begin return; end", "42601 missing expression at or near \";\"");
    check("f() returns setof int", "begin return 1; end",
          "42804 RETURN cannot have a parameter in function returning set");
    check("f() returns int", "begin foo bar; end", "42601 syntax error at or near \"foo\"");
    check("f() returns int", "begin return 1 end", "42601 syntax error at end of input");
    check("f() returns int", "begin raise exception 'a % b'; end",
          "42601 too few parameters specified for RAISE");
}

static char *repeated(const char *begin, const char *text, size_t n, const char *end)
{
    size_t length = strlen(text);
    char *out = arena_alloc(&arena, strlen(begin) + n * length + strlen(end) + 1);
    assert_non_null(out);
    char *at = out + strlen(begin);
    memcpy(out, begin, strlen(begin));
    for (size_t i = 0; i < n; i++, at += length)
        memcpy(at, text, length);
    memcpy(at, end, strlen(end) + 1);
    return out;
}

static void test_hostile(void **state)
{
    (void)state;
    check("f() returns int", repeated("begin ", "if true then ", 10000, "end"),
          "54001 blocks and branches of PL/pgSQL are nested more than 100 deep");
    check("f() returns int", repeated("begin ", "begin ", 10000, "end"),
          "54001 blocks and branches of PL/pgSQL are nested more than 100 deep");
    check("f() returns int", repeated("declare x int; begin ", "x := 1; ", 20000, "end"),
          "54000 a body of PL/pgSQL has more than 10000 statements");
    check("f(x text) returns text", repeated("begin ", "x := x || x; ", 60, "return x; end"),
          "54001 a body of PL/pgSQL is too complex");
    /* what a variable is named does not grow the text: forty doublings are forty levels */
    const char *query =
        query_of("f(x text) returns text", repeated("begin ", "x := x || x; ", 40, "return x; end"));
    assert_in_range(strlen(query), 1000, 10000);
    query = query_of("f(x text) returns text",
                     repeated("begin if x = 'a' then return 1;", "elsif x = 'b' then return 2; ", 2000,
                              " end if; return 3; end"));
    assert_in_range(strlen(query), 1000, PLPGSQL_QUERY_MAX);
    query = query_of("f(x text) returns text", repeated("begin return 1 ", "+ 1", 33000, "; end"));
    assert_in_range(strlen(query), 99000, 110000);
    query = query_of("f(x text) returns text", repeated("begin return 1 ", "+ x", 33000, "; end"));
    assert_in_range(strlen(query), 99000, PLPGSQL_QUERY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_expressions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
