"""CREATE FUNCTION … LANGUAGE plpgsql of straight-line bodies, which answer as PostgreSQL's functions do."""

import psycopg
import pytest

TABLE = "create table ft (id int, name text); insert into ft values (1, 'a'), (2, 'b'), (3, 'c')"


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("create schema ps; set search_path = ps, public")
        connection.execute(TABLE)
        yield connection
        connection.execute("drop schema ps cascade")


FUNCTIONS = [
    ("f1(a int, b int) returns int", "BEGIN return a + b; END;", "select f1(1, 2), f1(null, 2), f1(b => 3, a => 4)", [(3, None, 7)]),
    ("f1b(a int, b int default 5) returns int", "BEGIN return $1 * $2; END;", "select * from f1b(2)", [(10,)]),
    ("f2(a inout int, b out int)", "BEGIN b := a; a := 1; END;", "select * from f2(5)", [(1, 5)]),
    ("f4() returns void", "begin null; end", "select f4()", [("",)]),
    ("f5(a int) returns text", "begin if a > 1 then return 'many'; elsif a = 1 then return 'one'; end if; return 'none'; end",
     "select f5(2), f5(1), f5(0), f5(null)", [("many", "one", "none", "none")]),
    ("f6(a int) returns text",
     "declare x int := a * 2; y text := 'k' || x; z ft.name%type; w x%type = 7; begin x := x + 1; if x > 10 then y := y || '!' || x; x = x - 1; "
     "if x > 20 then z := 'big'; end if; else y := 'small'; end if; return y || ' ' || x || coalesce(z, '-') || w; end;",
     "select f6(1), f6(5), f6(20), f6(null)", [("small 3-7", "k10!11 10-7", "k40!41 40big7", None)]),
    ("f7(n int) returns text", "declare r text; begin select name into r from ft where id = n; if found then return r; else return 'no ' || n; end if; end",
     "select f7(id), f7(id + 7) from ft order by id", [("a", "no 8"), ("b", "no 9"), ("c", "no 10")]),
    ("f8(n int, out a text, out b int)", "begin select name, id into a, b from ft where id = n; if not found then b := -1; end if; end",
     "select * from f8(2) union all select * from f8(22)", [("b", 2), (None, -1)]),
    ("f11(n int) returns setof int", "begin return next n; return next n + 1; if n > 5 then return; end if; return query select id from ft where id > n order by 1; end",
     "select * from f11(1)", [(1,), (2,), (2,), (3,)]),
    ("f11b(n int) returns setof int", "begin return next n; if n > 5 then return; end if; return next 0; end", "select * from f11b(10)", [(10,)]),
    ("f12(n int) returns table(i int, nm text)", "begin return query select id, name from ft where id >= n order by id; end", "select * from f12(2)", [(2, "b"), (3, "c")]),
    ("f13(n int) returns setof ft", "begin return query select * from ft where id >= n order by id; end", "select name from f13(2)", [("b",), ("c",)]),
    ("f15(x int) returns int", "<<o>> declare y int := 1; begin declare y int := 10; begin o.y := o.y + y; y := y + f15.x; return o.y * 100 + y; end; end",
     "select f15(5)", [(1115,)]),
    ("f16(int, int) returns int", "declare a alias for $1; b alias for $2; begin a := a + 1; return a * b; end", "select f16(2, 3)", [(9,)]),
    ("f17(a numeric) returns int", "declare r int; begin r := a; return r; end", "select f17(2.5), f17(3.5), f17('7.4')", [(3, 4, 7)]),
    ("f18(a text) returns text strict", "begin return coalesce(a, 'n') || length(a); end", "select f18('abc'), f18(null)", [("abc3", None)]),
    ("f28(a int) returns text", "begin return (select string_agg(name, ',' order by id) from ft where id <= a); end", "select f28(2)", [("a,b",)]),
    ("f29(a ft.id%type) returns ft.name%type", "begin return 'v' || a; end", "select f29(2)", [("v2",)]),
    ("f31(d date) returns int", "declare y int; begin y := extract(year from d); return y; end", "select f31('2020-02-02')", [(2020,)]),
    ("f33(b boolean) returns boolean", "BEGIN RETURN $1; END;", "select f33(true)", [(True,)]),
    ("f14(a int) returns text", "begin case a when 1, 2 then return 'low'; when 3 then return 'three'; else null; end case; return 'x'; end",
     "select f14(1), f14(2), f14(3), f14(4)", [("low", "low", "three", "x")]),
]


