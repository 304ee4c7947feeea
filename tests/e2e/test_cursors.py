"""Cursors and portals: every script gives the same messages on a real PostgreSQL 15; limits, idle ones and the spool on
Tavana alone."""

import contextlib
import pathlib
import random
import signal
import threading
import time

import asyncpg
import psycopg
import pytest

from conftest import Server
from wire import B, C, D, E, P, Q, S, cancel

SIX = "select x, 'v' || x as v from (values (1), (2), (3), (4), (5), (6)) t(x) order by x"
BEGIN, COMMIT, ROLLBACK = [Q("begin")], [Q("commit")], [Q("rollback")]

# Long enough to be encoded while the engine scans (backend/local_direct.c), in the formats that are expected.
LONG = """create table if not exists cur_long as select i as a, 'text of row ' || i as b, (i * 7)::bigint as c, i::float8 / 8 as d,
              timestamptz '2000-01-01 00:00:00+00' + i * interval '1 hour' as e, date '1992-01-01' + i as f
          from generate_series(1, 30000) t(i)"""


def scroll(*commands, declare="scroll"):
    """Each command by itself, on a cursor of six rows."""
    return [BEGIN, [Q(f"declare c {declare} cursor for {SIX}")], *[[Q(f"{c} c")] for c in commands], ROLLBACK]


