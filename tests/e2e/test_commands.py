"""Commands as PostgreSQL writes them: tables, indexes, ALTER, and what becomes of each. The answers are PostgreSQL 15's."""

import re

import psycopg
import pytest
from asked import rows


@pytest.fixture
def db(server):
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("drop schema if exists cmd cascade; create schema cmd; set search_path = cmd")
        yield conn


def fails(db, code, sql):
    with pytest.raises(psycopg.Error) as e:
        db.execute(sql)
    assert e.value.sqlstate == code, e.value
    return e.value


def test_the_table_is_the_search_paths(db):
    """One of the same name in another schema, which the engine looks in last, is left alone."""
    db.execute("create table main.twin (a int, b int); create index on main.twin (b); create table twin (a int, c int)")
    try:
        db.execute("alter table twin drop column c, add column d serial")
        assert db.execute("create index on twin (a)").statusmessage == "CREATE INDEX"
        assert rows(db, "select table_schema, string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns "
                        "where table_name = 'twin' group by 1 order by 1 desc") == [("public", "a b"), ("cmd", "a d")]
    finally:
        db.execute("drop table main.twin")


# ---- CREATE INDEX ----

def test_indexes_get_names(db):
    db.execute("create table t (a int primary key, b text, c int, Dd int)")
    for sql in ("create index on t (b)", "create index on t using btree (b text_pattern_ops desc nulls last, c) include (a)", "create index on t (lower(b))",
                "create index on t ((c + 1), b)", "create unique index on t (c) with (fillfactor = 50)", "create index on t (b)", "create index on t (dd)",
                "create index concurrently if not exists named on t using hash (b)", "create index if not exists named on t (c)", "create index part on t (b) where c > 5"):
        assert db.execute(sql).statusmessage == "CREATE INDEX"
    names = [r[0] for r in rows(db, "select indexname from pg_indexes where tablename = 't' and indexname not like '%pkey' order by 1")]
    assert names == ["named", "part", "t_b_c_a_idx", "t_b_idx", "t_b_idx1", "t_c_idx", "t_dd_idx", "t_expr_b_idx", "t_lower_idx"]
    db.execute("insert into t (a, b, c) values (1, 'x', 1)")
    fails(db, "23505", "insert into t (a, b, c) values (2, 'x', 1)")
    assert db.execute("create unique index on t (b) where c > 5").statusmessage == "CREATE INDEX"
    fails(db, "42P01", "create index on nosuch (a)")
    fails(db, "42703", "create index on t (nosuch)")
    assert db.execute("drop index concurrently if exists named").statusmessage == "DROP INDEX"
    name = "a_name_of_a_table_that_is_as_long_as_it_can_be_0123456789012345"
    db.execute(f"create table {name} (another_long_name_of_a_column int); create index on {name} (another_long_name_of_a_column)")
    assert rows(db, f"select indexname from pg_indexes where tablename = '{name}'") == [("a_name_of_a_table_that_is_as__another_long_name_of_a_column_idx",)]


# ---- ALTER ----

def test_a_table_with_indexes_is_altered(db):
    db.execute("create table t (a int primary key, b text, c int); insert into t values (1, 'x', 10), (2, 'y', 20); create index on t (b); create unique index tc on t (c)")
    db.execute("comment on table t is 'of t'; comment on column t.b is 'of b'")
    db.execute("alter table t rename column c to cc")
    db.execute("alter table t alter column b type varchar, alter b set default 'dd', add column d int default 7, add column e text not null default 'q'")
    db.execute("alter table t rename to t2")
    fails(db, "23505", "insert into t2 (a, cc) values (5, 20)")
    db.execute("insert into t2 (a, cc) values (5, 25)")
    assert rows(db, "select * from t2 order by a") == [(1, "x", 10, 7, "q"), (2, "y", 20, 7, "q"), (5, "dd", 25, 7, "q")]
    assert rows(db, "select obj_description('t2'::regclass), col_description('t2'::regclass, 2)") == [("of t", "of b")]
    db.execute("alter table t2 drop column cc")
    assert [r[0] for r in rows(db, "select indexname from pg_indexes where tablename = 't2' and indexname not like '%pkey' order by 1")] == ["t_b_idx"]
    with db.transaction(force_rollback=True):
        db.execute("insert into t2 (a) values (6)")
        db.execute("alter table t2 drop column b, add column z int")
    assert rows(db, "select a, b from t2 where a > 4") == [(5, "dd")]


