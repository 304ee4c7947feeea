"""Which workers a gateway has, and which statement runs where."""

import contextlib
import os
import signal
import threading
import time

import psycopg
import pytest

from conftest import HOST, Server, Worker, free_port
from house import house, kill, labelled, restart, running, sessions_of
from measure import wait_for
from wire import B, E, P, Q, S, cancel

LONG = "select i, repeat('x', 100) from range(100000000) t(i)"


# --- which workers there are


@contextlib.contextmanager
def named_house(tmp_path, workers, *options, name="workers.test", worker_options=()):
    """A gateway that knows its workers by a name, of a hosts file that only it sees: each on a loopback address of its own. Yields
    the gateway, the workers by address, and what changes the name's addresses."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    port, hosts = free_port(), tmp_path / "hosts"
    addresses = [f"127.0.0.{10 + i}" for i in range(workers)]

    def resolves_to(*to):
        hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{a} {name}\n" for a in to))

    with contextlib.ExitStack() as stack:
        def start(address):
            w = stack.enter_context(Worker(*worker_options, host=address, port=port))
            w.wait_ready()
            return w

        resolves_to(*addresses)
        started = {a: start(a) for a in addresses}
        s = stack.enter_context(Server("--workers", f"{name}:{port}", "--workers-resolve-interval", "100ms", "--worker-client-timeout", "2s", *options,
                                       workers=0, role="gateway", wait=False,
                                       within=["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]))
        s.wait_ready()
        yield s, started, resolves_to


def test_a_name_stands_for_all_workers(tmp_path):
    """A headless service: workers come and go with the name's addresses, and nobody notices."""
    with named_house(tmp_path, 3) as (s, workers, resolves_to), contextlib.ExitStack() as stack:
        first, second, third = workers
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 3, 10)
        c = [stack.enter_context(psycopg.connect(s.dsn(), autocommit=True)) for _ in range(9)]
        assert [x.execute("select 1 + 0").fetchone() for x in c] == [(1,)] * 9
        wait_for(lambda: sorted(sessions_of(w) for w in workers.values()) == [3, 3, 3], 5)
        assert {a.split(":")[0] for a in labelled(s, "tavana_gateway_worker_attached")} == set(workers)
        resolves_to(first)
        time.sleep(0.5)  # one that is still there is not forgotten, whatever the name says
        assert s.metric("tavana_gateway_workers_attached") == 3
        kill(workers[second])
        kill(workers[third])
        wait_for(lambda: s.metric("tavana_gateway_workers") <= 3 and s.metric("tavana_gateway_workers_attached") == 1, 10)
        assert [x.execute("select 2 + 0").fetchone() for x in c] == [(2,)] * 9
        wait_for(lambda: list(labelled(s, "tavana_gateway_worker_attached").values()) == [1], 10)
        fresh = stack.enter_context(Worker(host="127.0.0.20", port=workers[first].port))
        resolves_to(first, "127.0.0.20")
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
        with psycopg.connect(s.dsn()) as d:
            d.execute("select 1 + 0")
            wait_for(lambda: sessions_of(fresh) == 1, 5)


def test_a_name_that_resolves_later(tmp_path):
    with named_house(tmp_path, 1) as (s, workers, resolves_to):
        resolves_to()
        kill(next(iter(workers.values())))
        wait_for(lambda: "workers_not_resolved" in s.log(), 5)
    with named_house(tmp_path, 1, name="other.test") as (s, workers, resolves_to), psycopg.connect(s.dsn()) as c:
        assert c.execute("select 3 + 0").fetchone() == (3,)


def test_a_certificate_is_of_the_name(tmp_path, pki):
    """Of the one that is configured, whatever it resolves to."""
    tls = ["--rpc-cert-file", pki / "server.crt", "--rpc-key-file", pki / "server.key", "--rpc-ca-file", pki / "ca.crt"]
    for name, right in (("localhost", True), ("workers.test", False)):
        with named_house(tmp_path, 1, *tls, name=name, worker_options=tls) as (s, _, _), s.wire() as w:
            assert w.ask(Q("select 5 + 0"))[0] == ("T" if right else "err:08006")


