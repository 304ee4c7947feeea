"""What the catalog says of sessions, settings, locks and privileges, beside a PostgreSQL 15."""

import time

import psycopg
import pytest

MADE = """
drop schema if exists si cascade;
create schema si;
create table si.t1 (a integer primary key, b text not null, c numeric(10,2), d timestamp with time zone, e boolean, f bigint unique, check (a > 0));
create table si.t2 (x integer, y integer, z integer references si.t1(a), primary key (x, y), unique (y, z));
create view si.v1 as select a, b from si.t1 where a > 1;
create sequence si.q1 start 5 increment 2 minvalue 1 maxvalue 100 cycle;
"""
# Views of information_schema: the column by which its rows are chosen, and columns that differ by nature.
VIEWS = [
    ("schemata", "schema_name", {"schema_owner", "catalog_name"}), ("tables", "table_schema", {"is_insertable_into"}), ("columns", "table_schema", set()),
    ("sequences", "sequence_schema", set()), ("key_column_usage", "table_schema", set()), ("referential_constraints", "constraint_schema", set()),
    ("constraint_column_usage", "table_schema", set()), ("constraint_table_usage", "table_schema", set()), ("table_constraints", "table_schema", {"constraint_name"}),
    ("check_constraints", "constraint_schema", {"constraint_name"}), ("table_privileges", "table_schema", set()), ("role_table_grants", "table_schema", set()),
    ("column_privileges", "table_schema", set()), ("role_column_grants", "table_schema", set()), ("usage_privileges", "object_schema", set()),
    ("routines", "specific_schema", set()), ("parameters", "specific_schema", set()), ("triggers", "trigger_schema", set()),
    ("element_types", "object_schema", set()),
]


def one(c, sql, *args):
    return c.execute(sql, *args).fetchone()[0]


def rows_of(dsn, view, by, but):
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute(MADE)
        cur = c.execute(f"select * from information_schema.{view} where {by} = 'si'")
        keep = [i for i, d in enumerate(cur.description) if d.name not in but and not d.name.endswith("_catalog")]
        rows = sorted(tuple(str(r[i]) for i in keep) for r in cur)
        c.execute("drop schema si cascade")
        return rows


@pytest.mark.needs_pg
@pytest.mark.parametrize("view, by, but", VIEWS)
def test_information_schema(server, postgres, view, by, but):
    assert rows_of(server.dsn(), view, by, but) == rows_of(postgres.dsn(), view, by, but)


