#!/usr/bin/env python3
"""What tools ask a server about itself, on Tavana and on PostgreSQL in one run: psql's backslash commands, pgjdbc's
DatabaseMetaData (where Java and the driver's jar are), SQLAlchemy's inspector.

    .deps/venv/bin/python bench/catalog.py [--tables 1000] [--rounds 12] [--worst 5] [--only psql,jdbc,sqlalchemy]
                                           [--tavana HOST:PORT] [--postgres HOST:PORT] [--jar FILE]

Prints a line a call: milliseconds of both, their ratio, rows of both. --tavana and --postgres name servers that run, whose
tables are made if there is no table t0 yet. With --worst it ends with status 1 if a ratio is greater.
"""

import argparse
import contextlib
import glob
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

import psycopg

import servers

HERE = pathlib.Path(__file__).parent
COMMANDS = [r"\d", r"\d t5", r"\d+ t5", r"\d v0", r"\d+ v0", r"\d t5_c1", r"\dt", r"\dt+", r"\dt t1*", r"\di", r"\di+", r"\dv", r"\ds", r"\df",
            r"\dn", r"\dn+", r"\l", r"\du", r"\dT", r"\dT+", r"\dp", r"\dp t5", r"\dC", r"\do", r"\da", r"\db", r"\dx", r"\dd", r"\dy", r"\dD",
            r"\dL", r"\dc", r"\dO", r"\ddp", r"\des", r"\dF", r"\drds", r"\dm", r"\dE", r"\sv v0"]
QUERY = re.compile(r"^\*+ QUERY \*+\n(.*?)\n\*+$", re.S | re.M)
FLOOR_MS = 0.3  # below it what is measured is the client


def make_tables(dsn, n):
    kinds = ["text", "integer", "numeric(10,2)", "timestamp"]
    with psycopg.connect(dsn, autocommit=True) as c:
        with contextlib.suppress(psycopg.Error):
            c.execute("SELECT 1 FROM t0 LIMIT 1")
            return
        c.execute("BEGIN")
        for i in range(n):
            columns = ", ".join(f"c{j} {kinds[j % 4]}" for j in range(1, 10))
            key = f", FOREIGN KEY (c1) REFERENCES t{i - 1}(id)" if i % 10 == 1 else ""
            c.execute(f"CREATE TABLE t{i} (id integer PRIMARY KEY, {columns}{key})")
            c.execute(f"CREATE INDEX t{i}_c1 ON t{i} (c1)")
            if i % 20 == 0:
                c.execute(f"CREATE VIEW v{i} AS SELECT id, c1, c2 FROM t{i}")
        c.execute("COMMIT")


