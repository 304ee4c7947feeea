"""Many rows of every type: the bytes of all of them are PostgreSQL 15's."""

import hashlib
import struct

import pytest

from conftest import FULL, SANITIZED
from wire import B, E, P, Q, S

ROWS = 60_000 if SANITIZED else 6_000_000 if FULL else 2_000_000

# What makes a column of row number i; where the dialects differ, Tavana's and PostgreSQL's.
COLUMNS = [
    "i % 3 = 0", "(i % 30000 - 15000)::smallint", "(i * 357 - 1000000000)::int", "i * 1234567891 - 3000000000000000",
    "(i::double precision / 7)::real", "sqrt(i::double precision)", "(i % 9999999 * 0.01)::numeric(9,2)", "((i - 3000000) * 0.000123)::numeric(18,6)",
    "i::numeric(38,9)", "(i % 100)::numeric(5,0)", "'row ' || i", "repeat('words ', (i % 9)::int)", "case when i % 5 = 0 then 'now and then' end",
    ("encode('bytes ' || i)", "convert_to('bytes ' || i, 'UTF8')"), "date '1901-02-03' + (i % 90000)::int", "time '00:00:00.25' + interval '1 second' * (i % 80000)::int",
    ("timestamp '1970-01-01 00:00:00.123' + to_seconds(i * 101)", "timestamp '1970-01-01 00:00:00.123' + interval '1 second' * (i * 101)"),
    ("timestamptz '2000-01-01 00:00:00+00' - to_seconds(i * 500)", "timestamptz '2000-01-01 00:00:00+00' - interval '1 second' * (i * 500)"),
    ("to_days((i % 1000)::int) + to_microseconds(i * 1001)", "interval '1 day' * (i % 1000) + interval '1 microsecond' * (i * 1001)"),
    "md5(i::text)::uuid", "array[i::int, null, 7]", "case when i % 2 = 0 then i end",
]


def statement(which):
    columns = ", ".join(f"{c[which] if isinstance(c, tuple) else c} as c{n}" for n, c in enumerate(COLUMNS))
    return f"select {columns} from generate_series(1::bigint, {ROWS}::bigint) as t(i)"


def hash_of_rows(w, messages):
    """Of all DataRow messages, headers included: a row's end is part of it."""
    w.send(*messages)
    while True:
        w.need(5)
        if w.buffer[:1] == b"D":
            break
        kind, payload = w.next()
        assert kind != "E", payload
    digest, total, tail = hashlib.blake2b(), 0, bytes(w.buffer)
    while True:
        if tail[-6:-1] == b"Z\0\0\0\5":
            break
        digest.update(tail[:-64])
        total += len(tail[:-64])
        tail = tail[-64:] + w.sock.recv(1 << 20)
    at = tail.rindex(b"C" + struct.pack("!i", 4 + len(f"SELECT {ROWS}") + 1))
    digest.update(tail[:at])
    w.buffer = b""
    return digest.hexdigest(), total + at, tail[at + 5:].split(b"\0")[0]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["text", "binary"])
def test_every_byte_is_postgresqls(how, server, postgres):
    results = []
    for which, s in enumerate((server, postgres)):
        with s.wire() as w:
            w.ask(Q("set timezone = 'UTC'"))
            sql = statement(which)
            messages = [Q(sql)] if how == "text" else [P(sql), B(results=(1,)), E(), S]
            results.append(hash_of_rows(w, messages))
    assert results[0] == results[1]
    assert results[0][2] == f"SELECT {ROWS}".encode()
