"""DO: what a block does, tells and catches, as PostgreSQL has it."""

import psycopg
import pytest


@pytest.fixture
def told(either):
    """A connection, and what it was told: pairs of a severity and a message."""
    said = []
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("set client_min_messages to warning; drop table if exists blocks; drop type if exists block_mood; reset client_min_messages")
        c.add_notice_handler(lambda n: said.append((n.severity, n.message_primary)))
        yield c, said


def rows(c):
    return [r[0] for r in c.execute("select a from blocks order by a").fetchall()]


def test_raise(told):
    c, said = told
    c.execute("do $$ begin raise notice 'hello % and %%: %', 1 + 1, null::int; raise warning 'w'; raise log 'l'; raise debug 'd'; end $$ language plpgsql")
    assert said == [("NOTICE", "hello 2 and %: <NULL>"), ("WARNING", "w")]


@pytest.mark.parametrize("body, code, message", [
    ("raise exception 'bad %', 'x' using errcode = 'unique_violation', hint = 'h', detail = 'd';", "23505", "bad x"),
    ("raise exception 'p';", "P0001", "p"), ("raise unique_violation;", "23505", "unique_violation"), ("raise sqlstate '22012';", "22012", "22012"),
    ("raise;", "0Z002", "RAISE without parameters cannot be used outside an exception handler"), ("perform 1/0;", "22012", "division by zero"),
    ("perform 1/0; exception when unique_violation then null;", "22012", "division by zero"), ("select 1;", "42601", "query has no destination for result data"),
    ("perform 1/0; exception when others then raise notice 'again'; raise;", "22012", "division by zero"),
])
def test_errors(body, code, message, told):
    c, _ = told
    with pytest.raises(psycopg.Error) as e:
        c.execute(f"do $x$ begin {body} end $x$")
    assert (e.value.sqlstate, e.value.diag.message_primary) == (code, message)


def test_what_mappers_write(told):
    c, said = told
    for _ in range(2):
        c.execute("DO 'BEGIN CREATE TYPE block_mood AS ENUM(''a'', ''b''); EXCEPTION WHEN duplicate_object THEN null; END'")
    assert c.execute("select 'b'::block_mood::text").fetchone() == ("b",) and said == []


def test_all_or_nothing(told):
    c, said = told
    c.execute("do $$ begin create table blocks (a int); insert into blocks values (1), (2); alter table blocks add column b text; end $$")
    with pytest.raises(psycopg.errors.DivisionByZero):
        c.execute("do $$ begin insert into blocks values (3); insert into blocks values (1/0); end $$")
    assert rows(c) == [1, 2]
    c.execute("do $$ begin insert into blocks values (4); insert into blocks values (1/0); exception when division_by_zero then raise notice 'caught'; insert into blocks values (9); end $$")
    assert rows(c) == [1, 2, 9] and said == [("NOTICE", "caught")]
    with c.transaction(force_rollback=True):
        c.execute("do $$ begin insert into blocks values (5); end $$")
    assert rows(c) == [1, 2, 9]


def test_in_a_transaction_that_has_written(told):
    c, said = told
    c.execute("create table blocks (a int)")
    with c.transaction():
        c.execute("insert into blocks values (1)")
        c.execute("do $$ begin create table blocks (b int); exception when duplicate_table then raise notice 'there'; end $$")
        c.execute("insert into blocks values (2)")
    assert rows(c) == [1, 2] and said == [("NOTICE", "there")]


