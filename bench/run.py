#!/usr/bin/env python3
"""Tavana beside other servers, on the same data, by the same clients, interleaved in one run (`make bench`).

Every figure is a median over rounds, and what counts are the ratios, since machines differ and are never quiet. Writes
bench/out/run.json, tables on standard output and in bench/out/summary.md, and pictures. bench/README.md says how to read them.

    bench/run.py [--rounds 5] [--only rows,kinds,…] [--quick] [--scale10] [--before BINARY]

DUCKGRES and BUENAVISTA name checkouts of those servers, built: they are measured as well (section peers)."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import data
import report
from servers import BUILD, ROOT, Gateway, InProcess, Postgres, Replay, Tavana, drain, finish, postgres_bindir, self_signed
from servers import peers as start_peers

POINT = "select o_totalprice from orders where o_orderkey = 1234567"
LOADED_STREAMS = 4
REPEATS = 9  # connections of a round in the section short


class Run:
    """What is there, and what was measured: figures[section][work][server] is a list of a dict a round."""

    def __init__(self, args, directory):
        self.args = args
        self.directory = directory
        self.figures = {}
        self.tls = self_signed(directory)
        tls = ["--max-connections", "20000", "--tls", "on", "--tls-cert-file", self.tls["crt"], "--tls-key-file", self.tls["key"]]
        self.options = tls
        self.turn = 0
        self.start_ours()
        self.postgres = Postgres(args.postgres, self.tls) if args.postgres else None
        self.servers = [s for s in (self.postgres, self.before, self.tavana) if s]

    def start_ours(self):
        self.inproc = InProcess(self.args.database)  # first: what is not built fails here, before a server runs
        self.tavana = Tavana(self.args.binary, self.args.database, self.options)
        self.before = Tavana(self.args.before, self.args.database, self.options, name="before") if self.args.before else None

    def restart_ours(self):
        """Other processes of the same builds, and the other one of them first: who comes first gains by it."""
        for s in filter(None, (self.inproc, self.before, self.tavana)):
            s.stop()
        self.start_ours()
        self.turn += 1
        ours = [s for s in (self.before, self.tavana) if s]
        self.servers = [s for s in (self.postgres, *(ours[::-1] if self.turn % 2 else ours)) if s]

    def stop(self):
        for s in (self.inproc, *self.servers):
            s.stop()

    def take(self, section, work, server, **figures):
        name = getattr(server, "name", server)
        self.figures.setdefault(section, {}).setdefault(work, {}).setdefault(name, []).append(figures)

    def rounds(self, n=None):
        """The first one warms and is not kept. All processes together have as many as one alone would."""
        for number in range(-(-(n or self.args.rounds) // self.args.processes) + 1):
            yield number > 0

    def drained(self, server, how, fmt, sql, count=0, options=()):
        server.reset_peak()
        rss, cpu = server.rss(), server.cpu()
        result = finish(drain(server, how, fmt, sql, count, options))
        result.update(server_cpu_s=server.cpu() - cpu, peak_growth=max(0, server.peak() - rss))
        return result


# ---- sections: each takes a Run ----


def replayed(run, how, fmt, sql, count=0):
    path = os.path.join(run.directory, "answer")
    finish(drain(run.tavana, how, fmt, sql, count, ["--save", path]))
    return Replay(path)


def stream_works():
    for what, sql in (("lineitem", "select * from lineitem"), ("one bigint", "select l_orderkey from lineitem")):
        for fmt, how in (("text", "simple"), ("binary", "extended")):
            yield what, fmt, how, sql
    for fmt in ("text", "binary"):
        for how in ("portal", "cursor"):
            yield "lineitem", fmt, how, "select * from lineitem"
    yield "lineitem", "text", "extended", "select * from lineitem"


def rows(run):
    """Many rows, drained: text and binary; all at once, in portals and in cursors."""
    for what, fmt, how, sql in stream_works():
        if run.args.works and not any(w in f"{what} {fmt} {how}" for w in run.args.works.split(",")):
            continue
        work = f"{what} {fmt} {how}"
        limit = replayed(run, how, fmt, sql) if how in ("simple", "extended") else None
        for keep in run.rounds():
            for s in run.servers + ([limit] if limit else []):
                took = run.drained(s, how, fmt, sql, 10000)
                if keep:
                    run.take("rows", work, s, **took)
            for bare in ("scan", fmt) if limit else ():
                took = run.inproc.ask(bare, sql)
                if keep:
                    run.take("rows", work, "scan in process" if bare == "scan" else "scan and encode", **took)
        if limit:
            limit.stop()


def kinds(run):
    """Rows of other shapes."""
    for work, sql in data.KINDS:
        for fmt, how in (("text", "simple"), ("binary", "extended")):
            for keep in run.rounds(3):
                for s in run.servers:
                    took = run.drained(s, how, fmt, sql)
                    if keep:
                        run.take("kinds", f"{work} {fmt}", s, **took)


def tls(run):
    """The same over TLS."""
    for fmt, how in (("text", "simple"), ("binary", "extended")):
        for keep in run.rounds(3):
            for s in run.servers:
                took = run.drained(s, how, fmt, "select * from lineitem", options=["--tls"])
                if keep:
                    run.take("tls", f"lineitem {fmt} {how}", s, **took)


def first(run):
    """The first row, on a new connection."""
    for work, sql in (("table scan", "select * from lineitem"),
                      ("a query of a millisecond", "select count(*), sum(l_quantity) from lineitem where l_orderkey between 1000 and 1200")):
        for keep in run.rounds(20):
            took = run.inproc.ask("first", sql)
            if keep:
                run.take("first", work, run.inproc, **took)
            for s in run.servers:
                took = finish(drain(s, "extended", "text", sql, options=["--first"]))
                if keep:
                    run.take("first", work, s, **took)


def gateway(run):
    """The same rows through a gateway and a worker."""
    with contextlib.ExitStack() as ends:
        through = [Gateway(binary, run.args.database, name) for binary, name in ((run.args.binary, "gateway and worker"), (run.args.before, "gateway before"))
                   if binary]
        for g in through:
            ends.callback(g.stop)
        through_it(run, [run.tavana, *through])


def through_it(run, servers):
    for what, fmt, how, sql in stream_works():
        for keep in run.rounds() if how in ("simple", "extended") else []:
            for s in servers:
                took = run.drained(s, how, fmt, sql)
                if keep:
                    run.take("gateway", f"{what} {fmt} {how}", s, **took)
    for keep in run.rounds(20):
        for s in servers:
            took = finish(drain(s, "extended", "text", "select * from lineitem", options=["--first"]))
            if keep:
                run.take("gateway", "first row of a table scan", s, **took)


def short(run):
    """SELECT 1 by pgbench, and 1,000 rows."""
    seconds = 1  # short turns and many of them: a server's rate drifts by a tenth from one second to the next
    scripts = {}
    for name, sql in (("select 1", "select 1;\n"), ("select 1 + 0", "select 1 + 0;\n")):  # the second one is for the engine
        scripts[name] = os.path.join(run.directory, f"{len(scripts)}.sql")
        pathlib.Path(scripts[name]).write_text(sql, encoding="utf-8")
    for number, keep in enumerate(run.rounds(3 if run.args.quick else 15)):
        for threads in (1, os.cpu_count()):
            took = run.inproc.ask("statements", threads, seconds * 1000, "select 1")
            if keep:
                run.take("short", f"in process, {threads} threads", run.inproc, **took)
        works = [("select 1", mode, clients) for clients in (1, 8, 64) for mode in ("simple", "extended", "prepared")]
        for name, mode, clients in [*works, ("select 1 + 0", "prepared", 8)]:
            for s in run.servers[::-1] if number % 2 else run.servers:  # who comes first gains by it
                cpu = s.cpu()
                took = pgbench(run.args.postgres or postgres_bindir(), s, scripts[name], mode, clients, seconds)
                took["cpu_us"] = (s.cpu() - cpu) * 1e6 / max(1, took["per_s"] * seconds)
                if keep:
                    run.take("short", f"{name} {mode}, {clients} clients", s, **took)
    for work, sql in (("one row", "select 1"), ("1,000 rows", "select * from lineitem_1000")):
        for keep in run.rounds(3):
            for s in run.servers:
                # The system's choice of one processor or two for the client and the thread that answers is 14 or 44
                # microseconds a row, and stays for a connection: the best of some connections is compared.
                took = min((finish(drain(s, "repeat", "text", sql, 500)) for _ in range(REPEATS)), key=lambda t: t["median_us"])
                if keep:
                    run.take("short", f"{work}, one after the other", s, **took)


def pgbench(bindir, server, script, mode, clients, seconds):
    out = subprocess.run([f"{bindir}/pgbench", "-n", "-h", "127.0.0.1", "-p", str(server.port), "-U", server.user, "-M", mode, "-f", script,
                          "-c", str(clients), "-j", "2" if clients > 1 else "1", "-T", str(seconds), server.database],
                         capture_output=True, text=True, check=True).stdout
    return {"per_s": float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])}


def many(run):
    """Several streams at once, beside idle sessions and beside slow clients."""
    sql = "select * from lineitem"
    for streams in (1, 4, 16):
        for keep in run.rounds(2):
            for s in run.servers:
                s.reset_peak()
                rss, cpu, at = s.rss(), s.cpu(), time.perf_counter()
                took = [finish(d) for d in [drain(s, "extended", "binary", sql if streams < 16 else "select * from lineitem_small")
                                            for _ in range(streams)]]
                seconds = time.perf_counter() - at
                if keep:
                    run.take("many", f"{streams} streams", s, seconds=seconds, bytes=sum(t["bytes"] for t in took),
                             rows=sum(t["rows"] for t in took), server_cpu_s=s.cpu() - cpu, peak_growth=s.peak() - rss,
                             slowest=max(t["seconds"] for t in took), fastest=min(t["seconds"] for t in took))
    with idle_sessions(run.tavana, 1000 if run.args.quick else 10000):
        for _ in run.rounds(2):
            run.take("many", "1 stream beside idle sessions", run.tavana, **run.drained(run.tavana, "extended", "binary", sql))
    slow = [drain(run.tavana, "simple", "text", sql, options=["--rate", "100000"], stderr=subprocess.DEVNULL) for _ in range(100)]
    time.sleep(2)
    for _ in run.rounds(2):
        run.take("many", "1 stream beside 100 slow clients", run.tavana, **run.drained(run.tavana, "extended", "binary", sql))
    for p in slow:
        p.kill()
        p.wait()


@contextlib.contextmanager
def idle_sessions(server, n):
    import resource
    import socket
    import struct
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    body = struct.pack("!i", 196608) + f"user\0{server.user}\0database\0{server.database}\0\0".encode()
    sockets = []
    for _ in range(min(n, hard - 100)):
        s = socket.create_connection(("127.0.0.1", server.port))
        s.sendall(struct.pack("!i", len(body) + 4) + body)
        while not s.recv(4096).endswith(b"Z\0\0\0\5I"):
            pass
        sockets.append(s)
    try:
        yield sockets
    finally:
        for s in sockets:
            s.close()


def fair(run):
    """A point query while four full streams run."""
    count = 300
    for keep in run.rounds(3):
        for s in run.servers:
            idle = finish(drain(s, "repeat", "text", POINT, count))
            streams = [subprocess.Popen(["sh", "-c", f"while {stream_command(s)} >/dev/null 2>&1; do :; done"], start_new_session=True)
                       for _ in range(LOADED_STREAMS)]
            time.sleep(1)
            loaded = finish(drain(s, "repeat", "text", POINT, count))
            for p in streams:
                os.killpg(p.pid, 9)
                p.wait()
            time.sleep(0.3)
            if keep:
                run.take("fair", "point query", s, idle_us=idle["median_us"], loaded_us=loaded["median_us"], p99_us=loaded["p99_us"])


def stream_command(s):
    return f"{BUILD}/drain {s.port} {s.user} {s.database} extended binary 0 'select * from lineitem'"


def memory(run):
    """Growth of resident memory during long results, on a server without tables."""
    n = 6 if run.args.quick else 60
    for server in [Tavana(binary, name=name) for binary, name in ((run.args.before, "before"), (run.args.binary, "tavana")) if binary]:
        memory_of(run, server, n)


def memory_of(run, server, n):
    try:
        finish(drain(server, "simple", "text", data.generated(1000)))
        for fmt, how in (("text", "simple"), ("binary", "extended")):
            run.take("memory", f"1 stream {fmt}", server, **run.drained(server, how, fmt, data.generated(n * 1000000)))
        server.reset_peak()
        rss = server.rss()
        took = [finish(d) for d in [drain(server, "extended", "binary", data.generated(n * 1000000 // 16)) for _ in range(16)]]
        run.take("memory", "16 streams", server, rows=sum(t["rows"] for t in took), peak_growth=server.peak() - rss)
        run.take("memory", "50 KB strings", server,
                 **run.drained(server, "simple", "text", f"select repeat('x', 50000) from range({n * 1000})"))
        time.sleep(4)
        run.take("memory", "afterwards", server, peak_growth=max(0, server.rss() - rss))
    finally:
        server.stop()


def clients(run):
    """What users get: drivers and programs that look at every value."""
    jars = ROOT / ".deps/clients/java"
    if not list(jars.glob("postgresql-*.jar")):
        subprocess.run(["mvn", "-q", "-B", "-f", str(ROOT / "tests/e2e/java/pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"],
                       check=True)
    path = ":".join(map(str, jars.glob("*.jar")))
    python = [sys.executable, str(ROOT / "bench/clients.py")]
    programs = {"psycopg": [*python, "psycopg"], "asyncpg": [*python, "asyncpg"],
                "pgjdbc": ["java", "-Xmx512m", "-cp", path, str(ROOT / "bench/Read.java")], "psql": [*python, "psql"]}
    for name, args in programs.items():
        for keep in run.rounds(3):
            for s in run.servers:
                sql = "select * from lineitem" + ("" if name == "pgjdbc" else "_small")  # whose compiler takes a second to warm up
                out = subprocess.run([*args, str(s.port), s.user, s.database, sql], capture_output=True, text=True,
                                     check=False)
                if out.returncode != 0:
                    raise SystemExit(out.stderr[-2000:])
                if keep:
                    run.take("clients", name, s, **json.loads(out.stdout))


def copy(run):
    """COPY TO STDOUT."""
    for fmt in ("text", "csv", "binary"):
        for keep in run.rounds(3):
            for s in run.servers:
                took = run.drained(s, "simple", "text", f"copy lineitem to stdout (format {fmt})")
                if keep:
                    run.take("copy", f"copy out {fmt}", s, **took)


def copy_in(run):
    """COPY FROM STDIN into an empty table of a file, and into one in memory, where the engine compresses nothing."""
    targets = [(run.postgres, "copied", "postgresql")]
    for s, name in ((run.before, "before"), (run.tavana, "tavana")):
        if s:
            data.query(s, "attach ':memory:' as memory_db")
            targets += [(s, "copied", f"{name}, file"), (s, "memory_db.main.copied", f"{name}, memory")]
    for fmt in ("text", "csv", "binary"):
        path = os.path.join(run.directory, f"lineitem.{fmt}")
        data.copy_to_file(run.tavana, "lineitem", fmt, path)
        for keep in run.rounds(3):
            for s, table, name in targets:
                if not s:
                    continue
                data.make_like(run.tavana, s, "lineitem", table)
                cpu, at = s.cpu(), time.perf_counter()
                data.copy_from_file(s, table, fmt, path)
                if keep:
                    run.take("copy_in", f"copy in {fmt}", name, seconds=time.perf_counter() - at, bytes=os.path.getsize(path),
                             server_cpu_s=s.cpu() - cpu)
        os.unlink(path)
        for s, table, name in targets[1:]:
            wrong = data.query(s, f"select count(*) from ((from lineitem except all from {table}) union all (from {table} except all from lineitem))")
            if wrong != [(0,)]:
                raise SystemExit(f"{name}: the table is not the same after COPY ({fmt})")


def same(run):
    """Every row's bytes are PostgreSQL's."""
    if not run.postgres:
        return
    for work, sql in data.ORDERED:
        for fmt in ("text", "binary"):
            hashes = [finish(drain(s, "extended", fmt, sql, options=["--hash"])) for s in (run.postgres, run.tavana)]
            run.take("same", f"{work} {fmt}", run.tavana, rows=hashes[1]["rows"], equal=hashes[0]["hash"] == hashes[1]["hash"] and
                     hashes[0]["rows"] == hashes[1]["rows"])


def peers(run):
    """Other servers over DuckDB: a million rows as text, which all of them can."""
    there = start_peers(run.args.database)
    try:
        for work, ours, theirs in (("a million rows of lineitem, text", "select * from lineitem_small", "select * from lineitem where l_orderkey <= 1000000"),
                                   ("one row", "select 1 + 0", "select 1 + 0")):
            for keep in run.rounds(2):
                for s in [*run.servers, *there] if there else []:
                    took = run.drained(s, "simple", "text", ours if s in run.servers else theirs)
                    if keep:
                        run.take("peers", work, s, **took)
    finally:
        for s in there:
            s.stop()


def scale10(run):
    """lineitem at scale 10, without PostgreSQL."""
    path = os.path.join(run.directory, "scale10.duckdb")
    subprocess.run([ROOT / "tools/sample", path], env={**os.environ, "SAMPLE_SCALE": "10"}, check=True)
    server = Tavana(run.args.binary, path)
    os.unlink(path)
    try:
        for fmt, how in (("text", "simple"), ("binary", "extended")):
            for keep in run.rounds(2):
                took = run.drained(server, how, fmt, "select * from lineitem")
                if keep:
                    run.take("scale10", f"lineitem, scale 10, {fmt}", server, **took)
    finally:
        server.stop()


SECTIONS = [same, rows, kinds, tls, first, gateway, short, fair, many, memory, clients, copy, copy_in, peers]


def machine():
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}"


def keep(run):
    """What has been measured so far."""
    result = {"date": datetime.date.today().isoformat(), "machine": machine(), "rounds": run.args.rounds, "figures": run.figures}
    (run.args.out / "run.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--binary", default=str(BUILD / "tavana"))
    args.add_argument("--before", help="another build of ours, measured beside this one; the summary then has a table of what changed")
    args.add_argument("--database", default=str(ROOT / "data/sample.duckdb"))
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--processes", type=int, default=1,
                      help="how many times ours are started anew and measured: what a process has by chance (where its memory lies) is no build's")
    args.add_argument("--only", help="sections, by comma: " + ", ".join(f.__name__ for f in [*SECTIONS, scale10]))
    args.add_argument("--works", help="of the section rows only those whose name has one of these in it")
    args.add_argument("--quick", action="store_true", help="less of what takes long: to try the bench itself")
    args.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/out")
    args.add_argument("--no-plots", action="store_true")
    args.add_argument("--scale10", action="store_true", help="lineitem at scale 10 too: minutes, and 3 GB of disk")
    args.add_argument("--postgres", default=postgres_bindir(), help="directory of its programs; empty: without it")
    args = args.parse_args()
    if args.quick:
        args.rounds = 1
    sections = [f for f in [*SECTIONS, scale10] if not args.only or f.__name__ in args.only.split(",")]
    if not args.scale10 and not args.only:
        sections.remove(scale10)
    os.environ["PGSSLMODE"] = "disable"  # libpq prefers TLS; that is a section of its own
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        run = Run(args, directory)
        try:
            for process in range(args.processes):
                if process:
                    run.restart_ours()
                data.load(run)
                if process == 0 and run.postgres:
                    data.load_postgres(run)
                for section in sections:
                    print(f"bench: {section.__name__}: {section.__doc__}", file=sys.stderr, flush=True)
                    section(run)
                    keep(run)
        finally:
            run.stop()
    result = keep(run)
    print(report.write(result, args.out))
    if not args.no_plots:
        report.plot(result, args.out)


if __name__ == "__main__":
    main()
