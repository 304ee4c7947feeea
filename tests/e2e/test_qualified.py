"""Names as PostgreSQL reads and shows them: public, the session's database in front, letters without quotes, and search_path."""

import pytest

from wire import Q, message


@pytest.fixture
def w(either):
    with either.wire() as w:
        w.ask(Q("create schema if not exists q_s"))
        yield w
        w.ask(Q("rollback"))


def run(w, *statements):
    for sql in statements:
        assert not [n for n in w.ask(Q(sql)) if str(n).startswith("err:")], (sql, w.last_error)


def rows(w, sql):
    notes = w.ask(Q(sql))
    assert not [n for n in notes if str(n).startswith("err:")], (sql, w.last_error)
    return [n for n in notes if isinstance(n, tuple)]


def names(w, sql):
    rows(w, sql)
    return [c.name for c in w.columns]


def error(w, sql):
    """SQLSTATE and message."""
    w.ask(Q(sql))
    e = w.last_error
    assert e, sql
    return e.get("C"), e.get("M")


# ---- public ----

def test_public_in_the_catalog(w):
    run(w, "drop table if exists public.q_t", "create table public.q_t (a int primary key, b int check (b > 0))", "create index q_i on q_t (b)",
        "drop view if exists public.q_v", "create view public.q_v as select a, 'main.x' as s from public.q_t", "drop sequence if exists public.q_q", "create sequence public.q_q")
    try:
        for sql in ("select table_catalog, table_schema from information_schema.tables where table_name = 'q_t'",
                    "select table_catalog, table_schema, udt_catalog from information_schema.columns where table_name = 'q_t' and column_name = 'a'",
                    "select sequence_catalog, sequence_schema from information_schema.sequences where sequence_name = 'q_q'",
                    "select distinct constraint_catalog, constraint_schema from information_schema.table_constraints where table_name = 'q_t'",
                    "select catalog_name, schema_name from information_schema.schemata where schema_name = 'public'"):
            (row,) = rows(w, sql)
            assert {"db", "public"} >= set(row[:2]) and "public" in row, sql
        assert rows(w, "select nspname from pg_class c join pg_namespace n on n.oid = relnamespace where relname in ('q_t', 'q_v', 'q_i', 'q_q', 'q_t_pkey')") == [("public",)] * 5
        assert rows(w, "select schemaname from pg_tables where tablename = 'q_t' union all select schemaname from pg_views where viewname = 'q_v' "
                       "union all select schemaname from pg_indexes where indexname = 'q_i'") == [("public",)] * 3
        assert rows(w, "select indexdef from pg_indexes where indexname = 'q_i'") == [("CREATE INDEX q_i ON public.q_t USING btree (b)",)]
        assert rows(w, "select 'public.q_t'::regclass::text, to_regclass('\"public\".\"q_t\"') = 'q_t'::regclass, 'public'::regnamespace::text") == [("q_t", "t", "public")]
        assert rows(w, "select pg_table_is_visible('q_t'::regclass)") == [("t",)]
        ((definition,),) = rows(w, "select pg_get_viewdef('q_v'::regclass)")
        assert "main.q" not in definition and "'main.x'" in definition
        run(w, "set search_path = q_s")
        assert rows(w, "select 'public.q_t'::regclass::text") == [("public.q_t",)]
    finally:
        run(w, "drop view public.q_v", "drop table public.q_t", "drop sequence public.q_q")


def test_schema_public(w):
    run(w, "create schema if not exists public", 'create schema if not exists "public"')
    assert error(w, "create schema public") == ("42P06", 'schema "public" already exists')
    assert error(w, 'create schema "public"') == ("42P06", 'schema "public" already exists')
    assert rows(w, "select count(*) from pg_namespace where nspname = 'public'") == [("1",)]


def test_schema_public_stays(wire):
    for sql in ("drop schema public", "drop schema if exists q_none, public cascade"):
        assert error(wire, sql) == ("0A000", 'schema "public" cannot be dropped')
    wire.ask(Q("set tavana.sql = duckdb"))
    assert rows(wire, "select current_schema()") == [("main",)]


