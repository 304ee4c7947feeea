"""Composite types: their numbers and catalog rows, values in both formats, fields, ALTER TYPE, and what depends on them."""

import datetime
import decimal
import uuid

import psycopg
import pytest
from asked import fails, rows, schema
from conftest import Server
from psycopg.types.composite import CompositeInfo, register_composite


@pytest.fixture
def db(either):
    with schema(either, "co",
                "create type pair as (a int, b text)", path="{}, public") as c:
        yield c


def test_catalog(db):
    info = CompositeInfo.fetch(db, "pair")
    assert (info.name, info.regtype, list(info.field_names), list(info.field_types)) == ("pair", "pair", ["a", "b"], [23, 25])
    assert rows(db, "select typtype, typcategory, typlen, typdelim, typelem::int8, typarray::int8 from pg_type where oid = %s", [info.oid]) == [("c", "C", -1, ",", 0, info.array_oid)]
    assert rows(db, "select typname, typtype, typelem::int8 from pg_type where oid = %s", [info.array_oid]) == [("_pair", "b", info.oid)]
    assert rows(db, "select relname, relkind, relnatts, reltype::int8 from pg_class where oid = (select typrelid from pg_type where oid = %s)", [info.oid]) == [("pair", "c", 2, info.oid)]
    db.execute("create type many as (v varchar(5), n numeric(10,2), i int[], p pair, ps pair[], t timestamptz)")
    assert rows(db, "select attname, format_type(atttypid, atttypmod), attnum from pg_attribute where attrelid = 'many'::regclass order by attnum") == [
        ("v", "character varying(5)", 1), ("n", "numeric(10,2)", 2), ("i", "integer[]", 3), ("p", "pair", 4), ("ps", "pair[]", 5), ("t", "timestamp with time zone", 6)]
    db.execute("create table t (p pair, ps pair[])")
    assert rows(db, "select format_type(atttypid, -1) from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum") == [("pair",), ("pair[]",)]
    assert rows(db, "select data_type, udt_schema, udt_name from information_schema.columns where table_schema = 'co' and table_name = 't' order by ordinal_position") == [("USER-DEFINED", "co", "pair"), ("ARRAY", "co", "_pair")]
    cur = db.execute("select p, ps, (1, 2) as r from t")
    assert [d.type_code for d in cur.description] == [info.oid, info.array_oid, 2249]
    db.execute('create type "order" as (x int)')
    assert rows(db, "select '\"order\"'::regtype::text, pg_typeof('(1)'::\"order\")::text") == [('"order"', '"order"')]


TEXTS = [
    ("(1,x)", "(1,x)"),
    (" ( 1 , x )", None),
    ("(,)", "(,)"),
    ('(1,"")', '(1,"")'),
    ('(1,"a ""b"" \\\\ c")', '(1,"a ""b"" \\\\ c")'),
    ("(2,a b)", '(2,"a b")'),
    ("(3,\"x,y\")", '(3,"x,y")'),
]


@pytest.mark.parametrize("text, wanted", TEXTS)
def test_texts(db, text, wanted):
    if wanted is None:
        assert rows(db, "select (%s::pair)::text", [text]) == [('(1," x ")',)]
        return
    assert rows(db, "select (%s::pair)::text, %s::text::pair::text", [text, text]) == [(wanted, wanted)]
    assert rows(db, f"select '{text}'::pair::text") == [(wanted,)]


@pytest.mark.parametrize("text, code", [("(1)", "22P02"), ("1,2", "22P02"), ("(1,2,3)", "22P02"), ("(x,y)", "22P02"), ("(1,2) z", "22P02"), ("(99999999999,y)", "22003"), ("", "22P02")])
def test_bad_texts(db, text, code):
    fails(db, code, f"select '{text}'::pair")
    fails(db, code, "select %s::pair", [text])