def test_constraints_are_added_and_dropped(db):
    db.execute("create table p (id int primary key); insert into p values (1), (2); create table f (id serial primary key, pid int); insert into f (pid) values (1), (2)")
    db.execute("alter table f add constraint f_pid_fk foreign key (pid) references p (id) deferrable initially deferred")
    fails(db, "23503", "insert into f (pid) values (9)")
    fails(db, "23503", "delete from p where id = 2")
    db.execute("alter table f add check (id < 100)")
    fails(db, "23514", "insert into f values (200, 1)")
    db.execute("alter table p add check (id < 150)")  # f refers to it
    fails(db, "23514", "insert into p values (150)")
    db.execute("alter table f add constraint f_u unique (pid)")
    fails(db, "23505", "insert into f (pid) values (1)")
    db.execute("alter table f drop constraint f_u")
    db.execute("insert into f (pid) values (1)")
    db.execute("alter table f drop constraint if exists nosuch")
    fails(db, "42704", "alter table f drop constraint nosuch")
    (check,) = rows(db, "select conname from pg_constraint where contype = 'c' and conrelid = 'f'::regclass")[0]
    db.execute(f'alter table f drop constraint "{check}"')
    (foreign,) = rows(db, "select conname from pg_constraint where contype = 'f' and conrelid = 'f'::regclass")[0]
    db.execute(f'alter table f drop constraint "{foreign}"')
    db.execute("insert into f values (200, 200)")
    db.execute("alter table p add column x int unique, add check (id < 50)")
    fails(db, "23514", "insert into p (id) values (60)")
    fails(db, "23503", "alter table f add foreign key (pid) references p (id)")


def test_columns_with_numbers_are_added(db):
    db.execute("create table t (a int); insert into t values (7), (8)")
    db.execute("alter table t add column s serial, add column i bigint generated by default as identity (start with 5), add column n timestamptz default now()")
    assert rows(db, "select a, s, i, n is not null from t order by a") == [(7, 1, 5, True), (8, 2, 6, True)]
    db.execute("insert into t (a) values (9)")
    assert rows(db, "select s, i from t where a = 9") == [(3, 7)]


@pytest.mark.parametrize("sql, code", [
    ("alter table t owner to current_user", None), ("alter table t owner to nosuch", "42704"), ("alter table t set (fillfactor = 70)", None), ("alter table t alter a set statistics 5", None),
    ("alter table t set schema public", "0A000"), ("alter table t disable trigger all", "0A000"), ("alter table t enable row level security", "0A000"), ("alter table t frobnicate", "42601"),
    ("alter table if exists nosuch add column x int", None), ("alter table nosuch add column x int", "42P01"), ("alter view t rename to u", "42809"), ("alter table t add a int, rename to u", "42601"),
    ("alter sequence nosuch restart", "42P01"), ("alter index if exists nosuch rename to x", None)])
def test_other_words_of_alter(db, sql, code):
    db.execute("create table t (a int)")
    if code:
        fails(db, code, sql)
    else:
        db.execute(sql)


def test_views_and_indexes_are_renamed(db):
    db.execute("create table t (a int); create index i on t (a); create view v as select 1 as x")
    assert db.execute("alter table v rename to w").statusmessage == "ALTER TABLE"
    assert db.execute("alter view w rename to \"W x\"").statusmessage == "ALTER VIEW"
    assert rows(db, 'select x from "W x"') == [(1,)]
    db.execute("alter index i rename to j")
    assert rows(db, "select indexname from pg_indexes where tablename = 't'") == [("j",)]


def test_sequences_begin_again(db):
    db.execute("create sequence q start 5; create table t (id serial primary key, x int); insert into t (x) values (1), (2)")
    value = lambda: rows(db, "select nextval('q')")[0][0]
    assert [value(), value()] == [5, 6]
    db.execute("alter sequence q restart")
    assert value() == 5
    db.execute("alter sequence q restart with 100; alter sequence t_id_seq restart with 50")
    assert value() == 100 and rows(db, "insert into t (x) values (3) returning id") == [(50,)]
    assert db.execute("truncate table only t restart identity cascade").statusmessage == "TRUNCATE TABLE"
    assert rows(db, "insert into t (x) values (3) returning id") == [(1,)]
    db.execute("truncate t continue identity")
    assert rows(db, "insert into t (x) values (3) returning id") == [(2,)]


