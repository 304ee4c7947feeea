"""CREATE FUNCTION … LANGUAGE sql, whose macros answer as PostgreSQL's functions do."""

import re

import psycopg
import pytest

TABLE = "create table ft (id int, name text, v numeric(10,2)); insert into ft values (1, 'a', 1.5), (2, 'b', 2.5), (3, 'c', 3.5)"


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("create schema fs; set search_path = fs, public")
        connection.execute(TABLE)
        yield connection
        connection.execute("drop schema fs cascade")


def all_of(c, sql, *args):
    return c.execute(sql, *args).fetchall()


@pytest.mark.parametrize("declaration, query, rows", [
    ("add_to(a int, b int) returns int language sql as 'select a + b'", "select add_to(1, 2), add_to(a => 3, b => 4)", [(3, 7)]),
    ("half(int) returns int language sql immutable as $$ select $1 / 2 $$", "select half(7), half(null), sum(half(id)) from ft", [(3, None, 2)]),
    ("greet(name text, greeting text default 'hello') returns text language sql as $$ select greeting || ', ' || name; $$",
     "select greet('x'), greet('x', 'bye')", [("hello, x", "bye, x")]),
    ("name_of(id int) returns text language sql stable as $$ select name from ft where ft.id = name_of.id $$",
     "select id, name_of(f.id) from ft f order by 1", [(1, "a"), (2, "b"), (3, "c")]),
    ("column_wins(id int) returns bigint language sql as $$ select count(*) from ft where id = id $$", "select column_wins(1)", [(3,)]),
    ("below(int) returns int language sql as $$ select max(id) from ft where id < $1 $$", "select id, below(id) from ft order by 1", [(1, None), (2, 1), (3, 2)]),
    ("first_of() returns text language sql as $$ select name from ft order by id desc $$", "select first_of()", [("c",)]),
    ("strictly(a int, b int) returns int language sql strict as $$ select coalesce(a, 0) + coalesce(b, 0) $$", "select strictly(1, null), strictly(1, 2)", [(None, 3)]),
    ("tab(lo int) returns table(i int, t text) language sql as $$ select id, name from ft where id >= lo order by id desc $$",
     "select * from tab(2)", [(3, "c"), (2, "b")]),
    ("tab(lo int) returns table(i int, t text) language sql as $$ select id, name from ft where id >= lo $$",
     "select ft.id, x.i from ft, tab(ft.id) x order by 1, 2", [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]),
    ("ids() returns setof int language sql as $$ select id from ft order by 1 $$", "select ids from ids()", [(1,), (2,), (3,)]),
    ("ft_rows(n int) returns setof ft language sql as $$ select * from ft where id <= n order by id $$", "select name from ft_rows(2)", [("a",), ("b",)]),
    ("outs(a int, out b int, out c text) language sql as $$ select a + 1, 'x' || a $$", "select * from outs(4)", [(5, "x4")]),
    ("one_out(a int, out b int) language sql as $$ select a + 1 $$", "select one_out(4)", [(5,)]),
    ("returned(a int, b int) returns int language sql return a * b", "select returned(3, 4)", [(12,)]),
    ("factorial_of(n int) returns bigint language sql as $$ with recursive r(i, p) as (select 1, 1::bigint union all select i + 1, p * (i + 1) from r where i < n) "
     "select max(p) from r $$", "select factorial_of(5), factorial_of(1)", [(120, 1)]),
    ("how_many(a int) returns text language sql as $$ select case when a > 1 then 'many' when a = 1 then 'one' end as said $$",
     "select how_many(2), how_many(1), how_many(0)", [("many", "one", None)]),
    ("who() returns text language sql as $$ select current_user::text $$", "select who() = current_user", [(True,)]),
    ("a_date(d date) returns date language sql as $$ select d + 1 $$", "select a_date('2020-02-28')::text", [("2020-02-29",)]),
    ("member(j jsonb) returns text language sql as $$ select j ->> 'a' $$", """select member('{"a": "b"}')""", [("b",)]),
    ('"Quoted Name"("An Argument" int) returns int language sql as $$ select "An Argument" + $1 $$', 'select "Quoted Name"(2)', [(4,)]),
    ("scalar_in_from(a int) returns int language sql as 'select a'", "select * from scalar_in_from(5)", [(5,)]),
])
def test_a_function(c, declaration, query, rows):
    c.execute(f"create function {declaration}")
    assert all_of(c, query) == rows
    name = declaration[:declaration.index("(")]
    c.execute(f"drop function {name}")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        c.execute(query)


