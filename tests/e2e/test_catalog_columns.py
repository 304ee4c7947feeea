"""Every relation of PostgreSQL's catalog: `select * from it limit 0` is described as PostgreSQL 15 describes it."""

import os

import psycopg
from psycopg import pq

LIST = os.path.join(os.path.dirname(__file__), "catalog_columns.txt")  # tools/catalog makes it


def wanted():
    with open(LIST) as f:
        for line in f:
            relation, columns = line.strip().split(": ", 1)
            yield relation, [(n, int(oid), int(typmod), int(size)) for n, oid, typmod, size in (c.split(" ") for c in columns.split(", "))]


def described(c, relation):
    r = c.pgconn.exec_(f"select * from {relation} limit 0".encode())
    if r.status != pq.ExecStatus.TUPLES_OK:
        return r.error_message
    return [(r.fname(i).decode(), r.ftype(i), r.fmod(i), r.fsize(i)) for i in range(r.nfields)]


def test_the_list_is_long():
    assert len(list(wanted())) > 200


def test_all_relations(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        others = {relation: described(c, relation) for relation, columns in wanted() if described(c, relation) != columns}
    assert not others
