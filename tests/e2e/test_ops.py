"""For those who run it: pages, options, exit codes, log lines."""

import json
import re
import signal
import socket
import subprocess

import pytest

from conftest import BINARY, HOST, Server, free_port
from wire import Q


def tavana(*args, env=None, timeout=30):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, timeout=timeout, env=env)


def parse(text):
    """The Prometheus text format, strictly: {(name, labels): value}, {name: type}"""
    samples, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4
        else:
            m = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="[^"]*",?)*\})? ([-+]?[0-9.eE+-]+|\+Inf|NaN)', line)
            assert m, line
            assert (m[1], m[2]) not in samples
            samples[m[1], m[2]] = float(m[3])
            assert m[1] in types or re.sub(r"_(bucket|sum|count)$", "", m[1]) in types, line
    return samples, types


def test_metrics(make_server):
    s = make_server()
    with s.wire() as w:
        w.ask(Q("select * from range(1000)"))
        w.ask(Q("select * from no_such_table"))
        samples, types = parse(s.get("/metrics")[1])
        assert samples["tavana_sessions", None] == 1 and types["tavana_sessions"] == "gauge"
    assert samples["tavana_rows_sent_total", None] == 1000 and types["tavana_rows_sent_total"] == "counter"
    assert samples["tavana_statements_total", None] == 2 and samples["tavana_bytes_sent_total", None] > 1000
    assert any("42P01" in (labels or "") and v == 1 for (_, labels), v in samples.items())
    for name in ("tavana_first_row_seconds", "tavana_statement_seconds"):
        buckets = [v for (n, _), v in samples.items() if n == name + "_bucket"]
        assert buckets == sorted(buckets) and buckets[-1] == samples[name + "_count", None] > 0
    assert samples["tavana_process_resident_memory_bytes", None] > 1 << 20


def test_pages(server):
    assert server.get("/health") [0] == 200 and server.get("/ready")[0] == 200 and server.get("/nope")[0] == 404
    status = json.loads(server.get("/status")[1])
    assert {"version", "uptime_seconds", "sessions", "running"} <= set(status)


def test_version_and_help():
    assert re.fullmatch(r"tavana \d+\.\d+\.\d+\n", tavana("--version").stdout)
    assert "serve" in tavana("--help").stdout and "--listen" in tavana("serve", "--help").stdout
    listing = tavana("options").stdout
    assert "flush_threshold_bytes" in listing and "TAVANA_FLUSH_THRESHOLD_BYTES" in listing


@pytest.mark.parametrize("args", [["nope"], [], ["serve", "--nope", "1"], ["serve", "--max-connections", "0"], ["serve", "--max-connections", "many"],
                                  ["serve", "--set", "nope=1"], ["serve", "--config", "/no/such/file"], ["serve", "a.db", "b.db"], ["serve", "--tls", "on"],
                                  ["options", "nope"]], ids=" ".join)
def test_wrong_words_are_one_line_and_code_2(args):
    done = tavana(*args)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stderr.startswith("tavana"), done.stderr


def test_port_taken():
    with socket.socket() as s:
        s.bind((HOST, 0))
        s.listen()
        done = tavana("serve", "--listen", f"{HOST}:{s.getsockname()[1]}", "--http", "off")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "in use" in done.stderr


def test_precedence(tmp_path):
    file = tmp_path / "c"
    file.write_text("statement_timeout = 1s\nidle_session_timeout = 1h\n# a comment\nmax_result_rows = 7\n")
    with Server("--config", file, "--statement-timeout", "3s", env={"TAVANA_STATEMENT_TIMEOUT": "2s", "TAVANA_MAX_RESULT_ROWS": "8"}) as s, s.wire() as w:
        shows = [w.ask(Q(f"show {n}"))[1][0] for n in ("statement_timeout", "max_result_rows", "idle_session_timeout")]
        assert shows == ["3s", "8", "1h"]


def test_old_names_of_variables(tmp_path):
    port, http = free_port(), free_port()
    p = subprocess.Popen([BINARY, "serve"], env={"PG_PORT": str(port), "HTTP_PORT": str(http), "PATH": ""}, stderr=subprocess.PIPE, text=True)
    line = p.stderr.readline()
    p.send_signal(signal.SIGINT)
    assert p.wait(20) == 0 and f"port={port} http_port={http}" in line


def test_database_file(tmp_path):
    file = tmp_path / "d.duckdb"
    with Server(database=file) as s, s.wire() as w:
        w.ask(Q("create table t as select 42 a"))
    with Server(database=file) as s, s.wire() as w:
        assert w.ask(Q("select * from t"))[1] == ("42",)
    done = tavana("serve", tmp_path / "no" / "dir.duckdb", "--http", "off", "--port", "0")
    assert done.returncode == 1 and done.stderr.count("\n") == 1


def test_statement_lines(make_server):
    s = make_server("--log-statements", "on")
    with s.wire(application_name="my app") as w:
        w.ask(Q("select * from range(10)"))
    line = next(l for l in s.log().splitlines() if " statement " in l)
    assert re.search(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info statement pid=\d+ user="tester" database="db" application="my app" message=Q '
                     r'statement="SELECT" ms=\d+\.\d+ rows=10 bytes=\d+ sqlstate=00000$', line), line
