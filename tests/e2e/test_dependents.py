"""What depends on tables, columns, views and schemas keeps them from being dropped, or goes with them."""

import psycopg
import pytest


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("drop schema if exists dp, dq cascade; create schema dp; create schema dq; set search_path = dp")
        c.execute("create table t (a int, b text); create table u (a int primary key); create view v as select a from t where b > ''; create view w as select v.a from v, u where v.a = u.a")
        c.execute("create view dq.x as select x.a, (select count(*) from dp.t) as n from dp.u as x; create materialized view m as select b from t")
        c.notices = []
        c.add_notice_handler(lambda d: c.notices.append((d.message_primary, sorted((d.message_detail or "").split("\n")))))
        yield c
        c.execute("drop schema if exists dp, dq cascade")


def fails(db, code, sql):
    with pytest.raises(psycopg.Error) as e:
        db.execute(sql)
    assert e.value.sqlstate == code, e.value
    return e.value.diag.message_primary, sorted((e.value.diag.message_detail or "").split("\n")), e.value.diag.message_hint


HINT = "Use DROP ... CASCADE to drop the dependent objects too."


def test_tables(db):
    depend = ["materialized view m depends on table t", "view dq.x depends on table t", "view v depends on table t", "view w depends on view v"]
    assert fails(db, "2BP01", "drop table t") == ("cannot drop table t because other objects depend on it", depend, HINT)
    assert fails(db, "2BP01", "drop table if exists dp.t restrict")[1] == depend
    db.execute("select * from w")
    db.execute("drop table t cascade")
    assert db.notices == [("drop cascades to 4 other objects", ["drop cascades to materialized view m", "drop cascades to view dq.x", "drop cascades to view v", "drop cascades to view w"])]
    assert db.execute("select relname from pg_class where relnamespace in ('dp'::regnamespace, 'dq'::regnamespace) and relkind in ('r', 'v', 'm')").fetchall() == [("u",)]
    db.execute("drop table u")
    fails(db, "42P01", "drop table u")


def test_several(db):
    assert fails(db, "2BP01", "drop table t, u")[0] == "cannot drop desired object(s) because other objects depend on them"
    db.execute("drop view w, v")
    db.execute("drop view dq.x; drop materialized view m; drop table t, u")
    assert db.notices == []


def test_views(db):
    assert fails(db, "2BP01", "drop view v")[:2] == ("cannot drop view v because other objects depend on it", ["view w depends on view v"])
    db.execute("drop view v cascade")
    assert db.notices == [("drop cascades to view w", [""])]


def test_columns(db):
    assert fails(db, "2BP01", "alter table t drop column a")[:2] == ("cannot drop column a of table t because other objects depend on it", ["view v depends on column a of table t", "view w depends on view v"])
    db.execute("alter table t add column c int; alter table t drop column c")
    db.execute("drop view w; alter table t drop column a cascade")
    assert db.notices == [("drop cascades to view v", [""])]
    fails(db, "42P01", "select * from v")


def test_schemas(db):
    message, detail, hint = fails(db, "2BP01", "drop schema dp")
    assert (message, hint) == ("cannot drop schema dp because other objects depend on it", HINT)
    assert {"table t depends on schema dp", "view v depends on schema dp"} <= set(detail)
    db.execute("drop schema dp cascade")
    assert "drop cascades to view dq.x" in db.notices[0][1]
    db.execute("drop schema dq")
    fails(db, "3F000", "drop schema dq")


def test_names_alike(db):
    db.execute("create table dq.t (a int); create view dq.z as with u as (select 1 as a) select * from u")
    db.execute("drop table dq.t")
    assert fails(db, "2BP01", "drop table u")[1] == ["view dq.x depends on table u", "view w depends on table u"]
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("drop table u cascade")
        raise ZeroDivisionError
    db.execute("select * from w; select * from dq.x")


def test_what_is_not_there(db):
    for kind, name, noun in (("domain", "x", "type"), ("trigger", "x on t", "trigger"), ("rule", "x on t", "rule"), ("aggregate", "x(int)", "aggregate")):
        with pytest.raises(psycopg.Error) as e:
            db.execute(f"drop {kind} {name}")
        assert e.value.sqlstate in ("42704", "42883"), kind
        db.execute(f"drop {kind} if exists {name}")
        assert db.notices.pop()[0].startswith(noun)
    db.execute("drop function if exists nosuch(int, text)")


def test_what_cannot_be_made(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        for sql in ("create trigger x before insert on t for each row execute function f()", "create aggregate a (int) (sfunc = int4pl, stype = int)",
                    "create database other", "drop database if exists db", "drop database db", "alter database db set timezone = 'UTC'",
                    "alter system set work_mem = '1MB'", "create text search configuration c (copy = simple)"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                c.execute(sql)
        c.execute("create macro added(a) as a + 1")
        assert c.execute("select added(1)").fetchone() == (2,)
        c.execute("drop function added(int)")
        with pytest.raises(psycopg.errors.UndefinedFunction):
            c.execute("select added(1)")
