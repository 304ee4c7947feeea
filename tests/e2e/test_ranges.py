"""Ranges and multiranges as PostgreSQL 15 has them: each answer is held against it."""

import datetime
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.multirange import Int4Multirange, Multirange
from psycopg.types.numeric import Int4
from psycopg.types.range import DateRange, Int4Range, NumericRange, Range, TimestamptzRange

UTC = datetime.timezone.utc

ANSWERS = [
    ("select '[1,5]'::int4range, int4range '(1,5]', cast('empty' as int8range), '(,)'::numrange, '[1.5,2)'::numrange",
     [("[1,6)", "[2,6)", "empty", "(,)", "[1.5,2)")]),
    ("select '[2020-01-01,2020-02-01]'::daterange, '[\"2020-01-01 10:00\",2020-01-02)'::tsrange, '[2020-01-01 10:00+02,)'::tstzrange",
     [("[2020-01-01,2020-02-02)", '["2020-01-01 10:00:00","2020-01-02 00:00:00")', '["2020-01-01 08:00:00+00",)')]),
    ("select int4range(1,5), int4range(1,5,'[]'), numrange(1.5,null), daterange('2020-01-01','2020-01-05','(]'), int4range(null,null), int4range(3,3)",
     [("[1,5)", "[1,6)", "[1.5,)", "[2020-01-02,2020-01-06)", "(,)", "empty")]),
    ("select '{[5,7), [1,2],[2,3)}'::int4multirange, int4multirange(int4range(1,2), int4range(5,6)), int4multirange(), "
     "multirange(int4range(1,3)), int4range(1,3)::int4multirange", [("{[1,3),[5,7)}", "{[1,2),[5,6)}", "{}", "{[1,3)}", "{[1,3)}")]),
    ("select lower('[1,5)'::int4range), upper('[1,5)'::int4range), lower(int4range(null,1)), lower('empty'::int4range), lower('ABC'), upper(null), "
     "upper('{[1,3),[5,7)}'::int4multirange)", [("1", "5", None, None, "abc", None, "7")]),
    ("select isempty('empty'::int4range), lower_inc('[1,2)'::numrange), upper_inc('[1,2)'::numrange), lower_inf('(,1)'::int4range), upper_inf('(,1)'::int4range)",
     [("t", "t", "f", "t", "f")]),
    ("select '[1,5)'::int4range @> 3, 3 <@ '[1,5)'::int4range, '[1,5)'::int4range @> '[2,3)', '[2,3)' <@ '[1,5)'::int4range, "
     "'[1,5)'::int4range && '[4,9)'::int4range, int4range(1,3) -|- int4range(3,5), int4range(1,3) << int4range(3,5), int4range(7,9) >> int4range(3,5), "
     "int4range(1,3) &< int4range(3,5), int4range(1,3) &> int4range(3,5)", [("t", "t", "t", "t", "t", "t", "t", "t", "t", "f")]),
    ("select '[1,5)'::int4range + '[3,9)', '[1,5)'::int4range * '[3,9)', '[1,5)'::int4range - '[3,9)', range_merge('[1,2)'::int4range, '[5,6)'), "
     "range_merge('{[1,2),[5,6)}'::int4multirange)", [("[1,9)", "[3,5)", "[1,3)", "[1,6)", "[1,6)")]),
    ("select '{[1,9)}'::int4multirange - '{[5,6)}', '{[1,9)}'::int4multirange * '{[5,6)}', '{[1,9)}'::int4multirange + '{[9,16)}', "
     "'{[1,3),[5,7)}'::int4multirange @> 5, '{[1,3),[5,7)}'::int4multirange @> int4range(2,6), int4range(0,9) @> '{[1,3)}'::int4multirange",
     [("{[1,5),[6,9)}", "{[5,6)}", "{[1,16)}", "t", "f", "t")]),
    ("select r::text as t from (values ('[10,20)'::int4range), ('[9,20)'), (null), ('empty'), ('(,1)'), ('[9,)'), ('[-5,0)')) v(r) order by r nulls first",
     [(None,), ("empty",), ("(,1)",), ("[-5,0)",), ("[9,20)",), ("[9,)",), ("[10,20)",)]),
    ("select '[1,5)'::int4range = '[1,4]', '[1,5)'::int4range = int4range(1,5), '[1,5)' < int4range(1,6), '[1.0,2)'::numrange = '[1,2.00)', "
     "int4range(1,2) in ('[1,2)', '[3,4)')", [("t", "t", "t", "t", "t")]),
    ("select array['[1,2)'::int4range, null], '{\"[1,2)\",empty}'::int4range[], '{\"[2020-01-01,2020-01-03)\"}'::daterange[]",
     [('{"[1,2)",NULL}', '{"[1,2)",empty}', '{"[2020-01-01,2020-01-03)"}')]),
    ("select 'x' || '[1,2]'::int4range, ('[1,2]'::int4range)::text, concat(int4range(1,2), '!'), to_json(int4range(1,2))",
     [("x[1,3)", "[1,3)", "[1,2)!", '"[1,2)"')]),
    ("select pg_typeof('[1,2)'::int4range)::text, pg_typeof(lower('[1,2)'::int8range))::text, pg_typeof(array['{}'::int4multirange])::text, "
     "'int4range'::regtype::oid, 'daterange[]'::regtype::oid", [("int4range", "bigint", "int4multirange[]", "3904", "3913")]),
    ("select range_agg(r)::text, range_intersect_agg(r)::text from (values ('[1,5)'::int4range), ('[3,9)'), (null), ('[4,30)')) v(r)", [("{[1,30)}", "[4,5)")]),
    ("select k::text, range_agg(r)::text from (values (1,'[1,5)'::int4range), (1,'[6,9)'), (2,null), (3,'empty')) v(k,r) group by k order by k",
     [("1", "{[1,5),[6,9)}"), ("2", None), ("3", "{}")]),
    ("select int4range('[1,5]'), int4multirange('{[1,5]}'), pg_typeof('[1,2)'::int4range)::oid, pg_typeof(1)::oid", [("[1,6)", "{[1,6)}", "3904", "23")]),
    ("select int4range(1,3) @> null::int, null::int4range && int4range(1,2), isempty(null::int4range)", [(None, None, None)]),
    ("select tstzrange('2020-01-01 00:00:00+00', '2020-02-01 00:00:00+00') @> timestamptz '2020-01-05', numrange(1,2) @> 1.5, int8range(1,5) @> 3::bigint",
     [("t", "t", "t")]),
]


