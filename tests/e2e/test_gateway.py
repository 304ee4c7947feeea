"""A gateway with workers behind it: what clients see when workers come, go, and are not trusted."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import psycopg
import pytest

from conftest import BINARY, FULL, HOST, SANITIZED, Server, Worker, free_port, lake_options
from house import busy, house, kill, restart, sessions_of
from measure import MB, note, wait_for
from wire import B, E, P, PROTOCOL_3_0, PROTOCOL_3_2, Q, S, Wire, cancel

ROWS = 2_000_000
SQL = f"select i, 'row ' || i from range({ROWS}) t(i)"


def all_rows(w):
    got = []
    while True:
        m = w.next()
        if m[0] == "D":
            got.append(m[1][0] if isinstance(m[1], tuple) else m[1])
        elif m[0] in "ECZ":
            return got, m


def test_sessions_spread(record_property):
    with house(3) as s, contextlib.ExitStack() as stack:
        for _ in range(9):
            c = stack.enter_context(psycopg.connect(s.dsn(), autocommit=True))
            assert c.execute("select 1 + 1").fetchone() == (2,)
        wait_for(lambda: [sessions_of(w) for w in s.workers] == [3, 3, 3], 5)


def test_a_stream_survives_its_worker():
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        seen = 0
        killed = False
        with c.cursor() as cursor:
            for i, text in cursor.stream(SQL):
                assert (i, text) == (seen, f"row {seen}")
                seen += 1
                if seen == 1000:
                    kill(busy(s))
                    killed = True
        assert killed and seen == ROWS
        assert s.metric("tavana_route_resumed_total") >= 1
        assert c.execute("select 1 + 1").fetchone() == (2,)


def test_pages_of_a_cursor_survive_too():
    with house() as s, psycopg.connect(s.dsn()) as c:
        with c.cursor("c") as cursor:
            cursor.itersize = 1000
            cursor.execute("select i from range(5000) t(i)")
            got = [r[0] for r in cursor.fetchmany(1000)]
            kill(next(w for w in s.workers if sessions_of(w)))
            got += [r[0] for r in cursor.fetchall()]
        assert got == list(range(5000))


def lost_after_rows(s, c, sql):
    """How a stream ends whose worker is killed."""
    seen = 0
    with pytest.raises(psycopg.OperationalError) as e, c.cursor() as cursor:
        for _ in cursor.stream(sql):
            seen += 1
            if seen == 1000:
                kill(busy(s))
    assert c.execute("select 1 + 1").fetchone() == (2,)
    return e.value


def test_rows_that_change_are_not_glued_together(tmp_path):
    init = tmp_path / "init.sql"
    init.write_text(f"create view fickle as select random(), i from range({ROWS}) t(i)")
    with house(2, "--init", init) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        e = lost_after_rows(s, c, "select * from fickle")
        assert e.sqlstate == "40001" and "rows had been sent" in e.diag.message_detail


@pytest.mark.parametrize("setting,sql", [("off", SQL), ("verified", f"select random(), i from range({ROWS}) t(i)")])
def test_what_does_not_go_on(setting, sql):
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute(f"set tavana.resume = {setting}")
        assert c.execute("show tavana.resume").fetchone() == (setting,)
        e = lost_after_rows(s, c, sql)
        assert e.sqlstate == "08006" and "worker" in str(e)
        assert s.metric("tavana_route_resumed_total") == 0
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            c.execute("set tavana.resume = on")


def test_a_worker_that_comes_late():
    port = free_port()
    with Server("--workers", f"{HOST}:{port}", workers=0, role="gateway") as s:
        time.sleep(1)  # it has been refused by then
        assert s.metric("tavana_gateway_workers_attached") == 0
        s.workers = []
        with Worker(port=port):
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 4)
            with psycopg.connect(s.dsn(), autocommit=True) as c:
                assert c.execute("select 1 + 1").fetchone() == (2,)


def test_what_writes_is_not_run_twice():
    with house(1) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        timer = threading.Timer(1, lambda: kill(s.workers[0]))
        timer.start()
        with pytest.raises(psycopg.OperationalError) as e:
            c.execute("create table t as select count(*) from range(100000000000) t(i) where i % 7 = 3")
        assert e.value.sqlstate == "08007"
        timer.join()
        restart(s, s.workers[0])
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
        assert c.execute("select 1 + 1").fetchone() == (2,)


def test_a_transaction_that_wrote_is_lost_with_its_worker():
    with house(1) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute("create table t (a int)")
        c.execute("begin")
        c.execute("insert into t values (1)")
        kill(s.workers[0])
        with pytest.raises(psycopg.OperationalError) as e:
            c.execute("select * from t")
        assert e.value.sqlstate == "08006" and "rolled back" in e.value.diag.message_detail
        restart(s, s.workers[0])
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            c.execute("select 1 + 1")
        c.execute("rollback")
        assert c.execute("select 1 + 1").fetchone() == (2,)


@pytest.mark.parametrize("first, end, code, detail", [
    ("create temp table x as select 1 as a", "commit", "08006", "Temporary objects and variables of this session are gone."),
    ("set variable v = 1", "commit", "08006", "Temporary objects and variables of this session are gone."),
    ("create temp table x as select 1 as a", "rollback", None, "Temporary objects and variables of this session are gone."),
    ("create temp table x as select 1 as a; create table t (a int)", "commit", "08007",
     "Nobody can tell whether the transaction was committed. Temporary objects and variables of this session are gone."),
    ("select 1", "commit", None, None),
])
@pytest.mark.parametrize("inside", [False, True])
def test_the_end_of_a_transaction_meets_a_lost_worker(first, end, code, detail, inside):
    """What is gone with it is told by the COMMIT that meets the loss, whenever it came to be."""
    with house(1) as s, s.wire(timeout=30) as w:
        w.ask(Q(f"begin; {first}" if inside or code == "08007" else f"{first}; begin; select 2"))
        kill(s.workers[0])
        told = w.ask(Q(end))
        if code:
            assert told == [f"err:{code}", "Z:I"]
        else:  # it is what was asked for; what went beside it is a warning
            assert told == (["notice:08006"] if detail else []) + [f'cc"{end.upper()}"', "Z:I"]
        if detail:
            assert (w.last_error if code else w.last_notice)["D"] == detail
        restart(s, s.workers[0])
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 1, 10)
        assert w.ask(Q("begin; select 1; commit"))[-2:] == ['cc"COMMIT"', "Z:I"]  # it is told once
        if detail:
            assert w.ask(Q("select a from x"))[0] == "err:42P01"


def test_a_worker_that_says_nothing_any_more():
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c, contextlib.ExitStack() as later:
        seen = 0
        with c.cursor() as cursor:
            for i, _ in cursor.stream(SQL):
                assert i == seen
                seen += 1
                if seen == 1000:
                    frozen = busy(s)
                    later.callback(frozen.process.send_signal, signal.SIGCONT)  # else it never ends
                    frozen.process.send_signal(signal.SIGSTOP)
                    begun = time.monotonic()
        assert seen == ROWS and time.monotonic() - begun < 30


@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
def test_a_gateway_that_was_frozen():
    """Its workers have ended what it had there, and it reads what they said before: sessions and rows go on all the same."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker("--worker-client-timeout", "8s")) for _ in range(2)]
        for w in workers:
            w.wait_ready()
        s = stack.enter_context(Server("--workers", ",".join(f"{HOST}:{w.port}" for w in workers), role="gateway", workers=0))
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 20)
        reader, *idle = (stack.enter_context(s.wire(timeout=60)) for _ in range(4))
        reader.send(Q("select i, repeat('x', 200) from range(200000) t(i)"))
        wait_for(lambda: s.metric("tavana_streams") == 1, 20)
        s.process.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: all("gateway_gone" in w.log() for w in workers), 40)
            for n, w in enumerate(idle):
                w.send(Q(f"select count(*) as a{n} from range({n})"))
        finally:
            s.process.send_signal(signal.SIGCONT)
        for n, w in enumerate(idle):
            assert w.until_ready()[1] == (str(n),), w.last_error
        rows = [m[0] for m in reader.until_ready() if isinstance(m, tuple)]
        assert rows == [str(i) for i in range(200000)], reader.last_error


