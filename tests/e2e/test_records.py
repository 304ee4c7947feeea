"""Rows without a type of their own, as PostgreSQL 15 sends them."""

import datetime

import psycopg
import pytest


@pytest.fixture
def cursor(either):
    with psycopg.connect(either.dsn(), autocommit=True) as connection:
        yield connection.cursor()


ANSWERS = [
    ("select row(1,'a')::text, row(1, null, 'a b', '', 'x\"y', 'a\\b', '(')::text, (1,2)::text, row(null)::text",
     ("(1,a)", '(1,,"a b","","x""y","a\\\\b","(")', "(1,2)", "()")),
    ("select row(1.50, true, date '2020-01-01', array[1,2], '[1,2)'::int4range)::text", ('(1.50,t,2020-01-01,"{1,2}","[1,2)")',)),
    ("select row(row(1,2), row('a', array['x y','z']))::text, array[row(1,2), row(3,4)]::text",
     ('("(1,2)","(a,""{""""x y"""",z}"")")', '{"(1,2)","(3,4)"}')),
    ("select row_to_json(row(1,'a'))::text, x::text, concat(x, '!') from (select row(1,'b') as x) t", ('{"f1":1,"f2":"a"}', "(1,b)", "(1,b)!")),
    ("select row(1,2) = row(1,2), row(1,2) < row(1,3), row(1,null) is null", (True, True, False)),
]


@pytest.mark.parametrize("sql, row", ANSWERS)
def test_answers(cursor, sql, row):
    assert cursor.execute(sql).fetchone() == row


@pytest.mark.parametrize("binary", [False, True])
def test_results(cursor, binary):
    got = cursor.connection.execute("select row(1::int, 'x'::text, null::text, date '2020-01-01'), array[row(1::int), row(2::int)]", binary=binary)
    assert [column.type_code for column in got.description] == [2249, 2287]
    record, array = got.fetchone()
    assert record == ((1, "x", None, datetime.date(2020, 1, 1)) if binary else ("1", "x", None, "2020-01-01"))
    assert array == ([(1,), (2,)] if binary else [("1",), ("2",)])


def test_copy(cursor):
    with cursor.copy("copy (select row(1,'a b'), array[row(1,2)]) to stdout") as copy:
        assert b"".join(copy) == b'(1,"a b")\t{"(1,2)"}\n'
