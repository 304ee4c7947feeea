"""What a session keeps, sets and forgets; and the engine's own SQL."""

import struct
import threading

import pytest

from conftest import LAKE_EXTENSIONS, SANITIZED, WORKERS
from wire import B, C, D, E, Error, H, P, Q, S, message


def one(w, sql):
    notes = w.ask(Q(sql))
    assert isinstance(notes[1], tuple), notes
    return notes[1][0]


@pytest.mark.parametrize("set_to, shows", [("'5s'", "5s"), ("1500", "1500ms"), ("'2 min'", "2min"), ("0", "0"), ("default", "0")])
def test_units(set_to, shows, wire):
    assert wire.ask(Q(f"set statement_timeout = {set_to}"))[0] == 'cc"SET"'
    assert one(wire, "show statement_timeout") == shows


@pytest.mark.parametrize("sql, code", [
    ("set client_encoding = 'LATIN11'", "22023"), ("set DateStyle = 'Roman'", "22023"), ("set IntervalStyle = 'iso'", "22023"),
    ("set standard_conforming_strings = off", "0A000"), ("set server_version = '1'", "55P02"), ("set max_connections = 1", "55P02"),
    ("set timezone = 'Nowhere/City'", "22023"), ("set statement_timeout = 'soon'", "22023"), ("set extra_float_digits = 9", "22023"),
    ("prepare transaction 'x'", "0A000"), ("set search_path = tavana_catalog", "42501")])
def test_what_is_not_done_says_so(sql, code, wire):
    assert f"err:{code}" in wire.ask(Q(sql))
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


def test_settings_survive_and_reset(wire):
    wire.ask(Q("set application_name = 'a'; set timezone = 'Asia/Tokyo'; set my.own = 'mine'"))
    assert (one(wire, "show application_name"), one(wire, "show timezone"), one(wire, "show my.own")) == ("a", "Asia/Tokyo", "mine")
    assert one(wire, "select timestamptz '2024-01-01 00:00:00+00'") == "2024-01-01 09:00:00+09"
    assert one(wire, "select current_setting('application_name')") == "a"
    wire.ask(Q("reset all"))
    assert (one(wire, "show application_name"), one(wire, "show timezone")) == ("", "UTC")


def test_set_is_transactional(wire):
    wire.ask(Q("begin; set timezone = 'Asia/Tokyo'; rollback"))
    assert one(wire, "show timezone") == "UTC"
    wire.ask(Q("begin; set local timezone = 'Asia/Tokyo'"))
    assert one(wire, "select timestamptz '2024-01-01 00:00:00+00'") == "2024-01-01 09:00:00+09"
    wire.ask(Q("commit"))
    assert one(wire, "select timestamptz '2024-01-01 00:00:00+00'") == "2024-01-01 00:00:00+00"


@pytest.mark.parametrize("sql, zone, shows", [("set time zone 'Europe/Berlin'", "Europe/Berlin", "+01"), 
                                              ("set time zone -5", None, "-05"), ("set time zone utc", "UTC", "+00"), ("set timezone to 'europe/paris'", "Europe/Paris", "+01")])
def test_time_zone_forms(sql, zone, shows, wire):
    assert wire.ask(Q(sql))[0] == 'cc"SET"'
    if zone:
        assert one(wire, "show timezone") == zone
    assert one(wire, "select timestamptz '2024-01-15 12:00:00+00'").endswith(shows)


def test_show_all(wire):
    rows = {r[0]: r for r in wire.ask(Q("show all")) if isinstance(r, tuple)}
    assert {"server_version", "max_connections", "flush_threshold_bytes", "TimeZone"} <= set(rows)
    assert all(len(r) == 3 and r[2] for r in rows.values())
    wire.ask(P("show all"), B("p"), S)


def test_discard_all(wire):
    wire.ask(Q("create temp table gone (a int); set timezone = 'Asia/Tokyo'; prepare p as select 1"))
    assert wire.ask(Q("discard all")) == ['cc"DISCARD ALL"', "Z:I"]
    assert wire.ask(Q("select * from gone"))[0] == "err:42P01" and wire.ask(Q("execute p"))[0] == "err:26000"
    assert one(wire, "show timezone") == "UTC"


def test_temporary_tables_are_the_sessions(server, wire):
    wire.ask(Q("create temp table mine (a int); insert into mine values (1)"))
    with server.wire() as other:
        assert other.ask(Q("select * from mine"))[0] == "err:42P01"
    assert one(wire, "select * from mine") == "1"


def test_search_path(wire):
    wire.ask(Q("create schema if not exists sp; create or replace table sp.t as select 7 a"))
    assert wire.ask(Q("select * from t_only_in_sp"))[0] == "err:42P01"
    wire.ask(Q('set search_path to "$user", sp, public'))
    assert one(wire, "select a from t") == "7"
    wire.ask(Q("reset search_path"))
    assert one(wire, "select current_schema()") == "public"


def test_who_and_where(server):
    with server.wire(user="zoe", database="shop") as w:
        assert w.ask(Q("select current_user, session_user, current_database(), pg_backend_pid()"))[1] == ("zoe", "zoe", "shop", str(w.pid))
        assert one(w, "select version()").startswith("PostgreSQL 15")


def test_read_only(wire):
    wire.ask(Q("create or replace table ro_t (a int)"))
    wire.ask(Q("set default_transaction_read_only = on"))
    assert wire.ask(Q("insert into ro_t values (1)"))[0] == "err:25006"
    assert wire.ask(Q("select count(*) from ro_t"))[1] == ("0",)
    wire.ask(Q("begin read write"))
    assert wire.ask(Q("insert into ro_t values (1)"))[0] == 'cc"INSERT 0 1"'
    wire.ask(Q("commit"))


@pytest.mark.parametrize("block, rows", [
    (["savepoint a", "insert into sv values (2)", "release a", "commit"], "2"),
    (["savepoint a", "select nosuch from sv", "rollback to a", "insert into sv values (3)", "commit"], "2"),  # it failed before it ran
    (["savepoint a", "insert into nosuch values (1)", "rollback to a", "commit"], "1"),
    (["savepoint a", "select 1", "rollback to a", "savepoint b", "rollback to b", "commit"], "1")])
def test_savepoint_after_a_write(block, rows, wire):
    wire.ask(Q("create or replace table sv (a int primary key)"))
    wire.ask(Q("begin; insert into sv values (1)"))
    for sql in block:
        wire.ask(Q(sql))
    assert one(wire, "select count(*) from sv") == rows


@pytest.mark.parametrize("failing", ["insert into sv values (2)", "insert into sv values (1)", "select (a || 'x')::int from sv"])
def test_no_way_back_over_a_write(failing, wire):
    wire.ask(Q("create or replace table sv (a int primary key)"))
    wire.ask(Q("begin; insert into sv values (1); savepoint a"))
    wire.ask(Q(failing))
    assert wire.ask(Q("rollback to a"))[0] == "err:0A000" and "subtransactions" in wire.last_error["D"]
    assert wire.ask(Q("select 1 as a"))[0] == "err:25P02"
    assert wire.ask(Q("commit"))[0] == 'cc"ROLLBACK"'
    assert one(wire, "select count(*) from sv") == "0"


