"""A DuckLake whose catalog is a real PostgreSQL that the operator attached: what becomes of a transaction that loses it, and what clients may ask of it."""

import contextlib

import pytest

from conftest import WORKERS, Server, lake_options, lake_postgres
from measure import wait_for
from wire import Q

pytestmark = [pytest.mark.needs_pg, pytest.mark.skipif(WORKERS > 0, reason="starts its own gateway and workers")]
GONE = "The session was given a new connection of the engine."


@contextlib.contextmanager
def lake(directory, workers):
    with Server(*lake_options(directory), workers=workers) as s:
        if workers:
            wait_for(lambda: s.metric("tavana_gateway_workers_attached") == workers, 20)
        yield s


def cut_off():
    """PostgreSQL ends all connections to catalogs."""
    with lake_postgres().wire() as p:
        assert p.ask(Q("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname like 'lake_%'"))[1] != ("0",)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_rollback_that_fails(tmp_path, workers):
    """Is a ROLLBACK all the same; it says what went with the connection, and the session goes on."""
    with lake(tmp_path, workers) as s, s.wire(timeout=30) as w:
        w.ask(Q("create table t (a int); set variable v = 1"))
        assert w.ask(Q("begin; insert into t values (1)"))[-1] == "Z:T"
        cut_off()
        assert w.ask(Q("rollback")) == ["notice:08006", 'cc"ROLLBACK"', "Z:I"]
        assert w.last_notice["S"] == "WARNING" and "could not roll back" in w.last_notice["M"]
        assert w.last_notice["D"] == f"{GONE} Its temporary objects and variables are gone."
        assert w.ask(Q("select count(*), getvariable('v') from t"))[1] == ("0", None)
        assert w.ask(Q("insert into t values (2)")) == ['cc"INSERT 0 1"', "Z:I"]
        w.ask(Q("begin; insert into t values (3)"))
        cut_off()
        assert w.ask(Q("rollback"))[0] == "notice:08006" and w.last_notice["D"] == GONE  # there was nothing more
        assert w.ask(Q("select a from t"))[1:] == [("2",), 'cc"SELECT 1"', "Z:I"]


@pytest.mark.parametrize("workers", [1])
def test_what_fails_and_cannot_be_rolled_back(tmp_path, workers):
    """A COMMIT, and a statement of its own: told as failed, and nothing of it is there."""
    with lake(tmp_path, workers) as s, s.wire(timeout=30) as w:
        w.ask(Q("create table t (a int)"))
        w.ask(Q("begin; insert into t values (1)"))
        cut_off()
        assert w.ask(Q("commit"))[0].startswith("err:") and w.ask(Q("select count(*) from t"))[1] == ("0",)
        w.ask(Q("begin; insert into t values (1)"))
        cut_off()
        assert w.ask(Q("select * from no_such_table"))[-1] == "Z:E"
        assert w.ask(Q("commit"))[-2:] == ['cc"ROLLBACK"', "Z:I"]
        assert w.ask(Q("insert into t values (2)")) == ['cc"INSERT 0 1"', "Z:I"]
        assert w.ask(Q("select a from t"))[1:-2] == [("2",)]


ASKED = [
    "from postgres_query('__ducklake_metadata_lake', 'select current_user')",
    "select * from POSTGRES_QUERY('__ducklake_metadata_lake', 'select pg_read_file(''/etc/hostname'')')",
    "from main.postgres_query('__ducklake_metadata_lake', 'select 1')",
    "from system.main.\"postgres_query\"('__ducklake_metadata_lake', 'select 1')",
    "call postgres_execute('__ducklake_metadata_lake', 'create table public.pwned as select 1 as a')",
    "from postgres_execute('__ducklake_metadata_lake', 'create table public.pwned as select 1 as a')",
    "from postgres_scan('', 'public', 'ducklake_snapshot')",
    "from postgres_scan_pushdown('', 'public', 'ducklake_snapshot')",
    "call postgres_attach('')",
    "create view v as from postgres_query('__ducklake_metadata_lake', 'select 1')",
    "with q as (from postgres_query('__ducklake_metadata_lake', 'select 1')) select * from q",
    "explain analyze from postgres_query('__ducklake_metadata_lake', 'select 1')",
    "detach lake",
    "detach __ducklake_metadata_lake",
    "detach \"__DuckLake_Metadata_Lake\"",
    "drop secret __default_postgres",
]

NOT_THERE = [
    "update __ducklake_metadata_lake.public.ducklake_snapshot set schema_version = 77",
    "from __DUCKLAKE_metadata_lake.public.ducklake_snapshot",
    "insert into __ducklake_metadata_lake.public.ducklake_schema select * from __ducklake_metadata_lake.public.ducklake_schema",
    "create table __ducklake_metadata_lake.public.x (a int)",
    "create view v as select * from __ducklake_metadata_lake.public.ducklake_table",
    "drop schema __ducklake_metadata_lake.public cascade",
    "alter table __ducklake_metadata_lake.public.ducklake_table add column x int",
    "describe __ducklake_metadata_lake.public.ducklake_snapshot",
    "checkpoint __ducklake_metadata_lake",
    "use __ducklake_metadata_lake",
]


def test_what_the_operator_attached_is_not_asked(tmp_path):
    """Neither another way than as a lake, nor taken away; also not what it has beside it, which no list shows."""
    with lake(tmp_path, 0) as s, s.wire(timeout=30) as w:
        w.ask(Q("create table t as select 1 as a"))
        told = []
        for n, sql in enumerate(ASKED):
            prepared = w.ask(Q(f"prepare q{n} as {sql}"))[0]
            answers = [w.ask(Q(sql))[0], w.ask(Q(f"execute q{n}"))[0] if prepared.startswith("cc") else prepared]
            if answers != ["err:42501"] * 2:
                told.append((sql, answers))
        assert not told
        for sql in NOT_THERE:
            assert w.ask(Q(sql))[0] in ("err:3D000", "err:3F000", "err:42704", "err:42000", "err:0A000"), (sql, w.last_error)
        assert w.ask(Q("select * from no_such_table"))[0] == "err:42P01"  # for whose hint the engine looks everywhere
        assert w.ask(Q("detach database if exists __ducklake_metadata_lake")) == ['cc"DETACH"', "Z:I"]  # as of one that is not there
        assert w.ask(Q("select a from t"))[1] == ("1",)
    with lake_postgres().wire() as p:
        assert p.ask(Q("select 1 from pg_class where relname = 'pwned'"))[-2] == 'cc"SELECT 0"'