@pytest.fixture
def cursor(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        yield connection.cursor()


@pytest.mark.parametrize("sql, rows", ANSWERS)
def test_answers(cursor, sql, rows):
    cursor.execute("set timezone = 'UTC'")
    raw = cursor.connection.pgconn.exec_(sql.encode())
    assert not raw.error_message, raw.error_message
    got = [tuple(None if raw.get_value(i, k) is None else raw.get_value(i, k).decode() for k in range(raw.nfields)) for i in range(raw.ntuples)]
    assert got == rows


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("select '[5,1)'::int4range", "22000", "range lower bound must be less than or equal to range upper bound"),
    ("select int4range(5,1)", "22000", "range lower bound must be less than or equal to range upper bound"),
    ("select '[1,2'::int4range", "22P02", 'malformed range literal: "[1,2"'),
    ("select '[a,2)'::int4range", "22P02", 'invalid input syntax for type integer: "a"'),
    ("select '{[1,2)'::int4multirange", "22P02", 'malformed multirange literal: "{[1,2)"'),
    ("select '[1,2147483647]'::int4range", "22003", "integer out of range"),
    ("select int4range(1,2,'x')", "42601", "invalid range bound flags"),
    ("select int4range(1,2,null)", "22000", "range constructor flags argument must not be null"),
    ("select '[1,2)'::int4range + '[5,6)'", "22000", "result of range union would not be contiguous"),
    ("select '[1,9)'::int4range - '[5,6)'", "22000", "result of range difference would not be contiguous"),
    ("select '{[1,2)}'::int4multirange::int4range", "42846", "cannot cast type int4multirange to int4range"),
    ("select '[1,2)'::int4range @> 'x'", "22P02", 'malformed range literal: "x"'),
])
def test_errors(cursor, sql, sqlstate, message):
    with pytest.raises(psycopg.Error) as raised:
        cursor.execute(sql)
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (sqlstate, message)


