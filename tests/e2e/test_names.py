"""What columns are called: as PostgreSQL 15 calls them, wherever the name is seen."""

import pytest

from wire import Q

TABLE = 'create table if not exists named (a int, b int, c text, d date, "Total" int, arr int[], bo bool)'

QUERIES = [
    ("select count(*), max(a), now()::date, 1, 'a', a::int8, -1, a + b, '1'::int from named group by a, b",
     ["count", "max", "now", "?column?", "?column?", "a", "?column?", "?column?", "int4"]),
    ("select coalesce(a, b), nullif(a, b), greatest(a, b), array[1], row(1), exists(select 1), case when bo then 1 end, "
     "case when bo then 1 else b end from named",
     ["coalesce", "nullif", "greatest", "array", "row", "exists", "case", "b"]),
    ("select extract(year from d), substring(c from 1 for 2), trim(c), trim(leading from c), position('a' in c) from named",
     ["extract", "substring", "btrim", "ltrim", "position"]),
    ("select current_date, CURRENT_DATE + 1, current_user, user, session_user, current_timestamp::date from named",
     ["current_date", "?column?", "current_user", "user", "session_user", "current_timestamp"]),
    ("select not bo, a is null, a between 1 and 2, c like 'x', a in (1, 2), a is distinct from b, arr[1], c collate \"C\" from named",
     ["?column?"] * 6 + ["arr", "c"]),
    ("select (select max(a) from named), (select 1), (select \"Total\"::text from named), \"Total\"::text from named",
     ["max", "?column?", "Total", "Total"]),
    ("select interval '1' day, date '2020-01-01', timestamp with time zone '2020-01-01', double precision '1', true",
     ["interval", "date", "timestamptz", "float8", "?column?"]),
    ("select row_number() over (order by a), sum(a) filter (where bo) over w, count(*) over () + 1 from named window w as (order by b)",
     ["row_number", "sum", "?column?"]),
    ("select distinct on (a) a, b + 1, 1 as one, 2 two, 3 value, 4 name from named", ["a", "?column?", "one", "two", "value", "name"]),
    ("values (1, 'a'), (2, 'b') order by column1 desc", ["column1", "column2"]),
    ("select * from (values (1, 2)) v", ["column1", "column2"]),
    ("with v as (values (1)) select column1 from v", ["column1"]),
    ("select * from (values (1, 2, 3)) t(a)", ["a", "column2", "column3"]),
    ("select * from (values (1, 2)) as t(a, b), (values (1, 2)) u(x)", ["a", "b", "x", "column2"]),
    ("select count from (select count(*) from named) x", ["count"]),
    ("select * from (select count(*), 1 from named) x", ["count", "?column?"]),
    ("with x as (select sum(a) from named) select sum from x", ["sum"]),
    ("select 1 union all select 2", ["?column?"]),
    ("(select 1) union (select 2) order by 1", ["?column?"]),
    ("insert into named (a) values (1) returning a + 1, a, upper(c)", ["?column?", "a", "upper"]),
    ("select 'int4'::regtype, 'int4'::regtype::oid, pg_get_userbyid(10) || 'x'", ["regtype", "oid", "?column?"]),
]


@pytest.mark.parametrize("sql, names", [pytest.param(*q, id=q[0][:60]) for q in QUERIES])
def test_names(wire, sql, names):
    wire.ask(Q(TABLE))
    notes = wire.ask(Q(sql))
    assert [c.name for c in wire.columns] == names, wire.last_error
    assert not any(str(n).startswith("err:") for n in notes)


def test_names_are_postgresqls(wire, postgres):
    with postgres.wire() as other:
        for w in (wire, other):
            w.ask(Q(TABLE))
        for sql, names in QUERIES:
            other.ask(Q(sql))
            assert [c.name for c in other.columns] == names, sql
        other.ask(Q("drop table named"))