def test_no_name_resolves():
    with Server("--workers", "no-such-worker.invalid:1", workers=0, role="gateway") as s, s.wire() as w:
        assert w.ask(Q("select 1 + 1"))[0] == "err:08006" and w.last_error["M"] == "no worker is known"


def test_more_addresses_than_can_be_known(tmp_path):
    with named_house(tmp_path, 1) as (s, workers, _):
        hosts = tmp_path / "hosts"
        hosts.write_text("".join(f"127.1.0.{i} workers.test\n" for i in range(1, 130)))
        wait_for(lambda: "has more than 128 addresses" in s.log(), 5)
        hosts.write_text("".join(f"127.1.0.{i} workers.test\n" for i in range(1, 65)))  # and the one that is there
        wait_for(lambda: "worker_left_out address=127.1.0" in s.log(), 5)
        time.sleep(0.5)
        assert s.log().count("worker_left_out") == 1 and s.metric("tavana_gateway_workers") == 64
        wait_for(lambda: s.metric("tavana_gateway_channels") == 10, 5)
        with psycopg.connect(s.dsn()) as c:
            assert c.execute("select 3 + 0").fetchone() == (3,)
        assert len(workers) == 1


def test_none_of_several_workers():
    """One that comes in time is taken, whichever it is."""
    ports = [free_port(), free_port()]
    names = ",".join(f"{HOST}:{p}" for p in ports)
    with Server("--workers", names, "--worker-client-timeout", "500ms", workers=0, role="gateway") as s, s.wire() as w:
        at = time.monotonic()
        assert w.ask(Q("select 1 + 1"))[0] == "err:08006" and w.last_error["M"] == "no worker can be reached"
        assert 0.4 < time.monotonic() - at < 5
    with Server("--workers", names, "--worker-client-timeout", "20s", workers=0, role="gateway") as s, s.wire() as w:
        w.send(Q("select 1 + 1"))
        time.sleep(0.5)
        with Worker(port=ports[1]):
            assert ("2",) in w.until_ready(), w.last_error


def test_one_worker_with_two_addresses_counts_once():
    """As what several names of one machine make: its sessions still may write."""
    with Worker("--listen", f"{HOST}:{free_port()}") as _, Server(workers=1) as one:
        port = one.workers[0].port
        with Server("--workers", f"{HOST}:{port},127.0.0.1:{port}", workers=0, role="gateway") as s, psycopg.connect(s.dsn()) as c:
            c.execute("create table t (a int)")
            assert s.metric("tavana_gateway_workers") == 1


