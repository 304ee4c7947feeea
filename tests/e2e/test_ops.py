"""For those who run it: pages, options, exit codes, log lines."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from conftest import BINARY, HOST, Server, free_port
from wire import B, Closed, E, Error, P, Q, S


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
            assert not line.startswith("#") and line == line.strip()
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


def histogram(samples, name):
    """Its buckets as the text format demands them: cumulated, ascending, the last one +Inf and equal to the count."""
    buckets = [(float(re.search('le="([^"]+)"', labels)[1]), v) for (n, labels), v in samples.items() if n == name + "_bucket"]
    assert buckets == sorted(buckets) and len({b for b, _ in buckets}) == len(buckets) and buckets[-1][0] == float("inf")
    assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])) and buckets[-1][1] == samples[name + "_count", None]
    assert samples[name + "_sum", None] >= 0
    return dict(buckets)


def test_format_of_the_page(server):
    with urllib.request.urlopen(f"http://{HOST}:{server.http}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    assert text.endswith("\n")
    samples, types = parse(text)
    seen = []
    for line in text.splitlines():  # the lines of one name stand together, HELP and TYPE before them
        name = line.split(" ")[2] if line.startswith("#") else re.match(r"\w+", line)[0]
        name = re.sub(r"_(bucket|sum|count)$", "", name) if types.get(re.sub(r"_(bucket|sum|count)$", "", name)) == "histogram" else name
        if not seen or seen[-1] != name:
            assert name not in seen, name
            seen.append(name)
    assert set(types.values()) == {"counter", "gauge", "histogram"} and all(n.endswith("_total") for n, t in types.items() if t == "counter")
    assert all(v >= 0 for v in samples.values())
    with open(os.path.join(os.path.dirname(__file__), "../../docs/operations.md"), encoding="utf-8") as doc:
        for name in re.findall(r"`(tavana_\w+)`", doc.read()):
            assert name in types, f"{name} is promised"


def test_counters_move(make_server):
    s = make_server()

    def counts():
        return parse(s.get("/metrics")[1])[0]

    def wait(name, value):
        end = time.monotonic() + 10
        while counts()[name, None] != value:
            assert time.monotonic() < end, (name, counts()[name, None])
            time.sleep(0.02)
    before = counts()
    with s.wire() as w, s.wire():
        wait("tavana_sessions", 2)
        w.ask(Q("select * from range(500)"))
        w.ask(P("select * from range(7)"), B(), E(), S)
        for sql in ("select * from nope", "select * from nope", "selec", "select 'x'::int"):
            w.ask(Q(sql))
        now = counts()
    assert now["tavana_sessions_total", None] - before["tavana_sessions_total", None] == 2
    assert now["tavana_rows_sent_total", None] - before["tavana_rows_sent_total", None] == 507
    assert now["tavana_bytes_received_total", None] > before["tavana_bytes_received_total", None] + 100
    assert now["tavana_bytes_sent_total", None] > before["tavana_bytes_sent_total", None] + 507 * 12
    errors = {code: now["tavana_errors_total", f'{{sqlstate="{code}"}}'] - before["tavana_errors_total", f'{{sqlstate="{code}"}}'] for code in ("42P01", "42601", "22P02", "57014")}
    assert errors == {"42P01": 2, "42601": 1, "22P02": 1, "57014": 0}
    wait("tavana_sessions", 0)
    wait("tavana_streams", 0)
    wait("tavana_sessions_running", 0)


def test_histograms(make_server):
    s = make_server()
    with s.wire() as w:
        for _ in range(5):
            w.ask(Q("select 1 + 0"))
        w.ask(Q("set statement_timeout = 300"), Q("select count(*) from range(100000000000) t(i) where i % 7 = 3"))
        samples, _ = parse(s.get("/metrics")[1])
    whole, first = histogram(samples, "tavana_statement_seconds"), histogram(samples, "tavana_first_row_seconds")
    assert whole[float("inf")] - whole[0.25] == 1 and samples["tavana_statement_seconds_sum", None] >= 0.3
    assert first[float("inf")] >= 5


def test_status_is_json(server, wire):
    with urllib.request.urlopen(f"http://{HOST}:{server.http}/status") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        status = json.load(answer)
    assert status["state"] == "ready" and status["draining"] is False and status["sessions"] >= 1 and status["memory_bytes"] > 1 << 20
    assert status["version"] in tavana("--version").stdout


@pytest.mark.parametrize("method, code", [("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_other_methods(method, code, server):
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{HOST}:{server.http}/health", method=method), timeout=10) as answer:
            assert answer.status == code
    except urllib.error.HTTPError as e:
        assert e.code == code


def test_garbage_at_the_http_port(server):
    for data in (b"\0" * 100, b"GET /" + b"x" * 100000, b"GET /metrics HTTP/9.9\r\n\r\n", b"nonsense\r\n\r\n"):
        with socket.create_connection((HOST, server.http), 10) as raw:
            try:
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(4096):
                    pass
            except OSError:  # cut off in the middle: as good
                pass
    assert server.get("/health")[0] == 200


def test_drain(make_server):
    """Not ready any more, nobody new, an idle session ends at once, a running statement finishes."""
    s = make_server("--shutdown-timeout", "60s")
    idle, busy = s.wire(), s.wire()
    busy.send(Q("select count(*) from range(200000000) t(i) where i % 7 = 3"))
    time.sleep(0.2)
    s.process.send_signal(signal.SIGTERM)
    assert idle.next()[0] == "E" and idle.last_error["C"] == "57P01" and idle.last_error["S"] == "FATAL"
    with pytest.raises((Closed, ConnectionError)):
        idle.next()
    code, text = s.get("/ready")
    status = json.loads(s.get("/status")[1])
    assert code == 503 and text and status["draining"] is True and status["state"] == "draining" and s.get("/health")[0] == 200
    assert parse(s.get("/metrics")[1])[0]["tavana_ready", None] == 0
    with pytest.raises((OSError, Error, Closed)):
        s.wire()
    notes = busy.until_ready()
    assert ("28571429",) in notes and 'cc"SELECT 1"' in notes
    assert s.process.wait(20) == 0


def test_drain_has_an_end(make_server):
    s = make_server("--shutdown-timeout", "1s")
    with s.wire() as w:
        w.send(Q("select count(*) from range(100000000000) t(i) where i % 7 = 3"))
        time.sleep(0.3)
        begun = time.monotonic()
        s.process.send_signal(signal.SIGTERM)
        notes = w.until_ready()
        assert "fatal:57P01" in notes and notes[-1] == "closed" and 0.8 < time.monotonic() - begun < 15
    assert s.process.wait(20) == 0


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(sig):
    with Server() as s:
        s.process.send_signal(sig)
        assert s.process.wait(20) == 0


# --- options


WRONG_VALUES = [
    ("port", "70000", "65535"), ("port", "-1", "0"), ("port", "1e3", "1e3"), ("port", "", "port"), ("max_threads", "1", "2"), ("statement_timeout", "25d", "24d"),
    ("statement_timeout", "5 weeks", "weeks"), ("memory_limit", "lots", "lots"), ("memory_limit", "5XB", "5XB"), ("message_size_max", "2GB", "message_size_max"), ("tls", "perhaps", "perhaps"),
    ("log_statements", "perhaps", "perhaps"), ("log_level", "loud", "loud"), ("listen", "nowhere:port", "nowhere"), ("listen", "256.1.1.1:5", "256.1.1.1"), ("trust", "on", "on"),
    ("users_file", "/no/such/users", "/no/such/users"), ("extensions", "/no/such.duckdb_extension", "/no/such")]
PLACES = ["flag", "set", "environment", "file"]


@pytest.mark.parametrize("place, name, value, flaw", [(place, *wrong) for place in PLACES for wrong in WRONG_VALUES
                                                      if place != "environment" or wrong[1]])  # a variable set to nothing counts as not set
def test_wrong_values(place, name, value, flaw, tmp_path):
    """One line that names the option, the value and the place."""
    env, args = dict(os.environ), ["serve", "--http", "off", *([] if name in ("port", "listen") else ["--port", "0"])]
    if place == "flag":
        args += [f"--{name.replace('_', '-')}={value}"]
    elif place == "set":
        args += ["--set", f"{name}={value}"]
    elif place == "environment":
        row = next(l for l in tavana("options", "--markdown").stdout.splitlines() if l.startswith(f"| {name} |"))
        env[re.search(r"\| ((?:TAVANA|PG|HTTP)_\w+) \|", row)[1]] = value
    else:
        file = tmp_path / "c"
        file.write_text(f"# first\n{name} = '{value}'\n")
        args += ["--config", file]
    done = tavana(*args, env=env)
    assert done.returncode in (1, 2) and done.stderr.count("\n") == 1 and done.stderr.startswith("tavana: "), done.stderr
    assert flaw in done.stderr, done.stderr
    if name not in ("users_file", "extensions", "listen"):
        assert done.returncode == 2 and name in done.stderr
        if place == "file":
            assert f"{tmp_path}/c" in done.stderr and "2" in done.stderr


@pytest.mark.parametrize("text, flaw", [("nope = 1\n", "nope"), ("port 5\n", "="), ("port = 1\nport = 2\n", "port"), ("port = '5\n", "quote"), ("= 5\n", ""), ("port = 5 6\n", ""), ("\0\n", ""),
                                        ("statement_timeout = 1s extra\n", "extra")])
def test_wrong_files(text, flaw, tmp_path):
    file = tmp_path / "c"
    file.write_text(text)
    done = tavana("serve", "--http", "off", "--config", file)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and str(file) in done.stderr and flaw in done.stderr, done.stderr


def test_quoted_and_commented_lines(tmp_path):
    file = tmp_path / "c"
    file.write_text("  # a comment\n\n statement_timeout='5 min' # after\r\nallowed_directories = '" + str(tmp_path) + "'\nmax_result_bytes = 3 MB\nlog_statements = yes\n")
    with Server("--config", file, workers=0) as s, s.wire() as w:
        shows = [w.ask(Q(f"show {n}"))[1][0] for n in ("statement_timeout", "allowed_directories", "max_result_bytes", "log_statements")]
        assert shows == ["5min", str(tmp_path), "3MB", "on"]


def test_unknown_variable_is_a_warning(make_server):
    s = make_server(env={"TAVANA_NO_SUCH_OPTION": "1"})
    assert "TAVANA_NO_SUCH_OPTION" in s.log()


def test_empty_variable_is_none(make_server):
    with make_server(env={"TAVANA_MAX_RESULT_ROWS": ""}).wire() as w:
        assert w.ask(Q("show max_result_rows"))[1] == ("0",)


def test_lists_add_and_others_take_the_last(make_server, tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.mkdir(), b.mkdir()
    s = make_server("--allowed-directories", a, "--allowed-directories", b, "--max-result-rows", "3", "--set", "max_result_rows=4", workers=0)
    with s.wire() as w:
        assert {str(a), str(b)} <= set(re.split(", *", w.ask(Q("show allowed_directories"))[1][0])) and w.ask(Q("show max_result_rows"))[1] == ("4",)


def test_reload(make_server, tmp_path):
    file = tmp_path / "c"
    file.write_text("statement_timeout = 1s\nmax_connections = 50\n")
    s = make_server("--config", file)

    def reload(text, word):
        file.write_text(text)
        at = len(s.log())
        s.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while word not in s.log()[at:]:
            assert time.monotonic() < end, s.log()[at:]
            time.sleep(0.02)
        return s.log()[at:]
    with s.wire() as old:
        said = reload("statement_timeout = 2s\nmax_connections = 60\n", "reloaded")
        assert "max_connections" in said
        with s.wire() as w:
            assert w.ask(Q("show statement_timeout"))[1] == ("2s",) and w.ask(Q("show max_connections"))[1] == ("50",)
        reload("statement_timeout = 3s\nnope = 1\n", "reload_failed")
        with s.wire() as w:
            assert w.ask(Q("show statement_timeout"))[1] == ("2s",)
        assert old.ask(Q("select 1 + 0"))[1] == ("1",)


@pytest.mark.parametrize("sql, kind, rows, code", [
    ("select * from range(3)", "SELECT", 3, "00000"), ("insert into sl values (1), (2)", "INSERT", 0, "00000"),  # rows that were sent
    ("insert into sl values (1), (2) returning a", "INSERT", 2, "00000"), ("select * from nope", None, 0, "42P01"), ("selec", None, 0, "42601"),
    ("begin", "BEGIN", 0, "00000"), ("show statement_timeout", "SHOW", None, "00000"), ("from range(2)", "FROM", 2, "00000"), ("select 1/(i - 50) from range(10) t(i)", "SELECT", 10, "00000"),
    ("select error('x') from range(3)", "SELECT", 0, "22023")])
def test_a_line_for_each_kind(sql, kind, rows, code, make_server):
    s = make_server("--log-statements", "on")
    with s.wire() as w:
        w.ask(Q("create table sl (a int)"))
        at = len(s.log())
        w.ask(Q(sql))
    line = next(l for l in s.log()[at:].splitlines() if " statement " in l)
    assert (rows is None or f"rows={rows} " in line) and f"sqlstate={code}" in line and (kind is None or f'statement="{kind}"' in line), line


def test_lines_of_the_extended_protocol(make_server):
    s = make_server("--log-statements", "on")
    with s.wire() as w:
        w.ask(P("select * from range($1)", oids=[23]), B("", "", ["4"]), E(), S)
    line = next(l for l in s.log().splitlines() if " statement " in l)
    assert "message=E" in line and "rows=4 " in line, line


def test_names_cannot_forge_lines(make_server):
    s = make_server("--log-statements", "on", "--log-level", "debug")
    with s.wire(user="a\nb info forged", application_name='x" forged=1\r\n2024 info forged') as w:
        w.ask(Q("select 1 + 0"))
    assert all(re.match(r"\d{4}-\d\d-\d\dT", l) for l in s.log().splitlines()), s.log()
    assert '" forged=1' not in s.log().replace('\\" forged=1', "")


def test_options_of_the_program():
    listing = tavana("options", "--markdown").stdout.splitlines()
    assert len(listing) > 40 and all(l.startswith("| ") or l.startswith("|--") for l in listing)
    one = tavana("options", "statement_timeout").stdout
    assert one.startswith("statement_timeout = 0\n") and "TAVANA_STATEMENT_TIMEOUT" in one and "reloadable" in one and "listen" not in one
    assert tavana("-h").stdout == tavana("--help").stdout
    assert tavana("passwd", "--help").returncode == 0 and tavana("options", "--help").returncode == 0 and tavana("serve", "-h").returncode == 0


def test_http_port_taken():
    with socket.socket() as s:
        s.bind((HOST, 0))
        s.listen()
        done = tavana("serve", "--port", "0", "--http", f"{HOST}:{s.getsockname()[1]}")
    assert done.returncode == 1 and done.stderr.strip().count("\n") == 0 and "in use" in done.stderr, done.stderr


def test_one_process_a_database(make_server, tmp_path):
    file = tmp_path / "d.duckdb"
    make_server(database=file)
    done = tavana("serve", file, "--http", "off", "--port", "0")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "d.duckdb" in done.stderr, done.stderr


def test_no_database_at_all(tmp_path):
    file = tmp_path / "text.duckdb"
    file.write_text("this is no database, but it is long enough to look into\n" * 100)
    done = tavana("serve", file, "--http", "off", "--port", "0")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "text.duckdb" in done.stderr, done.stderr


def test_slow_connections_keep_nobody_from_health(make_server):
    """Of the same peer, that never end their requests, and say a byte now and then."""
    s = make_server()
    held = []
    for i in range(1000):
        c = socket.create_connection((HOST, s.http), 10)
        with contextlib.suppress(ConnectionError):
            c.sendall(b"GET /health HTTP/1.1\r\nX: ")
        held.append(c)
    for _ in range(5):
        begun = time.monotonic()
        assert s.get("/health")[0] == 200 and time.monotonic() - begun < 5
        for c in held[-100:]:
            with contextlib.suppress(ConnectionError):
                c.sendall(b"y")
    for c in held:
        c.close()
