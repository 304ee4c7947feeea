"""The documents say what is so: every block marked `test` is run against a server with the sample, in order, and
what a `console test` block shows is what comes. Links between documents lead somewhere; the table of options is
the program's own.

    ```sh test        commands; they have to succeed
    ```sql test       statements for psql; they have to succeed
    ```console test   `$ command` lines and below each the output that it has to give

A document's blocks share a directory that holds build/tavana and data/sample.duckdb; 127.0.0.1:15432 and
127.0.0.1:8080 are the server that runs.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pytest

from conftest import BINARY, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(sh|sql|console) test\n(.*?)^```$", re.M | re.S)
START_SECONDS = 60  # a sanitized engine takes its time
COMMAND_SECONDS = 120


class Server:
    """`tavana serve` on the sample."""

    def __init__(self, directory):
        self.port, self.http = free_port(), free_port()
        self.log = open(directory / "server.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [BINARY, "serve", directory / "sample.duckdb", "--listen", f"127.0.0.1:{self.port}",
             "--http", f"127.0.0.1:{self.http}"], stderr=self.log, stdout=self.log, env={**os.environ, "TAVANA_RESTART": "on"})
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        said = self.said()
        self.log.close()
        assert code == 0, said


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("docs")
    sample = ROOT / "build/docs/sample.duckdb"
    subprocess.run([ROOT / "tools/sample", sample], env={**os.environ, "SAMPLE_SCALE": "0.01"}, check=True)
    shutil.copy(sample, directory / "sample.duckdb")
    running = Server(directory)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a reader's directory looks like, for each document."""
    made = {}

    def make(document):
        if document not in made:
            directory = tmp_path_factory.mktemp(document.stem)
            for name in ("build", "data"):
                (directory / name).mkdir()
            (directory / "build/tavana").symlink_to(BINARY)
            shutil.copy(ROOT / "build/docs/sample.duckdb", directory / "data/sample.duckdb")
            made[document] = directory
        return made[document]

    return make


def blocks():
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for m in BLOCK.finditer(text):
            line = text.count("\n", 0, m.start()) + 1
            yield pytest.param(document, m.group(1), m.group(2), id=f"{document.relative_to(ROOT)}:{line}")


def console_steps(text):
    """Pairs of a command and the output below it."""
    steps = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line.rstrip())
    return steps


def lines_of(output):
    """psql ends its tables with an empty line that nobody writes down."""
    return [line.rstrip() for line in output.rstrip("\n").splitlines()]


def adapt(text, server):
    return (text.replace("127.0.0.1:15432", f"127.0.0.1:{server.port}").replace("-p 15432", f"-p {server.port}")
            .replace("port=15432", f"port={server.port}").replace("127.0.0.1:8080", f"127.0.0.1:{server.http}"))


def run(command, directory, server, stdin=None):
    environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGDATABASE": "sample",
                   "PAGER": "cat", "PGCONNECT_TIMEOUT": "30",
                   "PATH": f"{pathlib.Path(os.sys.executable).parent}:{os.environ['PATH']}"}
    result = subprocess.run(command, cwd=directory, env=environment, input=stdin, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS)
    return result.returncode, result.stdout


@pytest.mark.parametrize("document,kind,text", blocks())
def test_block(document, kind, text, server, clone):
    directory, text = clone(document), adapt(text, server)
    if kind == "console":
        for command, expected in console_steps(text):
            _, output = run(["bash", "-c", command], directory, server)
            assert lines_of(output) == expected
        return
    command = ["bash", "-eu", "-c", text] if kind == "sh" else ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    code, output = run(command, directory, server, text if kind == "sql" else None)
    assert code == 0, output


def test_there_are_blocks():
    assert len(list(blocks())) >= 10


def test_links_lead_somewhere():
    broken = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_table_of_options_is_the_programs_own():
    listed = subprocess.run([BINARY, "options", "--markdown"], text=True, capture_output=True, check=True).stdout
    assert listed in (ROOT / "docs/configuration.md").read_text(encoding="utf-8"), \
        "docs/configuration.md: put in what `build/tavana options --markdown` prints"


def test_the_flows_name_functions_that_exist():
    """docs/design.md, "Three flows": a step names a file, then functions that are defined in it, or called."""
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d+\. `([^`]+)`:? (.*)$", text[text.index("## Three flows"):text.index("## Locks")], re.M)
    assert len(steps) > 30
    for path, said in steps:
        code = (ROOT / "src" / path).read_text(encoding="utf-8")
        for name in re.findall(r"`([a-z_]+)`", said):
            assert re.search(rf"\b{name}\(", code), (path, name)


def test_every_error_that_the_documents_name_exists():
    table = (ROOT / "src/base/sqlstate.h").read_text(encoding="utf-8")
    known = set(re.findall(r'"([0-9A-Z]{5})", "', table))
    for document in DOCUMENTS:
        named = set(re.findall(r"`([0-9][0-9A-Z][0-9A-Z]{3})`", document.read_text(encoding="utf-8")))
        assert named <= known, document


def test_every_page_can_be_found():
    linked = {ROOT / "README.md"}
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
            linked.add((document.parent / target).resolve())
    lost = [str(document.relative_to(ROOT)) for document in DOCUMENTS if document not in linked]
    assert not lost, "no other page links to these"