def test_functions(c):
    for declaration, body, query, rows in FUNCTIONS:
        c.execute(f"create function {declaration} language plpgsql as $_$ {body} $_$")
        assert c.execute(query).fetchall() == rows, declaration
        c.execute(f"drop function {declaration[:declaration.index('(')]}")


def test_parameters_and_catalog(c):
    c.execute("create or replace function add_to(a int, b int) returns int language plpgsql as 'begin return a + b; end'")
    assert c.execute("select add_to(%s, %s)", (1, 2)).fetchall() == [(3,)]
    with c.cursor(binary=True) as cursor:
        assert cursor.execute("select * from add_to(%s, %s) as result", (1, 2), prepare=True).fetchall() == [(3,)]
    c.execute("create view pv as select add_to(id, 1) as n from ft")
    assert c.execute("select sum(n) from pv").fetchall() == [(9,)]
    assert c.execute("select lanname, prosrc, prokind from pg_proc p join pg_language l on l.oid = prolang where proname = 'add_to'").fetchall() == [
        ("plpgsql", "begin return a + b; end", "f")]
    assert c.execute("select pg_get_functiondef(oid) from pg_proc where proname = 'add_to'").fetchall() == [
        ("CREATE OR REPLACE FUNCTION ps.add_to(a integer, b integer)\n RETURNS integer\n LANGUAGE plpgsql\nAS $function$begin return a + b; end$function$\n",)]
    c.execute("drop view pv")


@pytest.mark.parametrize("body, call, state, message", [
    ("begin if n < 0 then raise exception 'negative % (%)', n, 'it''s' using errcode = '22012'; end if; return n; end", -1, "22012", "negative -1 (it's)"),
    ("begin if n < 0 then raise exception 'below %%'; end if; return n; end", -1, "P0001", "below %"),
    ("begin if n > 0 then return n; end if; end", -1, "2F005", "control reached end of function without RETURN"),
    ("begin case n when 1 then return 2; end case; return 1; end", 3, "20000", "case not found"),
])
def test_errors_of_a_call(c, body, call, state, message):
    c.execute(f"create function fails(n int) returns int language plpgsql as $_$ {body} $_$")
    assert c.execute("select fails(1)").fetchone()[0] in (1, 2)
    with pytest.raises(psycopg.Error) as raised:
        c.execute(f"select fails({call})")
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (state, message)


def test_errors_of_creation(c):
    for declaration, body, state in [
        ("() returns int", "begin return 1 end", "42601"),
        ("() returns int", "begin foo bar; return 1; end", "42601"),
        ("() returns int", "begin nosuch := 1; return 1; end", "42601"),
        ("() returns int", "begin return; end", "42601"),
        ("() returns setof int", "begin return 5; end", "42804"),
        ("() returns void", "begin return 5; end", "42804"),
        ("(out a int)", "begin return 5; end", "42804"),
        ("() returns int", "declare a int; a text; begin return 5; end", "42601"),
        ("() returns int", "declare a constant int := 1; begin a := 2; return 5; end", "22005"),
        ("() returns nosuchtype", "begin return 1; end", "42704"),
    ]:
        with pytest.raises(psycopg.Error) as raised:
            c.execute(f"create function bad{declaration} language plpgsql as $_$ {body} $_$")
        assert raised.value.sqlstate == state, body


def test_what_is_refused(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create table if not exists rows_refused (a int)")
        for declaration, body, said in [
            ("() returns setof rows_refused", "begin perform 1; return query select * from rows_refused; end", "PERFORM at line 1"),
            ("() returns trigger", "begin return new; end", "without a result"),
        ]:
            with pytest.raises(psycopg.errors.FeatureNotSupported, match=said):
                c.execute(f"create function no{declaration} language plpgsql as $_$ {body} $_$")
        with pytest.raises(psycopg.Error) as raised: # what doubles so often is never made
            c.execute("create function grows(x text) returns text language plpgsql as $_$ begin " + "x := x || x; " * 60 + "return x; end $_$")
        assert raised.value.sqlstate == "54001"
        with pytest.raises(psycopg.Error) as raised:
            c.execute("create function deep() returns int language plpgsql as $_$ begin " + "if true then " * 10000 + "null; end $_$")
        assert raised.value.sqlstate == "54001"