def test_a_draining_worker_is_left():
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        assert c.execute("select 1 + 1").fetchone() == (2,)
        on = next(w for w in s.workers if sessions_of(w))
        on.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        for _ in range(20):
            assert c.execute("select 1 + 1").fetchone() == (2,)
        assert on.process.wait(10) == 0


def test_no_worker_at_all():
    with Server("--workers", f"{HOST}:{free_port()}", "--worker-client-timeout", "500ms", workers=0, role="gateway") as s, s.wire() as w:
        assert w.ask(Q("select 1 + 1"))[0] == "err:08006"
        assert w.ask(Q("select 1 + 1"))[-1] == "Z:I"


def drain_with_a_stop(w, stop_after, seconds, while_stopped):
    """Reads until ReadyForQuery, as fast as it can but for one stop; the last bytes."""
    got, buffer, tail = 0, bytearray(1 << 20), b""
    while not tail.endswith(b"Z\0\0\0\x05I"):
        n = w.sock.recv_into(buffer)
        assert n, "the connection was closed"
        tail = (tail + bytes(memoryview(buffer)[max(0, n - 64):n]))[-64:]
        if got < stop_after <= got + n:
            while_stopped(seconds)
        got += n
    return tail


@pytest.mark.parametrize("sql, rows, full_rows, bound", [("select i from range({}) t(i)", 5_000_000, 100_000_000, 50 * MB),
                                                         ("select repeat('x', 50000) from range({})", 20_000, 200_000, 80 * MB)])