def test_values(db):
    db.execute("create table t (i int, p pair, ps pair[])")
    db.execute("insert into t values (1, row(1, 'x'), array[row(2, 'y')::pair]), (2, '(3,z)', '{\"(1,a)\",\"(2,b c)\"}'), (3, null, null)")
    db.execute("insert into t (i, p) values (4, (7, 'q'))")
    assert rows(db, "select i, p::text, ps::text from t order by i") == [
        (1, "(1,x)", '{"(2,y)"}'), (2, "(3,z)", '{"(1,a)","(2,\\"b c\\")"}'), (3, None, None), (4, "(7,q)", None)]
    assert rows(db, "select i from t where p = row(1, 'x'::text)") == [(1,)]
    assert rows(db, "select i from t where p = '(3,z)'::pair") == [(2,)]
    assert rows(db, "select i from t where p > row(1, 'x')::pair order by p") == [(2,), (4,)]
    db.execute("update t set p = '(9,u)' where i = 1")
    assert rows(db, "select (p).a, (p).b from t order by i") == [(9, "u"), (3, "z"), (None, None), (7, "q")]
    assert rows(db, "select (p).* from t where i = 2") == [(3, "z")]
    assert rows(db, "select sum((p).a) from t where (t.p).b <> 'q'") == [(12,)]
    assert rows(db, "select (ps[1]).b, ((select p from t where i = 4)).a from t where i < 3 order by i") == [("y", 7), ("a", 7)]
    cur = db.execute("select (p).a, (t.p).*, row(1, 'x')::pair from t")
    assert [d.name for d in cur.description] == ["a", "a", "b", "row"]
    db.execute("create view v as select i, (p).b as pb, p from t")
    assert rows(db, "select pb, p::text from v where i = 2") == [("z", "(3,z)")]
    with db.cursor().copy("copy t (p) to stdout") as copy:
        assert sorted(bytes(b) for b in copy) == [b"(3,z)\n", b"(7,q)\n", b"(9,u)\n", b"\\N\n"]
    with db.cursor().copy("copy t (i, p) from stdin") as copy:
        copy.write('5\t(1,"a\tb")\n'.replace("\t", "\\t", 2).replace("\\t", "\t", 1))
    assert rows(db, "select p::text from t where i = 5") == [('(1,"a\tb")',)]
    fails(db, "42703", "select (p).nope from t")
    fails(db, "22P02", "insert into t values (1, '(1,2,3)', null)")


@pytest.mark.parametrize("binary", [False, True])
def test_parameters(db, binary):
    db.execute("create type nest as (p pair, n numeric(10,2), d date, ps pair[], u uuid)")
    pair, nest = CompositeInfo.fetch(db, "pair"), CompositeInfo.fetch(db, "nest")
    register_composite(pair, db)
    register_composite(nest, db)
    Pair, Nest = pair.python_type, nest.python_type
    db.execute("create table t (p pair, n nest, ps pair[])")
    value = Nest(Pair(1, 'a "b"'), decimal.Decimal("12.50"), datetime.date(2020, 2, 29), [Pair(2, ""), Pair(None, None)], uuid.UUID(int=5))
    for form in ("%s", "%t", "%b"):
        db.execute("delete from t")
        db.execute(f"insert into t values ({form}, {form}, {form})", [Pair(1, "x"), value, [Pair(3, "y"), Pair(4, None)]])
        assert rows(db, "select * from t", binary=binary) == [(Pair(1, "x"), value, [Pair(3, "y"), Pair(4, None)])]
        assert rows(db, f"select ({form}).b, {form}", [Pair(1, "x"), value], binary=binary) == [("x", value)]
        assert rows(db, f"select count(*) from t where p = {form}", [Pair(1, "x")]) == [(1,)]
    db.execute("prepare q(pair, pair[]) as select ($1).a + ($2[1]).a")
    assert rows(db, "execute q('(1,x)', '{\"(2,y)\"}')") == [(3,)]


