"""COPY TO STDOUT: message for message what a real PostgreSQL 15 sends; through the clients that know COPY; in the
middle of it errors, cancels and limits; in constant memory."""

import io
import threading
import time

import asyncpg
import psycopg
import pytest

from conftest import FULL, HOST, SANITIZED
from test_types import VALUES, for_postgres
from wire import B, D, E, P, Q, S, Wire, cancel, fields_of, row_of

FORMATS = ["", "(format csv)", "(format binary)"]


class Raw(Wire):
    """Every message as it is; errors without their words."""

    def note(self, kind, payload):
        if kind in "EN":
            f = fields_of(payload)
            return f"err:{f['C']}", f.get("P")
        return (kind, row_of(payload)) if kind == "D" else kind if kind == "T" else (kind, payload)


def run(address, *messages, setup=()):
    with Raw(address) as w:
        for sql in setup:
            w.ask(Q(sql))
        return w.ask(*messages)


def both(server, postgres, *messages, setup=()):
    ours, theirs = run(server.address, *messages, setup=setup), run(postgres.address, *messages, setup=setup)
    assert ours == theirs
    return ours


def both_copy(server, postgres, query, options="", theirs=None):
    ours = run(server.address, Q(f"copy ({query}) to stdout {options}"))
    assert ours == run(postgres.address, Q(f"copy ({theirs or query}) to stdout {options}"))
    return b"".join(payload for kind, payload in ours if kind == "d")


@pytest.mark.parametrize("options", FORMATS)
@pytest.mark.parametrize("kind", VALUES)
def test_types(server, postgres, kind, options):
    query = "select " + ", ".join(f"{e} as c{i}" for i, e in enumerate(VALUES[kind]))
    assert both_copy(server, postgres, query, options, theirs=for_postgres(query))


STRINGS = "select x, i from (values (1, 'plain'), (2, ''), (3, null), (4, 'a,b'), (5, 'a\"b'), (6, '\\.'), (7, E'\\t|\\n\\r'), " \
          "(8, E'\\b\\f\\\\N'), (9, 'a longer one | with, \"quotes\" in it'), (10, 'äöü €'), (11, '\\N')) t(i, x) order by i"


@pytest.mark.parametrize("options", [
    "", "(header)", "(delimiter '|')", "(null 'plain')", "(null '', delimiter ',')", "(format csv)", "(format csv, header)",
    "(format csv, delimiter '|', quote '''')", "(format csv, escape '\\')", "(format csv, null 'plain')", "(format csv, null '\\N')",
    "(format csv, force_quote *)", "(format csv, force_quote (i))", "(format csv, delimiter '1')", "(format csv, quote '1')",
    "(format csv, delimiter E'\\t')", "(format binary)", "csv header", "delimiter ';' null 'x'", "binary", "(encoding 'utf8')",
])
def test_options(server, postgres, options):
    assert both_copy(server, postgres, STRINGS, options)


@pytest.mark.parametrize("options", ["csv", "csv header", "", "(header)"])
def test_one_column(server, postgres, options):
    query = "select x as \"\\.\" from (values (1, '\\.'), (2, ''), (3, null), (4, 'x')) t(i, x) order by i"
    both_copy(server, postgres, query, options)


@pytest.mark.parametrize("options", FORMATS + ["csv header"])
def test_no_rows(server, postgres, options):
    both_copy(server, postgres, "select 1 as a, 'x' as b where false", options)


TABLE = ("drop table if exists t", "create table t (a int, b text, \"C d\" numeric(10, 2))", "insert into t values (1, 'x', 1.5), (2, null, 0)")


@pytest.mark.parametrize("sql", [
    "copy t to stdout", "copy t (b, a) to stdout csv header", "copy t (\"C d\") to stdout binary", "copy t to stdout (format csv, force_quote (b))",
    "copy t (zz) to stdout", "copy t (a, a) to stdout", "copy t (ctid) to stdout", "copy nope to stdout", "copy t (a) to stdout (format csv, force_quote (b))",
    "copy t to stdout (format csv, force_quote (zz))", "copy (select 1 as a) to stdout (format csv, force_quote (zz))",
    "copy (select $1) to stdout", "copy (selec 1) to stdout", "  /* é */ copy (select * from nope) to stdout", "copy t to stdout (foo)",
    "copy (insert into t (a) values (7) returning a, b) to stdout", "copy (insert into t (a) values (7)) to stdout",
    "copy (delete from t returning a) to stdout (format binary)", "copy (create table x (a int)) to stdout",
    "copy (values (1, 'a'), (2, 'b')) to stdout", "copy (with x as (select 1 as a) select * from x) to stdout",
    "begin; copy t to stdout; commit", "copy t to stdout; copy t to stdout binary", "copy t to stdout; select nope; copy t to stdout",
    "begin; copy nope to stdout; copy t to stdout", "copy t to stdout where a = 1",
])
def test_statements(server, postgres, sql):
    ours, theirs = run(server.address, Q(sql), setup=TABLE), run(postgres.address, Q(sql), setup=TABLE)
    ours, theirs = ([("err", n[0]) if n[0].startswith("err") else n for n in notes] for notes in (ours, theirs))  # positions: below
    assert ours == theirs


