"""Large cursors: memory and time. In full (TAVANA_FULL=1) twenty at once over a million rows each."""

import random
import time

import pytest

from conftest import FULL, SANITIZED, Server
from wire import B, E, P, Q, S

MB = 1 << 20
COUNT, ROWS = (20, 1000000) if FULL else (8, 100000)
PIECES = 10001 if FULL else 3001


def rows_of(notes):
    return [note for note in notes if isinstance(note, tuple)]


def ms(wire, *messages):
    start = time.perf_counter()
    notes = wire.ask(*messages)
    return notes, (time.perf_counter() - start) * 1000


BETWEEN = [Q("insert into big select 0, 0, 'late' from range(1000)"), Q("create or replace temp table noted as select 1 as one"),
           Q("select count(*) from big where k = 7"), Q("set application_name = 'x'"), Q("delete from big where k % 1000003 = 1"),
           Q("create or replace view v as select 1"), Q("set timezone = 'Asia/Tokyo'"), Q("update big set t = 'changed' where k < 100")]


def query(c):
    """Another order and another snapshot of the same rows for each."""
    return f"select k, t, {c} as c from big where k >= 0 and t <> 'late' order by k * 7919 % {1000003 + c}, k"


def expected_of(c):
    return sorted(range(ROWS), key=lambda k: (k * 7919 % (1000003 + c), k))


@pytest.mark.slow
@pytest.mark.parametrize("protocol", [False, True], ids=["cursors", "portals"])
def test_many_large_ones_at_once(protocol, tmp_path):
    """Each gives exactly its rows, in order, of its snapshot, while the session goes on with other things."""
    limit = 512 * MB
    options = ["--memory-limit", "512MB", "--temp-directory", tmp_path / "spill", "--spool-directory", tmp_path,
               "--statement-timeout", "0", "--threads", 2]
    (tmp_path / "spill").mkdir()
    with Server(*options) as server, server.wire(timeout=600) as w, server.wire(timeout=600) as engine:
        w.ask(Q(f"create table big as select i as k, i as j, 'row ' || i as t from range({ROWS}) t(i)"))
        w.ask(Q("begin"))
        for c in range(COUNT):
            if protocol:
                notes = w.ask(P(query(c)), B(f"c{c}"), E(1, f"c{c}"), S)
                assert notes[-2:] == ["susp", "Z:T"], (w.last_error, notes)
            else:
                notes = w.ask(Q(f"declare c{c} cursor for {query(c)}"))
                assert notes == ['cc"DECLARE CURSOR"', "Z:T"], w.last_error
            w.ask(BETWEEN[c % 2])
        rng = random.Random(1)
        order = {c: expected_of(c) for c in range(COUNT)}
        at = [int(protocol)] * COUNT
        peak = 0
        while left := [c for c in range(COUNT) if at[c] < ROWS]:
            c, n = rng.choice(left), rng.randint(1, PIECES)
            notes = w.ask(E(n, f"c{c}"), S) if protocol else w.ask(Q(f"fetch {n} c{c}"))
            got = rows_of(notes)
            wanted = order[c][at[c]:at[c] + n]
            assert [int(r[0]) for r in got] == wanted, (c, at[c], w.last_error)
            assert all(r[2] == str(c) for r in got)
            assert all(r[1] == "row " + r[0] for r in got) or c > 0
            at[c] += len(wanted)
            if rng.random() < 0.05:
                assert not any(str(note).startswith("err") for note in w.ask(rng.choice(BETWEEN))), w.last_error
                used = int(rows_of(engine.ask(Q("select sum(memory_usage_bytes) from duckdb_memory()")))[0][0])
                peak = max(peak, server.rss() - used)
        w.ask(Q("rollback"))
        assert server.metric("tavana_streams_parked_total") >= COUNT - 1
        print(f"peak beside the engine's memory {peak / MB:.0f} MB, at all {server.peak_rss() / MB:.0f} MB, "
              f"on disk {server.metric('portal_overflow_total'):.0f} streams")
        assert SANITIZED or server.peak_rss() < limit + 256 * MB
        assert SANITIZED or peak < 256 * MB


@pytest.mark.slow
def test_a_cursor_over_100_million_rows():
    columns = "i, i * 2 as j, 'row ' || i as t, i / 7 as d"
    with Server() as server, server.wire(timeout=120) as w:
        w.ask(Q("select 1 + 0"))
        w.ask(Q("begin"))
        before = server.rss()
        server.reset_peak()
        start = time.perf_counter()
        w.ask(Q(f"declare c cursor for select {columns} from range(100000000) t(i)"))
        notes = w.ask(Q("fetch 100 c"))
        first = (time.perf_counter() - start) * 1000
        assert len(rows_of(notes)) == 100
        for n in range(10):
            time.sleep(6 if FULL else 0.1)
            notes = w.ask(Q("fetch 1000 c"))
            assert [r[0] for r in rows_of(notes)] == [str(100 + n * 1000 + i) for i in range(1000)]
        assert w.ask(Q("close c"))[0] == 'cc"CLOSE CURSOR"'
        grown = (server.peak_rss() - before) / MB
        print(f"DECLARE and first FETCH {first:.1f} ms, memory grew by {grown:.0f} MB")
        assert SANITIZED or grown < 64
        assert SANITIZED or first < 500, "it was measured at a few milliseconds"
        w.ask(Q("rollback"))


@pytest.mark.slow
def test_scroll_over_many_rows(tmp_path):
    rows = 20000000 if FULL else 1000000
    with Server("--spool-directory", tmp_path) as server, server.wire(timeout=300) as w:
        w.ask(Q("begin"))
        before = server.rss()
        w.ask(Q(f"declare c scroll cursor for select i, 'row ' || i from range({rows}) t(i)"))
        notes, last = ms(w, Q("fetch last c"))
        assert rows_of(notes) == [(str(rows - 1), f"row {rows - 1}")]
        print(f"FETCH LAST {last:.0f} ms", end="")
        for command, wanted in (("absolute 7", [6]), ("backward 5", [5, 4, 3, 2, 1]), ("absolute -3", [rows - 3]),
                                (f"absolute {rows // 2}", [rows // 2 - 1]), ("relative -2", [rows // 2 - 3])):
            notes, took = ms(w, Q(f"fetch {command} c"))
            assert [int(r[0]) for r in rows_of(notes)] == wanted
            print(f", {command} {took:.1f} ms", end="")
            assert SANITIZED or took < 500
        print(f", memory grew by {(server.rss() - before) / MB:.0f} MB, {server.metric('tavana_spool_disk_bytes') / MB:.0f} MB on disk")
        w.ask(Q("rollback"))