SCRIPTS = {
    "forward": scroll("fetch", "fetch 2", "fetch next from", "fetch forward 1", "fetch all", "fetch", "fetch all", declare=""),
    "forward to the very end": scroll("fetch 6", "fetch 1", "fetch 1", declare="no scroll"),
    "no scroll refuses": [step for command in ("fetch prior", "fetch -1", "fetch backward 2", "fetch first", "fetch 0",
                                               "fetch absolute 1", "fetch relative -1", "fetch last", "move backward all")
                          for step in scroll("fetch 2", command, declare="no scroll")],
    "no scroll allows what goes on": scroll("fetch first", "fetch absolute 3", "fetch relative 1", "fetch absolute 6",
                                            "move backward all", declare="no scroll"),
    "no scroll at the start": scroll("fetch 0", "move backward all", "fetch absolute 0", "fetch 1", declare="no scroll"),
    "every direction": scroll("fetch prior", "fetch next", "fetch last", "fetch next", "fetch next", "fetch prior", "fetch first",
                              "fetch prior", "fetch prior", "fetch absolute 3", "fetch absolute -2", "fetch absolute 0",
                              "fetch next", "fetch relative 2", "fetch relative -1", "fetch relative 0", "fetch 0",
                              "fetch forward 0", "fetch backward 0", "fetch backward all", "fetch 2", "fetch backward 1",
                              "fetch forward all", "fetch 0", "fetch backward 3", "fetch -1", "fetch absolute 9",
                              "fetch absolute -9", "fetch relative 9", "fetch relative -9", "fetch absolute 6",
                              "fetch absolute 1"),
    "moves": scroll("move", "move 2", "fetch 0", "move 0", "move all", "move 0", "fetch prior", "move backward all", "move 0",
                    "move last", "fetch 0", "move absolute 4", "fetch relative 0", "move -2", "fetch next", "move first",
                    "move backward 9", "move forward 9", "move backward all", "fetch all", "move backward 2", "fetch 1"),
    "no rows": [BEGIN, [Q("declare c scroll cursor for select 1 where 1 = 2")],
                *[[Q(f"{c} c")] for c in ("fetch", "fetch prior", "fetch last", "fetch 0", "move all", "move backward all",
                                          "fetch absolute -1", "fetch absolute 1", "fetch backward all")], ROLLBACK],
    "names": [BEGIN, [Q('declare "Upper C" cursor for select 1')], [Q('fetch "Upper C"')], [Q("fetch Upper")], ROLLBACK,
              BEGIN, [Q("declare MiXed cursor for select 1")], [Q("fetch mixed")], [Q("close MIXED")], [Q("fetch mixed")],
              ROLLBACK],
    "twice": [BEGIN, [Q("declare c cursor for select 1")], [Q("declare c cursor for select 2")], ROLLBACK],
    "again after close": [BEGIN, [Q("declare c cursor for select 1")], [Q("close c")], [Q("declare c cursor for select 2")],
                          [Q("fetch c")], COMMIT, [Q("fetch c")]],
    "not there": [[Q("fetch c")], [Q("close c")], [Q("move c")], [Q('fetch ""')]],
    "outside a transaction": [[Q("declare c cursor for select 1")], [P("declare c cursor for select 1"), B(), E(), S]],
    "in one query": [[Q(f"declare c cursor for {SIX}; fetch 2 c; fetch 1 c; close c")],
                     [Q(f"declare c cursor for {SIX}; fetch 2 c")], [Q("fetch c")]],
    "close": [BEGIN, [Q("declare a cursor for select 1")], [Q("declare b cursor for select 1")], [Q("close a")], [Q("close all")],
              [Q("fetch b")], ROLLBACK, [Q("close all")]],
    "close all ends portals": [BEGIN, [P(SIX), B("p"), E(1, "p"), S], [Q("close all")], [E(1, "p"), S], ROLLBACK],
    "hold survives commit": [BEGIN, [Q(f"declare c cursor with hold for {SIX}")], [Q("fetch 2 c")], COMMIT, [Q("fetch 2 c")],
                             [Q("select 1")], [Q("fetch 9 c")], [Q("close c")], [Q("fetch c")]],
    "hold and scroll": [BEGIN, [Q(f"declare c scroll cursor with hold for {SIX}")], [Q("fetch 4 c")], COMMIT,
                        [Q("fetch backward 2 c")], [Q("fetch last c")], [Q("fetch 1 c")], [Q("fetch first c")], [Q("close c")]],
    "hold does not survive rollback": [BEGIN, [Q("declare c cursor with hold for select 1")], ROLLBACK, [Q("fetch c")]],
    "hold at once": [[Q(f"declare c cursor with hold for {SIX}")], [Q("fetch 2 c")], BEGIN, [Q("fetch 2 c")], ROLLBACK,
                     [Q("fetch 1 c")], [Q("select * from no_such_table")], [Q("fetch 1 c")], [Q("close c")]],
    "hold of an earlier transaction": [[Q(f"declare c cursor with hold for {SIX}")], BEGIN, [Q("fetch 1 c")],
                                       [Q("select * from no_such_table")], [Q("fetch 1 c")], ROLLBACK, [Q("fetch 1 c")],
                                       [Q("close c")]],
    "hold at the end": [BEGIN, [Q(f"declare c scroll cursor with hold for {SIX}")], [Q("fetch all c")], COMMIT,
                        [Q("fetch 1 c")], [Q("fetch backward 2 c")], [Q("close c")]],
    "hold through sync": [[P(f"declare c cursor with hold for {SIX}"), B(), E(), S], [Q("fetch 3 c")], [Q("close c")]],
    "discard all": [[Q("declare c cursor with hold for select 1")], [Q("discard all")], [Q("fetch c")]],
    "error kills cursors": [BEGIN, [Q("declare c cursor for select 1")], [Q("select * from no_such_table")], [Q("fetch c")],
                            ROLLBACK, [Q("fetch c")]],
    "savepoints": [BEGIN, [Q(f"declare a cursor for {SIX}")], [Q("fetch 1 a")], [Q("savepoint s")],
                   [Q(f"declare b cursor for {SIX}")], [Q("fetch 1 b")], [Q("fetch 1 a")], [Q("rollback to s")], [Q("fetch 1 a")],
                   [Q("fetch 1 b")], [Q("rollback to s")], [Q("fetch 1 a")], [Q("commit")]],
    "release": [BEGIN, [Q("savepoint s")], [Q(f"declare b cursor for {SIX}")], [Q("release s")], [Q("fetch 1 b")], COMMIT],
    "binary": [BEGIN, [Q("declare c binary cursor for select 1::int as one, 'x'::text as two")], [Q("fetch c")], ROLLBACK],
    "binary in extended": [BEGIN, [Q("declare c binary cursor for select 65::int as one")],
                           [P("fetch c"), B(), D(), E(), S], ROLLBACK],
    "text and binary": [BEGIN, [Q(f"declare c cursor for {SIX}")], [P("fetch 1 c", "f"), B("", "f", results=[1]), D(), E(), S],
                        [B("", "f"), D(), E(), S], ROLLBACK, [C("S", "f"), S]],
    "parameters": [BEGIN, [P("declare c cursor for select x from (values (1), (2), (3)) t(x) where x > $1 order by x", oids=[23]), D("S"),
                           B(params=["1"]), D(), E(), S], [Q("fetch all c")], ROLLBACK],
    "declare twice runs once": [BEGIN, [P("declare c cursor for select 1"), B("p"), E(0, "p"), E(0, "p"), S], ROLLBACK],
    "extended fetch": [BEGIN, [Q(f"declare c cursor for {SIX}")],
                       [P("fetch 4 c", "f"), D("S", "f"), B("p", "f"), D("P", "p"), E(1, "p"), E(2, "p"), E(9, "p"), E(9, "p"), S],
                       [P("fetch 9 c"), B(), E(), E(), S], [P("move 1 c"), D("S"), B(), D(), E(), S], ROLLBACK],
    "fetch takes its rows when first run": [BEGIN, [Q(f"declare c cursor for {SIX}")], [P("fetch 2 c"), B("a"), S],
                                            [Q("fetch 2 c")], [E(1, "a"), S], [Q("fetch 2 c")], [E(0, "a"), S], ROLLBACK],
    "fetch described without its cursor": [BEGIN, [P("fetch c", "f"), D("S", "f"), S], [Q("declare c cursor for select 1")],
                                           [B("", "f"), D(), E(), S], [P("fetch d"), B(), D(), E(), S], ROLLBACK],
    "close in extended": [BEGIN, [Q("declare c cursor for select 1")], [P("close c"), D("S"), B(), D(), E(), S], ROLLBACK],
    "portal protocol on a cursor": [BEGIN, [Q(f"declare c cursor for {SIX}")], [D("P", "c"), E(2, "c"), S], [Q("fetch 1 c")],
                                    [E(0, "c"), S], [E(0, "c"), S], [C("P", "c"), S], [Q("fetch c")], ROLLBACK],
    "bind over a cursor": [BEGIN, [Q("declare c cursor for select 1")], [P("select 1"), B("c"), S], ROLLBACK],
    "declare over a portal": [BEGIN, [P(SIX), B("c"), S], [Q("declare c cursor for select 1")], ROLLBACK],
    "fetch from a portal": [BEGIN, [P(SIX), B("p"), E(1, "p"), S], [Q("fetch 2 p")], [E(1, "p"), S], [Q("fetch backward 1 p")],
                            ROLLBACK],
    "fetch from a bound portal": [BEGIN, [P(SIX), B("p"), S], [Q("fetch 2 p")], [Q("move 1 p")], [E(0, "p"), S], [Q("close p")],
                                  [E(0, "p"), S], ROLLBACK],
    "fetch from returning": [[Q("create table cur_ret (a int)")], BEGIN,
                             [P("insert into cur_ret values (1), (2), (3) returning a"), B("p"), S], [Q("fetch 2 p")],
                             [E(0, "p"), S], COMMIT, [Q("select count(*) from cur_ret")], [Q("drop table cur_ret")]],
    "fetch from itself": [BEGIN, [P("select 1"), B("x"), S], [P("fetch p", "f"), B("p", "f"), E(0, "p"), S], ROLLBACK,
                          [C("S", "f"), S]],
    "snapshot": [[Q("create table cur_snap (a int)")], [Q("insert into cur_snap values (1), (2), (3)")], BEGIN,
                 [Q("declare c cursor for select a from cur_snap order by a")], [Q("fetch 1 c")],
                 [Q("insert into cur_snap values (0), (4)")], [Q("delete from cur_snap where a = 2")], [Q("fetch all c")],
                 [Q("declare d cursor for select a from cur_snap order by a")], [Q("update cur_snap set a = a + 10")],
                 [Q("fetch all d")], ROLLBACK, [Q("drop table cur_snap")]],
    "snapshot of a bound portal": [[Q("create table cur_bound (a int)")], [Q("insert into cur_bound values (1)")], BEGIN,
                                   [P("select a from cur_bound order by a"), B("p"), S], [Q("insert into cur_bound values (2)")],
                                   [E(0, "p"), S], ROLLBACK, [Q("drop table cur_bound")]],
    "pg_cursors": [BEGIN, [Q("declare a scroll cursor for select 1")], [Q("declare b binary no scroll cursor with hold for select 2")],
                   [P("select 3"), B("p"), S],
                   [Q("select name, statement, is_holdable, is_binary, is_scrollable from pg_cursors order by name")],
                   [Q("close a")], [Q("select name from pg_cursors order by name")], ROLLBACK,
                   [Q("select count(*) from pg_cursors")]],
    "pg_cursors prepared": [[P("select name from pg_cursors where name <> '' order by name", "l"), S], BEGIN,
                            [Q("declare a no scroll cursor for select 1")], [B("", "l"), E(), S],
                            [Q("declare b no scroll cursor for select 1")], [B("", "l"), E(), S], ROLLBACK, [C("S", "l"), S]],
    "pg_prepared_statements": [[Q("prepare one as select $1::int")], [P("select $1::text, $2::int8", "two"), S],
                               [Q("select name, statement, from_sql from pg_prepared_statements order by name")],
                               [Q("deallocate all")]],
    "wrong declarations": [BEGIN, [Q("declare c scroll no scroll cursor for select 1")], ROLLBACK, BEGIN,
                           [Q("declare c insensitive asensitive cursor for select 1")], ROLLBACK, BEGIN,
                           [Q("declare c cursor for insert into x values (1)")], ROLLBACK, BEGIN,
                           [Q("declare c cursor for select * from no_such_table")], ROLLBACK, BEGIN,
                           [Q("declare c cursor with for select 1")], ROLLBACK, [Q("declare c cursor for select no_such_column")],
                           [Q("select 1; declare c cursor for selec 1")]],
    "a commit in the middle": [[Q(f"begin; declare c cursor for {SIX}; fetch 1 c; commit; fetch 1 c")], ROLLBACK],
    "rollback in a pipeline": [BEGIN, [Q(f"declare c cursor for {SIX}")],
                               [P("fetch 1 c"), B(), E(), P("rollback"), B(), E(), P("fetch 1 c"), B(), E(), S]],
    "interleaved": [BEGIN, *[[Q(f"declare c{i} no scroll cursor for select x * {i} from (values (1), (2), (3), (4), (5)) t(x) order by x")] for i in range(5)],
                    *[[Q(f"fetch {n} c{i}")] for n in (1, 2, 3) for i in (3, 0, 4, 1, 2)], ROLLBACK],
    "pages of a long portal": [BEGIN, [P("select * from cur_long"), B("p"), E(9000, "p"), S], [E(1, "p"), S],
                               [E(9000, "p"), E(2048, "p"), S], [E(0, "p"), S], ROLLBACK],
    "a long portal in other formats": [BEGIN, [P("select * from cur_long"), B("p", results=[1]), E(5000, "p"), S],
                                       [Q("fetch 3 p")], [E(5000, "p"), S], [Q("move 100 p")], [E(0, "p"), S], ROLLBACK],
    "a long cursor in other formats": [BEGIN, [Q("declare c no scroll cursor for select * from cur_long")], [Q("fetch 5000 c")],
                                       [P("fetch 5000 c"), B(results=[1]), E(), S], [Q("fetch 5000 c")],
                                       [P("fetch 5000 c"), B("f"), E(1, "f"), S], [E(0, "f"), S], [Q("fetch all c")], ROLLBACK],
    "a long binary cursor": [BEGIN, [Q("declare c binary no scroll cursor for select * from cur_long")], [Q("fetch 5000 c")],
                             [Q("select 1")], [Q("fetch 5000 c")], [E(5000, "c"), S], [Q("fetch all c")], ROLLBACK],
    "settings change under a long cursor": [BEGIN, [Q("declare c no scroll cursor for select * from cur_long")],
                                            [Q("fetch 5000 c")], [Q("set local time zone 'Asia/Tokyo'")], [Q("fetch 5000 c")],
                                            [Q("set local extra_float_digits = 0")], [Q("fetch all c")], ROLLBACK],
    "long cursors beside each other": [BEGIN, *[[Q(f"declare c{i} no scroll cursor for select * from cur_long")] for i in range(4)],
                                       *[[Q(f"fetch {n} c{i}")] for n in (1, 3000, 5000) for i in range(4)],
                                       [Q("insert into cur_long (a) values (0)")],
                                       *[[Q(f"fetch {n} c{i}")] for n in (1, 3000) for i in range(4)], ROLLBACK],
    "a long cursor that is held": [BEGIN, [Q("declare c cursor with hold for select * from cur_long")], [Q("fetch 5000 c")], COMMIT,
                                   [Q("fetch 5000 c")], [Q("fetch all c")], [Q("close c")], ROLLBACK],
}