def test_back_to_where_nothing_was_written_yet(wire):
    wire.ask(Q("create or replace table sv (a int primary key)"))
    ends(wire, ("begin", "BEGIN"), ("savepoint a", "SAVEPOINT"), ("insert into sv values (1)", "INSERT 0 1"), ("insert into sv values (1)", "err:23505"),
         ("rollback to a", "ROLLBACK"), ("insert into sv values (2)", "INSERT 0 1"), ("commit", "COMMIT"), ("select a from sv", ("2",)))


def test_savepoint_keeps_a_temporary_table(wire):
    ends(wire, ("begin", "BEGIN"), ("create temp table svt (a int)", "CREATE TABLE"), ("savepoint a", "SAVEPOINT"), ("select nosuch", "err:42703"),
         ("rollback to a", "ROLLBACK"), ("select count(*) from svt", ("0",)), ("rollback", "ROLLBACK"))


LOCKING = ["for update", "for no key update", "for share", "for key share", "for update of t", "for update of t nowait", "for share skip locked", "for update for share", "for read only",
           "order by a for update limit 1", "limit 1 for update"]


@pytest.mark.parametrize("clause", LOCKING)
def test_locking_clauses_are_taken(clause, wire):
    wire.ask(Q("create or replace table fu (a int); insert into fu values (1)"))
    assert wire.ask(Q(f"select a from fu t {clause}"))[1] == ("1",)
    assert wire.ask(P(f"select a from fu t {clause}"), B(), E(), S)[2] == ("1",)
    assert wire.ask(Q(f"select 2 as b; select x.a from (select a from fu t {clause}) x"))[-2:] == ['cc"SELECT 1"', "Z:I"]


def test_for_of_the_engine_is_left_alone(wire):
    assert wire.ask(Q("select [update + 1 for update in [1, 2]]"))[1] == ("{2,3}",)
    wire.ask(Q("set tavana.sql = duckdb"))
    assert wire.ask(Q("select 1 for update"))[0] == "err:42601"


def test_client_min_messages(wire):
    assert wire.ask(Q("commit"))[0] == "notice:25P01"
    wire.ask(Q("set client_min_messages = error"))
    assert wire.ask(Q("commit")) == ['cc"COMMIT"', "Z:I"]


@pytest.mark.parametrize("sql, rows", [
    ("from range(2)", [("0",), ("1",)]), ("select * exclude (b) from (select 1 a, 2 b)", [("1",)]), ("select [x * 2 for x in [1, 2, 3]]", [("{2,4,6}",)]),
    ("pivot (select 'k' k, 5 v) on k using sum(v)", [("5",)]), ("select 1_000", [("1000",)]), ("select x.a from (select {'a': 3} x)", [("3",)]),
    ("with t as (from range(3)) select sum(range) from t", [("3",)]), ("select i from range(5) t(i) qualify row_number() over (order by i desc) = 1", [("4",)]),
    ("values (1, 'a'), (2, 'b')", [("1", "a"), ("2", "b")]), ("select $$it's$$", [("it's",)]), ("select 'a' -- c; select 2", [("a",)])])
def test_the_engines_own_sql(sql, rows, wire):
    assert [n for n in wire.ask(Q(sql)) if isinstance(n, tuple)] == rows
    assert [n for n in wire.ask(P(sql), B(), D(), E(), S) if isinstance(n, tuple)] == rows


@pytest.mark.parametrize("sql", ["summarize select 1 a", "describe select 1 a", "show tables", "explain select 1", "pragma database_list", "call duckdb_settings()"])
def test_utility_queries(sql, wire):
    notes = wire.ask(Q(sql))
    assert notes[0] == "T" and notes[-1] == "Z:I" and notes[-2].startswith("cc")


def test_one_statement_bound_twice(wire):
    wire.ask(P("select $1::int * 10", "s"), S)
    for v in ("1", "2", "3"):
        assert wire.ask(B("", "s", [v]), E(), S) == ["2", (v + "0",), 'cc"SELECT 1"', "Z:I"]


def test_statement_sees_a_changed_table(wire):
    wire.ask(Q("create or replace table ch (a int); insert into ch values (1)"))
    wire.ask(P("select count(*) from ch", "s"), S)
    assert wire.ask(B("", "s"), E(), S)[1] == ("1",)
    wire.ask(Q("insert into ch values (2)"))
    assert wire.ask(B("", "s"), E(), S)[1] == ("2",)
    wire.ask(Q("drop table ch"))
    assert "err:42P01" in wire.ask(B("", "s"), E(), S)


def ends(w, *script):
    """Each statement with what it has to be answered first: a tag, err:CODE, or a row."""
    for sql, want in script:
        notes = w.ask(Q(sql))
        first = next(n for n in notes if n != "T" and not (isinstance(n, str) and n.startswith("notice")))
        assert (first == want if isinstance(want, tuple) or ":" in want else first == f'cc"{want}"'), (sql, notes, w.last_error.get("M"))


@pytest.mark.parametrize("set_to, shows", [("'1d'", "1d"), ("'36h'", "36h"), ("'1.5s'", "1500ms"), ("'90 s'", "90s"), ("'120s'", "2min"), ("'100us'", "0"), ("50", "50ms")])
def test_more_units(set_to, shows, wire):
    ends(wire, (f"set statement_timeout = {set_to}", "SET"), ("show statement_timeout", (shows,)), ("reset statement_timeout", "RESET"), ("show statement_timeout", ("0",)))


@pytest.mark.parametrize("value", ["-1", "'5 fortnights'", "'30d'", "'1 S'", "''", "'1e99'", "nan"])
def test_units_that_are_none(value, wire):
    ends(wire, (f"set statement_timeout = {value}", "err:22023"), ("show statement_timeout", ("0",)))


def test_savepoint_brings_a_failed_transaction_back(wire):
    ends(wire, ("begin", "BEGIN"), ("savepoint a", "SAVEPOINT"), ("select * from no_such_table", "err:42P01"), ("savepoint b", "err:25P02"), ("release a", "err:25P02"),
         ("rollback to a", "ROLLBACK"), ("select 1", ("1",)), ("rollback to savepoint a", "ROLLBACK"), ("release savepoint a", "RELEASE"),
         ("rollback to a", "err:3B001"), ("rollback", "ROLLBACK"))


def test_savepoint_undoes_what_came_after(wire):
    ends(wire, ("create or replace table spt (a int)", "CREATE TABLE"), ("begin", "BEGIN"), ("set timezone = 'Asia/Tokyo'", "SET"), ("savepoint a", "SAVEPOINT"),
         ("insert into spt values (1)", "INSERT 0 1"), ("set timezone = 'Europe/Paris'", "SET"), ("rollback to a", "ROLLBACK"), ("select count(*) from spt", ("0",)),
         ("show timezone", ("Asia/Tokyo",)), ("insert into spt values (2)", "INSERT 0 1"), ("release a", "RELEASE"), ("commit", "COMMIT"),
         ("select * from spt", ("2",)), ("show timezone", ("Asia/Tokyo",)), ("drop table spt", "DROP TABLE"))


