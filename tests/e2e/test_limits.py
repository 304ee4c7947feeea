"""Bounds: what reaches one is told so, with its own SQLSTATE, and the session goes on; nothing ends without a word."""

import contextlib
import time

import psutil
import pytest

from conftest import SANITIZED, WORKERS, Server
from measure import MB
from wire import B, C, D, E, Error, H, P, Q, S, message


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


def test_parameters_of_a_statement(server):
    """PREPARE can name more than Bind can say; the values of an EXECUTE are the columns of one row."""
    with server.wire() as w:
        def prepare(n):
            return w.ask(Q(f"prepare many_{n} ({', '.join(['int'] * n)}) as select $1"))

        assert prepare(65536) == ["err:54000", "Z:I"] and w.last_error["M"] == "a statement has at most 65535 parameters"
        assert w.ask(Q("execute many_65536 (1)"))[0] == "err:26000"
        for n, answer in ((1664, 'cc"SELECT 1"'), (1665, "err:54000"), (65535, "err:54000")):
            assert prepare(n) == ['cc"PREPARE"', "Z:I"]
            assert answer in w.ask(Q(f"execute many_{n} ({', '.join(['1'] * n)})"))


# ---- memory of the process ----

@pytest.fixture
def tight(make_server):
    """A server with so much address space beyond what one takes at rest."""
    def make(beyond):
        with Server("--memory-limit", "1GB", workers=0) as s, s.wire() as w:
            w.ask(Q("select 1 + 0"))
            rest = psutil.Process(s.pid).memory_info().vms
        return make_server("--memory-limit", "1GB", within=("prlimit", f"--as={rest + beyond}"))
    return make


@pytest.mark.skipif(SANITIZED or WORKERS > 0, reason="the address space of one plain process is bounded")
def test_an_allocation_that_fails_is_53200(tight):
    s = tight(512 * MB)
    with s.wire(timeout=60) as w:
        failed = 0
        for sql in ("select length(repeat('x', 800000000))", "select repeat('x', 500000000)", "select list(i) from range(50000000) t(i)",
                    "create temp table big as select i, repeat('x', 100) x from range(20000000) t(i)", "select max(x) from (select repeat('x', 100000) x from range(1000))"):
            notes = w.ask(Q(sql))
            assert notes[-1] == "Z:I" and (notes[-2].startswith("cc") or w.last_error["C"] == "53200"), (sql, w.last_error)
            failed += notes[-2].startswith("err")
        assert failed
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.skipif(SANITIZED or WORKERS > 0, reason="the address space of one plain process is bounded")
@pytest.mark.parametrize("beyond", [16, 64, 256])
def test_a_process_without_room_for_the_words_of_an_error_lives(tight, beyond):
    """The engine words errors in JSON; once it worded errors about errors until the process ended."""
    s = tight(beyond * MB)
    answers = set()
    for _ in range(12):
        with contextlib.suppress(Error, OSError), s.wire(timeout=60) as w:
            answers.add(w.ask(Q("create temp table big as select i, repeat('x', 100) x from range(20000000) t(i)"))[0])
    assert s.process.poll() is None, s.log()
    assert answers and answers <= {"err:53200", "err:53000", "closed"}


@pytest.mark.skipif(SANITIZED or WORKERS > 0, reason="the memory of one plain process is looked at")
def test_a_value_that_the_machine_has_no_room_for_is_53200(make_server):
    """The engine counts no value under way: one of these would take 4 GB, and many the machine."""
    s = make_server("--memory-limit", "256MB")
    s.reset_peak()
    sessions = [s.wire(timeout=60) for _ in range(4)]
    for sql in ("select length(range(500000000))", "select length(range(i, 500000000)) from range(3) t(i)", "select length(repeat('x', 3000000000))",
                "select length(list_resize([1], 500000000))"):
        for w in sessions:
            w.send(Q(sql))
        for w in sessions:
            assert w.until_ready() in (["err:53200", "Z:I"], ["T", "err:53200", "Z:I"]), (sql, w.last_error)
    for w in sessions:
        assert w.ask(Q("select length(range(1000000))"))[1] == ("1000000",)
    assert s.peak_rss() < 1536 * MB


# ---- session_memory_max ----

MANY = 3000  # more than any kind below needs to reach a limit of 2 MB


@pytest.fixture(scope="module")
def small():
    with Server("--session-memory-max", "2MB", "--portals-max", "10000", "--message-size-max", "64MB") as s:
        yield s


def parses(n):
    text = "select 1 /*" + "x" * 20000 + "*/"
    return [P(text, f"s{i}") for i in range(n)]


def wide_parses(n):
    return [P("select " + ", ".join(f'1 "{"n" * 900}{i}"' for i in range(8)) + f" -- {i}", f"w{i}") for i in range(n)]


def declared_types(n):
    return [P("select 1", f"t{i}", oids=[23] * 1000) for i in range(n)]