def run(target, script):
    with target.wire() as w:
        out = []
        for step in script:
            out.append(w.ask(*step))
            out[-1].extend(c.key()[1:] for c in w.columns)  # the engine names columns without a name in its own way
            w.columns = []
        return out


@pytest.fixture
def long_table(server, postgres):
    for target in (server, postgres):
        with target.wire() as w:
            w.ask(Q(LONG))


@pytest.mark.usefixtures("long_table")
@pytest.mark.parametrize("name", SCRIPTS)
def test_as_postgresql(name, server, postgres):
    expected, got = run(postgres, SCRIPTS[name]), run(server, SCRIPTS[name])
    for step, (a, b) in enumerate(zip(expected, got, strict=True)):
        assert a == b, (step, SCRIPTS[name][step])


def test_messages(wire):
    wire.ask(Q("begin"))
    wire.ask(Q("declare c cursor for select 1"))
    wire.ask(Q("fetch backward 1 c"))
    assert wire.last_error["M"] == "cursor can only scan forward"
    assert wire.last_error["H"] == "Declare it with SCROLL option to enable backward scan."
    wire.ask(Q("rollback"))
    wire.ask(Q("update pg_class set relname = '' where current of c"))
    assert (wire.last_error["C"], wire.last_error["M"]) == ("0A000", "WHERE CURRENT OF is not supported")
    wire.ask(Q("select 1; delete from t where current of c"))
    assert wire.last_error["C"] == "0A000"
    wire.ask(Q("declare c cursor for select * from no_such_table"))
    assert (wire.last_error["C"], wire.last_error["P"]) == ("42P01", "36")