def test_activity(either):
    with psycopg.connect(either.dsn() + " application_name=looker", autocommit=True) as a, psycopg.connect(either.dsn(), autocommit=True) as b:
        seen = "select state, query, xact_start is null, backend_start <= state_change + interval '1s', application_name, usename = current_user, client_port > 0 " \
               "from pg_stat_activity where pid = %s"
        pid = a.info.backend_pid
        a.execute("select 'first' as \"Ä\"")
        state = b.execute(seen, (pid,)).fetchone()
        assert state == ("idle", "select 'first' as \"Ä\"", True, True, "looker", True, True)
        a.execute("begin")
        a.execute("select 2")
        assert b.execute(seen, (pid,)).fetchone()[:3] == ("idle in transaction", "select 2", False)
        with pytest.raises(psycopg.Error):
            a.execute("select no_such_column")
        assert b.execute(seen, (pid,)).fetchone()[:2] == ("idle in transaction (aborted)", "select no_such_column")
        a.execute("rollback")
        assert one(b, "select count(*) from pg_stat_activity where pid in (pg_backend_pid(), %s)", (pid,)) == 2
        me = b.execute("select state, query, wait_event from pg_stat_activity where pid = pg_backend_pid()").fetchone()
        assert me == ("active", "select state, query, wait_event from pg_stat_activity where pid = pg_backend_pid()", None)
        waits = b.execute("select wait_event_type, wait_event from pg_stat_activity where pid = %s", (pid,)).fetchone()
        assert waits == ("Client", "ClientRead")
        for _ in range(3):  # a prepared one sees what there is when it runs
            a.execute("select 3")
            assert b.execute(seen, (pid,), prepare=True).fetchone()[1] == "select 3"
            a.execute("select 4")
            assert b.execute(seen, (pid,), prepare=True).fetchone()[1] == "select 4"
    with psycopg.connect(either.dsn(), autocommit=True) as b:
        deadline = time.monotonic() + 10
        while one(b, "select count(*) from pg_stat_activity where pid = %s", (pid,)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert one(b, "select count(*) from pg_stat_activity where pid = %s", (pid,)) == 0


def test_the_texts_of_others_are_their_own(server):
    other = server.dsn(user="somebody")
    with psycopg.connect(server.dsn(), autocommit=True) as a, psycopg.connect(other, autocommit=True) as b:
        a.execute("select 'a secret'")
        shown = b.execute("select query, state, client_addr, xact_start, usename from pg_stat_activity where pid = %s", (a.info.backend_pid,)).fetchone()
        assert shown[:4] == ("<insufficient privilege>", None, None, None)
        assert one(b, "select count(*) from pg_stat_activity where query like '%secret%' and pid <> pg_backend_pid()") == 0


def test_settings(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute("set work_mem = '8MB'")
        c.execute("set statement_timeout = '90s'")
        told = c.execute("select name, setting, unit, context, vartype, source, enumvals from pg_settings where name in ('work_mem', 'statement_timeout', "
                         "'default_transaction_isolation', 'max_identifier_length', 'bytea_output') order by name").fetchall()
        assert told == [
            ("bytea_output", "hex", None, "user", "enum", "default", ["escape", "hex"]),
            ("default_transaction_isolation", "read committed", None, "user", "enum", "default",
             ["serializable", "repeatable read", "read committed", "read uncommitted"]),
            ("max_identifier_length", "63", None, "internal", "integer", "default", None),
            ("statement_timeout", "90000", "ms", "user", "integer", "session", None),
            ("work_mem", "8192", "kB", "user", "integer", "session", None)]
        assert one(c, "select current_setting('statement_timeout')") == one(c, "show statement_timeout")
        assert one(c, "select count(*) from pg_settings s where s.unit is null and current_setting(s.name) is distinct from s.setting "
                      "and s.name not in ('data_directory_mode', 'log_file_mode', 'unix_socket_permissions')") == 0
        shown = {r[0] for r in c.execute("show all")}
        assert {r[0] for r in c.execute("select name from pg_settings")} >= {n for n in shown if n in ("DateStyle", "TimeZone", "search_path", "port")}
        with pytest.raises(psycopg.errors.UndefinedObject):
            c.execute("select current_setting(n) from (values ('no_such_setting')) v(n)")
        assert c.execute("select current_setting(n, true) from (values ('no_such_setting'), ('work_mem')) v(n)").fetchall() in ([(None,), ("8MB",)],)


def test_locks(either):
    with psycopg.connect(either.dsn(), autocommit=True) as a, psycopg.connect(either.dsn(), autocommit=True) as b:
        a.execute("select pg_advisory_lock(4294967301)")
        a.execute("select pg_advisory_lock_shared(7, 8)")
        locks = b.execute("select classid::int8, objid::int8, objsubid, mode, granted, pid from pg_locks where locktype = 'advisory' and pid = %s order by 3",
                          (a.info.backend_pid,)).fetchall()
        assert locks == [(1, 5, 1, "ExclusiveLock", True, a.info.backend_pid), (7, 8, 2, "ShareLock", True, a.info.backend_pid)]
        a.execute("select pg_advisory_unlock_all()")
        assert one(b, "select count(*) from pg_locks where locktype = 'advisory' and pid = %s", (a.info.backend_pid,)) == 0


def test_statistics(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        c.execute(MADE)
        names = ["pg_stat_user_tables", "pg_stat_all_tables", "pg_statio_user_tables", "pg_statio_all_tables"]
        for name in names:
            assert c.execute(f"select relname from {name} where schemaname = 'si' order by 1").fetchall() == [("t1",), ("t2",)], name
        for name in ("pg_stat_user_indexes", "pg_stat_all_indexes", "pg_statio_user_indexes"):
            assert c.execute(f"select indexrelname from {name} where schemaname = 'si' order by 1").fetchall() == \
                [("t1_f_key",), ("t1_pkey",), ("t2_pkey",), ("t2_y_z_key",)], name
        assert one(c, "select count(*) from pg_stat_sys_tables where relname = 'pg_class'") == 1
        assert one(c, "select count(*) from pg_statio_user_sequences where relname = 'q1'") == 1
        assert c.execute("select numbackends > 0, datid > 0 from pg_stat_database where datname = current_database()").fetchall() == [(True, True)]
        c.execute("drop schema si cascade")


def test_a_star_shows_no_hidden_columns(either):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        def names(sql):
            return [d.name for d in c.execute(sql).description]
        assert names("select * from pg_am where xmin is not null") == ["oid", "amname", "amhandler", "amtype"]
        assert names("select a.*, n.tableoid from pg_am a, pg_namespace n") == ["oid", "amname", "amhandler", "amtype", "tableoid"]
        assert names("select *, ctid from pg_am") == ["oid", "amname", "amhandler", "amtype", "ctid"]
        assert names("select x.* from (select *, tableoid as y from pg_am) x") == ["oid", "amname", "amhandler", "amtype", "y"]
        assert one(c, "select count(*) from pg_am where ctid is not null") > 0
        assert names("select distinct * from pg_am where cmin is not null") == ["oid", "amname", "amhandler", "amtype"]
