"""Sessions write while cancels or short time limits meet them at any moment: what each client was told is what the tables
hold, all of it or nothing, and every session can write afterwards. With TAVANA_E2E_WORKERS=2: workers that share a catalog."""

import collections
import random
import threading
import time

import pytest

from conftest import FULL, WORKERS
from measure import note
from wire import B, E, P, Q, S, cancel, message

SECONDS = 60 if FULL else 4
SESSIONS = 4
BLOCK = 10_000  # numbers of one attempt
PAUSE = 0.15 if WORKERS > 1 else 0.02  # at most, between two cancels: a shared catalog takes longer over a commit
# Of the shared catalog too: what the PostgreSQL that holds it says of two commits at once.
LEGITIMATE = {"57014", "25P02", "08007"} | ({"40001", "23505", "25000"} if WORKERS > 1 else set())
UNKNOWN = "08007"


def numbers(block, n):
    return f"insert into t select {block * BLOCK} + i from range({n}) r(i)"


class Client:
    """One session, what it attempted and was told."""

    def __init__(self, server, seed, most_ms):
        self.server, self.index, self.random, self.most_ms = server, seed, random.Random(seed), most_ms
        self.wire = server.wire()
        self.next_block = seed * 1_000_000
        self.done, self.not_done, self.unknown = {}, {}, {}  # block: rows
        self.tables = {}  # name: whether it was told that it is there
        self.codes = collections.Counter()
        self.odd = []  # answers that contradict themselves, and ends of the session

    def ask(self, *messages):
        notes = self.wire.ask(*messages)
        errors = [n[4:] for n in notes if n.startswith(("err:", "fatal:"))]
        self.codes.update(errors)
        if notes[-1] == "closed" or len(errors) > 1:
            self.odd.append(notes)
        return notes, errors[0] if errors else None

    def block(self):
        self.next_block += 1
        return self.next_block, self.random.choice((1, 1, 10, 5000))

    def told(self, blocks, error, done=True):
        where = self.unknown if error == UNKNOWN else self.not_done if error or not done else self.done
        where.update(blocks)

    def alone(self):
        block, n = self.block()
        sql = numbers(block, n)
        notes, error = self.ask(*([Q(sql)] if self.random.random() < 0.5 else [P(sql), B(), E(), S]))
        if (f'cc"INSERT 0 {n}"' in notes) == bool(error):
            self.odd.append(notes)
        self.told([(block, n)], error)

    def several(self):
        blocks = [self.block(), self.block()]
        _, error = self.ask(Q("; ".join(numbers(*b) for b in blocks)))
        self.told(blocks, error)

    def transaction(self):
        notes, error = self.ask(Q("begin"))
        if error:
            return
        blocks = [self.block(), self.block()]
        commits, failed = self.random.random() < 0.7, False
        for b in blocks:
            failed = failed or bool(self.ask(Q(numbers(*b)))[1])
        notes, error = self.ask(Q("commit" if commits else "rollback"))
        self.told(blocks, error, 'cc"COMMIT"' in notes)
        if failed and 'cc"COMMIT"' in notes:
            self.odd.append(notes)
        while notes[-1] not in ("Z:I", "closed"):
            notes, _ = self.ask(Q("rollback"))

    def copy(self):
        block, n = self.block()
        fails = self.random.random() < 0.2
        rows = "".join(f"{block * BLOCK + i}\n" for i in range(n)).encode()
        half = rows.index(b"\n") + 1
        self.wire.send(Q("copy t from stdin"), message("d", rows[:half]))
        time.sleep(self.random.choice((0, 0, 0.005)))
        self.wire.send(message("d", rows[half:]), message("f", b"no\0") if fails else message("c"))
        notes, error = self.ask_sent()
        if not error and f'cc"COPY {n}"' not in notes:
            self.odd.append(notes)
        self.told([(block, n)], error)

    def ask_sent(self):
        notes = self.wire.until_ready()
        error = next((n[4:] for n in notes if n.startswith(("err:", "fatal:"))), None)
        self.codes.update([error] if error else [])
        if notes[-1] == "closed":
            self.odd.append(notes)
        return notes, error

    def table(self):
        block, n = self.block()
        name = f"made_{block}"
        notes, error = self.ask(Q(f"create table {name} as select i from range({n}) r(i)"))
        if error != UNKNOWN:
            self.tables[name] = not error
        if not error and self.random.random() < 0.5:
            _, error = self.ask(Q(f"drop table {name}"))
            self.tables[name] = bool(error)

    def run(self, until):
        acts = [self.alone, self.alone, self.several, self.transaction, self.transaction, self.copy, self.copy, self.table]
        try:
            while time.monotonic() < until and not self.ended():
                if self.most_ms:
                    self.ask(Q(f"set statement_timeout = {self.random.randint(1, self.most_ms)}"))
                self.random.choice(acts)()
        except Exception as e:  # pylint: disable=broad-except
            self.odd.append([repr(e), "closed"])

    def ended(self):
        return any(notes[-1] == "closed" for notes in self.odd)

    def cancels(self, stop):
        moments = random.Random(1000 + self.index)
        while not stop.is_set():
            time.sleep(moments.uniform(0, PAUSE))
            cancel(self.server.address, self.wire.pid, self.wire.key)

    def writes(self):
        """A last cancel may still be on its way, and others write: not at the first attempt only."""
        if self.ended():
            return False
        for _ in range(5):
            block, n = self.block()
            self.ask(Q("set statement_timeout = 0"))
            _, error = self.ask(Q(numbers(block, n)))
            self.told([(block, n)], error)
            if not error:
                return True
            time.sleep(0.1)
        return False


