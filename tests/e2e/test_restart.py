"""A process that dies: its parent starts it again, and nobody but those who were on it notices."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import psutil
import pytest

from conftest import BINARY, FULL, HOST, SANITIZED, WORKERS, Server, Worker, free_port
from measure import wait_for
from wire import B, Closed, E, P, Q, S, Wire

pytestmark = pytest.mark.skipif(WORKERS > 0, reason="starts its own gateway and workers")
BACK_SECONDS = 20 if SANITIZED else 5  # 0.4 on a machine that has nothing else to do
DEADLY = signal.SIGABRT if SANITIZED else signal.SIGSEGV  # the sanitizer has the other for itself
ENDLESS = "select count(*) from range(1000000000000) t(i) where i % 7 = 8 and 'not told' <> ''"


@pytest.fixture
def kept(make_server):
    """A server with a parent."""
    return lambda *options, **kw: make_server("--restart", "on", *options, workers=0, **kw)


def kill(s, sig=signal.SIGKILL):
    os.kill(s.pid, sig)


def cpu_seconds(s):
    return sum(psutil.Process(s.pid).cpu_times()[:2])


def log_lines(s, event):
    return [line for line in s.log().splitlines() if f" {event} " in line]


def test_a_death_costs_those_that_were_on_it(kept, tmp_path):
    s = kept(database=tmp_path / "kept.duckdb")
    before = s.pid
    with s.wire() as w:
        w.ask(Q("create table t as select i from range(1000) t(i)"))
        w.ask(Q("insert into t values (-1)"))
    lost, open_ = s.wire(), s.wire()
    open_.ask(Q("begin; insert into t values (-2)"))
    begun = cpu_seconds(s)
    lost.send(Q(ENDLESS))
    wait_for(lambda: cpu_seconds(s) > begun + 1, 30)  # the engine is at it: a metric says so while the statement is still read
    kill(s, DEADLY)
    assert lost.until_ready()[-1] == "closed"  # who connects while it still dies may be let in and lost with it
    begun = time.monotonic()
    with s.wire(timeout=20) as w:  # waits meanwhile
        assert w.ask(Q("select count(*), min(i) from t"))[1] == ("1001", "-1")
    assert time.monotonic() - begun < BACK_SECONDS
    assert open_.until_ready()[-1] == "closed"
    assert s.process.poll() is None and s.pid != before
    assert s.metric("tavana_restarts_total") == 1
    wait_for(lambda: log_lines(s, "server_process_died") and log_lines(s, "was_running"), 10)  # the next one may be quicker
    (died,), (ran,) = log_lines(s, "server_process_died"), log_lines(s, "was_running")
    assert f"pid={before} signal={int(DEADLY)}" in died and "statements=1" in died
    assert "fingerprint=" in ran and 'statement="select count(*) as ' in ran
    assert "not told" not in s.log()


def test_everything_stays_where_it_is(kept, tmp_path):
    """Also ports that the system picked."""
    s = kept("--listen", f"{HOST}:0", "--port", "7000", "--unix-socket-directory", tmp_path, "--set", f"http={HOST}:0", wait=False)
    wait_for(lambda: log_lines(s, "listening"), 30)

    def ports():
        return [f for f in log_lines(s, "listening")[-1].split() if "port=" in f]

    first = ports()
    for death in range(3):
        kill(s)
        for address in ((HOST, int(first[0].split("=")[1])), str(tmp_path / ".s.PGSQL.7000")):
            with Wire(address, timeout=20) as w:
                assert w.ask(Q("select 1"))[1] == ("1",)
        s.http = int(first[1].split("=")[1])
        assert s.metric("tavana_restarts_total") == death + 1
    assert ports() == first
    assert s.stop() == 0 and not (tmp_path / ".s.PGSQL.7000").exists()


def test_clients_wait_in_line(kept):
    """Many at once, from the moment of the death on."""
    s = kept()
    answers = []

    def come():
        with s.wire(timeout=30) as w:
            answers.append(w.ask(Q("select 40 + 2"))[1])

    child = psutil.Process(s.pid)
    child.suspend()  # it accepts nothing: all of them are in line when it dies
    wait_for(lambda: child.status() == psutil.STATUS_STOPPED, 10)
    threads = [threading.Thread(target=come) for _ in range(50)]
    for t in threads:
        t.start()
    time.sleep(0.2)
    kill(s)
    for t in threads:
        t.join(30)
    assert answers == [("42",)] * 50


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_passed_on(sig, kept):
    s = kept()
    child = s.pid
    with s.wire() as w:
        s.process.send_signal(sig)
        assert "fatal:57P01" in w.until_ready()
    assert s.process.wait(20) == 0 and not psutil.pid_exists(child)
    assert "server_process_died" not in s.log()


def refused(address):
    try:
        socket.create_connection(address, 5).close()
    except OSError:
        return True
    return False


def test_who_comes_while_it_stops_is_refused(kept):
    s = kept()
    with s.wire() as w:
        w.send(Q(ENDLESS))
        wait_for(lambda: s.metric("tavana_sessions_running") == 1, 10)
        s.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in s.log(), 10)
        wait_for(lambda: refused(s.address), 5)  # the parent closes its sockets about then
        assert s.metric("tavana_sessions_running") == 1
    assert s.process.wait(20) == 0


def test_files_are_read_again_by_the_next_one_too(kept, tmp_path):
    config = tmp_path / "tavana.conf"
    config.write_text("statement_timeout = 1h")
    s = kept("--config", config)
    for text, shown in (("statement_timeout = 2h", "2h"), ("statement_timeout = nonsense", "2h")):
        config.write_text(text)
        s.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload" in s.log().splitlines()[-1], 10)
        with s.wire() as w:
            assert w.ask(Q("show statement_timeout"))[1] == (shown,)
    config.write_text("statement_timeout = 3h")
    kill(s)
    with s.wire(timeout=20) as w:
        assert w.ask(Q("show statement_timeout"))[1] == ("3h",)


def listens(port):
    with socket.socket() as c:
        return c.connect_ex((HOST, port)) == 0


def test_no_orphan(tmp_path):
    """Who kills the parent ends both, and can start anew at once."""
    with contextlib.suppress(AssertionError), Server("--restart", "on", database=tmp_path / "x.duckdb", workers=0) as s:
        child = psutil.Process(s.pid)
        s.process.kill()
        s.process.wait(10)
        wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5)
    wait_for(lambda: not listens(s.port), BACK_SECONDS)  # its last thread closes what it had open
    with Server("--restart", "on", "--listen", f"{HOST}:{s.port}", database=tmp_path / "x.duckdb", workers=0):
        pass


@pytest.mark.parametrize("args, code", [(["--no-such-option", "1"], 2), (["--listen", "192.0.2.1:5", "--users-file", "/dev/null"], 1), (["--listen", "192.0.2.1:5"], 2), (["/no/such/directory/x.duckdb"], 1),
                                        (["--users-file", "/no/such/users"], None), (["--init", "/no/such/init.sql"], None)])
def test_a_failed_start_is_no_death(args, code):
    """One line, the same exit code as without a parent, and no second try."""
    done = [subprocess.run([BINARY, "serve", "--http", "off", "--port", str(free_port()), *args], text=True, capture_output=True, timeout=60,
                           env={**os.environ, "TAVANA_RESTART": restart}) for restart in ("on", "off")]
    assert done[0].returncode == done[1].returncode and done[0].returncode in ((1, 2) if code is None else (code,))
    assert done[0].stderr == done[1].stderr or len(done[0].stderr.splitlines()) == len(done[1].stderr.splitlines()) == 1
    assert "died" not in done[0].stderr


def test_off_is_one_process():
    with pytest.raises(AssertionError, match="exit code -9"), Server("--restart", "off", workers=0) as s:
        assert s.pid == s.process.pid
        kill(s)


def test_the_parent_is_small(kept):
    s = kept()
    parent = psutil.Process(s.process.pid)
    assert parent.num_threads() == 1 and parent.cpu_times().user < 5
    if not SANITIZED:
        rollup = pathlib.Path(f"/proc/{parent.pid}/smaps_rollup").read_text()  # pages of files that nobody else has mapped now cost nothing
        assert int(re.search(r"Private_Dirty: *(\d+) kB", rollup)[1]) < 4096


def test_a_signal_ends_a_pause(kept):
    """It dies again and again: after some times the next one takes longer; SIGTERM then is a clean stop."""
    s = kept()
    for death in range(5):
        wait_for(lambda: len(log_lines(s, "listening")) > death and s.pid != s.process.pid, 20)
        kill(s)
    wait_for(lambda: "pause_ms=200" in s.log(), 20)
    s.process.send_signal(signal.SIGTERM)
    assert s.process.wait(20) == 0


@pytest.mark.skipif(not FULL, reason="takes long")
def test_it_gives_up(kept):
    s = kept()
    for death in range(10):
        wait_for(lambda: len(log_lines(s, "listening")) > death and s.pid != s.process.pid, 30)
        kill(s)
    assert s.process.wait(20) == 1 and "giving_up deaths=10" in s.log()
    with contextlib.suppress(AssertionError):
        s.__exit__(None, None, None)


# --- an engine that is of no use any more


def let_checkpoints_fail(p):
    """The disk takes nothing more, as far as it knows."""
    resource.prlimit(p.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))


def test_a_failed_engine_is_started_again(kept, tmp_path):
    s = kept(database=tmp_path / "x.duckdb")
    w, idle, busy = s.wire(), s.wire(), s.wire()
    w.ask(Q("create table t as select i from range(10000) t(i)"))
    busy.send(Q(ENDLESS))
    wait_for(lambda: s.metric("tavana_sessions_running") == 1, 10)
    let_checkpoints_fail(s)
    assert w.ask(Q("checkpoint")) == ["fatal:57P02", "closed"]
    assert "engine" in w.last_error["M"] and "reconnect" in w.last_error["H"]
    assert idle.until_ready() == ["fatal:57P02", "closed"] and busy.until_ready()[-2:] == ["fatal:57P02", "closed"]
    with s.wire(timeout=20) as again:
        assert again.ask(Q("select count(*) from t"))[1] == ("10000",)
    assert s.metric("tavana_restarts_total") == 1 and len(log_lines(s, "engine_failed")) == 1


@pytest.mark.parametrize("send", [lambda sql: [Q(sql)], lambda sql: [P(sql), B(), E(), S], lambda sql: [Q(f"declare c cursor for {sql}"), Q("fetch all from c")],
                                  lambda sql: [Q(f"copy ({sql}) to stdout")], lambda sql: [Q(f"create table made as {sql}")]],
                         ids=["query", "extended", "cursor", "copy", "create"])
def test_an_internal_error_ends_its_statement_alone(send, kept, tmp_path):
    """PostgreSQL's, too, ends no server but within a critical section; the engine took its database out of use."""
    s = kept(database=tmp_path / "x.duckdb")
    with s.wire() as w, s.wire() as other:
        other.ask(Q("begin"), Q("create table t as select 1 as i"))
        w.ask(Q("begin"))
        notes = w.ask(*send("select reservoir_quantile(1.0, [])"))
        assert "err:XX000" in notes and notes[-1] == "Z:E"
        assert w.ask(Q("select 1 + 0"))[0] == "err:25P02"
        assert w.ask(Q("rollback"))[-1] == "Z:I" and w.ask(Q("select 1 + 0"))[1] == ("1",)
        assert other.ask(Q("commit"))[-2:] == ['cc"COMMIT"', "Z:I"]
        assert w.ask(Q("select i from t"))[1] == ("1",)
    assert s.metric("tavana_restarts_total") == 0 and not log_lines(s, "engine_failed")


