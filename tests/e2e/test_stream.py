"""Results of any size: the first row at once, memory flat, a slow client slows the scan, a lost one ends it."""

import time

import pytest

from conftest import FULL, SANITIZED
from wire import B, C, D, E, P, Q, S, Closed

MB = 1 << 20
ROWS = 200_000 if SANITIZED else 100_000_000 if FULL else 10_000_000
WIDE_ROWS = 2_000 if SANITIZED else 200_000 if FULL else 20_000  # of 50 KB
PAUSE = 20 if FULL else 3
SLACK = 4 if SANITIZED else 1
GENERATED = f"select i, i * 2 a, 'row ' || i b, (i % 7)::decimal(10, 2) c, date '2020-01-01' + (i % 1000)::int d from range({ROWS}) t(i)"
ENDLESS = "select count(*) from range(100000000000) t(i) where i % 7 = 3"


def drain(w, pause_after=None):
    """Bytes up to a ReadyForQuery outside a transaction."""
    total, tail, buffer = 0, b"", bytearray(MB)
    while not tail.endswith(b"Z\0\0\0\5I"):
        n = w.sock.recv_into(buffer)
        assert n, "closed"
        total += n
        tail = (tail + bytes(buffer[max(0, n - 6):n]))[-6:]
        if pause_after is not None and total > pause_after:
            pause_after = None
            time.sleep(PAUSE)
    return total


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_first_row_and_early_stop(server, record_property):
    w = server.wire()
    w.ask(Q("select 1"))
    begun = time.monotonic()
    w.send(Q("select * from range(1000000000)"))
    rows, first = 0, None
    while rows < 1000:
        if w.next()[0] == "D":
            first = first or time.monotonic() - begun
            rows += 1
    w.close()
    record_property("first_row_ms", first * 1e3)
    assert first < 1 * SLACK
    wait_for(lambda: server.metric("tavana_sessions_running") == 0, 1 * SLACK)
    used = server.cpu_seconds()
    time.sleep(0.5)
    assert server.cpu_seconds() - used < 0.2


@pytest.mark.parametrize("sql, bytes_least, bound", [(GENERATED, ROWS * 40, 64 * MB),
                                                     (f"select repeat('x', 50000) from range({WIDE_ROWS})", WIDE_ROWS * 50000, 512 * MB)],
                         ids=["narrow", "50 KB strings"])
