"""Results of any size: the first row at once, memory flat, a slow client slows the scan, a lost one ends it."""

import contextlib
import datetime
import pathlib
import socket
import struct
import time

import psycopg
import pytest

from conftest import FULL, SANITIZED
from measure import MB, note, wait_for
from wire import B, C, D, E, P, Q, S, Closed

ROWS = 500_000 if SANITIZED else 100_000_000 if FULL else 20_000_000
WIDE_ROWS = 2_000 if SANITIZED else 200_000 if FULL else 20_000  # of 50 KB
PAUSE = 20 if FULL else 3
RECEIVE_BUFFER = 256 * 1024  # of a client that stops reading: the kernel would let it grow until the rest of a result fits
SLACK = 4 if SANITIZED else 1
GENERATED = f"select i, i * 2 a, 'row ' || i b, (i % 7)::decimal(10, 2) c, date '2020-01-01' + (i % 1000)::int d from range({ROWS}) t(i)"
WIDE = f"select repeat('x', 50000) from range({WIDE_ROWS})"
ENDLESS = "select count(*) from range(100000000000) t(i) where i % 7 = 3"
PAGE = 10_000
RUN_LIMIT = pytest.mark.timeout(3600 if FULL else 120)
BUFFER = bytearray(MB)
NEW_YEAR = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


def drain(w):
    """Bytes up to a ReadyForQuery, and the last 24 of them."""
    total, tail = 0, b""
    while tail[-6:-1] != b"Z\0\0\0\5":
        n = w.sock.recv_into(BUFFER)
        assert n, "closed"
        total += n
        tail = (tail + bytes(BUFFER[max(0, n - 24):n]))[-24:]
    return total, tail


def drain_some(w, least):
    total = 0
    while total < least:
        n = w.sock.recv_into(BUFFER)
        assert n, "closed"
        total += n
    return total


def not_reading(s):
    """How far the memory grows while nobody reads, once the buffers on the way have had a second to fill."""
    time.sleep(1)
    before = s.rss()
    s.reset_peak()
    used = s.cpu_seconds()
    time.sleep(PAUSE)
    assert s.cpu_seconds() - used < PAUSE / 4, "the scan goes on without a reader"
    return s.peak_rss() - before


def threads(s):
    names = set()
    for comm in pathlib.Path(f"/proc/{s.pid}/task").glob("*/comm"):
        with contextlib.suppress(OSError):
            names.add(comm.read_text().strip())
    return names


def hang_up(w, how):
    if how == "RST":
        w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == "FIN":  # without this the kernel answers unread bytes with RST
        w.sock.shutdown(socket.SHUT_WR)
        return
    w.close()


def test_first_row_and_early_stop(server, record_property):
    w = server.wire()
    w.ask(Q("select 1 + 0"))
    begun = time.monotonic()
    w.send(Q("select * from range(1000000000)"))
    rows, first = 0, None
    while rows < 1000:
        if w.next()[0] == "D":
            first = first or time.monotonic() - begun
            rows += 1
    w.close()
    note(record_property, first_row_ms=first * 1e3)
    assert first < 1 * SLACK
    wait_for(lambda: server.metric("tavana_sessions_running") == 0, 1 * SLACK)
    used = server.cpu_seconds()
    time.sleep(0.5)
    assert server.cpu_seconds() - used < 0.2


@RUN_LIMIT
@pytest.mark.parametrize("sql, rows, row_bytes, bound", [(GENERATED, ROWS, 40, 64 * MB), (WIDE, WIDE_ROWS, 50000, 512 * MB)],
                         ids=["narrow", "50 KB strings"])
