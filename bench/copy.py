#!/usr/bin/env python3
"""COPY side by side: Tavana and a PostgreSQL of this machine, the same table, in one run, interleaved, over loopback. Out: to a
client that only drains. In: from a file into an empty table, which is compared with the first one afterwards. Prints medians,
their ratios, and first bytes.

    bench/copy.py [--binary build/tavana] [--database data/sample.duckdb] [--table lineitem] [--rounds 5] [--postgres BINDIR]
                  [--query SQL] [--direction out,in]

PostgreSQL gets its table from Tavana's COPY, with 2 GB of shared_buffers, vacuumed and frozen. Its server runs as the user
postgres when this runs as root."""

import argparse
import glob
import os
import pwd
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import time

HOST = "127.0.0.1"
FORMATS = ["text", "csv", "binary"]
CHUNK = 1 << 20
PIECE = 1 << 16  # a CopyData message's


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


class Client:
    """Just enough of the protocol."""

    def __init__(self, port, user, database):
        deadline = time.monotonic() + 60
        while True:
            try:
                self.sock = socket.create_connection((HOST, port), 600)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.buffer = bytearray(CHUNK)
        body = struct.pack("!i", 196608) + b"".join(
            x.encode() + b"\0" for x in ("user", user, "database", database)) + b"\0"
        self.sock.sendall(struct.pack("!i", len(body) + 4) + body)
        self.drain()

    def drain(self):
        """To ReadyForQuery: bytes, seconds to the first of them."""
        start, first, total, tail = time.perf_counter(), None, 0, b""
        while True:
            n = self.sock.recv_into(self.buffer)
            if n == 0:
                raise SystemExit("the server closed the connection")
            first = first or time.perf_counter() - start
            total += n
            tail = (tail + bytes(self.buffer[max(0, n - 256):n]))[-256:]
            if tail[-6:-1] == b"Z\0\0\0\5":
                break
        at = tail.rfind(b"SERROR")
        if at >= 0:
            raise SystemExit(tail[at:].replace(b"\0", b" ").decode(errors="replace"))
        return total, first

    def query(self, sql):
        self.sock.sendall(b"Q" + struct.pack("!i", len(sql.encode()) + 5) + sql.encode() + b"\0")
        return self.drain()

    def copy(self, what, fmt):
        start = time.perf_counter()
        total, first = self.query(f"copy {what} to stdout (format {fmt})")
        return time.perf_counter() - start, total, first

    def copy_to_file(self, what, fmt, path):
        """The file alone, without its messages."""
        sql = f"copy {what} to stdout (format {fmt})"
        self.sock.sendall(b"Q" + struct.pack("!i", len(sql) + 5) + sql.encode() + b"\0")
        data, done = bytearray(), False
        with open(path, "wb") as f:
            while not done:
                data += self.sock.recv(CHUNK)
                at = 0
                while len(data) - at >= 5:
                    size = 1 + struct.unpack_from("!i", data, at + 1)[0]
                    if len(data) - at < size:
                        break
                    if data[at] == ord("d"):
                        f.write(data[at + 5:at + size])
                    done = done or data[at] == ord("Z")
                    at += size
                del data[:at]

    def copy_from_file(self, what, fmt, path):
        start = time.perf_counter()
        sql = f"copy {what} from stdin (format {fmt})"
        self.sock.sendall(b"Q" + struct.pack("!i", len(sql) + 5) + sql.encode() + b"\0")
        piece = bytearray(5 + PIECE)
        view = memoryview(piece)
        with open(path, "rb", buffering=0) as f:
            while n := f.readinto(view[5:]):
                piece[:5] = b"d" + struct.pack("!i", n + 4)
                self.sock.sendall(view[:5 + n])
        self.sock.sendall(b"c" + struct.pack("!i", 4))
        self.drain()
        return time.perf_counter() - start, os.path.getsize(path), 0

    def rows(self, sql):
        """The first value of the first row, small answers only."""
        self.sock.sendall(b"Q" + struct.pack("!i", len(sql.encode()) + 5) + sql.encode() + b"\0")
        data = b""
        while data[-6:-1] != b"Z\0\0\0\5":
            data += self.sock.recv(CHUNK)
        at, rows = 0, []
        while at < len(data):
            size = struct.unpack("!i", data[at + 1:at + 5])[0]
            if data[at:at + 1] == b"D":
                values, p = [], at + 7
                for _ in range(struct.unpack("!h", data[at + 5:at + 7])[0]):
                    n = struct.unpack("!i", data[p:p + 4])[0]
                    values.append(data[p + 4:p + 4 + max(n, 0)].decode())
                    p += 4 + max(n, 0)
                rows.append(values)
            at += 1 + size
        return rows


