"""What tests of SQL do with a connection: ask for rows, expect an error, and have a schema of their own."""

import contextlib

import psycopg
import pytest


def rows(db, sql, *args, **kwargs):
    return db.execute(sql, *args, **kwargs).fetchall()


def fails(db, code, sql, *args):
    """Returns what is said of the error."""
    with pytest.raises(psycopg.Error) as e:
        db.execute(sql, *args)
    assert e.value.sqlstate == code, e.value
    return e.value.diag


@contextlib.contextmanager
def schema(server, name, *setup, path="{}"):
    """A connection whose path is a new schema, which goes with what the test has made there."""
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute(f"drop schema if exists {name} cascade; create schema {name}; set search_path = {path.format(name)}")
        for sql in setup:
            c.execute(sql)
        yield c
        c.execute(f"set search_path = public; drop schema {name} cascade")
