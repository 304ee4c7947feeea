"""Servers for the tests: Tavana from build/tavana (or TAVANA_BINARY), and a real PostgreSQL 15 to compare with.
TAVANA_SANITIZED=1 says that the binary is an instrumented one: bounds of memory and time are wider then."""

import asyncio
import atexit
import contextlib
import functools
import inspect
import itertools
import os
import pathlib
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import uuid

import psutil
import pytest

from wire import SAID, Q, Wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TAVANA_BINARY", ROOT / "build/tavana")).resolve()
SANITIZED = os.environ.get("TAVANA_SANITIZED") == "1"
FULL = os.environ.get("TAVANA_FULL") == "1"
WORKERS = int(os.environ.get("TAVANA_E2E_WORKERS", "0"))  # 0: `tavana serve`; else a gateway with so many
# They are for the tests, and those that pytest-xdist starts; the program would wonder at them.
FOR_TESTS = {name: os.environ.pop(name)
             for name in ("TAVANA_BINARY", "TAVANA_SANITIZED", "TAVANA_FULL", "TAVANA_E2E_WORKERS") if name in os.environ}
# One process each, so that a death is one: tests of the parent switch it on.
os.environ["TAVANA_RESTART"] = "off"
START_SECONDS = 60
HOST = "127.0.0.1"


def pytest_configure(config):
    for name, text in {
        "concurrent": "many threads at work: also run under TSan",
        "slow": "takes five seconds or more",
        "workers": "is about what several workers change, though it makes a server of its own",
        "needs_pg": "compares with a real PostgreSQL 15",
        "java": "needs a JDK and Maven",
        "node": "needs node and npm",
    }.items():
        config.addinivalue_line("markers", f"{name}: {text}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    os.environ.update(FOR_TESTS)


def pytest_collection_modifyitems(items):
    """What a test asks for says what it needs."""
    for item in items:
        for fixture, marker in (("postgres", "needs_pg"), ("jdbc", "java"), ("node_modules", "node")):
            if fixture in item.fixturenames:
                item.add_marker(marker)
        if reason := left_out(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def left_out(item):
    """Why a test that was tried with `tavana serve` is not tried again, where that would take long. TAVANA_FULL=1 tries all."""
    if FULL:
        return None
    if WORKERS > 1 and "make_server" in item.fixturenames and not item.get_closest_marker("workers"):
        return "a fleet of its own for each test takes long"
    if (WORKERS or SANITIZED) and item.get_closest_marker("slow"):
        return "takes long"
    if (WORKERS or SANITIZED) and hasattr(item, "callspec") and item.callspec.params.get("either") == "postgresql":
        return "PostgreSQL has answered already"
    return None


# Below those that the system gives to connections, and none twice: else one in a few thousand servers finds its port taken.
PORTS = itertools.islice(itertools.cycle(range(20000, 32768)), os.getpid() * 7919 % 12768, None)


def free_port():
    for port in PORTS:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind((HOST, port))
            return port
    return None


def dsn(port, **kw):
    return " ".join(f"{k}={v}" for k, v in {"host": HOST, "port": port, "user": "tester", "dbname": "db", **kw}.items())


ENGINE_OPTIONS = {"threads", "memory_limit", "temp_directory", "spill_encryption", "allowed_directories", "extensions", "spool_directory", "spool_limit",
                  "cursor_batch_size", "portal_buffer_rows", "streams_max", "worker_capacity", "init", "read_only", "default_catalog"}


ENGINE_METRICS = {"tavana_streams_parked_total", "tavana_streams_in_pipeline_total", "portal_overflow_total", "portal_buffer_rows_count", "tavana_spool_memory_bytes",
                  "tavana_spool_disk_bytes"}


def split_options(options):
    """Those of the engine, and the others: each a list of lists of arguments."""
    engine, front, rest = [], [], list(map(str, options))
    while rest:
        args = [rest.pop(0)]
        if "=" not in args[0] and rest:
            args.append(rest.pop(0))
        name = (args[1] if args[0] == "--set" else args[0].lstrip("-")).split("=")[0].replace("-", "_")
        (engine if name in ENGINE_OPTIONS else front).extend(args)
    return engine, front


LAKE_EXTENSIONS = [ROOT / f".deps/extensions/{name}.duckdb_extension" for name in ("ducklake", "postgres_scanner")]


@functools.cache
def lake_postgres():
    """Where the catalogs lie that workers share."""
    p = Postgres()
    atexit.register(p.stop)
    return p


def lake_options(directory, more_init="", others=()):
    """Of workers that share a catalog; others: options of the engine that go with them."""
    allowed, rest, others = [directory], [], list(others)
    while others:
        a = others.pop(0)
        if a == "--allowed-directories":
            allowed += others.pop(0).split(",")
        else:
            rest.append(a)
    p, name = lake_postgres(), f"lake_{uuid.uuid4().hex}"
    with Wire(p.address, database="postgres") as w:
        w.ask(Q(f"create database {name}"))
    (directory / "init.sql").write_text(
        f"create secret __default_postgres (type postgres, host '{HOST}', port {p.port}, user 'tester');\n"
        f"attach 'ducklake:postgres:dbname={name}' as lake (data_path '{directory}/data/', read_write);\n{more_init}")
    return ["--read-only", "on", "--init", directory / "init.sql", "--extensions", ",".join(map(str, LAKE_EXTENSIONS)),
            "--default-catalog", "lake", "--allowed-directories", ",".join(map(str, allowed)), *rest]


# What the engine says of a table that workers share and a table of one's own could do.
LAKE_LACKS = ("supported in DuckLake", "DuckLake does not support", "RETURNING clause not yet supported", "only widening type promotions",
              "in-memory database in read-only mode")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With workers that share a catalog a test that needs what that lacks is skipped, by the engine's own words."""
    report = (yield).get_result()
    told = "\n".join([str(report.longrepr), *SAID]) if WORKERS > 1 and report.failed else ""
    lacks = [s for s in LAKE_LACKS if s in told]
    if call.when == "teardown":
        SAID.clear()
    if lacks:
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1], f"Skipped: {lacks[0]}")


