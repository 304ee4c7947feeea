"""The main job of tools that people have, unchanged: on Tavana, and on a PostgreSQL 15 to see that the trial itself is right.
`make tools` runs them; they take minutes."""

import os
import pathlib
import shutil
import subprocess
import sys

import psycopg
import pyodbc
import pytest
import sqlalchemy as sa

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(sys.executable).parent


@pytest.fixture
def clean(either):
    """The server, without what the test before has made."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        for kind, table in c.execute("""select case table_type when 'VIEW' then 'view' else 'table' end, quote_ident(table_name)
                                        from information_schema.tables where table_schema in ('public', 'main')""").fetchall():
            c.execute(f"drop {kind} if exists {table} cascade")
    return either


def run(*command, cwd=None, **env):
    r = subprocess.run([str(c) for c in command], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=900)
    assert r.returncode == 0, (r.stdout + r.stderr)[-6000:]
    return r.stdout + r.stderr


DBT = ["seed", "run", "run", "snapshot", "snapshot", "test", "docs generate"]


def dbt(server, project, command):
    said = run(BIN / "dbt", "--no-use-colors", *command.split(), "--profiles-dir", ".", cwd=project, TRIAL_PORT=str(server.port), TRIAL_DATABASE="db",
               DBT_SEND_ANONYMOUS_USAGE_STATS="false")
    assert "ERROR=0" in said or "Catalog written" in said or command.startswith("source"), said[-4000:]


def test_dbt(clean, tmp_path):
    shutil.copytree(HERE / "dbt", tmp_path / "dbt")
    for command in DBT:
        dbt(clean, tmp_path / "dbt", command)
    with psycopg.connect(clean.dsn()) as c:
        assert c.execute("select id, name, odd from customers_table order by id").fetchall() == [(1, "ANN", 1), (2, "BOB", 0), (3, "CID", 1)]


def test_dbt_more(clean, tmp_path):
    """Every strategy of incremental models, snapshots whose rows change, contracts, hooks, unit tests, an ephemeral model."""
    project = tmp_path / "dbt"
    shutil.copytree(HERE / "dbt_more", project)
    with psycopg.connect(clean.dsn(), autocommit=True) as c:
        c.execute("drop schema if exists snaps cascade")
    dbt(clean, project, "build")
    for seed, before, after in (("orders", "3,2,2024-02-06 12:00:00,5.25,paid", "3,2,2024-02-08 12:00:00,6.25,void"), ("customers", "3,Cid,2024-03-01,", "3,Cyd,2024-03-01,1")):
        path = project / f"seeds/{seed}.csv"
        path.write_text(path.read_text().replace(before, after))
    for command in ("build", "source freshness", "docs generate"):
        dbt(clean, project, command)
    with psycopg.connect(clean.dsn(), autocommit=True) as c:
        rows = lambda sql: c.execute(sql).fetchall()
        assert rows("select order_id, status, amount::float from inc_merge order by 1") == [(1, "paid", 10.5), (2, "open", 20), (3, "void", 6.25), (4, "void", None)]
        assert rows("select order_id, status, extra from inc_del order by 1") == [(1, "paid", 1), (2, "open", 1), (3, "void", 1), (4, "void", 1)]
        assert rows("select count(*), count(amount) from inc_app") == [(8, 3)]
        assert rows("select id, name, n, total::float, rn, spent_int from dim order by 1") == [(1, "Ann", 2, 30.5, 1, 11), (2, "Bob", 1, 6.25, 2, 20), (3, "Cyd", 1, None, 3, 1)]
        assert rows("select id, name, dbt_valid_to is null from snaps.snap_check order by 1, 3") == [(1, "Ann", True), (2, "Bob", True), (3, "Cid", False), (3, "Cyd", True)]
        assert rows("select order_id, status, dbt_valid_to is null from snaps.snap_ts where order_id = 3 order by 3") == [(3, "paid", False), (3, "void", True)]
        assert rows("select obj_description('dim'::regclass), col_description('dim'::regclass, 1)") == [("dim's description", "the id")]
        with pytest.raises(psycopg.errors.UniqueViolation):
            c.execute("insert into contract (id, name) values (9, 'Ann')")
        with pytest.raises(psycopg.errors.CheckViolation):
            c.execute("insert into contract (id, name) values (-1, 'x')")


def test_django(clean):
    assert "well" in run(sys.executable, HERE / "django_trial.py", str(clean.port), "db")


def url(server):
    return f"postgresql+psycopg2://tester:x@127.0.0.1:{server.port}/db"


def test_sqlalchemy(clean):
    engine = sa.create_engine(url(clean))
    metadata = sa.MetaData()
    parent = sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20), nullable=False, unique=True),
                      sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now()), sa.Column("price", sa.Numeric(10, 2)))
    child = sa.Table("child", metadata, sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
                     sa.Column("parent_id", sa.ForeignKey("parent.id")), sa.Column("data", sa.JSON), sa.Column("flag", sa.Boolean))
    sa.Index("child_flag", child.c.flag)
    metadata.create_all(engine)
    with engine.begin() as c:
        assert c.execute(parent.insert().returning(parent.c.id), {"name": "a", "price": 1.5}).scalar() == 1
        c.execute(child.insert(), [{"parent_id": 1, "data": {"x": [1, 2]}, "flag": True}, {"parent_id": 1, "data": None, "flag": False}])
        with c.begin_nested():
            c.execute(child.update().where(child.c.flag).values(flag=False))
        assert c.execute(sa.select(sa.func.count()).select_from(child).where(~child.c.flag)).scalar() == 2
        assert c.execute(sa.select(child.c.data).where(child.c.id == 1)).scalar() == {"x": [1, 2]}
        assert c.execute(sa.select(parent.c.name, sa.func.count(child.c.id).label("n")).join(child).group_by(parent.c.name)).all() == [("a", 2)]
    inspector = sa.inspect(engine)
    assert inspector.default_schema_name == "public" and "public" in inspector.get_schema_names()
    assert sorted(inspector.get_table_names()) == ["child", "parent"]
    columns = {c["name"]: c for c in inspector.get_columns("parent")}
    assert str(columns["name"]["type"]) == "VARCHAR(20)" and not columns["name"]["nullable"]
    assert str(columns["price"]["type"]) == "NUMERIC(10, 2)" and columns["made"]["type"].timezone
    assert inspector.get_pk_constraint("parent")["constrained_columns"] == ["id"]
    assert inspector.get_foreign_keys("child")[0]["referred_table"] == "parent"
    assert inspector.get_foreign_keys("child")[0]["constrained_columns"] == ["parent_id"]
    assert [i["column_names"] for i in inspector.get_indexes("child")] == [["flag"]]
    assert [u["column_names"] for u in inspector.get_unique_constraints("parent")] == [["name"]]
    reflected = sa.MetaData()
    reflected.reflect(engine)
    assert set(reflected.tables) == {"child", "parent"}
    metadata.drop_all(engine)


def test_superset(clean):
    """What Superset's inspector asks when a dataset is made, and a chart by month."""
    engine = sa.create_engine(url(clean))
    with engine.begin() as c:
        c.exec_driver_sql("create table sales (id int, at timestamp, amount numeric(10,2), shop text)")
        c.exec_driver_sql("insert into sales values (1, '2024-01-05 10:00:00', 10, 'a'), (2, '2024-02-06 11:00:00', 20, 'b'), (3, '2024-02-07 12:00:00', 5, 'a')")
    inspector = sa.inspect(engine)
    assert "sales" in inspector.get_table_names(schema="public") and inspector.get_view_names(schema="public") == []
    assert [c["name"] for c in inspector.get_columns("sales", schema="public")] == ["id", "at", "amount", "shop"]
    inspector.get_table_comment("sales", schema="public")
    with engine.connect() as c:
        rows = c.exec_driver_sql("""SELECT DATE_TRUNC('month', at) AS __timestamp, sum(amount) AS "SUM(amount)", COUNT(*) AS count FROM public.sales
            WHERE at >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND at < TO_TIMESTAMP('2024-03-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US')
            GROUP BY DATE_TRUNC('month', at) ORDER BY "SUM(amount)" DESC LIMIT 50000""")
        assert list(rows.keys()) == ["__timestamp", "SUM(amount)", "count"] and [(int(r[1]), r[2]) for r in rows] == [(25, 2), (10, 1)]


