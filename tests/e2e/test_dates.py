"""Texts of dates and moments, as they are written into columns."""

import psycopg
import pytest


def test_texts_in_a_column_of_moments(either):
    """The engine's own cast of a literal to a timestamp with time zone reads few of these."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("set timezone = 'Europe/Berlin'; drop table if exists moments; create table moments (i int, z timestamptz)")
        texts = ["0101-01-01 BC", "Jan 8 2020", "January 8, 1999 04:05", "2020-01-01 04:05 +0000", "0101-01-01 04:05:06+02 BC", "2020-06-01", "20200601 040506", "2020-06-01T04:05:06Z"]
        for i, text in enumerate(texts):
            c.execute(f"insert into moments values ({i}, '{text}')")
        c.execute("insert into moments values " + ", ".join(f"({i + 100}, '{text}')" for i, text in enumerate(texts)))
        wanted = ["0101-01-01 00:00:00+00:53:28 BC", "2020-01-08 00:00:00+01", "1999-01-08 04:05:00+01", "2020-01-01 05:05:00+01", "0101-01-01 02:58:34+00:53:28 BC", "2020-06-01 00:00:00+02",
                  "2020-06-01 04:05:06+02", "2020-06-01 06:05:06+02"]
        for first in (0, 100):
            assert [t for t, in c.execute(f"select z::text from moments where i between {first} and {first + 99} order by i")] == wanted
        for text, state in (("nonsense", "22007"), ("2020-02-30", "22008")):
            with pytest.raises(psycopg.Error) as e:
                c.execute(f"insert into moments values (1, '{text}')")
            assert e.value.sqlstate == state
        c.execute("drop table moments")
