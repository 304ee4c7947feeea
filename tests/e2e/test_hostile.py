"""Bad input: whoever sends it gets one clear error or a closed socket; everybody else goes on."""

import random
import socket
import struct
import time

import pytest

from conftest import SANITIZED
from measure import MB, note, wait_for
from wire import B, E, P, Q, S, Closed, cstr, message


def raw(server, data, read=True, seconds=10):
    """What a socket answers to bytes."""
    with socket.create_connection(server.address, seconds) as s:
        s.sendall(data)
        answer = b""
        while read:
            try:
                part = s.recv(65536)
            except (ConnectionError, TimeoutError):
                break
            if not part:
                break
            answer += part
        return answer


@pytest.fixture(autouse=True)
def others_are_unharmed(server):
    before = server.rss()
    with server.wire() as other:
        yield
        assert SANITIZED or server.rss() - before < 256 * MB
        assert other.ask(Q("select 1 + 0"))[1] == ("1",)
    assert "Sanitizer" not in server.log()


def startup(body):
    return struct.pack("!i", len(body) + 4) + body


GOOD = startup(struct.pack("!i", 196608) + b"user\0tester\0database\0db\0\0")


def fatal(answer, code):
    return answer[:1] == b"E" and b"SFATAL\0" in answer and b"C" + code + b"\0" in answer


@pytest.mark.parametrize("packet, code", [
    (startup(struct.pack("!i", 196608) + b"user\0tester"), b"08P01"), (startup(struct.pack("!i", 196608) + b"\0"), b"28000"),
    (startup(struct.pack("!i", 196608) + b"user\0\xff\xfe\0\0"), b"22021"), (startup(struct.pack("!i", 7 << 16) + b"\0"), b"0A000"),
    (startup(struct.pack("!i", 196608) + b"user\0tester\0" + b"x\0y\0" * 200 + b"\0"), b"08P01"),
])
def test_bad_start(packet, code, server):
    assert fatal(raw(server, packet), code)


def test_random_bytes(server):
    random.seed(11)
    for _ in range(100):
        raw(server, random.randbytes(random.randrange(1, 500)), read=False)
        raw(server, GOOD + random.randbytes(random.randrange(1, 500)), read=False)


@pytest.mark.parametrize("data", [b"Q\0\0\0\3", b"Q\xff\xff\xff\xff", b"Q\x7f\xff\xff\xff", b"S\0\0\xff\xff", b"\0\0\0\0\4", b"p\0\0\0\5x",
                                  b"Q\0\0\0\x09sel"[:-1] + b"\0"], ids=repr)
def test_bad_lengths_end_the_session(data, server):
    w = server.wire()
    w.sock.sendall(data)
    w.sock.shutdown(socket.SHUT_WR)
    assert w.until_ready()[-1] == "closed"


def test_truncated_message_then_silence(server):
    w = server.wire()
    w.send(Q("select 1")[:-3])
    time.sleep(0.3)
    assert server.metric("tavana_sessions_running") == 0  # it costs no thread
    w.send(Q("select 1")[-3:])
    assert w.until_ready()[1] == ("1",)


def test_byte_by_byte(server):
    w = server.wire()
    for byte in P("select $1::int", oids=[23]) + B(params=["7"]) + E() + S:
        w.sock.sendall(bytes([byte]))
    assert w.until_ready() == ["1", "2", ("7",), 'cc"SELECT 1"', "Z:I"]


def test_slow_start_is_cut_off(make_server):
    s = make_server("--authentication-timeout", "1s")
    sockets = [socket.create_connection(s.address) for _ in range(50)]
    for i, c in enumerate(sockets):
        c.sendall(GOOD[:i % 20])
    begun = time.monotonic()
    for c in sockets:
        c.settimeout(10)
        assert c.recv(100) == b""
    assert 0.5 < time.monotonic() - begun < 8
    with s.wire() as w:
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


def test_half_closed(server):
    w = server.wire()
    w.send(Q("select 1"))
    w.sock.shutdown(socket.SHUT_WR)
    assert w.until_ready()[:2] in (["T", ("1",)], ["closed"])


def test_lying_counts(wire):
    for payload in (b"\0\0\0\0\x7f\xff", b"\0\0\0\0\0\1\x7f\xff\xff\xff", b"\0\0\0\1\0\2\0\0\0\0", b"\0\0\0\0\0\0\x7f\xff"):
        assert wire.ask(message("B", payload), S)[0].startswith("err:")
    assert wire.ask(message("P", b"\0select 1\0\x7f\xff"), S) == ["err:08P01", "Z:I"]


