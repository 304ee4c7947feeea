"""Many at once."""

import asyncio
import struct
import time

import pytest

from conftest import SANITIZED, WORKERS
from measure import note
from test_auth import passwd, private
from wire import Error, Q, Wire, cancel, fields_of, message

IDLE = 500 if SANITIZED else 10_000
CLIENTS = 200 if SANITIZED or WORKERS > 1 else 1_000  # each that asks is a connection of the catalog that workers share, too


def test_idle_connections_are_cheap(make_server, record_property):
    s = make_server("--max-connections", str(IDLE + 10))
    with s.wire() as w:
        w.ask(Q("select 1 + 0"))
    base, threads = s.rss(), s.threads()
    connections = [s.wire() for _ in range(IDLE)]
    fresh = (s.rss() - base) / IDLE
    begun = time.monotonic()
    with s.wire() as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    answer = time.monotonic() - begun
    for w in connections:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    used = (s.rss() - base) / IDLE
    note(record_property, bytes_fresh=fresh, bytes_after_a_query=used, fresh_query_ms=answer * 1e3, threads_more=s.threads() - threads)
    assert s.threads() < threads + 40
    if not SANITIZED:
        assert fresh <= 8192 and used <= 16384 and answer < 0.5
    for w in connections:
        w.close()


async def client(port, number, queries):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def until(kind):
        seen = []
        while True:
            head = await reader.readexactly(5)
            payload = await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            seen.append((chr(head[0]), payload))
            if chr(head[0]) == kind:
                return seen

    body = struct.pack("!i", 196608) + b"user\0tester\0database\0db\0\0"
    writer.write(struct.pack("!i", len(body) + 4) + body)
    await until("Z")
    for i in range(queries):
        want = str(number * 1000 + i).encode()
        writer.write(Q(f"select {number} * 1000 + {i}"))
        seen = await until("Z")
        rows = [p for k, p in seen if k == "D"]
        assert len(rows) == 1 and rows[0][6:] == want, (rows, seen)
    writer.write(message("X"))
    await writer.drain()
    writer.close()


@pytest.mark.concurrent
async def test_many_clients(make_server):
    s = make_server()
    await asyncio.gather(*(client(s.port, i, 10) for i in range(CLIENTS)))
    assert s.metric("tavana_rows_sent_total") == CLIENTS * 10


@pytest.mark.concurrent
async def test_comings_and_goings(make_server):
    s = make_server()
    for _ in range(5):
        await asyncio.gather(*(client(s.port, i, 2) for i in range(100)))
    end = time.monotonic() + 10
    while s.metric("tavana_sessions"):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@pytest.mark.concurrent
def test_slow_readers_lock_nobody_out(make_server):
    s = make_server("--max-threads", "12", "--thread-reserve", "4")
    slow = [s.wire() for _ in range(8)]
    for w in slow:
        w.send(Q("select repeat('x', 1000) from range(100000000)"))
    time.sleep(1)
    waiting = s.wire()  # log-ins have threads of their own
    waiting.send(Q("select 1"))
    cancel(s.address, slow[0].pid, slow[0].key)  # and so have cancels
    slow[0].close()
    assert waiting.until_ready()[1] == ("1",)
    for w in slow[1:]:
        w.close()


class Hasty(Wire):
    """Sends a long statement in the segment that ends its log-in."""

    def send(self, *messages):
        ends = b",p=" in messages[0] if self.with_password else True
        super().send(*messages, *([Q("select repeat('x', 1000) from range(100000000)")] if ends else []))


@pytest.mark.concurrent
@pytest.mark.parametrize("with_password", [False, True], ids=["start-up packet", "password"])
def test_statements_sent_with_the_log_in_lock_nobody_out(with_password, make_server, tmp_path):
    """The threads that are kept for log-ins run no statement."""
    Hasty.with_password = with_password
    options = ("--max-threads", "12", "--thread-reserve", "4")
    if with_password:
        options += ("--users-file", private(tmp_path / "users", passwd("tester", "wonder").stdout))
    s = make_server(*options)
    hasty = [Hasty(s.address, password="wonder") for _ in range(12)]
    time.sleep(1)
    begun = time.monotonic()
    with s.wire(password="wonder") as other:
        assert time.monotonic() - begun < 5
        assert s.metric("tavana_threads") - s.metric("tavana_threads_idle") == 8
        other.send(Q("select 1"))
        for w in hasty:
            w.close()
        assert other.until_ready()[1] == ("1",)


