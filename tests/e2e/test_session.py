"""What a session keeps, sets and forgets; and the engine's own SQL."""

import pytest

from wire import B, D, E, P, Q, S


def one(w, sql):
    notes = w.ask(Q(sql))
    assert isinstance(notes[1], tuple), notes
    return notes[1][0]


@pytest.mark.parametrize("set_to, shows", [("'5s'", "5s"), ("1500", "1500ms"), ("'2 min'", "2min"), ("0", "0"), ("default", "0")])
def test_units(set_to, shows, wire):
    assert wire.ask(Q(f"set statement_timeout = {set_to}"))[0] == 'cc"SET"'
    assert one(wire, "show statement_timeout") == shows


@pytest.mark.parametrize("sql, code", [
    ("set client_encoding = 'LATIN1'", "22023"), ("set DateStyle = 'German'", "0A000"), ("set IntervalStyle = 'iso_8601'", "0A000"),
    ("set standard_conforming_strings = off", "0A000"), ("set server_version = '1'", "55P02"), ("set max_connections = 1", "55P02"),
    ("set timezone = 'Nowhere/City'", "22023"), ("set statement_timeout = 'soon'", "22023"), ("set extra_float_digits = 9", "22023"),
    ("set role other", "42501"), ("listen x", "0A000"), ("notify x", "0A000"), ("lock table x", "0A000"), ("do $$ begin end $$", "0A000"),
    ("prepare transaction 'x'", "0A000"), ("set search_path = no_such_schema", "3F000")])
def test_what_is_not_done_says_so(sql, code, wire):
    assert f"err:{code}" in wire.ask(Q(sql))
    assert wire.ask(Q("select 1"))[1] == ("1",)


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
    assert one(wire, "select current_schema()") == "main"


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


def test_savepoint_after_a_write(wire):
    wire.ask(Q("create or replace table sv (a int)"))
    wire.ask(Q("begin; insert into sv values (1)"))
    assert wire.ask(Q("savepoint a"))[0] == "err:0A000" and "subtransactions" in wire.last_error["D"]
    wire.ask(Q("rollback"))


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
