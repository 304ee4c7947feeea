"""The servers that are measured, and what is asked of all of them: where, who, CPU seconds, peak memory."""

import contextlib
import glob
import json
import os
import pathlib
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HOST = "127.0.0.1"
ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
START_SECONDS = 120
MB = 1 << 20


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def wait_for_port(port, process=None):
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 5):
            return
        if time.monotonic() > deadline or (process and process.poll() is not None):
            raise SystemExit(f"no server came up on port {port}")
        time.sleep(0.05)


def drain(server, how, fmt, sql, count=0, options=(), **kw):
    """Starts bench/drain.c; its JSON is read by finish()."""
    args = [str(BUILD / "drain"), *server.drain_options, *options, str(server.port), server.user, server.database, how, fmt, str(count), sql]
    return subprocess.Popen(args, stdout=subprocess.PIPE, text=True, **kw)


def finish(process):
    out, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"a client failed: {shlex.join(process.args)[:400]}")
    return json.loads(out)


class Server:
    """name, port, user, database; pids() are the processes that count as it."""

    name = "?"
    user, database = "bench", "bench"
    drain_options = []

    def pids(self):
        return []

    def cpu(self):
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def status(self, field):
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith(field + ":"):
                        total += int(line.split()[1]) * 1024
        return total

    def reset_peak(self):
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak(self):
        return self.status("VmHWM")

    def rss(self):
        return self.status("VmRSS")

    def dsn(self):
        return f"host={HOST} port={self.port} user={self.user} dbname={self.database}"

    def stop(self):
        pass


class Process(Server):
    """A server that we start: a process, and those that it starts itself."""

    def start(self, args, **kw):
        self.process = subprocess.Popen([str(a) for a in args], **kw)
        wait_for_port(self.port, self.process)

    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8").split()
        return [self.process.pid, *map(int, children)]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Tavana(Process):
    def __init__(self, binary, database=None, options=(), name="tavana"):
        self.name = name
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="bench-")
        arguments = []
        if database:
            arguments = [os.path.join(self.directory, "bench.duckdb")]
            shutil.copy(database, arguments[0])
        with open(os.path.join(self.directory, "log"), "w", encoding="utf-8") as log:
            self.start([binary, "serve", *arguments, "--listen", f"{HOST}:{self.port}", "--http", "off", *options], stderr=log)

    def stop(self):
        super().stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Worker(Process):
    """`tavana worker` on a copy of the database."""

    def __init__(self, binary, database, directory):
        self.port = free_port()
        path = os.path.join(directory, "worker.duckdb")
        shutil.copy(database, path)
        with open(os.path.join(directory, "worker.log"), "w", encoding="utf-8") as log:
            self.start([binary, "worker", path, "--listen", f"{HOST}:{self.port}", "--http", "off"], stderr=log)


class Gateway(Process):
    """`tavana gateway` in front of one worker. CPU seconds are those of both, memory is the gateway's."""

    def __init__(self, binary, database, name="gateway and worker"):
        self.name = name
        self.directory = tempfile.mkdtemp(prefix="bench-")
        self.worker = Worker(binary, database, self.directory)
        self.port = free_port()
        with open(os.path.join(self.directory, "log"), "w", encoding="utf-8") as log:
            self.start([binary, "gateway", "--workers", f"{HOST}:{self.worker.port}", "--listen", f"{HOST}:{self.port}", "--http", "off"], stderr=log)

    def cpu(self):
        return super().cpu() + self.worker.cpu()

    def stop(self):
        super().stop()
        self.worker.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres(Server):
    """PostgreSQL with its defaults but for 2 GB of shared_buffers, so that the tables lie in memory as the engine's do."""

    name = "postgresql"
    database = "postgres"

    def __init__(self, bindir, tls=None):
        self.bin = bindir
        self.directory = tempfile.mkdtemp(prefix="bench-pg-")
        self.port = free_port()
        self.system_user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        data = f"{self.directory}/data"
        self.run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        settings = (f"-p {self.port} -c listen_addresses={HOST} -k {self.directory} -c shared_buffers=2GB -c max_wal_size=8GB "
                    "-c autovacuum=off -c max_connections=200")
        if tls:
            for name in ("crt", "key"):
                shutil.copy(tls[name], f"{data}/server.{name}")
                os.chmod(f"{data}/server.{name}", 0o600)
                if os.geteuid() == 0:
                    shutil.chown(f"{data}/server.{name}", "postgres", "postgres")
            settings += " -c ssl=on"
        self.run("pg_ctl", "-D", data, "-w", "-l", f"{self.directory}/log", "-o", settings, "start")
        self.postmaster = int(pathlib.Path(f"{data}/postmaster.pid").read_text().splitlines()[0])

    def run(self, program, *args):
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, f"{self.bin}/{program}", *args], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")

    def pids(self):
        children = pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split()
        return [self.postmaster, *map(int, children)]

    def cpu(self):
        """The postmaster's own children that have ended count too."""
        ended = 0
        fields = pathlib.Path(f"/proc/{self.postmaster}/stat").read_text().rsplit(")", 1)[1].split()
        ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        return super().cpu() + ended

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.directory}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)


