"""What goes over the wire, message by message, beside a real PostgreSQL 15. A script is a list of steps; each step is sent
whole and answered up to its last ReadyForQuery. Both servers have to give the same notes."""

import re
import struct

import pytest

from wire import B, C, D, E, H, P, PROTOCOL_3_2, Q, S, X, Closed, Error, Wire, cancel, message

THREE = "select * from (values (1), (2), (3)) v(x)"
SCRIPTS = {
    "one row": [[Q("select 1")]],
    "several statements": [[Q("select 1; select 'a', 'b'; select 3")]],
    "empty": [[Q("")], [Q(";")], [Q("  -- only a comment\n")], [Q("; ;select 1;")]],
    "syntax error": [[Q("selec 1")], [Q("select 1; selec 2")], [Q("select 1")]],
    "unknown table": [[Q("select * from no_such_table")]],
    "unknown column": [[Q("select no_such_column from (select 1 a) t")]],
    "unknown function": [[Q("select no_such_function(1)")]],
    "division": [[Q("select 1 where 1 = 2")]],
    "tags": [[Q("create table tags (a int)")], [Q("insert into tags values (1), (2)")], [Q("update tags set a = a + 1")],
             [Q("select * from tags order by a")], [Q("delete from tags where a = 2")], [Q("insert into tags select 5")],
             [Q("create view tags_v as select * from tags")], [Q("drop view tags_v")], [Q("drop table tags")],
             [Q("create schema tags_s")], [Q("drop schema tags_s")]],
    "returning": [[Q("create table ret (a int, b text)")], [Q("insert into ret values (1, 'x'), (2, 'y') returning a, b")],
                  [Q("update ret set b = 'z' where a = 2 returning b")], [Q("delete from ret where a = 1 returning *")],
                  [Q("drop table ret")]],
    "transaction status": [[Q("begin")], [Q("select 1")], [Q("commit")], [Q("begin")], [Q("selec")], [Q("select 1")],
                           [Q("commit")], [Q("select 1")]],
    "rollback of a failed transaction": [[Q("begin")], [Q("select * from no_such_table")], [Q("rollback")], [Q("select 1")]],
    "begin twice": [[Q("begin")], [Q("begin")], [Q("rollback")]],
    "commit outside": [[Q("commit")], [Q("rollback")], [Q("end")], [Q("abort")]],
    "start transaction": [[Q("start transaction isolation level serializable read only")], [Q("select 1")], [Q("end")]],
    "read only": [[Q("create table ro (a int)")], [Q("begin read only")], [Q("insert into ro values (1)")], [Q("rollback")],
                  [Q("drop table ro")]],
    "several statements are one transaction": [
        [Q("create table multi (a int)")],
        [Q("insert into multi values (1); insert into multi values (2); select * from no_such_table")],
        [Q("select * from multi")],
        [Q("insert into multi values (1); commit; insert into multi values (2); select * from no_such_table")],
        [Q("select * from multi")], [Q("drop table multi")]],
    "begin in the middle": [[Q("create table mid (a int)")], [Q("insert into mid values (1); begin; insert into mid values (2)")],
                            [Q("rollback")], [Q("select * from mid")], [Q("drop table mid")]],
    "parse bind execute": [[P("select 1"), B(), D(), E(), S]],
    "statement described": [[P("select $1::int + 1", "s"), D("S", "s"), S], [B("", "s", ["41"]), E(), S], [C("S", "s"), S]],
    "no data": [[P("begin"), D("S"), B(), D(), E(), S], [P("rollback"), B(), D(), E(), S]],
    "describe ddl": [[P("create table dd (a int)"), D("S"), B(), D(), E(), S], [Q("drop table dd")]],
    "empty statement": [[P(""), D("S"), B(), D(), E(), S]],
    "max rows": [[Q("begin")], [P(THREE), B("p"), E(2, "p"), E(2, "p"), E(2, "p"), S], [Q("commit")]],
    "max rows off by one": [[Q("begin")], [P("select * from (values (1), (2)) v(x)"), B("p"), E(1, "p"), E(1, "p"), E(1, "p"), S],
                            [B("q"), E(2, "q"), E(2, "q"), S], [B("r"), E(3, "r"), S], [B("s"), E(-5, "s"), S], [Q("commit")]],
    "portal outlives sync in a transaction": [[Q("begin")], [P(THREE), B("p"), E(1, "p"), S], [E(1, "p"), S], [Q("select 9")],
                                              [E(0, "p"), S], [Q("commit")], [E(0, "p"), S]],
    "portal ends at sync": [[P(THREE), B("p"), E(1, "p"), S], [E(1, "p"), S]],
    "simple query destroys the unnamed": [[Q("begin")], [P(THREE), B(), E(1), S], [Q("select 1")], [E(1), S], [Q("rollback")],
                                          [Q("begin")], [B(), S], [Q("rollback")]],
    "two portals on one statement": [[Q("begin")], [P("select x + $1 from (values (1), (2), (3)) v(x)", "s", [23]),
                                                   B("a", "s", ["10"]), B("b", "s", ["20"]), E(1, "a"), E(1, "b"), S],
                                     [E(1, "a"), E(2, "b"), E(0, "a"), E(0, "b"), S], [Q("commit")], [C("S", "s"), S]],
    "closing the statement leaves its portal": [[Q("begin")], [P(THREE, "s"), B("p", "s"), E(1, "p"), C("S", "s"), E(1, "p"), S],
                                                [E(0, "p"), S], [Q("rollback")]],
    "duplicates": [[P("select 1", "s"), S], [P("select 2", "s"), S], [C("S", "s"), S], [Q("begin")],
                   [P("select 1"), B("p"), B("p"), S], [Q("rollback")]],
    "unknown names": [[B("", "nope"), S], [E(0, "nope"), S], [D("S", "nope"), S], [D("P", "nope"), S], [C("S", "nope"), S],
                      [C("P", "nope"), S], [B(), S]],
    "skip to sync": [[P("selec"), B(), D(), E(), S], [P("select 1"), B(), E(), S]],
    "error in execute": [[P("select * from (values (1), (0)) v(x)"), B(), E(), E(), S]],
    "one ready for each sync": [[S, S, P("selec"), S, S]],
    "pipeline is a transaction": [
        [Q("create table pipe (a int)")],
        [P("insert into pipe values (1)"), B(), E(), P("insert into pipe values (2)"), B(), E(), P("select * from no_such"), B(), E(), S],
        [Q("select * from pipe")],
        [P("insert into pipe values (3)"), B(), E(), P("insert into pipe values (4)"), B(), E(), S],
        [Q("select * from pipe order by a")], [Q("drop table pipe")]],
    "two statements in a parse": [[P("select 1; select 2"), S]],
    "wrong number of parameters": [[P("select $1::int", "s"), S], [B("", "s"), S], [B("", "s", ["1", "2"]), S],
                                   [B("", "s", ["1"], [0, 0]), S], [B("", "s", ["1"], [], [0, 0]), S], [C("S", "s"), S]],
    "bad value": [[P("select $1::int", oids=[23]), B("", "", ["abc"]), E(), S], [P("select $1::int", oids=[23]), B("", "", [b"\0\1"], [1]), E(), S]],
    "rowless portal runs once": [[Q("begin")], [P("create table once (a int)"), B("p"), E(0, "p"), E(0, "p"), S], [Q("rollback")]],
    "failed transaction in extended": [[Q("begin")], [Q("selec")], [P("select 1"), S], [P("rollback"), B(), E(), S]],
    "commit of a failed transaction in extended": [[Q("begin")], [Q("selec")], [P("commit"), B(), E(), S], [Q("select 1")]],
    "returning in extended": [[Q("create table rx (a int)")], [Q("begin")],
                              [P("insert into rx values (1), (2), (3) returning a"), B("p"), E(2, "p"), E(2, "p"), S], [Q("rollback")],
                              [Q("drop table rx")]],
    "copy messages out of place": [[message("d", b"x"), message("c"), Q("select 1")]],
    "prepare and execute": [[Q("prepare px as select 7")], [Q("execute px")], [Q("prepare px as select 8")], [Q("execute px(1)")],
                            [Q("deallocate px")], [Q("execute px")], [Q("deallocate px")], [Q("deallocate all")]],
    "prepare with types": [[Q("prepare pt (int, text) as select $1 + 1, $2")], [Q("execute pt (4, 'it''s')")],
                           [B("", "pt", ["5", "x"]), E(), S], [Q("deallocate pt")]],
    "commit ends portals": [[Q("begin")], [P(THREE), B("p"), E(1, "p"), P("commit"), B(), E(), E(1, "p"), S]],
    "describe of a portal": [[P("select 1::int4, 'a'::text"), B("", "", (), (), [1, 0]), D(), S]],
    "set and show": [[Q("set application_name = 'x'; show application_name")], [Q("reset application_name")],
                     [Q("set no_such_parameter = 1")], [Q("show no_such_parameter")], [Q("set statement_timeout = '5s'")],
                     [Q("show statement_timeout")], [Q("reset all")]],
    "set is undone": [[Q("begin; set application_name = 'y'; rollback; show application_name")],
                      [Q("begin"), Q("set local application_name = 'z'"), Q("show application_name"), Q("commit"), Q("show application_name")]],
    "savepoint outside": [[Q("savepoint a")], [Q("release a")], [Q("rollback to a")]],
    "savepoints": [[Q("begin")], [Q("savepoint a")], [Q("select 1")], [Q("selec")], [Q("select 1")], [Q("savepoint b")], [Q("rollback to a")],
                   [Q("select 2")], [Q("savepoint b")], [Q("release a")], [Q("rollback to b")], [Q("rollback")]],
    "write after a savepoint": [[Q("create table spt (a int)")], [Q("begin")], [Q("savepoint a")], [Q("insert into spt values (1)")],
                                [Q("rollback to savepoint a")], [Q("insert into spt values (2)")], [Q("release savepoint a")], [Q("commit")],
                                [Q("select * from spt")], [Q("drop table spt")]],
    "discard": [[Q("discard plans")], [Q("begin")], [Q("discard all")], [Q("rollback")]],
    "unlisten": [[Q("unlisten *")], [Q("close all")]],
    "close of what is not there": [[Q("close nope")]],
    "wrong portal kind": [[message("D", b"X\0"), S], [message("C", b"X\0"), S]],
    "sql state of constraint": [[Q("create table con (a int primary key)")], [Q("insert into con values (1), (1)")],
                                [Q("insert into con values (null)")], [Q("drop table con")]],
    "table exists": [[Q("create table ex (a int)")], [Q("create table ex (a int)")], [Q("drop table ex")], [Q("drop table ex")]],
}


