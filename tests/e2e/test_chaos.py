"""Workers are killed, frozen and cut off at random moments while clients read: every result is whole and in order, or ended by one error."""

import collections
import contextlib
import itertools
import os
import random
import signal
import threading
import time

import psycopg
import pytest

from conftest import FULL, HOST, Program, SANITIZED, Server, Worker
from hosts import HAS_NAMESPACES, FarWorker, Host
from measure import note, wait_for

SECONDS = int(os.environ.get("CHAOS_SECONDS", 600 if FULL else 20))
CLIENTS = 6
ROWS = 300_000
SILENCE = 2
LONGEST = 60  # seconds that one result may take with all of this going on
WORKS = ["select i, 'row ' || i as {name} from big", "select i, v as {name} from '{parquet}'", "select i, v as {name} from big order by i desc limit 50000"]
TRUTHS = [lambda n: (n, f"row {n}"), lambda n: (n, f"value {n}"), lambda n: (ROWS - 1 - n, f"value {ROWS - 1 - n}")]
COUNTS = [ROWS, ROWS, 50000]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A database file and a Parquet file that every worker reads."""
    d = tmp_path_factory.mktemp("chaos")
    with Server("--allowed-directories", d, database=d / "big.duckdb", workers=0) as s, psycopg.connect(s.dsn(), autocommit=True) as c:
        c.execute(f"create table big as select i, 'value ' || i as v from range({ROWS}) t(i)")
        c.execute(f"copy big to '{d}/big.parquet' (format parquet)")
        c.execute("checkpoint")
    return d


class House:
    """The last of its workers is on another host, where there can be one."""

    def __init__(self, data, n):
        self.stack = contextlib.ExitStack()
        self.far = self.stack.enter_context(Host(1)) if HAS_NAMESPACES else None
        self.harms = collections.Counter()
        self.options = ["--read-only", "on", "--allowed-directories", data, "--worker-client-timeout", f"{SILENCE}s"]
        self.database = data / "big.duckdb"
        self.workers = [Worker(*self.options, database=self.database) for _ in range(n - bool(self.far))]
        if self.far:
            self.workers.append(self.far_worker())
        self.gateway = Program("gateway", "--workers", ",".join(getattr(w, "address", f"{HOST}:{w.port}") for w in self.workers), "--port", "0",
                               "--worker-client-timeout", f"{SILENCE}s", "--rpc-plain", "on")
        for p in [*self.workers, self.gateway]:
            p.wait_ready()
        self.port = int(self.gateway.log().split("listening port=")[1].split()[0])
        wait_for(lambda: self.gateway.metric("tavana_gateway_workers_attached") == n, 20)

    def far_worker(self):
        return FarWorker(self.far, 50101, self.database, *self.options)

    def restart(self, i):
        old = self.workers[i]
        if isinstance(old, FarWorker):
            self.workers[i] = self.far_worker()
            self.workers[i].wait_ready()
            return
        self.workers[i] = Worker(*self.options, database=self.database, port=old.port)
        self.workers[i].wait_ready()

    def harm(self, rng):
        """One at a time, so that there is somewhere to go."""
        i = rng.randrange(len(self.workers))
        victim = self.workers[i].process
        how = rng.choice(["killed", "frozen", "cut off"] if i == len(self.workers) - 1 and self.far else ["killed", "frozen"])
        self.harms[how] += 1
        if how == "cut off":
            self.far.cable("down")
            time.sleep(rng.uniform(0, 2.5 * SILENCE))
            self.far.cable("up")
        elif how == "killed":
            victim.send_signal(signal.SIGKILL)
            victim.wait(10)
            time.sleep(rng.uniform(0, 1))
            self.restart(i)
        else:
            victim.send_signal(signal.SIGSTOP)
            time.sleep(rng.uniform(0, 2.5 * SILENCE))
            victim.send_signal(signal.SIGCONT)
        wait_for(lambda: self.gateway.metric("tavana_gateway_workers_attached") == len(self.workers), 60)

    def stop(self):
        for p in [self.gateway, *self.workers]:
            p.process.send_signal(signal.SIGKILL)
            p.process.wait(10)
        self.stack.close()


REFUSED = "failed 55000"  # two workers really died under it, one after the other, before it had gone on for long


def read(port, which, sql, counts, problems):
    begun, seen = time.monotonic(), 0
    try:
        with psycopg.connect(host=HOST, port=port, user="t", dbname="db", autocommit=True) as c, c.cursor() as cursor:
            for row in cursor.stream(sql):
                if row != TRUTHS[which](seen):
                    problems.append(f"work {which}, row {seen}: {row}")
                    return
                seen += 1
        if seen != COUNTS[which]:
            problems.append(f"work {which}: {seen} rows and no error")
        counts["whole"] += 1
    except psycopg.Error as e:
        counts[f"failed {e.sqlstate}"] += 1
    took = time.monotonic() - begun
    if took > LONGEST:
        problems.append(f"work {which}: {took:.0f} s")


@pytest.mark.skipif(SANITIZED, reason="its clocks are those of the program as it is shipped")
@pytest.mark.timeout(SECONDS + 300)
def test_workers_die(data, record_property):
    rng = random.Random(7)
    house = House(data, 3)
    counts, problems, stop = collections.Counter(), [], threading.Event()

    def client(number):
        mine = random.Random(number)
        for n in itertools.count():
            if stop.is_set():
                return
            which = mine.randrange(len(WORKS))  # each of a shape of its own, so that what is refused is that one alone
            read(house.port, which, WORKS[which].format(parquet=data / "big.parquet", name=f"v_{number}_{n}"), counts, problems)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    try:
        for t in threads:
            t.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and not problems:
            time.sleep(rng.uniform(0.2, 1.5))
            house.harm(rng)
        stop.set()
        for t in threads:
            t.join(LONGEST)
            assert not t.is_alive(), "a client hangs"
        metrics = {m: house.gateway.metric(f"tavana_route_{m}_total") for m in ("lost", "retried", "resumed")}
    finally:
        stop.set()
        house.stop()
    refused = counts[REFUSED]
    failed = sum(n for what, n in counts.items() if what not in ("whole", REFUSED))
    harms = sum(house.harms.values())
    note(record_property, harms=harms, streams=counts["whole"] + failed, failed=failed, refused=refused, **metrics)
    print(dict(counts), dict(house.harms))
    assert not problems, problems
    assert harms >= 2 and counts["whole"] > 0 and metrics["resumed"] > 0
    assert refused <= house.harms["killed"] // 2  # each takes two
    assert failed <= max(1, (counts["whole"] + failed) // 100)
