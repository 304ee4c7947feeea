"""Every type in both formats and both directions: the bytes are PostgreSQL 15's."""

import datetime
import decimal
import re
import struct
import uuid

import asyncpg
import psycopg
import pytest

from conftest import HOST
from wire import Error, Q

# Expressions that both servers know, with the type that each calls it.
VALUES = {
    "boolean": ["true", "false", "null::boolean"],
    "smallint": ["(-32768)::smallint", "0::smallint", "32767::smallint"],
    "integer": ["(-2147483648)::integer", "7::integer", "2147483647::integer"],
    "bigint": ["(-9223372036854775807 - 1)::bigint", "1000000000000::bigint", "9223372036854775807::bigint"],
    "real": ["'1.5'::real", "'0.1'::real", "'3.4028235e38'::real", "'1e-45'::real", "'NaN'::real", "'-Infinity'::real", "'1e6'::real",
             "'123456.7'::real", "'0.0001'::real", "'0.00001'::real", "'-0'::real", "'16777216'::real", "'1234567'::real"],
    "double precision": ["'0.1'::double precision", "'1e15'::double precision", "'123456789012345'::double precision",
                         "'1e-4'::double precision", "'0.00001'::double precision", "'1.7976931348623157e308'::double precision",
                         "'5e-324'::double precision", "'NaN'::double precision", "'Infinity'::double precision",
                         "'-Infinity'::double precision", "'-0'::double precision", "'0.30000000000000004'::double precision",
                         "'1e23'::double precision", "'9007199254740993'::double precision", "'100'::double precision",
                         "'1e14'::double precision", "'2.2250738585072014e-308'::double precision"],
    "numeric": ["1.50::numeric(5,2)", "0::numeric(5,2)", "(-0.01)::numeric(5,2)", "12345678901234567890123456789012345678::numeric(38,0)",
                "99999999999999999999999999999999.999999::numeric(38,6)", "10000::numeric(9,0)", "0.0001::numeric(9,4)", "(-7)::numeric(18,3)",
                "1000000.000000::numeric(13,6)", "0.00000000000000000000000000000000000001::numeric(38,38)", "100.5::numeric(4,1)"],
    "text": ["'hello'", "''", "'äöü €'::text", "'tab' || chr(9) || 'line' || chr(10)", "null::text", "'x'::varchar"],
    "bytea": ["unhex('00ff41')", "''::bytea"],
    "date": ["date '2024-02-29'", "date '1970-01-01'", "date '1999-12-31'", "date '0001-01-01'", "date '9999-12-31'", "date '12024-05-06'",
             "date '0044-03-15 (BC)'", "'infinity'::date", "'-infinity'::date", "date '1582-10-04'"],
    "time": ["time '00:00:00'", "time '23:59:59.999999'", "time '12:34:56.5'", "time '24:00:00'"],
    "timetz": ["'12:34:56+02'::timetz", "'00:00:00.25-05:30'::timetz"],
    "timestamp": ["timestamp '2024-02-29 12:34:56.789'", "timestamp '1969-12-31 23:59:59.999999'", "timestamp '0001-01-01 00:00:00'",
                  "'infinity'::timestamp", "'-infinity'::timestamp", "timestamp '2000-01-01 00:00:00'"],
    "timestamptz": ["timestamptz '2024-02-29 12:34:56.789+00'", "timestamptz '1900-01-01 00:00:00+00'", "timestamptz '2050-07-01 00:00:00+00'",
                    "'infinity'::timestamptz"],
    "interval": ["interval '1 year 2 months 3 days 04:05:06.789'", "interval '0 days'", "interval '-1 day'", "interval '-1 year -2 days 03:04:05'",
                 "interval '100 hours'", "interval '1 month'", "interval '1 day -00:00:01'", "interval '-0.5 seconds'"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "'00000000-0000-0000-0000-000000000000'::uuid",
             "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"],
    "json": ["""'{"a": [1, 2, {"b": null}], "c": "d"}'::json""", "'[]'::json"],
    "array": ["array[1, 2, 3]", "array[1, null, 3]", "array['a', 'b c', 'd\"e', 'f\\g', '', 'null', '{x}', 'y,z']",
              "array[array[1, 2], array[3, 4]]", "array[true, false]", "array[1.5::numeric(5,2), 2.25::numeric(5,2)]",
              "array['0.1'::double precision]", "array[date '2024-01-01', null]", "array[timestamp '2024-01-01 10:00:00']",
              "array['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]", "array[interval '1 day 02:00:00']"],
}
CASES = [(kind, e) for kind, es in VALUES.items() for e in es]