def test_more_workers_than_channels():
    """One that cannot be reached gives its place to one that has none."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker()) for _ in range(3)]
        for w in workers:
            w.wait_ready()
        names = ",".join(f"{HOST}:{w.port}" for w in workers)
        s = stack.enter_context(Server("--workers", names, "--worker-client-pool-size", "2", "--workers-resolve-interval", "100ms",
                                       "--worker-client-timeout", "1s", workers=0, role="gateway"))
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
        assert s.metric("tavana_gateway_workers") == 3 and s.metric("tavana_gateway_channels") == s.metric("tavana_gateway_channels_max") == 2
        up = labelled(s, "tavana_gateway_worker_attached")
        gone = next(w for w in workers if up[f"{HOST}:{w.port}"])
        kill(gone)
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
        assert s.metric("tavana_gateway_channels") == 2
        with psycopg.connect(s.dsn()) as c:
            assert c.execute("select 4 + 0").fetchone() == (4,)


# --- what workers can take


def test_statements_wait_for_a_worker_with_room(record_property):
    with house(2, "--worker-capacity", "2", "--stream-wait", "1s") as s, contextlib.ExitStack() as stack:
        slow = [stack.enter_context(s.wire()) for _ in range(4)]
        for w in slow:
            w.send(Q(LONG))
        wait_for(lambda: running(s) == 4, 10)
        assert sorted(labelled(s, "tavana_gateway_worker_running").values()) == [2, 2]
        w, at = stack.enter_context(s.wire()), time.monotonic()
        assert w.ask(Q("select 1 + 0"))[-2:] == ["err:53300", "Z:I"] and 0.9 < time.monotonic() - at < 5
        assert w.last_error["M"] == "too many statements run at once" and s.metric("tavana_route_refused_total") == 1
        w.send(Q("select 1 + 0"))
        wait_for(lambda: s.metric("tavana_route_waiting") == 1, 5)
        cancel(s.address, w.pid, w.key)
        assert w.until_ready()[-2:] == ["err:57014", "Z:I"]
        w.ask(Q("set statement_timeout = '300ms'"))
        assert w.ask(Q("select 1 + 0"))[-2:] == ["err:57014", "Z:I"]
        w.ask(Q("set statement_timeout = 0"))
        w.send(Q("select 1 + 0"))
        wait_for(lambda: s.metric("tavana_route_waiting") == 1, 5)
        slow[1].close()
        assert ("1",) in w.until_ready()
        assert s.metric("tavana_route_wait_seconds_count") >= 4


def test_users_have_equal_shares():
    """One who asks for much and one who asks for little: the second does not stand behind all of the first."""
    with house(1, "--worker-capacity", "2") as s, contextlib.ExitStack() as stack:
        greedy = [stack.enter_context(s.wire(user="greedy")) for _ in range(6)]
        for n, w in enumerate(greedy):
            w.send(Q(LONG))
            wait_for(lambda: running(s) + s.metric("tavana_route_waiting") == n + 1, 10)
        modest = stack.enter_context(s.wire(user="modest"))
        modest.send(Q("select 5 + 0"))
        wait_for(lambda: s.metric("tavana_route_waiting") == 5, 5)
        greedy[0].close()
        assert ("5",) in modest.until_ready()
        wait_for(lambda: s.metric("tavana_route_waiting") == 3, 5)  # the next of the first comes in behind it


def test_what_has_begun_goes_on_first():
    with house(1, "--worker-capacity", "1") as s, contextlib.ExitStack() as stack:
        c = stack.enter_context(psycopg.connect(s.dsn(user="a")))
        c.execute("declare k cursor for select * from range(1000000)")
        assert len(c.execute("fetch 10 from k").fetchall()) == 10
        slow = stack.enter_context(s.wire(user="b"))
        slow.send(Q(LONG))
        wait_for(lambda: running(s) == 1, 5)
        waiting = stack.enter_context(s.wire(user="c"))
        waiting.send(Q(LONG))
        wait_for(lambda: s.metric("tavana_route_waiting") == 1, 5)
        threading.Timer(0.5, slow.close).start()
        assert c.execute("fetch 10 from k").fetchall() == [(i,) for i in range(10, 20)]
        wait_for(lambda: running(s) == 1, 5)
        waiting.close()


def test_a_clean_session_goes_where_there_is_room():
    with house(2, "--worker-capacity", "1") as s, contextlib.ExitStack() as stack:
        first, second, third = [stack.enter_context(s.wire()) for _ in range(3)]
        first.send(Q(LONG))
        wait_for(lambda: running(s) == 1, 5)
        for w in (second, third):  # one of them came to the same worker as the first
            assert ("1",) in w.ask(P("select 1 + 0", "p"), B("", "p"), E(), S)
        assert s.metric("tavana_route_wait_seconds_count") == 0
        third.ask(Q("create temp table x as select 7 as a"))
        second.send(Q(LONG))
        wait_for(lambda: running(s) == 2, 5)
        third.send(Q("select a from x"))  # what has something there waits there
        wait_for(lambda: s.metric("tavana_route_waiting") == 1, 5)
        first.close()
        second.close()
        assert ("7",) in third.until_ready()


# --- workers that go


def test_a_cursor_leaves_a_worker_that_goes():
    """It takes its rows elsewhere with its next FETCH, long before the worker's time is up."""
    with house(2) as s, psycopg.connect(s.dsn()) as c:
        c.execute("declare k cursor for select i from range(1000000) t(i)")
        assert c.execute("fetch 1000 from k").fetchall()[-1] == (999,)
        on = next(w for w in s.workers if sessions_of(w))
        on.process.terminate()
        wait_for(lambda: labelled(s, "tavana_gateway_worker_draining")[f"{HOST}:{on.port}"], 10)
        assert c.execute("fetch 1000 from k").fetchall() == [(i,) for i in range(1000, 2000)]
        assert on.process.wait(10) == 0
        assert c.execute("fetch 1 from k").fetchall() == [(2000,)]
        assert s.metric("tavana_route_resumed_total") == 1 and s.metric("tavana_route_lost_total") == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_idle_sessions_keep_no_worker(workers):
    """Those that have nothing there; what comes next waits for the one that takes its place."""
    with Server("--worker-client-timeout", "20s", workers=workers) as s, contextlib.ExitStack() as stack:
        c = [stack.enter_context(psycopg.connect(s.dsn(), autocommit=True)) for _ in range(20)]
        assert [x.execute("select 1 + 1").fetchone() for x in c] == [(2,)] * 20
        for w in s.workers:
            w.process.terminate()
        assert [w.process.wait(10) for w in s.workers] == [0] * workers
        for w in list(s.workers):
            restart(s, w)
        assert [x.execute("select 1 + 1").fetchone() for x in c] == [(2,)] * 20
        assert s.metric("tavana_route_lost_total") == 0