class Tavana:
    def __init__(self, binary, database):
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="bench-")
        copy = os.path.join(self.directory, "bench.duckdb")
        shutil.copy(database, copy)
        self.process = subprocess.Popen([binary, "serve", copy, "--listen", f"{HOST}:{self.port}", "--http", "off"],
                                        stderr=subprocess.DEVNULL)

    def client(self):
        return Client(self.port, "bench", "bench")

    def cpu(self):
        return cpu_of([self.process.pid])

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres:
    def __init__(self, bindir):
        self.bin = bindir
        self.directory = tempfile.mkdtemp(prefix="bench-pg-")
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        data = f"{self.directory}/data"
        self.run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.run("pg_ctl", "-D", data, "-w", "-l", f"{self.directory}/log", "-o",
                 f"-p {self.port} -c listen_addresses={HOST} -k {self.directory} -c shared_buffers=2GB "
                 "-c max_wal_size=8GB -c autovacuum=off", "start")

    def run(self, program, *args):
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, f"{self.bin}/{program}", *args], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")

    def client(self):
        return Client(self.port, "bench", "postgres")

    def cpu(self):
        uid = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else os.geteuid()
        pids = [int(p) for p in os.listdir("/proc") if p.isdigit() and is_backend(p, uid)]
        return cpu_of(pids)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.directory}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)