def test_savepoints_and_set_local(wire):
    ends(wire, ("begin", "BEGIN"), ("set local timezone = 'Asia/Tokyo'", "SET"), ("savepoint a", "SAVEPOINT"), ("set local timezone = 'Europe/Paris'", "SET"),
         ("savepoint b", "SAVEPOINT"), ("set timezone = 'PST8PDT'", "SET"), ("rollback to b", "ROLLBACK"), ("show timezone", ("Europe/Paris",)),
         ("set timezone = 'Asia/Kolkata'", "SET"), ("rollback to a", "ROLLBACK"), ("show timezone", ("Asia/Tokyo",)), ("commit", "COMMIT"), ("show timezone", ("UTC",)),
         ("begin", "BEGIN"), ("set timezone = 'Asia/Tokyo'", "SET"), ("savepoint a", "SAVEPOINT"), ("set timezone = 'Europe/Paris'", "SET"), ("release a", "RELEASE"),
         ("commit", "COMMIT"), ("show timezone", ("Europe/Paris",)), ("begin", "BEGIN"), ("set timezone = 'Asia/Tokyo'", "SET"), ("savepoint a", "SAVEPOINT"),
         ("set timezone = 'UTC'", "SET"), ("rollback", "ROLLBACK"), ("show timezone", ("Europe/Paris",)))


def test_savepoints_of_one_name_nest(wire):
    ends(wire, ("begin", "BEGIN"), ("savepoint a", "SAVEPOINT"), ("savepoint a", "SAVEPOINT"), ("release a", "RELEASE"), ("rollback to a", "ROLLBACK"),
         ("savepoint b", "SAVEPOINT"), ("rollback to a", "ROLLBACK"), ("release b", "err:3B001"), ("commit", "ROLLBACK"))


@pytest.mark.parametrize("sql", ["savepoint a", "release a", "rollback to a"])
def test_savepoints_need_a_block(sql, wire):
    ends(wire, (sql, "err:25P01"), ("select 1", ("1",)))


def test_what_set_constraints_means_here(wire):
    assert wire.ask(Q("set constraints all deferred")) == ["notice:25P01", 'cc"SET CONSTRAINTS"', "Z:I"]
    ends(wire, ("begin", "BEGIN"), ("set constraints all immediate", "SET CONSTRAINTS"), ("commit", "COMMIT"))
    assert wire.ask(P("set constraints all deferred"), B(), D(), E(), S)[-1] == "Z:I"


def test_set_local_ends_with_its_transaction(wire):
    assert wire.ask(Q("set local timezone = 'Asia/Tokyo'"))[0] == "notice:25P01"
    ends(wire, ("show timezone", ("UTC",)), ("begin", "BEGIN"), ("set timezone = 'Asia/Tokyo'", "SET"), ("set local timezone = 'Europe/Paris'", "SET"),
         ("show timezone", ("Europe/Paris",)), ("commit", "COMMIT"), ("show timezone", ("Asia/Tokyo",)), ("set timezone to default", "SET"), ("show timezone", ("UTC",)))


def test_changes_are_reported(wire):
    assert "ps:TimeZone=Asia/Tokyo" in wire.ask(Q("set timezone = 'asia/tokyo'"), quiet="K")
    assert "ps:application_name=x" in wire.ask(Q("set application_name = 'x'"), quiet="K")
    notes = wire.ask(Q("begin"), Q("set timezone = 'Europe/Paris'"), Q("rollback"), quiet="K")
    assert "ps:TimeZone=Europe/Paris" in notes and "ps:TimeZone=Asia/Tokyo" in notes
    assert not [n for n in wire.ask(Q("set extra_float_digits = 3"), quiet="K") if str(n).startswith("ps:extra")]


def test_reset_goes_back_to_the_start_up_packet(server):
    with server.wire(application_name="app", TimeZone="Asia/Tokyo", options="-c statement_timeout=7s --search_path=main -c extra_float_digits=2") as w:
        ends(w, ("show statement_timeout", ("7s",)), ("show search_path", ("main",)), ("show extra_float_digits", ("2",)), ("set statement_timeout = 1", "SET"),
             ("set timezone = 'UTC'", "SET"), ("set application_name = 'other'", "SET"), ("reset all", "RESET"), ("show statement_timeout", ("7s",)),
             ("show timezone", ("Asia/Tokyo",)), ("show application_name", ("app",)), ("discard all", "DISCARD ALL"), ("show timezone", ("Asia/Tokyo",)))
        assert w.parameters["TimeZone"] == "Asia/Tokyo" and w.parameters["application_name"] == "app"


@pytest.mark.parametrize("options, code", [("-c statement_timeout=soon", "22023"), ("-c no_such_setting=1", "42704"), ("-c server_version=1", "55P02"), ("-x", "42601"), ("-c", "42601")])
def test_wrong_options_at_the_start(options, code, server):
    with pytest.raises(Error) as e:
        server.wire(options=options)
    assert e.value.fields["C"] == code and e.value.fields["S"] == "FATAL"


def test_option_with_a_blank(server):
    with server.wire(options=r"-c application_name=my\ app\\s") as w:
        ends(w, ("show application_name", (r"my app\s",)))


@pytest.mark.parametrize("name", ["max_connections", "listen", "log_level", "memory_limit", "allowed_directories"])
def test_options_show_and_stay(name, wire):
    assert isinstance(wire.ask(Q(f"show {name}"))[1], tuple)
    assert wire.ask(Q(f"set {name} = '1'"))[0] == "err:55P02" and wire.ask(Q(f"reset {name}"))[0] == "err:55P02"


def test_settings_nobody_knows(wire):
    ends(wire, ("set no_such_setting = 1", "err:42704"), ("reset no_such_setting", "err:42704"), ("show no_such_setting", "err:42704"), ("show not_there.at_all", "err:42704"))


def test_own_settings_are_bounded(wire):
    notes = [wire.ask(Q(f"set my.s{i} = '{i}'"))[0] for i in range(100)]
    assert notes[0] == 'cc"SET"' and notes[-1] == "err:54000"
    assert wire.ask(Q(f"set my.s0 = '{'x' * 5000}'"))[0] == "err:54000"
    ends(wire, ("show my.s0", ("0",)))


@pytest.mark.parametrize("sql, shows", [("set time zone local", "UTC"), ("set time zone default", "UTC"), ("set time zone 'PST8PDT'", "PST8PDT"), ("set time zone '+03'", "<+03>-03"),
                                        ("set session timezone = 'Asia/Tokyo'", "Asia/Tokyo"), ("set time zone 'Asia/Kolkata'", "Asia/Kolkata")])
def test_more_time_zone_forms(sql, shows, wire):
    ends(wire, (sql, "SET"), ("show time zone", (shows,)), ("reset time zone", "RESET"), ("show time zone", ("UTC",)))


def test_search_path_without_names(wire):
    ends(wire, ("set search_path = ''", "SET"), ("select 1", ("1",)), ("select count(*) >= 0 from pg_catalog.pg_class", ("t",)), ("set search_path = public, pg_catalog", "SET"),
         ("select current_schema()", ("public",)), ("set search_path = no_such_schema, public", "SET"), ("select current_schema()", ("public",)),
         ("show search_path", ("no_such_schema, public",)), ("set search_path = no_such_schema", "SET"), ("select current_schema()", (None,)))