def run(server, steps):
    notes = []
    with server.wire() as w:
        for step in steps:
            notes.append(w.ask(*step))
    return notes


@pytest.mark.parametrize("name", SCRIPTS)
def test_as_postgresql(name, server, postgres):
    want, got = run(postgres, SCRIPTS[name]), run(server, SCRIPTS[name])
    assert got == want


def test_extended_protocol_flush(wire):
    wire.send(P(THREE), B("p"), E(1, "p"), H)
    assert wire.notes(4) == ["1", "2", ("1",), "susp"]
    wire.send(E(1, "p"), H)
    assert wire.notes(2) == [("2",), "susp"]
    assert wire.ask(E(0, "p"), S) == [("3",), 'cc"SELECT 1"', "Z:I"]


def test_a_query_is_skipped_too(wire):
    assert wire.ask(P("selec"), Q("select 1"), S, syncs=1) == ["err:42601", "Z:I"]


def test_fatal_on_unknown_message(server, wire):
    wire.send(message("!", b"what"))
    assert wire.until_ready() == ["fatal:08P01", "closed"]


@pytest.mark.parametrize("kind, payload", [("P", b"no end"), ("B", b"\0\0\xff\xff"), ("E", b"\0"), ("P", b"\0select 1\0\0\5"),
                                           ("B", b"\0\0\0\0\0\1\0\0\0\x63x")])
