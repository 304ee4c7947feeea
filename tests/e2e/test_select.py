"""SELECT * over JOIN … USING shows the joined columns first; ORDER BY … USING; types of ntile and grouping; texts of arrays that are assigned. The answers are PostgreSQL 15's."""

import psycopg
import pytest


@pytest.fixture
def db(either):
    with psycopg.connect(either.dsn(), autocommit=True) as conn:
        conn.execute("drop schema if exists joined cascade")
        conn.execute("create schema joined")
        conn.execute("set search_path = joined")
        conn.execute("create table a (p int, x int, q int)")
        conn.execute("create table b (r int, x int, y int)")
        conn.execute("create table c (z int, y int, x int)")
        conn.execute("insert into a values (1, 10, 2), (5, 11, 6)")
        conn.execute("insert into b values (3, 10, 4), (7, 12, 8)")
        conn.execute("insert into c values (9, 4, 10), (9, 8, 12)")
        yield conn
        conn.execute("drop schema joined cascade")


@pytest.mark.parametrize("sql, names, rows", [
    ("select * from a join b using (x)", "x p q r y", [(10, 1, 2, 3, 4)]),
    ("select * from a left join b using (x) order by 1", "x p q r y", [(10, 1, 2, 3, 4), (11, 5, 6, None, None)]),
    ("select * from a right join b using (x) order by 1", "x p q r y", [(10, 1, 2, 3, 4), (12, None, None, 7, 8)]),
    ("select * from a full outer join b using (x) order by 1", "x p q r y", [(10, 1, 2, 3, 4), (11, 5, 6, None, None), (12, None, None, 7, 8)]),
    ("select * from a join b using (x) join c using (y)", "y x p q r z x", [(4, 10, 1, 2, 3, 9, 10)]),
    ("select * from a join b using (x) join c using (x, y)", "x y p q r z", [(10, 4, 1, 2, 3, 9)]),
    ("select * from a full join b using (x) left join c on c.y = b.y order by 1 limit 1", "x p q r y z y x", [(10, 1, 2, 3, 4, 9, 4, 10)]),
    ("select * from a right join b using (x), c where p is null order by z, c.y limit 1", "x p q r y z y x", [(12, None, None, 7, 8, 9, 4, 10)]),
    ("with t as (select * from a join b using (x)) select * from t join c using (y)", "y x p q r z x", [(4, 10, 1, 2, 3, 9, 10)]),
    ("select distinct on (x) *, p + 1 as s from joined.a as t1 join joined.b \"T 2\" using (x) order by x", "x p q r y s", [(10, 1, 2, 3, 4, 2)]),
])
def test_order_of_columns(db, sql, names, rows):
    cursor = db.execute(sql)
    assert " ".join(d.name for d in cursor.description) == names and cursor.fetchall() == rows


def test_views_and_tables_of_it(db):
    db.execute("create view v as select * from a join b using (x)")
    db.execute("create table t as select * from a join b using (x)")
    db.execute("insert into t select * from a right join b using (x) where p is null")
    assert db.execute("select * from v").fetchall() == [(10, 1, 2, 3, 4)]
    assert db.execute("select * from t order by x").fetchall() == [(10, 1, 2, 3, 4), (12, None, None, 7, 8)]


def test_tables_of_the_columns(db):
    """RowDescription says where each comes from, in the new order."""
    result = db.execute("select * from a join b using (x) join c using (y)").pgresult
    tables = {r[0]: r[1] for r in db.execute("select oid, relname from pg_class where relnamespace = 'joined'::regnamespace")}
    assert [(tables[result.ftable(i)], result.ftablecol(i)) for i in range(result.nfields)] == [
        ("b", 3), ("a", 2), ("a", 1), ("a", 3), ("b", 1), ("c", 1), ("c", 3)]


@pytest.mark.parametrize("sql, oids, rows", [
    ("select p from a order by p using >", [23], [(5,), (1,)]),
    ("select array_agg(p order by p using < nulls first) from a", [1007], [([1, 5],)]),
    ("select ntile(2) over (order by p) as n from a order by 1", [23], [(1,), (2,)]),
    ("select grouping(p), p from a group by rollup (p) order by 1, 2", [23, 23], [(0, 1), (0, 5), (1, None)]),
])
def test_sorting_and_types(db, sql, oids, rows):
    cursor = db.execute(sql)
    assert [d.type_code for d in cursor.description] == oids and cursor.fetchall() == rows


def test_ties(server):
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="WITH TIES"):
            conn.execute("select i from generate_series(1, 3) i order by i fetch first 2 rows with ties")


def test_texts_of_arrays_that_are_assigned(db):
    """Beside a column of an array '{1,2}' is an array, beside another what it is."""
    db.execute("create table l (id int primary key, n int[], t text[], m int[][], j json, v varchar(5))")
    db.execute("""insert into l values (1, '{1,2}', '{a,"b c",NULL}', '{{1,2},{3,4}}', '{"a": {}}', '{a}'), (2, array[7], '{}', null, '{}', null)""")
    db.execute("""insert into l (t, id) values ('{"x{y}","q\\"r"}', 3)""")
    db.execute("insert into l (id, n) values (1, '{5}') on conflict (id) do update set n = '{6,7}'")
    db.execute("update l set n = '{9}', t = '{z}' where id = 3")
    assert db.execute("select id, n, t, m, j, v from l order by id").fetchall() == [
        (1, [6, 7], ["a", "b c", None], [[1, 2], [3, 4]], {"a": {}}, "{a}"), (2, [7], [], None, {}, None), (3, [9], ["z"], None, None, None)]
    for wrong in ("'{1'", "'x'", "'{x}'"):
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            db.execute(f"insert into l (id, n) values (4, {wrong})")


@pytest.mark.parametrize("sql", ["select count(*) from jsonb_path_query('[1]'::jsonb, '$[*]')", "select jsonb_path_exists('{}'::jsonb, '$.a')", "select '{}'::jsonb @? '$.a'"])
def test_jsonpath(sql, server):
    """Refused, also where nobody reads what it gives."""
    with psycopg.connect(server.dsn(), autocommit=True) as conn, pytest.raises(psycopg.errors.FeatureNotSupported, match="jsonpath"):
        conn.execute(sql)
