"""MERGE: a row of the target that several of the source would change is an error, as in PostgreSQL."""

import psycopg
import pytest

from asked import fails, rows


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("drop table if exists mt, ms; create table mt (id int, v text); create table ms (id int, v text); insert into mt values (1, 'a'), (2, 'b'), (3, 'c'); "
                           "insert into ms values (1, 'x'), (1, 'y'), (2, 'z'), (4, 'n'), (4, 'm')")
        yield connection
        connection.execute("drop table mt, ms")


TWICE = [
    "merge into mt using ms on mt.id = ms.id when matched then update set v = ms.v when not matched then insert values (ms.id, ms.v)",
    "merge into mt as t using (select * from ms where v <> 'q') s on t.id = s.id when matched then delete",
    "merge into mt t using ms s on t.id = s.id when matched and s.v = 'none' then delete when matched and case when s.v > 'w' then true else false end then update set v = 'u'",
    "merge into public.mt using ms on mt.id = ms.id when matched and ms.v = 'x' then update set v = 'one' when matched then delete",
]
ONCE = [
    ("merge into mt t using ms s on t.id = s.id and s.v <> 'y' when matched then update set v = s.v when not matched and s.v <> 'm' and s.v <> 'y' then insert values (s.id, s.v)",
     [(1, "x"), (2, "z"), (3, "c"), (4, "n")]),
    ("merge into mt using ms on mt.id = ms.id when matched and ms.v = 'x' then update set v = 'one' when matched and ms.v = 'y' then do nothing when matched then delete", [(1, "one"), (3, "c")]),
    ("merge into mt using ms on mt.id = ms.id when matched then do nothing when not matched then insert values (ms.id, ms.v)", [(1, "a"), (2, "b"), (3, "c"), (4, "m"), (4, "n")]),
    ("with w as (select 2 as id, 'w' as v) merge into mt using w on mt.id = w.id when matched then update set v = w.v", [(1, "a"), (2, "w"), (3, "c")]),
]


@pytest.mark.parametrize("sql", TWICE)
def test_a_row_is_changed_once(sql, c):
    said = fails(c, "21000", sql)
    assert said.message_primary == "MERGE command cannot affect row a second time" and "not more than one source row" in said.message_hint
    assert rows(c, "select * from mt order by 1, 2") == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("sql, wanted", ONCE)
def test_what_runs(sql, wanted, c):
    c.execute(sql)
    assert rows(c, "select * from mt order by 1, 2") == wanted


def test_parameters(c):
    sql = "merge into mt using ms on mt.id = ms.id and ms.v <> %s when matched then update set v = ms.v || %s"
    for prepare in (False, True):
        fails(c, "21000", sql, ("none", "!"))
        c.execute(sql, ("y", "!"), prepare=prepare)
    assert rows(c, "select * from mt order by 1") == [(1, "x!"), (2, "z!"), (3, "c")]