@pytest.mark.parametrize("sql", ["copy (select $1) to stdout", "  /* é */ copy (select * from nope) to stdout", "copy t to stdout (foo)"])
def test_where_the_error_is(server, postgres, sql):
    both(server, postgres, Q(sql), setup=TABLE)


@pytest.mark.parametrize("messages", [
    (P("copy t to stdout"), D("S"), B(), D("P"), E(1), E(1), S),
    (P("copy t to stdout"), B(results=(1, 1, 1, 1, 1)), E(1), S),
    (P("copy nope to stdout"), D("S"), B(), D(), S),
    (P("copy nope to stdout"), B(), E(), P("select 1"), S),
    (P("copy (select $1) to stdout", oids=(23,)), D("S"), B(params=("1",)), E(), S),
    (P("copy t to stdout (format binary)", name="c"), B(portal="p", statement="c"), E(portal="p"), S, B(statement="c"), E(), S),
    (P("copy (insert into t (a) values (9) returning a) to stdout"), B(), E(), S, Q("select a from t order by a")),
    (P("copy (insert into t (a) values (9) returning a) to stdout"), B(), E(), P("selec"), S, Q("select a from t order by a")),
])
def test_extended_protocol(server, postgres, messages):
    both(server, postgres, *messages, setup=TABLE)


def test_generated_columns_are_left_out(server):
    setup = ("drop table if exists g", "create table g (a int, b int generated always as (a + 1), \"C\" text)", "insert into g (a, \"C\") values (1, 'x')")
    with server.wire() as w:
        for sql in setup:
            assert w.ask(Q(sql))[-2].startswith("cc"), w.last_error
        w.send(Q("copy g to stdout csv header"))
        notes = [w.next() for _ in range(5)]
        assert [p for k, p in notes if k == "d"] == [b"a,C\n", b"1,x\n"] and w.next()[0] == "Z"
        assert w.ask(Q("copy g (b) to stdout")) == ["err:42P10", "Z:I"]
        assert w.last_error["D"] == "Generated columns cannot be used in COPY."
        # names are compared as the engine compares them
        assert w.ask(Q("copy g (c) to stdout")) == ["H", "d", "c", 'cc"COPY 1"', "Z:I"]


def test_views_are_copied_too(server):
    with server.wire() as w:
        assert w.ask(Q("create or replace view copied as select 1 as a"), Q("copy copied to stdout"))[-5:] == \
            ["H", "d", "c", 'cc"COPY 1"', "Z:I"]


def test_of_a_temporary_table_in_a_transaction(server):
    with server.wire() as w:
        w.ask(Q("create temp table tt (a int)"), Q("begin"), Q("insert into tt values (1), (2)"))
        assert w.ask(Q("copy tt to stdout")) == ["H", "d", "d", "c", 'cc"COPY 2"', "Z:T"]
        w.ask(Q("rollback"))
        assert w.ask(Q("copy tt to stdout")) == ["H", "c", 'cc"COPY 0"', "Z:I"]


def test_settings_of_the_session_count(server, postgres):
    sql = "copy (select timestamptz '2024-06-01 12:00:00+00', '1.23456789012345678'::double precision, {}) to stdout csv"
    setup = ("set timezone = 'Europe/Berlin'", "set extra_float_digits = 0", "set bytea_output = escape")
    ours = run(server.address, Q(sql.format("unhex('00ff41')")), setup=setup)
    assert ours == run(postgres.address, Q(sql.format("'\\x00ff41'::bytea")), setup=setup)


# ---- in the middle ----

def drain(w):
    """Reads to ReadyForQuery: how many rows came, and what else."""
    rows, notes = 0, []
    while True:
        kind, payload = w.next()
        if kind == "d":
            rows += 1
        else:
            notes.append(w.note(kind, payload))
        if kind == "Z":
            return rows, notes


@pytest.mark.parametrize("options, extended", [("", False), ("(format csv)", True), ("(format binary)", False)])
def test_an_error_in_the_middle_ends_the_copy(wire, options, extended):
    bad = 1_000_000 if FULL else 300_000
    sql = f"copy (select case when i = {bad} then 'x' || i else i::text end::int from range(2000000) t(i)) to stdout {options}"
    wire.send(*([P(sql), B(), E(), S] if extended else [Q(sql)]))
    rows, notes = drain(wire)
    assert 0 < rows <= bad and notes[-3:] == ["H", "err:22P02", "Z:I"]
    assert wire.ask(Q("copy (select 1) to stdout")) == ["H", "d", "c", 'cc"COPY 1"', "Z:I"]