def test_columns(cursor):
    """Columns of ranges are stored, compared, joined, grouped, indexed and seen in the catalog as what they are."""
    cursor.execute("drop table if exists stays; create table stays (id int, r int4range, m nummultirange, d daterange[], unique (r))")
    try:
        cursor.execute("insert into stays values (1, '[1,10)', '{[1,2),[3,4)}', array['[2020-01-01,2020-01-05)'::daterange]), "
                       "(2, int4range(2,20,'[]'), null, null), (3, 'empty', '{}', null), (4, null, null, null)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            cursor.execute("insert into stays (r) values ('[1,9]')")
        assert cursor.execute("select id from stays order by r nulls last").fetchall() == [(3,), (1,), (2,), (4,)]
        assert cursor.execute("select id from stays where r @> 15").fetchall() == [(2,)]
        assert cursor.execute("select id from stays where r = '[1,10)'").fetchall() == [(1,)]
        assert cursor.execute("select a.id, b.id from stays a join stays b on a.r && b.r where a.id < b.id").fetchall() == [(1, 2)]
        assert cursor.execute("select r, m, d from stays where id = 1").fetchall() == [
            (Range(1, 10), Multirange([Range(1, 2), Range(3, 4)]), [Range(datetime.date(2020, 1, 1), datetime.date(2020, 1, 5))])]
        assert cursor.execute("update stays set r = r + '[10,12)' where id = 1 returning r, lower(r)").fetchall() == [(Range(1, 12), 1)]
        assert cursor.execute("select attname, atttypid, format_type(atttypid, atttypmod) from pg_attribute "
                              "where attrelid = 'stays'::regclass and attnum > 0 order by attnum").fetchall() == [
            ("id", 23, "integer"), ("r", 3904, "int4range"), ("m", 4532, "nummultirange"), ("d", 3913, "daterange[]")]
        cursor.execute("create view long_stays as select id, r, upper(r) - lower(r) as n from stays where not isempty(r)")
        assert cursor.execute("select * from long_stays where n > 15").fetchall() == [(2, Range(2, 21), 19)]
        cursor.execute("drop view long_stays")
    finally:
        cursor.execute("drop table stays")


VALUES = [
    (Int4Range(Int4(1), Int4(5)), 3904), (Int4Range(empty=True), 3904), (Int4Range(None, None), 3904), (NumericRange(None, Decimal("-12345.678")), 3906),
    (DateRange(datetime.date(2020, 1, 1), datetime.date(2020, 2, 1)), 3912),
    (TimestamptzRange(datetime.datetime(2020, 1, 1, tzinfo=UTC), None), 3910), (Int4Multirange([Range(Int4(1), Int4(2)), Range(Int4(5), None)]), 4451),
    ([Int4Range(Int4(1), Int4(5)), None], 3905),
]


@pytest.mark.parametrize("value, oid", VALUES)
@pytest.mark.parametrize("binary", [False, True])
def test_parameters(cursor, value, oid, binary):
    """As text and in binary, in both directions, with the type's own number."""
    cursor.execute("set timezone = 'UTC'")
    got = cursor.connection.execute(f"select {'%b' if binary else '%t'}", [value], binary=binary)
    assert got.description[0].type_code == oid
    assert got.fetchone()[0] == value


def test_parameters_without_a_type(cursor):
    """A literal or parameter beside a range is of its type."""
    cursor.execute("drop table if exists stays; create table stays (id int, r int4range)")
    try:
        cursor.execute("insert into stays values (1, '[1,5)'), (2, %s)", ["[5,9)"])
        assert cursor.execute("select id from stays where r = %s", ["[1,5)"]).fetchall() == [(1,)]
        assert cursor.execute("select id from stays where r && %s", ["[4,6)"]).fetchall() == [(1,), (2,)]
        assert cursor.execute("select id from stays where r @> %s::int", [7]).fetchall() == [(2,)]
    finally:
        cursor.execute("drop table stays")


def test_time_zone(cursor):
    """What names no zone is read and shown in the session's."""
    cursor.execute("set timezone = 'America/New_York'")
    assert cursor.execute("select ('[2020-01-01,2020-02-01)'::tstzrange)::text, tstzrange('2020-01-01', '2020-02-01')::text, "
                          "('{[2020-01-01,2020-02-01)}'::tstzmultirange)::text").fetchone() == (
        '["2020-01-01 00:00:00-05","2020-02-01 00:00:00-05")', '["2020-01-01 00:00:00-05","2020-02-01 00:00:00-05")',
        '{["2020-01-01 00:00:00-05","2020-02-01 00:00:00-05")}')


def test_literals_in_time_zones(cursor):
    """The same text again in another zone is another moment."""
    cursor.execute("drop table if exists stays; create table stays (id int, t tstzrange, a tstzrange[])")
    try:
        for zone, hour in [("America/New_York", 15), ("Asia/Tokyo", 1), ("UTC", 10)]:
            cursor.execute(f"set timezone = '{zone}'")
            cursor.execute("truncate stays")
            cursor.execute("""insert into stays values (1, '[2020-01-01 10:00,)', '{"[2020-01-01 10:00,)"}')""")
            assert cursor.execute("select id from stays where t = '[2020-01-01 10:00,)'").fetchall() == [(1,)]
            assert cursor.execute("select extract(hour from lower(t) at time zone 'UTC')::int, t = a[1] from stays").fetchall() == [(hour, True)]
    finally:
        cursor.execute("drop table stays")


@pytest.mark.parametrize("binary", [False, True])
def test_copy(cursor, binary):
    cursor.execute("drop table if exists stays; create table stays (id int, r daterange, m int4multirange, t tstzrange)")
    how = "(format binary)" if binary else ""
    rows = [(1, DateRange(datetime.date(2020, 1, 1), datetime.date(2020, 1, 5)), Int4Multirange([Range(Int4(1), Int4(3)), Range(Int4(7), None)]),
             TimestamptzRange(None, datetime.datetime(2020, 5, 5, tzinfo=UTC))), (2, None, Int4Multirange(), None)]
    try:
        with cursor.copy(f"copy stays from stdin {how}") as copy:
            copy.set_types(["int4", "daterange", "int4multirange", "tstzrange"])
            for row in rows:
                copy.write_row(row)
        assert cursor.execute("select * from stays order by id").fetchall() == rows
        with cursor.copy(f"copy (select * from stays order by id) to stdout {how}") as copy:
            copy.set_types(["int4", "daterange", "int4multirange", "tstzrange"])
            assert [row for row in copy.rows()] == rows
        if not binary:
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                with cursor.copy("copy stays (id, r) from stdin") as copy:
                    copy.write("3\t[2020-01-01,\n")
    finally:
        cursor.execute("drop table stays")


def test_what_is_refused(server):
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="CREATE TYPE AS RANGE"):
            connection.execute("create type public.floatrange as range (subtype = float8)")
        connection.execute("set timezone = 'Asia/Tokyo'")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="names no time zone"):
            connection.execute("select ('[2020-01-0' || i || ',)')::tstzrange from generate_series(1, 2) i")