def storm(server, seed, most_ms):
    with server.wire() as w:
        assert w.ask(Q("create table t (a bigint)"))[0].startswith("cc")
    clients = [Client(server, seed + i, most_ms) for i in range(SESSIONS)]
    until, stop = time.monotonic() + SECONDS, threading.Event()
    threads = [threading.Thread(target=c.run, args=(until,)) for c in clients]
    firing = [] if most_ms else [threading.Thread(target=c.cancels, args=(stop,)) for c in clients]
    for t in threads + firing:
        t.start()
    for t in threads:
        t.join()
    stop.set()
    for t in firing:
        t.join()
    time.sleep(0.3)
    return clients, [c for c in clients if not c.writes()]


def told_wrong(server, clients):
    """What the tables hold against what was told."""
    with server.wire() as w:
        rows = w.ask(Q(f"select a // {BLOCK}, count(*), max(a) - min(a) + 1 from t group by 1"))
        names = w.ask(Q("select table_name from information_schema.tables where table_name like 'made%'"))
    found = {int(r[0]): (int(r[1]), int(r[2])) for r in rows if isinstance(r, tuple)}
    there = {r[0] for r in names if isinstance(r, tuple)}
    wrong = []
    for c in clients:
        wrong += [("done", b, n, found.get(b)) for b, n in c.done.items() if found.get(b) != (n, n)]
        wrong += [("not done", b, n, found[b]) for b, n in c.not_done.items() if b in found]
        wrong += [("unknown", b, n, found[b]) for b, n in c.unknown.items() if found.get(b, (n, n)) != (n, n)]
        wrong += [("table", name, is_there) for name, is_there in c.tables.items() if is_there != (name in there)]
    return wrong


@pytest.mark.workers
@pytest.mark.parametrize("most_ms", [0, 30], ids=["cancels", "time limits"])
def test_storm(make_server, tmp_path, record_property, most_ms):
    server = make_server(database=None if WORKERS > 1 else tmp_path / "storm.db")
    clients, wedged = storm(server, 1, most_ms)
    wrong = told_wrong(server, clients)
    odd = [notes for c in clients for notes in c.odd]
    codes = sum((c.codes for c in clients), collections.Counter())
    done = sum(len(c.done) + sum(c.tables.values()) for c in clients)
    not_done = sum(len(c.not_done) + list(c.tables.values()).count(False) for c in clients)
    unknown = sum(len(c.unknown) for c in clients)
    note(record_property, seconds=SECONDS, told_done=done, told_not_done=not_done, told_unknown=unknown, told_wrong=len(wrong), wedged=len(wedged))
    print(dict(codes))
    assert not wrong and not wedged and not odd, (wrong[:10], len(wedged), odd[:10])
    assert codes.keys() <= LEGITIMATE, codes
    assert done > 0 and not_done > 0
