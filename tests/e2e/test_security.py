"""The engine is locked: no files but those that are allowed, no settings, no extensions, no secrets in words."""

import pytest

from wire import B, E, P, Q, S

REFUSED = ["select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'", "select * from read_text('/etc/hostname')", "select * from glob('/*')",
           "copy (select 1) to '/tmp/tavana-test-out.csv'", "attach '/tmp/tavana-test.db' as x", "install httpfs", "load httpfs", "load '/tmp/x.duckdb_extension'",
           "set memory_limit = '1GB'", "set enable_external_access = true", "set allowed_directories = ['/']", "set lock_configuration = false",
           "set global threads = 1", "reset memory_limit", "pragma threads=1", "export database '/tmp/tavana-export'", "import database '/tmp/tavana-export'",
           "select * from read_parquet('https://example.invalid/x.parquet')", "call enable_logging(storage = 'file')", "select * from query('select 1')",
           "create secret s (type s3, key_id 'a', secret 'b')" , "copy t from program 'id'", "select * from duckdb_secrets() where false; load x",
           "select getenv('PATH')"]


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(sql, wire):
    notes = wire.ask(Q(sql))
    assert notes[-2].startswith("err:") and notes[-2] not in ("err:XX000", "err:57014"), notes
    assert "tavana-test" not in str(wire.last_error.get("D", ""))
    assert wire.ask(Q("select 1"))[1] == ("1",)


def test_allowed_directory(make_server, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir(), outside.mkdir()
    (outside / "x.csv").write_text("a\n1\n")
    s = make_server("--allowed-directories", inside)
    with s.wire() as w:
        assert w.ask(Q(f"copy (select 42 a) to '{inside}/t.csv' (header)"))[0] == 'cc"COPY 1"'
        assert w.ask(Q(f"select * from read_csv('{inside}/t.csv')"))[1] == ("42",)
        for path in (f"{outside}/x.csv", f"{inside}/../out/x.csv"):
            assert w.ask(Q(f"select * from read_csv('{path}')"))[0].startswith("err:")


def test_the_log_keeps_quiet(make_server, tmp_path):
    from test_auth import passwd, private
    line = passwd("alice", "topsecretpassword").stdout
    users = private(tmp_path / "users", line)
    s = make_server("--users-file", users, "--log-statements", "on", "--log-level", "debug")
    with s.wire(user="alice", password="topsecretpassword") as w:
        w.ask(Q("select 'literal-secret'"))
        w.ask(P("select $1::text"), B("", "", ["parameter-secret"]), E(), S)
        w.ask(Q("select cast('error-secret' as int)"))
        shown = str(w.ask(Q("show all")))
    said = s.log()
    assert said.count(" statement pid=") >= 3
    for secret in ("topsecret", "literal-secret", "parameter-secret", "error-secret", line.split("$")[2].split(":")[0]):
        assert secret not in said and secret not in shown
