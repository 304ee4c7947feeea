"""Settings that make no difference to an answer, and those that would be a promise."""

import psycopg
import pytest

PLANNER = [("enable_seqscan", "off", "off", "off"), ("random_page_cost", "1.1", "1.1", "1.1"), ("effective_cache_size", "1 GB", "1GB", "131072"),
           ("geqo_threshold", "14", "14", "14"), ("constraint_exclusion", "true", "on", "on"), ("jit_above_cost", "-1", "-1", "-1"),
           ("vacuum_cost_delay", "10", "10ms", "10"), ("default_statistics_target", "500", "500", "500")]


@pytest.mark.parametrize("name, value, shown, counted", PLANNER)
def test_settings_of_the_planner(either, name, value, shown, counted):
    """They make no difference to an answer, and are kept as others are."""
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        before = c.execute(f"show {name}").fetchone()
        c.execute(f"set {name} = '{value}'")
        assert c.execute(f"select current_setting('{name}')").fetchone() == c.execute(f"show {name}").fetchone() == (shown,)
        row = c.execute("select setting, source, vartype <> 'string', context from pg_settings where name = %s", (name,)).fetchone()
        assert row == (counted, "session", True, "user")
        with c.transaction(force_rollback=True):
            c.execute(f"reset {name}")
            assert c.execute(f"show {name}").fetchone() == before
        assert c.execute(f"show {name}").fetchone() == (shown,)
        c.execute("discard all")
        assert c.execute(f"show {name}").fetchone() == before
    with psycopg.connect(either.dsn(options=f"'-c {name}={value.replace(' ', '')}'")) as c:
        assert c.execute(f"show {name}").fetchone() == (shown,)
        c.execute(f"set local {name} to default")
        assert c.execute(f"show {name}").fetchone() == (shown,)


@pytest.mark.parametrize("sql, state", [
    ("set enable_seqscan = perhaps", "22023"), ("set random_page_cost = -1", "22023"), ("set effective_cache_size = '1 parsec'", "22023"),
    ("set join_collapse_limit = 0", "22023"), ("set constraint_exclusion = x", "22023"), ("set nosuch_setting = 1", "42704")])
def test_bad_values_of_the_planners_settings(either, sql, state):
    with psycopg.connect(either.dsn(), autocommit=True) as c:
        with pytest.raises(psycopg.Error) as raised:
            c.execute(sql)
        assert raised.value.sqlstate == state


def test_settings_that_would_be_a_promise(server):
    with psycopg.connect(server.dsn(), autocommit=True) as c:
        for sql, state in (("set default_text_search_config = 'german'", "0A000"), ("set client_connection_check_interval = '1s'", "0A000"),
                           ("set log_statement = 'all'", "42501")):
            with pytest.raises(psycopg.Error) as raised:
                c.execute(sql)
            assert raised.value.sqlstate == state
        assert c.execute("show log_statement").fetchone() == ("none",)