@pytest.mark.parametrize("query, first", [
    ("from range(5) t(i)", ("0",)),
    ("pivot (values ('a', 1), ('b', 2)) t(k, v) on k using sum(v)", ("1", "2")),
    ("summarize select 1 as one", None),
    ("with w as (select 7) select * from w", ("7",)),
    ("values (3), (4)", ("3",)),
    ("(select 8)", ("8",)),
    ("describe select 1", None),
])
def test_the_engines_own_queries(wire, query, first):
    wire.ask(Q("begin"))
    assert wire.ask(Q(f"declare c cursor for {query}")) == ['cc"DECLARE CURSOR"', "Z:T"]
    notes = wire.ask(Q("fetch 1 c"))
    assert notes[0] == "T" and notes[2:] == ['cc"FETCH 1"', "Z:T"]
    assert first is None or notes[1] == first
    wire.ask(Q("rollback"))


@pytest.mark.parametrize("query", ["insert into x values (1)", "begin", "set x = 1", "fetch c", "create table x (a int)", "execute p"])
def test_what_is_no_query(wire, query):
    wire.ask(Q("begin"))
    assert wire.ask(Q(f"declare c cursor for {query}")) in (["err:42601", "Z:E"], ["err:42P01", "Z:E"])
    wire.ask(Q("rollback"))