def portals(n):
    return [P("select length($1)", "p", oids=[25])] + [B(f"b{i}", "p", params=["y" * 30000]) for i in range(n)]


def binary_portals(n):
    return [P("select $1::bytea", "p", oids=[17])] + [B(f"b{i}", "p", params=[b"\0" * 30000], formats=[1]) for i in range(n)]


def null_portals(n):
    return [P("select $1::int", "p")] + [B(f"b{i}", "p", params=[None]) for i in range(n)]


def set_config_portals(n):
    return [P("select set_config('my.own', $1, false)", "p")] + [B(f"b{i}", "p", params=["z" * 4000]) for i in range(n)]


def show_all(n):
    return [P("show all", "p")] + [m for i in range(n) for m in (B(f"b{i}", "p"), E(1, f"b{i}"))]


def cursors(n):
    return [Q(f"declare c{i} cursor for select 1 /*{'x' * 20000}*/") for i in range(n)]


def prepares(n):
    return [Q(f"prepare s{i} as select 1 /*{'x' * 20000}*/") for i in range(n)]


def settings(n):
    return [m for i in range(n) for m in (Q(f"savepoint s{i % 900}"), Q(f"set my.p{i % 60} = 'v'"))]


@pytest.mark.parametrize("kind", [parses, wide_parses, declared_types, portals, binary_portals, null_portals, set_config_portals, show_all, cursors, prepares, settings])
def test_what_a_session_keeps_is_bounded(kind, small):
    """Told by 53200 with the option's name; what is there stays, and room for what gives it back."""
    with small.wire() as w, small.wire() as other:
        w.ask(Q("set my.own = 'x'"), Q("begin"))
        for at, m in enumerate(kind(MANY)):
            notes = w.ask(m) if m[:1] == b"Q" else w.ask(m, H, S)
            if any(str(note).startswith("err") for note in notes):
                break
        else:
            pytest.fail(f"no limit within {at} messages")
        assert w.last_error["C"] == "53200" and "session_memory_max" in w.last_error["M"], (at, w.last_error)
        assert at > 3
        assert other.ask(Q("select 1 + 0"))[1] == ("1",)
        assert w.ask(P("rollback"), B(), E(), S) == ["1", "2", 'cc"ROLLBACK"', "Z:I"]
        w.ask(Q("rollback"), Q("close all"), Q("deallocate all"))
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
        for again in kind(4)[:5]:  # all of it was given back
            notes = w.ask(again) if again[:1] == b"Q" else w.ask(again, S)
            assert not str(notes[0]).startswith("err:53"), w.last_error


def test_a_session_that_is_full_can_be_emptied(small):
    with small.wire() as w:
        n = 0
        while w.ask(P("select 1 /*" + "x" * 5000 + "*/", f"s{n}"), S)[0] == "1":
            n += 1
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
        assert w.ask(Q("begin"), Q("select 1 / 0 from nothing"), Q("rollback"))[-1] == "Z:I"
        assert w.ask(P("deallocate s0"), B(), E(), S)[2] == 'cc"DEALLOCATE"'
        assert w.ask(P("select 1 /*" + "x" * 5000 + "*/", "s0"), S)[0] == "1"
        assert w.ask(C("S", "s0"), S) == ["3", "Z:I"]
        assert w.ask(Q("discard all"), P("select 1 /*" + "x" * 500000 + "*/", "s0"), S)[-2:] == ["1", "Z:I"]


@pytest.mark.parametrize("message, answer", [
    (Q("select 1 --" + "x" * (5 * MB)), ["err:53200", "Z:I"]),
    (P("select 1 --" + "x" * (5 * MB)) + B() + E() + S, ["err:53200", "Z:I"]),
    (P("select length($1)", oids=[25]) + B(params=["x" * (5 * MB)]) + E() + S, ["1", "err:53200", "Z:I"]),
    (P("select nothing") + B(params=["x" * (5 * MB)]) + S, ["err:42703", "Z:I"]),
], ids=["query", "parse", "bind", "skipped"])
def test_a_message_beyond_what_is_left_is_passed_over(message, answer, small):
    with small.wire() as w:
        for _ in range(2):
            w.send(message)
            assert w.until_ready() == answer
            assert "53200" not in answer[0] or "session_memory_max" in w.last_error["M"]
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("how,first", [("", b"x"), ("(format csv)", b'"'), ("(format csv)", b'x"",'), ("(format binary)", None)])
def test_copy_line_without_end(how, first, small):
    with small.wire() as w:
        w.ask(Q("create or replace temp table endless (a text)"))
        if first is None:
            first = b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\x01" + (1 << 29).to_bytes(4, "big")
        w.send(Q(f"copy endless from stdin {how}"), message("d", first), *[message("d", b"y" * 100000)] * 100, message("c"))
        assert w.until_ready()[-2:] == ["err:53200", "Z:I"]
        assert "session_memory_max" in w.last_error["M"]
        assert w.ask(Q("copy endless from stdin"), message("d", b"z" * 500000 + b"\n"), message("c"))[-2:] == ['cc"COPY 1"', "Z:I"]


