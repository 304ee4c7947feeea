"""How rows are paced changes nothing of what a client gets: the answers of a server with plain_pace are the oracle."""

import hashlib
import random
import time

import pytest

from conftest import Server
from wire import B, E, P, Q, S

WIDE = "select i, i % 7 = 0 as b, i::varchar || '-' || i as s, (i / 3)::decimal(9, 2) as d from range({}) t(i)"


@pytest.fixture(scope="module")
def servers():
    with Server("--plain-pace", "on") as plain, Server() as paced:
        yield plain, paced


def read(w, ends):
    """All bytes up to the last ReadyForQuery of so many messages that it answers: their digest and how many."""
    data = bytearray(w.buffer)
    w.buffer = b""
    at = found = 0
    while found < ends:
        while at + 5 <= len(data) and found < ends:
            n = 1 + int.from_bytes(data[at + 1:at + 5], "big")
            if at + n > len(data):
                break
            found += data[at] == ord("Z")
            at += n
        if found < ends:
            data += w.sock.recv(1 << 20)
    assert at == len(data)
    return hashlib.blake2b(data).hexdigest(), len(data)


def script(seed):
    """Pages and whole results of all sizes, as a client would send them: what, and how many ReadyForQuery follow."""
    choose = random.Random(seed)
    yield [Q(WIDE.format(120_000))], 1
    for _ in range(8):
        yield [Q(f"select {choose.randrange(100)} + 0")], 1
    yield [Q("begin")], 1
    yield [Q("declare c cursor for " + WIDE.format(60_000))], 1
    for _ in range(12):
        yield [Q(f"fetch {choose.choice([1, 10, 1000, 10_000])} from c")], 1
    yield [Q("commit")], 1
    yield [P(WIDE.format(50_000)), B(), E(10_000), E(5), E(20_000), S], 1
    yield [P(WIDE.format(50_000)), B(results=[1]), E(0), S, P("select 1"), B(), E(), S], 2
    yield [Q(f"copy ({WIDE.format(30_000)}) to stdout")], 1
    yield [Q("select 1/0::int; select 2"), Q("select * from range(3000); select 'x'; select * from range(70000)")], 2
    yield [Q("select case when i < 90000 then i else error('late') end from range(100000) t(i)")], 1


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_the_same(servers, seed):
    pause = random.Random(seed)
    with servers[0].wire(timeout=60) as a, servers[1].wire(timeout=60) as b:
        for messages, ends in script(seed):
            answers = []
            for w in (a, b):
                w.send(*messages)
                answers.append(read(w, ends))
            assert answers[0] == answers[1], messages
            time.sleep(pause.choice([0, 0, 0.002]))