def test_malformed_message_is_an_error(wire, kind, payload):
    assert wire.ask(message(kind, payload), S) == ["err:08P01", "Z:I"]
    assert wire.ask(Q("select 1")) == ["T", ("1",), 'cc"SELECT 1"', "Z:I"]


def test_invalid_utf8(wire):
    assert wire.ask(message("Q", b"select '\xff'\0")) == ["err:22021", "Z:I"]
    assert wire.ask(P("select $1::text"), B("", "", [b"\xc3"]), E(), S)[-2:] == ["err:22021", "Z:I"]


def test_cached_plan_must_not_change(wire):
    wire.ask(Q("create or replace table cp as select 1 a"))
    assert wire.ask(P("select * from cp", "s"), D("S", "s"), S)[:3] == ["1", "t", "T"]
    assert wire.ask(B("", "s"), E(), S) == ["2", ("1",), 'cc"SELECT 1"', "Z:I"]
    wire.ask(Q("create or replace table cp as select 'x' a, 2 b"))
    notes = wire.ask(B("", "s"), E(), S)
    assert "err:0A000" in notes and wire.last_error["M"] == "cached plan must not change result type"
    assert wire.ask(P("select * from cp", "s2"), B("", "s2"), E(), S) == ["1", "2", ("x", "2"), 'cc"SELECT 1"', "Z:I"]


