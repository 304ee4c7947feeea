"""Ending things: cancels, time limits, shutdown, reload."""

import collections
import concurrent.futures
import contextlib
import random
import re
import statistics
import signal
import subprocess
import threading
import time

import pytest

from conftest import BINARY, HOST, SANITIZED
from measure import note, wait_for
from wire import B, C, D, E, H, P, PROTOCOL_3_2, Q, S, Closed, Error, cancel

ENDLESS = "select count(*) from range(100000000000) t(i) where i % 7 = 3"
SORT = "select * from range(300000000) t(i) order by hash(i)"
SLACK = 5 if SANITIZED else 1


def cancel_after(server, w, seconds):
    timer = threading.Timer(seconds, lambda: cancel(server.address, w.pid, w.key))
    timer.start()
    return timer


@contextlib.contextmanager
def ended_by_cancels(server, w):
    """Again and again, since one that comes before the statement begins does nothing."""
    ready = threading.Event()

    def again():
        while not ready.is_set():
            cancel(server.address, w.pid, w.key)
            ready.wait(0.3)

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        ready.set()
        thread.join()


QUERIES = {
    "count": ENDLESS,
    "sort": SORT,
    "cross join": "select count(*) from range(10000000) a(i), range(10000000) b(j) where (i * j) % 7 = 3",
    "aggregate": "select i % 1000003, sum(i) from range(3000000000) t(i) group by 1",
    "recursive": "with recursive r(i) as (select 1 union all select i + 1 from r) select count(*) from r",
    "sleep": "select pg_sleep(60)",
}


@pytest.mark.parametrize("protocol", [196608, PROTOCOL_3_2], ids=["3.0", "3.2"])
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
@pytest.mark.parametrize("what", QUERIES)
def test_cancel(what, extended, protocol, server, record_property):
    sql, took = QUERIES[what], []
    with server.wire(protocol=protocol) as w:
        assert len(w.key) == (4 if protocol == 196608 else 32)
        for _ in range(3):
            w.send(*([P(sql), B(), D(), E(), S] if extended else [Q(sql)]))
            wait_for(lambda: server.metric("tavana_sessions_running") == 1, 20)  # a cancel before that does nothing
            time.sleep(0.2)
            begun = time.monotonic()
            assert cancel(server.address, w.pid, w.key) == b""
            assert w.until_ready()[-2:] == ["err:57014", "Z:I"]
            took.append(time.monotonic() - begun)
            assert w.last_error["M"] == "canceling statement due to user request"
            assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    note(record_property, cancel_ms=statistics.median(took) * 1e3, cancel_ms_longest=max(took) * 1e3)
    assert max(took) < 2 * SLACK


def test_cancel_in_a_transaction(server):
    with server.wire() as w:
        w.ask(Q("begin"))
        w.send(Q(ENDLESS))
        time.sleep(0.2)
        cancel(server.address, w.pid, w.key)
        assert w.until_ready() == ["T", "err:57014", "Z:E"] or w.last_error["C"] == "57014"
        assert w.ask(Q("select 1")) == ["err:25P02", "Z:E"]
        assert w.ask(Q("rollback")) == ['cc"ROLLBACK"', "Z:I"]


@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_cancel_a_stream_that_is_read(extended, server, record_property):
    sql = "select i from range(100000000000) t(i)"
    with server.wire() as w:
        w.send(*([P(sql), B(), E(), S] if extended else [Q(sql)]))
        while w.next()[0] != "D":
            pass
        cancel_after(server, w, 0.3)
        begun = time.monotonic() + 0.3
        tail = b""
        while tail[-6:] != b"Z\0\0\0\5I":
            data = w.sock.recv(1 << 20)
            tail = (tail + data)[-500:]
        took = time.monotonic() - begun
        note(record_property, cancel_ms=took * 1e3)
        assert b"C57014\0" in tail and took < 2 * SLACK
        w.buffer = b""
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_cancel_a_stream_that_is_not_read(server):
    with server.wire() as w:
        w.send(Q("select repeat('x', 1000) from range(100000000)"))
        time.sleep(0.5)
        cancel(server.address, w.pid, w.key)
        notes = w.until_ready()
        assert notes[-2:] == ["err:57014", "Z:I"] and len(notes) < 1000000