def test_what_is_made_has_the_names(wire):
    for sql in (TABLE, "create view nv as select count(*), max(a), 1 from named", "create table nt as select count(*), sum(a) + 1 from named"):
        wire.ask(Q(sql))
    for table, names in (("nv", ["count", "max", "?column?"]), ("nt", ["count", "?column?"])):
        wire.ask(Q(f"select * from {table}"))
        assert [c.name for c in wire.columns] == names


@pytest.mark.parametrize("sql, names", [
    ("from named select a + 1", ["?column?"]),
    ("select columns(*) + 1 from (select a, b from named)", ["a", "b"]),
    ("select x: 42, y: a from named", ["x", "y"]),
    ("select * exclude (c, d, arr, bo), * replace (a + 1 as a) from named", ["a", "b", "Total", "a", "b", "c", "d", "Total", "arr", "bo"]),
    ("select list_transform([1, 2], lambda x: x + 1)", ["list_transform"]),
    ("select a % 2, count(*) from named group by all", ["?column?", "count"]),
    ("select unnest({'p': 1, 'q': 2})", ["p", "q"]),
    ("select interval 1 day, interval (1) day", ["interval", "interval"]),
])
def test_the_engines_syntax_goes_on(wire, sql, names):
    wire.ask(Q(TABLE))
    assert not any(str(n).startswith("err:") for n in wire.ask(Q(sql)))
    assert [c.name for c in wire.columns] == names


def test_the_engines_names_where_they_are_wanted(wire):
    wire.ask(Q("set tavana.sql = duckdb"))
    wire.ask(Q("select count(*), 1 from range(3)"))
    assert [c.name for c in wire.columns] == ["count_star()", "1"]


TWINS = [
    ("select * from (select max(a), max(b) from named) x", ["max", "max"]), ("select x.* from (select 1 as a, 2 as A, 3 as b) x", ["a", "a", "b"]),
    ("select b, x.b from (select 1 as a, 2 as a, 3 as b) x", ["b", "b"]), ("with w as (select 1 as a, 2 as a) select * from w", ["a", "a"]),
    ("with w(x) as (select 1 as a, 2 as a) select * from w", ["x", "a"]), ('select * from (select 1 "A", 2 as a, 3 "A") x', ["A", "a", "A"]),
    ("select * from (select 1, 2, 'x'::text) x", ["?column?", "?column?", "text"]), ("select * from (select 1 as a, 2 as a union all select 3, 4) x", ["a", "a"]),
    ("select * from (select p.a, q.a from named p, named q order by p.a) x", ["a", "a"]), ("select * from (select a, a from named group by a, a) x", ["a", "a"]),
    ("select * from (select * from (select 1 as a, 2 as a) y) x", ["a", "a"]), ("select * from (select 1 as a, 2 as a) x, (select 3 as a) y", ["a", "a", "a"]),
    ("select * from (select 1 as b, 2 as c union all select 3 as a, 4 as a) x", ["b", "c"])]


def test_columns_of_one_name(either):
    with either.wire() as w:
        w.ask(Q(TABLE))
        for sql, names in TWINS:
            w.ask(Q(sql))
            assert [c.name for c in w.columns] == names, sql
        for sql in ("select a from (select 1 as a, 2 as a) x", "select x.max from (select max(a), max(b) from named) x", 'select "?column?" from (select 1, 2) x'):
            assert "err:42702" in w.ask(Q(sql)) and "is ambiguous" in w.last_error["M"], sql
        for sql in ("create view twins as select 1 as a, 2 as a", "create table twins as select 1 as a, 2 as A", 'create view twins as select 1 as "A b", 2 as "A b"'):
            assert "err:42701" in w.ask(Q(sql)) and "specified more than once" in w.last_error["M"], sql
        w.ask(Q("create view twins (a, b) as select 1 as a, 2 as a"))
        assert w.ask(Q("select a, b from twins"))[1] == ("1", "2")
        w.ask(Q("drop view twins; drop table named"))
        assert w.ask(Q("insert into twins_of_none select * from (select 1 as a, 2 as a) x"))[0] == "err:42P01"