def test_memory_of_a_gateway_does_not_depend_on_the_result(sql, rows, full_rows, bound, record_property):
    """A client that stops reading stops the scan."""
    rows, seconds = (full_rows, 30) if FULL else (rows // 10 if SANITIZED else rows, 4)
    with house(1) as s, s.wire() as w:
        worker = s.workers[0]

        def stand_still(seconds):
            time.sleep(1)
            sent, cpu = worker.metric("tavana_bytes_sent_total"), worker.cpu_seconds()
            time.sleep(seconds - 1)
            more = worker.metric("tavana_bytes_sent_total") - sent
            assert worker.metric("tavana_worker_streams") == 1 and 0 < worker.metric("tavana_rows_sent_total") < rows
            note(record_property, mb_before_the_stop=sent / MB, mb_during_the_stop=more / MB, cpu_during_the_stop=worker.cpu_seconds() - cpu)
            assert more <= 2 * MB  # the kernel puts its buffers together once more
            assert worker.cpu_seconds() - cpu < 0.02 * seconds + 0.1

        at = time.monotonic()
        w.send(Q(sql.format(rows)))
        tail = drain_with_a_stop(w, 10 * MB, seconds, stand_still)
        took = time.monotonic() - at - seconds
        assert b"SELECT %d\0" % rows in tail and worker.metric("tavana_rows_sent_total") == rows
        note(record_property, peak_mb=s.peak_rss() / MB, mb_sent=s.metric("tavana_bytes_sent_total") / MB, seconds_reading=took)
        if not SANITIZED:
            assert s.peak_rss() <= bound
        wait_for(lambda: worker.metric("tavana_worker_streams") == 0, 10)


def test_a_client_that_goes_while_it_does_not_read():
    with house(1) as s, s.wire() as w:
        w.send(Q("select i, repeat('x', 1000) from range(100000000) t(i)"))
        w.next()
        time.sleep(1)
        w.close()
        wait_for(lambda: s.workers[0].metric("tavana_worker_streams") == 0, 10)


def test_cancel():
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        threading.Timer(0.5, c.cancel).start()
        begun = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            c.execute("select count(*) from range(100000000000) t(i) where i % 7 = 3")
        assert time.monotonic() - begun < 10
        assert c.execute("select 1 + 1").fetchone() == (2,)


@pytest.mark.parametrize("protocol", [PROTOCOL_3_0, PROTOCOL_3_2])
def test_cancel_through_another_gateway(protocol):
    """Behind a balancer the cancel comes to a gateway that knows nothing of the session."""
    ports = [free_port() for _ in range(3)]
    peers = ["--peers", ",".join(f"localhost:{p}" for p in ports[:2])]
    slow = "select count(*) from range(100000000000) t(i) where i % 7 = 3"
    with Worker() as w:
        w.wait_ready()
        with contextlib.ExitStack() as stack:
            options = ["--workers", f"{HOST}:{w.port}"]
            for p, more in zip(ports, (peers, peers, [])):
                stack.enter_context(Server(*options, *more, "--listen", f"{HOST}:{p}", workers=0, role="gateway"))
            c = stack.enter_context(Wire((HOST, ports[0]), protocol=protocol))
            begun = time.monotonic()
            c.send(Q(slow))
            time.sleep(0.5)
            cancel((HOST, ports[2]), c.pid, c.key)  # knows no peers: nothing happens
            cancel((HOST, ports[1]), c.pid, bytes(len(c.key)))
            time.sleep(1)
            assert w.metric("tavana_worker_sessions") == 1
            cancel((HOST, ports[1]), c.pid, c.key)
            answer = c.until_ready()
            assert answer[-2:] == ["err:57014", "Z:I"] and 1.4 < time.monotonic() - begun < 20, answer


def certificates(pki, name):
    return ["--rpc-cert-file", pki / f"{name}.crt", "--rpc-key-file", pki / f"{name}.key", "--rpc-ca-file", pki / "ca.crt"]


def test_mutual_tls(pki):
    with Worker(*certificates(pki, "server")) as w:
        w.wait_ready()
        at = ["--workers", f"{HOST}:{w.port}", "--worker-client-timeout", "1s"]
        with Server(*at, *certificates(pki, "client"), workers=0, role="gateway") as s, psycopg.connect(s.dsn()) as c:
            assert c.execute("select 1 + 1").fetchone() == (2,)
        for stranger in ([], ["--rpc-ca-file", pki / "ca.crt"]):
            with Server(*at, *stranger, workers=0, role="gateway") as s, s.wire() as wire:
                assert wire.ask(Q("select 1 + 1"))[0] == "err:08006"


def test_token(pki, tmp_path):
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("a-secret-of-twenty-bytes\n")
    wrong.write_text("b-secret-of-twenty-bytes\n")
    server = ["--rpc-cert-file", pki / "server.crt", "--rpc-key-file", pki / "server.key", "--rpc-token-file", right]
    with Worker(*server) as w:
        w.wait_ready()
        at = ["--workers", f"localhost:{w.port}", "--worker-client-timeout", "1s", "--rpc-ca-file", pki / "ca.crt"]
        with Server(*at, "--rpc-token-file", right, workers=0, role="gateway") as s, psycopg.connect(s.dsn()) as c:
            assert c.execute("select 1 + 1").fetchone() == (2,)
            assert "secret" not in s.log()
        with Server(*at, "--rpc-token-file", wrong, workers=0, role="gateway") as s, s.wire() as wire:
            assert wire.ask(Q("select 1 + 1"))[0] in ("err:28000", "err:08006")
        assert "secret" not in w.log()


def test_what_workers_begin_with(tmp_path):
    """--init: every worker sees the same view, over a file that sessions may read."""
    (tmp_path / "t.csv").write_text("a,b\n1,one\n2,two\n")
    (tmp_path / "init.sql").write_text(f"create view both_see as select * from '{tmp_path}/t.csv';\ncreate macro twice(x) as 2 * x;\n")
    options = ["--init", tmp_path / "init.sql", "--allowed-directories", tmp_path]
    with Server(*options, workers=2) as s:
        for _ in range(4):
            with psycopg.connect(s.dsn()) as c:
                assert c.execute("select a, b, twice(a) from both_see order by a").fetchall() == [(1, "one", 2), (2, "two", 4)]
    (tmp_path / "init.sql").write_text("create vieww x;")
    done = subprocess.run([BINARY, "worker", "--init", tmp_path / "init.sql", "--listen", "127.0.0.1:0", "--http", "off"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 1 and "vieww" in done.stderr


OWN = "create view seen as select 42 as a; create macro twice(x) as 2 * x;"


def test_a_database_in_memory_that_is_for_reading(tmp_path):
    """Init makes it, then the engine refuses what would change it."""
    (tmp_path / "init.sql").write_text(OWN)
    with Server("--read-only", "on", "--init", tmp_path / "init.sql", workers=1) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        assert c.execute("select twice(a) from seen").fetchone() == (84,)
        for sql in ("create table t (a int)", "drop view seen", "create sequence s", "create schema x"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as e:
                c.execute(sql)
            assert "TEMP" in e.value.diag.message_hint
        c.execute("create temp table t (a int); insert into t values (7)")
        assert c.execute("select a from t").fetchone() == (7,)


def test_what_is_kept_by_one_worker_is_not_written():
    with house() as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        for sql in ("create table t (a int)", "create view v as select 1"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as e:
                c.execute(sql)
            assert "read_only" in e.value.diag.message_hint
        c.execute("create temp table t as select 7 as a")
        assert c.execute("select a from t").fetchone() == (7,)


def test_what_one_worker_writes_another_reads(tmp_path):
    options = lake_options(tmp_path, OWN)
    with Server(*options, workers=1) as s:  # who comes first makes the catalog
        assert s.get("/ready")[0] == 200
    with Server(*options, workers=2) as s, contextlib.ExitStack() as stack:
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
        sessions = [stack.enter_context(psycopg.connect(s.dsn(), autocommit=True)) for _ in range(4)]
        for c in sessions:
            assert c.execute("select 1 + 1").fetchone() == (2,)
        assert all(map(sessions_of, s.workers)), [sessions_of(w) for w in s.workers]
        sessions[0].execute("create table t (a int, b text)")
        for n, c in enumerate(sessions):
            c.execute("insert into t values (%s, %s)", (n, f"by {n}"))
        for c in sessions:
            assert c.execute("select * from t order by a").fetchall() == [(n, f"by {n}") for n in range(4)]
            assert c.execute("select memory.twice(a) from memory.seen").fetchone() == (84,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            sessions[0].execute("create table memory.t (a int)")
        for sql, error in (("create table t (a int)", psycopg.errors.DuplicateTable), ("create schema main", psycopg.errors.DuplicateSchema),
                           ("create table no_such.t (a int)", psycopg.errors.InvalidSchemaName), ("select * from no_such.t", psycopg.errors.UndefinedTable), ("select * from no_such", psycopg.errors.UndefinedTable),
                           ("insert into t values (1, '') returning a", psycopg.errors.FeatureNotSupported)):
            with pytest.raises(error):
                sessions[0].execute(sql)
        sessions[1].execute("create schema other; set search_path = other; create table u as select 5 as a")
        assert sessions[1].execute("select a from u").fetchone() == (5,)
        assert sessions[2].execute("select a from other.u").fetchone() == (5,)
        sessions[1].execute("reset search_path")
        assert sessions[1].execute("select count(*) from t").fetchone() == (4,)
        with sessions[0].transaction(force_rollback=True):
            sessions[0].execute("delete from t")
            assert sessions[0].execute("select count(*) from t").fetchone() == (0,)
        assert sessions[3].execute("select count(*) from t").fetchone() == (4,)


@pytest.mark.parametrize("args, said", [
    (["worker", "--default-catalog", "nowhere", "--listen", "127.0.0.1:0"], "nowhere"),
    (["gateway"], "needs at least one"),
    (["gateway", "x.duckdb", "--workers", "a"], "option database is not for `tavana gateway`"),
    (["serve", "--workers", "a"], "option workers is not for `tavana serve`"),
    (["worker", "--listen", "0.0.0.0:0"], "nothing says who may come in"),
    (["worker", "--rpc-token-file", "/nowhere", "--listen", "127.0.0.1:0"], "/nowhere"),
])
def test_wrong_options(args, said):
    done = subprocess.run([BINARY, *args, "--http", "off"], text=True, capture_output=True, timeout=60)
    assert done.returncode in (1, 2) and said in done.stderr


@contextlib.contextmanager
def silent_peer():
    """Takes no connection: its line is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(4):
            c = stack.enter_context(socket.socket())
            c.setblocking(False)
            c.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_cancels_for_a_silent_peer_cost_nobody_anything():
    """Anybody may send CancelRequests: those that are sent on wait in a queue, and log-ins do not wait for it."""
    ports = [free_port() for _ in range(2)]
    with silent_peer() as silent, Worker() as w, contextlib.ExitStack() as stack:
        w.wait_ready()
        at = f"{HOST}:{silent},{HOST}:{ports[0]},{HOST}:{ports[1]}"
        one, other = (stack.enter_context(Server("--workers", f"{HOST}:{w.port}", "--listen", f"{HOST}:{p}", "--peers", at, "--max-threads", "32",
                                                 workers=0, role="gateway", wait=False)) for p in ports)
        for s in (one, other):
            s.wait_ready()
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                with contextlib.suppress(OSError), socket.create_connection((HOST, ports[0]), 5) as c:
                    c.sendall(struct.pack("!iiI", 16, 80877102, 12345) + os.urandom(4))

        threads = [threading.Thread(target=flood) for _ in range(2)]
        for t in threads:
            t.start()
        time.sleep(1)
        begun = time.monotonic()
        for _ in range(5):
            with Wire((HOST, ports[0])) as c:
                assert c.ask(Q("select 1 + 1"))[-1] == "Z:I"
        assert time.monotonic() - begun < 10
        stop.set()
        for t in threads:
            t.join(20)
        assert one.metric("tavana_cancels_dropped_total") > 0
        assert one.log().count("peer_unreachable") <= 3
        wait_for(lambda: one.metric("tavana_cancels_sent_on_total") > 0, 20)
        with Wire((HOST, ports[1])) as c:  # one that is for a session of the other gateway gets through, beside the silent one
            asker = threading.Timer(0.5, lambda: [cancel((HOST, ports[0]), c.pid, c.key), time.sleep(2), cancel((HOST, ports[0]), c.pid, c.key)])
            asker.start()
            assert c.ask(Q("select count(*) from range(10000000000) t(i) where i % 7 = 9"))[-2:] == ["err:57014", "Z:I"]
            asker.join()