@pytest.mark.skipif(SANITIZED, reason="measures memory")
def test_messages_under_way_are_counted(small):
    sessions = [small.wire() for _ in range(20)]
    before = small.rss()
    for w in sessions:
        w.send(message("Q", b"x" * (40 * MB))[:20 * MB])
    time.sleep(0.5)
    assert small.rss() - before < 20 * 4 * MB
    for w in sessions:
        w.close()


@pytest.mark.skipif(SANITIZED, reason="measures memory")
def test_parameters_of_portals_are_counted(make_server):
    s = make_server("--session-memory-max", "32MB")
    with s.wire(timeout=60) as w:
        w.ask(P("select length($1)", "p", oids=[25]), Q("begin"))
        before = s.rss()
        notes = [w.ask(B(f"b{i}", "p", params=["y" * (5 * MB)]), H, S)[0] for i in range(20)]
        assert "err:53200" in notes and s.rss() - before < 100 * MB


def test_release_keeps_no_undo(make_server):
    s = make_server("--session-memory-max", "1MB")
    with s.wire() as w:
        w.ask(Q("begin"))
        for i in range(300):
            assert w.ask(Q("savepoint a"), Q(f"set application_name = 'a{i}'"), Q("release a"))[-1] == "Z:T"
        w.ask(Q("rollback"))
        assert w.ask(Q("show application_name"))[1] == ("",)


# ---- COPY FROM STDIN of clients that pause ----

def data(text):
    return message("d", text)


@pytest.mark.parametrize("table, rows, code", [
    ("a int not null", b"1\n\\N\n", "23502"),
    ("a int primary key", b"1\n2\n1\n", "23505"),
    ("a int check (a < 5)", b"1\n7\n", "23514"),
    ("a int", b"1\nx\n", "22P02"),
    ("a int, b int", b"1\t2\n3\n", "22P04"),
], ids=["not null", "unique", "check", "value", "columns"])
def test_a_bad_row_is_told_to_a_client_that_falls_silent(table, rows, code, either, request):
    if code == "23505" and "postgresql" in request.node.name:
        pytest.skip("PostgreSQL gathers rows before it looks at an index")
    with either.wire(timeout=10) as w:
        w.ask(Q("drop table if exists limits_copy"))
        notes = w.ask(Q(f"create table limits_copy ({table})"))
        if notes[0].startswith("err"):
            pytest.skip(w.last_error["M"])  # a shared catalog without such constraints
        w.send(Q("copy limits_copy from stdin"))
        assert w.notes(1) == ["G"]
        w.send(data(rows))
        assert w.until_ready() == [f"err:{code}", "Z:I"]
        assert w.ask(data(b"9\n"), message("c"), Q("select count(*) from limits_copy"))[1] == ("0",)


def test_a_copy_that_pauses_goes_on(server):
    with server.wire() as w, server.wire() as other:
        w.ask(Q("create table limits_pause (a int, b text)"))
        w.send(Q("copy limits_pause from stdin"))
        for i in range(4):
            w.send(data(f"{i}\tx".encode()))
            time.sleep(0.15)  # in the middle of a row, too
            w.send(data(b"yz\n"))
            time.sleep(0.15 * (i % 2))
        assert other.ask(Q("select count(*) from limits_pause"))[1] == ("0",)
        w.send(data("".join(f"{i}\t{'y' * (i % 50)}\n" for i in range(4, 5000)).encode()))
        time.sleep(0.15)
        w.send(data("".join(f"{i}\t{'y' * (i % 50)}\n" for i in range(5000, 9000)).encode()), message("c"))
        assert w.until_ready()[-2:] == ['cc"COPY 9000"', "Z:I"]
        assert w.ask(Q("select count(*), sum(a), min(b) from limits_pause where a < 4 or b <> 'xyz'"))[1] == ("9000", str(sum(range(9000))), "")


def test_a_copy_that_stalls_is_ended(make_server):
    s = make_server("--flush-timeout", "1s")
    with s.wire(timeout=10) as w, s.wire(timeout=10) as slow:
        w.ask(Q("create table limits_stall (a int)"))
        slow.send(Q("copy limits_stall from stdin"))
        w.send(Q("copy limits_stall from stdin"), data(b"1\n2"))
        for i in range(6):
            time.sleep(0.3)
            slow.send(data(b"1\n"))
        assert w.until_ready() == ["G", "fatal:57P05", "closed"] and "flush_timeout" in w.last_error["M"]
        slow.send(message("c"))
        assert slow.until_ready() == ["G", 'cc"COPY 6"', "Z:I"]
        assert s.metric("tavana_flush_timeouts_total") == 1
        assert slow.ask(Q("select count(*) from limits_stall"))[1] == ("6",)