def test_cancel_in_the_middle(server, wire):
    wire.send(Q("copy (select i, 'x' || i from range(100000000000) t(i)) to stdout"))
    while wire.next()[0] != "d":
        pass
    assert cancel(server.address, wire.pid, wire.key) == b""
    rows, notes = drain(wire)
    assert notes == ["err:57014", "Z:I"]
    assert wire.ask(Q("copy (select 1) to stdout")) == ["H", "d", "c", 'cc"COPY 1"', "Z:I"]


def test_result_limits_count(make_server):
    s = make_server("--set", "max_result_rows=1000")
    with s.wire() as w:
        assert w.ask(Q("copy (select * from range(1000)) to stdout"))[-3:] == ["c", 'cc"COPY 1000"', "Z:I"]
        assert w.ask(Q("copy (select * from range(1001)) to stdout"))[-2:] == ["err:54000", "Z:I"]
        assert s.metric("tavana_rows_sent_total") >= 1000


def test_a_client_that_does_not_read_stops_the_scan(server, wire):
    wire.send(Q("copy (select i, repeat('x', 100) from range(100000000) t(i)) to stdout"))
    time.sleep(0.5)
    before = server.cpu_seconds()
    time.sleep(0.5)
    assert server.cpu_seconds() - before < 0.25
    assert cancel(server.address, wire.pid, wire.key) == b""
    assert drain(wire)[1][-2:] == ["err:57014", "Z:I"]


@pytest.mark.skipif(SANITIZED, reason="shadow memory is no measure")
@pytest.mark.parametrize("options", FORMATS)
def test_memory_stays_flat(make_server, options):
    rows = 50_000_000 if FULL else 2_000_000
    s = make_server()
    with s.wire() as w:
        drain_after(w, f"copy (select i, 'x' || i, i / 7.0 from range(100000) t(i)) to stdout {options}")
        s.reset_peak()
        before = s.rss()
        drain_after(w, f"copy (select i, 'x' || i, i / 7.0 from range({rows}) t(i)) to stdout {options}")
        assert s.peak_rss() - before < 32 * 1024 * 1024


def drain_after(w, sql):
    """Counts bytes only: fast enough for much."""
    w.send(Q(sql))
    tail = b""
    while not tail.endswith(b"Z\0\0\0\5I"):
        tail = (tail + w.sock.recv(1 << 20))[-64:]
    assert b"COPY " in tail


# ---- clients ----

def test_psycopg(server):
    with psycopg.connect(server.dsn()) as c, c.cursor() as cur:
        with cur.copy("copy (select 1, 'a\tb', null) to stdout") as copy:
            assert list(copy.rows()) == [("1", "a\tb", None)]
        with cur.copy("copy (select i, 'x' || i from range(3) t(i)) to stdout (format binary)") as copy:
            copy.set_types(["int8", "text"])
            assert list(copy.rows()) == [(0, "x0"), (1, "x1"), (2, "x2")]
        with cur.copy("copy (select 1 where false) to stdout (format binary)") as copy:
            assert list(copy.rows()) == []
        with cur.copy("copy (select * from range(5000)) to stdout (format csv)") as copy:
            assert b"".join(copy).split() == [str(i).encode() for i in range(5000)]
        assert cur.execute("select 1").fetchone() == (1,)


async def test_asyncpg(server):
    c = await asyncpg.connect(host=HOST, port=server.port, user="tester", database="db")
    try:
        await c.execute("create or replace table copied_a (a int, b text)")
        await c.execute("insert into copied_a values (1, 'x,y'), (2, null)")
        out = io.BytesIO()
        assert await c.copy_from_table("copied_a", columns=["b", "a"], output=out, format="csv", header=True) == "COPY 2"
        assert out.getvalue() == b'b,a\n"x,y",1\n,2\n'
        out = io.BytesIO()
        assert await c.copy_from_query("select a from copied_a where a > $1 order by a", 0, output=out, format="binary") == "COPY 2"
        assert out.getvalue().startswith(b"PGCOPY\n\xff\r\n\0") and out.getvalue().endswith(b"\xff\xff")
    finally:
        await c.close()


def test_two_at_once(server):
    """Each on its own session, whole and in order."""
    def one(out, n):
        with psycopg.connect(server.dsn()) as c, c.cursor() as cur, cur.copy(
                f"copy (select i from range({n}) t(i) order by i desc) to stdout") as copy:
            out.append(b"".join(copy))
    a, b = [], []
    threads = [threading.Thread(target=one, args=(a, 300000)), threading.Thread(target=one, args=(b, 200000))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert a[0] == b"".join(b"%d\n" % i for i in range(299999, -1, -1))
    assert b[0] == b"".join(b"%d\n" % i for i in range(199999, -1, -1))
