"""The engine is locked: no files but those that are allowed, no settings, no extensions, no secrets in words."""

import pytest

from conftest import WORKERS
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
    assert wire.ask(Q("select 1 + 0"))[1] == ("1",)


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


CODES = [("42501", sql) for sql in (
    "select * from read_csv('/etc/passwd')", "from '/etc/passwd.csv'", "from read_blob('/etc/hostname')", "from read_json('/etc/x.json')", "from sniff_csv('/etc/passwd')",
    "from parquet_metadata('/x')", "from glob('/*')", "copy (select 1) to '/dev/shm/tavana-test-x'", "copy (select 1) to '/tmp/tavana-test-x' (format parquet)",
    "explain analyze copy (select 1) to '/tmp/tavana-test-x'", "attach 'tavana-test-x.db' as y", "attach '/tmp/tavana-test-x.db' as y (read_only)", "attach 'x' as y (type postgres)",
    "force install httpfs", "update extensions", "load '/tmp/x'", "select * from query('select 1')", "call enable_logging('QueryLog')", "set global timezone = 'UTC'",
    "from read_duckdb('/tmp/x')", "select json_execute_serialized_sql('x')", "pragma disable_checkpoint_on_shutdown", "pragma import_database('/tmp/x')")] + [
    ("55P02", f"set {name} = {value}") for name, value in (
        ("memory_limit", "'1GB'"), ("max_memory", "'1GB'"), ("enable_external_access", "true"), ("allowed_directories", "['/']"), ("allowed_paths", "['/etc/passwd']"),
        ("lock_configuration", "false"), ("temp_directory", "'/tmp'"), ("secret_directory", "'/tmp'"), ("home_directory", "'/tmp'"), ("extension_directory", "'/tmp'"),
        ("allow_unsigned_extensions", "true"), ("allow_community_extensions", "true"), ("autoload_known_extensions", "true"), ("autoinstall_known_extensions", "true"),
        ("custom_extension_repository", "'http://x'"), ("log_query_path", "'/tmp/x'"), ("profiling_output", "'/tmp/x'"), ("profile_output", "'/tmp/x'"), ("enable_profiling", "'json'"),
        ("file_search_path", "'/etc'"), ("http_proxy", "'x'"), ("enable_logging", "true"), ("allow_unredacted_secrets", "true"), ("threads", "1"))]


@pytest.mark.parametrize("code, sql", CODES, ids=[sql for _, sql in CODES])
@pytest.mark.parametrize("way", ["simple", "extended", "prepare", "second"])
def test_refused_by_each_way(way, code, sql, wire):
    """No road leads around the lock: neither the other protocol, nor PREPARE, nor a place behind another statement."""
    if way == "simple":
        notes = wire.ask(Q(sql))
    elif way == "extended":
        notes = wire.ask(P(sql), B(), E(), S)
    elif way == "second":
        notes = wire.ask(Q("select 1; " + sql))
    else:
        notes = wire.ask(Q("prepare sneak as " + sql))
        if notes[0].startswith("err:"):
            return  # no statement that can be prepared: as good a refusal
        notes = wire.ask(Q("execute sneak"))
    assert f"err:{code}" in notes, (notes, wire.last_error.get("M"))


def test_locked_values_are_what_they_were(wire):
    wire.ask(Q("set enable_external_access = true"), Q("pragma enable_external_access = true"), Q("reset enable_external_access"))
    shows = {n: wire.ask(Q(f"select current_setting('{n}')"))[1][0] for n in ("enable_external_access", "lock_configuration", "allow_unsigned_extensions", "allow_community_extensions")}
    assert shows["enable_external_access"] == "false" and shows["lock_configuration"] == "true" and shows["allow_unsigned_extensions"] == "false", shows


def test_a_file_that_may_not_be_read_looks_like_one_that_is_not_there(wire, tmp_path):
    there = tmp_path / "there.csv"
    there.write_text("a\n1\n")
    said = []
    for path in (there, tmp_path / "gone.csv"):
        assert wire.ask(Q(f"from read_csv('{path}')"))[0] == "err:42501"
        said.append(wire.last_error["M"].replace(str(path), "X"))
    assert said[0] == said[1]


def test_ways_out_of_an_allowed_directory(make_server, tmp_path):
    inside, outside, sibling = tmp_path / "in", tmp_path / "out", tmp_path / "inside"
    for d in (inside, outside, sibling):
        d.mkdir()
        (d / "x.csv").write_text("a\nsecret\n")
    (inside / "sub").mkdir()
    with make_server("--allowed-directories", inside).wire() as w:
        for path in (outside / "x.csv", f"{inside}/../out/x.csv", f"{inside}/sub/../../out/x.csv", f"{inside}/./../out/x.csv", sibling / "x.csv", f"{inside}//../out/x.csv",
                     f"file://{outside}/x.csv", f"{tmp_path}/*/x.csv", f"{tmp_path}/**"):
            for sql in (f"from read_csv('{path}')", f"from read_text('{path}')", f"from glob('{path}')", f"copy (select 1) to '{path}'", f"attach '{path}' as a (read_only)"):
                notes = w.ask(Q(sql))
                assert not [n for n in notes if isinstance(n, tuple) and "secret" in str(n)] and notes[-2].startswith("err:"), (sql, notes)
        assert [(d / "x.csv").read_text() for d in (outside, sibling)] == ["a\nsecret\n"] * 2
        assert w.ask(Q(f"from read_csv('{inside}/x.csv')"))[1] == ("secret",)
        assert w.ask(Q(f"copy (select 1 a) to '{inside}/sub/y.parquet'"))[0] == 'cc"COPY 1"'
        assert w.ask(Q(f"from '{inside}/sub/*.parquet'"))[1] == ("1",)


