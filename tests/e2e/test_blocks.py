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
        for body in ("declare x int; begin null; end", "begin if true then null; end if; end", "begin commit; end", "begin x := 1; end"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                c.execute(f"do $$ {body} $$")
