"""Statements that the engine has no words for, and that are written out for it: INSERT … SELECT of fewer columns, EXISTS (SELECT FROM t), UPDATE … SET (a, b) = (SELECT …),
CREATE TABLE (LIKE t), FROM a sequence, U&'…'."""

import datetime

import psycopg
import pytest

COLUMNS = """select attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)
             from pg_attribute a left join pg_attrdef d on adrelid = attrelid and adnum = attnum where attrelid = %s::regclass and attnum > 0 order by attnum"""
CONSTRAINTS = "select conname, contype, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass order by 2, 1"
INDEXES = "select indexdef from pg_indexes where schemaname = 'wo' and tablename = %s order by 1"


@pytest.fixture
def c(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        connection.execute("create schema wo; set search_path = wo, public")
        connection.execute("create table t (a int primary key, b int default 7, c text, d timestamp(0) default '2020-01-01')")
        connection.execute("create table u (a int, b int); insert into u values (1, 10), (2, 20), (3, null)")
        yield connection
        connection.execute("drop schema wo cascade")


def all_of(c, sql, *args):
    return c.execute(sql, *args).fetchall()


def fails(c, sql, state, message):
    with pytest.raises(psycopg.Error) as raised:
        c.execute(sql)
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (state, message)


# ---- INSERT of fewer columns ----

@pytest.mark.parametrize("sql, rows", [
    ("insert into t select a from u", [(1, 7, None), (2, 7, None), (3, 7, None)]),
    ("insert into t select * from u where b > 0", [(1, 10, None), (2, 20, None)]),
    ("insert into wo.t as x (select a, b from u where a = 3)", [(3, None, None)]),
    ("with w as (select 5 as five) insert into t select five from w returning a", [(5, 7, None)]),
    ("insert into t table u on conflict (a) do nothing", [(1, 10, None), (2, 20, None), (3, None, None)]),
    ("insert into t select 9, 8, 'x'", [(9, 8, "x")]),
    ("insert into t select 9, b from u where a = 1 on conflict (a) do update set b = 0 returning a, b", [(9, 10, None)]),
    ("insert into t values (4)", [(4, 7, None)]),
    ("explain (analyze, costs off) insert into t values (4)", [(4, 7, None)]),
    ("explain analyze verbose with w as (select 5 as five) insert into t select five from w", [(5, 7, None)]),
])
def test_fewer_columns(c, sql, rows):
    c.execute(sql)
    assert all_of(c, "select a, b, c from t order by a") == rows
    assert all_of(c, "select distinct d::text from t") == [("2020-01-01 00:00:00",)]


def test_fewer_columns_where_keys_are_null(c):
    c.execute("create table n (a int unique, b int default 7, c text)")
    for _ in range(2):
        c.execute("insert into n select a from (values (null), (null), (3)) v(a) on conflict do nothing")
    assert all_of(c, "select a, b, c from n order by a") == [(3, 7, None)] + 4 * [(None, 7, None)]


@pytest.mark.parametrize("sql", ["insert into t select 1, 2, 'x', now(), 5", "insert into u select 1, 2, 3", "insert into u table t", "insert into u (a) select 1, 2",
                                 "insert into u values (1, 2, 3)", "insert into t values (1, 2, 'x', now(), 5)"])
def test_more_columns(c, sql):
    fails(c, sql, "42601", "INSERT has more expressions than target columns")


@pytest.mark.parametrize("sql", ["insert into t (a, b) select 1", "insert into u (b, a) values (1)"])
def test_a_list_with_too_few(c, sql):
    fails(c, sql, "42601", "INSERT has more target columns than expressions")


def test_fewer_columns_prepared(c):
    for a in (1, 2):
        c.execute("insert into t select %s::int, %s::int", (a, a * 2), prepare=True)
    assert all_of(c, "select a, b from t order by a") == [(1, 2), (2, 4)]


def test_fewer_columns_of_tables_with_keys(c):
    c.execute("create table k (a int references t, b int generated always as (a * 2) stored, c text, unique (a))")
    c.execute("insert into t select 1; insert into k select 1")
    assert all_of(c, "select * from k") == [(1, 2, None)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        c.execute("insert into k select 2")
    with pytest.raises(psycopg.errors.UniqueViolation):
        c.execute("insert into k select 1")
    with pytest.raises(psycopg.Error):
        c.execute("insert into k select 1, 2")
    c.execute("insert into k select null from generate_series(1, 2)")
    assert all_of(c, "select count(*) from k") == [(3,)]


# ---- EXISTS ----

@pytest.mark.parametrize("sql, rows", [
    ("select exists (select from u where a = 1), exists (select from u where a = 9), not exists (select from u)", [(True, False, False)]),
    ("select a from u x where exists (select from u y where y.b = x.b) order by a", [(1,), (2,)]),
    ("select exists (select where false), exists (select where true)", [(False, True)]),
    ("select exists (select from u where a > 5 union all select from u)", [(True,)]),
    ("select count(*) filter (where exists (select from u v where v.b = u.b)) from u", [(2,)]),
])
def test_exists(c, sql, rows):
    assert all_of(c, sql) == rows


# ---- UPDATE of several columns by one query ----

@pytest.mark.parametrize("sql, rows", [
    ("update t set (b, c) = (select 5, 'x') where a = 1", [(1, 5, "x"), (2, 20, None)]),
    ("update t set (b, c) = (select u.b * 2, 'y' || t.a from u where u.a = t.a)", [(1, 20, "y1"), (2, 40, "y2")]),
    ("update t set c = 'z', (b) = (select 1), (c, b) = (select 'q', 3) where false", [(1, 10, None), (2, 20, None)]),
    ("update t as x set (b, c) = (select max(u.b), string_agg(u.a::text, ',' order by u.a) from u where u.a <= x.a)", [(1, 10, "1"), (2, 20, "1,2")]),
    ("update t set (b, c) = (select u.b, null from u where u.a = t.a + 100)", [(1, None, None), (2, None, None)]),
    ("update t set (b, c) = (with w as (select 6 as n) select n, 'w' from w union all select 7, 'v' where false), d = null where a = 2", [(1, 10, None), (2, 6, "w")]),
    ("update t set (b, c) = (values (8, 'v')) where a = 1", [(1, 8, "v"), (2, 20, None)]),
    ("update t set (b, c) = (select b, 'f') from (select 2 as k) f where f.k = t.a", [(1, 10, None), (2, 20, "f")]),
    ("with w as (select 3 as n) update t set (b, c) = (select n, 'n' from w)", [(1, 3, "n"), (2, 3, "n")]),
    ("merge into t using u on t.a = u.a when matched then update set (b, c) = (select u.b, 'm')", [(1, 10, "m"), (2, 20, "m")]),
])
def test_update_by_a_query(c, sql, rows):
    c.execute("insert into t select * from u where a < 3")
    if "set c = 'z'" in sql:
        return fails(c, sql, "42601", 'multiple assignments to same column "c"')
    c.execute(sql)
    assert all_of(c, "select a, b, c from t order by a") == rows
    return None


def test_update_by_a_query_that_fails(c):
    c.execute("insert into t values (1)")
    fails(c, "update t set (b, c) = (select u.b, 'x' from u)", "21000", "more than one row returned by a subquery used as an expression")
    for query in ("(select 1, 'x', 2)", "(select 1)", "(select * from u, u v)"):
        fails(c, f"update t set (b, c) = {query}", "42601", "number of columns does not match number of values")
    fails(c, "update t set (b, c) = (5)", "0A000", "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
    assert all_of(c, "select b, c from t") == [(7, None)]


# ---- CREATE TABLE (LIKE t) ----

SOURCE = """create table s (id int generated by default as identity primary key, "Name" varchar(5) not null default 'x', n int check (n > 0), m numeric(8,2),
              twice int generated always as (n * 2) stored, e text unique, ts timestamptz default now(), constraint both_set check (e is not null or n is not null));
            create index on s (n); create unique index on s (lower(e)); create index on s (ts) where n > 1;
            comment on column s.n is 'how many'; insert into s (n, e) values (1, 'e')"""


@pytest.mark.parametrize("options", ["", "including defaults", "including constraints", "including generated including identity", "including indexes", "including comments",
                                     "including all", "including all excluding indexes excluding comments", "including storage including statistics"])
def test_like(server, postgres, options):
    answers = []
    for one in (server, postgres):
        with psycopg.connect(one.dsn(), autocommit=True) as c:
            c.execute("create schema wo; set search_path = wo, public")
            c.execute(SOURCE)
            assert c.execute(f"create table l (like s {options})").statusmessage == "CREATE TABLE"
            answers.append((all_of(c, COLUMNS, ("l",)), all_of(c, CONSTRAINTS, ("l",)), all_of(c, INDEXES, ("l",)), all_of(c, "select * from l")))
            c.execute("drop schema wo cascade")
    assert answers[0] == answers[1]


def test_like_among_columns(c):
    c.execute(SOURCE)
    c.execute("create view v as select a, b as bb from u")
    c.execute("create table if not exists l (x int, like wo.v, y text default 'y')")
    c.execute("insert into l values (1, 2, 3)")
    assert all_of(c, "select * from l") == [(1, 2, 3, "y")]
    c.execute("create temp table k (like s including identity including indexes)")
    c.execute("""insert into k ("Name", n) values ('a', 1), ('b', 2)""")
    assert all_of(c, 'select id, "Name" from k order by id') == [(1, "a"), (2, "b")]
    with pytest.raises(psycopg.errors.UniqueViolation):
        c.execute("""insert into k (id, "Name") values (1, 'c')""")
    c.execute("create table if not exists l (like s including all)")
    assert all_of(c, INDEXES, ("l",)) == []
    c.execute("drop table k")


@pytest.mark.parametrize("sql, state, message", [
    ("create table l (like none)", "42P01", 'relation "none" does not exist'),
    ("create table l (like u including everything)", "42601", 'syntax error at or near "everything"'),
    ("create table l (like u, a int)", "42701", 'column "a" specified more than once'),
    ("create table l (like u including)", "42601", 'syntax error at or near ")"'),
])
def test_like_that_fails(c, sql, state, message):
    fails(c, sql, state, message)


# ---- FROM a sequence ----

@pytest.mark.parametrize("sql, rows", [
    ("select last_value, log_cnt > 30 is null, is_called from q", [(5, False, False)]),
    ("select * from wo.q x where x.last_value = 5 and not x.is_called", [(5, 0, False)]),
    ("select q.last_value, r.last_value from q, r as r order by 1", [(5, 1)]),
    ("select (select last_value from q) + 1, u.a from u cross join q where u.a = 1", [(6, 1)]),
    ("select count(*) from q join r on true", [(1,)]),
])
def test_sequences(c, sql, rows):
    c.execute("create sequence q start 5; create temp sequence r")
    assert all_of(c, sql) == rows
    c.execute("drop sequence r")


def test_what_a_sequence_says(c):
    c.execute("create sequence q start 5 increment 2")
    say = "select last_value, is_called from q"
    for sql, answer in (("select 1", (5, False)), ("select nextval('q')", (5, True)), ("select nextval('q')", (7, True)), ("select setval('q', 20)", (20, True)),
                        ("select setval('q', 30, false)", (30, False)), ("alter sequence q restart", (5, False))):
        c.execute(sql)
        assert all_of(c, say) == [answer], sql
    fails(c, "select last_value from nothing", "42P01", 'relation "nothing" does not exist')
    for sql in ("delete from q", "update q set last_value = 1"):
        with pytest.raises(psycopg.Error) as raised:
            c.execute(sql)
        assert raised.value.sqlstate in ("42809", "42P01")
    fails(c, "select nothing from q", "42703", 'column "nothing" does not exist')


# ---- U&'…' ----

@pytest.mark.parametrize("sql, rows", [
    (r"select U&'d\0061t\+000061' as x, u&'it''s \\'", [("data", "it's \\")]),
    (r"select U&'d!0061t!!\' uescape '!', 'x' || U&'\D83D\DE00' || 'y'", [("dat!\\", "x\U0001F600y")]),
    (r"select E'\uD83D\uDE00\u00e9'", [("\U0001F600\u00e9",)]),
    (r"select U&'\0061'", [("a",)]),
    (r"select U&''", [("",)]),
    (r"select date U&'2020-01-\0030\0031', '1'::text || U&'\0032'::int", [(datetime.date(2020, 1, 1), "12")]),
    ("select a from u where U&'\\0061' = 'a' and a = 1 order by a", [(1,)]),
])
def test_unicode(c, sql, rows):
    assert all_of(c, sql) == rows


@pytest.mark.parametrize("sql, message", [
    (r"select U&'\00g1'", "invalid Unicode escape"),
    (r"select U&'\D83Dx'", "invalid Unicode surrogate pair"),
    (r"select U&'\DE00'", "invalid Unicode surrogate pair"),
    (r"select U&'\D83D'", "invalid Unicode surrogate pair"),
    (r"select U&'\+110000'", "invalid Unicode escape value"),
    (r"select U&'!0061' uescape '+'", "invalid Unicode escape character"),
])
def test_unicode_that_fails(c, sql, message):
    with pytest.raises(psycopg.errors.SyntaxError, match=message):
        c.execute(sql)