def test_what_waits_for_the_only_worker_to_come_back():
    """A session that has to stay holds it meanwhile."""
    with Server("--worker-client-timeout", "20s", workers=1) as s, psycopg.connect(s.dsn(), autocommit=True) as c, s.wire() as w:
        on = s.workers[0]
        c.execute("create temp table x as select 7 as a")
        assert w.ask(Q("select 1 + 1"))[1] == ("2",)
        on.process.terminate()
        wait_for(lambda: sessions_of(on) == 1, 10)
        w.send(Q("select 2 + 2"))
        time.sleep(0.5)
        assert c.execute("select a from x").fetchone() == (7,)
        c.close()
        assert on.process.wait(10) == 0
        with Worker(port=on.port):
            assert ("4",) in w.until_ready(), w.last_error


def idle_until_left(s, *cursors):
    """The worker that it is on drains while the session is idle, which leaves it."""
    on = next(w for w in s.workers if sessions_of(w))
    on.process.terminate()
    wait_for(lambda: labelled(s, "tavana_gateway_worker_draining")[f"{HOST}:{on.port}"], 10)
    assert on.process.wait(10) == 0


def test_commit_after_the_worker_was_left():
    with house(2) as s, psycopg.connect(s.dsn()) as c:
        assert c.execute("select 1 + 1").fetchone() == (2,)
        idle_until_left(s)
        c.commit()
        assert c.execute("select 2 + 2").fetchone() == (4,)
        c.rollback()
        assert s.metric("tavana_route_lost_total") == 0


@pytest.mark.parametrize("sql, rows", [("fetch 5 from k", list(range(10, 15))), ("move 5 in k", None), ("fetch backward 3 from k", [8, 7, 6]),
                                       ("fetch absolute 50 from k", [49])])
def test_a_cursor_goes_on_elsewhere_in_another_way(sql, rows):
    with house(2) as s, psycopg.connect(s.dsn()) as c:
        c.execute("declare k scroll cursor for select i from range(1000) t(i)")
        assert len(c.execute("fetch 10 from k").fetchall()) == 10
        idle_until_left(s)
        got = c.execute(sql)
        assert rows is None or [r for r, in got.fetchall()] == rows
        at = 15 if rows is None else rows[-1] + 1 if "absolute" in sql or rows[0] == 10 else 6 + 1
        assert c.execute("fetch 1 from k").fetchone() == (at,)
        assert s.metric("tavana_route_resumed_total") == 1


def test_a_held_cursor_is_verified_where_it_goes(tmp_path):
    """Rows in another order are an error, and not taken for those that were to come."""
    a, b = tmp_path / "a.sql", tmp_path / "b.sql"
    a.write_text("create table t as select i from range(1000) t(i)")
    b.write_text("create table t as select 999 - i as i from range(1000) t(i)")
    for other, code in ((a, None), (b, "40001")):
        with Worker("--init", a, "--read-only", "on") as one, contextlib.ExitStack() as stack:
            one.wait_ready()
            port = free_port()
            s = stack.enter_context(Server("--workers", f"{HOST}:{one.port},{HOST}:{port}", "--worker-client-timeout", "20s", workers=0, role="gateway"))
            c = stack.enter_context(psycopg.connect(s.dsn()))
            c.execute("declare k cursor with hold for select i from t")
            assert c.execute("fetch 2 from k").fetchall() == [(0,), (1,)]
            two = stack.enter_context(Worker("--init", other, "--read-only", "on", port=port))
            two.wait_ready()
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 10)
            s.workers = [one]
            idle_until_left(s)
            s.workers = []
            c.commit()
            if code:
                with pytest.raises(psycopg.Error) as e:
                    c.execute("fetch 2 from k")
                assert e.value.sqlstate == code
            else:
                assert c.execute("fetch 2 from k").fetchall() == [(2,), (3,)]


