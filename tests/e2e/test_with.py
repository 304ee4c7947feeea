"""WITH whose queries change rows."""

import datetime
import decimal

import psycopg
import pytest
from asked import fails, rows


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("""drop schema if exists withs cascade; create schema withs; set search_path = withs; create sequence t_id;
            create table t (id int default nextval('withs.t_id'), n text, v numeric(9,2), a int[], b bytea, j json, d timestamptz, f float8, o bool); create table log (id int, what text)""")
        yield c
        c.execute("drop schema withs cascade")


def test_values_of_all_kinds_come_through(db):
    sql = """with x as (insert into t (n, v, a, b, j, d, f, o) values (%s, %s, %s, %s, %s, %s, %s, %s) returning *)
        select n, v, a, b, j, d, f, o, pg_typeof(n)::text, pg_typeof(v)::text, pg_typeof(a)::text, pg_typeof(d)::text from x"""
    when = datetime.datetime(2024, 2, 29, 1, 2, 3, 456789, tzinfo=datetime.timezone.utc)
    types = ("text", "numeric", "integer[]", "timestamp with time zone")
    for values in (("it's \\ \"q\" é\n", decimal.Decimal("1.50"), [1, None, 3], b"\x00\xff'", {"a": [1, "b"]}, when, 0.1, True), ("", decimal.Decimal("-0.01"), [], b"", [], when, float("-inf"), False)):
        sent = [psycopg.types.json.Json(v) if i == 4 else v for i, v in enumerate(values)]
        for binary in (False, True):
            with db.cursor(binary=binary) as c:
                c.execute(sql, sent)
                assert c.fetchall() == [values + types]
    assert rows(db, sql, [None] * 8) == [(None,) * 8 + types]


def test_parts_feed_each_other(db):
    assert rows(db, "with x as (insert into t (n) values ('a'), ('b'), ('c') returning id, n) select count(*), max(n) from x") == [(3, "c")]
    assert db.execute("with d as (delete from t where n = 'b' returning *) insert into log select id, n || '!' from d").rowcount == 1
    assert db.execute("with d as (delete from t where n = 'none' returning id, n) insert into log select * from d").rowcount == 0
    assert rows(db, """with u as (update t set n = n || 'u' where n = 'a' returning id, n as new), l as (insert into log select id, new from u returning id)
        select u.new, l.id = u.id from u join l using (id)""") == [("au", True)]
    assert rows(db, "select what from log order by 1") == [("au",), ("b!",)]
    assert rows(db, "with up as (update t set n = 'up' where id = 1000 returning *) insert into t (n) select 'ins' where not exists (select * from up) returning n") == [("ins",)]
    assert rows(db, "with old as (select id, n from t where n = 'c'), u as (update t set n = 'new' from old where t.id = old.id returning t.id) select count(*) from u") == [(1,)]
    assert rows(db, "with recursive r(i) as (select 1 union all select i + 1 from r where i < 3), x(k) as not materialized (insert into log select i, 'r' from r returning id) select sum(k) from x") == [(6,)]
    assert rows(db, "with x as (insert into log values (9, 'silent')) select 1 as one") == [(1,)]
    assert rows(db, "select count(*) from log where id = 9") == [(1,)]


def test_parameters_of_all_parts(db):
    sql = "with d as (delete from log where id = %s returning what), i as (insert into t (n, v) values (%s, %s) returning id, v) select i.v + %s, d.what || %s from i left join d on true"
    db.execute("insert into log values (1, 'gone')")
    for n in range(4):
        for prepare in (False, True):
            got = rows(db, sql, (1, "x", decimal.Decimal("1.25"), n, "z"), prepare=prepare)
            assert got == [(decimal.Decimal("1.25") + n, "gonez" if n == 0 and not prepare else None)]
    db.execute("prepare p as with i as (insert into log values ($1, $2) returning id) select id + 1 from i")
    assert rows(db, "execute p(5, 'five')") == [(6,)]


def test_it_is_one_statement(db):
    db.execute("create table k (id int primary key)")
    fails(db, "23505", "with l as (insert into log values (1, 'x') returning id), k as (insert into withs.k select id from l union all select id from l returning id) select * from k")
    assert rows(db, "select * from log") == []
    with db.transaction(force_rollback=True):
        assert rows(db, "with x as (insert into log values (1, 'x') returning *) select * from x") == [(1, "x")]
    assert rows(db, "select * from log") == []
    with db.cursor() as c:
        c.execute("with x as (insert into log values (1, 'x') returning *) select * from x; select count(*) from log")
        assert c.fetchall() == [(1, "x")] and c.nextset() and c.fetchall() == [(1,)]
    fails(db, "42703", "with x as (insert into log values (1, 'x') returning nosuch) select * from x")
    fails(db, "42P01", "with x as (insert into nosuch values (1) returning 1) select * from x")
    fails(db, "42601", "with x as (insert into log values (1, 'x') returning id) from")
    assert rows(db, "select count(*) from log") == [(1,)]


def test_children_and_their_parent(db):
    db.execute("create table p (id int primary key); create table c (pid int references p); insert into p values (1), (2); insert into c values (1), (2)")
    assert rows(db, "with gone as (delete from c where pid = 1 returning pid) delete from p where id in (select pid from gone) returning id") == [(1,)]
    fails(db, "23503", "insert into c values (1)")


def test_what_was_there_before_cannot_be_had(server):
    """PostgreSQL shows it; Tavana says that it cannot."""
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create table before (id int); insert into before values (1)")
        for sql in ("with x as (insert into before values (2) returning id) select * from before", "with o as (select * from public.before), x as (update before set id = 3 returning id) select * from x, o",
                    "with x as (delete from before returning id), y as (insert into before select count(*) from before returning id) select * from y"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                c.execute(sql)
        assert c.execute("select * from before").fetchall() == [(1,)]
        assert c.execute("with before as (delete from before returning id) select * from before").fetchall() == [(1,)]
        c.execute("drop table before")


def test_a_plain_with_says_what_it_did(db):
    assert db.execute("with x as (select 1 as one) insert into log select one, 'a' from x").statusmessage == "INSERT 0 1"
    assert db.execute("with x as (select 1 as one) update log set what = 'b' where id = (select one from x)").statusmessage == "UPDATE 1"
    assert db.execute("with x as (select 1 as one) delete from log where id = (select one from x)").statusmessage == "DELETE 1"