def test_postgres_fdw(clean, postgres):
    """A real PostgreSQL reads tables of the server under trial."""
    with psycopg.connect(clean.dsn(), autocommit=True) as c:
        c.execute("create table far (id int primary key, name varchar(10), amount numeric(8,2), at timestamptz)")
        c.execute("insert into far select i, 'n' || i, i * 1.5, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 day' from generate_series(1, 100) t(i)")
    with psycopg.connect(f"host={postgres.directory} port={postgres.port} dbname=postgres user=tester", autocommit=True) as c:
        c.execute("create extension if not exists postgres_fdw")
        c.execute("drop server if exists trial cascade")
        c.execute(f"create server trial foreign data wrapper postgres_fdw options (host '127.0.0.1', port '{clean.port}', dbname 'db', use_remote_estimate 'true')")
        c.execute("create user mapping for tester server trial options (user 'tester', password 'x', password_required 'false')")
        c.execute("drop schema if exists imported cascade")
        c.execute("create schema imported")
        c.execute("import foreign schema public limit to (far) from server trial into imported")
        assert c.execute("select count(*), sum(amount), min(name), max(at)::date::text from imported.far where id <= 50").fetchone()[:3] == (50, 1912.5, "n1")
        assert c.execute("select name from imported.far where id = 7").fetchone() == ("n7",)