def test_cancel_of_nothing(server, wire):
    cancel(server.address, wire.pid, b"\0" * 4)
    for key in (b"", wire.key[:3], wire.key + b"\0", wire.key * 64):
        cancel(server.address, wire.pid, key)
    cancel(server.address, wire.pid + 1000, wire.key)
    cancel(server.address, wire.pid, wire.key)
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)
    wire.ask(Q("begin"))
    wire.ask(P("select * from range(100000)"), B("p"), E(10, "p"), S)
    cancel(server.address, wire.pid, wire.key)
    time.sleep(0.1)
    assert wire.ask(E(2, "p"), S) == [("10",), ("11",), "susp", "Z:T"]
    wire.ask(Q("rollback"))


def test_wrong_keys_let_a_statement_run(server, wire):
    wire.send(Q("select pg_sleep(0.5)"))
    time.sleep(0.1)
    for pid, key in ((wire.pid, bytes(b ^ 1 for b in wire.key)), (wire.pid, wire.key[:3]), (wire.pid + 1, wire.key), (0, wire.key), (0xffffffff, wire.key)):
        cancel(server.address, pid, key)
    assert wire.until_ready()[-2:] == ['cc"SELECT 1"', "Z:I"]


@pytest.mark.concurrent
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_a_cancel_hits_one_statement_or_none(extended, server, wire):
    random.seed(4)
    sql, hit = "select count(*) from range(300000) t(i) where i % 7 = 3", 0
    for _ in range(200):
        timer = cancel_after(server, wire, random.random() * 0.006)
        notes = wire.ask(*([P(sql), B(), E(), S] if extended else [Q(sql)]))
        assert notes[-1] == "Z:I" and (notes[-2].startswith("cc") or notes[-2] == "err:57014")
        hit += notes[-2] == "err:57014"
        timer.join()  # the cancel's connection is closed when its work is done
        assert wire.ask(Q("select 1 + 0"))[1] == ("1",)
    print(f"{hit} of 200 were hit")


@pytest.mark.concurrent
@pytest.mark.parametrize("extended", [False, True], ids=["simple", "extended"])
def test_a_cancel_at_any_moment_leaves_nothing_to_wait_for(extended, server, wire):
    """Also one that comes while the statement is planned, or between that and its first work."""
    moments, sql = random.Random(8), QUERIES["cross join"]
    for _ in range(60):
        wire.send(*([P(sql), B(), D(), E(), S] if extended else [Q(sql)]))
        time.sleep(10 ** moments.uniform(-3.5, -0.5))
        with ended_by_cancels(server, wire):
            assert wire.until_ready()[-2:] == ["err:57014", "Z:I"]
        assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.concurrent
