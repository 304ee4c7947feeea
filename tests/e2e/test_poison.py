"""A statement that workers die of: it costs two of them, and nobody else a row."""

import contextlib
import os
import pathlib
import signal
import threading
import time

import psycopg
import pytest

from conftest import HOST, SANITIZED, WORKERS, Server, Worker
from measure import wait_for
from wire import B, E, P, Q, S

pytestmark = pytest.mark.skipif(WORKERS > 0, reason="starts its own gateway and workers")
REFUSED = "55000"
ROWS = 100_000
SLOW = 200_000_000  # a second or more


class Fleet:
    """Three workers with parents, and a gateway. Whoever reads one of the traps (FIFOs) is killed in that moment."""

    def __init__(self, directory, traps=1):
        self.directory, self.deaths, self.stop, self.stack = directory, {}, threading.Event(), contextlib.ExitStack()
        self.traps = [directory / f"trap{i}" for i in range(traps)]
        for trap in self.traps:
            os.mkfifo(trap)
            self.deaths[trap] = 0
        (directory / "harmless").write_text("42,43\n")
        self.workers = [self.stack.enter_context(Worker("--restart", "on", "--allowed-directories", directory)) for _ in range(3)]
        for w in self.workers:
            w.wait_ready()
        self.gateway = self.stack.enter_context(
            Server("--workers", ",".join(f"{HOST}:{w.port}" for w in self.workers), "--worker-client-timeout", "20s", role="gateway", workers=0))
        wait_for(lambda: self.gateway.metric("tavana_gateway_workers_attached") == 3, 20)
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def watch(self):
        """Each of them is held open all the while, so that whoever opens it for reading is in it until this finds it."""
        held = [os.open(trap, os.O_RDWR) for trap in self.traps]
        while not self.stop.is_set():
            for w in self.workers:
                self.look_at(w.pid)
            time.sleep(0.005)
        for trap in held:
            os.close(trap)

    def look_at(self, pid):
        with contextlib.suppress(OSError):  # it comes and goes
            opened = {os.readlink(fd) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
            found = [trap for trap in self.traps if str(trap) in opened]
            for trap in found:
                self.deaths[trap] += 1
            if found:
                os.kill(pid, signal.SIGKILL)
                wait_for(lambda: not os.listdir(f"/proc/{pid}/fd"), 10)

    def poison(self, trap=0):
        return f"select * from read_csv('{self.traps[trap]}', auto_detect = false, columns = {{'a': 'varchar', 'b': 'varchar'}})"

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.stop.set()
        self.watcher.join()
        return self.stack.__exit__(*what)


def code_of(s, sql, timeout=60):
    with s.wire(timeout=timeout) as w:
        return next((m for m in w.ask(Q(sql)) if str(m).startswith(("err", "fatal"))), None)


class Readers:
    """Sessions that read long results, each of its own shape, and look whether they are whole and in order."""

    def __init__(self, s, n=3, rows=ROWS, pause=0.0):
        self.s, self.rows, self.pause, self.problems, self.read, self.stop = s, rows, pause, [], [0] * n, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(n)]

    def run(self, n):
        columns = ", ".join([f"i * {n + 2} as v"] * (n + 1))
        try:
            with psycopg.connect(self.s.dsn(), autocommit=True) as c:
                while not self.stop.is_set():
                    self.once(c, n, f"select i, {columns}, repeat('x', 400) from range({self.rows}) t(i)")
        except Exception as e:  # noqa: BLE001: whatever it is, it is a failure
            self.problems.append((n, self.read[n], repr(e)))

    def once(self, c, n, sql):
        i = -1
        for i, row in enumerate(c.cursor().stream(sql)):
            if row != (i, *[i * (n + 2)] * (n + 1), "x" * 400):
                self.problems.append((n, i, row))
                return
            self.read[n] += 1
            if self.stop.is_set():
                return
            if self.pause and i % 1000 == 0:
                time.sleep(self.pause)
        if i != self.rows - 1:
            self.problems.append((n, i))

    def __enter__(self):
        for t in self.threads:
            t.start()
        wait_for(lambda: self.problems or all(n > 1000 for n in self.read), 20)
        return self

    def __exit__(self, *what):
        """They went on after all of it."""
        before = list(self.read)
        if what == (None, None, None):
            wait_for(lambda: self.problems or all(n > b + 1000 for n, b in zip(self.read, before, strict=True)), 30)
        self.stop.set()
        for t in self.threads:
            t.join(60)
        if what == (None, None, None):
            assert not self.problems, self.problems[:3]


def test_two_deaths_and_no_more(tmp_path):
    """Sent again and again by several sessions, while others read: their rows are whole and in order."""
    with Fleet(tmp_path) as fleet:
        s = fleet.gateway
        with Readers(s):
            codes = [code_of(s, fleet.poison())]
            assert fleet.deaths[fleet.traps[0]] == 2
            senders = [threading.Thread(target=lambda: codes.extend(code_of(s, fleet.poison()) for _ in range(5))) for _ in range(4)]
            for t in senders:
                t.start()
            for t in senders:
                t.join(60)
        assert codes == [f"err:{REFUSED}"] * 21 and fleet.deaths[fleet.traps[0]] == 2
        assert s.metric("tavana_route_resumed_total") > 0 and s.metric("tavana_route_quarantined") >= 1
        assert code_of(s, "select 40 + 2") is None