def test_memory_is_flat(sql, bytes_least, bound, make_server, record_property):
    s = make_server()
    w = s.wire()
    w.ask(Q("select 1"))
    before = s.rss()
    s.reset_peak()
    w.send(Q(sql))
    assert drain(w, pause_after=bytes_least // 2) >= bytes_least
    growth = s.peak_rss() - before
    record_property("growth_mb", growth // MB)
    assert SANITIZED or growth < bound
    assert s.metric("tavana_streaming_backpressure_events_total") > 0


def test_portal_pages_memory_is_flat(make_server):
    s = make_server()
    w = s.wire()
    w.ask(Q("begin"))
    before = s.rss()
    s.reset_peak()
    rows = ROWS // 10
    w.ask(P(f"select i, 'row ' || i from range({rows}) t(i)"), B("p"), S)
    got = 0
    while True:
        notes = w.ask(E(10000, "p"), S)
        got += len(notes) - 2
        if notes[-2] != "susp":
            break
    assert got == rows and (SANITIZED or s.peak_rss() - before < 64 * MB)


def test_slow_client_is_logged_and_cut_off(make_server):
    s = make_server("--slow-flush", "300ms", "--flush-timeout", "1s")
    w = s.wire()
    w.send(Q("select repeat('x', 1000) from range(10000000)"))
    wait_for(lambda: s.metric("tavana_slow_flushes_total") == 1, 10)
    wait_for(lambda: s.metric("tavana_flush_timeouts_total") == 1, 10)
    assert "slow_client" in s.log() and "client_cut_off" in s.log()
    wait_for(lambda: s.metric("tavana_sessions") == 0, 5)
    with pytest.raises((Closed, ConnectionError)):
        while True:
            w.next()


@pytest.mark.parametrize("sql", ["select * from range(100000000000)", ENDLESS], ids=["streaming", "no row yet"])
def test_lost_client_is_noticed(sql, server, record_property):
    gone = server.metric("tavana_clients_gone_total")
    w = server.wire()
    w.ask(Q("select 1"))
    w.send(Q(sql))
    time.sleep(0.5)
    begun = time.monotonic()
    w.close()
    wait_for(lambda: server.metric("tavana_sessions_running") == 0, 5)
    record_property("noticed_s", time.monotonic() - begun)
    assert time.monotonic() - begun < 1.5 * SLACK
    if sql == ENDLESS:
        assert server.metric("tavana_clients_gone_total") > gone


def test_error_comes_after_the_rows(wire):
    wire.send(Q("select case when i = 150000 then cast('x' || i as int) else i end from range(200000) t(i)"))
    kinds = []
    while not kinds or kinds[-1] != "Z":
        kinds.append(wire.next()[0])
    rows = kinds.count("D")
    assert kinds[0] == "T" and kinds[-2:] == ["E", "Z"] and "C" not in kinds
    assert 0 < rows <= 150000 and wire.last_error["C"] == "22P02"
    assert wire.ask(Q("select 1"))[1] == ("1",)


def test_large_values(wire):
    (value,), = wire.raw_rows("select repeat('ab', 20000000)")
    assert value == b"ab" * 20000000
    rows = wire.raw_rows("select repeat('x', i * 100000) from range(20) t(i)")
    assert [len(r[0]) for r in rows] == [i * 100000 for i in range(20)]


def test_result_limits(make_server):
    s = make_server("--max-result-rows", "1000", "--max-result-bytes", "1MB")
    with s.wire() as w:
        assert w.ask(Q("select * from range(1000)"))[-2] == 'cc"SELECT 1000"'
        assert w.ask(Q("select * from range(100000)"))[-2:] == ["err:54000", "Z:I"]
        assert w.ask(Q("select repeat('x', 2000000)"))[-2:] == ["err:54000", "Z:I"]


def test_flush_threshold_rows(make_server):
    s = make_server("--flush-threshold-rows", "1")
    with s.wire() as w:
        assert w.ask(Q("select * from range(50)"))[1:-2] == [(str(i),) for i in range(50)]


def test_interleaved_portals(wire):
    wire.ask(Q("begin"))
    counts = [5000 + 100 * i for i in range(8)]
    for i, n in enumerate(counts):
        wire.ask(P(f"select x * {i + 1} from range({n}) t(x)"), B(f"p{i}"), S)
    seen = [0] * len(counts)
    while any(s < n for s, n in zip(seen, counts)):
        for i, n in enumerate(counts):
            if seen[i] >= n:
                continue
            notes = wire.ask(E(777 + i, f"p{i}"), S)
            rows = [r for r in notes if isinstance(r, tuple)]
            assert rows == [(str((seen[i] + k) * (i + 1)),) for k in range(len(rows))]
            seen[i] += len(rows)
        assert wire.ask(Q("select 42"))[1] == ("42",)
    assert seen == counts
    wire.ask(Q("commit"))


def test_what_cannot_interleave_says_so(wire):
    """After a write the stream's connection is the only one that sees it: another statement is refused, the portal goes on."""
    wire.ask(Q("create or replace table inter (a int)"))
    wire.ask(Q("begin; insert into inter select range from range(10000)"))
    wire.ask(P("select a from inter order by a"), B("p"), E(10, "p"), S)
    notes = wire.ask(Q("select count(*) from inter"))
    assert notes[0] in ("err:0A000", "T")
    wire.ask(Q("rollback"), C("P", "p"), D(), S)


def test_half_the_rows_then_another_statement(wire):
    wire.ask(Q("begin"))
    wire.ask(P(f"select * from range({ROWS})"), B("p"), S)
    for _ in range(20):
        assert wire.ask(E(1000, "p"), S)[-2] == "susp"
    assert wire.ask(C("P", "p"), S) == ["3", "Z:T"]
    assert wire.ask(Q("select 1"))[1] == ("1",)
    assert wire.ask(Q("commit")) == ['cc"COMMIT"', "Z:I"]