def test_stars_with_a_schema(w):
    run(w, "create table q_s.star (a int, b int)", "insert into q_s.star values (1, 2)")
    try:
        assert rows(w, "select q_s.star.*, db.q_s.star.*, 3 from db.q_s.star") == [("1", "2", "1", "2", "3")]
    finally:
        run(w, "drop table q_s.star")


def test_messages(w):
    assert error(w, "select * from public.q_none") == ("42P01", 'relation "public.q_none" does not exist')
    assert error(w, "select public.q_none.a from generate_series(1, 2) x") == ("42P01", 'missing FROM-clause entry for table "q_none"')
    assert error(w, "select * from q_s.q_none") == ("42P01", 'relation "q_s.q_none" does not exist')
    run(w, "create table public.q_key (a int primary key)", "insert into q_key values (1)")
    try:
        assert error(w, "insert into public.q_key values (1)")[0] == "23505"
        assert (w.last_error["s"], w.last_error["t"]) == ("public", "q_key")
        assert "public" in (error(w, "drop table q_s.q_key") and "public")
    finally:
        run(w, "drop table q_key")


def test_errors_say_the_schema(w):
    run(w, "create table q_s.q_key (a int primary key, b int not null, c int check (c > 0))", "insert into q_s.q_key values (1, 1, 1)")
    try:
        for sql in ("insert into q_s.q_key values (1, 1, 1)", "insert into db.q_s.q_key values (2, null, 1)", "update q_s.q_key set c = -1"):
            assert error(w, sql)[0].startswith("23")
            assert (w.last_error["s"], w.last_error["t"]) == ("q_s", "q_key"), sql
        run(w, "set search_path = q_s, public")
        assert error(w, "insert into q_key values (1, 1, 1)")[0] == "23505"
        assert w.last_error["s"] == "q_s"
    finally:
        run(w, "drop table q_s.q_key", "reset search_path")


def test_sequences_in_strings(w):
    run(w, "drop sequence if exists q_q, q_s.q_q", "create sequence public.q_q", "create sequence q_s.q_q start 10", "create table q_s.q_d (a int default nextval('public.q_q'), b serial)")
    try:
        assert rows(w, "select nextval('public.q_q'), nextval('q_q'), nextval('\"public\".\"q_q\"'), nextval('db.public.q_q'), nextval('PUBLIC.Q_Q'), nextval('q_s.q_q')") == [("1", "2", "3", "4", "5", "10")]
        assert rows(w, "select nextval('public.q_q'::regclass), pg_catalog.nextval('q_q'::pg_catalog.regclass), currval('public.q_q'), nextval('db.q_s.q_q'::regclass)") == [("6", "7", "7", "11")]
        assert rows(w, "insert into q_s.q_d default values returning a, b") == [("8", "1")]
        assert rows(w, "select column_default from information_schema.columns where table_name = 'q_d' order by column_name") == [("nextval('q_q'::regclass)",), ("nextval('q_s.q_d_b_seq'::regclass)",)]
    finally:
        run(w, "drop table q_s.q_d", "drop sequence q_q, q_s.q_q")


def test_types_with_a_schema(w):
    run(w, "create type public.q_mood as enum ('sad', 'ok')", "create type q_s.q_kind as enum ('x')")
    try:
        run(w, "create table public.q_e (a public.q_mood, b db.public.q_mood default 'sad'::public.q_mood, c q_s.q_kind, d pg_catalog.int4)")
        assert rows(w, "select 'sad'::public.q_mood, cast('ok' as db.public.q_mood), 'x'::q_s.q_kind, array['x']::q_s.q_kind[], '1'::pg_catalog.int4") == [("sad", "ok", "x", "{x}", "1")]
        run(w, "alter table q_e add column e public.q_mood")
        assert error(w, 'select * from "PUBLIC".q_e') == ("42P01", 'relation "PUBLIC.q_e" does not exist')
        assert error(w, "create temp table public.q_tmp (a int)")[0] == "42P16"
    finally:
        run(w, "drop table if exists public.q_e", "drop type public.q_mood", "drop type q_s.q_kind")


