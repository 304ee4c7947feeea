"""The catalog is kept between statements: what changes it is seen by whom it has to be, and by nobody else."""

import threading
import time
import uuid

import psycopg
import pytest

HAS = "select count(*) from pg_class where relname = '{}'"


@pytest.fixture
def name():
    return "t_" + uuid.uuid4().hex[:12]


@pytest.fixture
def two(either):
    with psycopg.connect(either.dsn(), autocommit=True) as a, psycopg.connect(either.dsn(), autocommit=True) as b:
        yield a, b


def one(c, sql):
    return c.execute(sql).fetchone()[0]


def columns(c, table):
    return [r[0] for r in c.execute(f"select attname from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum")]


def test_a_change_is_seen_by_all(two, name):
    a, b = two
    for c in two:
        assert one(c, HAS.format(name)) == 0
    a.execute(f"create table {name} (a int primary key, b text)")
    for c in two:
        assert one(c, HAS.format(name)) == 1
        assert columns(c, name) == ["a", "b"]
        assert one(c, f"select count(*) from pg_index where indrelid = '{name}'::regclass") == 1
    a.execute(f"alter table {name} add column c int")
    for c in two:
        assert columns(c, name) == ["a", "b", "c"]
    b.execute(f"comment on table {name} is 'hello'")
    for c in two:
        assert one(c, f"select obj_description('{name}'::regclass)") == "hello"
    a.execute(f"alter table {name} rename to {name}_x")
    for c in two:
        assert one(c, HAS.format(name)) == 0 and one(c, HAS.format(name + "_x")) == 1
        assert one(c, f"select to_regclass('{name}') is null")
    b.execute(f"drop table {name}_x")
    for c in two:
        assert one(c, HAS.format(name + "_x")) == 0


def test_a_transaction_sees_its_own(two, name):
    a, b = two
    a.execute("begin")
    a.execute(f"create table {name} (a int)")
    assert one(a, HAS.format(name)) == 1 and columns(a, name) == ["a"]
    assert one(b, HAS.format(name)) == 0
    a.execute(f"create view {name}_v as select a from {name}")
    assert one(a, f"select count(*) from pg_views where viewname = '{name}_v'") == 1
    assert one(b, f"select count(*) from information_schema.tables where table_name in ('{name}', '{name}_v')") == 0
    a.execute("rollback")
    for c in two:
        assert one(c, HAS.format(name)) == 0
    a.execute("begin")
    a.execute(f"create table {name} (b int)")
    a.execute("commit")
    for c in two:
        assert columns(c, name) == ["b"]
    a.execute("begin")
    a.execute(f"drop table {name}")
    assert one(a, HAS.format(name)) == 0 and one(b, HAS.format(name)) == 1
    a.execute("rollback")
    for c in two:
        assert one(c, HAS.format(name)) == 1
    a.execute(f"drop table {name}")


def test_a_snapshot_stays(two, name):
    a, b = two
    a.execute("begin isolation level repeatable read")
    assert one(a, HAS.format(name)) == 0
    b.execute(f"create table {name} (a int)")
    assert one(a, HAS.format(name)) == 0 and one(b, HAS.format(name)) == 1
    a.execute("commit")
    assert one(a, HAS.format(name)) == 1
    b.execute(f"drop table {name}")


def test_a_failed_statement_changes_nothing(two, name):
    a, b = two
    with pytest.raises(psycopg.Error):
        a.execute(f"create table {name} as select 1 / 0 as a")
    a.execute("begin")
    a.execute(f"create table {name} (a int)")
    assert one(a, HAS.format(name)) == 1
    with pytest.raises(psycopg.Error):
        a.execute("select 1 / 0")
    a.execute("rollback")
    for c in two:
        assert one(c, HAS.format(name)) == 0


def test_temporary_objects_are_of_their_session(two, name):
    a, b = two
    seen = f"select count(*) from pg_class where relname = '{name}' and pg_table_is_visible(oid)"
    assert one(a, seen) == 0
    a.execute(f"create temporary table {name} (a int)")
    assert one(a, seen) == 1 and one(b, seen) == 0
    b.execute(f"create table {name}_other (a int)")
    assert one(a, HAS.format(name + "_other")) == 1
    a.execute(f"drop table {name}")
    assert one(a, HAS.format(name)) == 0
    b.execute(f"drop table {name}_other")


def test_a_search_path_decides_what_is_visible(two, name):
    a, b = two
    a.execute(f"create schema s{name}")
    a.execute(f"create table s{name}.{name} (a int)")
    shown = f"select pg_table_is_visible(c.oid), c.oid::regclass::text from pg_class c where relname = '{name}'"
    for c in two:
        assert c.execute(shown).fetchone() == (False, f"s{name}.{name}")
        assert one(c, f"select to_regclass('{name}') is null")
    b.execute(f"set search_path = s{name}, public")
    assert b.execute(shown).fetchone() == (True, name)
    assert one(b, f"select to_regclass('{name}') is not null") and one(a, f"select to_regclass('{name}') is null")
    b.execute("reset search_path")
    assert b.execute(shown).fetchone() == (False, f"s{name}.{name}")
    a.execute(f"drop schema s{name} cascade")
    for c in two:
        assert one(c, f"select count(*) from pg_namespace where nspname = 's{name}'") == 0