def test_search_path_decides_where_things_are_made(wire):
    ends(wire, ("create schema if not exists \"Odd One\"", "CREATE SCHEMA"), ("set search_path = \"Odd One\", public", "SET"), ("create or replace table here as select 5 a", "SELECT 1"),
         ("select current_schema()", ("Odd One",)), ("reset search_path", "RESET"), ("select * from here", "err:42P01"), ("select a from \"Odd One\".here", ("5",)),
         ("begin", "BEGIN"), ("set local search_path = \"Odd One\"", "SET"), ("select a from here", ("5",)), ("rollback", "ROLLBACK"), ("select * from here", "err:42P01"),
         ("drop schema \"Odd One\" cascade", "DROP SCHEMA"))


def test_prepared_in_sql(wire):
    ends(wire, ("prepare p (int, text) as select $1 + 1, $2", "PREPARE"), ("execute p(1, 'x')", ("2", "x")), ("execute p(null, null)", (None, None)), ("execute p(1)", "err:42601"),
         ("execute p(1, 2, 3)", "err:42601"), ("execute p('x', 'y')", "err:22P02"), ("prepare p as select 2", "err:42P05"), ("deallocate p", "DEALLOCATE"),
         ("execute p(1, 'x')", "err:26000"), ("deallocate prepare p", "err:26000"), ("prepare q as begin", "err:42601"), ("prepare q (no_such_type) as select 1", "err:42704"),
         ("prepare q as select 1", "PREPARE"), ("deallocate all", "DEALLOCATE ALL"), ("execute q", "err:26000"))


def test_prepared_statements_are_the_same_in_sql_and_messages(wire):
    assert wire.ask(P("select $1::int + 1", "twin"), S) == ["1", "Z:I"]
    ends(wire, ("execute twin(41)", ("42",)), ("deallocate twin", "DEALLOCATE"), ("prepare other(int) as select $1 * 2", "PREPARE"))
    assert "err:26000" in wire.ask(B("", "twin", ["1"]), E(), S)
    assert wire.ask(B("", "other", ["21"]), E(), S)[1] == ("42",)
    assert wire.ask(C("S", "other"), S) == ["3", "Z:I"]
    ends(wire, ("execute other(1)", "err:26000"))


def test_prepared_insert(wire):
    ends(wire, ("create or replace table pins (a int)", "CREATE TABLE"), ("prepare ins(int) as insert into pins values ($1)", "PREPARE"), ("execute ins(5)", "INSERT 0 1"),
         ("begin read only", "BEGIN"), ("execute ins(6)", "err:25006"), ("rollback", "ROLLBACK"), ("begin", "BEGIN"), ("execute ins(7)", "INSERT 0 1"), ("rollback", "ROLLBACK"),
         ("select sum(a) from pins", ("5",)), ("drop table pins", "DROP TABLE"))


@pytest.mark.parametrize("sql", ["insert into rod values (1)", "update rod set a = 1", "delete from rod", "create table rod2 (a int)", "drop table rod", "alter table rod add column b int",
                                 "truncate rod", "create view rodv as select 1", "create schema rods", "create sequence rodq", "insert into rod values (1) returning a",
                                 "with x as (select 1) insert into rod from x", "create macro rodm() as 1", "comment on table rod is 'x'"])
def test_read_only_transactions(sql, wire):
    ends(wire, ("create table if not exists rod (a int)", "CREATE TABLE"), ("begin read only", "BEGIN"), (sql, "err:25006"), ("rollback", "ROLLBACK"),
         ("begin", "BEGIN"), ("set transaction read only", "SET"), (sql, "err:25006"), ("commit", "ROLLBACK"))
    notes = wire.ask(Q("set default_transaction_read_only = on"), P(sql), B(), E(), S, Q("set default_transaction_read_only = off"))
    assert "err:25006" in notes


def test_temporary_tables_may_be_made_in_read_only_transactions(wire):
    ends(wire, ("begin read only", "BEGIN"), ("create temp table rot (a int)", "CREATE TABLE"), ("select count(*) from rot", ("0",)), ("commit", "COMMIT"))


@pytest.mark.parametrize("level", ["read uncommitted", "read committed", "repeatable read", "serializable"])
def test_isolation_levels(level, wire):
    ends(wire, (f"begin isolation level {level}", "BEGIN"), ("show transaction_isolation", (level,)), ("select 1", ("1",)), ("commit", "COMMIT"),
         ("show transaction_isolation", ("read committed",)), (f"set default_transaction_isolation = '{level}'", "SET"), ("begin", "BEGIN"), ("show transaction_isolation", (level,)),
         ("commit", "COMMIT"), ("reset default_transaction_isolation", "RESET"), ("begin", "BEGIN"), (f"set transaction isolation level {level}", "SET"),
         ("show transaction isolation level", (level,)), ("rollback", "ROLLBACK"))


def test_isolation_is_set_before_the_first_query(wire):
    ends(wire, ("begin", "BEGIN"), ("select 1", ("1",)), ("set transaction isolation level serializable", "err:25001"), ("rollback", "ROLLBACK"),
         ("begin read only", "BEGIN"), ("select 1", ("1",)), ("set transaction read write", "err:25001"), ("rollback", "ROLLBACK"))


def test_words_for_transactions(wire):
    ends(wire, ("start transaction", "START TRANSACTION"), ("end", "COMMIT"), ("begin work", "BEGIN"), ("abort", "ROLLBACK"), ("begin transaction read only", "BEGIN"),
         ("show transaction_read_only", ("on",)), ("commit and chain", "COMMIT"), ("show transaction_read_only", ("on",)), ("rollback", "ROLLBACK"), ("commit and chain", "err:25P01"))


def test_discard_some(wire):
    ends(wire, ("prepare p as select 1", "PREPARE"), ("discard plans", "DISCARD PLANS"), ("execute p", ("1",)), ("begin", "BEGIN"), ("discard all", "err:25001"), ("rollback", "ROLLBACK"))


def test_session_goes_on_after_discard_all(wire):
    wire.ask(Q("create temp table gone (a int)"))
    for _ in range(3):
        ends(wire, ("discard all", "DISCARD ALL"), ("create temp table gone as select 1 a", "SELECT 1"), ("select a from gone", ("1",)))


def test_temporary_table_hides_the_permanent_one(server, wire):
    ends(wire, ("create or replace table hide as select 'permanent' a", "SELECT 1"), ("create temp table hide as select 'temporary' a", "SELECT 1"), ("select a from hide", ("temporary",)))
    with server.wire() as other:
        ends(other, ("select a from hide", ("permanent",)))
    ends(wire, ("drop table temp.hide", "DROP TABLE"), ("select a from hide", ("permanent",)), ("drop table hide", "DROP TABLE"))