# ---- the database ----

DATABASE = [
    "create table db.public.d_t (a int primary key, b int)", "insert into db.public.d_t values (1, 2), (2, 3)", "select * from db.public.d_t order by a",
    "select db.public.d_t.a from db.public.d_t where db.public.d_t.b = 3", 'select x.a from "db"."public"."d_t" x, DB.Public.D_T y where x.a = y.a order by 1',
    "update db.public.d_t set b = 5 where a = 1", "delete from db.public.d_t where db.public.d_t.b = 5", "create index d_i on db.public.d_t (b)",
    "alter table db.public.d_t add column c int", "alter table db.public.d_t rename column c to d", "comment on table db.public.d_t is 'x'",
    "comment on column db.public.d_t.a is 'x'", "create view db.public.d_v as select * from db.public.d_t", "alter view db.public.d_v rename to d_w",
    "drop view db.public.d_w", "drop index db.public.d_i", "alter table db.public.d_t rename to d_u", "truncate db.public.d_u",
    "create table db.q_s.d_x as select 1 as a", "with w as (select * from db.q_s.d_x) select * from w join db.q_s.d_x on w.a = db.q_s.d_x.a",
    "insert into db.q_s.d_x select a from db.q_s.d_x returning a", "create sequence db.q_s.d_q", "drop sequence db.q_s.d_q",
    "create table db.public.d_f (a int references db.public.d_u (a))", "drop table if exists db.public.d_f, db.q_s.d_none, db.q_s.d_x", "select t.table_schema from db.information_schema.tables t where t.table_name = 'd_u'",
    "drop table db.public.d_u",
    "select db.pg_catalog.abs(-1)",
    "prepare q_p as select 1 from db.pg_catalog.pg_class where relname = 'pg_class'; execute q_p; deallocate q_p"]


def test_the_sessions_database_in_front(server, postgres):
    """Each statement answers as PostgreSQL's does; the engine's own database has another name."""
    with server.wire() as here, postgres.wire() as there:
        for w in (here, there):
            w.ask(Q("create schema if not exists q_s"))
        for sql in DATABASE:
            want = [n for n in there.ask(Q(sql)) if not str(n).startswith("notice")]
            assert [n for n in here.ask(Q(sql)) if not str(n).startswith("notice")] == want, (sql, here.last_error)
            assert not [n for n in want if str(n).startswith("err:")], sql


def test_copy_with_the_database(w):
    run(w, "create table q_s.cp (a int)")
    try:
        assert w.ask(Q("copy db.q_s.cp (a) from stdin"), message("d", b"7\n"), message("c"), syncs=1)[-2] == 'cc"COPY 1"'
        assert w.ask(Q("copy db.q_s.cp to stdout"))[-2] == 'cc"COPY 1"'
    finally:
        run(w, "drop table db.q_s.cp")


@pytest.mark.parametrize("sql, of", [
    ("select * from other.public.t", '"other.public.t"'), ("create table other.public.t (a int)", '"other.public.t"'), ("insert into other.public.t values (1)", '"other.public.t"'),
    ("update other.public.t set a = 1", '"other.public.t"'), ("create view other.public.t as select 1", '"other.public.t"'), ("create index on other.public.t (a)", '"other.public.t"'),
    ("alter table other.public.t add column x int", '"other.public.t"'), ("drop table other.public.t", '"other.public.t"'), ("truncate other.public.t", '"other.public.t"'),
    ("comment on table other.public.t is 'x'", '"other.public.t"'), ("select * from Other.Public.T", '"other.public.t"'), ('select * from "DB".public.t', '"DB.public.t"'),
    ("copy other.public.t to stdout", '"other.public.t"'), ("select other.public.t.a from generate_series(1, 2) t", "other.public.t.a"),
    ("select * from other.information_schema.tables", '"other.information_schema.tables"')])