def test_what_kills_workers_is_not_tried_for_ever():
    """A statement whose worker dies each time ends with an error: tests/e2e/test_poison.py."""
    with house(2) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        done = []

        def ask():
            try:
                c.execute("select count(*) from range(100000000000) t(i) where i % 7 = 8")
            except psycopg.Error as e:
                done.append((e.sqlstate, e.diag.message_primary, e.diag.message_detail))

        thread = threading.Thread(target=ask)
        thread.start()
        for _ in range(20):
            if done:
                break
            with contextlib.suppress(AssertionError):
                wait_for(lambda: done or any(w.metric("tavana_worker_streams") for w in s.workers), 10)
            if not done:
                on = next(w for w in s.workers if w.metric("tavana_worker_streams"))
                kill(on)
                restart(s, on)
        thread.join(30)
        assert done[0][0] == "55000" and done[0][2].startswith("2 workers died under it"), done


def test_waiting_for_a_worker_ends_with_a_cancel():
    with house(1, "--worker-client-timeout", "60s") as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute("select 1 + 1")
        kill(s.workers[0])
        c.execute("set statement_timeout = '2s'")
        at = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            c.execute("select 1 + 1")
        assert time.monotonic() - at < 10


def test_a_cursor_that_has_to_stay_is_told():
    with house(2) as s, psycopg.connect(s.dsn()) as c:
        notices = []
        c.add_notice_handler(lambda d: notices.append((d.severity, d.sqlstate, d.message_primary)))
        c.execute("create temp table x as select i from range(100) t(i)")
        c.execute("declare k cursor for select i from x order by i")
        assert c.execute("fetch 2 from k").fetchall() == [(0,), (1,)] and not notices
        on = next(w for w in s.workers if sessions_of(w))
        on.process.terminate()
        wait_for(lambda: labelled(s, "tavana_gateway_worker_draining")[f"{HOST}:{on.port}"], 10)
        assert c.execute("fetch 2 from k").fetchall() == [(2,), (3,)]
        assert c.execute("fetch all from k").fetchall() == [(i,) for i in range(4, 100)]
        assert [n[:2] for n in notices] == [("WARNING", "01000")] and "shutting down" in notices[0][2]
        c.close()
        assert on.process.wait(10) == 0


def test_what_waits_for_a_worker_can_be_stopped():
    """The first statement of a session, while none is to be reached: a cancel, a time limit, SIGTERM."""
    nobody = f"{HOST}:{free_port()},{HOST}:{free_port()}"
    with Server("--workers", nobody, "--shutdown-timeout", "1s", role="gateway", workers=0) as s, s.wire(timeout=20) as w, s.wire(timeout=20) as other:
        begun = time.monotonic()
        w.send(Q("select 1 + 0"))
        wait_for(lambda: s.metric("tavana_sessions_running") == 1, 10)
        cancel(s.address, w.pid, w.key)
        assert w.until_ready() == ["err:57014", "Z:I"] and "user request" in w.last_error["M"]
        assert w.ask(Q("set statement_timeout = '300ms'")) == ['cc"SET"', "Z:I"]
        assert w.ask(Q("select 1 + 0")) == ["err:57014", "Z:I"] and "timeout" in w.last_error["M"]
        other.send(Q("select 1 + 0"))
        wait_for(lambda: s.metric("tavana_sessions_running") == 1, 10)
        s.process.send_signal(signal.SIGTERM)
        assert other.until_ready() == ["fatal:57P01", "closed"]
        assert s.process.wait(10) == 0 and time.monotonic() - begun < 15
