"""Statements of tools that cannot be run here: what PostgreSQL 15 answers Tavana has to answer, with the same columns and as many
rows. Those of pgAdmin are rendered from its own templates; those of Npgsql (and so Power BI), DBeaver, Metabase, Grafana and
Tableau are the shapes that these tools send, in words of ours."""

import pathlib

import psycopg
import pytest

import pgadmin

HERE = pathlib.Path(__file__).resolve().parent
# Templates that stay without an answer, with the reason. They may only become fewer.
PGADMIN_UNANSWERED = {
    "depends/pg/12_plus/dependencies.sql": "of that many relations the engine joins no other by LEFT JOIN with a subquery in WHERE",
    "depends/pg/12_plus/dependents.sql": "the same",
    "replica_nodes/sql/default/nodes.sql": "there is no host(inet)",
    "replica_nodes/sql/default/properties.sql": "there is no host(inet)",
}


@pytest.fixture(scope="module")
def both(shared_server, postgres):
    """Connections to Tavana and to PostgreSQL, each with a database of nothing."""
    with psycopg.connect(f"host={postgres.directory} port={postgres.port} dbname=postgres user=tester", autocommit=True) as c:
        c.execute("drop database if exists statements")
        c.execute("create database statements")
    there = psycopg.connect(f"host={postgres.directory} port={postgres.port} dbname=statements user=tester", autocommit=True)
    here = psycopg.connect(shared_server.dsn(), autocommit=True)
    for kind, table in here.execute("""select case table_type when 'VIEW' then 'view' else 'table' end, quote_ident(table_name)
                                       from information_schema.tables where table_schema = 'public' order by 1 desc""").fetchall():
        here.execute(f"drop {kind} if exists {table} cascade")
    yield here, there
    here.close()
    there.close()


def ask(connection, sql):
    """Rows and columns, or the error's code."""
    try:
        cursor = connection.execute(sql)
        return ([d.name for d in cursor.description], cursor.fetchall()) if cursor.description else (None, [])
    except psycopg.Error as e:
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.rollback()
        return e.sqlstate


def test_pgadmin(both):
    here, there = both
    environment, paths = pgadmin.templates()
    numbers = pgadmin.objects(here), pgadmin.objects(there)
    answered, unanswered = 0, []
    for path in paths:
        mine, theirs = (pgadmin.rendered(environment, path, n) for n in numbers)
        wanted = ask(there, theirs) if theirs else ""
        if isinstance(wanted, str):
            continue
        answered += 1
        got = ask(here, mine)
        if isinstance(got, str) or got[0] != wanted[0]:
            unanswered.append(f"{path}: {got if isinstance(got, str) else got[0]}")
    assert answered > 150
    assert sorted(u for u in unanswered if u.split(":")[0] not in PGADMIN_UNANSWERED) == []


def statements():
    """Of statements.sql: pieces "-- tool: what", then the statement up to an empty line."""
    for piece in (HERE / "statements.sql").read_text().split("\n\n"):
        head, _, sql = piece.strip().partition("\n")
        if head.startswith("-- ") and sql:
            yield head[3:], sql


def test_tools(both):
    """In order: they make what they ask about."""
    here, there = both
    differ = []
    for name, sql in statements():
        wanted, got = ask(there, sql), ask(here, sql)
        if isinstance(wanted, str):
            differ.append(f"{name}: PostgreSQL says {wanted}")
        elif isinstance(got, str) or got[0] != wanted[0] or len(got[1]) != len(wanted[1]) or ("rows" in name and got[1] != wanted[1]):
            differ.append(f"{name}: {got} is not {wanted}")
    assert differ == []