def test_limits():
    with Server("--max-cursors", 3, "--server-max-cursors", 5, "--portals-max", 5) as server, server.wire() as one, \
            server.wire() as two, server.wire() as three:
        for w in (one, two):
            w.ask(Q("begin"))
        for i in range(3):
            assert one.ask(Q(f"declare c{i} cursor for select 1"))[-1] == "Z:T"
        assert server.metric("cursor_active_count") == 3
        assert one.ask(Q("close c0"))[-1] == "Z:T"
        assert one.ask(Q("declare c0 cursor for select 1"))[-1] == "Z:T"
        assert one.ask(Q("declare more cursor for select 1")) == ["err:53400", "Z:E"]
        assert "too many cursors in this session (3)" in one.last_error["M"]
        one.ask(Q("rollback"))
        assert server.metric("cursor_active_count") == 0
        for i in range(3):
            assert one.ask(Q(f"declare c{i} cursor with hold for select 1"))[-1] == "Z:I"
        for i in range(2):
            assert two.ask(Q(f"declare c{i} cursor with hold for select 1"))[-1] == "Z:T"
        assert two.ask(Q("declare more cursor with hold for select 1")) == ["err:53400", "Z:E"]
        assert "too many cursors in this server (5)" in two.last_error["M"]
        three.ask(Q("begin"), P("select 1", "s"), *[B(f"p{i}", "s") for i in range(5)], S)
        assert three.ask(B("p5", "s"), S) == ["err:53400", "Z:E"]
        assert server.metric("cursor_declared_total") == 9
    with Server("--max-cursors", 0) as server, server.wire() as w:
        assert w.ask(Q("declare c cursor with hold for select 1")) == ["err:53400", "Z:I"]


def test_memory_of_a_session():
    """Texts that outlive their message are counted, statements and cursors together."""
    with Server("--session-memory-max", "4MB") as server, server.wire() as w:
        long = "select '" + 300000 * "x" + "'"
        at = 0
        while (notes := w.ask(Q(f"declare c{at} cursor with hold for {long}"))) == ['cc"DECLARE CURSOR"', "Z:I"]:
            at += 1
        assert notes == ["err:53200", "Z:I"] and at >= 3
        assert "session_memory_max" in w.last_error["M"]
        assert w.ask(P(long, "s"), S) == ["err:53200", "Z:I"]
        w.ask(Q("close c0"))
        assert w.ask(P(long, "s"), S) == ["1", "Z:I"]
        w.ask(Q("close all"), Q("deallocate all"))
        for i in range(3):
            assert w.ask(P(long, f"s{i}"), S) == ["1", "Z:I"]