def test_prepared_in_a_view_and_in_a_function(c):
    c.execute("create function inner_of(a int) returns int language sql as 'select a + 1'")
    c.execute("create function outer_of(a int) returns int language sql as 'select inner_of(a) * 2 from ft where ft.id = a'")
    c.execute("create view fv as select id, outer_of(id) as o from ft")
    assert all_of(c, "select * from fv order by 1") == [(1, 4), (2, 6), (3, 8)]
    assert all_of(c, "select inner_of(%s), outer_of(%s)", (1, 2)) == [(2, 6)]
    with c.cursor(binary=True) as cursor:
        assert cursor.execute("select outer_of(%s)", (3,), prepare=True).fetchall() == [(8,)]
    c.execute("drop view fv")


def test_replacing(c):
    c.execute("create function r(a int) returns int language sql as 'select a'")
    for sql, state in [("create function r(a int) returns int language sql as 'select 2'", "42723"),
                       ("create or replace function r(a int) returns text language sql as 'select ''x'''", "42P13")]:
        with pytest.raises(psycopg.Error) as raised:
            c.execute(sql)
        assert raised.value.sqlstate == state
    c.execute("create or replace function r(a int) returns int language sql as 'select a + 100'")
    assert all_of(c, "select r(1)") == [(101,)]
    with c.transaction(force_rollback=True):
        c.execute("create or replace function r(a int) returns int language sql as 'select a + 200'")
        assert all_of(c, "select r(1)") == [(201,)]
    assert all_of(c, "select r(1)") == [(101,)]


@pytest.mark.parametrize("sql, state", [
    ("create function bad() returns int language sql as 'select nosuch'", "42703"),
    ("create function bad() returns int language sql as 'select x from nosucht'", "42P01"),
    ("create function bad(a nosuchtype) returns int language sql as 'select 1'", "42704"),
    ("create function bad(a int) returns int language sql as 'select $2'", "42P02"),
    ("create function bad(a int) returns int language sql as 'select 1, 2'", "42P13"),
    ("create function bad(a int) returns int as 'select 1'", "42P13"),
    ("create function bad(a int) returns int language nosuch as 'select 1'", "42704"),
    ("drop function nosuch(int)", "42883"),
    ("drop function nosuch", "42883"),
])
def test_errors(c, sql, state):
    with pytest.raises(psycopg.Error) as raised:
        c.execute(sql)
    assert raised.value.sqlstate == state
    assert all_of(c, "select count(*) from pg_proc where proname = 'bad'") == [(0,)]
    c.execute("drop function if exists nosuch(int)")


COMMENTED = """select proname, obj_description(p.oid, 'pg_proc'), d.description from pg_proc p left join pg_description d
                 on d.objoid = p.oid and d.classoid = 'pg_proc'::regclass and d.objsubid = 0 where pronamespace = 'fs'::regnamespace order by 1"""


def test_comments(c):
    c.execute("create function f(a int) returns int language sql as 'select a'")
    c.execute("create function r() returns table(i int) language sql as 'select 1 as i'")
    c.execute("create procedure p(a int) language sql as 'insert into ft values (a)'")
    assert all_of(c, COMMENTED) == [("f", None, None), ("p", None, None), ("r", None, None)]
    for sql in ("comment on function f(int) is 'it''s F'", "comment on function fs.r is $$rows, of F$$", "comment on procedure p(a int) is E'\\x70'"):
        assert c.execute(sql).statusmessage == "COMMENT"
    assert all_of(c, COMMENTED) == [("f", "it's F", "it's F"), ("p", "p", "p"), ("r", "rows, of F", "rows, of F")]
    c.execute("create or replace function f(a int) returns int language sql as 'select a + 1'")
    assert all_of(c, "select f(1), obj_description(oid, 'pg_proc'), pg_get_function_arguments(oid) from pg_proc where proname = 'f' and pronamespace = 'fs'::regnamespace") == [(2, "it's F", "a integer")]
    c.execute("comment on routine r() is null")
    c.execute("drop function f; create function f(a int) returns int language sql as 'select a'; call p(9)")
    assert all_of(c, COMMENTED) == [("f", None, None), ("p", "p", "p"), ("r", None, None)]
    assert all_of(c, "select f(1), i from r()") == [(1, 1)]