def is_backend(pid, uid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            return os.stat(f"/proc/{pid}").st_uid == uid and f.read().startswith("postgres")
    except OSError:
        return False


def cpu_of(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


TYPES = {"BIGINT": "bigint", "INTEGER": "integer", "VARCHAR": "text", "DATE": "date", "DOUBLE": "double precision",
         "TIMESTAMP": "timestamp", "BOOLEAN": "boolean", "TIMESTAMP WITH TIME ZONE": "timestamptz", "SMALLINT": "smallint"}


def load(tavana, postgres, table):
    """The same table in PostgreSQL."""
    t, p = tavana.client(), postgres.client()
    p.query(f"create table {table} ({columns_of(tavana, table, TYPES)})")
    t.sock.sendall(b"Q" + struct.pack("!i", len(f"copy {table} to stdout") + 5) + f"copy {table} to stdout".encode() + b"\0")
    p.sock.sendall(b"Q" + struct.pack("!i", len(f"copy {table} from stdin") + 5) + f"copy {table} from stdin".encode() + b"\0")
    forward(t, p)
    p.query("vacuum (freeze, analyze)")
    return int(p.rows(f"select count(*) from {table}")[0][0])


def forward(t, p):
    """CopyData is the same message in both directions."""
    data, done = bytearray(), False
    while not done:
        data += t.sock.recv(CHUNK)
        at = 0
        out = bytearray()
        while len(data) - at >= 5:
            size = 1 + struct.unpack_from("!i", data, at + 1)[0]
            if len(data) - at < size:
                break
            if data[at:at + 1] in (b"d", b"c"):
                out += data[at:at + size]
            done = done or data[at:at + 1] == b"Z"
            at += size
        del data[:at]
        p.sock.sendall(out)
    tail = b""
    while tail[-6:-1] != b"Z\0\0\0\5":
        tail += p.sock.recv(CHUNK)


def columns_of(tavana, table, types=None):
    t = tavana.client()
    return ", ".join(f'"{name}" {types.get(kind, kind.lower()) if types else kind}'
                     for name, kind, *_ in t.rows(f"describe {table}"))


HEAD = f"{'format':8}{'MB':>8}{'PostgreSQL s':>14}{'Tavana s':>10}{'ratio':>7}{'GB/s':>7}{'CPU s':>13}"


def report(fmt, taken, cpu, servers):
    """taken: (seconds, bytes, …) of each round."""
    size = max(x[1] for x in taken[servers[0]])
    p, t = (statistics.median(x[0] for x in taken[s]) for s in servers)
    used = [statistics.median(cpu[s]) for s in servers]
    return f"{fmt:8}{size / 1e6:8.0f}{p:14.2f}{t:10.2f}{p / t:7.1f}{size / t / 1e9:7.2f}{used[0]:7.2f}/{used[1]:.2f}"


def measure(servers, rounds, run):
    taken, cpu = {s: [] for s in servers}, {s: [] for s in servers}
    clients = {s: s.client() for s in servers}
    for number in range(rounds + 1):  # the first one warms
        for s, c in clients.items():
            used = s.cpu()
            result = run(c)
            if number:
                taken[s].append(result)
                cpu[s].append(s.cpu() - used)
    return taken, cpu


def bench_out(args, servers, what, rows):
    print(f"COPY {what} TO STDOUT, table of {rows} rows, {args.rounds} rounds, medians")
    print(f"{HEAD}{'first ms':>15}")
    for fmt in args.formats.split(","):
        taken, cpu = measure(servers, args.rounds, lambda c, fmt=fmt: c.copy(what, fmt))
        sizes = {x[1] for times in taken.values() for x in times}
        first = [statistics.median(x[2] for x in taken[s]) * 1000 for s in servers]
        print(report(fmt, taken, cpu, servers) + f"{first[0]:9.1f}/{first[1]:.1f}"
              + ("" if len(sizes) == 1 else f"  different sizes: {sorted(sizes)}"))


class Target:
    """A table to fill."""

    def __init__(self, server, table, columns):
        self.server, self.table, self.columns = server, table, columns
        self.client, self.cpu = server.client, server.cpu

    def anew(self, client):
        client.query(f"drop table if exists {self.table}")
        client.query(f"create table {self.table} ({self.columns})")


def bench_in(args, servers, rows):
    """Into a table of the database's file, and into one in memory, where the engine compresses nothing."""
    postgres, tavana = servers
    columns = columns_of(tavana, args.table)
    tavana.client().query("attach ':memory:' as memory_db")
    targets = [Target(postgres, "copied", columns_of(tavana, args.table, TYPES)), Target(tavana, "copied", columns),
               Target(tavana, "memory_db.main.copied", columns)]
    print(f"COPY FROM STDIN of {rows} rows into an empty table, {args.rounds} rounds, medians")
    print(f"{HEAD}   into")
    for fmt in args.formats.split(","):
        path = os.path.join(tavana.directory, fmt)
        tavana.client().copy_to_file(args.table, fmt, path)
        taken, cpu = {t: [] for t in targets}, {t: [] for t in targets}
        for number in range(args.rounds + 1):  # the first one warms
            for t in targets:
                client = t.client()
                t.anew(client)
                used = t.cpu()
                result = client.copy_from_file(t.table, fmt, path)
                if number:
                    taken[t].append(result)
                    cpu[t].append(t.cpu() - used)
        os.unlink(path)
        for t, name in zip(targets[1:], ("a file", "memory")):
            wrong = t.client().rows(f"select count(*) from ((from {args.table} except all from {t.table}) union all "
                                    f"(from {t.table} except all from {args.table}))")[0][0]
            counted = [x.client().rows(f"select count(*) from {x.table}")[0][0] for x in (targets[0], t)]
            good = wrong == "0" and counted == [str(rows)] * 2
            print(report(fmt, taken, cpu, [targets[0], t]) + f"   {name}"
                  + ("" if good else f"  not the same table: {wrong} rows differ, {counted}"), flush=True)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--binary", default="build/tavana")
    args.add_argument("--database", default="data/sample.duckdb")
    args.add_argument("--table", default="lineitem")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--query", help="instead of all of the table, out")
    args.add_argument("--formats", default=",".join(FORMATS))
    args.add_argument("--direction", default="out,in")
    args.add_argument("--postgres", default=(sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [""])[0])
    args = args.parse_args()
    tavana = Tavana(args.binary, args.database)
    postgres = Postgres(args.postgres)
    try:
        rows = load(tavana, postgres, args.table)
        if "out" in args.direction:
            bench_out(args, [postgres, tavana], f"({args.query})" if args.query else args.table, rows)
        if "in" in args.direction:
            bench_in(args, [postgres, tavana], rows)
    finally:
        postgres.stop()
        tavana.stop()


if __name__ == "__main__":
    main()