def test_another_database(w, sql, of):
    assert error(w, sql) == ("0A000", f"cross-database references are not implemented: {of}")


def test_a_database_of_the_engines(server):
    """One that the engine knows stays in front, and public is its main."""
    with server.wire(database="memory") as w, server.wire(database="db") as other:
        run(w, "create or replace table memory.public.in_memory (a int)", "insert into memory.public.in_memory values (1)")
        assert rows(w, "select memory.public.in_memory.a from memory.public.in_memory") == [("1",)]
        for _ in range(3):
            assert rows(w, "select a from memory.main.in_memory") == rows(other, "select a from db.public.in_memory") == [("1",)]
            assert error(w, "select a from db.public.in_memory")[0] == "0A000"


# ---- letters ----

FOLDED = [
    ("select Aa as Total, AA, Bb Foo, NAME, \"Mixed\", KEY, COUNT(*) OVER () AS CNT from F_T", ["total", "aa", "foo", "name", "Mixed", "key", "cnt"]),
    ("select T.AA, T.* from F_T as T", ["aa", "aa", "bb", "name", "key", "Mixed"]), ("select * from (select aa AS Xx, bb YY from f_t) Z", ["xx", "yy"]),
    ("WITH CTE (Aa, Name) AS (SELECT 1, 2) SELECT * FROM CTE", ["aa", "name"]), ("SELECT * FROM (VALUES (1, 2)) AS V (One, Year)", ["one", "year"]),
    ("SELECT * FROM CURRENT_DATABASE()", ["current_database"]), ("SELECT * FROM generate_series(1, 2) AS S", ["s"]), ("SELECT * FROM generate_series(1, 2) Gs", ["gs"]), ("SELECT * FROM unnest(array[1, 2]) WITH ORDINALITY AS U (Val, Ord)", ["val", "ord"]),
    ('select 1 as INT, 2 as Select, 3 as "Quoted", 4 as TEXT, 5 as Year, 7 value', ["int", "select", "Quoted", "text", "year", "value"]),
    ("select cast('1' as TEXT) as Txt, CAST(1 AS BIGINT), 1::INT4, 'x'::TEXT", ["txt", "int8", "int4", "text"]),
    ("SELECT EXTRACT(YEAR FROM DATE '2020-01-01') AS Y, INTERVAL '1' DAY AS D, CURRENT_DATE AS Same", ["y", "d", "same"]),
    ("select case when true then 1 end AS Cs, (select 1 AS Inner1), ARRAY[1] AS Arr", ["cs", "inner1", "arr"]),
    ("select * from (select 1 AS A) T1 join (select 1 AS A, 2 AS B) T2 USING (A)", ["a", "b"]), ("insert into F_T (AA) values (1) returning Aa as Z, BB", ["z", "bb"]),
    ("SELECT Upper('x') AS \"U\", Lower('X') AS L UNION ALL SELECT 'a', 'b'", ["U", "l"])]


def test_names_without_quotes(w):
    run(w, "drop table if exists f_t", 'create table public.F_T (Aa int, Bb int, Name text, KEY int, "Mixed" int)')
    try:
        assert rows(w, "select table_schema, table_name from information_schema.tables where table_name = 'f_t'") == [("public", "f_t")]
        assert rows(w, "select column_name from information_schema.columns where table_name = 'f_t' order by ordinal_position") == [("aa",), ("bb",), ("name",), ("key",), ("Mixed",)]
        for sql, wanted in FOLDED:
            assert names(w, sql) == wanted, sql
        assert error(w, "select * from Missing") == ("42P01", 'relation "missing" does not exist')
        assert error(w, "select Missing from F_T") == ("42703", 'column "missing" does not exist')
    finally:
        run(w, "drop table F_T")