def test_memory_is_flat(sql, rows, row_bytes, bound, make_server, record_property):
    s = make_server()
    w = s.wire()
    w.ask(Q("select 1 + 0"))
    before = s.rss()
    s.reset_peak()
    w.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    w.send(Q(sql))
    got = drain_some(w, rows * row_bytes // 2)
    peak = s.peak_rss()
    paused = not_reading(s)
    rest, tail = drain(w)
    growth = max(peak, s.peak_rss()) - before
    note(record_property, growth_mb=growth / MB, growth_while_not_reading_mb=paused / MB)
    assert got + rest >= rows * row_bytes and tail.endswith(f"SELECT {rows}\0Z\0\0\0\5I".encode())
    assert SANITIZED or growth < bound
    assert paused < 4 * MB
    assert s.metric("tavana_streaming_backpressure_events_total") > 0


@RUN_LIMIT
@pytest.mark.parametrize("sql, rows, page, bound", [(GENERATED, ROWS, PAGE, 64 * MB), (WIDE, WIDE_ROWS, 100, 512 * MB)], ids=["narrow", "50 KB strings"])
def test_portal_pages_memory_is_flat(sql, rows, page, bound, make_server, record_property):
    s = make_server()
    w = s.wire()
    w.ask(Q("begin"))
    before = s.rss()
    s.reset_peak()
    w.ask(P(sql), B("p"), S)
    pages, paused = 0, None
    while True:
        w.send(E(page, "p"), S)
        if paused is None and pages * page >= rows // 2:  # in the middle of a page
            peak = s.peak_rss()
            paused = not_reading(s)
        _, tail = drain(w)
        if not tail.endswith(b"s\0\0\0\4Z\0\0\0\5T"):
            break
        pages += 1
    growth = max(peak, s.peak_rss()) - before
    note(record_property, growth_mb=growth / MB, growth_while_not_reading_mb=paused / MB)
    assert tail.endswith(b"SELECT 0\0Z\0\0\0\5T") and pages == rows // page
    assert s.metric("tavana_rows_sent_total") == rows
    assert SANITIZED or growth < bound
    assert paused < 4 * MB


@RUN_LIMIT
def test_portal_abandoned_half_way(make_server, record_property):
    """As pgjdbc does with setFetchSize(1000)."""
    s = make_server()
    w = s.wire()
    w.ask(Q("begin"))
    before = s.rss()
    s.reset_peak()
    rows = 50_000 if SANITIZED else 5_000_000
    w.ask(P(f"select i, 'row ' || i from range({rows}) t(i)", "s"), B("p", "s"), S)
    for _ in range(rows // 2000):
        w.send(E(1000, "p"), S)
        assert drain(w)[1].endswith(b"s\0\0\0\4Z\0\0\0\5T")
    assert w.ask(E(1, "p"), S)[0] == (str(rows // 2), f"row {rows // 2}")
    assert w.ask(C("P", "p"), C("S", "s"), S) == ["3", "3", "Z:T"]
    assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    w.ask(P(f"select * from range({rows})"), B("q"), E(10, "q"), S)  # this one is left to the end of the transaction
    assert w.ask(Q("commit")) == ['cc"COMMIT"', "Z:I"]
    assert w.ask(E(10, "q"), S) == ["err:34000", "Z:I"]
    assert w.ask(Q("select 1 + 0"))[1] == ("1",)
    note(record_property, growth_mb=(s.peak_rss() - before) / MB)
    assert SANITIZED or s.peak_rss() - before < 64 * MB
    wait_for(lambda: s.metric("tavana_sessions_running") == 0, 1)


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


LOST = {
    "streaming": "select * from range(100000000000)",
    "no row yet": ENDLESS,
    "cross join": "select count(*) from range(10000000) a(i), range(10000000) b(j) where (i * j) % 7 = 3",
    "sort": "select * from range(1000000000) t(i) order by hash(i)",
}


@pytest.mark.parametrize("how", ["RST", "FIN", "close"])
@pytest.mark.parametrize("what", LOST)
def test_lost_client_is_noticed(what, how, server, record_property):
    gone = server.metric("tavana_clients_gone_total")
    w = server.wire()
    w.ask(Q("select 1 + 0"))
    w.send(Q(LOST[what]))
    time.sleep(0.7)
    begun = time.monotonic()
    hang_up(w, how)
    wait_for(lambda: server.metric("tavana_sessions_running") == 0, 5)
    took = time.monotonic() - begun
    note(record_property, noticed_s=took)
    assert took < 1.5 * SLACK
    if what != "streaming":
        assert server.metric("tavana_clients_gone_total") > gone


def test_error_comes_after_the_rows(wire):
    wire.send(Q("select case when i = 150000 then cast('x' || i as int) else i end from range(200000) t(i)"))
    kinds = []
    while not kinds or kinds[-1] != "Z":
        kinds.append(wire.next()[0])
    rows = kinds.count("D")
    assert kinds[0] == "T" and kinds[-2:] == ["E", "Z"] and "C" not in kinds
    assert 0 < rows <= 150000 and wire.last_error["C"] == "22P02"
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


def test_large_values(wire):
    (value,), = wire.raw_rows("select repeat('ab', 20000000)")
    assert value == b"ab" * 20000000
    rows = wire.raw_rows("select repeat('x', i * 100000) from range(20) t(i)")
    assert [len(r[0]) for r in rows] == [i * 100000 for i in range(20)]


def test_wide_rows_are_bounded(make_server, record_property):
    s = make_server()
    w = s.wire()
    w.ask(Q("select 1 + 0"))
    before = s.rss()
    s.reset_peak()
    size, rows = 20 * MB, 4 if SANITIZED else 12
    w.send(Q("; ".join([f"select repeat('y', {size})"] * rows)))
    got, tail = drain(w)
    growth = s.peak_rss() - before
    note(record_property, growth_mb=growth / MB)
    assert got > size * rows and tail.endswith(b"SELECT 1\0Z\0\0\0\5I")
    assert SANITIZED or growth < 10 * size
    wait_for(lambda: SANITIZED or s.rss() - before < 5 * size, 10)


def test_result_limits(make_server):
    s = make_server("--max-result-rows", "1000", "--max-result-bytes", "1MB")
    with s.wire() as w:
        assert w.ask(Q("select * from range(1000)"))[-2] == 'cc"SELECT 1000"'
        assert w.ask(Q("select * from range(100000)"))[-2:] == ["err:54000", "Z:I"]
        assert w.ask(Q("select repeat('x', 2000000)"))[-2:] == ["err:54000", "Z:I"]
        assert w.ask(P("select * from range(1001)"), B(), E(), S)[-2:] == ["err:54000", "Z:I"]
        assert w.ask(Q("begin; select * from range(1001)"))[-2:] == ["err:54000", "Z:E"]
        assert w.ask(Q("rollback")) == ['cc"ROLLBACK"', "Z:I"]
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


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
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)
    assert wire.ask(Q("commit")) == ['cc"COMMIT"', "Z:I"]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_pages_that_change_their_mind(tls, make_server, pki):
    """What was made ahead while the client read a page is not what it asks for next."""
    s = make_server(*(["--tls", "on", "--tls-cert-file", pki / "server.crt", "--tls-key-file", pki / "server.key"] if tls else []))
    with psycopg.connect(s.dsn(sslmode="require" if tls else "disable")) as c:
        text, binary = c.cursor(), c.cursor(binary=True)
        text.execute("declare c scroll cursor for select i, repeat('x', 100), timestamptz '2020-01-01 00:00:00+00' t from range(400000) t(i)")
        at = 0
        for n, (step, zone) in enumerate([(PAGE, "UTC"), (PAGE, "UTC"), (7, "UTC"), (PAGE, "Europe/Berlin"), (2 * PAGE, "Asia/Tokyo"), (PAGE, "UTC")] * 4):
            text.execute(f"set timezone to '{zone}'")
            cursor = binary if n % 4 == 1 else text
            rows = cursor.execute(f"fetch {step} from c").fetchall()
            assert [r[0] for r in rows] == list(range(at, at + step))
            assert {r[2] for r in rows} == {NEW_YEAR} and str(rows[-1][2].tzinfo) == zone
            at += step
            if n % 5 == 2:
                text.execute("move 1000 from c")
                at += 1000
            if n % 7 == 6:
                text.execute("move backward 3000 from c")
                at -= 3000
        assert text.execute("select 1 + 1").fetchall() == [(2,)]


@pytest.mark.parametrize("page", [PAGE, 10 * PAGE], ids=["made in time", "longer than the session writes itself"])
def test_pages_of_a_client_that_takes_its_time(page, make_server):
    """Rows lie ready when it asks for them: no thread is woken to write them."""
    s = make_server()
    with psycopg.connect(s.dsn()) as c:
        c.execute("declare c cursor for select i, repeat('x', 100) from range(400000) t(i)")
        writers = []
        for at in range(0, 400_000, page):
            rows = c.execute(f"fetch {page} from c").fetchall()
            writers.append("writer" in threads(s))
            assert [r[0] for r in rows] == list(range(at, at + page)) and {len(r[1]) for r in rows} == {100}
            time.sleep(0.1)
        assert c.execute("fetch 1 from c").fetchall() == []
    if page == PAGE:
        assert not any(writers[2:]), writers


def test_the_end_is_written_before_the_client_asks_again(server):
    """What a writer still has to send when the session has nothing to do any more is sent all the same."""
    w = server.wire()
    for rows in (100_000, 1, 60_000):
        w.send(Q(f"select i, repeat('y', 50) from range({rows}) t(i)"))
        time.sleep(0.3)  # longer than a session lingers
        total, tail = drain(w)
        assert total > rows * 50 and tail.endswith(f"SELECT {rows}\0Z\0\0\0\5I".encode())


@pytest.mark.parametrize("messages", [lambda sql: [Q(sql)], lambda sql: [P(sql), B(), E(), S]], ids=["simple", "extended"])
def test_a_long_result_is_encoded_in_the_pipeline(server, wire, messages):
    """The faster way; nothing else shows that it is taken. Not by a statement that names the function itself."""
    wire.ask(Q("create or replace table long_one as select i, i + 1 as j, i + 2 as k, repeat('row', 200) as t from range(20000) t(i)"))
    before = server.metric("tavana_streams_in_pipeline_total")
    rows = [n for n in wire.ask(*messages("select * from long_one")) if isinstance(n, tuple)]
    assert len(rows) == 20000 and server.metric("tavana_streams_in_pipeline_total") == before + 1
    for sql in ("select * from (select tavana_rows(i) from long_one)", "select * from (select system.main.tavana_rows(i, t) from long_one)",
                "select * from long_one where tavana_rows(i) is not null"):
        assert wire.ask(*messages(sql))[0] == "err:42501"
    assert server.metric("tavana_streams_in_pipeline_total") == before + 1
    wire.ask(Q("drop table long_one"))