def test_alter(db):
    db.execute("alter type pair add attribute c numeric(6,2), alter attribute a type bigint")
    db.execute("alter type pair rename attribute b to d")
    assert rows(db, "select '(1,x,2.5)'::pair::text, ('(1,x,2.5)'::pair).d") == [("(1,x,2.50)", "x")]
    before = rows(db, "select 'pair'::regtype::oid::int8")
    db.execute("create table t (p pair)")
    db.execute("insert into t values ('(1,x,2.5)')")
    diag = fails(db, "0A000", "alter type pair alter attribute a type int")
    assert diag.message_primary == 'cannot alter type "pair" because column "t.p" uses it'
    db.execute("create table u (i int, ps pair[]); insert into u values (1, array['(5,y,1)'::pair, null]), (2, null)")
    db.execute("alter type pair add attribute z int, drop attribute a")
    assert rows(db, "select p::text, (p).z from t") == [("(x,2.50,)", None)]
    db.execute("alter type pair rename attribute d to a; alter type pair add attribute b int")
    assert rows(db, "select (p).a from t") == [("x",)]
    assert rows(db, "select ps::text from u order by i") == [('{"(y,1.00,,)",NULL}',), (None,)]
    db.execute("drop table u; alter type pair drop attribute z, drop attribute b")
    assert rows(db, "select p::text from t") == [("(x,2.50)",)]
    db.execute("alter type pair rename to duo; create schema co2; alter type duo set schema co2")
    assert rows(db, "select p::text, pg_typeof(p)::text, 'co2.duo'::regtype::oid::int8 from t") == [("(x,2.50)", "co2.duo", before[0][0])]
    db.execute("alter type co2.duo set schema co; drop schema co2; alter type duo rename to pair; drop table t")
    db.execute("alter type pair drop attribute c, drop attribute if exists zz, add attribute b text")
    fails(db, "42703", "alter type pair drop attribute zz")
    fails(db, "42701", "alter type pair add attribute a int")
    fails(db, "42809", "alter type pair add value 'x'")
    db.execute("comment on type pair is 'two of them'")
    assert rows(db, "select '(1,x)'::pair::text") == [("(1,x)",)]
    db.execute("drop type pair; create type pair as (z int, y int, x int)")
    assert rows(db, "select '(1,2,3)'::pair::text, ('(1,2,3)'::pair).x") == [("(1,2,3)", 3)]


def test_drop(db):
    db.execute("create type nest as (p pair)")
    diag = fails(db, "2BP01", "drop type pair")
    assert (diag.message_primary, diag.message_detail) == ("cannot drop type pair because other objects depend on it", "column p of composite type nest depends on type pair")
    db.execute("drop type nest")
    db.execute("create table t (i int, p pair)")
    diag = fails(db, "2BP01", "drop type pair")
    assert diag.message_detail == "column p of table t depends on type pair"
    db.execute("drop type pair cascade")
    assert rows(db, "select attname from pg_attribute where attrelid = 't'::regclass and attnum > 0 and not attisdropped") == [("i",)]
    fails(db, "42704", "select '(1,x)'::pair")
    fails(db, "42704", "drop type pair")
    db.execute("drop type if exists pair")


def test_bad_definitions(db):
    fails(db, "42710", "create type pair as (a int)")
    fails(db, "42701", "create type x as (a int, a text)")
    fails(db, "42704", "create type x as (a nosuch)")
    fails(db, "42601", "create type x as (a)")


def test_transactions(db):
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("create type other as (p pair, y int); create table t (o other); insert into t values ('(\"(1,x)\",2)')")
        assert rows(db, "select ((o).p).b, o::text from t") == [("x", '("(1,x)",2)')]
        raise ZeroDivisionError
    fails(db, "42704", "select null::other")
    db.execute("create type other as (z text)")
    assert rows(db, "select '(q)'::other::text") == [("(q)",)]


