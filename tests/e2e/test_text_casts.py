"""Texts that are no literals become numbers, dates and moments as PostgreSQL reads them, and nothing else is taken."""

import psycopg
import pytest

TEXTS = {
    "int": ["42", " 42 ", "+7", "-2147483648", "2147483648", "7.5", "1_000", "0x1F", "1e3", "", "x"],
    "smallint": ["-32768", "32768", "1_0"],
    "bigint": ["9223372036854775807", "9223372036854775808", "7.0"],
    "float8": ["1.5e3", " .5 ", "5.", "1_000", "inf", "-Infinity", "nan", "1e400", "1e-400", "", "0.1", "9007199254740993"],
    "real": ["1e40", "0.1", "16777217", "1_0"],
    "date": ["2024-02-29", "04/05/06", "Jan 5 2024", "20240105", "2024-1-5", "2024-02-30", "0044-03-15 BC", "0000-01-01", " 2024-01-05 ",
             "2024-01-05 10:00", "infinity", "x", "", "12024-01-01"],
    "timestamp": ["2024-02-29 12:34:56.789", "2024-02-29T12:34", "2024-02-29", "04/05/06 3:04 PM", "2024-02-29 12:34:56.1234567",
                  "2024-02-29 24:00:00", "2024-02-29 25:00:00", "2024-02-29 12:34:56+02", "-infinity", "x"],
    "timestamptz": ["2024-02-29 12:34:56+02", "04/05/06 3:04 PM", "Jan 5 2024 10:00 PST", "2024-07-01", "x"],
    "time": ["03:04:05.678", "3:04 PM", "030405", "24:00:00", "25:00", "04:05:60", "x"],
    "interval": ["1 day 2 hours", "P1Y2M", "1:30", "x"],
    "bool": ["on", "tr", "2"],
}


def answer(conn, sql, parameters=None):
    try:
        return conn.execute(sql, parameters).fetchall()
    except psycopg.Error as e:
        return e.sqlstate


@pytest.fixture
def both(server, postgres):
    with psycopg.connect(server.dsn(), autocommit=True) as ours, psycopg.connect(postgres.dsn(), autocommit=True) as theirs:
        yield ours, theirs


@pytest.mark.needs_pg
@pytest.mark.parametrize("kind", TEXTS)
def test_same(kind, both):
    ours, theirs = both
    for text in TEXTS[kind]:
        for sql in (f"select x::{kind}::text from (values (%s::text)) v(x)", f"select cast(x || '' as {kind})::text from (values (%s::text)) v(x)"):
            assert answer(ours, sql, (text,)) == answer(theirs, sql, (text,)), (sql, text)


@pytest.mark.needs_pg
def test_assigned(both):
    for conn in both:
        conn.execute("create temp table tc (i int, f float8, d date, t timestamp, tm time)")
        conn.execute("insert into tc values (1, 1, '2000-01-01', '2000-01-01', '01:00')")
    for column, text in (("i", "7.5"), ("i", "1_0"), ("f", "1_0"), ("d", "04/05/06"), ("t", "04/05/06 3:04 PM"), ("tm", "3:04 PM"), ("d", "Jan 5 2024")):
        for sql in (f"insert into tc ({column}) values ('{text}') returning {column}::text", f"update tc set {column} = '{text}' returning 1",
                    f"select count(*) from tc where {column} = '{text}'"):
            assert answer(both[0], sql) == answer(both[1], sql), sql


@pytest.mark.parametrize("order, wanted", [("MDY", "2006-04-05"), ("DMY", "2006-05-04"), ("YMD", "2004-05-06")])
def test_order_of_the_session(either, order, wanted):
    with psycopg.connect(either.dsn(), autocommit=True) as conn:
        conn.execute(f"set datestyle = 'ISO, {order}'")
        sql = "select x::date::text, cast(x as timestamp)::date::text, x::timestamptz::date::text, (x || '')::date::text from (values ('04/05/06')) v(x)"
        for _ in range(3):
            assert conn.execute(sql).fetchone() == (wanted,) * 4


def test_zone_of_the_session(either):
    with psycopg.connect(either.dsn(), autocommit=True) as conn:
        conn.execute("set timezone = 'Europe/Berlin'")
        assert conn.execute("select x::timestamptz::text from (values ('2024-07-01')) v(x)").fetchone() == ("2024-07-01 00:00:00+02",)
        assert conn.execute("select x::timestamptz::text from (values (timestamp '2024-01-01')) v(x)").fetchone() == ("2024-01-01 00:00:00+01",)
        assert conn.execute("select x::timestamptz is null from (values (null::text)) v(x)").fetchone() == (True,)


def test_many_rows(server):
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        sql = "select count(distinct x::date), count(*) filter (where x::date is null) from (select case when i % 7 > 0 then (date '1990-01-01' + i)::text end from range(10000) r(i)) v(x)"
        assert conn.execute(sql.replace("+ i)", "+ i::int)")).fetchone() == (8571, 1429)
        conn.execute("set tavana.sql = duckdb")
        assert conn.execute("select count(try_cast(x as date)), count(try_cast(x as int)) from (values ('2024-01-01'), ('x'), ('7'), ('7.5')) v(x)").fetchone() == (1, 1)