def median_ms(call, rounds):
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        rows = call()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[rounds // 3:]), rows


def psql(dsn, rounds):
    """{command and number of the statement: (ms, rows)}"""
    out = {}
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as c:
        def ask(sql):
            rows = c.execute(sql)
            return len(rows.fetchall()) if rows.description else 0
        for command in COMMANDS:
            shown = subprocess.run(["psql", "-X", "-E", dsn, "-c", command], capture_output=True, text=True, timeout=120)
            for i, sql in enumerate(QUERY.findall(shown.stdout)):
                try:
                    out[f"{command} {i + 1}"] = median_ms(lambda: ask(sql), rounds)
                except psycopg.Error as e:
                    out[f"{command} {i + 1}"] = (float("nan"), str(e).splitlines()[0])
    return out


def jdbc(dsn, rounds, jar, schema):
    part = dict(p.split("=", 1) for p in dsn.split())
    url = f"jdbc:postgresql://{part['host']}:{part['port']}/{part['dbname']}?user={part['user']}"
    shown = subprocess.run(["java", "-cp", jar, str(HERE / "Catalog.java"), url, schema, "t5", str(rounds)], capture_output=True, text=True,
                           timeout=1200)
    if shown.returncode:
        raise SystemExit(shown.stderr)
    found = (line.split("\t") for line in shown.stdout.splitlines())
    return {name: (float(ms), rows) for name, ms, rows in found}


def sqlalchemy(dsn, rounds):
    import sqlalchemy as sa

    part = dict(p.split("=", 1) for p in dsn.split())
    engine = sa.create_engine(f"postgresql+psycopg://{part['user']}@{part['host']}:{part['port']}/{part['dbname']}")
    calls = {
        "get_table_names": lambda i: i.get_table_names(), "get_view_names": lambda i: i.get_view_names(),
        "get_schema_names": lambda i: i.get_schema_names(), "get_sequence_names": lambda i: i.get_sequence_names(),
        "has_table": lambda i: [i.has_table("t5")], "get_columns": lambda i: i.get_columns("t5"),
        "get_pk_constraint": lambda i: i.get_pk_constraint("t5"), "get_foreign_keys": lambda i: i.get_foreign_keys("t11"),
        "get_indexes": lambda i: i.get_indexes("t5"), "get_unique_constraints": lambda i: i.get_unique_constraints("t5"),
        "get_check_constraints": lambda i: i.get_check_constraints("t5"), "get_table_comment": lambda i: i.get_table_comment("t5"),
        "get_view_definition": lambda i: [i.get_view_definition("v0")], "get_multi_columns": lambda i: i.get_multi_columns(),
        "get_multi_pk_constraint": lambda i: i.get_multi_pk_constraint(), "get_multi_foreign_keys": lambda i: i.get_multi_foreign_keys(),
        "get_multi_indexes": lambda i: i.get_multi_indexes(), "get_multi_unique_constraints": lambda i: i.get_multi_unique_constraints(),
        "get_multi_check_constraints": lambda i: i.get_multi_check_constraints(), "get_multi_table_comment": lambda i: i.get_multi_table_comment(),
        "get_enums": lambda i: i.get_enums(), "get_domains": lambda i: i.get_domains(),
    }
    out = {}
    for name, call in calls.items():
        try:
            out[name] = median_ms(lambda: len(call(sa.inspect(engine))), rounds)
        except sa.exc.SQLAlchemyError as e:
            out[name] = (float("nan"), str(e).splitlines()[0])
    engine.dispose()
    return out


def report(kind, tavana, postgres):
    """Lines of what both have, the worst first; the worst ratio."""
    lines = []
    for name, (ms, rows) in tavana.items():
        theirs, their_rows = postgres.get(name, (float("nan"), "?"))
        ratio = ms / max(theirs, FLOOR_MS)
        lines.append((ratio if ratio == ratio else 1e9, f"{kind:10} {name:28} {ms:9.2f} {theirs:9.2f} {ratio:7.1f}   {rows} {their_rows}"))
    for _, line in sorted(lines, reverse=True):
        print(line, flush=True)
    return max((ratio for ratio, _ in lines), default=0)


def find_jar(given):
    found = [given] if given else glob.glob(str(servers.ROOT / ".deps/**/postgresql-*.jar"), recursive=True) + \
        glob.glob(os.path.expanduser("~/.m2/**/postgresql-*.jar"), recursive=True)
    return found[0] if found and shutil.which("java") else None


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tables", type=int, default=1000)
    p.add_argument("--rounds", type=int, default=12)
    p.add_argument("--worst", type=float)
    p.add_argument("--only", default="psql,jdbc,sqlalchemy")
    p.add_argument("--tavana")
    p.add_argument("--postgres")
    p.add_argument("--jar")
    a = p.parse_args()
    running = []

    def dsn(given, start, user, database):
        if given:
            host, port = given.rsplit(":", 1)
            return f"host={host} port={port} user={user} dbname={database}"
        server = start()
        running.append(server)
        return f"host={servers.HOST} port={server.port} user={server.user} dbname={server.database}"

    try:
        tavana = dsn(a.tavana, lambda: servers.Tavana(str(servers.BUILD / "tavana")), "postgres", "postgres")
        postgres = dsn(a.postgres, lambda: servers.Postgres(servers.postgres_bindir()), "postgres", "postgres")
        for where in (tavana, postgres):
            make_tables(where, a.tables)
        with psycopg.connect(postgres, autocommit=True) as c:
            c.execute("VACUUM ANALYZE")
        with psycopg.connect(tavana, autocommit=True) as c:
            schema = c.execute("SELECT current_schema()").fetchone()[0]
        worst = 0
        if "psql" in a.only:
            worst = max(worst, report("psql", psql(tavana, a.rounds), psql(postgres, a.rounds)))
        jar = find_jar(a.jar)
        if "jdbc" in a.only and jar:
            worst = max(worst, report("jdbc", jdbc(tavana, a.rounds * 3, jar, schema), jdbc(postgres, a.rounds * 3, jar, "public")))
        if "sqlalchemy" in a.only:
            worst = max(worst, report("sqlalchemy", sqlalchemy(tavana, a.rounds), sqlalchemy(postgres, a.rounds)))
        print(f"worst: {worst:.1f}")
        return 1 if a.worst and worst > a.worst else 0
    finally:
        for server in running:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