def test_a_failed_engine_is_not_ready(kept, tmp_path):
    """/ready says so from then on until the next process is ready; one that does not read what it is told keeps this one there for a moment."""
    s = kept(database=tmp_path / "x.duckdb")
    w, deaf = s.wire(), s.wire()
    w.ask(Q("create table t as select i from range(10000) t(i)"))
    deaf.send(Q("select i, repeat('x', 1000) from range(10000000) t(i)"))
    wait_for(lambda: s.metric("tavana_sessions_running") == 1, 10)
    time.sleep(0.3)
    let_checkpoints_fail(s)
    assert s.get("/ready")[0] == 200
    assert w.ask(Q("checkpoint"))[0] == "fatal:57P02"
    assert s.get("/ready") == (503, "draining\n")
    wait_for(lambda: s.get("/ready")[0] == 200, 20)
    assert s.metric("tavana_restarts_total") == 1


def test_without_a_parent_it_ends(tmp_path):
    with pytest.raises(AssertionError, match="exit code 1"), Server(database=tmp_path / "x.duckdb", workers=0) as s, s.wire() as w:
        w.ask(Q("create table t as select i from range(10000) t(i)"))
        let_checkpoints_fail(s)
        assert w.ask(Q("checkpoint"))[0] == "fatal:57P02"
        assert s.process.wait(10) == 1