def test_expressions(db):
    db.execute("create table t (i int, p pair default '(0,d)', constraint c check ((p).a < 100)); insert into t values (1, '(5,x1)'), (2, default)")
    db.execute("alter table t add constraint d check ((p).b <> 'no')")
    db.execute("alter table t add constraint e check ((p).b ~ '^[a-z]' and i / 2 < 100)")
    fails(db, "23514", "insert into t values (3, '(1,no)')")
    fails(db, "23514", "insert into t values (3, '(1,1x)')")
    fails(db, "23514", "insert into t values (3, '(100,y)')")
    assert rows(db, "select (p).a + 1 as n, (p).b || '!' from t where (p).b like 'x%' and (p).b || 'z' ~ 'z$'") == [(6, "x1!")]
    assert rows(db, "select p::text || 'z', concat(p, 'q'), format('%s', p) from t where i = 2") == [("(0,d)z", "(0,d)q", "(0,d)")]
    assert rows(db, "select to_json(p)::text, row_to_json(t)::text from t where i = 1") == [('{"a":5,"b":"x1"}', '{"i":1,"p":{"a":5,"b":"x1"}}')]
    assert rows(db, "select array_agg(p order by p desc)::text, count(distinct p), max((p).b) from t") == [('{"(5,x1)","(0,d)"}', 2, "x1")]
    assert rows(db, "update t set p = row((p).a + 10, (p).b) where i = 2 returning p::text, (p).a") == [("(10,d)", 10)]
    assert rows(db, "with c as (select p from t) select (c.p).a from c order by (c.p).a desc") == [(10,), (5,)]
    assert rows(db, "select case when i = 1 then p end::text, coalesce(p, row(0, 'n')::pair)::text from t order by i") == [("(5,x1)", "(5,x1)"), (None, "(10,d)")]
    assert rows(db, "select a.i from t a join t b on a.p = b.p and (b.p).a = 5") == [(1,)]
    assert rows(db, "select x::text from unnest(array['(1,x)','(2,y)']::pair[]) x") == [("(1,x)",), ("(2,y)",)]
    fails(db, "42846", "select row(1, 2, 3)::pair")
    fails(db, "42883", "select pair(1, 'x')")


def test_cursors(db):
    db.execute("create table t (i int, p pair); insert into t select i, row(i, 'x' || i)::pair from generate_series(1, 500) i")
    with db.transaction():
        db.execute("declare c scroll cursor for select p::text as s, p from t order by i")
        first = rows(db, "fetch 2 from c")
        assert [r[0] for r in first] == ["(1,x1)", "(2,x2)"]
        db.execute("insert into t values (501, '(501,z)')")
        assert [r[0] for r in rows(db, "fetch backward 1 from c")] == ["(1,x1)"]
        assert rows(db, "fetch last from c")[0][0] == "(500,x500)"


def test_restart(tmp_path):
    path = tmp_path / "kept.duckdb"
    with Server(database=path, workers=0) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute("create type pair as (a int, b text); alter type pair add attribute c date; create table t (p pair)")
        c.execute("insert into t values ('(1,x,2020-01-01)'); comment on type pair is 'hi'; create view v as select (p).b from t")
        oid = c.execute("select 'pair'::regtype::oid").fetchone()
    with Server(database=path, workers=0) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        assert c.execute("select 'pair'::regtype::oid").fetchone() == oid
        assert c.execute("select p::text, (p).c::text from t").fetchone() == ("(1,x,2020-01-01)", "2020-01-01")
        assert c.execute("select * from v").fetchone() == ("x",)
        c.execute("insert into t values ('(2,y,)'); alter type pair drop attribute c")
        assert c.execute("select p::text from t order by p").fetchall() == [("(1,x)",), ("(2,y)",)]
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="of type (pair|record) is not supported"):
            c.execute("create index on t (p)")


def test_a_part_of_a_column_takes_no_value(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create type part as (a int, b text); create table parts (p part, x int[])")
        for sql in ("insert into parts (p.a) values (row(1, 'x'))", "insert into parts (x, p.a) select array[1], row(1, 'x')", "insert into parts (x[1]) values (array[1])"):
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="a field or an element"):
                c.execute(sql)
        assert c.execute("insert into parts (p, x) (select (v.r), v.a from (select row(1, 'x')::part r, array[2] a) v) returning (p).a, x[1]").fetchall() == [(1, 2)]
        c.execute("drop table parts; drop type part")
