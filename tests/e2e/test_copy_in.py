"""COPY FROM STDIN against a real PostgreSQL 15: the same messages get the same answers."""

import pytest

from wire import B, D, E, H, P, Q, S, X, Wire, cstr, fields_of, message

DONE = message("c")
TABLE = ("drop table if exists t", "create table t (a int, b text, c numeric(10, 2))")
ROWS = Q("select * from t order by a")


def data(text):
    return message("d", text.encode() if isinstance(text, str) else text)


def fail(text):
    return message("f", cstr(text))


class Full(Wire):
    """Errors with all that a client may show, and what CopyInResponse says."""

    def note(self, kind, payload):
        if kind in "EN":
            f = fields_of(payload)
            return (f["S"], f["C"], f["M"], f.get("D", ""), f.get("H", ""), f.get("W", ""), f.get("P", ""))
        if kind == "G":
            return "G" + payload.hex()
        return super().note(kind, payload)


def run(address, messages, setup, syncs):
    with Full(address) as w:
        for sql in setup:
            w.ask(Q(sql))
        return w.ask(*messages, syncs=syncs)


def either(server, postgres, *messages, setup=TABLE, syncs=2):
    """What both answer."""
    theirs = run(postgres.address, messages, setup, syncs)
    ours = run(server.address, messages, setup, syncs)
    assert ours == theirs
    return ours


GOOD = data("1\tx\t1.5\n2\t\\N\t\\N\n")
COPY = Q("copy t from stdin")


@pytest.mark.parametrize("script, tag", [
    ([COPY, GOOD, DONE, ROWS], 'cc"COPY 2"'),
    ([COPY, S, H, data("1\tx"), S, data("\t1.5\n"), DONE, ROWS], 'cc"COPY 1"'),
    ([COPY, DONE, ROWS], 'cc"COPY 0"'),
    ([COPY, data("1\tx\t1.5\n\\.\ngarbage"), data("more"), DONE, ROWS], 'cc"COPY 1"'),
    ([P("copy t from stdin"), B(), D(), E(), S, GOOD, DONE, S, ROWS], 'cc"COPY 2"'),
    ([P("copy t (b, a) from stdin csv"), B(), D(), E(), data("x,1\n"), DONE, S, ROWS], 'cc"COPY 1"'),
])
def test_rows_come_in(server, postgres, script, tag):
    assert tag in either(server, postgres, *script)


@pytest.mark.parametrize("script", [
    [COPY, data("1\tx\t1.5\nz\t\\N\t\\N\n"), DONE, ROWS],
    [COPY, data("1\tx\t1.5\t\n"), data("2\tx\t3\n"), DONE, ROWS],
    [COPY, data("1\tx\n"), data("2\tx\t3\n"), data("2\tx\t3\n"), fail("late"), ROWS],
    [COPY, GOOD, fail("the client's reason"), ROWS],
    [P("copy t from stdin"), B(), E(), S, data("1\tx\tz\n"), DONE, S, ROWS],
    [P("copy t from stdin"), B(), E(), S, GOOD, fail("x"), S, ROWS],
    [P("copy nosuch from stdin"), B(), E(), S, ROWS],
    [P("insert into t values (5, null, 1)"), B(), E(), P("copy t from stdin"), B(), E(), GOOD, DONE,
     P("select 1", "s"), P("select 1", "s"), S, ROWS],
    [Q("copy nosuch from stdin"), ROWS],
    [Q("copy t (a, x) from stdin"), ROWS],
    [Q("copy t (a, a) from stdin"), ROWS],
    [Q("copy t from stdin (freez)"), ROWS],
])
def test_nothing_comes_in(server, postgres, script):
    said = either(server, postgres, *script)
    assert "cc\"SELECT 0\"" in said and any(n[0] == "ERROR" for n in said)


@pytest.mark.parametrize("intruder", [ROWS, X, message("z"), E()])
def test_another_message_in_the_middle(server, postgres, intruder):
    said = either(server, postgres, COPY, GOOD, intruder)
    assert said[-1] == "closed" and said[-2][0] == "FATAL"


def test_several_in_one_query(server, postgres):
    sql = "insert into t values (9, '', 0); copy t from stdin; copy t (b, a) from stdin csv; select * from t order by a"
    said = either(server, postgres, Q(sql), GOOD, DONE, data("aa,7\n"), DONE, ROWS)
    assert 'cc"SELECT 4"' in said
    said = either(server, postgres, Q(sql), GOOD, DONE, data("aa,7x\n"), DONE, ROWS)
    assert 'cc"SELECT 0"' in said


def test_in_a_transaction(server, postgres):
    either(server, postgres, Q("begin"), COPY, GOOD, DONE, ROWS, Q("rollback"), ROWS, syncs=5)
    either(server, postgres, Q("begin"), COPY, data("x\n"), DONE, ROWS, Q("rollback"), ROWS, syncs=5)
    either(server, postgres, Q("begin read only"), COPY, ROWS, Q("rollback"), ROWS, syncs=5)
    either(server, postgres, Q("begin read only"), Q("copy nosuch from stdin"), Q("commit"), syncs=3)


VALUES = ["0", "1", "-1", "0.01", "-0.01", "0.1", "12.3", "1234.5", "9999.99", "10000", "10000.01", "-12345678.9", "99999999.99",
          "99990000", "0.05", "100000000"]


def out(address, sql):
    """The bytes of COPY … TO STDOUT."""
    with Wire(address) as w:
        w.send(Q(sql))
        data = b""
        while True:
            kind, payload = w.next()
            if kind == "d":
                data += payload
            if kind == "Z":
                return data


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 16])
def test_binary_of_another_server(server, postgres, piece):
    """PostgreSQL's bytes, cut into messages anywhere, are PostgreSQL's rows."""
    wide = "create table t (a int, b text, c numeric(13, 2), d numeric(20, 4), e bigint, f smallint)"
    with Wire(postgres.address) as w:
        w.ask(Q("drop table if exists t"), syncs=1)
        w.ask(Q(wide))
        for i, v in enumerate(VALUES):
            w.ask(Q(f"insert into t values ({i}, {i}, {v}, {v}, {i} * -4000000000, {i} * 100)"))
        w.ask(Q("insert into t select i, repeat('ä', i % 3) || repeat('x', i), null, i::numeric / 16, i, null"
                " from generate_series(20, 60) i"))
        w.ask(Q("insert into t select i, left('abcdefghijklmnopqrst', i), i, null, null, i from generate_series(0, 20) i"))
    binary = out(postgres.address, "copy t to stdout (format binary)")
    pieces = [data(binary[i:i + piece]) for i in range(0, len(binary), piece)]
    answer = run(server.address, [Q("copy t from stdin (format binary)"), *pieces, DONE], ["drop table if exists t", wide], 1)
    assert 'cc"COPY 78"' in answer
    order = "copy (select * from t order by a, b, c) to stdout"
    assert sorted(out(server.address, order).splitlines()) == sorted(out(postgres.address, order).splitlines())