def for_postgres(expression):
    """The same in PostgreSQL's dialect: the engine's literals of eras and bytes are others."""
    return re.sub(r"unhex\('(.*?)'\)", r"'\\x\1'::bytea", expression.replace(" (BC)'", " BC'"))


@pytest.fixture(scope="module")
def wires(shared_server, postgres):
    with shared_server.wire() as ours, postgres.wire() as theirs:
        for w in (ours, theirs):
            w.ask(Q("set timezone = 'UTC'"))
        yield ours, theirs


@pytest.mark.parametrize("kind, expression", CASES, ids=[e for _, e in CASES])
def test_output_is_postgresqls(kind, expression, wires):
    ours, theirs = wires
    for binary in (False, True):
        got = ours.raw_rows(f"select {expression} as v", binary=binary)
        got_column = ours.columns[0]
        want = theirs.raw_rows(f"select {for_postgres(expression)} as v", binary=binary)
        want_column = theirs.columns[0]
        assert got == want
        assert (got_column.oid, got_column.size) == (want_column.oid, want_column.size)
        if kind == "numeric":
            assert got_column.typmod == want_column.typmod


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia"])
def test_time_zones(zone, wires):
    ours, theirs = wires
    moments = ["1883-01-01 00:00:00", "1900-06-01 12:00:00", "1945-05-24 02:00:00", "1972-01-01 00:00:00", "2024-03-31 00:59:59", "2024-03-31 01:00:00",
               "2024-10-27 00:59:59", "2024-10-27 01:00:00", "2037-12-31 23:00:00", "2060-03-28 00:30:00", "2060-07-01 00:00:00"]
    for w in wires:
        w.ask(Q(f"set timezone = '{zone}'"))
    for moment in moments:
        sql = f"select timestamptz '{moment}+00'"
        assert ours.raw_rows(sql) == theirs.raw_rows(sql), moment
    for w in wires:
        w.ask(Q("set timezone = 'UTC'"))


SETTINGS = [("extra_float_digits", "0"), ("extra_float_digits", "-3"), ("bytea_output", "escape")]


@pytest.mark.parametrize("name, value", SETTINGS)
def test_settings_change_text(name, value, wires):
    ours, theirs = wires
    for w in wires:
        w.ask(Q(f"set {name} = '{value}'"))
    for expression in VALUES["double precision"] + VALUES["real"] + ["unhex('00415c7fff')"]:
        assert ours.raw_rows(f"select {expression}") == theirs.raw_rows(f"select {for_postgres(expression)}"), expression
    for w in wires:
        w.ask(Q(f"reset {name}"))


