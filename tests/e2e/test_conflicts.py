"""INSERT … ON CONFLICT of rows with NULL in a unique key: NULLs are no conflict, and no row is lost."""

import psycopg
import pytest

from asked import fails, rows


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("drop table if exists em, two, ix; create table em (id int primary key, email text unique, n int default 7); create table two (a int, b int, c int, unique (a, b)); "
                           "create table ix (a int, b int); create unique index on ix (a)")
        yield connection
        connection.execute("drop table em, two, ix")


CASES = [
    ("insert into em (id) values (1), (2), (3) on conflict do nothing", "INSERT 0 3", "select id, email, n from em", [(1, None, 7), (2, None, 7), (3, None, 7)]),
    ("insert into em (id, email) values (1, 'a'), (1, 'b'), (2, null), (3, null), (4, 'a') on conflict do nothing", "INSERT 0 3", "select id, email from em", [(1, "a"), (2, None), (3, None)]),
    ("insert into em values (1, null), (2, null), (3, 'x') on conflict (email) do update set n = 9", "INSERT 0 3", "select id, n from em", [(1, 7), (2, 7), (3, 7)]),
    ("insert into em (id, email, n) values (1, null, default), (2, null, 5) on conflict (email) do update set n = excluded.n", "INSERT 0 2", "select id, n from em", [(1, 7), (2, 5)]),
    ("insert into em (id) select i from generate_series(1, 40) s(i) on conflict do nothing", "INSERT 0 40", "select count(*), count(email) from em", [(40, 0)]),
    ("insert into em (id, email) values (1, null), (2, null) on conflict (id) do nothing", "INSERT 0 2", "select id from em", [(1,), (2,)]),
    ("insert into two (a, b, c) values (1, null, 1), (1, null, 2), (1, 2, 3), (1, 2, 4), (null, null, 5) on conflict (a, b) do nothing", "INSERT 0 4", "select c from two", [(1,), (2,), (3,), (5,)]),
    ("insert into two select 1, null, i from generate_series(1, 3) s(i) on conflict do nothing", "INSERT 0 3", "select c from two", [(1,), (2,), (3,)]),
    ("insert into ix values (null, 1), (null, 2), (1, 3), (1, 4) on conflict do nothing", "INSERT 0 3", "select b from ix", [(1,), (2,), (3,)]),
    ("insert into ix (b) values (1), (2) on conflict (a) do nothing", "INSERT 0 2", "select b from ix", [(1,), (2,)]),
]


@pytest.mark.parametrize("sql, tag, asked, wanted", CASES)
def test_no_row_is_lost(sql, tag, asked, wanted, c):
    assert c.execute(sql).statusmessage == tag
    assert sorted(rows(c, asked), key=str) == sorted(wanted, key=str)
    c.execute("delete from em; delete from two; delete from ix")
    with c.transaction(force_rollback=True):
        c.execute(sql)
        assert len(rows(c, asked)) == len(wanted)
    assert rows(c, "select count(*) from em") == [(0,)]


def test_parameters_and_rows_that_are_there(c):
    c.execute("insert into em values (1, 'a'), (2, null)")
    sql = "insert into em (id, email) values (%s, %s), (%s, %s), (%s, %s) on conflict do nothing"
    for prepare in (False, True, True):
        assert c.execute(sql, (2, None, 3, None, 4, None), prepare=prepare).statusmessage == "INSERT 0 2"
        c.execute("delete from em where id > 2")
    with c.cursor() as cur:
        cur.executemany("insert into em (id, email) values (%s, %s) on conflict do nothing", [(i, None) for i in range(5, 25)])
    assert rows(c, "select count(*) from em where id > 4") == [(20,)]


def test_all_or_nothing(c):
    fails(c, "22012", "insert into em (id, n) values (1, 1), (2, 2), (3, 1 / 0) on conflict do nothing")
    assert rows(c, "select count(*) from em") == [(0,)]


def test_what_is_refused(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("drop table if exists emr; create table emr (id int primary key, email text unique)")
        fails(c, "0A000", "insert into emr (id) values (1), (2) on conflict do nothing returning id")
        fails(c, "0A000", "with w as (select 1 as i union all select 2) insert into emr (id) select i from w on conflict do nothing")
        assert rows(c, "select count(*) from emr") == [(0,)]
        assert sorted(rows(c, "insert into emr (id, email) values (1, 'a'), (2, 'b') on conflict do nothing returning id")) == [(1,), (2,)]
        c.execute("drop table emr")