def test_what_is_prepared_sees_changes(two, name):
    a, b = two
    a.execute(f"create table {name} (a int)")
    b.execute(f"prepare p as select count(*) from pg_attribute where attrelid = '{name}'::regclass and attnum > 0")
    b.execute(f"create view {name}_v as select relname from pg_class where relname like '{name}%'")
    for _ in range(3):
        assert one(b, "execute p") == 1
        assert one(b, f"select count(*) from {name}_v") == 2
    a.execute(f"drop view {name}_v")
    a.execute(f"drop table {name}")
    a.execute(f"create table {name} (a int, b int)")
    a.execute(f"create view {name}_v as select relname from pg_class where relname like '{name}%'")
    a.execute(f"create table {name}_x (a int)")
    assert one(a, f"select count(*) from {name}_v") == 3
    assert one(b, f"select count(*) from {name}_v") == 3
    sql = "select relname from pg_class where relname = %s"
    for table, rows in ((name, 1), (name + "_y", 0), (name, 1)):
        assert len(b.execute(sql, (table,), prepare=True).fetchall()) == rows
    a.execute(f"create table {name}_y (a int)")
    assert len(b.execute(sql, (name + "_y",), prepare=True).fetchall()) == 1
    for x in (f"view {name}_v", f"table {name}", f"table {name}_x", f"table {name}_y"):
        a.execute("drop " + x)


def test_a_cursor_keeps_what_it_began_with(two, name):
    a, b = two
    a.execute(f"create table {name} (a int)")
    b.execute("begin")
    b.execute("declare c cursor for select relname from pg_class order by oid")
    first = len(b.execute("fetch 5 from c").fetchall())
    a.execute(f"drop table {name}")
    rest = [r[0] for r in b.execute("fetch all from c")]
    assert first == 5 and name in rest
    b.execute("commit")
    assert one(b, HAS.format(name)) == 0


def test_what_writes_reads_it_too(two, name):
    a, b = two
    a.execute(f"create table {name} as select relname::text as relname, relkind::text as kind from pg_class where relname = 'pg_type'")
    assert a.execute(f"select * from {name}").fetchall() == [("pg_type", "r")]
    a.execute(f"insert into {name} select relname::text, 'x' from pg_class where relname = '{name}'")
    assert one(b, f"select count(*) from {name}") == 2
    assert b.execute(f"update {name} set kind = (select relkind::text from pg_class where relname = '{name}') where kind = 'x'").rowcount == 1
    assert one(b, f"select kind from {name} where relname = '{name}'") == "r"
    with b.cursor() as cur, cur.copy(f"copy (select relname from pg_class where relname = '{name}') to stdout") as copy:
        assert b"".join(copy).decode() == name + "\n"
    a.execute(f"drop table {name}")


def test_many_at_once(either, name):
    """Each makes, looks, takes away and looks again; a transaction that is undone leaves nothing."""
    wrong, until = [], time.monotonic() + 6

    def work(number):
        mine = f"{name}_{number}"
        with psycopg.connect(either.dsn(), autocommit=True) as c:
            while time.monotonic() < until and not wrong:
                undone = number % 2
                try:
                    if undone:
                        c.execute("begin")
                    c.execute(f"create table {mine} (a int, b int)")
                    seen = one(c, HAS.format(mine)), columns(c, mine)
                    c.execute("rollback" if undone else f"drop table {mine}")
                    if seen != (1, ["a", "b"]) or one(c, HAS.format(mine)) != 0:
                        wrong.append((mine, seen))
                except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                    c.execute("rollback")
                    c.execute(f"drop table if exists {mine}")
                except psycopg.Error as e:
                    wrong.append((mine, str(e)))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_attached_databases(server, name):
    """The engine's own: what is shown is the database that the session is in."""
    with psycopg.connect(server.dsn(), autocommit=True) as a, psycopg.connect(server.dsn(), autocommit=True) as b:
        home = one(a, "select database_name from duckdb_databases() where not internal order by database_oid limit 1")
        a.execute(f"attach ':memory:' as {name}")
        a.execute(f"create table {name}.main.inside (a int)")
        assert one(b, HAS.format("inside")) == 0
        a.execute(f"use {name}")
        assert one(a, HAS.format("inside")) == 1 and one(b, HAS.format("inside")) == 0
        assert one(a, "select count(*) from pg_tables where tablename = 'inside'") == 1
        a.execute("create table more (a int)")
        assert one(a, HAS.format("more")) == 1 and one(b, HAS.format("more")) == 0
        a.execute(f"use {home}")
        assert one(a, HAS.format("inside")) == 0
        a.execute(f"detach {name}")
        assert one(a, HAS.format("more")) == 0