def test_sessions_leave_a_worker_whose_engine_failed(tmp_path):
    with Worker("--restart", "on", database=tmp_path / "x.duckdb") as worker, contextlib.ExitStack() as stack:
        worker.wait_ready()
        s = stack.enter_context(Server("--workers", f"{HOST}:{worker.port}", role="gateway", workers=0))
        w, other = stack.enter_context(s.wire(timeout=30)), stack.enter_context(s.wire(timeout=30))
        w.ask(Q("create table t as select i from range(10000) t(i)"))
        other.ask(Q("prepare q as select count(*) from t"))
        let_checkpoints_fail(worker)
        assert w.ask(Q("checkpoint"))[0] in ("err:08006", "err:08007")
        for c in (w, other):
            assert c.ask(Q("select count(*) from t"))[1] == ("10000",)
        assert worker.metric("tavana_restarts_total") == 1


# --- gateways and workers


def test_gateway_and_worker(kept):
    """A worker's port that the system picked stays, so its gateways find it again; and a gateway of them comes back as well."""
    with Worker("--restart", "on", "--listen", f"{HOST}:0", port=0) as w, contextlib.ExitStack() as stack:
        w.wait_ready()
        port = int(w.log().split("listening port=")[1].split()[0])
        s = stack.enter_context(Server("--workers", f"{HOST}:{port}", "--restart", "on", "--worker-client-timeout", "20s", role="gateway", workers=0))
        for p in (w, s, w):
            kill(p)
            with s.wire(timeout=20) as c:
                assert c.ask(Q("select 40 + 2"))[1] == ("42",)
        assert w.metric("tavana_restarts_total") == 2 and s.metric("tavana_restarts_total") == 1
        assert f"listening port={port} " in log_lines(w, "listening")[-1]


def test_readers_of_another_worker_do_not_notice(tmp_path):
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker("--restart", "on")) for _ in range(2)]
        for w in workers:
            w.wait_ready()
        s = stack.enter_context(Server("--workers", ",".join(f"{HOST}:{w.port}" for w in workers), role="gateway", workers=0))
        c = s.wire(timeout=60)
        c.send(Q("select i, repeat('x', 400) from range(50000) t(i)"))
        time.sleep(0.2)
        for w in workers:
            kill(w)
            wait_for(lambda w=w: w.metric("tavana_restarts_total") == 1, 20)
            time.sleep(0.5)
        got = c.until_ready()
        assert [r for r in got if isinstance(r, tuple)] == [(str(i), "x" * 400) for i in range(50000)]
        with contextlib.suppress(Closed):
            c.close()
