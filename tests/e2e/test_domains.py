"""Domains: what they check in casts, columns and parameters, what ALTER DOMAIN does to columns that there are, their catalog."""

import psycopg
import pytest
from asked import fails, rows, schema


@pytest.fixture
def db(either):
    with schema(either, "dom",
                "create domain pos as integer check (value > 0)",
                "create domain code as varchar(5) default 'x' not null constraint filled check (value <> '') check (length(value) < 5)", path="{}, public") as c:
        yield c


def test_values(db):
    cur = db.execute("select 5::pos, cast('6' as pos), pos '7' as x, null::pos, 'abcdefg'::varchar(3)::code, (case when true then 8 end)::dom.pos, abs(-9)::pos")
    assert cur.fetchall() == [(5, 6, 7, None, "abc", 8, 9)]
    assert [d.name for d in cur.description] == ["pos", "pos", "x", "pos", "code", "pos", "abs"]
    assert [d.type_code for d in cur.description if d.name != "code"] == [23] * 6
    cur = db.execute("select 5::pos::text, 5::pos::bigint, 5::pos::varchar(3), x::pos::text, x::pos::text::pos, cast(5 as pos)::text from (values (3)) v(x)")
    assert [d.name for d in cur.description] == ["text", "int8", "varchar", "x", "x", "text"]
    assert rows(db, "select x[2] from (select array[1,2]::pos[] as x) a") == [(2,)]
    diag = fails(db, "23514", "select (-5)::pos")
    assert (diag.message_primary, diag.schema_name, diag.datatype_name, diag.constraint_name, diag.table_name) == (
        'value for domain pos violates check constraint "pos_check"', "dom", "pos", "pos_check", None)
    assert fails(db, "23514", "select ''::code").constraint_name == "filled"
    assert fails(db, "23514", "select '12345678'::code").constraint_name == "code_check"
    diag = fails(db, "23502", "select null::code")
    assert (diag.message_primary, diag.datatype_name, diag.constraint_name) == ("domain code does not allow null values", "code", None)
    fails(db, "23514", "select array[1,-2]::pos[]")
    for binary in (False, True):
        assert rows(db, "select %s::pos, %s::code", (3, "ab"), binary=binary) == [(3, "ab")]
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute("select %s::pos", (-3,), binary=binary)
    assert rows(db, "with x as (select 4 as n) select n::pos + 1, (select max(n)::pos from x) from x where n::pos = 4") == [(5, 4)]
    fails(db, "42704", "select 1::nosuch")


def test_columns(db):
    db.execute("create table t (id serial primary key, p pos, c code)")
    db.execute("insert into t (p) values (1), (null)")
    assert rows(db, "select id, p, c from t order by id") == [(1, 1, "x"), (2, None, "x")]
    diag = fails(db, "23514", "insert into t (p) values (-1)")
    assert (diag.datatype_name, diag.constraint_name, diag.table_name) == ("pos", "pos_check", None)
    fails(db, "23514", "update t set p = 0")
    fails(db, "23502", "insert into t (c) values (null)")
    fails(db, "22001", "insert into t (c) values ('toolong')")
    with pytest.raises(psycopg.errors.CheckViolation), db.cursor().copy("copy t (p) from stdin") as copy:
        copy.write("5\n-5\n")
    with db.cursor().copy("copy t (p) from stdin") as copy:
        copy.write("5\n")
    assert rows(db, "select count(*) from t where p::pos = 5") == [(1,)]
    db.execute("create table plain (a pos, b int)")
    fails(db, "23514", "insert into plain values (-1, 1)")
    db.execute("alter table plain add column c pos default 3, add d pos")
    db.execute("insert into plain (b) values (1)")
    fails(db, "23514", "insert into plain (d) values (-1)")
    db.execute("alter table plain alter b type pos")
    fails(db, "23514", "insert into plain (b) values (-1)")
    db.execute("alter table plain alter b type int")
    db.execute("insert into plain (b) values (-1)")
    fails(db, "23514", "alter table plain alter b type pos")
    assert rows(db, "select a, b, c, d from plain order by b") == [(None, -1, 3, None), (None, 1, 3, None)]
    db.execute("create table copied as select * from plain; create view v as select b::pos from plain where b > 0")
    assert rows(db, "select b from v") == [(1,)]


def test_alter(db):
    db.execute("create table t (p pos, c code); insert into t values (5, 'a')")
    db.execute("alter domain pos add constraint small check (value < 100)")
    assert fails(db, "23514", "insert into t values (100, 'a')").constraint_name == "small"
    fails(db, "23514", "select 100::pos")
    diag = fails(db, "23514", "alter domain pos add check (value <> 5)")
    assert (diag.message_primary, diag.table_name, diag.column_name) == ('column "p" of table "t" contains values that violate the new constraint', "t", "p")
    fails(db, "42710", "alter domain pos add constraint small check (value < 3)")
    db.execute("alter domain pos rename constraint small to tiny; alter domain pos validate constraint tiny")
    assert fails(db, "23514", "select 100::pos").constraint_name == "tiny"
    fails(db, "42704", "alter domain pos drop constraint small")
    db.execute("alter domain pos drop constraint if exists small; alter domain pos drop constraint tiny")
    db.execute("insert into t values (100, 'b')")
    db.execute("alter domain pos set default 7; alter domain code drop not null; alter domain code drop default")
    db.execute("insert into t (c) values (null); insert into t values (default, 'd')")
    assert rows(db, "select p, c from t order by p, c nulls first") == [(5, "a"), (7, None), (7, "d"), (100, "b")]
    fails(db, "23502", "alter domain code set not null")
    db.execute("alter domain pos rename to positive; create schema dom2; alter domain positive set schema dom2")
    assert fails(db, "23514", "insert into t values (-1, 'a')").datatype_name == "positive"
    assert rows(db, "select 3::dom2.positive") == [(3,)]
    fails(db, "42704", "select 3::positive")
    fails(db, "42704", "select 3::pos")
    fails(db, "2BP01", "drop domain dom2.positive")
    db.execute("drop domain dom2.positive cascade")
    assert rows(db, "select * from t where c = 'a'") == [("a",)]
    db.execute("drop schema dom2; drop domain if exists nosuch")
    fails(db, "42704", "drop domain nosuch")
    fails(db, "42710", "create domain code as int")


