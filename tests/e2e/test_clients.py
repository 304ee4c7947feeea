"""Clients as people use them: psql, psycopg, asyncpg, SQLAlchemy, pgjdbc, node's pg, pgbench."""

import asyncio
import os
import pathlib
import shutil
import subprocess

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa

from conftest import HOST, ROOT, SANITIZED

HERE = pathlib.Path(__file__).parent
BUILD = ROOT / ".deps/clients"


def run(*args, server=None, **kw):
    env = {**os.environ, **({"PGHOST": HOST, "PGPORT": str(server.port), "PGUSER": "tester", "PGDATABASE": "db"} if server else {})}
    done = subprocess.run(args, env=env, text=True, capture_output=True, timeout=300, **kw)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


# --- psql


def psql(server, *args, stdin=None):
    return run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *args, server=server, input=stdin)


def test_psql_script(server):
    out = psql(server, "-At", stdin="""
        create or replace table psql_t (a int, b text);
        insert into psql_t values (1, 'x'), (2, null);
        begin; update psql_t set b = 'y' where a = 2; commit;
        select * from psql_t order by a;
        prepare p as select $1::int + 1; execute p (41); deallocate p;
        \\set v 5
        select :v * 2;
        select 1 \\; select 2 \\; select 3;
        """)
    assert out.split() == ["1|x", "2|y", "42", "10", "1", "2", "3"]


@pytest.mark.parametrize("command, wanted", [("\\dt", "psql_meta"), ("\\d psql_meta", "numeric(10,2)"), ("\\dn", "public"), ("\\l", "db"),
                                             ("\\dv", ""), ("\\df", ""), ("\\du", ""), ("\\dT", ""), ("\\conninfo", "tester")])
def test_psql_describes(command, wanted, server):
    psql(server, "-c", "create or replace table psql_meta (id int not null, name text not null, price decimal(10,2))")
    assert wanted in psql(server, "-c", command)


def test_psql_bind(server):
    assert psql(server, "-At", "-c", "select 'DuckDB', * from (from range(3))").split() == ["DuckDB|0", "DuckDB|1", "DuckDB|2"]


# --- psycopg


def test_psycopg_pipeline(server):
    with psycopg.connect(server.dsn()) as c:
        c.execute("create or replace table pipe_t (a int)")
        with c.pipeline() as p:
            for i in range(100):
                c.execute("insert into pipe_t values (%s)", [i])
            cur = c.execute("select sum(a) from pipe_t")
            p.sync()
            assert cur.fetchone() == (4950,)
        c.commit()
        with pytest.raises(psycopg.errors.UndefinedTable), c.pipeline():
            c.execute("insert into pipe_t values (1000)")
            c.execute("select * from no_such_table")
        c.rollback()
        assert c.execute("select count(*) from pipe_t").fetchone() == (100,)