def test_cancels_in_a_storm(server):
    """Sessions side by side: each is hit by its own cancels only, and a statement that was never cancelled runs to its end."""
    stop, targets = threading.Event(), [server.wire() for _ in range(4)]

    def storm():
        while not stop.is_set():
            for w in targets:
                cancel(server.address, w.pid, w.key)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        with server.wire() as calm:
            for i in range(100):
                assert calm.ask(Q(f"select {i}"))[1] == (str(i),)
                for w in targets:
                    notes = w.ask(Q("select count(*) from range(100000) t(i) where i % 7 = 3"))
                    assert notes[-2:] in (['cc"SELECT 1"', "Z:I"], ["err:57014", "Z:I"])
    finally:
        stop.set()
        thread.join()
    for w in targets:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_a_variable_is_set_or_the_cancel_is_told(server, wire):
    """Cancels at every moment of a SET VARIABLE whose query runs for some milliseconds."""
    random.seed(11)
    told = collections.Counter()
    wire.ask(Q("set variable v = 0"))
    was = "0"
    for i in range(1, 121):
        block = i % 3 == 0
        if block:
            wire.ask(Q("begin"))
        query = f"set variable v = (select {i} + 0 * count(*) from range(100000 * {i % 7}) t(i) where hash(i) % 7 = 3)"
        wire.send(*((Q(query),) if i % 2 else (P(query), B(), E(), S)))
        time.sleep(random.random() * 0.004)
        cancel(server.address, wire.pid, wire.key)
        answer = wire.until_ready()[-2]
        if block:
            wire.ask(Q("rollback"))
        (now,) = next(n for n in wire.ask(Q("select getvariable('v') as v")) if isinstance(n, tuple))
        assert (answer, now) in (("err:57014", was), ('cc"SET"', str(i))), i
        was, told = now, told + collections.Counter([answer])
    assert len(told) == 2, told  # of either some
    assert [n for n in wire.ask(Q("select name from duckdb_variables()")) if isinstance(n, tuple)] == [("v",)]


def in_a_block_with_a_cursor(w, rows):
    w.ask(Q("begin"), Q(f"declare c cursor for select i, hash(i) as h from range({rows}) t(i)"), Q("fetch 2 from c"), Q("savepoint a"))


@pytest.mark.parametrize("ask", [(Q(ENDLESS),), (P(ENDLESS), B(), E(), S)], ids=["query", "pipeline"])
@pytest.mark.parametrize("how", ["cancel", "timeout", "both"])
def test_what_cleans_up_is_not_cancelled_too(how, ask, server, wire):
    """The cursor's rows are put down for ROLLBACK TO, which takes longer than the monitor waits before it asks again."""
    in_a_block_with_a_cursor(wire, 1000000)
    limit = {"timeout": 200, "both": 600}.get(how)  # the cancel comes first: a second one would end the cleaning up
    if limit:
        wire.ask(Q(f"set local statement_timeout = {limit}"))
    wire.send(*ask)
    if how != "timeout":
        time.sleep(0.2)
        cancel(server.address, wire.pid, wire.key)
    assert wire.until_ready()[-2:] == ["err:57014", "Z:E"]
    assert wire.ask(Q("rollback to a")) == ['cc"ROLLBACK"', "Z:T"]
    if how != "cancel":
        wire.ask(Q("set local statement_timeout = 0"))
    rows = wire.ask(Q("select count(*) from range(10) t(i)"), Q("fetch 2 from c"))
    assert [r[0] for r in rows if isinstance(r, tuple)] == ["10", "2", "3"], rows
    assert wire.ask(Q("move all from c"), Q("commit")) == ['cc"MOVE 999996"', "Z:T", 'cc"COMMIT"', "Z:I"]


def test_who_cancels_again_cancels_what_cleans_up(server, wire):
    """What could not be put down says so when it is asked for."""
    in_a_block_with_a_cursor(wire, 1000000000000)
    wire.ask(Q("set local statement_timeout = '100ms'"))
    wire.send(Q(ENDLESS))
    time.sleep(0.5)
    cancel(server.address, wire.pid, wire.key)
    assert wire.until_ready()[-2:] == ["err:57014", "Z:E"]
    assert wire.last_error["M"] == "canceling statement due to statement timeout"
    assert wire.ask(Q("rollback to a"), Q("select 1 as a"))[-4:] == ["T", ("1",), 'cc"SELECT 1"', "Z:T"]
    assert wire.ask(Q("fetch 2 from c"))[-2:] == ["err:57014", "Z:E"]
    assert wire.ask(Q("rollback")) == ['cc"ROLLBACK"', "Z:I"]