def test_of_domains(db):
    db.execute("create domain small as pos check (value < 10); create table t (s small)")
    assert fails(db, "23514", "insert into t values (0)").message_primary == 'value for domain small violates check constraint "pos_check"'
    fails(db, "23514", "select 10::small")
    db.execute("alter domain pos add constraint odd check (value % 2 = 1)")
    assert fails(db, "23514", "insert into t values (2)").datatype_name == "small"
    fails(db, "2BP01", "drop domain pos")
    db.execute("create type mood as enum ('ok', 'sad'); create domain fine as mood check (value <> 'sad'); create domain two as int[] check (array_length(value, 1) = 2)")
    db.execute("create table u (f fine, t two); insert into u values ('ok', '{1,2}')")
    fails(db, "23514", "insert into u values ('sad', null)")
    fails(db, "23514", "insert into u values ('ok', array[1])")
    fails(db, "22P02", "select 'no'::fine")
    assert rows(db, "select f, t from u") == [("ok", [1, 2])]


def test_catalog(db):
    db.execute("create domain small as pos; create table t (p pos, c code, s small, i int); comment on domain pos is 'above zero'")
    assert rows(db, "select typname, typtype, typbasetype::regtype::text, typtypmod, typnotnull, typdefault, typlen, typcategory from pg_type where typnamespace = 'dom'::regnamespace "
                    "and typtype = 'd' order by 1") == [
        ("code", "d", "character varying", 9, True, "'x'::character varying", -1, "S"), ("pos", "d", "integer", -1, False, None, 4, "N"), ("small", "d", "pos", -1, False, None, 4, "N")]
    assert rows(db, "select conname, contype, contypid::regtype::text, conrelid from pg_constraint where connamespace = 'dom'::regnamespace order by 1") == [
        ("code_check", "c", "code", 0), ("filled", "c", "code", 0), ("pos_check", "c", "pos", 0)]
    assert rows(db, "select pg_get_constraintdef(oid, true) from pg_constraint where contypid = 'pos'::regtype") == [("CHECK (VALUE > 0)",)]
    assert rows(db, "select attname, format_type(atttypid, atttypmod), attnotnull, atthasdef from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum") == [
        ("p", "pos", False, False), ("c", "code", False, False), ("s", "small", False, False), ("i", "integer", False, False)]
    assert rows(db, "select domain_name, data_type, udt_name, character_maximum_length, domain_default from information_schema.domains where domain_schema = 'dom' order by 1") == [
        ("code", "character varying", "varchar", 5, "'x'::character varying"), ("pos", "integer", "int4", None, None), ("small", "USER-DEFINED", "pos", None, None)]
    assert rows(db, "select constraint_name, domain_name from information_schema.domain_constraints where domain_schema = 'dom' order by 1") == [
        ("code_check", "code"), ("filled", "code"), ("pos_check", "pos")]
    assert rows(db, "select column_name, domain_schema, domain_name, data_type, is_nullable from information_schema.columns where table_schema = 'dom' order by ordinal_position") == [
        ("p", "dom", "pos", "integer", "YES"), ("c", "dom", "code", "character varying", "NO"), ("s", "dom", "small", "USER-DEFINED", "YES"), ("i", None, None, "integer", "YES")]
    assert rows(db, "select obj_description('pos'::regtype, 'pg_type'), 'dom.code'::regtype::text") == [("above zero", "code")]
    assert rows(db, "select constraint_type from information_schema.table_constraints where table_schema = 'dom'") == []


def test_transactions(db):
    with psycopg.connect(db.info.dsn, autocommit=False) as c:
        c.execute("set search_path = dom, public")
        c.execute("create domain gone as int check (value > 1); create table g (a gone)")
        assert rows(c, "select 5::gone") == [(5,)]
        c.rollback()
        c.execute("set search_path = dom, public")
        fails(c, "42704", "select 5::gone")
    for sql, code in (("create domain bad as nosuch", "42704"), ("create domain bad as int check (value)", "42804"), ("create domain bad as int check (foo > 1)", "42703"),
                      ("create domain bad as int unique", "42601"), ("create domain bad as int null not null", "42601"),
                      ("create domain bad as int constraint c check (value > 1) constraint c check (value > 2)", "42710")):
        fails(db, code, sql)
    db.execute("do $$ begin create domain made as int check (value > 3); end $$")
    fails(db, "23514", "select 1::made")