def test_psycopg_prepared_and_many(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create or replace table many_t (a int, b text)")
        c.cursor().executemany("insert into many_t values (%s, %s)", [(i, f"v{i}") for i in range(500)])
        for i in range(10):
            assert c.execute("select b from many_t where a = %s", [i], prepare=True).fetchone() == (f"v{i}",)
        cur = c.execute("update many_t set b = 'z' where a < 10")
        assert cur.rowcount == 10 and cur.statusmessage == "UPDATE 10"


def test_psycopg_stream(server):
    with psycopg.connect(server.dsn()) as c:
        for binary in (False, True):
            rows = c.cursor(binary=binary).stream("select i, i::text from range(100000) t(i)")
            assert sum(a == int(b) for a, b in rows) == 100000


def test_psycopg_transactions(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        c.execute("create or replace table tx_t (a int)")
        with pytest.raises(ZeroDivisionError), c.transaction():
            c.execute("insert into tx_t values (1)")
            raise ZeroDivisionError
        assert c.execute("select count(*) from tx_t").fetchone() == (0,)
        with c.transaction():
            c.execute("insert into tx_t values (2)")
        assert c.execute("select * from tx_t").fetchall() == [(2,)]


# --- asyncpg


async def test_asyncpg(server):
    c = await asyncpg.connect(host=HOST, port=server.port, user="tester", database="db")
    try:
        await c.execute("create or replace table apg (a int, b text)")
        await c.executemany("insert into apg values ($1, $2)", [(i, f"v{i}") for i in range(100)])
        assert await c.fetchval("select count(*) from apg") == 100
        statement = await c.prepare("select b from apg where a = $1")
        assert await statement.fetchval(7) == "v7"
        assert [p.name for p in statement.get_parameters()] == ["int4"]
        async with c.transaction():
            n = 0
            async for record in c.cursor("select i from range(10000) t(i)", prefetch=333):
                assert record["i"] == n
                n += 1
            assert n == 10000
            cursor = await c.cursor("select i from range(100) t(i)")
            assert [r["i"] for r in await cursor.fetch(2)] == [0, 1]
            assert [r["i"] for r in await cursor.fetch(2)] == [2, 3]
        with pytest.raises(asyncpg.UndefinedTableError):
            await c.fetch("select * from no_such_table")
        with pytest.raises(asyncio.TimeoutError):
            await c.fetch("select count(*) from range(100000000000) t(i) where i % 7 = 3", timeout=0.5)
        assert await c.fetchval("select 1") == 1
        await c.reset()
    finally:
        await c.close()


async def test_asyncpg_pool(server):
    async with asyncpg.create_pool(host=HOST, port=server.port, user="tester", database="db", min_size=2, max_size=10) as pool:
        assert await asyncio.gather(*(pool.fetchval("select $1::int * 2", i) for i in range(200))) == [2 * i for i in range(200)]


# --- SQLAlchemy


@pytest.mark.parametrize("driver", ["psycopg"])
def test_sqlalchemy(driver, server):
    engine = sa.create_engine(f"postgresql+{driver}://tester@{HOST}:{server.port}/db")
    meta = sa.MetaData()
    t = sa.Table("sa_t", meta, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String(20)),
                 sa.Column("price", sa.Numeric(10, 2)), sa.Column("day", sa.Date))
    with engine.begin() as c:
        c.execute(sa.text("drop table if exists sa_t"))
        meta.create_all(c)
        c.execute(t.insert(), [{"id": i, "name": f"n{i}", "price": i, "day": None} for i in range(50)])
    with engine.connect() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(t)).scalar() == 50
        assert c.execute(sa.select(t.c.name).where(t.c.id.in_([3, 5])).order_by(t.c.id)).scalars().all() == ["n3", "n5"]
        assert sa.inspect(c).has_table("sa_t") and "sa_t" in sa.inspect(c).get_table_names()
        columns = {x["name"]: str(x["type"]) for x in sa.inspect(c).get_columns("sa_t")}
        assert columns == {"id": "INTEGER", "name": "VARCHAR(20)", "price": "NUMERIC(10, 2)", "day": "DATE"}
        assert sa.inspect(c).get_pk_constraint("sa_t")["constrained_columns"] == ["id"]
    engine.dispose()


# --- pgjdbc


@pytest.fixture(scope="session")
def jdbc():
    jars = BUILD / "java"
    if not list(jars.glob("postgresql-*.jar")):
        jars.mkdir(parents=True, exist_ok=True)
        run("mvn", "-q", "-B", "-f", str(HERE / "java/pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={jars}")
    classes = BUILD / "classes"
    path = ":".join(map(str, jars.glob("*.jar")))
    run("javac", "-cp", path, "-d", str(classes), str(HERE / "java/Cases.java"))
    return f"{path}:{classes}"


CASES = ["types", "paging", "two", "batch", "errors", "metadata", "timeout"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", ["extended", "simple"])
def test_pgjdbc(case, mode, jdbc, server):
    if mode == "simple" and case in ("paging", "two", "types"):
        mode = "extendedForPrepared"  # portals and binary values are of the extended protocol
    server.reset_peak()
    before = server.rss()
    rows = 200000 if SANITIZED or mode != "extended" else 5000000
    out = run("java", f"-Drows={rows}", "-Xmx256m", "-cp", jdbc, "Cases", f"jdbc:postgresql://{HOST}:{server.port}/db?user=tester&preferQueryMode={mode}", case)
    assert out.strip() == "ok"
    if case == "paging" and not SANITIZED:
        assert server.peak_rss() - before < 64 << 20


# --- node


@pytest.fixture(scope="session")
def node_modules():
    place = BUILD / "node"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "cases.js"):
        shutil.copy(HERE / "node" / name, place / name)
    if not (place / "node_modules/pg").exists():
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", cwd=place)
    return place


def test_node_pg(node_modules, server):
    assert run("node", "cases.js", str(server.port), cwd=node_modules).strip() == "ok"


# --- pgbench


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench(mode, server, tmp_path):
    script = tmp_path / "script.sql"
    script.write_text("\\set a random(1, 1000)\nbegin;\nselect :a + 1;\nselect count(*) from range(:a);\nend;\n")
    out = run("pgbench", "-n", "-f", str(script), "-M", mode, "-c", "8", "-j", "2", "-t", "100", server=server)
    assert "number of transactions actually processed: 800/800" in out and "number of failed transactions: 0" in out