# ---- CREATE TABLE ----

def test_identity_and_the_words_around(db):
    db.execute("create table i (id bigint generated by default as identity primary key, v varchar(5), g int generated always as (2 * 3) stored) with (fillfactor = 70) tablespace pg_default")
    assert rows(db, "insert into i (v) values ('a') returning id, g") == [(1, 6)]
    db.execute("create unlogged table j (id int generated always as identity (start with 10 increment by 5), x int, unique (x) include (id) deferrable initially deferred)")
    assert rows(db, "insert into j (x) values (1), (2) returning id") == [(10,), (15,)]


@pytest.mark.parametrize("sql, code", [
    ("create table x (a int) inherits (t)", "0A000"), ("create table x (a int) partition by range (a)", "0A000"),
    ("create table x ()", "0A000"), ("create table x (a int) tablespace nosuch", "42704"),
    ("create table x (a int unique nulls not distinct)", "0A000")])
def test_tables_that_are_not_made_say_so(db, sql, code):
    db.execute("create table t (a int primary key)")
    fails(db, code, sql)


def test_duckdb_keeps_its_own(db):
    db.execute("set tavana.sql = duckdb")
    db.execute("create table t (a int); create index i on t (a)")
    fails(db, "0A000", "create index on t (a)")
    db.execute("alter table t add column b int")


# ---- EXPLAIN ----

def test_explain_is_one_column_of_lines(db):
    db.execute("create table t (a int, b text); insert into t select i, i::text from generate_series(1, 100) s(i)")
    cur = db.execute("explain select b, count(*) from t where a > 5 group by b order by 2")
    lines = [r[0] for r in cur.fetchall()]
    assert cur.description[0].name == "QUERY PLAN" and cur.description[0].type_code == 25 and cur.statusmessage == "EXPLAIN"
    assert re.fullmatch(r"Sort  \(cost=0\.00\.\.\d+\.\d\d rows=\d+ width=\d+\)", lines[0])
    assert [line.split("  (")[0].strip() for line in lines if "cost=" in line] == ["Sort", "->  HashAggregate", "->  Seq Scan on t"]
    assert rows(db, "explain (costs off, verbose, buffers, settings) select * from t")[0] == ("Seq Scan on t",)
    assert [r[0].split(" ")[0] for r in rows(db, "explain (analyze) select 1")] == ["Result", "Planning", "Execution"]
    assert [re.sub(r"[\d.]+", "n", r[0]) for r in rows(db, "explain (analyze, timing off, costs off, summary off) select 1")] == ["Result (actual rows=n loops=n)"]


def test_explain_as_json(db):
    db.execute("create table t (a int, b text); insert into t values (1, 'x'), (2, 'y')")
    cur = db.execute("explain (format json, verbose) select t.a from t join t u on t.a = u.a where t.b <> 'it''s \"q\"'")
    assert cur.description[0].type_code == 114
    plan = cur.fetchone()[0][0]["Plan"]
    assert {"Node Type", "Total Cost", "Startup Cost", "Plan Rows", "Plan Width"} <= set(plan)
    nodes = [plan]
    for node in nodes:
        nodes += node.get("Plans", [])
    assert [n["Node Type"] for n in nodes].count("Seq Scan") == 2 and {n.get("Relation Name") for n in nodes} >= {"t"}
    ran = rows(db, "explain (analyze, format json) select * from t")[0][0][0]
    assert ran["Plan"]["Actual Rows"] == 2 and "Execution Time" in ran


def test_explain_says_how_wide_a_row_is(db):
    """As PostgreSQL 15 does for a table without statistics."""
    db.execute("create table wide (a int, b varchar(7), c numeric(12,2), d char(9), e text, f date)")
    for query, width in {
        "select 1": 4, "select 1, 'x'::text, 2::bigint, now()": 52, "select 'a'::varchar(5)": 24, "select 'a'::varchar(50)": 118, "select 'a'::char(5)": 24,
        "select 'a'::varchar(5000)": 516, "select 1::numeric(10,2)": 16, "select 1::numeric(30,2)": 26, "values (1)": 4, "select * from wide": 128,
        "insert into wide values (1)": 0, "delete from wide": 0,
    }.items():
        assert rows(db, f"explain (format json) {query}")[0][0][0]["Plan"]["Plan Width"] == width, query
    assert rows(db, "explain select a from wide")[0][0].endswith(" width=4)")
    assert db.execute("explain (format json) select %s::bigint, a from wide", (1,)).fetchone()[0][0]["Plan"]["Plan Width"] == 12


