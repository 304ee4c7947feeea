"""Gateway and workers as operators run them: on two hosts (network namespaces), with many cursors, and restarted one after the other."""

import contextlib
import random
import threading
import time

import psycopg
import pytest

from conftest import HOST, Program, SANITIZED, Server, Worker
from hosts import FarWorker, Host, needs_hosts
from measure import note, wait_for

@contextlib.contextmanager
def house(host, workers, silence):
    with contextlib.ExitStack() as stack:
        far = [stack.enter_context(FarWorker(host, 50100 + i, "--worker-client-timeout", silence)) for i in range(workers)]
        for w in far:
            w.wait_ready()
        s = stack.enter_context(Server("--workers", ",".join(w.address for w in far), "--worker-client-timeout", silence, "--rpc-plain", "on",
                                       workers=0, role="gateway"))
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == workers, 20)
        yield s


SESSIONS, CURSORS, PAGES, PAGE = (200, 5, 6, 7) if not SANITIZED else (20, 5, 6, 7)


@pytest.mark.slow
@pytest.mark.timeout(300)
@needs_hosts
def test_every_fetch_reaches_its_owner(record_property):
    """Sessions with cursors each, interleaved at random, over two hosts and three workers."""
    rng = random.Random(1)
    with Host() as host, house(host, 3, "20s") as s, contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(psycopg.connect(s.dsn())) for _ in range(SESSIONS)]
        for n, c in enumerate(sessions):
            for k in range(CURSORS):
                c.execute(f"declare c{k} cursor for select {n} as n, {k} as k, i from range(100000) t(i)")
        turns = [(n, k) for n in range(SESSIONS) for k in range(CURSORS)] * PAGES
        rng.shuffle(turns)
        at = dict.fromkeys(turns, 0)
        for n, k in turns:
            got = sessions[n].execute(f"fetch {PAGE} from c{k}").fetchall()
            assert got == [(n, k, at[n, k] + i) for i in range(PAGE)]
            at[n, k] += PAGE
        hits, misses = s.metric("cursor_route_hits_total"), s.metric("cursor_route_misses_total")
    note(record_property, fetches=len(turns), hits=hits, misses=misses)
    assert misses == 0 and hits >= len(turns) - SESSIONS * CURSORS


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
def test_rolling_restart(record_property):
    """All workers, one after the other, while clients run short queries and others stream: none sees an error."""
    problems, stop, counts = [], threading.Event(), {"short": 0, "streams": 0}
    rows, shorts, streams, enough = 20_000, 20, 5, 10  # what the clients need of a slow machine of two cores, not what the workers do
    lock = threading.Lock()

    def count(what):
        with lock:
            counts[what] += 1

    with contextlib.ExitStack() as stack:
        workers = [Worker() for _ in range(3)]
        stack.callback(lambda: [w.stop() for w in workers])
        for w in workers:
            w.wait_ready()
        s = stack.enter_context(Server("--workers", ",".join(f"{HOST}:{w.port}" for w in workers), workers=0, role="gateway"))
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 3, 10)

        def short(n):
            with psycopg.connect(s.dsn(), autocommit=True) as c:
                while not stop.is_set():
                    i = counts["short"]
                    if c.execute("select %s::int + 1, count(*) from range(10)", (i,)).fetchone() != (i + 1, 10):
                        problems.append(f"short {n} {i}")
                    count("short")
                    time.sleep(0.05)

        def stream(n):
            with psycopg.connect(s.dsn(), autocommit=True) as c:
                while not stop.is_set():
                    with c.cursor() as cursor:
                        seen = 0
                        for i, in cursor.stream(f"select i from range({rows}) t(i)"):
                            if i != seen:
                                problems.append(f"stream {n}: {i} for {seen}")
                            seen += 1
                    if seen != rows:
                        problems.append(f"stream {n}: {seen} rows")
                    count("streams")

        def guarded(f, n):
            try:
                f(n)
            except Exception as e:  # noqa: BLE001: whatever it is, it is a failure
                problems.append(f"{f.__name__} {n}: {e!r}")

        threads = [threading.Thread(target=guarded, args=(f, n)) for f, k in ((short, shorts), (stream, streams)) for n in range(k)]
        for t in threads:
            t.start()
        time.sleep(1)
        for i in [*range(3), *range(3)]:
            w = workers[i]
            assert w.stop() == 0
            workers[i] = Worker(port=w.port)
            workers[i].wait_ready()
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 3, 20)
            time.sleep(0.5)
        wait_for(lambda: problems or counts["streams"] >= enough, 60)
        stop.set()
        for t in threads:
            t.join(60)
            assert not t.is_alive()
    note(record_property, **counts, errors=len(problems))
    assert not problems, problems[:5]
    assert counts["short"] > 100 and counts["streams"] >= enough
