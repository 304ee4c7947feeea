"""Types and literals as PostgreSQL 15 reads them: each answer is held against it."""

import decimal

import psycopg
import pytest

# A statement and its rows, as text.
ANSWERS = [
    # float is double precision, and real up to 24 bits
    ("select '1.23456789012345'::float, float '1.5', cast(1.1 as float), 1.5::float(10), double precision '2.5'",
     [("1.23456789012345", "1.5", "1.1", "1.5", "2.5")]),
    ("select pg_typeof(1::float)::text = 'double precision' or pg_typeof(1::float)::text = 'double'", [("t",)]),
    # numeric has the digits that are written
    ("select 1.23456::numeric, '1.50'::numeric, 12::numeric, cast('7.10' as numeric), numeric '3.1400'",
     [("1.23456", "1.50", "12", "7.10", "3.1400")]),
    ("select '1e5'::numeric, '1.5e-3'::numeric, '-1.5'::numeric, -1.5::numeric, 0.001::numeric, 1e2::numeric",
     [("100000", "0.0015", "-1.5", "-1.5", "0.001", "100")]),
    ("select 123.456::numeric(5,2), 1.5::numeric(5), 2.567::decimal(3,1), 7.5::dec(2)", [("123.46", "2", "2.6", "8")]),
    ("select '12345678901234567890123456789012345678'::numeric", [("12345678901234567890123456789012345678",)]),
    # bytea, in both of its forms
    (r"select '\x0001ff'::bytea, bytea '\xdeadBEEF', cast('\x41' as bytea), E'\\x4142'::bytea, '\001ab'::bytea, 'a\\b'::bytea, ''::bytea",
     [(r"\x0001ff", r"\xdeadbeef", r"\x41", r"\x4142", r"\x016162", r"\x615c62", r"\x")]),
    # dates and times
    ("select date '0101-01-01 BC', '0044-03-15 BC'::date, 'infinity'::date, 'epoch'::date, date 'January 8, 1999', '20200102'::date",
     [("0101-01-01 BC", "0044-03-15 BC", "infinity", "1970-01-01", "1999-01-08", "2020-01-02")]),
    ("select timestamp '0044-03-15 10:11:12.5 BC', '0001-01-01 00:00:00'::timestamp, '-infinity'::timestamp, '2020-01-01 24:00:00'::timestamp",
     [("0044-03-15 10:11:12.5 BC", "0001-01-01 00:00:00", "-infinity", "2020-01-02 00:00:00")]),
    ("select timestamptz '2020-01-01 10:00:00 +02', '2020-01-01 10:00:00-05:30:15'::timestamptz, timestamp with time zone '2020-06-01 00:00', "
     "timestamptz '2020-01-01 10:00:00 America/New_York', '2020-01-01 10:00:00 EST'::timestamptz",
     [("2020-01-01 08:00:00+00", "2020-01-01 15:30:15+00", "2020-06-01 00:00:00+00", "2020-01-01 15:00:00+00", "2020-01-01 15:00:00+00")]),
    ("select ('now'::timestamp - localtimestamp) < interval '1 second', 'today'::date = current_date, 'tomorrow'::date - 'yesterday'::date",
     [("t", "t", "2")]),
    ("select time 'allballs', '24:00'::time, '04:05 PM'::time, '04:05:06.789'::time(1), time(0) '10:00:00.6'",
     [("00:00:00", "24:00:00", "16:05:00", "04:05:06.8", "10:00:01")]),
    ("select interval '1-2', interval '1 2:03:04', interval 'P1Y2M3DT4H5M6S', '1 day ago'::interval, interval '1.5 months', interval '@ 1 hour'",
     [("1 year 2 mons", "1 day 02:03:04", "1 year 2 mons 3 days 04:05:06", "-1 days", "1 mon 15 days", "01:00:00")]),
    ("select interval '5' day, interval '1 2:03:04' day to hour, interval '1-2' year to month, interval '5' minute, "
     "interval '1 day 2:03:04' day, interval '90' second, interval(0) '1.6 seconds'",
     [("5 days", "1 day 02:00:00", "1 year 2 mons", "00:05:00", "1 day", "00:01:30", "00:00:02")]),
    ("select interval '1 year' + date '2020-01-01', date '2020-01-01' + interval '1' month", [("2021-01-01 00:00:00", "2020-02-01 00:00:00")]),
    # what is cut and rounded
    ("select 'abcdef'::varchar(3), 'ab'::char(1), cast('abc' as varchar(2)), cast('abcd' as character varying(3)), 'abc'::bpchar, 'abc'::char, "
     "12345::varchar(2), ('abc' || 'def')::varchar(4), cast('äöü' as char(2))",
     [("abc", "a", "ab", "abc", "abc", "a", "12", "abcd", "äö")]),
    ("select '2020-01-01 10:00:00.6'::timestamp(0), ('2020-01-01 10:00:00.6'::timestamp)::timestamp(0), "
     "cast('2020-01-01 10:00:00.123456'::timestamp as timestamp(3)), (timestamptz '2020-01-01 10:00:00.25')::timestamp(1) with time zone, "
     "('10:00:00.6'::time)::time(0)",
     [("2020-01-01 10:00:01", "2020-01-01 10:00:01", "2020-01-01 10:00:00.123", "2020-01-01 10:00:00.3+00", "10:00:01")]),
    ("select '101'::bit(3), '1010'::varbit, '1010'::bit(2), '1'::bit(3), '1010'::bit", [("101", "1010", "10", "100", "1")]),
    # others
    ("select 'on'::bool, 'off'::bool, 'yes'::boolean, 't'::bool, bool 'n', 'of'::bool", [("t", "f", "t", "t", "f", "f")]),
    ("select ' 12 '::int, '-2147483648'::int, '12'::bigint, int4 '7', '+5'::smallint", [("12", "-2147483648", "12", "7", "5")]),
    ("select 'a0eebc999c0b4ef8bb6d6bb9bd380a11'::uuid, '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}'::uuid", [("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",) * 2]),
    (r"""select '{1,2,NULL}'::int[], '{}'::text[], '{"a b",c,"d\"e",null,"NULL"}'::text[], '{{1,2},{3,4}}'::int[], '{t,f}'::bool[]""",
     [("{1,2,NULL}", "{}", r'{"a b",c,"d\"e",NULL,"NULL"}', "{{1,2},{3,4}}", "{t,f}")]),
    ("select '{2020-01-01 00:00:00,0044-01-01 00:00:00 BC}'::timestamp[], '{1.5,2.25}'::numeric[], '{2020-01-01 00:00:00+02}'::timestamptz[]",
     [('{"2020-01-01 00:00:00","0044-01-01 00:00:00 BC"}', "{1.5,2.25}", '{"2019-12-31 22:00:00+00"}')]),
    ("select timestamptz '2020-01-01 00:00:00+00' at time zone 'UTC+3', timestamp '2020-01-01 00:00:00' at time zone '-05:30', "
     "timestamptz '2020-01-01 00:00:00+00' at time zone interval '5:30', timestamptz '2020-07-01 00:00:00+00' at time zone 'Europe/Berlin', "
     "timestamptz '2020-07-01 00:00:00+00' at time zone '<+02>-02', timestamptz '2020-07-01 00:00:00+00' at time zone 'Etc/GMT-3'",
     [("2019-12-31 21:00:00", "2019-12-31 18:30:00+00", "2020-01-01 05:30:00", "2020-07-01 02:00:00", "2020-07-01 02:00:00",
       "2020-07-01 03:00:00")]),
    (r"select e'a\tb'::text, e'\x41\u00e9'::text, e'\u00fc'", [("a\tb", "Aé", "ü")]),
]