def test_explain_runs_what_it_analyzes_alone(db):
    db.execute("create table t (a int)")
    db.execute("explain insert into t values (1)")
    db.execute("explain analyze insert into t values (2)")
    assert rows(db, "select a from t") == [(2,)]
    with db.transaction(force_rollback=True):
        db.execute("explain (analyze) delete from t")
    assert rows(db, "select a from t") == [(2,)]
    db.execute("set default_transaction_read_only = on")
    fails(db, "25006", "explain analyze insert into t values (3)")


def test_explain_with_parameters(db):
    db.execute("create table t (a int)")
    assert rows(db, "explain (costs off) select 1") == [("Result",)]
    assert len(db.execute("explain (format json) select * from t where a = %s", (5,)).fetchall()) == 1
    assert [len(db.execute("explain select * from t where a = %s", (i,), prepare=True).fetchall()) > 0 for i in range(3)] == [True] * 3


@pytest.mark.parametrize("sql, code", [("explain (format yaml) select 1", "0A000"), ("explain (format xml) select 1", "0A000"), ("explain (format foo) select 1", "22023"), ("explain (foo) select 1", "42601"),
                                       ("explain (costs 3) select 1", "42601"), ("explain (timing) select 1", "22023"), ("explain select nosuch", "42703"), ("explain", "42601")])
def test_explain_refuses(db, sql, code):
    assert fails(db, code, sql)


def test_explain_of_the_engine(db):
    assert len(db.execute("explain (format html) select 1").description) == 2
    db.execute("set tavana.sql = duckdb")
    assert [d.name for d in db.execute("explain select 1").description] == ["explain_key", "explain_value"]


# ---- settings ----

@pytest.mark.parametrize("sql", [
    "set check_function_bodies = false", "set xmloption = content", "set row_security = off", "set default_tablespace = ''", "set default_table_access_method = heap", "set default_with_oids = false",
    "set escape_string_warning = off", "set lc_messages = 'de_DE.UTF-8'", "set lc_monetary = 'C'", "set transform_null_equals = off", "set synchronize_seqscans to off", "set work_mem = '64MB'",
    "set session_replication_role = origin", "set geqo = off", "set plan_cache_mode = force_custom_plan", "set backslash_quote = 'safe_encoding'", "set password_encryption = 'scram-sha-256'",
    "set lock_timeout = 0", "set idle_in_transaction_session_timeout = 0", "set statement_timeout = 0", "set client_min_messages = warning", "set standard_conforming_strings = on"])
def test_settings_that_tools_send(db, sql):
    assert db.execute(sql).statusmessage == "SET"


@pytest.mark.parametrize("sql, code", [
    ("set session_replication_role = replica", "22023"), ("set default_with_oids = on", "0A000"), ("set transform_null_equals = on", "0A000"), ("set default_tablespace = nosuch", "22023"),
    ("set default_table_access_method = nosuch", "22023"), ("set xmloption = nosuch", "22023"), ("set lc_numeric = 'de_DE.UTF-8'", "22023"), ("set array_nulls = off", "0A000")])
def test_settings_that_would_mean_something(db, sql, code):
    fails(db, code, sql)


def test_settings_are_shown(db):
    names = ["default_tablespace", "row_security", "xmloption", "lc_time", "default_table_access_method", "check_function_bodies", "default_toast_compression"]
    assert [rows(db, f"show {n}")[0][0] for n in names] == ["", "on", "content", "C.UTF-8", "heap", "on", "pglz"]


def test_discard_temp(db):
    db.execute("create temp table a (i int primary key); create temp table b (i serial); create temp view v as select * from a; create table stays (i int)")
    assert db.execute("discard sequences").statusmessage == "DISCARD SEQUENCES"
    assert db.execute("discard temp").statusmessage == "DISCARD TEMP"
    for name in "abv":
        fails(db, "42P01", f"select * from {name}")
    db.execute("select * from stays")
    assert db.execute("discard temp").statusmessage == "DISCARD TEMP"