@pytest.mark.parametrize("block", [False, True])
def test_open_portal_over_a_temporary_table(block, wire):
    """The engine allows no second statement on the connection that holds the table: right rows, or 0A000."""
    wire.ask(Q("create temp table big as select i from range(20000) t(i)"))
    if block:
        wire.ask(Q("begin"))
    wire.send(P("select i from big order by i"), B("c") if block else B(), E(3, "c" if block else ""), H)
    assert wire.notes(6) == ["1", "2", ("0",), ("1",), ("2",), "susp"]
    if not block:
        assert wire.ask(S) == ["Z:I"]
        return
    first = wire.ask(P("select count(*) from big"), B(), E(), S)
    assert ("20000",) in first or "err:0A000" in first, first
    if first[-1] == "Z:T":
        assert wire.ask(E(2, "c"), S) == [("3",), ("4",), "susp", "Z:T"]
    wire.ask(Q("rollback"))
    ends(wire, ("select count(*) from big", ("20000",)))


def test_two_portals_by_turns(wire):
    """Each goes on where it was, or says that it cannot: never a wrong row."""
    wire.ask(Q("begin"))
    wire.ask(P("select i from range(100000) t(i)", "s"), S)
    assert wire.ask(B("a", "s"), E(2, "a"), S) == ["2", ("0",), ("1",), "susp", "Z:T"]
    notes = wire.ask(B("b", "s"), E(2, "b"), S)
    if "err:0A000" in notes:
        return
    assert notes == ["2", ("0",), ("1",), "susp", "Z:T"]
    for i in range(2, 20, 2):
        for portal in "ab":
            assert wire.ask(E(2, portal), S) == [(str(i),), (str(i + 1),), "susp", "Z:T"]
        ends(wire, ("select 7", ("7",)))
    assert wire.ask(Q("commit")) == ['cc"COMMIT"', "Z:I"]


@pytest.mark.parametrize("script", [
    [("create or replace macro plus(a, b := 1) as a + b", "CREATE FUNCTION"), ("select plus(2), plus(2, b := 5)", ("3", "7"))],
    [("create or replace macro rows_of(n) as table select * from range(n)", "CREATE FUNCTION"), ("select count(*) from rows_of(4)", ("4",))],
    [("attach ':memory:' as other", "ATTACH"), ("create table other.t as select 1 a", "SELECT 1"), ("from other.t", ("1",)), ("detach other", "DETACH")],
    [("create or replace table own (k text, v int)", "CREATE TABLE"), ("insert into own by name select 1 v, 'x' k", "INSERT 0 1"), ("from own", ("x", "1")),
     ("insert into own values ('y', 2) returning v", ("2",)), ("update own set v = 3 where k = 'y'", "UPDATE 1"), ("delete from own", "DELETE 2"), ("drop table own", "DROP TABLE")],
    [("create type mood as enum ('sad', 'happy')", "CREATE TYPE"), ("select 'happy'::mood", ("happy",)), ("drop type mood", "DROP TYPE")],
    [("create sequence sq", "CREATE SEQUENCE"), ("select nextval('sq')", ("1",)), ("drop sequence sq", "DROP SEQUENCE")],
    [("set variable v = 3", "SET"), ("select getvariable('v')", ("3",)), ("reset variable v", "RESET")],
    [("create or replace view vw as select 1 a", "CREATE VIEW"), ("table vw", ("1",)), ("drop view vw", "DROP VIEW")],
    [("checkpoint", "CHECKPOINT"), ("vacuum", "VACUUM"), ("analyze", "ANALYZE"), ("unlisten *", "UNLISTEN"), ("close all", "CLOSE CURSOR ALL")],
], ids=lambda s: s[0][0])
def test_scripts_of_the_engine(script, wire):
    ends(wire, *script)


@pytest.mark.parametrize("sql, rows", [
    ("unpivot (select 1 a, 2 b) on a, b into name n value v", [("a", "1"), ("b", "2")]), ("select * replace (2 as a) from (select 1 a)", [("2",)]),
    ("select columns('a.*') from (select 1 a1, 2 a2, 3 b)", [("1", "2")]), ("select {'a': 1}, map {'k': 1}", [('{"a":1}', '{"k":1}')]),
    ("select list_transform([1, 2], lambda x: x + 1)", [("{2,3}",)]), ("select unnest([1, 2])", [("1",), ("2",)]), ("select a, count(*) from (values (1), (1)) t(a) group by all", [("1", "2")]),
    ("select 10 // 3, 5 % 3, 2 ** 3", [("3", "2", "8")]), ("with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) from r", [("1",), ("2",), ("3",)]),
    ("select 'abc'[2:3], [1, 2, 3][-1]", [("bc", "3")]), ("from (values (1), (2)) t(a) select sum(a)", [("3",)]), ("select #1 from (select 5)", [("5",)]),
    ("select * from (values (1, 2)) a(x, y) natural join (values (1, 3)) b(x, z)", [("1", "2", "3")]), ("select 1; select 2", None)])
def test_more_of_the_engines_own_sql(sql, rows, wire):
    got = wire.ask(Q(sql))
    assert [n for n in got if isinstance(n, tuple)] == ([("1",), ("2",)] if rows is None else rows), got
    got = wire.ask(P(sql), B(), D(), E(), S)
    assert "err:42601" in got if rows is None else [n for n in got if isinstance(n, tuple)] == rows, got


def test_a_plan_does_not_outlive_its_data(server, wire):
    """The engine bakes the range of a column's values into a plan: run over larger ones that came since, its rows would be
    wrong without a word."""
    wire.ask(Q("create or replace table plan_range (a int)"))
    wire.ask(Q("insert into plan_range select i from range(1, 8) t(i)"))
    query = "select distinct a from plan_range where a > 2 order by a"

    def run():
        notes = wire.ask(B("", "q"), E(), S)
        return [int(n[0]) for n in notes if isinstance(n, tuple)]

    wire.ask(P(query, "q"), S)
    assert run() == [3, 4, 5, 6, 7]
    assert run() == [3, 4, 5, 6, 7]
    wire.ask(Q("insert into plan_range values (70000)"))  # by itself
    assert run()[-1] == 70000
    with server.wire() as other:
        other.ask(Q("insert into plan_range values (16777300)"))  # by another session
        assert run()[-1] == 16777300
        other.ask(Q("begin"), Q("update plan_range set a = -5 where a = 3"))
        assert run()[0] == 4 or run()[0] == 3
        other.ask(Q("commit"))
    wire.ask(Q("begin"))  # in its own transaction
    assert run()[-1] == 16777300
    wire.ask(Q("insert into plan_range values (2000000000)"))
    assert run()[-1] == 2000000000
    wire.ask(Q("rollback"))
    assert run()[-1] == 16777300
    wire.ask(Q("insert into plan_range select a + 1900000000 from plan_range where a > 7"), Q("drop table if exists plan_copy"))
    wire.ask(P("create table plan_copy as " + query, "c"), P("insert into plan_range select max(a) + 1 from plan_range", "i"), S)
    for _ in range(3):
        wire.ask(B("", "i"), E(), S)
    assert run()[-3:] == [1916777301, 1916777302, 1916777303]
    wire.ask(Q("drop table plan_range"))