# A statement, the SQLSTATE that it fails with, the message, and the character that it points at.
FAILURES = [
    ("select 1::float(54)", "22023", "precision for type float must be less than 54 bits", "17"),
    ("select 1::float(0)", "22023", "precision for type float must be at least 1 bit", "17"),
    ("select 'abc'::numeric", "22P02", 'invalid input syntax for type numeric: "abc"', "8"),
    (r"select '\x0'::bytea", "22023", "invalid hexadecimal data: odd number of digits", "8"),
    (r"select 'a', '\9'::bytea", "22P02", "invalid input syntax for type bytea", "13"),
    ("select '2020-02-30'::date", "22008", 'date/time field value out of range: "2020-02-30"', "8"),
    ("select 'o'::bool", "22P02", 'invalid input syntax for type boolean: "o"', "8"),
    ("select '12.7'::int", "22P02", 'invalid input syntax for type integer: "12.7"', "8"),
    ("select '1e3'::int", "22P02", 'invalid input syntax for type integer: "1e3"', "8"),
    ("select '99999999999'::int", "22003", 'value "99999999999" is out of range for type integer', "8"),
    ("select cast('' as int)", "22P02", 'invalid input syntax for type integer: ""', "13"),
    ("select float8 '1e400'", "22003", '"1e400" is out of range for type double precision', "15"),
    ("select '{1,a}'::int[]", "22P02", 'invalid input syntax for type integer: "a"', "8"),
    ("select 'zzz'::uuid", "22P02", 'invalid input syntax for type uuid: "zzz"', "8"),
]