def test_metrics():
    with Server("--portal-buffer-rows", 10) as server, server.wire() as w:
        w.ask(Q("begin"), Q("declare c scroll cursor for select i from range(100000) t(i)"), Q("fetch 7 c"), Q("move 5 c"))
        assert server.metric("cursor_active_count") == 1
        assert server.metric("cursor_declared_total") == 1
        assert server.metric("cursor_rows_fetched_total") == 7
        assert server.metric("cursor_fetch_latency_seconds_count") == 2
        w.ask(Q("fetch last c"))
        assert server.metric("portal_overflow_total") == 1
        assert server.metric("tavana_spool_disk_bytes") > 0
        w.ask(Q("rollback"))
        assert server.metric("cursor_active_count") == server.metric("tavana_spool_disk_bytes") == 0
        w.ask(Q("declare h cursor with hold for select i from range(100000) t(i)"))
        assert server.metric("portal_buffer_rows_count") == 1
        assert server.metric("tavana_streams_parked_total") == 1


def wait_for(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_idle_cursors_are_closed():
    with Server("--cursor-idle-timeout", "1s", "--cursor-cleanup-interval", "100ms") as server, server.wire() as w:
        w.ask(Q("begin"))
        w.ask(Q("declare idle cursor for select * from range(1000000)"), Q("declare held cursor with hold for select 1"))
        w.ask(P("select * from range(1000000)"), B("portal"), E(1, "portal"), S)
        w.ask(Q("declare used cursor for select * from range(100)"))
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert w.ask(Q("fetch 1 used"))[-2] == 'cc"FETCH 1"'
            time.sleep(0.05)
        assert server.metric("cursor_ttl_evictions_total") == 2
        assert server.metric("cursor_active_count") == 1
        assert w.ask(Q("select name from pg_cursors order by name"))[1:-2] == [("portal",), ("used",)]
        assert w.ask(Q("close held"))[0] == 'cc"CLOSE CURSOR"'
        assert w.ask(E(1, "portal"), S) == [("1",), "susp", "Z:T"]
        assert w.ask(Q("declare held cursor for select 1"))[0] == 'cc"DECLARE CURSOR"'
        assert w.ask(E(1, "idle"), S) == ["err:34000", "Z:E"]
        assert "nothing was fetched from it for 1 s" in w.last_error["D"]
        w.ask(Q("rollback"))
        # The session sleeps: nobody sends anything.
        w.ask(Q("declare held cursor with hold for select 1"))
        wait_for(lambda: server.metric("cursor_active_count") == 0)
        assert w.ask(Q("fetch held")) == ["err:34000", "Z:I"]
        assert "cursor_idle_timeout" in w.last_error["D"]
        assert w.ask(Q("declare held cursor with hold for select 1"))[0] == 'cc"DECLARE CURSOR"'
        assert w.ask(Q("fetch held"))[1] == ("1",)


def test_idle_limits_of_the_session_stay():
    """Looking after cursors does not put off the session's own limit."""
    with Server("--idle-session-timeout", "1s", "--cursor-cleanup-interval", "50ms") as server, server.wire() as w:
        w.ask(Q("declare held cursor with hold for select 1"))
        start = time.monotonic()
        assert w.until_ready() == ["fatal:57P05", "closed"]
        assert 0.9 < time.monotonic() - start < 10


def test_zero_switches_it_off():
    with Server("--cursor-idle-timeout", "0", "--cursor-cleanup-interval", "50ms") as server, server.wire() as w:
        w.ask(Q("declare held cursor with hold for select 1"))
        time.sleep(1)
        assert w.ask(Q("fetch held"))[1] == ("1",)


def test_idle_streams_are_parked():
    with Server("--stream-idle-park", "200ms", "--cursor-cleanup-interval", "50ms") as server, server.wire() as w:
        w.ask(Q("begin"))
        w.ask(Q("declare c cursor for select * from range(50000) t(i)"))
        assert w.ask(Q("fetch 2 c"))[1:3] == [("0",), ("1",)]
        wait_for(lambda: server.metric("tavana_streams_parked_total") == 1)
        assert w.ask(Q("fetch 2 c"))[1:3] == [("2",), ("3",)]
        assert w.ask(Q("move 40000 c"))[0] == 'cc"MOVE 40000"'
        assert w.ask(Q("fetch 1 c"))[1] == ("40004",)
        assert len(w.ask(Q("fetch all c"))) == 9995 + 3


def test_a_client_does_not_wait_for_rows_being_put_aside(tmp_path):
    """Putting all of these rows aside would take minutes: what is asked for meanwhile comes first, then it goes on."""
    with Server("--stream-idle-park", "200ms", "--cursor-cleanup-interval", "50ms", "--spool-directory", str(tmp_path),
                "--spool-limit", "20GB") as server, server.wire() as w:
        w.ask(Q("begin"))
        w.ask(Q("declare c cursor for select i, i + 0.5::double from range(4000000000) t(i)"))
        at = 0
        for n in [2, 100, 10001]:
            assert w.ask(Q(f"fetch {n} c"))[1:n + 1] == [(str(i), f"{i}.5") for i in range(at, at + n)]
            at += n
            before = server.metric("tavana_spool_disk_bytes")
            wait_for(lambda: server.metric("tavana_spool_disk_bytes") > before + 4e6)
            assert w.ask(Q("select 42"))[1] == ("42",)
        assert w.ask(Q("move 1000000 c"))[0] == 'cc"MOVE 1000000"'
        assert w.ask(Q("fetch c"))[1] == (str(at + 1000000), f"{at + 1000000}.5")
        assert server.metric("tavana_streams_parked_total") == 0


def test_a_failing_row(wire):
    wire.ask(Q("begin"))
    wire.ask(Q("declare c cursor for select case when i < 100000 then i else ('x' || i)::int end from range(200000) t(i)"))
    assert wire.ask(Q("fetch 2 c"))[1:3] == [("0",), ("1",)]
    notes = wire.ask(Q("fetch all c"))
    assert notes[-2:] == ["err:22P02", "Z:E"]
    wire.ask(Q("rollback"))


def test_hold_that_cannot_be_kept(wire):
    """The commit fails as the cursor does."""
    wire.ask(Q("create or replace table cur_hold (a int)"))
    wire.ask(Q("begin"))
    wire.ask(Q("insert into cur_hold values (1)"))
    wire.ask(Q("declare c cursor with hold for select case when i < 100000 then i else ('x' || i)::int end from range(200000) t(i)"))
    assert wire.ask(Q("commit")) == ["err:22P02", "Z:I"]
    assert wire.ask(Q("select count(*) from cur_hold"))[1] == ("0",)
    assert wire.ask(Q("fetch c")) == ["err:34000", "Z:I"]
    wire.ask(Q("drop table cur_hold"))


def test_cancel_in_a_fetch(server, wire):
    wire.ask(Q("begin"))
    wire.ask(Q("declare c cursor for select i from range(100000000000) t(i) where i < 100000 or i > 99999999990"))
    threading.Timer(0.5, cancel, (server.address, wire.pid, wire.key)).start()
    assert wire.ask(Q("fetch all c"))[-2:] == ["err:57014", "Z:E"]
    wire.ask(Q("rollback"))
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


def test_temporary_tables_settings_and_own_writes(wire):
    wire.ask(Q("create temp table cur_temp as select i from range(3) t(i)"))
    wire.ask(Q("set timezone = 'Asia/Tokyo'"))
    wire.ask(Q("begin"))
    wire.ask(Q("insert into cur_temp values (99)"))
    wire.ask(Q("declare c cursor for select i, timestamptz '2024-01-01 00:00:00+00' from cur_temp order by i desc"))
    assert wire.ask(Q("fetch 1 c"))[1] == ("99", "2024-01-01 09:00:00+09")
    wire.ask(Q("delete from cur_temp"))
    assert len(wire.ask(Q("fetch all c"))) == 3 + 3
    wire.ask(Q("rollback"))
    wire.ask(Q("drop table cur_temp"))


COLUMNS = "i, (i * 7919) % 1000003 as h, 'row ' || i as t"


def check_pieces(wire, count, rows, pieces, between):
    """Twenty cursors or portals, read in random pieces with other statements between."""
    at = [0] * count
    rng = random.Random(7)
    while any(a < rows for a in at):
        c = rng.choice([i for i in range(count) if at[i] < rows])
        n = rng.randint(1, pieces)
        got = yield c, n
        expected = range(at[c], min(at[c] + n, rows))
        assert [r[0] for r in got] == [str(c * rows + i) for i in expected], (c, at[c], n)
        at[c] += len(expected)
        if rng.random() < 0.3:
            wire.ask(rng.choice(between))


@pytest.mark.parametrize("protocol", [False, True])
def test_many_at_once(wire, protocol):
    """In small what TAVANA_FULL's test_stress shows."""
    count, rows = 12, 20000
    wire.ask(Q("create or replace table cur_many as select i from range(240000) t(i)"))
    between = [Q("insert into cur_many values (-1)"), Q("create or replace temp table cur_t as select 1"), Q("select 1"),
               Q("set application_name = 'x'"), Q("delete from cur_many where i % 1000 = 1"), Q("set timezone = 'UTC'")]
    wire.ask(Q("begin"))
    for c in range(count):
        query = f"select {COLUMNS} from cur_many where i >= {c * rows} and i < {(c + 1) * rows} order by i"
        if protocol:
            wire.ask(P(query), B(f"c{c}"), S)
        else:
            wire.ask(Q(f"declare c{c} cursor for {query}"))
    steps = check_pieces(wire, count, rows, 3001, between)
    got = None
    with contextlib.suppress(StopIteration):
        while True:
            c, n = steps.send(got)
            notes = wire.ask(E(n, f"c{c}"), S) if protocol else wire.ask(Q(f"fetch {n} c{c}"))
            got = [note for note in notes if isinstance(note, tuple)]
    wire.ask(Q("rollback"))
    wire.ask(Q("drop table cur_many"))


def test_disk_limit(tmp_path):
    """The cursor that needs the room gets 53100, the others go on."""
    with Server("--spool-directory", tmp_path, "--spool-limit", "8MB", "--portal-buffer-rows", 1000) as server, server.wire() as w:
        w.ask(Q("create table cur_d (a int)"))
        for name, rows in (("small", 5000), ("large", 3000000), ("last", 5000)):
            notes = w.ask(Q(f"declare {name} cursor with hold for select i, 'some text ' || i from range({rows}) t(i)"))
            assert notes == (["err:53100", "Z:I"] if name == "large" else ['cc"DECLARE CURSOR"', "Z:I"])
        for name in ("small", "last"):
            assert len(w.ask(Q(f"fetch all {name}"))) == 5000 + 3
        assert w.ask(Q("fetch large")) == ["err:34000", "Z:I"]
        w.ask(Q("close all"))
        wait_for(lambda: server.metric("tavana_spool_disk_bytes") == 0)


def test_nothing_is_left_after_sigkill(tmp_path):
    server = Server("--spool-directory", tmp_path, "--portal-buffer-rows", 100, workers=0)
    with server.wire() as w:
        for i in range(20):
            w.ask(Q(f"declare c{i} cursor with hold for select i, 'text ' || i from range(100000) t(i)"))
        assert server.metric("tavana_spool_disk_bytes") > 1000000
        assert server.metric("portal_overflow_total") == 20
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    assert list(pathlib.Path(tmp_path).rglob("*")) == []


def test_psycopg(server):
    with psycopg.connect(server.dsn()) as connection:
        with connection.cursor("one", scrollable=True) as cursor:
            cursor.execute("select i from range(%s) t(i) order by i", [1000])
            assert cursor.fetchone() == (0,)
            cursor.scroll(10)
            assert cursor.fetchmany(2) == [(11,), (12,)]
            cursor.scroll(5, mode="absolute")
            assert cursor.fetchone() == (5,)
        with connection.cursor("two", withhold=True) as cursor:
            cursor.itersize = 100
            cursor.execute("select i, i::varchar from range(1000) t(i) order by i")
            connection.commit()
            assert sum(row[0] for row in cursor) == 499500
        with connection.cursor("three", binary=True) as cursor:
            cursor.execute("select i::int from range(10) t(i) order by i")
            assert [r[0] for r in cursor.fetchall()] == list(range(10))


async def test_asyncpg(server):
    connection = await asyncpg.connect(host=server.address[0], port=server.address[1], user="tester", database="db")
    async with connection.transaction():
        one = connection.cursor("select i from range(1000) t(i) order by i", prefetch=7)
        two = await connection.cursor("select i * $1 from range(1000) t(i) order by i", 3)
        n = 0
        async for row in one:
            assert row[0] == n
            if n % 100 == 0:
                assert (await two.fetchrow())[0] == n // 100 * 3
            n += 1
        assert n == 1000
        assert await two.forward(10) == 10
        assert (await two.fetchrow())[0] == 60
    await connection.close()


def test_sqlalchemy(server):
    import sqlalchemy
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://tester@{server.address[0]}:{server.port}/db")
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True, yield_per=100).execute(
            sqlalchemy.text("select i from range(1000) t(i) order by i"))
        assert [len(p) for p in result.partitions(100)] == [100] * 10
    engine.dispose()
