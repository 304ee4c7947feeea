"""Cursors of PL/pgSQL: opened, fetched from and closed in a function, or given back to the client, which fetches from them. On PostgreSQL, too."""

import psycopg
import pytest

from asked import fails, rows

REFCURSOR = 1790


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("drop schema if exists pc cascade; create schema pc; set search_path = pc, public")
        connection.execute("create table t as select i as a, 'v' || i as b from generate_series(1, 20) i(i)")
        yield connection
        connection.execute("rollback; drop schema pc cascade")


def function(c, head, body):
    c.execute(f"create or replace function {head} language plpgsql as $$ {body} $$")


def said(c, body):
    notices = []
    c.add_notice_handler(lambda d: notices.append(d.message_primary))
    c.execute(f"do $$ {body} $$")
    return notices


# ---- given back ----

@pytest.mark.parametrize("head, body", [
    ("f(n int) returns refcursor", "declare c refcursor; begin open c for select a, b from t where a <= n order by a; return c; end"),
    ("f(r out refcursor, n int)", "begin open r for select a, b from t order by a limit n; end"),
    ("f(n int, out refcursor)", "begin open $2 for execute 'select a, b from t where a <= $1 order by a' using n; end"),
    ("f(n int) returns setof refcursor", "declare cc cursor (m int) for select a, b from t where a <= m order by a; begin open cc(n); return next cc; cc := null; end"),
])
def test_the_client_fetches(c, head, body):
    function(c, head, body)
    with c.transaction():
        cur = c.execute("select * from f(3)", prepare=True)
        assert [d.type_code for d in cur.description] == [REFCURSOR]
        name = cur.fetchone()[0]
        assert c.execute(f'fetch 2 from "{name}"').fetchall() == [(1, "v1"), (2, "v2")]
        assert rows(c, "select name, is_holdable from pg_cursors") == [(name, False)]
        assert c.execute(f'fetch all in "{name}"', binary=True, prepare=True).fetchall() == [(3, "v3")]
    with c.transaction():
        assert c.execute("select f(2)", binary=True).fetchone()[0] != ""
    fails(c, "34000", f'fetch "{name}"')
    assert len(rows(c, "select f(2)")) == 1 and rows(c, "select count(*) from pg_cursors") == [(0,)]


def test_names(c):
    function(c, "f(c refcursor) returns refcursor", "begin open c for select a from t order by a desc; return c; end")
    function(c, "g() returns refcursor", "declare c refcursor; begin open c for select 1; return c; end")
    c.execute("begin")
    assert rows(c, "select f('My own')") == [("My own",)]
    assert rows(c, 'fetch 2 from "My own"') == [(20,), (19,)]
    first, second = rows(c, "select g()")[0][0], rows(c, "select g()")[0][0]
    assert first != second and first.startswith("<unnamed portal ")
    fails(c, "42P03", "select f('My own')")
    c.execute("rollback")


def test_two_cursors_and_one_that_scrolls(c):
    function(c, "f() returns setof refcursor",
             "declare x refcursor := 'aa'; y refcursor := 'bb'; begin open x for select 1 as one; return next x; open y scroll for select a, b from t order by 1; return next y; end")
    with c.transaction():
        assert rows(c, "select * from f()") == [("aa",), ("bb",)]
        assert rows(c, "fetch all from aa") == [(1,)]
        assert rows(c, "fetch last from bb") == [(20, "v20")] and rows(c, "fetch first from bb") == [(1, "v1")]
        c.execute("close bb")
        assert rows(c, "select name from pg_cursors") == [("aa",)]


def test_a_block_opens_one_for_the_client(c):
    with c.transaction():
        c.execute("do $$ declare c refcursor := 'left'; begin open c for select a from t order by a; move 5 from c; end $$")
        assert rows(c, 'fetch 1 from "left"') == [(6,)]


def test_a_procedure_opens_one(c):
    c.execute("create procedure p(inout c refcursor) language plpgsql as $$ begin open c for select a from t order by a; end $$")
    with c.transaction():
        assert rows(c, "call p('cc')") == [("cc",)]
        assert rows(c, "fetch 2 from cc") == [(1,), (2,)]


def test_many_rows_stream(c):
    function(c, "f() returns refcursor", "declare c refcursor := 'big'; begin open c for select i from generate_series(1, 1000000) i(i); return c; end")
    with c.transaction():
        c.execute("select f()")
        c.execute("move 999998 in big")
        assert rows(c, "fetch all from big") == [(999999,), (1000000,)]