def test_psql_interrupt(server):
    p = subprocess.Popen(["psql", "-X", "-h", HOST, "-p", str(server.port), "-U", "tester", "-d", "db", "-c", ENDLESS],
                         stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for(lambda: server.metric("tavana_sessions_running") == 1, 10)
    time.sleep(0.2)
    p.send_signal(signal.SIGINT)
    assert "canceling statement due to user request" in p.communicate(timeout=20)[1]
    assert p.returncode == 1


def test_statement_timeout(wire):
    wire.ask(Q("set statement_timeout = '150ms'"))
    assert wire.ask(Q(ENDLESS))[-2:] == ["err:57014", "Z:I"]
    assert wire.last_error["M"] == "canceling statement due to statement timeout"
    assert wire.ask(P(ENDLESS), B(), E(), S)[-2:] == ["err:57014", "Z:I"]
    assert wire.ask(Q("select pg_sleep(30)"))[-2:] == ["err:57014", "Z:I"]
    assert wire.ask(Q("select 1; select pg_sleep(30); select 2"))[-3:] == ["T", "err:57014", "Z:I"] or wire.last_error["C"] == "57014"
    wire.ask(Q("begin"))
    assert wire.ask(Q(ENDLESS))[-2:] == ["err:57014", "Z:E"]
    assert wire.ask(Q("rollback")) == ['cc"ROLLBACK"', "Z:I"]
    time.sleep(0.3)
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)
    wire.ask(Q("set statement_timeout = 0"))
    assert wire.ask(Q("select pg_sleep(0.4)"))[-2] == 'cc"SELECT 1"'


@pytest.mark.parametrize("sql, ends", [
    ("set statement_timeout = '100ms'; select pg_sleep(2)", "err:57014"), ("begin; set local statement_timeout = '100ms'; select 1; select pg_sleep(2)", "err:57014"),
    ("set statement_timeout = '600ms'; select pg_sleep(0.35); select pg_sleep(0.35); select 1", 'cc"SELECT 1"'),
    ("set statement_timeout = '100ms'; set statement_timeout = 0; select pg_sleep(0.3)", 'cc"SELECT 1"'),
    ("set statement_timeout = '100ms'; reset statement_timeout; select pg_sleep(0.3)", 'cc"SELECT 1"'),
    ("select set_config('statement_timeout', '100ms', false); select pg_sleep(2)", "err:57014")])
def test_statement_timeout_is_of_each_statement_of_a_query(sql, ends, server, postgres):
    for where in (server, postgres):
        with where.wire() as w:
            began = time.monotonic()
            assert w.ask(Q(sql))[-2] == ends, where
            assert time.monotonic() - began < 1.9