def test_deep_nesting(wire):
    for depth, sql in ((100000, "select " + "(" * 100000 + "1" + ")" * 100000), (20000, "select " + "1+" * 20000 + "1"), (5000, "select " + "[" * 5000 + "]" * 5000)):
        notes = wire.ask(Q(sql))
        assert notes[-1] == "Z:I", depth
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("sql", ["select " + "not " * 2000 + "true", "select " + "{'a':" * 2000 + "1" + "}" * 2000, "select " + "1 in (select " * 1500 + "1" + ")" * 1500,
                                 "select * from " + "(select * from " * 1500 + "(select 1)" + ")" * 1500, "select " + "exists(select " * 1500 + "1" + ")" * 1500,
                                 "select " + "case when true then " * 1500 + "1" + " end" * 1500, "with a as (" * 1500 + "select 1" + ") select * from a" * 1500])
def test_deep_nesting_is_54001(sql, wire):
    """By the engine's own limit, which has to come before the end of the stack."""
    assert wire.ask(Q(sql)) == ["err:54001", "Z:I"]
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("sql, answer", [  # a VARIANT within what our functions read; elements that are one NULL for all
    ("select pg_to_jsonb('x'::variant)", "err:0A000"), ("select pg_show([1::variant])", "err:0A000"),
    ("select pg_show(arg_max(7::variant, i)) from range(300) t(i)", "err:0A000"), ("select 7::variant", ("7",)),
    ("select pg_range_agg(try_cast(range(50000) as pg_nummultirange[])) is null", ("t",)),
    ("select length(pg_show(try_cast(range(50000) as pg_point[])))", ("250001",)),
    ("select length(pg_array_join(try_cast(range(50000) as pg_point[]), ',', '?'))", ("99999",)), ("select pg_array_join([1::variant], ',')", "err:0A000"),
    ("select bool_and(x is null) from (select unnest(try_cast(range(50000) as pg_point[])) x)", ("t",)),
    ("select to_json(try_cast([1, 2] as pg_point[]))::text", ("[null,null]",)),
])
def test_odd_vectors(sql, answer, wire):
    assert wire.ask(Q("set tavana.sql = duckdb"))[-1] == "Z:I"
    got = wire.ask(Q(sql))
    assert answer in got, got
    assert ("1",) in wire.ask(Q("select 1"))


def test_long_statement(wire):
    n = 1_000_000 if SANITIZED else 10_000_000
    text = "x" * n
    (value,), = wire.raw_rows("select length($1::text)", params=[text])
    assert value == str(n).encode()
    notes = wire.ask(Q(f"select length('{text}')"))
    assert notes[1] == (str(n),)


def test_message_limit(make_server):
    s = make_server("--message-size-max", "1MB")
    w = s.wire()
    w.send(Q("select '" + "x" * (2 << 20) + "'")[:200000])
    assert w.until_ready() == ["fatal:54000", "closed"]


def test_bounds_of_a_session(make_server):
    s = make_server("--prepared-statements-max", "50", "--portals-max", "20", "--session-memory-max", "1MB")
    with s.wire() as w:
        notes = w.ask(*[P("select 1", f"s{i}") for i in range(60)], S)
        assert notes.count("1") == 50 and notes[-2] == "err:53400"
        w.ask(Q("begin"))
        notes = w.ask(*[B(f"p{i}", "s0") for i in range(30)], S)
        assert notes.count("2") == 20 and notes[-2] == "err:53400"
        w.ask(Q("rollback"))
        assert w.ask(P("select '" + "x" * (3 << 20) + "'"), S)[0] == "err:53200"
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


OPENINGS = ["(1,2)=(", "((1,2)=(", "row(", "case when ", "a in (", "cast(", "sum(", "json_agg(", "json_build_object('a',", "array[", "unnest(", "substring(a from ",
            "overlay(a placing ", "(select ", "extract(year from ", "x between symmetric ", "trim(both from ", "position(", "coalesce(", "x.y(", "count(distinct ",
            "sum(a) filter (where ", "sum(a) over (order by ", "f(a order by ", "generate_series(1,", "regexp_matches(", "to_json(", "exists (select 1 from (",
            "select * from (", "a || (", "'a' || ", "1 + ", "x::int + ", "a = any (", "interval '1' + ", "(a).", "a[", "$1 + ", "(1,", "[1,", "{a: ",
            "current_user || ", "with a as (", "values (", "insert into t values (", "create table t (a int default (", "nullif(", "a.b.c + ", '"a".',
            "lateral (", "json_to_record(", "(1,2) overlaps (", "percentile_disc(0.5) within group (order by "]