@pytest.mark.skipif(WORKERS > 1, reason="workers that share a catalog write into nothing else")
def test_a_database_in_an_allowed_directory(make_server, tmp_path):
    with make_server("--allowed-directories", tmp_path).wire() as w:
        assert w.ask(Q(f"attach '{tmp_path}/d.db' as d; create table d.t as select 5 a; from d.t"))[3] == ("5",)


def test_secrets_of_the_engine_are_not_shown(make_server):
    s = make_server("--log-statements", "on", "--log-level", "debug")
    with s.wire() as w:
        w.ask(Q("create secret mine (type http, bearer_token 'my-bearer-token')"))
        for sql in ("from duckdb_secrets()", "from duckdb_secrets(redact = false)", "show all", "select * from which_secret('http://x', 'http')", "from duckdb_settings()"):
            assert "my-bearer-token" not in str(w.ask(Q(sql))) + str(w.last_error)
    assert "my-bearer-token" not in s.log()


@pytest.mark.parametrize("path", ["/metrics", "/status", "/health", "/ready"])
def test_pages_name_nobody(path, make_server):
    s = make_server()
    with s.wire(user="secretuser", database="secretdb", application_name="secretapp") as w:
        w.ask(Q("select 'secretliteral' from secrettable"))
        assert "secret" not in s.get(path)[1]


def test_nothing_of_the_client_is_in_the_log(make_server):
    """Each kind of statement and each kind of error, with a word that may not be seen again."""
    s = make_server("--log-statements", "on", "--log-level", "debug")
    sqls = ["select 'hushhush'", "select 1 -- hushhush", "select 'hushhush'::int", "select date 'hushhush'", "insert into nope values ('hushhush')", "select hushhush", "selec hushhush",
            "set my.own = 'hushhush'", "set timezone = 'hushhush'", "prepare hushhush as select 'hushhush'", "execute hushhush", "execute hushhush2('hushhush')", "savepoint hushhush",
            "create table hushhush (a text)", "insert into hushhush values ('hushhush') returning a", "copy hushhush to '/tmp/hushhush'", "from read_csv('/hushhush')", "create secret hushhush (type http)",
            "select error('hushhush')", "comment on table hushhush is 'hushhush'", "do 'hushhush'", "listen hushhush", "deallocate hushhush3", "explain select 'hushhush'"]
    with s.wire() as w:
        for sql in sqls:
            w.ask(Q(sql))
            w.ask(P(sql), B(), E(), S)
        w.ask(P("select $1::int"), B("", "", ["hushhush"]), E(), S)
        w.ask(P("select $1::int", "hushhush", oids=[23]), B("hushhush", "hushhush", [b"hushhush"], [1]), E(), S)
        w.ask(P("select 1/0", "hushhush4", oids=[99999]), S)
    assert s.log().count(" statement pid=") > 30
    assert "hushhush" not in s.log(), [l for l in s.log().splitlines() if "hushhush" in l]


@pytest.mark.parametrize("sql", [
    "detach tavana_catalog", 'detach "tavana_catalog"', "detach database if exists TAVANA_Catalog", "use tavana_catalog", "use 'tavana_catalog'", "use tavana_catalog.pg", "set schema = 'tavana_catalog'",
    "set schema 'tavana_catalog'", "set search_path = tavana_catalog.pg", "set search_path to 'main', 'Tavana_Catalog'", "pragma search_path = 'tavana_catalog'", "pragma schema = 'tavana_catalog'",
    "drop schema tavana_catalog.pg cascade", "create or replace macro tavana_catalog.pg.schemas() as table select 1", "create table tavana_catalog.t (a int)",
    "create view v as select * from tavana_catalog.pg.schemas()", "prepare x as drop schema tavana_catalog.pg cascade", "select 1; detach/**/tavana_catalog",
    "attach ':memory:' as a; use a; detach tavana_catalog"])
def test_our_own_views_are_out_of_reach(sql, server):
    """pg_catalog of every session hangs on them."""
    with server.wire() as w:
        assert {"err:42501", "err:42601" if sql.startswith("prepare") else "err:42501"} & set(w.ask(Q(sql))), w.last_error
        w.ask(Q("use memory"), Q("detach a"))
    with server.wire() as w:
        assert int(w.ask(Q("select count(*) from pg_catalog.pg_class"))[1][0]) > 0
        assert w.ask(Q("select 'tavana_catalog' -- tavana_catalog"))[1] == ("tavana_catalog",)