class Replay(Process):
    """Sends an answer that lies ready: the transport's limit."""

    name = "bytes alone"

    def __init__(self, path):
        self.port = free_port()
        self.path = path
        self.start([BUILD / "replay", self.port, path])

    def stop(self):
        super().stop()
        os.unlink(self.path)


class Duckgres(Process):
    """PostHog's duckgres, built in the checkout that DUCKGRES names. It demands TLS and a password, and names its file by the user."""

    name = "duckgres"
    user = database = "memory"
    drain_options = ["--tls"]

    def __init__(self, checkout, database):
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="bench-")
        shutil.copy(database, f"{self.directory}/memory.duckdb")
        config = f"{self.directory}/config.yaml"
        pathlib.Path(config).write_text(f'''host: "{HOST}"
port: {self.port}
data_dir: "{self.directory}"
file_persistence: true
process_isolation: false
tls: {{cert: "{self.directory}/server.crt", key: "{self.directory}/server.key"}}
users: {{memory: "bench"}}
extensions: [json]
log_level: "warn"
query_log: {{enabled: false}}
''', encoding="utf-8")
        os.environ["PGPASSWORD"] = "bench"
        self.start([os.path.join(checkout, "duckgres"), "--config", config], cwd=self.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        super().stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Buenavista(Process):
    """jwills' buenavista, in the checkout that BUENAVISTA names, run by the Python of its .venv when there is one."""

    name = "buenavista"

    def __init__(self, checkout, database):
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix="bench-")
        path = shutil.copy(database, f"{self.directory}/bench.duckdb")
        python = os.path.join(checkout, ".venv/bin/python")
        self.start([python if os.path.exists(python) else sys.executable, "-m", "buenavista.examples.duckdb_postgres", path], cwd=checkout,
                   env={**os.environ, "BUENAVISTA_HOST": HOST, "BUENAVISTA_PORT": str(self.port)}, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)

    def stop(self):
        super().stop()
        shutil.rmtree(self.directory, ignore_errors=True)


PEERS = {"DUCKGRES": Duckgres, "BUENAVISTA": Buenavista}


def peers(database):
    """Those whose checkouts are named."""
    return [kind(os.environ[name], database) for name, kind in PEERS.items() if os.environ.get(name)]


class InProcess:
    """bench/inproc.c: the engine without a network."""

    name = "in process"

    def __init__(self, database):
        self.directory = tempfile.mkdtemp(prefix="bench-")
        path = os.path.join(self.directory, "bench.duckdb")
        shutil.copy(database, path)
        self.process = subprocess.Popen([str(BUILD / "inproc_bench"), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what, *args):
        self.process.stdin.write(" ".join([what, *map(str, args)]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def postgres_bindir():
    return (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [""])[-1]


def self_signed(directory):
    """A certificate for what is measured over TLS."""
    paths = {name: os.path.join(directory, f"server.{name}") for name in ("crt", "key")}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", paths["key"], "-out", paths["crt"]], check=True, stderr=subprocess.DEVNULL)
    os.chmod(paths["key"], 0o600)
    return paths