def test_definitions_without_quotes(w):
    run(w, "create schema Q_D", "create table Q_D.Tab (Id int primary key, Val numeric(10, 2) default 0)", "create view Q_D.Vw AS SELECT Id AS One, COUNT(*) AS Cnt FROM Q_D.Tab GROUP BY Id",
        "create index Idx_Foo on Q_D.Tab (Val)", "create sequence Q_D.Sq", "create table Q_D.Ctas as select 1 as A, 2 as Value")
    try:
        assert rows(w, "select table_name from information_schema.tables where table_schema = 'q_d' order by 1") == [("ctas",), ("tab",), ("vw",)]
        assert rows(w, "select column_name from information_schema.columns where table_schema = 'q_d' order by 1") == [(n,) for n in ("a", "cnt", "id", "one", "val", "value")]
        assert rows(w, "select indexname from pg_indexes where schemaname = 'q_d' order by 1") == [("idx_foo",), ("tab_pkey",)]
        run(w, "alter table Q_D.Tab rename column Val to Key", "alter table Q_D.TAB add column NewCol int", "alter table Q_D.Tab rename to Uu")
        assert rows(w, "select column_name from information_schema.columns where table_schema = 'q_d' and table_name = 'uu' order by 1") == [("id",), ("key",), ("newcol",)]
    finally:
        run(w, "drop schema Q_D cascade")


def test_what_was_made_before_keeps_working(wire):
    run(wire, "set tavana.sql = duckdb", "create or replace table Q_Old (Ab int)", "insert into q_old values (1)", "set tavana.sql = postgres")
    try:
        assert rows(wire, "select Ab, t.AB from Q_OLD t where ab = 1") == [("1", "1")]
        assert error(wire, "create table q_old (a int)")[0] == error(wire, 'create table "Q_OLD" (a int)')[0] == "42P07"
        run(wire, "set tavana.sql = duckdb")
        assert names(wire, "select Ab as Xx from Q_Old") == ["Xx"]
    finally:
        run(wire, "drop table q_old")


def test_the_engines_syntax_keeps_its_letters(wire):
    assert names(wire, "from (select 1 as Aa) select Aa as Bb") == ["Bb"]


# ---- search_path ----

def test_a_path_of_what_is_not_there(w):
    run(w, "drop schema if exists q_later cascade", 'set search_path = "$user", q_nowhere, public')
    assert rows(w, "show search_path") == [('"$user", q_nowhere, public',)]
    assert rows(w, "select current_schema(), current_schema, current_schemas(false)") == [("public", "public", "{public}")]
    run(w, "set search_path = q_nowhere")
    assert rows(w, "select current_schema(), current_schemas(false), current_schemas(true)") == [(None, "{}", "{pg_catalog}")]
    assert error(w, "create table q_homeless (a int)") == ("3F000", "no schema has been selected to create in")
    assert rows(w, "select count(*) > 0 from pg_class") == [("t",)]
    run(w, "set search_path = q_later, public", "create schema q_later", "create table q_there (a int)")
    assert rows(w, "select table_schema from information_schema.tables where table_name = 'q_there'") == [("q_later",)]
    run(w, "begin", "set local search_path = q_nowhere, q_s", "create table q_local (a int)")
    assert rows(w, "select current_schema()") == [("q_s",)]
    run(w, "rollback")
    assert rows(w, "select current_schema()") == [("q_later",)]
    run(w, "drop schema q_later cascade")
    assert rows(w, "select current_schema()") == [("public",)]
    run(w, "begin", "create schema q_later")
    assert rows(w, "select current_schema()") == [("q_later",)]
    run(w, "rollback")
    assert rows(w, "select current_schema()") == [("public",)]
    run(w, "reset search_path")


def test_the_users_schema(w):
    run(w, "create schema if not exists tester", 'set search_path = "$user", public')
    assert rows(w, "select current_schema(), current_schemas(true)") == [("tester", "{pg_catalog,tester,public}")]
    run(w, "drop schema tester cascade")
    assert rows(w, "select current_schema()") == [("public",)]


def test_a_path_at_the_start(either):
    with either.wire(options="-c search_path=q_nowhere,public") as w:
        assert rows(w, "select current_schema()") == [("public",)]
        assert rows(w, "show search_path") == [("q_nowhere,public",)]