class Program:
    """A role of the program with a log of its own."""

    def __init__(self, role, *args, env=None, within=()):
        self.http = free_port()
        self.log_file = tempfile.NamedTemporaryFile("w+", prefix="tavana-", suffix=".log", delete=False)
        self.process = subprocess.Popen([*within, str(BINARY), role, "--http", f"{HOST}:{self.http}", *map(str, args)], stdout=self.log_file,
                                        stderr=self.log_file, env={**os.environ, **(env or {})})

    def wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            with contextlib.suppress(OSError):
                if self.get("/ready")[0] == 200:
                    return
            time.sleep(0.02)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.http}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise KeyError(name)

    def log(self):
        return pathlib.Path(self.log_file.name).read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self):
        """Of the process that serves: the child, where there is a parent."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else self.process.pid

    def status(self, field):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])

    def rss(self):
        return self.status("VmRSS") * 1024

    def peak_rss(self):
        return self.status("VmHWM") * 1024

    def reset_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def threads(self):
        return self.status("Threads")

    def cpu_seconds(self):
        t = psutil.Process(self.pid).cpu_times()
        return t.user + t.system

    def stop(self, sig=signal.SIGTERM, timeout=60):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        code = self.process.wait(timeout)
        said = self.log()
        assert "Sanitizer" not in said and "runtime error" not in said, said[-20000:]
        return code

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            code = self.stop()
            assert kind is not None or code == 0, f"exit code {code}\n{self.log()[-4000:]}"
        finally:
            if self.process.poll() is None:
                self.process.kill()
            os.unlink(self.log_file.name)


class Worker(Program):
    """`tavana worker`"""

    def __init__(self, *options, database=None, env=None, host=HOST, port=None):
        self.port = port or free_port()
        super().__init__("worker", *([database] if database else []), "--listen", f"{host}:{self.port}", *options, env=env)


class Server(Program):
    """`tavana serve`, or a gateway with WORKERS of them (one, if they have a database file): clients cannot tell."""

    def __init__(self, *options, database=None, env=None, wait=True, workers=WORKERS, role="serve", within=()):
        self.port = free_port()
        self.address = (HOST, self.port)
        listen = [] if "--listen" in options else ["--listen", f"{HOST}:{self.port}"]
        if workers == 0:
            self.workers = []
            args = [role, *([database] if database else []), *listen, *options]
        else:
            engine, front = split_options(options)
            if workers == WORKERS and database:
                workers = 1  # one process a file
            if workers == WORKERS and workers > 1:
                self.lake = tempfile.TemporaryDirectory(prefix="lake-")
                engine = lake_options(pathlib.Path(self.lake.name), others=engine)
                with Worker(*engine) as first:  # makes the catalog
                    first.wait_ready()
            self.workers = [Worker(*engine, database=database, env=env) for _ in range(workers)]
            args = ["gateway", "--workers", ",".join(f"{HOST}:{w.port}" for w in self.workers), *listen, *front]
        super().__init__(*args, env=env, within=within)
        if wait:
            for w in self.workers:
                w.wait_ready()
            self.wait_ready()
            while self.workers and super().metric("tavana_gateway_workers_attached") < len(self.workers):
                time.sleep(0.01)  # a first statement would wait, and be slow

    def metric(self, name):
        """What the engine's process counts is the workers'."""
        if self.workers and name in ENGINE_METRICS:
            return sum(w.metric(name) for w in self.workers)
        return super().metric(name)

    def wire(self, **kw):
        return Wire(self.address, **kw)

    def dsn(self, **kw):
        return dsn(self.port, **kw)

    def __exit__(self, *what):
        with contextlib.ExitStack() as stack:
            for w in self.workers:
                stack.push(w.__exit__)
            return super().__exit__(*what)


@pytest.fixture(scope="session")
def shared_server():
    with Server() as s:
        yield s


@pytest.fixture
def server(shared_server):
    """One for all tests; it has to survive each of them."""
    yield shared_server
    assert shared_server.process.poll() is None, shared_server.log()[-20000:]


@pytest.fixture
def wire(server):
    with server.wire() as w:
        yield w


@pytest.fixture
def make_server():
    """For tests that need options, or that end it."""
    with contextlib.ExitStack() as stack:
        yield lambda *options, **kw: stack.enter_context(Server(*options, **kw))


PG_BIN = "/usr/lib/postgresql/15/bin"


class Postgres:
    """A real one, trust on loopback. It has the engine's range(), for what both are asked."""

    def __init__(self):
        self.bin = PG_BIN
        self.directory = tempfile.mkdtemp(prefix="pg-")
        self.port = free_port()
        self.address = (HOST, self.port)
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        data = f"{self.directory}/data"
        self.run("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.run("pg_ctl", "-D", data, "-w", "-l", f"{self.directory}/log", "-o",
                 f"-p {self.port} -c listen_addresses={HOST} -k {self.directory} -c fsync=off -c timezone=UTC -c max_connections=400", "start")
        with Wire(self.address, database="postgres") as w:
            w.ask(Q("create database db"))
        with self.wire() as w:
            w.ask(Q("create function range(n bigint) returns setof bigint language sql as 'select generate_series(0, n - 1)'"))

    def run(self, program, *args):
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, f"{self.bin}/{program}", *args], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")

    def wire(self, **kw):
        return Wire(self.address, **kw)

    def dsn(self, **kw):
        return dsn(self.port, **kw)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.directory}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    if not os.path.exists(f"{PG_BIN}/postgres"):
        pytest.skip(f"there is no {PG_BIN}/postgres")
    p = Postgres()
    yield p
    p.stop()


@pytest.fixture(params=["tavana", pytest.param("postgresql", marks=pytest.mark.needs_pg)])
def either(request):
    """For what has to be the same in both; the real one says that the test is right."""
    return request.getfixturevalue("server" if request.param == "tavana" else "postgres")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Coroutines are tests too."""
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        names = pyfuncitem._fixtureinfo.argnames
        asyncio.run(pyfuncitem.obj(**{n: pyfuncitem.funcargs[n] for n in names}))
        return True
    return None


def openssl(*args, cwd):
    subprocess.run(["openssl", *map(str, args)], cwd=cwd, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """A certificate authority, a server's and a client's certificate."""
    d = tmp_path_factory.mktemp("pki")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test ca", cwd=d)
    for name, cn, extra in (("server", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1"), ("client", "erin", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={cn}", cwd=d)
        (d / "ext").write_text(extra)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.crt", "-days", "2",
                "-extfile", "ext", cwd=d)
        (d / f"{name}.key").chmod(0o600)
    return d
