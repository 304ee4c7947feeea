"""Functions whose bodies are no query: the session runs them, where the call is all of a SELECT."""

import psycopg
import pytest

from asked import fails, rows


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("drop schema if exists alone cascade; create schema alone; set search_path = alone, public; create table log (a int, b text)")
        yield connection
        connection.execute("drop schema alone cascade")


FUNCTIONS = [
    ("a1(n int) returns int language plpgsql as $$ declare s int = 0; begin for i in 1..n loop s := s + i; end loop; return s; end $$", "select a1(10)", [(55,)]),
    ("a2(n int, t text default 'd') returns text language plpgsql as $$ begin insert into log values (n, t); raise notice 'in'; return t || n; end $$", "select * from a2(4)", [("d4",)]),
    ("a3(t text) returns void language sql as $$ insert into log values (1, t) $$", "select a3('x')", [(None,)]),
    ("a4(t text) returns int language sql as $$ insert into log values (1, t); select count(*)::int from log $$", "select a4('y') as n", [(1,)]),
    ("a5(n int) returns int language sql as $$ insert into log values (n, 'r') returning a + 1 $$", "select a5(7)", [(8,)]),
    ("a6(n int) returns setof int language plpgsql as $$ begin for i in 1..n loop return next i * i; end loop; return query select a from log; end $$", "select * from a6(3)", [(1,), (4,), (9,)]),
    ("a7(n int) returns table(x int, y text) language plpgsql as $$ begin for x, y in select i, 'v' || i from generate_series(1, n) s(i) loop return next; end loop; end $$",
     "select * from a7(2)", [(1, "v1"), (2, "v2")]),
    ("a8(n int, out x int, out y text) language plpgsql as $$ begin perform 1; x := n; y := 'o'; end $$", "select * from a8(3)", [(3, "o")]),
    ("a9() returns int language plpgsql as $$ begin begin perform 1 / 0; exception when division_by_zero then return -1; end; return 1; end $$", "select a9()", [(-1,)]),
    ("a10(n int) returns setof text language sql as $$ delete from log; select 'k' || i from generate_series(1, n) s(i) order by 1 $$", "select * from a10(2) as k", [("k1",), ("k2",)]),
    ("a11(n numeric) returns int language plpgsql as $$ begin perform 1; return n; end $$", "select a11(2.5)", [(3,)]),
]


@pytest.mark.parametrize("function, call, wanted", FUNCTIONS)
def test_what_they_give(function, call, wanted, c):
    c.execute(f"create function {function}")
    for prepare in (None, True, True):
        c.execute("delete from log")
        cur = c.execute(call, prepare=prepare)
        assert cur.fetchall() == wanted and cur.statusmessage == f"SELECT {len(wanted)}"
    c.execute("delete from log")
    assert c.execute(call, binary=True).fetchall() == wanted
    name = function[:function.index("(")]
    assert rows(c, f"select prokind::text, proname from pg_proc where proname = '{name}'") == [("f", name)]
    c.execute(f"drop function {name}")
    fails(c, "42883", call)


def test_parameters(c):
    c.execute("create function put(n int, t text) returns int language plpgsql as $$ begin insert into log values (n, t); return n + 1; end $$")
    assert c.execute("select put(%s, %s)", (1, "it's")).fetchone() == (2,)
    assert c.execute("select * from put(t => %s::text, n => 4)", ("named",)).fetchone() == (5,)
    assert rows(c, "select * from log order by a") == [(1, "it's"), (4, "named")]


def test_types_that_are_told(c):
    c.execute("create function t(n int) returns bigint language plpgsql as $$ begin perform 1; return n; end $$")
    assert [(d.name, d.type_code) for d in c.execute("select t(1)").description] == [("t", 20)]
    assert [(d.name, d.type_code) for d in c.execute("select t(1) as other").description] == [("other", 20)]
    c.execute("create function v() returns void language plpgsql as $$ begin perform 1; end $$")
    assert [(d.name, d.type_code) for d in c.execute("select v()").description] == [("v", 2278)]


@pytest.mark.parametrize("body, code", [("begin perform 1; end", "2F005"), ("begin perform 1; return 1 / 0; end", "22012"), ("begin perform 1; raise exception 'x' using errcode = '23505'; end", "23505")])
def test_errors(body, code, c):
    c.execute(f"create function f() returns int language plpgsql as $$ {body} $$")
    fails(c, code, "select f()")
    assert rows(c, "select 1") == [(1,)]


def test_all_or_nothing(c):
    c.execute("create function f() returns int language plpgsql as $$ begin insert into log values (1, 'a'); return 1 / 0; end $$")
    fails(c, "22012", "select f()")
    assert rows(c, "select count(*) from log") == [(0,)]


def test_within_a_statement(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create or replace function within(n int) returns int language plpgsql as $$ begin perform 1; return n; end $$")
        assert c.execute("select within(1)").fetchone() == (1,)
        for sql in ("select within(1) + 1", "select within(i) from generate_series(1, 2) s(i)", "select 1 where within(1) = 1", "insert into missing select within(1)"):
            with pytest.raises(psycopg.Error):
                c.execute(sql)
        c.execute("drop function within(int)")