def as_text(cursor):
    result = cursor.pgresult
    return [tuple(None if (v := result.get_value(i, j)) is None else v.decode() for j in range(result.nfields)) for i in range(result.ntuples)]


@pytest.fixture
def cursor(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        yield connection.cursor()


@pytest.mark.parametrize("sql, rows", ANSWERS)
def test_literals_and_casts(cursor, sql, rows):
    cursor.execute(sql)
    assert as_text(cursor) == rows


@pytest.mark.parametrize("sql, sqlstate, message, position", FAILURES)
def test_bad_literals(cursor, sql, sqlstate, message, position):
    with pytest.raises(psycopg.Error) as failure:
        cursor.execute(sql)
    diag = failure.value.diag
    assert (diag.sqlstate, diag.message_primary, diag.statement_position) == (sqlstate, message, position)


def test_columns(cursor):
    """Types of columns are PostgreSQL's, where they are written: CREATE TABLE, ADD COLUMN, ALTER TYPE."""
    cursor.execute("drop table if exists typed")
    cursor.execute('create table typed (a float primary key, b float(10), c numeric, d numeric(5), e decimal(6, 2), f numeric[], '
                   'g timestamp(3) with time zone, h "char", i interval day to second, j varbit, k jsonb, l time(3), check (d > 0))')
    cursor.execute("insert into typed (a, b, c, d, e, f) values (1.23456789012345, 1.5, 1.23456, 12.5, 3.456, array[1.5, 2])")
    cursor.execute("alter table typed add column m float")
    cursor.execute("alter table typed alter column b type float")
    cursor.execute("select a, b, c, d, e, f, m from typed")
    assert as_text(cursor) == [("1.23456789012345", "1.5", "1.23456", "13", "3.46", "{1.5,2}", None)]
    assert [c.type_code for c in cursor.description] == [701, 701, 1700, 1700, 1700, 1231, 701]
    assert [cursor.pgresult.fmod(i) for i in range(5)] == [-1, -1, -1, (5 << 16) + 4, (6 << 16 | 2) + 4]
    cursor.execute("drop table typed")


def test_bytes_in_strings(cursor):
    r"""A string that begins with \x is bytes where bytes are wanted, and text elsewhere."""
    cursor.execute("drop table if exists kept")
    cursor.execute("create table kept (k int primary key, b bytea, t text)")
    cursor.execute(r"insert into kept values (1, '\x0001ff', '\x0001ff'), (2, '\x', 'abc'), (3, E'\\xdeadBEEF', E'\\xdeadBEEF'), (4, 'abc', '\x41')")
    cursor.execute(r"update kept set b = '\x4142434445' where k = 4")
    cursor.execute(r"insert into kept select 5, '\x000102', '\x000102'")
    cursor.execute(r"insert into kept (k, b) values (5, '\x01') on conflict (k) do update set b = '\x020304'")
    cursor.execute("select * from kept order by k")
    assert as_text(cursor) == [("1", r"\x0001ff", r"\x0001ff"), ("2", r"\x", "abc"), ("3", r"\xdeadbeef", r"\xdeadBEEF"),
                               ("4", r"\x4142434445", r"\x41"), ("5", r"\x020304", r"\x000102")]
    cursor.execute(r"select k from kept where b = '\x0001FF' or '\xDEADbeef' = b or t = '\x000102' or t like '\\x0001f%' order by k")
    assert as_text(cursor) == [("1",), ("3",), ("5",)]
    cursor.execute(r"select k from kept where b between '\x0001' and '\x0002' order by k")
    assert as_text(cursor) == [("1",)]
    cursor.execute(r"select '\x0001ff', upper('\x0001ff'), '\x0001ff' || 'a', length('\x0001ff')")
    assert as_text(cursor) == [(r"\x0001ff", r"\X0001FF", r"\x0001ffa", "8")]
    cursor.execute("drop table kept")


# A value for SET TIME ZONE, what SHOW says then, and a moment of 2020.
ZONES = [
    ("'+3'", "<+03>-03", "2020-01-01 03:00:00+03"), ("'3'", "<+03>-03", "2020-01-01 03:00:00+03"), ("-5", "<-05>+05", "2019-12-31 19:00:00-05"),
    ("'GMT-13:00'", "GMT-13:00", "2020-01-01 13:00:00+13"), ("'gmt+3'", "GMT+3", "2019-12-31 21:00:00-03"),
    ("'UTC+3'", "UTC+3", "2019-12-31 21:00:00-03"), ("'foobar0'", "FOOBAR0", "2020-01-01 00:00:00+00"),
    ("'<+02>-02'", "<+02>-02", "2020-01-01 02:00:00+02"), ("'-02:00'", "-02:00", "2020-01-01 02:00:00+02"),
    ("interval '+05:00' hour to minute", "<+05>-05", "2020-01-01 05:00:00+05"), ("'AB3'", "AB3", "2019-12-31 21:00:00-03"),
    ("'EST5EDT'", "EST5EDT", "2019-12-31 19:00:00-05"), ("'Etc/GMT-3'", "Etc/GMT-3", "2020-01-01 03:00:00+03"),
    ("'-0'", "<+00>-00", "2020-01-01 00:00:00+00"), ("'+14'", "<+14>-14", "2020-01-01 14:00:00+14"),
]


@pytest.mark.parametrize("zone, shown, moment", ZONES)
def test_time_zones(cursor, zone, shown, moment):
    """Numbers and intervals are hours to the east; what else has an offset is POSIX's, to the west."""
    cursor.execute(f"set time zone {zone}")
    cursor.execute("show timezone")
    assert as_text(cursor) == [(shown,)]
    cursor.execute("select timestamptz '2020-01-01 00:00:00+00', extract(hour from timestamptz '2020-01-01 00:00:00+00')::int")
    assert as_text(cursor) == [(moment, str(int(moment[11:13])))]


def test_a_numeric_has_no_nan(server):
    """The engine's decimals have none, and 38 digits."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for sql in ("select 'NaN'::numeric", "select numeric 'infinity'", "select '12345678901234567890123456789012345678901'::numeric"):
            with pytest.raises(psycopg.errors.NumericValueOutOfRange):
                connection.execute(sql)
        for value in ("NaN", "Infinity"):
            with pytest.raises(psycopg.errors.NumericValueOutOfRange):
                connection.execute("select %s::numeric", [decimal.Decimal(value)])


def test_the_engines_own_types(server):
    """tavana.sql = duckdb: as the engine reads them."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("set tavana.sql = duckdb")
        assert connection.execute(r"select typeof(1::float), typeof(1::numeric), '\x0001ff'::blob").fetchone() == (
            "FLOAT", "DECIMAL(18,3)", b"\x0001ff")
        connection.execute("set tavana.sql = postgres")
        assert connection.execute("select try_cast('abc' as integer), try_cast('5' as integer)").fetchone() == (None, 5)
        assert connection.execute(r"select typeof(1::double), '\xAA\xBB'::blob, date '0044-03-15 (BC)'::text").fetchone()[:2] == (
            "DOUBLE", b"\xaa\xbb")


# A statement that fails: SQLSTATE, message, detail, position, and what it is about: schema, table, column, constraint.
WORDS = [
    ("insert into ea values (1, 1, 1, 'y')", "23505", 'duplicate key value violates unique constraint "ea_pkey"', "Key (id)=(1) already exists.",
     None, ("public", "ea", None, "ea_pkey")),
    ("insert into ea values (2, 1, 1, 'x')", "23505", 'duplicate key value violates unique constraint "ea_d_key"', "Key (d)=(x) already exists.",
     None, ("public", "ea", None, "ea_d_key")),
    ("insert into ea values (2, null, 1, 'y')", "23502", 'null value in column "b" of relation "ea" violates not-null constraint', ...,
     None, ("public", "ea", "b", None)),
    ("update ea set c = -1", "23514", 'new row for relation "ea" violates check constraint "ea_c_check"', ..., None, ("public", "ea", None, "ea_c_check")),
    ("select * from nope", "42P01", 'relation "nope" does not exist', None, "15", (None,) * 4),
    ("select * from nope.nope", "42P01", 'relation "nope.nope" does not exist', None, "15", (None,) * 4),
    ("drop table nope", "42P01", 'table "nope" does not exist', None, None, (None,) * 4),
    ("drop view nope", "42P01", 'view "nope" does not exist', None, None, (None,) * 4),
    ("drop schema nope", "3F000", 'schema "nope" does not exist', None, None, (None,) * 4),
    ("create table ea (id int)", "42P07", 'relation "ea" already exists', None, None, (None,) * 4),
    ("select zz from ea", "42703", 'column "zz" does not exist', None, "8", (None,) * 4),
    ("select e.zz from ea e", "42703", "column e.zz does not exist", None, "8", (None,) * 4),
    ("select q.zz from ea", "42P01", 'missing FROM-clause entry for table "q"', None, "8", (None,) * 4),
    ("insert into ea(zz) values (1)", "42703", 'column "zz" of relation "ea" does not exist', None, ..., (None,) * 4),
    ("update ea set zz = 1", "42703", 'column "zz" of relation "ea" does not exist', None, ..., (None,) * 4),
    ("insert into ea values ('abc', 1, 1, 'q')", "22P02", 'invalid input syntax for type integer: "abc"', None, "24", (None,) * 4),
    ("select b = 'abc' from ea", "22P02", 'invalid input syntax for type integer: "abc"', None, "12", (None,) * 4),
    ("select d::int from ea", "22P02", 'invalid input syntax for type integer: "x"', None, ..., (None,) * 4),
    ("select d::date from ea", "22007", 'invalid input syntax for type date: "x"', None, ..., (None,) * 4),
    ("select ('x' || d)::numeric from ea", "22P02", 'invalid input syntax for type numeric: "xx"', None, ..., (None,) * 4),
    ("select b + 2147483647 from ea", "22003", "integer out of range", None, None, (None,) * 4),
    ("select l.id from ea l, ea r where id = 1", "42702", 'column reference "id" is ambiguous', None, "35", (None,) * 4),
    ("select 1 union select 1, 2", "42601", "each UNION query must have the same number of columns", None, ..., (None,) * 4),
]


@pytest.mark.parametrize("sql, sqlstate, message, detail, position, names", WORDS)
def test_words_of_errors(cursor, sql, sqlstate, message, detail, position, names):
    """... stands for what the engine does not tell, or says otherwise."""
    cursor.execute("drop table if exists ea")
    cursor.execute("create table ea (id int primary key, b int not null, c int check (c > 0), d text unique)")
    cursor.execute("insert into ea values (1, 1, 1, 'x')")
    with pytest.raises(psycopg.Error) as failure:
        cursor.execute(sql)
    diag = failure.value.diag
    assert (diag.sqlstate, diag.message_primary) == (sqlstate, message)
    assert detail in (..., diag.message_detail) and position in (..., diag.statement_position)
    assert (diag.schema_name, diag.table_name, diag.column_name, diag.constraint_name) == names
    cursor.execute("drop table ea")