@pytest.mark.concurrent
def test_plans_while_others_commit(server):
    """Readers with plans of their own while values grow by a byte and more at a time."""
    with server.wire() as w:
        w.ask(Q("create or replace table plan_race (a bigint)"), Q("insert into plan_race values (0)"))
    stop = threading.Event()
    failures = []

    def read():
        with server.wire(timeout=120) as w:
            w.ask(P("select distinct a from plan_race order by a", "q"), S)
            while not stop.is_set():
                rows = [int(n[0]) for n in w.ask(B("", "q"), E(), S) if isinstance(n, tuple)]
                if rows != [0] + [257 ** k for k in range(7)][:len(rows) - 1]:
                    failures.append(rows)
                    return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for r in readers:
        r.start()
    with server.wire(timeout=120) as w:
        for _ in range(5 if SANITIZED else 40):
            w.ask(Q("create or replace table plan_race as select 0::bigint as a"))
            for k in range(7):
                assert w.ask(Q(f"insert into plan_race values ({257 ** k})"))[0] == 'cc"INSERT 0 1"'
    stop.set()
    for r in readers:
        r.join()
    assert not failures, failures[0]
    with server.wire() as w:
        w.ask(Q("drop table plan_race"))


def test_array_literals_as_postgresql(wire, postgres):
    with postgres.wire() as other:
        for sql in ("select '{1,2,NULL}'::int[]", "select '{{1,2},{3,4}}'::int8[]", """select '{a,"b, c","NULL",null}'::text[]""", "select '{}'::text[]",
                    r"""select '{"a\"b","c\\d"}'::text[]""", "select '{0.0,1.5}'::float8[]", """select cast('{"{x}"}' as text[])""",
                    "select 2 = any('{1,2}'::int[])"):
            assert wire.ask(Q(sql)) == other.ask(Q(sql)), sql


@pytest.mark.parametrize("sql, oid, value", [
    ("select a from generate_series(1, 5) g(a) where a = any($1)", 1007, "{2,3}"),
    ("select a from generate_series(1, 5) g(a) where a <> all ($1)", 1007, "{2,NULL}"),
    ("select a from generate_series(1, 5) g(a) where a::text = any($1) and a > 1", 1009, '{"2",x}'),
    ("select a from generate_series(1, 5) g(a) where a::numeric(9, 2) = some($1)", 1231, "{2,3.00,4.01}"),
    ("select a from generate_series(1, 5) g(a) where a = any($1)", 1007, None),
])
def test_any_of_a_parameter(wire, postgres, sql, oid, value):
    """A parameter without a type is an array of what it is compared with."""
    with postgres.wire() as other:
        for w in (wire, other):
            w.send(P(sql) + D("S") + S)
            said = dict(w.next() for _ in range(4))
            assert said["t"] == struct.pack("!HI", 1, oid)
        messages = (P(sql), B(params=[value]), E(), S)
        assert wire.ask(*messages, syncs=1) == other.ask(*messages, syncs=1)


def test_a_kept_insert_follows_its_table(wire, postgres):
    """The plan of INSERT … VALUES stays over changes of the data, and is made anew when the table changes."""
    insert = Q("insert into kept (a) values (7)")
    with postgres.wire() as other:
        for sql in ("begin", "create table kept (a int)", insert, insert, insert, "alter table kept alter a type text", insert, insert,
                    "alter table kept add b int default 5", insert, insert, "drop table kept", insert, "rollback",
                    "create table kept (a int check (a < 7))", insert, insert, "drop table kept", "create table kept (a int primary key)", insert, insert,
                    "insert into kept values (8)", "delete from kept", insert, "drop table kept"):
            message = Q(sql) if isinstance(sql, str) else sql
            assert wire.ask(message) == other.ask(message), sql
            if sql is insert:
                assert wire.ask(Q("select * from kept")) == other.ask(Q("select * from kept"))


def test_pg_temp_is_temp(wire):
    wire.ask(Q("create table pg_temp.in_temp (a int)"))
    assert wire.ask(Q("copy pg_temp.in_temp (a) from stdin"), message("d", b"7\n"), message("c"), syncs=1)[-2:] == ['cc"COPY 1"', "Z:I"]
    assert wire.ask(Q("select t.a from pg_temp.in_temp t"))[1] == ("7",)
    assert one(wire, "select count(*) from duckdb_tables() where table_name = 'in_temp' and temporary") == "1"
    assert wire.ask(Q("drop table pg_temp.in_temp"))[0] == 'cc"DROP TABLE"'


def test_serial(wire):
    """Numbers from 1, again when the table is made again, with RETURNING and COPY; not null."""
    for name in ("sr", "public.sr"):
        assert wire.ask(Q(f'create table {name} (id serial primary key, "No" bigserial, v text)')) == ['cc"CREATE TABLE"', "Z:I"]
        assert wire.ask(Q(f"insert into {name} (v) values ('a'), ('b') returning id, \"No\", v"))[1:3] == [("1", "1", "a"), ("2", "2", "b")]
        assert [c.oid for c in wire.columns] == [23, 20, 25]
        assert wire.ask(Q(f"copy {name} (v) from stdin"), message("d", b"c\n"), message("c"), syncs=1)[-2] == 'cc"COPY 1"'
        assert wire.ask(Q(f"create table if not exists {name} (id serial)"))[-2:] == ['cc"CREATE TABLE"', "Z:I"]
        assert wire.ask(Q(f"create table {name} (id serial)"))[-2:] == ["err:42P07", "Z:I"]
        assert wire.ask(Q(f"insert into {name} (v) values ('d') returning id"))[1] == ("4",)
        assert wire.ask(Q(f"insert into {name} (id) values (null)"))[-2] == "err:23502"
        wire.ask(Q(f"drop table {name}"))
    assert wire.ask(Q("create table sr2 (a serial, b nosuchtype)"))[-2:] == ["err:42704", "Z:I"]
    assert one(wire, "select count(*) from duckdb_sequences() where sequence_name = 'sr2_a_seq'") == "0"
    wire.ask(Q("begin"))
    wire.ask(Q("create temp table sr3 (a smallserial)"))
    assert wire.ask(Q("insert into sr3 default values returning a"))[1] == ("1",)
    wire.ask(Q("rollback"))


def test_public_is_main(wire):
    wire.ask(Q("create or replace table public.in_public (a int)"))
    assert wire.ask(Q('insert into "public".in_public values (7)'))[0] == 'cc"INSERT 0 1"'
    assert wire.ask(Q("select public.in_public.a from public.in_public"))[1] == ("7",)
    assert wire.ask(Q("copy public.in_public from stdin"), message("d", b"8\n"), message("c"), syncs=1)[-2:] == ['cc"COPY 1"', "Z:I"]
    assert wire.ask(Q('copy "public"."in_public" to stdout'))[-2] == 'cc"COPY 2"'
    assert one(wire, "select count(*) from main.in_public") == "2"
    wire.ask(Q("drop table public.in_public"))