@pytest.mark.parametrize("sql, state, message", [
    ("comment on function nothing() is 'x'", "42883", "function nothing() does not exist"),
    ("comment on function f(text) is 'x'", "42883", "function f(text) does not exist"),
    ("comment on procedure f(int) is 'x'", "42809", "f(integer) is not a procedure"),
    ("comment on function f(int) is 1", "42601", 'syntax error at or near "1"'),
])
def test_comments_that_fail(c, sql, state, message):
    c.execute("create function f(a int) returns int language sql as 'select a'")
    with pytest.raises(psycopg.Error, match="^" + re.escape(message)) as raised:
        c.execute(sql)
    assert raised.value.sqlstate == state


def test_catalog(c):
    c.execute("create function cat(a int, b text) returns bigint language sql stable strict as 'select 1'")
    c.execute("create function cat_rows(lo int) returns table(i int, t text) language sql as 'select id, name from ft'")
    assert all_of(c, "select proname, pronargs, prorettype::regtype::text, proretset, proargnames, prosrc, provolatile, proisstrict, proargtypes::text, proargmodes::text[] "
                     "from pg_proc where proname in ('cat', 'cat_rows') order by 1") == [
        ("cat", 2, "bigint", False, ["a", "b"], "select 1", "s", True, "23 25", None),
        ("cat_rows", 1, "record", True, ["lo", "i", "t"], "select id, name from ft", "v", False, "23", ["i", "t", "t"])]
    assert all_of(c, "select pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid), pg_get_functiondef(oid) "
                     "from pg_proc where proname = 'cat_rows'") == [
        ("lo integer", "lo integer", "TABLE(i integer, t text)",
         "CREATE OR REPLACE FUNCTION fs.cat_rows(lo integer)\n RETURNS TABLE(i integer, t text)\n LANGUAGE sql\nAS $function$select id, name from ft$function$\n")]
    assert all_of(c, "select data_type from information_schema.routines where routine_name = 'cat'") == [("bigint",)]


@pytest.mark.parametrize("sql", [
    "create function no(a int) returns bigint language sql as 'select count(a)'",
    "create function no(variadic a int[]) returns int language sql as 'select 1'",
])
def test_what_is_refused(server, sql):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            c.execute(sql)


# What is called in FROM, its columns and its rows.
CALLED = {
    "select * from one(3, 4)": (["one"], [(7,)]), "select * from one(3, 4) as r": (["r"], [(7,)]), "select r + 1 from one(3, 4) as r": (["?column?"], [(8,)]),
    "select r.* from fc.one(3, 4) r": (["r"], [(7,)]), "select p.p from public.fc_one(3) p": (["p"], [(4,)]), "select * from public.fc_one(3)": (["fc_one"], [(4,)]), "select * from one(3, 4) as r(c)": (["c"], [(7,)]), 'select "R" from one(3, 4) as "R"': (["R"], [(7,)]),
    "select q.q from rows(2) as q order by 1": (["q"], [(1,), (2,)]), "select * from tab(1) as q": (["x", "y"], [(1, 2)]), "select q.y from tab(1) as q": (["y"], [(2,)]),
    "select * from outs(2)": (["z"], [(2,)]), "select z, q.z from outs(2) as q": (["z", "z"], [(2, 2)]), "select * from two(2) as q": (["y", "z"], [(2, 2)]),
    "select q from one(1, 2) as q join rows(1) as s on s < q": (["q"], [(3,)]), "select * from bth('a')": (["Q"], [("a!",)]), 'select "Q" from bth(\'a\') as b': (["Q"], [("a!",)]),
    "select (select x from one(1, 1) as x), one from one(2, 2)": (["x", "one"], [(2, 4)]), "select * from one(1, 2) where one = 3": (["one"], [(3,)]),
}


def test_what_the_column_of_a_call_in_from_is_called(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("drop schema if exists fc cascade; create schema fc; set search_path = fc, public")
        for head, body in [("one(int, int) returns int", "select $1 + $2"), ("rows(int) returns setof int", "select generate_series(1, $1)"), ("tab(int) returns table (x int, y int)", "select $1, 2"),
                           ("public.fc_one(int) returns int", "select $1 + 1"), ("outs(int, out z int)", "select $1"), ("two(int, out y int, out z int)", "select $1, 2"), ('bth(inout "Q" text)', "select $1 || '!'")]:
            c.execute(f"create function {head} language sql as $$ {body} $$")
        for sql, wanted in CALLED.items():
            cur = c.execute(sql)
            assert ([d.name for d in cur.description], cur.fetchall()) == wanted, sql
        c.execute("drop schema fc cascade; drop function public.fc_one(int)")
