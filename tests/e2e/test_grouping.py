"""A column that GROUP BY need not name, because the key of its table is there: Django, Rails and SQLAlchemy count so."""

import psycopg
import pytest


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("""drop schema if exists grouped cascade; create schema grouped; set search_path = grouped;
            create table a (id int primary key, name text, "Odd" int, j jsonb);
            create table b (x int, y int, a_id int references a (id), v int, primary key (x, y));
            insert into a values (1, 'one', 5, '{}'), (2, 'two', 6, null), (3, null, null, null);
            insert into b values (1, 1, 1, 10), (1, 2, 1, 20), (2, 1, 2, 30)""")
        yield c
        c.execute("drop schema grouped cascade")


@pytest.mark.parametrize("sql, wanted", [
    ("select a.name, count(b.x) from a left join b on b.a_id = a.id group by a.id order by a.id", [("one", 2), ("two", 1), (None, 0)]),
    ('select "a"."name" as n, a."Odd", coalesce(upper(a.name), \'x\') from a join b on a.id = b.a_id group by a.id having a.name > \'a\' order by a.name desc',
     [("two", 6, "TWO"), ("one", 5, "ONE")]),
    ('select name, "Odd", count(*) from a group by id order by name', [("one", 5, 1), ("two", 6, 1), (None, None, 1)]),
    ("select t.name, sum(b.v) from grouped.a as t, b where b.a_id = t.id group by t.id, b.a_id order by 1", [("one", 30), ("two", 30)]),
    ("select b.v, a_id from b group by b.x, y order by 1", [(10, 1), (20, 1), (30, 2)]),
    ("select a.*, count(*) from a group by a.id order by id", [(1, "one", 5, {}, 1), (2, "two", 6, None, 1), (3, None, None, None, 1)]),
    ("select x.name from (select a.name, count(*) from a group by a.id) x order by 1", [("one",), ("two",), (None,)]),
    ("with q as (select a.name, max(b.v) m from a join b on b.a_id = a.id group by a.id) select * from q order by 1", [("one", 20), ("two", 30)]),
    ("select a.name from a where id in (select a_id from b group by a_id) group by a.id union select 'z' order by 1", [("one",), ("two",), ("z",)]),
    ("select (select count(*) from b where b.a_id = a.id) as c, a.name from a group by a.id order by 2", [(2, "one"), (1, "two"), (0, None)])])
def test_the_key_stands_for_its_table(db, sql, wanted):
    assert db.execute(sql).fetchall() == wanted


@pytest.mark.parametrize("sql", [
    "select b.v from b group by b.x", 'select name from a group by "Odd"', "select a.name, b.v from a, b group by a.id", "select a.name from a group by rollup (a.id)",
    "select s.name from (select * from a) s group by s.id"])
def test_nothing_else_does(db, sql):
    with pytest.raises(psycopg.errors.GroupingError):
        db.execute(sql)


def test_everywhere(db):
    db.execute("create view v as select a.name, count(*) as n from a group by a.id")
    assert db.execute("select * from v order by 1").fetchall() == [("one", 1), ("two", 1), (None, 1)]
    assert db.execute("select a.name, count(*) + %s from a where a.id <> %s group by a.id order by 1", (1, 2), prepare=True).fetchall() == [("one", 2), (None, 2)]
    with db.transaction():
        db.execute("declare c cursor for select a.name, count(*) from a group by a.id order by 1")
        assert db.execute("fetch 1 from c").fetchall() == [("one", 1)]
        assert db.execute("select a.name from a group by a.id order by 1").fetchall() == [("one",), ("two",), (None,)]
        assert db.execute("fetch 1 from c").fetchall() == [("two", 1)]
    assert db.execute("insert into a (id, name) select 10 + count(*), a.name from a group by a.id having a.name = 'one' returning name").fetchall() == [("one",)]