def test_too_many_connections(make_server):
    s = make_server("--max-connections", "3")
    open_ones = [s.wire() for _ in range(3)]
    with pytest.raises(Error) as e:
        s.wire()
    assert e.value.fields["C"] == "53300" and e.value.fields["S"] == "FATAL" and "too many" in e.value.fields["M"]
    open_ones[0].send(Q("select count(*) from range(100000000000) t(i) where i % 7 = 3"))
    time.sleep(0.3)
    cancel(s.address, open_ones[0].pid, open_ones[0].key)
    assert open_ones[0].until_ready()[-2:] == ["err:57014", "Z:I"]
    open_ones.pop().close()
    time.sleep(0.2)
    assert Wire(s.address).ask(Q("select 1 + 0"))[1] == ("1",)


LONG = "select i, repeat('x', 100) from range(100000000) t(i)"


@pytest.mark.concurrent
def test_results_beyond_the_memory_wait(make_server):
    """6 MB: four results."""
    s = make_server("--stream-memory", "6MB", "--stream-wait", "1s")
    slow = [s.wire() for _ in range(4)]
    for w in slow:
        w.send(Q(LONG))
    deadline = time.monotonic() + 10
    while s.metric("tavana_stream_memory_bytes") < 6 << 20:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    refused, at = s.wire(), time.monotonic()
    refused.send(Q("select 1 + 0"))
    fields = next(fields_of(payload) for kind, payload in iter(refused.next, None) if kind == "E")
    assert fields["C"] == "53300" and "stream_memory" in fields["D"] and 0.9 < time.monotonic() - at < 10
    assert s.metric("tavana_streams_refused_total") == 1
    waiting = s.wire()
    waiting.send(Q("set statement_timeout = 0") + Q("select 1 + 0"))
    waiting.until_ready()
    while s.metric("tavana_streams_waiting") != 1:
        assert time.monotonic() < deadline
    cancel(s.address, waiting.pid, waiting.key)
    assert waiting.until_ready()[-2:] == ["err:57014", "Z:I"]
    waiting.send(Q("select 1 + 0"))
    slow.pop().close()
    assert waiting.until_ready()[1] == ("1",)
    for w in slow:
        w.close()
    while s.metric("tavana_stream_memory_bytes"):
        assert time.monotonic() < deadline + 20
        time.sleep(0.02)


@pytest.mark.concurrent
def test_streams_without_a_writer_are_whole(make_server):
    """There is room for each result, and none for batches beside."""
    s = make_server("--stream-memory", "6MB")
    wires = [s.wire() for _ in range(4)]
    for w in wires:
        w.send(Q("select i, repeat('x', 100) from range(30000) t(i)"))
    for w in wires:
        rows = w.until_ready()
        assert len([r for r in rows if isinstance(r, tuple)]) == 30000


@pytest.mark.concurrent
def test_first_rows_are_not_held_for_long(make_server):
    """A session whose statements all ended with their first rows gets rows and end in one piece; when more rows are a long time in
    coming after all, the first ones do not wait for them."""
    s = make_server()
    with s.wire(timeout=240) as w:
        for i in range(10):
            assert w.ask(Q(f"select {i} + 0"))[1] == (str(i),)
        at = time.monotonic()
        rows = 50_000_000 if SANITIZED else 400_000_000
        w.send(Q(f"select i from range({rows}) t(i) where i < 5000 or hash(i) % 1000000007 = 1"))
        while w.next()[0] != "D":
            pass
        first = time.monotonic() - at
        w.until_ready()
        whole = time.monotonic() - at
    assert whole > 0.4 and first < whole / 2, (first, whole)
