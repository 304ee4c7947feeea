"""The main job of tools that are written in Java, unchanged: on Tavana, and on a PostgreSQL 15."""

import pathlib
import subprocess

import psycopg
import pytest

HERE = pathlib.Path(__file__).resolve().parent / "java"


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """The directory that Tools.java is compiled into, and the jars that it needs."""
    out = tmp_path_factory.mktemp("java")
    jars = out / "jars"
    for command in (["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"],
                    ["javac", "-cp", f"{jars}/*", "-d", out, HERE / "Tools.java"]):
        subprocess.run([str(c) for c in command], check=True, timeout=600)
    return f"{out}:{jars}/*"


@pytest.fixture
def clean(either):
    """The server, with nothing in its schema public."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        for kind, table in c.execute("""select case table_type when 'VIEW' then 'view' else 'table' end, quote_ident(table_name)
                                        from information_schema.tables where table_schema in ('public', 'main') order by 1 desc""").fetchall():
            c.execute(f"drop {kind} if exists {table} cascade")
        for (name,) in c.execute("select sequence_name from information_schema.sequences").fetchall():
            c.execute(f"drop sequence if exists {name} cascade")
    return either


@pytest.mark.parametrize("tool", ["flyway", "liquibase", "hibernate", "jooq", "jdbc"])
def test_java(classes, clean, tool):
    r = subprocess.run(["java", "-cp", classes, "Tools", tool, str(clean.port), "db", str(HERE)], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0 and r.stdout.endswith("well\n"), (r.stdout + r.stderr)[-6000:]