def odbc(server):
    return pyodbc.connect(f"DRIVER={{PostgreSQL Unicode}};SERVER=127.0.0.1;PORT={server.port};DATABASE=db;UID=tester;PWD=x")


def named(cursor, *names):
    """Columns of the rows that a function of the catalog gives."""
    return [tuple(getattr(row, name) for name in names) for row in cursor.fetchall()]


def test_odbc(clean):
    """psqlODBC through pyodbc: what Excel, Access, Tableau and R ask of a table, and two inserts in a transaction."""
    with odbc(clean) as c:
        k = c.cursor()
        k.execute("create table parent (id int primary key, name varchar(20) not null unique, made timestamptz default now(), price numeric(10,2), flag bool, data bytea)")
        k.execute("create table child (id serial primary key, parent_id int references parent (id), note text)")
        k.execute("create index child_note on child (note)")
        c.commit()
        k.execute("insert into parent (id, name, price, flag, data) values (?, ?, ?, ?, ?)", 1, "a", 1.5, True, b"\x00\x01")
        k.execute("insert into child (parent_id, note) values (?, ?)", 1, "x")
        c.commit()
        assert tuple(k.execute("select id, name, price, data from parent where id = ?", 1).fetchone()) == (1, "a", 1.5, b"\x00\x01")
        with pytest.raises(pyodbc.IntegrityError):
            k.execute("insert into parent (id, name) values (1, 'b')")
        c.rollback()
        assert k.execute("update child set note = ? where note = ?", "y", "x").rowcount == 1
        c.commit()
        k.tables(schema="public", tableType="TABLE")
        assert named(k, "table_schem", "table_name", "table_type") == [("public", "child", "TABLE"), ("public", "parent", "TABLE")]
        k.columns(table="parent")
        columns = named(k, "column_name", "type_name", "nullable", "column_size")
        assert [c[:3] for c in columns] == [("id", "int4", 0), ("name", "varchar", 0), ("made", "timestamptz", 1), ("price", "numeric", 1), ("flag", "bool", 1), ("data", "bytea", 1)]
        assert columns[1][3] == 20 and columns[3][3] == 10
        k.primaryKeys(table="parent")
        assert named(k, "column_name", "key_seq", "pk_name") == [("id", 1, "parent_pkey")]
        k.foreignKeys(foreignTable="child")
        assert named(k, "pktable_name", "pkcolumn_name", "fkcolumn_name", "fk_name") == [("parent", "id", "parent_id", "child_parent_id_fkey")]
        k.statistics("child")
        assert named(k, "index_name", "non_unique", "column_name") == [("child_pkey", 0, "id"), ("child_note", 1, "note")]
        k.getTypeInfo()
        assert {"int4", "text", "timestamptz", "bytea", "numeric"} <= {row[0] for row in k.fetchall()}
        assert tuple(k.execute("select {fn ucase('abc')}, {d '2024-01-02'}, {fn length('abc')}").fetchone())[::2] == ("ABC", 3)
