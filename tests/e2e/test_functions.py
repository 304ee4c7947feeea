"""PostgreSQL's functions: values, types and SQLSTATEs as PostgreSQL 15 gives them. functions*.tsv hold its answers."""

import pathlib

import psycopg
import pytest

HERE = pathlib.Path(__file__).parent


def lines_of(name):
    return [line.split("\t") for line in (HERE / name).read_text().splitlines() if not line.startswith("#")]


def answer(conn, statement):
    r = conn.pgconn.exec_(statement.encode())
    if r.status != psycopg.pq.ExecStatus.TUPLES_OK:
        return [r.error_field(psycopg.pq.DiagnosticField.SQLSTATE).decode()]
    cell = lambda v: r"\N" if v is None else v.decode()
    rows = ";;".join("||".join(cell(r.get_value(i, j)) for j in range(r.nfields)) for i in range(r.ntuples))
    written = rows.replace("\\", "\\\\").replace("\n", "\\n").replace("\x12", "\\x12")
    return [" ".join(str(r.ftype(j)) for j in range(r.nfields)), written]


@pytest.mark.parametrize("name", ["functions.tsv", "functions_json.tsv"])
def test_functions_answer_as_postgresql_does(server, name):
    wrong = []
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("set timezone = 'UTC'")
        for statement, *expected in lines_of(name):
            if statement.startswith("!"):
                conn.execute(statement[1:])
                continue
            whole = statement if statement.split()[0].lower() in ("select", "with") else "select " + statement
            got = answer(conn, whole)
            if got != expected:
                wrong.append((statement, expected, got))
    assert not wrong