def test_generate_series_as_postgresql(wire, postgres):
    with postgres.wire() as other:
        for sql in ("select generate_series(1, 3)", "select generate_series(2, 4)::int4 as n, 'x'", "select g from generate_series(1, 3) g",
                    "select * from generate_series(1, 3) as i", "select s.x from generate_series(1, 3) as s(x)",
                    "select generate_series.generate_series from generate_series(-1, 3, 2)", "select * from generate_series(1, 3000000000, 1500000000)",
                    "select i, 1 as one from generate_series(1, 2) i, pg_sleep(0)", "select 1 as a from pg_sleep(0) as s"):
            assert wire.ask(Q(sql)) == other.ask(Q(sql)), sql
            assert [c.oid for c in wire.columns] == [c.oid for c in other.columns] or "'x'" in sql, sql
            assert [c.name for c in wire.columns] == [c.name for c in other.columns], sql


@pytest.mark.parametrize("sql, oid", [
    ("select 'a' || $1::text", 25), ("select quote_literal($1::text)", 25), ("select $1::int8 + 1", 20),
    ("select $1::date + 1", 1082), ("select upper($1)", 25), ("select coalesce($1::int4, $1::int4)", 23), ("select $1::numeric * 2", 1700),
    ("select $1::int4[]", 1007), ("select $1::uuid", 2950), ("select $1::timestamptz", 1184), ("select $1::bool and $1::bool", 16)])
def test_null_has_its_parameters_type(wire, sql, oid):
    for _ in range(2):
        assert wire.ask(P(sql), D("S"), B(params=[None]), E(), S) == ["1", "t", "T", "2", (None,), 'cc"SELECT 1"', "Z:I"], wire.last_error
        assert wire.columns[0].oid == oid


def answers(where, scripts):
    """What a server says to each statement, without the messages that only describe."""
    out = []
    for script in scripts:
        with where.wire() as w:
            out.append([[n for n in w.ask(Q(sql)) if n != "T" and not n[0].startswith("ps:")] for sql in script])
    return out


MODES = ["show transaction_isolation", "show transaction_read_only", "show transaction_deferrable"]


def test_transaction_modes_are_as_in_postgresql(server, postgres):
    chains = [["begin isolation level repeatable read, read only, deferrable", *before, f"{end} and chain", *MODES, "select 1", f"{end} and chain", *MODES, "rollback", *MODES]
              for end in ("commit", "rollback") for before in ((), ("select 1",), ("selec",), ("savepoint a", "selec"), ("savepoint a", "set application_name = 'x'", "release a"))]
    scripts = chains + [
        [f"set session characteristics as transaction {modes}", *MODES, "show default_transaction_isolation", "begin", *MODES, "commit", *MODES, "rollback"]
        for modes in ("isolation level repeatable read", "read only", "deferrable", "isolation level serializable, read only, not deferrable")] + [
        ["set default_transaction_deferrable = on", *MODES, "begin", *MODES, "set transaction not deferrable", *MODES, "commit", *MODES, "reset all", *MODES],
        ["set transaction_deferrable = on", *MODES], ["set transaction_isolation = 'serializable'", *MODES, "set transaction_read_only = on", *MODES],
        ["begin", "set default_transaction_isolation = 'serializable'", *MODES, "commit", *MODES, "begin", *MODES, "rollback"],
        ["begin", "select 1", "set transaction deferrable"], ["begin", "select 1", "set transaction_deferrable = off"], ["begin", "select 1", "set transaction_isolation = 'serializable'"],
        ["begin", "savepoint a", "set transaction isolation level serializable"], ["begin", "savepoint a", "set transaction not deferrable"],
        ["begin read only", "select 1", "set transaction_read_only = off"], ["begin", "begin isolation level serializable, read only", *MODES, "commit", *MODES],
        ["set transaction_isolation = 'serializable'; begin; show transaction_isolation", "commit", *MODES], ["begin deferrable; selec", "rollback"],
        ["select 1; begin deferrable"], ["begin", "set local transaction_isolation = 'repeatable read'", *MODES, "set transaction_isolation = default", *MODES, "commit", *MODES],
        ["set session characteristics as transaction isolation level serializable", "begin", "set session characteristics as transaction read only", *MODES, "rollback", *MODES]]
    for script, here, there in zip(scripts, answers(server, scripts), answers(postgres, scripts)):
        assert list(zip(script, here)) == list(zip(script, there))


PATHS = ["show search_path", "select x from t_of_path"]


@pytest.mark.parametrize("script, want", [
    (["set search_path = p1", "begin", "set search_path = p2", "rollback", "set search_path = tavana_catalog"], "p1"),
    (["set search_path = p1", "begin", "set search_path = p2", "rollback", "select set_config('search_path', 'tavana_catalog', false)"], "p1"),
    (["set search_path = p1", "begin", "set local search_path = p2", "select x from t_of_path", "set search_path = tavana_catalog", "rollback"], "p1"),
    (["set search_path = p1", "begin", "set local search_path = p2", "commit", "set search_path = p1, tavana_catalog"], "p1"),
    (["set search_path = p1", "begin", "savepoint a", "set search_path = p2", "select x from t_of_path", "set search_path = tavana_catalog", "rollback to a", "commit"], "p1"),
    (["set search_path = p1", "begin", "set search_path = p2", "savepoint a", "set search_path = tavana_catalog", "rollback to a", "commit"], "p2"),
    (["set search_path = p1", "begin", "set search_path = p2", "savepoint a", "set search_path = p1", "set search_path = tavana_catalog", "rollback to a", "commit"], "p2"),
    (["set search_path = p2", "begin", "reset search_path", "rollback", "set search_path = tavana_catalog"], "p2"),
    (["set search_path = p2", "begin", "reset all", "rollback", "set search_path = tavana_catalog"], "p2"),
    (["set search_path = p1", "set search_path = p2; set search_path = tavana_catalog"], "p1"),
    (["set search_path = p1", "begin", "set search_path = p2", "rollback", "set timezone = 'nowhere'"], "p1"),
    (["set search_path = p1", "begin", "set search_path = p2; set timezone = 'Asia/Tokyo'", "rollback", "set search_path = tavana_catalog; select 1"], "p1"),
    (["set search_path = p1", "set search_path = p2; set search_path = tavana_catalog", "discard all", "set search_path = tavana_catalog", "set search_path = p2"], "p2"),
    (["set search_path = p3", "begin", "set search_path = p1", "drop schema p3", "commit"], "p1"),
])
def test_what_show_says_select_reads(script, want, wire):
    wire.ask(Q("create schema if not exists p1; create schema if not exists p2; create schema if not exists p3; create or replace table p1.t_of_path as select 'p1' x; "
               "create or replace table p2.t_of_path as select 'p2' x"))
    for sql in script:
        wire.ask(Q(sql))
    assert [one(wire, sql) for sql in PATHS] == [want, want]
    assert one(wire, "select timestamptz '2024-01-01 00:00:00+00'") == "2024-01-01 00:00:00+00"


def test_a_path_of_schemas_that_are_gone(server):
    """As PostgreSQL: they are passed over, and the rest is searched."""
    with server.wire() as w, server.wire() as other:
        w.ask(Q("create schema if not exists gone; create schema if not exists kept; create or replace table kept.k_of_kept as select 5 a; set search_path = gone, kept"))
        w.ask(Q("begin; set search_path = main"))
        assert "err" not in str(other.ask(Q("drop schema gone cascade")))
        w.ask(Q("rollback"))
        assert (one(w, "show search_path"), one(w, "select a from k_of_kept")) == ("gone, kept", "5")
    for path in ("kept", "nosuch,kept"):
        with server.wire(options=f"-c search_path={path}") as w:
            assert one(w, "select a from k_of_kept") == "5"
            w.ask(Q("discard all"))
            assert (one(w, "show search_path"), one(w, "select a from k_of_kept")) == (path, "5")
            w.ask(Q("set search_path = main"))
            assert w.ask(Q("select a from k_of_kept"))[0] == "err:42P01"
            w.ask(Q("reset search_path"))
            assert one(w, "select a from k_of_kept") == "5"


