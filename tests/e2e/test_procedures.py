"""CREATE PROCEDURE and CALL, as PostgreSQL has them."""

import psycopg
import pytest

from asked import fails, rows


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("drop schema if exists procs cascade; create schema procs; set search_path = procs, public; create table log (a int, b text)")
        yield connection
        connection.execute("drop schema procs cascade")


def test_in_sql(c):
    c.execute("create procedure add(a int, b text default 'none') language sql as $$ insert into log values (a, b); update log set b = b || '!' where log.a = $1; select count(*) from log $$")
    assert c.execute("call add(1, 'x')").statusmessage == "CALL"
    c.execute("call add(2)")
    c.execute("call add(b => 'named', a => 3)")
    assert rows(c, "select * from log order by a") == [(1, "x!"), (2, "none!"), (3, "named!")]


def test_in_plpgsql(c):
    said = []
    c.add_notice_handler(lambda n: said.append(n.message_primary))
    c.execute("create procedure fill(n int, prefix varchar) language plpgsql as $$ declare i int; begin for i in 1..n loop insert into log values (i, prefix || i); end loop; "
              "raise notice '% rows', (select count(*) from log); end $$")
    c.execute("call fill(3, 'p')")
    assert rows(c, "select b from log order by a") == [("p1",), ("p2",), ("p3",)] and said == ["3 rows"]
    c.execute("create or replace procedure fill(n int, prefix varchar) language plpgsql as $$ begin if fill.n > 10 then return; end if; call fill(n + 5, prefix); insert into log values (n, 'again'); end $$")
    c.execute("call fill(2, 'q')")
    assert rows(c, "select a from log where b = 'again' order by a") == [(2,), (7,)]


def test_results(c):
    c.execute("create procedure twice(inout n int, inout t text default 'd') language plpgsql as $$ begin n := n * 2; t := t || n; end $$")
    cur = c.execute("call twice(4)")
    assert cur.fetchall() == [(8, "d8")] and [d.name for d in cur.description] == ["n", "t"] and cur.statusmessage == "CALL"
    assert c.execute("call twice(%s, %s)", (5, "x")).fetchall() == [(10, "x10")]
    assert c.execute("call twice(%s, %s)", (6, "y"), binary=True).fetchall() == [(12, "y12")]
    c.execute("create procedure half(a int, out b numeric) language plpgsql as $$ begin b := a / 2.0; end $$")
    assert float(c.execute("call half(3, null)").fetchone()[0]) == 1.5


def test_along_the_search_path(c):
    c.execute("create procedure along(t text) language sql as 'insert into procs.log values (1, t)'; create function along_f(t text) returns text language plpgsql as $$ begin perform 1; return t; end $$")
    c.execute("drop schema if exists procs_first cascade; create schema procs_first; set search_path = procs_first, procs")
    c.execute("call along('a'); call procs.along('b')")
    assert rows(c, "select along_f('x')") == [("x",)] and rows(c, "select * from procs.along_f('y')") == [("y",)]
    assert rows(c, "select b from procs.log order by 1") == [("a",), ("b",)]
    c.execute("create procedure along(t text) language sql as 'select 1'; call along('c'); drop schema procs_first cascade; set search_path = procs")
    assert rows(c, "select count(*) from procs.log") == [(2,)]


def test_parameters(c):
    c.execute("create procedure put(a int, b text) language sql as $$ insert into log values (a, b) $$")
    c.execute("call put(%s, %s)", (7, "it's"))
    c.execute("call put(%s + 1, upper(%s))", (7, "p"))
    with c.cursor() as cur:
        for i in range(8):
            cur.execute("call put(%s, 'many')", (i,), prepare=True)
    assert rows(c, "select a, b from log where b <> 'many' order by a") == [(7, "it's"), (8, "P")]
    assert rows(c, "select count(*) from log where b = 'many'") == [(8,)]


def test_all_or_nothing(c):
    c.execute("create procedure bad() language plpgsql as $$ begin insert into log values (1, 'a'); perform 1 / 0; end $$")
    said = fails(c, "22012", "call bad()")
    assert "PL/pgSQL function bad() line 1 at PERFORM" in said.context
    assert rows(c, "select count(*) from log") == [(0,)]
    with c.transaction(force_rollback=True):
        c.execute("insert into log values (5, 'five')")
        c.execute("create procedure good() language sql as 'delete from log'; call good()")
    assert rows(c, "select count(*) from log") == [(0,)]


def test_errors(c):
    c.execute("create procedure p(a int) language sql as 'select a'; create function f(a int) returns int language sql as 'select a'")
    fails(c, "42883", "call nothing(1)")
    fails(c, "42883", "call p()")
    fails(c, "42883", "call p(1, 2)")
    fails(c, "42883", "call p(b => 1)")
    fails(c, "22P02", "call p('x')")
    fails(c, "42809", "call f(1)")
    fails(c, "42809", "select p(1)")
    fails(c, "42601", "call p(1")
    fails(c, "42809", "drop function p(int)")
    fails(c, "42809", "drop procedure f(int)")
    fails(c, "42809", "create or replace function p(a int) returns int language sql as 'select a'")
    fails(c, "42723", "create procedure p(a int) language sql as 'select a'")
    fails(c, "42883", "drop procedure q(int)")
    assert c.execute("drop procedure if exists q(int)").statusmessage == "DROP PROCEDURE"
    assert c.execute("drop procedure p(int)").statusmessage == "DROP PROCEDURE"
    assert c.execute("drop routine f(int)").statusmessage == "DROP ROUTINE"
    fails(c, "42P13", "create procedure p() language sql")
    fails(c, "42601", "create procedure p() language plpgsql as 'begin selec'")


def test_catalog(c):
    c.execute("create procedure p(a int, b text default 'x') language plpgsql as $$ begin select 1; end $$")
    assert rows(c, "select prokind::text, prorettype::regtype::text, lanname from pg_proc p join pg_language l on l.oid = prolang where proname = 'p'") == [("p", "void", "plpgsql")]
    assert rows(c, "select routine_type from information_schema.routines where routine_name = 'p'") == [("PROCEDURE",)]
    fails(c, "42601", "call p(1)")  # its query has no destination


def test_depth(c):
    c.execute("create procedure deep(n int) language plpgsql as $$ begin call deep(n + 1); end $$")
    fails(c, "54001", "call deep(1)")
    assert rows(c, "select 1") == [(1,)]


def test_the_engines_own_call(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        assert c.execute("call range(3)").fetchall() == [(0,), (1,), (2,)]
        c.execute("set tavana.sql = duckdb")
        assert c.execute("call range(2)").fetchall() == [(0,), (1,)]