TIMEOUT = 0.6 * (2 if SANITIZED else 1)
PAUSE, HALF = 1.5 * TIMEOUT, 0.6 * TIMEOUT
ONE = [P("select 1 as a"), B(), E()]
SLOW = [P(f"select coalesce(pg_sleep({HALF})::text, '') as a"), B(), E()]
PIPELINES = {  # what is sent with pauses until Sync; then one more statement
    "each Execute has its own time": [*SLOW, *SLOW, *SLOW, S],
    "none runs after an Execute": [*ONE, H, PAUSE, *ONE, S],
    "none runs after Sync": [P("select 1 as a"), S, PAUSE, B(), E(), S],
    "none runs after an error": [P("selec"), PAUSE, S],
    "Close and Flush start none": [C("S", "no_such"), H, PAUSE, *ONE, S],
    "it runs from Parse on": [P("select 1 as a"), H, HALF, B(), H, HALF, E(), S],
    "it goes on in Execute": [SLOW[0], B(), H, HALF, E(), S],
    "it runs from Describe on": [P("select 1 as a", "d"), S, D("S", "d"), H, PAUSE, B("", "d"), E(), S],
    "it runs from Bind on": [P("select 1 as a", "b"), S, B("", "b"), H, PAUSE, E(), S],
    "it runs while a portal is suspended": [P("select * from (values (1), (2)) v(a)"), B(), E(1), H, PAUSE, E(1), S],
    "it runs past an empty statement": [P("", "e"), B("", "e"), E(), H, PAUSE, *ONE, S],
    "Sync is too late": [P("select 1 as a"), B(), H, PAUSE, S],
    "Flush is too late": [P("select 1 as a"), H, PAUSE, H, S],
    "Close is too late": [P("select 1 as a"), H, PAUSE, C("S", ""), S],
    "a Query is too late": [P("select 1 as a"), H, PAUSE, Q("select 2 as a")],
    "a Query takes it over": [P("select 1 as a"), H, HALF, Q(f"select coalesce(pg_sleep({HALF})::text, '') as a")],
    "a block fails of it": [Q("begin"), *ONE, H, PAUSE, S, P("select 1 as a"), B(), H, PAUSE, S, Q("select 1 as a"), Q("rollback")],
    "SET in a pipeline": [P("select 1 as a"), P(f"set statement_timeout = '{TIMEOUT * 200:.0f}ms'", "z"), B("", "z"), E(), *SLOW, S],
    "SET to none in a pipeline": [P("set statement_timeout = 0"), B(), E(), *SLOW, *SLOW, S],
}


def at_a_pace(where, steps):
    notes = []
    with where.wire() as w:
        w.ask(Q(f"set statement_timeout = '{TIMEOUT * 1000:.0f}ms'"))
        for step in [*steps, *ONE, S]:
            if isinstance(step, float):
                time.sleep(step)
                continue
            w.send(step)
            if step[:1] in b"SQ":
                notes += w.until_ready()
    return notes


def test_statement_timeout_of_a_pipeline_as_postgresql(server, postgres):
    """All at once, since they mostly sleep."""
    with concurrent.futures.ThreadPoolExecutor(2 * len(PIPELINES)) as all_of_them:
        theirs, ours = ({name: all_of_them.submit(at_a_pace, where, steps) for name, steps in PIPELINES.items()} for where in (postgres, server))
        for name in PIPELINES:
            assert ours[name].result() == theirs[name].result(), name


def test_statement_timeout_while_streaming(wire):
    wire.ask(Q("set statement_timeout = '300ms'"))
    wire.send(Q("select i from range(100000000000) t(i)"))
    begun, tail = time.monotonic(), b""
    while tail[-6:] != b"Z\0\0\0\5I":
        tail = (tail + wire.sock.recv(1 << 20))[-500:]
    assert b"C57014\0" in tail and time.monotonic() - begun < 2 * SLACK


def test_statement_timeout_by_option_and_at_startup(make_server):
    s = make_server("--statement-timeout", "200ms")
    with s.wire() as w:
        assert w.ask(Q(ENDLESS))[-2:] == ["err:57014", "Z:I"]
    with s.wire(options="-c statement_timeout=10s") as w:
        assert w.ask(Q("select pg_sleep(0.5)"))[-2] == 'cc"SELECT 1"'


def test_statement_timeout_does_not_reach_the_next(wire):
    """Statements that end about when their time is over: one that has just begun is never hit."""
    random.seed(5)
    for _ in range(100):
        wire.ask(Q("set statement_timeout = '30ms'"))
        notes = wire.ask(Q(f"select pg_sleep({0.02 + random.random() * 0.02:.4f})"))
        assert notes[-2] in ('cc"SELECT 1"', "err:57014")
        begun = time.monotonic()
        notes = wire.ask(Q("select 1 + 0"))
        assert notes[1] == ("1",) or ("err:57014" in notes and time.monotonic() - begun >= 0.03)  # its own limit, on a busy machine


