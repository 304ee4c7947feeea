"""Ending things: cancels, time limits, shutdown, reload."""

import random
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import HOST, SANITIZED
from wire import B, E, P, PROTOCOL_3_2, Q, S, Closed, cancel

ENDLESS = "select count(*) from range(100000000000) t(i) where i % 7 = 3"
SORT = "select * from range(300000000) t(i) order by hash(i)"
SLACK = 5 if SANITIZED else 1


def cancel_after(server, w, seconds):
    threading.Timer(seconds, lambda: cancel(server.address, w.pid, w.key)).start()


@pytest.mark.parametrize("protocol", [196608, PROTOCOL_3_2])
@pytest.mark.parametrize("sql", [ENDLESS, SORT])
def test_cancel(sql, protocol, server, record_property):
    with server.wire(protocol=protocol) as w:
        w.send(Q(sql))
        time.sleep(0.5)
        begun = time.monotonic()
        assert cancel(server.address, w.pid, w.key) == b""
        assert w.until_ready()[-2:] == ["err:57014", "Z:I"]
        took = time.monotonic() - begun
        record_property("cancel_ms", took * 1e3)
        assert took < 2 * SLACK and w.last_error["M"] == "canceling statement due to user request"
        assert w.ask(Q("select 1"))[1] == ("1",)


def test_cancel_a_stream_that_is_not_read(server):
    with server.wire() as w:
        w.send(Q("select repeat('x', 1000) from range(100000000)"))
        time.sleep(0.5)
        cancel(server.address, w.pid, w.key)
        notes = w.until_ready()
        assert notes[-2:] == ["err:57014", "Z:I"] and len(notes) < 1000000


def test_cancel_of_nothing(server, wire):
    cancel(server.address, wire.pid, b"\0" * 4)
    cancel(server.address, wire.pid + 1000, wire.key)
    cancel(server.address, wire.pid, wire.key)
    assert wire.ask(Q("select 1"))[1] == ("1",)
    wire.ask(Q("begin"))
    wire.ask(P("select * from range(100000)"), B("p"), E(10, "p"), S)
    cancel(server.address, wire.pid, wire.key)
    time.sleep(0.1)
    assert wire.ask(E(2, "p"), S) == [("10",), ("11",), "susp", "Z:T"]
    wire.ask(Q("rollback"))


def test_a_cancel_hits_one_statement_or_none(server, wire):
    random.seed(4)
    for _ in range(100):
        cancel_after(server, wire, random.random() * 0.01)
        notes = wire.ask(Q("select count(*) from range(300000) t(i) where i % 7 = 3"))
        assert notes[-1] == "Z:I" and (notes[-2].startswith("cc") or notes[-2] == "err:57014")
        time.sleep(0.012)
        assert wire.ask(Q("select 1"))[1] == ("1",)


def test_psql_interrupt(server):
    p = subprocess.Popen(["psql", "-X", "-h", HOST, "-p", str(server.port), "-U", "tester", "-d", "db", "-c", ENDLESS],
                         stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    p.send_signal(signal.SIGINT)
    assert "canceling statement due to user request" in p.communicate(timeout=20)[1]


def test_statement_timeout(wire):
    wire.ask(Q("set statement_timeout = '150ms'"))
    assert wire.ask(Q(ENDLESS))[-2:] == ["err:57014", "Z:I"]
    assert wire.last_error["M"] == "canceling statement due to statement timeout"
    assert wire.ask(P(ENDLESS), B(), E(), S)[-2:] == ["err:57014", "Z:I"]
    wire.ask(Q("begin"))
    assert wire.ask(Q(ENDLESS))[-2:] == ["err:57014", "Z:E"]
    assert wire.ask(Q("rollback")) == ['cc"ROLLBACK"', "Z:I"]
    time.sleep(0.3)
    assert wire.ask(Q("select 1"))[1] == ("1",)


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
    assert w.ask(Q("select 1"))[1] == ("1",)
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
    assert idle.until_ready() == ["fatal:57P01", "closed"]
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
    assert "fatal:57P01" in w.until_ready()
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
        assert w.ask(Q("select 1"))[1] == ("1",)


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
