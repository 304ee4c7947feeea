"""The main job of drivers and mappers of node, Ruby, Go and R, and of DuckDB's own postgres extension, unchanged: on Tavana, and
on a PostgreSQL 15. What a language needs that is not installed is told by the skip."""

import pathlib
import shutil
import subprocess

import duckdb
import psycopg
import pytest

HERE = pathlib.Path(__file__).resolve().parent
DEPS = HERE.parents[1] / ".deps"


@pytest.fixture
def clean(either):
    """The server, with nothing in its schema public."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        for kind, table in c.execute("""select case table_type when 'VIEW' then 'view' else 'table' end, quote_ident(table_name)
                                        from information_schema.tables where table_schema = 'public' order by 1 desc""").fetchall():
            c.execute(f"drop {kind} if exists {table} cascade")
        for (name,) in c.execute("select sequence_name from information_schema.sequences").fetchall():
            c.execute(f"drop sequence if exists {name} cascade")
    return either


def run(*command, cwd=None, timeout=300):
    r = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert r.returncode == 0, (r.stdout + r.stderr)[-6000:]
    return r.stdout


def needs(command):
    return pytest.mark.skipif(not shutil.which(command), reason=f"there is no {command}")


@pytest.fixture(scope="session")
def node_trial():
    place = DEPS / "trial/node"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "cases.js"):
        shutil.copy(HERE / "node" / name, place / name)
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", cwd=place)
    return place


@needs("npm")
@pytest.mark.parametrize("case", ["pg", "streams", "postgres.js", "pg-promise", "knex", "sequelize", "drizzle", "typeorm"])
def test_node(case, clean, node_trial):
    assert run("node", "cases.js", case, clean.port, cwd=node_trial).endswith("well\n")


@needs("ruby")
def test_rails(clean):
    assert run("ruby", HERE / "rails.rb", clean.port).endswith("well\n")


@pytest.fixture(scope="session")
def go_trial():
    place = DEPS / "trial/go"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("go.mod", "go.sum", "main.go"):
        shutil.copy(HERE / "go" / name, place / name)
    run("go", "build", "-o", "trial", ".", cwd=place, timeout=900)
    return place / "trial"


@needs("go")
@pytest.mark.parametrize("case", ["pgx", "pgx-types", "pgxpool", "lib-pq", "gorm"])
def test_go(case, clean, go_trial):
    assert run(go_trial, case, clean.port).endswith("well\n")


@needs("Rscript")
def test_r(clean):
    assert run("Rscript", HERE / "trial.R", clean.port).endswith("well\n")


def test_duckdb(clean):
    """DuckDB's postgres extension reads tables through binary COPY, and writes to them."""
    extension = DEPS / "extensions/postgres_scanner.duckdb_extension"
    with psycopg.connect(clean.dsn(), autocommit=True) as c:
        c.execute("create table dk (id int primary key, name varchar(10), amount numeric(8,2), made timestamptz, j jsonb, tags text[], f float)")
        c.execute("""insert into dk select i, 'n' || i, i * 1.5, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 day', '{"a":1}', array['x', 'y'], i / 4.0
                     from generate_series(1, 5000) t(i)""")
    d = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    ask = lambda sql: d.execute(sql).fetchall()
    ask(f"load '{extension}'")
    ask(f"attach 'host=127.0.0.1 port={clean.port} user=tester dbname=db password=x' as p (type postgres)")
    assert ask("select table_name from information_schema.tables where table_catalog = 'p' and table_schema = 'public'") == [("dk",)]
    assert ask("select count(*), sum(amount)::double, min(name), min(j)::varchar, min(tags), sum(f) from p.dk where id <= 50") == [(50, 1912.5, "n1", '{"a": 1}', ["x", "y"], 318.75)]
    ask("create table p.dk2 (i integer, v varchar, d double, made timestamp, b blob, l integer[])")
    ask("insert into p.dk2 select range, 'v' || range, range / 3, timestamp '2024-01-01', 'a'::blob, [range::int] from range(1000)")
    ask("create table p.dk3 as select * from p.dk2 where i < 10")
    assert ask("select count(*), sum(d)::int, max(l) from p.dk3") == [(10, 15, [9])]
    ask("begin; insert into p.dk3 (i) values (100); rollback")
    assert ask("select count(*) from p.dk3") == [(10,)]
    assert ask("select * from postgres_query('p', 'select 1 as a, now()::date is not null as b')") == [(1, True)]
    ask("call postgres_execute('p', 'drop table dk3')")
    ask("create index dk2_i on p.dk2 (i); alter table p.dk2 add column n integer; alter table p.dk2 rename column n to m; alter table p.dk2 drop column m")
    assert ask(f"select count(*) from postgres_scan('host=127.0.0.1 port={clean.port} user=tester dbname=db password=x', 'public', 'dk')") == [(5000,)]