@pytest.mark.parametrize("opening", OPENINGS)
def test_what_opens_and_opens(opening, wire):
    """Each translation reads on to where something closes; if each opening did so to the end of the text, half a megabyte took minutes."""
    notes = wire.ask(Q("select " + opening * (500_000 // len(opening))))
    assert notes[-1] == "Z:I" and notes[-2].startswith("err:"), notes


def test_many_connects(server):
    for _ in range(500 if SANITIZED else 3000):
        c = socket.create_connection(server.address)
        c.close()
    end = time.monotonic() + 10
    while server.metric("tavana_sessions") > 1:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_password_message_after_login(server):
    w = server.wire()
    w.send(message("p", b"secret\0"))
    with pytest.raises((Closed, ConnectionError, AssertionError)):
        assert w.until_ready() == ["fatal:08P01", "closed"]
        raise Closed


@pytest.mark.parametrize("kind", ["d", "c", "f"])
def test_copy_messages_out_of_place(kind, wire):
    wire.send(message(kind, b"x\0" if kind == "f" else b"x"))
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)
    assert wire.ask(P("select 1"), message(kind, b"x\0"), B(), E(), S)[-1] == "Z:I"


@pytest.mark.parametrize("kind", ["A", "R", "Z", "\x01", "\x7f"])
def test_unknown_message(kind, server):
    with server.wire() as w:
        assert w.ask(message(kind, b"xyz"), S)[0] == "fatal:08P01"


BAD = b"\xc3\x28"


@pytest.mark.parametrize("messages", [
    [message("Q", cstr(b"select '" + BAD + b"'"))], [message("P", cstr(b"") + cstr(b"select '" + BAD + b"'") + b"\0\0"), S],
    [message("P", cstr(BAD) + cstr("select 1") + b"\0\0"), S], [P("select $1::text"), B(params=[BAD]), E(), S],
    [P("select $1::text"), B(params=[BAD], formats=[1]), E(), S], [message("B", cstr(BAD) + cstr("") + b"\0" * 6), S],
], ids=["query", "parse", "statement name", "text value", "binary value", "portal name"])
def test_invalid_utf8(messages, wire):
    assert wire.ask(*messages)[-2:] == ["err:22021", "Z:I"]
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


def test_random_messages_after_log_in(server):
    """Known kinds with random bodies: every one is answered, or ends its own session."""
    random.seed(12)
    for _ in range(150):
        with server.wire() as w:
            body = b"".join(message(random.choice("QPBDECHS"), random.randbytes(random.randrange(40))) for _ in range(20))
            w.send(body, S)
            w.sock.shutdown(socket.SHUT_WR)
            assert w.until_ready(1000)[-1] == "closed"


def test_many_prepared_statements(make_server, record_property):
    s = make_server()
    with s.wire(timeout=60) as w:
        before, answers = s.rss(), []
        for i in range(0, 100_000, 1000):
            answers += w.ask(*[P("select 1", f"s{i + k}") for k in range(1000)], S)
        assert answers.count("1") == 10_000 and answers.count("err:53400") == 90
        note(record_property, growth_mb=(s.rss() - before) / MB)
        assert SANITIZED or s.rss() - before < 256 * MB
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("data", [b"", b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x01\xff\xff" + b"x" * 100])
def test_unfinished_tls(data, make_server):
    """The server has no TLS: N, and then what is no start-up packet."""
    s = make_server("--authentication-timeout", "1s")
    with socket.create_connection(s.address, 10) as c:
        c.sendall(struct.pack("!ii", 8, 80877103))
        assert c.recv(1) == b"N"
        c.sendall(data)
        while c.recv(1000):
            pass
    wait_for(lambda: s.metric("tavana_sessions") == 0, 5)


def test_very_long_statement_and_parameter(make_server, record_property):
    s = make_server()
    n = MB if SANITIZED else 50 * MB
    with s.wire(timeout=60) as w:
        before = s.rss()
        notes = w.ask(Q("select length('" + "x" * n + "')"))
        assert notes[-1] == "Z:I" and (notes[1] == (str(n),) or notes[-2].startswith("err:5"))
        assert w.ask(P("select length($1::text)"), B(params=["y" * n]), E(), S)[2] == (str(n),)
        assert w.ask(Q("select 1 + 0"))[1] == ("1",)
        note(record_property, growth_mb=(s.peak_rss() - before) / MB, growth_after_mb=(s.rss() - before) / MB)