# What goes in as a parameter comes out the same: OID, text, binary.
PARAMETERS = [
    (16, "t", b"\1"), (16, "off", b"\0"), (23, " 42 ", struct.pack("!i", 42)), (20, "9223372036854775807", struct.pack("!q", 2**63 - 1)),
    (700, "1.5", struct.pack("!f", 1.5)), (701, "-Infinity", struct.pack("!d", float("-inf"))), (701, "1e-5", struct.pack("!d", 1e-5)),
    (1700, "-12.340", struct.pack("!hhHhhh", 2, 0, 0x4000, 3, 12, 3400)), (1700, "1.5e3", struct.pack("!hhHhh", 1, 0, 0, 0, 1500)),
    (25, "text ä", "text ä".encode()), (1043, "", b""), (17, "\\x00ff", b"\0\xff"), (17, "a\\\\b\\001", b"a\\b\1"),
    (1082, "2024-02-29", struct.pack("!i", 8825)), (1082, "infinity", struct.pack("!i", 2**31 - 1)), (1082, "0044-03-15 BC", struct.pack("!i", -746409 + 0)),
    (1083, "12:34:56.789", struct.pack("!q", 45296789000)), (1266, "12:00:00+02", struct.pack("!qi", 43200000000, -7200)),
    (1114, "2024-01-01 10:00:00.5", struct.pack("!q", 757418400500000)), (1114, "2024-01-01T10:00:00", struct.pack("!q", 757418400000000)),
    (1184, "2024-01-01 10:00:00+02", struct.pack("!q", 757411200000000)), (1184, "2024-01-01 10:00:00", struct.pack("!q", 757418400000000)),
    (1186, "1 year 2 mons 3 days 04:05:06", struct.pack("!qii", 14706000000, 3, 14)), (1186, "-00:00:01", struct.pack("!qii", -1000000, 0, 0)),
    (1186, "P1DT2H", struct.pack("!qii", 7200000000, 1, 0)), (1186, "3 weeks", struct.pack("!qii", 0, 21, 0)),
    (2950, "{a0eebc99-9c0b4ef8-bb6d6bb9bd380a11}", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").bytes),
    (114, '{"a":1}', b'{"a":1}'), (1562, "10110", struct.pack("!iB", 5, 0xB0)),
    (1007, "{1,NULL,3}", struct.pack("!iiI" + "ii" + "ii" + "i" + "ii", 1, 1, 23, 3, 1, 4, 1, -1, 4, 3)),
    (1009, '{a,"b c",NULL,"NULL",""}', None), (1007, "{{1,2},{3,4}}", None), (1007, "[2:3]={7,8}", None), (1231, "{1.50,2.25}", None), (1000, "{t,f}", None),
    (1182, "{2024-01-01}", None),
]


@pytest.mark.parametrize("oid, text, binary", PARAMETERS, ids=[f"{o}-{t}" for o, t, _ in PARAMETERS])
def test_parameters(oid, text, binary, wires):
    ours, theirs = wires
    for w in wires:
        w.ask(Q("set timezone = 'UTC'"))
    for value, fmt in ((text, 0), (binary, 1)):
        if value is None:
            continue
        rows = []
        for w in wires:
            from wire import B, D, E, P, S
            w.send(P("select $1 as v", oids=[oid]), B(params=[value], formats=[fmt], results=[0]), D(), E(), S)
            got, error = None, None
            while True:
                kind, payload = w.next()
                if kind == "D":
                    got = payload
                if kind == "E":
                    error = w.last_error
                if kind == "Z":
                    break
            rows.append((got, w.columns[0].oid if got else None, error and error["C"]))
        ours_row, theirs_row = rows
        if oid == 1043:
            theirs_row = (theirs_row[0], 25, theirs_row[2])
        if oid == 1007 and text.startswith("["):
            theirs_row = (theirs_row[0].replace(b"[2:3]={7,8}", b"{7,8}").replace(b"\0\0\0\x0b{", b"\0\0\0\5{"), *theirs_row[1:])
            assert ours_row[1:] == theirs_row[1:]
            continue
        assert ours_row == theirs_row


BAD = [(23, "abc", "22P02"), (23, "99999999999", "22003"), (21, "40000", "22003"), (16, "maybe", "22P02"), (701, "1.2.3", "22P02"), (701, "1e999", "22003"),
       (1700, "1,5", "22P02"), (17, "\\xzz", "22023"), (1082, "2024-13-01", "22008"), (1082, "2024-02-30", "22008"), (2950, "xyz", "22P02"),
       (1007, "{1,2", "22P02"), (1007, "1,2", "22P02"), (1007, "{{1,2},{3}}", "22P02"), (1083, "25:00:00", "22008"), (1562, "12", "22P02"), (114, "{", "22P02")]


@pytest.mark.parametrize("oid, text, code", BAD, ids=[f"{o}-{t}" for o, t, _ in BAD])
def test_bad_parameters(oid, text, code, wires):
    for w in wires:
        with pytest.raises(Error) as e:
            w.raw_rows("select $1 as v", params=[text], oids=[oid])
        assert e.value.fields["C"] == code


# What only the engine has.
OURS = {
    "170141183460469231731687303715884105727::hugeint": ("170141183460469231731687303715884105727", 1700),
    "340282366920938463463374607431768211455::uhugeint": ("340282366920938463463374607431768211455", 1700),
    "18446744073709551615::ubigint": ("18446744073709551615", 1700),
    "4294967295::uinteger": ("4294967295", 20),
    "65535::usmallint": ("65535", 23),
    "255::utinyint": ("255", 21),
    "(-128)::tinyint": ("-128", 21),
    "'b'::enum('a', 'b')": ("b", 1174427636),
    "'10110'::varbit": ("10110", 1562),
    "{'a': 1, 'b': ['x', null], 'c': {'d': true}}": ('{"a":1,"b":["x",null],"c":{"d":true}}', 114),
    "map {'k': 1.5, 'q\"': null}": ('{"k":1.5,"q\\"":null}', 114),
    "[{'a': 1}, {'a': 2}]": ('{"{\\"a\\":1}","{\\"a\\":2}"}', 199),
    "[1, 2, 3]::int[3]": ("{1,2,3}", 1007),
    "[]::int[]": ("{}", 1007),
    "timestamp_s '2024-01-01 10:00:00'": ("2024-01-01 10:00:00", 1114),
    "timestamp_ms '2024-01-01 10:00:00.125'": ("2024-01-01 10:00:00.125", 1114),
    "timestamp_ns '2024-01-01 10:00:00.123456789'": ("2024-01-01 10:00:00.123457", 1114),
    "'12345678901234567890123456789012345678901234567890'::bignum": ("12345678901234567890123456789012345678901234567890", 1700),
    "union_value(num := 5)": ("5", 114),
    "'127.0.0.1/8'": ("127.0.0.1/8", 25),
}


@pytest.mark.parametrize("expression", OURS)
def test_engine_types(expression, wire):
    text, oid = OURS[expression]
    (value,), = wire.raw_rows(f"select {expression} as v")
    assert (value if value is None else value.decode(), wire.columns[0].oid) == (text, oid)
    (binary,), = wire.raw_rows(f"select {expression} as v", binary=True)
    assert (binary is None) == (text is None)


def test_ragged_list_is_a_clear_error(wire):
    with pytest.raises(Error) as e:
        wire.raw_rows("select [[1, 2], [3]]")
    assert e.value.fields["C"] == "2202E" and "to_json" in e.value.fields["H"]


def test_out_of_range_is_a_clear_error(wire):
    with pytest.raises(Error) as e:
        wire.raw_rows("select timestamp '290309-12-22 (BC) 00:00:00'")
    assert e.value.fields["C"] == "22008"
    with pytest.raises(Error) as e:
        wire.raw_rows("select 'a' || chr(0)")
    assert e.value.fields["C"] == "54000"


PYTHON = [True, -5, 2**40, 1.25, decimal.Decimal("123.4500"), "ä€", b"\0\xff", datetime.date(2024, 2, 29), datetime.time(12, 34, 56, 789000),
          datetime.datetime(2024, 2, 29, 12, 34, 56), datetime.datetime(2024, 2, 29, 12, 34, 56, tzinfo=datetime.timezone.utc),
          datetime.timedelta(days=3, seconds=7), uuid.UUID(int=7), [1, 2, None], None]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("value", PYTHON, ids=repr)
def test_psycopg_round_trip(value, binary, server):
    with psycopg.connect(server.dsn()) as c:
        fmt = "%b" if binary and value is not None else "%t"
        cast = "::interval" if isinstance(value, datetime.timedelta) else ""
        got = c.cursor(binary=binary).execute(f"select {fmt}{cast} as v", [value]).fetchone()[0]
        assert got == value


async def test_asyncpg_round_trip(server):
    c = await asyncpg.connect(host=HOST, port=server.port, user="tester", database="db")
    try:
        for value, cast in [(True, "bool"), (-5, "int4"), (2**40, "int8"), (1.25, "float8"), (decimal.Decimal("123.4500"), "numeric(10,4)"), ("ä€", "text"),
                            (b"\0\xff", "bytea"), (datetime.date(2024, 2, 29), "date"), (datetime.time(12, 34, 56), "time"),
                            (datetime.datetime(2024, 2, 29, 12, 34, 56), "timestamp"),
                            (datetime.datetime(2024, 2, 29, 12, 34, 56, tzinfo=datetime.timezone.utc), "timestamptz"),
                            (datetime.timedelta(days=3, seconds=7), "interval"), (uuid.UUID(int=7), "uuid"), ([1, 2, None], "int4[]"), (["a", "b,c"], "text[]")]:
            assert await c.fetchval(f"select $1::{cast}", value) == value, cast
    finally:
        await c.close()


MOMENT = "2024-01-02 03:04:05.25 +02:30"


@pytest.mark.parametrize("written", ["2024-01-02 03:04+00", "2024-01-02T03:04Z", "2024-01-02 05:04+02:00", "2024-01-02 03:04 +0000", "2024-01-01T22:04-05"])
def test_an_offset_behind_minutes(written, either):
    """What java.time and others write when there are no seconds."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("set timezone to 'UTC'")
        c.execute("create temp table minutes (a timestamptz, b timestamp, c text)")
        c.execute(f"insert into minutes values ('{written}', '{written}', '{written}')")
        assert c.execute(f"select a::text, c from minutes where a = '{written}' and b = '{written}' and c = '{written}'").fetchall() == [("2024-01-02 03:04:00+00", written)]
        assert c.execute("select b::text from minutes").fetchone()[0] == written[:16].replace("T", " ") + ":00"


def test_a_blank_before_an_offset(either):
    """What mappers write for a moment: text or a moment, by what it stands beside."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("set timezone to 'UTC'")
        c.execute("drop table if exists blanks")
        c.execute("create table blanks (a timestamptz, b timestamp, c text, d date)")
        c.execute(f"insert into blanks values ('{MOMENT}', '{MOMENT}', '{MOMENT}', '{MOMENT}'), (null, '1969-12-31 23:59 -01', null, '1969-12-31 23:59 -01')")
        c.execute(f"update blanks set c = '{MOMENT}', a = '{MOMENT}' where c = '{MOMENT}' and a <= '{MOMENT}'")
        rows = c.execute("select a::text, b::text, c, d::text from blanks order by b").fetchall()
        assert rows == [(None, "1969-12-31 23:59:00", None, "1969-12-31"), ("2024-01-02 00:34:05.25+00", "2024-01-02 03:04:05.25", MOMENT, "2024-01-02")]
        assert c.execute(f"select count(*) from blanks where a between '{MOMENT}' and '2025-01-01 00:00:00 +00:00'").fetchone() == (1,)
        assert c.execute(f"select '{MOMENT}', length('{MOMENT}'), '{MOMENT}' || 'x', '{MOMENT}'::timestamptz::text").fetchone() == \
            (MOMENT, len(MOMENT), MOMENT + "x", "2024-01-02 00:34:05.25+00")
        for wrong in ("2024-13-01 10:00:00 +02:30", "2024-01-01 25:00:00 +02:30"):
            with pytest.raises(psycopg.DataError):
                c.execute(f"insert into blanks (a) values ('{wrong}')")
        c.execute("drop table blanks")


@pytest.mark.parametrize("oid, value", [(21, "5"), (20, "5"), (700, "1.5"), (1700, "1.50"), (1083, "01:02:00"), (1266, "01:02:00+02"), (2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
                                        (17, "\\x00ff"), (114, "{}"), (3802, '{"a": 1}'), (1007, "{1}"), (3904, "[1,2)"), (25, "x")])
def test_declared_parameter_beside_one_that_is_planned_by_a_sample(oid, value, either):
    """The columns of such a statement are known by literals in place of its parameters: of the declared types."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        r = c.pgconn.exec_params(b"select $1::regtype::text, $2", [b"int4", value.encode()], [0, oid])
        assert not r.error_message, r.error_message
        assert (r.get_value(0, 0), r.ftype(1), r.get_value(0, 1)) == (b"integer", oid, value.encode())


async def test_an_array_by_the_catalogs_name(either):
    """_int4 is int4[]: what clients write that build casts from pg_type."""
    c = await asyncpg.connect(host=HOST, port=either.port, user="tester", database="db")
    try:
        for cast, shown in (("_int4", [1, 2]), ('"pg_catalog"."_int4"', [1, 2]), ("_text", ["1", "2"]), ("_float8", [1.0, 2.0])):
            assert await c.fetchval(f"select $1::{cast}", shown) == shown
            assert await c.fetchval(f"select $1::{cast}::text", shown) == "{1,2}"
            assert await c.fetchval(f"select quote_literal($1::{cast}::text)", shown) == "'{1,2}'"
            assert await c.fetchval(f"select '{{1,2}}'::{cast}") == shown
        assert await c.fetchval("select cast('{{1,2},{3,4}}' as _int4)") == [[1, 2], [3, 4]]
        await c.execute("create table underscored (a _int4, _b int); insert into underscored values ('{1}', 2)")
        assert tuple(await c.fetchrow("select * from underscored")) == ([1], 2)
        assert await c.fetchval("select data_type from information_schema.columns where table_name = 'underscored' and column_name = 'a'") == "ARRAY"
        await c.execute("drop table underscored")
        terminated = await asyncpg.connect(host=HOST, port=either.port, user="tester", database="db")
        assert await c.fetchval("select pg_terminate_backend($1)", terminated.get_server_pid()) is True
    finally:
        await c.close()