def test_parameters_at_start(server):
    with server.wire(application_name="app", options="-c statement_timeout=7s --search-path=main", DateStyle="ISO",
                     TimeZone="Europe/Berlin") as w:
        p = w.parameters
        assert re.match(r"15\.\d+ \(Tavana ", p["server_version"])
        assert p["server_encoding"] == p["client_encoding"] == "UTF8"
        assert p["integer_datetimes"] == p["standard_conforming_strings"] == "on"
        assert p["in_hot_standby"] == p["default_transaction_read_only"] == p["is_superuser"] == "off"
        assert (p["application_name"], p["TimeZone"], p["DateStyle"], p["IntervalStyle"]) == (
            "app", "Europe/Berlin", "ISO, MDY", "postgres")
        assert p["session_authorization"] == "tester"
        assert w.ask(Q("show statement_timeout"))[1] == ("7s",)
        assert w.ask(Q("select timestamptz '2024-07-01 00:00:00+00'"))[1] == ("2024-07-01 02:00:00+02",)


def test_parameter_status_comes_before_ready(wire):
    assert wire.ask(Q("set timezone = 'UTC'"), quiet="K") == ['cc"SET"', "ps:TimeZone=UTC", "Z:I"]
    assert wire.ask(Q("begin; set timezone = 'Asia/Tokyo'"), quiet="K")[-2:] == ["ps:TimeZone=Asia/Tokyo", "Z:T"]
    assert wire.ask(Q("rollback"), quiet="K") == ['cc"ROLLBACK"', "ps:TimeZone=UTC", "Z:I"]


def test_bad_start_parameters(server):
    for params in ({"client_encoding": "KOI8R"}, {"options": "-c no_such=1"}, {"options": "--"}, {"no_such": "1"},
                   {"user": ""}, {"replication": "true"}):
        with pytest.raises(Error):
            server.wire(**params)


def test_protocol_3_2(server):
    with server.wire(protocol=PROTOCOL_3_2) as w:
        assert w.negotiated is None and len(w.key) == 32
    with server.wire() as w:
        assert len(w.key) == 4
    with server.wire(protocol=PROTOCOL_3_2 + 7, **{"_pq_.what": "1"}) as w:
        assert w.negotiated in (2, PROTOCOL_3_2) and len(w.key) == 32


def test_old_protocol_is_refused(server):
    with pytest.raises(Error) as e:
        server.wire(protocol=131072)
    assert e.value.fields["C"] in ("0A000", "08P01")


def test_ssl_and_gss_without_tls(server):
    w = server.wire(start=False)
    for code in (80877103, 80877104):
        w.send(struct.pack("!ii", 8, code))
        assert w.sock.recv(1) == b"N"
    w.start("tester", "db", None, 196608)
    assert w.ask(Q("select 1"))[1] == ("1",)


def test_terminate(wire):
    wire.send(X)
    with pytest.raises(Closed):
        wire.next()


def test_error_position(wire):
    assert wire.ask(Q("select 'ä', nope from (select 1) t"))[0] == "err:42703"
    assert wire.last_error["P"] == "13"
    wire.ask(Q("select 1; select\n  nope from (select 1) t"))
    assert wire.last_error["P"] == "20"