def test_a_plan_that_is_kept_follows_the_path_and_the_zone(wire):
    wire.ask(Q("create schema if not exists k1; create schema if not exists k2; create or replace table k1.kp as select 'k1' x; create or replace table k2.kp as select 'k2' x"))
    wire.ask(Q("set search_path = k1"))
    wire.ask(P("select x from kp where $1 = 1", "s", [23]), S)
    for path in ("k1", "k2", "k1"):
        wire.ask(Q(f"set search_path = {path}; set timezone = '{'Asia/Tokyo' if path == 'k2' else 'UTC'}'"))
        for _ in range(4):
            assert one(wire, "select x from kp") == path
            assert (path,) in wire.ask(B("", "s", ["1"]), E(), S)
            assert one(wire, "select timestamptz '2024-01-01 00:00:00'::text") == ("2024-01-01 00:00:00+09" if path == "k2" else "2024-01-01 00:00:00+00")


@pytest.mark.parametrize("names", ["pg_cursors", "pg_prepared_statements"])
def test_a_statement_that_names_the_session_survives_a_failure(names, wire):
    again = [B("", "s"), D(), E(), S]
    wire.ask(Q("create or replace table goes as select 7 a"))
    wire.ask(P(f"select a, (select count(*) from {names}) >= 0 from goes", "s"), S)
    before = wire.ask(*again)
    assert ("7", "t") in before
    wire.ask(Q("drop table goes"))
    for _ in range(2):
        assert "err:42P01" in wire.ask(*again)
    assert ("T" if WORKERS else "err:42P01") in wire.ask(D("S", "s"), S)
    wire.ask(Q("create table goes as select 7 a"))
    assert wire.ask(*again) == before


@pytest.mark.parametrize("sql, value", [
    ("set variable v = (select 1 + 2)", "3"), ("SET /* c */ VARIABLE v TO (select [1, 2])", "{1,2}"), ('set variable "v" = upper(\'(a)\')', "(A)"),
    ("-- (\nset variable v = '('", "("), ("set variable v = null", None), ("set variable v = (select null::date)", None),
    ("set variable v = (select {'a': 1, 'b': 'x'})", '{"a":1,"b":"x"}'), ("set variable v = coalesce(getvariable('v'), 7)", "7")])
def test_variables(sql, value, wire):
    for ask in ((Q(sql),), (P(sql), B(), E(), S)):
        assert wire.ask(Q("reset variable v")) == ['cc"RESET"', "Z:I"]
        assert wire.ask(*ask)[-2] == 'cc"SET"'
        assert one(wire, "select getvariable('v')::varchar as v") == value
    assert wire.ask(Q("set variable v = (select 1/0 from no_such)")) == ["err:42P01", "Z:I"] and one(wire, "select getvariable('v')::varchar as v") == value
    assert wire.ask(Q("set variable v = error('x')"))[-1] == "Z:I" and one(wire, "select getvariable('v')::varchar as v") == value
    wire.ask(Q("set variable v = nope(1)"))
    assert wire.last_error["P"] == "18"


CONFLICTS = [  # of two transactions that have both read the table cf (i, n)
    ("update cf set n = 1 where i = 1", "update cf set n = 2 where i = 1"), ("delete from cf", "delete from cf where i = 1"), ("truncate cf", "update cf set n = 1"),
    ("alter table cf add column z int", "insert into cf values (1, 2)"), ("insert into cf values (1, 2)", "alter table cf add column z int"),
    ("alter table cf add column z int", "alter table cf add column y int"), ("drop table cf", "insert into cf values (1, 2)"),
    ("drop table cf", "update cf set n = 1"), ("drop table cf", "delete from cf"), ("drop table cf", "drop table cf"), ("drop table cf", "alter table cf add column y int"),
    ("create table cf_made (a int)", "create table cf_made (a int)"), ("create schema cf_made", "create schema cf_made"),
    ("create or replace table cf as select 1 as i", "create or replace table cf as select 1 as i")]


def conflicts(server):
    """The SQLSTATEs of those that came second, whether they hear of it at once or at COMMIT."""
    for first, second in CONFLICTS:
        with server.wire() as w, server.wire() as v:
            w.ask(Q("drop table if exists cf_made"), Q("drop schema if exists cf_made"), Q("create or replace table cf as select i, 0 as n from range(5) t(i)"))
            for x in (w, v):
                x.ask(Q("begin"), Q("select * from cf"))
            notes = [x.ask(Q(sql))[-2] for x, sql in ((w, first), (v, second), (w, "commit"), (v, "commit"))]
            errors = [n for n in notes if n.startswith("err:")]
            yield first, second, errors, [n for n in notes if n == 'cc"COMMIT"']


@pytest.mark.skipif(WORKERS > 1, reason="they share a lake, which tries again for seconds each time")
def test_conflicts_of_transactions_are_40001(server):
    for first, second, errors, commits in conflicts(server):
        if "truncate" not in first:  # of the engine's own table: the rows of the update are gone, and that is all
            assert errors == ["err:40001"] and len(commits) == 1, (first, second, errors, commits)


@pytest.mark.skipif(not all(e.exists() for e in LAKE_EXTENSIONS), reason="no extensions")
def test_conflicts_in_a_lake_are_40001(make_server, tmp_path):
    """DuckLake tells of them as of keys of its own catalog."""
    (tmp_path / "init.sql").write_text(f"set ducklake_max_retry_count = 1; attach 'ducklake:{tmp_path}/meta.db' as lake (data_path '{tmp_path}/data/');")
    server = make_server("--init", tmp_path / "init.sql", "--extensions", LAKE_EXTENSIONS[0], "--default-catalog", "lake", "--allowed-directories", tmp_path)
    for first, second, errors, commits in conflicts(server):
        assert errors == ["err:40001"] and len(commits) == 1, (first, second, errors, commits)


@pytest.mark.parametrize("name", ["max_prepared_transactions", "fsync", "archive_mode", "shared_preload_libraries", "max_function_args", "cluster_name"])
def test_settings_that_have_but_one_value_here(name, either):
    with either.wire() as w:
        shown = one(w, f"show {name}")
        assert shown == {"max_prepared_transactions": "0", "fsync": "off" if "postgres" in str(type(either)).lower() else "on", "archive_mode": "off", "max_function_args": "100"}.get(name, "")
        assert one(w, f"select current_setting('{name}')") == one(w, f"select setting from pg_settings where name = '{name}'") == shown
        assert "err:55P02" in w.ask(Q(f"set {name} = {'1' if name.startswith('max') else 'on'}"))
        assert w.ask(Q("show no_such_setting"))[0] == "err:42704"