# ---- within a function ----

@pytest.mark.parametrize("body, notices", [
    ("declare c cursor (lo int, hi int) for select a from t where a between lo and hi order by a; x int; s int := 0; begin open c(3, hi := 6);"
     " loop fetch c into x; exit when not found; s := s + x; end loop; close c; raise notice '%', s; end", ["18"]),
    ("declare c scroll cursor for select a, b from t order by a; r record; x int; y text; begin open c; fetch last from c into r; raise notice '% %', r.a, r.b; fetch first from c into x, y;"
     " raise notice '% %', x, y; fetch absolute 2 + 3 from c into x; raise notice '%', x; fetch relative -2 from c into x; raise notice '%', x; fetch prior in c into x; raise notice '%', x; end",
     ["20 v20", "1 v1", "5", "3", "2"]),
    ("declare c refcursor; x int; n int; begin open c scroll for select a from t order by a; move c; move forward 3 from c; get diagnostics n = row_count; raise notice '% %', n, found; fetch next from c into x;"
     " raise notice '%', x; move backward 2 from c; fetch c into x; raise notice '%', x; move forward all from c; fetch c into x; raise notice '% %', x, found; move last from c; raise notice '%', found; end",
     ["3 t", "5", "4", "<NULL> f", "t"]),
    ("declare c cursor for select a from t order by a; n int = 0; begin for r in c loop n := n + r.a; exit when r.a = 4; end loop; raise notice '% %', n, found; end", ["10 t"]),
    ("declare c cursor (m int) is select a, b from t where a > m order by a; begin for r in c(18) loop raise notice '% %', r.a, r.b; end loop; for r in c(m := 99) loop null; end loop;"
     " raise notice '%', found; end", ["19 v19", "20 v20", "f"]),
    ("declare c refcursor; n int := 7; x int; begin open c for select a from t where a > n order by a; n := 100; fetch c into x; raise notice '%', x; close c; open c for execute 'select ' || n; fetch c into x;"
     " raise notice '%', x; close c; raise notice '%', c is null; end", ["8", "100", "f"]),
    ("<<o>> declare c refcursor; x int; begin open o.c for values (1), (2); fetch o.c into o.x; raise notice '%', x; close o.c; end", ["1"]),
    ("declare c refcursor; d c%type; x int; begin open c for select 5; d := c; fetch d into x; raise notice '%', x; close d; begin fetch c into x; exception when invalid_cursor_name then raise notice 'gone'; end; end",
     ["5", "gone"]),
])
def test_in_a_block(c, body, notices):
    assert said(c, body) == notices
    assert rows(c, "select count(*) from pg_cursors") == [(0,)]


@pytest.mark.parametrize("body, state", [
    ("declare c cursor for select 1; begin open c; open c; end", "42P03"),
    ("declare c cursor (n int) for select n; begin open c; end", "42601"),
    ("declare c cursor (n int) for select n; begin open c(1, 2); end", "42601"),
    ("declare c cursor (n int) for select n; begin open c(m := 2); end", "42601"),
    ("declare c cursor (n int, m int) for select n; begin open c(n := 2, n := 3); end", "42601"),
    ("declare c refcursor; begin open c; end", "42601"),
    ("declare c refcursor; begin for r in c loop null; end loop; end", "42601"),
    ("declare c int; begin open c for select 1; end", "42804"),
    ("declare c refcursor; x int; begin fetch c into x; end", "22004"),
    ("declare c refcursor; begin close c; end", "22004"),
    ("declare c refcursor := 'nowhere'; begin close c; end", "34000"),
    ("declare c refcursor; begin open c for select 1/0; fetch c into c; end", "22012"),
    ("declare c refcursor; begin open c for insert into t values (1); end", "42P11"),
    ("declare c refcursor; begin open c for drop table t; end", "42P11"),
    ("declare c refcursor; x int; begin open c no scroll for select a from t; move 3 from c; fetch prior from c into x; end", "55000"),
])
def test_errors(c, body, state):
    fails(c, state, f"do $$ {body} $$")
    assert rows(c, "select count(*) from pg_cursors") == [(0,)]


def test_many_open_and_close(c):
    function(c, "f(n int) returns int", "declare c refcursor; s int := 0; x int; begin for i in 1..n loop open c for select i; fetch c into x; s := s + x; close c; c := null; end loop; return s; end")
    assert rows(c, "select f(300)") == [(45150,)]