def test_what_cannot_be_taken_back(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("drop table if exists blocks; create table blocks (a int primary key)")
        with pytest.raises(psycopg.errors.FeatureNotSupported), c.transaction():
            c.execute("insert into blocks values (1)")
            c.execute("do $$ begin insert into blocks values (2); insert into blocks values (1/0); exception when others then null; end $$")
        assert rows(c) == []
        for body in ("begin commit; end", "declare r record := row(1); begin null; end", "begin copy blocks to stdout; end"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                c.execute(f"do $$ {body} $$")


# What a block says by RAISE NOTICE, on a table blocks (a int, b text) of (1, 'x'), (2, 'y'), (3, null).
SAID = [
    ("declare x int := 2; y numeric(6, 2) = 1.5; z text; begin x := x * 3.4; z := 'k' || x; raise notice '% % % %', x, y + 1, z, null::text; end", ["7 2.50 k7 <NULL>"]),
    ("declare n int; begin select count(*) into n from blocks; if n > 2 then raise notice 'many %', n; elsif n = 2 then raise notice 'two'; else raise notice 'few'; end if; end",
     ["many 3"]),
    ("declare r record; begin for r in select a, b from blocks order by a loop raise notice '% %', r.a + 1, coalesce(r.b, '-'); end loop; raise notice '%', found; end",
     ["2 x", "3 y", "4 -", "t"]),
    ("declare i int; t text; begin for i, t in select a, b from blocks where a < 3 order by a desc loop raise notice '%-%', i, t; end loop; end", ["2-y", "1-x"]),
    ("begin for i in 1..3 loop continue when i = 2; raise notice '%', i; end loop; for i in reverse 6..1 by 2 loop exit when i < 3; raise notice '%', i; end loop; end", ["1", "3", "6", "4"]),
    ("declare i int := 0; begin <<outer>> loop i := i + 1; for j in 1 .. 5 loop continue outer when j > i; exit outer when i = 3; end loop; end loop outer; raise notice '%', i; end", ["3"]),
    ("declare i int = 3; begin while i > 0 loop raise notice '%', i; i := i - 1; end loop; end", ["3", "2", "1"]),
    ("declare x int; begin foreach x in array array[4, 5] loop raise notice '%', x; end loop; end", ["4", "5"]),
    ("declare t text = 'blocks'; n int; begin execute format('select count(*) from %I where a > $1', t) into n using 1; raise notice '%', n; execute 'delete from ' || t; end", ["2"]),
    ("declare n int; begin update blocks set b = 'z' where a > 1; get diagnostics n = row_count; raise notice '% %', n, found; delete from blocks where a = 77; raise notice '%', found; end",
     ["2 t", "f"]),
    ("declare n int; begin insert into blocks values (9, 'q') returning a + 1 into n; raise notice '%', n; select a into strict n from blocks where a = 9; raise notice '%', n; end", ["10", "9"]),
    ("begin perform a from blocks where a = 5; raise notice '%', found; perform 1; raise notice '%', found; end", ["f", "t"]),
    ("declare r record; begin select * into r from blocks where a = 1; raise notice '% %', r, r.b; r.b := 'new'; raise notice '%', r.b; select * into r from blocks where a = 50; raise notice '%', r.a; end",
     ["(1,x) x", "new", "<NULL>"]),
    ("begin begin perform 1/0; exception when division_by_zero then raise notice '% %', sqlstate, sqlerrm; end; raise notice 'on'; end", ["22012 division by zero", "on"]),
    ("declare m text; c text; begin begin raise exception 'm' using errcode = '22012', detail = 'dd', hint = 'hh'; exception when others then "
     "get stacked diagnostics m = message_text, c = returned_sqlstate; raise notice '% %', m, c; end; end", ["m 22012"]),
    ("begin for i in 1..3 loop begin perform 1 / (i - 2); raise notice '%', i; exception when division_by_zero then raise notice 'none'; end; end loop; end", ["1", "none", "3"]),
    ("<<o>> declare x int = 1; begin declare x int = 2; begin raise notice '% %', x, o.x; end; begin return; end; raise notice 'never'; end", ["2 1"]),
    ("declare x blocks.b%type = 'v'; y x%type; c constant int = 4; n int not null = 1; a alias for n; begin y := x || 'w'; a := a + c; raise notice '% %', y, n; end", ["vw 5"]),
    ("declare d date; ts timestamp; j jsonb; a int[]; b boolean; begin d := '2024-02-29'; ts := d + interval '1 day'; j := '{\"k\": [1, 2]}'; a := array[1, 2] || 3; b := 2 > 1; "
     "raise notice '% % % % %', d, ts, j -> 'k', a, b; end", ["2024-02-29 2024-03-01 00:00:00 [1, 2] {1,2,3} t"]),
    ("begin case 2 when 1 then raise notice 'a'; when 2, 3 then raise notice 'b'; end case; case when false then null; else raise notice 'c'; end case; end", ["b", "c"]),
    ("begin if not exists (select from pg_tables where tablename = 'blocks_new') then create table blocks_new (i int); raise notice 'made'; end if; drop table blocks_new; end", ["made"]),
    ("declare s text := 'it''s'; begin insert into blocks values (70, s); raise notice '%', (select b from blocks where b = s); end", ["it's"]),
    ("declare a int = 5; begin insert into blocks (a, b) values (a, 'v'); update blocks set a = 6 where b = 'v'; raise notice '%', (select max(k.a) from blocks k); end", ["6"]),
    ("declare n int; begin n := count(*) from blocks where a is distinct from 1; raise notice '%', n; end", ["2"]),
    ("begin do 'begin raise notice ''in''; end'; raise notice 'out'; end", ["in", "out"]),
    ("begin perform set_config('x.y', 'v', true); raise notice '%', current_setting('x.y'); assert 1 = 1, 'no'; end", ["v"]),
]


@pytest.fixture
def three(told):
    c, said = told
    c.execute("create table blocks (a int, b text); insert into blocks values (1, 'x'), (2, 'y'), (3, null)")
    yield c, said
    c.execute("drop table if exists blocks")


@pytest.mark.parametrize("body, wanted", SAID)
def test_variables_branches_and_loops(body, wanted, three):
    c, said = three
    c.execute("do " + "$x$" + body + "$x$")
    assert [message for _, message in said] == wanted


@pytest.mark.parametrize("body, code, message", [
    ("declare x int := 'a'; begin null; end", "22P02", 'invalid input syntax for type integer: "a"'), ("declare x constant int = 1; begin x := 2; end", "22005", 'variable "x" is declared CONSTANT'),
    ("declare x int not null = 1; begin x := null; end", "22004", 'null value cannot be assigned to variable "x" declared NOT NULL'), ("begin x := 1; end", "42601", '"x" is not a known variable'),
    ("declare n int; begin select a into strict n from blocks; end", "P0003", "query returned more than one row"), ("declare n int; begin select a into strict n from blocks where a = 9; end", "P0002", "query returned no rows"),
    ("begin case 3 when 1 then null; end case; end", "20000", "case not found"), ("begin assert 1 = 2, 'wrong'; end", "P0004", "wrong"), ("begin assert null; end", "P0004", "assertion failed"),
    ("declare r record; begin raise notice '%', r.a; end", "55000", 'record "r" is not assigned yet'), ("declare r record; begin select 1 as a into r; raise notice '%', r.b; end", "42703", 'record "r" has no field "b"'),
    ("begin execute null; end", "22004", "query string argument of EXECUTE is null"), ("begin for i in null..2 loop null; end loop; end", "22004", "lower bound of FOR loop cannot be null"),
    ("begin for i in 1..2 by 0 loop null; end loop; end", "22023", "BY value of FOR loop must be greater than zero"), ("begin insert into blocks values (1, 'x') returning a; end", "42601", "query has no destination for result data"),
    ("begin <<a>> loop exit a; end loop b; end", "42601", 'end label "b" differs from block\'s label "a"'), ("begin execute 'select 1/0'; end", "22012", "division by zero"),
])
def test_what_a_block_says_of_errors(body, code, message, three):
    c, _ = three
    with pytest.raises(psycopg.Error) as e:
        c.execute("do " + "$x$" + body + "$x$")
    assert (e.value.sqlstate, e.value.diag.message_primary) == (code, message)
    assert e.value.sqlstate in ("42601", "22005") or "PL/pgSQL function inline_code_block line 1 " in e.value.diag.context


def test_a_loop_can_be_stopped(told):
    c, _ = told
    for body in ("loop null; end loop;", "while true loop perform 1; end loop;", "for i in 1..2000000000 loop null; end loop;"):
        c.execute("set statement_timeout = 200")
        with pytest.raises(psycopg.errors.QueryCanceled):
            c.execute(f"do $$ begin {body} exception when others then null; end $$")
        c.execute("reset statement_timeout")


def test_a_loop_takes_no_more_memory_than_a_round(make_server):
    s = make_server("--session-memory-max", "24MB", workers=0)
    with psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute("do $$ declare t text; begin for i in 1..100 loop t := repeat('x', 1000000); end loop; end $$")
        c.execute("do $$ declare n int = 0; r record; begin for r in select i, repeat('y', 10000) as t from generate_series(1, 4000) s(i) loop n := n + 1; end loop; "
                  "if n <> 4000 then raise exception '%', n; end if; end $$")


def test_depth(server):
    body = "null;"
    for _ in range(101):
        body = f"begin {body} end;"
    with psycopg.connect(server.dsn(), autocommit=True) as c, pytest.raises(psycopg.errors.StatementTooComplex):
        c.execute(f"do $$ {body} $$")
