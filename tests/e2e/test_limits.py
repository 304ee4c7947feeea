"""Bounds: what reaches one is told so, with its own SQLSTATE, and the session goes on; nothing ends without a word."""

import pytest

from conftest import SANITIZED, WORKERS
from measure import MB
from wire import B, C, D, E, H, P, Q, S


def columns(n):
    return ", ".join(f"{i} c{i}" for i in range(n))


# ---- answers that outgrow the output buffer ----

def test_answers_of_many_messages_are_sent_as_they_come(server):
    """More of them than the buffer may ever hold, and one Sync behind them all."""
    with server.wire(timeout=120) as w:
        wide = "select " + ", ".join(f'1 "{"n" * 200}{i}"' for i in range(1600))
        assert w.ask(P(wide, "wide"), S) == ["1", "Z:I"]
        n = 220  # of 350 kB each
        w.send(D("S", "wide") * n + S)
        assert w.until_ready() == ["t", "T"] * n + ["Z:I"]
        assert w.ask(Q("select 1"))[1] == ("1",)


def test_answers_of_one_query_are_sent_as_they_come(server):
    with server.wire(timeout=120) as w:
        n = 10000
        notes = w.ask(Q("commit;" * n), syncs=1)  # a warning each
        assert notes == ["notice:25P01", 'cc"COMMIT"'] * n + ["Z:I"]


def test_small_answers_wait_for_sync_or_flush(server):
    with server.wire() as w:
        w.send(P("select 1", "a"), D("S", "a"), H)
        assert w.notes(3) == ["1", "t", "T"]
        assert w.ask(B("", "a"), E(), C("S", "a"), S) == ["2", ("1",), 'cc"SELECT 1"', "3", "Z:I"]


@pytest.mark.parametrize("name", ["i" * 3_000_000, "ä" * 1_000_000], ids=["ascii", "utf8"])
def test_a_name_that_is_too_long_is_cut(name, server):
    with server.wire(timeout=120) as w:
        assert w.ask(Q(f'select 1 as "{name}"')) == ["T", ("1",), 'cc"SELECT 1"', "Z:I"]
        assert w.columns[0].name == name[:len(w.columns[0].name)] and 512 <= len(w.columns[0].name) <= 1024


# ---- columns ----

@pytest.mark.parametrize("send", [
    lambda n: [Q("select " + columns(n))],
    lambda n: [P("select " + columns(n)), S],
    lambda n: [Q(f"declare c cursor for select {columns(n)}")],
    lambda n: [Q(f"copy (select {columns(n)}) to stdout")],
    lambda n: [Q(f"copy (select {columns(n)}) to stdout (format binary)")],
    lambda n: [Q(f"prepare wide as select {columns(n)}")],
    lambda n: [Q(f"insert into limits_t values (1) returning {columns(n)}")],
    lambda n: [Q(f"with w as (select {columns(n // 2 + 1)}) select * from w a, w b")],
    lambda n: [Q(f"values ({', '.join('1' for _ in range(n))})")],
], ids=["query", "parse", "declare", "copy", "copy binary", "prepare", "returning", "join", "values"])
def test_columns_of_a_result(send, server):
    with server.wire() as w:
        w.ask(Q("create table if not exists limits_t (a int)"))
        w.ask(Q("begin"))
        notes = w.ask(*send(1665))
        if w.last_error["C"] == "0A000":
            pytest.skip(w.last_error["M"])  # a shared catalog without RETURNING
        assert notes == ["err:54011", "Z:E"]
        assert w.last_error["M"] == "target lists can have at most 1664 entries"
        w.ask(Q("rollback"), Q("begin"))
        assert w.ask(*send(1662))[-1] == "Z:T"
        w.ask(Q("rollback"))


def test_as_many_columns_as_postgresql_has(either):
    with either.wire() as w:
        assert w.ask(P("select " + columns(1664)), D("S"), B(), E(), S) == ["1", "t", "T", "2", tuple(map(str, range(1664))), 'cc"SELECT 1"', "Z:I"]
        assert w.ask(P("select " + columns(1665)), D("S"), B(), E(), S) == ["err:54011", "Z:I"]
        assert w.last_error["M"] == "target lists can have at most 1664 entries"


# ---- memory of the process ----

@pytest.mark.skipif(SANITIZED or WORKERS > 0, reason="the address space of one plain process is bounded")
def test_an_allocation_that_fails_is_53200(make_server):
    s = make_server("--memory-limit", "1GB", within=("prlimit", f"--as={1500 * MB}"))
    with s.wire(timeout=60) as w:
        failed = 0
        for sql in ("select length(repeat('x', 800000000))", "select repeat('x', 500000000)", "select list(i) from range(50000000) t(i)",
                    "create temp table big as select i, repeat('x', 100) x from range(20000000) t(i)", "select max(x) from (select repeat('x', 100000) x from range(1000))"):
            notes = w.ask(Q(sql))
            assert notes[-1] == "Z:I" and (notes[-2].startswith("cc") or w.last_error["C"] == "53200"), (sql, w.last_error)
            failed += notes[-2].startswith("err")
        assert failed
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
