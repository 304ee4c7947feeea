"""currval and lastval: what nextval gave this session, whoever else takes values of the sequence. On PostgreSQL, too."""

import psycopg
import pytest


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("create schema sv; set search_path = sv, public")
        connection.execute("create sequence a; create sequence b start 100; create table t (id serial primary key, v text)")
        yield connection
        connection.execute("rollback; drop schema sv cascade")


@pytest.fixture
def other(either, c):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("set search_path = sv, public")
        yield connection


def one(c, sql, *args):
    return c.execute(sql, *args).fetchone()[0]


def undefined(c, sql, message):
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        c.execute(sql)
    assert raised.value.diag.message_primary == message


CURRVAL_A = 'currval of sequence "a" is not yet defined in this session'
LASTVAL = "lastval is not yet defined in this session"


def test_values_are_the_sessions(c, other):
    undefined(c, "select currval('a')", CURRVAL_A)
    undefined(c, "select lastval()", LASTVAL)
    assert one(c, "select nextval('a')") == 1
    undefined(other, "select currval('sv.a')", CURRVAL_A)
    assert [one(other, "select nextval('a')") for _ in range(3)] == [2, 3, 4]
    assert (one(c, "select currval('a')"), one(c, "select lastval()")) == (1, 1)
    assert one(c, "select nextval('b')") == 100
    assert (one(c, "select currval('a'::regclass)"), one(c, "select currval('sv.b')"), one(c, "select lastval()")) == (1, 100, 100)
    assert (one(other, "select lastval()"), one(other, "select pg_catalog.currval('a')")) == (4, 4)


def test_of_a_serial_column(c, other):
    c.execute("insert into t (v) values ('x')")
    other.execute("insert into t (v) values ('y'), ('z')")
    assert one(c, "select currval(pg_get_serial_sequence('sv.t', 'id'))") == 1
    assert one(c, "select currval('t_id_seq')") == one(c, "select lastval()") == 1
    assert one(other, "select currval(pg_get_serial_sequence('t', 'id'))") == 3
    c.execute("create table child (t int, w text); insert into child values (currval('t_id_seq'), 'w'), (lastval(), 'x')")
    assert c.execute("select t from child").fetchall() == [(1,), (1,)]
    c.execute("alter table child alter t set default currval('t_id_seq')")
    c.execute("insert into child (w) values ('d')")
    assert one(c, "select t from child where w = 'd'") == 1


def test_of_an_identity_column_and_of_many_rows(c):
    c.execute("create table i (id bigint generated always as identity, v int); insert into i (v) select generate_series(1, 100000)")
    assert one(c, "select lastval()") == one(c, "select currval('i_id_seq')") == 100000


def test_they_are_not_rolled_back(c):
    c.execute("begin; insert into t (v) values ('x'); rollback")
    assert one(c, "select currval('t_id_seq')") == 1


def test_setval(c, other):
    assert one(c, "select setval('a', 7)") == 7
    assert one(c, "select currval('a')") == 7
    undefined(c, "select lastval()", LASTVAL)
    assert one(c, "select nextval('b')") == 100
    c.execute("select setval('a', 20)")
    assert (one(c, "select lastval()"), one(c, "select currval('a')")) == (100, 20)
    c.execute("select setval('a', 50, false)")
    assert one(c, "select currval('a')") == 20
    c.execute("select setval('b', 500)")
    assert (one(c, "select lastval()"), one(c, "select nextval('a')"), one(c, "select lastval()")) == (500, 50, 50)
    undefined(other, "select currval('a')", CURRVAL_A)


def test_alter_and_restart_leave_them(c):
    assert [one(c, "select nextval('a')") for _ in range(3)] == [1, 2, 3]
    c.execute("alter sequence a increment 10")
    assert (one(c, "select currval('a')"), one(c, "select lastval()"), one(c, "select nextval('a')")) == (3, 3, 13)
    c.execute("alter sequence a restart")
    assert (one(c, "select currval('a')"), one(c, "select lastval()"), one(c, "select nextval('a')")) == (13, 13, 1)
    c.execute("insert into t (v) values ('x'), ('y'); truncate t restart identity")
    assert (one(c, "select currval('t_id_seq')"), one(c, "insert into t (v) values ('z') returning id")) == (2, 1)


def test_temporary(c):
    c.execute("create temp sequence q start 5")
    assert (one(c, "select nextval('q')"), one(c, "select currval('q')"), one(c, "select lastval()")) == (5, 5, 5)


def test_discard(c):
    c.execute("select nextval('a')")
    c.execute("discard sequences")
    undefined(c, "select currval('a')", CURRVAL_A)
    c.execute("select nextval('a')")
    c.execute("discard all")
    undefined(c, "select lastval()", LASTVAL)


def test_parameters_views_and_functions(c):
    c.execute("select nextval('a')")
    assert one(c, "select currval(%s)", ("a",)) == 1
    c.execute("create view w as select currval('a') as a, lastval() as l; create function f() returns bigint language sql as 'select currval(''a'')'")
    assert c.execute("select * from w").fetchone() == (1, 1)
    assert (one(c, "select f()"), one(c, "select nextval('a') + currval('a')")) == (1, 4)


@pytest.mark.parametrize("sql, state", [("select currval('nowhere')", "42P01"), ("select lastval(1)", "42883")])
def test_what_is_no_sequence(c, sql, state):
    with pytest.raises(psycopg.Error) as raised:
        c.execute(sql)
    assert raised.value.sqlstate == state


def test_a_sequence_made_again_has_no_value(c):
    c.execute("select nextval('a'); drop sequence a; create sequence a")
    undefined(c, "select currval('a')", CURRVAL_A)


def test_names_of_columns(c):
    c.execute("select nextval('a')")
    assert [(d.name, d.type_code) for d in c.execute("select currval('a'), lastval()").description] == [("currval", 20), ("lastval", 20)]
