"""What SQL may call and open: the attempts that docs/security.md lists, and their neighbours in other messages and from other places."""

import ctypes
import os
import re

import pytest

from conftest import ROOT, WORKERS
from wire import B, E, P, Q, S

BLANKS = "\u00a0\u2000\u200b\u202f\u205f\u2060\u3000\ufeff"


def plain_engine(path, *sqls):
    """A database file that somebody made with the engine alone."""
    lib = ctypes.CDLL(os.path.join(os.environ.get("DUCKDB_HOME", ROOT / ".deps/duckdb"), "libduckdb.so"))
    db, conn, result = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.create_string_buffer(256)
    assert lib.duckdb_open(str(path).encode(), ctypes.byref(db)) == 0 and lib.duckdb_connect(db, ctypes.byref(conn)) == 0
    for sql in sqls:
        assert lib.duckdb_query(conn, sql.encode(), result) == 0, sql
        lib.duckdb_destroy_result(result)
    lib.duckdb_disconnect(ctypes.byref(conn))
    lib.duckdb_close(ctypes.byref(db))


def attempts():
    text = (ROOT / "docs/security.md").read_text()
    rows = re.findall(r"^\| `(.+?)` \| (\S+) \|$", text, re.M)
    assert len(rows) > 40
    return [(sql.replace("\\|", "|").replace("␣", "\u00a0"), answer) for sql, answer in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server of one database file, with a directory that SQL may use and another that the engine spills to."""
    from conftest import Server
    if WORKERS:
        pytest.skip("a database file of one server")
    d = tmp_path_factory.mktemp("barrier")
    allowed, temp = d / "allowed", d / "temp"
    allowed.mkdir(), temp.mkdir()
    (temp / "spilled.tmp").write_text("another session's rows")
    init = d / "init.sql"
    init.write_text("ATTACH ':memory:' AS operators; CREATE SECRET operators (TYPE http, BEARER_TOKEN 'x');")
    plain_engine(allowed / "made.db", "create macro calls(x) as table from query(x)", "create view blobs as select 1 as a",
                 "create macro blob(x) as table select size from read_blob(x)")
    database = d / "my.duckdb"
    with Server("--allowed-directories", d, "--temp-directory", temp, "--init", init, database=str(database)) as server:
        with server.wire() as w:
            w.ask(*(Q(sql) for sql in ("create table t as select 1 a", "checkpoint", "insert into t values (2)")))
            yield {"server": server, "allowed": allowed, "temp": temp, "database": database, "init": init}


def answer(w, notes):
    errors = [n[4:] for n in notes if isinstance(n, str) and n.startswith("err:")]
    return errors[-1] if errors else "done"


@pytest.mark.parametrize("sql, want", attempts())
def test_what_the_document_says(sql, want, place):
    for name in ("allowed", "temp", "database", "init"):
        sql = sql.replace("{" + name + "}", str(place[name]))
    with place["server"].wire() as w, place["server"].wire() as v:
        if "mine" in sql or "yours" in sql:
            v.ask(Q("attach if not exists ':memory:' as yours"), Q("create secret if not exists yours (type http, bearer_token 'y')"))
        w.ask(Q(f"attach if not exists '{place['allowed']}/made.db' as made (read_only)"))
        assert answer(w, w.ask(*(Q(each) for each in sql.split("; ")))) == want, w.last_error
        assert v.ask(Q("select count(*) from t where a in (1, 2)"), Q("select count(*) > 0 from pg_catalog.pg_class"))[1] == ("2",)
        v.ask(Q("detach yours"), Q("drop secret yours"))
        w.ask(Q("use my"), Q("detach mine"), Q("drop secret mine"))


REFUSED = ["query('select 1')", "json_execute_serialized_sql('{}')", "enable_logging()", "duckdb_logs()", "check_peg_parser('select 1')", "sql_auto_complete('sel')"]


@pytest.mark.parametrize("blank", [*BLANKS, "/* */", "\n--x\n", ""])
def test_no_blank_opens_a_function(blank, server):
    with server.wire() as w:
        for call in REFUSED:
            name, arguments = call.split("(", 1)
            assert answer(w, w.ask(Q(f"from {name}{blank}({arguments}"))) == "42501", (name, w.last_error)
            assert answer(w, w.ask(Q(f'from "{name.upper()}"{blank}({arguments}'))) == "42501", (name, w.last_error)


@pytest.mark.parametrize("blank", BLANKS)
def test_no_blank_opens_a_setting(blank, server):
    with server.wire() as w:
        for sql in (f"set{blank}streaming_buffer_size='1GB'", f"set{blank}global threads=1", f"pragma{blank}streaming_buffer_size='1GB'"):
            assert answer(w, w.ask(Q(sql))) != "done", sql
        assert "953" not in str(w.ask(Q("select value from duckdb_settings() where name = 'streaming_buffer_size'")))


@pytest.mark.parametrize("messages", [
    lambda sql: (P(sql), B(), E(), S), lambda sql: (Q(f"prepare p as {sql}"),), lambda sql: (Q(f"begin; declare c cursor for {sql}"),),
    lambda sql: (Q(f"copy ({sql}) to stdout"),), lambda sql: (Q(f"create temp view z as {sql}"),), lambda sql: (Q(f"explain analyze {sql}"),),
    lambda sql: (Q(f"create temp table z as {sql}"),), lambda sql: (Q(f"with x as ({sql}) select * from x"),), lambda sql: (Q(f"create temp macro z() as table {sql}"),)])
def test_no_message_goes_round_it(messages, server):
    with server.wire() as w:
        assert answer(w, w.ask(*messages("select * from query('select 1')"))) == "42501", w.last_error
        w.ask(Q("rollback"))


def test_arguments_of_execute(server):
    with server.wire() as w:
        w.ask(Q("prepare q as select $1::text"))
        assert answer(w, w.ask(Q("execute q((select x from query('select 1 x')))"))) == "42501"
        assert w.ask(Q("execute q(current_user)"))[1] == w.ask(Q("select current_user"))[1]
        assert w.ask(Q("execute q(current_database())"))[1] == w.ask(Q("select current_database()"))[1]
        w.ask(Q("prepare q2 as select $1::text, $2::text"))
        for values in ("unnest({'a': 1, 'b': 2}), 5", "unnest([1, 2]), 5", "1, (select x from tavana_catalog.pg.schemas() t(x))"):
            assert answer(w, w.ask(Q(f"execute q2({values})"))) in ("0A000", "42501"), values


def test_own_functions_are_nobody_elses(server):
    with server.wire() as w:
        for sql in ("select tavana_rows(1)", "select system.main.tavana_rows(c0) from (select 1) as tavana(c0)", "select tavana_copied_int64(1, 2, 3)", "from tavana_copied(1)",
                    "select system.main.tavana_rows(i) from range(100000) t(i)", "create macro tr(x) as tavana_rows(x)"):
            notes = w.ask(Q(sql))
            assert answer(w, notes) != "done" or "create" in sql, sql
        w.ask(Q("drop macro tr"))
        assert w.ask(Q("select 1"))[1] == ("1",)


@pytest.mark.skipif(WORKERS > 0, reason="macros of one engine")
def test_names_of_others_change_nothing(make_server):
    names = ("format", "len", "trim", "current_database", "unnest", "list_transform", "duckdb_columns", "min", "tavana_rows", "list_value", '"||"', '"+"', '"~~"', "struct_pack", "array_extract", "list_concat")
    with make_server().wire() as w:
        before = w.ask(Q("select relname, relkind from pg_catalog.pg_class order by 1; select count(*) from information_schema.columns"))
        for name in names:
            for arguments in ("x", "x, y"):
                w.ask(Q(f"create or replace macro main.{name}({arguments}) as 'evil'"))
        assert w.ask(Q("select relname, relkind from pg_catalog.pg_class order by 1; select count(*) from information_schema.columns")) == before
        assert w.ask(Q("select 1 + 1, 'a' || 'b', [1, 2], 'a' like 'a'"))[1] == ("2", "ab", "{1,2}", "t")
        w.ask(Q("create table cp (a int)"))
        assert answer(w, w.ask(Q("create type pg_oid as enum ('x')"))) == "42501"


@pytest.mark.parametrize("path", ["tavana_catalog.pg", "TAVANA_CATALOG", "main,tavana_catalog.pg", "tavana_catalog_copy.main"])
def test_no_start_leads_into_the_catalog(path, server):
    with pytest.raises(Exception):
        with server.wire(options=f"-c search_path={path}") as w:
            assert answer(w, w.ask(Q("select 1"))) != "done"
            raise RuntimeError("refused")
    with server.wire() as w:
        for sql in (f"select set_config('search_path', '{path}', false)", "set schema = ('tavana_' || 'catalog.pg')", "set search_path = E'tavana\\x5fcatalog.pg'"):
            w.ask(Q(sql))
            assert answer(w, w.ask(Q("create macro pg_type() as table select 1"))) != "done" or answer(w, w.ask(Q("drop macro table main.pg_type"))) == "done"
    with server.wire() as w:
        assert int(w.ask(Q("select count(*) from pg_catalog.pg_type"))[1][0]) > 10


DEEP = [("json_structure({0})",), ("json_transform({0}, '\"INT\"')",), ("json_merge_patch({0}, {0})",), ("json_contains({0}, '1')",), ("{0}::json::variant::varchar",), ("json_pretty({0})",), ("json_valid({0})",)]


@pytest.mark.parametrize("call", [d[0] for d in DEEP])
@pytest.mark.parametrize("depth", [1001, 200000])
def test_deep_json_is_an_error(call, depth, server):
    text = f"(repeat('[', {depth}) || repeat(']', {depth}))"
    with server.wire() as w:
        notes = w.ask(Q("select " + call.format(text)))
        assert answer(w, notes) == "54001" or (call.startswith("json_valid") and notes[1] in (("f",), ("false",))), (notes, w.last_error)
        wide = "('[' || repeat('[],', 5000) || '\"' || repeat('[', 5000) || '\"]')"
        assert w.ask(Q(f"select json_array_length({wide})"))[1] == ("5001",)


@pytest.mark.parametrize("sql", ["select list_sort(1::variant)", "select array_sort({'a': [1]}::variant)", "select list_reverse_sort(1::variant)", "select list_grade_up('x'::varchar::variant)",
                                 "select list_resize({'a': [1]}::variant, 3)"])
def test_what_breaks_the_engine(sql, server):
    with server.wire() as w:
        assert answer(w, w.ask(Q(sql))) == "42501"
        assert w.ask(Q("select list_sort([2, 1])"))[1] == ("{1,2}",)


@pytest.mark.skipif(WORKERS > 0, reason="one database file")
def test_reading_a_database_leaves_its_lock(place):
    """Closing a second descriptor of a file takes the lock of the first away: another server could then write to it."""
    with place["server"].wire() as w:
        w.ask(Q(f"attach '{place['allowed']}/other.db' as other; create table other.x (a int)"))
        for path in (place["database"], f"{place['allowed']}/other.db"):
            assert answer(w, w.ask(Q(f"select size from read_blob('{path}')"))) == "42501"
            with pytest.raises(AssertionError):
                plain_engine(path)
        w.ask(Q("detach other"))
        assert answer(w, w.ask(Q(f"select size from read_blob('{place['allowed']}/other.db')"))) == "done"


@pytest.mark.skipif(WORKERS > 0, reason="one server's option")
def test_an_operator_may_allow_a_function(make_server):
    with make_server("--allowed-functions", "query").wire() as w:
        assert w.ask(Q("from query('select 42')"))[1] == ("42",)
        assert answer(w, w.ask(Q("from check_peg_parser('select 1')"))) == "42501"
