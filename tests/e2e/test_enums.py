"""Enums: their numbers, values in both formats, order, ALTER TYPE, and what depends on them."""

import psycopg
import pytest
from asked import fails, rows, schema
from psycopg.types.enum import EnumInfo, register_enum

MOODS = ["sad", "ok", "happy"]


@pytest.fixture
def db(either):
    with schema(either, "en",
                "create type mood as enum ('sad', 'ok', 'happy'); create type same as enum ('sad', 'ok', 'happy')", path="{}, public") as c:
        yield c


def oid(db, name):
    return rows(db, f"select '{name}'::regtype::oid::int8, typarray::int8 from pg_type where oid = '{name}'::regtype")[0]


def test_numbers(db):
    mood, moods = oid(db, "mood")
    assert oid(db, "same")[0] not in (mood, moods)
    cur = db.execute("select 'ok'::mood as a, array['ok']::mood[] as b, null::same as c")
    assert [d.type_code for d in cur.description] == [mood, moods, oid(db, "same")[0]]
    assert rows(db, "select typname, typtype, typcategory, typlen, typelem::int8 from pg_type where oid = any(%s) order by typname", [[mood, moods]]) == [("_mood", "b", "A", -1, mood), ("mood", "e", "E", 4, 0)]
    assert rows(db, "select enumlabel, enumsortorder from pg_enum where enumtypid = %s order by 2", [mood]) == [("sad", 1), ("ok", 2), ("happy", 3)]
    db.execute("create table t (a mood, b mood[])")
    assert rows(db, "select format_type(atttypid, -1), attlen from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum") == [("mood", 4), ("mood[]", -1)]
    assert rows(db, "select pg_typeof(a)::text from (select 'ok'::mood as a) x") == [("mood",)]
    assert rows(db, "select to_regtype('en.mood') = 'mood'::regtype, to_regtype('\"mood\"') is not null, to_regtype('public.mood') is null") == [(True, True, True)]


@pytest.mark.parametrize("binary", [False, True])
def test_values(db, binary):
    info = EnumInfo.fetch(db, "mood")
    register_enum(info, db)
    Mood = info.enum
    for value in Mood:
        assert db.execute("select %s", [value], binary=binary).fetchone() == (value,)
        assert db.execute("select %b", [value], binary=binary).fetchone() == (value,)
        assert db.execute("select %s::text", [value], binary=binary).fetchone() == (value.name,)
    assert db.execute("select %b", [[Mood.sad, Mood.ok]], binary=binary).fetchone() == ([Mood.sad, Mood.ok],)
    db.execute("create table t (m mood, a mood[])")
    db.execute("insert into t values (%s, %s)", [Mood.ok, [Mood.ok, None]])
    db.execute("insert into t values (%b, %b)", [Mood.sad, []])
    assert rows(db, "select * from t order by m", binary=binary) == [(Mood.sad, []), (Mood.ok, [Mood.ok, None])]
    assert rows(db, "select m from t where m = %s", [Mood.ok]) == [(Mood.ok,)]
    with db.cursor().copy("copy t (m) from stdin") as copy:
        copy.write_row(["happy"])
    assert rows(db, "select max(m), min(m) from t") == [(Mood.happy, Mood.sad)]


def test_errors(db):
    db.execute("create table t (m mood); insert into t values ('ok')")
    for sql, args in (("select 'bad'::mood", []), ("insert into t values ('bad')", []), ("select %s::mood", ["bad"]), ("insert into t values (%s)", ["bad"]), ("select * from t where m = 'bad'", []), ("select * from t where m > %s", ["bad"])):
        assert fails(db, "22P02", sql, args).message_primary == 'invalid input value for enum mood: "bad"', sql
    fails(db, "42710", "create type mood as enum ('a')")
    assert fails(db, "23505", "create type twice as enum ('a', 'a')").constraint_name == "pg_enum_typid_label_index"
    fails(db, "42602", f"create type long as enum ('{'x' * 64}')")
    fails(db, "42704", "select 'a'::nosuch")


def test_order(db):
    db.execute("create table t (id int, m mood)")
    db.execute("insert into t values (1, 'happy'), (2, 'sad'), (3, 'ok'), (4, null)")
    assert rows(db, "select m::text from t order by t.m") == [("sad",), ("ok",), ("happy",), (None,)]
    assert rows(db, "select id from t where m > 'sad' order by 1") == [(1,), (3,)]
    assert rows(db, "select id from t where 'ok' >= m order by 1") == [(2,), (3,)]
    assert rows(db, "select id from t where m < %s order by 1", ["happy"]) == [(2,), (3,)]
    assert rows(db, "select id from t where t.m between 'sad' and 'ok' order by 1") == [(2,), (3,)]
    assert rows(db, "select id from t x where x.m not in ('sad', 'ok') order by 1") == [(1,)]
    assert rows(db, "select id from t where m is distinct from 'ok' order by 1") == [(1,), (2,), (4,)]
    assert rows(db, "select enum_range(null::mood)::text, enum_first(null::mood)::text, enum_last(null::mood)::text") == [("{sad,ok,happy}", "sad", "happy")]
    assert rows(db, "select enum_range('ok'::mood, null)::text, enum_range(null, 'ok'::mood)::text, enum_range('ok'::mood, 'ok'::mood)::text") == [("{ok,happy}", "{sad,ok}", "{ok}")]
    db.execute("create table other (m text)")
    db.execute("insert into other values ('zzz')")
    assert rows(db, "select o.m from other o, t where o.m = 'zzz' and t.m > 'ok'") == [("zzz",)]