LATE = "select 'r' || i, repeat('y', 100) from range({rows}) t(i) union all {poison}"


@pytest.mark.parametrize("rows", [1000, 100_000])
def test_what_kills_after_rows(tmp_path, rows):
    """It is no better for having given rows: two deaths, however often it is sent, and nobody else is taken for it."""
    with Fleet(tmp_path) as fleet:
        with Readers(fleet.gateway):
            codes = [code_of(fleet.gateway, LATE.format(rows=rows, poison=fleet.poison())) for _ in range(5)]
        assert codes == [f"err:{REFUSED}"] * 5 and fleet.deaths[fleet.traps[0]] == 2


@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
def test_many_poisons_and_long_streams(tmp_path):
    """Each costs two workers; streams that were on all of them by chance go on, and are never refused."""
    columns = ["a", "b", "a, b"]
    with Fleet(tmp_path, traps=len(columns)) as fleet:
        with Readers(fleet.gateway, rows=3 * ROWS, pause=0.02):
            codes = [code_of(fleet.gateway, fleet.poison(i).replace("*", c)) for i, c in enumerate(columns) for _ in range(2)]
        assert set(codes[1::2]) == {f"err:{REFUSED}"} and None not in codes and set(fleet.deaths.values()) == {2}


@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
def test_many_writing_poisons_and_long_streams(tmp_path):
    """They are not run again, so that none is ever convicted: the streams go on all the same."""
    names = ["a as a", "a as b, b as a", "a as c", "a as d, b as e"]
    with Fleet(tmp_path) as fleet:
        with Readers(fleet.gateway, rows=3 * ROWS, pause=0.02):
            codes = [code_of(fleet.gateway, f"create temp table {n.split()[-1]} as " + fleet.poison().replace("*", n)) for n in names]
        assert set(codes) <= {"err:08006", "err:08007"} and fleet.deaths[fleet.traps[0]] == len(names)


def test_what_is_refused_is_told(tmp_path):
    """By a clear error, also of the extended protocol; what has the same shape, too, and nothing else."""
    with Fleet(tmp_path) as fleet, fleet.gateway.wire(timeout=60) as w:
        assert w.ask(Q(fleet.poison()))[-2:] == [f"err:{REFUSED}", "Z:I"]
        assert "died" in w.last_error["M"] and "2 workers" in w.last_error["D"] and "tried again in" in w.last_error["D"]
        assert w.ask(P(fleet.poison()), B(), E(), S)[0] == f"err:{REFUSED}"
        harmless = fleet.poison().replace("trap0", "harmless")
        assert w.ask(Q(harmless))[-2] == f"err:{REFUSED}"  # its literals alone are others
        assert w.ask(Q(harmless.replace("*", "a")))[1] == ("42",)
        assert fleet.deaths[fleet.traps[0]] == 2


def test_a_write_is_not_run_again(tmp_path):
    """But it counts: the third one is refused."""
    with Fleet(tmp_path) as fleet, fleet.gateway.wire(timeout=60) as w:
        sql = fleet.poison().replace("select", "create temp table x as select")
        codes = [next(m for m in w.ask(Q(sql)) if str(m).startswith("err")) for _ in range(4)]
        assert codes[2:] == [f"err:{REFUSED}"] * 2 and all(c in ("err:08006", "err:08007") for c in codes[:2])
        assert fleet.deaths[fleet.traps[0]] == 2


def test_who_was_there_by_chance_is_not_to_blame(tmp_path):
    """An aggregate that gives no row for long, on workers that die of something else, comes to its end."""
    with Fleet(tmp_path) as fleet:
        got = []

        def ask():
            with fleet.gateway.wire(timeout=120) as w:
                got.append(w.ask(Q(f"select count(*) from range({SLOW}) t(i) where i % 7 = 3"))[1])

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for t in threads:
            t.start()
        wait_for(lambda: all(w.metric("tavana_worker_streams") for w in fleet.workers), 20)
        assert code_of(fleet.gateway, fleet.poison()) == f"err:{REFUSED}"
        for t in threads:
            t.join(120)
        assert got == [(str((SLOW + 3) // 7),)] * 3 and fleet.deaths[fleet.traps[0]] == 2


@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
def test_frozen_is_not_dead():
    """Workers that are silent keep their four tries, and refuse nothing."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker("--worker-client-timeout", "1s")) for _ in range(2)]
        for w in workers:
            w.wait_ready()
        s = stack.enter_context(
            Server("--workers", ",".join(f"{HOST}:{w.port}" for w in workers), "--worker-client-timeout", "1s", role="gateway", workers=0))
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 20)
        with s.wire(timeout=60) as c:
            c.send(Q(f"select count(*) from range({SLOW}) t(i) where i % 7 = 3"))
            for _ in range(2):
                wait_for(lambda: any(w.metric("tavana_worker_streams") for w in workers), 20)
                on = next(w for w in workers if w.metric("tavana_worker_streams"))
                before = s.metric("tavana_route_lost_total")
                on.process.send_signal(signal.SIGSTOP)
                wait_for(lambda before=before: s.metric("tavana_route_lost_total") > before, 20)
                on.process.send_signal(signal.SIGCONT)
                wait_for(lambda: s.metric("tavana_gateway_workers_attached") == 2, 20)
            assert s.metric("tavana_route_quarantined") == 0
            assert c.until_ready()[1] == (str((SLOW + 3) // 7),)