@pytest.mark.parametrize("setting, begin, code", [("idle_in_transaction_session_timeout", True, "25P03"), ("idle_session_timeout", False, "57P05")])
@pytest.mark.parametrize("how", ["set", "option"])
def test_idle_limits(setting, begin, code, how, make_server):
    s = make_server(*(["--" + setting.replace("_", "-"), "400ms"] if how == "option" else []))
    w = s.wire()
    if how == "set":
        w.ask(Q(f"set {setting} = '400ms'"))
    if begin:
        w.ask(Q("begin"))
    time.sleep(0.1)
    assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    begun = time.monotonic()
    assert w.until_ready() == [f"fatal:{code}", "closed"]
    assert 0.3 < time.monotonic() - begun < 2 * SLACK


def test_shutdown_lets_statements_finish(make_server):
    s = make_server()
    idle, busy, block = s.wire(), s.wire(), s.wire()
    block.ask(Q("begin"))
    busy.send(Q("select count(*) from range(400000000) t(i) where i % 7 = 3"))
    time.sleep(0.3)
    s.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert idle.until_ready() == ["fatal:57P01", "closed"]
    assert time.monotonic() - begun < 1 * SLACK
    assert s.get("/ready")[0] == 503
    assert block.ask(Q("select 1"))[-1] == "Z:T"
    assert block.ask(Q("commit")) in (['cc"COMMIT"', "Z:I"], ['cc"COMMIT"', "Z:I", "fatal:57P01", "closed"])
    assert busy.until_ready()[-2:] == ['cc"SELECT 1"', "Z:I"]
    assert s.process.wait(30) == 0
    with pytest.raises(OSError):
        s.wire()


def test_shutdown_has_a_limit(make_server):
    s = make_server("--shutdown-timeout", "500ms")
    w = s.wire()
    w.send(Q(ENDLESS))
    time.sleep(0.3)
    s.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert "fatal:57P01" in w.until_ready()
    assert 0.4 < time.monotonic() - begun < 3 * SLACK
    assert s.process.wait(20 * SLACK) == 0


def test_reload(make_server, tmp_path):
    config = tmp_path / "tavana.conf"
    config.write_text("log_statements = off\nstatement_timeout = 0\n")
    s = make_server("--config", config)
    with s.wire() as w:
        w.ask(Q("select 'before'"))
        config.write_text("log_statements = on\nstatement_timeout = 5s\nmax_connections = 5\n")
        s.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while "reloaded" not in s.log():
            assert time.monotonic() < end
            time.sleep(0.02)
        w.ask(Q("select 'after'"))
        assert "needs_restart option=max_connections" in s.log()
    with s.wire() as w:
        assert w.ask(Q("show statement_timeout"))[1] == ("5s",)
    assert len(re.findall(r" statement pid=", s.log())) == 2
    config.write_text("no_such_option = 1\n")
    s.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while "reload_failed" not in s.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    with s.wire() as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_reload_of_users(make_server, tmp_path):
    def line(name):
        return subprocess.run([BINARY, "passwd", name], input="wonder\n", text=True, capture_output=True, timeout=60, check=True).stdout

    users = tmp_path / "users"
    users.write_text(line("alice"))
    users.chmod(0o600)
    s = make_server("--users-file", users)
    old = s.wire(user="alice", password="wonder")
    users.write_text(line("bob"))
    s.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "reloaded" in s.log(), 10)
    with s.wire(user="bob", password="wonder") as w:
        assert w.ask(Q("select current_user"))[1] == ("bob",)
    with pytest.raises(Error) as e:
        s.wire(user="alice", password="wonder")
    assert e.value.fields["C"] == "28P01"
    assert old.ask(Q("select 1 + 0"))[1] == ("1",)  # who is in stays in


def test_connections_are_refused_while_draining(make_server):
    s = make_server()
    w = s.wire()
    w.ask(Q("begin"))
    s.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    with pytest.raises((OSError, Closed)):
        s.wire()
    w.ask(Q("rollback"))
    assert s.process.wait(20) == 0
