"""Every relation of PostgreSQL's catalog: `select * from it limit 0` is described as PostgreSQL 15 describes it."""

import os

import psycopg
import pytest
from psycopg import pq

LIST = os.path.join(os.path.dirname(__file__), "catalog_columns.txt")  # tools/catalog makes it


def wanted():
    with open(LIST) as f:
        for line in f:
            relation, columns = line.strip().split(": ", 1)
            yield relation, [(n, int(oid), int(typmod), int(size)) for n, oid, typmod, size in (c.split(" ") for c in columns.split(", "))]


def described(c, relation):
    r = c.pgconn.exec_(f"select * from {relation} limit 0".encode())
    if r.status != pq.ExecStatus.TUPLES_OK:
        return r.error_message
    return [(r.fname(i).decode(), r.ftype(i), r.fmod(i), r.fsize(i)) for i in range(r.nfields)]


def test_the_list_is_long():
    assert len(list(wanted())) > 200


def test_all_relations(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        others = {relation: described(c, relation) for relation, columns in wanted() if described(c, relation) != columns}
    assert not others


def test_hidden_columns_of_tables(either):
    """ctid, xmin, tableoid … of what a session made: there when they are named."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("create temporary table z_hidden_t (id int primary key, v text)")
        c.execute("insert into z_hidden_t select i, 'v' from generate_series(1, 12) i")
        rows = c.execute("select ctid, * from z_hidden_t order by ctid limit 2")
        assert [(d.name, d.type_code) for d in rows.description] == [("ctid", 27), ("id", 23), ("v", 25)]
        assert rows.fetchall() == [("(0,1)", 1, "v"), ("(0,2)", 2, "v")]
        assert c.execute("select * from z_hidden_t where ctid = '(0,3)'").fetchall() == [(3, "v")]
        assert c.execute("select id from z_hidden_t x where x.ctid = %s::tid", ("(0,10)",)).fetchall() == [(10,)]
        assert c.execute("select max(ctid), count(ctid) from z_hidden_t").fetchone() == ("(0,12)", 12)
        assert c.execute("select a.id from z_hidden_t a join z_hidden_t b on a.ctid > b.ctid where b.id = 9 order by 1").fetchall() == [(10,), (11,), (12,)]
        assert c.execute("update z_hidden_t set v = 'w' where ctid in ('(0,4)', '(0,5)')").rowcount == 2
        assert c.execute("delete from only z_hidden_t where z_hidden_t.ctid = '(0,6)'").rowcount == 1
        row = c.execute("select tableoid::regclass::text, tableoid = 'z_hidden_t'::regclass, xmax, cmin, cmax from z_hidden_t where id = 12").fetchone()
        assert (row[0].split(".")[-1], row[1], *map(int, row[2:])) == ("z_hidden_t", True, 0, 0, 0)
        seen = c.execute("select xmin::text from z_hidden_t where id = 1").fetchone()[0]
        assert c.execute("update z_hidden_t set v = 'x' where id = 1 and xmin = %s::xid", (seen,)).rowcount == 1
        assert c.execute("update z_hidden_t set v = 'y' where id = 1 and xmin = %s::xid", (seen,)).rowcount == 0
        assert c.execute("select b.tableoid, b.ctid from z_hidden_t a left join z_hidden_t b on b.id = a.id + 100 limit 1").fetchone() == (None, None)
        assert c.execute("select xmin from (select 7 as xmin) t").fetchone() == (7,)
        for sql, state in [("select ctid from z_hidden_t a, z_hidden_t b", "42702"), ("select ctid from (select 1) t", "42703"),
                           ("select '(1,2'::tid", "22P02")]:
            with pytest.raises(psycopg.Error) as e:
                c.execute(sql)
            assert e.value.sqlstate == state, sql
        binary = c.cursor(binary=True).execute("select ctid from z_hidden_t where id = 2").fetchone()[0]
        assert binary in (b"\0\0\0\0\0\2", "(0,2)")


def test_collations_by_bytes(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("create temporary table z_collated (v text collate \"C\" unique, w varchar(5) collate \"POSIX\")")
        c.execute("insert into z_collated values ('a', 'b'), ('B', 'A')")
        assert [r[0] for r in c.execute("select v from z_collated order by v collate \"C\"")] == ["B", "a"]
        assert [r[0] for r in c.execute("select w from z_collated order by w collate pg_catalog.\"C\" desc")] == ["b", "A"]
        assert c.execute("select max(v collate \"POSIX\"), 'a' < 'B' collate \"C\" from z_collated").fetchone() == ("a", False)
        assert c.execute("select conname from pg_constraint where conrelid = 'z_collated'::regclass order by conname collate \"C\"").fetchall() == \
            [("z_collated_v_key",)]
        with pytest.raises(psycopg.Error) as e:
            c.execute("select v collate \"nope\" from z_collated")
        assert e.value.sqlstate == "42704"