def test_alter(db):
    number = oid(db, "mood")
    db.execute("create table t (id serial primary key, m mood not null default 'ok', a mood[], n int)")
    db.execute("create index t_m on t (m); create view v as select m, n from t; comment on column t.m is 'how'")
    db.execute("insert into t (m, a) values ('sad', array['sad', 'happy']::mood[]), ('happy', null)")
    db.execute("alter type mood add value 'great'; alter type mood add value 'meh' before 'ok'; alter type en.mood add value 'fine' after 'ok'")
    assert rows(db, "select enum_range(null::mood)::text") == [("{sad,meh,ok,fine,happy,great}",)]
    assert fails(db, "42710", "alter type mood add value 'meh'").message_primary == 'enum label "meh" already exists'
    db.execute("alter type mood add value if not exists 'meh'")
    assert fails(db, "22023", "alter type mood add value 'x' before 'y'").message_primary == '"y" is not an existing enum label'
    assert oid(db, "mood") == number
    db.execute("insert into t (m) values ('fine')")
    db.execute("alter type mood rename value 'sad' to 'blue'; alter type mood rename value 'ok' to 'okay'")
    fails(db, "22023", "alter type mood rename value 'sad' to 'x'")
    fails(db, "42710", "alter type mood rename value 'blue' to 'meh'")
    db.execute("insert into t (n) values (5)")
    assert rows(db, "select m::text, a::text from t order by t.m, id") == [("blue", "{blue,happy}"), ("okay", None), ("fine", None), ("happy", None)]
    assert rows(db, "select m::text from v where n = 5") == [("okay",)]
    assert rows(db, "select indexname from pg_indexes where tablename = 't' order by 1") == [("t_m",), ("t_pkey",)]
    assert rows(db, "select col_description('t'::regclass, 2)") == [("how",)]
    fails(db, "23502", "insert into t (m) values (null)")
    db.execute("alter type mood rename to temper")
    assert oid(db, "temper") == number
    fails(db, "42704", "select 'okay'::mood")
    db.execute("alter type temper set schema public; alter type public.temper set schema en")
    assert rows(db, "select format_type(atttypid, -1) from pg_attribute where attrelid = 't'::regclass and attname in ('m', 'a') order by 1") == [("temper",), ("temper[]",)]
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.execute("alter type temper add value 'gone'")
        raise ZeroDivisionError
    fails(db, "22P02", "select 'gone'::temper")
    fails(db, "42704", "alter type nosuch add value 'x'")


def test_drop(db):
    notices = []
    db.add_notice_handler(lambda d: notices.append((d.message_primary, d.message_detail)))
    db.execute("create table t (id int, m mood); create table u (s same)")
    d = fails(db, "2BP01", "drop type mood")
    assert (d.message_primary, d.message_detail) == ("cannot drop type mood because other objects depend on it", "column m of table t depends on type mood")
    assert d.message_hint == "Use DROP ... CASCADE to drop the dependent objects too."
    db.execute("drop type mood cascade")
    assert notices == [("drop cascades to column m of table t", None)]
    assert rows(db, "select column_name from information_schema.columns where table_name = 't' and table_schema = 'en'") == [("id",)]
    fails(db, "2BP01", "drop type same")
    db.execute("drop table u")
    db.execute("drop type if exists mood, same")
    assert notices[1:] == [('type "mood" does not exist, skipping', None)]
    fails(db, "42704", "drop type same")
    db.execute("create type empty as enum (); drop type empty")


def test_many_labels(db):
    """What grows with the square of the labels would take minutes for so many; all of this is less than a second's work."""
    labels = [f"l{i}" for i in range(60000)]
    db.execute("set statement_timeout = '30s'")
    db.execute("create type large as enum ({})".format(", ".join(f"'{label}'" for label in labels)))
    repeated = fails(db, "23505", "create type twice as enum ({})".format(", ".join(f"'{label}'" for label in [*labels, "l7"])))
    assert repeated.message_detail.endswith(", l7) already exists.")
    db.execute("alter type large rename to larger")
    db.execute("alter type larger add value 'first' before 'l0'")
    db.execute("alter type larger rename value 'l59999' to 'last'")
    assert rows(db, "select enum_first(null::larger)::text, enum_last(null::larger)::text") == [("first", "last")]
    assert rows(db, "select count(*) from pg_enum where enumtypid = 'larger'::regtype") == [(60001,)]
    db.execute("drop type larger")
    db.execute("reset statement_timeout")
